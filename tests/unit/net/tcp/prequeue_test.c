/* tests/unit/net/tcp/prequeue_test.c - a reader that waits gets its bytes past the queue, and all else as ever */
#include "tests/unit/net/tcp/bench.h"

struct reader {
	struct socket *s;
	size_t want;
	int flags;
	bool user;			/* into memory that may fault */
	ssize_t got;
	u8 buf[4000];
};
static int read_once(void *arg)
{
	struct reader *r = arg;
	struct msghdr_kern m = { 0 };

	if (!r->user) {
		r->got = sock_read(r->s, r->buf, r->want, r->flags);
		return 0;
	}
	iov_iter_ubuf(&m.msg_iter, false, (__force void __user *)r->buf, r->want);
	r->got = r->s->ops->recvmsg(r->s, &m, r->want, r->flags);
	return 0;
}
static struct task_struct *waits(struct reader *r)
{
	struct task_struct *t;

	r->got = -1000;
	t = host_spawn(read_once, r, "reader");
	host_settle();
	return t;
}
static u64 direct(const struct tcp_bench *b)
{
	return net_mib_sum(b->net, MIB_TCPEXT_TCPDIRECTCOPYFROMPREQUEUE) +
	       net_mib_sum(b->net, MIB_TCPEXT_TCPDIRECTCOPYFROMBACKLOG);
}
static void data(struct tcp_bench *b, u32 seq, u32 len)
{
	peer_sends(b, .flags = ACK | PSH, .seq = seq, .ack = 1, .len = len);
}
static void expect_pattern(const struct reader *r, u32 first)
{
	for (ssize_t i = 0; i < r->got; i++)
		ASSERT_EQ(r->buf[i], (u8)(first + (u32)i));
}
/* The reader comes back with so many bytes, of which first is the number of the first. */
static void expect_read(struct task_struct *t, const struct reader *r, ssize_t got, u32 first)
{
	host_join(t);
	EXPECT_EQ(r->got, got);
	expect_pattern(r, first);
}
/* What was sent besides is no matter of the test. */
static void stop(struct tcp_bench *b)
{
	skb_queue_consume(&b->nic->sent);
	bench_stop(b);
}

