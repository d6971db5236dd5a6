/* tests/unit/net/core/skb_model_test.c - packets under random operations against plain arrays of bytes
 *
 * Each packet has a shadow: the bytes that it should hold. Whatever is pushed, pulled, cut, copied, cloned, split,
 * made linear or writable, the two agree; what is shared is never changed through another packet.
 */
#include "net/core/dst.h"
#include "tests/unit/test.h"

#define ROOM 16384u
#define PACKETS 6
struct shadow { struct sk_buff *skb; u8 bytes[ROOM]; u32 len; };
static struct shadow *all;

static u32 below(u32 n) { return n ? (u32)(host_random() % n) : 0; }

static void check(const struct shadow *s)
{
	static u8 got[ROOM];

	ASSERT_EQ(s->skb->len, s->len);
	ASSERT_LE(s->skb->data_len, s->skb->len);
	ASSERT_TRUE(s->skb->data >= s->skb->head && skb_tail_pointer(s->skb) <= skb_end_pointer(s->skb));
	ASSERT_EQ((u32)(skb_tail_pointer(s->skb) - s->skb->data), skb_headlen(s->skb));
	ASSERT_EQ(skb_copy_bits(s->skb, 0, got, s->len), 0);
	ASSERT_EQ(memcmp(got, s->bytes, s->len), 0);
}
static void born(struct shadow *s)
{
	u32 head = 1 + below(300), frags = host_random() % 2 ? below(9000) : 0;

	s->skb = alloc_skb(200 + head + below(200), GFP_KERNEL);
	skb_reserve(s->skb, 100 + below(100));
	skb_put(s->skb, head);
	for (int i = 0; frags; i++) {
		u32 n = 1 + below(min(frags, (u32)PAGE_SIZE));

		skb_add_rx_frag(s->skb, i, alloc_page(GFP_KERNEL), 0, n, PAGE_SIZE);
		frags = i == 5 ? 0 : frags - n;
	}
	s->len = s->skb->len;
	for (u32 i = 0; i < s->len; i++)
		s->bytes[i] = (u8)host_random();
	ASSERT_EQ(skb_store_bits(s->skb, 0, s->bytes, s->len), 0);
}
static void dies(struct shadow *s)
{
	consume_skb(s->skb);
	s->skb = NULL;
}

/* --- operations; each leaves packet and shadow alike --- */

