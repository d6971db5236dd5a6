/* tests/guest/raw_ping.c - raw ICMP, headers of one's own (IP_HDRINCL), and ping sockets without privilege */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

static unsigned char buf[70000], out[70000];

static unsigned short checksum(const void *data, size_t n)
{
	const unsigned char *p = data;
	unsigned long sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (unsigned long)(p[i] << 8 | p[i + 1]);
	if (n & 1)
		sum += (unsigned long)(p[n - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((unsigned short)~sum);
}

/* An echo request in out; its length. */
static size_t echo(unsigned short id, unsigned short seq, size_t payload)
{
	struct icmphdr *h = (void *)out;

	for (size_t i = 0; i < payload; i++)
		out[sizeof(*h) + i] = (unsigned char)(i * 3 + i / 256);
	*h = (struct icmphdr){ .type = ICMP_ECHO, .un.echo = { htons(id), htons(seq) } };
	h->checksum = checksum(out, sizeof(*h) + payload);
	return sizeof(*h) + payload;
}

/* The next reply to us, past our own requests: its ICMP length, 0 for none. */
static ssize_t reply(int s)
{
	while (events(s, POLLIN, 1000) & POLLIN) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);
		struct icmphdr *h = (void *)(buf + 20);

		if (n >= 28 && h->type == ICMP_ECHOREPLY)
			return n - 20;
	}
	return 0;
}

static void raw(void)
{
	static const size_t sizes[] = { 0, 1, 56, 1472, 8000, 65507 };
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), all = 1;
	struct sockaddr_in to = lo_port(0), from;
	socklen_t len = sizeof(from);
	unsigned filter = ~(1u << ICMP_ECHOREPLY);

	CHECK("raw socket", s >= 0);
	CHECK("protocol 0", ERR(socket(AF_INET, SOCK_RAW, 0), EPROTONOSUPPORT));
	CHECK("protocol out of range", ERR(socket(AF_INET, SOCK_RAW, 300), EINVAL));
	CHECK("send unconnected", ERR(send(s, out, 8, 0), EDESTADDRREQ));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t n = echo(77, (unsigned short)i, sizes[i]);

		all &= sendto(s, out, n, 0, SA(&to), sizeof(to)) == (ssize_t)n;
		all &= reply(s) == (ssize_t)n && !memcmp(buf + 28, out + 8, n - 8);
	}
	CHECK("echo of 0 to 65507 bytes", all);
	CHECK("too long", ERR(sendto(s, out, 65536, 0, SA(&to), sizeof(to)), EMSGSIZE));
	CHECK("filter", setsockopt(s, SOL_RAW, 1, &filter, sizeof(filter)) == 0);
	sendto(s, out, echo(78, 1, 10), 0, SA(&to), sizeof(to));
	CHECK("replies alone",
	      (events(s, POLLIN, 1000) & POLLIN) && recvfrom(s, buf, sizeof(buf), 0, SA(&from), &len) == 38 &&
		      buf[20] == ICMP_ECHOREPLY && ERR(recv(s, buf, 1, MSG_DONTWAIT), EAGAIN));
	CHECK("the header comes along", (buf[0] == 0x45) && buf[9] == IPPROTO_ICMP);
	CHECK("from", from.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && from.sin_port == 0);
	set_int(s, SOL_IP, IP_TTL, 9);
	sendto(s, out, echo(78, 2, 10), 0, SA(&to), sizeof(to));
	reply(s);
	CHECK("a reply has its own TTL", buf[8] == 64);
	CHECK("connect", connect(s, SA(&to), sizeof(to)) == 0);
	CHECK("send", send(s, out, echo(78, 3, 10), 0) == 18 && reply(s) == 18);
	CHECK("bind of a connected one",
	      (to.sin_addr.s_addr = htonl(0xc0000201)) && ERR(bind(s, SA(&to), sizeof(to)), EINVAL));
	out[2] ^= 1;
	send(s, out, 18, 0);
	CHECK("a wrong checksum is not answered", !(events(s, POLLIN, 50) & POLLIN));
	close(s);
}