TEST(a_waiting_reader_gets_it_past_the_queue)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 100 };
	struct task_struct *t = waits(&r);

	ASSERT_TRUE(tcp_sk(b.s->sk)->reading);
	data(&b, 1, 60);
	expect_read(t, &r, 60, 1);
	expect_sent(&b, .flags = ACK, .ack = 61);
	EXPECT_EQ(direct(&b), 60u);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPPREQUEUED), 1u);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPHPHITSTOUSER), 1u);
	EXPECT_FALSE(tcp_sk(b.s->sk)->reading);
	bench_stop(&b);
}
TEST(the_sysctl_switches_it_off)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 100 };
	struct task_struct *t;

	b.net->tcp->sysctl.low_latency = 1;
	t = waits(&r);
	data(&b, 1, 60);
	host_join(t);
	EXPECT_EQ(r.got, 60);
	expect_sent(&b, .flags = ACK, .ack = 61);
	EXPECT_EQ(direct(&b) + net_mib_sum(b.net, MIB_TCPEXT_TCPPREQUEUED), 0u);
	bench_stop(&b);
}
TEST(peeking_and_throwing_away_wait_as_ever)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 100, .flags = MSG_PEEK };
	struct task_struct *t = waits(&r);

	data(&b, 1, 60);
	host_join(t);
	EXPECT_EQ(r.got, 60);
	ASSERT_EQ(sock_read(b.s, r.buf, 60, 0), 60);
	r.flags = MSG_TRUNC;
	t = waits(&r);
	data(&b, 61, 60);
	host_join(t);
	EXPECT_EQ(r.got, 60);
	EXPECT_EQ(direct(&b), 0u);
	stop(&b);
}
/* A batch of which the last does not fit: the rest is for the next read. */
TEST(what_does_not_fit_goes_to_the_queue)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 150 };
	struct task_struct *t = waits(&r);

	b.nic->dev->features &= ~(u64)NETIF_F_GRO;
	local_bh_disable();
	data(&b, 1, 100);
	data(&b, 101, 100);
	local_bh_enable();
	host_join(t);
	expect_pattern(&r, 1);
	EXPECT_EQ(direct(&b), 100u);
	EXPECT_EQ(r.got + sock_read(b.s, r.buf, 1000, MSG_DONTWAIT), 200);
	stop(&b);
}
TEST(waitall_is_filled_from_several_segments)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 1000, .flags = MSG_WAITALL };
	struct task_struct *t = waits(&r);

	for (u32 i = 0; i < 10; i++) {
		data(&b, 1 + i * 100, 100);
		host_settle();
		EXPECT_EQ(r.got, i < 9 ? -1000 : 1000);
	}
	host_join(t);
	expect_pattern(&r, 1);
	EXPECT_EQ(direct(&b), 1000u);
	stop(&b);
}
TEST(a_low_water_mark_counts_what_was_handed_over)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 1000 };
	struct task_struct *t;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVLOWAT, 150), 0);
	t = waits(&r);
	data(&b, 1, 100);
	host_settle();
	EXPECT_EQ(r.got, -1000);
	data(&b, 101, 100);
	expect_read(t, &r, 200, 1);
	stop(&b);
}
TEST(a_hole_is_reported_at_once_and_filled_for_the_reader)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 1000, .flags = MSG_WAITALL };
	struct task_struct *t = waits(&r);

	data(&b, 501, 500);
	expect_sent(&b, .flags = ACK, .ack = 1);
	data(&b, 1, 500);
	expect_read(t, &r, 1000, 1);
	expect_sent(&b, .flags = ACK, .ack = 1001);
	EXPECT_EQ(direct(&b), 1000u);
	bench_stop(&b);
}
TEST(fin_and_reset_behind_data)
{
	static const u8 end[] = { FIN | ACK, RST | ACK };

	for (size_t i = 0; i < ARRAY_SIZE(end); i++) {
		struct tcp_bench b = bench_established();
		struct reader r = { .s = b.s, .want = 1000, .flags = MSG_WAITALL };
		struct task_struct *t = waits(&r);

		local_bh_disable();
		data(&b, 1, 100);
		peer_sends(&b, .flags = end[i], .seq = 101, .ack = 1);
		local_bh_enable();
		host_join(t);
		EXPECT_EQ(r.got, 100);
		EXPECT_EQ(sock_read(b.s, r.buf, 10, 0), i ? -ECONNRESET : 0);
		stop(&b);
	}
}
TEST(an_urgent_byte_ends_the_short_way)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 1000 };
	struct task_struct *t = waits(&r);

	peer_sends(&b, .flags = ACK | TCPHDR_URG, .seq = 1, .ack = 1, .len = 10, .urg = 10);
	host_join(t);
	EXPECT_EQ(r.got, 9);
	EXPECT_EQ(direct(&b), 0u);
	stop(&b);
}
/* The segment is not lost: who reads next has it. */
TEST(a_buffer_that_faults)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 100, .user = true };
	struct task_struct *t = waits(&r);

	host_fail_user_copy(1);
	data(&b, 1, 60);
	host_settle();
	host_join(t);
	EXPECT_EQ(direct(&b), 0u);
	EXPECT_EQ(r.got, 60); /* only the first copy failed */
	expect_pattern(&r, 1);
	stop(&b);
}

/* --- the reader gets no CPU --- */

static void comes(struct tcp_bench *b, u32 seq, u32 len)
{
	local_bh_disable();
	data(b, seq, len);
	local_bh_enable(); /* taken from the device, while this task goes on */
}

