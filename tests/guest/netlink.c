/* tests/guest/netlink.c - links, addresses, routes, neighbours over netlink, and its own sockets */
#define _GNU_SOURCE
#include "check.h"
#include "nl.h"
#include "tun.h"
#include <ifaddrs.h>
#include <linux/neighbour.h>

static int ifindex;
static char dev[IFNAMSIZ] = "tun%d";

/* --- sockets --- */

static void sockets(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK }, b;
	socklen_t len = sizeof(b);
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), t = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), v = 1;
	struct rtgenmsg g = { .rtgen_family = AF_UNSPEC };

	CHECK("socket", s >= 0);
	CHECK("no such type", ERR(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE), ESOCKTNOSUPPORT));
	CHECK("no such protocol", ERR(socket(AF_NETLINK, SOCK_RAW, 31), EPROTONOSUPPORT));
	CHECK("bind",
	      bind(s, SA(&a), sizeof(a)) == 0 && getsockname(s, SA(&b), &len) == 0 && b.nl_pid == (unsigned)getpid());
	CHECK("a second one gets another address",
	      bind(t, SA(&a), sizeof(a)) == 0 && getsockname(t, SA(&b), &len) == 0 && b.nl_pid != (unsigned)getpid() &&
		      b.nl_pid != 0);
	a.nl_pid = b.nl_pid + 1;
	CHECK("one address a socket", ERR(bind(t, SA(&a), sizeof(a)), EINVAL));
	close(t);
	t = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	a.nl_pid = (unsigned)getpid();
	CHECK("in use", ERR(bind(t, SA(&a), sizeof(a)), EADDRINUSE));
	CHECK("too short", ERR(bind(t, SA(&a), 8), EINVAL));
	CHECK("options",
	      setsockopt(s, SOL_NETLINK, NETLINK_EXT_ACK, &v, 4) == 0 &&
		      setsockopt(s, SOL_NETLINK, NETLINK_CAP_ACK, &v, 4) == 0 &&
		      get_int(s, SOL_NETLINK, NETLINK_EXT_ACK) == 1);
	CHECK("no such option", ERR(setsockopt(s, SOL_NETLINK, 99, &v, 4), ENOPROTOOPT));
	v = 0;
	CHECK("group 0", ERR(setsockopt(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &v, 4), EINVAL));
	begin(RTM_GETLINK, NLM_F_DUMP, &g, sizeof(g));
	send(s, &rq, rq.h.nlmsg_len, 0);
	CHECK("peek tells the whole length", recv(s, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT) > 100);
	close(s);
	close(t);
}

