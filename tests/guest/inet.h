/* tests/guest/inet.h - what the programs about IP sockets share: addresses on loopback, options, a short wait */
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))
#define SA(a) ((struct sockaddr *)(a))

static inline struct sockaddr_in lo_port(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((unsigned short)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static inline int set_int(int s, int level, int opt, int v) { return setsockopt(s, level, opt, &v, sizeof(v)); }

/* The option's value, or -1000 - errno. */
static inline int get_int(int s, int level, int opt)
{
	socklen_t len = sizeof(int);
	int v = 0;

	return getsockopt(s, level, opt, &v, &len) ? -1000 - errno : v;
}

static inline int port_of(int s)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);

	return getsockname(s, SA(&a), &len) ? -1 : ntohs(a.sin_port);
}

/* What poll() says within ms milliseconds of waiting for any of want. */
static inline int events(int s, int want, int ms)
{
	struct pollfd p = { s, (short)want, 0 };

	return poll(&p, 1, ms) < 0 ? -1 : p.revents;
}

static inline long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Bound to a free port of loopback. */
static inline int bound(int type, int protocol)
{
	struct sockaddr_in a = lo_port(0);
	int s = socket(AF_INET, type, protocol);

	return s < 0 || bind(s, SA(&a), sizeof(a)) ? -1 : s;
}

/* The same, of TCP, waiting for connections. */
static inline int listening(int backlog)
{
	int s = bound(SOCK_STREAM, 0);

	return s < 0 || listen(s, backlog) ? -1 : s;
}

static inline int connect_to(int s, int port)
{
	struct sockaddr_in a = lo_port(port);

	return connect(s, SA(&a), sizeof(a));
}

/* The client's socket connected to listener l: c[0] connected, c[1] accepted. */
static inline void pair_by(int c[2], int l, int client)
{
	c[0] = client;
	if (connect_to(c[0], port_of(l)))
		perror("connect");
	c[1] = accept(l, NULL, NULL);
}

/* A TCP connection within this process. */
static inline void pair(int c[2])
{
	int l = listening(5);

	pair_by(c, l, socket(AF_INET, SOCK_STREAM, 0));
	close(l);
}

/* Ends it. */
static inline void both(int c[2])
{
	close(c[0]);
	close(c[1]);
}
