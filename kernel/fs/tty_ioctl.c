/* kernel/fs/tty_ioctl.c - termios(3), window size, flow control and flushing, as ioctl_tty(2) lists them
 *
 * Called: the VFS; pty.c for the master's end, where tty is the slave.
 * Locks:  takes tty->lock for termios and winsize.
 * Absent: TCGETA and kin (SVR2 termio), TIOCGSERIAL; TIOCSTI is refused, as Linux does with legacy_tiocsti=0.
 */
#include "kernel/fs/tty_internal.h"
#include "kernel/mm/uaccess.h"
#include <linux/capability.h>
#include <linux/tty.h>

/* --- termios --- */

static const u32 speeds[] = {
	0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400,
};
static const u32 extended_speeds[] = {
	0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
	3000000, 3500000, 4000000,
};

/* Bits per second that c_cflag's CBAUD stands for; BOTHER: the number beside it. */
static u32 baud_of(u32 cbaud, u32 other)
{
	if (cbaud == BOTHER)
		return other;
	return cbaud & CBAUDEX ? extended_speeds[cbaud & 15] : speeds[cbaud & 15];
}

static int termios_from_user(struct termios2 *t, const void __user *arg, size_t size)
{
	if (copy_from_user(t, arg, size))
		return -EFAULT;
	t->c_ospeed = baud_of(t->c_cflag & CBAUD, t->c_ospeed);
	t->c_ispeed = t->c_ospeed;
	return 0;
}

