/* tests/unit/net/core/skbuff_test.c - geometry, sharing, splitting and joining keep every byte */
#include "net/core/dst.h"
#include "tests/unit/test.h"

static u8 pattern(u32 i) { return (u8)(i * 7 + (i >> 8)); }

/* head bytes in the head, the rest in fragments of one page each at most. */
static struct sk_buff *make(u32 head, u32 frags)
{
	struct sk_buff *skb = alloc_skb(64 + head + 32, GFP_KERNEL);
	u8 *all;

	skb_reserve(skb, 64);
	skb_put(skb, head);
	for (int i = 0; frags; i++) {
		u32 n = min(frags, (u32)PAGE_SIZE);

		skb_add_rx_frag(skb, i, alloc_page(GFP_KERNEL), 0, n, PAGE_SIZE);
		frags -= n;
	}
	all = kmalloc(skb->len, GFP_KERNEL);
	for (u32 i = 0; i < skb->len; i++)
		all[i] = pattern(i);
	EXPECT_EQ(skb_store_bits(skb, 0, all, skb->len), 0);
	kfree(all);
	return skb;
}

static bool holds(const struct sk_buff *skb, u32 from, u32 len)
{
	bool good = skb->len == len;
	u8 b;

	for (u32 i = 0; good && i < len; i++)
		good = !skb_copy_bits(skb, i, &b, 1) && b == pattern(from + i);
	return good;
}

TEST(push_and_pull_move_data)
{
	struct sk_buff *skb = alloc_skb(100, GFP_KERNEL);

	skb_reserve(skb, 50);
	memset(skb_put(skb, 20), 1, 20);
	memset(skb_push(skb, 10), 2, 10);
	EXPECT_EQ(skb->len, 30u);
	EXPECT_EQ(skb_headroom(skb), 40u);
	EXPECT_EQ(*(u8 *)skb_pull(skb, 10), 1);
	EXPECT_TRUE(!skb_pull(skb, 21));
	EXPECT_EQ(skb->len, 20u);
	consume_skb(skb);
}

TEST(reads_outside_the_packet_are_refused)
{
	struct sk_buff *skb = make(10, 5000);
	u8 b[16];

	EXPECT_EQ(skb_copy_bits(skb, 5010, b, 1), -EFAULT);
	EXPECT_EQ(skb_copy_bits(skb, 0xfffffff0u, b, 16), -EFAULT);
	EXPECT_EQ(skb_copy_bits(skb, 5000, b, 10), 0);
	EXPECT_TRUE(!skb_header_pointer(skb, 5005, 6, b));
	EXPECT_TRUE(!pskb_may_pull(skb, 5011));
	consume_skb(skb);
}

TEST(pull_tail_brings_fragments_into_the_head)
{
	struct sk_buff *skb = make(10, 9000);

	EXPECT_TRUE(pskb_may_pull(skb, 4200));
	EXPECT_GE(skb_headlen(skb), 4200u);
	EXPECT_TRUE(holds(skb, 0, 9010));
	EXPECT_EQ(skb_linearize(skb), 0);
	EXPECT_EQ(skb->data_len, 0u);
	EXPECT_TRUE(holds(skb, 0, 9010));
	consume_skb(skb);
}

TEST(a_clone_shares_until_someone_writes)
{
	struct sk_buff *skb = make(200, 3000), *c = skb_clone(skb, GFP_KERNEL);

	EXPECT_TRUE(skb_cloned(skb) && skb_cloned(c));
	EXPECT_TRUE(c->head == skb->head);
	EXPECT_EQ(skb_ensure_writable(c, 100), 0);
	EXPECT_TRUE(c->head != skb->head);
	memset(c->data, 0, 100);
	EXPECT_TRUE(holds(skb, 0, 3200));
	consume_skb(skb);
	EXPECT_FALSE(skb_cloned(c));
	consume_skb(c);
}

TEST(expand_head_keeps_offsets)
{
	struct sk_buff *skb = make(100, 0);

	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)skb_headroom(skb);
	EXPECT_EQ(skb_cow_head(skb, 500), 0);
	EXPECT_GE(skb_headroom(skb), 500u);
	EXPECT_TRUE(skb_network_header(skb) == skb->data);
	EXPECT_TRUE(skb_mac_header(skb) == skb->data);
	EXPECT_EQ(skb->csum_start, skb_headroom(skb));
	EXPECT_EQ(skb->transport_header, U16_MAX);
	EXPECT_TRUE(holds(skb, 0, 100));
	consume_skb(skb);
}

TEST(split_at_every_place_keeps_every_byte)
{
	static const u32 cuts[] = { 1, 99, 100, 101, 4195, 4196, 4197, 8999, 9099 };

	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		struct sk_buff *skb = make(100, 9000), *rest = alloc_skb(200, GFP_KERNEL);

		skb_split(skb, rest, cuts[i]);
		EXPECT_TRUE(holds(skb, 0, cuts[i]));
		EXPECT_TRUE(holds(rest, cuts[i], 9100 - cuts[i]));
		consume_skb(skb);
		consume_skb(rest);
	}
}

