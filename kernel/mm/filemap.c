/* kernel/mm/filemap.c - the page cache: the pages of one inode, by index
 *
 * What:   a radix tree of 64-way nodes in each address_space; shared and private file mappings; shared anonymous
 *         memory, which is a file without a name.
 * Called: tmpfs and other file systems for read and write; fault.c through generic_file_vm_ops.
 * Calls:  page_alloc.c, memory.c to unmap what is truncated.
 * Locks:  mapping->lock guards the tree; page->mapping changes under it. The tree holds one reference a page.
 * Absent: write-back and read-ahead: every file lives in memory.
 */
#include "kernel/fs/fs.h"
#include "kernel/mm/internal.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define RADIX_BITS 6
#define RADIX_SLOTS (1u << RADIX_BITS)
struct radix_node {
	void *slot[RADIX_SLOTS]; /* nodes, and pages at the lowest level */
	u32 count;		 /* slots in use */
};
static struct kmem_cache *node_cache;

void address_space_init(struct address_space *m, struct inode *host)
{
	m->host = host;
	spin_lock_init(&m->lock);
	INIT_LIST_HEAD(&m->i_mmap);
	mutex_init(&m->i_mmap_lock);
}

/* --- the tree; mapping->lock held --- */

static bool fits(const struct address_space *m, unsigned long index)
{
	return m->height * RADIX_BITS >= 64 || !(index >> (m->height * RADIX_BITS));
}

static unsigned int slot_of(unsigned long index, unsigned int level)
{
	return index >> ((level - 1) * RADIX_BITS) & (RADIX_SLOTS - 1);
}

static struct page *tree_find(const struct address_space *m, unsigned long index)
{
	void *n = m->root;

	if (!n || !fits(m, index))
		return NULL;
	for (unsigned int level = m->height; level && n; level--)
		n = ((struct radix_node *)n)->slot[slot_of(index, level)];
	return n;
}

static struct radix_node *new_node(void) { return kmem_cache_zalloc(node_cache, GFP_ATOMIC | __GFP_NOWARN); }

/* Adds levels on top until index fits. */
static bool tree_grow(struct address_space *m, unsigned long index)
{
	while (!m->root || !fits(m, index)) {
		struct radix_node *n = new_node();

		if (!n)
			return false;
		if (m->root) {
			n->slot[0] = m->root;
			n->count = 1;
		}
		m->root = n;
		m->height++;
	}
	return true;
}

/* False without memory; nodes made on the way stay. The slot was empty. */
static bool tree_insert(struct address_space *m, unsigned long index, struct page *page)
{
	struct radix_node *n;

	if (!tree_grow(m, index))
		return false;
	n = m->root;
	for (unsigned int level = m->height; level > 1; level--) {
		void **slot = &n->slot[slot_of(index, level)];

		if (!*slot) {
			*slot = new_node();
			if (!*slot)
				return false;
			n->count++;
		}
		n = *slot;
	}
	n->slot[slot_of(index, 1)] = page;
	n->count++;
	return true;
}

static void tree_remove(struct address_space *m, unsigned long index)
{
	struct radix_node *path[11], *n = m->root;
	unsigned int level;

	for (level = m->height; level; level--) {
		path[level - 1] = n;
		n = n->slot[slot_of(index, level)];
	}
	for (level = 1; level <= m->height; level++) {
		n = path[level - 1];
		n->slot[slot_of(index, level)] = NULL;
		if (--n->count)
			return;
		kmem_cache_free(node_cache, n);
	}
	m->root = NULL;
	m->height = 0;
}

/* First page at or after *index; sets *index to its own. */
static struct page *tree_next(const struct address_space *m, unsigned long *index)
{
	while (m->root && fits(m, *index)) {
		struct radix_node *n = m->root;
		unsigned int level = m->height;
		unsigned long step;

		while (n->slot[slot_of(*index, level)]) {
			n = n->slot[slot_of(*index, level)];
			if (!--level)
				return (struct page *)n;
		}
		step = 1UL << (level - 1) * RADIX_BITS; /* nothing below this slot: on to its neighbour */
		if (ALIGN_DOWN(*index, step) + step < *index)
			return NULL;
		*index = ALIGN_DOWN(*index, step) + step;
	}
	return NULL;
}

/* --- lookup and creation --- */

struct page *find_get_page(struct address_space *m, unsigned long index)
{
	struct page *p;

	spin_lock(&m->lock);
	p = tree_find(m, index);
	if (p)
		get_page(p);
	spin_unlock(&m->lock);
	return p;
}

/* Inserts page, or finds one that came first; either way referenced. NULL: no memory for nodes. */
static struct page *add_page(struct address_space *m, unsigned long index, struct page *page)
{
	struct page *there;

