/* user/chat.c - a chat room: chat [PORT] serves it; join with nc or telnet
 *
 * Each line that somebody writes goes to all the others. One process, poll(); a client that does not read loses lines
 * rather than holding up the room.
 */
#include "net.h"
#include <poll.h>

#define SEATS 64
#define LINE 512

static struct pollfd fds[SEATS + 1];
static struct { char line[LINE]; size_t len; unsigned number; } guests[SEATS + 1];
static int count = 1;
static unsigned next_number = 1;

static void tell_others(int from, const char *text, size_t n)
{
	for (int i = 1; i < count; i++)
		if (i != from)
			send(fds[i].fd, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void announce(int who, const char *what)
{
	char text[64];

	tell_others(who, text, (size_t)snprintf(text, sizeof(text), "* guest %u %s\n", guests[who].number, what));
}

static void join(int listener)
{
	int fd = accept(listener, NULL, NULL);

	if (fd < 0)
		return;
	if (count > SEATS) {
		send_all(fd, "the room is full\n", 17);
		close(fd);
		return;
	}
	fds[count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	guests[count].len = 0;
	guests[count].number = next_number++;
	announce(count++, "comes in");
}

static void leave(int i)
{
	announce(i, "leaves");
	close(fds[i].fd);
	fds[i] = fds[--count];
	guests[i] = guests[count];
}

/* A line is passed on when its newline has come, or when it is too long to wait for. */
static void hear(int i, const char *data, ssize_t n)
{
	char text[LINE + 32];

	for (ssize_t k = 0; k < n; k++) {
		if (data[k] != '\n')
			guests[i].line[guests[i].len++] = data[k];
		if (data[k] != '\n' && guests[i].len < LINE)
			continue;
		tell_others(i, text, (size_t)snprintf(text, sizeof(text), "guest %u: %.*s\n", guests[i].number,
						      (int)guests[i].len, guests[i].line));
		guests[i].len = 0;
	}
}

int main(int argc, char **argv)
{
	fds[0] = (struct pollfd){ .fd = serve_on(SOCK_STREAM, argc, argv, 6667), .events = POLLIN };
	for (;;) {
		if (poll(fds, (nfds_t)count, -1) < 0)
			continue;
		for (int i = count; i-- > 1;) {
			char data[LINE];
			ssize_t n;

			if (!fds[i].revents)
				continue;
			n = recv(fds[i].fd, data, sizeof(data), MSG_DONTWAIT);
			if (n > 0)
				hear(i, data, n);
			else if (!n || errno != EAGAIN)
				leave(i);
		}
		if (fds[0].revents)
			join(fds[0].fd);
	}
}
