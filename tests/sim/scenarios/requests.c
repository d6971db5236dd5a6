/* tests/sim/scenarios/requests.c - requests and answers: over TCP by many clients, over UDP among several virtual CPUs
 */
#include "kernel/trace/printk.h"
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"

#define CLIENTS 4
#define REQUESTS 60
#define PORT 8000
#define MOST 20000u

struct request { u32 key, length, answer; };	/* then length bytes; the answer has as many as asked for */
static u64 answered[CLIENTS], served;
static u32 clients_left;

/* False: the other end has closed before the first byte. */
static bool read_all(struct socket *s, void *buf, size_t n)
{
	ssize_t r;

	for (size_t have = 0; have < n; have += (size_t)r) {
		r = sock_read(s, (u8 *)buf + have, n - have, 0);
		if (!r && !have)
			return false;
		if (r <= 0)
			panic("%zu of %zu bytes, then %zd", have, n, r);
	}
	return true;
}
static void write_all(struct socket *s, const void *buf, size_t n)
{
	ssize_t r = sock_write(s, buf, n, MSG_NOSIGNAL);

	if (r != (ssize_t)n)
		panic("%zd of %zu bytes written", r, n);
}
static int serve(void *arg)
{
	struct socket *s = arg;
	struct request rq;
	u8 *buf = kmalloc(MOST, GFP_KERNEL);

	BUG_UNLESS(buf);
	while (read_all(s, &rq, sizeof(rq))) {
		read_all(s, buf, rq.length);
		if (memcmp(buf, sim_bytes(rq.key, 0), rq.length))
			panic("request %u is not what was sent", rq.key);
		write_all(s, sim_bytes(rq.key + 1, 0), rq.answer);
		served++;
	}
	kfree(buf);
	sock_release(s);
	return 0;
}
static int server(void *arg)
{
	struct sim_node *me = arg;
	struct socket *l = tcp_listener(me->net, PORT, 8), *s;

	while (clients_left) {
		s = sock_poll(l) & 1 ? sim_accept(l) : NULL;
		if (s)
			sim_spawn(me, serve, s, "worker");
		else
			sleep_ns(MS(1));
	}
	sock_release(l);
	return 0;
}
struct client { struct sim_node *node, *server; u32 nr; };
static struct socket *call(const struct client *c)
{
	struct socket *s = tcp_socket(c->node->net);
	int err = sock_connect_to(s, sim_address(c->server), PORT, 0);

	if (err)
		panic("connect: %d", err);
	sock_set_int(s, SOL_TCP, TCP_NODELAY, (int)(host_random() % 2));
	return s;
}
static void ask(struct socket *s, u32 key, u8 *buf)
{
	struct request rq = { .key = key };

	rq.length = (u32)(host_random() % MOST);
	rq.answer = (u32)(host_random() % MOST);
	write_all(s, &rq, sizeof(rq));
	write_all(s, sim_bytes(key, 0), rq.length);
	if (rq.answer && !read_all(s, buf, rq.answer))
		panic("no answer to %u", key);
	if (memcmp(buf, sim_bytes(key + 1, 0), rq.answer))
		panic("the answer to %u is another's", key);
}
static int client(void *arg)
{
	struct client *c = arg;
	struct socket *s = NULL;
	u8 *buf = kmalloc(MOST, GFP_KERNEL);

	BUG_UNLESS(buf);
	sleep_ns(MS(10)); /* until the server listens */
	for (u32 i = 0; i < REQUESTS; i++) {
		s = s ? s : call(c);
		ask(s, c->nr * 1000 + i * 2, buf);
		answered[c->nr]++;
		if (host_random() % 8 == 0) { /* the next one over a connection of its own */
			sock_release(s);
			s = NULL;
		}
		if (host_random() % 4 == 0)
			sleep_ns(host_random() % MS(50));
	}
	if (s)
		sock_release(s);
	kfree(buf);
	clients_left--;
	return 0;
}
/* Every read of it waits for what is not there yet: bytes go past the receive queue, unless low_latency forbids it. */
static void ask_and_answer(int low_latency)
{
	struct sim_node *s = sim_host("server"), *middle = sim_router("router");
	struct client c[CLIENTS];
	u64 direct;

	host_set_cpus(1 + (u32)(host_random() % 3));
	clients_left = CLIENTS;
	sim_wire(middle, s, .bytes_per_second = MBIT(20), .delay_ns = MS(5), .queue_packets = 60, .loss_ppm = 5000);
	for (u32 i = 0; i < CLIENTS; i++) {
		c[i] = (struct client){ .node = sim_host("client%u", i), .server = s, .nr = i };
		sim_wire(c[i].node, middle, .bytes_per_second = MBIT(100), .delay_ns = MS(1));
	}
	s->net->tcp->sysctl.low_latency = low_latency;
	sim_spawn(s, server, s, "server");
	for (u32 i = 0; i < CLIENTS; i++)
		sim_spawn(c[i].node, client, &c[i], "client");
	ASSERT_TRUE(sim_run(SEC(600)));
	for (u32 i = 0; i < CLIENTS; i++)
		EXPECT_EQ(answered[i], REQUESTS);
	EXPECT_EQ(served, CLIENTS * REQUESTS);
	direct = net_mib_sum(s->net, MIB_TCPEXT_TCPDIRECTCOPYFROMPREQUEUE);
	EXPECT_EQ(direct > CLIENTS * REQUESTS * sizeof(struct request), !low_latency);
	EXPECT_EQ(net_mib_sum(s->net, MIB_TCPEXT_TCPPREQUEUED) > 0, !low_latency);
}
SCENARIO(requests, "requests and answers by several clients over a line that loses some", .seeds = 20)
{
	ask_and_answer(0);
}
SCENARIO(requests_through_the_queue, "the same, to a server whose readers get all through the queue", .seeds = 20)
{
	ask_and_answer(1);
}

