/* tests/unit/net/netlink/addr_test.c - IPv4 addresses over rtnetlink (RFC 3549 3.2) */
#include "tests/unit/net/netlink/rtnl.h"
#include <linux/if_addr.h>

#define HEAD ((u32)sizeof(struct ifaddrmsg))
#define ADDR(a, b, c, d) htonl((u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static void request(u16 type, u16 flags, u8 plen, u32 index, __be32 local)
{
	struct ifaddrmsg m = { .ifa_family = AF_INET, .ifa_prefixlen = plen, .ifa_index = index };

	nl_begin(type, flags, &m, sizeof(m));
	if (local)
		nl_attr(IFA_LOCAL, &local, 4);
}
static struct nlmsghdr *seen;
static __be32 wanted;
static void find_wanted(const struct nlmsghdr *h)
{
	if (nl_u32(h, HEAD, IFA_LOCAL) == (s64)wanted)
		memcpy(seen, h, min(h->nlmsg_len, 512u));
}
/* What a dump says of local. */
static const struct nlmsghdr *dumped(__be32 local)
{
	static u8 room[512];

	seen = (struct nlmsghdr *)memset(room, 0, sizeof(room));
	wanted = local;
	nl_begin(RTM_GETADDR, 0, &(struct rtgenmsg){ AF_INET }, 1);
	EXPECT_GT(nl_dump(s, RTM_NEWADDR, find_wanted), 0);
	return seen->nlmsg_len ? seen : NULL;
}
/* header, peer (or the address itself), label; bcast 0: none */
static void expect(const struct nlmsghdr *h, struct ifaddrmsg want, __be32 local, __be32 address, __be32 bcast,
		   const char *label)
{
	const struct ifa_cacheinfo *ci;

	ASSERT_TRUE(h && h->nlmsg_len > NLMSG_HDRLEN);
	EXPECT_EQ(memcmp(h + 1, &want, sizeof(want)), 0);
	EXPECT_EQ(nl_all(h, HEAD), 1ull << IFA_ADDRESS | 1 << IFA_LOCAL | (bcast ? 1 << IFA_BROADCAST : 0) |
					   1 << IFA_LABEL | 1 << IFA_FLAGS | 1 << IFA_CACHEINFO);
	EXPECT_EQ(nl_u32(h, HEAD, IFA_LOCAL), local);
	EXPECT_EQ(nl_u32(h, HEAD, IFA_ADDRESS), address);
	if (bcast)
		EXPECT_EQ(nl_u32(h, HEAD, IFA_BROADCAST), bcast);
	EXPECT_STREQ(nl_str(h, HEAD, IFA_LABEL), label);
	EXPECT_EQ(nl_u32(h, HEAD, IFA_FLAGS), want.ifa_flags);
	ci = nla_data(nl_find(h, HEAD, IFA_CACHEINFO));
	EXPECT_EQ(ci->ifa_valid, U32_MAX); /* for ever */
	EXPECT_EQ(ci->ifa_prefered, U32_MAX);
}
TEST(all_that_is_told_of_an_address)
{
	__be32 peer = ADDR(10, 5, 0, 2), bcast = ADDR(10, 6, 0, 255);
	struct ifaddrmsg m;

	up();
	m = (struct ifaddrmsg){ AF_INET, 24, IFA_F_PERMANENT, RT_SCOPE_UNIVERSE, eth0() };
	expect(dumped(US), m, US, US, ADDR(10, 0, 0, 255), "eth0");
	request(RTM_NEWADDR, NLM_F_CREATE, 24, eth0(), ADDR(10, 0, 0, 9));
	EXPECT_EQ(nl_ask(s), 0);
	m.ifa_flags |= IFA_F_SECONDARY; /* a second one of the same subnet; no broadcast was given */
	expect(dumped(ADDR(10, 0, 0, 9)), m, ADDR(10, 0, 0, 9), ADDR(10, 0, 0, 9), 0, "eth0");
	m = (struct ifaddrmsg){ AF_INET, 32, IFA_F_PERMANENT, RT_SCOPE_LINK, eth0() };
	nl_begin(RTM_NEWADDR, NLM_F_CREATE, &m, sizeof(m));
	nl_attr_u32(IFA_LOCAL, ADDR(10, 5, 0, 1));
	nl_attr_u32(IFA_ADDRESS, peer);
	nl_attr_u32(IFA_BROADCAST, bcast);
	nl_attr_str(IFA_LABEL, "eth0:p2p");
	EXPECT_EQ(nl_ask(s), 0);
	expect(dumped(ADDR(10, 5, 0, 1)), m, ADDR(10, 5, 0, 1), peer, bcast, "eth0:p2p");
	down();
}
/* Errnos and sentences are those of Linux 6.18. */
TEST(addresses_that_cannot_be_made_or_deleted)
{
	enum { NEW = RTM_NEWADDR, DEL = RTM_DELADDR };
	static const struct { u16 type, flags; u8 plen; u32 index; u32 local; int err; const char *why; } rows[] = {
		{ NEW, NLM_F_CREATE, 33, 99, 0x0a000701, EINVAL, "ipv4: Invalid prefix length" },
		{ NEW, NLM_F_CREATE, 24, 99, 0, EINVAL, "ipv4: Local address is not supplied" },
		{ NEW, NLM_F_CREATE, 24, 99, 0x0a000701, ENODEV, "ipv4: Device not found" },
		{ NEW, NLM_F_CREATE | NLM_F_EXCL, 24, 0, 0x0a000001, EEXIST, "ipv4: Address already assigned" },
		{ NEW, NLM_F_CREATE, 24, 0, 0x0a000001, EEXIST, "ipv4: Address already assigned" },
		{ NEW, NLM_F_CREATE | NLM_F_REPLACE, 24, 0, 0x0a000001, 0, "" },
		{ NEW, NLM_F_EXCL | NLM_F_REPLACE, 24, 0, 0x0a000001, EEXIST, "ipv4: Address already assigned" },
		{ NEW, 0, 24, 0, 0x0a000801, 0, "" }, /* NLM_F_CREATE is not asked for */
		{ DEL, 0, 24, 0, 0x0a030001, EADDRNOTAVAIL, "ipv4: Address not found" },
		{ DEL, 0, 24, 99, 0x0a030001, ENODEV, "ipv4: Device not found" },
		{ DEL, 0, 24, 0, 0x0a000801, 0, "" },
		{ DEL, 0, 24, 0, 0x0a000801, EADDRNOTAVAIL, "ipv4: Address not found" },
	};

	up();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int err;

		request(rows[i].type, rows[i].flags, rows[i].plen, rows[i].index ? rows[i].index : eth0(),
			htonl(rows[i].local));
		err = nl_ask(s);
		if (err != rows[i].err || strcmp(nl_why, rows[i].why))
			test_fail(__FILE__, __LINE__, false, "row %zu: %d '%s', not %d '%s'", i, err, nl_why,
				  rows[i].err, rows[i].why);
	}
	down();
}
static int new_with(u16 type, const void *v, u32 n)
{
	request(RTM_NEWADDR, NLM_F_CREATE, 24, eth0(), ADDR(10, 7, 0, 1));
	nl_attr(type, v, n);
	return nl_ask(s);
}
TEST(attributes_of_an_address_with_wrong_lengths)
{
	struct ifa_cacheinfo ci = { .ifa_prefered = U32_MAX, .ifa_valid = U32_MAX };

	up();
	EXPECT_EQ(new_with(IFA_ADDRESS, "\12\7", 2), ERANGE);
	EXPECT_EQ(new_with(IFA_BROADCAST, "\12\7\0", 3), ERANGE);
	EXPECT_EQ(new_with(IFA_LABEL, "abcdefghijklmnopq", 18), ERANGE);
	EXPECT_EQ(new_with(IFA_LABEL, "", 0), ERANGE);
	EXPECT_EQ(new_with(IFA_CACHEINFO, &ci, 8), ERANGE);
	EXPECT_TRUE(!dumped(ADDR(10, 7, 0, 1)));
	ci.ifa_valid = 60;
	EXPECT_EQ(new_with(IFA_CACHEINFO, &ci, sizeof(ci)), EOPNOTSUPP); /* lifetimes are absent */
	ci.ifa_valid = U32_MAX;
	EXPECT_EQ(new_with(IFA_CACHEINFO, &ci, sizeof(ci)), 0);
	EXPECT_TRUE(dumped(ADDR(10, 7, 0, 1)) != NULL);
	for (u16 t = RTM_NEWADDR; t <= RTM_DELADDR; t++) {
		nl_begin(t, 0, "\2\30\0", 4);
		EXPECT_EQ(nl_ask(s), EINVAL);
	}
	request(RTM_GETADDR, 0, 24, eth0(), US); /* there is no asking for one */
	EXPECT_EQ(nl_ask(s), EOPNOTSUPP);
	down();
}
/* Each that is given must agree: local address, label, and the subnet with its length. */
TEST(which_address_is_deleted)
{
	__be32 mine = ADDR(10, 7, 0, 1), other = ADDR(10, 8, 0, 1);

	up();
	EXPECT_EQ(new_with(IFA_LABEL, "eth0:1", 7), 0);
	request(RTM_DELADDR, 0, 24, eth0(), mine);
	nl_attr_str(IFA_LABEL, "eth0");
	EXPECT_EQ(nl_ask(s), EADDRNOTAVAIL);
	request(RTM_DELADDR, 0, 16, eth0(), mine);
	nl_attr(IFA_ADDRESS, &mine, 4);
	EXPECT_EQ(nl_ask(s), EADDRNOTAVAIL);
	request(RTM_DELADDR, 0, 24, eth0(), mine);
	nl_attr(IFA_ADDRESS, &other, 4);
	EXPECT_EQ(nl_ask(s), EADDRNOTAVAIL);
	EXPECT_TRUE(dumped(mine) != NULL);
	request(RTM_DELADDR, 0, 24, eth0(), mine);
	nl_attr(IFA_ADDRESS, &mine, 4);
	nl_attr_str(IFA_LABEL, "eth0:1");
	EXPECT_EQ(nl_ask(s), 0);
	EXPECT_TRUE(!dumped(mine));
	request(RTM_DELADDR, 0, 24, eth0(), 0); /* any of the device: the first */
	EXPECT_EQ(nl_ask(s), 0);
	EXPECT_TRUE(!dumped(US));
	down();
}
/* A filter is heeded by those who asked for strict checks; to all others it was never promised (Linux). */
TEST(a_dump_of_one_device)
{
	u32 lo;

	up();
	lo = b.net->loopback_dev->ifindex;
	request(RTM_GETADDR, 0, 0, lo, 0);
	EXPECT_EQ(nl_dump(s, RTM_NEWADDR, NULL), 2);
	EXPECT_EQ(nl_set(s, NETLINK_GET_STRICT_CHK, 1), 0);
	request(RTM_GETADDR, 0, 0, lo, 0);
	EXPECT_EQ(nl_dump(s, RTM_NEWADDR, NULL), 1);
	request(RTM_GETADDR, 0, 0, 0, 0);
	EXPECT_EQ(nl_dump(s, RTM_NEWADDR, NULL), 2);
	down();
}
TEST(who_listens_hears_of_addresses_and_their_routes)
{
	static const struct { u16 type; u8 table; } order[] = { /* itself, its broadcast address, its subnet */
		{ RTM_NEWADDR, 0 }, { RTM_NEWROUTE, RT_TABLE_LOCAL }, { RTM_NEWROUTE, RT_TABLE_LOCAL },
		{ RTM_NEWROUTE, RT_TABLE_MAIN },
	};
	const struct nlmsghdr *h;

	up();
	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_IFADDR), 0);
	EXPECT_EQ(nl_set(s, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IPV4_ROUTE), 0);
	EXPECT_EQ(inet_addr_add(b.nic->dev, ADDR(10, 7, 0, 1), 24), 0);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		h = nl_next(s);
		ASSERT_TRUE(h != NULL);
		EXPECT_EQ(h->nlmsg_type, order[i].type);
		if (order[i].table)
			EXPECT_EQ(((const struct rtmsg *)(h + 1))->rtm_table, order[i].table);
		else
			EXPECT_EQ(nl_u32(h, HEAD, IFA_LOCAL), ADDR(10, 7, 0, 1));
	}
	EXPECT_TRUE(!nl_next(s));
	request(RTM_DELADDR, 0, 24, eth0(), ADDR(10, 7, 0, 1));
	nl_tell(s);
	for (u32 gone = 0; gone < 4; gone++) {
		h = nl_next(s);
		ASSERT_TRUE(h != NULL);
		EXPECT_TRUE(h->nlmsg_type == RTM_DELADDR || h->nlmsg_type == RTM_DELROUTE);
	}
	EXPECT_TRUE(!nl_next(s));
	down();
}
