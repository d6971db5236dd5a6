/* kernel/fs/pty.c - UNIX98 pseudo terminals: a program at the master's end plays the line of a slave terminal
 *
 * What:   /dev/ptmx makes a pair; the slave is a whole terminal at /dev/pts/N; the master reads what it prints and
 *         types by writing. Packet mode (TIOCPKT). Either end's close hangs the other up.
 * Called: the VFS; the tty files for the slave's driver hooks.
 * Calls:  the line discipline, in the writer's own context: what the master wrote is there when write() returns.
 * Locks:  table_lock (sleeping) for the table of pairs and their birth and death; pair->lock for the bytes from slave
 *         to master, taken after the slave's tty->lock.
 *         Pairs are recycled, never freed: a stale signal->tty points at a terminal of another session at worst.
 */
#include "kernel/fs/tty_internal.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "lib/printf.h"

#define PTY_MAX 4096u	/* as Linux's kernel.pty.max; minors of major 136 */
#define OUT_SIZE 16384u	/* slave to master */

struct pty_pair {
	u32 index;		/* [C] */
	struct tty_struct slave;
	spinlock_t lock;
	char *out;		/* ring of OUT_SIZE bytes */
	u32 head, tail;		/* run freely */
	wait_queue_head_t wait;	/* the master's readers and writers */
	struct mutex write_lock;
	bool locked;		/* TIOCSPTLCK: the slave may not be opened yet */
	bool master_open;
	bool slave_was_open;	/* reads give EIO once the last slave descriptor has gone */
};

static DEFINE_MUTEX(table_lock);
static struct pty_pair *pairs[PTY_MAX];

static struct pty_pair *pair_of(struct tty_struct *slave) { return slave->driver_data; }

/* --- the slave's driver: what it prints goes into the ring --- */

static void wake_master(struct pty_pair *p, __poll_t events)
{
	if (wq_has_sleeper(&p->wait))
		wake_up_interruptible_poll(&p->wait, events);
}

static size_t slave_write(struct tty_struct *tty, const char *buf, size_t n)
{
	struct pty_pair *p = pair_of(tty);
	size_t done = 0;

	spin_lock(&p->lock);
	while (done < n && p->head - p->tail < OUT_SIZE)
		p->out[p->head++ % OUT_SIZE] = buf[done++];
	spin_unlock(&p->lock);
	wake_master(p, EPOLLIN | EPOLLRDNORM);
	return done;
}

static size_t slave_chars(struct tty_struct *tty)
{
	return READ_ONCE(pair_of(tty)->head) - READ_ONCE(pair_of(tty)->tail);
}

static size_t slave_room(struct tty_struct *tty) { return OUT_SIZE - min(slave_chars(tty), (size_t)OUT_SIZE); }

static void slave_flush(struct tty_struct *tty)
{
	struct pty_pair *p = pair_of(tty);

	spin_lock(&p->lock);
	p->tail = p->head;
	spin_unlock(&p->lock);
}

/* The slave's reader made room, or output may flow again. */
static void slave_start(struct tty_struct *tty) { wake_master(pair_of(tty), EPOLLOUT | EPOLLWRNORM); }

static void slave_closed(struct tty_struct *tty)
{
	__wake_up(&pair_of(tty)->wait, TASK_NORMAL, 0, poll_to_key(EPOLLHUP | EPOLLIN));
}

static const struct tty_operations pty_slave_ops = {
	.write = slave_write,
	.write_room = slave_room,
	.flush_buffer = slave_flush,
	.start = slave_start,
	.closed = slave_closed,
};

static int slave_open(struct inode *inode, struct file *f)
{
	struct pty_pair *p;
	int err = -EIO;

	mutex_lock(&table_lock);
	p = MINOR(inode->i_rdev) < PTY_MAX ? pairs[MINOR(inode->i_rdev)] : NULL;
	if (p && p->master_open && !p->locked)
		err = tty_attach(&p->slave, f, false, f->f_flags & O_NOCTTY);
	if (!err) {
		p->slave_was_open = true;
		f->f_op = &tty_fops;
	}
	mutex_unlock(&table_lock);
	return err;
}

static const struct file_operations pts_fops = { .open = slave_open };

/* An event for a master in packet mode; the slave's lock is held. */
void pty_packet_event_locked(struct tty_struct *tty, u8 event)
{
	if (!tty->is_pty || !tty->packet)
		return;
	tty->packet_status |= event;
	wake_master(pair_of(tty), EPOLLPRI | EPOLLIN | EPOLLRDNORM);
}

/* --- the master --- */

