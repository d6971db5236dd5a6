/* tests/tsan/tcp_test.c - connections come and go between four CPUs
 *
 * One thread serves, two connect; each connection carries its number there and back over loopback, so segments, the
 * listener's queues, timers and the socket's lock meet on all CPUs. The fourth looks sockets up without any lock, as
 * segments of strangers do, opens and closes listeners, and changes the filter that children inherit.
 */
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/core/sock_filter.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/world.h"
#include "tests/tsan/tests.h"

#define ROUNDS 80 /* connections of each client */
#define PORT 80
#define LOOKS 8   /* for each listener that is opened and closed */

static struct net *net;
static struct socket *listener;
static u32 clients = 2, answered, wrong, strangers, lost, looked;

static bool pass(struct socket *s, u32 *n, bool write)
{
	return (write ? sock_write(s, n, sizeof(*n), 0) : sock_read(s, n, sizeof(*n), MSG_WAITALL)) == sizeof(*n);
}
static void serve(void)
{
	struct socket *s = sock_alloc();
	u32 n;

	BUG_UNLESS(s);
	s->type = SOCK_STREAM;
	s->ops = listener->ops;
	BUG_ON(listener->ops->accept(listener, s, 0));
	if (!pass(s, &n, false) || !pass(s, &n, true))
		count(&wrong);
	sock_release(s);
}
static void ask(u32 n)
{
	struct socket *s = tcp_socket(net);
	u32 back = 0;

	if (sock_connect_to(s, htonl(INADDR_LOOPBACK), PORT, 0) || !pass(s, &n, true) || !pass(s, &back, false) ||
	    back != n)
		count(&wrong);
	else
		count(&answered);
	sock_release(s);
}
static void look(void)
{
	__be32 peer = htonl(0x0a000000 + get_random_u32_below(1000)), local = htonl(INADDR_LOOPBACK);
	struct tcp_hashed *h;
	struct sock *sk;

	rcu_read_lock();
	h = tcp_lookup_established(net, peer, htons(1024), local, PORT, 1);
	sk = tcp_lookup_listener(net, peer, htons(1024), local, PORT, 1);
	rcu_read_unlock();
	if (h)
		count(&strangers);
	if (!sk || sk != listener->sk)
		count(&lost);
	if (sk)
		sock_put(sk);
	count(&looked);
}
/* A child inherits a filter that may be on its way out. */
static void change_filter(u32 i)
{
	struct sock_filter all = { BPF_RET | BPF_K, 0, 0, U32_MAX };
	struct sock_fprog prog = { 1, &all };

	lock_sock(listener->sk);
	if (i & 1)
		BUG_ON(sk_attach_filter(listener->sk, KERNEL_SOCKPTR(&prog), sizeof(prog)));
	else
		BUG_ON(sk_detach_filter(listener->sk));
	release_sock(listener->sk);
}
static void look_and_listen(void)
{
	u32 filters = 0;

	while (running(&clients)) {
		struct socket *other = tcp_listener(net, PORT + TCP_LHASH_SIZE, 1); /* of the same chain */

		for (int i = 0; i < LOOKS; i++) {
			look();
			change_filter(++filters);
		}
		sock_release(other);
		cpu_turn();
	}
}
static void talk(int thread)
{
	for (u32 i = 0; i < 2 * ROUNDS && !thread; i++)
		serve();
	for (u32 i = 0; i < ROUNDS && (thread == 1 || thread == 2); i++)
		ask((u32)thread * ROUNDS + i);
	if (thread == 1 || thread == 2)
		stopped(&clients);
	if (thread == 3)
		look_and_listen();
}

void tcp_tests(void)
{
	net = home_net();
	net->tcp->ehash_mask = TCP_EHASH_LOCKS - 1; /* short enough for chains of several */
	listener = tcp_listener(net, PORT, 16);
	in_threads(talk);
	report("connections_between_cpus_carry_their_numbers", answered == 2 * ROUNDS && !wrong);
	report("a_lookup_finds_the_listener_and_no_stranger", looked && !strangers && !lost);
	sock_release(listener);
	put_net(net);
	home_settle();
}
