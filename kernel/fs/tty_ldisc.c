/* kernel/fs/tty_ldisc.c - the line discipline N_TTY: what each byte typed means
 *
 * What:   termios(3)'s input side: signals, flow control, line editing, echo, canonical lines. What is readable.
 * Called: tty_read.c's worker (serial lines), pty.c (a write to the master). Process context.
 * Calls:  tty_output.c for echo; kill_pgrp() after the lock is released.
 * Locks:  takes tty->lock; functions named _locked want it held.
 * Absent: parity marks (PARMRK), since no line here reports parity errors.
 */
#include "kernel/fs/tty_internal.h"

#define MASK(i) ((i) & (N_TTY_BUF_SIZE - 1))

static inline bool is_cc(const struct tty_struct *tty, int which, char c)
{
	cc_t cc = tty->termios.c_cc[which];

	return cc == (cc_t)c && cc != 0; /* 0 is _POSIX_VDISABLE */
}

bool n_tty_readable_locked(const struct tty_struct *tty)
{
	u32 need = 1;

	if (L_FLAG(tty, ICANON))
		return tty->canon_head != tty->read_tail;
	if (!tty->termios.c_cc[VTIME] && tty->termios.c_cc[VMIN])
		need = tty->termios.c_cc[VMIN];
	return tty->read_head - tty->read_tail >= need;
}

/* FIONREAD: bytes that reads would give now; an EOF mark is none. */
u32 n_tty_inq(struct tty_struct *tty)
{
	u32 n = 0;

	spin_lock(&tty->lock);
	if (!L_FLAG(tty, ICANON))
		n = tty->read_head - tty->read_tail;
	else
		for (u32 i = tty->read_tail; i != tty->canon_head; i++)
			n += !(test_bit(MASK(i), tty->line_end) && tty->read_buf[MASK(i)] == 0);
	spin_unlock(&tty->lock);
	return n;
}

static void reset_input_locked(struct tty_struct *tty)
{
	tty->read_head = tty->canon_head = tty->read_tail = 0;
	memset(tty->line_end, 0, sizeof(tty->line_end));
	tty->lnext = false;
}

void n_tty_flush_input(struct tty_struct *tty)
{
	spin_lock(&tty->lock);
	reset_input_locked(tty);
	pty_packet_event_locked(tty, TIOCPKT_FLUSHREAD);
	spin_unlock(&tty->lock);
	tty_flip_kick(tty);
}

void n_tty_flush_output(struct tty_struct *tty)
{
	if (tty->ops->flush_buffer)
		tty->ops->flush_buffer(tty);
	spin_lock(&tty->lock);
	pty_packet_event_locked(tty, TIOCPKT_FLUSHWRITE);
	spin_unlock(&tty->lock);
	tty_wakeup(tty);
}

/* ICANON was switched: what was typed so far becomes one line, or just bytes. */
void n_tty_mode_changed_locked(struct tty_struct *tty, u32 old_lflag)
{
	if (!((old_lflag ^ tty->termios.c_lflag) & ICANON))
		return;
	memset(tty->line_end, 0, sizeof(tty->line_end));
	tty->canon_head = tty->read_tail;
	tty->lnext = false;
	if (L_FLAG(tty, ICANON) && tty->read_head != tty->read_tail) {
		__set_bit(MASK(tty->read_head - 1), tty->line_end);
		tty->canon_head = tty->read_head;
	}
}

void tty_stop_locked(struct tty_struct *tty)
{
	if (!tty->stopped)
		pty_packet_event_locked(tty, TIOCPKT_STOP);
	WRITE_ONCE(tty->stopped, true);
}

void tty_start_locked(struct tty_struct *tty)
{
	if (!tty->stopped)
		return;
	WRITE_ONCE(tty->stopped, false);
	pty_packet_event_locked(tty, TIOCPKT_START);
	if (tty->ops->start)
		tty->ops->start(tty);
	tty_wakeup(tty);
}

static bool put_byte(struct tty_struct *tty, char c)
{
	/* The last place is kept for the end of a line. */
	if (tty->read_head - tty->read_tail >= N_TTY_BUF_SIZE - 1) {
		if (I_FLAG(tty, IMAXBEL))
			n_tty_echo_locked(tty, "\a", 1);
		return false;
	}
	tty->read_buf[MASK(tty->read_head++)] = c;
	return true;
}

