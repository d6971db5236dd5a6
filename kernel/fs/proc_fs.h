/* kernel/fs/proc_fs.h - files whose text is made when they are read; and the sysctl tree
 *
 * One of the services that net/ builds on. A show function prints the whole file into a growing buffer; a file that
 * can be large gives an iterator instead. Process context, may sleep.
 */
#pragma once
#include "lib/types.h"

struct net;
struct seq_file {
	char *buf;
	size_t size, count;	/* count == size: overflow, the caller grows the buffer and asks again */
	u64 index;
	void *private;		/* the data given at registration */
	struct net *net;	/* namespace of the reader */
	const struct seq_operations *op;
};
/* start: the entry number *pos (NULL at the end); next: the one after; show prints one; stop always follows start. */
struct seq_operations {
	void *(*start)(struct seq_file *m, loff_t *pos);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	int (*show)(struct seq_file *m, void *v);
};
#define SEQ_START_TOKEN ((void *)1)
void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t n);
/* Prints a path with blanks and newlines as \\ooo, for a field that must stay one word. */
void seq_escape(struct seq_file *m, const char *s);
/* Prints spaces until the line is width wide. */
void seq_pad(struct seq_file *m, size_t width);

/* path is below /proc, "net/dev"; directories on the way are made. show: 0 or -errno. */
int proc_create_single(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data), void *data);
int proc_create_seq(const char *path, umode_t mode, const struct seq_operations *ops, void *data);
/* As single, with a writer: text of n bytes (NUL-terminated copy); returns bytes taken or -errno. */
int proc_create_rw(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data),
		   ssize_t (*write)(const char *text, size_t n, void *data), void *data);
void proc_remove(const char *path);
/* The same below /sys; write may be NULL. */
int sysfs_create_rw(const char *path, umode_t mode, int (*show)(struct seq_file *m, void *data),
		    ssize_t (*write)(const char *text, size_t n, void *data), void *data);
void sysfs_remove(const char *path);

/* net/ says how a namespace is numbered, for /proc/PID/ns/net ("net:[4026531840]"). */
void proc_set_net_inum(u32 (*inum)(const struct net *net));

/* sysctl: /proc/sys/<path>. The value is an integer (checked against min and max), or a string. */
struct ctl_table {
	const char *path;	/* "net/ipv4/ip_forward" */
	void *data;		/* int, u32[], or char[] */
	size_t maxlen;
	umode_t mode;
	int (*handler)(struct ctl_table *t, bool write, char *buf, size_t *len); /* proc_dointvec & co., or one's own */
	long min, max;
	void *extra;
};
/* one or more ints, blanks between */
int proc_dointvec(struct ctl_table *t, bool write, char *buf, size_t *len);
int proc_dointvec_minmax(struct ctl_table *t, bool write, char *buf, size_t *len); /* -EINVAL outside min..max */
int proc_dostring(struct ctl_table *t, bool write, char *buf, size_t *len);
int register_sysctl_table(struct ctl_table *t, size_t n); /* the table must live on */
