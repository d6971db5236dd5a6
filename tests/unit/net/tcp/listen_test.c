/* tests/unit/net/tcp/listen_test.c - queues of a listener, shared ports, extreme windows, sequence numbers that wrap
 */
#include "tests/unit/net/tcp/bench.h"
#include "net/ipv4/internal.h"
#include <asm/fcntl.h>

static struct tcp_bench listening(int backlog)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, backlog);
	return b;
}
static struct socket *accept_one(struct tcp_bench *b)
{
	struct socket *s = sock_alloc();

	s->type = SOCK_STREAM;
	s->ops = b->listener->ops;
	if (!b->listener->ops->accept(b->listener, s, O_NONBLOCK))
		return s;
	sock_release(s);
	return NULL;
}
/* A whole handshake from that port; our ISN is b->our_isn. */
static void handshake(struct tcp_bench *b, u16 port)
{
	b->peer_port = port;
	b->our_port = 80;
	peer_sends(b, .flags = SYN);
	expect_sent(b, .flags = SYN | ACK, .ack = 1);
	peer_sends(b, .flags = ACK, .seq = 1, .ack = 1);
}

TEST(a_full_accept_queue_drops_and_counts)
{
	struct tcp_bench b = listening(1);
	struct socket *s;

	handshake(&b, 5000);
	handshake(&b, 5001);
	expect_nothing_sent(&b);
	EXPECT_EQ(b.listener->sk->sk_ack_backlog, 2); /* Linux: one more than was asked for */
	b.peer_port = 5002;
	peer_sends(&b, .flags = SYN);
	expect_nothing_sent(&b);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_LISTENOVERFLOWS), 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_LISTENDROPS), 1);
	s = accept_one(&b);
	ASSERT_TRUE(s);
	handshake(&b, 5002);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_LISTENOVERFLOWS), 1);
	sock_release(s);
	bench_stop(&b);
}
/* On another CPU the listener closes after the third segment has found it, and before the child is in its queue. */
TEST(a_child_whose_listener_has_closed_is_refused_and_forgotten)
{
	struct tcp_bench b = listening(1);
	struct sock *lsk = b.listener->sk, *child;
	struct tcp_request_sock *req;
	struct socket *s;

	b.peer_port = 5000;
	peer_sends(&b, .flags = SYN);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	req = list_first_entry(&tcp_sk(lsk)->syn_queue, struct tcp_request_sock, list);
	refcount_inc(&req->h.refcnt);
	local_bh_disable();
	WRITE_ONCE(lsk->sk_state, TCP_CLOSE);
	child = tcp_create_child(lsk, req);
	WRITE_ONCE(lsk->sk_state, TCP_LISTEN);
	EXPECT_FALSE(spin_is_locked(&tcp_sk(lsk)->accept_lock));
	local_bh_enable();
	tcp_req_put(req);
	EXPECT_EQ(PTR_ERR(child), -EEXIST);
	EXPECT_EQ(lsk->sk_ack_backlog, 0);
	EXPECT_EQ(atomic_read(&b.net->tcp->orphans), 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_sent(&b, .flags = RST, .seq = 1); /* nobody knows that connection */
	handshake(&b, 5001);
	s = accept_one(&b);
	ASSERT_TRUE(s);
	sock_release(s);
	bench_stop(&b);
}
TEST(the_third_segment_of_a_handshake_may_come_again_when_there_was_no_room)
{
	struct tcp_bench b = listening(0);
	struct socket *s;
	u32 isn;

	b.peer_port = 6000;
	peer_sends(&b, .flags = SYN);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	isn = b.our_isn;
	handshake(&b, 6001); /* takes the one place */
	b.peer_port = 6000;
	b.our_isn = isn;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_LISTENOVERFLOWS), 1);
	s = accept_one(&b);
	ASSERT_TRUE(s);
	sock_release(s);
	skb_queue_consume(&b.nic->sent);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 3);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 4);
	s = accept_one(&b);
	ASSERT_TRUE(s);
	sock_release(s);
	bench_stop(&b);
}
TEST(overflow_resets_when_told_so)
{
	struct tcp_bench b = listening(1);
	u32 isn;

	b.net->tcp->sysctl.abort_on_overflow = 1;
	b.peer_port = 6000;
	peer_sends(&b, .flags = SYN);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	isn = b.our_isn;
	handshake(&b, 6001); /* by cookies: the SYN queue holds one */
	handshake(&b, 6002);
	b.peer_port = 6000;
	b.our_isn = isn;
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_sent(&b, .flags = RST, .seq = 1);
	bench_stop(&b);
}
TEST(a_full_syn_queue_without_cookies_drops_and_counts)
{
	struct tcp_bench b = listening(1);

	b.net->tcp->sysctl.syncookies = 0;
	b.peer_port = 7001;
	peer_sends(&b, .flags = SYN);
	expect_sent(&b, .flags = SYN | ACK);
	b.peer_port = 7002;
	peer_sends(&b, .flags = SYN);
	expect_nothing_sent(&b);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPREQQFULLDROP), 1);
	bench_stop(&b);
}
TEST(a_syn_flood_does_not_keep_real_clients_out)
{
	struct tcp_bench b = listening(8);
	struct socket *s;

	for (u16 p = 0; p < 3000; p++) {
		b.peer_port = 10000 + p;
		b.peer_isn = p * 77777u;
		peer_sends(&b, .flags = SYN);
		skb_queue_consume(&b.nic->sent);
	}
	EXPECT_LE(tcp_sk(b.listener->sk)->syn_qlen, 9);
	EXPECT_GT(net_mib_sum(b.net, MIB_TCPEXT_SYNCOOKIESSENT), 2900);
	handshake(&b, 5000);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	expect_sent(&b, .flags = ACK, .ack = 101);
	s = accept_one(&b);
	ASSERT_TRUE(s);
	sock_release(s);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(defer_accept_waits_for_data)
{
	struct tcp_bench b = listening(5);
	struct socket *s;

	EXPECT_EQ(sock_set_int(b.listener, SOL_TCP, TCP_DEFER_ACCEPT, 5), 0);
	handshake(&b, 5000);
	EXPECT_FALSE(accept_one(&b));
	EXPECT_FALSE(sock_poll(b.listener) & POLLIN);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	s = accept_one(&b);
	ASSERT_TRUE(s);
	sock_release(s);
	bench_stop(&b);
}
TEST(reuseport_spreads_connections_and_keeps_each_flow_together)
{
	struct socket *l[3], *plain;
	struct tcp_bench b;
	u32 got[3] = { 0 };

	bench_start(&b);
	for (int i = 0; i < 3; i++) {
		l[i] = tcp_socket(b.net);
		EXPECT_EQ(sock_set_int(l[i], SOL_SOCKET, SO_REUSEPORT, 1), 0);
		EXPECT_EQ(sock_bind_to(l[i], 0, 80), 0);
		EXPECT_EQ(l[i]->ops->listen(l[i], 200), 0);
	}
	plain = tcp_socket(b.net);
	EXPECT_EQ(sock_bind_to(plain, 0, 80), -EADDRINUSE);
	sock_release(plain);
	for (u16 p = 0; p < 120; p++)
		handshake(&b, 5000 + p);
	for (int i = 0; i < 3; i++)
		got[i] = l[i]->sk->sk_ack_backlog;
	EXPECT_EQ(got[0] + got[1] + got[2], 120);
	for (int i = 0; i < 3; i++) {
		EXPECT_GT(got[i], 15);
		sock_release(l[i]);
	}
	bench_stop(&b);
}

/* --- windows --- */

static struct tcp_bench with_peer(u8 wscale, u32 win)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .ack = 1, .wscale = wscale, .win = win);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	return b;
}
TEST(the_largest_window_scale_and_what_is_beyond_it)
{
	struct tcp_bench b = with_peer(15, 1000); /* 14, plus one: see bench.h */

	EXPECT_EQ(tcp_sk(b.s->sk)->snd_wnd, 1000); /* that of a SYN is not scaled */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .win = 65535);
	EXPECT_EQ(tcp_sk(b.s->sk)->snd_wnd, 65535u << 14);
	bench_stop(&b);
	b = with_peer(201, 1000);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .win = 2);
	EXPECT_EQ(tcp_sk(b.s->sk)->snd_wnd, 2u << 14); /* RFC 7323 2.3 */
	bench_stop(&b);
}
TEST(a_window_of_a_few_bytes_still_gets_everything_through)
{
	struct tcp_bench b = with_peer(0, 7);
	u32 done = 0;

	EXPECT_EQ(bench_write(&b, 100), 100);
	for (int i = 0; i < 2000 && done < 100; i++) {
		struct sk_buff *skb = sim_nic_take(b.nic);

		if (!skb) {
			host_pass(MS(50));
			continue;
		}
		u32 len = get_unaligned_be16(skb->data + 16) - 20u - (skb->data[46] >> 4) * 4u;
		u32 seq = get_unaligned_be32(skb->data + 38) - b.our_isn;

		EXPECT_LE(len, 7);
		if (seq == done + 1)
			done += len;
		consume_skb(skb);
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1 + done, .win = 7);
	}
	EXPECT_EQ(done, 100);
	bench_stop(&b);
}