static void end_line(struct tty_struct *tty, char c)
{
	__set_bit(MASK(tty->read_head), tty->line_end);
	tty->read_buf[MASK(tty->read_head++)] = c;
	tty->canon_head = tty->read_head;
}

/* --- editing the unfinished line --- */

/* The column that the byte before pos sits behind, counted from the start of the line, for erasing a tab. */
static u32 column_at(const struct tty_struct *tty, u32 pos)
{
	u32 column = tty->canon_column;

	for (u32 i = tty->canon_head; i != pos; i++) {
		char c = tty->read_buf[MASK(i)];

		if (c == '\t')
			column = (column | 7) + 1;
		else if ((u8)c < 0x20 || c == 0x7f)
			column += L_FLAG(tty, ECHOCTL) ? 2 : 0;
		else if (!(I_FLAG(tty, IUTF8) && ((u8)c & 0xc0) == 0x80))
			column++;
	}
	return column;
}

/* Takes one character (all bytes of it in UTF-8) off the line and off the screen. */
static void erase_one(struct tty_struct *tty)
{
	u32 before = column_at(tty, tty->read_head), cells;

	do
		tty->read_head--;
	while (I_FLAG(tty, IUTF8) && tty->read_head != tty->canon_head &&
	       ((u8)tty->read_buf[MASK(tty->read_head)] & 0xc0) == 0x80);
	if (!L_FLAG(tty, ECHO))
		return;
	if (!L_FLAG(tty, ECHOE)) {
		n_tty_echo_char_locked(tty, (char)tty->termios.c_cc[VERASE]);
		return;
	}
	cells = before - column_at(tty, tty->read_head);
	while (cells--)
		n_tty_echo_locked(tty, tty->read_buf[MASK(tty->read_head)] == '\t' ? "\b" : "\b \b",
				  tty->read_buf[MASK(tty->read_head)] == '\t' ? 1 : 3);
}

static bool is_word_byte(char c)
{
	return (u8)c >= 0x80 || c == '_' || isdigit(c) || (tolower(c) >= 'a' && tolower(c) <= 'z');
}

static void erase_word(struct tty_struct *tty)
{
	bool seen = false;

	while (tty->read_head != tty->canon_head) {
		bool word = is_word_byte(tty->read_buf[MASK(tty->read_head - 1)]);

		if (seen && !word)
			break;
		seen |= word;
		erase_one(tty);
	}
}

static void kill_line(struct tty_struct *tty)
{
	if (L_FLAG(tty, ECHO) && !(L_FLAG(tty, ECHOK) && L_FLAG(tty, ECHOKE) && L_FLAG(tty, ECHOE))) {
		tty->read_head = tty->canon_head;
		n_tty_echo_char_locked(tty, (char)tty->termios.c_cc[VKILL]);
		if (L_FLAG(tty, ECHOK))
			n_tty_echo_locked(tty, "\n", 1);
		return;
	}
	while (tty->read_head != tty->canon_head)
		erase_one(tty);
}

static void reprint_line(struct tty_struct *tty)
{
	n_tty_echo_char_locked(tty, (char)tty->termios.c_cc[VREPRINT]);
	n_tty_echo_locked(tty, "\n", 1);
	tty->canon_column = 0;
	for (u32 i = tty->canon_head; i != tty->read_head; i++)
		n_tty_echo_char_locked(tty, tty->read_buf[MASK(i)]);
}

/* --- one byte; each step returns true when the byte is dealt with --- */

static bool take_flow_control(struct tty_struct *tty, char c)
{
	if (!I_FLAG(tty, IXON))
		return false;
	if (is_cc(tty, VSTART, c)) {
		tty_start_locked(tty);
		return true;
	}
	if (is_cc(tty, VSTOP, c)) {
		tty_stop_locked(tty);
		return true;
	}
	if (tty->stopped && I_FLAG(tty, IXANY))
		tty_start_locked(tty);
	return false;
}

