/* tests/tsan/fib_test.c - routes are looked up while others come and go
 *
 * One thread asks for addresses in 10.0.0.0/8 without any lock, the others want routes to keep, and two of them change
 * what lies below that prefix. Each route's preferred source says which prefix it is, so an answer proves by itself
 * that it covers what was asked; and there is always one. Each route's MTU is its number, so an answer that outlived
 * its route is known.
 */
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/ipv4/internal.h"
#include "tests/tsan/tests.h"

#define CHANGES 1000 /* by each of two */
#define ROUTES 32

static struct net *net;
static u32 changing = 2, none, not_covering, no_cached, walked_wrong, outlived;
static bool gone[2 * CHANGES + 1]; /* routes by number */

static u32 mask_of(u32 plen) { return plen ? ~0u << (32 - plen) : 0; }
static struct fib_config route(u32 key, u32 plen, u32 metric)
{
	return (struct fib_config){ .dst = htonl(key & mask_of(plen)),
				    .plen = (u8)plen,
				    .prefsrc = htonl((key & mask_of(plen)) | plen),
				    .type = RTN_UNICAST,
				    .table = RT_TABLE_MAIN,
				    .metric = metric,
				    .dev = net->loopback_dev };
}
static u32 some_address(void) { return 0x0a000000 | (get_random_u32() & 0x7f7f00) | 1; }
static bool covers(__be32 prefsrc, u32 daddr)
{
	u32 says = ntohl(prefsrc);

	return !((says ^ daddr) & mask_of(says & 0xff));
}

static bool walk_one(struct fib_route *r, void *ctx)
{
	if (r->dev == net->loopback_dev && r->key >> 24 == 10 && !covers(r->prefsrc, r->key))
		count(&walked_wrong);
	return true;
}
static void ask(void)
{
	u32 daddr = some_address();
	struct flowi4 fl = { .daddr = htonl(daddr) };
	struct fib_route *r;

	rcu_read_lock();
	if (fib_lookup(net, &fl, &r))
		count(&none);
	else if (!covers(r->prefsrc, daddr) || ((r->key ^ daddr) & mask_of(r->plen)))
		count(&not_covering);
	if (!(daddr & 0x1f00))
		fib_table_walk(&net->ipv4->main, walk_one, NULL);
	rcu_read_unlock();
}
/* Asks as a socket does. */
static void ask_for_good(void)
{
	u32 daddr = some_address();
	struct flowi4 fl = { .daddr = htonl(daddr) };
	struct rtable *rt = ip_route_output_key(net, &fl);

	if (IS_ERR(rt)) {
		count(&no_cached);
		return;
	}
	if (!covers(rt->rt_prefsrc, daddr))
		count(&not_covering);
	if (__atomic_load_n(&gone[rt->dst.mtu], __ATOMIC_RELAXED)) {
		smp_rmb();
		if (rt->dst.mtu && rt_is_valid(rt))
			count(&outlived);
	}
	dst_release(&rt->dst);
}
/* Each thread changes routes of its own, told apart by metric. Numbers are never used again. */
static struct { struct fib_config c; bool there; } own[THREADS][ROUTES];
static u32 numbers = 1;
static void change(int thread)
{
	u32 dice = get_random_u32(), i = dice % ROUTES, old = own[thread][i].c.mtu;
	struct fib_config *c = &own[thread][i].c;

	rtnl_lock(net);
	if (own[thread][i].there && (dice >> 16 & 1)) {
		BUG_ON(fib_table_delete(net, c));
		own[thread][i].there = false;
	} else {
		if (!own[thread][i].there)
			*c = route(some_address(), 9 + dice % 16, 1 + i + (u32)thread * ROUTES);
		c->mtu = numbers++;
		c->replace = own[thread][i].there;
		BUG_ON(fib_table_insert(net, c));
		own[thread][i].there = true;
	}
	rtnl_unlock(net);
	__atomic_store_n(&gone[old], true, __ATOMIC_RELAXED); /* 0: there was none */
}
/* As long as something changes, there are questions. Turns are seldom: locks that they take would order what must do
 * without. */
static void ask_or_change(int thread)
{
	for (u32 i = 1; thread < 2 ? running(&changing) : i <= CHANGES; i++) {
		if (thread == 0)
			ask();
		else if (thread == 1)
			ask_for_good();
		else {
			change(thread);
			ask_for_good();
		}
		if (!(i % 32))
			cpu_turn();
	}
	if (thread >= 2)
		stopped(&changing);
}

/* All that the routes kept has gone with them: their answers hold devices. */
static bool all_given_back(void)
{
	rtnl_lock(net);
	fib_flush_dev(net, net->loopback_dev);
	rtnl_unlock(net);
	rcu_barrier();
	rcu_barrier(); /* what a callback gave up waits once more */
	return list_empty(&net->ipv4->rt_all) && !net->ipv4->main.root;
}

void fib_tests(void)
{
	struct fib_config c;

	net = home_net();
	c = route(0x0a000000, 8, 0);
	rtnl_lock(net);
	BUG_ON(fib_table_insert(net, &c));
	rtnl_unlock(net);
	in_threads(ask_or_change);
	report("a_lookup_finds_a_route_that_covers_it", !none && !not_covering && !no_cached && !walked_wrong);
	report("a_valid_answer_is_one_of_a_route_that_is_there", !outlived);
	report("routes_that_went_left_no_answers_behind", all_given_back());
	put_net(net);
	home_settle();
}
