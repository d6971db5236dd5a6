/* tests/guest/tcp_servers.c - TCP over loopback: much data, servers of two kinds, many connections at once */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <pthread.h>

static char buf[70000];

#define MUCH (64L << 20)
static unsigned next_word(unsigned *x) { return *x = *x * 1664525u + 1013904223u; }

static unsigned long hash(unsigned long h, const unsigned char *p, long n)
{
	for (long i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211ul;
	return h;
}

static unsigned long produce(int s)
{
	static unsigned block[16384];
	unsigned x = 1;
	unsigned long h = 14695981039346656037ul;

	for (long at = 0; at < MUCH; at += (long)sizeof(block)) {
		for (size_t i = 0; i < sizeof(block) / 4; i++)
			block[i] = next_word(&x);
		h = hash(h, (void *)block, sizeof(block));
		for (size_t done = 0; done < sizeof(block);) {
			ssize_t n = send(s, (char *)block + done, sizeof(block) - done, 0);

			if (n <= 0)
				_exit(9);
			done += (size_t)n;
		}
	}
	return h;
}

static void much(void)
{
	int c[2], st;
	unsigned long h = 14695981039346656037ul, theirs = 0;
	long total = 0, n;
	pid_t p;

	pair(c);
	p = fork();
	if (!p) {
		close(c[1]);
		h = produce(c[0]);
		recv(c[0], &theirs, sizeof(theirs), MSG_WAITALL);
		_exit(h != theirs);
	}
	close(c[0]);
	while (total < MUCH && (n = recv(c[1], buf, sizeof(buf), 0)) > 0) {
		h = hash(h, (void *)buf, n);
		total += n;
	}
	send(c[1], &h, sizeof(h), 0);
	CHECK("64 MB", total == MUCH);
	CHECK("the very same", recv(c[1], buf, 1, 0) == 0 && waitpid(p, &st, 0) == p && st == 0);
	close(c[1]);
}

static void serve(int s)
{
	char b[256];
	ssize_t n;

	while ((n = recv(s, b, sizeof(b), 0)) > 0)
		send(s, b, (size_t)n, MSG_NOSIGNAL);
	close(s);
}

static void *serve_thread(void *arg)
{
	serve((int)(long)arg);
	return NULL;
}

/* Echoes over n connections after another; how many were right. */
static int clients(int port, int n)
{
	int right = 0;
	char out[32], in[32];

	for (int i = 0; i < n; i++) {
		int s = socket(AF_INET, SOCK_STREAM, 0), len = snprintf(out, sizeof(out), "message %d", i);

		right += connect_to(s, port) == 0 && send(s, out, (size_t)len, 0) == len &&
			 recv(s, in, (size_t)len, MSG_WAITALL) == len && !memcmp(in, out, (size_t)len);
		close(s);
	}
	return right;
}

static void servers(void)
{
	int l = listening(64), st, port = port_of(l), all = 0;
	pid_t p = fork(), q[4];

	if (!p) { /* a process for each client */
		signal(SIGCHLD, SIG_IGN);
		for (int i = 0; i < 20; i++) {
			int s = accept(l, NULL, NULL);

			if (!fork()) {
				close(l);
				serve(s);
				_exit(0);
			}
			close(s);
		}
		_exit(0);
	}
	CHECK("a fork server", clients(port, 20) == 20 && waitpid(p, &st, 0) == p && st == 0);
	p = fork();
	if (!p) { /* a thread for each client */
		for (int i = 0; i < 400; i++) {
			int s = accept(l, NULL, NULL);
			pthread_t t;

			pthread_create(&t, NULL, serve_thread, (void *)(long)s);
			pthread_detach(t);
		}
		usleep(100000);
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		q[i] = fork();
		if (!q[i])
			_exit(clients(port, 100) != 100);
	}
	for (int i = 0; i < 4; i++)
		all += waitpid(q[i], &st, 0) == q[i] && st == 0;
	CHECK("a thread server, four clients", all == 4 && waitpid(p, &st, 0) == p && st == 0);
	close(l);
}

static int peer_port(int s)
{
	struct sockaddr_in a;
	socklen_t n = sizeof(a);

	return getpeername(s, (struct sockaddr *)&a, &n) ? -1 : ntohs(a.sin_port);
}

/* 200 connections open at once. Two CPUs may finish two handshakes in another order than they were begun: who is who,
 * the port says. */
static void many(void)
{
	int l = listening(256), c[200], a[200], ok = 0;

	for (int i = 0; i < 200; i++) {
		c[i] = socket(AF_INET, SOCK_STREAM, 0);
		ok += connect_to(c[i], port_of(l)) == 0;
	}
	CHECK("200 connects wait to be accepted", ok == 200);
	for (int i = 0; i < 200; i++)
		a[i] = accept(l, NULL, NULL);
	ok = 0;
	for (int i = 0; i < 200; i++) {
		int v = peer_port(a[i]);

		send(a[i], &v, sizeof(v), 0);
	}
	for (int i = 0; i < 200; i++) {
		int v = -1;

		ok += recv(c[i], &v, sizeof(v), MSG_WAITALL) == sizeof(v) && v == port_of(c[i]);
	}
	CHECK("each has its own", ok == 200);
	for (int i = 0; i < 200; i++) {
		close(c[i]);
		close(a[i]);
	}
	close(l);
}

int main(void)
{
	much();
	servers();
	many();
	return verdict();
}
