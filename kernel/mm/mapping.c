/* kernel/mm/mapping.c - making and taking away areas: what mmap(2) and munmap(2) do
 *
 * What:   checks, placement, the new area, and its pages when they are wanted at once.
 * Called: mmap.c, execve, System V-like users of do_mmap().
 * Calls:  vma.c, memory.c, fault.c, and f_op->mmap.
 * Locks:  mmap_lock. Files of dead areas are released after it (vma_free_list).
 * Absent: huge pages (MAP_HUGETLB answers EINVAL).
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/mm/vmalloc.h"
#include "kernel/process/process.h"
#include <linux/mman.h>

#define MMAP_MIN_ADDR 65536UL
#define STACK_GAP (256UL << PAGE_SHIFT)
#define MAX_MAP_COUNT 65530u

bool may_expand(struct mm_struct *mm, unsigned long pages)
{
	unsigned long limit = rlimit(RLIMIT_AS) >> PAGE_SHIFT;

	return mm->total_vm <= limit && pages <= limit - mm->total_vm && pages <= TASK_SIZE >> PAGE_SHIFT;
}

bool may_lock(struct mm_struct *mm, unsigned long pages)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	return capable(14 /* CAP_IPC_LOCK */) || (mm->locked_vm <= limit && pages <= limit - mm->locked_vm);
}

u32 prot_to_vm(unsigned long prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* --- placement --- */

static unsigned long lowest_use(const struct vm_area_struct *v)
{
	unsigned long gap = v->vm_flags & VM_GROWSDOWN ? STACK_GAP : 0;

	return v->vm_start > gap ? v->vm_start - gap : 0;
}

/* Top down from mmap_base; then, when that is full, bottom up above it. 0 when nothing fits. */
unsigned long find_free_area(struct mm_struct *mm, size_t len)
{
	struct vm_area_struct *v = find_vma(mm, mm->mmap_base), *prev;
	unsigned long top = mm->mmap_base;

	prev = v			? vma_prev(v)
		: list_empty(&mm->mmap) ? NULL
					: list_last_entry(&mm->mmap, struct vm_area_struct, vm_list);
	if (v)
		top = min(top, lowest_use(v));
	for (; top >= len + MMAP_MIN_ADDR; prev = vma_prev(prev)) {
		if (!prev || prev->vm_end <= top - len)
			return top - len;
		top = min(top, lowest_use(prev));
	}
	top = mm->mmap_base;
	for (; v; v = vma_next(v)) {
		if (lowest_use(v) >= top && lowest_use(v) - top >= len)
			return top;
		top = max(top, v->vm_end);
	}
	return TASK_SIZE - top >= len ? top : 0;
}

static bool hint_is_free(struct mm_struct *mm, unsigned long addr, size_t len)
{
	struct vm_area_struct *v = find_vma(mm, addr);

	return addr >= MMAP_MIN_ADDR && addr <= TASK_SIZE - len && (!v || lowest_use(v) >= addr + len);
}

/* Where the area goes: address or -errno. With MAP_FIXED what lies there is taken away. */
static unsigned long choose_address(struct mm_struct *mm, unsigned long addr, size_t len, unsigned long flags,
				    struct list_head *dead)
{
	unsigned long at;
	int err;

	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))) {
		addr = ALIGN_UP(addr, PAGE_SIZE);
		if (addr && hint_is_free(mm, addr, len))
			return addr;
		at = find_free_area(mm, len);
		return at ? at : (unsigned long)-ENOMEM;
	}
	if (addr & ~PAGE_MASK)
		return (unsigned long)-EINVAL;
	if (len > TASK_SIZE || addr > TASK_SIZE - len)
		return (unsigned long)-ENOMEM;
	if (addr < MMAP_MIN_ADDR)
		return (unsigned long)-EPERM;
	if (!(flags & MAP_FIXED_NOREPLACE)) {
		err = munmap_locked(mm, addr, len, dead);
		return err && err != -EINVAL ? (unsigned long)err : addr;
	}
	return vma_find_intersection(mm, addr, addr + len) ? (unsigned long)-EEXIST : addr;
}

