/* tests/unit/net/tcp/idle_test.c - what a connection costs that says nothing: 50,000 must fit in 512 MB */
#include "tests/unit/net/tcp/bench.h"

#define CONNECTIONS 500u
#define BYTES_EACH 6144u /* of kernel objects at both ends together: 50,000 of one end are 154 MB */

TEST(an_idle_connection_costs_little)
{
	static struct socket *c[CONNECTIONS], *a[CONNECTIONS];
	struct host_memory before, after;
	struct two_hosts w;
	struct socket *l;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	l = tcp_listener(w.net[1], 80, CONNECTIONS);
	host_settle();
	host_memory(&before);
	for (u32 i = 0; i < CONNECTIONS; i++) {
		c[i] = tcp_socket(w.net[0]);
		a[i] = sock_alloc();
		a[i]->type = SOCK_STREAM;
		a[i]->ops = l->ops;
		ASSERT_EQ(sock_connect_to(c[i], HOST_B, 80, 0), 0);
		ASSERT_EQ(l->ops->accept(l, a[i], 0), 0);
	}
	host_pass(NSEC_PER_SEC);
	host_quiesce();
	host_memory(&after);
	EXPECT_LT((after.bytes - before.bytes) / CONNECTIONS, BYTES_EACH);
	EXPECT_EQ(after.pages, before.pages);
	if ((after.bytes - before.bytes) / CONNECTIONS < 1000)
		test_fail(__FILE__, __LINE__, true, "it was not counted");
	for (u32 i = 0; i < CONNECTIONS; i++) {
		sock_release(c[i]);
		sock_release(a[i]);
	}
	sock_release(l);
	two_hosts_stop(&w);
}
