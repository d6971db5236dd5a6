/* tests/unit/net/netlink/route_test.c - IPv4 routes and rules over rtnetlink */
#include "tests/host/world.h"
#include "tests/unit/net/netlink/rtnl.h"
#include <linux/fib_rules.h>
#include <linux/in_route.h>

#define HEAD ((u32)sizeof(struct rtmsg))
#define NET9 0x0a090000u /* 10.9.0.0/16, the route that most tests make */
#define A_WAY (1ull << RTA_TABLE | 1 << RTA_DST | 1 << RTA_OIF)

static struct rtmsg way(u8 type, u8 scope)
{
	return (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = 16, .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = RTPROT_BOOT, .rtm_scope = scope, .rtm_type = type };
}
/* gw and oif 0: none */
static void request(u16 type, u16 flags, struct rtmsg m, u32 dst, u32 gw, u32 oif)
{
	nl_begin(type, flags, &m, sizeof(m));
	if (dst)
		nl_attr_u32(RTA_DST, htonl(dst));
	if (gw)
		nl_attr_u32(RTA_GATEWAY, htonl(gw));
	if (oif)
		nl_attr_u32(RTA_OIF, oif);
}
static int add(u16 flags, u32 gw)
{
	request(RTM_NEWROUTE, flags, way(RTN_UNICAST, RT_SCOPE_UNIVERSE), NET9, gw, 0);
	return nl_ask(s);
}
/* As ip(8) deletes: what it says nothing of is any. */
static struct rtmsg any(void)
{
	return (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = 16, .rtm_table = RT_TABLE_MAIN,
			       .rtm_scope = RT_SCOPE_NOWHERE };
}

/* --- telling --- */

