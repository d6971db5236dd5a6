/* tests/guest/tcp_options.c - options of TCP sockets: what they read back, what they change, what children inherit */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <netinet/tcp.h>
#include <stddef.h>

static char buf[70000];

static int refuses(int s, int level, int opt, int v, int e) { return ERR(set_int(s, level, opt, v), e); }

/* Sets, then reads. */
static int takes(int s, int level, int opt, int v, int expect)
{
	return set_int(s, level, opt, v) == 0 && get_int(s, level, opt) == expect;
}

static void values(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0), v;
	char name[32] = "";
	socklen_t len = sizeof(name);

	CHECK("NODELAY", get_int(s, SOL_TCP, TCP_NODELAY) == 0 && takes(s, SOL_TCP, TCP_NODELAY, 5, 1) &&
				 takes(s, SOL_TCP, TCP_NODELAY, 0, 0));
	CHECK("CORK", takes(s, SOL_TCP, TCP_CORK, 1, 1) && takes(s, SOL_TCP, TCP_CORK, 0, 0));
	CHECK("MAXSEG unset", get_int(s, SOL_TCP, TCP_MAXSEG) == 536);
	CHECK("MAXSEG", takes(s, SOL_TCP, TCP_MAXSEG, 1000, 1000));
	CHECK("MAXSEG bounds",
	      refuses(s, SOL_TCP, TCP_MAXSEG, 10, EINVAL) && refuses(s, SOL_TCP, TCP_MAXSEG, 40000, EINVAL));
	CHECK("KEEPIDLE", get_int(s, SOL_TCP, TCP_KEEPIDLE) == 7200 && takes(s, SOL_TCP, TCP_KEEPIDLE, 60, 60));
	CHECK("KEEPIDLE bounds",
	      refuses(s, SOL_TCP, TCP_KEEPIDLE, 0, EINVAL) && refuses(s, SOL_TCP, TCP_KEEPIDLE, 32768, EINVAL));
	CHECK("KEEPINTVL", get_int(s, SOL_TCP, TCP_KEEPINTVL) == 75 && takes(s, SOL_TCP, TCP_KEEPINTVL, 5, 5));
	CHECK("KEEPCNT", get_int(s, SOL_TCP, TCP_KEEPCNT) == 9 && takes(s, SOL_TCP, TCP_KEEPCNT, 3, 3));
	CHECK("KEEPCNT bounds", refuses(s, SOL_TCP, TCP_KEEPCNT, 128, EINVAL));
	CHECK("SYNCNT", get_int(s, SOL_TCP, TCP_SYNCNT) == 6 && takes(s, SOL_TCP, TCP_SYNCNT, 2, 2));
	CHECK("LINGER2", get_int(s, SOL_TCP, TCP_LINGER2) == 60 && takes(s, SOL_TCP, TCP_LINGER2, 10, 10) &&
				 takes(s, SOL_TCP, TCP_LINGER2, -5, -1));
	CHECK("DEFER_ACCEPT", get_int(s, SOL_TCP, TCP_DEFER_ACCEPT) == 0 && takes(s, SOL_TCP, TCP_DEFER_ACCEPT, 4, 7) &&
				      takes(s, SOL_TCP, TCP_DEFER_ACCEPT, 0, 0));
	CHECK("WINDOW_CLAMP",
	      get_int(s, SOL_TCP, TCP_WINDOW_CLAMP) == 0 && takes(s, SOL_TCP, TCP_WINDOW_CLAMP, 8000, 8000));
	CHECK("QUICKACK", get_int(s, SOL_TCP, TCP_QUICKACK) == 1);
	CHECK("USER_TIMEOUT",
	      takes(s, SOL_TCP, TCP_USER_TIMEOUT, 5000, 5000) && refuses(s, SOL_TCP, TCP_USER_TIMEOUT, -1, EINVAL));
	CHECK("NOTSENT_LOWAT", takes(s, SOL_TCP, TCP_NOTSENT_LOWAT, 100, 100));
	CHECK("CONGESTION reno",
	      setsockopt(s, SOL_TCP, TCP_CONGESTION, "reno", 4) == 0 &&
		      getsockopt(s, SOL_TCP, TCP_CONGESTION, name, &len) == 0 && len == 16 && !strcmp(name, "reno"));
	CHECK("CONGESTION unknown", ERR(setsockopt(s, SOL_TCP, TCP_CONGESTION, "none", 4), ENOENT));
	CHECK("no such option",
	      refuses(s, SOL_TCP, 999, 1, ENOPROTOOPT) && get_int(s, SOL_TCP, 999) == -1000 - ENOPROTOOPT);
	CHECK("too short", ERR(setsockopt(s, SOL_TCP, TCP_NODELAY, &v, 2), EINVAL));
	CHECK("EFAULT", ERR(setsockopt(s, SOL_TCP, TCP_NODELAY, (void *)8, 4), EFAULT));
	CHECK("no such level", ERR(setsockopt(s, 77, 1, &v, 4), ENOPROTOOPT) || errno == EOPNOTSUPP);
	close(s);
}

