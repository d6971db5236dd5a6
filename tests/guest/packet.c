/* tests/guest/packet.c - packet sockets and socket filters, with a TUN and a TAP device for the wire */
#define _GNU_SOURCE
#include "check.h"
#include "tun.h"
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <sys/mman.h>

static unsigned char buf[70000], out[70000];
static char dev[IFNAMSIZ] = "tun%d";
static int tun, ifindex;

static int attach(int s, const struct sock_filter *f, unsigned short len)
{
	struct sock_fprog p = { len, (struct sock_filter *)f };

	return setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p));
}
#define ATTACH(s, f) attach(s, f, sizeof(f) / sizeof(*(f)))

static int packet_socket(int type, int protocol, int index)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons((unsigned short)protocol),
				 .sll_ifindex = index };
	int s = socket(AF_PACKET, type, 0);

	return s < 0 || bind(s, SA(&a), sizeof(a)) ? -1 : s;
}

/* The next frame within a second whose first byte says IPv4: bytes, or 0; from in *a. */
static ssize_t frame(int s, struct sockaddr_ll *a)
{
	socklen_t len = sizeof(*a);

	while (events(s, POLLIN, 1000) & POLLIN) {
		ssize_t n = recvfrom(s, buf, sizeof(buf), MSG_TRUNC, SA(a), &len);

		if (n > 0 && buf[0] >> 4 == 4)
			return n;
	}
	return 0;
}

static void making(void)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) }, name;
	socklen_t len = sizeof(name);
	int s = socket(AF_PACKET, SOCK_RAW, 0), st = 0;

	CHECK("socket", s >= 0);
	CHECK("no such type", ERR(socket(AF_PACKET, SOCK_STREAM, 0), ESOCKTNOSUPPORT));
	CHECK("bind: too short", ERR(bind(s, SA(&a), 19), EINVAL));
	a.sll_ifindex = 4711;
	CHECK("bind: no such device", ERR(bind(s, SA(&a), sizeof(a)), ENODEV));
	a.sll_ifindex = ifindex;
	a.sll_family = AF_INET;
	CHECK("bind: not our family", ERR(bind(s, SA(&a), sizeof(a)), EINVAL));
	a.sll_family = AF_PACKET;
	CHECK("bind", bind(s, SA(&a), sizeof(a)) == 0);
	CHECK("name",
	      getsockname(s, SA(&name), &len) == 0 && name.sll_ifindex == ifindex &&
		      name.sll_protocol == htons(ETH_P_ALL) && name.sll_halen == 0 &&
		      len == offsetof(struct sockaddr_ll, sll_addr));
	CHECK("no peer", ERR(getpeername(s, SA(&name), &len), EOPNOTSUPP));
	CHECK("no listen", ERR(listen(s, 1), EOPNOTSUPP));
	CHECK("no connect", ERR(connect(s, SA(&a), sizeof(a)), EOPNOTSUPP));
	CHECK("no stamp before a packet", ERR(ioctl(s, SIOCGSTAMP, buf), ENOENT));
	if (!fork())
		_exit(setgid(1000) || setuid(1000) || !ERR(socket(AF_PACKET, SOCK_RAW, 0), EPERM));
	wait(&st);
	CHECK("needs a capability", st == 0);
	close(s);
}

