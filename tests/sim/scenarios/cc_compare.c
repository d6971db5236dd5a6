/* tests/sim/scenarios/cc_compare.c - reno, cubic and bbr, each alone on a clean, a lossy and a bloated path
 *
 *	make sim SCENARIO=cc-compare PLOT=1
 *
 * draws the nine flows, a column for each path. docs/congestion.md explains what is to be seen.
 */
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"
#include <linux/inet_diag.h>

#define RATE MBIT(50)
#define DELAY_MS 20		/* each way */
#define BDP 165u		/* packets: 50 Mbit/s x 40 ms */
#define RUN_S 40
/* What of the rate is payload: 1448 of 1514 bytes that the wire counts. */
#define PAYLOAD (RATE * 8 * 1448 / 1514)
/* A round trip of one full packet: the way there and back, and the time that it takes to be sent. */
#define RTT_US (2 * DELAY_MS * 1000 + 1514 * USEC_PER_SEC / RATE)

enum { RENO, CUBIC, BBR, NR_CA };
static const char *const algorithms[NR_CA] = { "reno", "cubic", "bbr" };
enum { CLEAN, LOSSY, BLOATED, NR_PATHS };
static const char *const paths[NR_PATHS] = { "clean", "1 % loss", "bufferbloat" };
static const struct sim_link links[NR_PATHS] = {
	[CLEAN] = { .queue_packets = BDP },
	[LOSSY] = { .queue_packets = BDP, .loss_ppm = 10000 },
	[BLOATED] = { .queue_packets = 10 * BDP },
};

struct seen { struct sim_flow *flow; u64 most_srtt_us, sum_srtt_us, samples, bw, min_rtt_us; };
static struct seen seen[NR_PATHS][NR_CA];

/* Ten times a second, once slow start is over: the round trips, and what BBR believes. */
static void look(void *unused)
{
	union tcp_cc_info info;

	for (int i = 0; i < NR_PATHS * NR_CA; i++) {
		struct seen *s = &seen[i / NR_CA][i % NR_CA];
		struct tcp_sock *tp = s->flow->socket ? tcp_sk(s->flow->socket->sk) : NULL;

		if (!tp || !tp->ca_ops)
			continue;
		s->most_srtt_us = max(s->most_srtt_us, (u64)tp->srtt_us >> 3);
		s->sum_srtt_us += tp->srtt_us >> 3;
		s->samples++;
		if (tp->ca_ops->get_info && tp->ca_ops->get_info(tp, &info)) {
			s->bw = ((u64)info.bbr.bbr_bw_hi << 32 | info.bbr.bbr_bw_lo) * 8;
			s->min_rtt_us = info.bbr.bbr_min_rtt;
		}
	}
	if (sim_now() < SEC(RUN_S))
		sim_at(sim_now() + MS(100), look, unused);
}
static struct sim_node *ends[NR_PATHS][NR_CA][2];
static char names[NR_PATHS][NR_CA][24];
static void build(int path, int ca)
{
	struct sim_node **e = ends[path][ca];
	struct sim_link l = links[path];

	e[0] = sim_host("a%d%d", path, ca);
	e[1] = sim_host("b%d%d", path, ca);
	snprintf(names[path][ca], sizeof(names[path][ca]), "%s/%s", paths[path], algorithms[ca]);
	l.name = names[path][ca];
	l.bytes_per_second = RATE;
	l.delay_ns = MS(DELAY_MS);
	sim_wire_with(e[0], e[1], &l);
}
static void start(int path, int ca)
{
	struct sim_node **e = ends[path][ca];

	seen[path][ca].flow =
		sim_bulk(e[0], e[1], .name = names[path][ca], .ca = algorithms[ca], .duration_ns = SEC(RUN_S));
}
static void for_each(void (*fn)(int path, int ca))
{
	for (int path = 0; path < NR_PATHS; path++)
		for (int ca = 0; ca < NR_CA; ca++)
			fn(path, ca);
}
static u64 goodput(int path, int ca) { return sim_goodput(seen[path][ca].flow); }
static u64 mean_rtt(int path, int ca) { return seen[path][ca].sum_srtt_us / seen[path][ca].samples; }
static bool within(u64 is, u64 should, u64 percent)
{
	return is * 100 >= should * (100 - percent) && is * 100 <= should * (100 + percent);
}

SCENARIO(cc_compare, "reno, cubic and bbr on a clean, a lossy and a bloated path of 50 Mbit/s and 40 ms", .seeds = 3)
{
	for_each(build);
	for_each(start);
	sim_at(SEC(10), look, NULL);
	EXPECT_TRUE(sim_run(SEC(RUN_S + 30)));
	for (int path = 0; path < NR_PATHS; path++) { /* the model against the truth */
		EXPECT_TRUE(within(seen[path][BBR].bw, PAYLOAD, 5));
		EXPECT_TRUE(within(seen[path][BBR].min_rtt_us, RTT_US, 5));
	}
	for (int ca = 0; ca < NR_CA; ca++) {
		EXPECT_GT(goodput(CLEAN, ca), PAYLOAD * 85 / 100);
		EXPECT_GT(goodput(BLOATED, ca), PAYLOAD * 85 / 100);
	}
	/* One loss in a hundred is no congestion: BBR does not mind, the others do. */
	EXPECT_GT(goodput(LOSSY, BBR), PAYLOAD * 85 / 100);
	EXPECT_GT(goodput(LOSSY, BBR), 3 * goodput(LOSSY, CUBIC));
	/* Who waits for a loss fills whatever queue there is. */
	EXPECT_LT(mean_rtt(BLOATED, BBR), 2 * RTT_US);
	EXPECT_GT(mean_rtt(BLOATED, CUBIC), 5 * RTT_US);
	EXPECT_GT(mean_rtt(BLOATED, RENO), 5 * RTT_US);
}