/* Segments come while the reader is about to run: the timer takes them, and acknowledges. */
TEST(the_delayed_ack_timer_does_not_wait_for_the_reader)
{
	struct tcp_bench b = bench_established();
	struct tcp_sock *tp = tcp_sk(b.s->sk);
	struct reader r = { .s = b.s, .want = 100 };
	struct task_struct *t = waits(&r);

	comes(&b, 1, 60);
	ASSERT_TRUE(tp->inet.sk.sk_backlog.tail);
	EXPECT_EQ(tp->rcv_nxt - tp->copied_seq, 0u);
	EXPECT_TRUE(timer_pending(&tp->delack_timer));
	sock_hold(&tp->inet.sk);
	local_bh_disable();
	tcp_delack_timer(&tp->delack_timer);
	local_bh_enable();
	EXPECT_EQ(tp->rcv_nxt - tp->copied_seq, 60u);
	EXPECT_FALSE(tp->reading);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPPREQUEUEDROPPED), 1u);
	expect_sent(&b, .flags = ACK, .ack = 61);
	host_join(t);
	EXPECT_EQ(r.got, 60);
	EXPECT_EQ(direct(&b), 0u);
	bench_stop(&b);
}
/* Half of the buffer may wait, then softirq takes all of it and what follows. */
TEST(what_waits_is_bounded)
{
	struct tcp_bench b = bench_established();
	struct sock *sk = b.s->sk;
	struct reader r = { .s = b.s, .want = sizeof(r.buf) };
	struct task_struct *t;
	u32 sent = 0;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVBUF, 20000), 0);
	b.nic->dev->features &= ~(u64)NETIF_F_GRO;
	t = waits(&r);
	while (!net_mib_sum(b.net, MIB_TCPEXT_TCPPREQUEUEDROPPED) && sent < 50000) {
		comes(&b, 1 + sent, 500);
		sent += 500;
		EXPECT_LE(sk->sk_backlog.len, (u32)sk->sk_rcvbuf);
	}
	EXPECT_FALSE(sk->sk_backlog.tail);
	EXPECT_EQ(tcp_sk(sk)->rcv_nxt - tcp_sk(sk)->copied_seq, sent);
	expect_read(t, &r, min(sent, (u32)sizeof(r.buf)), 1);
	stop(&b);
}
/* Another thread owns the socket and lets it go: the segments are taken in its context, and none is lost. */
TEST(another_owner_takes_what_waits)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 100 };
	struct task_struct *t = waits(&r);

	comes(&b, 1, 60);
	ASSERT_TRUE(b.s->sk->sk_backlog.tail);
	lock_sock(b.s->sk);
	release_sock(b.s->sk);
	EXPECT_FALSE(b.s->sk->sk_backlog.tail);
	EXPECT_EQ(tcp_sk(b.s->sk)->rcv_nxt - tcp_sk(b.s->sk)->copied_seq, 60u);
	expect_read(t, &r, 60, 1);
	EXPECT_EQ(direct(&b), 0u);
	stop(&b);
}
TEST(of_two_readers_one_waits_at_the_buffer)
{
	struct tcp_bench b = bench_established();
	struct reader r[2] = { { .s = b.s, .want = 100 }, { .s = b.s, .want = 100 } };
	struct task_struct *t[2] = { waits(&r[0]), waits(&r[1]) };

	data(&b, 1, 60);
	host_join(t[0]);
	EXPECT_EQ(r[0].got, 60);
	EXPECT_EQ(r[1].got, -1000);
	data(&b, 61, 60);
	expect_read(t[1], &r[1], 60, 61);
	stop(&b);
}
TEST(a_time_out_leaves_nothing_behind)
{
	struct tcp_bench b = bench_established();
	struct reader r = { .s = b.s, .want = 100 };
	struct task_struct *t;

	b.s->sk->sk_rcvtimeo_ns = (s64)MS(50);
	t = waits(&r);
	host_pass(MS(60));
	host_join(t);
	EXPECT_EQ(r.got, -EAGAIN);
	EXPECT_FALSE(tcp_sk(b.s->sk)->reading);
	data(&b, 1, 60);
	EXPECT_EQ(sock_read(b.s, r.buf, 100, MSG_DONTWAIT), 60);
	EXPECT_EQ(direct(&b), 0u);
	stop(&b);
}
