/* kernel/fs/initramfs.c - the root file system out of a cpio archive
 *
 * What:   "newc" archives (070701, 070702), several one after another with zero bytes between, as the boot loader left
 *         them in memory. Afterwards that memory goes to the page allocator.
 * Called: kernel_init(), in the first process, after vfs_init().
 * Locks:  none of its own; it uses the VFS as any caller.
 * Absent: compression: a gzip'd archive is named on the console and left alone. Trust: every length is checked, since
 *         whoever builds images makes mistakes.
 */
#include "kernel/fs/internal.h"

#define CPIO_HEADER 110u
#define CPIO_FIELDS 13

enum { C_INO, C_MODE, C_UID, C_GID, C_NLINK, C_MTIME, C_FILESIZE, C_MAJ, C_MIN, C_RMAJ, C_RMIN, C_NAMESIZE, C_CHECK };

struct archive { const u8 *data; size_t size, pos; };
struct member { u32 f[CPIO_FIELDS]; char *name; const u8 *body; };

/* Hard links: members that share (device, inode). All but the last may come without bytes. */
struct known { struct known *next; u32 ino, maj, min; char name[]; };
struct unpacker { struct known *links; unsigned int files, failed; };

static int hex_digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_fields(const u8 *p, u32 *f)
{
	for (int i = 0; i < CPIO_FIELDS; i++) {
		f[i] = 0;
		for (int k = 0; k < 8; k++) {
			int d = hex_digit(*p++);

			if (d < 0)
				return false;
			f[i] = f[i] << 4 | d;
		}
	}
	return true;
}

/* Rounds up to 4 relative to the archive's start, never beyond the end. */
static size_t padded(const struct archive *a, size_t pos)
{
	return min(ALIGN_UP(pos, 4ul), a->size);
}

/* NULL, or what is wrong with the member at a->pos. On success a->pos is behind it. */
static const char *next_member(struct archive *a, struct member *m)
{
	const u8 *h = a->data + a->pos;
	size_t left = a->size - a->pos, namesize, body;

	if (left < CPIO_HEADER)
		return "a header is cut short";
	if (memcmp(h, "070701", 6) && memcmp(h, "070702", 6))
		return "a header has no magic";
	if (!parse_fields(h + 6, m->f))
		return "a header is not hexadecimal";
	namesize = m->f[C_NAMESIZE];
	if (!namesize || namesize > PATH_MAX || namesize > left - CPIO_HEADER)
		return "a name's length is impossible";
	m->name = (char *)h + CPIO_HEADER;
	if (m->name[namesize - 1] || strnlen(m->name, namesize) != namesize - 1)
		return "a name does not end where it should";
	body = padded(a, a->pos + CPIO_HEADER + namesize);
	if (m->f[C_FILESIZE] > a->size - body)
		return "a file is cut short";
	m->body = a->data + body;
	a->pos = padded(a, body + m->f[C_FILESIZE]);
	return NULL;
}

/* Makes the directories on the way to path that are missing; the archive may not list them. */
static void make_parents(char *path)
{
	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		vfs_mknod(path, S_IFDIR | 0755, 0);
		*p = '/';
	}
}

static int write_body(const char *path, const struct member *m)
{
	struct file *f = filp_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(f))
		return PTR_ERR(f);
	n = m->f[C_FILESIZE] ? kernel_write(f, m->body, m->f[C_FILESIZE], &pos) : 0;
	fput(f);
	if (n < 0)
		return n;
	return n == m->f[C_FILESIZE] ? 0 : -ENOSPC;
}

/* Owner, mode and time, past all checks: the first process is root. */
static void set_attributes(const char *path, const struct member *m)
{
	struct inode *inode;
	struct path p;

	if (kern_path_at(AT_FDCWD, path, 0, &p))
		return;
	inode = p.dentry->d_inode;
	mutex_lock(&inode->i_lock);
	inode->i_uid = m->f[C_UID];
	inode->i_gid = m->f[C_GID];
	if (!S_ISLNK(inode->i_mode))
		inode->i_mode = (inode->i_mode & S_IFMT) | (m->f[C_MODE] & 07777);
	inode->i_mtime_ns = m->f[C_MTIME] * NSEC_PER_SEC;
	mutex_unlock(&inode->i_lock);
	path_put(&p);
}

