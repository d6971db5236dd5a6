/* tests/unit/net/tcp/options_test.c - what programs ask of a connection: socket options, flags of calls, TCP_INFO */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static int get(struct tcp_bench *b, int opt, void *val, int *len)
{
	return tcp_getsockopt(b->s->sk, SOL_TCP, opt, (__force char __user *)val, (__force int __user *)len);
}
static int get_int(struct tcp_bench *b, int opt)
{
	int v = -1, len = sizeof(v);

	EXPECT_EQ(get(b, opt, &v, &len), 0);
	return v;
}
static struct tcp_info_whole info(struct tcp_bench *b)
{
	struct tcp_info_whole w;
	int len = sizeof(w);

	EXPECT_EQ(get(b, TCP_INFO, &w, &len), 0);
	EXPECT_EQ(len, (int)sizeof(w));
	return w;
}
static void data(struct tcp_bench *b, u32 seq, u32 len)
{
	peer_sends(b, .flags = ACK, .seq = seq, .ack = 1, .len = len);
	skb_queue_consume(&b->nic->sent);
}
/* One read with room for control messages; what came lies in the buffers of the test. */
static u8 bytes[2000];
static char control[256];
static ssize_t recv_with_control(struct tcp_bench *b, size_t n, int flags, size_t *controllen)
{
	struct msghdr_kern m = { .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t r;

	iov_iter_ubuf(&m.msg_iter, false, (__force void __user *)bytes, n);
	r = b->s->ops->recvmsg(b->s, &m, n, flags | MSG_DONTWAIT);
	*controllen = m.msg_control_used;
	return r;
}
TEST(tcp_info_is_cut_to_what_the_caller_asks)
{
	struct tcp_bench b = bench_established();
	u8 buf[300];
	int len = 10;

	memset(buf, 0xaa, sizeof(buf));
	EXPECT_EQ(get(&b, TCP_INFO, buf, &len), 0);
	EXPECT_EQ(len, 10);
	EXPECT_EQ(buf[0], TCP_ESTABLISHED);
	EXPECT_EQ(buf[10], 0xaa);
	len = sizeof(buf);
	EXPECT_EQ(get(&b, TCP_INFO, buf, &len), 0);
	EXPECT_EQ(len, 248); /* Linux 6.7 and later */
	EXPECT_EQ(info(&b).rcv_wnd, tcp_sk(b.s->sk)->rcv_wnd);
	bench_stop(&b);
}
TEST(time_that_the_window_holds_us_up_is_counted)
{
	struct tcp_bench b = bench_established();

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .win = 1460);
	bench_write(&b, 3000);
	expect_sent(&b, .flags = ACK, .len = 1460);
	host_pass(MS(100));
	EXPECT_GE(info(&b).i.tcpi_rwnd_limited, 100000);
	EXPECT_GE(info(&b).i.tcpi_busy_time, info(&b).i.tcpi_rwnd_limited);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1461);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 3001);
	host_pass(MS(100));
	EXPECT_LT(info(&b).i.tcpi_busy_time, 150000); /* idle is not busy */
	bench_stop(&b);
}
TEST(time_that_the_buffer_holds_us_up_is_counted)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_SNDBUF, 5000), 0);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_NODELAY, 1), 0);
	while (bench_write(&b, 3000) > 0)
		;
	EXPECT_EQ(bench_write(&b, 1000), -EAGAIN);
	host_pass(MS(50));
	EXPECT_GE(info(&b).i.tcpi_sndbuf_limited, 50000);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(tcp_inq_says_what_is_left)
{
	struct tcp_bench b = bench_established();
	const struct cmsghdr_kern *c = (const struct cmsghdr_kern *)control;
	size_t n;

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_INQ, 2), -EINVAL);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_INQ, 1), 0);
	EXPECT_EQ(get_int(&b, TCP_INQ), 1);
	data(&b, 1, 500);
	EXPECT_EQ(recv_with_control(&b, 200, 0, &n), 200);
	ASSERT_EQ(n, 24);
	EXPECT_EQ(c->cmsg_level, SOL_TCP);
	EXPECT_EQ(c->cmsg_type, TCP_CM_INQ);
	EXPECT_EQ(*(const int *)CMSG_DATA_KERN(c), 300);
	bench_stop(&b);
}
TEST(so_timestampns_tells_when_the_bytes_came)
{
	struct tcp_bench b = bench_established();
	const struct cmsghdr_kern *c = (const struct cmsghdr_kern *)control;
	u64 came;
	size_t n;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_TIMESTAMPNS_OLD, 1), 0);
	came = ktime_get_real_ns();
	data(&b, 1, 100);
	host_pass(MS(70));
	EXPECT_EQ(recv_with_control(&b, 100, 0, &n), 100);
	ASSERT_EQ(n, 32);
	EXPECT_EQ(c->cmsg_type, SO_TIMESTAMPNS_OLD);
	EXPECT_LE(((const u64 *)CMSG_DATA_KERN(c))[0] * NSEC_PER_SEC + ((const u64 *)CMSG_DATA_KERN(c))[1],
		  came + MS(5));
	bench_stop(&b);
}
TEST(so_peek_off_walks_through_what_waits)
{
	struct tcp_bench b = bench_established();
	size_t n;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_PEEK_OFF, 10), 0);
	data(&b, 1, 100);
	EXPECT_EQ(recv_with_control(&b, 20, MSG_PEEK, &n), 20);
	EXPECT_EQ(bytes[0], 11);
	EXPECT_EQ(recv_with_control(&b, 20, MSG_PEEK, &n), 20);
	EXPECT_EQ(bytes[0], 31);
	EXPECT_EQ(b.s->sk->sk_peek_off, 50);
	EXPECT_EQ(recv_with_control(&b, 20, 0, &n), 20); /* a read moves it back */
	EXPECT_EQ(bytes[0], 1);
	EXPECT_EQ(b.s->sk->sk_peek_off, 30);
	bench_stop(&b);
}
TEST(msg_trunc_throws_bytes_away)
{
	struct tcp_bench b = bench_established();
	size_t n;

	data(&b, 1, 100);
	memset(bytes, 0, sizeof(bytes));
	EXPECT_EQ(recv_with_control(&b, 60, MSG_TRUNC, &n), 60);
	EXPECT_EQ(bytes[0], 0);
	EXPECT_EQ(recv_with_control(&b, 60, 0, &n), 40);
	EXPECT_EQ(bytes[0], 61);
	bench_stop(&b);
}
TEST(so_rcvlowat_holds_back_poll_and_makes_room)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVLOWAT, 300), 0);
	data(&b, 1, 200);
	EXPECT_FALSE(sock_poll(b.s) & POLLIN);
	data(&b, 201, 100);
	EXPECT_TRUE(sock_poll(b.s) & POLLIN);
	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_RCVLOWAT, 200000), 0);
	EXPECT_GE(tcp_full_space(b.s->sk), 199000); /* the buffer can hold it */
	EXPECT_FALSE(sock_poll(b.s) & POLLIN);
	bench_stop(&b);
}
TEST(msg_eor_keeps_messages_apart)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_CORK, 1), 0);
	EXPECT_EQ(sock_write(b.s, "abcdef", 6, MSG_EOR | MSG_DONTWAIT), 6);
	EXPECT_EQ(sock_write(b.s, "ghi", 3, MSG_DONTWAIT), 3);
	EXPECT_EQ(skb_queue_len(&b.s->sk->sk_write_queue), 1);
	expect_sent(&b, .flags = ACK, .len = 6);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_CORK, 0), 0);
	expect_sent(&b, .flags = ACK, .len = 3);
	bench_stop(&b);
}
TEST(the_syn_of_a_child_can_be_kept_and_is_given_once)
{
	struct tcp_bench b;
	u8 syn[100];
	int len = 10;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	EXPECT_EQ(sock_set_int(b.listener, SOL_TCP, TCP_SAVE_SYN, 1), 0);
	peer_sends(&b, .flags = SYN, .wscale = 5);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	EXPECT_EQ(get(&b, TCP_SAVED_SYN, syn, &len), -EINVAL);
	EXPECT_EQ(len, 48); /* IP, TCP, MSS and window scale */
	len = sizeof(syn);
	EXPECT_EQ(get(&b, TCP_SAVED_SYN, syn, &len), 0);
	EXPECT_EQ(len, 48);
	EXPECT_EQ(syn[0], 0x45);
	EXPECT_EQ(syn[33], SYN);
	len = sizeof(syn);
	EXPECT_EQ(get(&b, TCP_SAVED_SYN, syn, &len), 0);
	EXPECT_EQ(len, 0);
	bench_stop(&b);
}
TEST(what_is_not_there_says_so)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_MD5SIG, 1), -ENOPROTOOPT);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_REPAIR, 1), -ENOPROTOOPT);
	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_TIMESTAMP, 1), -EPERM);
	bench_stop(&b);
}
