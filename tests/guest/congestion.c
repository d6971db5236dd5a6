/* tests/guest/congestion.c - which congestion control, how fast at most, and marks instead of losses */
#include "check.h"
#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int server, client, accepted;

static void pair(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	server = socket(AF_INET, SOCK_STREAM, 0);
	bind(server, (struct sockaddr *)&a, sizeof(a));
	listen(server, 1);
	getsockname(server, (struct sockaddr *)&a, &len);
	client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(client, (struct sockaddr *)&a, sizeof(a)))
		perror("connect");
	accepted = accept(server, NULL, NULL);
}
static void unpair(void)
{
	close(client);
	close(accepted);
	close(server);
}

static int set_ca(int fd, const char *name) { return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)); }
static int ca_is(int fd, const char *name)
{
	char now[16] = "";
	socklen_t len = sizeof(now);

	return !getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, now, &len) && !strcmp(now, name);
}
static void choices(void)
{
	char info[64];
	socklen_t len = sizeof(info);

	pair();
	CHECK("reno may be chosen", !set_ca(client, "reno") && ca_is(client, "reno"));
	CHECK("what does not exist may not", set_ca(client, "nosuch") == -1 && errno == ENOENT);
	CHECK("the choice stays", ca_is(client, "reno"));
	CHECK("reno has nothing to tell", !getsockopt(client, IPPROTO_TCP, TCP_CC_INFO, info, &len) && len == 0);
	unpair();
}

static void pacing_option(void)
{
	unsigned int narrow = 123456;
	unsigned long wide = 0;
	socklen_t len = sizeof(wide);

	pair();
	CHECK("no limit at first", !getsockopt(client, SOL_SOCKET, SO_MAX_PACING_RATE, &wide, &len) && wide == ~0ul);
	CHECK("32 bits in", !setsockopt(client, SOL_SOCKET, SO_MAX_PACING_RATE, &narrow, sizeof(narrow)));
	CHECK("64 bits out", !getsockopt(client, SOL_SOCKET, SO_MAX_PACING_RATE, &wide, &len) && wide == 123456);
	wide = 10000000000ul;
	CHECK("64 bits in", !setsockopt(client, SOL_SOCKET, SO_MAX_PACING_RATE, &wide, sizeof(wide)));
	len = sizeof(narrow);
	CHECK("what fits of them out", !getsockopt(client, SOL_SOCKET, SO_MAX_PACING_RATE, &narrow, &len) &&
					       narrow == ~0u && len == sizeof(narrow));
	unpair();
}

static void *drain(void *unused)
{
	char buf[65536];

	while (read(accepted, buf, sizeof(buf)) > 0)
		;
	return unused;
}
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}
/* Two megabytes at two megabytes a second. The first ten segments are free, and on loopback they are large: still not
 * before half a second, however fast the machine; later if it is slow. */
static void pacing(void)
{
	static char data[2000000];
	unsigned int rate = 2000000;
	pthread_t reader;
	double begun;

	pair();
	setsockopt(client, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate));
	begun = now();
	pthread_create(&reader, NULL, drain, NULL);
	CHECK("all is written", write(client, data, sizeof(data)) == sizeof(data));
	shutdown(client, SHUT_WR);
	pthread_join(reader, NULL);
	CHECK("not faster than asked", now() - begun > 0.50);
	unpair();
}

int main(void)
{
	choices();
	pacing_option();
	pacing();
	return verdict();
}