static int make_symlink(const char *path, const struct member *m)
{
	size_t n = m->f[C_FILESIZE];
	struct nameidata nd;
	struct dentry *d;
	char *target;
	int err;

	if (!n || n >= PATH_MAX || strnlen((const char *)m->body, n) != n)
		return -EINVAL;
	target = kmalloc(n + 1, GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	memcpy(target, m->body, n);
	target[n] = '\0';
	err = name_begin(&nd, AT_FDCWD, path, &d);
	if (!err) {
		const struct inode_operations *op = nd.path.dentry->d_inode->i_op;

		err = d->d_inode ? -EEXIST : op->symlink ? op->symlink(nd.path.dentry->d_inode, d, target) : -EPERM;
		name_end(&nd, d);
	}
	kfree(target);
	return err;
}

/* The path under which this inode was made before; NULL when it is new (then it is noted). */
static const char *seen_before(struct unpacker *u, const struct member *m, const char *path)
{
	struct known *k;

	if (m->f[C_NLINK] < 2)
		return NULL;
	for (k = u->links; k; k = k->next)
		if (k->ino == m->f[C_INO] && k->maj == m->f[C_MAJ] && k->min == m->f[C_MIN])
			return k->name;
	k = kmalloc(sizeof(*k) + strlen(path) + 1, GFP_KERNEL);
	if (!k)
		return NULL;
	*k = (struct known){ .next = u->links, .ino = m->f[C_INO], .maj = m->f[C_MAJ], .min = m->f[C_MIN] };
	memcpy(k->name, path, strlen(path) + 1);
	u->links = k;
	return NULL;
}

static void forget_links(struct unpacker *u)
{
	while (u->links) {
		struct known *k = u->links;

		u->links = k->next;
		kfree(k);
	}
}

static int make_regular(struct unpacker *u, const char *path, const struct member *m)
{
	const char *first = seen_before(u, m, path);
	int err;

	if (!first) {
		vfs_unlink_path(path); /* a later archive replaces; other links keep the old file */
		return write_body(path, m);
	}
	err = vfs_link_path(first, path);
	if (err == -EEXIST)
		err = 0;
	return err || !m->f[C_FILESIZE] ? err : write_body(path, m);
}

static int unpack_member(struct unpacker *u, const struct member *m)
{
	umode_t mode = m->f[C_MODE];
	char *path = kasprintf(GFP_KERNEL, "/%s", m->name);
	int err;

	if (!path)
		return -ENOMEM;
	make_parents(path);
	if (S_ISREG(mode))
		err = make_regular(u, path, m);
	else if (S_ISLNK(mode))
		err = vfs_unlink_path(path) == -EISDIR ? -EISDIR : make_symlink(path, m);
	else
		err = vfs_mknod(path, mode & (S_IFMT | 07777), MKDEV(m->f[C_RMAJ], m->f[C_RMIN] & 0xff));
	if (err == -EEXIST)
		err = 0; /* directories, and what a later archive brings again */
	if (!err)
		set_attributes(path, m);
	kfree(path);
	return err;
}

/* Unpacks one archive up to its trailer. NULL or what is wrong. */
static const char *unpack_archive(struct archive *a, struct unpacker *u)
{
	struct member m;
	const char *wrong;

	while (a->pos < a->size) {
		wrong = next_member(a, &m);
		if (wrong)
			return wrong;
		if (!strcmp(m.name, "TRAILER!!!"))
			break;
		u->files++;
		if (unpack_member(u, &m)) {
			u->failed++;
			pr_err("initramfs: cannot make %s\n", m.name);
		}
		cond_resched();
	}
	forget_links(u);
	return NULL;
}

static void unpack_all(const u8 *data, size_t size)
{
	struct archive a = { .data = data, .size = size };
	struct unpacker u = {};
	const char *wrong = NULL;

	for (;;) {
		while (a.pos < size && !data[a.pos])
			a.pos++;
		if (a.pos >= size)
			break;
		if (size - a.pos >= 2 && data[a.pos] == 0x1f && data[a.pos + 1] == 0x8b)
			wrong = "it is compressed with gzip; this kernel wants plain cpio";
		else
			wrong = unpack_archive(&a, &u);
		if (wrong)
			break;
	}
	forget_links(&u);
	if (wrong)
		pr_err("initramfs: stopped at byte %lu of %lu: %s\n", (unsigned long)a.pos, (unsigned long)size, wrong);
	pr_info("initramfs: %u entries from %lu KiB%s\n", u.files, (unsigned long)size / 1024,
		u.failed ? ", some could not be made" : "");
}

void initramfs_unpack(void)
{
	u64 start = boot_info.initrd_start, end = boot_info.initrd_end;

	if (end <= start) {
		pr_warn("initramfs: the boot loader gave none\n");
		return;
	}
	unpack_all(phys_to_virt(start), end - start);
	free_reserved_range(start, end);
}