static struct { struct rtmsg head; u64 attrs; s64 gw, prefsrc, oif, priority, table, mtu, initcwnd; } seen[8];
static u32 nr_seen, seen_dst;
static void find_dst(const struct nlmsghdr *h)
{
	const struct nlattr *m = nl_find(h, HEAD, RTA_METRICS);

	if (nl_u32(h, HEAD, RTA_DST) != (s64)htonl(seen_dst) || nr_seen == ARRAY_SIZE(seen))
		return;
	seen[nr_seen].head = *(const struct rtmsg *)(h + 1);
	seen[nr_seen].attrs = nl_all(h, HEAD);
	seen[nr_seen].gw = nl_u32(h, HEAD, RTA_GATEWAY);
	seen[nr_seen].prefsrc = nl_u32(h, HEAD, RTA_PREFSRC);
	seen[nr_seen].oif = nl_u32(h, HEAD, RTA_OIF);
	seen[nr_seen].priority = nl_u32(h, HEAD, RTA_PRIORITY);
	seen[nr_seen].table = nl_u32(h, HEAD, RTA_TABLE);
	seen[nr_seen].mtu = m ? nl_num(nl_inside(m, RTAX_MTU), 4) : -1;
	seen[nr_seen++].initcwnd = m ? nl_num(nl_inside(m, RTAX_INITCWND), 4) : -1;
}
/* How many routes a dump has for dst, in their order, into seen. */
static u32 look(u32 dst)
{
	memset(seen, 0, sizeof(seen));
	nr_seen = 0;
	seen_dst = dst;
	nl_begin(RTM_GETROUTE, 0, &(struct rtgenmsg){ AF_INET }, 1);
	EXPECT_GT(nl_dump(s, RTM_NEWROUTE, find_dst), 0);
	return nr_seen;
}
static void expect_head(u32 i, u8 plen, u8 table, u8 proto, u8 scope, u8 type)
{
	struct rtmsg want = { .rtm_family = AF_INET, .rtm_dst_len = plen, .rtm_table = table, .rtm_protocol = proto,
			      .rtm_scope = scope, .rtm_type = type };

	EXPECT_EQ(memcmp(&seen[i].head, &want, sizeof(want)), 0);
	EXPECT_EQ(seen[i].table, table);
}
TEST(the_routes_that_an_address_brings)
{
	up();
	ASSERT_EQ(look(0x0a000000), 1u);
	expect_head(0, 24, RT_TABLE_MAIN, RTPROT_KERNEL, RT_SCOPE_LINK, RTN_UNICAST);
	EXPECT_EQ(seen[0].attrs, A_WAY | 1 << RTA_PREFSRC);
	EXPECT_EQ(seen[0].prefsrc, US);
	EXPECT_EQ(seen[0].oif, eth0());
	ASSERT_EQ(look(0x0a000001), 1u);
	expect_head(0, 32, RT_TABLE_LOCAL, RTPROT_KERNEL, RT_SCOPE_HOST, RTN_LOCAL);
	ASSERT_EQ(look(0x0a0000ff), 1u);
	expect_head(0, 32, RT_TABLE_LOCAL, RTPROT_KERNEL, RT_SCOPE_LINK, RTN_BROADCAST);
	ASSERT_EQ(look(0x7f000000), 1u);
	expect_head(0, 8, RT_TABLE_LOCAL, RTPROT_KERNEL, RT_SCOPE_HOST, RTN_LOCAL);
	EXPECT_EQ(seen[0].oif, b.net->loopback_dev->ifindex);
	down();
}
TEST(all_that_is_told_of_a_route_by_a_gateway)
{
	struct nlattr *nest;

	up();
	request(RTM_NEWROUTE, NLM_F_CREATE, way(RTN_UNICAST, RT_SCOPE_UNIVERSE), NET9, 0x0a000002, eth0());
	nl_attr_u32(RTA_PRIORITY, 77);
	nl_attr_u32(RTA_PREFSRC, US);
	nest = nl_attr(RTA_METRICS, "", 0);
	nl_attr_u32(RTAX_MTU, 1400);
	nl_attr_u32(RTAX_INITCWND, 20);
	nest->nla_len = 4 + 16;
	EXPECT_EQ(nl_ask(s), 0);
	ASSERT_EQ(look(NET9), 1u);
	expect_head(0, 16, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST);
	EXPECT_EQ(seen[0].attrs, A_WAY | 1 << RTA_PREFSRC | 1 << RTA_GATEWAY | 1 << RTA_PRIORITY | 1 << RTA_METRICS);
	EXPECT_EQ(seen[0].gw, PEER);
	EXPECT_EQ(seen[0].oif, eth0());
	EXPECT_EQ(seen[0].priority, 77);
	EXPECT_EQ(seen[0].mtu, 1400);
	EXPECT_EQ(seen[0].initcwnd, 20);
	down();
}
static u32 rules[4][2];
static u32 nr_rules;
static void see_rule(const struct nlmsghdr *h)
{
	const struct fib_rule_hdr *r = (const struct fib_rule_hdr *)(h + 1);
	s64 priority = nl_u32(h, sizeof(*r), FRA_PRIORITY);

	ASSERT_TRUE(nr_rules < 4);
	EXPECT_EQ(r->family, AF_INET);
	EXPECT_EQ(r->action, FR_ACT_TO_TBL);
	EXPECT_EQ(nl_u32(h, sizeof(*r), FRA_TABLE), r->table);
	rules[nr_rules][0] = priority < 0 ? 0 : (u32)priority;
	rules[nr_rules++][1] = r->table;
}
TEST(the_three_rules)
{
	static const u32 want[3][2] = { { 0, RT_TABLE_LOCAL }, { 32766, RT_TABLE_MAIN }, { 32767, RT_TABLE_DEFAULT } };

	up();
	nl_begin(RTM_GETRULE, 0, &(struct rtgenmsg){ AF_INET }, 1);
	EXPECT_EQ(nl_dump(s, RTM_NEWRULE, see_rule), 3);
	EXPECT_EQ(memcmp(rules, want, sizeof(want)), 0);
	request(RTM_NEWRULE, NLM_F_CREATE, any(), 0, 0, 0); /* there are no others */
	EXPECT_EQ(nl_ask(s), EOPNOTSUPP);
	down();
}

/* --- making and deleting: errnos and sentences are those of Linux 6.18 --- */

