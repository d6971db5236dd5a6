/* kernel/fs/tty_read.c - read and write of a terminal; the worker that takes bytes from the line
 *
 * What:   canonical reads (a line at most), raw reads (VMIN, VTIME), writes that wait for room, the flip buffer.
 * Called: the VFS in process context; drivers in interrupts (tty_receive).
 * Calls:  tty_ldisc.c, tty_output.c, tty_jobctrl.c.
 * Locks:  read_lock or write_lock for the whole call, tty->lock for a piece of it, flip_lock for the flip buffer.
 */
#include "kernel/fs/tty_internal.h"

#define MASK(i) ((i) & (N_TTY_BUF_SIZE - 1))
#define PIECE 256u

/* --- from the line: interrupt to worker --- */

void tty_receive(struct tty_struct *tty, const char *buf, size_t n)
{
	unsigned long flags;

	spin_lock_irqsave(&tty->flip_lock, flags);
	for (size_t i = 0; i < n; i++) {
		if (tty->flip_head - tty->flip_tail == N_TTY_BUF_SIZE)
			tty->overruns++;
		else
			tty->flip[MASK(tty->flip_head++)] = buf[i];
	}
	spin_unlock_irqrestore(&tty->flip_lock, flags);
	schedule_work(&tty->flip_work);
}

static size_t flip_peek(struct tty_struct *tty, char *out, size_t max)
{
	unsigned long flags;
	size_t n = 0;

	spin_lock_irqsave(&tty->flip_lock, flags);
	for (u32 i = tty->flip_tail; n < max && i != tty->flip_head; i++)
		out[n++] = tty->flip[MASK(i)];
	spin_unlock_irqrestore(&tty->flip_lock, flags);
	return n;
}

void tty_flip_work(struct work_struct *work)
{
	struct tty_struct *tty = container_of(work, struct tty_struct, flip_work);
	char piece[PIECE];
	size_t n, taken;

	mutex_lock(&tty->flip_mutex);
	do {
		n = flip_peek(tty, piece, sizeof(piece));
		taken = n ? n_tty_receive(tty, piece, n) : 0;
		spin_lock_irq(&tty->flip_lock);
		tty->flip_tail += (u32)taken;
		spin_unlock_irq(&tty->flip_lock);
	} while (taken && taken == n);
	mutex_unlock(&tty->flip_mutex);
}

/* A reader made room: what waits in the flip buffer may come in; a pty's master may write on. */
void tty_flip_kick(struct tty_struct *tty)
{
	if (READ_ONCE(tty->flip_head) != READ_ONCE(tty->flip_tail))
		schedule_work(&tty->flip_work);
	if (tty->is_pty && tty->ops->start)
		tty->ops->start(tty);
}

/* --- read --- */

/* One piece of a canonical line into out. *eol: the line ended. *eof: the mark of ^D stood there (not copied). */
static size_t take_line_locked(struct tty_struct *tty, char *out, size_t max, bool *eol)
{
	size_t n = 0;

	*eol = false;
	while (tty->read_tail != tty->canon_head && !*eol) {
		u32 i = MASK(tty->read_tail);
		bool mark = test_bit(i, tty->line_end);

		if (mark && tty->read_buf[i] == 0) { /* end of file: costs the reader no room */
			__clear_bit(i, tty->line_end);
			tty->read_tail++;
			*eol = true;
			break;
		}
		if (n == max)
			break;
		out[n++] = tty->read_buf[i];
		__clear_bit(i, tty->line_end);
		tty->read_tail++;
		*eol = mark;
	}
	return n;
}

static size_t take_raw_locked(struct tty_struct *tty, char *out, size_t max)
{
	size_t n = 0;

	while (n < max && tty->read_tail != tty->read_head)
		out[n++] = tty->read_buf[MASK(tty->read_tail++)];
	tty->canon_head = tty->read_tail;
	return n;
}

static ssize_t read_canonical(struct tty_struct *tty, struct iov_iter *to)
{
	char piece[PIECE];
	ssize_t total = 0;
	bool eol = false;

	while (iov_iter_count(to) && !eol) {
		size_t n;

		spin_lock(&tty->lock);
		n = take_line_locked(tty, piece, min(iov_iter_count(to), sizeof(piece)), &eol);
		spin_unlock(&tty->lock);
		if (n && copy_to_iter(piece, n, to) != n)
			return total ? total : -EFAULT;
		total += (ssize_t)n;
		if (!n)
			break;
	}
	return total;
}

static ssize_t read_raw_now(struct tty_struct *tty, struct iov_iter *to)
{
	char piece[PIECE];
	ssize_t total = 0;
	size_t n;

	while (iov_iter_count(to)) {
		spin_lock(&tty->lock);
		n = take_raw_locked(tty, piece, min(iov_iter_count(to), sizeof(piece)));
		spin_unlock(&tty->lock);
		if (!n)
			break;
		if (copy_to_iter(piece, n, to) != n)
			return total ? total : -EFAULT;
		total += (ssize_t)n;
	}
	return total;
}

