/* tests/unit/net/netlink/torn_test.c - what changes between two parts of a dump tears it (NLM_F_DUMP_INTR) */
#include "tests/unit/net/netlink/nl.h"

enum { LINKS = 12, MANY = 200 };
static struct bench b;
static struct sim_nic *nics[LINKS];

static void one_more_link(void) { nics[LINKS - 1] = sim_nic_create(b.net, 99, 0); }
static void one_more_address(void) { EXPECT_EQ(inet_addr_add(b.nic->dev, htonl(0x0a700001), 24), 0); }
static void one_more_route(void) { EXPECT_EQ(inet_route_add(b.net, htonl(0x0b000000), 24, PEER, NULL, 0), 0); }
static void a_route_less(void)
{
	struct fib_config c = { .dst = htonl(0x0a000000), .plen = 24, .table = RT_TABLE_MAIN,
				.scope = RT_SCOPE_NOWHERE };

	rtnl_lock(b.net);
	EXPECT_EQ(fib_table_delete(b.net, &c), 0);
	rtnl_unlock(b.net);
}
static void nothing(void) { }

/* A dump whose first part waits while something changes: how many messages, its end among them, say that it is torn. */
static int torn(u16 type, void (*change)(void))
{
	struct socket *s = nl_open(b.net, NETLINK_ROUTE);
	const struct nlmsghdr *h;
	int n = 0, parts = 0;

	nl_begin(type, NLM_F_DUMP, &(struct rtgenmsg){ AF_INET }, 1);
	nl_in_at = nl_in_len = 0;
	nl_tell(s);
	EXPECT_EQ(skb_queue_len(&s->sk->sk_receive_queue), 1u);
	change();
	do {
		h = nl_next(s);
		ASSERT_TRUE(h != NULL);
		n += (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		parts += nl_in_at == NLMSG_ALIGN(h->nlmsg_len);
	} while (h->nlmsg_type != NLMSG_DONE);
	EXPECT_GT(parts, 1);
	sock_release(s);
	return n;
}
TEST(a_dump_that_was_torn_says_so)
{
	static const struct { u16 type; void (*change)(void); int want; } rows[] = {
		{ RTM_GETLINK, nothing, 0 }, { RTM_GETLINK, one_more_address, 0 }, { RTM_GETLINK, one_more_link, 1 },
		{ RTM_GETLINK, nothing, 0 }, { RTM_GETADDR, nothing, 0 }, { RTM_GETADDR, one_more_route, 0 },
		{ RTM_GETADDR, a_route_less, 0 }, { RTM_GETROUTE, nothing, 0 },
	};

	b = bench_up();
	for (u32 i = 0; i < LINKS - 1; i++)
		nics[i] = sim_nic_create(b.net, 2 + i, 0);
	for (u32 i = 0; i < MANY; i++)
		ASSERT_EQ(inet_addr_add(nics[0]->dev, htonl(0x0a100000 + (i << 8) + 1), 24), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int n = torn(rows[i].type, rows[i].change);

		if (n != rows[i].want)
			test_fail(__FILE__, __LINE__, false, "row %zu: %d", i, n);
	}
	for (u32 i = 0; i < LINKS; i++)
		sim_nic_destroy(nics[i]);
	bench_down(&b);
}
TEST(addresses_and_routes_that_come_and_go_tear_their_dumps)
{
	b = bench_up();
	for (u32 i = 0; i < MANY; i++)
		ASSERT_EQ(inet_addr_add(b.nic->dev, htonl(0x0a100000 + (i << 8) + 1), 24), 0);
	EXPECT_EQ(torn(RTM_GETADDR, one_more_address), 1);
	EXPECT_EQ(torn(RTM_GETROUTE, one_more_route), 1);
	EXPECT_EQ(torn(RTM_GETROUTE, a_route_less), 1);
	bench_down(&b);
}
