/* kernel/mm/fault.c - page faults: what the program may touch becomes present, the rest is a signal
 *
 * What:   demand zero, pages of files, copy on write, stack growth; SIGSEGV and SIGBUS.
 * Called: the page-fault trap, for programs and for the kernel's copies to and from them; populate and
 *         access_remote_vm() directly.
 * Calls:  vm_ops->fault, page_alloc.c, do_trap().
 * Locks:  mmap_lock while the area is looked at; page_table_lock for the entry itself.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/process/process.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define STACK_GUARD_GAP (256UL << PAGE_SHIFT)

struct page *zero_page;

/* Puts page (referenced by the caller, which loses the reference) into an empty slot. -EAGAIN: no longer empty, or the
 * page left its file meanwhile. */
static int install_page(struct vm_area_struct *vma, pte_t *slot, struct page *page, pte_t prot,
			struct address_space *mapping)
{
	int err = 0;

	spin_lock(&vma->vm_mm->page_table_lock);
	if (pte_in_use(*slot) || (mapping && READ_ONCE(page->mapping) != mapping)) {
		err = -EAGAIN;
	} else {
		atomic_inc(&page->_mapcount);
		atomic64_inc(&vma->vm_mm->rss);
		WRITE_ONCE(*slot, page_to_phys(page) | prot);
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	if (err)
		put_page(page);
	return err;
}

static pte_t writable_prot(struct vm_area_struct *vma) { return vma_prot(vma) | PTE_WRITE | PTE_DIRTY; }

/* First touch of anonymous memory: reads share one page of zeros until somebody writes. */
static int fault_anonymous(struct vm_area_struct *vma, pte_t *slot, bool write)
{
	struct page *page;

	if (!write) {
		spin_lock(&vma->vm_mm->page_table_lock);
		if (!pte_in_use(*slot))
			WRITE_ONCE(*slot, page_to_phys(zero_page) | vma_prot(vma) | PTE_SPECIAL);
		spin_unlock(&vma->vm_mm->page_table_lock);
		return 0;
	}
	page = alloc_page(GFP_USER | __GFP_ZERO);
	return page ? install_page(vma, slot, page, writable_prot(vma), NULL) : -ENOMEM;
}

/* A write to a private file page that is not there yet copies at once. */
static int install_private_copy(struct vm_area_struct *vma, pte_t *slot, struct page *file_page)
{
	struct page *page = alloc_page(GFP_USER);

	if (page)
		memcpy(page_address(page), page_address(file_page), PAGE_SIZE);
	put_page(file_page);
	return page ? install_page(vma, slot, page, writable_prot(vma), NULL) : -ENOMEM;
}

/* Where the page must still be when it is installed; NULL for areas whose pages are never taken away. */
static struct address_space *truncatable(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &generic_file_vm_ops ? vma->vm_file->f_inode->i_mapping : NULL;
}

static int fault_file(struct vm_area_struct *vma, pte_t *slot, unsigned long addr, bool write)
{
	struct vm_fault vmf = {
		.address = addr,
		.pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT),
		.write = write,
	};
	int err = vma->vm_ops->fault(vma, &vmf);

	if (err)
		return err == -ENOMEM ? -ENOMEM : -EIO;
	if (write && vma_wants_cow(vma))
		return install_private_copy(vma, slot, vmf.page);
	return install_page(vma, slot, vmf.page, vma_prot(vma), truncatable(vma));
}

/* The only user of a private page needs no copy of it. */
static bool may_reuse(struct page *p)
{
	return p != zero_page && !p->mapping && atomic_read(&p->_refcount) == 1 && atomic_read(&p->_mapcount) == 1;
}

