/* tests/unit/net/ipv4/ident_test.c - identifications: one counter a pair of addresses, whatever hash is remembered */
#include "tests/unit/net/ipv4/bench.h"

static u16 ident(struct bench *b, u32 daddr, u8 proto, __be16 frag_off)
{
	struct sk_buff *skb = alloc_skb(100, GFP_ATOMIC);
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));
	u16 id;

	skb_reset_network_header(skb);
	iph->saddr = US;
	iph->daddr = htonl(daddr);
	iph->protocol = proto;
	iph->frag_off = frag_off;
	ip_select_ident(b->net, skb, NULL);
	id = ntohs(iph->id);
	consume_skb(skb);
	return id;
}

#define PAIRS 200u
TEST(each_pair_of_addresses_counts_by_itself)
{
	struct bench b = bench_up();
	u16 first[PAIRS], next;
	u32 undisturbed = 0, alike = 0;

	for (u32 i = 0; i < PAIRS; i++) {
		first[i] = ident(&b, 0x0a000100 + i, IPPROTO_UDP, 0);
		next = ident(&b, 0x0a000100 + i, IPPROTO_UDP, 0);
		ASSERT_EQ(next, (u16)(first[i] + 1)); /* at once: nobody counted between */
	}
	for (u32 i = 0; i < PAIRS; i++) {
		undisturbed += ident(&b, 0x0a000100 + i, IPPROTO_UDP, 0) == (u16)(first[i] + 2);
		alike += i && first[i] == first[0];
	}
	EXPECT_GE(undisturbed, PAIRS / 2); /* the others share one of 2048 counters */
	EXPECT_LE(alike, 3u);
	EXPECT_NE(ident(&b, 0x0a000100, IPPROTO_ICMP, 0), (u16)(first[0] + 3)); /* another protocol, another counter */
	EXPECT_EQ(ident(&b, 0x0a000100, IPPROTO_UDP, htons(0x4000)), 0);
	bench_down(&b);
}
