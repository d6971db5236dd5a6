/* tests/fuzz/acpi.c - the firmware's tables, as bad as they come
 *
 * Input: a byte of choices, then tables: a byte of choices, and bytes. Each table lies alone in a heap block of just
 * its length, so that ASan sees what is read behind it; its length and its checksum become right, for nothing wrong
 * gets past those. The first is the root and names all others; the memory below 1 MiB has the root pointer.
 */
#define apic_id id /* the second home's CPUs have none, and internal.h sends interrupts by it */
#include "kernel/arch/internal.h"
#undef apic_id
#include "kernel/arch/io.h"
#include "kernel/mm/slab.h"
#include "lib/string.h"
#include "tests/fuzz/fuzz.h"

#define MAX_TABLES 12
#define TABLE_AT(i) (0x7fe0000ULL + (u64)(i) * 0x1000)
#define HEADER 36u

struct boot_info boot_info;
static struct { u8 *bytes; u32 size; } tables[MAX_TABLES];
static u8 low[(1 << 20) + 64]; /* a root pointer may start in the last 16 bytes */
static const u8 nothing[64];

static void *memory_at(u64 pa)
{
	for (int i = 0; i < MAX_TABLES; i++)
		if (pa == TABLE_AT(i) && tables[i].bytes)
			return tables[i].bytes;
	return pa < 1 << 20 ? low + pa : (void *)nothing;
}
static struct cpuid_regs no_cpuid(void) { return (struct cpuid_regs){}; }

#define phys_to_virt(pa) memory_at(pa)
#define cpuid(leaf, sub) no_cpuid()
#define inw(port) ((u16)(port))
#define outb(v, port) ((void)(v), (void)(port))
#include "kernel/arch/acpi.c"

static void mend_sum(u8 *p, u32 n, u32 at)
{
	p[at] = 0;
	for (u32 i = 0; i < n; i++)
		p[at] = (u8)(p[at] - (i == at ? 0 : p[i]));
}
static void make_table(struct fuzz_input *in, int i)
{
	static const char sigs[][5] = { "APIC", "FACP", "DSDT", "SSDT" };
	u8 choice = fuzz_u8(in), body[1024];
	u32 n = (u32)fuzz_bytes(in, body, sizeof(body)), size = HEADER + n;
	u8 *t = kzalloc(size, GFP_KERNEL);

	memcpy(t, sigs[choice & 3], 4);
	memcpy(t + 4, &size, 4);
	memcpy(t + HEADER, body, n);
	mend_sum(t, size, 9);
	tables[i].bytes = t;
	tables[i].size = size;
}
/* The root table: all others, and now and then what the input has. */
static void make_root(bool wide, u64 extra)
{
	u32 width = wide ? 8 : 4, size = HEADER + MAX_TABLES * width;
	u8 *t = kzalloc(size, GFP_KERNEL);

	memcpy(t, wide ? "XSDT" : "RSDT", 4);
	memcpy(t + 4, &size, 4);
	for (int i = 0; i < MAX_TABLES; i++) {
		u64 pa = i ? TABLE_AT(i) : extra;

		memcpy(t + HEADER + (u32)i * width, &pa, width);
	}
	mend_sum(t, size, 9);
	tables[0].bytes = t;
	tables[0].size = size;
}
static void make_pointer(u8 choice)
{
	static const u32 places[] = { 0xe0000, 0xffff0, 0x9fc00, 0x9fff0 };
	u32 at = places[choice & 3];
	struct rsdp r = { .sig = "RSD PTR ", .rsdt = (u32)TABLE_AT(0), .xsdt = TABLE_AT(0) };

	r.revision = choice & 4 ? 2 : 0;
	memset(low, 0, sizeof(low));
	memcpy(low + 0x40e, &(u16){ (u16)(at < 0xa0000 ? (at & ~1023u) >> 4 : 0) }, 2);
	boot_info.rsdp = choice & 8 ? at : 0;
	memcpy(low + at, &r, sizeof(r));
	mend_sum(low + at, 20, 8);
}
/* The FADT names the last table as its DSDT, which else only luck would find. */
static void link_dsdt(void)
{
	for (int i = 1; i < MAX_TABLES; i++) {
		u8 *t = tables[i].bytes;

		if (!t || memcmp(t, "FACP", 4) || tables[i].size < 44)
			continue;
		memcpy(t + 40, &(u32){ (u32)TABLE_AT(MAX_TABLES - 1) }, 4);
		mend_sum(t, tables[i].size, 9);
	}
}

void fuzz_one(struct fuzz_input *in)
{
	u8 choice = fuzz_u8(in);

	make_root(choice & 4, choice & 0x10 ? fuzz_u32(in) : 0);
	for (int i = MAX_TABLES - 1; i > 0 && fuzz_left(in); i--)
		make_table(in, i);
	make_pointer(choice);
	link_dsdt();
	memset(&acpi, 0, sizeof(acpi));
	acpi_init();
	BUG_ON(!acpi.nr_cpus || acpi.nr_cpus > NR_CPUS || acpi.nr_ioapics > ARRAY_SIZE(acpi.ioapics));
	for (int i = 0; i < MAX_TABLES; i++) {
		kfree(tables[i].bytes);
		tables[i].bytes = NULL;
	}
}