static void socket_level(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);
	struct linger lg = { 1, 7 };
	struct timeval tv = { 3, 250000 };
	socklen_t len = sizeof(lg);

	CHECK("TYPE DOMAIN PROTOCOL",
	      get_int(s, SOL_SOCKET, SO_TYPE) == SOCK_STREAM && get_int(s, SOL_SOCKET, SO_DOMAIN) == AF_INET &&
		      get_int(s, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP);
	CHECK("read only",
	      refuses(s, SOL_SOCKET, SO_TYPE, 1, ENOPROTOOPT) && refuses(s, SOL_SOCKET, SO_ERROR, 1, ENOPROTOOPT));
	CHECK("REUSEADDR", takes(s, SOL_SOCKET, SO_REUSEADDR, 9, 1) && takes(s, SOL_SOCKET, SO_REUSEADDR, 0, 0));
	CHECK("KEEPALIVE", takes(s, SOL_SOCKET, SO_KEEPALIVE, 1, 1));
	CHECK("OOBINLINE", takes(s, SOL_SOCKET, SO_OOBINLINE, 1, 1));
	CHECK("PRIORITY", takes(s, SOL_SOCKET, SO_PRIORITY, 5, 5));
	CHECK("MARK", takes(s, SOL_SOCKET, SO_MARK, 77, 77));
	CHECK("SNDBUF", takes(s, SOL_SOCKET, SO_SNDBUF, 20000, 40000) && takes(s, SOL_SOCKET, SO_SNDBUF, 1, 4608));
	CHECK("RCVBUF", takes(s, SOL_SOCKET, SO_RCVBUF, 20000, 40000) && takes(s, SOL_SOCKET, SO_RCVBUF, 1, 2304));
	CHECK("above the limit",
	      set_int(s, SOL_SOCKET, SO_RCVBUF, 1 << 28) == 0 && get_int(s, SOL_SOCKET, SO_RCVBUF) < 1 << 28);
	CHECK("FORCE",
	      set_int(s, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20) == 0 && get_int(s, SOL_SOCKET, SO_RCVBUF) == 2 << 20);
	CHECK("LINGER",
	      setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, sizeof(lg)) == 0 &&
		      (lg.l_linger = 0, getsockopt(s, SOL_SOCKET, SO_LINGER, &lg, &len) == 0) && lg.l_onoff == 1 &&
		      lg.l_linger == 7);
	CHECK("LINGER short", ERR(setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, 4), EINVAL));
	len = sizeof(tv);
	CHECK("RCVTIMEO",
	      setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0 &&
		      (tv.tv_sec = 0, getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, &len) == 0) && tv.tv_sec == 3 &&
		      tv.tv_usec >= 250000 && tv.tv_usec <= 260000);
	tv.tv_usec = 1000000;
	CHECK("TIMEO out of range", ERR(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), EDOM));
	CHECK("BINDTODEVICE", setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) == 0);
	len = sizeof(buf);
	CHECK("its name", getsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, buf, &len) == 0 && !strcmp(buf, "lo") && len == 3);
	CHECK("no such device", ERR(setsockopt(s, SOL_SOCKET, SO_BINDTODEVICE, "nix9", 5), ENODEV));
	CHECK("IP_TOS", takes(s, SOL_IP, IP_TOS, 0x10, 0x10) && get_int(s, SOL_SOCKET, SO_PRIORITY) == 6);
	CHECK("IP_TOS without ECN bits", takes(s, SOL_IP, IP_TOS, 0x13, 0x10));
	CHECK("IP_TTL", takes(s, SOL_IP, IP_TTL, 9, 9));
	CHECK("IP_MINTTL", takes(s, SOL_IP, IP_MINTTL, 9, 9) && refuses(s, SOL_IP, IP_MINTTL, 256, EINVAL));
	CHECK("IP_HDRINCL", refuses(s, SOL_IP, IP_HDRINCL, 1, ENOPROTOOPT));
	CHECK("IP_NODEFRAG", refuses(s, SOL_IP, IP_NODEFRAG, 1, ENOPROTOOPT));
	CHECK("IP_FREEBIND", takes(s, SOL_IP, IP_FREEBIND, 1, 1));
	struct sockaddr_in a = lo_port(0);
	a.sin_addr.s_addr = htonl(0xc0000263);
	CHECK("binds to any address", bind(s, SA(&a), sizeof(a)) == 0);
	close(s);
}