static void op_push(struct shadow *s)
{
	u32 n = below(40);

	if (skb_cow_head(s->skb, n) || s->len + n > ROOM)
		return;
	memmove(s->bytes + n, s->bytes, s->len);
	s->len += n;
	skb_push(s->skb, n);
	for (u32 i = 0; i < n; i++)
		s->skb->data[i] = s->bytes[i] = (u8)host_random();
}
static void op_pull(struct shadow *s)
{
	u32 n = below(60);

	if (!pskb_may_pull(s->skb, n)) {
		ASSERT_GT(n, s->len);
		return;
	}
	skb_pull(s->skb, n);
	s->len -= n;
	memmove(s->bytes, s->bytes + n, s->len);
}
static void op_eat_front(struct shadow *s)
{
	u32 n = below(s->len + 1);

	if (skb_cloned(s->skb))
		return;
	skb_eat_front(s->skb, n);
	s->len -= n;
	memmove(s->bytes, s->bytes + n, s->len);
}
static void op_trim(struct shadow *s)
{
	u32 n = below(4) ? s->len - below(min(s->len, 50u)) : below(s->len + 1);

	ASSERT_EQ(pskb_trim(s->skb, n), 0);
	s->len = n;
}
static void op_put(struct shadow *s)
{
	u32 n = below(min(skb_tailroom(s->skb) + 1, 50u));

	if (skb_is_nonlinear(s->skb) || skb_cloned(s->skb) || s->len + n > ROOM)
		return;
	for (u32 i = 0; i < n; i++)
		s->bytes[s->len + i] = (u8)host_random();
	skb_put_data(s->skb, s->bytes + s->len, n);
	s->len += n;
}
static void op_write(struct shadow *s)
{
	u32 n = below(min(s->len, 100u) + 1);

	ASSERT_EQ(skb_ensure_writable(s->skb, n), 0);
	for (u32 i = 0; i < n; i++)
		s->skb->data[i] = s->bytes[i] = (u8)host_random();
}
static void op_linearize(struct shadow *s)
{
	ASSERT_EQ(skb_linearize(s->skb), 0);
	ASSERT_EQ(s->skb->data_len, 0u);
}
static void op_expand(struct shadow *s)
{
	u32 head = skb_headroom(s->skb), more = below(100), tail = below(100);

	ASSERT_EQ(pskb_expand_head(s->skb, more, tail, GFP_KERNEL), 0);
	ASSERT_GE(skb_headroom(s->skb), head + more);
	ASSERT_FALSE(skb_cloned(s->skb));
}
static void op_copy(struct shadow *s)
{
	struct shadow *to = &all[below(PACKETS)];

	if (to == s)
		return;
	dies(to);
	switch (host_random() % 3) {
	case 0: to->skb = skb_clone(s->skb, GFP_KERNEL); break;
	case 1: to->skb = skb_copy(s->skb, GFP_KERNEL); break;
	case 2: to->skb = pskb_copy(s->skb, below(100), GFP_KERNEL); break;
	}
	ASSERT_TRUE(to->skb != NULL);
	to->len = s->len;
	memcpy(to->bytes, s->bytes, s->len);
}
static void op_split(struct shadow *s)
{
	struct shadow *to = &all[below(PACKETS)];
	u32 n = below(s->len + 1);

	if (to == s || skb_cloned(s->skb))
		return;
	dies(to);
	to->skb = alloc_skb(600 + skb_headlen(s->skb), GFP_KERNEL);
	skb_reserve(to->skb, 100);
	skb_split(s->skb, to->skb, n);
	to->len = s->len - n;
	memcpy(to->bytes, s->bytes + n, to->len);
	s->len = n;
}
static void op_coalesce(struct shadow *s)
{
	struct shadow *from = &all[below(PACKETS)];
	bool stolen;
	int delta;

	if (from == s || s->len + from->len > ROOM || skb_cloned(s->skb) ||
	    !skb_try_coalesce(s->skb, from->skb, &stolen, &delta))
		return;
	kfree_skb_partial(from->skb, stolen);
	memcpy(s->bytes + s->len, from->bytes, from->len);
	s->len += from->len;
	born(from);
}
static void op_look(struct shadow *s)
{
	u32 at = below(s->len + 10), n = below(100);
	u8 buf[100], *p = skb_header_pointer(s->skb, at, n, buf);

	ASSERT_EQ(p != NULL || !n, at + n <= s->len || !n);
	if (p && n)
		ASSERT_EQ(memcmp(p, s->bytes + at, n), 0);
	if (at <= s->len) {
		u32 len = below(s->len - at + 1);
		__wsum sum = skb_checksum(s->skb, at, len, 0);

		ASSERT_EQ((__force u16)csum_fold(sum) % 0xffff,
			  (__force u16)csum_fold(csum_partial(s->bytes + at, len, 0)) % 0xffff);
	}
}

static void (*const ops[])(struct shadow *s) = {
	op_push, op_pull, op_eat_front, op_trim, op_put, op_write, op_linearize, op_expand, op_copy, op_split,
	op_coalesce, op_look,
};

TEST(random_operations_agree_with_plain_bytes)
{
	all = kcalloc(PACKETS, sizeof(*all), GFP_KERNEL);
	for (u32 i = 0; i < PACKETS; i++)
		born(&all[i]);
	for (u32 round = 0; round < 40000; round++) {
		struct shadow *s = &all[below(PACKETS)];

		ops[below(ARRAY_SIZE(ops))](s);
		for (u32 i = 0; i < PACKETS; i++)
			if (&all[i] == s || round % 8 == 0)
				check(&all[i]);
		if (!s->len || below(50) == 0) {
			dies(s);
			born(s);
		}
	}
	for (u32 i = 0; i < PACKETS; i++)
		dies(&all[i]);
	kfree(all);
}