static struct pty_pair *new_pair(u32 index)
{
	struct pty_pair *p = kvzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->out = kvzalloc(OUT_SIZE, GFP_KERNEL);
	if (!p->out) {
		kvfree(p);
		return NULL;
	}
	p->index = index;
	spin_lock_init(&p->lock);
	init_waitqueue_head(&p->wait);
	mutex_init(&p->write_lock);
	tty_struct_init(&p->slave, &pty_slave_ops, p, MKDEV(PTS_MAJOR, index));
	p->slave.is_pty = true;
	return p;
}

/* A recycled pair starts as a new one does. */
static void reset_pair(struct pty_pair *p)
{
	struct tty_struct *tty = &p->slave;

	p->head = p->tail = 0;
	p->locked = true;
	p->master_open = true;
	p->slave_was_open = false;
	spin_lock(&tty->lock);
	memset(&tty->winsize, 0, sizeof(tty->winsize));
	tty->column = tty->canon_column = 0;
	tty->packet = false;
	tty->packet_status = 0;
	spin_unlock(&tty->lock);
}

/* The lowest free index, its pair ready and its node made. table_lock held. */
static struct pty_pair *claim_pair_locked(void)
{
	char name[16];
	u32 i = 0;

	while (i < PTY_MAX && pairs[i] && (pairs[i]->master_open || pairs[i]->slave.count))
		i++;
	if (i == PTY_MAX)
		return ERR_PTR(-ENOSPC);
	if (!pairs[i])
		pairs[i] = new_pair(i);
	if (!pairs[i])
		return ERR_PTR(-ENOMEM);
	snprintf(name, sizeof(name), "pts/%u", i);
	reset_pair(pairs[i]);
	if (register_chrdev(pairs[i]->slave.devnum, name, 0620, &pts_fops)) {
		pairs[i]->master_open = false;
		return ERR_PTR(-ENOMEM);
	}
	return pairs[i];
}

static int ptmx_open(struct inode *inode, struct file *f)
{
	struct pty_pair *p;

	mutex_lock(&table_lock);
	p = claim_pair_locked();
	mutex_unlock(&table_lock);
	if (IS_ERR(p))
		return (int)PTR_ERR(p);
	f->private_data = p;
	f->f_mode |= FMODE_STREAM;
	return 0;
}

static int ptmx_release(struct inode *inode, struct file *f)
{
	struct pty_pair *p = f->private_data;

	unregister_chrdev(p->slave.devnum);
	tty_hangup(&p->slave);
	mutex_lock(&table_lock);
	p->master_open = false;
	mutex_unlock(&table_lock);
	return 0;
}

static bool slave_gone(const struct pty_pair *p)
{
	return p->slave_was_open && !READ_ONCE(p->slave.count);
}

static bool master_readable(const struct pty_pair *p)
{
	return READ_ONCE(p->head) != READ_ONCE(p->tail) || (p->slave.packet && p->slave.packet_status);
}

static size_t take_output(struct pty_pair *p, char *buf, size_t max)
{
	size_t n = 0;

	spin_lock(&p->lock);
	while (n < max && p->tail != p->head)
		buf[n++] = p->out[p->tail++ % OUT_SIZE];
	spin_unlock(&p->lock);
	return n;
}

/* Packet mode: an event byte alone, or a zero before the data. 1: a status was given, 0: data may follow. */
static int read_packet_header(struct pty_pair *p, struct iov_iter *to)
{
	u8 status;

	spin_lock(&p->slave.lock);
	status = p->slave.packet_status;
	p->slave.packet_status = 0;
	spin_unlock(&p->slave.lock);
	if (copy_to_iter(&status, 1, to) != 1)
		return -EFAULT;
	return status != 0;
}

static ssize_t read_output(struct pty_pair *p, struct iov_iter *to)
{
	char piece[256];
	ssize_t total = 0;
	size_t n;
	int header;

	if (p->slave.packet) {
		header = read_packet_header(p, to);
		if (header)
			return header;
		total = 1;
	}
	while (iov_iter_count(to) && (n = take_output(p, piece, min(iov_iter_count(to), sizeof(piece))))) {
		if (copy_to_iter(piece, n, to) != n)
			return total ? total : -EFAULT;
		total += (ssize_t)n;
	}
	tty_wakeup(&p->slave);
	return total;
}

static ssize_t ptmx_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pty_pair *p = f->private_data;

	if (!iov_iter_count(to))
		return 0;
	if (!master_readable(p)) {
		if (slave_gone(p))
			return -EIO;
		if (f->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(p->wait, master_readable(p) || slave_gone(p)))
			return -ERESTARTSYS;
		if (!master_readable(p))
			return -EIO;
	}
	return read_output(p, to);
}

static bool may_type(struct pty_pair *p)
{
	struct tty_struct *tty = &p->slave;
	bool may;

	spin_lock(&tty->lock);
	may = tty->read_head - tty->read_tail < N_TTY_BUF_SIZE - 1 ||
	      (L_FLAG(tty, ICANON) && tty->canon_head == tty->read_tail);
	spin_unlock(&tty->lock);
	return may;
}

