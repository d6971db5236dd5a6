/* user/nfrule.c - packet rules: shows them, or writes one command to the kernel's table
 *
 *	nfrule                                        the rules with their counters
 *	nfrule add input drop proto tcp dport 80      see docs/netfilter.md for the words
 *	nfrule del 3 | nfrule flush
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TABLE "/proc/net/nf_rules"

static int show(void)
{
	char buf[4096];
	ssize_t n;
	int fd = open(TABLE, O_RDONLY);

	if (fd < 0) {
		perror(TABLE);
		return 1;
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(1, buf, (size_t)n) != n)
			return 1;
	return n < 0;
}

int main(int argc, char **argv)
{
	char line[512] = "";
	int fd;

	if (argc == 1)
		return show();
	for (int i = 1; i < argc; i++) {
		if (strlen(line) + strlen(argv[i]) + 2 > sizeof(line)) {
			fprintf(stderr, "nfrule: too many words\n");
			return 2;
		}
		strcat(line, argv[i]);
		strcat(line, i + 1 < argc ? " " : "\n");
	}
	fd = open(TABLE, O_WRONLY);
	if (fd < 0 || write(fd, line, strlen(line)) < 0) {
		fprintf(stderr, "nfrule: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}
