/* tests/bench/load.c - the programs at both ends of a benchmark; the same static binary runs on every kernel
 *
 *	load udp-sink PORT [one]		counts datagrams, by recvmmsg or one by one, until none comes for 0.3 s
 *	load udp-send IP PORT LEN SECS PPS [one] sends them, by sendmmsg or one call each; PPS 0: as fast as it goes
 *	load echo PORT				one byte there and back: TCP connections one after another, and UDP
 *	load rr tcp|udp IP PORT SECS		asks an echo server, one question at a time
 *	load conn IP PORT SECS			connect, ask, close, again
 *	load tcp-sink PORT			reads and throws away
 *	load tcp-send IP PORT SECS		writes 128 kB at a time
 *	load hold udp|tcp|queue N [PORT]	keeps N sockets, N accepted connections, or N datagrams unread
 *	load open IP PORT N			opens N connections and keeps them until killed
 * Each prints one line of key=value.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define BUF (128 << 10)
static char buf[BUF];
static struct iovec vecs[BATCH];
static struct mmsghdr msgs[BATCH];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static void die(const char *what)
{
	perror(what);
	exit(1);
}
static struct sockaddr_in address(const char *ip, int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = ip ? inet_addr(ip) : INADDR_ANY };
}
static void set(int s, int level, int option, int value) { setsockopt(s, level, option, &value, sizeof(value)); }

static int serve(int type, int port)
{
	struct sockaddr_in a = address(NULL, port);
	int s = socket(AF_INET, type, 0);

	if (s < 0)
		die("socket");
	set(s, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(s, (void *)&a, sizeof(a)) || (type == SOCK_STREAM && listen(s, 1024)))
		die("bind");
	return s;
}
static int dial(int type, const char *ip, int port)
{
	struct sockaddr_in a = address(ip, port);
	int s = socket(AF_INET, type, 0);

	if (s < 0)
		die("socket");
	if (!connect(s, (void *)&a, sizeof(a))) {
		if (type == SOCK_STREAM)
			set(s, IPPROTO_TCP, TCP_NODELAY, 1);
		return s;
	}
	close(s);
	return -1;
}
static void fill_messages(size_t len)
{
	for (int i = 0; i < BATCH; i++) {
		vecs[i] = (struct iovec){ buf + (len > 1024 ? 0 : i * 1024), len };
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &vecs[i], .msg_iovlen = 1 };
	}
}

/* --- datagrams --- */

static int receive_some(int s, int one)
{
	if (one)
		return recv(s, buf, 1024, 0) < 0 ? -1 : 1;
	return recvmmsg(s, msgs, BATCH, MSG_WAITFORONE, NULL);
}
static void udp_sink(int port, int one)
{
	double start = now(), first = 0, last = 0, t;
	uint64_t packets = 0;
	int s = serve(SOCK_DGRAM, port), n;

	fill_messages(1024);
	set(s, SOL_SOCKET, SO_RCVBUF, 4 << 20);
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0, 300000 }, sizeof(struct timeval));
	do {
		n = receive_some(s, one);
		t = now();
		if (n > 0) {
			first = first ? first : t;
			last = t;
			packets += (uint64_t)n;
		}
	} while (n > 0 || (!first && t - start < 20));
	printf("units=%llu secs=%.3f\n", (unsigned long long)packets, last - first);
}

static int send_some(int s, size_t len, int n, int one)
{
	int sent = 0;

	if (!one)
		return sendmmsg(s, msgs, (unsigned)n, 0);
	for (int i = 0; i < n; i++)
		sent += send(s, buf, len, 0) >= 0;
	return sent;
}
static void udp_send(const char *ip, int port, size_t len, double secs, double pps, int one)
{
	int s = dial(SOCK_DGRAM, ip, port), n;
	double start = now(), t;
	uint64_t packets = 0;

	fill_messages(len);
	set(s, SOL_SOCKET, SO_SNDBUF, 4 << 20);
	while ((t = now() - start) < secs) {
		double due = pps > 0 ? t * pps - (double)packets : BATCH;

		if (due < 1) {
			nanosleep(&(struct timespec){ 0, 200000 }, NULL);
			continue;
		}
		/* -1: refused by a full queue or a closed port. */
		n = send_some(s, len, due < BATCH ? (int)due : BATCH, one);
		packets += n > 0 ? (uint64_t)n : 0;
	}
	printf("units=%llu secs=%.3f\n", (unsigned long long)packets, now() - start);
}

/* --- questions and answers --- */

