/* tests/unit/net/netlink/diag_test.c - sockets as ss(8) asks for them: NETLINK_SOCK_DIAG, answered as by Linux */
#include "tests/unit/net/netlink/nl.h"
#include "tests/unit/net/tcp/bench.h"
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

#define HEAD ((u32)sizeof(struct inet_diag_msg))
#define EXT(n) (1u << ((n) - 1))
#define ALL 0xffffffffu

u64 sock_i_ino(const struct sock *sk);

static struct inet_diag_req_v2 ask_for(u8 protocol, u32 states, u8 ext)
{
	return (struct inet_diag_req_v2){ .sdiag_family = AF_INET, .sdiag_protocol = protocol, .idiag_ext = ext,
					  .idiag_states = states };
}
static struct { struct inet_diag_msg m; u64 attrs; } seen[8];
static u8 last[2048]; /* the last message, whole */
static u32 nr_seen;
static void see(const struct nlmsghdr *h)
{
	ASSERT_TRUE(nr_seen < ARRAY_SIZE(seen));
	memcpy(&seen[nr_seen].m, h + 1, HEAD);
	seen[nr_seen++].attrs = nl_all(h, HEAD);
	memcpy(last, h, min((size_t)h->nlmsg_len, sizeof(last)));
}
static u32 dump(struct net *net, struct inet_diag_req_v2 r)
{
	struct socket *s = nl_open(net, NETLINK_SOCK_DIAG);
	int n;

	memset(seen, 0, sizeof(seen));
	nr_seen = 0;
	nl_begin(SOCK_DIAG_BY_FAMILY, 0, &r, sizeof(r));
	n = nl_dump(s, SOCK_DIAG_BY_FAMILY, see);
	sock_release(s);
	EXPECT_EQ(n, (int)nr_seen);
	return nr_seen;
}
static u32 tcp(struct tcp_bench *b, u32 states, u8 ext) { return dump(b->net, ask_for(IPPROTO_TCP, states, ext)); }
static const struct nlattr *last_attr(u16 type) { return nl_find((const struct nlmsghdr *)last, HEAD, type); }

