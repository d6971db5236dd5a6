/* kernel/fs/tty.h - terminals: the line discipline, job control, the serial console and pseudo terminals */
#pragma once
#include "lib/types.h"

struct tty_struct;
struct ktermios;
/* What a terminal's hardware does. No hook sleeps; write and write_room may be called with the terminal's lock held.
 * Hooks marked * may be NULL. */
struct tty_operations {
	size_t (*write)(struct tty_struct *tty, const char *buf, size_t n); /* bytes taken, at most write_room() */
	size_t (*write_room)(struct tty_struct *tty);
	size_t (*chars_in_buffer)(struct tty_struct *tty); /* * bytes taken but not yet sent */
	void (*flush_buffer)(struct tty_struct *tty);	   /* * forgets them */
	void (*start)(struct tty_struct *tty);		   /* * tty_is_stopped() became false: go on sending */
	void (*set_termios)(struct tty_struct *tty);	   /* * the speed or the frame changed */
	void (*break_ctl)(struct tty_struct *tty, bool on);/* * hold the line in the break state */
	void (*closed)(struct tty_struct *tty);		   /* * the last descriptor went; may sleep */
};
void *tty_driver_data(struct tty_struct *tty);
/* True while the user holds output back (XOFF, TCOOFF). */
bool tty_is_stopped(const struct tty_struct *tty);
/* There is room for output again: wakes writers. Any context. */
void tty_wakeup(struct tty_struct *tty);
/* Bytes came from the line (any context): a worker then edits, echoes, signals, and wakes readers. */
void tty_receive(struct tty_struct *tty, const char *buf, size_t n);
/* Makes the terminal and /dev/name, 4:minor. The first one is the console. NULL without memory. */
struct tty_struct *tty_register(const char *name, u32 minor, const struct tty_operations *ops, void *driver);
void tty_init(void); /* /dev/tty, /dev/console, /dev/ptmx, /dev/pts */
/* Session leader exits: SIGHUP to the foreground group, the terminal is free again. */
void tty_disassociate(void);
u32 tty_devnum(struct tty_struct *tty); /* for /proc/PID/stat; 0 for NULL */
int tty_pgrp(struct tty_struct *tty);	/* foreground group, 0 for none */
