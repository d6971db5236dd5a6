/* tests/guest/udp_sockets.c - UDP over loopback: names, sizes, control messages, errors that come back */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <netinet/udp.h>
#include <signal.h>

/* <linux/errqueue.h>, which musl's headers lack */
struct sock_extended_err {
	unsigned int ee_errno;
	unsigned char ee_origin, ee_type, ee_code, ee_pad;
	unsigned int ee_info, ee_data;
};
#define SO_EE_ORIGIN_ICMP 2

static char buf[70000], big[70000];

static ssize_t send_to(int s, int port, const void *data, size_t len, int flags)
{
	struct sockaddr_in a = lo_port(port);

	return sendto(s, data, len, flags, SA(&a), sizeof(a));
}

static void names(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	struct sockaddr_in name = lo_port(0), from;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t len = sizeof(name);

	CHECK("bound to some port", a >= 0 && port_of(a) > 0);
	CHECK("unbound has none", port_of(b) == 0);
	CHECK("protocol of another type", ERR(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT));
	CHECK("no peer yet", ERR(getpeername(b, SA(&name), &len), ENOTCONN));
	CHECK("send without a destination", ERR(send(b, "x", 1, 0), EDESTADDRREQ));
	CHECK("port 0", ERR(send_to(b, 0, "x", 1, 0), EINVAL));
	CHECK("sendto", send_to(b, port_of(a), "hello", 5, 0) == 5);
	CHECK("which binds", port_of(b) > 0);
	len = sizeof(from);
	CHECK("recvfrom", recvfrom(a, buf, sizeof(buf), 0, SA(&from), &len) == 5 && !memcmp(buf, "hello", 5));
	CHECK("tells the sender", len == sizeof(from) && ntohs(from.sin_port) == port_of(b) &&
					  from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	CHECK("short name", ERR(sendto(b, "x", 1, 0, SA(&from), 8), EINVAL));
	from.sin_family = AF_INET6;
	CHECK("other family", ERR(sendto(b, "x", 1, 0, SA(&from), sizeof(from)), EAFNOSUPPORT));
	CHECK("bind twice", ERR(bind(a, SA(&name), sizeof(name)), EINVAL));
	name = lo_port(port_of(a));
	b = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK("port taken", ERR(bind(b, SA(&name), sizeof(name)), EADDRINUSE));
	name.sin_addr.s_addr = htonl(INADDR_ANY);
	CHECK("for any address too", ERR(bind(b, SA(&name), sizeof(name)), EADDRINUSE));
	name.sin_addr.s_addr = htonl(0x7f000002);
	CHECK("another address", bind(b, SA(&name), sizeof(name)) == 0);
	name.sin_addr.s_addr = htonl(0xc0000201);
	CHECK("not ours", ERR(bind(socket(AF_INET, SOCK_DGRAM, 0), SA(&name), sizeof(name)), EADDRNOTAVAIL));
	CHECK("no route", ERR(sendto(b, "x", 1, 0, SA(&name), sizeof(name)), EINVAL) || errno == ENETUNREACH);
	CHECK("connect", connect_to(b, port_of(a)) == 0);
	len = sizeof(name);
	CHECK("getpeername", getpeername(b, SA(&name), &len) == 0 && ntohs(name.sin_port) == port_of(a));
	CHECK("send", send(b, "one", 3, 0) == 3 && recv(a, buf, 10, 0) == 3);
	int c = socket(AF_INET, SOCK_DGRAM, 0);
	send_to(c, port_of(b), "stranger", 8, 0);
	CHECK("hears its peer alone", ERR(recv(b, buf, 10, MSG_DONTWAIT), EAGAIN));
	CHECK("disconnect", connect(b, &none, sizeof(none)) == 0 && ERR(getpeername(b, SA(&name), &len), ENOTCONN));
	CHECK("the bound port stays", port_of(b) == port_of(a));
	CHECK("listen", ERR(listen(a, 1), EOPNOTSUPP));
	CHECK("accept", ERR(accept(a, NULL, NULL), EOPNOTSUPP));
	CHECK("shutdown unconnected", ERR(shutdown(c, SHUT_RD), ENOTCONN));
	close(a);
	close(b);
	close(c);
}

static void reuse(void)
{
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), n[2] = { 0, 0 };
	struct sockaddr_in name = lo_port(7777);

	set_int(a, SOL_SOCKET, SO_REUSEPORT, 1);
	CHECK("REUSEPORT", get_int(a, SOL_SOCKET, SO_REUSEPORT) == 1 && bind(a, SA(&name), sizeof(name)) == 0);
	CHECK("must be on both", ERR(bind(b, SA(&name), sizeof(name)), EADDRINUSE));
	set_int(b, SOL_SOCKET, SO_REUSEPORT, 1);
	CHECK("on both", bind(b, SA(&name), sizeof(name)) == 0);
	for (int i = 0; i < 64; i++) {
		int c = socket(AF_INET, SOCK_DGRAM, 0);

		send_to(c, 7777, "x", 1, 0);
		close(c);
	}
	while (recv(a, buf, 1, MSG_DONTWAIT) == 1)
		n[0]++;
	while (recv(b, buf, 1, MSG_DONTWAIT) == 1)
		n[1]++;
	CHECK("each sender to one of them", n[0] + n[1] == 64 && n[0] > 5 && n[1] > 5);
	close(a);
	close(b);
	a = socket(AF_INET, SOCK_DGRAM, 0);
	b = socket(AF_INET, SOCK_DGRAM, 0);
	set_int(a, SOL_SOCKET, SO_REUSEADDR, 1);
	set_int(b, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK("REUSEADDR", bind(a, SA(&name), sizeof(name)) == 0 && bind(b, SA(&name), sizeof(name)) == 0);
	close(a);
	close(b);
}

static void sizes(void)
{
	static const int lens[] = { 0, 1, 1472, 1473, 9000, 65507 };
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), n, all = 1;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 13 + i / 251);
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++) {
		memset(buf, 0, sizeof(buf));
		all &= send_to(b, port_of(a), big, (size_t)lens[i], 0) == lens[i];
		all &= (events(a, POLLIN, 1000) & POLLIN) && recv(a, buf, sizeof(buf), 0) == lens[i];
		all &= !memcmp(buf, big, (size_t)lens[i]);
	}
	CHECK("0 to 65507 bytes", all);
	CHECK("65508 bytes", ERR(send_to(b, port_of(a), big, 65508, 0), EMSGSIZE));
	CHECK("70000 bytes", ERR(send_to(b, port_of(a), big, 70000, 0), EMSGSIZE));
	send_to(b, port_of(a), "abcdefgh", 8, 0);
	send_to(b, port_of(a), "next", 4, 0);
	CHECK("FIONREAD", ioctl(a, FIONREAD, &n) == 0 && n == 8);
	CHECK("PEEK", recv(a, buf, 3, MSG_PEEK) == 3 && !memcmp(buf, "abc", 3));
	CHECK("PEEK|TRUNC", recv(a, buf, 3, MSG_PEEK | MSG_TRUNC) == 8);
	struct iovec iov = { buf, 3 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	CHECK("cut, and said", recvmsg(a, &m, 0) == 3 && (m.msg_flags & MSG_TRUNC));
	CHECK("the rest is gone", recv(a, buf, 10, 0) == 4 && !memcmp(buf, "next", 4));
	CHECK("empty", ERR(recv(a, buf, 1, MSG_DONTWAIT), EAGAIN));
	CHECK("ioctl of none", ioctl(a, FIONREAD, &n) == 0 && n == 0);
	struct timeval tv = { 0, 60000 };
	setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	long t = now_ms();
	CHECK("RCVTIMEO", ERR(recv(a, buf, 1, 0), EAGAIN) && now_ms() - t >= 55);
	CHECK("EFAULT", ERR(send_to(b, port_of(a), (void *)8, 100, 0), EFAULT));
	close(a);
	close(b);
}