static void both_ways(void)
{
	int s = packet_socket(SOCK_RAW, ETH_P_ALL, ifindex), ip4 = packet_socket(SOCK_DGRAM, ETH_P_IP, 0), u;
	struct sockaddr_in to = lo_port(7777);
	struct tpacket_stats st;
	struct sockaddr_ll a;
	struct timeval tv, now;
	struct timespec ts;
	socklen_t len = sizeof(st);
	size_t n = make_ping(out, TUN_PEER, TUN_US, 1, 40);

	write(tun, out, n);
	CHECK("arriving",
	      frame(s, &a) == (ssize_t)n && a.sll_pkttype == PACKET_HOST && a.sll_ifindex == ifindex &&
		      a.sll_protocol == htons(ETH_P_IP) && a.sll_hatype == 0xfffe && a.sll_halen == 0 &&
		      !memcmp(buf, out, n));
	CHECK("leaving",
	      frame(s, &a) == (ssize_t)n && a.sll_pkttype == PACKET_OUTGOING && a.sll_ifindex == ifindex &&
		      ((struct icmphdr *)(buf + 20))->type == ICMP_ECHOREPLY);
	gettimeofday(&now, NULL);
	CHECK("stamp", ioctl(s, SIOCGSTAMP, &tv) == 0 && labs(now.tv_sec - tv.tv_sec) < 10);
	CHECK("stamp in nanoseconds",
	      ioctl(s, SIOCGSTAMPNS, &ts) == 0 && ts.tv_sec == tv.tv_sec && ts.tv_nsec / 1000 == tv.tv_usec);
	CHECK("by protocol, of any device, what arrives alone",
	      frame(ip4, &a) == (ssize_t)n && a.sll_pkttype == PACKET_HOST && a.sll_ifindex == ifindex &&
		      !(events(ip4, POLLIN, 20) & POLLIN));
	CHECK("statistics",
	      getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &len) == 0 && st.tp_packets >= 2 && st.tp_drops == 0);
	CHECK("are taken", getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &len) == 0 && st.tp_packets == 0);
	u = socket(AF_INET, SOCK_DGRAM, 0);
	to.sin_addr.s_addr = htonl(TUN_PEER);
	sendto(u, "checksum", 8, 0, SA(&to), sizeof(to));
	CHECK("the checksum is in what is seen",
	      frame(s, &a) == 36 && sum_fold(sum_add(sum_pseudo((void *)buf, 16), buf + 20, 16)) == 0);
	close(u);
	write(tun, out, n);
	usleep(20000);
	CHECK("FIONREAD", ioctl(s, FIONREAD, &st) == 0 && *(int *)&st == (int)n);
	CHECK("a short read cuts", recv(s, buf, 30, 0) == 30 && recv(s, buf, 30, MSG_TRUNC) == (ssize_t)n);
	CHECK("ignore what leaves",
	      set_int(s, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) == 0 &&
		      get_int(s, SOL_PACKET, PACKET_IGNORE_OUTGOING) == 1);
	write(tun, out, n);
	CHECK("one of two",
	      frame(s, &a) == (ssize_t)n && a.sll_pkttype == PACKET_HOST && !(events(s, POLLIN, 20) & POLLIN));
	close(ip4);
	close(s);
}

static void ancillary(void)
{
	int s = packet_socket(SOCK_RAW, ETH_P_ALL, ifindex);
	struct iovec v = { buf, 30 };
	char control[256];
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct tpacket_auxdata *aux = NULL;
	struct timespec *ts = NULL;
	size_t n = make_ping(out, TUN_PEER, TUN_US, 2, 40);

	CHECK("auxdata",
	      set_int(s, SOL_PACKET, PACKET_AUXDATA, 1) == 0 && set_int(s, SOL_SOCKET, SO_TIMESTAMPNS, 1) == 0);
	write(tun, out, n);
	events(s, POLLIN, 1000);
	CHECK("message", recvmsg(s, &m, 0) == 30 && (m.msg_flags & MSG_TRUNC));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			aux = (void *)CMSG_DATA(c);
		if (c->cmsg_level == SOL_SOCKET)
			ts = (void *)CMSG_DATA(c);
	}
	CHECK("lengths",
	      aux && aux->tp_len == n && aux->tp_snaplen == n && aux->tp_net == 0 && (aux->tp_status & TP_STATUS_USER));
	CHECK("time", ts && labs(ts->tv_sec - time(NULL)) < 10);
	close(s);
}

