/* kernel/trace/printk.h - the kernel's voice: the log ring, the console, and the end */
#pragma once
#include "lib/types.h"

#define KERN_ERR "\0013"
#define KERN_WARNING "\0014"
#define KERN_NOTICE "\0015"
#define KERN_INFO "\0016"
#define KERN_DEBUG "\0017"
/* Any context. The level prefix is optional (default: warning). Lines carry the time since boot. */
int printk(const char *fmt, ...) __printf(1, 2);
#define pr_err(fmt, ...) printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...) printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...) printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...) printk(KERN_DEBUG fmt, ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)                                                                                         \
	do {                                                                                                           \
		static bool _said;                                                                                     \
		if (!__atomic_exchange_n(&_said, true, __ATOMIC_RELAXED))                                              \
			pr_warn(fmt, ##__VA_ARGS__);                                                                   \
	} while (0)

/* Console back end, set by the serial driver: writes bytes without sleeping, any context. */
void console_register(void (*write)(const char *s, size_t n));
/* The log ring for syslog(2) and /proc/kmsg: copies from *pos on, moves *pos; returns bytes. */
size_t printk_read(u64 *pos, char *buf, size_t n);
u64 printk_start(void); /* position of the oldest byte kept */
u64 printk_end(void);

/* Never returns: message, registers, named backtrace, last trace events; under test ends QEMU with status 125's
 * code. */
void __noreturn panic(const char *fmt, ...) __printf(1, 2);
#define BUG_ON(c) do { if (unlikely(c)) panic("BUG: %s at %s:%d", #c, __FILE__, __LINE__); } while (0)
#define BUG_UNLESS(c) BUG_ON(!(c))
void warn_at(const char *what, const char *file, int line);
#define WARN_ON_ONCE(c)                                                                                                \
	({                                                                                                             \
		static bool _warned;                                                                                   \
		bool _c = !!(c);                                                                                       \
		if (unlikely(_c) && !__atomic_exchange_n(&_warned, true, __ATOMIC_RELAXED))                            \
			warn_at(#c, __FILE__, __LINE__);                                                               \
		_c;                                                                                                    \
	})

/* Symbol names for addresses: "name+0x12/0x40". Returns the length. */
int sprint_symbol(char *buf, size_t size, unsigned long addr);