/* --- numbers that wrap --- */

TEST(sequence_numbers_wrap_in_both_directions)
{
	struct tcp_bench b;
	u32 sent = 0;
	u8 buf[2000];

	bench_start(&b);
	b.peer_isn = (u32)-3000;
	b.s = tcp_socket(b.net);
	sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&b, .flags = SYN);
	/* Nobody but a test chooses our first number. */
	tcp_sk(b.s->sk)->iss = b.our_isn = (u32)-2000;
	tcp_sk(b.s->sk)->snd_una = b.our_isn;
	tcp_sk(b.s->sk)->snd_nxt = tcp_sk(b.s->sk)->write_seq = tcp_sk(b.s->sk)->pushed_seq = b.our_isn + 1;
	TCP_SKB_CB(tcp_rtx_head(tcp_sk(b.s->sk)))->seq = b.our_isn;
	TCP_SKB_CB(tcp_rtx_head(tcp_sk(b.s->sk)))->end_seq = b.our_isn + 1;
	peer_sends(&b, .flags = SYN | ACK, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	for (int i = 0; i < 6; i++) {
		EXPECT_EQ(bench_write(&b, 1460), 1460);
		expect_sent(&b, .flags = ACK, .seq = 1 + sent, .len = 1460);
		sent += 1460;
		peer_sends(&b, .flags = ACK, .seq = 1 + (u32)i * 1000 + 500, .ack = 1 + sent, .len = 500);
		expect_sent(&b, .flags = ACK, .ack = 1 + (u32)i * 1000);
		peer_sends(&b, .flags = ACK, .seq = 1 + (u32)i * 1000, .ack = 1 + sent, .len = 500);
		expect_sent(&b, .flags = ACK, .ack = 1 + (u32)(i + 1) * 1000);
		EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 1000);
	}
	EXPECT_EQ(tcp_sk(b.s->sk)->packets_out, 0);
	bench_stop(&b);
}