TEST(routes_that_cannot_be_made)
{
	enum { UNI = RT_SCOPE_UNIVERSE, LINK = RT_SCOPE_LINK, HOST = RT_SCOPE_HOST, NO = RT_SCOPE_NOWHERE };
	static const char no_hop[] = "Gateway, device and multipath can not be specified for this route type";
	static const struct { u8 type, scope, plen, tos; u32 dst, gw; int oif, err; const char *why; } rows[] = {
		{ RTN_UNICAST, UNI, 33, 0, NET9, 0x0a000002, 0, EINVAL, "Invalid prefix length" },
		{ RTN_UNICAST, UNI, 16, 0, NET9 + 1, 0x0a000002, 0, EINVAL, "Invalid prefix for given prefix length" },
		{ RTN_UNICAST, UNI, 16, 3, NET9, 0x0a000002, 0, EINVAL, "Invalid dsfield (tos): ECN bits must be 0" },
		{ RTN_UNSPEC, UNI, 16, 0, NET9, 0x0a000002, 0, EINVAL, "Invalid scope" },
		{ RTN_NAT, UNI, 16, 0, NET9, 0x0a000002, 0, EINVAL, "Invalid scope" },
		{ 200, UNI, 16, 0, NET9, 0x0a000002, 0, EINVAL, "Invalid route type" },
		{ RTN_UNICAST, NO, 16, 0, NET9, 0, 1, EINVAL, "Invalid scope" },
		{ RTN_LOCAL, UNI, 16, 0, NET9, 0, 1, EINVAL, "Invalid scope" },
		{ RTN_LOCAL, LINK, 16, 0, NET9, 0, 1, EINVAL, "Invalid scope" },
		{ RTN_BROADCAST, UNI, 16, 0, NET9, 0, 1, EINVAL, "Invalid scope" },
		{ RTN_UNICAST, HOST, 16, 0, NET9, 0x0a000002, 0, EINVAL,
		  "Route with host scope can not have a gateway" },
		{ RTN_UNREACHABLE, UNI, 16, 0, NET9, 0, 1, EINVAL, no_hop },
		{ RTN_BLACKHOLE, UNI, 16, 0, NET9, 0x0a000002, 0, EINVAL, no_hop },
		{ RTN_UNICAST, UNI, 16, 0, NET9, 0, 99, ENODEV, "" },
		{ RTN_UNICAST, LINK, 16, 0, NET9, 0, 2, ENETDOWN, "Device for nexthop is not up" },
		{ RTN_UNICAST, LINK, 16, 0, NET9, 0, 0, ENODEV, "Nexthop has no device" },
		{ RTN_UNICAST, UNI, 16, 0, NET9, 0x0b000001, 0, ENETUNREACH, "Nexthop has invalid gateway" },
		{ RTN_UNICAST, UNI, 16, 0, NET9, 0x0a000002, 2, ENETUNREACH, "Nexthop has invalid gateway" },
		{ RTN_UNICAST, HOST, 16, 0, NET9, 0, 1, 0, "" },
		{ RTN_LOCAL, HOST, 16, 0, NET9 + 0x10000, 0, 1, 0, "" },
		{ RTN_UNREACHABLE, NO, 16, 0, NET9 + 0x20000, 0, 0, 0, "" },
	};
	static char text[4096];
	struct sim_nic *off; /* oif 2; 1 is eth0 */

	up();
	off = sim_nic_create(b.net, 2, 0);
	rtnl_lock(b.net);
	dev_close(off->dev);
	rtnl_unlock(b.net);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rtmsg m = way(rows[i].type, rows[i].scope);
		u32 oif = rows[i].oif == 1 ? eth0() : rows[i].oif == 2 ? off->dev->ifindex : (u32)rows[i].oif;
		int err;

		m.rtm_dst_len = rows[i].plen;
		m.rtm_tos = rows[i].tos;
		request(RTM_NEWROUTE, NLM_F_CREATE, m, rows[i].dst, rows[i].gw, oif);
		err = nl_ask(s);
		if (err != rows[i].err || strcmp(nl_why, rows[i].why))
			test_fail(__FILE__, __LINE__, false, "row %zu: %d '%s', not %d '%s'", i, err, nl_why,
				  rows[i].err, rows[i].why);
	}
	ASSERT_GT(host_proc_read(b.net, "net/fib_trie", text, sizeof(text)), 0);
	EXPECT_TRUE(strstr(text, "/16 host UNICAST dev eth0 metric 0\n") != NULL);
	EXPECT_TRUE(strstr(text, "/16 nowhere UNREACHABLE dev - metric 0\n") != NULL);
	sim_nic_destroy(off);
	down();
}
static int new_with(u16 type, const void *v, u32 n)
{
	request(RTM_NEWROUTE, NLM_F_CREATE, way(RTN_UNICAST, RT_SCOPE_UNIVERSE), NET9, 0x0a000002, 0);
	nl_attr(type, v, n);
	return nl_ask(s);
}
TEST(attributes_of_a_route_that_are_wrong)
{
	static const u8 short_mtu[8] = { 6, 0, RTAX_MTU, 0, 1, 2 };
	static const u8 no_cc[12] = { 9, 0, RTAX_CC_ALGO, 0, 'n', 'o', 'p', 'e' };
	static const u16 needs_4[] = { RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC, RTA_TABLE };
	__be32 other = htonl(0x0a00004d);
	u32 table = 100;

	up();
	for (size_t i = 0; i < ARRAY_SIZE(needs_4); i++)
		EXPECT_EQ(new_with(needs_4[i], "\12\11", 2), ERANGE);
	EXPECT_EQ(new_with(RTA_METRICS, short_mtu, 8), EINVAL);
	EXPECT_STREQ(nl_why, "Invalid attribute in metrics");
	EXPECT_EQ(new_with(RTA_METRICS, no_cc, 12), EINVAL);
	EXPECT_STREQ(nl_why, "Unknown tcp congestion algorithm");
	EXPECT_EQ(new_with(RTA_PREFSRC, &other, 4), EINVAL);
	EXPECT_STREQ(nl_why, "Invalid prefsrc address");
	EXPECT_EQ(new_with(RTA_MULTIPATH, short_mtu, 8), EOPNOTSUPP); /* absent, as are other tables */
	EXPECT_EQ(new_with(RTA_TABLE, &table, 4), EOPNOTSUPP);
	for (u16 t = RTM_NEWROUTE; t <= RTM_GETROUTE; t++) {
		nl_begin(t, NLM_F_CREATE, "\2\20\0", 4);
		EXPECT_EQ(nl_ask(s), EINVAL);
	}
	EXPECT_EQ(look(NET9), 0u);
	down();
}
/* Gateways in the order of the dump, which is the order of choice. */
static void expect_gateways(u32 n, u8 first, u8 second, u8 third)
{
	const u8 want[3] = { first, second, third };

	ASSERT_EQ(look(NET9), n);
	for (u32 i = 0; i < n; i++)
		EXPECT_EQ(seen[i].gw, htonl(0x0a000000u + want[i]));
}
TEST(create_excl_append_and_replace)
{
	up();
	EXPECT_EQ(add(0, 0x0a000002), ENOENT);
	EXPECT_EQ(add(NLM_F_REPLACE, 0x0a000002), ENOENT);
	EXPECT_EQ(add(NLM_F_CREATE | NLM_F_EXCL, 0x0a000002), 0);
	EXPECT_EQ(add(NLM_F_CREATE | NLM_F_EXCL, 0x0a000003), EEXIST);
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000002), EEXIST);
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000003), 0);
	EXPECT_EQ(add(NLM_F_CREATE | NLM_F_APPEND, 0x0a000004), 0);
	expect_gateways(3, 3, 2, 4);
	EXPECT_EQ(add(NLM_F_CREATE | NLM_F_APPEND, 0x0a000003), EEXIST);
	EXPECT_EQ(add(NLM_F_REPLACE, 0x0a000005), 0);
	expect_gateways(3, 5, 2, 4);
	EXPECT_EQ(add(NLM_F_REPLACE, 0x0a000002), EEXIST); /* the second has it */
	EXPECT_EQ(add(NLM_F_REPLACE, 0x0a000005), 0);
	EXPECT_EQ(add(NLM_F_REPLACE | NLM_F_EXCL, 0x0a000006), EEXIST);
	expect_gateways(3, 5, 2, 4);
	down();
}
static int del(struct rtmsg m, u32 dst, u16 type, u32 v)
{
	request(RTM_DELROUTE, 0, m, dst, 0, 0);
	if (type)
		nl_attr_u32(type, v);
	return nl_ask(s);
}
/* Whatever the program names must agree with the route. */
TEST(which_route_is_deleted)
{
	struct rtmsg m;

	up();
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000002), 0);
#define DEL_WITH(field, v) (m = any(), m.field = (v), del(m, NET9, 0, 0))
	EXPECT_EQ(DEL_WITH(rtm_protocol, RTPROT_STATIC), ESRCH);
	EXPECT_EQ(DEL_WITH(rtm_tos, 8), ESRCH);
	EXPECT_EQ(DEL_WITH(rtm_scope, RT_SCOPE_LINK), ESRCH);
	EXPECT_EQ(DEL_WITH(rtm_type, RTN_BLACKHOLE), ESRCH);
	EXPECT_EQ(DEL_WITH(rtm_dst_len, 17), ESRCH);
	EXPECT_EQ(DEL_WITH(rtm_table, RT_TABLE_LOCAL), ESRCH);
	EXPECT_EQ(DEL_WITH(rtm_table, 100), ESRCH);
	EXPECT_STREQ(nl_why, "FIB table does not exist");
	EXPECT_EQ(DEL_WITH(rtm_dst_len, 33), EINVAL);
	EXPECT_EQ(del(any(), NET9 + 1, 0, 0), EINVAL);
	EXPECT_EQ(del(any(), NET9, RTA_PRIORITY, 5), ESRCH);
	EXPECT_EQ(del(any(), NET9, RTA_OIF, b.net->loopback_dev->ifindex), ESRCH);
	EXPECT_EQ(del(any(), NET9, RTA_OIF, 99), ESRCH);
	EXPECT_EQ(del(any(), NET9, RTA_GATEWAY, htonl(0x0a000063)), ESRCH);
	EXPECT_EQ(del(any(), NET9, RTA_PREFSRC, US), ESRCH);
	EXPECT_EQ(del(any(), NET9, RTA_TABLE, RT_TABLE_LOCAL), ESRCH);
	EXPECT_EQ(look(NET9), 1u);
	EXPECT_EQ(DEL_WITH(rtm_protocol, RTPROT_BOOT), 0);
	EXPECT_EQ(del(any(), NET9, 0, 0), ESRCH);
	m = way(RTN_UNICAST, RT_SCOPE_UNIVERSE);
	m.rtm_tos = 8;
	request(RTM_NEWROUTE, NLM_F_CREATE, m, NET9, 0x0a000002, 0);
	EXPECT_EQ(nl_ask(s), 0);
	EXPECT_EQ(del(any(), NET9, 0, 0), ESRCH); /* another type of service is another route */
	EXPECT_EQ(DEL_WITH(rtm_tos, 8), 0);
	down();
}

