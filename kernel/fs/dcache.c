/* kernel/fs/dcache.c - names in memory: the tree of dentries, its hash, and the way from a dentry to its path
 *
 * What:   a hashed dentry is a name that exists. tmpfs pins each of its names with one reference; procfs does not, so
 *         its names go with their last user. Negative dentries are never hashed: they live during one create.
 * Called: namei.c, mount.c, tmpfs.c, procfs.
 * Locks:  dcache_lock (spinlock) guards the hash, d_subdirs, d_name, d_parent, and the tree of mounts. d_count is
 *         atomic, but reaches zero only under dcache_lock. d_inode is constant once set.
 * Absent: an LRU of unused names; there is no disk whose names would be dear to read again.
 */
#include "kernel/fs/internal.h"

#define DHASH_BITS 12

DEFINE_SPINLOCK(dcache_lock);
static struct hlist_head dhash[1 << DHASH_BITS];
static struct kmem_cache *dentry_cache;
static atomic64_t next_off = ATOMIC_INIT(16);

static struct hlist_head *chain(const struct dentry *parent, u32 namehash)
{
	return &dhash[hash_64((u64)parent / 64 * 31 + namehash, DHASH_BITS)];
}

static struct dentry *alloc_dentry(struct super_block *sb)
{
	struct dentry *d = kmem_cache_zalloc(dentry_cache, GFP_KERNEL);

	if (!d)
		return NULL;
	refcount_set(&d->d_count, 1);
	d->d_parent = d;
	d->d_sb = sb;
	INIT_LIST_HEAD(&d->d_child);
	INIT_LIST_HEAD(&d->d_subdirs);
	return d;
}

/* A negative child, not yet hashed; holds its parent. NULL without memory. */
struct dentry *d_alloc(struct dentry *parent, const char *name, size_t len)
{
	struct dentry *d = alloc_dentry(parent->d_sb);

	if (!d)
		return NULL;
	d->d_name = kmalloc(len + 1, GFP_KERNEL);
	if (!d->d_name) {
		kmem_cache_free(dentry_cache, d);
		return NULL;
	}
	memcpy(d->d_name, name, len);
	d->d_name[len] = '\0';
	d->d_len = len;
	d->d_namehash = hash_str(name, len);
	d->d_parent = dget(parent);
	d->d_off = atomic64_inc_return(&next_off);
	return d;
}

struct dentry *d_alloc_root(struct inode *inode)
{
	struct dentry *d = alloc_dentry(inode->i_sb);

	if (!d || !(d->d_name = kstrdup("/", GFP_KERNEL))) {
		if (d)
			kmem_cache_free(dentry_cache, d);
		iput(inode);
		return NULL;
	}
	d->d_len = 1;
	d->d_inode = inode;
	return d;
}

/* For what has no place in a tree. The name is not copied; d_path puts "[ino]" behind it where the type says so. */
struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name, struct inode *inode)
{
	struct dentry *d = alloc_dentry(sb);

	if (!d)
		return NULL;
	d->d_name = (char *)name;
	d->d_len = strlen(name);
	d->d_inode = inode;
	return d;
}

/* Eats the inode reference; the name exists from here on. */
void d_instantiate(struct dentry *d, struct inode *inode)
{
	spin_lock(&dcache_lock);
	d->d_inode = inode;
	hlist_add_head(&d->d_hash, chain(d->d_parent, d->d_namehash));
	list_add_tail(&d->d_child, &d->d_parent->d_subdirs);
	spin_unlock(&dcache_lock);
}

static void unhash_locked(struct dentry *d)
{
	if (hlist_unhashed(&d->d_hash))
		return;
	hlist_del_init(&d->d_hash);
	list_del_init(&d->d_child);
}

void d_drop(struct dentry *d)
{
	spin_lock(&dcache_lock);
	unhash_locked(d);
	spin_unlock(&dcache_lock);
}

bool d_unhashed(const struct dentry *d)
{
	return hlist_unhashed(&d->d_hash) && d->d_parent != d;
}

struct dentry *dget(struct dentry *d)
{
	refcount_inc(&d->d_count);
	return d;
}

