/* tests/unit/net/ipv4/route_test.c - the trie against a list that is searched from end to end; routes as sockets ask */
#include "tests/unit/net/ipv4/bench.h"

#define N 3000
struct naive { u32 key, plen, metric; bool live; };

static const struct naive *naive_lookup(const struct naive *all, u32 n, u32 addr)
{
	const struct naive *best = NULL;

	for (u32 i = 0; i < n; i++) {
		u32 mask = all[i].plen ? ~0u << (32 - all[i].plen) : 0;

		if (!all[i].live || ((addr ^ all[i].key) & mask))
			continue;
		if (!best || all[i].plen > best->plen || (all[i].plen == best->plen && all[i].metric < best->metric))
			best = &all[i];
	}
	return best;
}

static struct fib_config config_of(struct bench *b, const struct naive *r)
{
	return (struct fib_config){ .dst = htonl(r->key), .plen = (u8)r->plen, .metric = r->metric, .type = RTN_UNICAST,
				    .table = RT_TABLE_MAIN, .scope = RT_SCOPE_LINK, .dev = b->nic->dev };
}

static void compare(struct bench *b, const struct naive *all, u32 n, u32 rounds)
{
	for (u32 i = 0; i < rounds; i++) {
		u32 addr = i & 1 ? all[host_random() % n].key ^ (u32)(host_random() & 0xff) : (u32)host_random();
		const struct naive *want = naive_lookup(all, n, addr);
		struct flowi4 fl = { .daddr = htonl(addr) };
		struct fib_route *r = NULL;
		int err = fib_table_lookup(&b->net->ipv4->main, &fl, &r);

		ASSERT_EQ(err, want ? 0 : -EAGAIN);
		if (!want)
			continue;
		ASSERT_EQ((u32)r->plen, want->plen);
		ASSERT_EQ(r->metric, want->metric);
	}
}

TEST(the_trie_agrees_with_a_list)
{
	struct bench b = bench_up();
	struct naive *all = kcalloc(N, sizeof(*all), GFP_KERNEL);
	struct fib_config c;

	c = (struct fib_config){ .dst = htonl(0x0a000000), .plen = 24, .table = RT_TABLE_MAIN };
	rtnl_lock(b.net);
	ASSERT_EQ(fib_table_delete(b.net, &c), 0); /* the connected route: only ours shall be there */
	for (u32 i = 0; i < N; i++) {
		u32 plen = (u32)(host_random() % 33), mask = plen ? ~0u << (32 - plen) : 0;

		all[i] = (struct naive){ ((u32)host_random() & 0x0f0f3fff) & mask, plen, (u32)(host_random() % 4),
					 true };
		c = config_of(&b, &all[i]);
		if (fib_table_insert(b.net, &c))
			all[i].live = false; /* the same prefix with the same metric was there */
	}
	compare(&b, all, N, 2000);
	for (u32 i = 0; i < N; i += 2) {
		if (!all[i].live)
			continue;
		c = config_of(&b, &all[i]);
		c.metric = all[i].metric ? all[i].metric : 0;
		if (!all[i].metric)
			continue; /* metric 0 in a deletion means any */
		ASSERT_EQ(fib_table_delete(b.net, &c), 0);
		all[i].live = false;
	}
	compare(&b, all, N, 2000);
	fib_flush_dev(b.net, b.nic->dev);
	rtnl_unlock(b.net);
	EXPECT_EQ(b.net->ipv4->main.count, 0);
	EXPECT_TRUE(b.net->ipv4->main.root == NULL);
	kfree(all);
	bench_down(&b);
}

TEST(a_hundred_thousand_routes)
{
	struct bench b = bench_up();
	struct fib_config c = {
		.type = RTN_UNICAST, .table = RT_TABLE_MAIN, .scope = RT_SCOPE_LINK, .dev = b.nic->dev, .plen = 28
	};
	struct flowi4 fl = { 0 };
	struct fib_route *r;

	rtnl_lock(b.net);
	for (u32 i = 0; i < 100000; i++) {
		c.dst = htonl(0x20000000 + i * 16);
		ASSERT_EQ(fib_table_insert(b.net, &c), 0);
	}
	fl.daddr = htonl(0x20000000 + 77777 * 16 + 5);
	ASSERT_EQ(fib_lookup(b.net, &fl, &r), 0);
	EXPECT_EQ(r->key, 0x20000000u + 77777 * 16);
	rtnl_unlock(b.net);
	bench_down(&b);
}

static struct rtable *route_to(struct bench *b, __be32 daddr, struct flowi4 *fl)
{
	*fl = (struct flowi4){ .daddr = daddr };
	return ip_route_output_key(b->net, fl);
}

TEST(answers_are_shared_until_the_tables_change)
{
	struct bench b = bench_up();
	struct rtable *one, *two;
	struct flowi4 fl;

	one = route_to(&b, PEER, &fl);
	two = route_to(&b, PEER, &fl);
	ASSERT_FALSE(IS_ERR(one));
	EXPECT_TRUE(one == two);
	EXPECT_EQ(fl.saddr, US);
	EXPECT_TRUE(rt_is_valid(one));
	ASSERT_EQ(inet_route_add(b.net, htonl(0x14000000), 8, PEER, NULL, 0), 0);
	EXPECT_FALSE(rt_is_valid(one));
	dst_release(&two->dst);
	two = route_to(&b, htonl(0x14010203), &fl);
	ASSERT_FALSE(IS_ERR(two));
	EXPECT_TRUE(two->rt_uses_gateway);
	EXPECT_EQ(two->rt_gateway, PEER);
	dst_release(&one->dst);
	dst_release(&two->dst);
	EXPECT_EQ(PTR_ERR(route_to(&b, htonl(0x1e000001), &fl)), -ENETUNREACH);
	EXPECT_EQ(inet_route_add(b.net, htonl(0x15000000), 8, htonl(0x16000001), NULL, 0), -ENETUNREACH);
	bench_down(&b);
}