/* --- asking --- */

/* Strict: by table, protocol, type and device. Others get all. */
TEST(a_dump_of_some_routes)
{
	struct rtmsg none = { .rtm_family = AF_INET }, m = none;
	int all, local, boot;

	up();
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000002), 0);
	request(RTM_GETROUTE, 0, none, 0, 0, 0);
	all = nl_dump(s, RTM_NEWROUTE, NULL);
	EXPECT_GT(all, 5);
	m.rtm_table = RT_TABLE_LOCAL;
	request(RTM_GETROUTE, 0, m, 0, 0, 0);
	EXPECT_EQ(nl_dump(s, RTM_NEWROUTE, NULL), all);
	m.rtm_flags = RTM_F_CLONED; /* nothing is cached where such a dump would look */
	request(RTM_GETROUTE, 0, m, 0, 0, 0);
	EXPECT_EQ(nl_dump(s, RTM_NEWROUTE, NULL), 0);
	EXPECT_EQ(nl_set(s, NETLINK_GET_STRICT_CHK, 1), 0);
	m = none;
	m.rtm_table = RT_TABLE_LOCAL;
	request(RTM_GETROUTE, 0, m, 0, 0, 0);
	local = nl_dump(s, RTM_NEWROUTE, NULL);
	EXPECT_EQ(local, all - 2); /* eth0's subnet and ours */
	request(RTM_GETROUTE, 0, none, 0, 0, 0);
	nl_attr_u32(RTA_TABLE, RT_TABLE_LOCAL);
	EXPECT_EQ(nl_dump(s, RTM_NEWROUTE, NULL), local);
	m = none;
	m.rtm_protocol = RTPROT_BOOT;
	request(RTM_GETROUTE, 0, m, 0, 0, 0);
	boot = nl_dump(s, RTM_NEWROUTE, NULL);
	EXPECT_EQ(boot, 1);
	m = none;
	m.rtm_type = RTN_BROADCAST;
	request(RTM_GETROUTE, 0, m, 0, 0, 0);
	nl_attr_u32(RTA_OIF, eth0());
	EXPECT_EQ(nl_dump(s, RTM_NEWROUTE, NULL), 1);
	down();
}
/* The result of a dump stands at its end. */
static int dump_error(struct rtmsg m, u16 type, u32 v)
{
	const struct nlmsghdr *h;

	request(RTM_GETROUTE, NLM_F_DUMP, m, 0, 0, 0);
	if (type)
		nl_attr_u32(type, v);
	nl_tell(s);
	h = nl_next(s);
	return h && h->nlmsg_type == NLMSG_DONE ? -*(const int *)(h + 1) : -1;
}
TEST(strict_dumps_that_ask_for_what_is_not_there)
{
	struct rtmsg none = { .rtm_family = AF_INET }, m = none;

	up();
	EXPECT_EQ(nl_set(s, NETLINK_GET_STRICT_CHK, 1), 0);
	m.rtm_table = 77;
	EXPECT_EQ(dump_error(m, 0, 0), ENOENT);
	EXPECT_EQ(dump_error(none, RTA_OIF, 99), ENODEV);
	m = none;
	m.rtm_dst_len = 16;
	EXPECT_EQ(dump_error(m, 0, 0), EINVAL);
	m = none;
	m.rtm_tos = 8;
	EXPECT_EQ(dump_error(m, 0, 0), EINVAL);
	m = none;
	m.rtm_scope = RT_SCOPE_LINK;
	EXPECT_EQ(dump_error(m, 0, 0), EINVAL);
	down();
}
static const struct nlmsghdr *get(u32 dst, u32 flags, u16 type, u32 v)
{
	struct rtmsg m = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_flags = flags };

	request(RTM_GETROUTE, 0, m, dst, 0, 0);
	if (type)
		nl_attr_u32(type, v);
	nl_in_at = nl_in_len = 0;
	nl_tell(s);
	return nl_next(s);
}
TEST(the_way_that_a_packet_would_take)
{
	static const struct { u32 dst, asked; u8 type, table; u32 flags, gw; } rows[] = {
		{ 0x0a000007, 0, RTN_UNICAST, RT_TABLE_MAIN, RTM_F_CLONED, 0 },
		{ NET9 + 1, 0, RTN_UNICAST, RT_TABLE_MAIN, RTM_F_CLONED, 0x0a000002 },
		{ 0x0a000001, 0, RTN_LOCAL, RT_TABLE_MAIN, RTM_F_CLONED | RTCF_LOCAL, 0 },
		{ 0x0a000001, RTM_F_LOOKUP_TABLE, RTN_LOCAL, RT_TABLE_LOCAL, RTM_F_CLONED | RTCF_LOCAL, 0 },
		{ 0x0a0000ff, 0, RTN_BROADCAST, RT_TABLE_MAIN, RTM_F_CLONED | RTCF_LOCAL | RTCF_BROADCAST, 0 },
	};

	up();
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000002), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct nlmsghdr *h = get(rows[i].dst, rows[i].asked, 0, 0);
		struct rtmsg want = { .rtm_family = AF_INET, .rtm_dst_len = 32, .rtm_table = rows[i].table,
				      .rtm_type = rows[i].type, .rtm_flags = rows[i].flags };

		ASSERT_TRUE(h && h->nlmsg_type == RTM_NEWROUTE);
		EXPECT_EQ(memcmp(h + 1, &want, sizeof(want)), 0);
		EXPECT_EQ(nl_u32(h, HEAD, RTA_DST), htonl(rows[i].dst));
		EXPECT_EQ(nl_u32(h, HEAD, RTA_TABLE), rows[i].table);
		EXPECT_EQ(nl_u32(h, HEAD, RTA_PREFSRC), US);
		EXPECT_EQ(nl_u32(h, HEAD, RTA_GATEWAY), rows[i].gw ? (s64)htonl(rows[i].gw) : -1);
		EXPECT_EQ(nl_u32(h, HEAD, RTA_OIF), rows[i].type == RTN_LOCAL ? b.net->loopback_dev->ifindex : eth0());
		EXPECT_EQ(nl_u32(h, HEAD, RTA_UID), 0);
		EXPECT_TRUE(nl_find(h, HEAD, RTA_CACHEINFO) != NULL);
	}
	down();
}
TEST(the_way_from_an_address_or_over_a_device)
{
	const struct nlmsghdr *h;

	up();
	h = get(0x0a000007, 0, RTA_SRC, US);
	EXPECT_EQ(h->nlmsg_type, RTM_NEWROUTE);
	EXPECT_EQ(((const struct rtmsg *)(h + 1))->rtm_src_len, 32);
	EXPECT_EQ(nl_u32(h, HEAD, RTA_SRC), US);
	EXPECT_EQ(nl_u32(h, HEAD, RTA_PREFSRC), -1); /* it is the one that was given */
	h = get(0x63010101, 0, RTA_OIF, eth0()); /* no route, but the device is named: on the link */
	EXPECT_EQ(h->nlmsg_type, RTM_NEWROUTE);
	EXPECT_EQ(nl_u32(h, HEAD, RTA_OIF), eth0());
	EXPECT_EQ(nl_errno(get(0x0a000007, 0, RTA_OIF, 99)), ENODEV);
	EXPECT_EQ(nl_errno(get(0x63010101, 0, 0, 0)), ENETUNREACH);
	down();
}
TEST(ways_that_are_none_say_why)
{
	static const struct { u8 type; int err; } rows[] = {
		{ RTN_UNREACHABLE, EHOSTUNREACH }, { RTN_BLACKHOLE, EINVAL }, { RTN_PROHIBIT, EACCES },
		{ RTN_THROW, ENETUNREACH },
	};

	up();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		request(RTM_NEWROUTE, NLM_F_CREATE, way(rows[i].type, RT_SCOPE_UNIVERSE), NET9, 0, 0);
		EXPECT_EQ(nl_ask(s), 0);
		EXPECT_EQ(nl_errno(get(NET9 + 1, 0, 0, 0)), rows[i].err);
		ASSERT_EQ(look(NET9), 1u);
		EXPECT_EQ(seen[0].attrs, 1ull << RTA_TABLE | 1 << RTA_DST); /* no device */
		EXPECT_EQ(del(any(), NET9, 0, 0), 0);
	}
	down();
}

