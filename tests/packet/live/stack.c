/* tests/packet/live/stack.c - the machine's own Linux as the stack under test, over taps, in real time
 *
 * What:   struct stack for a process that has a network namespace of its own.
 * Called: the engine.
 * Calls:  linux.c, which knows the C library.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/sys.h"
#include "tests/packet/engine.h"
#include "tests/packet/live/linux.h"
#include <linux/in.h>
#include <linux/tcp.h>

#define TOLERANCE_NS (30 * NSEC_PER_MSEC)	/* of a busy machine, and of timers that count ticks of up to 10 ms */
#define SLEEPS_NS (3 * NSEC_PER_MSEC)
#define LATEST_NS (2 * NSEC_PER_SEC)		/* a call that is not over by then blocks */

static int taps[RIG_NICS];
/* Where the machine's owner does not let cubic be a namespace's default, each socket gets it by an option. */
static bool cubic_by_option;

static int write_sysctl(const char *path, const char *value)
{
	char name[160];

	if (strstr(path, "tcp_congestion_control"))
		cubic_by_option = false;
	snprintf(name, sizeof(name), "/proc/%s", path);
	return linux_write_file(name, value);
}
static ssize_t read_proc(const char *path, char *buf, size_t size)
{
	char name[160];

	snprintf(name, sizeof(name), "/proc/self/%s", path);
	return linux_read_file(name, buf, size);
}

/* --- frames and time --- */

static void drain(void)
{
	static u8 frame[70000];

	for (u32 i = 0; i < rig.nics; i++) {
		long n;

		while ((n = linux_read(taps[i], frame, sizeof(frame))) >= 14)
			rig_frame(i, frame, (u32)n);
	}
}
static u64 live_clock(void) { return linux_clock(); }
static void sleep_until(u64 ns)
{
	linux_wait(taps, (int)rig.nics, ns);
	drain();
}
static void inject(u32 dev, const u8 *frame, u32 len) { linux_write(taps[dev], frame, len); }

/* --- calls --- */

static s64 live_call(u32 nr, const u64 *args)
{
	s64 ret = linux_call(nr, (const unsigned long long *)args);

	if (nr == __NR_socket && ret >= 0 && cubic_by_option)
		linux_call(__NR_setsockopt, (const unsigned long long[6]){ (u64)ret, IPPROTO_TCP, TCP_CONGESTION,
									   PTR("cubic"), 5 });
	return ret;
}
static void let_run(void *task, const bool *over, bool may_sleep)
{
	u64 now = linux_clock(), latest = now + LATEST_NS;

	while (!smp_load_acquire(over) && linux_clock() < latest) {
		/* Asking opens a file: not while a call that does not sleep may take a descriptor. */
		if (may_sleep && linux_clock() > now + SLEEPS_NS && linux_thread_sleeps(task))
			break;
		linux_wait(NULL, 0, linux_clock() + 50 * NSEC_PER_USEC);
		drain();
	}
	drain();
}

/* --- configuration --- */

/* What differs between Linux's defaults and ours, and what the machine's owner may have set. */
static void set_defaults(void)
{
	static const struct { const char *path, *value; } settings[] = {
		{ "sys/net/ipv4/tcp_rmem", "4096 131072 6291456" },
		{ "sys/net/ipv4/tcp_wmem", "4096 16384 4194304" }, { "sys/net/ipv4/tcp_no_metrics_save", "1" },
		{ "sys/net/ipv4/tcp_limit_output_bytes", "1048576" }, { "sys/net/ipv4/tcp_max_syn_backlog", "1024" },
		{ "sys/net/ipv4/tcp_syn_linear_timeouts", "0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (write_sysctl(settings[i].path, settings[i].value))
			fail(0, "cannot write %s", settings[i].path);
	cubic_by_option = write_sysctl("sys/net/ipv4/tcp_congestion_control", "cubic") != 0;
}
/* The notation is that of ip(8). */
static int configure(const struct event *e)
{
	const char *rest = e->text;
	char *text, line[256];

	while (*rest && strncmp(rest, "address", 7) && strncmp(rest, "route", 5) && strncmp(rest, "link", 4))
		rest++;
	text = pkt_strndup(rest, e->text_len - (size_t)(rest - e->text));
	if (e->kind == EV_LINK)
		snprintf(line, sizeof(line), "link set %s", text + strlen("link "));
	else
		snprintf(line, sizeof(line), "%s%s", text,
			 e->kind == EV_ADDRESS && !strstr(text, "dev ") ? " dev eth0" : "");
	return linux_ip(line) ? -EINVAL : 0;
}
static void start(void)
{
	static const char *const names[RIG_NICS] = { "eth0", "eth1" };
	int err = linux_namespace();
	char line[64];

	if (err)
		fail(0, "no network namespace: %s", pkt_errno_name(-err));
	set_defaults();
	for (u32 i = 0; i < rig.nics; i++) {
		taps[i] = linux_tap(names[i], rig_mac(i), rig.mtu, 0x0a000001 + (i << 8), 0xffffff00);
		if (taps[i] < 0)
			fail(0, "no tap: %s", pkt_errno_name(-taps[i]));
		/* Linux cuts large packets itself where the device cannot; the script wants none. */
		if (!(rig.features & NETIF_F_TSO)) {
			snprintf(line, sizeof(line), "link set %s gso_max_segs 1", names[i]);
			if (linux_ip(line))
				fail(0, "%s", line);
		}
	}
	linux_close_below(taps[0]);
}
static void stop(void) { }

const struct stack live_stack = {
	.start = start, .stop = stop, .clock = live_clock, .sleep_until = sleep_until, .settle = drain,
	.inject = inject,
	.write_sysctl = write_sysctl, .read_proc = read_proc, .configure = configure, .call = live_call,
	.begin = linux_thread, .let_run = let_run, .join = linux_thread_join, .tolerance_ns = TOLERANCE_NS,
	.real_time = true,
};
