/* kernel/arch/paging.c - page tables: the kernel's own, and the operations that kernel/mm builds on
 *
 * What:   the final kernel map (direct map, image with W^X, room for vmalloc), tables on demand.
 * Called: arch_early_init() for paging_init(); kernel/mm for the rest.
 * Locks:  kernel_map_lock guards tables of the kernel half below the top level. User tables: the caller's
 *         page_table_lock. Top-level entries of the kernel half never change after boot, so every process may copy them
 *         once.
 * Absent: 5-level paging, huge pages for programs.
 */
#include "kernel/arch/internal.h"
#include "kernel/mm/page.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define PTE_HUGE BIT(7)
#define PTE_GLOBAL BIT(8)
#define HUGE_SIZE (2UL << 20)
#define LOW_LIMIT (4ULL << 30)

pte_t kernel_pgd[512] __aligned(4096);
static DEFINE_SPINLOCK(kernel_map_lock);
static atomic64_t user_table_pages;

unsigned long arch_pagetable_pages(void)
{
	return (unsigned long)atomic64_read(&user_table_pages);
}

static inline pte_t *table_of(pte_t entry) { return phys_to_virt(entry & PTE_PFN_MASK); }

/* --- before the buddy allocator: table pages from the end of a usable range, which is then marked as taken --- */

static pte_t *early_table(void)
{
	for (unsigned int i = boot_info.nr_ranges; i-- > 0;) {
		struct memory_range *r = &boot_info.ranges[i];
		u64 end = min(r->end, (u64)LOW_LIMIT);
		pte_t *t;

		if (!r->usable || r->start >= LOW_LIMIT || end - r->start < PAGE_SIZE)
			continue;
		t = memset(phys_to_virt(end - PAGE_SIZE), 0, PAGE_SIZE);
		if (i + 1 < boot_info.nr_ranges && !r[1].usable && r[1].start == end && end == r->end) {
			r->end -= PAGE_SIZE; /* grow the taken neighbour rather than list one more piece */
			r[1].start -= PAGE_SIZE;
		} else {
			boot_range_reserve(end - PAGE_SIZE, end);
		}
		return t;
	}
	panic("paging: no memory for the first page tables");
}

/* The entry for va at depth levels below the top: 1 gives the 1 GiB level, 2 the 2 MiB level, 3 the 4 KiB level. */
static pte_t *early_entry(unsigned long va, int depth)
{
	pte_t *table = kernel_pgd;
	int shift = 39;

	for (int i = 0; i < depth; i++, shift -= 9) {
		pte_t *e = &table[va >> shift & 511];

		if (!*e)
			*e = virt_to_phys(early_table()) | PTE_PRESENT | PTE_WRITE;
		table = table_of(*e);
	}
	return &table[va >> shift & 511];
}

static pte_t nx(void) { return cpu_features.nx ? PTE_NX : 0; }
static pte_t global(void) { return cpu_features.pge ? PTE_GLOBAL : 0; }

static void map_image(const char *from, const char *to, pte_t prot)
{
	for (const char *p = from; p < to; p += PAGE_SIZE)
		*early_entry((unsigned long)p, 3) = virt_to_phys(p) | prot | PTE_PRESENT | global();
}

/* Text and constants are read-only in the direct map too, or W^X would end at the alias. */
static pte_t direct_prot(u64 pa)
{
	bool fixed = pa >= virt_to_phys(__kernel_start) && pa < virt_to_phys(__rodata_end);

	return PTE_PRESENT | nx() | global() | (fixed ? 0 : PTE_WRITE);
}

static void map_direct(u64 start, u64 end)
{
	u64 image_start = ALIGN_DOWN(virt_to_phys(__kernel_start), HUGE_SIZE);
	u64 image_end = ALIGN_UP(virt_to_phys(__rodata_end), HUGE_SIZE);

	for (u64 pa = ALIGN_DOWN(start, HUGE_SIZE); pa < end; pa += HUGE_SIZE) {
		unsigned long va = (unsigned long)phys_to_virt(pa);

		if (pa < image_start || pa >= image_end) {
			*early_entry(va, 2) = pa | direct_prot(pa) | PTE_HUGE;
			continue;
		}
		for (u64 off = 0; off < HUGE_SIZE; off += PAGE_SIZE)
			*early_entry(va + off, 3) = (pa + off) | direct_prot(pa + off);
	}
}

