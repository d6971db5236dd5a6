/* tests/sim/scenarios/fairness.c - flows of one kind share a narrow wire: how evenly, and how well is it filled
 *
 * Each algorithm that net/tcp registers is tried in turn, in a network of its own.
 */
#include "net/tcp/tcp_internal.h"
#include "tests/host/sys.h"
#include "tests/sim/sim.h"

#define FLOWS 4
#define FAIR 800	/* Jain's index, in thousandths */
#define FILLED 800	/* of the wire's bits, in thousandths */

static void share(const char *ca)
{
	struct sim_node *left = sim_router("left"), *right = sim_router("right"), *a[FLOWS], *b[FLOWS];

	sim_wire(left, right, .bytes_per_second = MBIT(20), .delay_ns = MS(10), .queue_packets = 70);
	for (int i = 0; i < FLOWS; i++) {
		a[i] = sim_host("a%d", i);
		b[i] = sim_host("b%d", i);
		sim_wire(a[i], left, .bytes_per_second = MBIT(100), .delay_ns = MS(1));
		sim_wire(right, b[i], .bytes_per_second = MBIT(100), .delay_ns = MS(1));
	}
	for (int i = 0; i < FLOWS; i++)
		sim_bulk(a[i], b[i], .ca = ca, .duration_ns = SEC(60), .start_ns = MS(100 * i));
}
/* The seed counts through the list: each run has one algorithm. */
static const char *algorithm(char *all, u64 seed)
{
	u64 n = 1;

	for (const char *c = all; *c; c++)
		n += *c == ' ';
	for (seed %= n; seed; seed--)
		strsep(&all, " ");
	return strsep(&all, " ");
}
SCENARIO(fairness, "four flows of one algorithm, by the seed, through one queue: Jain's index and use", .seeds = 6)
{
	char all[128];
	const char *ca;
	u64 sum = 0;

	tcp_ca_list(all, sizeof(all), ~0ull);
	ca = algorithm(all, sys_env_number("SEED", 1));
	share(ca);
	EXPECT_TRUE(sim_run(SEC(120)));
	for (struct sim_flow *f = sim_next_flow(NULL); f; f = sim_next_flow(f))
		sum += sim_goodput(f);
	sim_say("    %s: fairness 0.%03u, %llu.%llu Mbit/s together\n", ca, sim_fairness(), sum / 1000000,
		sum / 100000 % 10);
	EXPECT_GE(sim_fairness(), FAIR);
	EXPECT_GE(sum, (u64)MBIT(20) * 8 * FILLED / 1000);
}
