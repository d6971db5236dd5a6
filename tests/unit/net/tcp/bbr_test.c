/* tests/unit/net/tcp/bbr_test.c - BBR over paths that the test knows: what it believes of them, and its four modes
 *
 * Source: draft-cardwell-iccrg-bbr-congestion-control-00, section 4, with Linux's numbers. The path: 1,250,000 bytes a
 * second, 20 ms there and back, and serialization: about 20 segments fill it.
 */
#include "net/tcp/tcp_bbr.h"
#include "tests/unit/net/tcp/path.h"
#include <linux/inet_diag.h>

#define RATE 1250000ull
#define SEGMENTS_A_SECOND (RATE / 1514)
#define HIGH 739u /* 2/ln 2, in units of 1/256 */

static bool is_over;
static int write_on(void *arg)
{
	static u8 data[20000];

	while (!is_over && sock_write(arg, data, sizeof(data), 0) > 0)
		;
	return 0;
}
struct flow { struct path p; struct tcp_sock *tp; struct bbr *b; struct task_struct *writer; };
static void flow_start(struct flow *f)
{
	f->tp = path_start(&f->p, RATE, "bbr");
	f->b = bbr_of(f->tp);
	is_over = false;
	f->writer = host_spawn(write_on, f->p.c, "writer");
}
static void flow_stop(struct flow *f)
{
	is_over = true;
	host_join(f->writer);
	path_stop(&f->p);
}
/* Lets time pass until BBR is in that mode: nanoseconds, at most most. */
static u64 until_mode(struct flow *f, enum bbr_mode m, u64 most)
{
	u64 start = ktime_get_ns();

	while (f->b->mode != m && ktime_get_ns() - start < most)
		host_pass(MS(1));
	if (f->b->mode != m)
		test_fail(__FILE__, __LINE__, true, "mode %u, not %u", f->b->mode, m);
	return ktime_get_ns() - start;
}
static u64 believed_rate(const struct flow *f) /* segments a second */
{
	return bbr_bw(f->tp) * USEC_PER_SEC >> BW_SCALE;
}
/* What arrives before the next segment may leave: DRAIN ends when this is all that is too much. */
static u32 before_next(const struct flow *f)
{
	u64 at = f->tp->wstamp_ns, now = ktime_get_ns();

	return at > now ? (u32)((at - now) * believed_rate(f) / NSEC_PER_SEC) : 0;
}
static void expect_about(u64 is, u64 want, u32 percent, int line)
{
	if (is * 100 < want * (100 - percent) || is * 100 > want * (100 + percent))
		test_fail(__FILE__, line, false, "%llu is not %llu, even within %u %%", is, want, percent);
}

TEST(it_starts_fast_drains_its_queue_and_learns_the_path)
{
	union tcp_cc_info info;
	struct flow f;
	u32 queue = 0;

	flow_start(&f);
	EXPECT_EQ(f.b->mode, BBR_STARTUP);
	EXPECT_EQ(f.b->pacing_gain, HIGH);
	EXPECT_EQ(f.b->cwnd_gain, HIGH);
	for (int ms = 0; ms < 1000 && f.b->mode == BBR_STARTUP; ms++) {
		host_pass(MS(1));
		queue = max(queue, sim_link_queue_packets(&f.p.w.link, 0));
	}
	EXPECT_TRUE(f.b->full_bw_reached);
	EXPECT_EQ(f.b->full_bw_rounds, 3); /* round trips without a quarter more */
	EXPECT_GE(queue, 20u);		   /* which that much more in flight than fits made */
	expect_about(believed_rate(&f), SEGMENTS_A_SECOND, 3, __LINE__);
	until_mode(&f, BBR_DRAIN, MS(1));
	EXPECT_EQ(f.b->pacing_gain, 88u); /* what STARTUP's gain did, undone */
	EXPECT_EQ(f.b->cwnd_gain, HIGH);
	until_mode(&f, BBR_PROBE_BW, NSEC_PER_SEC);
	EXPECT_LE(tcp_packets_in_flight(f.tp), bbr_inflight(f.tp, bbr_bw(f.tp), BBR_UNIT) + before_next(&f) + 1);
	EXPECT_EQ(f.b->cwnd_gain, 512u);
	expect_about(f.b->min_rtt_us, 21300, 8, __LINE__); /* 20 ms, and a segment's and an ACK's time on the line */
	host_pass(NSEC_PER_SEC);
	EXPECT_EQ(f.tp->ca_ops->get_info(f.tp, &info), sizeof(info.bbr));
	EXPECT_EQ(info.bbr.bbr_min_rtt, f.b->min_rtt_us);
	EXPECT_EQ(info.bbr.bbr_cwnd_gain, 512u);
	EXPECT_EQ(info.bbr.bbr_bw_hi, 0u);
	expect_about(info.bbr.bbr_bw_lo, RATE * 1448 / 1514, 3, __LINE__);
	expect_about(tcp_sock_sk(f.tp)->sk_pacing_rate * BBR_UNIT / f.b->pacing_gain,
		     info.bbr.bbr_bw_lo * 99ull / 100, 2, __LINE__); /* a hundredth slower than believed */
	flow_stop(&f);
}
/* A quarter more, a quarter less, six as it is; a phase lasts a round trip, and the two that change the queue end when
 * they did so. */