static bool input_there(struct tty_struct *tty)
{
	bool there;

	spin_lock(&tty->lock);
	there = L_FLAG(tty, ICANON) ? tty->canon_head != tty->read_tail : tty->read_head != tty->read_tail;
	spin_unlock(&tty->lock);
	return there;
}

/* Waits for input, at most ns. 1: there is some, 0: time ran out or hang-up, or -errno. */
static int wait_input(struct tty_file *tf, struct file *f, s64 ns)
{
	struct tty_struct *tty = tf->tty;
	s64 left;

	if (input_there(tty))
		return 1;
	if (tty_file_hung_up(tf))
		return 0;
	if (f->f_flags & O_NONBLOCK)
		return -EAGAIN;
	left = wait_event_interruptible_timeout(tty->read_wait, input_there(tty) || tty_file_hung_up(tf), ns);
	if (left < 0)
		return -ERESTARTSYS;
	return input_there(tty);
}

/* VMIN and VTIME (termios(3)): both 0 polls; VTIME alone is a time limit; with VMIN it runs between bytes. */
static ssize_t read_raw(struct tty_file *tf, struct file *f, struct iov_iter *to)
{
	struct tty_struct *tty = tf->tty;
	size_t vmin = tty->termios.c_cc[VMIN];
	s64 vtime_ns = tty->termios.c_cc[VTIME] * 100 * (s64)NSEC_PER_MSEC;
	ssize_t total = 0, got;
	int err = 1;

	do {
		s64 limit = vmin && (!total || !vtime_ns) ? MAX_SCHEDULE_TIMEOUT : vtime_ns;

		if (!limit && !input_there(tty))
			break;
		err = wait_input(tf, f, limit);
		if (err <= 0)
			break;
		got = read_raw_now(tty, to);
		if (got < 0)
			return total ? total : got;
		total += got;
	} while (iov_iter_count(to) && (size_t)total < vmin && !L_FLAG(tty, ICANON));
	return total ? total : min(err, 0);
}

static ssize_t read_locked(struct tty_file *tf, struct file *f, struct iov_iter *to)
{
	int err;

	if (!L_FLAG(tf->tty, ICANON))
		return read_raw(tf, f, to);
	err = wait_input(tf, f, MAX_SCHEDULE_TIMEOUT);
	if (err <= 0)
		return err;
	return read_canonical(tf->tty, to);
}

ssize_t tty_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct tty_file *tf = f->private_data;
	struct tty_struct *tty = tf->tty;
	ssize_t ret;

	if (tty_file_hung_up(tf))
		return 0;
	ret = tty_check_change(tty, SIGTTIN);
	if (ret)
		return ret;
	if (!iov_iter_count(to))
		return 0;
	if (mutex_lock_interruptible(&tty->read_lock))
		return -ERESTARTSYS;
	ret = read_locked(tf, f, to);
	mutex_unlock(&tty->read_lock);
	tty_flip_kick(tty);
	return ret;
}

/* --- write --- */

static bool may_write(struct tty_struct *tty) { return !READ_ONCE(tty->stopped) && tty->ops->write_room(tty) >= 8; }

/* Sends all n bytes, waiting for room; how many went, or -errno when none did. */
static ssize_t write_piece(struct tty_file *tf, struct file *f, const char *piece, size_t n)
{
	struct tty_struct *tty = tf->tty;
	size_t done = 0;

	for (;;) {
		if (tty_file_hung_up(tf))
			return done ? (ssize_t)done : -EIO;
		spin_lock(&tty->lock);
		done += n_tty_output_locked(tty, piece + done, n - done);
		spin_unlock(&tty->lock);
		if (done == n)
			return (ssize_t)n;
		if (f->f_flags & O_NONBLOCK)
			return done ? (ssize_t)done : -EAGAIN;
		if (wait_event_interruptible(tty->write_wait, may_write(tty) || tty_file_hung_up(tf)))
			return done ? (ssize_t)done : -ERESTARTSYS;
	}
}

static ssize_t write_locked(struct tty_file *tf, struct file *f, struct iov_iter *from)
{
	char piece[PIECE];
	ssize_t total = 0, done;
	size_t n;

	while (iov_iter_count(from)) {
		n = min(iov_iter_count(from), sizeof(piece));
		if (!copy_from_iter_full(piece, n, from))
			return total ? total : -EFAULT;
		done = write_piece(tf, f, piece, n);
		if (done < 0)
			return total ? total : done;
		total += done;
		if ((size_t)done < n)
			return total;
		cond_resched();
	}
	return total;
}

ssize_t tty_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct tty_file *tf = f->private_data;
	struct tty_struct *tty = tf->tty;
	ssize_t ret;

	if (tty_file_hung_up(tf))
		return -EIO;
	if (L_FLAG(tty, TOSTOP)) {
		ret = tty_check_change(tty, SIGTTOU);
		if (ret)
			return ret;
	}
	if (f->f_flags & O_NONBLOCK) {
		if (!mutex_trylock(&tty->write_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&tty->write_lock)) {
		return -ERESTARTSYS;
	}
	ret = write_locked(tf, f, from);
	mutex_unlock(&tty->write_lock);
	return ret;
}
