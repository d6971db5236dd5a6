/* tests/tsan/tests.c - what several CPUs touch at once, by real threads under TSan
 *
 * The headers and files of the kernel are those that it runs. Each test is short: TSan needs no collision to see that
 * two accesses have nothing between them.
 */
#include "tests/tsan/tests.h"

void tsan_tests(void)
{
	home_start();
	primitives_tests();
	sync_tests();
	skb_tests();
	fib_tests();
	neigh_tests();
	nf_tests();
	udp_tests();
	tcp_tests();
}
