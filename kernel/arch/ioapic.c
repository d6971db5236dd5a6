/* kernel/arch/ioapic.c - the I/O APIC: which interrupt line gives which vector on which CPU
 *
 * What:   finds the controllers the MADT lists, masks every line, routes one on request. The old PICs are silenced.
 * Called: irq.c.
 * Locks:  ioapic_lock: the index register and the data window belong together.
 * Source: Intel 82093AA data sheet, section 3.
 */
#include "kernel/arch/internal.h"
#include "kernel/arch/io.h"
#include "kernel/mm/slab.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"

#define REG_VERSION 1
#define REG_REDIRECTION 0x10
#define REDIR_ACTIVE_LOW 0x2000u
#define REDIR_LEVEL 0x8000u
#define REDIR_MASKED 0x10000u

static struct ioapic { u8 *regs; u32 gsi_base, lines; } ioapics[8]; /* [C] */
static u32 nr_ioapics;
static DEFINE_SPINLOCK(ioapic_lock);

static u32 ioapic_read(struct ioapic *io, u32 reg)
{
	writel(reg, io->regs);
	return readl(io->regs + 0x10);
}

static void ioapic_write(struct ioapic *io, u32 reg, u32 v)
{
	writel(reg, io->regs);
	writel(v, io->regs + 0x10);
}

static struct ioapic *ioapic_of(u32 gsi)
{
	for (u32 i = 0; i < nr_ioapics; i++)
		if (gsi >= ioapics[i].gsi_base && gsi - ioapics[i].gsi_base < ioapics[i].lines)
			return &ioapics[i];
	return NULL;
}

static void silence_pics(void)
{
	static const struct { u8 v; u16 port; } words[] = {
		{ 0x11, 0x20 }, { 0x11, 0xa0 }, { 0x20, 0x21 }, { 0x28, 0xa1 }, { 4, 0x21 }, { 2, 0xa1 },
		{ 1, 0x21 }, { 1, 0xa1 }, { 0xff, 0x21 }, { 0xff, 0xa1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		outb(words[i].v, words[i].port);
}

void ioapic_init(void)
{
	silence_pics();
	for (u32 i = 0; i < acpi.nr_ioapics; i++) {
		struct ioapic *io = &ioapics[nr_ioapics];

		io->regs = ioremap(acpi.ioapics[i].phys, PAGE_SIZE);
		if (!io->regs)
			panic("no memory to map an I/O APIC");
		io->gsi_base = acpi.ioapics[i].gsi_base;
		io->lines = (ioapic_read(io, REG_VERSION) >> 16 & 0xff) + 1;
		for (u32 line = 0; line < io->lines; line++)
			ioapic_write(io, REG_REDIRECTION + 2 * line, REDIR_MASKED);
		nr_ioapics++;
	}
	if (!nr_ioapics)
		pr_warn("ioapic: none listed: devices have no interrupt lines\n");
}

/* 0, or -ENODEV for a line that no controller has. */
int ioapic_route(u32 gsi, u8 vector, u32 apic_id, bool level, bool active_low)
{
	struct ioapic *io = ioapic_of(gsi);
	unsigned long flags;
	u32 reg;

	if (!io)
		return -ENODEV;
	reg = REG_REDIRECTION + 2 * (gsi - io->gsi_base);
	spin_lock_irqsave(&ioapic_lock, flags);
	ioapic_write(io, reg, REDIR_MASKED);
	ioapic_write(io, reg + 1, apic_id << 24);
	ioapic_write(io, reg, vector | (level ? REDIR_LEVEL : 0) | (active_low ? REDIR_ACTIVE_LOW : 0));
	spin_unlock_irqrestore(&ioapic_lock, flags);
	return 0;
}

void ioapic_mask(u32 gsi)
{
	struct ioapic *io = ioapic_of(gsi);
	unsigned long flags;

	if (!io)
		return;
	spin_lock_irqsave(&ioapic_lock, flags);
	ioapic_write(io, REG_REDIRECTION + 2 * (gsi - io->gsi_base), REDIR_MASKED);
	spin_unlock_irqrestore(&ioapic_lock, flags);
}
