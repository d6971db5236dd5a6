/* kernel/mm/mmap.c - the calls that change areas: mmap, munmap, mprotect, mremap, brk
 *
 * Called: system calls, in process context.
 * Calls:  mapping.c, vma.c, memory.c.
 * Locks:  each takes current->mm->mmap_lock once.
 * Absent: MREMAP_DONTUNMAP, protection keys, remap_file_pages.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/syscalls.h"
#include "kernel/process/process.h"
#include "kernel/syscall/syscall.h"
#include <linux/mman.h>

long sys_mmap(unsigned long addr, size_t len, unsigned long prot, unsigned long flags, int fd, unsigned long offset)
{
	struct file *file = NULL;
	unsigned long at;

	if (offset & ~PAGE_MASK)
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget((unsigned int)fd);
		if (!file)
			return -EBADF;
	}
	at = do_mmap(file, addr, len, prot, flags, file ? (loff_t)offset : 0);
	if (file)
		fput(file);
	return (long)at;
}

long sys_munmap(unsigned long addr, size_t len) { return do_munmap(current->mm, addr, len); }

/* --- mprotect --- */

static int protect_area(struct vm_area_struct *vma, unsigned long start, unsigned long end, u32 rights)
{
	u32 new = (vma->vm_flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | rights;
	int err;

	if (new == vma->vm_flags)
		return 0;
	if (rights & ~(vma->vm_flags >> 4)) /* VM_MAYREAD and its kin lie four bits above VM_READ */
		return -EACCES;
	err = vma_split(vma, end);
	if (err)
		return err;
	vma->vm_flags = new;
	protect_range(vma, start, end);
	vma_merge(vma);
	return 0;
}

static int protect_locked(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned long prot)
{
	struct vm_area_struct *v = find_vma(mm, start);
	int err = 0;

	if (!v || (v->vm_start > start && !(prot & PROT_GROWSDOWN)) || v->vm_start >= end)
		return -ENOMEM;
	if (prot & PROT_GROWSDOWN) {
		if (!(v->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
		start = v->vm_start;
	}
	while (!err && start < end) {
		unsigned long stop;

		v = find_vma(mm, start);
		if (!v || v->vm_start > start)
			return -ENOMEM;
		err = vma_split(v, start);
		v = find_vma(mm, start);
		stop = min(end, v->vm_end);
		err = err ? err : protect_area(v, start, stop, prot_to_vm(prot));
		start = stop;
	}
	return err;
}

long sys_mprotect(unsigned long start, size_t len, unsigned long prot)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + ALIGN_UP(len, PAGE_SIZE);
	int err;

	if (start & ~PAGE_MASK ||
	    prot & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN))
		return -EINVAL;
	if (!len)
		return 0;
	if (end <= start || end > TASK_SIZE)
		return -ENOMEM;
	mutex_lock(&mm->mmap_lock);
	err = protect_locked(mm, start, end, prot);
	mutex_unlock(&mm->mmap_lock);
	return err;
}

/* --- mremap --- */

struct remap { unsigned long old, old_len, new_len, flags, new; };

static int check_remap(const struct remap *r)
{
	if (r->flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED) || r->old & ~PAGE_MASK)
		return -EINVAL;
	if (!r->new_len || !r->old_len || r->new_len > TASK_SIZE || r->old_len > TASK_SIZE)
		return -EINVAL;
	if (!(r->flags & MREMAP_FIXED))
		return 0;
	if (!(r->flags & MREMAP_MAYMOVE) || r->new & ~PAGE_MASK || r->new > TASK_SIZE - r->new_len)
		return -EINVAL;
	return r->new < r->old + r->old_len && r->old < r->new + r->new_len ? -EINVAL : 0;
}

static bool can_grow_in_place(const struct vm_area_struct *v, const struct remap *r)
{
	const struct vm_area_struct *next = vma_next((struct vm_area_struct *)v);
	unsigned long end = r->old + r->new_len;

	return !(r->flags & MREMAP_FIXED) && v->vm_end == r->old + r->old_len && end <= TASK_SIZE &&
	       (!next || next->vm_start >= end);
}

static unsigned long grow_in_place(struct vm_area_struct *v, const struct remap *r)
{
	unsigned long pages = (r->new_len - r->old_len) >> PAGE_SHIFT, from = v->vm_end;
	bool locked = v->vm_flags & VM_LOCKED;

	v->vm_end = r->old + r->new_len;
	v->vm_mm->total_vm += pages;
	if (locked)
		v->vm_mm->locked_vm += pages;
	v = vma_merge(v);
	if (locked)
		populate_range(v->vm_mm, from, r->old + r->new_len);
	return r->old;
}

