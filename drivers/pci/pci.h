/* drivers/pci/pci.h - the PCI bus: what is on it, and how a driver gets hold of it */
#pragma once
#include "lib/list.h"
#include <linux/pci_regs.h>

#define PCI_NUM_BARS 6
struct pci_bar { u64 start, size; bool io; }; /* size 0: not there */

struct pci_driver;
struct pci_dev {
	struct list_head node;
	u8 bus, slot, fn, revision, header_type;
	u16 vendor, device;
	u32 class;			/* base, sub, interface: 0xbbssii */
	struct pci_bar bars[PCI_NUM_BARS];
	int irq;			/* after pci_alloc_irq() */
	bool msi, msix;
	const struct pci_driver *driver;
	void *priv;			/* the driver's */
};

struct pci_device_id { u16 vendor, device; }; /* vendor 0 ends a table */
struct pci_driver {
	const char *name;
	const struct pci_device_id *ids;
	int (*probe)(struct pci_dev *dev, const struct pci_device_id *id); /* process context; 0 or -errno */
};

/* Finds every function behind every bridge. */
void pci_init(void);
/* Offers the driver each device of its table that nobody drives yet. */
void pci_register_driver(const struct pci_driver *drv);

/* Configuration space; offset below 256, aligned to its size. Any context. */
u8 pci_read8(const struct pci_dev *d, u8 offset);
u16 pci_read16(const struct pci_dev *d, u8 offset);
u32 pci_read32(const struct pci_dev *d, u8 offset);
void pci_write16(const struct pci_dev *d, u8 offset, u16 v);
void pci_write32(const struct pci_dev *d, u8 offset, u32 v);
/* Offset of capability PCI_CAP_ID_*, or 0. */
u8 pci_find_capability(const struct pci_dev *d, u8 id);

/* Lets the device answer in its BARs and master the bus. */
void pci_enable(struct pci_dev *d);
/* A memory BAR mapped uncached; NULL when it is absent, an I/O BAR, or smaller than at_least bytes. */
void *pci_map_bar(struct pci_dev *d, int bar, size_t at_least);
/* One interrupt: MSI-X, MSI, or the line that firmware routed. The number for request_irq(), or -errno. */
int pci_alloc_irq(struct pci_dev *d);
/* The device is quiet and free_irq() was called: gives the vector back and has the device use its line again. */
void pci_free_irq(struct pci_dev *d);
