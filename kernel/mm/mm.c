/* kernel/mm/mm.c - the life of an address space, and the start of this room
 *
 * What:   mm_init(); mm_alloc, dup_mm (fork), mmput and mmdrop (exit).
 * Called: main.c, kernel/process.
 * Locks:  mm_users counts tasks and visitors, mm_count whoever needs the page tables alone. The structure itself is
 *         freed a grace period later, so that get_task_mm() may look at it under RCU.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

static struct kmem_cache *mm_cache;

#define STACK_ROOM (1UL << 30) /* kept below TASK_SIZE for the stack and its randomisation */
#define MMAP_RANDOM_PAGES (1u << 20)

struct mm_struct *mm_alloc(void)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->pgd = arch_pgd_alloc();
	if (!mm->pgd) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	mutex_init(&mm->mmap_lock);
	spin_lock_init(&mm->page_table_lock);
	INIT_LIST_HEAD(&mm->mmap);
	mm->mmap_base = TASK_SIZE - STACK_ROOM - ((unsigned long)get_random_u32_below(MMAP_RANDOM_PAGES) << PAGE_SHIFT);
	return mm;
}

static int dup_area(struct mm_struct *mm, struct vm_area_struct *old)
{
	struct vm_area_struct *v;

	if (old->vm_flags & VM_DONTCOPY)
		return 0;
	v = vma_copy(old, mm, old->vm_start, old->vm_end);
	if (!v)
		return -ENOMEM;
	v->vm_flags &= ~VM_LOCKED; /* locks are not inherited */
	vma_link(mm, v);
	if (v->vm_flags & VM_SHARED && v->vm_ops && v->vm_ops->fault)
		return 0; /* its pages come back by faults */
	return copy_page_range(mm, old);
}

static void dup_fields(struct mm_struct *mm, const struct mm_struct *old)
{
	mm->mmap_base = old->mmap_base;
	mm->start_code = old->start_code;
	mm->end_code = old->end_code;
	mm->start_data = old->start_data;
	mm->end_data = old->end_data;
	mm->start_brk = old->start_brk;
	mm->brk = old->brk;
	mm->start_stack = old->start_stack;
	mm->arg_start = old->arg_start;
	mm->arg_end = old->arg_end;
	mm->env_start = old->env_start;
	mm->env_end = old->env_end;
	memcpy(mm->saved_auxv, old->saved_auxv, sizeof(mm->saved_auxv));
	mm->exe_file = old->exe_file;
	if (mm->exe_file)
		get_file(mm->exe_file);
}

struct mm_struct *dup_mm(struct mm_struct *old)
{
	struct mm_struct *mm = mm_alloc();
	struct vm_area_struct *v;
	int err = 0;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&old->mmap_lock);
	dup_fields(mm, old);
	list_for_each_entry(v, &old->mmap, vm_list) {
		err = dup_area(mm, v);
		if (err)
			break;
	}
	flush_tlb_mm(old); /* what became read-only */
	mutex_unlock(&old->mmap_lock);
	if (!err)
		return mm;
	mmput(mm);
	return ERR_PTR(err);
}

void mmget(struct mm_struct *mm) { atomic_inc(&mm->mm_users); }

/* No task uses mm any more, so nothing else changes its areas; a truncation may still look (i_mmap_lock). */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *v, *n;

	list_for_each_entry_safe(v, n, &mm->mmap, vm_list) {
		if (atomic64_read(&mm->rss) > 0)
			zap_range(v, v->vm_start, v->vm_end);
		vma_unlink(v);
		if (v->vm_ops && v->vm_ops->close)
			v->vm_ops->close(v);
		vma_free(v);
		cond_resched();
	}
}

void mmput(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	might_sleep();
	exit_mmap(mm);
	if (mm->exe_file)
		fput(mm->exe_file);
	mm->exe_file = NULL;
	arch_leave_mm(mm);
	mmdrop(mm);
}

void mmdrop(struct mm_struct *mm)
{
	if (!atomic_dec_and_test(&mm->mm_count))
		return;
	arch_pgd_free(mm->pgd);
	kfree_rcu(mm, rcu);
}

void mm_init(void)
{
	buddy_init();
	slab_init();
	vmalloc_init();
	vma_init();
	page_cache_init();
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0, 0, NULL);
	zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	BUG_ON(!mm_cache || !zero_page);
	zero_page->flags |= PG_RESERVED;
}

void mm_syscalls(void)
{
	mmap_syscalls();
	advice_syscalls();
}
