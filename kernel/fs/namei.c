/* kernel/fs/namei.c - from a name to a place: the path walk
 *
 * What:   components one by one; mounts, "..", symlinks, and the last component left over for those who create.
 *         A symlink is followed by putting its text in front of what is left of the path, so nothing recurses.
 * Called: every call that takes a path.
 * Locks:  holds references only; takes the directory's i_lock where a file system must be asked for a name.
 * Absent: openat2's RESOLVE_* restrictions; a lock-free walk (docs/fs.md says what that would change).
 */
#include "kernel/fs/internal.h"

static int expand_link(struct nameidata *nd, struct dentry *link, const char *rest);

static void go_to(struct nameidata *nd, const struct path *p)
{
	path_get(p);
	path_put(&nd->path);
	nd->path = *p;
}

/* Out of one mount into the one below, then to the parent; never above the root. */
static void follow_dotdot(struct nameidata *nd)
{
	struct dentry *parent;

	for (;;) {
		if (nd->path.dentry == nd->root.dentry && nd->path.mnt == nd->root.mnt)
			return;
		if (nd->path.dentry != nd->path.mnt->mnt_root)
			break;
		if (!follow_up(&nd->path))
			return;
	}
	spin_lock(&dcache_lock);
	parent = dget(nd->path.dentry->d_parent);
	spin_unlock(&dcache_lock);
	dput(nd->path.dentry);
	nd->path.dentry = parent;
	follow_mount(&nd->path);
}

static struct dentry *cached(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d = d_lookup(dir, name, len);
	const struct inode_operations *op = d ? d->d_inode->i_op : NULL;

	if (!op || !op->revalidate || op->revalidate(d))
		return d;
	d_drop(d);
	dput(d);
	return NULL;
}

/* dir's i_lock held. A referenced dentry, negative when the name does not exist; or ERR_PTR. */
struct dentry *lookup_locked(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d = cached(dir, name, len), *r = NULL;

	if (d)
		return d;
	d = d_alloc(dir, name, len);
	if (!d)
		return ERR_PTR(-ENOMEM);
	if (dir->d_inode->i_op->lookup)
		r = dir->d_inode->i_op->lookup(dir->d_inode, d);
	if (IS_ERR(r)) {
		dput(d);
		return r;
	}
	return d;
}

/* A positive dentry, referenced, or ERR_PTR(-ENOENT ...). */
static struct dentry *lookup_one(struct dentry *dir, const char *name, size_t len)
{
	struct dentry *d = cached(dir, name, len);

	if (d)
		return d;
	if (!dir->d_inode->i_op->lookup)
		return ERR_PTR(-ENOENT);
	mutex_lock(&dir->d_inode->i_lock);
	d = lookup_locked(dir, name, len);
	mutex_unlock(&dir->d_inode->i_lock);
	if (IS_ERR(d) || d->d_inode)
		return d;
	dput(d);
	return ERR_PTR(-ENOENT);
}

static int may_search(const struct inode *dir)
{
	if (!S_ISDIR(dir->i_mode))
		return -ENOTDIR;
	return inode_permission(dir, MAY_EXEC);
}

/* One component, not the last of a LOOKUP_PARENT walk. rest: what follows, "" at the end. */
static int walk_component(struct nameidata *nd, const char *name, size_t len, const char *rest, bool follow)
{
	struct dentry *d;

	if (len == 1 && name[0] == '.')
		return 0;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		follow_dotdot(nd);
		return 0;
	}
	d = lookup_one(nd->path.dentry, name, len);
	if (IS_ERR(d))
		return PTR_ERR(d);
	if (S_ISLNK(d->d_inode->i_mode) && follow)
		return expand_link(nd, d, rest);
	dput(nd->path.dentry);
	nd->path.dentry = d;
	follow_mount(&nd->path);
	return 0;
}

