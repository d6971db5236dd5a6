/* tests/sim/scenarios/template.c - copy this file, give the scenario a name of its own, and run it:
 *
 *	make sim SCENARIO=template SEED=1 PLOT=1 PCAP=template.pcapng
 */
#include "tests/sim/sim.h"

SCENARIO(template, "a client behind a router and a lossy access line; copy it")
{
	/* The nodes. */
	struct sim_node *client = sim_host("client"), *router = sim_router("router"), *server = sim_host("server");
	struct sim_flow *down;

	/* The wires: each number of struct sim_link in tests/host/host.h may stand here. */
	sim_wire(client, router, .bytes_per_second = MBIT(20), .delay_ns = MS(10), .queue_packets = 50,
		 .loss_ppm = 100);
	sim_wire(router, server, .bytes_per_second = GBIT(1), .delay_ns = MS(1));

	/* The programs, and how long they may run. */
	down = sim_bulk(server, client, .bytes = 5000000, .ca = "reno");
	EXPECT_TRUE(sim_run(SEC(60)));

	/* What must have come of it. */
	EXPECT_EQ(down->received, 5000000);
}
