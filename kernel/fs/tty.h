/* kernel/fs/tty.h - terminals: the line discipline, job control, the serial console and pseudo terminals */
#pragma once
#include "lib/types.h"

struct tty_struct;
/* What a terminal's hardware does; write may be called with interrupts off and must not sleep. */
struct tty_operations {
	void (*write)(struct tty_struct *tty, const char *buf, size_t n);
	size_t (*write_room)(struct tty_struct *tty);
};
/* Bytes came from the line (hard-irq or softirq context): echo, edit, signals, wake readers. */
void tty_receive(struct tty_struct *tty, const char *buf, size_t n);
struct tty_struct *tty_register(const char *name, u32 minor, const struct tty_operations *ops, void *driver);
void tty_init(void); /* /dev/tty, /dev/console, /dev/ptmx, /dev/pts */
/* Session leader exits: SIGHUP to the foreground group, the terminal is free again. */
void tty_disassociate(void);
u32 tty_devnum(struct tty_struct *tty); /* for /proc/PID/stat */
int tty_pgrp(struct tty_struct *tty);