/* Walks p from nd->path. What p points into must live until the end of the walk. */
static int walk(struct nameidata *nd, const char *p)
{
	while (*p == '/')
		p++;
	while (*p) {
		const char *name = p, *rest;
		char *was = nd->buf;
		bool last, slash;
		int err = may_search(nd->path.dentry->d_inode);

		if (err)
			return err;
		while (*p && *p != '/')
			p++;
		if (p - name > NAME_MAX)
			return -ENAMETOOLONG;
		for (rest = p; *rest == '/'; rest++)
			;
		last = !*rest;
		slash = rest != p;
		if (last && nd->flags & LOOKUP_PARENT) {
			nd->last = name;
			nd->last_len = p - name;
			nd->last_slash = slash;
			return 0;
		}
		err = walk_component(nd, name, p - name, slash ? p : rest, !last || slash || nd->flags & LOOKUP_FOLLOW);
		if (err)
			return err;
		/* A symlink put a new text in place of the old one. */
		p = nd->buf == was ? rest : nd->buf;
		if (nd->buf != was)
			while (*p == '/')
				p++;
		/* After a link with text there is more to come, which judges; one of /proc has arrived. */
		if (slash && !*p && !S_ISDIR(nd->path.dentry->d_inode->i_mode))
			return -ENOTDIR;
	}
	/* The path was "/", or a link to "/", or ended in nothing: the place itself. */
	if (nd->flags & LOOKUP_PARENT) {
		nd->last = "";
		nd->last_len = 0;
	}
	if (nd->flags & LOOKUP_DIRECTORY && !S_ISDIR(nd->path.dentry->d_inode->i_mode))
		return -ENOTDIR;
	return 0;
}

