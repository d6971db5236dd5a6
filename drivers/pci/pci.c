/* drivers/pci/pci.c - what is on the bus
 *
 * What:   enumeration through bridges as firmware numbered them, BAR sizes, capabilities, matching drivers.
 * Called: drivers_init(), one driver after the other; process context, one CPU.
 * Calls:  each driver's probe.
 * Locks:  none: the list is made at start and then constant.
 * Absent: hot plug, assigning addresses (firmware has), I/O BARs beyond their size.
 */
#include "drivers/pci/pci.h"
#include "kernel/arch/io.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"

static LIST_HEAD(pci_devices);

/* A size is read by writing ones; the device must not decode meanwhile. Returns how many BAR words were used. */
static int size_bar(struct pci_dev *d, int i)
{
	u8 reg = (u8)(PCI_BASE_ADDRESS_0 + 4 * i);
	u32 lo = pci_read32(d, reg), hi = 0, mask_lo, mask_hi = ~0u;
	bool io = lo & PCI_BASE_ADDRESS_SPACE_IO;
	bool wide =
		!io && (lo & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64 && i + 1 < PCI_NUM_BARS;
	u64 mask;

	pci_write32(d, reg, ~0u);
	mask_lo = pci_read32(d, reg);
	pci_write32(d, reg, lo);
	if (wide) {
		hi = pci_read32(d, (u8)(reg + 4));
		pci_write32(d, (u8)(reg + 4), ~0u);
		mask_hi = pci_read32(d, (u8)(reg + 4));
		pci_write32(d, (u8)(reg + 4), hi);
	}
	if (!mask_lo)
		return 1;
	mask_lo &= io ? ~0x3u : ~0xfu;
	mask = (u64)mask_hi << 32 | mask_lo;
	d->bars[i].io = io;
	d->bars[i].start = io ? lo & ~0x3u : (u64)hi << 32 | (lo & ~0xfu);
	d->bars[i].size = io ? (~mask_lo + 1) & 0xffff : ~mask + 1;
	return wide ? 2 : 1;
}

static void size_bars(struct pci_dev *d)
{
	u16 cmd = pci_read16(d, PCI_COMMAND);
	int n = (d->header_type & 0x7f) == PCI_HEADER_TYPE_NORMAL ? PCI_NUM_BARS : 2;

	pci_write16(d, PCI_COMMAND, cmd & ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY));
	for (int i = 0; i < n;)
		i += size_bar(d, i);
	pci_write16(d, PCI_COMMAND, cmd);
}

u8 pci_find_capability(const struct pci_dev *d, u8 id)
{
	u8 at;

	if (!(pci_read16(d, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	at = pci_read8(d, PCI_CAPABILITY_LIST) & 0xfc;
	for (int i = 0; at >= 0x40 && i < 48; i++) { /* a broken list may run in circles */
		if (pci_read8(d, at) == id)
			return at;
		at = pci_read8(d, (u8)(at + 1)) & 0xfc;
	}
	return 0;
}

static void scan_bus(u8 bus, int depth, unsigned long *seen);

static void scan_function(u8 bus, u8 slot, u8 fn, int depth, unsigned long *seen)
{
	struct pci_dev probe = { .bus = bus, .slot = slot, .fn = fn }, *d;
	u32 id = pci_read32(&probe, PCI_VENDOR_ID);
	u8 below;

	if ((u16)id == 0xffff || !(u16)id)
		return;
	d = kmemdup(&probe, sizeof(probe), GFP_KERNEL);
	if (!d)
		return;
	d->vendor = (u16)id;
	d->device = (u16)(id >> 16);
	d->class = pci_read32(d, PCI_CLASS_REVISION) >> 8;
	d->revision = pci_read8(d, PCI_REVISION_ID);
	d->header_type = pci_read8(d, PCI_HEADER_TYPE);
	size_bars(d);
	list_add_tail(&d->node, &pci_devices);
	if ((d->header_type & 0x7f) != PCI_HEADER_TYPE_BRIDGE)
		return;
	below = pci_read8(d, PCI_SECONDARY_BUS);
	if (below > bus)
		scan_bus(below, depth + 1, seen);
}

/* seen: a bit for each bus, for bridges that all name the same one would have it read times without number. */
static void scan_bus(u8 bus, int depth, unsigned long *seen)
{
	if (depth > 16 || test_and_set_bit(bus, seen))
		return;
	for (u8 slot = 0; slot < 32; slot++) {
		struct pci_dev first = { .bus = bus, .slot = slot };

		if (pci_read16(&first, PCI_VENDOR_ID) == 0xffff)
			continue;
		scan_function(bus, slot, 0, depth, seen);
		if (!(pci_read8(&first, PCI_HEADER_TYPE) & 0x80))
			continue;
		for (u8 fn = 1; fn < 8; fn++)
			scan_function(bus, slot, fn, depth, seen);
	}
}

void pci_enable(struct pci_dev *d)
{
	u16 cmd = pci_read16(d, PCI_COMMAND);

	cmd |= PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	pci_write16(d, PCI_COMMAND, cmd & ~PCI_COMMAND_INTX_DISABLE);
}

void *pci_map_bar(struct pci_dev *d, int bar, size_t at_least)
{
	const struct pci_bar *b = &d->bars[bar];

	if (b->io || !b->start || b->size < at_least)
		return NULL;
	return ioremap(b->start, b->size);
}

static const struct pci_device_id *match(const struct pci_driver *drv, const struct pci_dev *d)
{
	for (const struct pci_device_id *id = drv->ids; id->vendor; id++)
		if (id->vendor == d->vendor && id->device == d->device)
			return id;
	return NULL;
}

void pci_register_driver(const struct pci_driver *drv)
{
	struct pci_dev *d;

	list_for_each_entry(d, &pci_devices, node) {
		const struct pci_device_id *id = d->driver ? NULL : match(drv, d);
		int r;

		if (!id)
			continue;
		r = drv->probe(d, id);
		if (!r)
			d->driver = drv;
		else
			pr_err("pci %02x:%02x.%x: %s failed: %d\n", d->bus, d->slot, d->fn, drv->name, r);
	}
}

/* As Linux: bus and function, ids, interrupt, the BARs, their sizes, the driver. */
static int devices_show(struct seq_file *m, void *unused)
{
	struct pci_dev *d;

	list_for_each_entry(d, &pci_devices, node) {
		seq_printf(m, "%02x%02x\t%04x%04x\t%x", d->bus, d->slot << 3 | d->fn, d->vendor, d->device,
			   d->irq > 0 ? (unsigned int)d->irq : 0);
		for (int i = 0; i <= PCI_NUM_BARS; i++)
			seq_printf(m, "\t%16llx", i < PCI_NUM_BARS ? (unsigned long long)d->bars[i].start : 0);
		for (int i = 0; i <= PCI_NUM_BARS; i++)
			seq_printf(m, "\t%16llx", i < PCI_NUM_BARS ? (unsigned long long)d->bars[i].size : 0);
		seq_printf(m, "\t%s\n", d->driver ? d->driver->name : "");
	}
	return 0;
}

void pci_init(void)
{
	DECLARE_BITMAP(seen, 256) = {};

	scan_bus(0, 0, seen);
	proc_create_single("bus/pci/devices", 0444, devices_show, NULL);
}
