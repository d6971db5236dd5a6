/* tests/fuzz/pci.c - a bus full of devices that lie
 *
 * Input: how many functions there are, and for each its place and its configuration space, which keeps what is written
 * only where the input says so. Registers behind a BAR may be written inside what was mapped and nowhere else.
 */
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "tests/fuzz/fuzz.h"
#include <linux/pci_regs.h>

#define FUNCTIONS 16
#define MAPPED_AT 0x100000000000ULL
#define MOST_READS 1000000 /* of one scan: 64 buses, each read once and a half */

/* many: it answers in every slot and function of its bus, as a device that ignores its address lines. */
struct function { u8 bus, slot, fn; bool many; u8 config[256], writable[256]; };
static struct function functions[FUNCTIONS];
static u32 address, nr_functions, reads;
static u64 mapped_size;

static struct function *selected(void)
{
	for (u32 i = 0; i < nr_functions; i++) {
		struct function *f = &functions[i];

		if (f->bus == (u8)(address >> 16) &&
		    (f->many || (f->slot == (address >> 11 & 31) && f->fn == (address >> 8 & 7))))
			return f;
	}
	return NULL;
}
static void fake_out(u32 v, u16 port, u32 bytes)
{
	struct function *f = selected();

	if (port == 0xcf8)
		address = v;
	else if (f)
		for (u32 i = 0; i < bytes; i++) {
			u32 at = (address & 0xfc) + (port & 3) + i;

			f->config[at] = (u8)((f->config[at] & ~f->writable[at]) | ((v >> 8 * i) & f->writable[at]));
		}
}
static u32 fake_in(void)
{
	struct function *f = selected();
	u32 v = ~0u;

	if (f)
		memcpy(&v, f->config + (address & 0xfc), 4);
	if (++reads > MOST_READS)
		panic("a scan does not end");
	return v;
}
static void *fake_map(u64 size)
{
	mapped_size = size;
	return (void *)MAPPED_AT;
}
static u32 fake_register(const void *a)
{
	u64 at = (u64)a - MAPPED_AT;

	if (at >= mapped_size || mapped_size - at < 4)
		panic("a register at %llx of a window of %llx bytes", at, mapped_size);
	return 0;
}
static int fake_msi(u64 *addr, u32 *data)
{
	*addr = 0xfee01000;
	*data = 0x55;
	return 341;
}

#define outl(v, port) fake_out(v, port, 4)
#define outw(v, port) fake_out(v, port, 2)
#define inl(port) fake_in()
#define ioremap(pa, size) fake_map(size)
#define iounmap(va) ((void)(va), mapped_size = 0)
#define writel(v, a) ((void)(v), (void)fake_register(a))
#define readl(a) fake_register(a)
#define arch_msi_alloc(cpu, a, d) fake_msi(a, d)
#define arch_msi_free(irq) (void)(irq)
#include "drivers/pci/config.c"
#include "drivers/pci/irq.c"
#include "drivers/pci/pci.c"

static void make_function(struct fuzz_input *in, struct function *f)
{
	u8 choice = fuzz_u8(in);

	*f = (struct function){ .bus = fuzz_u8(in), .slot = fuzz_u8(in) & 31, .fn = choice & 7, .many = choice & 8 };
	memcpy(f->config, "\x86\x80\xd3\x10", 4);
	fuzz_bytes(in, f->config + 4, choice & 0x10 ? 252 : 124);
	memset(f->writable + 4, choice & 0x20 ? 0xff : 0, 252);
	if (choice & 0x40)
		fuzz_bytes(in, f->writable + 0x10, 24);
}

void fuzz_one(struct fuzz_input *in)
{
	DECLARE_BITMAP(seen, 256) = {};
	struct pci_dev *d, *next;

	nr_functions = fuzz_u8(in) % FUNCTIONS + 1;
	for (u32 i = 0; i < nr_functions; i++)
		make_function(in, &functions[i]);
	reads = 0;
	scan_bus(0, 0, seen);
	list_for_each_entry_safe(d, next, &pci_devices, node) {
		for (int bar = 0; bar < PCI_NUM_BARS; bar++)
			if (pci_map_bar(d, bar, 4))
				iounmap(NULL);
		pci_enable(d);
		pci_alloc_irq(d);
		pci_free_irq(d);
		list_del(&d->node);
		kfree(d);
	}
}