/* Its answer has no route; nor has it a segment size to count windows in. */
TEST(a_syn_from_nowhere_is_no_harm)
{
	struct { u8 link[14]; struct iphdr ip; struct tcphdr th; } __packed f = { .link = { 0 } };
	struct tcp_bench b;
	struct socket *l;

	bench_start(&b);
	l = tcp_listener(b.net, 80, 5);
	memcpy(f.link, b.nic->dev->dev_addr, 6);
	f.link[12] = 8;
	f.ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_TCP, .tot_len = htons(40),
			       .saddr = htonl(0xcb007101), .daddr = HOST_A };
	f.ip.check = ip_fast_csum(&f.ip, 5);
	f.th = (struct tcphdr){ .source = htons(5000), .dest = htons(80), .doff = 5, .syn = 1, .window = htons(1000) };
	f.th.check = csum_tcpudp_magic(f.ip.saddr, HOST_A, 20, IPPROTO_TCP, csum_partial(&f.th, 20, 0));
	sim_nic_inject(b.nic, &f, sizeof(f));
	host_settle();
	expect_nothing_sent(&b);
	sock_release(l);
	bench_stop(&b);
}

/* The request keeps the route that its SYN found; the answer is asked for again where the tables have changed since. */
TEST(a_child_gets_a_route_of_now)
{
	struct tcp_bench b = listening(5);
	struct rtable *rt;
	struct socket *s;

	b.peer_port = 5000;
	b.our_port = 80;
	peer_sends(&b, .flags = SYN);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	b.nic->dev->mtu = 1000;
	rt_cache_flush(b.net);
	host_pass(NSEC_PER_SEC);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	EXPECT_EQ(bench_options(&b).mss_clamp, 960);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	s = accept_one(&b);
	ASSERT_TRUE(s != NULL);
	rt = (struct rtable *)s->sk->sk_dst_cache;
	EXPECT_TRUE(rt && rt_is_valid(rt));
	EXPECT_EQ(tcp_sk(s->sk)->advmss, 960);
	sock_release(s);
	bench_stop(&b);
}