TEST(it_cycles_through_gains)
{
	static const u16 cycle[8] = { 320, 192, 256, 256, 256, 256, 256, 256 };
	u64 began[8] = { 0 }, lasted[8] = { 0 };
	u32 seen[8] = { 0 }, queue = 0, idx;
	struct flow f;

	flow_start(&f);
	until_mode(&f, BBR_PROBE_BW, 2 * NSEC_PER_SEC);
	host_pass(NSEC_PER_SEC);
	idx = f.b->cycle_idx;
	for (int ms = 0; ms < 20000 && f.b->mode == BBR_PROBE_BW; ms++) {
		host_pass(MS(1) / 4);
		queue = max(queue, sim_link_queue_packets(&f.p.w.link, 0));
		EXPECT_EQ(f.b->pacing_gain, cycle[f.b->cycle_idx]);
		if (f.b->cycle_idx == idx)
			continue;
		EXPECT_EQ(f.b->cycle_idx, (idx + 1) % 8);
		if (began[idx])
			lasted[idx] = max(lasted[idx], ktime_get_ns() - began[idx]);
		idx = f.b->cycle_idx;
		began[idx] = ktime_get_ns();
		seen[idx]++;
	}
	for (int i = 0; i < 8; i++) {
		EXPECT_GE(seen[i], 5u);
		EXPECT_GE(lasted[i], i == 1 ? 0 : MS(18));
		EXPECT_LE(lasted[i], MS(60));
	}
	EXPECT_LE(queue, 20u); /* the quarter, and a burst: never a path's worth */
	flow_stop(&f);
}
/* Ten seconds after the shortest round trip was seen: four segments in flight for 200 ms and a round trip. */
TEST(it_looks_at_the_empty_path)
{
	u32 before = 0, most = 0;
	u64 stamp = 0, began, took;
	struct flow f;

	flow_start(&f);
	until_mode(&f, BBR_PROBE_BW, 2 * NSEC_PER_SEC);
	for (int ms = 0; ms < 20000 && f.b->mode == BBR_PROBE_BW; ms++) {
		stamp = f.b->min_rtt_ns;
		before = f.tp->snd_cwnd;
		host_pass(MS(1));
	}
	began = ktime_get_ns();
	EXPECT_EQ(f.b->mode, BBR_PROBE_RTT);
	EXPECT_GE(began, stamp + 10 * NSEC_PER_SEC);
	EXPECT_LE(began, stamp + 10 * NSEC_PER_SEC + MS(100));
	EXPECT_TRUE(f.b->pacing_gain == BBR_UNIT && f.b->cwnd_gain == BBR_UNIT);
	EXPECT_EQ(f.tp->snd_cwnd, BBR_MIN_CWND);
	EXPECT_EQ(f.b->prior_cwnd, before);
	host_pass(MS(60));
	for (int i = 0; i < 100; i++) {
		host_pass(MS(1));
		most = max(most, tcp_packets_in_flight(f.tp));
	}
	EXPECT_LE(most, BBR_MIN_CWND);
	EXPECT_LE(sim_link_queue_packets(&f.p.w.link, 0), BBR_MIN_CWND);
	EXPECT_NE(f.tp->rate.app_limited, 0u); /* samples of this tell nothing of the bandwidth */
	took = until_mode(&f, BBR_PROBE_BW, NSEC_PER_SEC) + MS(160);
	EXPECT_GE(took, MS(200));
	EXPECT_LE(took, MS(300));
	EXPECT_GE(f.tp->snd_cwnd, before * 9 / 10);
	expect_about(believed_rate(&f), SEGMENTS_A_SECOND, 3, __LINE__);
	EXPECT_LE(ktime_get_ns() - f.b->min_rtt_ns, MS(5)); /* the clock of ten seconds starts anew */
	flow_stop(&f);
}
/* Half of the bandwidth goes, and comes back: ten round trips forget the most, a quarter more each cycle finds more. */
TEST(a_path_that_changes_is_learned_again)
{
	struct flow f;

	flow_start(&f);
	until_mode(&f, BBR_PROBE_BW, 2 * NSEC_PER_SEC);
	f.p.w.link.bytes_per_second = RATE / 2;
	host_pass(2 * NSEC_PER_SEC);
	expect_about(believed_rate(&f), SEGMENTS_A_SECOND / 2, 5, __LINE__);
	f.p.w.link.bytes_per_second = RATE;
	host_pass(3 * NSEC_PER_SEC);
	expect_about(believed_rate(&f), SEGMENTS_A_SECOND, 5, __LINE__);
	flow_stop(&f);
}
/* Losses are no news of the path: 2 % of them cost what they cost, not the rate. */
TEST(losses_do_not_slow_it)
{
	struct flow f;
	u64 arrived;

	flow_start(&f);
	until_mode(&f, BBR_PROBE_BW, 2 * NSEC_PER_SEC);
	f.p.w.link.loss_ppm = 20000;
	arrived = f.p.w.link.arrived_bytes[0];
	for (int i = 0; i < 5000; i++) {
		host_pass(MS(1));
		if (f.b->packet_conservation)
			EXPECT_EQ(f.tp->ca_state, TCP_CA_Recovery);
		if (f.tp->ca_state == TCP_CA_Recovery)
			EXPECT_GE(f.b->prior_cwnd, BBR_MIN_CWND);
	}
	arrived = f.p.w.link.arrived_bytes[0] - arrived;
	EXPECT_GE(arrived, RATE * 5 * 90 / 100);
	EXPECT_GE(net_mib_sum(f.p.w.net[0], MIB_TCPEXT_TCPSACKRECOVERY), 20u);
	f.p.w.link.loss_ppm = 0;
	host_pass(MS(500));
	EXPECT_FALSE(f.b->packet_conservation);
	EXPECT_GE(f.tp->snd_cwnd, 30u);
	flow_stop(&f);
}
/* The line is cut for two seconds. After the time-outs the window returns to what it was, and so does the pace. */
TEST(a_time_out_is_forgotten)
{
	struct flow f;
	u32 before;

	flow_start(&f);
	until_mode(&f, BBR_PROBE_BW, 2 * NSEC_PER_SEC);
	host_pass(MS(500));
	before = f.tp->snd_cwnd;
	f.p.w.link.cut = true;
	host_pass(2 * NSEC_PER_SEC);
	EXPECT_EQ(f.tp->ca_state, TCP_CA_Loss);
	EXPECT_EQ(f.b->prev_ca_state, TCP_CA_Loss);
	EXPECT_GE(f.b->prior_cwnd, before * 9 / 10);
	EXPECT_LE(f.tp->snd_cwnd, BBR_MIN_CWND);
	f.p.w.link.cut = false;
	host_pass(3 * NSEC_PER_SEC);
	EXPECT_EQ(f.tp->ca_state, TCP_CA_Open);
	EXPECT_GE(f.tp->snd_cwnd, before * 9 / 10);
	expect_about(believed_rate(&f), SEGMENTS_A_SECOND, 5, __LINE__);
	flow_stop(&f);
}
/* The program was silent for twelve seconds: it goes on at the pace of the path, without a burst, and without a look at
 * the empty path, which it just was. */
