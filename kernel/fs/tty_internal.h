/* kernel/fs/tty_internal.h - the terminal as its own files see it
 *
 * Locks: [L] tty->lock (a spinlock taken in process context only), [T] tasklist_lock, [F] flip_lock (with interrupts
 * off), [C] constant. read_lock and write_lock (sleeping) keep one reader's, one writer's bytes together and are
 * taken before tty->lock. A driver's own lock is taken after it.
 */
#pragma once
#include "kernel/fs/fs.h"
#include "kernel/fs/tty.h"
#include "kernel/process/process.h"
#include "kernel/sched/softirq.h"
#include "lib/bitmap.h"
#include "lib/string.h"
#include <asm/termios.h>

#define N_TTY_BUF_SIZE 4096u
#define TTY_MAJOR 4u
#define TTYAUX_MAJOR 5u
#define PTS_MAJOR 136u

struct tty_struct {
	spinlock_t lock;
	struct mutex read_lock, write_lock;
	const struct tty_operations *ops;	/* [C] */
	void *driver_data;			/* [C] */
	dev_t devnum;				/* [C] */
	struct termios2 termios;		/* [L] */
	struct winsize winsize;			/* [L] */
	wait_queue_head_t read_wait, write_wait;
	struct fasync_list fasync; /* files with O_ASYNC */
	int count;				/* [L] open descriptors */
	u32 hangups;				/* [L] a file opened before the last one is dead */
	bool exclusive;				/* [L] TIOCEXCL */
	bool stopped;				/* [L] XOFF */
	bool is_pty;				/* [C] */
	bool packet;				/* [L] pty: TIOCPKT on the master */
	u8 packet_status;			/* [L] TIOCPKT_* events not yet told */
	pid_t pgrp, session;			/* [T] foreground group; session it controls */

	/* input [L]: positions run freely, & (N_TTY_BUF_SIZE - 1) */
	char read_buf[N_TTY_BUF_SIZE];
	DECLARE_BITMAP(line_end, N_TTY_BUF_SIZE);
	u32 read_head, canon_head, read_tail;	/* written to; end of the last whole line; read up to */
	bool lnext;				/* ^V came: the next byte is only a byte */
	u32 column, canon_column;		/* of the cursor; where the line being edited starts */
	u32 pending_sigs;			/* bit sig: to be sent once the lock is free */

	/* bytes from the line, on their way to the worker [F] */
	spinlock_t flip_lock;
	char flip[N_TTY_BUF_SIZE];
	u32 flip_head, flip_tail;
	u64 overruns;
	struct mutex flip_mutex;
	struct work_struct flip_work;
};

/* file->private_data of an open terminal. */
struct tty_file {
	struct tty_struct *tty;
	u32 hangups;	/* tty->hangups when opened */
	bool console;	/* opened as /dev/console: outlives hangups */
};

#define I_FLAG(t, f) ((t)->termios.c_iflag & (f))
#define O_FLAG(t, f) ((t)->termios.c_oflag & (f))
#define L_FLAG(t, f) ((t)->termios.c_lflag & (f))

/* tty_io.c */
void tty_struct_init(struct tty_struct *tty, const struct tty_operations *ops, void *driver, dev_t devnum);
int tty_attach(struct tty_struct *tty, struct file *f, bool console, bool noctty);
void tty_hangup(struct tty_struct *tty);
bool tty_file_hung_up(const struct tty_file *tf);
extern const struct file_operations tty_fops;

/* tty_ldisc.c: the caller holds tty->lock where the name ends in _locked */
size_t n_tty_receive(struct tty_struct *tty, const char *buf, size_t n); /* bytes taken; may send signals */
bool n_tty_readable_locked(const struct tty_struct *tty);
u32 n_tty_inq(struct tty_struct *tty);
void n_tty_flush_input(struct tty_struct *tty);
void n_tty_flush_output(struct tty_struct *tty);
void n_tty_mode_changed_locked(struct tty_struct *tty, u32 old_lflag);
void tty_stop_locked(struct tty_struct *tty);
void tty_start_locked(struct tty_struct *tty);
/* tty_output.c */
size_t n_tty_output_locked(struct tty_struct *tty, const char *buf, size_t n); /* bytes consumed */
void n_tty_echo_locked(struct tty_struct *tty, const char *buf, size_t n);
void n_tty_echo_char_locked(struct tty_struct *tty, char c);
/* tty_read.c */
ssize_t tty_read_iter(struct file *f, struct iov_iter *to, loff_t *pos);
ssize_t tty_write_iter(struct file *f, struct iov_iter *from, loff_t *pos);
void tty_flip_work(struct work_struct *work);
void tty_flip_kick(struct tty_struct *tty);
/* tty_ioctl.c */
long tty_ioctl(struct file *f, unsigned int cmd, unsigned long arg);
int tty_wait_until_sent(struct tty_struct *tty, s64 limit_ns); /* until all output has gone; 0 or -ERESTARTSYS */
/* The part that a pty's master shares: tty is the slave. -ENOIOCTLCMD when unknown. */
long tty_mode_ioctl(struct tty_struct *tty, bool check, unsigned int cmd, unsigned long arg);
int tty_set_winsize(struct tty_struct *tty, const struct winsize __user *arg);
/* tty_jobctrl.c */
int tty_check_change(struct tty_struct *tty, int sig);
long tty_jobctrl_ioctl(struct tty_struct *tty, bool master, unsigned int cmd, unsigned long arg);
void tty_open_ctty(struct tty_struct *tty);
struct tty_struct *get_current_tty(void);
void tty_clear_session(struct tty_struct *tty, bool leader, bool group);
/* pty.c */
void pty_init(void);
void pty_packet_event_locked(struct tty_struct *tty, u8 event);
