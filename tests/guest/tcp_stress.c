/* tests/guest/tcp_stress.c - connections over the loopback, opened, half sent, reset and closed from both ends at once
 *
 * tcp_stress [SECONDS [SEED]]: listeners that come and go, and clients in many processes, each with a fate that the
 * seed draws: a whole exchange, data and no reading, half a close, a reset (SO_LINGER 0), a non-blocking connect that
 * is not waited for, one descriptor in two processes. Then all that the kernel counts must be back where it was, but
 * for TIME_WAITs, which it prints.
 */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORTS 4
#define CLIENTS 12
#define SERVERS 3 /* a port: they share it with SO_REUSEPORT, or inherit it */

static uint32_t seed = 1;
static time_t until;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}
static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}
static struct sockaddr_in at(int i)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)(7000 + i)),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}
static void limit_waits(int fd)
{
	struct timeval t = { .tv_sec = 2 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}
static void reset_and_close(int fd)
{
	struct linger l = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}
static void some_bytes(int fd, int writes)
{
	static char buf[40000];

	for (int i = 0; i < writes; i++)
		if (send(fd, buf, 1 + rnd(sizeof(buf)), MSG_NOSIGNAL | (rnd(4) ? 0 : MSG_DONTWAIT)) < 0)
			return;
}
static void read_some(int fd, int reads)
{
	static char buf[40000];

	for (int i = 0; i < reads; i++)
		if (recv(fd, buf, 1 + rnd(sizeof(buf)), rnd(3) ? 0 : MSG_DONTWAIT) <= 0)
			return;
}
static void shared(int fd)
{
	pid_t child = fork();

	if (!child) {
		read_some(fd, 3);
		close(fd);
		_exit(0);
	}
	some_bytes(fd, 3);
	close(fd);
	if (child > 0)
		waitpid(child, NULL, 0);
}
/* What becomes of one end. Closes fd. */
static void fate(int fd)
{
	limit_waits(fd);
	switch (rnd(9)) {
	case 0:
		some_bytes(fd, 3);
		read_some(fd, 20);
		break;
	case 1:
		some_bytes(fd, 5); /* what comes stays unread: the close resets */
		break;
	case 2:
		shutdown(fd, SHUT_WR);
		read_some(fd, 20);
		break;
	case 3:
		some_bytes(fd, 1);
		reset_and_close(fd);
		return;
	case 4:
		shutdown(fd, SHUT_RDWR);
		break;
	case 5:
		shared(fd);
		return;
	case 6: {
		struct sockaddr any = { .sa_family = AF_UNSPEC };

		some_bytes(fd, 1);
		connect(fd, &any, sizeof(any)); /* disconnect() */
		break;
	}
	case 7:
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP }, 1, (int)rnd(3));
		break;
	}
	close(fd);
}

static int listener(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in a = at(port);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	limit_waits(fd);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 1 + (int)rnd(8))) {
		close(fd);
		return -1;
	}
	return fd;
}
static void serve(int port)
{
	while (now() < until) {
		int l = listener(port), fd;

		if (l < 0)
			exit(1);
		for (uint32_t n = 1 + rnd(60); n && now() < until; n--)
			if ((fd = accept(l, NULL, NULL)) >= 0)
				fate(fd);
		close(l); /* who waits in its queues is reset */
	}
	exit(0);
}
static void ask(void)
{
	while (now() < until) {
		struct sockaddr_in a = at((int)rnd(PORTS));
		bool wait = rnd(5);
		int fd = socket(AF_INET, SOCK_STREAM | (wait ? 0 : SOCK_NONBLOCK), 0);

		if (fd < 0)
			exit(1);
		limit_waits(fd);
		if (connect(fd, (struct sockaddr *)&a, sizeof(a)) && wait)
			close(fd);
		else
			fate(fd);
	}
	exit(0);
}

/* A number behind word in the line of file that begins with line; -1 without. */
static long number(const char *file, const char *line, const char *word)
{
	char text[512], *p;
	long n = -1;
	FILE *f = fopen(file, "r");

	while (f && n < 0 && fgets(text, sizeof(text), f))
		if (!strncmp(text, line, strlen(line)) && (p = strstr(text, word)))
			n = strtol(p + strlen(word), NULL, 10);
	if (f)
		fclose(f);
	return n;
}
static long tcp(const char *word) { return number("/proc/net/sockstat", "TCP:", word); }
/* Linux counts all but inuse for all namespaces together: there, only that is asked. */
static bool counts_apart(void) { return access("/proc/net/drop_reasons", R_OK) == 0; }
static bool quiet(long inuse, long alloc)
{
	if (tcp(" inuse ") > inuse)
		return false;
	return !counts_apart() || (tcp(" alloc ") <= alloc && !tcp(" orphan ") && tcp(" mem ") <= 1);
}

int main(int argc, char **argv)
{
	int n = PORTS * SERVERS + CLIENTS, failed = 0, st;
	long inuse = tcp(" inuse "), alloc = tcp(" alloc ");

	signal(SIGPIPE, SIG_IGN);
	until = now() + (argc > 1 ? atoi(argv[1]) : 3);
	for (int i = 0; i < n; i++) {
		seed = (uint32_t)(argc > 2 ? atoi(argv[2]) : 1) * 1000u + (uint32_t)i;
		if (!fork())
			i < PORTS * SERVERS ? serve(i % PORTS) : ask();
	}
	for (int i = 0; i < n; i++)
		failed += wait(&st) < 0 || st;
	CHECK("all_processes_ended_well", !failed);
	for (int i = 0; i < 200 && !quiet(inuse, alloc); i++)
		usleep(100000);
	CHECK("no_socket_no_orphan_no_memory_is_left", quiet(inuse, alloc));
	printf("inuse %ld of %ld, alloc %ld of %ld, orphan %ld, tw %ld, mem %ld\n", tcp(" inuse "), inuse,
	       tcp(" alloc "), alloc, tcp(" orphan "), tcp(" tw "), tcp(" mem "));
	return verdict();
}
