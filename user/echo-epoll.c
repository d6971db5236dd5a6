/* user/echo-epoll.c - TCP echo, fourth shape: one process, epoll
 *
 * The kernel keeps the set and hands out only who is ready: O(ready). This is the one that serves port 7.
 */
#include "net.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct client { int fd; bool ended; uint32_t watched; size_t len; char buf[16384]; };

static int ep;

static void watch(int op, struct client *c, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = c };

	epoll_ctl(ep, op, fd, &e);
}

static void newcomer(int listener)
{
	struct client *c;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->watched = EPOLLIN;
	watch(EPOLL_CTL_ADD, c, fd, EPOLLIN);
}

static void gone(struct client *c)
{
	close(c->fd); /* which also takes it out of the set */
	free(c);
}

/* False: the connection broke. */
static bool take(struct client *c)
{
	ssize_t n;

	if (c->ended || c->len == sizeof(c->buf))
		return true;
	n = recv(c->fd, c->buf + c->len, sizeof(c->buf) - c->len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->ended = !n;
	c->len += (size_t)n;
	return true;
}

static bool give(struct client *c)
{
	ssize_t n;

	if (!c->len)
		return true;
	n = send(c->fd, c->buf, c->len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->len -= (size_t)n;
	memmove(c->buf, c->buf + n, c->len);
	return true;
}

/* The other side may have said its last word while ours still waits for room: it is sent first. */
static void turn(struct client *c)
{
	uint32_t want;

	if (!take(c) || !give(c) || (c->ended && !c->len)) {
		gone(c);
		return;
	}
	want = (!c->ended && c->len < sizeof(c->buf) ? EPOLLIN : 0) | (c->len ? EPOLLOUT : 0);
	if (want != c->watched)
		watch(EPOLL_CTL_MOD, c, c->fd, want);
	c->watched = want;
}

int main(int argc, char **argv)
{
	int listener = serve_on(SOCK_STREAM, argc, argv, 7);
	struct epoll_event ready[64];

	ep = epoll_create1(0);
	if (ep < 0)
		die("epoll_create1");
	watch(EPOLL_CTL_ADD, NULL, listener, EPOLLIN);
	for (;;) {
		int n = epoll_wait(ep, ready, 64, -1);

		for (int i = 0; i < n; i++) {
			if (ready[i].data.ptr)
				turn(ready[i].data.ptr);
			else
				newcomer(listener);
		}
	}
}
