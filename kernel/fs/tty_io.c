/* kernel/fs/tty_io.c - terminals as files: open, close, poll, hang-up; /dev/tty and /dev/console
 *
 * Called: the VFS; drivers register their lines; main.c starts it.
 * Calls:  tty_jobctrl.c, pty.c.
 * Locks:  registry_lock for the list of lines (filled at start); tty->lock for counts and hang-ups.
 */
#include "kernel/fs/tty_internal.h"
#include "kernel/mm/slab.h"
#include <linux/capability.h>

#define MAX_LINES 256 /* minors of major 4: one byte in the device number */
static struct tty_struct *lines[MAX_LINES];
static struct tty_struct *console_tty; /* the first line registered */

void *tty_driver_data(struct tty_struct *tty) { return tty->driver_data; }
bool tty_is_stopped(const struct tty_struct *tty) { return READ_ONCE(tty->stopped); }

void tty_wakeup(struct tty_struct *tty)
{
	if (wq_has_sleeper(&tty->write_wait))
		wake_up_interruptible_poll(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
}

/* What a fresh terminal does: cooked, echoing, 38400 8N1; as Linux's tty_std_termios. */
static const struct termios2 standard_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = { [VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VMIN] = 1, [VSTART] = 17,
		  [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18, [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22 },
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

/* tty is zeroed memory. */
void tty_struct_init(struct tty_struct *tty, const struct tty_operations *ops, void *driver, dev_t devnum)
{
	spin_lock_init(&tty->lock);
	spin_lock_init(&tty->flip_lock);
	mutex_init(&tty->read_lock);
	mutex_init(&tty->write_lock);
	mutex_init(&tty->flip_mutex);
	init_waitqueue_head(&tty->read_wait);
	fasync_list_init(&tty->fasync);
	init_waitqueue_head(&tty->write_wait);
	tty->ops = ops;
	tty->driver_data = driver;
	tty->devnum = devnum;
	tty->termios = standard_termios;
	INIT_WORK(&tty->flip_work, tty_flip_work);
}

bool tty_file_hung_up(const struct tty_file *tf)
{
	return !tf->console && READ_ONCE(tf->tty->hangups) != tf->hangups;
}

/* Ends every open of it, and the session that it controls. Process context. */
void tty_hangup(struct tty_struct *tty)
{
	spin_lock(&tty->lock);
	tty->hangups++;
	tty->read_head = tty->read_tail = tty->canon_head = 0;
	memset(tty->line_end, 0, sizeof(tty->line_end));
	tty->termios = standard_termios;
	tty->lnext = false;
	tty->exclusive = false;
	tty_start_locked(tty);
	spin_unlock(&tty->lock);
	tty_clear_session(tty, true, false);
	wake_up_interruptible_all(&tty->read_wait);
	fasync_tell(&tty->fasync, FMODE_READ | FMODE_WRITE, POLL_HUP);
	__wake_up(&tty->write_wait, TASK_NORMAL, 0, poll_to_key(EPOLLOUT | EPOLLERR | EPOLLHUP));
}

/* Ties f to tty. 0, -EBUSY (TIOCEXCL), -ENOMEM. */
int tty_attach(struct tty_struct *tty, struct file *f, bool console, bool noctty)
{
	struct tty_file *tf = kzalloc(sizeof(*tf), GFP_KERNEL);

	if (!tf)
		return -ENOMEM;
	spin_lock(&tty->lock);
	if (tty->exclusive && tty->count && !capable(CAP_SYS_ADMIN)) {
		spin_unlock(&tty->lock);
		kfree(tf);
		return -EBUSY;
	}
	tty->count++;
	*tf = (struct tty_file){ tty, tty->hangups, console };
	spin_unlock(&tty->lock);
	f->private_data = tf;
	f->f_mode |= FMODE_STREAM;
	if (!noctty)
		tty_open_ctty(tty);
	return 0;
}

static int tty_open(struct inode *inode, struct file *f)
{
	bool console = inode->i_rdev == MKDEV(TTYAUX_MAJOR, 1), noctty = (f->f_flags & O_NOCTTY) || console;
	struct tty_struct *tty;

	if (inode->i_rdev == MKDEV(TTYAUX_MAJOR, 0)) {
		tty = get_current_tty();
		if (!tty)
			return -ENXIO;
		noctty = true;
	} else if (console) {
		tty = console_tty;
	} else {
		tty = lines[MINOR(inode->i_rdev)];
	}
	return tty ? tty_attach(tty, f, console, noctty) : -ENODEV;
}

/* A line that nobody listens to (XOFF) must not keep a process from ending: Linux's closing_wait. */
#define CLOSING_WAIT_NS (30 * NSEC_PER_SEC)

static int tty_release(struct inode *inode, struct file *f)
{
	struct tty_file *tf = f->private_data;
	struct tty_struct *tty = tf->tty;
	bool last;

	spin_lock(&tty->lock);
	last = --tty->count == 0;
	if (last)
		tty->exclusive = false;
	spin_unlock(&tty->lock);
	kfree(tf);
	if (last && !tty->is_pty)
		tty_wait_until_sent(tty, CLOSING_WAIT_NS);
	if (last && tty->ops->closed)
		tty->ops->closed(tty);
	return 0;
}

static __poll_t tty_poll(struct file *f, struct poll_table_struct *pt)
{
	struct tty_file *tf = f->private_data;
	struct tty_struct *tty = tf->tty;
	__poll_t mask = 0;

	poll_wait(f, &tty->read_wait, pt);
	poll_wait(f, &tty->write_wait, pt);
	if (tty_file_hung_up(tf))
		return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM | EPOLLWRNORM;
	spin_lock(&tty->lock);
	if (n_tty_readable_locked(tty))
		mask |= EPOLLIN | EPOLLRDNORM;
	spin_unlock(&tty->lock);
	if (!tty_is_stopped(tty) && tty->ops->write_room(tty) >= 8)
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

/* Without an owner of its own the file belongs to whoever is in the foreground, as on Linux. */
static int tty_fasync(int fd, struct file *f, bool on)
{
	struct tty_struct *tty = ((struct tty_file *)f->private_data)->tty;
	pid_t fg = READ_ONCE(tty->pgrp);

	if (on && !READ_ONCE(f->f_owner))
		WRITE_ONCE(f->f_owner, fg ? -fg : current->tgid);
	fasync_set(&tty->fasync, f, on);
	return 0;
}

const struct file_operations tty_fops = {
	.open = tty_open,
	.release = tty_release,
	.read_iter = tty_read_iter,
	.write_iter = tty_write_iter,
	.poll = tty_poll,
	.unlocked_ioctl = tty_ioctl,
	.llseek = no_llseek,
	.fasync = tty_fasync,
};

struct tty_struct *tty_register(const char *name, u32 minor, const struct tty_operations *ops, void *driver)
{
	struct tty_struct *tty;

	if (minor >= MAX_LINES || lines[minor] || !ops->write || !ops->write_room)
		return NULL;
	tty = kzalloc(sizeof(*tty), GFP_KERNEL);
	if (!tty)
		return NULL;
	tty_struct_init(tty, ops, driver, MKDEV(TTY_MAJOR, minor));
	lines[minor] = tty;
	if (!console_tty)
		console_tty = tty;
	register_chrdev(tty->devnum, name, 0620, &tty_fops);
	return tty;
}

void tty_init(void)
{
	register_chrdev(MKDEV(TTYAUX_MAJOR, 0), "tty", 0666, &tty_fops);
	register_chrdev(MKDEV(TTYAUX_MAJOR, 1), "console", 0600, &tty_fops);
	pty_init();
}