static void sending(void)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = ifindex };
	int s = packet_socket(SOCK_DGRAM, 0, ifindex), all = packet_socket(SOCK_RAW, ETH_P_ALL, ifindex);
	size_t n = make_udp(out, TUN_US, TUN_PEER, 5, 6, "by hand", 7);

	while (events(tun, POLLIN, 0) & POLLIN)
		read(tun, buf, sizeof(buf));

	CHECK("send", sendto(s, out, n, 0, SA(&a), sizeof(a)) == (ssize_t)n);
	CHECK("is on the wire", tun_next(tun, buf, sizeof(buf), IPPROTO_UDP) == (ssize_t)n && !memcmp(buf, out, n));
	CHECK("others see it", frame(all, &a) == (ssize_t)n && a.sll_pkttype == PACKET_OUTGOING);
	CHECK("send raw",
	      sendto(all, out, n, 0, SA(&a), sizeof(a)) == (ssize_t)n &&
		      tun_next(tun, buf, sizeof(buf), IPPROTO_UDP) == (ssize_t)n);
	CHECK("not back to the sender", !(events(all, POLLIN, 20) & POLLIN));
	CHECK("longer than the MTU", ERR(sendto(s, out, 1501, 0, SA(&a), sizeof(a)), EMSGSIZE));
	a.sll_ifindex = 4711;
	CHECK("no such device", ERR(sendto(s, out, n, 0, SA(&a), sizeof(a)), ENXIO));
	CHECK("address too short", ERR(sendto(s, out, n, 0, SA(&a), 11), EINVAL));
	if_up(dev, 0);
	a.sll_ifindex = ifindex;
	CHECK("down", ERR(sendto(s, out, n, 0, SA(&a), sizeof(a)), ENETDOWN));
	CHECK("receivers hear of it",
	      ERR(recv(all, buf, 100, MSG_DONTWAIT), ENETDOWN) && ERR(recv(all, buf, 100, MSG_DONTWAIT), EAGAIN));
	tun_configure(dev);
	n = make_ping(out, TUN_PEER, TUN_US, 9, 8);
	write(tun, out, n);
	CHECK("and go on when it is back", frame(all, &a) > 0);
	close(s);
	close(all);
}

static void filters(void)
{
	/* IPv4 and ICMP echo requests, the first 24 bytes of them. */
	static const struct sock_filter ping[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 6),
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHO, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 24),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct sock_filter outgoing[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct sock_filter no_return[] = { BPF_STMT(BPF_LD | BPF_IMM, 1) };
	static const struct sock_filter by_zero[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0),
						      BPF_STMT(BPF_RET | BPF_A, 0) };
	static const struct sock_filter wild[] = { BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_RET | BPF_A, 0) };
	static const struct sock_filter stale[] = { BPF_STMT(BPF_LD | BPF_MEM, 3), BPF_STMT(BPF_RET | BPF_A, 0) };
	static const struct sock_filter no_word[] = { BPF_STMT(BPF_ST, 16), BPF_STMT(BPF_RET | BPF_A, 0) };
	static const struct sock_filter no_anc[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							      (unsigned)(SKF_AD_OFF + SKF_AD_MAX + 4)),
						     BPF_STMT(BPF_RET | BPF_A, 0) };
	int s = packet_socket(SOCK_RAW, ETH_P_ALL, ifindex), n = (int)make_ping(out, TUN_PEER, TUN_US, 1, 40);
	struct sock_filter got[16];
	struct sockaddr_ll a;
	socklen_t len = 0;

	CHECK("refused: no return", ERR(ATTACH(s, no_return), EINVAL));
	CHECK("refused: division by zero", ERR(ATTACH(s, by_zero), EINVAL));
	CHECK("refused: jump out", ERR(ATTACH(s, wild), EINVAL));
	CHECK("refused: memory never written", ERR(ATTACH(s, stale), EINVAL));
	CHECK("refused: no such word", ERR(ATTACH(s, no_word), EINVAL));
	CHECK("refused: unknown fact", ERR(ATTACH(s, no_anc), EINVAL));
	CHECK("refused: empty", ERR(attach(s, ping, 0), EINVAL));
	CHECK("refused: too long", ERR(attach(s, ping, 4097), EINVAL));
	CHECK("refused: half a pointer", ERR(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, got, 8), EINVAL));
	CHECK("nothing to detach", ERR(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &n, sizeof(n)), ENOENT));
	CHECK("attach", ATTACH(s, ping) == 0);
	write(tun, out, (size_t)n);
	CHECK("cut to what it said", frame(s, &a) == 24 && a.sll_pkttype == PACKET_HOST);
	CHECK("the answer is not wanted", !(events(s, POLLIN, 30) & POLLIN));
	CHECK("how long is it", getsockopt(s, SOL_SOCKET, SO_GET_FILTER, got, &len) == 0 && len == 9);
	len = 16;
	CHECK("read back",
	      getsockopt(s, SOL_SOCKET, SO_GET_FILTER, got, &len) == 0 && len == 9 && !memcmp(got, ping, sizeof(ping)));
	len = 3;
	CHECK("no room", ERR(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, got, &len), EINVAL));
	CHECK("another", ATTACH(s, outgoing) == 0);
	write(tun, out, (size_t)n);
	CHECK("only what leaves", frame(s, &a) == n && a.sll_pkttype == PACKET_OUTGOING);
	CHECK("lock", set_int(s, SOL_SOCKET, SO_LOCK_FILTER, 1) == 0 && get_int(s, SOL_SOCKET, SO_LOCK_FILTER) == 1);
	CHECK("locked",
	      ERR(ATTACH(s, ping), EPERM) && ERR(setsockopt(s, SOL_SOCKET, SO_DETACH_FILTER, &n, sizeof(n)), EPERM) &&
		      ERR(set_int(s, SOL_SOCKET, SO_LOCK_FILTER, 0), EPERM));
	close(s);
}

