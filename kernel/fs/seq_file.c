/* kernel/fs/seq_file.c - text made on demand, read in pieces
 *
 * What:   a show function prints everything at once; an iterator prints entry by entry, as many as one buffer holds,
 *         and remembers the number of the next, so that what changes between two reads neither repeats nor tears.
 * Called: procfs files and what net/ registers.
 * Locks:  each open file has a mutex: two threads may pread the same one.
 */
#include "kernel/fs/proc_internal.h"

#define SEQ_MAX (64u << 20)

struct seq_reader {
	struct seq_file m;
	struct mutex lock;
	size_t from;	    /* bytes of the buffer already read */
	loff_t read_pos;    /* file position of the byte at from */
	int (*show)(struct seq_file *m, void *data);
};

/* --- printing --- */
void seq_write(struct seq_file *m, const void *data, size_t n)
{
	if (n > m->size - m->count) {
		m->count = m->size;
		return;
	}
	memcpy(m->buf + m->count, data, n);
	m->count += n;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(m->buf + m->count, m->size - m->count, fmt, ap);
	va_end(ap);
	m->count = n >= 0 && (size_t)n < m->size - m->count ? m->count + n : m->size;
}

void seq_escape(struct seq_file *m, const char *s)
{
	for (; *s; s++)
		if (strchr(" \t\n\\", *s))
			seq_printf(m, "\\%03o", (unsigned char)*s);
		else
			seq_putc(m, *s);
}

void seq_pad(struct seq_file *m, size_t width)
{
	size_t start = m->count;

	while (start && m->buf[start - 1] != '\n')
		start--;
	while (m->count - start < width && m->count < m->size)
		seq_putc(m, ' ');
}

static bool overflowed(const struct seq_file *m)
{
	return m->count == m->size;
}

/* --- filling the buffer --- */
static int grow(struct seq_file *m)
{
	size_t size = m->size ? m->size * 2 : PAGE_SIZE;
	char *buf = size <= SEQ_MAX ? kvmalloc(size, GFP_KERNEL) : NULL;

	if (!buf)
		return -ENOMEM;
	kvfree(m->buf);
	m->buf = buf;
	m->size = size;
	return 0;
}

static int fill_single(struct seq_reader *r)
{
	struct seq_file *m = &r->m;
	int err;

	if (m->index)
		return 0;
	for (;;) {
		m->count = 0;
		err = r->show(m, m->private);
		if (err < 0) {
			m->count = 0;
			return err;
		}
		if (!overflowed(m))
			break;
		err = grow(m);
		if (err)
			return err;
	}
	m->index = 1;
	return 0;
}

/* Entries from m->index on, until the buffer is half full. -EOVERFLOW: not even one fits. */
static int fill_entries(struct seq_file *m)
{
	loff_t pos = m->index;
	void *v = m->op->start(m, &pos);
	int err = 0;

	while (v && !IS_ERR(v)) {
		size_t before = m->count;
		loff_t was = pos;

		err = m->op->show(m, v);
		if (err || overflowed(m)) {
			bool full = !err;

			m->count = before; /* the entry is not there, or not whole */
			if (err < 0 || full) {
				err = full ? (before ? 0 : -EOVERFLOW) : err;
				break;
			}
			err = 0;
		}
		v = m->op->next(m, v, &pos);
		if (pos == was)
			pos++;
		m->index = pos;
		if (m->count > m->size / 2)
			break;
	}
	m->op->stop(m, v);
	return IS_ERR(v) ? (int)PTR_ERR(v) : err;
}

static int fill(struct seq_reader *r)
{
	struct seq_file *m = &r->m;
	int err;

	r->from = 0;
	m->count = 0;
	if (!m->buf && (err = grow(m)))
		return err;
	if (r->show)
		return fill_single(r);
	while ((err = fill_entries(m)) == -EOVERFLOW) {
		err = grow(m);
		if (err)
			break;
		m->count = 0;
	}
	if (err)
		m->count = 0;
	return err;
}

/* Starts over and reads past everything before pos. */
static int seek_to(struct seq_reader *r, loff_t pos)
{
	r->m.index = 0;
	r->m.count = r->from = 0;
	r->read_pos = 0;
	while (r->read_pos < pos) {
		size_t n;
		int err = fill(r);

		if (err)
			return err;
		if (!r->m.count)
			return 0;
		n = min((loff_t)r->m.count, pos - r->read_pos);
		r->from = n;
		r->read_pos += n;
	}
	return 0;
}

ssize_t seq_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct seq_reader *r = f->private_data;
	size_t total = 0;
	int err = 0;

	mutex_lock(&r->lock);
	if (*pos != r->read_pos || !*pos)
		err = seek_to(r, *pos);
	while (!err && iov_iter_count(to) && r->read_pos == *pos + (loff_t)total) {
		size_t n = min(r->m.count - r->from, iov_iter_count(to)), done;

		if (!n) {
			err = fill(r);
			if (err || !r->m.count)
				break;
			continue;
		}
		done = copy_to_iter(r->m.buf + r->from, n, to);
		r->from += done;
		r->read_pos += done;
		total += done;
		if (done < n)
			err = -EFAULT;
	}
	mutex_unlock(&r->lock);
	*pos += total;
	return total ? (ssize_t)total : err;
}

loff_t seq_llseek(struct file *f, loff_t off, int whence)
{
	return whence == SEEK_END ? -EINVAL : generic_file_llseek(f, off, whence);
}

/* --- opening --- */
static int open_reader(struct file *f, struct seq_reader init)
{
	struct seq_reader *r = kmemdup(&init, sizeof(init), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	r->m.net = current->net;
	f->private_data = r;
	return 0;
}

int seq_open(struct file *f, const struct seq_operations *ops, void *data)
{
	return open_reader(f, (struct seq_reader){ .m.op = ops, .m.private = data });
}

int single_open(struct file *f, int (*show)(struct seq_file *m, void *data), void *data)
{
	return open_reader(f, (struct seq_reader){ .show = show, .m.private = data });
}

int seq_release(struct inode *inode, struct file *f)
{
	struct seq_reader *r = f->private_data;

	kvfree(r->m.buf);
	kfree(r);
	return 0;
}
