/* user/echo-poll.c - TCP echo, third shape: one process, poll()
 *
 * The kernel is asked about every connection on each turn: O(n). A client that does not read what it is sent is simply
 * not read from (its buffer here is full), so it slows down nobody else.
 */
#include "net.h"
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>

struct client { char buf[16384]; size_t len; bool ended; };

static struct pollfd *fds;
static struct client **clients;
static size_t count, room;

static void add(int fd, short events, struct client *c)
{
	if (count == room) {
		room = room ? room * 2 : 16;
		fds = realloc(fds, room * sizeof(*fds));
		clients = realloc(clients, room * sizeof(*clients));
		if (!fds || !clients)
			die("realloc");
	}
	fds[count] = (struct pollfd){ .fd = fd, .events = events };
	clients[count++] = c;
}

static void drop(size_t i)
{
	close(fds[i].fd);
	free(clients[i]);
	fds[i] = fds[--count];
	clients[i] = clients[count];
}

/* False: the connection broke. */
static bool take(int fd, struct client *c)
{
	ssize_t n;

	if (c->ended || c->len == sizeof(c->buf))
		return true;
	n = recv(fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->ended = !n;
	c->len += (size_t)n;
	return true;
}

static bool give(int fd, struct client *c)
{
	ssize_t n;

	if (!c->len)
		return true;
	n = send(fd, c->buf, c->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->len -= (size_t)n;
	memmove(c->buf, c->buf + n, c->len);
	return true;
}

/* False when the connection is over. The other side's last word is answered whole before. */
static bool turn(struct pollfd *p, struct client *c)
{
	if (!take(p->fd, c) || !give(p->fd, c) || (c->ended && !c->len))
		return false;
	p->events = (short)((!c->ended && c->len < sizeof(c->buf) ? POLLIN : 0) | (c->len ? POLLOUT : 0));
	return true;
}

int main(int argc, char **argv)
{
	int listener = serve_on(SOCK_STREAM, argc, argv, 7);

	fcntl(listener, F_SETFL, O_NONBLOCK);
	add(listener, POLLIN, NULL);
	for (;;) {
		if (poll(fds, count, -1) < 0)
			continue;
		for (size_t i = count; i-- > 1;)
			if (fds[i].revents && !turn(&fds[i], clients[i]))
				drop(i);
		if (fds[0].revents) {
			int fd = accept(listener, NULL, NULL);
			struct client *c = fd < 0 ? NULL : calloc(1, sizeof(*c));

			if (c)
				add(fd, POLLIN, c);
			else if (fd >= 0)
				close(fd);
		}
	}
}
