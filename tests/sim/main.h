/* tests/sim/main.h - between main.c, which knows the C library, and the scenarios */
#pragma once

struct test_case;
const char *sim_name(struct test_case *t);
const char *sim_about(struct test_case *t);
unsigned long sim_seeds(struct test_case *t); /* how many a plain run takes */
