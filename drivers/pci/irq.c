/* drivers/pci/irq.c - how a device interrupts: MSI-X, MSI or a line
 *
 * What:   one vector for a device, by the best means that it has.
 * Called: drivers' probe, process context.
 * Calls:  arch_msi_alloc() for the message, arch_msi_free().
 * Locks:  none.
 * Absent: several vectors; spreading them over CPUs (all go to CPU 0).
 */
#include "drivers/pci/pci.h"
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/mm/slab.h"

/* The read waits until the device has all. */
static void write_entry(u8 *e, u64 addr, u32 data)
{
	writel((u32)addr, e + PCI_MSIX_ENTRY_LOWER_ADDR);
	writel((u32)(addr >> 32), e + PCI_MSIX_ENTRY_UPPER_ADDR);
	writel(data, e + PCI_MSIX_ENTRY_DATA);
	writel(0, e + PCI_MSIX_ENTRY_VECTOR_CTRL);
	readl(e + PCI_MSIX_ENTRY_VECTOR_CTRL);
}

static int alloc_msix(struct pci_dev *d, u8 cap)
{
	u32 where = pci_read32(d, (u8)(cap + PCI_MSIX_TABLE)), data;
	u8 *table;
	u64 addr;
	int irq;

	if ((where & 7) >= PCI_NUM_BARS)
		return -ENODEV;
	table = pci_map_bar(d, where & 7, (size_t)(where & ~7u) + PCI_MSIX_ENTRY_SIZE);
	if (!table)
		return -ENODEV;
	irq = arch_msi_alloc(0, &addr, &data);
	if (irq >= 0) {
		pci_write16(d, (u8)(cap + PCI_MSIX_FLAGS), PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
		write_entry(table + (where & ~7u), addr, data);
		pci_write16(d, (u8)(cap + PCI_MSIX_FLAGS), PCI_MSIX_FLAGS_ENABLE);
		d->msix = true;
	}
	iounmap(table);
	return irq;
}

static int alloc_msi(struct pci_dev *d, u8 cap)
{
	u16 flags = pci_read16(d, (u8)(cap + PCI_MSI_FLAGS));
	bool wide = flags & PCI_MSI_FLAGS_64BIT;
	u32 data;
	u64 addr;
	int irq = arch_msi_alloc(0, &addr, &data);

	if (irq < 0)
		return irq;
	pci_write32(d, (u8)(cap + PCI_MSI_ADDRESS_LO), (u32)addr);
	if (wide)
		pci_write32(d, (u8)(cap + PCI_MSI_ADDRESS_HI), (u32)(addr >> 32));
	pci_write16(d, (u8)(cap + (wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32)), (u16)data);
	pci_write16(d, (u8)(cap + PCI_MSI_FLAGS), (u16)((flags & ~PCI_MSI_FLAGS_QSIZE) | PCI_MSI_FLAGS_ENABLE));
	d->msi = true;
	return irq;
}

int pci_alloc_irq(struct pci_dev *d)
{
	u8 cap = pci_find_capability(d, PCI_CAP_ID_MSIX), line;

	d->irq = cap ? alloc_msix(d, cap) : -ENODEV;
	cap = d->irq < 0 ? pci_find_capability(d, PCI_CAP_ID_MSI) : 0;
	if (cap)
		d->irq = alloc_msi(d, cap);
	if (d->irq >= 0) {
		pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) | PCI_COMMAND_INTX_DISABLE);
		return d->irq;
	}
	line = pci_read8(d, PCI_INTERRUPT_LINE);
	if (!pci_read8(d, PCI_INTERRUPT_PIN) || !line || line == 0xff)
		return -ENODEV;
	return d->irq = line;
}

static void disable(struct pci_dev *d, u8 id, u8 flags_at, u16 enable)
{
	u8 at = (u8)(pci_find_capability(d, id) + flags_at);

	pci_write16(d, at, pci_read16(d, at) & ~enable);
}

void pci_free_irq(struct pci_dev *d)
{
	if (d->msix)
		disable(d, PCI_CAP_ID_MSIX, PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE);
	if (d->msi)
		disable(d, PCI_CAP_ID_MSI, PCI_MSI_FLAGS, PCI_MSI_FLAGS_ENABLE);
	if (d->msi || d->msix) {
		pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) & ~PCI_COMMAND_INTX_DISABLE);
		arch_msi_free(d->irq);
	}
	d->msi = d->msix = false;
	d->irq = 0;
}
