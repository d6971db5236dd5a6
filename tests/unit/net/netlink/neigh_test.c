/* tests/unit/net/netlink/neigh_test.c - neighbours over rtnetlink */
#include "tests/host/world.h"
#include "tests/unit/net/netlink/rtnl.h"

#define HEAD ((u32)sizeof(struct ndmsg))
#define HIM htonl(0x0a000063)
#define NOBODY htonl(0x0a000064)
static const u8 mac[8] = { 2, 0, 0, 0, 0, 0x63 }, mac2[8] = { 2, 0, 0, 0, 0, 0x64 };

/* dst 0: none given; ll_len 0: none given */
static void request(u16 type, u16 flags, struct ndmsg m, __be32 dst, const u8 *ll, u32 ll_len)
{
	m.ndm_family = AF_INET;
	nl_begin(type, flags, &m, sizeof(m));
	if (dst)
		nl_attr(NDA_DST, &dst, 4);
	if (ll_len)
		nl_attr(NDA_LLADDR, ll, ll_len);
}
static int change(u16 type, u16 flags, u16 state, __be32 dst, const u8 *ll)
{
	request(type, flags, (struct ndmsg){ .ndm_ifindex = (int)eth0(), .ndm_state = state }, dst, ll, ll ? 6 : 0);
	return nl_ask(s);
}
static __be32 wanted;
static struct { struct ndmsg head; u64 attrs; u8 ll[6]; s64 probes; struct nda_cacheinfo ci; int times; } seen;
static void find_wanted(const struct nlmsghdr *h)
{
	const struct nlattr *a = nl_find(h, HEAD, NDA_LLADDR), *ci = nl_find(h, HEAD, NDA_CACHEINFO);

	if (nl_u32(h, HEAD, NDA_DST) != (s64)wanted)
		return;
	seen.times++;
	seen.head = *(const struct ndmsg *)(h + 1);
	seen.attrs = nl_all(h, HEAD);
	seen.probes = nl_u32(h, HEAD, NDA_PROBES);
	if (a && nla_len(a) == 6)
		memcpy(seen.ll, nla_data(a), 6);
	if (ci && nla_len(ci) == sizeof(seen.ci))
		memcpy(&seen.ci, nla_data(ci), sizeof(seen.ci));
}
/* How many neighbours a dump has; what it says of dst into seen. */
static int dump(__be32 dst)
{
	memset(&seen, 0, sizeof(seen));
	wanted = dst;
	nl_begin(RTM_GETNEIGH, 0, &(struct rtgenmsg){ AF_INET }, 1);
	return nl_dump(s, RTM_NEWNEIGH, find_wanted);
}
TEST(all_that_is_told_of_a_neighbour)
{
	up();
	EXPECT_EQ(change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, NUD_REACHABLE, HIM, mac), 0);
	host_pass(3 * NSEC_PER_SEC);
	EXPECT_EQ(dump(HIM), 2);
	EXPECT_EQ(seen.times, 1);
	EXPECT_EQ(seen.head.ndm_family, AF_INET);
	EXPECT_EQ(seen.head.ndm_ifindex, (int)eth0());
	EXPECT_EQ(seen.head.ndm_state, NUD_REACHABLE);
	EXPECT_EQ(seen.head.ndm_flags, 0);
	EXPECT_EQ(seen.head.ndm_type, RTN_UNICAST);
	EXPECT_EQ(seen.attrs, 1ull << NDA_DST | 1 << NDA_LLADDR | 1 << NDA_CACHEINFO | 1 << NDA_PROBES);
	EXPECT_EQ(memcmp(seen.ll, mac, 6), 0);
	EXPECT_EQ(seen.probes, 0);
	EXPECT_EQ(seen.ci.ndm_updated, 300u); /* ticks of 1/100 s */
	EXPECT_EQ(seen.ci.ndm_confirmed, 300u);
	EXPECT_EQ(seen.ci.ndm_refcnt, 1u); /* its timer's */
	down();
}
/* One that is asked for has no link address yet, and one that does not answer never had. */
TEST(a_neighbour_that_does_not_answer)
{
	struct socket *u;

	up();
	u = open_udp(&b, 0);
	EXPECT_EQ(sock_connect_to(u, HIM, 9, 0), 0);
	EXPECT_EQ(sock_write(u, "x", 1, 0), 1);
	host_pass(1500 * NSEC_PER_MSEC);
	dump(HIM);
	EXPECT_EQ(seen.head.ndm_state, NUD_INCOMPLETE);
	EXPECT_EQ(seen.attrs, 1ull << NDA_DST | 1 << NDA_CACHEINFO | 1 << NDA_PROBES);
	EXPECT_EQ(seen.probes, 3 + 2); /* those of a known address count as done */
	host_pass(3 * NSEC_PER_SEC);
	dump(HIM);
	EXPECT_EQ(seen.head.ndm_state, NUD_FAILED);
	sock_release(u);
	down();
}
TEST(a_neighbour_is_made_changed_and_deleted)
{
	up();
	EXPECT_EQ(change(RTM_NEWNEIGH, 0, NUD_PERMANENT, HIM, mac), ENOENT);
	EXPECT_EQ(change(RTM_NEWNEIGH, NLM_F_CREATE, NUD_PERMANENT, HIM, mac), 0);
	EXPECT_EQ(change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, NUD_PERMANENT, HIM, mac2), EEXIST);
	dump(HIM);
	EXPECT_EQ(seen.head.ndm_state, NUD_PERMANENT);
	EXPECT_EQ(memcmp(seen.ll, mac, 6), 0);
	EXPECT_EQ(change(RTM_NEWNEIGH, NLM_F_REPLACE, NUD_STALE, HIM, mac2), 0);
	dump(HIM);
	EXPECT_EQ(seen.head.ndm_state, NUD_STALE);
	EXPECT_EQ(memcmp(seen.ll, mac2, 6), 0);
	EXPECT_EQ(change(RTM_DELNEIGH, 0, 0, NOBODY, NULL), ENOENT);
	EXPECT_EQ(change(RTM_DELNEIGH, 0, 0, HIM, NULL), 0);
	EXPECT_EQ(dump(HIM), 1);
	EXPECT_EQ(seen.times, 0);
	EXPECT_EQ(change(RTM_DELNEIGH, 0, 0, HIM, NULL), ENOENT);
	down();
}
/* Errnos and sentences are those of Linux 6.18. index 0: none, -1: eth0's */
TEST(requests_for_neighbours_that_cannot_be_served)
{
	enum { NEW = RTM_NEWNEIGH, DEL = RTM_DELNEIGH };
	static const struct { u16 type; int index; bool dst; u8 ll_len, flags; int err; const char *why; } rows[] = {
		{ NEW, -1, false, 6, 0, EINVAL, "Network address not specified" },
		{ NEW, 0, true, 6, 0, EINVAL, "Device not specified" },
		{ NEW, 99, true, 6, 0, ENODEV, "" },
		{ NEW, -1, true, 2, 0, EINVAL, "Invalid link address" },
		{ NEW, -1, true, 6, NTF_PROXY, EOPNOTSUPP, "" }, /* proxies are absent */
		{ NEW, -1, true, 8, 0, 0, "" }, /* longer than needed */
		{ DEL, -1, false, 0, 0, EINVAL, "Network address not specified" },
		{ DEL, 0, true, 0, 0, EINVAL, "Device not specified" },
		{ DEL, 99, true, 0, 0, ENODEV, "" },
	};
	__be16 half = htons(0x0a00);

	up();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct ndmsg m = { .ndm_ifindex = rows[i].index < 0 ? (int)eth0() : rows[i].index,
				   .ndm_flags = rows[i].flags, .ndm_state = NUD_PERMANENT };
		int err;

		request(rows[i].type, NLM_F_CREATE, m, rows[i].dst ? NOBODY : 0, mac, rows[i].ll_len);
		err = nl_ask(s);
		if (err != rows[i].err || strcmp(nl_why, rows[i].why))
			test_fail(__FILE__, __LINE__, false, "row %zu: %d '%s', not %d '%s'", i, err, nl_why,
				  rows[i].err, rows[i].why);
	}
	for (u16 t = NEW; t <= DEL; t++) {
		request(t, NLM_F_CREATE, (struct ndmsg){ .ndm_ifindex = (int)eth0() }, 0, NULL, 0);
		nl_attr(NDA_DST, &half, 2);
		EXPECT_EQ(nl_ask(s), EINVAL);
		EXPECT_STREQ(nl_why, "Invalid network address");
		nl_begin(t, 0, "\2\0\0", 4);
		EXPECT_EQ(nl_ask(s), EINVAL);
	}
	down();
}
/* The filter is an attribute; the header's index is none (Linux). */
TEST(a_dump_of_one_devices_neighbours)
{
	struct sim_nic *nic;

	up();
	nic = sim_nic_create(b.net, 2, 0);
	EXPECT_EQ(inet_addr_add(nic->dev, htonl(0x0a010001), 24), 0);
	request(RTM_NEWNEIGH, NLM_F_CREATE, (struct ndmsg){ .ndm_ifindex = (int)nic->dev->ifindex,
							   .ndm_state = NUD_PERMANENT }, htonl(0x0a010002), mac, 6);
	EXPECT_EQ(nl_ask(s), 0);
	EXPECT_EQ(dump(0), 2);
	request(RTM_GETNEIGH, 0, (struct ndmsg){ .ndm_ifindex = (int)eth0() }, 0, NULL, 0);
	EXPECT_EQ(nl_dump(s, RTM_NEWNEIGH, NULL), 2);
	request(RTM_GETNEIGH, 0, (struct ndmsg){ 0 }, 0, NULL, 0);
	nl_attr_u32(NDA_IFINDEX, nic->dev->ifindex);
	wanted = htonl(0x0a010002);
	memset(&seen, 0, sizeof(seen));
	EXPECT_EQ(nl_dump(s, RTM_NEWNEIGH, find_wanted), 1);
	EXPECT_EQ(seen.times, 1);
	sim_nic_destroy(nic);
	down();
}
static void expect_news(u16 type, u16 state, const u8 *ll)
{
	const struct nlmsghdr *h = nl_next(s);

	ASSERT_TRUE(h != NULL);
	EXPECT_EQ(h->nlmsg_type, type);
	memset(&seen, 0, sizeof(seen));
	wanted = HIM;
	find_wanted(h);
	EXPECT_EQ(seen.times, 1);
	EXPECT_EQ(seen.head.ndm_state, state);
	if (ll)
		EXPECT_EQ(memcmp(seen.ll, ll, 6), 0);
}
/* Of a new link address, too, where the state stays (Linux's neigh_update). */
TEST(the_group_neigh_hears_of_each_change)
{
	struct socket *ask;

	up();
	ask = s;
	s = nl_open(b.net, NETLINK_ROUTE);
	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH), 0);
	request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, (struct ndmsg){ .ndm_ifindex = (int)eth0(),
		.ndm_state = NUD_PERMANENT }, HIM, mac, 6);
	nl_tell(ask);
	expect_news(RTM_NEWNEIGH, NUD_PERMANENT, mac);
	nl_tell(ask);
	EXPECT_TRUE(!nl_next(s)); /* nothing changed */
	request(RTM_NEWNEIGH, NLM_F_REPLACE, (struct ndmsg){ .ndm_ifindex = (int)eth0(), .ndm_state = NUD_PERMANENT },
		HIM, mac2, 6);
	nl_tell(ask);
	expect_news(RTM_NEWNEIGH, NUD_PERMANENT, mac2);
	request(RTM_DELNEIGH, 0, (struct ndmsg){ .ndm_ifindex = (int)eth0() }, HIM, NULL, 0);
	nl_tell(ask);
	expect_news(RTM_NEWNEIGH, NUD_FAILED, NULL);
	expect_news(RTM_DELNEIGH, NUD_FAILED, NULL);
	EXPECT_TRUE(!nl_next(s));
	sock_release(ask);
	down();
}
