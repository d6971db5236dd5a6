/* kernel/fs/tty_output.c - the way out: OPOST processing, and the echo of what was typed
 *
 * What:   newline to return-newline, tabs to spaces, the cursor's column; echo, ^X for control bytes.
 * Called: tty_read.c (writes), tty_ldisc.c (echo). Process context.
 * Calls:  the driver's write hook, which does not sleep.
 * Locks:  the caller holds tty->lock.
 * Absent: delays (NLDLY and friends), which no terminal needs any more; an echo that finds no room is lost.
 */
#include "kernel/fs/tty_internal.h"

static bool is_utf8_continuation(const struct tty_struct *tty, char c)
{
	return I_FLAG(tty, IUTF8) && ((u8)c & 0xc0) == 0x80;
}

static size_t expand_tab(struct tty_struct *tty, char *out)
{
	u32 spaces = 8 - (tty->column & 7);

	tty->column += spaces;
	if (O_FLAG(tty, TABDLY) == XTABS) {
		memset(out, ' ', spaces);
		return spaces;
	}
	out[0] = '\t';
	return 1;
}

static size_t expand_newline(struct tty_struct *tty, char *out)
{
	if (O_FLAG(tty, ONLRET))
		tty->column = 0;
	if (!O_FLAG(tty, ONLCR)) {
		out[0] = '\n';
		return 1;
	}
	tty->column = 0;
	out[0] = '\r';
	out[1] = '\n';
	return 2;
}

static size_t expand_return(struct tty_struct *tty, char *out)
{
	if (O_FLAG(tty, ONOCR) && !tty->column)
		return 0;
	out[0] = O_FLAG(tty, OCRNL) ? '\n' : '\r';
	if (!O_FLAG(tty, OCRNL) || O_FLAG(tty, ONLRET))
		tty->column = 0;
	return 1;
}

/* What c becomes on the line: 0 to 8 bytes into out; moves the column. */
static size_t opost(struct tty_struct *tty, char c, char out[8])
{
	out[0] = c;
	switch (c) {
	case '\n':
		return expand_newline(tty, out);
	case '\r':
		return expand_return(tty, out);
	case '\t':
		return expand_tab(tty, out);
	case '\b':
		tty->column -= tty->column > 0;
		return 1;
	}
	if (O_FLAG(tty, OLCUC) && c >= 'a' && c <= 'z')
		out[0] = (char)(c - 32);
	if ((u8)c >= 0x20 && c != 0x7f && !is_utf8_continuation(tty, c))
		tty->column++;
	return 1;
}

static size_t output_processed(struct tty_struct *tty, const char *buf, size_t n, size_t room)
{
	char out[256], one[8];
	size_t used = 0, done = 0;

	for (; done < n; done++) {
		u32 column = tty->column;
		size_t len = opost(tty, buf[done], one);

		if (used + len > min(room, sizeof(out))) {
			tty->column = column;
			break;
		}
		memcpy(out + used, one, len);
		used += len;
	}
	if (used)
		tty->ops->write(tty, out, used);
	return done;
}

/* Sends what there is room for; the rest must wait for tty_wakeup(). */
size_t n_tty_output_locked(struct tty_struct *tty, const char *buf, size_t n)
{
	size_t total = 0, done, room;

	while (total < n && !tty->stopped) {
		room = tty->ops->write_room(tty);
		if (!room)
			break;
		if (O_FLAG(tty, OPOST))
			done = output_processed(tty, buf + total, n - total, room);
		else
			done = tty->ops->write(tty, buf + total, min(room, n - total));
		if (!done)
			break;
		total += done;
	}
	return total;
}

void n_tty_echo_locked(struct tty_struct *tty, const char *buf, size_t n)
{
	n_tty_output_locked(tty, buf, n);
}

/* Echo of one typed byte: control bytes as ^X with ECHOCTL. */
void n_tty_echo_char_locked(struct tty_struct *tty, char c)
{
	char pair[2] = { '^', (char)(c ^ 0100) };
	bool control = ((u8)c < 0x20 && c != '\t' && c != '\n') || c == 0x7f;

	if (control && L_FLAG(tty, ECHOCTL))
		n_tty_echo_locked(tty, pair, 2);
	else
		n_tty_echo_locked(tty, &c, 1);
}
