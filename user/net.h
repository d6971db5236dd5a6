/* user/net.h - the few lines that every small network program begins with; plain POSIX */
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Says what failed and why, and ends the program. */
static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

/* "-d" as the first argument: go into the background once the port is open, so that who started us can rely on it. */
static inline int wants_background(int *argc, char ***argv)
{
	if (*argc < 2 || strcmp((*argv)[1], "-d"))
		return 0;
	(*argv)[1] = (*argv)[0];
	--*argc;
	++*argv;
	return 1;
}

static inline void into_background(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		_exit(0);
	setsid();
}

static inline int port_of(int argc, char **argv, int otherwise)
{
	int port = argc > 1 ? atoi(argv[1]) : otherwise;

	if (port > 0 && port < 65536)
		return port;
	fprintf(stderr, "usage: %s [-d] [PORT]\n", argv[0]);
	exit(2);
}

/* Who may wait for accept(): musl's SOMAXCONN is 128, and where newcomers are quicker than the program, a
 * handshake that finds the queue full is lost. The system cuts this at net.core.somaxconn.
 */
#define BACKLOG 4096

/* A socket of this type on every address, at the port that the program's arguments name; TCP sockets listen. */
static inline int serve_on(int type, int argc, char **argv, int otherwise)
{
	int background = wants_background(&argc, &argv), port = port_of(argc, argv, otherwise);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, type, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	if (type == SOCK_STREAM && listen(fd, BACKLOG))
		die("listen");
	if (background)
		into_background();
	return fd;
}

/* Sends all of buf; false when the connection is gone. */
static inline int send_all(int fd, const char *buf, size_t n)
{
	while (n) {
		ssize_t w = send(fd, buf, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return 0;
		buf += w;
		n -= (size_t)w;
	}
	return 1;
}

/* A connected TCP socket, or the end of the program. */
static inline int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list;
	int r = getaddrinfo(host, port, &hints, &list), fd = -1;

	if (r) {
		fprintf(stderr, "%s: %s\n", host, gai_strerror(r));
		exit(1);
	}
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
		if (fd >= 0 && !connect(fd, a->ai_addr, a->ai_addrlen))
			break;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd < 0)
		die(host);
	return fd;
}