static void inherited(void)
{
	int l = bound(SOCK_STREAM, 0), c[2];

	set_int(l, SOL_TCP, TCP_NODELAY, 1);
	set_int(l, SOL_TCP, TCP_KEEPIDLE, 33);
	set_int(l, SOL_TCP, TCP_USER_TIMEOUT, 1234);
	set_int(l, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(l, SOL_SOCKET, SO_SNDBUF, 30000);
	set_int(l, SOL_IP, IP_TTL, 44);
	set_int(l, SOL_IP, IP_TOS, 8);
	listen(l, 5);
	pair_by(c, l, socket(AF_INET, SOCK_STREAM, 0));
	CHECK("a child has its listener's options",
	      get_int(c[1], SOL_TCP, TCP_NODELAY) == 1 && get_int(c[1], SOL_TCP, TCP_KEEPIDLE) == 33 &&
		      get_int(c[1], SOL_TCP, TCP_USER_TIMEOUT) == 1234 &&
		      get_int(c[1], SOL_SOCKET, SO_KEEPALIVE) == 1 && get_int(c[1], SOL_SOCKET, SO_SNDBUF) == 60000 &&
		      get_int(c[1], SOL_IP, IP_TTL) == 44 && get_int(c[1], SOL_IP, IP_TOS) == 8);
	CHECK("but does not listen", get_int(c[1], SOL_SOCKET, SO_ACCEPTCONN) == 0);
	close(c[0]);
	close(c[1]);
	close(l);
}

static void info(void)
{
	int c[2], l = bound(SOCK_STREAM, 0), s = socket(AF_INET, SOCK_STREAM, 0);
	union { struct tcp_info i; char b[400]; } u;
	socklen_t len = sizeof(u);

	CHECK("of a fresh socket", getsockopt(s, SOL_TCP, TCP_INFO, &u, &len) == 0 && u.i.tcpi_state == TCP_CLOSE);
	CHECK("at least what iperf3 reads", len >= 192 && len <= sizeof(u));
	len = 8;
	memset(&u, 0x55, sizeof(u));
	CHECK("cut", getsockopt(s, SOL_TCP, TCP_INFO, &u, &len) == 0 && len == 8 && u.b[8] == 0x55);
	len = 0;
	CHECK("of nothing", getsockopt(s, SOL_TCP, TCP_INFO, &u, &len) == 0 && len == 0);
	len = (socklen_t)-1;
	CHECK("negative", ERR(getsockopt(s, SOL_TCP, TCP_INFO, &u, &len), EINVAL));
	listen(l, 7);
	len = sizeof(u);
	CHECK("of a listener",
	      getsockopt(l, SOL_TCP, TCP_INFO, &u, &len) == 0 && u.i.tcpi_state == TCP_LISTEN && u.i.tcpi_sacked == 7 &&
		      u.i.tcpi_unacked == 0);
	set_int(s, SOL_TCP, TCP_MAXSEG, 1000);
	pair_by(c, l, s);
	for (int i = 0; i < 20; i++) {
		send(c[0], buf, 2000, 0);
		recv(c[1], buf, 2000, MSG_WAITALL);
	}
	usleep(60000);
	len = sizeof(u);
	CHECK("of a connection",
	      getsockopt(c[0], SOL_TCP, TCP_INFO, &u, &len) == 0 && u.i.tcpi_state == TCP_ESTABLISHED);
	CHECK("the mss asked for", u.i.tcpi_snd_mss > 900 && u.i.tcpi_snd_mss <= 1000);
	CHECK("MAXSEG", get_int(c[0], SOL_TCP, TCP_MAXSEG) == (int)u.i.tcpi_snd_mss);
	CHECK("a window", u.i.tcpi_snd_cwnd >= 10);
	CHECK("a round trip", u.i.tcpi_rtt > 0 && u.i.tcpi_rtt < 1000000 && u.i.tcpi_rto >= 200000);
	CHECK("window scaling and timestamps", (u.i.tcpi_options & 5) == 5);
	CHECK("all acknowledged", u.i.tcpi_unacked == 0 && u.i.tcpi_lost == 0);
	close(c[0]);
	close(c[1]);
	close(l);
}

/* What the options do where a program can see it. */
static void effects(void)
{
	int c[2], l, s, n;

	pair(c);
	set_int(c[0], SOL_TCP, TCP_CORK, 1);
	send(c[0], "abc", 3, 0);
	CHECK("CORK holds a part", events(c[1], POLLIN, 50) == 0);
	set_int(c[0], SOL_TCP, TCP_CORK, 0);
	CHECK("and lets it go", events(c[1], POLLIN, 1000) == POLLIN && recv(c[1], buf, 10, 0) == 3);
	send(c[0], "ab", 2, MSG_MORE);
	CHECK("MSG_MORE holds too", events(c[1], POLLIN, 50) == 0);
	send(c[0], "cd", 2, 0);
	CHECK("until the next", events(c[1], POLLIN, 1000) == POLLIN && recv(c[1], buf, 4, MSG_WAITALL) == 4);
	close(c[0]);
	close(c[1]);
	l = bound(SOCK_STREAM, 0);
	set_int(l, SOL_TCP, TCP_DEFER_ACCEPT, 5);
	listen(l, 5);
	s = socket(AF_INET, SOCK_STREAM, 0);
	CHECK("DEFER_ACCEPT: connected", connect_to(s, port_of(l)) == 0);
	CHECK("but not to accept", events(l, POLLIN, 50) == 0);
	send(s, "data", 4, 0);
	CHECK("before data", events(l, POLLIN, 1000) == POLLIN);
	n = accept(l, NULL, NULL);
	CHECK("which is there", recv(n, buf, 4, MSG_DONTWAIT) == 4);
	close(n);
	close(s);
	close(l);
	l = bound(SOCK_STREAM, 0);
	set_int(l, SOL_IP, IP_MINTTL, 200);
	listen(l, 5);
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect_to(s, port_of(l));
	CHECK("MINTTL hears none from afar", events(s, POLLOUT, 100) == 0);
	close(s);
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	set_int(s, SOL_IP, IP_TTL, 255);
	connect_to(s, port_of(l));
	CHECK("and the near", events(s, POLLOUT, 1000) == POLLOUT);
	close(s);
	close(l);
	pair(c);
	set_int(c[0], SOL_TCP, TCP_NOTSENT_LOWAT, 1);
	fcntl(c[0], F_SETFL, O_NONBLOCK);
	while (send(c[0], buf, sizeof(buf), 0) > 0)
		;
	CHECK("NOTSENT_LOWAT: not writable", events(c[0], POLLOUT, 0) == 0);
	close(c[0]);
	close(c[1]);
}

int main(void)
{
	values();
	socket_level();
	inherited();
	info();
	effects();
	return verdict();
}
