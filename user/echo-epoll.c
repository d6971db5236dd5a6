/* user/echo-epoll.c - TCP echo, fourth shape: one process, epoll
 *
 * The kernel keeps the set and hands out only who is ready: O(ready). This is the one that serves port 7. A client
 * costs 32 bytes while it says nothing: only one whose peer does not take its bytes back has a buffer of its own. For
 * more of them than 1,000 raise the limit before: ulimit -n 60000; echo-epoll 7.
 */
#include "net.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define ROOM 16384

/* waiting: len bytes that the peer did not take yet, NULL for none. */
struct client { int fd; bool ended; uint32_t watched; size_t len; char *waiting; };

static int ep;
static char fresh[ROOM]; /* what the client at hand has just said */

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
	free(c->waiting);
	free(c);
}

/* Sends n bytes; how many went, -1 when the connection broke. */
static ssize_t give(struct client *c, const char *buf, size_t n)
{
	ssize_t r = send(c->fd, buf, n, MSG_NOSIGNAL);

	return r < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : r;
}

/* What waited goes first. False: the connection broke. */
static bool give_what_waits(struct client *c)
{
	ssize_t r = give(c, c->waiting, c->len);

	if (r < 0)
		return false;
	c->len -= (size_t)r;
	memmove(c->waiting, c->waiting + r, c->len);
	if (!c->len) {
		free(c->waiting);
		c->waiting = NULL;
	}
	return true;
}

/* Reads, sends back, and keeps what did not go. False: the connection broke, or there is no memory. */
static bool echo(struct client *c)
{
	ssize_t r, n = recv(c->fd, fresh, sizeof(fresh), 0);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->ended = !n;
	r = n ? give(c, fresh, (size_t)n) : 0;
	if (r < 0)
		return false;
	if (r == n)
		return true;
	c->waiting = malloc(ROOM);
	if (!c->waiting)
		return false;
	c->len = (size_t)(n - r);
	memcpy(c->waiting, fresh + r, c->len);
	return true;
}

/* The other side may have said its last word while ours still waits for room: it is sent first. */
static void turn(struct client *c)
{
	uint32_t want;

	if (!(c->len ? give_what_waits(c) : echo(c)) || (c->ended && !c->len)) {
		gone(c);
		return;
	}
	want = c->len ? EPOLLOUT : EPOLLIN;
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