TEST(after_a_pause_it_goes_on_at_the_paths_pace)
{
	static u8 data[30000];
	struct flow f;
	u64 pace;

	flow_start(&f);
	until_mode(&f, BBR_PROBE_BW, 2 * NSEC_PER_SEC);
	host_pass(MS(500));
	is_over = true;
	host_join(f.writer);
	host_pass(12 * NSEC_PER_SEC);
	EXPECT_EQ(f.b->mode, BBR_PROBE_BW);
	EXPECT_EQ(tcp_packets_in_flight(f.tp), 0u);
	sock_write(f.p.c, data, sizeof(data), 0);
	EXPECT_TRUE(f.b->idle_restart);
	pace = tcp_sock_sk(f.tp)->sk_pacing_rate;
	expect_about(pace, bbr_bytes_per_second(f.tp, bbr_bw(f.tp), BBR_UNIT) * 99 / 100, 1, __LINE__);
	host_pass(MS(1));
	EXPECT_LE(tcp_packets_in_flight(f.tp), 10u); /* of twenty that were written */
	host_pass(MS(60));
	EXPECT_FALSE(f.b->idle_restart);
	EXPECT_EQ(f.b->mode, BBR_PROBE_BW);
	f.writer = host_spawn(write_on, f.p.c, "writer");
	is_over = false;
	flow_stop(&f);
}