/* nd->path stays the link's directory, or becomes the root; nd->buf the link's text with rest behind. */
static int expand_text(struct nameidata *nd, struct dentry *link, const char *rest)
{
	const struct inode *inode = link->d_inode;
	size_t restlen = strlen(rest);
	ssize_t n = inode->i_link ? (ssize_t)strlen(inode->i_link) : PATH_MAX - 1;
	char *text = kmalloc(n + restlen + 1, GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	if (inode->i_link)
		memcpy(text, inode->i_link, n);
	else
		n = inode->i_op->readlink ? inode->i_op->readlink(link, text, n) : -EINVAL;
	if (n <= 0) {
		kfree(text);
		return n ? n : -ENOENT;
	}
	memcpy(text + n, rest, restlen + 1);
	kfree(nd->buf); /* rest may have pointed into it */
	nd->buf = text;
	if (*text == '/')
		go_to(nd, &nd->root);
	return 0;
}

/* Eats link. rest points into the path or into nd->buf. */
static int expand_link(struct nameidata *nd, struct dentry *link, const char *rest)
{
	int err = ++nd->nr_links > MAX_SYMLINKS ? -ELOOP : 0;
	const struct inode_operations *op = link->d_inode->i_op;
	struct path to;

	if (!err && op && op->get_path) {
		char *text = kstrdup(rest, GFP_KERNEL);

		err = text ? op->get_path(link, &to) : -ENOMEM;
		if (!err) {
			path_put(&nd->path);
			nd->path = to;
			kfree(nd->buf);
			nd->buf = text;
		} else {
			kfree(text);
		}
	} else if (!err) {
		err = expand_text(nd, link, rest);
	}
	dput(link);
	return err;
}

static int start_at(struct nameidata *nd, int dfd, const char *name)
{
	struct file *f;

	if (*name == '/') {
		nd->path = nd->root;
		path_get(&nd->path);
		return 0;
	}
	if (dfd == AT_FDCWD) {
		get_current_pwd(&nd->path);
		return 0;
	}
	f = fget_raw(dfd);
	if (!f)
		return -EBADF;
	if (*name && !S_ISDIR(f->f_inode->i_mode)) {
		fput(f);
		return -ENOTDIR;
	}
	nd->path = f->f_path;
	path_get(&nd->path);
	fput(f);
	return 0;
}

/* Fills nd; path_walk_end() is due when this returned 0. name must live as long as nd. */
int path_walk(struct nameidata *nd, int dfd, const char *name, unsigned int flags)
{
	int err;

	*nd = (struct nameidata){ .flags = flags };
	if (!*name && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	get_current_root(&nd->root);
	err = start_at(nd, dfd, name);
	if (err) {
		path_put(&nd->root);
		return err;
	}
	err = walk(nd, name);
	if (err)
		path_walk_end(nd);
	return err;
}

int path_continue(struct nameidata *nd, struct dentry *link)
{
	int err = expand_link(nd, link, nd->last_slash ? "/" : "");

	return err ? err : walk(nd, nd->buf);
}

void path_walk_end(struct nameidata *nd)
{
	path_put(&nd->path);
	path_put(&nd->root);
	kfree(nd->buf);
}

int kern_path_at(int dfd, const char *name, unsigned int flags, struct path *out)
{
	struct nameidata nd;
	int err = path_walk(&nd, dfd, name, flags & ~LOOKUP_PARENT);

	if (err)
		return err;
	*out = nd.path;
	path_get(out);
	path_walk_end(&nd);
	return 0;
}

int user_path_at(int dfd, const char __user *uname, unsigned int flags, struct path *out)
{
	char *name = getname(uname);
	int err;

	if (IS_ERR(name))
		return PTR_ERR(name);
	err = kern_path_at(dfd, name, flags, out);
	kfree(name);
	return err;
}

/* May current add a name to this directory? Its i_lock is held. */
int may_create(const struct path *dir)
{
	struct inode *inode = dir->dentry->d_inode;
	int err = mnt_want_write(dir);

	if (!inode->i_nlink)
		return -ENOENT; /* removed meanwhile */
	return err ? err : inode_permission(inode, MAY_WRITE | MAY_EXEC);
}

/* May current take this name out of the directory? */
int may_delete(const struct path *dir, const struct dentry *victim, bool want_dir)
{
	const struct inode *in = dir->dentry->d_inode, *inode = victim->d_inode;
	uid_t me = current_cred()->fsuid;
	int err = mnt_want_write(dir);

	if (!inode)
		return -ENOENT;
	if (!err)
		err = inode_permission(in, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (in->i_mode & S_ISVTX && me != inode->i_uid && me != in->i_uid && !capable(CAP_FOWNER))
		return -EPERM;
	if (want_dir && !S_ISDIR(inode->i_mode))
		return -ENOTDIR;
	if (!want_dir && S_ISDIR(inode->i_mode))
		return -EISDIR;
	return victim->d_mounted ? -EBUSY : 0;
}

static bool is_dots(const char *name, size_t len)
{
	return len <= 2 && !strncmp(name, "..", len);
}

/* On 0 the directory's i_lock is held. -EEXIST also for "/", "." and ".."; callers that remove map it. */
int name_begin(struct nameidata *nd, int dfd, const char *name, struct dentry **out)
{
	struct dentry *d;
	int err = path_walk(nd, dfd, name, LOOKUP_PARENT);

	if (err)
		return err;
	if (is_dots(nd->last, nd->last_len)) {
		path_walk_end(nd);
		return -EEXIST;
	}
	mutex_lock(&nd->path.dentry->d_inode->i_lock);
	d = lookup_locked(nd->path.dentry, nd->last, nd->last_len);
	if (!IS_ERR(d)) {
		*out = d;
		return 0;
	}
	mutex_unlock(&nd->path.dentry->d_inode->i_lock);
	path_walk_end(nd);
	return PTR_ERR(d);
}

void name_end(struct nameidata *nd, struct dentry *d)
{
	mutex_unlock(&nd->path.dentry->d_inode->i_lock);
	dput(d);
	path_walk_end(nd);
}
