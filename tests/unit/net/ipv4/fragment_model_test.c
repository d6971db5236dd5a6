/* tests/unit/net/ipv4/fragment_model_test.c - reassembly against a map of bytes, over fragments that overlap at random
 *
 * The map's rule is the one that docs/ipv4.md gives: a fragment that lies within one that is there is dropped, one that
 * overlaps otherwise, or contradicts the end, throws all away. What comes out must be the bytes that came first.
 */
#include "tests/unit/net/ipv4/bench.h"
#include "tests/host/world.h"

#define MAX 1024u
#define PROTO 253
struct piece { u32 start, end; };
struct model {
	struct piece pieces[MAX / 8];
	u32 n, total, have;	/* total 0: the end is not known */
	u8 bytes[MAX];
};
enum verdict { WAITS, DROPPED, DEAD, WHOLE };

static void forget(struct model *m) { m->n = m->total = m->have = 0; }
static u32 highest(const struct model *m)
{
	u32 top = 0;

	for (u32 i = 0; i < m->n; i++)
		top = max(top, m->pieces[i].end);
	return top;
}
static enum verdict model_add(struct model *m, u32 start, u32 end, bool last, u8 tag)
{
	if (last ? (m->total && m->total != end) || highest(m) > end : m->total && end > m->total) {
		forget(m);
		return DEAD;
	}
	if (last)
		m->total = end;
	for (u32 i = 0; i < m->n; i++) {
		if (end <= m->pieces[i].start || start >= m->pieces[i].end)
			continue;
		if (start >= m->pieces[i].start && end <= m->pieces[i].end)
			return DROPPED;
		forget(m);
		return DEAD;
	}
	m->pieces[m->n++] = (struct piece){ start, end };
	memset(m->bytes + start, tag, end - start);
	m->have += end - start;
	return m->total && m->have == m->total ? WHOLE : WAITS;
}

static struct socket *raw_socket(struct net *net)
{
	struct socket *s;

	ASSERT_EQ(sock_create_kern(net, AF_INET, SOCK_RAW, PROTO, &s), 0);
	return s;
}
static void send_piece(struct bench *b, u32 start, u32 end, bool last, u8 tag, u16 id)
{
	u8 payload[MAX], f[MAX + 64];

	memset(payload, tag, end - start);
	inject(b, f, make_ip(f, PROTO, payload, end - start, (u16)(start / 8 | (last ? 0 : 0x2000)), id));
}
/* What the socket has must be what the map has. */
static void check_whole(struct socket *s, struct model *m)
{
	u8 got[MAX + 64];
	u32 total = m->total;

	ASSERT_EQ(sock_read(s, got, sizeof(got), MSG_DONTWAIT), (ssize_t)(20 + total));
	for (u32 i = 0; i < total; i++)
		ASSERT_EQ(got[20 + i], m->bytes[i]);
	forget(m);
}

TEST(overlaps_at_random_agree_with_a_map_of_bytes)
{
	struct bench b = bench_up();
	struct socket *s = raw_socket(b.net);
	struct model *m = kzalloc(sizeof(*m), GFP_KERNEL);
	u32 seen[4] = { 0 };

	for (u32 round = 0; round < 60000; round++) {
		u32 size = 8 * (1 + (u32)(host_random() % 4)), words = 4 + round % 8;
		u32 start = 8 * (u32)(host_random() % words), end;
		bool last = host_random() % 4 == 0;
		u8 tag = (u8)round, got[1];
		enum verdict v;

		if (host_random() % 3 && m->n) /* fill a hole exactly: datagrams shall come whole, too */
			start = m->pieces[host_random() % m->n].end & ~7u;
		end = start + (last ? size - (u32)(host_random() % 8) : size);
		if (end > MAX || (!start && last)) /* the latter is no fragment */
			continue;
		v = model_add(m, start, end, last, tag);
		send_piece(&b, start, end, last, tag, 7);
		seen[v]++;
		if (v == WHOLE)
			check_whole(s, m);
		else
			ASSERT_EQ(sock_read(s, got, 1, MSG_DONTWAIT), -EAGAIN);
		ASSERT_EQ(ip_frag_nqueues(b.net), m->n ? 1u : 0u);
	}
	for (u32 v = 0; v < 4; v++)
		EXPECT_GT(seen[v], 500u);
	host_pass(31 * NSEC_PER_SEC);
	EXPECT_EQ(ip_frag_mem(b.net), 0u);
	kfree(m);
	sock_release(s);
	bench_down(&b);
}