	spin_lock(&m->lock);
	there = tree_find(m, index);
	if (there) {
		get_page(there);
	} else if (tree_insert(m, index, page)) {
		there = page;
		get_page(page); /* the tree's */
		page->mapping = m;
		page->index = index;
		m->nrpages++;
		atomic64_inc(&nr_cache_pages);
	}
	spin_unlock(&m->lock);
	return there;
}

/* Brings nodes to this CPU's chain, so that the insertion under the lock finds them. */
static bool stock_nodes(gfp_t gfp)
{
	void *n[4];
	size_t got = kmem_cache_alloc_bulk(node_cache, gfp, ARRAY_SIZE(n), n);

	kmem_cache_free_bulk(node_cache, got, n);
	return got == ARRAY_SIZE(n);
}

struct page *find_or_create_page(struct address_space *m, unsigned long index, gfp_t gfp)
{
	struct page *there = find_get_page(m, index), *page;

	if (there)
		return there;
	page = alloc_page(gfp | __GFP_ZERO);
	if (!page)
		return NULL;
	there = add_page(m, index, page);
	for (int tries = 0; !there && tries < 3 && stock_nodes(gfp); tries++)
		there = add_page(m, index, page);
	if (there != page)
		put_page(page);
	return there;
}

/* Takes up to n pages from index on out of the tree; the tree's references pass to the caller. */
static size_t take_pages(struct address_space *m, unsigned long index, struct page **pages, size_t n)
{
	size_t got = 0;

	spin_lock(&m->lock);
	while (got < n && (pages[got] = tree_next(m, &index))) {
		tree_remove(m, index);
		WRITE_ONCE(pages[got++]->mapping, NULL);
	}
	m->nrpages -= got;
	spin_unlock(&m->lock);
	atomic64_sub((s64)got, &nr_cache_pages);
	return got;
}

/* Unmapped before, so that few pages stay mapped while they leave; and after, for faults in between (fault.c looks at
 * page->mapping under the page-table lock). */
void truncate_inode_pages(struct address_space *m, unsigned long from_index)
{
	struct page *pages[16];
	size_t n;

	unmap_mapping_pages(m, from_index);
	while ((n = take_pages(m, from_index, pages, ARRAY_SIZE(pages)))) {
		unmap_mapping_pages(m, from_index);
		while (n)
			put_page(pages[--n]);
	}
}

/* --- mapping files --- */

static int filemap_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	struct inode *inode = vma->vm_file->f_inode;
	u64 size = (u64)READ_ONCE(inode->i_size);

	if (vmf->pgoff >= DIV_ROUND_UP(size, PAGE_SIZE))
		return -EFAULT;
	vmf->page = find_or_create_page(inode->i_mapping, vmf->pgoff, GFP_USER);
	return vmf->page ? 0 : -ENOMEM;
}

const struct vm_operations_struct generic_file_vm_ops = { .fault = filemap_fault };

int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}

/* --- shared anonymous memory --- */

struct shared_memory {
	struct address_space mapping;
	refcount_t areas;
};

static void shmem_open(struct vm_area_struct *vma)
{
	refcount_inc(&((struct shared_memory *)vma->vm_private_data)->areas);
}

static void shmem_close(struct vm_area_struct *vma)
{
	struct shared_memory *s = vma->vm_private_data;

	if (!refcount_dec_and_test(&s->areas))
		return;
	truncate_inode_pages(&s->mapping, 0);
	kfree(s);
}

static int shmem_fault(struct vm_area_struct *vma, struct vm_fault *vmf)
{
	vmf->page = find_or_create_page(&((struct shared_memory *)vma->vm_private_data)->mapping, vmf->pgoff, GFP_USER);
	return vmf->page ? 0 : -ENOMEM;
}

static const struct vm_operations_struct shmem_vm_ops = {
	.open = shmem_open,
	.close = shmem_close,
	.fault = shmem_fault,
};

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct shared_memory *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	address_space_init(&s->mapping, NULL);
	refcount_set(&s->areas, 1);
	vma->vm_private_data = s;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

struct address_space *vma_shared_mapping(const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return NULL;
	if (vma->vm_ops == &shmem_vm_ops)
		return &((struct shared_memory *)vma->vm_private_data)->mapping;
	return vma->vm_file && vma->vm_file->f_inode ? vma->vm_file->f_inode->i_mapping : NULL;
}

void page_cache_init(void)
{
	node_cache = kmem_cache_create("radix_tree_node", sizeof(struct radix_node), 0, 0, NULL);
	BUG_ON(!node_cache);
}
