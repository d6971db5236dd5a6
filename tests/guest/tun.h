/* tests/guest/tun.h - a TUN device to play the wire of, and packets to put on it */
#pragma once
#include "inet.h"
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <sys/uio.h>

#define TUN_US 0x0a090901u   /* 10.9.9.1/24, the kernel's side */
#define TUN_PEER 0x0a090902u /* whom the test plays */

static inline struct ifreq req_of(const char *name)
{
	struct ifreq r = { 0 };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	return r;
}

static inline int addr_ioctl(const char *name, unsigned long cmd, unsigned addr)
{
	struct ifreq r = req_of(name);
	struct sockaddr_in *a = (void *)&r.ifr_addr;
	int s = socket(AF_INET, SOCK_DGRAM, 0), ret;

	a->sin_family = AF_INET;
	a->sin_addr.s_addr = htonl(addr);
	ret = ioctl(s, cmd, &r);
	close(s);
	return ret;
}

static inline int if_ioctl(struct ifreq *r, unsigned long cmd)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), ret = ioctl(s, cmd, r), e = errno;

	close(s);
	errno = e;
	return ret;
}

static inline int if_up(const char *name, int up)
{
	struct ifreq r = req_of(name);

	if (if_ioctl(&r, SIOCGIFFLAGS))
		return -1;
	r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	return if_ioctl(&r, SIOCSIFFLAGS);
}

/* Linux' IPv6 talks on a new device without being asked: not here. */
static inline void no_ipv6(void)
{
	int f = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);

	if (f >= 0 && write(f, "1", 1) == 1)
		close(f);
}

/* A file with a device; name in ("" or a pattern) and out. -1 with errno. */
static inline int tun_open(char name[IFNAMSIZ], int flags)
{
	int fd = open("/dev/net/tun", O_RDWR);
	struct ifreq r = req_of(name);

	r.ifr_flags = (short)flags;
	no_ipv6();
	if (fd < 0)
		return -1;
	if (ioctl(fd, TUNSETIFF, &r)) {
		int e = errno;

		close(fd);
		errno = e;
		return -1;
	}
	memcpy(name, r.ifr_name, IFNAMSIZ);
	return fd;
}

/* Up, with the address TUN_US/24. */
static inline int tun_configure(const char *name)
{
	return addr_ioctl(name, SIOCSIFADDR, TUN_US) || addr_ioctl(name, SIOCSIFNETMASK, 0xffffff00) || if_up(name, 1);
}

static inline uint32_t sum_add(uint32_t sum, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return n & 1 ? sum + (uint32_t)(p[n - 1] << 8) : sum;
}

static inline uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* Over addresses, protocol and length: what a transport's checksum also covers. */
static inline uint32_t sum_pseudo(const struct iphdr *ip, size_t len)
{
	return sum_add(sum_add(0, &ip->saddr, 8),
		       (unsigned char[]){ 0, ip->protocol, (unsigned char)(len >> 8), (unsigned char)len }, 4);
}

/* An IP header before len bytes of payload at p + 20; the whole length. */
static inline size_t make_ip(void *p, int proto, unsigned from, unsigned to, size_t len)
{
	struct iphdr *ip = p;

	*ip = (struct iphdr){ .version = 4,
			      .ihl = 5,
			      .tot_len = htons((uint16_t)(20 + len)),
			      .ttl = 64,
			      .protocol = (uint8_t)proto,
			      .saddr = htonl(from),
			      .daddr = htonl(to),
			      .id = htons(7) };
	ip->check = sum_fold(sum_add(0, p, 20));
	return 20 + len;
}

static inline size_t make_ping(void *p, unsigned from, unsigned to, int seq, size_t payload)
{
	struct icmphdr *h = (void *)((char *)p + 20);

	for (size_t i = 0; i < payload; i++)
		((unsigned char *)(h + 1))[i] = (unsigned char)i;
	*h = (struct icmphdr){ .type = ICMP_ECHO, .un.echo = { htons(99), htons((uint16_t)seq) } };
	h->checksum = sum_fold(sum_add(0, h, sizeof(*h) + payload));
	return make_ip(p, IPPROTO_ICMP, from, to, sizeof(*h) + payload);
}

static inline size_t make_udp(void *p, unsigned from, unsigned to, int sport, int dport, const void *data, size_t n)
{
	struct udphdr *u = (void *)((char *)p + 20);

	*u = (struct udphdr){ .source = htons((uint16_t)sport),
			      .dest = htons((uint16_t)dport),
			      .len = htons((uint16_t)(8 + n)) };
	memcpy(u + 1, data, n);
	make_ip(p, IPPROTO_UDP, from, to, 8 + n);
	u->check = sum_fold(sum_add(sum_pseudo(p, 8 + n), u, 8 + n));
	return 28 + n;
}

/* The next packet of the protocol from the device within a second, past others (IPv6's own chatter): bytes, or 0. */
static inline ssize_t tun_next(int fd, void *buf, size_t size, int proto)
{
	while (events(fd, POLLIN, 1000) & POLLIN) {
		ssize_t n = read(fd, buf, size);
		struct iphdr *ip = buf;

		if (n >= 20 && ip->version == 4 && ip->protocol == proto)
			return n;
	}
	return 0;
}