/* --- munmap --- */

/* The areas go to *dead, for vma_free_list() once mmap_lock is released. 0, -EINVAL or -ENOMEM (a split). */
int munmap_locked(struct mm_struct *mm, unsigned long addr, size_t len, struct list_head *dead)
{
	unsigned long end = addr + ALIGN_UP(len, PAGE_SIZE);
	struct vm_area_struct *v, *next;
	int err;

	if (addr & ~PAGE_MASK || !len || len > TASK_SIZE || addr > TASK_SIZE - ALIGN_UP(len, PAGE_SIZE))
		return -EINVAL;
	v = vma_find_intersection(mm, addr, end);
	if (!v)
		return 0;
	err = vma_split(v, addr);
	v = vma_find_intersection(mm, addr, end);
	for (next = v; !err && next && next->vm_start < end; next = vma_next(next))
		err = vma_split(next, end);
	if (err)
		return err;
	for (; v && v->vm_start < end; v = next) {
		next = vma_next(v);
		zap_range(v, v->vm_start, v->vm_end);
		vma_unlink(v);
		if (v->vm_ops && v->vm_ops->close)
			v->vm_ops->close(v);
		list_add(&v->vm_list, dead);
	}
	return 0;
}

int do_munmap(struct mm_struct *mm, unsigned long addr, size_t len)
{
	LIST_HEAD(dead);
	int err;

	mutex_lock(&mm->mmap_lock);
	err = munmap_locked(mm, addr, len, &dead);
	mutex_unlock(&mm->mmap_lock);
	vma_free_list(&dead);
	return err;
}

/* --- mmap --- */

/* What the file's open mode and type allow. 0 or -errno; adds and removes flags. */
static int check_file(const struct file *file, unsigned long type, u32 *vm)
{
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (!file->f_op || !file->f_op->mmap)
		return -ENODEV;
	if (*vm & VM_GROWSDOWN)
		return -EINVAL;
	if (type == MAP_PRIVATE || file->f_mode & FMODE_WRITE)
		return 0;
	if (*vm & VM_WRITE)
		return -EACCES;
	*vm &= ~VM_MAYWRITE;
	return 0;
}

#define KNOWN_FLAGS                                                                                                    \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED |          \
	 MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_FIXED_NOREPLACE | MAP_32BIT)

static int check_request(struct file *file, size_t len, unsigned long prot, unsigned long flags, loff_t offset, u32 *vm)
{
	unsigned long type = flags & MAP_TYPE;

	if (!len || (u64)offset & ~PAGE_MASK || flags & MAP_HUGETLB)
		return -EINVAL;
	if (len > TASK_SIZE - PAGE_SIZE)
		return -ENOMEM;
	if ((u64)offset + len < (u64)offset || offset < 0)
		return -EOVERFLOW;
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && flags & ~(unsigned long)KNOWN_FLAGS)
		return -EOPNOTSUPP;
	*vm = prot_to_vm(prot) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
	*vm |= type == MAP_PRIVATE ? 0 : VM_SHARED;
	*vm |= flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0;
	*vm |= flags & MAP_LOCKED ? VM_LOCKED : 0;
	if (file)
		return check_file(file, type, vm);
	return *vm & VM_SHARED && *vm & VM_GROWSDOWN ? -EINVAL : 0;
}

/* Gives the area its contents: f_op->mmap, or shared anonymous memory. */
static int furnish(struct vm_area_struct *vma, struct file *file, loff_t offset)
{
	if (!file)
		return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
	get_file(file);
	vma->vm_file = file;
	vma->vm_pgoff = (unsigned long)offset >> PAGE_SHIFT;
	return file->f_op->mmap(file, vma);
}

