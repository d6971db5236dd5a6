/* tests/unit/net/tcp/small_segments_test.c - CVE-2018-5390 ("SegmentSmack"): what a peer's tiny early segments may cost
 *
 * The buffer is full of bytes that lie apart, so that nothing can be collapsed. Whatever comes next, in whatever order,
 * must not make the stack copy all of them again: what it allocates for a packet has a bound, and so has the memory.
 */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

#define PACKETS 6000u
#define BUFFER 400000
#define WORK 8u /* allocations a packet on the average: its own, its ACK's (6), and what was collapsed */

static u32 rising(u32 i) { return 3 + 2 * i; }
static u32 falling(u32 i) { return 3 + 2 * (PACKETS - i); }
static u32 to_and_fro(u32 i) { return 3 + 2 * (i % 2 ? PACKETS + i / 2 : PACKETS - i / 2); }
static u32 anywhere(u32 i) { return 3 + 2 * (u32)((u64)i * 2654435761u % (2 * PACKETS)); }
static u32 in_pairs(u32 i) { return 3 + i / 2 * 3 + i % 2; }
static u32 in_pairs_turned_round(u32 i) { return 3 + i / 2 * 3 + !(i % 2); } /* these do not merge as they come */
static u32 falling_pairs(u32 i) { return 3 + (PACKETS - i) / 2 * 3 + (i % 2); }

static struct tcp_bench full_window(void)
{
	struct tcp_bench b = bench_established();

	b.s->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	b.s->sk->sk_rcvbuf = BUFFER;
	tcp_sk(b.s->sk)->rcv_wnd = 60000; /* it was announced, and is kept */
	return b;
}
static void smack(u32 (*seq)(u32 i))
{
	struct tcp_bench b = full_window();
	struct sock *sk = b.s->sk;
	size_t serial;
	u8 byte;

	serial = host_alloc_serial();
	for (u32 i = 0; i < PACKETS; i++) {
		peer_sends(&b, .flags = ACK, .seq = seq(i), .ack = 1, .len = 1);
		skb_queue_consume(&b.nic->sent);
		EXPECT_LE(atomic_read(&sk->sk_rmem_alloc), BUFFER + 2048);
	}
	EXPECT_LE((host_alloc_serial() - serial) / PACKETS, WORK);
	EXPECT_LE(net_mib_sum(b.net, MIB_TCPEXT_TCPRCVCOLLAPSED), 3 * PACKETS); /* each byte a few times in its life */
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_PRUNECALLED), 100);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 2); /* what is in order is still taken */
	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_DONTWAIT), 1);
	EXPECT_EQ(byte, 1);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(segmentsmack_bytes_apart_rising) { smack(rising); }
TEST(segmentsmack_bytes_apart_falling) { smack(falling); }
TEST(segmentsmack_bytes_apart_to_and_fro) { smack(to_and_fro); }
TEST(segmentsmack_bytes_apart_anywhere) { smack(anywhere); }
TEST(segmentsmack_pairs) { smack(in_pairs); }
TEST(segmentsmack_pairs_turned_round) { smack(in_pairs_turned_round); }
TEST(segmentsmack_pairs_falling) { smack(falling_pairs); }

/* Bytes apart, and behind them some that would collapse: are those found? */
static u64 collapsed_behind(u32 apart)
{
	struct tcp_bench b = full_window();
	u64 n;

	for (u32 i = 0; i < apart; i++)
		peer_sends(&b, .flags = ACK, .seq = 3 + 2 * i, .ack = 1, .len = 1);
	for (u32 i = 0; i < 500; i++)
		peer_sends(&b, .flags = ACK, .seq = 20000 - i, .ack = 1, .len = 1);
	skb_queue_consume(&b.nic->sent);
	n = net_mib_sum(b.net, MIB_TCPEXT_TCPRCVCOLLAPSED);
	bench_stop(&b);
	return n;
}
TEST(an_eighth_of_the_buffer_in_vain_ends_the_look_for_what_collapses)
{
	EXPECT_GT(collapsed_behind(BUFFER / 8 / 1024 - 1), 300);
	EXPECT_EQ(collapsed_behind(BUFFER / 8 / 512), 0);
}