static bool take_signal(struct tty_struct *tty, char c)
{
	int sig = is_cc(tty, VINTR, c) ? SIGINT : is_cc(tty, VQUIT, c) ? SIGQUIT : is_cc(tty, VSUSP, c) ? SIGTSTP : 0;

	if (!sig || !L_FLAG(tty, ISIG))
		return false;
	tty->pending_sigs |= 1u << sig;
	if (!L_FLAG(tty, NOFLSH)) {
		reset_input_locked(tty);
		if (tty->ops->flush_buffer)
			tty->ops->flush_buffer(tty);
		pty_packet_event_locked(tty, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
	}
	if (I_FLAG(tty, IXON))
		tty_start_locked(tty);
	if (L_FLAG(tty, ECHO))
		n_tty_echo_char_locked(tty, c);
	return true;
}

static bool take_editing(struct tty_struct *tty, char c)
{
	bool ext = L_FLAG(tty, IEXTEN);

	if (is_cc(tty, VERASE, c)) {
		if (tty->read_head != tty->canon_head)
			erase_one(tty);
	} else if (is_cc(tty, VKILL, c)) {
		kill_line(tty);
	} else if (ext && is_cc(tty, VWERASE, c)) {
		erase_word(tty);
	} else if (ext && is_cc(tty, VLNEXT, c)) {
		tty->lnext = true;
		if (L_FLAG(tty, ECHO) && L_FLAG(tty, ECHOCTL))
			n_tty_echo_locked(tty, "^\b", 2);
	} else if (ext && L_FLAG(tty, ECHO) && is_cc(tty, VREPRINT, c)) {
		reprint_line(tty);
	} else {
		return false;
	}
	return true;
}

static bool take_line_end(struct tty_struct *tty, char c)
{
	if (is_cc(tty, VEOF, c)) {
		end_line(tty, 0); /* the reader drops a marked zero */
		return true;
	}
	if (c != '\n' && !is_cc(tty, VEOL, c) && !(L_FLAG(tty, IEXTEN) && is_cc(tty, VEOL2, c)))
		return false;
	if (L_FLAG(tty, ECHO) || (c == '\n' && L_FLAG(tty, ECHONL)))
		n_tty_echo_char_locked(tty, c);
	end_line(tty, c);
	return true;
}

static void take_plain(struct tty_struct *tty, char c)
{
	u32 column = tty->column;

	if (!put_byte(tty, c) || !L_FLAG(tty, ECHO))
		return;
	if (tty->read_head - 1 == tty->canon_head)
		tty->canon_column = column;
	n_tty_echo_char_locked(tty, c);
}

static void receive_byte(struct tty_struct *tty, char c)
{
	if (I_FLAG(tty, ISTRIP))
		c &= 0x7f;
	if (tty->lnext) {
		tty->lnext = false;
		take_plain(tty, c);
		return;
	}
	if (take_flow_control(tty, c) || take_signal(tty, c))
		return;
	if (c == '\r' && I_FLAG(tty, IGNCR))
		return;
	if (c == '\r' && I_FLAG(tty, ICRNL))
		c = '\n';
	else if (c == '\n' && I_FLAG(tty, INLCR))
		c = '\r';
	if (I_FLAG(tty, IUCLC) && L_FLAG(tty, IEXTEN))
		c = (char)tolower(c);
	if (L_FLAG(tty, ICANON) && (take_editing(tty, c) || take_line_end(tty, c)))
		return;
	take_plain(tty, c);
}

/* A full buffer holds the sender back, unless that would lock the line up: an unfinished line is too long. */
static bool may_take_locked(const struct tty_struct *tty)
{
	return tty->read_head - tty->read_tail < N_TTY_BUF_SIZE - 1 ||
	       (L_FLAG(tty, ICANON) && tty->canon_head == tty->read_tail);
}

static void send_pending_signals(struct tty_struct *tty, u32 sigs)
{
	pid_t pgrp = READ_ONCE(tty->pgrp);

	for (int sig = 1; sigs && pgrp && sig < 32; sig++)
		if (sigs & 1u << sig)
			kill_pgrp(pgrp, sig);
}

/* Bytes from the line. Returns how many were taken: fewer than n when readers must catch up first. Process context. */
size_t n_tty_receive(struct tty_struct *tty, const char *buf, size_t n)
{
	size_t done = 0;
	bool readable;
	u32 sigs;

	spin_lock(&tty->lock);
	while (done < n && may_take_locked(tty))
		receive_byte(tty, buf[done++]);
	sigs = tty->pending_sigs;
	tty->pending_sigs = 0;
	readable = L_FLAG(tty, ICANON) ? tty->canon_head != tty->read_tail : tty->read_head != tty->read_tail;
	spin_unlock(&tty->lock);
	if (sigs) {
		send_pending_signals(tty, sigs);
		tty_wakeup(tty);
	}
	if (readable && wq_has_sleeper(&tty->read_wait))
		wake_up_interruptible_poll(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
	if (readable)
		fasync_tell(&tty->fasync, FMODE_READ, POLL_IN);
	return done;
}
