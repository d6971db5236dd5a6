/* drivers/pci/config.c - reading and writing configuration space (PCI Local Bus 3.0, 3.2.2.3.2)
 *
 * What:   mechanism 1: an address port and a data port.
 * Called: enumeration and drivers, any context.
 * Locks:  config_lock, for the two ports are one window.
 * Absent: memory-mapped access (ECAM): nothing here needs the space above 256 bytes.
 */
#include "drivers/pci/pci.h"
#include "kernel/arch/io.h"
#include "kernel/sync/spinlock.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc

static DEFINE_SPINLOCK(config_lock);

static void select_word(const struct pci_dev *d, u8 offset)
{
	outl(0x80000000u | (u32)d->bus << 16 | (u32)d->slot << 11 | (u32)d->fn << 8 | (offset & 0xfcu), CONFIG_ADDRESS);
}

u32 pci_read32(const struct pci_dev *d, u8 offset)
{
	unsigned long flags;
	u32 v;

	spin_lock_irqsave(&config_lock, flags);
	select_word(d, offset);
	v = inl(CONFIG_DATA);
	spin_unlock_irqrestore(&config_lock, flags);
	return v;
}

u16 pci_read16(const struct pci_dev *d, u8 offset) { return (u16)(pci_read32(d, offset) >> (offset & 2) * 8); }
u8 pci_read8(const struct pci_dev *d, u8 offset) { return (u8)(pci_read32(d, offset) >> (offset & 3) * 8); }

void pci_write32(const struct pci_dev *d, u8 offset, u32 v)
{
	unsigned long flags;

	spin_lock_irqsave(&config_lock, flags);
	select_word(d, offset);
	outl(v, CONFIG_DATA);
	spin_unlock_irqrestore(&config_lock, flags);
}

void pci_write16(const struct pci_dev *d, u8 offset, u16 v)
{
	unsigned long flags;

	spin_lock_irqsave(&config_lock, flags);
	select_word(d, offset);
	outw(v, CONFIG_DATA + (offset & 2));
	spin_unlock_irqrestore(&config_lock, flags);
}
