/* tests/unit/net/core/gro_forward_test.c - a router forwards what GRO has merged: segments leave as they came
 *
 * 10.0.1.9 lives behind the router's second device.
 */
#include "net/core/gso.h"
#include "net/ipv4/internal.h"
#include "tests/unit/net/core/gro_frames.h"

#define TRAIN 20
static struct frame sent_frames[2 * TRAIN];
static u32 nr_sent;

struct router { struct net *net; struct sim_nic *in, *out; };
static void router_start(struct router *r)
{
	u8 reply[60] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 0x77, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x77,
			 10, 0, 1, 9, 2, 0, 0, 0, 0, 2, 10, 0, 1, 1 };

	r->net = test_net();
	r->in = sim_nic_create(r->net, 1, NETIF_F_SG | NETIF_F_HW_CSUM);
	r->out = sim_nic_create(r->net, 2, NETIF_F_SG | NETIF_F_HW_CSUM);
	host_address(r->net, r->in->dev, HOST_A);
	host_address(r->net, r->out->dev, htonl(0x0a000101));
	r->net->ipv4->sysctl.ip_forward = 1;
	burst_start();
	for (u32 i = 0; i < 3; i++) { /* something for it to ask about, then the answer */
		struct seg s = SEG(.seq = 1, .sport = 7, .id = (u16)i);
		static u8 f[1600];
		u32 len = build(&s, f);

		((struct iphdr *)(f + 14))->daddr = htonl(0x0a000109);
		((struct iphdr *)(f + 14))->check = 0;
		((struct iphdr *)(f + 14))->check = ip_fast_csum(f + 14, 5);
		sim_nic_inject(r->in, f, len);
	}
	burst_end();
	sim_nic_inject(r->out, reply, sizeof(reply));
	host_settle();
	skb_queue_consume(&r->out->sent);
	skb_queue_consume(&r->in->sent);
	nr_sent = 0;
}
static void router_stop(struct router *r)
{
	host_pass(300 * NSEC_PER_SEC);
	sim_nic_destroy(r->in);
	sim_nic_destroy(r->out);
}
/* Segments that GRO makes one packet of. */
static void router_gets_train(struct router *r, bool df)
{
	burst_start();
	for (u32 i = 0; i < TRAIN; i++) {
		struct seg s = SEG(.seq = i * 1448, .len = i == TRAIN - 1 ? 99 : 1448, .id = (u16)i, .options = 12,
				   .no_df = !df);
		struct frame *f = &sent_frames[nr_sent++];

		f->len = build(&s, f->bytes);
		((struct iphdr *)(f->bytes + 14))->daddr = htonl(0x0a000109);
		set_sums(f);
		sim_nic_inject(r->in, f->bytes, f->len);
	}
	burst_end();
	EXPECT_EQ(r->in->napi.gro_segments, 20u);
}
TEST(forwarded_packets_leave_as_they_came)
{
	struct router r;

	router_start(&r);
	router_gets_train(&r, true);
	for (u32 i = 0; i < nr_sent; i++) {
		struct sk_buff *skb = sim_nic_take(r.out);

		ASSERT_TRUE(skb);
		((struct iphdr *)(sent_frames[i].bytes + 14))->ttl--;
		set_sums(&sent_frames[i]);
		EXPECT_EQ(skb->len, sent_frames[i].len);
		EXPECT_EQ(memcmp(skb->data + 14, sent_frames[i].bytes + 14, sent_frames[i].len - 14), 0);
		consume_skb(skb);
	}
	EXPECT_TRUE(!sim_nic_take(r.out));
	router_stop(&r);
}
TEST(a_narrow_link_refuses_or_fragments_each_segment)
{
	struct router r;
	struct sk_buff *skb;
	u32 fragments = 0;

	router_start(&r);
	rtnl_lock(r.net);
	EXPECT_EQ(dev_set_mtu(r.out->dev, 1000), 0);
	rtnl_unlock(r.net);
	router_gets_train(&r, true);
	EXPECT_TRUE(!sim_nic_take(r.out));
	EXPECT_EQ(net_drop_sum(r.net, SKB_DROP_REASON_FRAG_NEEDED), 1u);
	EXPECT_EQ(net_mib_sum(r.net, MIB_IP_FRAGFAILS), 1u);
	r.in->napi.gro_segments = 0;
	router_gets_train(&r, false);
	while ((skb = sim_nic_take(r.out))) {
		EXPECT_LE(skb->len, 1014u);
		fragments++;
		consume_skb(skb);
	}
	EXPECT_EQ(fragments, 19u * 2 + 1);
	router_stop(&r);
}
