/* tests/tsan/neigh_test.c - the neighbour table: sent to, learned, doubted, forgotten and collected at once
 *
 * There are more addresses than the table may hold. A link address is made of the protocol address and a number,
 * repeated, so the wire sees a header that was put together of two; a packet's payload says whom it was for.
 */
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "lib/byteorder.h"
#include "net/core/neigh_internal.h"
#include "net/ipv4/internal.h"
#include "tests/tsan/tests.h"
#include "tests/tsan/wire.h"

#define STEPS 2000 /* of each that changes something */
#define ADDRESSES 24
#define ROOM 16

static struct net *net;
static struct net_device *wire;
static u32 busy = 2, frames, torn, misdirected, walked;

static void seen(struct sk_buff *skb)
{
	const struct ethhdr *h = (const struct ethhdr *)skb->data;

	if (h->h_proto != htons(ETH_P_IP))
		return;
	count(&frames);
	if (h->h_dest[0] != 2 || h->h_dest[2] != h->h_dest[3] || h->h_dest[2] != h->h_dest[4])
		count(&torn);
	if (h->h_dest[1] != skb->data[ETH_HLEN])
		count(&misdirected);
}
static struct neighbour *some(bool create)
{
	__be32 key = htonl(0x0a010001 + get_random_u32_below(ADDRESSES));

	return neigh_lookup(&net->ipv4->arp_tbl, &key, wire, create);
}
static void send(void)
{
	struct neighbour *n = some(true);
	struct sk_buff *skb;

	if (!n)
		return;
	skb = alloc_skb(64, GFP_KERNEL);
	BUG_UNLESS(skb);
	skb_reserve(skb, 32);
	skb->dev = n->dev;
	skb_reset_network_header(skb);
	*(u8 *)skb_put_zero(skb, 20) = n->key[3];
	rcu_read_lock();
	neigh_output(n, skb);
	rcu_read_unlock();
	neigh_confirm(n, ktime_get_ns());
	neigh_release(n);
}
static void hear(void)
{
	static const u8 states[] = { NUD_REACHABLE, NUD_STALE, NUD_REACHABLE, NUD_DELAY };
	u32 dice = get_random_u32();
	struct neighbour *n = some(dice & 1);
	u8 lladdr[ETH_ALEN];

	if (!n)
		return;
	memset(lladdr, (int)(dice >> 8), sizeof(lladdr));
	lladdr[0] = 2;
	lladdr[1] = n->key[3];
	neigh_update(n, lladdr, states[dice >> 1 & 3], NEIGH_UPDATE_F_OVERRIDE);
	neigh_release(n);
}
static void look(struct neighbour *n, void *ctx)
{
	if (n->tbl == &net->ipv4->arp_tbl)
		count(&walked);
}
static void forget(void)
{
	struct neighbour *n = some(false);

	if (!n) {
		neigh_for_each(&net->ipv4->arp_tbl, look, NULL);
		return;
	}
	if (get_random_u32() & 1)
		neigh_update(n, NULL, NUD_FAILED, 0);
	else
		neigh_remove(n);
	neigh_release(n);
}
static void use_or_change(int thread)
{
	for (u32 i = 1; thread < 2 ? running(&busy) : i <= STEPS; i++) {
		if (thread < 2)
			send();
		else if (thread == 2 || i & 1)
			hear();
		else
			forget();
		if (!(i % 16))
			cpu_turn();
	}
	if (thread >= 2)
		stopped(&busy);
}

void neigh_tests(void)
{
	struct neigh_table *t;

	net = home_net();
	wire = wire_create(net, seen);
	BUG_ON(inet_addr_add(wire, htonl(0x0a0100fe), 24));
	t = &net->ipv4->arp_tbl;
	t->gc_thresh1 = t->gc_thresh2 = ROOM / 2;
	t->gc_thresh3 = ROOM;
	t->params.base_reachable_time_ms = t->params.delay_probe_time_ms = t->params.retrans_time_ms = 2;
	in_threads(use_or_change);
	report("a_neighbour_is_sent_to_at_an_address_that_it_had", frames && !torn && !misdirected);
	report("the_table_of_neighbours_keeps_its_limit", t->entries <= ROOM && walked);
	wire_destroy(wire);
	report("a_device_that_goes_takes_its_neighbours_along", !t->entries);
	put_net(net);
	home_settle();
}