static void install_termios(struct tty_struct *tty, const struct termios2 *new)
{
	u32 old_lflag, old_iflag;

	spin_lock(&tty->lock);
	old_lflag = tty->termios.c_lflag;
	old_iflag = tty->termios.c_iflag;
	tty->termios = *new;
	n_tty_mode_changed_locked(tty, old_lflag);
	if (!I_FLAG(tty, IXON) && (old_iflag & IXON))
		tty_start_locked(tty);
	if (((old_iflag ^ new->c_iflag) & IXON) || ((old_lflag ^ new->c_lflag) & EXTPROC))
		pty_packet_event_locked(tty, I_FLAG(tty, IXON) ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	spin_unlock(&tty->lock);
	if (tty->ops->set_termios)
		tty->ops->set_termios(tty);
	wake_up_interruptible_all(&tty->read_wait);
}

static size_t unsent(struct tty_struct *tty)
{
	return tty->ops->chars_in_buffer ? tty->ops->chars_in_buffer(tty) : 0;
}

int tty_wait_until_sent(struct tty_struct *tty, s64 limit_ns)
{
	long left = wait_event_interruptible_timeout(tty->write_wait, !unsent(tty), limit_ns);

	return left < 0 ? (int)left : 0;
}

static int wait_until_sent(struct tty_struct *tty)
{
	return tty_wait_until_sent(tty, MAX_SCHEDULE_TIMEOUT);
}

/* how: TCSETS at once, TCSETSW after output has drained, TCSETSF also flushes input. size tells termios from
 * termios2. */
static long set_termios(struct tty_struct *tty, bool check, unsigned int how, const void __user *arg, size_t size)
{
	long err = check ? tty_check_change(tty, SIGTTOU) : 0;
	struct termios2 new = tty->termios;

	if (err)
		return err;
	err = termios_from_user(&new, arg, size);
	if (err)
		return err;
	if (how != TCSETS) {
		err = wait_until_sent(tty);
		if (err)
			return err;
	}
	if (how == TCSETSF)
		n_tty_flush_input(tty);
	install_termios(tty, &new);
	return 0;
}

static long get_termios(struct tty_struct *tty, void __user *arg, size_t size)
{
	struct termios2 t;

	spin_lock(&tty->lock);
	t = tty->termios;
	spin_unlock(&tty->lock);
	return copy_to_user(arg, &t, size) ? -EFAULT : 0;
}

/* --- window size --- */

static long get_winsize(struct tty_struct *tty, struct winsize __user *arg)
{
	struct winsize w;

	spin_lock(&tty->lock);
	w = tty->winsize;
	spin_unlock(&tty->lock);
	return copy_to_user(arg, &w, sizeof(w)) ? -EFAULT : 0;
}

int tty_set_winsize(struct tty_struct *tty, const struct winsize __user *arg)
{
	struct winsize w;
	bool changed;
	pid_t pgrp = READ_ONCE(tty->pgrp);

	if (copy_from_user(&w, arg, sizeof(w)))
		return -EFAULT;
	spin_lock(&tty->lock);
	changed = memcmp(&w, &tty->winsize, sizeof(w)) != 0;
	tty->winsize = w;
	spin_unlock(&tty->lock);
	if (changed && pgrp)
		kill_pgrp(pgrp, SIGWINCH);
	return 0;
}

/* --- flow and flushing --- */

static long tcxonc(struct tty_struct *tty, unsigned long how)
{
	char c = (char)tty->termios.c_cc[how == TCIOFF ? VSTOP : VSTART];

	if (how > TCION)
		return -EINVAL;
	spin_lock(&tty->lock);
	if (how == TCOOFF)
		tty_stop_locked(tty);
	else if (how == TCOON)
		tty_start_locked(tty);
	else if (c)
		tty->ops->write(tty, &c, 1);
	spin_unlock(&tty->lock);
	return 0;
}

static long tcflsh(struct tty_struct *tty, unsigned long which)
{
	if (which > TCIOFLUSH)
		return -EINVAL;
	if (which != TCOFLUSH)
		n_tty_flush_input(tty);
	if (which != TCIFLUSH)
		n_tty_flush_output(tty);
	return 0;
}

static long send_break(struct tty_struct *tty, u64 ms)
{
	int err = wait_until_sent(tty);

	if (err || !ms || !tty->ops->break_ctl)
		return err;
	tty->ops->break_ctl(tty, true);
	sleep_ns(ms * NSEC_PER_MSEC);
	tty->ops->break_ctl(tty, false);
	return 0;
}

static long flow_ioctl(struct tty_struct *tty, bool check, unsigned int cmd, unsigned long arg)
{
	long err = check ? tty_check_change(tty, SIGTTOU) : 0;

	if (err)
		return err;
	switch (cmd) {
	case TCXONC:
		return tcxonc(tty, arg);
	case TCFLSH:
		return tcflsh(tty, arg);
	case TCSBRK:
		return send_break(tty, arg ? 0 : 250);
	default: /* TCSBRKP: in tenths of a second */
		return send_break(tty, arg ? min(arg, 100UL) * 100 : 250);
	}
}

/* --- the rest --- */

static long set_exclusive(struct tty_struct *tty, bool on)
{
	spin_lock(&tty->lock);
	tty->exclusive = on;
	spin_unlock(&tty->lock);
	return 0;
}

static long set_discipline(int __user *arg)
{
	int which;

	if (get_user(which, arg))
		return -EFAULT;
	return which == N_TTY ? 0 : -EINVAL;
}

long tty_mode_ioctl(struct tty_struct *tty, bool check, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	switch (cmd) {
	case TCGETS:
		return get_termios(tty, p, sizeof(struct termios));
	case TCGETS2:
		return get_termios(tty, p, sizeof(struct termios2));
	case TCSETS: case TCSETSW: case TCSETSF:
		return set_termios(tty, check, cmd, p, sizeof(struct termios));
	case TCSETS2: case TCSETSW2: case TCSETSF2:
		return set_termios(tty, check, TCSETS + (cmd - TCSETS2), p, sizeof(struct termios2));
	case TIOCGWINSZ:
		return get_winsize(tty, p);
	case TIOCSWINSZ:
		return tty_set_winsize(tty, p);
	case TCXONC: case TCFLSH: case TCSBRK: case TCSBRKP:
		return flow_ioctl(tty, check, cmd, arg);
	case TIOCEXCL:
		return set_exclusive(tty, true);
	case TIOCNXCL:
		return set_exclusive(tty, false);
	case TIOCGEXCL:
		return put_user((int)tty->exclusive, (int __user *)p);
	case TIOCGETD:
		return put_user((int)N_TTY, (int __user *)p);
	case TIOCSETD:
		return set_discipline(p);
	case TIOCGDEV:
		return put_user((unsigned int)tty->devnum, (unsigned int __user *)p);
	case TIOCSTI:
		return -EIO;
	}
	return -ENOIOCTLCMD;
}

long tty_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct tty_file *tf = f->private_data;
	struct tty_struct *tty = tf->tty;
	long ret;

	if (tty_file_hung_up(tf))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (cmd) {
	case FIONREAD: /* and TIOCINQ */
		return put_user((int)n_tty_inq(tty), (int __user *)arg);
	case TIOCOUTQ:
		return put_user((int)unsent(tty), (int __user *)arg);
	case TIOCVHANGUP:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_hangup(tty);
		return 0;
	case TIOCGPTN:
		return tty->is_pty ? put_user(tty->devnum & 0xff, (unsigned int __user *)arg) : -ENOTTY;
	}
	ret = tty_jobctrl_ioctl(tty, false, cmd, arg);
	return ret == -ENOIOCTLCMD ? tty_mode_ioctl(tty, true, cmd, arg) : ret;
}
