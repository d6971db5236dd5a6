/* kernel/arch/boot_info.c - what the loader left in memory, copied into boot_info
 *
 * What:   memory map, command line, initrd and ACPI root pointer from multiboot2 or a PVH start info.
 * Called: setup.c, first thing, while the boot page tables map the first 4 GiB.
 * Locks:  none: one CPU, no interrupts.
 * Absent: framebuffer, ELF symbols, EFI tables; boot devices.
 */
#include "kernel/arch/internal.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define LOW_LIMIT (4ULL << 30) /* the boot page tables reach this far */
#define MAX_RANGES ARRAY_SIZE(boot_info.ranges)

struct boot_info boot_info;
static u8 rsdp_copy[36] __aligned(8); /* multiboot2 hands the root pointer over by value */

/* --- ranges: sorted, not overlapping; a piece that is taken stays listed, marked not usable --- */

static void range_insert(unsigned int at, u64 start, u64 end, bool usable)
{
	struct memory_range *r = boot_info.ranges;

	if (start >= end || boot_info.nr_ranges == MAX_RANGES)
		return;
	memmove(&r[at + 1], &r[at], (boot_info.nr_ranges - at) * sizeof(*r));
	r[at] = (struct memory_range){ start, end, usable };
	boot_info.nr_ranges++;
}

/* Adds RAM where no range lies yet; a loader's overlaps are cut. */
static void range_add_usable(u64 start, u64 end)
{
	struct memory_range *r = boot_info.ranges;
	unsigned int i = 0;

	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	while (i < boot_info.nr_ranges && start < end) {
		if (r[i].end <= start) {
			i++;
			continue;
		}
		if (start < r[i].start) {
			u64 stop = min(end, r[i].start);

			range_insert(i, start, stop, true);
			i++;
		}
		start = max(start, r[i].end);
		i++;
	}
	range_insert(i, start, end, true);
}

void boot_range_reserve(u64 start, u64 end)
{
	struct memory_range *r = boot_info.ranges;

	start = ALIGN_DOWN(start, PAGE_SIZE);
	end = ALIGN_UP(end, PAGE_SIZE);
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		u64 from = max(start, r[i].start), to = min(end, r[i].end);
		struct memory_range old = r[i];

		if (from >= to || !old.usable)
			continue;
		/* Without room to split, the whole range is given up rather than overwritten. */
		r[i].usable = false;
		if (boot_info.nr_ranges + 2 > MAX_RANGES)
			continue;
		r[i].start = from;
		r[i].end = to;
		range_insert(i + 1, to, old.end, true);
		range_insert(i, old.start, from, true);
	}
}

static void add_module(u64 start, u64 end)
{
	if (start >= end || end > 1ULL << 46)
		return;
	if (!boot_info.initrd_end) {
		boot_info.initrd_start = start;
		boot_info.initrd_end = end;
		return;
	}
	/* GRUB lays modules page after page; zeros between two archives are allowed. */
	if (start < boot_info.initrd_end || start - boot_info.initrd_end >= PAGE_SIZE || end > LOW_LIMIT) {
		pr_warn("boot: a module that does not follow the first one is ignored\n");
		return;
	}
	memset(phys_to_virt(boot_info.initrd_end), 0, start - boot_info.initrd_end);
	boot_info.initrd_end = end;
}

/* --- multiboot2 (Multiboot2 specification 3.6) --- */

struct mb2_tag { u32 type, size; u8 data[]; };
struct mb2_mmap { u32 entry_size, entry_version; u8 entries[]; };
struct mb2_mmap_entry { u64 addr, len; u32 type, zero; };
enum { MB2_END, MB2_CMDLINE, MB2_MODULE = 3, MB2_MMAP = 6, MB2_ACPI_OLD = 14, MB2_ACPI_NEW = 15 };
#define MEMORY_USABLE 1

