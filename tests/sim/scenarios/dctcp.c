/* tests/sim/scenarios/dctcp.c - a data center: a short round trip, a router that marks as soon as few packets wait */
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"

#define RATE MBIT(400)
#define MARK 20u	/* packets that may wait: above a seventh of the product (RFC 8257's K) */

static u32 longest;	/* queue, once the start is over */
static struct sim_link *narrow;

static void look(void *arg)
{
	longest = max(longest, sim_link_queue_packets(narrow, 0));
}
/* Two flows into one wire of 400 Mbit/s and 1 ms: 33 packets. Bits a second of both. */
static u64 run(const char *ca)
{
	struct sim_node *left = sim_router("left"), *right = sim_host("right"), *a[2];
	struct sim_flow *f[2];

	longest = 0;
	narrow = sim_wire(left, right, .bytes_per_second = RATE, .delay_ns = US(500), .queue_packets = 300,
			  .mark_packets = MARK);
	for (int i = 0; i < 2; i++) {
		a[i] = sim_host("a%d", i);
		sim_wire(a[i], left, .bytes_per_second = GBIT(1), .delay_ns = US(10));
	}
	for (int i = 0; i < 2; i++) {
		f[i] = sim_bulk(a[i], right, .ca = ca, .duration_ns = SEC(2), .start_ns = MS(10 * i));
		a[i]->net->tcp->sysctl.ecn = 1;
	}
	right->net->tcp->sysctl.ecn = 1;
	strscpy(right->net->tcp->sysctl.congestion_control, ca, TCP_CA_NAME_MAX); /* the receiver echoes in its way */
	for (u32 ms = 500; ms < 2000; ms++)
		sim_at(MS(ms), look, NULL);
	EXPECT_TRUE(sim_run(SEC(30)));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(f[i]->received, f[i]->sent);
		EXPECT_EQ(net_mib_sum(a[i]->net, MIB_TCP_RETRANSSEGS), 0);
	}
	return sim_goodput(f[0]) + sim_goodput(f[1]);
}
SCENARIO(dctcp, "DCTCP: two flows of 2 s share 400 Mbit/s and 1 ms; marks at 20 packets")
{
	EXPECT_GT(run("dctcp"), 360000000);
	EXPECT_LT(longest, 3 * MARK);
	EXPECT_GT(longest, MARK / 4); /* the link never idles for want of a queue */
}
