/* tests/unit/drivers/pci_test.c - the PCI bus over a pretended configuration space
 *
 * Enumeration behind bridges, BAR sizes, capabilities in circles, and the three ways in which a device interrupts. The
 * bus's own files are compiled here over pretended ports.
 */
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "lib/string.h"
#include "tests/unit/test.h"
#include <linux/pci_regs.h>

#define FUNCTIONS 4
#define MSI_VECTOR 0x55
#define MSI_ADDRESS 0xfee01000ULL
#define MSI_IRQ 341

/* size[i]: of the BAR word, a power of two or 0; a 64-bit BAR has 0 in its upper word. */
struct function { u8 bus, slot, fn; u8 config[256]; u64 size[6]; };
static struct function bus[FUNCTIONS];
static u32 address;
static u8 table[0x4000] __aligned(16); /* what BARs are mapped to */
static int mapped, msi_result, freed;

static struct function *selected(void)
{
	for (int i = 0; i < FUNCTIONS; i++)
		if (bus[i].config[0] && bus[i].bus == (u8)(address >> 16) && bus[i].slot == (address >> 11 & 31) &&
		    bus[i].fn == (address >> 8 & 7))
			return &bus[i];
	return NULL;
}

static void put(struct function *f, u8 at, u64 v, int bytes) { memcpy(f->config + at, &v, (size_t)bytes); }
static u32 get(const struct function *f, u8 at, int bytes)
{
	u32 v = 0;

	memcpy(&v, f->config + at, (size_t)bytes);
	return v;
}

/* A BAR keeps only the bits above its size, and its type. */
static u32 bar_bits(struct function *f, int i, u32 v)
{
	u64 mask = f->size[i] ? ~(f->size[i] - 1) : 0;

	if (i && !f->size[i] && f->size[i - 1] && (get(f, (u8)(0x10 + 4 * (i - 1)), 4) & 4))
		mask = ~(f->size[i - 1] - 1) >> 32;
	return (v & (u32)mask) | (f->size[i] ? get(f, (u8)(0x10 + 4 * i), 4) & 0xf : 0);
}

static void fake_out(u32 v, u16 port, int bytes)
{
	struct function *f = selected();
	u8 at = (u8)((address & 0xfc) + (port & 3));

	if (port == 0xcf8) {
		address = v;
		return;
	}
	if (!f)
		return;
	if (at >= 0x10 && at < 0x28 && !f->config[0xe])
		v = bar_bits(f, (at - 0x10) / 4, v);
	put(f, at, v, bytes);
}

static u32 fake_inl(u16 port) { return selected() ? get(selected(), address & 0xfc, 4) : ~0u; }

static void *fake_ioremap(u64 pa, size_t size)
{
	mapped++;
	return size <= sizeof(table) ? table : NULL;
}

static int fake_msi_alloc(u32 cpu, u64 *addr, u32 *data)
{
	*addr = MSI_ADDRESS;
	*data = MSI_VECTOR;
	return msi_result;
}

static void fake_msi_free(int irq) { freed = irq; }

#define outl(v, port) fake_out(v, port, 4)
#define outw(v, port) fake_out(v, port, 2)
#define inl(port) fake_inl(port)
#define ioremap(pa, size) fake_ioremap(pa, size)
#define iounmap(va) ((void)(va), mapped--)
#define arch_msi_alloc(cpu, a, d) fake_msi_alloc(cpu, a, d)
#define arch_msi_free(irq) fake_msi_free(irq)
#include "drivers/pci/config.c"
#include "drivers/pci/irq.c"
#include "drivers/pci/pci.c"

static struct pci_dev *found(u8 on_bus, u8 slot, u8 fn)
{
	struct pci_dev *d;

	list_for_each_entry(d, &pci_devices, node)
		if (d->bus == on_bus && d->slot == slot && d->fn == fn)
			return d;
	return NULL;
}

static struct function *add(int i, u8 on_bus, u8 slot, u8 fn, u16 device)
{
	struct function *f = &bus[i];

	*f = (struct function){ .bus = on_bus, .slot = slot, .fn = fn };
	put(f, PCI_VENDOR_ID, 0x8086, 2);
	put(f, PCI_DEVICE_ID, device, 2);
	return f;
}

/* One card in slot 3: a memory BAR of 128 KiB, an I/O BAR, a 64-bit BAR of 16 KiB, and the line 11. */
static struct function *one_card(void)
{
	struct function *f;

