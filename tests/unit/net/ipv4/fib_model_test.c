/* tests/unit/net/ipv4/fib_model_test.c - the routing trie against a list, with a hundred thousand random prefixes
 *
 * The list is searched from end to end, one compare a prefix, no cleverer than that.
 */
#include "tests/unit/net/ipv4/bench.h"

#define N 100000u
struct prefix { u32 key; u8 plen; bool live; };

static u32 mask_of(u32 plen) { return plen ? ~0u << (32 - plen) : 0; }
static struct fib_config config_of(struct bench *b, const struct prefix *p)
{
	return (struct fib_config){ .dst = htonl(p->key), .plen = p->plen, .type = RTN_UNICAST,
				    .table = RT_TABLE_MAIN, .scope = RT_SCOPE_LINK, .dev = b->nic->dev };
}
static const struct prefix *longest(const struct prefix *all, u32 addr)
{
	const struct prefix *best = NULL;

	for (u32 i = 0; i < N; i++)
		if (all[i].live && !((addr ^ all[i].key) & mask_of(all[i].plen)) &&
		    (!best || all[i].plen > best->plen))
			best = &all[i];
	return best;
}
/* Addresses at the edges of prefixes, where an error of one would show. */
static u32 some_addr(const struct prefix *all)
{
	const struct prefix *p = &all[host_random() % N];

	switch (host_random() % 5) {
	case 0: return p->key;
	case 1: return p->key | ~mask_of(p->plen);
	case 2: return p->key - 1;
	case 3: return (p->key | ~mask_of(p->plen)) + 1;
	default: return (u32)host_random();
	}
}
static void compare(struct bench *b, const struct prefix *all, u32 rounds)
{
	while (rounds--) {
		u32 addr = some_addr(all);
		const struct prefix *want = longest(all, addr);
		struct flowi4 fl = { .daddr = htonl(addr) };
		struct fib_route *r = NULL;
		int err = fib_table_lookup(&b->net->ipv4->main, &fl, &r);

		ASSERT_EQ(err, want ? 0 : -EAGAIN);
		if (!want)
			continue;
		ASSERT_EQ((u32)r->plen, (u32)want->plen);
		ASSERT_EQ(r->key, want->key);
	}
}
/* Lengths as the Internet's table has them, mostly, and all others too. */
static u8 some_length(void)
{
	u32 v = (u32)(host_random() % 10);

	return (u8)(v < 4 ? 24 : v < 6 ? 20 + host_random() % 4 : v < 8 ? 25 + host_random() % 8 : host_random() % 33);
}
static u32 insert_all(struct bench *b, struct prefix *all)
{
	u32 live = 0;

	for (u32 i = 0; i < N; i++) {
		struct fib_config c;

		all[i].plen = some_length();
		all[i].key = (u32)host_random() & (host_random() % 3 ? 0x1fffffff : 0x00ffffff) & mask_of(all[i].plen);
		c = config_of(b, &all[i]);
		all[i].live = !fib_table_insert(b->net, &c); /* twice the same is refused */
		live += all[i].live;
		if (i == N / 100)
			compare(b, all, 300);
	}
	return live;
}

TEST(a_hundred_thousand_random_prefixes)
{
	struct bench b = bench_up();
	struct prefix *all = kcalloc(N, sizeof(*all), GFP_KERNEL);
	struct fib_config c = { .dst = htonl(0x0a000000), .plen = 24, .table = RT_TABLE_MAIN };
	u32 live;

	rtnl_lock(b.net);
	ASSERT_EQ(fib_table_delete(b.net, &c), 0); /* the connected route: only ours shall be there */
	live = insert_all(&b, all);
	ASSERT_EQ(b.net->ipv4->main.count, live);
	compare(&b, all, 1500);
	for (u32 i = 0; i < N; i++) {
		if (!all[i].live || host_random() % 3)
			continue;
		c = config_of(&b, &all[i]);
		ASSERT_EQ(fib_table_delete(b.net, &c), 0);
		all[i].live = false;
		live--;
	}
	ASSERT_EQ(b.net->ipv4->main.count, live);
	compare(&b, all, 1500);
	fib_flush_dev(b.net, b.nic->dev);
	rtnl_unlock(b.net);
	EXPECT_EQ(b.net->ipv4->main.count, 0);
	EXPECT_TRUE(b.net->ipv4->main.root == NULL);
	kfree(all);
	bench_down(&b);
}