TEST(all_that_is_told_of_a_connection)
{
	struct tcp_bench b = bench_established();
	const struct inet_diag_meminfo *mem;
	const struct tcp_info *info;
	struct inet_diag_msg *m = &seen[0].m;
	const u32 *skmem;
	u64 cookie = sock_gen_cookie(b.s->sk);

	b.s->sk->sk_uid = 7;
	EXPECT_EQ(sock_set_int(b.s, SOL_IP, IP_TOS, 0x10), 0);
	bench_write(&b, 1000);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10);
	tcp_reset_write_timer(tcp_sk(b.s->sk), TCP_TIME_RETRANS, 250000);
	tcp_sk(b.s->sk)->retransmits = 3;
	ASSERT_EQ(tcp(&b, ALL, EXT(INET_DIAG_INFO) | EXT(INET_DIAG_CONG) | EXT(INET_DIAG_TOS) |
				       EXT(INET_DIAG_MEMINFO) | EXT(INET_DIAG_SKMEMINFO)), 1u);
	EXPECT_EQ(m->idiag_family, AF_INET);
	EXPECT_EQ(m->idiag_state, TCP_ESTABLISHED);
	EXPECT_EQ(m->id.idiag_sport, htons(b.our_port));
	EXPECT_EQ(m->id.idiag_dport, htons(5000));
	EXPECT_EQ(m->id.idiag_src[0], HOST_A);
	EXPECT_EQ(m->id.idiag_dst[0], HOST_B);
	EXPECT_EQ(m->id.idiag_if, 0u);
	EXPECT_EQ(m->id.idiag_cookie[0], (u32)cookie);
	EXPECT_EQ(m->id.idiag_cookie[1], (u32)(cookie >> 32));
	EXPECT_EQ(m->idiag_rqueue, 10u);
	EXPECT_EQ(m->idiag_wqueue, 1000u);
	EXPECT_EQ(m->idiag_timer, 1);
	EXPECT_EQ(m->idiag_retrans, 3);
	EXPECT_EQ(m->idiag_expires, 250u); /* ms */
	EXPECT_EQ(m->idiag_uid, 7u);
	EXPECT_EQ(m->idiag_inode, (u32)sock_i_ino(b.s->sk));
	EXPECT_EQ(seen[0].attrs, 1ull << INET_DIAG_SHUTDOWN | 1 << INET_DIAG_INFO | 1 << INET_DIAG_CONG |
					 1 << INET_DIAG_TOS | 1 << INET_DIAG_MEMINFO | 1 << INET_DIAG_SKMEMINFO);
	EXPECT_EQ(nl_num(last_attr(INET_DIAG_SHUTDOWN), 1), 0);
	EXPECT_EQ(nl_num(last_attr(INET_DIAG_TOS), 1), 0x10);
	EXPECT_STREQ(nl_str((struct nlmsghdr *)last, HEAD, INET_DIAG_CONG), "cubic");
	info = nla_data(last_attr(INET_DIAG_INFO));
	EXPECT_EQ(info->tcpi_state, TCP_ESTABLISHED);
	EXPECT_EQ(info->tcpi_unacked, 1u);
	EXPECT_EQ(info->tcpi_snd_mss, 1460u);
	EXPECT_EQ(info->tcpi_bytes_received, 10u);
	mem = nla_data(last_attr(INET_DIAG_MEMINFO));
	EXPECT_EQ(mem->idiag_rmem, (u32)sk_rmem_alloc_get(b.s->sk));
	EXPECT_GT(mem->idiag_rmem, 10u);
	EXPECT_GT(mem->idiag_wmem, 1000u);
	skmem = nla_data(last_attr(INET_DIAG_SKMEMINFO));
	EXPECT_EQ(nla_len(last_attr(INET_DIAG_SKMEMINFO)), SK_MEMINFO_VARS * 4u);
	EXPECT_EQ(skmem[SK_MEMINFO_RMEM_ALLOC], mem->idiag_rmem);
	EXPECT_EQ(skmem[SK_MEMINFO_RCVBUF], (u32)b.s->sk->sk_rcvbuf);
	EXPECT_EQ(skmem[SK_MEMINFO_SNDBUF], (u32)b.s->sk->sk_sndbuf);
	EXPECT_EQ(skmem[SK_MEMINFO_WMEM_QUEUED], mem->idiag_wmem);
	tcp_reset_write_timer(tcp_sk(b.s->sk), TCP_TIME_LOSS_PROBE, 40000);
	ASSERT_EQ(tcp(&b, ALL, 0), 1u);
	EXPECT_EQ(m->idiag_timer, 1); /* to those outside the same timer */
	EXPECT_EQ(m->idiag_expires, 40u);
	EXPECT_EQ(seen[0].attrs, 1ull << INET_DIAG_SHUTDOWN);
	b.s->ops->shutdown(b.s, 1);
	ASSERT_EQ(tcp(&b, ALL, 0), 1u);
	EXPECT_EQ(nl_num(last_attr(INET_DIAG_SHUTDOWN), 1), 2); /* SEND_SHUTDOWN */
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
static void expect_timer(struct tcp_bench *b, u8 timer, u8 retrans, u32 expires_ms)
{
	ASSERT_EQ(tcp(b, ALL, 0), 1u);
	EXPECT_EQ(seen[0].m.idiag_timer, timer);
	EXPECT_EQ(seen[0].m.idiag_retrans, retrans);
	EXPECT_EQ(seen[0].m.idiag_expires, expires_ms);
}
/* 1 is a retransmission, 2 keepalive, 4 a probe of a closed window; the probes of the last two are counted alike. */
TEST(which_timer_runs)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);

	expect_timer(&b, 0, 0, 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPIDLE, 60), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_KEEPINTVL, 10), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
	expect_timer(&b, 2, 0, 60000);
	host_pass(75 * NSEC_PER_SEC); /* two were sent, and nobody answered */
	expect_timer(&b, 2, 2, 5000);
	skb_queue_consume(&b.nic->sent);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .zero_window = true);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_KEEPALIVE, 0), 0);
	bench_write(&b, 100);
	ASSERT_EQ(tp->write_event, TCP_TIME_PROBE0);
	tcp_reset_write_timer(tp, TCP_TIME_PROBE0, 400000);
	tp->probes_out = 5;
	expect_timer(&b, 4, 5, 400);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(a_listener_a_request_and_who_waits)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	ASSERT_EQ(tcp(&b, 1 << TCP_LISTEN, EXT(INET_DIAG_CONG)), 1u);
	EXPECT_EQ(seen[0].m.idiag_state, TCP_LISTEN);
	EXPECT_EQ(seen[0].m.id.idiag_src[0], 0u);
	EXPECT_EQ(seen[0].m.id.idiag_dport, 0);
	EXPECT_EQ(seen[0].m.idiag_rqueue, 0u);
	EXPECT_EQ(seen[0].m.idiag_wqueue, 5u);
	peer_sends(&b, .flags = SYN, .seq = 0);
	ASSERT_EQ(tcp(&b, 1 << TCP_SYN_RECV, 0), 1u);
	EXPECT_EQ(seen[0].m.idiag_state, TCP_SYN_RECV);
	EXPECT_EQ(seen[0].m.id.idiag_sport, htons(80));
	EXPECT_EQ(seen[0].m.id.idiag_dport, htons(5000));
	EXPECT_EQ(seen[0].m.id.idiag_src[0], HOST_A);
	EXPECT_EQ(seen[0].m.id.idiag_dst[0], HOST_B);
	EXPECT_EQ(seen[0].m.idiag_timer, 1); /* its SYN-ACK goes again after a second */
	EXPECT_EQ(seen[0].m.idiag_expires, 1000u);
	EXPECT_EQ(seen[0].m.idiag_inode, 0u);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	ASSERT_EQ(tcp(&b, 1 << TCP_LISTEN, 0), 1u);
	EXPECT_EQ(seen[0].m.idiag_rqueue, 1u);
	ASSERT_EQ(tcp(&b, 1 << TCP_ESTABLISHED, 0), 1u);
	EXPECT_EQ(seen[0].m.id.idiag_sport, htons(80));
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(a_connection_in_time_wait)
{
	struct tcp_bench b = bench_established();

	b.s->ops->shutdown(b.s, 1);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1, .ack = 1);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2);
	host_pass(10 * NSEC_PER_SEC);
	ASSERT_EQ(tcp(&b, 1 << TCP_TIME_WAIT, 0), 1u);
	EXPECT_EQ(seen[0].m.idiag_state, TCP_TIME_WAIT);
	EXPECT_EQ(seen[0].m.idiag_timer, 3);
	EXPECT_EQ(seen[0].m.idiag_expires, 50000u);
	EXPECT_EQ(seen[0].m.id.idiag_sport, htons(b.our_port));
	EXPECT_EQ(seen[0].m.id.idiag_dport, htons(5000));
	EXPECT_EQ(seen[0].m.idiag_inode, 0u);
	EXPECT_EQ(tcp(&b, ALL & ~(1u << TCP_TIME_WAIT) & ~(1u << TCP_CLOSE), 0), 0u);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(the_numbers_of_bbr)
{
	struct tcp_bench b = bench_established();
	char name[] = "bbr";
	const struct tcp_bbr_info *info;

	EXPECT_EQ(b.s->ops->setsockopt(b.s, SOL_TCP, TCP_CONGESTION, KERNEL_SOCKPTR(name), 3), 0);
	ASSERT_EQ(tcp(&b, ALL, EXT(INET_DIAG_VEGASINFO) | EXT(INET_DIAG_CONG)), 1u);
	EXPECT_STREQ(nl_str((struct nlmsghdr *)last, HEAD, INET_DIAG_CONG), "bbr");
	info = nla_data(last_attr(INET_DIAG_BBRINFO));
	EXPECT_EQ(nla_len(last_attr(INET_DIAG_BBRINFO)), sizeof(*info));
	EXPECT_GT(info->bbr_pacing_gain, 256u); /* 2.89: it starts up */
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(by_state_and_port)
{
	struct tcp_bench b = bench_established();
	struct { u32 states; u16 sport, dport; u32 n; } rows[] = {
		{ ALL, 0, 0, 2 }, { 1 << TCP_LISTEN, 0, 0, 1 }, { 1 << TCP_ESTABLISHED, 0, 0, 1 },
		{ 1 << TCP_SYN_SENT, 0, 0, 0 }, { 0, 0, 0, 0 }, { ALL, 80, 0, 1 }, { ALL, 81, 0, 0 },
		{ ALL, 0, 5000, 1 }, { ALL, 0, 5001, 0 }, { ALL, 80, 5000, 0 }, { ALL, b.our_port, 5000, 1 },
	};

	b.listener = tcp_listener(b.net, 80, 5);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct inet_diag_req_v2 r = ask_for(IPPROTO_TCP, rows[i].states, 0);

		r.id.idiag_sport = htons(rows[i].sport);
		r.id.idiag_dport = htons(rows[i].dport);
		if (dump(b.net, r) != rows[i].n)
			test_fail(__FILE__, __LINE__, false, "row %zu: %u", i, nr_seen);
	}
	bench_stop(&b);
}
TEST(datagram_sockets)
{
	struct inet_diag_req_v2 r = ask_for(IPPROTO_UDP, ALL, EXT(INET_DIAG_MEMINFO) | EXT(INET_DIAG_TOS));
	struct bench b = bench_up();
	struct socket *s = open_udp(&b, 53), *c = open_udp(&b, 0);
	u8 f[128], udp[32];

	EXPECT_EQ(sock_connect_to(c, PEER, 9, 0), 0);
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 53, "x", 1), 0, 1));
	EXPECT_EQ(dump(b.net, r), 2u);
	r.idiag_states = 1 << TCP_CLOSE;
	ASSERT_EQ(dump(b.net, r), 1u);
	EXPECT_EQ(seen[0].m.idiag_state, TCP_CLOSE);
	EXPECT_EQ(seen[0].m.id.idiag_sport, htons(53));
	EXPECT_EQ(seen[0].m.id.idiag_dport, 0);
	EXPECT_EQ(seen[0].m.idiag_rqueue, (u32)sk_rmem_alloc_get(s->sk));
	EXPECT_GT(seen[0].m.idiag_rqueue, 0u);
	EXPECT_EQ(seen[0].m.idiag_wqueue, 0u);
	EXPECT_EQ(seen[0].m.idiag_inode, (u32)sock_i_ino(s->sk));
	EXPECT_EQ(seen[0].attrs, 1ull << INET_DIAG_SHUTDOWN | 1 << INET_DIAG_TOS | 1 << INET_DIAG_MEMINFO);
	r.idiag_states = 1 << TCP_ESTABLISHED;
	ASSERT_EQ(dump(b.net, r), 1u);
	EXPECT_EQ(seen[0].m.id.idiag_src[0], US);
	EXPECT_EQ(seen[0].m.id.idiag_dst[0], PEER);
	EXPECT_EQ(seen[0].m.id.idiag_dport, htons(9));
	r.idiag_states = ALL;
	r.id.idiag_sport = htons(53);
	EXPECT_EQ(dump(b.net, r), 1u);
	r.id.idiag_sport = htons(54);
	EXPECT_EQ(dump(b.net, r), 0u);
	sock_release(s);
	sock_release(c);
	bench_down(&b);
}
/* More sockets than fit into one part, with a part more each time that the program read half of what waited. */
TEST(a_dump_of_many_sockets_tells_each_once)
{
	enum { N = 300 };
	static struct socket *all[N];
	static u8 times[65536];
	struct inet_diag_req_v2 r = ask_for(IPPROTO_UDP, ALL, EXT(INET_DIAG_SKMEMINFO));
	struct bench b = bench_up();
	struct socket *s = nl_open(b.net, NETLINK_SOCK_DIAG);
	const struct nlmsghdr *h;
	int parts = 0;

	s->sk->sk_rcvbuf = SOCK_MIN_RCVBUF; /* not even one part */
	for (u32 i = 0; i < N; i++)
		all[i] = open_udp(&b, (u16)(2000 + i));
	nl_begin(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &r, sizeof(r));
	nl_tell(s);
	while ((h = nl_next(s)) && h->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
		parts += nl_in_at == h->nlmsg_len;
		times[ntohs(((const struct inet_diag_msg *)(h + 1))->id.idiag_sport)]++;
	}
	EXPECT_TRUE(h && h->nlmsg_type == NLMSG_DONE);
	EXPECT_GE(parts, 3);
	for (u32 i = 0; i < N; i++) {
		EXPECT_EQ(times[2000 + i], 1);
		sock_release(all[i]);
	}
	sock_release(s);
	bench_down(&b);
}
TEST(requests_that_cannot_be_served)
{
	static const struct { u16 type, flags; u8 family, protocol; u32 len; int err; } rows[] = {
		{ SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, AF_INET, IPPROTO_TCP, 1, EINVAL },
		{ SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, AF_INET, IPPROTO_TCP, 10, EINVAL },
		{ SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, AF_INET, IPPROTO_UDP, 55, EINVAL },
		{ SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, AF_INET6, IPPROTO_TCP, 10, EINVAL },
		{ SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, AF_INET, 99, 56, ENOENT },
		{ SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, 44, IPPROTO_TCP, 56, ENOENT },
		{ SOCK_DIAG_BY_FAMILY, 0, AF_INET, IPPROTO_TCP, 56, EOPNOTSUPP }, /* asking for one is absent */
		{ 19, NLM_F_DUMP, AF_INET, IPPROTO_TCP, 56, EINVAL },
		{ 22, 0, AF_INET, IPPROTO_TCP, 56, EINVAL },
	};
	struct net *net = test_net();
	struct socket *s = nl_open(net, NETLINK_SOCK_DIAG);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct inet_diag_req_v2 r = ask_for(rows[i].protocol, ALL, 0);
		int err;

		r.sdiag_family = rows[i].family;
		nl_begin(rows[i].type, rows[i].flags, &r, rows[i].len);
		err = nl_ask(s);
		if (err != rows[i].err)
			test_fail(__FILE__, __LINE__, false, "row %zu: %d, not %d", i, err, rows[i].err);
	}
	sock_release(s);
}
/* There are none of IPv6, which is an answer and no error: ss asks for both. */
TEST(no_sockets_of_ipv6)
{
	struct tcp_bench b = bench_established();
	struct inet_diag_req_v2 r = ask_for(IPPROTO_TCP, ALL, 0);

	r.sdiag_family = AF_INET6;
	EXPECT_EQ(dump(b.net, r), 0u);
	r.sdiag_protocol = IPPROTO_UDP;
	EXPECT_EQ(dump(b.net, r), 0u);
	bench_stop(&b);
}
