/* tests/packet/live/linux.c - the side of the live rig that knows the C library: a namespace, taps, threads, time
 *
 * Called: stack.c, in the process that runs one script. Nothing outside that process' own network is touched.
 */
#define _GNU_SOURCE
#include "tests/packet/live/linux.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HIGH_FD 1000	/* where the rig's own descriptors are: the script's begin at 3 */

/* --- the network --- */

static int set_up(int s, const char *name)
{
	struct ifreq r = { .ifr_flags = IFF_UP | IFF_RUNNING };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(s, SIOCSIFFLAGS, &r) ? -errno : 0;
}
static int to_root(void)
{
	char map[32];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -errno;
	linux_write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	linux_write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return linux_write_file("/proc/self/gid_map", map);
}
int linux_namespace(void)
{
	struct sched_param p = { .sched_priority = 1 };
	int err = unshare(CLONE_NEWNET) ? to_root() : 0, s;

	if (err)
		return err;
	/* Where that is allowed: who else works on the machine shall not be seen in the times. */
	setpriority(PRIO_PROCESS, 0, -20);
	sched_setscheduler(0, SCHED_RR, &p);
	signal(SIGPIPE, SIG_IGN);
	linux_write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	linux_write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	err = set_up(s, "lo");
	close(s);
	return err;
}
static int set_address(int s, const char *name, unsigned long request, unsigned addr)
{
	struct ifreq r = { 0 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	memcpy(&r.ifr_addr, &a, sizeof(a));
	return ioctl(s, request, &r) ? -errno : 0;
}
static int set_device(const char *name, const unsigned char *mac, unsigned mtu, unsigned addr, unsigned mask)
{
	struct ifreq link = { .ifr_hwaddr.sa_family = ARPHRD_ETHER }, size = { .ifr_mtu = (int)mtu };
	int s = socket(AF_INET, SOCK_DGRAM, 0), err = 0;

	strncpy(link.ifr_name, name, IFNAMSIZ - 1);
	strncpy(size.ifr_name, name, IFNAMSIZ - 1);
	memcpy(link.ifr_hwaddr.sa_data, mac, 6);
	if (ioctl(s, SIOCSIFHWADDR, &link) || ioctl(s, SIOCSIFMTU, &size))
		err = -errno;
	err = err ? err : set_address(s, name, SIOCSIFADDR, addr);
	err = err ? err : set_address(s, name, SIOCSIFNETMASK, mask);
	err = err ? err : set_up(s, name);
	close(s);
	return err;
}
int linux_tap(const char *name, const unsigned char *mac, unsigned mtu, unsigned addr, unsigned mask)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int low = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), fd, err;

	if (low < 0)
		return -errno;
	fd = fcntl(low, F_DUPFD_CLOEXEC, HIGH_FD);
	close(low);
	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &r))
		return -errno;
	err = set_device(name, mac, mtu, addr, mask);
	return err ? err : fd;
}
void linux_close_below(int fd) { close_range(3, (unsigned)fd - 1, 0); }
int linux_ip(const char *args)
{
	char line[512];

	snprintf(line, sizeof(line), "ip %s", args);
	return system(line);
}

/* --- time, files, calls --- */

unsigned long long linux_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}
void linux_wait(const int *fds, int n, unsigned long long until_ns)
{
	unsigned long long now = linux_clock(), left = until_ns > now ? until_ns - now : 0;
	struct timespec t = { (time_t)(left / 1000000000), (long)(left % 1000000000) };
	struct pollfd p[4];

	for (int i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	ppoll(p, (nfds_t)n, &t, NULL);
}
long linux_call(long nr, const unsigned long long *a)
{
	long ret = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return ret < 0 ? -errno : ret;
}
long linux_read(int fd, void *buf, size_t size) { return read(fd, buf, size); }
void linux_write(int fd, const void *buf, size_t n)
{
	if (write(fd, buf, n) < 0)
		return; /* a device that is down, a frame that is too short: lost as on a wire */
}
long linux_read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t r;

	if (fd < 0)
		return -errno;
	while (n < size - 1 && (r = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)r;
	buf[n] = 0;
	close(fd);
	return (long)n;
}
int linux_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* --- threads --- */

struct thread {
	pthread_t id;
	int (*fn)(void *);
	void *arg;
	atomic_int tid;
};
static void *body(void *arg)
{
	struct thread *t = arg;

	t->tid = (int)syscall(SYS_gettid);
	t->fn(t->arg);
	return NULL;
}
void *linux_thread(int (*fn)(void *), void *arg)
{
	struct thread *t = calloc(1, sizeof(*t));

	t->fn = fn;
	t->arg = arg;
	if (pthread_create(&t->id, NULL, body, t))
		abort();
	return t;
}
bool linux_thread_sleeps(void *thread)
{
	struct thread *t = thread;
	char path[64], text[256], *state;

	if (!t->tid)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", t->tid);
	if (linux_read_file(path, text, sizeof(text)) <= 0)
		return false;
	state = strrchr(text, ')');
	return state && state[1] && state[2] == 'S';
}
void linux_thread_join(void *thread)
{
	struct thread *t = thread;

	pthread_join(t->id, NULL);
	free(t);
}
