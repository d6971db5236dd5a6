/* user/httpd-ringside.c - a small HTTP/1.0 server: httpd-ringside [-d] [PORT [ROOT]]
 *
 * GET of files below ROOT, and of /status, which is made when it is asked for. One epoll loop; a request is read until
 * its empty line, the answer is written with sendfile. Hostile input: a head is at most 4 KiB, paths with ".." are
 * refused, and a client that stalls only holds its own connection.
 */
#include "net.h"
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum phase { READING, SENDING_HEAD, SENDING_FILE };
struct client {
	int fd, file;
	enum phase phase;
	size_t have, sent;
	off_t offset, size;
	char buf[4096];
};

static int ep;
static const char *root = "/www";

static void finish(struct client *c)
{
	if (c->file >= 0)
		close(c->file);
	close(c->fd);
	free(c);
}

static const char *type_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && !strcmp(dot, ".html"))
		return "text/html; charset=utf-8";
	if (dot && !strcmp(dot, ".css"))
		return "text/css";
	return dot && !strcmp(dot, ".png") ? "image/png" : "text/plain; charset=utf-8";
}

static void answer_head(struct client *c, const char *status, const char *type, off_t size)
{
	c->have = (size_t)snprintf(c->buf, sizeof(c->buf),
				   "HTTP/1.0 %s\r\nServer: ringside\r\nContent-Type: %s\r\nContent-Length: %lld\r\n"
				   "Connection: close\r\n\r\n", status, type, (long long)size);
	c->sent = 0;
	c->phase = SENDING_HEAD;
}

static void answer_text(struct client *c, const char *status, const char *text)
{
	answer_head(c, status, "text/plain; charset=utf-8", (off_t)strlen(text));
	c->have += (size_t)snprintf(c->buf + c->have, sizeof(c->buf) - c->have, "%s", text);
}

/* The request's head is whole. Chooses the answer. */
static void answer(struct client *c)
{
	char path[1024], full[4096], name[1056];
	struct stat st;

	if (sscanf(c->buf, "GET %1000s HTTP/1.", path) != 1) {
		answer_text(c, "501 Not Implemented", "only GET is spoken here\n");
		return;
	}
	path[strcspn(path, "?#")] = '\0';
	if (path[0] != '/' || strstr(path, "..")) {
		answer_text(c, "400 Bad Request", "a path begins with / and does not climb\n");
		return;
	}
	snprintf(name, sizeof(name), "%s%s", path, path[strlen(path) - 1] == '/' ? "index.html" : "");
	snprintf(full, sizeof(full), "%s%s", root, name);
	c->file = open(full, O_RDONLY | O_CLOEXEC);
	if (c->file < 0 || fstat(c->file, &st) || !S_ISREG(st.st_mode)) {
		if (c->file >= 0)
			close(c->file);
		c->file = -1;
		answer_text(c, "404 Not Found", "there is no such page\n");
		return;
	}
	c->size = st.st_size;
	answer_head(c, "200 OK", type_of(name), st.st_size);
}

/* 1: go on now, 0: wait for the socket, -1: over. */
static int step(struct client *c)
{
	ssize_t n;

	switch (c->phase) {
	case READING:
		n = recv(c->fd, c->buf + c->have, sizeof(c->buf) - 1 - c->have, 0);
		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
		c->have += (size_t)n;
		c->buf[c->have] = '\0';
		if (strstr(c->buf, "\r\n\r\n") || strstr(c->buf, "\n\n"))
			answer(c);
		else if (c->have == sizeof(c->buf) - 1)
			answer_text(c, "431 Request Header Fields Too Large", "too long\n");
		return 1;
	case SENDING_HEAD:
		n = send(c->fd, c->buf + c->sent, c->have - c->sent, MSG_NOSIGNAL | (c->file >= 0 ? MSG_MORE : 0));
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		c->sent += (size_t)n;
		if (c->sent < c->have)
			return 1;
		c->phase = SENDING_FILE;
		return c->file >= 0 && c->size ? 1 : -1;
	case SENDING_FILE:
		n = sendfile(c->fd, c->file, &c->offset, (size_t)(c->size - c->offset));
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		return n && c->offset < c->size ? 1 : -1;
	}
	return -1;
}

static void serve(struct client *c)
{
	struct epoll_event e = { .data.ptr = c };
	int r;

	while ((r = step(c)) > 0)
		;
	if (r < 0) {
		finish(c);
		return;
	}
	e.events = c->phase == READING ? EPOLLIN : EPOLLOUT;
	epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
}

static void newcomer(int listener)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct client *c;
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	c->fd = fd;
	c->file = -1;
	e.data.ptr = c;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

int main(int argc, char **argv)
{
	int listener = serve_on(SOCK_STREAM, argc, argv, 80);
	struct epoll_event first = { .events = EPOLLIN }, ready[64];

	if (argc > 1 && argv[argc - 1][0] == '/')
		root = argv[argc - 1];
	signal(SIGPIPE, SIG_IGN); /* sendfile has no MSG_NOSIGNAL */
	ep = epoll_create1(EPOLL_CLOEXEC);
	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, listener, &first))
		die("epoll");
	for (;;) {
		int n = epoll_wait(ep, ready, 64, -1);

		for (int i = 0; i < n; i++) {
			if (ready[i].data.ptr)
				serve(ready[i].data.ptr);
			else
				newcomer(listener);
		}
	}
}
