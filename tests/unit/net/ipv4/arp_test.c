/* tests/unit/net/ipv4/arp_test.c - questions and answers of RFC 826, and what must not be believed */
#include "tests/unit/net/ipv4/bench.h"

struct arp_frame {
	u8 dst[6], src[6];
	__be16 type;
	struct arphdr h;
	u8 sha[6];
	__be32 sip;
	u8 tha[6];
	__be32 tip;
} __packed;

static struct arp_frame question(__be32 sip, __be32 tip)
{
	struct arp_frame f = { .type = htons(ETH_P_ARP),
			       .h = { htons(ARPHRD_ETHER), htons(ETH_P_IP), 6, 4, htons(ARPOP_REQUEST) },
			       .sip = sip,
			       .tip = tip };

	memset(f.dst, 0xff, 6);
	memcpy(f.src, peer_mac, 6);
	memcpy(f.sha, peer_mac, 6);
	return f;
}

static struct arp_frame *answer(struct bench *b)
{
	return sent(b) ? (struct arp_frame *)b->last->data : NULL;
}

TEST(a_question_for_us_is_answered)
{
	struct bench b = bench_up();
	struct arp_frame f = question(PEER, US), *a;

	inject(&b, &f, sizeof(f));
	a = answer(&b);
	ASSERT_TRUE(a != NULL);
	EXPECT_EQ(a->h.ar_op, htons(ARPOP_REPLY));
	EXPECT_EQ(a->sip, US);
	EXPECT_EQ(a->tip, PEER);
	EXPECT_EQ(memcmp(a->dst, peer_mac, 6), 0);
	EXPECT_TRUE(answer(&b) == NULL);
	bench_down(&b);
}

TEST(other_questions_are_not)
{
	struct bench b = bench_up();
	struct arp_frame f = question(PEER, htonl(0x0a000077));

	inject(&b, &f, sizeof(f));
	EXPECT_TRUE(answer(&b) == NULL);
	f = question(htonl(0xe0000001), US);
	inject(&b, &f, sizeof(f));
	f = question(PEER, US);
	f.h.ar_hln = 8;
	inject(&b, &f, sizeof(f));
	f = question(PEER, US);
	inject(&b, &f, 30);
	EXPECT_TRUE(answer(&b) == NULL);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_ARP_MALFORMED), 3);
	bench_down(&b);
}

TEST(a_probe_for_our_address_is_answered)
{
	struct bench b = bench_up();
	struct arp_frame f = question(0, US);

	inject(&b, &f, sizeof(f));
	EXPECT_TRUE(answer(&b) != NULL);
	EXPECT_TRUE(answer(&b) == NULL);
	bench_down(&b);
}
