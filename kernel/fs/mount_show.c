/* kernel/fs/mount_show.c - /proc/mounts and /proc/PID/mountinfo
 *
 * Called: readers of these files, in process context.
 * Calls:  mount.c for the mounts, namei.c for their paths.
 */
#include "kernel/fs/internal.h"
#include <linux/mount.h>

static const struct { u32 flag; const char *text; } option_names[] = {
	{ MS_NOSUID, ",nosuid" },   { MS_NODEV, ",nodev" },	    { MS_NOEXEC, ",noexec" },
	{ MS_NOATIME, ",noatime" }, { MS_NODIRATIME, ",nodiratime" }, { MS_RELATIME, ",relatime" },
};

static void show_options(struct seq_file *m, u32 flags)
{
	seq_puts(m, flags & MS_RDONLY ? "ro" : "rw");
	for (size_t i = 0; i < ARRAY_SIZE(option_names); i++)
		if (flags & option_names[i].flag)
			seq_puts(m, option_names[i].text);
}

static void show_one(struct seq_file *m, struct vfsmount *mnt, const char *where, int id, int parent, bool info)
{
	const char *type = mnt->mnt_sb->s_type->name;
	unsigned int dev = mnt->mnt_sb->s_dev;

	if (info)
		seq_printf(m, "%d %d %u:%u / ", id, parent, MAJOR(dev), MINOR(dev));
	else {
		seq_escape(m, mnt->mnt_devname);
		seq_putc(m, ' ');
	}
	seq_escape(m, where);
	if (info) {
		seq_putc(m, ' ');
		show_options(m, mnt->mnt_flags);
		seq_printf(m, " - %s ", type);
		seq_escape(m, mnt->mnt_devname);
		seq_printf(m, " %s\n", mnt->mnt_flags & MS_RDONLY ? "ro" : "rw");
		return;
	}
	seq_printf(m, " %s ", type);
	show_options(m, mnt->mnt_flags);
	seq_puts(m, " 0 0\n");
}

void show_mounts(struct seq_file *m, const struct path *root, bool info)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct vfsmount *mnt;
	int parent;

	for (int i = 0; buf && (mnt = nth_mount(i, &parent)) != NULL; i++) {
		struct path p = { .mnt = mnt, .dentry = mnt->mnt_root };
		bool reachable;
		char *where = path_from_root(&p, root, buf, PATH_MAX, &reachable);

		if (!IS_ERR(where) && reachable)
			show_one(m, mnt, where, i + 1, parent + 1, info);
		mntput(mnt);
	}
	kfree(buf);
}