/* --- datagrams --- */

#define ECHOES 2 /* sockets that share the port */
static u64 echoed[ECHOES];
static bool over;
struct echo { struct sim_node *node; u32 nr; };

static struct socket *open_udp(struct net *net, u16 port)
{
	struct socket *s;

	BUG_ON(sock_create_kern(net, AF_INET, SOCK_DGRAM, 0, &s));
	sock_set_int(s, SOL_SOCKET, SO_REUSEPORT, 1);
	BUG_ON(port && sock_bind_to(s, 0, port));
	return s;
}
static int echo(void *arg)
{
	struct echo *e = arg;
	struct socket *s = open_udp(e->node->net, PORT);
	struct sockaddr_in from;
	u8 buf[2000];

	while (!over) {
		struct kvec v = { buf, sizeof(buf) };
		struct msghdr_kern m = { .msg_name = &from, .msg_namelen = sizeof(from) };
		ssize_t n;

		iov_iter_kvec(&m.msg_iter, false, &v, 1, sizeof(buf));
		n = s->ops->recvmsg(s, &m, sizeof(buf), MSG_DONTWAIT);
		if (n < 0) {
			sleep_ns(US(50));
			continue;
		}
		v.iov_len = (size_t)n;
		m = (struct msghdr_kern){ .msg_name = &from, .msg_namelen = sizeof(from) };
		iov_iter_kvec(&m.msg_iter, true, &v, 1, (size_t)n);
		EXPECT_EQ(s->ops->sendmsg(s, &m, (size_t)n), n);
		echoed[e->nr]++;
	}
	sock_release(s);
	return 0;
}
static int pinger(void *arg)
{
	struct client *c = arg;
	struct socket *s = open_udp(c->node->net, 0);
	u8 buf[2000];

	sleep_ns(MS(1));
	BUG_ON(sock_connect_to(s, sim_address(c->server), PORT, 0));
	for (u32 i = 0; i < 300; i++) {
		size_t n = 1 + (size_t)(host_random() % sizeof(buf)); /* some are fragmented */

		EXPECT_EQ(sock_write(s, sim_bytes(c->nr * 1000 + i, 0), n, 0), (ssize_t)n);
		ASSERT_EQ(sock_read(s, buf, sizeof(buf), 0), (ssize_t)n);
		EXPECT_EQ(memcmp(buf, sim_bytes(c->nr * 1000 + i, 0), n), 0);
	}
	sock_release(s);
	over |= !--clients_left;
	return 0;
}
/* Ports come and go beside them, and the shared port with them. */
static int comes_and_goes(void *arg)
{
	struct sim_node *me = arg;

	while (!over) {
		struct socket *s = open_udp(me->net, (u16)(PORT + 1 + host_random() % 3)), *t = open_udp(me->net, 0);

		sock_connect_to(t, sim_address(me), PORT + 1, 0);
		sock_write(t, "x", 1, MSG_DONTWAIT);
		sleep_ns(host_random() % US(200));
		sock_release(s);
		sock_release(t);
	}
	return 0;
}
SCENARIO(datagrams, "datagrams there and back among several virtual CPUs, none lost, none twice", .seeds = 20)
{
	struct sim_node *a = sim_host("a"), *b = sim_host("b");
	struct client c[CLIENTS];
	struct echo e[ECHOES];
	u64 all = 0;

	host_set_cpus(2 + (u32)(host_random() % 3));
	clients_left = CLIENTS;
	sim_wire(a, b, .bytes_per_second = MBIT(1000), .delay_ns = US(20));
	for (u32 i = 0; i < ECHOES; i++) {
		e[i] = (struct echo){ b, i };
		sim_spawn(b, echo, &e[i], "echo");
	}
	for (u32 i = 0; i < CLIENTS; i++) {
		c[i] = (struct client){ .node = a, .server = b, .nr = i };
		sim_spawn(a, pinger, &c[i], "pinger");
	}
	sim_spawn(b, comes_and_goes, b, "churn");
	ASSERT_TRUE(sim_run(SEC(600)));
	for (u32 i = 0; i < ECHOES; i++)
		all += echoed[i];
	EXPECT_EQ(all, CLIENTS * 300);
}