	memset(bus, 0, sizeof(bus));
	memset(table, 0, sizeof(table));
	mapped = 0;
	msi_result = MSI_IRQ;
	f = add(0, 0, 3, 0, 0x10d3);
	put(f, 0x10, 0xfeb80000, 4);
	put(f, 0x14, 0xc001, 4);
	put(f, 0x18, 0xfebd0004, 4);
	f->size[0] = 0x20000;
	f->size[1] = 0x20;
	f->size[2] = 0x4000;
	put(f, PCI_INTERRUPT_LINE, 11, 1);
	put(f, PCI_INTERRUPT_PIN, 1, 1);
	put(f, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_IO, 2);
	return f;
}

static struct pci_dev *scan(void)
{
	DECLARE_BITMAP(seen, 256) = {};

	INIT_LIST_HEAD(&pci_devices);
	scan_bus(0, 0, seen);
	return found(0, 3, 0);
}

static void forget(void)
{
	struct pci_dev *d, *next;

	list_for_each_entry_safe(d, next, &pci_devices, node)
		kfree(d);
	INIT_LIST_HEAD(&pci_devices);
}

TEST(pci_bars_have_their_sizes_and_keep_their_addresses)
{
	struct function *f = one_card();
	struct pci_dev *d = scan();

	EXPECT_TRUE(d && d->vendor == 0x8086 && d->device == 0x10d3);
	EXPECT_EQ(d->bars[0].start, 0xfeb80000);
	EXPECT_EQ(d->bars[0].size, 0x20000);
	EXPECT_TRUE(d->bars[1].io);
	EXPECT_EQ(d->bars[1].start, 0xc000);
	EXPECT_EQ(d->bars[1].size, 0x20);
	EXPECT_EQ(d->bars[2].start, 0xfebd0000);
	EXPECT_EQ(d->bars[2].size, 0x4000);
	EXPECT_EQ(d->bars[3].size, 0); /* the upper half of BAR 2 */
	EXPECT_EQ(get(f, 0x10, 4), 0xfeb80000);
	EXPECT_EQ(get(f, PCI_COMMAND, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	EXPECT_TRUE(!pci_map_bar(d, 1, 4) && !pci_map_bar(d, 3, 4) && !pci_map_bar(d, 0, 0x20001));
	forget();
}

TEST(pci_functions_and_bridges_are_found_and_loops_end)
{
	struct function *f = one_card(), *bridge;

	put(f, PCI_HEADER_TYPE, 0x80, 1);
	add(1, 0, 3, 5, 0x2222);
	bridge = add(2, 0, 7, 0, 0x244e);
	put(bridge, PCI_HEADER_TYPE, PCI_HEADER_TYPE_BRIDGE, 1);
	put(bridge, PCI_SECONDARY_BUS, 4, 1);
	f = add(3, 4, 1, 0, 0x3333);
	put(f, PCI_HEADER_TYPE, PCI_HEADER_TYPE_BRIDGE, 1); /* says that bus 0 lies behind it */
	scan();
	EXPECT_TRUE(found(0, 3, 0) && found(0, 3, 5) && found(0, 7, 0) && found(4, 1, 0));
	EXPECT_TRUE(!found(0, 3, 1));
	EXPECT_EQ(found(4, 1, 0)->device, 0x3333);
	forget();
}

/* A list of capabilities: MSI at 0x50, then what next says. */
static void add_msi(struct function *f, u16 flags, u8 next)
{
	put(f, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	put(f, PCI_CAPABILITY_LIST, 0x50, 1);
	put(f, 0x50, PCI_CAP_ID_MSI, 1);
	put(f, 0x51, next, 1);
	put(f, 0x52, flags, 2);
}

TEST(pci_a_circle_of_capabilities_ends)
{
	struct function *f = one_card();

	add_msi(f, 0, 0x50);
	scan();
	EXPECT_EQ(pci_find_capability(found(0, 3, 0), PCI_CAP_ID_MSI), 0x50);
	EXPECT_EQ(pci_find_capability(found(0, 3, 0), PCI_CAP_ID_MSIX), 0);
	forget();
}

/* Vector and device are as before pci_alloc_irq(). */
static void expect_given_back(struct function *f, struct pci_dev *d, int irq, u8 flags_at, u16 enable)
{
	freed = 0;
	pci_free_irq(d);
	EXPECT_EQ(freed, irq);
	EXPECT_EQ(get(f, flags_at, 2) & enable, 0);
	EXPECT_TRUE(!d->msi && !d->msix && !d->irq && !(get(f, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE));
}

TEST(pci_without_messages_the_line_is_taken)
{
	struct function *f = one_card();
	struct pci_dev *d = scan();

	EXPECT_EQ(pci_alloc_irq(d), 11);
	EXPECT_TRUE(!d->msi && !d->msix && !(get(f, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE));
	expect_given_back(f, d, 0, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE); /* a line has no vector of its own */
	put(f, PCI_INTERRUPT_PIN, 0, 1);
	EXPECT_EQ(pci_alloc_irq(d), -ENODEV);
	forget();
}

static void expect_msi(u16 flags, u8 data_at)
{
	struct function *f = one_card();
	struct pci_dev *d;

	add_msi(f, flags | 3 << 4, 0); /* firmware left eight vectors on */
	d = scan();
	EXPECT_EQ(pci_alloc_irq(d), MSI_IRQ);
	EXPECT_TRUE(d->msi && !d->msix);
	EXPECT_EQ(get(f, 0x54, 4), MSI_ADDRESS);
	EXPECT_EQ(get(f, data_at, 2), MSI_VECTOR);
	EXPECT_EQ(get(f, 0x52, 2), flags | PCI_MSI_FLAGS_ENABLE);
	EXPECT_TRUE(get(f, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE);
	expect_given_back(f, d, MSI_IRQ, 0x52, PCI_MSI_FLAGS_ENABLE);
	forget();
}

TEST(pci_msi_of_32_bits) { expect_msi(0, 0x58); }
TEST(pci_msi_of_64_bits) { expect_msi(PCI_MSI_FLAGS_64BIT, 0x5c); }

/* Four vectors, the table at 0x100 of BAR bir. */
static struct function *card_with_msix(u32 bir)
{
	struct function *f = one_card();

	add_msi(f, 0, 0xa0);
	put(f, 0xa0, PCI_CAP_ID_MSIX, 1);
	put(f, 0xa2, 3, 2);
	put(f, 0xa4, 0x100 | bir, 4);
	return f;
}

TEST(pci_msix_is_preferred_and_its_entry_unmasked)
{
	struct function *f = card_with_msix(2);
	struct pci_dev *d = scan();

	table[0x100 + PCI_MSIX_ENTRY_VECTOR_CTRL] = 1; /* masked after reset */
	EXPECT_EQ(pci_alloc_irq(d), MSI_IRQ);
	EXPECT_TRUE(d->msix && !d->msi);
	EXPECT_EQ(*(u32 *)(table + 0x100 + PCI_MSIX_ENTRY_LOWER_ADDR), MSI_ADDRESS);
	EXPECT_EQ(*(u32 *)(table + 0x100 + PCI_MSIX_ENTRY_DATA), MSI_VECTOR);
	EXPECT_EQ(*(u32 *)(table + 0x100 + PCI_MSIX_ENTRY_VECTOR_CTRL), 0);
	EXPECT_EQ(get(f, 0xa2, 2) & (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL), PCI_MSIX_FLAGS_ENABLE);
	EXPECT_EQ(get(f, 0x52, 2) & PCI_MSI_FLAGS_ENABLE, 0);
	EXPECT_EQ(mapped, 0);
	expect_given_back(f, d, MSI_IRQ, 0xa2, PCI_MSIX_FLAGS_ENABLE);
	forget();
}

TEST(pci_a_broken_msix_table_falls_back_to_msi)
{
	static const u32 birs[] = { 1, 3, 6, 7 }; /* I/O, absent, and no BAR at all */

	for (size_t i = 0; i < ARRAY_SIZE(birs); i++) {
		struct pci_dev *d;

		card_with_msix(birs[i]);
		d = scan();
		EXPECT_EQ(pci_alloc_irq(d), MSI_IRQ);
		EXPECT_TRUE(d->msi && !d->msix);
		forget();
	}
}

TEST(pci_an_msix_table_whose_end_wraps_falls_back_to_msi)
{
	struct function *f = card_with_msix(2);
	struct pci_dev *d;

	put(f, 0xa4, 0xfffffff8 | 2, 4);
	d = scan();
	EXPECT_EQ(pci_alloc_irq(d), MSI_IRQ);
	EXPECT_TRUE(d->msi && !d->msix);
	forget();
}

TEST(pci_a_bus_is_read_once)
{
	struct function *f;
	struct pci_dev *d;
	int n = 0;

	one_card();
	for (int i = 1; i < 3; i++) {
		f = add(i, 0, (u8)(7 + i), 0, 0x244e);
		put(f, PCI_HEADER_TYPE, PCI_HEADER_TYPE_BRIDGE, 1);
		put(f, PCI_SECONDARY_BUS, 4, 1);
	}
	add(3, 4, 1, 0, 0x3333);
	scan();
	EXPECT_TRUE(found(4, 1, 0));
	list_for_each_entry(d, &pci_devices, node)
		n += d->bus == 4;
	EXPECT_EQ(n, 1);
	forget();
}

TEST(pci_without_a_vector_nothing_stays_mapped_and_the_line_serves)
{
	struct pci_dev *d;

	card_with_msix(2);
	d = scan();
	msi_result = -ENOSPC;
	EXPECT_EQ(pci_alloc_irq(d), 11);
	EXPECT_EQ(mapped, 0);
	forget();
}
