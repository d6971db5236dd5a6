/* net/tcp/tcp_hystart.c - when slow start has gone far enough: HyStart++ (RFC 9406)
 *
 * What:   slow start doubles the window until something is lost, and then a whole window is. A round trip that grows
 *         says earlier that a queue builds up: growth becomes four times slower (CSS, conservative slow start), and if
 *         the round trip stays long for five rounds, slow start is over. If it was a false alarm, doubling goes on.
 * Called: an algorithm's cong_avoid and pkts_acked hooks, its struct hystart in ca_priv; the socket is owned.
 * Absent: RFC 9406's limit L of 8 segments an ACK for senders without pacing: as in Linux, all that an ACK
 *         acknowledges counts.
 */
#include "net/tcp/tcp_internal.h"

/* RFC 9406 4.3. */
#define MIN_RTT_THRESH_US 4000u
#define MAX_RTT_THRESH_US 16000u
#define MIN_RTT_DIVISOR 8u
#define N_RTT_SAMPLE 8u
#define CSS_GROWTH_DIVISOR 4u
#define CSS_ROUNDS 5u

#define NONE U32_MAX

void hystart_reset(struct tcp_sock *tp, struct hystart *h)
{
	*h = (struct hystart){ .window_end = tp->snd_nxt, .last_min_us = NONE, .now_min_us = NONE };
}

/* A round is over when what was in flight at its start is acknowledged. */
static void new_round(struct tcp_sock *tp, struct hystart *h)
{
	h->window_end = tp->snd_nxt;
	h->last_min_us = h->now_min_us;
	h->now_min_us = NONE;
	h->samples = 0;
	if (h->css && ++h->css_rounds >= CSS_ROUNDS)
		tp->snd_ssthresh = tp->snd_cwnd;
}
static bool rtt_grew(const struct hystart *h)
{
	u32 threshold = clamp(h->last_min_us / MIN_RTT_DIVISOR, MIN_RTT_THRESH_US, MAX_RTT_THRESH_US);

	return h->last_min_us != NONE && h->now_min_us >= h->last_min_us + threshold;
}

/* One sample of the round trip while in slow start. The first slow start only: later ones know a threshold. */
void hystart_rtt(struct tcp_sock *tp, struct hystart *h, s32 rtt_us)
{
	if (tp->snd_cwnd >= tp->snd_ssthresh || tp->snd_ssthresh < TCP_INFINITE_SSTHRESH)
		return;
	if (!seq_before(tp->snd_una, h->window_end))
		new_round(tp, h);
	if (rtt_us <= 0)
		return;
	h->now_min_us = min(h->now_min_us, (u32)rtt_us);
	if (h->samples < N_RTT_SAMPLE && ++h->samples < N_RTT_SAMPLE)
		return;
	if (!h->css && rtt_grew(h)) {
		h->css = true;
		h->css_rounds = 0;
		h->css_base_us = h->now_min_us;
		NET_INC_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPHYSTARTDELAYDETECT);
		NET_ADD_STATS(tcp_sock_sk(tp)->sk_net, TCPEXT_TCPHYSTARTDELAYCWND, tp->snd_cwnd);
	} else if (h->css && h->now_min_us < h->css_base_us) {
		h->css = false; /* it was jitter */
	}
}

/* Slow start by acked segments: what is left of them for congestion avoidance. */
u32 hystart_slow_start(struct tcp_sock *tp, struct hystart *h, u32 acked)
{
	if (!h->css)
		return tcp_slow_start(tp, acked);
	tcp_cong_avoid_ai(tp, CSS_GROWTH_DIVISOR, acked);
	return 0;
}