static void many(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), right = 1;
	struct mmsghdr v[16];
	struct iovec iov[16];
	char text[16][4];
	struct timespec ts = { 0, 20000000 };

	connect_to(b, port_of(a));
	memset(v, 0, sizeof(v));
	for (int i = 0; i < 16; i++) {
		text[i][0] = (char)('a' + i);
		iov[i] = (struct iovec){ text[i], (size_t)(i % 4 + 1) };
		v[i].msg_hdr.msg_iov = &iov[i];
		v[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK("sendmmsg", sendmmsg(b, v, 16, 0) == 16 && v[15].msg_len == 4);
	for (int i = 0; i < 16; i++)
		iov[i].iov_len = 4;
	memset(text, 0, sizeof(text));
	CHECK("recvmmsg", recvmmsg(a, v, 16, 0, &ts) == 16);
	for (int i = 0; i < 16; i++)
		right &= v[i].msg_len == (unsigned)(i % 4 + 1) && text[i][0] == 'a' + i;
	CHECK("in order", right);
	CHECK("recvmmsg of none", ERR(recvmmsg(a, v, 16, MSG_DONTWAIT, NULL), EAGAIN));
	close(a);
	close(b);
}

/* The control message of this kind in m, or NULL. */
static void *find(struct msghdr *m, int level, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == level && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

static void refused(void)
{
	int dead = bound(SOCK_DGRAM, 0), port = port_of(dead), s = socket(AF_INET, SOCK_DGRAM, 0), e;
	char ctl[512];
	struct sockaddr_in where;
	struct iovec iov = { buf, 100 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl),
			    .msg_name = &where, .msg_namelen = sizeof(where) };
	struct sock_extended_err *ee;

	close(dead);
	CHECK("nobody hears", send_to(s, port, "x", 1, 0) == 1 && get_int(s, SOL_SOCKET, SO_ERROR) == 0);
	connect_to(s, port);
	CHECK("connected: told", send(s, "x", 1, 0) == 1 && ERR(recv(s, buf, 1, 0), ECONNREFUSED));
	CHECK("once", ERR(recv(s, buf, 1, MSG_DONTWAIT), EAGAIN));
	send(s, "x", 1, 0);
	CHECK("POLLERR", (e = events(s, POLLIN, 500)) & POLLERR);
	CHECK("SO_ERROR", get_int(s, SOL_SOCKET, SO_ERROR) == ECONNREFUSED && get_int(s, SOL_SOCKET, SO_ERROR) == 0);
	send(s, "x", 1, 0);
	CHECK("send tells too", ERR(send(s, "y", 1, 0), ECONNREFUSED));
	CHECK("no error queue", ERR(recvmsg(s, &m, MSG_ERRQUEUE), EAGAIN));
	close(s);
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK("RECVERR", set_int(s, SOL_IP, IP_RECVERR, 1) == 0 && get_int(s, SOL_IP, IP_RECVERR) == 1);
	send_to(s, port, "hello", 5, 0);
	CHECK("unconnected: told", ERR(recv(s, buf, 1, 0), ECONNREFUSED));
	send_to(s, port, "hello", 5, 0);
	CHECK("POLLERR for the queue", events(s, POLLIN, 500) & POLLERR);
	m.msg_controllen = sizeof(ctl);
	CHECK("ERRQUEUE", recvmsg(s, &m, MSG_ERRQUEUE) == 5 && !memcmp(buf, "hello", 5));
	CHECK("flags", m.msg_flags & MSG_ERRQUEUE);
	CHECK("where it went", ntohs(where.sin_port) == port && where.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	ee = find(&m, SOL_IP, IP_RECVERR);
	CHECK("what happened", ee && ee->ee_errno == ECONNREFUSED && ee->ee_origin == SO_EE_ORIGIN_ICMP &&
				       ee->ee_type == 3 && ee->ee_code == 3 && ee->ee_info == 0);
	struct sockaddr_in *off = ee ? (void *)(ee + 1) : &where;
	CHECK("who says so", off->sin_family == AF_INET && off->sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	m.msg_controllen = sizeof(ctl);
	recvmsg(s, &m, MSG_ERRQUEUE);
	CHECK("all read", ERR(recvmsg(s, &m, MSG_ERRQUEUE), EAGAIN));
	set_int(s, SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	CHECK("MTU_DISCOVER", get_int(s, SOL_IP, IP_MTU_DISCOVER) == IP_PMTUDISC_DO);
	CHECK("IP_MTU unconnected", get_int(s, SOL_IP, IP_MTU) == -1000 - ENOTCONN);
	CHECK("IP_MTU", connect_to(s, port) == 0 && get_int(s, SOL_IP, IP_MTU) == 65535);
	close(s);
}

static void control(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
	char ctl[512], out[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(int))];
	struct iovec iov = { buf, 100 };
	struct sockaddr_in to = lo_port(port_of(a));
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl, .msg_controllen = sizeof(ctl) };
	struct msghdr o = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = out, .msg_controllen = sizeof(out),
			    .msg_name = &to, .msg_namelen = sizeof(to) };
	struct cmsghdr *c;
	struct in_pktinfo *pi;
	struct timeval *tv, now;
	struct timespec *ts;

	send_to(b, port_of(a), "x", 1, 0);
	CHECK("none unasked", recvmsg(a, &m, 0) == 1 && m.msg_controllen == 0);
	CHECK("PKTINFO", set_int(a, SOL_IP, IP_PKTINFO, 1) == 0 && get_int(a, SOL_IP, IP_PKTINFO) == 1);
	set_int(a, SOL_IP, IP_RECVTTL, 1);
	set_int(a, SOL_IP, IP_RECVTOS, 1);
	setsockopt(a, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one));
	CHECK("SO_TIMESTAMP", get_int(a, SOL_SOCKET, SO_TIMESTAMP) == 1);
	CHECK("IP_TTL", set_int(b, SOL_IP, IP_TTL, 33) == 0 && get_int(b, SOL_IP, IP_TTL) == 33);
	CHECK("IP_TOS", set_int(b, SOL_IP, IP_TOS, 0x10) == 0 && get_int(b, SOL_IP, IP_TOS) == 0x10);
	CHECK("bad TTL", ERR(set_int(b, SOL_IP, IP_TTL, 256), EINVAL) && ERR(set_int(b, SOL_IP, IP_TTL, 0), EINVAL));
	send_to(b, port_of(a), "x", 1, 0);
	m.msg_controllen = sizeof(ctl);
	CHECK("with control data", recvmsg(a, &m, 0) == 1 && m.msg_controllen > 0 && !(m.msg_flags & MSG_CTRUNC));
	pi = find(&m, SOL_IP, IP_PKTINFO);
	CHECK("its interface", pi && pi->ipi_ifindex == 1);
	CHECK("its addresses", pi && pi->ipi_addr.s_addr == htonl(INADDR_LOOPBACK) &&
				       pi->ipi_spec_dst.s_addr == htonl(INADDR_LOOPBACK));
	CHECK("its TTL", find(&m, SOL_IP, IP_TTL) && *(int *)find(&m, SOL_IP, IP_TTL) == 33);
	CHECK("its TOS", find(&m, SOL_IP, IP_TOS) && *(unsigned char *)find(&m, SOL_IP, IP_TOS) == 0x10);
	gettimeofday(&now, NULL);
	tv = find(&m, SOL_SOCKET, SCM_TIMESTAMP);
	CHECK("its time", tv && labs(now.tv_sec - tv->tv_sec) <= 5 && tv->tv_usec >= 0 && tv->tv_usec < 1000000);
	setsockopt(a, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	send_to(b, port_of(a), "x", 1, 0);
	m.msg_controllen = sizeof(ctl);
	recvmsg(a, &m, 0);
	ts = find(&m, SOL_SOCKET, SCM_TIMESTAMPNS);
	CHECK("in nanoseconds", ts && !find(&m, SOL_SOCKET, SCM_TIMESTAMP) && labs(now.tv_sec - ts->tv_sec) <= 5);
	send_to(b, port_of(a), "x", 1, 0);
	m.msg_controllen = 24;
	CHECK("CTRUNC", recvmsg(a, &m, 0) == 1 && (m.msg_flags & MSG_CTRUNC));
	/* a TTL and TOS of its own for one datagram */
	memset(out, 0, sizeof(out));
	c = CMSG_FIRSTHDR(&o);
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_IP, .cmsg_type = IP_TTL };
	*(int *)CMSG_DATA(c) = 77;
	c = CMSG_NXTHDR(&o, c);
	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_IP, .cmsg_type = IP_TOS };
	*(int *)CMSG_DATA(c) = 8;
	iov.iov_len = 4;
	CHECK("sendmsg with control", sendmsg(b, &o, 0) == 4);
	m.msg_controllen = sizeof(ctl);
	recvmsg(a, &m, 0);
	CHECK("TTL by message", find(&m, SOL_IP, IP_TTL) && *(int *)find(&m, SOL_IP, IP_TTL) == 77);
	CHECK("TOS by message", find(&m, SOL_IP, IP_TOS) && *(unsigned char *)find(&m, SOL_IP, IP_TOS) == 8);
	c->cmsg_type = 99;
	CHECK("unknown control", ERR(sendmsg(b, &o, 0), EINVAL));
	c->cmsg_type = IP_TTL;
	*(int *)CMSG_DATA(c) = 0;
	CHECK("bad control", ERR(sendmsg(b, &o, 0), EINVAL));
	close(a);
	close(b);
}

