/* tests/sim/scenarios/long_fat_pipe.c - 10 Gbit/s and 100 ms: 125 MB under way, and no program that asked for them
 *
 * No SO_SNDBUF, no SO_RCVBUF: both buffers grow by themselves, as far as the administrator's tcp_rmem and tcp_wmem let
 * them. Those are raised here, as on any host with such a line: by default they end at 6 and 4 MB, which is 0.5 Gbit/s.
 * tcp_mem is that of a machine with 16 GB.
 */
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"

#define CEILING (1 << 30)
#define MEMORY_PAGES (1 << 20)

static struct sim_flow *flow;
static u64 received[2];

static void look(void *which) { received[(long)which] = flow->received; }

SCENARIO(long_fat_pipe, "one flow of 4 s over 10 Gbit/s and 100 ms; both buffers grow by themselves")
{
	struct sim_node *a = sim_host("a"), *b = sim_host("b");

	sim_wire(a, b, .bytes_per_second = GBIT(10), .delay_ns = MS(50), .queue_packets = 100000);
	flow = sim_bulk(a, b, .duration_ns = SEC(4), .write_size = 1 << 20, .read_size = 1 << 20);
	for (int i = 0; i < 3; i++)
		a->net->tcp->sysctl.mem[i] = b->net->tcp->sysctl.mem[i] = MEMORY_PAGES;
	a->net->tcp->sysctl.wmem[2] = b->net->tcp->sysctl.rmem[2] = CEILING;
	sim_at(SEC(3), look, (void *)0);
	sim_at(SEC(4), look, (void *)1);
	EXPECT_TRUE(sim_run(SEC(60)));
	EXPECT_EQ(flow->received, flow->sent);
	EXPECT_GT((received[1] - received[0]) * 8, 9000000000ull); /* of 9.5 that headers leave */
}
