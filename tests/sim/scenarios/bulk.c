/* tests/sim/scenarios/bulk.c - one flow through one narrow wire: the saw tooth that everybody draws first */
#include "tests/sim/sim.h"

SCENARIO(bulk, "one flow of 30 s over 10 Mbit/s, 20 ms each way, a queue of 60 packets")
{
	struct sim_node *a = sim_host("a"), *b = sim_host("b");
	struct sim_flow *f;

	sim_wire(a, b, .bytes_per_second = MBIT(10), .delay_ns = MS(20), .queue_packets = 60);
	f = sim_bulk(a, b, .duration_ns = SEC(30));
	EXPECT_TRUE(sim_run(SEC(60)));
	EXPECT_EQ(f->received, f->sent);
	EXPECT_GT(sim_goodput(f), 7000000);
}
