/* tests/host/path.c - just enough of a file system for AF_UNIX: a list of names, no directories
 *
 * A name with a slash lies in a directory that does not exist. A name holds its inode until host_unlink().
 */
#include "kernel/fs/fs.h"
#include "kernel/process/process.h"
#include "lib/string.h"
#include "tests/host/host.h"

struct entry { struct entry *next; struct dentry d; struct inode inode; char name[128]; };
static struct entry *entries;

static struct entry **find(const char *name)
{
	struct entry **e = &entries;

	while (*e && strcmp((*e)->name, name))
		e = &(*e)->next;
	return e;
}
static struct entry *make(const char *name, umode_t mode)
{
	struct entry *e = kzalloc(sizeof(*e), GFP_KERNEL);

	if (!e)
		return NULL;
	e->inode.i_mode = mode;
	e->d.d_inode = &e->inode;
	refcount_set(&e->inode.i_count, 1);
	strscpy(e->name, name, sizeof(e->name));
	e->next = entries;
	entries = e;
	return e;
}
void host_make_file(const char *name, u32 mode) { make(name, (umode_t)mode); }
int host_unlink(const char *name)
{
	struct entry **link = find(name), *e = *link;

	if (!e)
		return -ENOENT;
	*link = e->next;
	iput(&e->inode);
	return 0;
}

int vfs_make_socket(const char *path, umode_t mode, struct inode **inode)
{
	struct entry *e;

	if (strchr(path, '/'))
		return -ENOENT;
	if (*find(path))
		return -EADDRINUSE;
	e = make(path, (umode_t)(S_IFSOCK | mode));
	if (!e)
		return -ENOMEM;
	refcount_inc(&e->inode.i_count);
	*inode = &e->inode;
	return 0;
}
void iput(struct inode *inode)
{
	if (refcount_dec_and_test(&inode->i_count))
		kfree(container_of(inode, struct entry, inode));
}
int kern_path_at(int dfd, const char *name, unsigned int flags, struct path *out)
{
	struct entry *e = *find(name);

	(void)dfd, (void)flags;
	if (!e)
		return -ENOENT;
	refcount_inc(&e->inode.i_count);
	*out = (struct path){ NULL, &e->d };
	return 0;
}
void path_put(const struct path *p) { iput(p->dentry->d_inode); }
/* All files are root's; others have the last three bits. */
int inode_permission(const struct inode *inode, int mask)
{
	unsigned int mode = current->cred->fsuid ? inode->i_mode : inode->i_mode >> 6;

	return mask & ~mode & 7 ? -EACCES : 0;
}
