/* tests/unit/net/core/neighbour_test.c - the states of RFC 4861 7.3.2 over time, the queue, the collector's
 * thresholds */
#include "tests/unit/test.h"
#include "net/core/neighbour.h"

static int asked, reported;
static void solicit(struct neighbour *n, struct sk_buff *skb) { asked++; }
static void report(struct neighbour *n, struct sk_buff *skb)
{
	reported++;
	kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
}

struct bench { struct neigh_table t; struct sim_nic *nic; struct net *net; };
static const u8 mac[8] = { 2, 0, 0, 0, 0, 9 }, mac2[8] = { 2, 0, 0, 0, 0, 10 };

static void up(struct bench *b)
{
	*b = (struct bench){ .net = test_net(),
			     .t = { .family = AF_INET,
				    .key_len = 4,
				    .protocol = htons(ETH_P_IP),
				    .solicit = solicit,
				    .error_report = report } };
	b->nic = sim_nic_create(b->net, 1, 0);
	asked = reported = 0;
	ASSERT_EQ(neigh_table_init(b->net, &b->t), 0);
}

static void down(struct bench *b)
{
	neigh_table_clear(&b->t);
	sim_nic_destroy(b->nic);
}

static struct neighbour *entry(struct bench *b, u32 key) { return neigh_lookup(&b->t, &key, b->nic->dev, true); }

/* A packet of 46 bytes towards n. */
static void send(struct bench *b, struct neighbour *n)
{
	struct sk_buff *skb = alloc_skb(128, GFP_ATOMIC);

	ASSERT_TRUE(skb != NULL);
	skb_reserve(skb, 64);
	skb_put_zero(skb, 46);
	skb_reset_network_header(skb);
	skb->dev = b->nic->dev;
	neigh_output(n, skb);
	host_settle();
}

static int left(struct bench *b)
{
	struct sk_buff *skb;
	int n = 0;

	for (; (skb = sim_nic_take(b->nic)); n++)
		consume_skb(skb);
	return n;
}

TEST(packets_wait_for_the_answer_and_leave_in_order)
{
	struct bench b;
	struct neighbour *n;
	struct sk_buff *skb;

	up(&b);
	n = entry(&b, 1);
	EXPECT_EQ(n->nud_state, NUD_NONE);
	send(&b, n);
	send(&b, n);
	EXPECT_EQ(n->nud_state, NUD_INCOMPLETE);
	EXPECT_EQ(asked, 1);
	EXPECT_EQ(skb_queue_len(&n->arp_queue), 2);
	EXPECT_EQ(neigh_update(n, mac, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE), 0);
	host_settle();
	skb = sim_nic_take(b.nic);
	ASSERT_TRUE(skb != NULL);
	EXPECT_EQ(memcmp(skb->data, mac, 6), 0);
	consume_skb(skb);
	EXPECT_EQ(left(&b), 1);
	send(&b, n);
	EXPECT_EQ(left(&b), 1);
	neigh_release(n);
	down(&b);
}

TEST(no_answer_is_a_failure_after_three_questions)
{
	struct bench b;
	struct neighbour *n;

	up(&b);
	n = entry(&b, 1);
	send(&b, n);
	host_pass(2500 * NSEC_PER_MSEC);
	EXPECT_EQ(asked, 3);
	EXPECT_EQ(n->nud_state, NUD_INCOMPLETE);
	host_pass(NSEC_PER_SEC);
	EXPECT_EQ(n->nud_state, NUD_FAILED);
	EXPECT_EQ(reported, 1);
	EXPECT_EQ(asked, 3);
	send(&b, n); /* another try */
	EXPECT_EQ(n->nud_state, NUD_INCOMPLETE);
	EXPECT_EQ(asked, 4);
	neigh_release(n);
	down(&b);
}

TEST(what_is_known_grows_stale_is_used_then_probed)
{
	struct bench b;
	struct neighbour *n;

	up(&b);
	n = entry(&b, 1);
	neigh_update(n, mac, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE);
	host_pass(29 * NSEC_PER_SEC);
	EXPECT_EQ(n->nud_state, NUD_REACHABLE);
	host_pass(2 * NSEC_PER_SEC);
	EXPECT_EQ(n->nud_state, NUD_STALE);
	send(&b, n);
	EXPECT_EQ(left(&b), 1); /* a stale address is used at once */
	EXPECT_EQ(n->nud_state, NUD_DELAY);
	EXPECT_EQ(asked, 0);
	host_pass(5500 * NSEC_PER_MSEC);
	EXPECT_EQ(n->nud_state, NUD_PROBE);
	EXPECT_EQ(asked, 1);
	send(&b, n);
	EXPECT_EQ(left(&b), 1);
	host_pass(4 * NSEC_PER_SEC);
	EXPECT_EQ(n->nud_state, NUD_FAILED);
	EXPECT_EQ(asked, 3);
	neigh_release(n);
	down(&b);
}

