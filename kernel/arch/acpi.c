/* kernel/arch/acpi.c - the firmware's description of the machine, read once
 *
 * What:   RSDP -> RSDT or XSDT -> MADT (CPUs, interrupt controllers), FADT (reset, power off, PM timer), \_S5 in DSDT.
 * Called: arch_early_init(), while the boot page tables map the first 4 GiB, where firmware keeps its tables.
 * Locks:  none: one CPU. acpi is constant afterwards.
 * Absent: AML. Power off scans the DSDT for the _S5_ package, which needs no interpreter (ACPI 6.4, 7.4.2.6).
 */
#include "kernel/arch/internal.h"
#include "kernel/arch/io.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define LOW_LIMIT (4ULL << 30)

struct acpi_info acpi;

struct rsdp {
	char sig[8];
	u8 sum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 xsum, reserved[3];
} __packed;
struct sdt {
	char sig[4];
	u32 length;
	u8 revision, sum;
	char oem[6], oem_table[8];
	u32 oem_rev, creator, creator_rev;
} __packed;
struct madt { struct sdt h; u32 lapic; u32 flags; u8 entries[]; } __packed;
struct fadt {
	struct sdt h;
	u32 firmware_ctrl, dsdt;
	u8 reserved0, pm_profile;
	u16 sci_int;
	u32 smi_cmd;
	u8 acpi_enable, acpi_disable, s4bios, pstate;
	u32 pm1a_evt, pm1b_evt, pm1a_cnt, pm1b_cnt, pm2_cnt, pm_tmr, gpe0, gpe1;
	u8 lens[8];
	u8 pad0[10];
	u8 day_alarm, month_alarm, century; /* 106 */
	u16 boot_arch;
	u8 reserved1;
	u32 flags; /* 112 */
	struct acpi_gas reset_reg;
	u8 reset_value;
} __packed;
_Static_assert(offsetof(struct fadt, flags) == 112, "FADT layout");
_Static_assert(offsetof(struct fadt, reset_reg) == 116, "FADT layout");
#define FADT_RESET_SUPPORTED BIT(10)

static bool sum_ok(const void *p, size_t n)
{
	const u8 *b = p;
	u8 sum = 0;

	while (n--)
		sum += *b++;
	return sum == 0;
}

/* A table whose header and body can be read and whose checksum is right, or NULL. */
static const struct sdt *table_at(u64 pa)
{
	const struct sdt *t = phys_to_virt(pa);

	if (!pa || pa > LOW_LIMIT - sizeof(*t))
		return NULL;
	if (t->length < sizeof(*t) || t->length > LOW_LIMIT - pa || t->length > 16 << 20)
		return NULL;
	return sum_ok(t, t->length) ? t : NULL;
}

static const struct rsdp *scan_rsdp(u64 from, u64 to)
{
	for (u64 pa = from; pa < to; pa += 16) {
		const struct rsdp *r = phys_to_virt(pa);

		if (!memcmp(r->sig, "RSD PTR ", 8) && sum_ok(r, 20))
			return r;
	}
	return NULL;
}

static const struct rsdp *find_rsdp(void)
{
	u64 ebda = (u64)*(u16 *)phys_to_virt(0x40e) << 4;
	const struct rsdp *r;

	if (boot_info.rsdp && boot_info.rsdp < LOW_LIMIT - sizeof(*r)) {
		r = phys_to_virt(boot_info.rsdp);
		if (!memcmp(r->sig, "RSD PTR ", 8) && sum_ok(r, 20))
			return r;
	}
	if (ebda >= 0x80000 && ebda < 0xa0000) {
		r = scan_rsdp(ebda, ebda + 1024);
		if (r)
			return r;
	}
	return scan_rsdp(0xe0000, 0x100000);
}

/* The table with this signature in the RSDT or XSDT (root), or NULL. */
static const struct sdt *find_table(const struct sdt *root, size_t width, const char *sig)
{
	const u8 *entry = (const u8 *)(root + 1);

	for (size_t n = (root->length - sizeof(*root)) / width; n--; entry += width) {
		u64 pa = 0;
		const struct sdt *t;

		memcpy(&pa, entry, width);
		t = table_at(pa);
		if (t && !memcmp(t->sig, sig, 4))
			return t;
	}
	return NULL;
}

/* --- MADT: entries of type, length, body (ACPI 6.4, 5.2.12) --- */

static void add_cpu(u32 apic_id, u32 flags, u32 boot_id)
{
	if (!(flags & 1) || apic_id == boot_id)
		return;
	if (acpi.nr_cpus == NR_CPUS) {
		acpi.cpus_left_out++;
		return;
	}
	acpi.apic_ids[acpi.nr_cpus++] = apic_id;
}

