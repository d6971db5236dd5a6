/* user/wirepeer.c - the other end of the wire, as a program: a host that exists only in this file
 *
 * wirepeer COMMAND [ARG...] makes a TUN device with 10.9.9.1/24 on the kernel's side, answers for every other
 * address of that net, runs COMMAND, and ends with its status. It answers pings, and on every TCP port it sends
 * back what it gets.
 *
 * The TCP here keeps no state at all. An echo needs none: the peer's own headers tell all that we would have to
 * remember. What it acknowledges is where our next byte goes; what it sends, we acknowledge and send back. Nothing
 * is ever lost on this wire, so nothing is sent twice. But two segments that were sent with the same ACK are answered
 * at the same place, and the second answer is lost: one segment, of 536 bytes at most, may be under way.
 */
#include "net.h"
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#define US 0x0a090901u
#define MASK 0xffffff00u

static uint32_t add(uint32_t sum, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* --- the device --- */

static void set_address(int s, struct ifreq *r, unsigned long call, uint32_t addr)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };

	memcpy(&r->ifr_addr, &a, sizeof(a));
	if (ioctl(s, call, r))
		die("address");
}

static int open_wire(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC), s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq r = { .ifr_flags = IFF_TUN | IFF_NO_PI };

	if (fd < 0 || ioctl(fd, TUNSETIFF, &r))
		die("/dev/net/tun");
	set_address(s, &r, SIOCSIFADDR, US);
	set_address(s, &r, SIOCSIFNETMASK, MASK);
	if (ioctl(s, SIOCGIFFLAGS, &r))
		die("flags");
	r.ifr_flags |= IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &r))
		die("up");
	close(s);
	return fd;
}

/* --- answers --- */

/* The packet in ip, of payload bytes behind its header, goes back to where it came from. */
static void send_back(int fd, struct iphdr *ip, size_t payload)
{
	uint32_t from = ip->saddr;

	ip->saddr = ip->daddr;
	ip->daddr = from;
	ip->ttl = 64;
	ip->tot_len = htons((uint16_t)(sizeof(*ip) + payload));
	ip->check = 0;
	ip->check = fold(add(0, ip, sizeof(*ip)));
	if (write(fd, ip, sizeof(*ip) + payload) < 0)
		die("write");
}

static void answer_ping(int fd, struct iphdr *ip, size_t n)
{
	struct icmphdr *h = (struct icmphdr *)(ip + 1);

	if (n < sizeof(*h) || h->type != ICMP_ECHO)
		return;
	h->type = ICMP_ECHOREPLY;
	h->checksum = 0;
	h->checksum = fold(add(0, h, n));
	send_back(fd, ip, n);
}

static void send_segment(int fd, struct iphdr *ip, struct tcphdr *t, uint32_t seq, uint32_t ack, int flags, size_t data)
{
	size_t n = sizeof(*t) + data;
	uint16_t port = t->source, length = htons((uint16_t)n), proto = htons(IPPROTO_TCP);

	t->source = t->dest;
	t->dest = port;
	t->seq = htonl(seq);
	t->ack_seq = htonl(ack);
	t->doff = sizeof(*t) / 4;
	((unsigned char *)t)[13] = (unsigned char)flags;
	t->window = htons(65535);
	t->check = 0;
	t->check = fold(add(add(add(add(0, &ip->saddr, 8), &proto, 2), &length, 2), t, n));
	send_back(fd, ip, n);
}

static void answer_tcp(int fd, struct iphdr *ip, size_t n)
{
	struct tcphdr *t = (struct tcphdr *)(ip + 1);
	size_t head = t->doff * 4u, data;
	uint32_t seq, ack;

	if (n < sizeof(*t) || head < sizeof(*t) || head > n || t->rst)
		return;
	data = n - head;
	seq = ntohl(t->seq);
	ack = ntohl(t->ack_seq);
	memmove(t + 1, (char *)t + head, data); /* our segments carry no options */
	if (t->syn && !t->ack)
		send_segment(fd, ip, t, 1000, seq + 1, TH_SYN | TH_ACK, 0);
	else if (t->fin)
		send_segment(fd, ip, t, ack, seq + (uint32_t)data + 1, TH_FIN | TH_ACK, 0);
	else if (data)
		send_segment(fd, ip, t, ack, seq + (uint32_t)data, TH_PUSH | TH_ACK, data);
}

static void answer(int fd, struct iphdr *ip, size_t n)
{
	if (n < sizeof(*ip) || ip->version != 4 || ip->ihl != 5 || ntohl(ip->daddr) == US)
		return;
	n = ntohs(ip->tot_len) < n ? ntohs(ip->tot_len) : n;
	if (n < sizeof(*ip))
		return;
	if (ip->protocol == IPPROTO_ICMP)
		answer_ping(fd, ip, n - sizeof(*ip));
	else if (ip->protocol == IPPROTO_TCP)
		answer_tcp(fd, ip, n - sizeof(*ip));
}

int main(int argc, char **argv)
{
	static char packet[65536] __attribute__((aligned(4)));
	int fd, done[2], status = 0;
	struct pollfd p[2];

	if (argc < 2) {
		fprintf(stderr, "usage: wirepeer COMMAND [ARG...]\n");
		return 2;
	}
	fd = open_wire();
	if (pipe(done))
		die("pipe");
	if (!fork()) {
		close(done[0]); /* the other end stays open until COMMAND is gone */
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	close(done[1]);
	p[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = done[0], .events = POLLIN };
	for (;;) {
		poll(p, 2, -1);
		if (p[0].revents & POLLIN) {
			ssize_t n = read(fd, packet, sizeof(packet));

			if (n > 0)
				answer(fd, (struct iphdr *)packet, (size_t)n);
		} else if (p[1].revents) {
			break;
		}
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
