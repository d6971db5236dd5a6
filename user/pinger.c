/* user/pinger.c - ICMP echo through an unprivileged "ping socket" (SOCK_DGRAM, IPPROTO_ICMP)
 *
 * pinger HOST [COUNT]. The kernel fills in the identifier and hands back only our replies.
 */
#include "net.h"
#include <netinet/ip_icmp.h>
#include <sys/time.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static uint16_t checksum(const void *p, size_t n)
{
	const uint16_t *w = p;
	uint32_t sum = 0;

	for (; n > 1; n -= 2)
		sum += *w++;
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

int main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), count = argc > 2 ? atoi(argv[2]) : 4, got = 0;
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct timeval patience = { .tv_sec = 1 };

	if (argc < 2 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: pinger ADDRESS [COUNT]\n");
		return 2;
	}
	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (int i = 1; i <= count; i++) {
		struct { struct icmphdr h; char data[56]; } m = { .h = { .type = ICMP_ECHO } };
		double start = now_ms();

		m.h.un.echo.sequence = htons((uint16_t)i);
		m.h.checksum = checksum(&m, sizeof(m));
		if (sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			die("sendto");
		if (recv(fd, &m, sizeof(m), 0) < 0) {
			printf("no answer to %d\n", i);
			continue;
		}
		got++;
		printf("%s answered %d after %.3f ms\n", argv[1], ntohs(m.h.un.echo.sequence), now_ms() - start);
		if (i < count)
			usleep(200000);
	}
	printf("%d sent, %d answered\n", count, got);
	return got ? 0 : 1;
}
