/* user/echo-fork.c - TCP echo, first shape: a process a connection
 *
 * The oldest and simplest way: accept, fork, and let the child block as it likes. Costs a process each; nothing is
 * shared, so nothing can go wrong between clients. See echo-threads, echo-poll and echo-epoll for the others.
 */
#include "net.h"

static void serve(int fd)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (!send_all(fd, buf, (size_t)n))
			break;
}

int main(int argc, char **argv)
{
	int listener = serve_on(SOCK_STREAM, argc, argv, 7);

	signal(SIGCHLD, SIG_IGN); /* children are reaped by themselves */
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (!fork()) {
			close(listener);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}