/* Filters on IPv4 sockets see the transport's header first. */
static void inet_filters(void)
{
	/* Payload that starts with 'y'; of it the first 3 bytes. */
	static const struct sock_filter udp[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 8),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 11),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	static const struct sock_filter none[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	static const struct sock_filter from_ip[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (unsigned)SKF_NET_OFF + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	int r = bound(SOCK_DGRAM, 0), s = socket(AF_INET, SOCK_DGRAM, 0), l,
	    t = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

	connect_to(s, port_of(r));
	CHECK("UDP: attach", ATTACH(r, udp) == 0);
	send(s, "no", 2, 0);
	send(s, "yes, all of it", 14, 0);
	CHECK("UDP: one of two, and cut",
	      (events(r, POLLIN, 1000) & POLLIN) && recv(r, buf, 100, 0) == 3 && !memcmp(buf, "yes", 3) &&
		      !(events(r, POLLIN, 20) & POLLIN));
	CHECK("UDP: from the IP header",
	      ATTACH(r, from_ip) == 0 && send(s, "whole", 5, 0) == 5 && (events(r, POLLIN, 1000) & POLLIN) &&
		      recv(r, buf, 100, 0) == 5);
	CHECK("UDP: detach", setsockopt(r, SOL_SOCKET, SO_DETACH_FILTER, &l, sizeof(l)) == 0);
	while (recv(raw, buf, 100, MSG_DONTWAIT) > 0)
		;
	CHECK("raw: none", ATTACH(raw, none) == 0 && send(s, "x", 1, 0) == 1 && !(events(raw, POLLIN, 30) & POLLIN));
	l = bound(SOCK_STREAM, 0);
	listen(l, 1);
	CHECK("TCP: a listener that wants nobody",
	      ATTACH(l, none) == 0 && connect_to(t, port_of(l)) == -1 && !(events(t, POLLOUT, 100) & POLLOUT));
	close(t);
	setsockopt(l, SOL_SOCKET, SO_DETACH_FILTER, &l, sizeof(l));
	t = socket(AF_INET, SOCK_STREAM, 0);
	CHECK("TCP: and then does", connect_to(t, port_of(l)) == 0);
	close(t);
	close(l);
	close(r);
	close(s);
	close(raw);
}

static void ring(void)
{
	int s = packet_socket(SOCK_RAW, ETH_P_ALL, ifindex), n = (int)make_ping(out, TUN_PEER, TUN_US, 1, 40),
	    v = TPACKET_V2, h = TPACKET_V2;
	struct tpacket_req req = { .tp_block_size = 4096, .tp_block_nr = 2, .tp_frame_size = 2048, .tp_frame_nr = 4 };
	struct tpacket_stats st;
	socklen_t len = sizeof(st), hl = sizeof(h);
	struct tpacket2_hdr *slot;
	struct sockaddr_ll *sll;
	char *m;
	int i;

	CHECK("ring: header length", getsockopt(s, SOL_PACKET, PACKET_HDRLEN, &h, &hl) == 0 && h == sizeof(*slot));
	h = 77;
	CHECK("ring: no such version", ERR(getsockopt(s, SOL_PACKET, PACKET_HDRLEN, &h, &hl), EINVAL));
	CHECK("ring: version 2", setsockopt(s, SOL_PACKET, PACKET_VERSION, &v, sizeof(v)) == 0);
	CHECK("ring: reserve",
	      set_int(s, SOL_PACKET, PACKET_RESERVE, 4) == 0 && get_int(s, SOL_PACKET, PACKET_RESERVE) == 4);
	CHECK("ring: none to map",
	      mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0) == MAP_FAILED && errno == EINVAL);
	req.tp_block_size = 4000;
	CHECK("ring: half pages", ERR(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)), EINVAL));
	req.tp_block_size = 4096;
	req.tp_frame_nr = 5;
	CHECK("ring: more frames than fit", ERR(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)), EINVAL));
	req.tp_frame_nr = 4;
	req.tp_frame_size = 2047;
	CHECK("ring: odd frames", ERR(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)), EINVAL));
	req.tp_frame_size = 2048;
	CHECK("ring", setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) == 0);
	CHECK("ring: a second one", ERR(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)), EBUSY));
	CHECK("ring: its version stays", ERR(set_int(s, SOL_PACKET, PACKET_VERSION, TPACKET_V1), EBUSY));
	CHECK("ring: map less",
	      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0) == MAP_FAILED && errno == EINVAL);
	m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
	CHECK("ring: map", m != MAP_FAILED);
	CHECK("ring: in use",
	      ERR(setsockopt(s, SOL_PACKET, PACKET_RX_RING, &(struct tpacket_req){ 0 }, sizeof(req)), EBUSY));
	slot = (void *)m;
	CHECK("ring: nothing yet", slot->tp_status == TP_STATUS_KERNEL && !(events(s, POLLIN, 0) & POLLIN));
	write(tun, out, (size_t)n);
	CHECK("ring: poll", events(s, POLLIN, 1000) & POLLIN);
	sll = (void *)(m + TPACKET_ALIGN(sizeof(*slot)));
	CHECK("ring: first frame",
	      (slot->tp_status & TP_STATUS_USER) && slot->tp_len == (unsigned)n && slot->tp_snaplen == (unsigned)n &&
		      !memcmp(m + slot->tp_mac, out, (size_t)n) && sll->sll_pkttype == PACKET_HOST &&
		      sll->sll_ifindex == ifindex);
	CHECK("ring: offsets", slot->tp_mac == slot->tp_net && slot->tp_net == TPACKET_ALIGN(TPACKET2_HDRLEN + 16) + 4);
	CHECK("ring: time", (unsigned int)time(NULL) - slot->tp_sec + 10 < 20);
	slot = (void *)(m + 2048);
	CHECK("ring: second frame",
	      (slot->tp_status & TP_STATUS_USER) &&
		      ((struct sockaddr_ll *)((char *)slot + TPACKET_ALIGN(sizeof(*slot))))->sll_pkttype ==
			      PACKET_OUTGOING);
	for (i = 0; i < 3; i++)
		write(tun, out, (size_t)n);
	CHECK("ring: full, the rest is counted",
	      getsockopt(s, SOL_PACKET, PACKET_STATISTICS, &st, &len) == 0 && st.tp_packets == 8 && st.tp_drops == 4);
	for (i = 0; i < 4; i++)
		((struct tpacket2_hdr *)(m + i * 2048))->tp_status = TP_STATUS_KERNEL;
	CHECK("ring: empty again", !(events(s, POLLIN, 0) & POLLIN));
	write(tun, out, (size_t)n);
	CHECK("ring: and goes round",
	      (events(s, POLLIN, 1000) & POLLIN) && (((struct tpacket2_hdr *)m)->tp_status & TP_STATUS_USER));
	munmap(m, 8192);
	CHECK("ring: away", setsockopt(s, SOL_PACKET, PACKET_RX_RING, &(struct tpacket_req){ 0 }, sizeof(req)) == 0);
	write(tun, out, (size_t)n);
	CHECK("ring: a queue as before", frame(s, &(struct sockaddr_ll){ 0 }) == n);
	close(s);
}

