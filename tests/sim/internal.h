/* tests/sim/internal.h - what the files of the simulator know of each other */
#pragma once
#include "tests/sim/sim.h"

struct sim_world {
	const struct sim_scenario *scenario;
	struct sim_node *nodes, **last_node;
	struct sim_link **links;
	u32 nr_links, size_links, nr_macs, nr_segments;
	struct sim_flow *flows, **last_flow;
	u64 start_ns;
	u32 nr_talks;
	bool started, over;
	struct sim_program *first_program;
	u32 programs;			/* that have not ended */
};
extern struct sim_world sim;

/* programs.c */
void sim_stop_programs(void);
void sim_spawn_aside(int (*fn)(void *), void *arg, const char *name); /* sim_run() does not wait for it */

/* record.c */
void sim_record_start(void);
void sim_record_sampling(bool on);
void sim_record_stop(void);	/* closes files, prints what happened */
