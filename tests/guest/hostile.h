/* tests/guest/hostile.h - arguments that no sane program passes, and a child that may be lost to them
 *
 * For badptr.c and sysfuzz.c. What they do is only fit for a machine that was made for it: elsewhere they do nothing.
 */
#pragma once
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAST_CALL 460

static uint64_t seed;

static inline uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % n;
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

/* True in the guest. */
static inline int made_for_this(void) { return !access("/proc/unknown_syscalls", R_OK); }

/* Calls that end or multiply the caller, or the machine. */
static inline int left_out(long nr)
{
	return nr == SYS_exit || nr == SYS_exit_group || nr == SYS_fork || nr == SYS_vfork || nr == SYS_reboot;
}

/* Calls whose first argument names a process, which is to be the caller. */
static inline int takes_a_pid(long nr)
{
	return nr == SYS_kill || nr == SYS_tkill || nr == SYS_tgkill || nr == SYS_rt_sigqueueinfo ||
		nr == SYS_prlimit64 || nr == SYS_rt_tgsigqueueinfo || nr == SYS_sched_setaffinity ||
		nr == SYS_sched_setscheduler || nr == SYS_sched_setparam || nr == SYS_process_vm_writev;
}

/* --- pointers --- */

static char *good;	/* 64 KiB, then a hole */
static char *readonly, *none, *hole;
#define GOOD_SIZE 65536L

static inline void make_memory(void)
{
	char *m = mmap(NULL, GOOD_SIZE + 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED)
		_exit(99);
	good = m;
	hole = m + GOOD_SIZE;
	readonly = hole + 4096;
	none = readonly + 4096;
	munmap(hole, 4096);
	mprotect(readonly, 4096, PROT_READ);
	mprotect(none, 4096, PROT_NONE);
	for (long i = 0; i < GOOD_SIZE; i++)
		good[i] = (char)(rnd(4) ? 0 : rnd(256));
}

static inline long bad_pointer(unsigned int i)
{
	const long list[] = {
		0,
		1,
		4095,
		(long)0xffff800000000000,
		(long)0xffff888000001000,
		(long)0xffffffff80000000,
		(long)0xffffffff80200000,
		(long)0xffffc90000000000,
		(long)0x0000800000000000,
		(long)0x8000000000000000,
		(long)0xfffffffffffff000,
		-1,
		0x7ffffffff000,
		0x7fffffffffff,
		0x00007fffffffe000 - 3,
		(long)hole,
		(long)hole - 1,
		(long)hole - 3,
		(long)hole - 7,
		(long)hole - 15,
		(long)none,
		(long)readonly,
		(long)readonly + 4095,
	};

	return list[i % (sizeof(list) / sizeof(*list))];
}
#define NR_BAD 23

static inline long bad_length(unsigned int i)
{
	static const long list[] = { 0,
				     1,
				     7,
				     8,
				     16,
				     128,
				     4095,
				     4096,
				     4097,
				     65535,
				     65536,
				     0x7fffffff,
				     0x80000000L,
				     0xffffffffL,
				     0x7fffffffffffffffL,
				     (long)0x8000000000000000L,
				     -1,
				     -4096,
				     1L << 40,
				     1L << 20 };

	return list[i % (sizeof(list) / sizeof(*list))];
}

/* --- descriptors of each kind --- */

static inline void open_everything(void)
{
	int p[2], epfd;
	struct epoll_event ev = { .events = EPOLLIN };

	open("/dev/zero", O_RDWR);
	if (!pipe(p))
		fcntl(p[0], F_SETFL, O_NONBLOCK);
	eventfd(3, EFD_NONBLOCK);
	epfd = epoll_create1(0);
	if (epfd >= 0 && p[0] >= 0)
		epoll_ctl(epfd, EPOLL_CTL_ADD, p[0], &ev);
	timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p);
	socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, 1);
	socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	socket(AF_NETLINK, SOCK_RAW, 0);
	socket(AF_PACKET, SOCK_RAW, 0);
	socket(AF_UNIX, SOCK_DGRAM, 0);
	open("/tmp/hostile.dir", O_RDONLY | O_DIRECTORY);
	open("/tmp/hostile.dir/file", O_RDWR | O_CREAT, 0666);
	open("/dev/ptmx", O_RDWR | O_NOCTTY);
	open("/proc/self/maps", O_RDONLY);
	open("/proc/self/mem", O_RDWR);
	open("/dev/urandom", O_RDWR);
	open("/proc", O_RDONLY | O_DIRECTORY);
}

static void wake(int s) { (void)s; }

/* A child without our output, with timers that interrupt whatever sleeps, in a directory of its own. */
static inline void prepare_child(int unprivileged)
{
	struct itimerval it = { .it_value.tv_usec = 100000, .it_interval.tv_usec = 20000 };
	struct sigaction sa = { .sa_handler = wake };
	int n = open("/dev/null", O_RDWR);

	for (int i = 0; i < 3; i++)
		dup2(n, i);
	for (int i = 3; i < 64; i++)
		close(i);
	mkdir("/tmp/hostile.dir", 0777);
	if (chdir("/tmp/hostile.dir"))
		_exit(98);
	setpgid(0, 0);
	make_memory();
	open_everything();
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	if (unprivileged && setuid(65534))
		_exit(97);
}

/* --- parents --- */

#define MAX_KIDS 4
static struct { pid_t pid; double until; } kids[MAX_KIDS];

/* Keeps n children of run(i) going, each killed with its group after life_s, until the time is over or i reaches
 * stop. */
static inline unsigned int breed(int n, double life_s, double end, unsigned int stop, void (*run)(unsigned int i))
{
	unsigned int i = 0, alive = 0;

	while (alive || (now() < end && i < stop)) {
		for (int k = 0; k < n; k++) {
			if (!kids[k].pid && now() < end && i < stop) {
				pid_t p = fork();

				if (!p) {
					run(i);
					_exit(0);
				}
				if (p < 0) {
					usleep(10000);
					continue;
				}
				kids[k].pid = p;
				kids[k].until = now() + life_s;
				i++, alive++;
			}
			if (!kids[k].pid)
				continue;
			if (now() > kids[k].until) {
				kill(-kids[k].pid, SIGKILL);
				kill(kids[k].pid, SIGKILL);
			}
			if (waitpid(kids[k].pid, NULL, WNOHANG) == kids[k].pid) {
				kill(-kids[k].pid, SIGKILL);
				kids[k].pid = 0;
				alive--;
			}
		}
		usleep(2000);
	}
	return i;
}
