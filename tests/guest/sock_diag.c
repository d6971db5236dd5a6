/* tests/guest/sock_diag.c - sockets as ss sees them: NETLINK_SOCK_DIAG */
#define _GNU_SOURCE
#include "check.h"
#include "nl.h"
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>

static int lport;

static int see_listener(const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	const char *cong = find(h, sizeof(*m), INET_DIAG_CONG);

	return m->idiag_state == 10 && m->id.idiag_sport == htons((unsigned short)lport) && m->idiag_wqueue == 5 &&
		m->idiag_rqueue == 1 && m->idiag_inode && m->id.idiag_src[0] == htonl(INADDR_LOOPBACK) && cong &&
		cong[0] && find(h, sizeof(*m), INET_DIAG_SKMEMINFO);
}

static int see_connection(const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	const struct tcp_info *i = find(h, sizeof(*m), INET_DIAG_INFO);

	return m->idiag_state == 1 && m->id.idiag_dport == htons((unsigned short)lport) && i && i->tcpi_state == 1 &&
		i->tcpi_snd_mss > 1000 && m->id.idiag_dst[0] == htonl(INADDR_LOOPBACK);
}

static int see_udp(const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);

	return m->id.idiag_sport == htons((unsigned short)lport) && m->idiag_state == 7;
}

static void diag(void)
{
	struct inet_diag_req_v2 r = { .sdiag_family = AF_INET,
				      .sdiag_protocol = IPPROTO_TCP,
				      .idiag_states = ~0u,
				      .idiag_ext = 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1) |
					      1 << (INET_DIAG_SKMEMINFO - 1) };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG), l = bound(SOCK_STREAM, 0),
	    c = socket(AF_INET, SOCK_STREAM, 0), u;

	CHECK("diag: socket", s >= 0);
	lport = port_of(l);
	listen(l, 5);
	connect_to(c, lport);
	begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	CHECK("diag: the listener", dump(s, see_listener) == 1);
	begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	CHECK("diag: the connection", dump(s, see_connection) == 1);
	r.idiag_states = 1 << 10;
	begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	CHECK("diag: by state", dump(s, see_connection) == 0);
	r.sdiag_protocol = IPPROTO_UDP;
	r.idiag_states = ~0u;
	u = bound(SOCK_DGRAM, 0);
	lport = port_of(u);
	begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	CHECK("diag: UDP", dump(s, see_udp) == 1);
	r.sdiag_family = 99;
	begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	CHECK("diag: no such family", dump(s, see_udp) == -1);
	close(l);
	close(c);
	close(u);
	close(s);
}

/* More sockets than one answer holds: each is told once. */
static int see_any(const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);

	return m->idiag_state == 7 && m->id.idiag_src[0] == htonl(INADDR_LOOPBACK);
}

static void many(void)
{
	struct inet_diag_req_v2 r = { .sdiag_family = AF_INET,
				      .sdiag_protocol = IPPROTO_UDP,
				      .idiag_states = ~0u,
				      .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1) };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG), u[400];

	for (int i = 0; i < 400; i++)
		u[i] = bound(SOCK_DGRAM, 0);
	begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	CHECK("a dump in parts", dump(s, see_any) == 400);
	for (int i = 0; i < 400; i++)
		close(u[i]);
	close(s);
}

int main(void)
{
	diag();
	many();
	return verdict();
}
