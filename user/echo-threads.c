/* user/echo-threads.c - TCP echo, second shape: a thread a connection
 *
 * As echo-fork, but the address space is shared: cheaper to start, and one bad pointer ends them all.
 */
#include "net.h"
#include <pthread.h>

static void *serve(void *arg)
{
	int fd = (int)(long)arg;
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (!send_all(fd, buf, (size_t)n))
			break;
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	int listener = serve_on(SOCK_STREAM, argc, argv, 7);
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 65536);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd >= 0 && pthread_create(&thread, &attr, serve, (void *)(long)fd))
			close(fd);
	}
}
