/* tests/sim/scenarios/syn_flood.c - a million strangers begin a connection and never go on; clients notice nothing
 *
 * RFC 4987: 128 of them fill the SYN queue, all others are answered by a cookie, for which nothing is kept.
 */
#include "kernel/trace/printk.h"
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"

#define SYNS 1000000u
#define BURST 100u		/* in one poll or two, each millisecond: 100,000 a second */
#define BACKLOG 128u
#define CLIENTS 300u
#define PORT 80
#define BYTES_BOUND (256u << 10) /* of all objects of all three stacks, above what they had before */

static struct sim_node *server, *edge, *client;
static struct sim_nic *door;	/* the server's: what the flood comes in by */
static struct host_memory before, most;
static u64 syn_acks;
static u32 served, syns, queued;
static bool listening, over;

/* Whoever the strangers are said to be, behind the edge there is nobody. */
static bool lost_behind_the_edge(struct sim_link *l, int from, struct sk_buff *skb)
{
	const struct iphdr *ip = (const struct iphdr *)(skb->data + 14);
	const struct tcphdr *th = (const struct tcphdr *)(ip + 1);

	if (l->end[from] != door || skb->data[12] != 8 || skb->data[13] != 0)
		return false;
	syn_acks += ip->protocol == IPPROTO_TCP && th->syn && th->ack;
	return ip->daddr != sim_address(client);
}

static __be32 some_address(void)
{
	u32 a;

	do
		a = (u32)host_random();
	while (a >> 24 == 0 || a >> 24 == 10 || a >> 24 == 127 || a >> 24 >= 224);
	return htonl(a);
}
static void inject_syn(void)
{
	u8 f[14 + 20 + 20] = { 0 };
	struct iphdr *ip = (struct iphdr *)(f + 14);
	struct tcphdr *th = (struct tcphdr *)(ip + 1);

	memcpy(f, door->dev->dev_addr, 6);
	f[6] = 2;
	f[12] = 8;
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 60, .protocol = IPPROTO_TCP, .tot_len = htons(40),
			      .saddr = some_address(), .daddr = sim_address(server) };
	ip->check = ip_fast_csum(ip, 5);
	*th = (struct tcphdr){ .source = (__be16)host_random(), .dest = htons(PORT), .seq = (__be32)host_random(),
			       .doff = 5, .syn = 1, .window = htons(1024) };
	th->check = csum_tcpudp_magic(ip->saddr, ip->daddr, 20, IPPROTO_TCP, csum_partial(th, 20, 0));
	sim_nic_inject(door, f, sizeof(f));
}
static void look_at_memory(void)
{
	struct host_memory now;

	host_memory(&now);
	most.objects = max(most.objects, now.objects);
	most.bytes = max(most.bytes, now.bytes);
	most.pages = max(most.pages, now.pages);
}
static int flood(void *arg)
{
	(void)arg;
	while (!listening)
		sleep_ns(MS(1));
	host_memory(&before);
	for (syns = 0; syns < SYNS; syns++) {
		inject_syn();
		if (syns % BURST == BURST - 1) {
			look_at_memory();
			sleep_ns(MS(1));
		}
	}
	over = true;
	return 0;
}

/* One client after the other: a word there and back. */
static int clients(void *arg)
{
	char word[6];

	(void)arg;
	while (syns < 10 * BURST)
		sleep_ns(MS(1));
	for (u32 i = 0; i < CLIENTS; i++) {
		struct socket *s = tcp_socket(client->net);
		int err = sock_connect_to(s, sim_address(server), PORT, 0);

		if (err || sock_write(s, "hello", 6, 0) != 6 || sock_read(s, word, 6, 0) != 6 ||
		    memcmp(word, "hello", 6))
			panic("client %u after %u SYNs: %d", i, syns, err);
		sock_release(s);
		sleep_ns(MS(20));
	}
	EXPECT_FALSE(over); /* all of them while it went on */
	return 0;
}
static int serve(void *arg)
{
	struct socket *l = tcp_listener(server->net, PORT, BACKLOG), *s;
	char word[6];

	(void)arg;
	listening = true;
	while (served < CLIENTS && (s = sim_accept(l))) {
		if (sock_read(s, word, 6, 0) == 6 && sock_write(s, word, 6, 0) == 6 && !sock_read(s, word, 1, 0))
			served++;
		sock_release(s);
	}
	while (!over)
		sleep_ns(MS(10));
	queued = tcp_sk(l->sk)->syn_qlen;
	sleep_ns(SEC(100)); /* the last of the queue is given up after 63 s, TIME_WAIT after 60 */
	EXPECT_EQ(tcp_sk(l->sk)->syn_qlen, 0);
	sock_release(l);
	return 0;
}

static u64 mib(int nr) { return net_mib_sum(server->net, nr); }

/* Each SYN was answered once at once, and those in the queue again as long as they were there. */
static void counters_add_up(void)
{
	EXPECT_EQ(mib(MIB_TCPEXT_SYNCOOKIESSENT), SYNS + CLIENTS - BACKLOG);
	EXPECT_EQ(mib(MIB_TCPEXT_TCPREQQFULLDOCOOKIES), SYNS + CLIENTS - BACKLOG);
	EXPECT_EQ(mib(MIB_TCPEXT_SYNCOOKIESRECV), CLIENTS);
	EXPECT_EQ(mib(MIB_TCPEXT_SYNCOOKIESFAILED), 0);
	EXPECT_EQ(mib(MIB_TCP_PASSIVEOPENS), CLIENTS);
	EXPECT_EQ(mib(MIB_TCPEXT_LISTENDROPS), 0);
	EXPECT_EQ(mib(MIB_TCPEXT_LISTENOVERFLOWS), 0);
	EXPECT_EQ(mib(MIB_TCPEXT_TCPSYNRETRANS), BACKLOG * 5);
	EXPECT_EQ(syn_acks, SYNS + CLIENTS + BACKLOG * 5);
}

SCENARIO(syn_flood, "a million SYNs from random sources; clients meanwhile, memory and counters")
{
	struct host_memory after;
	struct sim_link *l;

	server = sim_host("server");
	edge = sim_router("edge");
	client = sim_host("client");
	l = sim_wire(server, edge, .delay_ns = US(100), .filter = lost_behind_the_edge);
	door = l->end[0];
	sim_wire(edge, client, .bytes_per_second = GBIT(1), .delay_ns = MS(1));
	served = syns = 0;
	syn_acks = 0;
	listening = over = false;
	sim_spawn(server, serve, NULL, "server");
	sim_spawn(edge, flood, NULL, "flood");
	sim_spawn(client, clients, NULL, "clients");
	ASSERT_TRUE(sim_run(SEC(300)));
	host_quiesce();
	host_memory(&after);
	EXPECT_EQ(served, CLIENTS);
	EXPECT_EQ(queued, BACKLOG);
	EXPECT_LE(most.bytes, before.bytes + BYTES_BOUND);
	EXPECT_LE(most.pages, before.pages);
	EXPECT_LE(after.bytes, before.bytes + 4096); /* neighbours and what the stacks keep for themselves */
	counters_add_up();
	sim_say("    %zu bytes at most, %zu objects, %zu pages; %zd bytes stayed\n", most.bytes - before.bytes,
		most.objects - before.objects, most.pages - before.pages, (ssize_t)(after.bytes - before.bytes));
}