static void corks(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);

	connect_to(b, port_of(a));
	CHECK("MORE waits", send(b, "ab", 2, MSG_MORE) == 2 && ERR(recv(a, buf, 10, MSG_DONTWAIT), EAGAIN));
	CHECK("and goes whole", send(b, "cd", 2, 0) == 2 && recv(a, buf, 10, 0) == 4 && !memcmp(buf, "abcd", 4));
	CHECK("CORK", set_int(b, SOL_UDP, UDP_CORK, 1) == 0 && get_int(b, SOL_UDP, UDP_CORK) == 1);
	send(b, "one", 3, 0);
	send(b, big, 9000, 0);
	CHECK("holds", ERR(recv(a, buf, 10, MSG_DONTWAIT), EAGAIN));
	CHECK("lets go",
	      set_int(b, SOL_UDP, UDP_CORK, 0) == 0 && recv(a, buf, 10000, 0) == 9003 && !memcmp(buf + 3, big, 9000));
	send(b, "lost", 4, MSG_MORE);
	CHECK("too much in all", ERR(send(b, big, 65507, MSG_MORE), EMSGSIZE));
	close(b);
	CHECK("closing forgets", ERR(recv(a, buf, 10, MSG_DONTWAIT), EAGAIN));
	close(a);
}

static void buffers(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), n = 0;

	CHECK("SO_RCVBUF doubles",
	      set_int(a, SOL_SOCKET, SO_RCVBUF, 8192) == 0 && get_int(a, SOL_SOCKET, SO_RCVBUF) == 16384);
	CHECK("and has a floor",
	      set_int(b, SOL_SOCKET, SO_RCVBUF, 1) == 0 && get_int(b, SOL_SOCKET, SO_RCVBUF) == 2304);
	for (int i = 0; i < 200; i++)
		send_to(b, port_of(a), big, 500, 0);
	while (recv(a, buf, 500, MSG_DONTWAIT) == 500)
		n++;
	CHECK("a full buffer drops", n > 2 && n < 40);
	send_to(b, port_of(a), big, 500, 0);
	CHECK("and has room again", recv(a, buf, 500, MSG_DONTWAIT) == 500);
	CHECK("writable", events(b, POLLOUT, 0) == POLLOUT);
	CHECK("not readable", events(a, POLLIN, 0) == 0);
	close(a);
	close(b);
}

