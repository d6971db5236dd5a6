/* kernel/trace/printk.c - the kernel's voice: a ring of text, and the console
 *
 * What:   printk with levels and times, the ring that syslog(2) reads, an early serial console until a driver comes.
 * Called: everywhere, any context, from the first instruction in C on.
 * Locks:  log_lock guards ring and positions, console_lock the order of lines on the wire; both raw, interrupts off.
 * Note:   a line in the ring is "<6>[    1.234567] text"; the console does not show the "<6>".
 * Absent: per-message dictionaries, rate limits.
 */
#include "kernel/trace/printk.h"
#include "kernel/arch/arch.h"
#include "kernel/init.h"
#include "kernel/sync/spinlock.h"
#include "kernel/time/clock.h"
#include "kernel/trace/internal.h"
#include "lib/printf.h"
#include "lib/string.h"

#define RING_SIZE (64 * 1024) /* a power of two */
#define LINE_MAX_BYTES 512
#define LEVEL_DEFAULT 4
#define LEVEL_DEBUG 7

static char ring[RING_SIZE];
static u64 ring_end;	       /* bytes ever written; under log_lock */
static bool in_line;	       /* the last byte was not a newline; under log_lock */
static spinlock_t log_lock, console_lock;
static bool forced;
static int console_level = -1; /* levels above stay off the console; -1: not asked yet */
static void (*console)(const char *s, size_t n);

/* --- console --- */

void console_register(void (*write)(const char *s, size_t n))
{
	console = write;
}

static bool lock(spinlock_t *l)
{
	int spins = 0;

	while (!__raw_spin_trylock(l)) {
		if (forced && ++spins > 1000000)
			return false;
		cpu_relax();
	}
	return true;
}

static void unlock(spinlock_t *l, bool held)
{
	if (held)
		__raw_spin_unlock(l);
}

void console_write(const char *s, size_t n)
{
	unsigned long flags = local_irq_save();
	bool held = lock(&console_lock);

	(console ? console : arch_early_console)(s, n);
	unlock(&console_lock, held);
	local_irq_restore(flags);
}

void printk_force(void)
{
	forced = true;
}

static bool shown(int level)
{
	char word[8];

	if (console_level < 0) {
		if (!boot_info.loader)
			return level < LEVEL_DEBUG;
		console_level = cmdline_get("quiet", word, sizeof(word)) ? LEVEL_DEFAULT : LEVEL_DEBUG - 1;
		if (cmdline_get("debug", word, sizeof(word)))
			console_level = LEVEL_DEBUG;
		if (cmdline_get("loglevel", word, sizeof(word)) && isdigit(word[0]))
			console_level = word[0] - '0' - 1;
	}
	return level <= console_level || forced;
}

/* --- the ring --- */

/* log_lock held. */
static void ring_put(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[(ring_end + i) % RING_SIZE] = s[i];
	ring_end += n;
}

u64 printk_end(void)
{
	return __atomic_load_n(&ring_end, __ATOMIC_ACQUIRE);
}

u64 printk_start(void)
{
	u64 end = printk_end();

	return end > RING_SIZE ? end - RING_SIZE : 0;
}

size_t printk_read(u64 *pos, char *buf, size_t n)
{
	unsigned long flags = local_irq_save();
	bool held = lock(&log_lock);
	u64 start = ring_end > RING_SIZE ? ring_end - RING_SIZE : 0;
	size_t got = 0;

	if (*pos < start)
		*pos = start;
	while (got < n && *pos < ring_end)
		buf[got++] = ring[(*pos)++ % RING_SIZE];
	unlock(&log_lock, held);
	local_irq_restore(flags);
	return got;
}

/* --- printk --- */

static int take_level(const char **text)
{
	int level = LEVEL_DEFAULT;

	if ((*text)[0] == '\001' && isdigit((*text)[1])) {
		level = (*text)[1] - '0';
		*text += 2;
	}
	return level;
}

/* One line, or what there is of one. head: "<6>[   12.345678] ", printed where a line begins. */
static void emit(int level, const char *head, size_t head_len, const char *text, size_t n)
{
	unsigned long flags = local_irq_save();
	bool held = lock(&log_lock), begins = !in_line;

	if (begins)
		ring_put(head, head_len);
	ring_put(text, n);
	in_line = text[n - 1] != '\n';
	unlock(&log_lock, held);
	if (shown(level)) {
		held = lock(&console_lock);
		if (begins)
			(console ? console : arch_early_console)(head + 3, head_len - 3);
		(console ? console : arch_early_console)(text, n);
		unlock(&console_lock, held);
	}
	local_irq_restore(flags);
}

static int vprintk(const char *fmt, va_list ap)
{
	char text[LINE_MAX_BYTES], head[32];
	u64 us = ktime_get_ns() / 1000;
	int level = take_level(&fmt), n = vsnprintf(text, sizeof(text), fmt, ap);
	int head_len = scnprintf(head, sizeof(head), "<%d>[%5llu.%06llu] ", level, (unsigned long long)(us / 1000000),
				 (unsigned long long)(us % 1000000));

	n = min(n, (int)sizeof(text) - 1);
	for (char *p = text; p < text + n;) {
		char *nl = memchr(p, '\n', text + n - p);
		size_t len = nl ? nl - p + 1 : text + n - p;

		emit(level, head, head_len, p, len);
		p += len;
	}
	return n;
}

int printk(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vprintk(fmt, ap);
	va_end(ap);
	return n;
}