static void mb2_memory(const struct mb2_tag *tag, u32 len)
{
	const struct mb2_mmap *m = (const void *)tag->data;

	if (len < sizeof(*m) || m->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (u32 off = sizeof(*m); off + m->entry_size <= len; off += m->entry_size) {
		const struct mb2_mmap_entry *e = (const void *)(tag->data + off);

		if (e->type == MEMORY_USABLE)
			range_add_usable(e->addr, e->addr + e->len);
	}
}

static void mb2_acpi(const struct mb2_tag *tag, u32 len)
{
	if (boot_info.rsdp && tag->type == MB2_ACPI_OLD)
		return;
	memcpy(rsdp_copy, tag->data, min(len, (u32)sizeof(rsdp_copy)));
	boot_info.rsdp = virt_to_phys(rsdp_copy);
}

static void mb2_take(const struct mb2_tag *tag)
{
	u32 len = tag->size - sizeof(*tag);

	switch (tag->type) {
	case MB2_CMDLINE:
		strscpy(boot_info.cmdline, (const char *)tag->data, min((size_t)len, sizeof(boot_info.cmdline)));
		break;
	case MB2_MODULE:
		if (len >= 8)
			add_module(((const u32 *)tag->data)[0], ((const u32 *)tag->data)[1]);
		break;
	case MB2_MMAP:
		mb2_memory(tag, len);
		break;
	case MB2_ACPI_OLD:
	case MB2_ACPI_NEW:
		mb2_acpi(tag, len);
		break;
	}
}

static void mb2_parse(u64 info_pa)
{
	const u8 *info = phys_to_virt(info_pa);
	u32 total = *(const u32 *)info;

	boot_info.loader = "multiboot2";
	for (u32 off = 8; off + sizeof(struct mb2_tag) <= total;) {
		const struct mb2_tag *tag = (const void *)(info + off);

		if (tag->type == MB2_END || tag->size < sizeof(*tag) || tag->size > total - off)
			break;
		mb2_take(tag);
		off += ALIGN_UP(tag->size, 8u);
	}
}

/* --- PVH (Xen's public/arch-x86/hvm/start_info.h) --- */

#define PVH_MAGIC 0x336ec578
struct pvh_start_info {
	u32 magic, version, flags, nr_modules;
	u64 modlist, cmdline, rsdp, memmap;
	u32 memmap_entries, reserved;
};
struct pvh_module { u64 addr, size, cmdline, reserved; };
struct pvh_memmap { u64 addr, size; u32 type, reserved; };

static void pvh_parse(u64 info_pa)
{
	const struct pvh_start_info *si = phys_to_virt(info_pa);

	boot_info.loader = "pvh";
	if (si->magic != PVH_MAGIC)
		panic("boot: started by an unknown loader");
	boot_info.rsdp = si->rsdp;
	if (si->cmdline && si->cmdline < LOW_LIMIT)
		strscpy(boot_info.cmdline, phys_to_virt(si->cmdline), sizeof(boot_info.cmdline));
	if (si->version >= 1 && si->memmap && si->memmap < LOW_LIMIT) {
		const struct pvh_memmap *m = phys_to_virt(si->memmap);

		for (u32 i = 0; i < si->memmap_entries; i++)
			if (m[i].type == MEMORY_USABLE)
				range_add_usable(m[i].addr, m[i].addr + m[i].size);
	}
	if (si->nr_modules && si->modlist < LOW_LIMIT) {
		const struct pvh_module *mod = phys_to_virt(si->modlist);

		for (u32 i = 0; i < si->nr_modules; i++)
			add_module(mod[i].addr, mod[i].addr + mod[i].size);
	}
}

void boot_info_parse(u32 magic, u64 info_pa)
{
	if (magic == MULTIBOOT2_MAGIC)
		mb2_parse(info_pa);
	else
		pvh_parse(info_pa);
	boot_range_reserve(0, 1 << 20);
	boot_range_reserve(virt_to_phys(__kernel_start), virt_to_phys(__kernel_end));
	if (boot_info.initrd_end)
		boot_range_reserve(boot_info.initrd_start, boot_info.initrd_end);
}
