/* tests/fuzz/stream.c - a TCP connection, a peer that follows the input, and a program that does, too
 *
 * Input: a way to begin, then commands: a segment with numbers relative to the connection's, options and flags as the
 * input says; time passes; the program reads, writes, shuts down or sets an option. So deep states are reached.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/net/tcp/bench.h"

static void segment(struct tcp_bench *b, struct fuzz_input *in)
{
	struct tcp_sock *tp = tcp_sk(b->s->sk);
	u8 what = fuzz_u8(in);
	struct bench_segment s = { .flags = fuzz_u8(in) & 0x3f, .len = fuzz_u8(in), .win = fuzz_u16(in) };

	/* Numbers near those that matter: what we expect next, what we sent. */
	s.seq = tp->rcv_nxt - b->peer_isn + (u32)(s32)(s8)fuzz_u8(in) * (what & 1 ? 100u : 1u);
	s.ack = (what & 2 ? tp->snd_nxt : tp->snd_una) - b->our_isn;
	s.ack += (u32)(s32)(s8)fuzz_u8(in) * (what & 4 ? 1460u : 1u);
	s.len *= what & 8 ? 8 : 1;
	s.zero_window = (what & 0x30) == 0x30;
	if (what & 0x40) {
		s.tsval = fuzz_u32(in);
		s.tsecr = fuzz_u32(in);
	}
	for (int i = 0; i < 3 && what & 0x80; i++) {
		s.sack[i].start = tp->snd_una - b->our_isn + fuzz_u16(in);
		s.sack[i].end = s.sack[i].start + fuzz_u16(in);
	}
	if (what & 0x20)
		s.urg = fuzz_u16(in);
	bench_peer_sends(b, s);
}
static void option(struct tcp_bench *b, struct fuzz_input *in)
{
	u8 level = fuzz_u8(in);
	int opt = fuzz_u8(in) & 0x7f, value = (int)fuzz_u32(in);

	sock_set_int(b->s, level & 1 ? IPPROTO_TCP : level & 2 ? SOL_SOCKET : IPPROTO_IP, opt, value >> (level >> 3));
}
static void program(struct tcp_bench *b, struct fuzz_input *in)
{
	static char buf[65536];
	u8 what = fuzz_u8(in);

	switch (what & 7) {
	case 0: sock_read(b->s, buf, 1u << (what >> 4), MSG_DONTWAIT | (what & 8 ? MSG_PEEK : 0)); break;
	case 1: sock_write(b->s, buf, 1u << (what >> 4), MSG_DONTWAIT | MSG_NOSIGNAL | (what & 8 ? MSG_OOB : 0)); break;
	case 2: sock_write(b->s, buf, fuzz_u16(in), MSG_DONTWAIT | MSG_NOSIGNAL | (what & 8 ? MSG_MORE : 0)); break;
	case 3: b->s->ops->shutdown(b->s, what >> 6); break;
	case 4: sock_poll(b->s); break;
	default: option(b, in);
	}
}
static void forget_sent(struct tcp_bench *b)
{
	struct sk_buff *skb;

	while ((skb = sim_nic_take(b->nic)))
		consume_skb(skb);
}

void fuzz_one(struct fuzz_input *in)
{
	u8 how = fuzz_u8(in);
	struct tcp_bench b = how & 1 ? bench_accepted()
			   : how & 2 ? bench_sack(how & 4 ? 1000 : 0)
				     : bench_established();

	while (fuzz_left(in)) {
		u8 command = fuzz_u8(in);

		if (command < 128)
			segment(&b, in);
		else if (command < 208)
			program(&b, in);
		else
			host_pass((u64)NSEC_PER_MSEC << (command & 15));
		forget_sent(&b);
	}
	sock_set_int(b.s, IPPROTO_TCP, TCP_USER_TIMEOUT, 0); /* it may be 24 days, and a FIN goes again for as long */
	bench_stop(&b);
}
