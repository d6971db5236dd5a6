/* kernel/mm/memory.c - moving pages in and out of page tables, over ranges
 *
 * What:   zap (unmap and free), copy (fork), protect, move (mremap), and unmapping a truncated file everywhere.
 * Called: mmap.c, mm.c, filemap.c.
 * Calls:  arch_pte() for slots, flush_tlb_range() after a mapping went or lost rights.
 * Locks:  entries change under mm->page_table_lock. A page is freed only after the TLBs forgot it, outside the lock.
 *         Tables are made under mmap_lock alone (arch_pte may sleep), and live as long as the mm.
 */
#include "kernel/mm/internal.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"

#define TABLE_SPAN (PAGE_SIZE * 512) /* one lowest-level table */
#define GATHER 96

/* Pages on their way out: freed once no TLB holds them. */
struct gather { struct mm_struct *mm; unsigned long start, end; unsigned int nr; struct page *pages[GATHER]; };

bool vma_wants_cow(const struct vm_area_struct *v) { return !(v->vm_flags & VM_SHARED); }

pte_t vma_prot(const struct vm_area_struct *v)
{
	pte_t e = PTE_USER | PTE_ACCESSED;

	if (!(v->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return e | PTE_PROTNONE | PTE_NX;
	e |= PTE_PRESENT;
	if (!(v->vm_flags & VM_EXEC))
		e |= PTE_NX;
	if (v->vm_flags & VM_WRITE && v->vm_flags & VM_SHARED)
		e |= PTE_WRITE | PTE_DIRTY;
	return e;
}

pte_t *next_pte(struct mm_struct *mm, unsigned long *addr, unsigned long end)
{
	while (*addr < end) {
		pte_t *slot = arch_pte(mm->pgd, *addr, false);

		if (slot)
			return slot;
		*addr = ALIGN_DOWN(*addr, TABLE_SPAN) + TABLE_SPAN;
	}
	return NULL;
}

/* The page-table lock is not held. */
static void gather_flush(struct gather *g)
{
	if (g->end > g->start && atomic_read(&g->mm->mm_users))
		flush_tlb_range(g->mm, g->start, g->end);
	while (g->nr) {
		struct page *p = g->pages[--g->nr];

		atomic_dec(&p->_mapcount);
		put_page(p);
	}
	g->start = ULONG_MAX;
	g->end = 0;
}

/* Takes the entry out; its page, when counted, goes to the gather. Page-table lock held. */
static void zap_pte(struct gather *g, pte_t *slot, unsigned long addr)
{
	pte_t e = *slot;

	if (!pte_in_use(e))
		return;
	WRITE_ONCE(*slot, 0);
	g->start = min(g->start, addr);
	g->end = max(g->end, addr + PAGE_SIZE);
	if (e & PTE_SPECIAL)
		return;
	atomic64_dec(&g->mm->rss);
	g->pages[g->nr++] = pte_page(e);
}

/* One table's worth at most, so that the lock is held shortly. Returns where to go on. */
static unsigned long zap_some(struct gather *g, unsigned long addr, unsigned long end)
{
	pte_t *slot = next_pte(g->mm, &addr, end);
	unsigned long stop = slot ? min(end, ALIGN_DOWN(addr, TABLE_SPAN) + TABLE_SPAN) : end;

	if (!slot)
		return end;
	spin_lock(&g->mm->page_table_lock);
	for (; addr < stop && g->nr < GATHER; addr += PAGE_SIZE)
		zap_pte(g, slot++, addr);
	spin_unlock(&g->mm->page_table_lock);
	return addr;
}

void zap_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct gather g = { .mm = vma->vm_mm, .start = ULONG_MAX };

	while (start < end) {
		start = zap_some(&g, start, end);
		if (g.nr == GATHER)
			gather_flush(&g);
	}
	gather_flush(&g);
}

/* --- fork --- */

/* Shares one entry with the child; both become read-only where a write must copy. */
static void copy_pte(struct mm_struct *dst, pte_t *to, struct vm_area_struct *vma, pte_t *from)
{
	pte_t e = *from;

	if (!pte_in_use(e))
		return;
	if (vma_wants_cow(vma) && e & PTE_WRITE) {
		e &= ~PTE_WRITE;
		WRITE_ONCE(*from, e);
	}
	if (!(e & PTE_SPECIAL)) {
		get_page(pte_page(e));
		atomic_inc(&pte_page(e)->_mapcount);
		atomic64_inc(&dst->rss);
	}
	*to = e;
}

/* The child's tables have no other user yet, so the parent's lock is enough. */
static int copy_table(struct mm_struct *dst, struct vm_area_struct *vma, unsigned long addr, unsigned long stop,
		      pte_t *from)
{
	pte_t *to = arch_pte(dst->pgd, addr, true);

	if (!to)
		return -ENOMEM;
	spin_lock(&vma->vm_mm->page_table_lock);
	for (; addr < stop; addr += PAGE_SIZE)
		copy_pte(dst, to++, vma, from++);
	spin_unlock(&vma->vm_mm->page_table_lock);
	return 0;
}

/* Pages of shared file areas come back by faults; private and special ones must be copied. */
int copy_page_range(struct mm_struct *dst, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start;
	int err = 0;

	while (!err && addr < vma->vm_end) {
		pte_t *from = next_pte(vma->vm_mm, &addr, vma->vm_end);
		unsigned long stop;

		if (!from)
			break;
		stop = min(vma->vm_end, ALIGN_DOWN(addr, TABLE_SPAN) + TABLE_SPAN);
		err = copy_table(dst, vma, addr, stop, from);
		addr = stop;
		cond_resched();
	}
	return err;
}

/* --- mprotect, mremap --- */

static pte_t with_prot(struct vm_area_struct *vma, pte_t e)
{
	pte_t prot = vma_prot(vma), keep = PTE_PFN_MASK | PTE_SPECIAL | PTE_NOCACHE | PTE_DIRTY;

	return (e & keep) | prot;
}

/* The area's flags are already the new ones. Private pages lose WRITE and get it back by a fault. */
void protect_range(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = start;

	while (addr < end) {
		pte_t *slot = next_pte(mm, &addr, end);
		unsigned long stop;

		if (!slot)
			break;
		stop = min(end, ALIGN_DOWN(addr, TABLE_SPAN) + TABLE_SPAN);
		spin_lock(&mm->page_table_lock);
		for (; addr < stop; addr += PAGE_SIZE, slot++)
			if (pte_in_use(*slot))
				WRITE_ONCE(*slot, with_prot(vma, *slot));
		spin_unlock(&mm->page_table_lock);
	}
	flush_tlb_range(mm, start, end);
}

/* Entries move with their references. On -ENOMEM what moved so far stays at its new place. */
int move_page_range(struct vm_area_struct *from, unsigned long old, struct vm_area_struct *to, unsigned long new,
		    size_t len)
{
	struct mm_struct *mm = from->vm_mm;
	unsigned long addr = old;
	int err = 0;

	while (addr < old + len) {
		pte_t *src = next_pte(mm, &addr, old + len), *dst;

		if (!src)
			break;
		if (pte_in_use(*src)) {
			dst = arch_pte(mm->pgd, new + (addr - old), true);
			if (!dst) {
				err = -ENOMEM;
				break;
			}
			spin_lock(&mm->page_table_lock);
			*dst = *src;
			WRITE_ONCE(*src, 0);
			spin_unlock(&mm->page_table_lock);
		}
		addr += PAGE_SIZE;
	}
	flush_tlb_range(mm, old, old + len);
	return err;
}

/* --- truncate: a file's pages go from every program that maps them --- */

static void unmap_in_area(struct vm_area_struct *v, struct address_space *m, unsigned long from_index)
{
	unsigned long skip = from_index > v->vm_pgoff ? from_index - v->vm_pgoff : 0, addr = v->vm_start;
	struct gather g = { .mm = v->vm_mm, .start = ULONG_MAX };

	if (skip >= vma_pages(v))
		return;
	addr += skip << PAGE_SHIFT;
	while (addr < v->vm_end) {
		addr = zap_some(&g, addr, v->vm_end);
		if (g.nr == GATHER)
			gather_flush(&g);
	}
	gather_flush(&g);
}

/* Private copies go too, as POSIX asks: beyond the end of the file there is only SIGBUS. */
void unmap_mapping_pages(struct address_space *m, unsigned long from_index)
{
	struct vm_area_struct *v;

	if (list_empty(&m->i_mmap))
		return;
	mutex_lock(&m->i_mmap_lock);
	list_for_each_entry(v, &m->i_mmap, i_mmap_node)
		unmap_in_area(v, m, from_index);
	mutex_unlock(&m->i_mmap_lock);
}
