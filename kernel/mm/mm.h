/* kernel/mm/mm.h - address spaces: areas, faults, mmap and its kin, the page cache
 *
 * Locks: mm->mmap_lock (sleeping) guards the areas; page-table entries change under mm->page_table_lock.
 */
#pragma once
#include "kernel/arch/arch.h"
#include "kernel/mm/page.h"
#include "kernel/sync/mutex.h"
#include "kernel/sync/rcu.h"
#include "lib/bitmap.h"
#include "lib/rbtree.h"

struct file;
struct vm_area_struct;
struct inode;

#define VM_READ 0x1u
#define VM_WRITE 0x2u
#define VM_EXEC 0x4u
#define VM_SHARED 0x8u
#define VM_MAYREAD 0x10u
#define VM_MAYWRITE 0x20u
#define VM_MAYEXEC 0x40u
#define VM_GROWSDOWN 0x100u
#define VM_STACK VM_GROWSDOWN
#define VM_LOCKED 0x2000u
#define VM_DONTCOPY 0x20000u
#define VM_PFNMAP 0x400u /* raw page frames (device or ring memory): no struct page counting */

struct vm_fault {
	unsigned long address; /* page-aligned user address */
	unsigned long pgoff;   /* page index in the file */
	bool write;
	struct page *page; /* out: referenced for the caller */
};
struct vm_operations_struct {
	void (*open)(struct vm_area_struct *vma);  /* area duplicated by fork or split; mmap_lock held */
	void (*close)(struct vm_area_struct *vma); /* area goes; mmap_lock held */
	int (*fault)(struct vm_area_struct *vma, struct vm_fault *vmf); /* 0 and vmf->page, or -errno (SIGBUS) */
};

struct vm_area_struct {
	unsigned long vm_start, vm_end; /* page-aligned, end exclusive */
	u32 vm_flags;
	struct mm_struct *vm_mm;
	struct file *vm_file;	/* referenced; NULL for anonymous memory */
	unsigned long vm_pgoff; /* of vm_start in the file, pages */
	const struct vm_operations_struct *vm_ops;
	void *vm_private_data;
	struct rb_node vm_rb;
	struct list_head vm_list;
	struct list_head i_mmap_node; /* in its file's address_space, under i_mmap_lock */
};

struct mm_struct {
	pte_t *pgd;
	atomic_t mm_users; /* tasks */
	atomic_t mm_count; /* mm_users counts as one; lazy users of CPUs count too */
	struct mutex mmap_lock;
	spinlock_t page_table_lock;
	struct rb_root mm_rb;
	struct list_head mmap; /* areas by address */
	unsigned int map_count;
	unsigned long mmap_base, start_code, end_code, start_data, end_data, start_brk, brk, start_stack;
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long total_vm, locked_vm; /* pages */
	u32 def_flags;			   /* VM_LOCKED after mlockall(MCL_FUTURE) */
	atomic64_t rss;			   /* pages present */
	DECLARE_BITMAP(cpu_bitmap, NR_CPUS); /* CPUs whose TLB may hold entries */
	struct file *exe_file;
	unsigned long saved_auxv[48];
	struct rcu_head rcu;
};

/* Life. mm_alloc: users 1. dup_mm: copy on write (fork). mmput: last user tears the areas down (may sleep). */
struct mm_struct *mm_alloc(void);
struct mm_struct *dup_mm(struct mm_struct *old); /* ERR_PTR(-ENOMEM) on failure */
void mmget(struct mm_struct *mm);
void mmput(struct mm_struct *mm);
void mmdrop(struct mm_struct *mm);
static inline void mmgrab(struct mm_struct *mm) { atomic_inc(&mm->mm_count); } /* lazy user: mmdrop when done */
/* t's address space with mm_users raised (mmput when done), for /proc; NULL for kernel threads and exiting tasks.
 * t->mm may go at any moment, so this needs RCU: mm_structs are freed after a grace period. */
struct task_struct;
struct mm_struct *get_task_mm(struct task_struct *t);

/* Areas. do_mmap: address or -errno; flags and prot are MAP_* and PROT_*; offset in bytes, page-aligned. */
unsigned long do_mmap(struct file *file, unsigned long addr, size_t len, unsigned long prot, unsigned long flags,
		      loff_t offset);
/* As do_mmap into an mm that is not current's (execve builds the new one before it commits). */
unsigned long do_mmap_mm(struct mm_struct *mm, struct file *file, unsigned long addr, size_t len, unsigned long prot,
			 unsigned long flags, loff_t offset);
int do_munmap(struct mm_struct *mm, unsigned long addr, size_t len);
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr); /* first with vm_end > addr; lock held */
/* Makes present and copies; used by execve's stack, ptrace-like /proc files. Bytes copied. */
size_t access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len, bool write);
/* Maps kernel pages into a VM_PFNMAP area (packet rings). 0 or -errno. */
int remap_vmalloc_range(struct vm_area_struct *vma, void *kaddr, unsigned long pgoff);
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page);

/* Page cache: the pages of one inode, by index. Locks inside. */
struct address_space {
	struct inode *host;
	void *root;		/* radix tree of struct page */
	unsigned int height;
	unsigned long nrpages;
	spinlock_t lock;
	struct list_head i_mmap;   /* areas that map it, for truncate */
	struct mutex i_mmap_lock; /* after mmap_lock, before page_table_lock */
};
void address_space_init(struct address_space *m, struct inode *host); /* m is zeroed */
struct page *find_get_page(struct address_space *m, unsigned long index); /* referenced, or NULL */
/* Creates a zeroed page where there is none. NULL without memory. */
struct page *find_or_create_page(struct address_space *m, unsigned long index, gfp_t gfp);
/* Drops the pages from index on (pages mapped by programs live until unmapped), and unmaps them. */
void truncate_inode_pages(struct address_space *m, unsigned long from_index);
/* vm_ops for files whose pages live in i_mapping; mmap for such files. */
extern const struct vm_operations_struct generic_file_vm_ops;
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
/* Where the pages of a shared area live, file or anonymous; NULL for private areas and devices. For futex keys. */
struct address_space *vma_shared_mapping(const struct vm_area_struct *vma);
/* Makes a shared area anonymous memory of its own, as mmap of /dev/zero does. 0 or -ENOMEM. */
int shmem_zero_setup(struct vm_area_struct *vma);

void mm_init(void);	 /* buddy and slab, from boot_info */
void mm_syscalls(void); /* registers mmap, munmap, mprotect, mremap, brk, madvise, msync, mincore, mlock* ... */
/* Physical memory is gone and nothing was reclaimed: picks and kills a process (SIGKILL), says so. */
void out_of_memory(void);
void mm_proc_init(void); /* /proc/slabinfo, buddyinfo, vmallocinfo; after procfs is there */