/* Takes one reference off unless it is the last. */
static bool dec_not_last(refcount_t *r)
{
	int v = refcount_read(r);

	while (v > 1)
		if (__atomic_compare_exchange_n(&r->refs.v, &v, v - 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	return false;
}

static void free_dentry(struct dentry *d)
{
	if (d->d_inode)
		iput(d->d_inode);
	if (!(d->d_sb->s_flags & SB_PSEUDO))
		kfree(d->d_name);
	kmem_cache_free(dentry_cache, d);
}

/* The last reference frees the dentry and goes on to its parent's. */
void dput(struct dentry *d)
{
	while (d && !dec_not_last(&d->d_count)) {
		struct dentry *parent;

		spin_lock(&dcache_lock);
		if (!refcount_dec_and_test(&d->d_count)) {
			spin_unlock(&dcache_lock);
			return;
		}
		parent = d->d_parent == d ? NULL : d->d_parent;
		unhash_locked(d);
		spin_unlock(&dcache_lock);
		free_dentry(d);
		d = parent;
	}
}

/* What ".." of a directory shows as its inode. A rename may change d_parent, and the old one may be gone at once. */
u64 d_parent_ino(const struct dentry *d)
{
	u64 ino;

	spin_lock(&dcache_lock);
	ino = d->d_parent->d_inode->i_ino;
	spin_unlock(&dcache_lock);
	return ino;
}

struct dentry *d_lookup(struct dentry *parent, const char *name, size_t len)
{
	u32 hash = hash_str(name, len);
	struct dentry *d;

	spin_lock(&dcache_lock);
	hlist_for_each_entry(d, chain(parent, hash), d_hash)
		if (d->d_namehash == hash && d->d_parent == parent && d->d_len == len && !memcmp(d->d_name, name, len))
			break;
	if (d)
		dget(d);
	spin_unlock(&dcache_lock);
	return d;
}

static void rehash_locked(struct dentry *d)
{
	hlist_add_head(&d->d_hash, chain(d->d_parent, d->d_namehash));
	list_add_tail(&d->d_child, &d->d_parent->d_subdirs);
}

/* d moves to where the dentry `to` stands (which is negative, or dropped by the caller). 0 or -ENOMEM. */
int d_move(struct dentry *d, struct dentry *parent, const struct dentry *to)
{
	char *name = kmemdup(to->d_name, to->d_len + 1, GFP_KERNEL), *oldname;
	struct dentry *oldparent;

	if (!name)
		return -ENOMEM;
	dget(parent);
	spin_lock(&dcache_lock);
	unhash_locked(d);
	oldname = d->d_name;
	oldparent = d->d_parent;
	d->d_name = name;
	d->d_len = to->d_len;
	d->d_namehash = to->d_namehash;
	d->d_parent = parent;
	d->d_off = atomic64_inc_return(&next_off); /* the listing is in the order of d_off: to the end */
	rehash_locked(d);
	spin_unlock(&dcache_lock);
	kfree(oldname);
	dput(oldparent);
	return 0;
}

/* RENAME_EXCHANGE: the two trade places. */
void d_exchange(struct dentry *a, struct dentry *b)
{
	spin_lock(&dcache_lock);
	unhash_locked(a);
	unhash_locked(b);
	swap(a->d_name, b->d_name);
	swap(a->d_len, b->d_len);
	swap(a->d_namehash, b->d_namehash);
	swap(a->d_parent, b->d_parent);
	/* The listing is in the order of d_off: both go to the end under fresh numbers. */
	a->d_off = atomic64_inc_return(&next_off);
	rehash_locked(a);
	b->d_off = atomic64_inc_return(&next_off);
	rehash_locked(b);
	spin_unlock(&dcache_lock);
}

bool d_is_ancestor(const struct dentry *a, const struct dentry *d)
{
	bool found = false;

	spin_lock(&dcache_lock);
	for (;; d = d->d_parent) {
		found = d == a;
		if (found || d->d_parent == d)
			break;
	}
	spin_unlock(&dcache_lock);
	return found;
}

/* A leaf of the tree under root, unhashed; NULL when root has no children left. */
static struct dentry *take_leaf(struct dentry *root)
{
	struct dentry *d = root;

	spin_lock(&dcache_lock);
	while (!list_empty(&d->d_subdirs))
		d = list_first_entry(&d->d_subdirs, struct dentry, d_child);
	if (d != root)
		unhash_locked(d);
	spin_unlock(&dcache_lock);
	return d == root ? NULL : d;
}

void d_kill_tree(struct dentry *root, bool pinned)
{
	struct dentry *d;

	while ((d = take_leaf(root)) != NULL) {
		if (pinned)
			dput(d);
		cond_resched();
	}
	dput(root);
}

static char *prepend(char *p, const char *buf, const char *s, size_t n)
{
	if (!p || (size_t)(p - buf) < n)
		return NULL;
	memcpy(p - n, s, n);
	return p - n;
}

static char *pseudo_path(const struct dentry *d, char *buf, size_t size)
{
	umode_t type = d->d_inode->i_mode & S_IFMT;
	int n = type ? snprintf(buf, size, "%s:[%llu]", d->d_name, (unsigned long long)d->d_inode->i_ino)
		     : snprintf(buf, size, "%s", d->d_name);

	return (size_t)n < size ? buf : ERR_PTR(-ENAMETOOLONG);
}

char *path_from_root(const struct path *path, const struct path *root, char *buf, size_t size, bool *reachable)
{
	struct vfsmount *mnt = path->mnt;
	struct dentry *d = path->dentry;
	char *p = buf + size, *end;

	*reachable = true;
	if (!size)
		return ERR_PTR(-ENAMETOOLONG);
	if (d->d_sb->s_flags & SB_PSEUDO)
		return pseudo_path(d, buf, size);
	p = prepend(p, buf, "", 1);
	spin_lock(&dcache_lock);
	if (d_unhashed(d))
		p = prepend(p, buf, " (deleted)", 10);
	end = p;
	while (d != root->dentry || mnt != root->mnt) {
		if (d == mnt->mnt_root || d->d_parent == d) {
			if (!mnt->mnt_parent) {
				*reachable = false;
				break;
			}
			d = mnt->mnt_mountpoint;
			mnt = mnt->mnt_parent;
			continue;
		}
		p = prepend(p, buf, d->d_name, d->d_len);
		p = prepend(p, buf, "/", 1);
		d = d->d_parent;
	}
	spin_unlock(&dcache_lock);
	if (p && p == end)
		p = prepend(p, buf, "/", 1);
	return p ? p : ERR_PTR(-ENAMETOOLONG);
}

char *d_path(const struct path *p, char *buf, size_t size)
{
	struct path root;
	bool reachable;
	char *text;

	get_current_root(&root);
	text = path_from_root(p, &root, buf, size, &reachable);
	path_put(&root);
	return text;
}

void dcache_init(void)
{
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 0, SLAB_HWCACHE_ALIGN, NULL);
	BUG_UNLESS(dentry_cache);
}