static void add_override(const u8 *e)
{
	u16 flags;
	struct acpi_irq_override *o;

	if (e[3] >= ARRAY_SIZE(acpi.isa))
		return;
	o = &acpi.isa[e[3]];
	memcpy(&o->gsi, e + 4, 4);
	memcpy(&flags, e + 8, 2);
	o->present = true;
	o->active_low = (flags & 3) == 3;
	o->level = (flags >> 2 & 3) == 3;
}

static void madt_entry(const u8 *e, u32 boot_id)
{
	u32 a, b;

	switch (e[0]) {
	case 0: /* local APIC */
		if (e[1] < 8)
			break;
		memcpy(&a, e + 4, 4);
		add_cpu(e[3], a, boot_id);
		break;
	case 1: /* IOAPIC */
		if (e[1] < 12 || acpi.nr_ioapics == ARRAY_SIZE(acpi.ioapics))
			break;
		memcpy(&acpi.ioapics[acpi.nr_ioapics].phys, e + 4, 4);
		memcpy(&acpi.ioapics[acpi.nr_ioapics].gsi_base, e + 8, 4);
		acpi.nr_ioapics++;
		break;
	case 2: /* interrupt source override */
		if (e[1] >= 10)
			add_override(e);
		break;
	case 5: /* 64-bit address of the local APIC */
		if (e[1] >= 12)
			memcpy(&acpi.lapic_phys, e + 4, 8);
		break;
	case 9: /* local x2APIC */
		if (e[1] < 16)
			break;
		memcpy(&a, e + 4, 4);
		memcpy(&b, e + 8, 4);
		add_cpu(a, b, boot_id);
		break;
	}
}

static void parse_madt(const struct madt *m)
{
	const u8 *e = m->entries, *end = (const u8 *)m + m->h.length;
	u32 boot_id = acpi.apic_ids[0];

	if (m->h.length < sizeof(*m))
		return;
	acpi.lapic_phys = m->lapic;
	while (e + 2 <= end && e[1] >= 2 && e[1] <= end - e) {
		madt_entry(e, boot_id);
		e += e[1];
	}
}

/* --- FADT and the _S5_ object: NameOp "_S5_" PackageOp length count value value ... --- */

static bool s5_value(const u8 **p, const u8 *end, u8 *out)
{
	if (*p < end && **p == 0x0a) /* BytePrefix */
		(*p)++;
	else if (*p < end && **p > 1) /* otherwise ZeroOp or OneOp */
		return false;
	if (*p >= end)
		return false;
	*out = *(*p)++ & 7;
	return true;
}

static void parse_dsdt(const struct sdt *dsdt)
{
	const u8 *p = (const u8 *)(dsdt + 1), *end = (const u8 *)dsdt + dsdt->length;

	for (; p + 8 < end; p++) {
		if (memcmp(p, "_S5_", 4) || p[4] != 0x12)
			continue;
		p += 5;
		p += 1 + (*p >> 6) + 1; /* PkgLength's own bytes, then the element count */
		acpi.has_s5 = p < end && s5_value(&p, end, &acpi.slp_typa) && s5_value(&p, end, &acpi.slp_typb);
		return;
	}
}

static void parse_fadt(const struct fadt *f)
{
	const struct sdt *dsdt;

	if (f->h.length < offsetof(struct fadt, flags) + 4)
		return;
	acpi.pm1a_cnt = (u16)f->pm1a_cnt;
	acpi.pm1b_cnt = (u16)f->pm1b_cnt;
	acpi.pm_timer = (u16)f->pm_tmr;
	if (f->h.length >= sizeof(*f) && (f->flags & FADT_RESET_SUPPORTED)) {
		acpi.has_reset = true;
		acpi.reset_reg = f->reset_reg;
		acpi.reset_value = f->reset_value;
	}
	if (f->smi_cmd && f->acpi_enable && acpi.pm1a_cnt && !(inw(acpi.pm1a_cnt) & 1))
		outb(f->acpi_enable, (u16)f->smi_cmd);
	dsdt = table_at(f->dsdt);
	if (dsdt)
		parse_dsdt(dsdt);
}

void acpi_init(void)
{
	const struct rsdp *rsdp = find_rsdp();
	const struct sdt *root = NULL, *t;
	size_t width = 4;

	acpi.nr_cpus = 1;
	acpi.apic_ids[0] = cpuid(1, 0).ebx >> 24;
	acpi.lapic_phys = 0xfee00000;
	if (!rsdp) {
		pr_warn("acpi: no root pointer: one CPU, no power off\n");
		return;
	}
	if (rsdp->revision >= 2 && rsdp->xsdt) {
		root = table_at(rsdp->xsdt);
		width = 8;
	}
	if (!root) {
		root = table_at(rsdp->rsdt);
		width = 4;
	}
	if (!root) {
		pr_warn("acpi: root table unreadable\n");
		return;
	}
	t = find_table(root, width, "APIC");
	if (t)
		parse_madt((const struct madt *)t);
	t = find_table(root, width, "FACP");
	if (t)
		parse_fadt((const struct fadt *)t);
}