/* --- scripted: what a path does not do at a wish --- */

struct script { struct tcp_bench b; struct tcp_sock *tp; struct bbr *bbr; };
static struct script script(void)
{
	struct script s = { bench_established(), NULL, NULL };

	EXPECT_EQ(s.b.s->ops->setsockopt(s.b.s, IPPROTO_TCP, TCP_CONGESTION, KERNEL_SOCKPTR((void *)"bbr"), 3), 0);
	s.tp = tcp_sk(s.b.s->sk);
	s.bbr = bbr_of(s.tp);
	return s;
}
/* An ACK of n segments after so many microseconds, at a rate of one in a millisecond, with that round trip. */
static void ack(struct script *s, u32 n, u64 after_us, s64 rtt_us)
{
	struct rate_sample rs = { .delivered = 10, .interval_us = 10000, .rtt_us = rtt_us, .acked_sacked = n,
				  .prior_in_flight = 10, .prior_delivered = s->tp->delivered };

	s->tp->now_ns += after_us * NSEC_PER_USEC;
	s->tp->delivered += n;
	s->tp->rate.delivered_ns = s->tp->now_ns;
	s->tp->ca_ops->cong_control(s->tp, &rs);
}
/* Before the first ACK: ten segments in a millisecond, which nobody measured, at STARTUP's gain. */
TEST(the_first_pace_is_a_guess)
{
	struct script s = script();
	u64 rtt_us = s.tp->srtt_us ? max(s.tp->srtt_us >> 3, 1u) : 1000;

	expect_about(tcp_sock_sk(s.tp)->sk_pacing_rate,
		     (u64)s.tp->snd_cwnd * s.tp->mss_cache * USEC_PER_SEC / rtt_us * HIGH / 256 * 99 / 100, 1,
		     __LINE__);
	EXPECT_EQ(s.tp->ca_ops->ssthresh(s.tp), TCP_INFINITE_SSTHRESH);
	EXPECT_EQ(s.bbr->prior_cwnd, s.tp->snd_cwnd);
	EXPECT_EQ(s.tp->ca_ops->sndbuf_expand(s.tp), 3u);
	tcp_sock_sk(s.tp)->sk_pacing_rate = 149999; /* below 1.2 Mbit/s one segment at a time */
	EXPECT_EQ(s.tp->ca_ops->min_tso_segs(s.tp), 1u);
	tcp_sock_sk(s.tp)->sk_pacing_rate = 150000;
	EXPECT_EQ(s.tp->ca_ops->min_tso_segs(s.tp), 2u);
	bench_stop(&s.b);
}
/* STARTUP that ended for a loss that was none begins to count anew; a time-out, too. */
TEST(an_undone_loss_makes_no_full_pipe)
{
	struct script s = script();

	s.bbr->full_bw = 1000;
	s.bbr->full_bw_rounds = 2;
	s.tp->snd_cwnd = 17;
	EXPECT_EQ(s.tp->ca_ops->undo_cwnd(s.tp), 17u);
	EXPECT_TRUE(!s.bbr->full_bw && !s.bbr->full_bw_rounds);
	s.bbr->full_bw = 1000;
	s.tp->ca_ops->set_state(s.tp, TCP_CA_Recovery);
	EXPECT_EQ(s.bbr->full_bw, 1000u);
	s.tp->ca_ops->set_state(s.tp, TCP_CA_Loss);
	EXPECT_TRUE(!s.bbr->full_bw && s.bbr->round_start && s.bbr->prev_ca_state == TCP_CA_Loss);
	bench_stop(&s.b);
}
/* The first ACKs of a recovery: what is in flight and what arrived, no more; at its end the window of before. */
TEST(a_recovery_begins_with_conservation)
{
	struct script s = script();
	u32 flight;

	ack(&s, 2, 10000, 10000);
	s.tp->snd_cwnd = 50;
	s.tp->ca_ops->ssthresh(s.tp); /* a loss is found: the window is remembered */
	s.tp->ca_state = TCP_CA_Recovery;
	flight = tcp_packets_in_flight(s.tp);
	ack(&s, 2, 100, 10000);
	EXPECT_TRUE(s.bbr->packet_conservation);
	EXPECT_EQ(s.tp->snd_cwnd, flight + 2);
	s.tp->ca_state = TCP_CA_Open;
	ack(&s, 2, 100, 10000);
	EXPECT_FALSE(s.bbr->packet_conservation);
	EXPECT_GE(s.tp->snd_cwnd, 50u);
	bench_stop(&s.b);
}
/* Only a sample that was not delayed may replace the shortest round trip when that is old. */
TEST(the_shortest_round_trip_lasts_ten_seconds)
{
	struct script s = script();

	s.bbr->min_rtt_us = U32_MAX;
	EXPECT_EQ(bbr_bdp(s.tp, 1 << 20, BBR_UNIT), (u32)TCP_INIT_CWND); /* nothing is known */
	ack(&s, 1, 1000, 10000);
	EXPECT_EQ(s.bbr->min_rtt_us, 10000u);
	ack(&s, 1, 1000, -1); /* no sample */
	ack(&s, 1, 1000, 12000);
	EXPECT_EQ(s.bbr->min_rtt_us, 10000u);
	ack(&s, 1, 9000000, 9000);
	EXPECT_EQ(s.bbr->min_rtt_us, 9000u);
	ack(&s, 1, 10000000, 12000); /* just ten seconds */
	EXPECT_EQ(s.bbr->min_rtt_us, 9000u);
	{
		struct rate_sample rs = { .rtt_us = 20000, .is_ack_delayed = true };

		s.tp->now_ns += 1000;
		EXPECT_TRUE(bbr_update_min_rtt(s.tp, &rs));
		EXPECT_EQ(s.bbr->min_rtt_us, 9000u);
		rs.is_ack_delayed = false;
		EXPECT_TRUE(bbr_update_min_rtt(s.tp, &rs));
		EXPECT_EQ(s.bbr->min_rtt_us, 20000u);
	}
	bench_stop(&s.b);
}
/* ACKs in lumps of twenty: what came beyond the bandwidth's share is what the window has more, once the pipe is full.
 * When they were slower again for as long, ten rounds without a lump forget it. */