static void echo_udp(int port)
{
	int s = serve(SOCK_DGRAM, port);

	for (;;) {
		struct sockaddr_in from;
		socklen_t size = sizeof(from);
		ssize_t n = recvfrom(s, buf, sizeof(buf), 0, (void *)&from, &size);

		if (n >= 0)
			sendto(s, buf, (size_t)n, 0, (void *)&from, size);
	}
}
static void echo(int port)
{
	int s, c;
	ssize_t n;

	if (!fork())
		echo_udp(port);
	for (s = serve(SOCK_STREAM, port);;) {
		c = accept(s, NULL, NULL);
		if (c < 0)
			continue;
		set(c, IPPROTO_TCP, TCP_NODELAY, 1);
		while ((n = read(c, buf, 64)) > 0)
			if (write(c, buf, (size_t)n) < 0)
				break;
		close(c);
	}
}
static int by_time(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}
static void rr(int type, const char *ip, int port, double secs)
{
	static float us[1 << 20];
	int s = dial(type, ip, port);
	double start = now(), asked = start, t;
	uint64_t n = 0;

	if (s < 0)
		die("connect");
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 1, 0 }, sizeof(struct timeval));
	while (asked < start + secs) {
		if (write(s, "x", 1) != 1)
			die("write");
		if (read(s, buf, 1) != 1 && type == SOCK_STREAM)
			die("read");
		t = now();
		us[n++ % (1 << 20)] = (float)((t - asked) * 1e6);
		asked = t;
	}
	qsort(us, n < (1 << 20) ? n : 1 << 20, sizeof(us[0]), by_time);
	printf("units=%llu secs=%.3f p50_us=%.0f\n", (unsigned long long)n, asked - start, us[n / 2]);
}
static void conn(const char *ip, int port, double secs)
{
	double start = now();
	uint64_t n = 0, failed = 0;

	while (now() < start + secs) {
		int s = dial(SOCK_STREAM, ip, port);

		if (s < 0) {
			failed++;
			continue;
		}
		if (write(s, "x", 1) == 1 && read(s, buf, 1) == 1)
			n++;
		else
			failed++;
		close(s);
	}
	printf("units=%llu secs=%.3f failed=%llu\n", (unsigned long long)n, now() - start, (unsigned long long)failed);
}

/* --- streams --- */

static void tcp_sink(int port)
{
	for (int s = serve(SOCK_STREAM, port);;) {
		int c = accept(s, NULL, NULL);
		uint64_t bytes = 0;
		double start = now();
		ssize_t n;

		while ((n = read(c, buf, sizeof(buf))) > 0)
			bytes += (uint64_t)n;
		close(c);
		printf("bytes=%llu secs=%.3f\n", (unsigned long long)bytes, now() - start);
	}
}
static void tcp_send(const char *ip, int port, double secs)
{
	int s = dial(SOCK_STREAM, ip, port);
	double start = now();
	uint64_t bytes = 0;
	ssize_t n;

	if (s < 0)
		die("connect");
	while (now() < start + secs) {
		n = write(s, buf, sizeof(buf));
		if (n <= 0)
			die("write");
		bytes += (uint64_t)n;
	}
	shutdown(s, SHUT_WR);
	while (read(s, buf, 64) > 0)
		;
	printf("bytes=%llu secs=%.3f\n", (unsigned long long)bytes, now() - start);
}

/* --- what things cost while nothing happens --- */

static void more_descriptors(int n)
{
	struct rlimit r = { (rlim_t)n + 64, (rlim_t)n + 64 };

	if (setrlimit(RLIMIT_NOFILE, &r))
		die("setrlimit");
}
static void hold(const char *what, int n, int port)
{
	int s;

	more_descriptors(n);
	if (!strcmp(what, "udp")) {
		for (int i = 0; i < n; i++)
			if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
				die("socket");
	} else if (!strcmp(what, "tcp")) {
		s = serve(SOCK_STREAM, port);
		for (int i = 0; i < n; i++)
			if (accept(s, NULL, NULL) < 0)
				die("accept");
	} else {
		s = serve(SOCK_DGRAM, port);
		set(s, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
	}
	printf("held=%d\n", n);
	for (;;)
		pause();
}
static void open_many(const char *ip, int port, int n)
{
	more_descriptors(n);
	for (int i = 0; i < n; i++)
		if (dial(SOCK_STREAM, ip, port) < 0)
			die("connect");
	printf("opened=%d\n", n);
	for (;;)
		pause();
}

#define IS(name, args) (argc >= (args) + 2 && !strcmp(argv[1], name))
int main(int argc, char **argv)
{
	int one = argc > 2 && !strcmp(argv[argc - 1], "one");

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (IS("udp-sink", 1))
		udp_sink(atoi(argv[2]), one);
	else if (IS("udp-send", 5))
		udp_send(argv[2], atoi(argv[3]), (size_t)atoi(argv[4]), atof(argv[5]), atof(argv[6]), one);
	else if (IS("echo", 1))
		echo(atoi(argv[2]));
	else if (IS("rr", 4))
		rr(strcmp(argv[2], "tcp") ? SOCK_DGRAM : SOCK_STREAM, argv[3], atoi(argv[4]), atof(argv[5]));
	else if (IS("conn", 3))
		conn(argv[2], atoi(argv[3]), atof(argv[4]));
	else if (IS("tcp-sink", 1))
		tcp_sink(atoi(argv[2]));
	else if (IS("tcp-send", 3))
		tcp_send(argv[2], atoi(argv[3]), atof(argv[4]));
	else if (IS("hold", 2))
		hold(argv[2], atoi(argv[3]), argc > 4 ? atoi(argv[4]) : 7100);
	else if (IS("open", 3))
		open_many(argv[2], atoi(argv[3]), atoi(argv[4]));
	else
		return fprintf(stderr, "load: see the head of tests/bench/load.c\n"), 2;
	return 0;
}