TEST(progress_confirms_without_a_question)
{
	struct bench b;
	struct neighbour *n;

	up(&b);
	n = entry(&b, 1);
	neigh_update(n, mac, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE);
	send(&b, n);
	host_pass(2 * NSEC_PER_SEC);
	neigh_confirm(n, ktime_get_ns());
	host_pass(4 * NSEC_PER_SEC);
	EXPECT_EQ(n->nud_state, NUD_REACHABLE);
	EXPECT_EQ(asked, 0);
	EXPECT_EQ(left(&b), 1);
	neigh_release(n);
	down(&b);
}

TEST(who_may_change_an_address)
{
	struct bench b;
	struct neighbour *n;

	up(&b);
	n = entry(&b, 1);
	EXPECT_EQ(neigh_update(n, NULL, NUD_REACHABLE, 0), -EINVAL);
	neigh_update(n, mac, NUD_REACHABLE, 0);
	neigh_update(n, mac2, NUD_STALE, 0);
	EXPECT_EQ(memcmp(n->ha, mac, 6), 0);
	neigh_update(n, mac2, NUD_STALE, NEIGH_UPDATE_F_OVERRIDE);
	EXPECT_EQ(memcmp(n->ha, mac2, 6), 0);
	EXPECT_EQ(n->nud_state, NUD_STALE);
	neigh_update(n, mac, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	EXPECT_EQ(neigh_update(n, mac2, NUD_REACHABLE, NEIGH_UPDATE_F_OVERRIDE), -EPERM);
	host_pass(600 * NSEC_PER_SEC);
	EXPECT_EQ(n->nud_state, NUD_PERMANENT);
	neigh_release(n);
	down(&b);
}

TEST(the_queue_of_those_who_wait_is_bounded)
{
	struct bench b;
	struct neighbour *n;

	up(&b);
	b.t.params.queue_len_bytes = 4096;
	n = entry(&b, 1);
	for (int i = 0; i < 100; i++)
		send(&b, n);
	EXPECT_LE(n->arp_queue_bytes, 4096);
	EXPECT_GT(skb_queue_len(&n->arp_queue), 0);
	EXPECT_EQ(n->arp_queue_drops + skb_queue_len(&n->arp_queue), 100);
	EXPECT_EQ(net_drop_sum(b.net, SKB_DROP_REASON_NEIGH_QUEUEFULL), n->arp_queue_drops);
	neigh_release(n);
	down(&b);
}

TEST(the_collector_leaves_few_and_fresh_ones)
{
	struct bench b;

	up(&b);
	b.t.gc_thresh1 = 4;
	for (u32 i = 0; i < 3; i++)
		neigh_release(entry(&b, i));
	host_pass(100 * NSEC_PER_SEC);
	EXPECT_EQ(b.t.entries, 3); /* below the first threshold nothing goes */
	for (u32 i = 0; i < 10; i++) {
		struct neighbour *n = entry(&b, 100 + i);

		neigh_update(n, mac, i < 5 ? NUD_PERMANENT : NUD_STALE, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
		neigh_release(n);
	}
	host_pass(16 * NSEC_PER_SEC);
	EXPECT_EQ(b.t.entries, 10); /* the three old ones went, the new stay for 60 s */
	host_pass(80 * NSEC_PER_SEC);
	EXPECT_EQ(b.t.entries, 5); /* the permanent stay */
	down(&b);
}

TEST(a_full_table_gives_up_the_oldest_or_refuses)
{
	struct bench b;
	struct neighbour *held[8];

	up(&b);
	b.t.gc_thresh1 = b.t.gc_thresh2 = 4;
	b.t.gc_thresh3 = 8;
	for (u32 i = 0; i < 8; i++) {
		held[i] = entry(&b, i);
		neigh_update(held[i], mac, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
		neigh_release(held[i]);
	}
	EXPECT_TRUE(entry(&b, 99) == NULL);
	down(&b);
	up(&b);
	b.t.gc_thresh1 = b.t.gc_thresh2 = 4;
	b.t.gc_thresh3 = 8;
	for (u32 i = 0; i < 20; i++) {
		struct neighbour *n = entry(&b, i);

		ASSERT_TRUE(n != NULL);
		send(&b, n); /* each waits for an answer, with a timer */
		neigh_release(n);
		EXPECT_LE(b.t.entries, 8);
	}
	EXPECT_EQ(net_drop_sum(b.net, SKB_DROP_REASON_NEIGH_DEAD), 12);
	down(&b);
}

TEST(a_device_that_goes_takes_its_entries)
{
	struct bench b;
	struct neighbour *n;

	up(&b);
	n = entry(&b, 1);
	send(&b, n);
	neigh_ifdown(&b.t, b.nic->dev);
	EXPECT_EQ(b.t.entries, 0);
	EXPECT_EQ(net_drop_sum(b.net, SKB_DROP_REASON_NEIGH_DEAD), 1);
	EXPECT_EQ(neigh_update(n, mac, NUD_REACHABLE, 0), -ENOENT);
	send(&b, n);
	EXPECT_EQ(net_drop_sum(b.net, SKB_DROP_REASON_NEIGH_DEAD), 2);
	neigh_release(n);
	down(&b);
}