TEST(acks_in_lumps_make_the_window_larger)
{
	struct script s = script();
	u32 smooth, lumps;

	for (int i = 0; i < 100; i++)
		ack(&s, 1, 1000, 10000);
	EXPECT_TRUE(s.bbr->full_bw_reached);
	smooth = bbr_aggregation_cwnd(s.tp);
	EXPECT_LE(smooth, 2u);
	s.tp->snd_cwnd = 100;
	for (int i = 0; i < 4; i++) {
		ack(&s, 20, 20000, 10000);
		s.tp->snd_cwnd = 100;
	}
	lumps = bbr_aggregation_cwnd(s.tp);
	EXPECT_GE(lumps, 18u);
	EXPECT_LE(lumps, 22u);
	for (int i = 0; i < 35; i++)
		ack(&s, 1, 2000, 10000);
	EXPECT_LE(bbr_aggregation_cwnd(s.tp), 2u);
	s.bbr->full_bw_reached = false;
	EXPECT_EQ(bbr_aggregation_cwnd(s.tp), 0u);
	bench_stop(&s.b);
}
/* A program that had little to say is no slow path; one that was faster than what was believed is news. */
TEST(samples_of_a_quiet_program)
{
	struct script s = script();
	struct rate_sample rs = { .delivered = 10, .interval_us = 10000, .is_app_limited = true };
	u32 bw;

	ack(&s, 1, 1000, 10000);
	bw = bbr_bw(s.tp);
	for (u32 round = 0; round < 30; round++) {
		rs.prior_delivered = s.tp->delivered++;
		rs.interval_us = 40000;
		bbr_update_bw(s.tp, &rs);
		EXPECT_TRUE(s.bbr->round_start);
	}
	EXPECT_EQ(bbr_bw(s.tp), bw);
	rs.interval_us = 5000;
	bbr_update_bw(s.tp, &rs);
	EXPECT_EQ(bbr_bw(s.tp), 2 * bw);
	rs.interval_us = -1; /* no sample */
	s.bbr->round_start = true;
	bbr_update_bw(s.tp, &rs);
	EXPECT_FALSE(s.bbr->round_start);
	bench_stop(&s.b);
}