static ssize_t type_piece(struct pty_pair *p, struct file *f, const char *piece, size_t n)
{
	size_t done = 0;

	for (;;) {
		done += n_tty_receive(&p->slave, piece + done, n - done);
		if (done == n)
			return (ssize_t)n;
		if (f->f_flags & O_NONBLOCK)
			return done ? (ssize_t)done : -EAGAIN;
		if (wait_event_interruptible(p->wait, may_type(p)))
			return done ? (ssize_t)done : -ERESTARTSYS;
	}
}

static ssize_t ptmx_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct pty_pair *p = f->private_data;
	char piece[256];
	ssize_t total = 0, done = 0;
	size_t n;

	if (f->f_flags & O_NONBLOCK) {
		if (!mutex_trylock(&p->write_lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&p->write_lock)) { /* its holder may wait for a reader for ever */
		return -ERESTARTSYS;
	}
	while (iov_iter_count(from)) {
		n = min(iov_iter_count(from), sizeof(piece));
		done = copy_from_iter_full(piece, n, from) ? type_piece(p, f, piece, n) : -EFAULT;
		if (done > 0)
			total += done;
		if (done < (ssize_t)n)
			break;
	}
	mutex_unlock(&p->write_lock);
	return total ? total : min(done, (ssize_t)0);
}

static __poll_t ptmx_poll(struct file *f, struct poll_table_struct *pt)
{
	struct pty_pair *p = f->private_data;
	__poll_t mask = 0;

	poll_wait(f, &p->wait, pt);
	if (master_readable(p))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (p->slave.packet && p->slave.packet_status)
		mask |= EPOLLPRI;
	if (slave_gone(p))
		mask |= EPOLLHUP;
	if (may_type(p))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

static long set_lock(struct pty_pair *p, int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	p->locked = on != 0;
	return 0;
}

static long set_packet_mode(struct pty_pair *p, int __user *arg)
{
	int on;

	if (get_user(on, arg))
		return -EFAULT;
	spin_lock(&p->slave.lock);
	p->slave.packet = on != 0;
	p->slave.packet_status = 0;
	spin_unlock(&p->slave.lock);
	return 0;
}

/* The master's user sends a signal to the slave's foreground group. */
static long send_sig(struct pty_pair *p, unsigned long sig)
{
	pid_t pgrp = tty_pgrp(&p->slave);

	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	if (pgrp)
		kill_pgrp(pgrp, (int)sig);
	return 0;
}

/* A descriptor of the slave without its name (TIOCGPTPEER), for when /dev/pts is out of reach. */
static long open_peer(struct pty_pair *p, int flags)
{
	char name[32];
	struct file *f;
	int fd;

	snprintf(name, sizeof(name), "/dev/pts/%u", p->index);
	fd = get_unused_fd_flags((unsigned int)flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	f = filp_open(name, flags, 0);
	if (IS_ERR(f)) {
		put_unused_fd((unsigned int)fd);
		return PTR_ERR(f);
	}
	fd_install((unsigned int)fd, f);
	return fd;
}

static long ptmx_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct pty_pair *p = f->private_data;
	long ret;

	switch (cmd) {
	case TIOCGPTN:
		return put_user(p->index, (unsigned int __user *)arg);
	case TIOCSPTLCK:
		return set_lock(p, (int __user *)arg);
	case TIOCGPTLCK:
		return put_user((int)p->locked, (int __user *)arg);
	case TIOCPKT:
		return set_packet_mode(p, (int __user *)arg);
	case TIOCGPKT:
		return put_user((int)p->slave.packet, (int __user *)arg);
	case TIOCSIG:
		return send_sig(p, arg);
	case TIOCGPTPEER:
		return open_peer(p, (int)arg);
	case FIONREAD:
		return put_user((int)slave_chars(&p->slave), (int __user *)arg);
	case TIOCOUTQ:
		return put_user((int)n_tty_inq(&p->slave), (int __user *)arg);
	case TIOCSCTTY:
	case TIOCNOTTY:
		return -ENOTTY;
	}
	ret = tty_jobctrl_ioctl(&p->slave, true, cmd, arg);
	return ret == -ENOIOCTLCMD ? tty_mode_ioctl(&p->slave, false, cmd, arg) : ret;
}

static const struct file_operations ptmx_fops = {
	.open = ptmx_open,
	.release = ptmx_release,
	.read_iter = ptmx_read,
	.write_iter = ptmx_write,
	.poll = ptmx_poll,
	.unlocked_ioctl = ptmx_ioctl,
	.llseek = no_llseek,
};

void pty_init(void)
{
	register_chrdev(MKDEV(TTYAUX_MAJOR, 2), "ptmx", 0666, &ptmx_fops);
}
