/* tests/sim/scenarios/large.c - many hosts, much time: what the simulator itself must bear */
#include "tests/sim/sim.h"

#define HOSTS 1000
#define LEAVES 20

SCENARIO(thousand_hosts, "1,000 hosts on 20 switches behind a router; each sends to another")
{
	struct sim_node *router = sim_router("router"), *host[HOSTS], *leaf[LEAVES];

	for (int i = 0; i < LEAVES; i++) {
		leaf[i] = sim_switch("switch%d", i);
		sim_wire(leaf[i], router, .bytes_per_second = GBIT(1), .delay_ns = US(50), .queue_packets = 1000);
	}
	for (int i = 0; i < HOSTS; i++) {
		host[i] = sim_host("h%d", i);
		sim_wire(host[i], leaf[i % LEAVES], .bytes_per_second = MBIT(100), .delay_ns = US(10),
			 .queue_packets = 100);
	}
	for (int i = 0; i < HOSTS; i++)
		sim_bulk(host[i], host[(i * 7 + 1) % HOSTS], .bytes = 50000, .start_ns = MS(i % 50));
	EXPECT_TRUE(sim_run(SEC(60)));
	for (struct sim_flow *f = sim_next_flow(NULL); f; f = sim_next_flow(f))
		EXPECT_EQ(f->received, 50000);
}

SCENARIO(an_hour, "an hour of one flow over 10 Mbit/s")
{
	struct sim_node *a = sim_host("a"), *b = sim_host("b");
	struct sim_flow *f;

	sim_wire(a, b, .bytes_per_second = MBIT(10), .delay_ns = MS(10), .queue_packets = 50);
	f = sim_bulk(a, b, .duration_ns = SEC(3600));
	EXPECT_TRUE(sim_run(SEC(3700)));
	EXPECT_EQ(f->received, f->sent);
	EXPECT_GT(sim_goodput(f), 9000000);
}
