/* kernel/mm/vma.c - areas: the tree and list of them, splitting, merging, copying
 *
 * What:   a vm_area_struct stands in mm->mm_rb and mm->mmap by address, and in its file's i_mmap list.
 * Called: mmap.c, fault.c, mm.c.
 * Locks:  the caller holds mmap_lock; i_mmap_lock is taken here. A file is released only after mmap_lock is (vma_free),
 *         because the last fput may need locks that come before it.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/trace/printk.h"

static struct kmem_cache *vma_cache;

unsigned long vma_pages(const struct vm_area_struct *v) { return (v->vm_end - v->vm_start) >> PAGE_SHIFT; }

struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *best = NULL;
	struct rb_node *n = mm->mm_rb.node;

	while (n) {
		struct vm_area_struct *v = rb_entry(n, struct vm_area_struct, vm_rb);

		if (v->vm_end <= addr) {
			n = n->right;
			continue;
		}
		best = v;
		if (v->vm_start <= addr)
			break;
		n = n->left;
	}
	return best;
}

struct vm_area_struct *vma_find_intersection(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *v = find_vma(mm, start);

	return v && v->vm_start < end ? v : NULL;
}

struct vm_area_struct *vma_alloc(struct mm_struct *mm, unsigned long start, unsigned long end, u32 flags)
{
	struct vm_area_struct *v = kmem_cache_zalloc(vma_cache, GFP_KERNEL);

	if (!v)
		return NULL;
	v->vm_start = start;
	v->vm_end = end;
	v->vm_flags = flags;
	v->vm_mm = mm;
	INIT_LIST_HEAD(&v->i_mmap_node);
	INIT_LIST_HEAD(&v->vm_list);
	return v;
}

/* Which pages a truncation must find: those of files, and of shared anonymous memory by its own mapping. */
static struct address_space *vma_mapping(const struct vm_area_struct *v)
{
	return v->vm_file && v->vm_file->f_inode ? v->vm_file->f_inode->i_mapping : NULL;
}

static void i_mmap_add(struct vm_area_struct *v)
{
	struct address_space *m = vma_mapping(v);

	if (!m)
		return;
	mutex_lock(&m->i_mmap_lock);
	list_add_tail(&v->i_mmap_node, &m->i_mmap);
	mutex_unlock(&m->i_mmap_lock);
}

static void i_mmap_del(struct vm_area_struct *v)
{
	struct address_space *m = vma_mapping(v);

	if (!m || list_empty(&v->i_mmap_node))
		return;
	mutex_lock(&m->i_mmap_lock);
	list_del_init(&v->i_mmap_node);
	mutex_unlock(&m->i_mmap_lock);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct rb_node **link = &mm->mm_rb.node, *parent = NULL;
	struct vm_area_struct *next;

	while (*link) {
		parent = *link;
		link = vma->vm_start < rb_entry(parent, struct vm_area_struct, vm_rb)->vm_start ? &parent->left :
												  &parent->right;
	}
	rb_link_node(&vma->vm_rb, parent, link);
	rb_insert_color(&vma->vm_rb, &mm->mm_rb);
	next = rb_entry_safe(rb_next(&vma->vm_rb), struct vm_area_struct, vm_rb);
	list_add_tail(&vma->vm_list, next ? &next->vm_list : &mm->mmap);
	mm->map_count++;
	mm->total_vm += vma_pages(vma);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += vma_pages(vma);
	i_mmap_add(vma);
}

/* Out of the tree, the list and the counts; its pages are the caller's business. */
void vma_unlink(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->vm_mm;

	i_mmap_del(vma);
	rb_erase(&vma->vm_rb, &mm->mm_rb);
	list_del_init(&vma->vm_list);
	mm->map_count--;
	mm->total_vm -= vma_pages(vma);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm -= vma_pages(vma);
}

struct vm_area_struct *vma_copy(struct vm_area_struct *old, struct mm_struct *mm, unsigned long start,
				unsigned long end)
{
	struct vm_area_struct *v = vma_alloc(mm, start, end, old->vm_flags);

	if (!v)
		return NULL;
	v->vm_file = old->vm_file;
	v->vm_ops = old->vm_ops;
	v->vm_private_data = old->vm_private_data;
	v->vm_pgoff = old->vm_pgoff + ((start - old->vm_start) >> PAGE_SHIFT);
	if (v->vm_file)
		get_file(v->vm_file);
	if (v->vm_ops && v->vm_ops->open)
		v->vm_ops->open(v);
	return v;
}

int vma_split(struct vm_area_struct *vma, unsigned long addr)
{
	struct vm_area_struct *high;

	if (addr <= vma->vm_start || addr >= vma->vm_end)
		return 0;
	if (vma->vm_mm->map_count >= 65530) /* Linux's default max_map_count */
		return -ENOMEM;
	high = vma_copy(vma, vma->vm_mm, addr, vma->vm_end);
	if (!high)
		return -ENOMEM;
	vma->vm_mm->total_vm -= vma_pages(high);
	if (high->vm_flags & VM_LOCKED)
		vma->vm_mm->locked_vm -= vma_pages(high);
	vma->vm_end = addr;
	vma_link(vma->vm_mm, high);
	return 0;
}

static bool can_merge(const struct vm_area_struct *low, const struct vm_area_struct *high)
{
	if (low->vm_end != high->vm_start || low->vm_flags != high->vm_flags || low->vm_file != high->vm_file ||
	    low->vm_ops != high->vm_ops || low->vm_private_data != high->vm_private_data)
		return false;
	if (low->vm_flags & VM_PFNMAP || (low->vm_ops && low->vm_ops->close))
		return false;
	return !low->vm_file || low->vm_pgoff + vma_pages(low) == high->vm_pgoff;
}

/* low grows over high, which goes. */
static void absorb(struct vm_area_struct *low, struct vm_area_struct *high)
{
	struct mm_struct *mm = low->vm_mm;
	unsigned long pages = vma_pages(high);
	struct file *file = high->vm_file;

	vma_unlink(high);
	low->vm_end = high->vm_end;
	mm->total_vm += pages;
	if (low->vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	kmem_cache_free(vma_cache, high);
	if (file)
		fput(file); /* never the last: low holds it too */
}

struct vm_area_struct *vma_merge(struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = vma_prev(vma), *next = vma_next(vma);

	if (next && can_merge(vma, next))
		absorb(vma, next);
	if (!prev || !can_merge(prev, vma))
		return vma;
	absorb(prev, vma);
	return prev;
}

void vma_free(struct vm_area_struct *vma)
{
	if (vma->vm_file)
		fput(vma->vm_file);
	kmem_cache_free(vma_cache, vma);
}

void vma_free_list(struct list_head *dead)
{
	struct vm_area_struct *v, *n;

	list_for_each_entry_safe(v, n, dead, vm_list)
		vma_free(v);
	INIT_LIST_HEAD(dead);
}

void vma_init(void)
{
	vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vm_area_struct), 0, 0, NULL);
	BUG_ON(!vma_cache);
}