/* Messages that no honest program sends: an errno, or nothing at all. */
static void hostile(void)
{
	struct ifinfomsg ifi = { 0 };
	struct nlmsghdr *h = (void *)buf;

	begin(77, 0, &ifi, sizeof(ifi));
	CHECK("an unknown request", ask() == EOPNOTSUPP);
	begin(RTM_GETLINK, 0, &ifi, sizeof(ifi));
	CHECK("nobody in particular", ask() == EINVAL);
	begin(RTM_GETLINK, 0, &ifi, 4);
	CHECK("a header cut short", ask() == EINVAL);
	begin(RTM_GETLINK, 0, &ifi, sizeof(ifi));
	attr(IFLA_IFNAME, "lo", 3);
	((struct nlattr *)(rq.body + sizeof(ifi)))->nla_len = 100;
	ask();
	CHECK("an attribute longer than all", h->nlmsg_type == NLMSG_ERROR);
	begin(RTM_GETLINK, NLM_F_ACK, &ifi, sizeof(ifi));
	rq.h.nlmsg_len = 4000000;
	send(nl, &rq, 100, 0);
	CHECK("a length that is not there", ERR(recv(nl, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN));
	rq.h.nlmsg_len = 3;
	send(nl, &rq, 100, 0);
	CHECK("a length below the header's", ERR(recv(nl, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN));
	send(nl, &rq, 5, 0);
	CHECK("less than a header", ERR(recv(nl, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN));
	begin(RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	CHECK("ip's probe", ask() == ENODEV);
}

/* --- links --- */

static int see_link(const struct nlmsghdr *h)
{
	const struct ifinfomsg *i = NLMSG_DATA(h);
	const char *name = find(h, sizeof(*i), IFLA_IFNAME);

	return h->nlmsg_type == RTM_NEWLINK && (h->nlmsg_flags & NLM_F_MULTI) && i->ifi_index == ifindex && name &&
		!strcmp(name, dev) && i->ifi_type == 0xfffe &&
		*(const unsigned *)find(h, sizeof(*i), IFLA_MTU) == 1400 && find(h, sizeof(*i), IFLA_STATS64) &&
		find(h, sizeof(*i), IFLA_QDISC) && find(h, sizeof(*i), IFLA_OPERSTATE) &&
		find(h, sizeof(*i), IFLA_LINKINFO);
}

static void links(void)
{
	struct ifinfomsg i = { .ifi_index = ifindex };
	struct rtgenmsg g = { .rtgen_family = AF_UNSPEC };
	struct ifreq r = req_of(dev);
	struct nlmsghdr *h = (void *)buf;

	begin(RTM_NEWLINK, 0, &i, sizeof(i));
	attr_int(IFLA_MTU, 1400);
	CHECK("link: MTU", ask() == 0 && if_ioctl(&r, SIOCGIFMTU) == 0 && r.ifr_mtu == 1400);
	begin(RTM_NEWLINK, 0, &i, sizeof(i));
	attr_int(IFLA_MTU, 10);
	CHECK("link: MTU too small", ask() == EINVAL);
	begin(RTM_NEWLINK, 0, &i, sizeof(i));
	attr_int(IFLA_TXQLEN, 77);
	CHECK("link: queue", ask() == 0 && if_ioctl(&r, SIOCGIFTXQLEN) == 0 && r.ifr_qlen == 77);
	i.ifi_flags = i.ifi_change = IFF_UP;
	begin(RTM_NEWLINK, 0, &i, sizeof(i));
	CHECK("link: up", ask() == 0 && if_ioctl(&r, SIOCGIFFLAGS) == 0 && (r.ifr_flags & IFF_UP));
	begin(RTM_GETLINK, 0, &g, sizeof(g));
	CHECK("link: dump", dump(nl, see_link) == 1);
	begin(RTM_GETLINK, 0, &i, sizeof(i));
	send(nl, &rq, rq.h.nlmsg_len, 0);
	CHECK("link: by index",
	      recv(nl, buf, sizeof(buf), MSG_DONTWAIT) > 0 && h->nlmsg_type == RTM_NEWLINK && h->nlmsg_seq == 4711 &&
		      !strcmp(find(h, sizeof(i), IFLA_IFNAME), dev));
	memset(&i, 0, sizeof(i));
	begin(RTM_GETLINK, 0, &i, sizeof(i));
	attr(IFLA_IFNAME, dev, strlen(dev) + 1);
	send(nl, &rq, rq.h.nlmsg_len, 0);
	CHECK("link: by name",
	      recv(nl, buf, sizeof(buf), MSG_DONTWAIT) > 0 &&
		      ((struct ifinfomsg *)NLMSG_DATA(h))->ifi_index == ifindex);
	i.ifi_index = 4711;
	begin(RTM_GETLINK, 0, &i, sizeof(i));
	CHECK("link: no such index", ask() == ENODEV);
	i.ifi_index = 1;
	begin(RTM_DELLINK, 0, &i, sizeof(i));
	CHECK("link: lo stays", ask() == EOPNOTSUPP);
}

/* --- addresses --- */

static struct ifaddrmsg addr_msg(int plen)
{
	return (struct ifaddrmsg){ .ifa_family = AF_INET,
				   .ifa_prefixlen = (unsigned char)plen,
				   .ifa_index = (unsigned)ifindex };
}

static int see_addr(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *a = NLMSG_DATA(h);
	const unsigned *local = find(h, sizeof(*a), IFA_LOCAL);
	const char *label = find(h, sizeof(*a), IFA_LABEL);

	return a->ifa_index == (unsigned)ifindex && local && *local == htonl(TUN_US) && a->ifa_prefixlen == 24 &&
		label && !strcmp(label, dev) && find(h, sizeof(*a), IFA_CACHEINFO) &&
		*(const unsigned *)find(h, sizeof(*a), IFA_BROADCAST) == htonl(TUN_US | 255);
}

static void addresses(void)
{
	struct ifaddrmsg a = addr_msg(24);
	struct rtgenmsg g = { .rtgen_family = AF_INET };
	struct ifaddrs *list, *i;
	int found = 0;

	begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	attr_ip(IFA_LOCAL, TUN_US);
	attr_ip(IFA_BROADCAST, TUN_US | 255);
	CHECK("address: add", ask() == 0);
	send(nl, &rq, rq.h.nlmsg_len, 0);
	recv(nl, buf, sizeof(buf), MSG_DONTWAIT);
	CHECK("address: twice", ask() == EEXIST);
	begin(RTM_GETADDR, 0, &g, sizeof(g));
	CHECK("address: dump", dump(nl, see_addr) == 1);
	CHECK("address: getifaddrs", getifaddrs(&list) == 0);
	for (i = list; i; i = i->ifa_next)
		found |= !strcmp(i->ifa_name, dev) && i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
			((struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == htonl(TUN_US) &&
			((struct sockaddr_in *)i->ifa_netmask)->sin_addr.s_addr == htonl(0xffffff00);
	CHECK("address: in its list", found);
	freeifaddrs(list);
	begin(RTM_NEWADDR, NLM_F_CREATE, &a, sizeof(a));
	CHECK("address: none given", ask() == EINVAL);
	a.ifa_index = 4711;
	begin(RTM_NEWADDR, NLM_F_CREATE, &a, sizeof(a));
	attr_ip(IFA_LOCAL, TUN_US);
	CHECK("address: of no device", ask() == ENODEV);
	a = addr_msg(33);
	begin(RTM_NEWADDR, NLM_F_CREATE, &a, sizeof(a));
	attr_ip(IFA_LOCAL, TUN_US);
	CHECK("address: prefix of 33", ask() == EINVAL);
	a = addr_msg(24);
	begin(RTM_DELADDR, 0, &a, sizeof(a));
	attr_ip(IFA_LOCAL, TUN_PEER);
	CHECK("address: del what is not there", ask() == EADDRNOTAVAIL);
	a = addr_msg(32);
	begin(RTM_NEWADDR, NLM_F_CREATE, &a, sizeof(a));
	attr_ip(IFA_LOCAL, 0x0a0b0c01);
	attr_ip(IFA_ADDRESS, 0x0a0b0c02);
	CHECK("address: with a peer", ask() == 0);
	begin(RTM_DELADDR, 0, &a, sizeof(a));
	attr_ip(IFA_LOCAL, 0x0a0b0c01);
	CHECK("address: del", ask() == 0);
}

/* --- routes --- */

static struct rtmsg route_msg(int plen)
{
	return (struct rtmsg){ .rtm_family = AF_INET,
			       .rtm_dst_len = (unsigned char)plen,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = RTPROT_BOOT,
			       .rtm_scope = RT_SCOPE_UNIVERSE,
			       .rtm_type = RTN_UNICAST };
}

static void route(int type, int flags, unsigned dst, unsigned via)
{
	struct rtmsg r = route_msg(16);

	begin(type, flags, &r, sizeof(r));
	attr_ip(RTA_DST, dst);
	attr_ip(RTA_GATEWAY, via);
}

static int see_route(const struct nlmsghdr *h)
{
	const struct rtmsg *r = NLMSG_DATA(h);
	const unsigned *dst = find(h, sizeof(*r), RTA_DST), *gw = find(h, sizeof(*r), RTA_GATEWAY),
		       *oif = find(h, sizeof(*r), RTA_OIF);

	return r->rtm_dst_len == 16 && dst && *dst == htonl(0x0a500000) && gw && *gw == htonl(TUN_PEER) && oif &&
		*oif == (unsigned)ifindex && r->rtm_table == RT_TABLE_MAIN && r->rtm_protocol == RTPROT_BOOT &&
		*(const unsigned *)find(h, sizeof(*r), RTA_TABLE) == RT_TABLE_MAIN;
}

static int see_connected(const struct nlmsghdr *h)
{
	const struct rtmsg *r = NLMSG_DATA(h);
	const unsigned *dst = find(h, sizeof(*r), RTA_DST), *src = find(h, sizeof(*r), RTA_PREFSRC);

	return r->rtm_table == RT_TABLE_MAIN && r->rtm_dst_len == 24 && dst && *dst == htonl(TUN_US & ~255u) &&
		r->rtm_scope == RT_SCOPE_LINK && r->rtm_protocol == RTPROT_KERNEL && src && *src == htonl(TUN_US);
}

static int see_rule(const struct nlmsghdr *h) { return h->nlmsg_type == RTM_NEWRULE; }

static void routes(void)
{
	struct rtmsg r = route_msg(0), all = { .rtm_family = AF_INET };
	struct nlmsghdr *h = (void *)buf;
	const unsigned *v;

	route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, 0x0a500000, TUN_PEER);
	CHECK("route: add", ask() == 0);
	route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, 0x0a500000, TUN_PEER);
	CHECK("route: twice", ask() == EEXIST);
	begin(RTM_GETROUTE, 0, &all, sizeof(all));
	CHECK("route: dump", dump(nl, see_route) == 1);
	begin(RTM_GETROUTE, 0, &all, sizeof(all));
	CHECK("route: of the address", dump(nl, see_connected) == 1);
	route(RTM_NEWROUTE, NLM_F_CREATE, 0x0a510000, 0x0b000001);
	CHECK("route: gateway out of reach", ask() == ENETUNREACH);
	route(RTM_NEWROUTE, 0, 0x0a510000, TUN_PEER);
	CHECK("route: not to be made", ask() == ENOENT);
	route(RTM_NEWROUTE, NLM_F_CREATE, 0x0a510001, TUN_PEER);
	CHECK("route: bits beyond its prefix", ask() == EINVAL);
	route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, 0x0a500000, TUN_PEER + 1);
	CHECK("route: replace", ask() == 0);
	begin(RTM_GETROUTE, 0, &all, sizeof(all));
	CHECK("route: replaced", dump(nl, see_route) == 0);
	r.rtm_dst_len = 32;
	begin(RTM_GETROUTE, 0, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a500102);
	send(nl, &rq, rq.h.nlmsg_len, 0);
	CHECK("route: get",
	      recv(nl, buf, sizeof(buf), MSG_DONTWAIT) > 0 && h->nlmsg_type == RTM_NEWROUTE &&
		      (v = find(h, sizeof(r), RTA_GATEWAY)) && *v == htonl(TUN_PEER + 1) &&
		      (v = find(h, sizeof(r), RTA_PREFSRC)) && *v == htonl(TUN_US) &&
		      (v = find(h, sizeof(r), RTA_OIF)) && *v == (unsigned)ifindex);
	begin(RTM_GETROUTE, 0, &r, sizeof(r));
	attr_ip(RTA_DST, INADDR_LOOPBACK);
	send(nl, &rq, rq.h.nlmsg_len, 0);
	CHECK("route: to ourselves",
	      recv(nl, buf, sizeof(buf), MSG_DONTWAIT) > 0 && ((struct rtmsg *)NLMSG_DATA(h))->rtm_type == RTN_LOCAL);
	r = route_msg(16);
	r.rtm_type = RTN_UNREACHABLE;
	begin(RTM_NEWROUTE, NLM_F_CREATE, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a530000);
	CHECK("route: unreachable", ask() == 0);
	r.rtm_dst_len = 32;
	begin(RTM_GETROUTE, 0, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a530001);
	CHECK("route: to nowhere", ask() == EHOSTUNREACH);
	r.rtm_dst_len = 16;
	begin(RTM_DELROUTE, 0, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a530000);
	CHECK("route: unreachable no more", ask() == 0);
	r = route_msg(16);
	r.rtm_type = RTN_BLACKHOLE;
	begin(RTM_NEWROUTE, NLM_F_CREATE, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a520000);
	CHECK("route: blackhole", ask() == 0);
	r.rtm_type = 0;
	r.rtm_scope = RT_SCOPE_NOWHERE;
	r.rtm_protocol = 0;
	begin(RTM_DELROUTE, 0, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a520000);
	CHECK("route: del", ask() == 0);
	begin(RTM_DELROUTE, 0, &r, sizeof(r));
	attr_ip(RTA_DST, 0x0a520000);
	CHECK("route: del again", ask() == ESRCH);
	begin(RTM_GETRULE, 0, &all, sizeof(all));
	CHECK("rules", dump(nl, see_rule) == 3);
}

static int see_neigh(const struct nlmsghdr *h)
{
	const struct ndmsg *n = NLMSG_DATA(h);
	const unsigned *dst = find(h, sizeof(*n), NDA_DST);
	const char *ll = find(h, sizeof(*n), NDA_LLADDR);

	return dst && *dst == htonl(0x0a0a0a63) && n->ndm_state == NUD_PERMANENT && ll &&
		!memcmp(ll, "\2\0\0\0\0\x63", 6) && find(h, sizeof(*n), NDA_CACHEINFO);
}

static void neighbours(void)
{
	char name[IFNAMSIZ] = "";
	int fd = tun_open(name, IFF_TAP | IFF_NO_PI);
	struct ndmsg n = { .ndm_family = AF_INET,
			   .ndm_ifindex = (int)if_nametoindex(name),
			   .ndm_state = NUD_PERMANENT };
	struct rtgenmsg g = { .rtgen_family = AF_INET };

	if_up(name, 1);
	begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &n, sizeof(n));
	attr_ip(NDA_DST, 0x0a0a0a63);
	attr(NDA_LLADDR, "\2\0\0\0\0\x63", 6);
	CHECK("neighbour: add", ask() == 0);
	begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &n, sizeof(n));
	attr_ip(NDA_DST, 0x0a0a0a63);
	attr(NDA_LLADDR, "\2\0\0\0\0\x63", 6);
	CHECK("neighbour: twice", ask() == EEXIST);
	begin(RTM_GETNEIGH, 0, &g, sizeof(g));
	CHECK("neighbour: dump", dump(nl, see_neigh) == 1);
	begin(RTM_NEWNEIGH, 0, &n, sizeof(n));
	attr_ip(NDA_DST, 0x0a0a0a64);
	attr(NDA_LLADDR, "\2\0\0\0\0\x63", 6);
	CHECK("neighbour: not to be made", ask() == ENOENT);
	begin(RTM_NEWNEIGH, NLM_F_CREATE, &n, sizeof(n));
	attr_ip(NDA_DST, 0x0a0a0a64);
	attr(NDA_LLADDR, "\2\0", 2);
	CHECK("neighbour: half a link address", ask() == EINVAL);
	begin(RTM_DELNEIGH, 0, &n, sizeof(n));
	attr_ip(NDA_DST, 0x0a0a0a63);
	CHECK("neighbour: del", ask() == 0);
	begin(RTM_GETNEIGH, 0, &g, sizeof(g));
	CHECK("neighbour: no more", dump(nl, see_neigh) == 0);
	begin(RTM_DELNEIGH, 0, &n, sizeof(n));
	attr_ip(NDA_DST, 0x0a0a0a63);
	CHECK("neighbour: del again", ask() == ENOENT);
	close(fd);
}

/* --- groups --- */

/* Is there a notification of this type for our device? */
static int heard(int s, int type)
{
	while (events(s, POLLIN, 1000) & POLLIN) {
		ssize_t n = recv(s, buf, sizeof(buf), 0);

		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_type == type)
				return 1;
	}
	return 0;
}

