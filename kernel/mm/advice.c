/* kernel/mm/advice.c - the calls that ask about areas or give advice: madvise, msync, mincore, mlock and kin
 *
 * What:   each walks the areas of a range. There is no swap, so a locked page is merely one that is present, counted
 *         against RLIMIT_MEMLOCK.
 * Called: system calls, in process context.
 * Calls:  vma.c, memory.c, fault.c; f_op->fsync for msync.
 * Locks:  current->mm->mmap_lock.
 * Absent: huge pages, page merging, cold and pageout hints: EINVAL, as on a kernel built without them.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/syscalls.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/syscall/syscall.h"
#include <linux/mman.h>

/* 0 and *end, or -EINVAL / -ENOMEM for what is no range. */
static int check_range(unsigned long start, size_t len, unsigned long *end)
{
	if (start & ~PAGE_MASK)
		return -EINVAL;
	*end = start + ALIGN_UP(len, PAGE_SIZE);
	return len > TASK_SIZE || *end < start || *end > TASK_SIZE ? -ENOMEM : 0;
}

/* --- madvise --- */

static int drop_pages(struct vm_area_struct *v, unsigned long start, unsigned long end, int advice)
{
	if (v->vm_flags & (VM_LOCKED | VM_PFNMAP) || (advice == MADV_FREE && (v->vm_file || v->vm_flags & VM_SHARED)))
		return -EINVAL;
	zap_range(v, start, end);
	return 0;
}

static int set_dontcopy(struct vm_area_struct *v, unsigned long start, unsigned long end, bool on)
{
	struct mm_struct *mm = v->vm_mm;
	int err = vma_split(v, start);

	v = find_vma(mm, start);
	err = err ? err : vma_split(v, end);
	if (err)
		return err;
	v->vm_flags = on ? v->vm_flags | VM_DONTCOPY : v->vm_flags & ~VM_DONTCOPY;
	vma_merge(v);
	return 0;
}

static int advise_area(struct vm_area_struct *v, unsigned long start, unsigned long end, int advice)
{
	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL: /* about read-ahead: every file is in memory already */
		return 0;
	case MADV_WILLNEED:
		if (v->vm_file)
			populate_range(v->vm_mm, start, end);
		return 0;
	case MADV_DONTNEED:
	case MADV_FREE:
		return drop_pages(v, start, end, advice);
	case MADV_DONTFORK:
	case MADV_DOFORK:
		return v->vm_flags & VM_PFNMAP ? -EINVAL : set_dontcopy(v, start, end, advice == MADV_DONTFORK);
	case MADV_POPULATE_READ:
		return populate_range(v->vm_mm, start, end);
	case MADV_POPULATE_WRITE:
		return v->vm_flags & VM_WRITE ? populate_range(v->vm_mm, start, end) : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* Goes on past holes, and tells of them at the end, as Linux does. */
static int advise_locked(struct mm_struct *mm, unsigned long start, unsigned long end, int advice)
{
	int err = 0, hole = 0;

	while (!err && start < end) {
		struct vm_area_struct *v = vma_find_intersection(mm, start, end);
		unsigned long stop;

		if (!v)
			return -ENOMEM;
		if (v->vm_start > start) {
			hole = -ENOMEM;
			start = v->vm_start;
		}
		stop = min(end, v->vm_end);
		err = advise_area(v, start, stop, advice);
		start = stop;
	}
	return err ? err : hole;
}

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_WILLNEED: case MADV_DONTNEED:
	case MADV_FREE: case MADV_DONTFORK: case MADV_DOFORK: case MADV_POPULATE_READ: case MADV_POPULATE_WRITE:
		return true;
	default:
		return false;
	}
}

long sys_madvise(unsigned long start, size_t len, int advice)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	int err = advice_known(advice) ? check_range(start, len, &end) : -EINVAL;

	if (err || !len)
		return err == -ENOMEM ? -EINVAL : err;
	mutex_lock(&mm->mmap_lock);
	err = advise_locked(mm, start, end, advice);
	mutex_unlock(&mm->mmap_lock);
	return err;
}

/* --- msync --- */

/* One area at a time; its file is synced without the lock. *start moves on. */
static int sync_area(struct mm_struct *mm, unsigned long *start, unsigned long end, int flags)
{
	struct file *file = NULL;
	struct vm_area_struct *v;
	int err = 0;

	mutex_lock(&mm->mmap_lock);
	v = vma_find_intersection(mm, *start, end);
	if (!v || v->vm_start > *start) {
		err = -ENOMEM;
		*start = v ? v->vm_start : end;
	} else {
		err = flags & MS_INVALIDATE && v->vm_flags & VM_LOCKED ? -EBUSY : 0;
		if (flags & MS_SYNC && v->vm_flags & VM_SHARED && v->vm_file && v->vm_file->f_op->fsync)
			get_file(file = v->vm_file);
		*start = min(end, v->vm_end);
	}
	mutex_unlock(&mm->mmap_lock);
	if (!file)
		return err;
	err = file->f_op->fsync(file);
	fput(file);
	return err;
}

long sys_msync(unsigned long start, size_t len, int flags)
{
	int both = MS_ASYNC | MS_SYNC, hole = 0;
	unsigned long end;
	int err = check_range(start, len, &end);

	if (flags & ~(both | MS_INVALIDATE) || (flags & both) == both)
		return -EINVAL;
	while (!err && start < end) {
		err = sync_area(current->mm, &start, end, flags);
		if (err == -ENOMEM) {
			hole = err;
			err = 0;
		}
	}
	return err ? err : hole;
}