/* The part [old, old + old_len) of v goes to r->new, with its pages. */
static unsigned long move_area(struct vm_area_struct *v, const struct remap *r, struct list_head *dead)
{
	struct mm_struct *mm = v->vm_mm;
	size_t moved = min(r->old_len, r->new_len);
	struct vm_area_struct *to;
	int err = vma_split(v, r->old);

	v = find_vma(mm, r->old);
	err = err ? err : vma_split(v, r->old + r->old_len);
	to = err ? NULL : vma_copy(v, mm, r->old, r->old + r->old_len);
	if (!to)
		return (unsigned long)-ENOMEM;
	to->vm_start = r->new;
	to->vm_end = r->new + r->new_len;
	vma_link(mm, to);
	err = move_page_range(v, r->old, to, r->new, moved);
	if (err) { /* back again: the tables of the old place are still there */
		move_page_range(to, r->new, v, r->old, moved);
		munmap_locked(mm, r->new, r->new_len, dead);
		return (unsigned long)err;
	}
	munmap_locked(mm, r->old, r->old_len, dead);
	to = vma_merge(to);
	if (to->vm_flags & VM_LOCKED)
		populate_range(mm, r->new, r->new + r->new_len);
	return r->new;
}

static unsigned long remap_locked(struct mm_struct *mm, struct remap *r, struct list_head *dead)
{
	struct vm_area_struct *v = find_vma(mm, r->old);
	unsigned long grow = r->new_len > r->old_len ? (r->new_len - r->old_len) >> PAGE_SHIFT : 0;
	int err;

	if (!v || v->vm_start > r->old || r->old_len > v->vm_end - r->old)
		return (unsigned long)-EFAULT;
	if (!(r->flags & MREMAP_FIXED) && !grow) {
		err = r->new_len < r->old_len ?
			      munmap_locked(mm, r->old + r->new_len, r->old_len - r->new_len, dead) : 0;
		return err ? (unsigned long)err : r->old;
	}
	if (v->vm_flags & VM_PFNMAP)
		return (unsigned long)-EINVAL;
	if (grow && v->vm_flags & VM_LOCKED && !may_lock(mm, grow))
		return (unsigned long)-EAGAIN;
	if (!may_expand(mm, grow))
		return (unsigned long)-ENOMEM;
	if (can_grow_in_place(v, r))
		return grow_in_place(v, r);
	if (!(r->flags & MREMAP_MAYMOVE))
		return (unsigned long)-ENOMEM;
	if (r->flags & MREMAP_FIXED) {
		err = munmap_locked(mm, r->new, r->new_len, dead);
		if (err)
			return (unsigned long)err;
		v = find_vma(mm, r->old);
	} else {
		r->new = find_free_area(mm, r->new_len);
	}
	return r->new ? move_area(v, r, dead) : (unsigned long)-ENOMEM;
}

long sys_mremap(unsigned long old, size_t old_len, size_t new_len, unsigned long flags, unsigned long new)
{
	struct remap r = { old, ALIGN_UP(old_len, PAGE_SIZE), ALIGN_UP(new_len, PAGE_SIZE), flags, new };
	struct mm_struct *mm = current->mm;
	unsigned long at;
	LIST_HEAD(dead);
	int err = check_remap(&r);

	if (err)
		return err;
	mutex_lock(&mm->mmap_lock);
	at = remap_locked(mm, &r, &dead);
	mutex_unlock(&mm->mmap_lock);
	vma_free_list(&dead);
	return (long)at;
}

/* --- brk --- */

static bool grow_brk(struct mm_struct *mm, unsigned long old, unsigned long new)
{
	unsigned long pages = (new - old) >> PAGE_SHIFT;
	struct vm_area_struct *next = find_vma(mm, old);
	u32 flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | mm->def_flags;

	if (new > TASK_SIZE || (next && next->vm_start < new + PAGE_SIZE))
		return false;
	if (!may_expand(mm, pages) || (flags & VM_LOCKED && !may_lock(mm, pages)))
		return false;
	if (create_area(mm, old, new - old, flags))
		return false;
	if (flags & VM_LOCKED)
		populate_range(mm, old, new);
	return true;
}

/* Moves the break where that is possible; the break as it is now, in any case. */
long sys_brk(unsigned long brk)
{
	struct mm_struct *mm = current->mm;
	unsigned long old, new;
	LIST_HEAD(dead);
	bool ok;

	mutex_lock(&mm->mmap_lock);
	old = ALIGN_UP(mm->brk, PAGE_SIZE);
	new = ALIGN_UP(brk, PAGE_SIZE);
	ok = brk >= mm->start_brk && brk <= TASK_SIZE && brk - mm->start_brk <= rlimit(RLIMIT_DATA);
	if (ok && new < old)
		ok = !munmap_locked(mm, new, old - new, &dead);
	else if (ok && new > old)
		ok = grow_brk(mm, old, new);
	if (ok)
		mm->brk = brk;
	brk = mm->brk;
	mutex_unlock(&mm->mmap_lock);
	vma_free_list(&dead);
	return (long)brk;
}

static const struct syscall_def calls[] = {
	SYSCALL(mmap), SYSCALL(munmap), SYSCALL(mprotect), SYSCALL(mremap), SYSCALL(brk),
};

void mmap_syscalls(void) { syscall_register(calls, ARRAY_SIZE(calls)); }