static int flags_of(const char *name)
{
	struct ifreq r = req_of(name);

	return if_ioctl(&r, SIOCGIFFLAGS) ? -1 : r.ifr_flags & 0xffff;
}

static void tap(void)
{
	char name[IFNAMSIZ] = "";
	int fd = tun_open(name, IFF_TAP | IFF_NO_PI), s, d, index = (int)if_nametoindex(name);
	struct packet_mreq mr = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons(0x88b5),
				 .sll_ifindex = index,
				 .sll_halen = 6,
				 .sll_addr = { 2, 0, 0, 0, 0, 9 } };
	struct ifreq r = req_of(name);
	socklen_t len = sizeof(a);

	addr_ioctl(name, SIOCSIFADDR, TUN_US + 0x100);
	if_up(name, 1);
	if_ioctl(&r, SIOCGIFHWADDR);
	s = packet_socket(SOCK_RAW, 0x88b5, index);
	d = packet_socket(SOCK_DGRAM, 0x88b5, index);
	CHECK("TAP: a frame is made", sendto(d, "payload", 7, 0, SA(&a), sizeof(a)) == 7);
	do
		if (!(events(fd, POLLIN, 1000) & POLLIN))
			break;
	while (read(fd, buf, sizeof(buf)) > 0 && (buf[12] != 0x88 || buf[13] != 0xb5));
	CHECK("TAP: with its header",
	      !memcmp(buf, a.sll_addr, 6) && !memcmp(buf + 6, r.ifr_hwaddr.sa_data, 6) &&
		      !memcmp(buf + 14, "payload", 7));
	memcpy(out, "\2\0\0\0\0\5\2\0\0\0\0\6\x88\xb5hello", 19);
	write(fd, out, 19);
	CHECK("TAP: somebody else's",
	      (events(s, POLLIN, 1000) & POLLIN) && recvfrom(s, buf, 100, 0, SA(&a), &len) == 19 &&
		      a.sll_pkttype == PACKET_OTHERHOST && a.sll_halen == 6 && !memcmp(a.sll_addr, "\2\0\0\0\0\6", 6) &&
		      a.sll_hatype == ARPHRD_ETHER);
	CHECK("TAP: without its header",
	      (events(d, POLLIN, 1000) & POLLIN) && recv(d, buf, 100, 0) == 5 && !memcmp(buf, "hello", 5));
	CHECK("TAP: less than a header", ERR(send(s, out, 13, 0), EINVAL));
	CHECK("TAP: longer than the MTU", ERR(send(s, out, 1515, 0), EMSGSIZE));
	CHECK("promiscuous", setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof(mr)) == 0);
	CHECK("dropped",
	      setsockopt(s, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &mr, sizeof(mr)) == 0 &&
		      !(flags_of(name) & IFF_PROMISC));
	mr.mr_ifindex = 4711;
	CHECK("of no device", ERR(setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof(mr)), ENODEV));
	CHECK("unknown option",
	      ERR(setsockopt(s, SOL_PACKET, 99, &index, sizeof(index)), ENOPROTOOPT) &&
		      get_int(s, SOL_PACKET, 99) == -1000 - ENOPROTOOPT);
	close(fd);
	CHECK("the device is gone", ERR(recv(s, buf, 100, MSG_DONTWAIT), ENETDOWN) && ERR(send(s, out, 60, 0), ENXIO));
	close(s);
	close(d);
}

static void proc(void)
{
	int s = packet_socket(SOCK_RAW, ETH_P_ALL, ifindex), found = 0, type, idx, running;
	unsigned proto;
	char line[256];
	FILE *f = fopen("/proc/net/packet", "r");

	while (f && fgets(line, sizeof(line), f))
		found |= sscanf(line, "%*x %*d %d %x %d %d", &type, &proto, &idx, &running) == 4 && type == SOCK_RAW &&
			proto == ETH_P_ALL && idx == ifindex && running == 1;
	CHECK("/proc/net/packet", found);
	fclose(f);
	close(s);
}

int main(void)
{
	tun = tun_open(dev, IFF_TUN | IFF_NO_PI);
	ifindex = (int)if_nametoindex(dev);
	tun_configure(dev);
	making();
	both_ways();
	ancillary();
	sending();
	filters();
	inet_filters();
	ring();
	tap();
	proc();
	return verdict();
}
