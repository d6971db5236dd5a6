/* tests/unit/net/tcp/reassembly_model_test.c - TCP's queues against a map of bytes
 *
 * Segments overlap at random. Each carries the bytes that belong at its place (bench.c's pattern). Whatever the order
 * and the overlaps: the number that is acknowledged is the map's first hole, what SACK reports is in the map, and the
 * reader gets each byte once, in order. Runs start just below the wrap of sequence numbers.
 */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

#define STREAM 6000u
struct map { bool have[STREAM + 1]; u32 next; };

static struct tcp_bench with_sack(u32 isn)
{
	struct tcp_bench b;

	bench_start(&b);
	b.peer_isn = isn;
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1, .sack_ok = true);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
static void map_add(struct map *m, u32 from, u32 to)
{
	for (u32 i = from; i < to; i++)
		m->have[i] = true;
	while (m->next < STREAM && m->have[m->next])
		m->next++;
}
/* The last segment sent since, if any; its numbers are checked against the map. */
static void check_acks(struct tcp_bench *b, const struct map *m)
{
	struct sk_buff *skb;
	struct tcp_sack_block got[4];
	u32 acked = 0;

	while ((skb = sim_nic_take(b->nic))) {
		const struct tcphdr *th = (const struct tcphdr *)(skb->data + 34);

		consume_skb(b->last);
		b->last = skb;
		acked = ntohl(th->ack_seq) - b->peer_isn;
		ASSERT_LE(acked, m->next);
	}
	if (!acked)
		return;
	ASSERT_EQ(acked, m->next);
	for (u32 i = 0, n = bench_sacks(b, got); i < n; i++) {
		ASSERT_LT(got[i].start, got[i].end);
		for (u32 at = got[i].start; at < got[i].end; at++)
			ASSERT_TRUE(m->have[at]); /* below the ACK or not: a duplicate may be old */
	}
}
static void read_all(struct tcp_bench *b, u32 *at)
{
	u8 buf[500];
	ssize_t n;

	while ((n = sock_read(b->s, buf, 1 + host_random() % sizeof(buf), MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < n; i++, (*at)++)
			ASSERT_EQ(buf[i], (u8)*at);
}
/* The next place from at on where what is there meets what is missing. */
static u32 next_edge(const struct map *m, u32 at)
{
	while (at + 1 < STREAM && m->have[at] == m->have[at + 1])
		at++;
	return at + 1;
}
/* A segment around the first hole, more often ahead of it; at times just what is missing, or off an edge by one. */
static void choose(const struct map *m, u32 *from, u32 *to)
{
	u32 back = (u32)(host_random() % 200), ahead = (u32)(host_random() % 900);

	*from = m->next + ahead > back ? m->next + ahead - back : 1;
	if (host_random() % 8 == 0)
		*from = m->next;
	*to = *from + 1 + (u32)(host_random() % (host_random() % 4 ? 60 : 400));
	if (host_random() % 3 == 0)
		*from = next_edge(m, min(*from, STREAM)) + (u32)(host_random() % 3) - 1;
	if (host_random() % 3 == 0)
		*to = next_edge(m, min(*to, STREAM)) + (u32)(host_random() % 3) - 1;
	*from = clamp(*from, 1u, STREAM - 1);
	*to = clamp(*to, *from + 1, min(*from + 1400, STREAM));
}
static void one_stream(u32 isn)
{
	struct tcp_bench b = with_sack(isn);
	struct map *m = kzalloc(sizeof(*m), GFP_KERNEL);
	u32 read = 1, sent = 0, from, to;

	m->next = 1;
	m->have[0] = true;
	while (m->next < STREAM) {
		choose(m, &from, &to);
		peer_sends(&b, .flags = ACK, .seq = from, .ack = 1, .len = to - from);
		map_add(m, from, to);
		check_acks(&b, m);
		ASSERT_EQ(tcp_sk(b.s->sk)->rcv_nxt - b.peer_isn, m->next);
		if (host_random() % 10 == 0)
			read_all(&b, &read);
		ASSERT_LT(sent++, 20000u);
	}
	read_all(&b, &read);
	EXPECT_EQ(read, STREAM);
	EXPECT_TRUE(RB_EMPTY_ROOT(&tcp_sk(b.s->sk)->ooo_queue));
	EXPECT_EQ(atomic_read(&b.s->sk->sk_rmem_alloc), 0);
	kfree(m);
	bench_stop(&b);
}

TEST(overlaps_at_random_agree_with_a_map_of_bytes)
{
	for (u32 i = 0; i < 12; i++)
		one_stream(0u - (u32)(host_random() % STREAM));
}