/* --- who hears of it --- */

static void expect_news(struct socket *ear, u16 type, u32 gw)
{
	const struct nlmsghdr *h = nl_next(ear);

	ASSERT_TRUE(h != NULL);
	EXPECT_EQ(h->nlmsg_type, type);
	EXPECT_EQ(nl_u32(h, HEAD, RTA_DST), htonl(NET9));
	EXPECT_EQ(nl_u32(h, HEAD, RTA_GATEWAY), htonl(gw));
}
TEST(the_group_route_hears_of_each_change)
{
	struct socket *ear;

	up();
	ear = nl_open(b.net, NETLINK_ROUTE);
	EXPECT_EQ(nl_set(ear, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_ROUTE), 0);
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000002), 0);
	expect_news(ear, RTM_NEWROUTE, 0x0a000002);
	EXPECT_EQ(add(NLM_F_CREATE, 0x0a000002), EEXIST);
	EXPECT_EQ(add(NLM_F_REPLACE, 0x0a000003), 0);
	expect_news(ear, RTM_NEWROUTE, 0x0a000003); /* of the old one nothing is said */
	EXPECT_EQ(del(any(), NET9, 0, 0), 0);
	expect_news(ear, RTM_DELROUTE, 0x0a000003);
	EXPECT_TRUE(!nl_next(ear));
	sock_release(ear);
	down();
}
