/* tests/sim/scenarios/ecn.c - a router that marks instead of dropping: the saw tooth without its losses */
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"

SCENARIO(ecn, "one flow of 20 s over 10 Mbit/s and 40 ms; packets are marked when 30 wait")
{
	struct sim_node *a = sim_host("a"), *b = sim_host("b");
	struct sim_flow *f;

	sim_wire(a, b, .bytes_per_second = MBIT(10), .delay_ns = MS(20), .queue_packets = 200, .mark_packets = 30);
	a->net->tcp->sysctl.ecn = 1; /* b agrees when asked, by default */
	f = sim_bulk(a, b, .duration_ns = SEC(20));
	EXPECT_TRUE(sim_run(SEC(60)));
	EXPECT_EQ(f->received, f->sent);
	EXPECT_GT(sim_goodput(f), 8500000);
	EXPECT_EQ(net_mib_sum(a->net, MIB_TCP_RETRANSSEGS), 0);
	EXPECT_GT(net_mib_sum(b->net, MIB_IPEXT_INCEPKTS), 10);
	EXPECT_GT(net_mib_sum(a->net, MIB_TCPEXT_TCPDELIVEREDCE), 10);
}