/* Prefix length of the route to daddr, as the tables, or the hint that was kept, have it. */
static int looked_up(struct bench *b, u32 daddr, u8 tos)
{
	struct flowi4 fl = { .daddr = htonl(daddr), .tos = tos };
	struct fib_route *r;
	int err;

	rcu_read_lock();
	err = fib_lookup(b->net, &fl, &r);
	rcu_read_unlock();
	return err ? err : r->plen;
}

TEST(a_hint_answers_its_question_until_the_tables_change)
{
	struct bench b = bench_up();
	struct fib_config wide = { .dst = htonl(0x0b000000), .plen = 8, .type = RTN_UNICAST, .table = RT_TABLE_MAIN,
				   .scope = RT_SCOPE_LINK, .dev = b.nic->dev },
			  narrow = wide;

	narrow.plen = 16;
	narrow.tos = 0x10;
	rtnl_lock(b.net);
	ASSERT_EQ(fib_table_insert(b.net, &wide), 0);
	EXPECT_EQ(looked_up(&b, 0x0b000001, 0x10), 8);
	ASSERT_EQ(fib_table_insert(b.net, &narrow), 0);
	EXPECT_EQ(looked_up(&b, 0x0b000001, 0x10), 16); /* a better one came */
	EXPECT_EQ(looked_up(&b, 0x0b000001, 0), 8);	/* another question */
	EXPECT_EQ(looked_up(&b, 0x0b010001, 0x10), 8);
	EXPECT_EQ(looked_up(&b, 0x0b000001, 0x10), 16);
	ASSERT_EQ(fib_table_delete(b.net, &narrow), 0);
	EXPECT_EQ(looked_up(&b, 0x0b000001, 0x10), 8); /* it went */
	ASSERT_EQ(fib_table_delete(b.net, &wide), 0);
	EXPECT_EQ(looked_up(&b, 0x0b000001, 0x10), -ENETUNREACH);
	rtnl_unlock(b.net);
	bench_down(&b);
}

TEST(a_path_mtu_is_learned_and_forgotten)
{
	struct bench b = bench_up();
	struct rtable *rt;
	struct flowi4 fl;

	ipv4_update_pmtu(b.net, PEER, 1000, 0);
	rt = route_to(&b, PEER, &fl);
	ASSERT_FALSE(IS_ERR(rt));
	EXPECT_EQ(dst_mtu(&rt->dst), 1000);
	host_pass(601 * NSEC_PER_SEC);
	EXPECT_EQ(dst_mtu(&rt->dst), 1500);
	dst_release(&rt->dst);
	bench_down(&b);
}

static u32 mtu_to(struct bench *b, __be32 addr)
{
	struct flowi4 fl;
	struct rtable *rt = route_to(b, addr, &fl);
	u32 mtu = IS_ERR(rt) ? 0 : dst_mtu(&rt->dst);

	if (!IS_ERR(rt))
		dst_release(&rt->dst);
	return mtu;
}
/* It is a fact of the way that it was learned on: the next route to there begins anew, others keep theirs. */
TEST(a_path_mtu_goes_with_its_route)
{
	struct bench b = bench_up();
	struct fib_config c = { .dst = htonl(0x0a090000), .plen = 16, .table = RT_TABLE_MAIN };
	__be32 far = htonl(0x0a090101);

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(inet_route_add(b.net, c.dst, c.plen, PEER, NULL, 0), 0);
		EXPECT_EQ(mtu_to(&b, far), 1500u);
		ipv4_update_pmtu(b.net, far, 1000, 0);
		ipv4_update_pmtu(b.net, PEER, 1200, 0);
		EXPECT_EQ(mtu_to(&b, far), 1000u);
		rtnl_lock(b.net);
		EXPECT_EQ(fib_table_delete(b.net, &c), 0);
		rtnl_unlock(b.net);
		EXPECT_EQ(mtu_to(&b, PEER), 1200u);
	}
	rtnl_lock(b.net); /* routes go with their device */
	dev_close(b.nic->dev);
	dev_open(b.nic->dev);
	rtnl_unlock(b.net);
	EXPECT_EQ(mtu_to(&b, PEER), 1500u);
	bench_down(&b);
}

TEST(types_of_addresses)
{
	struct bench b = bench_up();

	EXPECT_EQ(inet_addr_type(b.net, US), RTN_LOCAL);
	EXPECT_EQ(inet_addr_type(b.net, htonl(0x7f010203)), RTN_LOCAL);
	EXPECT_EQ(inet_addr_type(b.net, htonl(0x0a0000ff)), RTN_BROADCAST);
	EXPECT_EQ(inet_addr_type(b.net, htonl(0xe0000001)), RTN_MULTICAST);
	EXPECT_EQ(inet_addr_type(b.net, PEER), RTN_UNICAST);
	bench_down(&b);
}