static void broadcast(void)
{
	int s = socket(AF_INET, SOCK_DGRAM, 0), a = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = lo_port(5555), any = lo_port(5555);

	to.sin_addr.s_addr = htonl(0x7fffffff);
	any.sin_addr.s_addr = 0;
	bind(a, SA(&any), sizeof(any));
	CHECK("not without leave", ERR(sendto(s, "x", 1, 0, SA(&to), sizeof(to)), EACCES));
	CHECK("connect neither", ERR(connect(s, SA(&to), sizeof(to)), EACCES));
	CHECK("SO_BROADCAST",
	      set_int(s, SOL_SOCKET, SO_BROADCAST, 1) == 0 && get_int(s, SOL_SOCKET, SO_BROADCAST) == 1);
	CHECK("with", sendto(s, "bc", 2, 0, SA(&to), sizeof(to)) == 2);
	CHECK("arrives", (events(a, POLLIN, 500) & POLLIN) && recv(a, buf, 10, 0) == 2);
	close(a);
	close(s);
}

static void closing(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);

	connect_to(b, port_of(a));
	connect_to(a, port_of(b));
	CHECK("shutdown for reading", shutdown(a, SHUT_RD) == 0 && recv(a, buf, 1, 0) == 0);
	CHECK("POLLRDHUP", (events(a, POLLIN | POLLRDHUP, 0) & (POLLIN | POLLRDHUP)) == (POLLIN | POLLRDHUP));
	signal(SIGPIPE, SIG_IGN);
	CHECK("shutdown for writing", shutdown(b, SHUT_WR) == 0 && ERR(send(b, "x", 1, 0), EPIPE));
	close(a);
	close(b);
}

int main(void)
{
	names();
	reuse();
	sizes();
	many();
	refused();
	control();
	corks();
	buffers();
	broadcast();
	closing();
	return verdict();
}
