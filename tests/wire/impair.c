/* tests/wire/impair.c - a bad wire: frames between two Ethernet devices with loss, delay, jitter and reordering
 *
 * impair DEV LOSS_PPM DELAY_MS REORDER_PPM SEED COMMAND [ARG...]
 *
 * DEV is a tap whose program side the guest's machine has. Its address moves to a second tap, "bad0", which this
 * program holds; frames cross between the two. So the kernel of the build machine needs no netem. A frame that is
 * chosen to be reordered overtakes all that wait: it leaves at once. Random choices come from SEED alone. Ends
 * with COMMAND's status and says what it did.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_MAX 5000 /* frames on their way in one direction; what comes then is lost */

struct frame {
	struct frame *next;
	uint64_t due_ns;
	size_t len;
	unsigned char bytes[];
};
struct direction {
	const char *name;
	int from, to;
	struct frame *first, *last;
	unsigned queued, passed, lost, overtook, full;
};

static uint64_t random_state;
static unsigned loss_ppm, reorder_ppm;
static uint64_t delay_ns;

static void die(const char *what)
{
	perror(what);
	exit(126);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* xorshift64* (Vigna 2016). */
static int chance(unsigned ppm)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 2685821657736338717u >> 33) % 1000000 < ppm;
}

/* --- the two ends --- */

static void run(const char *line)
{
	if (system(line))
		die(line);
}

static int open_dev(const char *dev)
{
	int s = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1, bytes = 8 << 20;
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(dev) };

	setsockopt(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)))
		die(dev);
	return s;
}

static int open_bad(const char *dev)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = "bad0" };
	char line[200];

	if (fd < 0 || ioctl(fd, TUNSETIFF, &r))
		die("/dev/net/tun");
	snprintf(line, sizeof(line), "ip addr flush dev %s && ip addr add 10.9.0.1/24 dev bad0 && ip link set bad0 up",
		 dev);
	run(line);
	return fd;
}

/* --- frames --- */

static void append(struct direction *d, struct frame *f)
{
	f->next = NULL;
	if (d->last)
		d->last->next = f;
	else
		d->first = f;
	d->last = f;
	d->queued++;
}

static void pass_on(struct direction *d, const unsigned char *bytes, size_t len)
{
	if (write(d->to, bytes, len) == (ssize_t)len)
		d->passed++;
	else
		d->full++;
}

static void arrive(struct direction *d, const unsigned char *bytes, size_t len)
{
	struct frame *f;

	if (chance(loss_ppm)) {
		d->lost++;
		return;
	}
	if (chance(reorder_ppm)) {
		d->overtook += d->queued > 0;
		pass_on(d, bytes, len);
		return;
	}
	f = d->queued < QUEUE_MAX ? malloc(sizeof(*f) + len) : NULL;
	if (!f) {
		d->full++;
		return;
	}
	f->due_ns = now_ns() + delay_ns;
	f->len = len;
	memcpy(f->bytes, bytes, len);
	append(d, f);
}

static void take_all(struct direction *d)
{
	unsigned char buf[65536];
	ssize_t n;

	while ((n = read(d->from, buf, sizeof(buf))) > 0)
		arrive(d, buf, (size_t)n);
}

/* Sends what is due; when the next one is, or 0. */
static uint64_t send_due(struct direction *d)
{
	uint64_t now = now_ns();

	while (d->first && d->first->due_ns <= now) {
		struct frame *f = d->first;

		d->first = f->next;
		if (!d->first)
			d->last = NULL;
		d->queued--;
		pass_on(d, f->bytes, f->len);
		free(f);
	}
	return d->first ? d->first->due_ns : 0;
}

static void wait_for(struct direction *d, uint64_t next_ns)
{
	struct pollfd p[2] = { { d[0].from, POLLIN, 0 }, { d[1].from, POLLIN, 0 } };
	uint64_t now = now_ns(), left = !next_ns ? 100000000 : next_ns > now ? next_ns - now : 0;
	struct timespec t = { (time_t)(left / 1000000000u), (long)(left % 1000000000u) };

	ppoll(p, 2, &t, NULL);
}

int main(int argc, char **argv)
{
	struct direction d[2] = { { .name = "guest to peer" }, { .name = "peer to guest" } };
	int status = 0;
	pid_t child;

	if (argc < 7) {
		fprintf(stderr, "usage: impair DEV LOSS_PPM DELAY_MS REORDER_PPM SEED COMMAND [ARG...]\n");
		return 2;
	}
	loss_ppm = (unsigned)atoi(argv[2]);
	delay_ns = (uint64_t)atoi(argv[3]) * 1000000u;
	reorder_ppm = (unsigned)atoi(argv[4]);
	random_state = (uint64_t)atoll(argv[5]) * 0x9e3779b97f4a7c15u + 1;
	d[0].from = d[1].to = open_dev(argv[1]);
	d[0].to = d[1].from = open_bad(argv[1]);
	child = fork();
	if (!child) {
		execvp(argv[6], argv + 6);
		die(argv[6]);
	}
	while (waitpid(child, &status, WNOHANG) == 0) {
		uint64_t a, b;

		take_all(&d[0]);
		take_all(&d[1]);
		a = send_due(&d[0]);
		b = send_due(&d[1]);
		wait_for(d, !a ? b : !b || a < b ? a : b);
	}
	for (int i = 0; i < 2; i++)
		fprintf(stderr, "impair: %s: %u passed, %u lost, %u overtook, %u found no room\n", d[i].name,
			d[i].passed, d[i].lost, d[i].overtook, d[i].full);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