TEST(trim_at_every_place)
{
	static const u32 lens[] = { 0, 1, 100, 101, 4196, 9099 };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		struct sk_buff *skb = make(100, 9000), *c = skb_clone(skb, GFP_KERNEL);

		EXPECT_EQ(pskb_trim(skb, lens[i]), 0);
		EXPECT_TRUE(holds(skb, 0, lens[i]));
		EXPECT_TRUE(holds(c, 0, 9100));
		consume_skb(skb);
		consume_skb(c);
	}
}

TEST(shift_and_coalesce_move_fragments)
{
	struct sk_buff *all = make(0, 9000), *tail = alloc_skb(10, GFP_KERNEL);
	bool stolen;
	int delta;

	skb_split(all, tail, 5000);
	EXPECT_EQ(skb_shift(all, tail, 1500), 1500);
	EXPECT_TRUE(holds(all, 0, 6500));
	EXPECT_TRUE(holds(tail, 6500, 2500));
	EXPECT_TRUE(skb_try_coalesce(all, tail, &stolen, &delta));
	EXPECT_GT(delta, 0);
	kfree_skb_partial(tail, stolen);
	EXPECT_TRUE(holds(all, 0, 9000));
	consume_skb(all);
}

TEST(checksums_agree_for_every_layout)
{
	struct sk_buff *a = make(333, 7777), *b = skb_copy(a, GFP_KERNEL);

	ASSERT_TRUE(b);
	EXPECT_EQ(b->data_len, 0u);
	for (u32 off = 0; off < 700; off += 13)
		EXPECT_EQ(csum_fold(skb_checksum(a, off, a->len - off, 0)),
			  csum_fold(skb_checksum(b, off, b->len - off, 0)));
	consume_skb(a);
	consume_skb(b);
}

TEST(checksum_help_makes_the_sum_right)
{
	struct sk_buff *skb = make(120, 4001);

	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + 20);
	skb->csum_offset = 16;
	memset(skb->data + 36, 0, 2);
	EXPECT_EQ(skb_checksum_help(skb), 0);
	EXPECT_TRUE(skb->ip_summed == CHECKSUM_NONE);
	EXPECT_EQ(csum_fold(skb_checksum(skb, 20, skb->len - 20, 0)), 0);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = (u16)(skb_headroom(skb) + skb->len);
	EXPECT_EQ(skb_checksum_help(skb), -EINVAL);
	consume_skb(skb);
}

TEST(a_frag_list_is_part_of_the_packet)
{
	struct sk_buff *skb = make(100, 0), *more = make(50, 3000);

	skb_shinfo(skb)->frag_list = more;
	skb->len += more->len;
	skb->data_len += more->len;
	EXPECT_EQ(skb_linearize(skb), 0);
	EXPECT_EQ(skb->len, 3150u);
	EXPECT_TRUE(!skb_shinfo(skb)->frag_list);
	EXPECT_EQ(skb->data[100], pattern(0));
	EXPECT_EQ(skb->data[3149], pattern(3049));
	consume_skb(skb);
}

/* Struct and head stay together while their packet is dead; what the dead one left behind must not show. */
TEST(a_packet_born_from_a_dead_one_is_fresh)
{
	struct sk_buff *skb = make(100, 0), *c;

	skb->mark = skb->priority = 7;
	skb_shinfo(skb)->gso_size = 9;
	c = skb_clone(skb, GFP_KERNEL);
	consume_skb(skb);
	EXPECT_TRUE(holds(c, 0, 100));
	consume_skb(c);
	for (int i = 0; i < 3; i++) {
		skb = alloc_skb(100, GFP_KERNEL);
		EXPECT_EQ(skb->mark | skb->priority | skb->cloned, 0u);
		EXPECT_EQ(skb_shinfo(skb)->gso_size, 0);
		EXPECT_EQ(atomic_read(&skb_shinfo(skb)->dataref), 1);
		EXPECT_EQ(skb_tailroom(skb), skb->end);
		consume_skb(skb);
	}
}

TEST(no_memory_means_no_change)
{
	struct sk_buff *skb = make(100, 5000), *c = skb_clone(skb, GFP_KERNEL);

	host_fail_alloc(1, true);
	EXPECT_EQ(skb_linearize(skb), -ENOMEM);
	EXPECT_EQ(skb_ensure_writable(skb, 50), -ENOMEM);
	EXPECT_TRUE(!skb_copy(skb, GFP_KERNEL));
	EXPECT_TRUE(!alloc_skb(100, GFP_KERNEL));
	EXPECT_EQ(skb_pad(skb_get(skb), 6000), -ENOMEM);
	host_fail_alloc(0, false);
	EXPECT_TRUE(holds(skb, 0, 5100));
	consume_skb(skb);
	consume_skb(c);
}

TEST(live_counts_return_to_where_they_were)
{
	s64 skbs, heads, skbs2, heads2;
	struct sk_buff *skb;

	skb_live_counts(&skbs, &heads);
	skb = make(100, 0);
	skb_live_counts(&skbs2, &heads2);
	EXPECT_EQ(skbs2, skbs + 1);
	EXPECT_EQ(heads2, heads + 1);
	kfree_skb_reason(skb, SKB_DROP_REASON_NO_SOCKET);
	skb_live_counts(&skbs2, &heads2);
	EXPECT_EQ(skbs2, skbs);
	EXPECT_EQ(heads2, heads);
}