static void groups(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE };
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), fd;
	struct ifaddrmsg m = addr_msg(24);
	char name[IFNAMSIZ] = "";

	CHECK("groups: join", bind(s, SA(&a), sizeof(a)) == 0);
	CHECK("groups: quiet", !(events(s, POLLIN, 0) & POLLIN));
	fd = tun_open(name, IFF_TUN | IFF_NO_PI);
	CHECK("groups: a link comes", heard(s, RTM_NEWLINK));
	close(fd);
	CHECK("groups: and goes", heard(s, RTM_DELLINK));
	begin(RTM_NEWADDR, NLM_F_CREATE, &m, sizeof(m));
	attr_ip(IFA_LOCAL, 0x0a141401);
	CHECK("groups: an address comes", ask() == 0 && heard(s, RTM_NEWADDR));
	CHECK("groups: with its route", heard(s, RTM_NEWROUTE));
	begin(RTM_DELADDR, 0, &m, sizeof(m));
	attr_ip(IFA_LOCAL, 0x0a141401);
	CHECK("groups: and goes", ask() == 0 && heard(s, RTM_DELADDR));
	close(s);
}

static void unprivileged(void)
{
	int st = 0;

	if (!fork()) {
		struct rtgenmsg g = { .rtgen_family = AF_UNSPEC };
		struct ifinfomsg i = { .ifi_index = ifindex };
		int bad;

		bad = setgid(1000) || setuid(1000);
		nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
		begin(RTM_GETLINK, 0, &g, sizeof(g));
		bad |= dump(nl, see_link) != 1;
		begin(RTM_NEWLINK, 0, &i, sizeof(i));
		attr_int(IFLA_MTU, 1300);
		_exit(bad || ask() != EPERM);
	}
	wait(&st);
	CHECK("anybody may look, not everybody change", st == 0);
}

static void deletion(int fd)
{
	struct ifinfomsg i = { .ifi_index = ifindex };

	begin(RTM_DELLINK, 0, &i, sizeof(i));
	CHECK("del: a device under its program", ask() == 0 && if_nametoindex(dev) == 0);
	CHECK("del: which notices", ERR(read(fd, buf, 10), EBADFD) && (events(fd, POLLIN, 0) & POLLERR));
}

int main(void)
{
	int fd = tun_open(dev, IFF_TUN | IFF_NO_PI);

	ifindex = (int)if_nametoindex(dev);
	nl = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	sockets();
	hostile();
	links();
	addresses();
	routes();
	neighbours();
	groups();
	unprivileged();
	deletion(fd);
	return verdict();
}