/* Replaces the page of a read-only entry by a copy, unless the entry changed meanwhile. */
static int copy_on_write(struct vm_area_struct *vma, pte_t *slot, unsigned long addr, pte_t seen)
{
	struct page *old = pte_page(seen), *new = alloc_page(old == zero_page ? GFP_USER | __GFP_ZERO : GFP_USER);
	struct mm_struct *mm = vma->vm_mm;
	bool done;

	if (!new)
		return -ENOMEM;
	if (old != zero_page)
		memcpy(page_address(new), page_address(old), PAGE_SIZE);
	spin_lock(&mm->page_table_lock);
	done = *slot == seen;
	if (done) {
		atomic_inc(&new->_mapcount);
		WRITE_ONCE(*slot, page_to_phys(new) | writable_prot(vma));
		if (seen & PTE_SPECIAL)
			atomic64_inc(&mm->rss);
	}
	spin_unlock(&mm->page_table_lock);
	if (!done) {
		put_page(new);
		return -EAGAIN;
	}
	flush_tlb_range(mm, addr, addr + PAGE_SIZE);
	if (!(seen & PTE_SPECIAL)) {
		atomic_dec(&old->_mapcount);
		put_page(old);
	}
	return 0;
}

/* The entry is there but forbids writing, which the area allows. */
static int fault_write(struct vm_area_struct *vma, pte_t *slot, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *held = NULL;
	pte_t seen;
	int err;

	spin_lock(&mm->page_table_lock);
	seen = *slot;
	if (seen & PTE_PRESENT && !(seen & PTE_WRITE)) {
		if (!vma_wants_cow(vma) || may_reuse(pte_page(seen)))
			WRITE_ONCE(*slot, seen | PTE_WRITE | PTE_DIRTY);
		else if (!(seen & PTE_SPECIAL))
			get_page(held = pte_page(seen)); /* a truncation must not free it while it is copied */
	}
	spin_unlock(&mm->page_table_lock);
	if (!(seen & PTE_PRESENT) || READ_ONCE(*slot) & PTE_WRITE || (!held && !(seen & PTE_SPECIAL)))
		return 0; /* granted, or somebody was faster: the access tells */
	err = copy_on_write(vma, slot, addr, seen);
	if (held)
		put_page(held);
	return err;
}

int handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, bool write)
{
	int err;

	addr &= PAGE_MASK;
	do {
		pte_t *slot = arch_pte(vma->vm_mm->pgd, addr, true);

		if (!slot)
			return -ENOMEM;
		if (pte_in_use(READ_ONCE(*slot)))
			err = write ? fault_write(vma, slot, addr) : 0;
		else if (vma->vm_ops && vma->vm_ops->fault)
			err = fault_file(vma, slot, addr, write);
		else
			err = vma->vm_flags & VM_PFNMAP || vma->vm_file ? -EIO : fault_anonymous(vma, slot, write);
	} while (err == -EAGAIN);
	return err;
}

/* --- stack growth --- */

bool expand_stack(struct vm_area_struct *vma, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct vm_area_struct *prev = vma_prev(vma);
	unsigned long grow;

	addr &= PAGE_MASK;
	if (addr >= vma->vm_start)
		return true;
	grow = (vma->vm_start - addr) >> PAGE_SHIFT;
	if (vma->vm_end - addr > rlimit(RLIMIT_STACK) || !may_expand(mm, grow) || addr < STACK_GUARD_GAP)
		return false;
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && prev->vm_end > addr - STACK_GUARD_GAP)
		return false;
	if (prev && prev->vm_end > addr)
		return false;
	if (vma->vm_flags & VM_LOCKED && !may_lock(mm, grow))
		return false;
	vma->vm_start = addr; /* order in the tree does not change */
	vma->vm_pgoff -= vma->vm_pgoff >= grow ? grow : 0;
	mm->total_vm += grow;
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += grow;
	return true;
}

/* The area for addr, grown where it is a stack; NULL when nothing is there. */
static struct vm_area_struct *area_for(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!vma || vma->vm_start <= addr)
		return vma;
	return vma->vm_flags & VM_GROWSDOWN && expand_stack(vma, addr) ? vma : NULL;
}

static bool access_allowed(const struct vm_area_struct *vma, bool write, bool exec)
{
	if (write)
		return vma->vm_flags & VM_WRITE;
	if (exec)
		return vma->vm_flags & VM_EXEC;
	return vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC);
}

/* --- the trap --- */

struct verdict { int sig, code; };

static struct verdict resolve(struct mm_struct *mm, unsigned long addr, bool write, bool exec)
{
	struct verdict v = { SIGSEGV, SEGV_MAPERR };
	struct vm_area_struct *vma;