/* --- mincore --- */

static bool is_resident(struct vm_area_struct *v, unsigned long addr)
{
	pte_t *slot = arch_pte(v->vm_mm->pgd, addr, false);
	struct page *page;

	if (slot && pte_in_use(READ_ONCE(*slot)))
		return true;
	if (!v->vm_file || !v->vm_file->f_inode || !v->vm_file->f_inode->i_mapping)
		return false;
	page = find_get_page(v->vm_file->f_inode->i_mapping, v->vm_pgoff + ((addr - v->vm_start) >> PAGE_SHIFT));
	if (page)
		put_page(page);
	return page != NULL;
}

/* Up to a small buffer's worth; how many, or -ENOMEM at a hole. */
static long resident_chunk(struct mm_struct *mm, unsigned long start, unsigned long end, unsigned char *out, long max)
{
	long n = 0;

	mutex_lock(&mm->mmap_lock);
	for (; n < max && start < end; start += PAGE_SIZE) {
		struct vm_area_struct *v = vma_find_intersection(mm, start, start + PAGE_SIZE);

		if (!v) {
			n = -ENOMEM;
			break;
		}
		out[n++] = is_resident(v, start);
	}
	mutex_unlock(&mm->mmap_lock);
	return n;
}

long sys_mincore(unsigned long start, size_t len, unsigned char __user *vec)
{
	unsigned char buf[128];
	unsigned long end;
	int err = check_range(start, len, &end);

	if (err)
		return err;
	while (start < end) {
		long n = resident_chunk(current->mm, start, end, buf, sizeof(buf));

		if (n < 0)
			return n;
		if (copy_to_user(vec, buf, (size_t)n))
			return -EFAULT;
		vec += n;
		start += (unsigned long)n << PAGE_SHIFT;
	}
	return 0;
}

/* --- mlock --- */

static void set_locked(struct vm_area_struct *v, bool on)
{
	if (!!(v->vm_flags & VM_LOCKED) == on)
		return;
	v->vm_flags ^= VM_LOCKED;
	v->vm_mm->locked_vm += on ? vma_pages(v) : -vma_pages(v);
}

static int lock_range(struct mm_struct *mm, unsigned long start, unsigned long end, bool on)
{
	int err = 0;

	while (!err && start < end) {
		struct vm_area_struct *v = vma_find_intersection(mm, start, start + PAGE_SIZE);

		if (!v)
			return -ENOMEM;
		err = vma_split(v, start);
		v = find_vma(mm, start);
		err = err ? err : vma_split(v, end);
		if (err)
			return err;
		set_locked(v, on);
		start = v->vm_end;
		vma_merge(v);
	}
	return 0;
}

static long do_mlock(unsigned long start, size_t len, bool on, bool populate)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = ALIGN_UP(start + len, PAGE_SIZE);
	int err;

	start &= PAGE_MASK;
	if (end < start || end > TASK_SIZE)
		return -EINVAL;
	if (on && !capable(14 /* CAP_IPC_LOCK */) && !rlimit(RLIMIT_MEMLOCK))
		return -EPERM;
	mutex_lock(&mm->mmap_lock);
	err = on && !may_lock(mm, (end - start) >> PAGE_SHIFT) ? -ENOMEM : lock_range(mm, start, end, on);
	if (!err && populate)
		err = populate_range(mm, start, end);
	mutex_unlock(&mm->mmap_lock);
	return err == -EIO || err == -EFAULT ? -ENOMEM : err;
}

long sys_mlock(unsigned long start, size_t len) { return do_mlock(start, len, true, true); }
long sys_munlock(unsigned long start, size_t len) { return do_mlock(start, len, false, false); }

long sys_mlock2(unsigned long start, size_t len, int flags)
{
	return flags & ~MLOCK_ONFAULT ? -EINVAL : do_mlock(start, len, true, !(flags & MLOCK_ONFAULT));
}

long sys_mlockall(int flags)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *v;
	long err = 0;

	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) || flags == MCL_ONFAULT)
		return -EINVAL;
	mutex_lock(&mm->mmap_lock);
	if (flags & MCL_CURRENT && !may_lock(mm, mm->total_vm - mm->locked_vm))
		err = rlimit(RLIMIT_MEMLOCK) ? -ENOMEM : -EPERM;
	if (!err)
		mm->def_flags = flags & MCL_FUTURE ? VM_LOCKED : 0;
	if (!err && flags & MCL_CURRENT)
		list_for_each_entry(v, &mm->mmap, vm_list) {
			set_locked(v, true);
			if (!(flags & MCL_ONFAULT))
				populate_range(mm, v->vm_start, v->vm_end); /* PROT_NONE areas stay as they are */
		}
	mutex_unlock(&mm->mmap_lock);
	return err;
}

long sys_munlockall(void)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *v;

	mutex_lock(&mm->mmap_lock);
	mm->def_flags = 0;
	list_for_each_entry(v, &mm->mmap, vm_list)
		set_locked(v, false);
	mutex_unlock(&mm->mmap_lock);
	return 0;
}

static const struct syscall_def calls[] = {
	SYSCALL(madvise), SYSCALL(msync), SYSCALL(mincore), SYSCALL(mlock), SYSCALL(mlock2), SYSCALL(munlock),
	SYSCALL(mlockall), SYSCALL(munlockall),
};

void advice_syscalls(void) { syscall_register(calls, ARRAY_SIZE(calls)); }