/* A UDP datagram that we build from the IP header on. */
static void own_header(void)
{
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_RAW), u = bound(SOCK_DGRAM, 0), one = 1;
	struct sockaddr_in to = lo_port(0), from;
	socklen_t len = sizeof(from);
	struct iphdr *iph = (void *)out;
	struct udphdr *uh = (void *)(out + 20);

	CHECK("IPPROTO_RAW has HDRINCL", get_int(s, SOL_IP, IP_HDRINCL) == 1);
	setsockopt(u, SOL_IP, IP_RECVTTL, &one, sizeof(one));
	memset(out, 0, 64);
	*iph = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 17, .protocol = IPPROTO_UDP, .saddr = htonl(0x7f000005),
			       .daddr = htonl(INADDR_LOOPBACK), .tot_len = htons(1) };
	*uh = (struct udphdr){ .source = htons(4242), .dest = htons((unsigned short)port_of(u)), .len = htons(13) };
	memcpy(uh + 1, "built", 5);
	CHECK("sends", sendto(s, out, 33, 0, SA(&to), sizeof(to)) == 33);
	CHECK("length and checksum are filled in",
	      (events(u, POLLIN, 1000) & POLLIN) && recvfrom(u, buf, 100, 0, SA(&from), &len) == 5 &&
		      !memcmp(buf, "built", 5));
	CHECK("the source is what we wrote", from.sin_addr.s_addr == htonl(0x7f000005) && from.sin_port == htons(4242));
	CHECK("less than a header", ERR(sendto(s, out, 19, 0, SA(&to), sizeof(to)), EINVAL));
	iph->ihl = 15;
	CHECK("a header longer than all", ERR(sendto(s, out, 33, 0, SA(&to), sizeof(to)), EINVAL));
	CHECK("receives nothing", ERR(recv(s, buf, 100, MSG_DONTWAIT), EAGAIN));
	close(s);
	close(u);
	s = socket(AF_INET, SOCK_RAW, 253);
	CHECK("another protocol", s >= 0 && sendto(s, "experiment", 10, 0, SA(&to), sizeof(to)) == 10);
	CHECK("comes back with its header",
	      (events(s, POLLIN, 1000) & POLLIN) && recv(s, buf, 100, 0) == 30 && buf[9] == 253 &&
		      !memcmp(buf + 20, "experiment", 10));
	close(s);
}

/* ICMP errors: the quoted packet comes to the socket that sent it. */
static void errors(void)
{
	int s = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), u = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = lo_port(9);
	unsigned filter = ~(1u << ICMP_DEST_UNREACH);

	setsockopt(s, SOL_RAW, 1, &filter, sizeof(filter));
	sendto(u, "nobody", 6, 0, SA(&to), sizeof(to));
	CHECK("port unreachable",
	      (events(s, POLLIN, 1000) & POLLIN) && recv(s, buf, sizeof(buf), 0) == 20 + 8 + 20 + 8 + 6);
	CHECK("quotes the datagram",
	      buf[20] == 3 && buf[21] == 3 && buf[28 + 9] == IPPROTO_UDP && !memcmp(buf + 56, "nobody", 6));
	close(s);
	close(u);
}

static void unprivileged(void)
{
	int f = open("/proc/sys/net/ipv4/ping_group_range", O_RDWR), s;
	struct sockaddr_in to = lo_port(0), name, from;
	socklen_t len = sizeof(name);
	size_t n;

	CHECK("ping_group_range", f >= 0 && write(f, "0 100000", 8) == 8);
	s = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	CHECK("ping socket", s >= 0);
	n = echo(1, 5, 32);
	CHECK("sends", sendto(s, out, n, 0, SA(&to), sizeof(to)) == (ssize_t)n);
	CHECK("has an identifier for a port", getsockname(s, SA(&name), &len) == 0 && name.sin_port != 0);
	len = sizeof(from);
	CHECK("gets the reply alone",
	      (events(s, POLLIN, 1000) & POLLIN) && recvfrom(s, buf, sizeof(buf), 0, SA(&from), &len) == (ssize_t)n);
	CHECK("without an IP header", buf[0] == ICMP_ECHOREPLY && !memcmp(buf + 8, out + 8, 32));
	CHECK("with its identifier",
	      ((struct icmphdr *)buf)->un.echo.id == name.sin_port &&
		      ((struct icmphdr *)buf)->un.echo.sequence == htons(5));
	CHECK("nothing more", ERR(recv(s, buf, 1, MSG_DONTWAIT), EAGAIN));
	out[0] = ICMP_ECHOREPLY;
	CHECK("requests only", ERR(sendto(s, out, n, 0, SA(&to), sizeof(to)), EINVAL));
	CHECK("at least a header", ERR(sendto(s, out, 4, 0, SA(&to), sizeof(to)), EINVAL));
	close(s);
	pwrite(f, "1 0", 3, 0);
	close(f);
	if (!fork()) {
		int bad = setgid(1000) || setuid(1000) || !ERR(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM) ||
			  !ERR(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);

		_exit(bad);
	}
	int st = 0;
	wait(&st);
	CHECK("raw needs a capability, ping its group", st == 0);
}

int main(void)
{
	raw();
	own_header();
	errors();
	unprivileged();
	return verdict();
}