static unsigned long mmap_locked(struct mm_struct *mm, struct file *file, unsigned long addr, size_t len, u32 vm,
				 unsigned long flags, loff_t offset, struct list_head *dead)
{
	unsigned long pages = len >> PAGE_SHIFT;
	struct vm_area_struct *vma;
	int err;

	vm |= mm->def_flags;
	addr = choose_address(mm, addr, len, flags, dead);
	if (IS_ERR((void *)addr))
		return addr;
	if (!may_expand(mm, pages) || mm->map_count >= MAX_MAP_COUNT)
		return (unsigned long)-ENOMEM;
	if (vm & VM_LOCKED && !may_lock(mm, pages))
		return (unsigned long)-EAGAIN;
	vma = vma_alloc(mm, addr, addr + len, vm);
	if (!vma)
		return (unsigned long)-ENOMEM;
	err = furnish(vma, file, offset);
	if (err) {
		zap_range(vma, addr, addr + len); /* what the hook may have inserted */
		list_add(&vma->vm_list, dead);
		return (unsigned long)err;
	}
	vma_link(mm, vma);
	vma_merge(vma);
	return addr;
}

unsigned long do_mmap_mm(struct mm_struct *mm, struct file *file, unsigned long addr, size_t len, unsigned long prot,
			 unsigned long flags, loff_t offset)
{
	bool populate = flags & MAP_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
	LIST_HEAD(dead);
	u32 vm;
	int err = check_request(file, len, prot, flags, offset, &vm);

	if (err)
		return (unsigned long)err;
	len = ALIGN_UP(len, PAGE_SIZE);
	mutex_lock(&mm->mmap_lock);
	addr = mmap_locked(mm, file, addr, len, vm, flags, offset, &dead);
	if (!IS_ERR((void *)addr) && (populate || mm->def_flags & VM_LOCKED))
		populate_range(mm, addr, addr + len); /* best effort, as Linux does */
	mutex_unlock(&mm->mmap_lock);
	vma_free_list(&dead);
	return addr;
}

unsigned long do_mmap(struct file *file, unsigned long addr, size_t len, unsigned long prot, unsigned long flags,
		      loff_t offset)
{
	return do_mmap_mm(current->mm, file, addr, len, prot, flags, offset);
}

int create_area(struct mm_struct *mm, unsigned long start, size_t len, u32 flags)
{
	struct vm_area_struct *vma = vma_alloc(mm, start, start + len, flags);

	if (!vma)
		return -ENOMEM;
	vma_link(mm, vma);
	vma_merge(vma);
	return 0;
}

/* --- kernel pages in a program's area --- */

/* Takes its own reference to page; it goes when the area is unmapped. mmap_lock held (f_op->mmap). */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *slot;

	if (addr < vma->vm_start || addr >= vma->vm_end || addr & ~PAGE_MASK)
		return -EINVAL;
	slot = arch_pte(mm->pgd, addr, true);
	if (!slot)
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (pte_in_use(*slot)) {
		spin_unlock(&mm->page_table_lock);
		return -EBUSY;
	}
	get_page(page);
	atomic_inc(&page->_mapcount);
	atomic64_inc(&mm->rss);
	*slot = page_to_phys(page) | vma_prot(vma);
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/* The whole area, from page pgoff of kaddr on (vmalloc'd, or of the direct map). */
int remap_vmalloc_range(struct vm_area_struct *vma, void *kaddr, unsigned long pgoff)
{
	bool vmalloced = (unsigned long)kaddr >= VMALLOC_START && (unsigned long)kaddr < VMALLOC_END;
	int err = 0;

	vma->vm_flags |= VM_PFNMAP; /* neither merged nor moved */
	for (unsigned long addr = vma->vm_start; !err && addr < vma->vm_end; addr += PAGE_SIZE, pgoff++) {
		void *at = (char *)kaddr + (pgoff << PAGE_SHIFT);
		struct page *page = vmalloced ? vmalloc_to_page(at) : virt_to_page(at);

		err = page ? vm_insert_page(vma, addr, page) : -EINVAL;
	}
	return err;
}
