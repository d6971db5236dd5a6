/* user/echo-poll.c - TCP echo, third shape: one process, poll()
 *
 * The kernel is asked about every connection on each turn: O(n). A client that does not read what it is sent is simply
 * not read from (its buffer here is full), so it slows down nobody else.
 */
#include "net.h"
#include <fcntl.h>
#include <poll.h>

struct client { char buf[16384]; size_t len; };

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

/* False when the connection is over. */
static int turn(struct pollfd *p, struct client *c)
{
	ssize_t n;

	if (p->revents & (POLLIN | POLLHUP | POLLERR) && c->len < sizeof(c->buf)) {
		n = recv(p->fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);
		if (!n || (n < 0 && errno != EAGAIN))
			return 0;
		if (n > 0)
			c->len += (size_t)n;
	}
	if (c->len) {
		n = send(p->fd, c->buf, c->len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return 0;
		if (n > 0) {
			c->len -= (size_t)n;
			memmove(c->buf, c->buf + n, c->len);
		}
	}
	p->events = (short)((c->len < sizeof(c->buf) ? POLLIN : 0) | (c->len ? POLLOUT : 0));
	return 1;
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