/* Makes kernel_pgd complete and current. Only what is in boot_info.ranges is reachable afterwards. */
void paging_init(void)
{
	/* The ranges change while tables are taken from them; their outline does not. */
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++)
		map_direct(boot_info.ranges[i].start, boot_info.ranges[i].end);
	map_direct(0, 1 << 20);
	map_image(__kernel_start, __text_end, 0);
	map_image(__rodata_start, __rodata_end, nx());
	map_image(__data_start, __kernel_end, PTE_WRITE | nx());
	early_entry(VMALLOC_START, 1);
	write_cr3(virt_to_phys(kernel_pgd));
}

/* --- tables on demand --- */

pte_t *arch_pgd_alloc(void)
{
	pte_t *pgd = (pte_t *)__get_free_page(GFP_KERNEL | __GFP_ZERO);

	if (!pgd)
		return NULL;
	memcpy(pgd + 256, kernel_pgd + 256, 256 * sizeof(pte_t));
	atomic64_inc(&user_table_pages);
	virt_to_page(pgd)->index = 1;
	return pgd;
}

unsigned long arch_pgd_pages(const pte_t *pgd)
{
	return READ_ONCE(virt_to_page(pgd)->index);
}

static void free_tables(pte_t *table, int level, int entries)
{
	for (int i = 0; level > 1 && i < entries; i++)
		if (table[i] & PTE_PRESENT)
			free_tables(table_of(table[i]), level - 1, 512);
	free_page((unsigned long)table);
	atomic64_dec(&user_table_pages);
}

/* No CPU has it loaded: arch_leave_mm() came before. */
void arch_pgd_free(pte_t *pgd)
{
	free_tables(pgd, 4, 256);
}

/* Makes user tables under mmap_lock, where it may sleep; kernel tables under kernel_map_lock. */
pte_t *arch_pte(pte_t *pgd, unsigned long va, bool create)
{
	pte_t *table = pgd, user = va < TASK_SIZE ? PTE_USER : 0;

	for (int shift = 39; shift > 12; shift -= 9) {
		pte_t *e = &table[va >> shift & 511];

		if (!(*e & PTE_PRESENT)) {
			pte_t *t;

			if (!create || (shift == 39 && !user))
				return NULL;
			t = (pte_t *)__get_free_page((user ? GFP_KERNEL : GFP_ATOMIC) | __GFP_ZERO);
			if (!t)
				return NULL;
			if (user) {
				atomic64_inc(&user_table_pages);
				virt_to_page(pgd)->index++; /* under mmap_lock, too */
			}
			smp_store_release(e, virt_to_phys(t) | PTE_PRESENT | PTE_WRITE | user);
		}
		table = table_of(*e);
	}
	return &table[va >> 12 & 511];
}

int arch_kernel_map(unsigned long va, u64 pa, pte_t prot)
{
	unsigned long flags;
	pte_t *pte;

	spin_lock_irqsave(&kernel_map_lock, flags);
	pte = arch_pte(kernel_pgd, va, true);
	if (pte)
		WRITE_ONCE(*pte, (pa & PTE_PFN_MASK) | (prot & (nx() | ~PTE_NX)) | PTE_PRESENT | global());
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	return pte ? 0 : -ENOMEM;
}

void arch_kernel_clear(unsigned long va, size_t pages)
{
	unsigned long flags;

	spin_lock_irqsave(&kernel_map_lock, flags);
	for (size_t i = 0; i < pages; i++) {
		pte_t *pte = arch_pte(kernel_pgd, va + i * PAGE_SIZE, false);

		if (pte)
			WRITE_ONCE(*pte, 0);
	}
	spin_unlock_irqrestore(&kernel_map_lock, flags);
}

void arch_kernel_unmap(unsigned long va, size_t pages)
{
	arch_kernel_clear(va, pages);
	flush_tlb_range(NULL, va, va + pages * PAGE_SIZE);
}