	mutex_lock(&mm->mmap_lock);
	vma = area_for(mm, addr);
	if (vma)
		v.code = SEGV_ACCERR;
	if (vma && access_allowed(vma, write, exec)) {
		int err = handle_mm_fault(vma, addr, write);

		v = err == -EIO ? (struct verdict){ SIGBUS, BUS_ADRERR } : (struct verdict){ err ? SIGKILL : 0, err };
	}
	mutex_unlock(&mm->mmap_lock);
	return v;
}

/* Memory ran out under a program: somebody is killed, and the program tries again (or is the one). */
static void wait_for_memory(void)
{
	if (fatal_signal_pending_current())
		return;
	out_of_memory();
	wait_for_pages(0);
}

static bool fault_in_context(struct pt_regs *regs, unsigned long addr, bool write, bool exec, bool user)
{
	struct verdict v = resolve(current->mm, addr, write, exec);

	current->min_flt++;
	if (!v.sig)
		return true;
	if (!user)
		return false; /* the copy gives a short count */
	if (v.sig == SIGKILL)
		wait_for_memory();
	else
		do_trap(regs, v.sig, v.code, addr,
			exec ? "segfault (exec)" : write ? "segfault (write)" : "segfault (read)");
	return true;
}

/* True: go on where it happened (a signal may be pending). False: the kernel's exception table decides. */
bool do_page_fault(struct pt_regs *regs, unsigned long addr, bool write, bool exec, bool user, bool present)
{
	bool was_off = irqs_disabled(), done;

	if (user && addr >= TASK_SIZE) {
		do_trap(regs, SIGSEGV, SEGV_MAPERR, addr, "segfault");
		return true;
	}
	if (addr >= TASK_SIZE || !current || !current->mm)
		return false;
	if (!user && (current->pagefault_disabled || in_atomic() || regs_irqs_disabled(regs) ||
		      current->mm->mmap_lock.owner == current))
		return false;
	local_irq_enable();
	done = fault_in_context(regs, addr, write, exec, user);
	if (was_off)
		local_irq_disable();
	return done;
}

/* --- reaching into address spaces --- */

/* The page behind addr, made present for the access and referenced; NULL when not allowed. mmap_lock held. */
static struct page *get_user_page(struct mm_struct *mm, unsigned long addr, bool write)
{
	struct vm_area_struct *vma = area_for(mm, addr);
	struct page *page = NULL;

	if (!vma || vma->vm_flags & VM_PFNMAP)
		return NULL;
	if (write && !(vma->vm_flags & VM_WRITE))
		return NULL;
	for (int tries = 0; !page && tries < 4; tries++) {
		pte_t *slot;

		if (handle_mm_fault(vma, addr, write))
			return NULL;
		spin_lock(&mm->page_table_lock);
		slot = arch_pte(mm->pgd, addr & PAGE_MASK, false);
		if (slot && pte_in_use(*slot) && (!write || *slot & PTE_WRITE)) {
			page = pte_page(*slot);
			get_page(page);
		}
		spin_unlock(&mm->page_table_lock);
	}
	return page;
}

size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write)
{
	size_t done = 0;

	while (done < len && addr + done < TASK_SIZE) {
		unsigned long at = addr + done, offset = at & ~PAGE_MASK;
		size_t n = min(len - done, PAGE_SIZE - offset);
		struct page *page;
		char *k;

		mutex_lock(&mm->mmap_lock);
		page = get_user_page(mm, at, write);
		mutex_unlock(&mm->mmap_lock);
		if (!page)
			break;
		k = (char *)page_address(page) + offset;
		memcpy(write ? k : (char *)buf + done, write ? (char *)buf + done : k, n);
		put_page(page);
		done += n;
	}
	return done;
}

int populate_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	for (unsigned long addr = start; addr < end; addr += PAGE_SIZE) {
		struct vm_area_struct *vma = vma_find_intersection(mm, addr, addr + PAGE_SIZE);
		int err;

		if (!vma || !access_allowed(vma, false, false))
			return -ENOMEM;
		err = handle_mm_fault(vma, addr, vma->vm_flags & VM_WRITE && vma_wants_cow(vma));
		if (err)
			return err;
		if (fatal_signal_pending_current())
			return -EINTR;
		cond_resched();
	}
	return 0;
}
