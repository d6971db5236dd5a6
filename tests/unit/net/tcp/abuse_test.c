/* tests/unit/net/tcp/abuse_test.c - too much of everything: ports, options, ACKs, half-open connections */
#include "net/ipv4/internal.h"
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

/* --- ports --- */

TEST(when_the_ports_are_used_up_it_says_so_and_recovers)
{
	struct socket *s[33];
	struct two_hosts w;
	struct socket *l;
	int err = 0;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	l = tcp_listener(w.net[1], 80, 100);
	w.net[0]->ipv4->sysctl.ip_local_port_range[0] = 40000;
	w.net[0]->ipv4->sysctl.ip_local_port_range[1] = 40031;
	for (int i = 0; i < 32; i++) {
		s[i] = tcp_socket(w.net[0]);
		EXPECT_EQ(sock_connect_to(s[i], HOST_B, 80, 0), 0);
	}
	s[32] = tcp_socket(w.net[0]);
	for (int i = 0; i < 3; i++) {
		err = sock_connect_to(s[32], HOST_B, 80, 0);
		EXPECT_EQ(err, -EADDRNOTAVAIL);
	}
	EXPECT_EQ(sock_connect_to(s[32], HOST_B, 81, 0), -ECONNREFUSED); /* to another port any of them serves */
	EXPECT_EQ(sock_setsockopt(s[5], SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR((&(int[2]){ 1, 0 })), 8), 0);
	sock_release(s[5]); /* by reset: its port is free at once */
	s[5] = tcp_socket(w.net[0]);
	EXPECT_EQ(sock_connect_to(s[5], HOST_B, 80, 0), 0);
	for (int i = 0; i < 33; i++)
		sock_release(s[i]);
	sock_release(l);
	two_hosts_stop(&w);
}

/* --- options --- */

/* A SYN or an ACK with n bytes of options, exactly these, padded with zeros to 4. */
static void with_options(struct tcp_bench *b, u8 flags, u32 seq, u32 ack, const u8 *opt, u32 n)
{
	static u8 f[14 + 20 + 60];
	struct iphdr *ip = (struct iphdr *)(f + 14);
	struct tcphdr *th = (struct tcphdr *)(ip + 1);
	u32 thlen = 20 + ALIGN_UP(n, 4u);

	memset(f, 0, sizeof(f));
	memcpy(f, b->nic->dev->dev_addr, 6);
	memcpy(f + 6, "\2\0\0\0\0\x99", 6);
	f[12] = 8;
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .saddr = HOST_B,
			      .daddr = HOST_A, .tot_len = htons((u16)(20 + thlen)) };
	ip->check = ip_fast_csum(ip, 5);
	th->source = htons(b->peer_port);
	th->dest = htons(b->our_port);
	th->seq = htonl(b->peer_isn + seq);
	th->ack_seq = htonl(flags & ACK ? b->our_isn + ack : 0);
	th->doff = (thlen / 4) & 15;
	((u8 *)th)[13] = flags;
	th->window = htons(65535);
	memcpy(th + 1, opt, n);
	th->check = csum_tcpudp_magic(HOST_B, HOST_A, thlen, IPPROTO_TCP, csum_partial(th, thlen, 0));
	sim_nic_inject(b->nic, f, 34 + thlen);
	host_settle();
}
static void every_option(struct tcp_bench *b, u8 flags)
{
	u8 opt[40];

	for (u32 kind = 0; kind < 256; kind++)
		for (u32 len = 0; len <= 41; len++) {
			memset(opt, 1, sizeof(opt)); /* NOPs */
			opt[0] = (u8)kind;
			opt[1] = (u8)len;
			b->peer_port = flags == SYN ? (u16)(1024 + kind * 42 + len) : b->peer_port;
			with_options(b, flags, flags == SYN ? 0 : 1, 1, opt, 40);
			opt[37] = 1;
			opt[38] = (u8)kind; /* the length lies beyond the header, or is its last byte */
			opt[39] = (u8)len;
			with_options(b, flags, flags == SYN ? 0 : 1, 1, opt, 40);
			skb_queue_consume(&b->nic->sent);
		}
}
TEST(every_kind_and_length_of_option_in_a_syn)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 16);
	every_option(&b, SYN);
	EXPECT_LE(tcp_sk(b.listener->sk)->syn_qlen, 17);
	bench_stop(&b);
}
TEST(every_kind_and_length_of_option_in_a_connection)
{
	struct tcp_bench b = bench_sack(0);
	u8 nops[40];

	every_option(&b, ACK);
	memset(nops, 1, sizeof(nops));
	with_options(&b, ACK, 1, 1, nops, 40);
	expect_state(&b, TCP_ESTABLISHED);
	EXPECT_EQ(tcp_sk(b.s->sk)->mss_cache, 1460); /* only a SYN's MSS counts */
	bench_write(&b, 10);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 10);
	with_options(&b, ACK, 1, 11, nops, 40);
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	bench_stop(&b);
}

/* --- two stacks that have lost each other's place --- */

TEST(an_ack_storm_dies_down)
{
	struct two_hosts w;
	struct socket *l, *c, *a = sock_alloc();
	u64 before;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	w.link.delay_ns = MS(1);
	l = tcp_listener(w.net[1], 80, 5);
	c = tcp_socket(w.net[0]);
	ASSERT_EQ(sock_connect_to(c, HOST_B, 80, 0), 0);
	a->type = SOCK_STREAM;
	a->ops = l->ops;
	ASSERT_EQ(l->ops->accept(l, a, 0), 0);
	host_pass(MS(100));
	/* A stranger has fed each of them a megabyte that the other never sent. */
	tcp_sk(c->sk)->rcv_nxt += 1000000;
	tcp_sk(c->sk)->rcv_wup += 1000000;
	tcp_sk(c->sk)->copied_seq += 1000000;
	tcp_sk(a->sk)->rcv_nxt += 1000000;
	tcp_sk(a->sk)->rcv_wup += 1000000;
	tcp_sk(a->sk)->copied_seq += 1000000;
	before = w.link.frames;
	EXPECT_EQ(sock_write(c, "x", 1, 0), 1);
	host_pass(10 * NSEC_PER_SEC);
	EXPECT_GT(w.link.frames - before, 2);
	EXPECT_LT(w.link.frames - before, 100); /* a few a second, not one a millisecond */
	sock_release(c);
	sock_release(a);
	sock_release(l);
	two_hosts_stop(&w);
}

/* --- half-open --- */

TEST(a_hundred_thousand_attempts_and_one_real_client)
{
	struct host_memory before, after;
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 128);
	host_memory(&before);
	for (u32 i = 0; i < 100000; i++) {
		b.peer_port = (u16)(1024 + i % 60000);
		b.peer_isn = i * 7919;
		peer_sends(&b, .flags = SYN);
		skb_queue_consume(&b.nic->sent);
	}
	host_quiesce();
	host_memory(&after);
	EXPECT_LE(after.objects, before.objects + 128 + 40);
	EXPECT_LE(tcp_sk(b.listener->sk)->syn_qlen, 128);
	b.peer_port = 999;
	b.our_port = 80;
	peer_sends(&b, .flags = SYN);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	EXPECT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
