/* user/http-get.c - a small HTTP/1.0 client: http-get HOST [PORT [PATH]] writes the body to standard output */
#include "net.h"

int main(int argc, char **argv)
{
	const char *port = argc > 2 ? argv[2] : "80", *path = argc > 3 ? argv[3] : "/";
	char buf[65536], *body;
	size_t have = 0;
	ssize_t n;
	int fd, ok;

	if (argc < 2) {
		fprintf(stderr, "usage: http-get HOST [PORT [PATH]]\n");
		return 2;
	}
	fd = connect_to(argv[1], port);
	n = snprintf(buf, sizeof(buf), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, argv[1]);
	if (!send_all(fd, buf, (size_t)n))
		die("send");
	/* The head ends with an empty line; it must fit into the buffer. */
	do {
		n = read(fd, buf + have, sizeof(buf) - 1 - have);
		if (n <= 0)
			die("the answer ended in its head");
		have += (size_t)n;
		buf[have] = '\0';
		body = strstr(buf, "\r\n\r\n");
	} while (!body && have < sizeof(buf) - 1);
	if (!body || strncmp(buf, "HTTP/", 5)) {
		fprintf(stderr, "http-get: that is no HTTP\n");
		return 1;
	}
	ok = !strncmp(buf + 8, " 200", 4);
	body += 4;
	fwrite(body, 1, have - (size_t)(body - buf), stdout);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	fflush(stdout);
	return !ok || n < 0;
}
