/* tests/tsan/udp_test.c - datagrams for ports whose sockets come and go
 *
 * Two threads send to a few ports, each datagram with the number of its port. Two others bind, connect, read and close:
 * what a socket receives was for its port. Then the table grows while a group with SO_REUSEPORT is looked up.
 */
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/udp/internal.h"
#include "tests/host/world.h"
#include "tests/tsan/tests.h"

#define STEPS 300 /* of each that binds */
#define FIRST_PORT 2000
#define PORTS 6
#define HOARD 560 /* more than the table has room for at first: it grows meanwhile */

static struct net *net;
static struct socket *sender[2];
static u32 busy = 2, received, for_others;

static void send(int thread)
{
	u16 port = (u16)(FIRST_PORT + get_random_u32_below(PORTS));
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct kvec v = { &port, sizeof(port) };
	struct msghdr_kern m = { .msg_name = &a, .msg_namelen = sizeof(a), .msg_flags = MSG_DONTWAIT };

	iov_iter_kvec(&m.msg_iter, true, &v, 1, sizeof(port));
	sender[thread]->ops->sendmsg(sender[thread], &m, sizeof(port));
}
static struct socket *udp_socket(void)
{
	struct socket *s;

	BUG_ON(sock_create_kern(net, AF_INET, SOCK_DGRAM, 0, &s));
	return s;
}
static void serve(u32 i)
{
	u32 dice = get_random_u32();
	struct socket *s = udp_socket();
	u16 port = (u16)(FIRST_PORT + dice % PORTS), got;

	if (dice & 1 << 16)
		sock_set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!sock_bind_to(s, dice & 1 << 17 ? htonl(INADDR_LOOPBACK) : 0, port)) {
		if (dice & 1 << 18)
			sock_connect_to(s, htonl(INADDR_LOOPBACK), 9, 0);
		for (int k = 0; k < 8; k++) {
			cpu_turn();
			while (sock_read(s, &got, sizeof(got), MSG_DONTWAIT) == sizeof(got)) {
				count(&received);
				if (got != port)
					count(&for_others);
			}
		}
	}
	sock_release(s);
}
static void hoard(struct socket **kept, u32 i)
{
	if (i < HOARD) {
		kept[i] = udp_socket();
		BUG_ON(sock_bind_to(kept[i], 0, (u16)(10000 + i)));
	}
}
static void send_or_serve(int thread)
{
	static struct socket *kept[HOARD]; /* all of them, as 2 * STEPS is more */

	for (u32 i = 0; thread < 2 ? running(&busy) : i < STEPS || !running(&received); i++) {
		if (thread < 2) {
			send(thread);
		} else {
			serve(i);
			if (thread == 2)
				for (u32 k = 2 * i; k < 2 * i + 2; k++)
					hoard(kept, k);
		}
		if (!(i % 16))
			cpu_turn();
	}
	for (u32 i = 0; thread == 2 && i < HOARD; i++)
		sock_release(kept[i]);
	if (thread >= 2)
		stopped(&busy);
}

#define GROUP 8
#define GROWTHS 6

static struct sock *owner;	/* of the flow that is looked up */
static u32 growing, elsewhere, incomplete;

static struct sock *flows_owner(void)
{
	__be32 lo = htonl(INADDR_LOOPBACK);

	return udp4_lib_lookup(net, lo, htons(9), lo, htons(FIRST_PORT), (int)net->loopback_dev->ifindex);
}
static void one_more(struct sock *sk, void *n) { ++*(int *)n; }
/* One thread looks a flow up, one the whole group, as a broadcast does. */
static void look(int thread)
{
	__be32 lo = htonl(INADDR_LOOPBACK);
	int n = 0;

	local_bh_disable();
	rcu_read_lock();
	if (!thread && flows_owner() != owner)
		count(&elsewhere);
	if (thread)
		udp_for_each_group_member(net, lo, htons(9), lo, htons(FIRST_PORT),
					  (int)net->loopback_dev->ifindex, one_more, &n);
	if (thread && n != GROUP)
		count(&incomplete);
	rcu_read_unlock();
	local_bh_enable();
}
static void look_or_grow(int thread)
{
	static struct socket *kept[HOARD];

	while (thread < 2 && running(&growing)) {
		look(thread);
		cpu_turn();
	}
	if (thread != 2)
		return;
	for (u32 i = 0; i < HOARD; i++) {
		hoard(kept, i);
		cpu_turn();
	}
	stopped(&growing);
	for (u32 i = 0; i < HOARD; i++)
		sock_release(kept[i]);
}
static void grow_under_a_group(void)
{
	struct socket *group[GROUP];

	net = home_net();
	for (int i = 0; i < GROUP; i++) {
		group[i] = udp_socket();
		sock_set_int(group[i], SOL_SOCKET, SO_REUSEPORT, 1);
		BUG_ON(sock_bind_to(group[i], 0, FIRST_PORT));
	}
	owner = flows_owner();
	growing = 1;
	in_threads(look_or_grow);
	for (int i = 0; i < GROUP; i++)
		sock_release(group[i]);
	put_net(net);
	home_settle();
}

void udp_tests(void)
{
	net = home_net();
	for (int i = 0; i < 2; i++)
		sender[i] = udp_socket();
	in_threads(send_or_serve);
	report("a_datagram_reaches_only_a_socket_of_its_port", received && !for_others);
	for (int i = 0; i < 2; i++)
		sock_release(sender[i]);
	put_net(net);
	home_settle();
	for (int i = 0; i < GROWTHS; i++)
		grow_under_a_group();
	report("a_growing_table_hides_nobody_of_a_group", !elsewhere && !incomplete);
}
