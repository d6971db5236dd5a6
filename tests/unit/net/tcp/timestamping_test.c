/* tests/unit/net/tcp/timestamping_test.c - SO_TIMESTAMPING: stamps of what was sent come through the error queue */
#include "tests/unit/net/tcp/bench.h"
#include <linux/time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#define ALL (SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK | \
	     SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_ID)

struct stamp { ssize_t n; u64 ns; u32 type; struct sock_extended_err ee; };
static struct stamp read_stamp(struct socket *s, int flags)
{
	static char control[256], bytes[3000];
	struct msghdr_kern m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct stamp st = { 0 };

	iov_iter_ubuf(&m.msg_iter, false, (__force void __user *)bytes, sizeof(bytes));
	st.n = s->ops->recvmsg(s, &m, sizeof(bytes), flags | MSG_DONTWAIT);
	for (size_t off = 0; st.n >= 0 && off < m.msg_control_used;) {
		const struct cmsghdr_kern *c = (void *)(control + off);

		if (c->cmsg_level == SOL_SOCKET) {
			const struct scm_timestamping *t = CMSG_DATA_KERN(c);

			st.type = (u32)c->cmsg_type;
			st.ns = (u64)t->ts[0].tv_sec * NSEC_PER_SEC + (u64)t->ts[0].tv_nsec;
			EXPECT_EQ(t->ts[2].tv_sec, 0);
		}
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR)
			memcpy(&st.ee, CMSG_DATA_KERN(c), sizeof(st.ee));
		off += ALIGN_UP(c->cmsg_len, 8);
	}
	return st;
}
static struct stamp expect_stamp(struct socket *s, u32 info, u32 data)
{
	struct stamp st = read_stamp(s, MSG_ERRQUEUE);

	EXPECT_GE(st.n, 0);
	EXPECT_EQ(st.ee.ee_errno, ENOMSG);
	EXPECT_EQ(st.ee.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	EXPECT_EQ(st.ee.ee_info, info);
	EXPECT_EQ(st.ee.ee_data, data);
	EXPECT_LE(st.ns, ktime_get_real_ns());
	EXPECT_GE(st.ns + NSEC_PER_SEC, ktime_get_real_ns());
	return st;
}
static void expect_no_stamp(struct socket *s) { EXPECT_EQ(read_stamp(s, MSG_ERRQUEUE).n, -EAGAIN); }

TEST(queued_sent_and_acknowledged)
{
	struct tcp_bench b = bench_established();
	struct stamp sent, acked;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_TIMESTAMPING_OLD, ALL | SOF_TIMESTAMPING_OPT_TSONLY), 0);
	EXPECT_EQ(bench_write(&b, 500), 500);
	expect_sent(&b, .flags = ACK, .len = 500);
	EXPECT_TRUE(sock_poll(b.s) & POLLERR);
	EXPECT_EQ(expect_stamp(b.s, SCM_TSTAMP_SCHED, 499).n, 0);
	sent = expect_stamp(b.s, SCM_TSTAMP_SND, 499);
	expect_no_stamp(b.s);
	host_pass(MS(7));
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 400);
	expect_no_stamp(b.s); /* the last byte counts */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 501);
	acked = expect_stamp(b.s, SCM_TSTAMP_ACK, 499);
	EXPECT_GE(acked.ns, sent.ns + MS(7));
	EXPECT_EQ(acked.type, SO_TIMESTAMPING_OLD);
	EXPECT_FALSE(sock_poll(b.s) & POLLERR);
	EXPECT_EQ(b.s->sk->sk_err, 0); /* a stamp is no error */
	expect_no_stamp(b.s);
	bench_stop(&b);
}
TEST(the_packet_comes_with_its_stamp_unless_only_that_is_wanted)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_TIMESTAMPING_NEW, ALL & ~SOF_TIMESTAMPING_TX_SCHED), 0);
	EXPECT_EQ(bench_write(&b, 100), 100);
	expect_sent(&b, .flags = ACK, .len = 100);
	EXPECT_EQ(expect_stamp(b.s, SCM_TSTAMP_SND, 99).n, 14 + 20 + 20 + 100);
	EXPECT_EQ(bench_write(&b, 50), 50);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 101);
	EXPECT_EQ(expect_stamp(b.s, SCM_TSTAMP_ACK, 99).type, SO_TIMESTAMPING_NEW);
	EXPECT_EQ(expect_stamp(b.s, SCM_TSTAMP_SND, 149).n, 14 + 20 + 20 + 50);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
/* A write of several segments: its stamps are those of its last byte, wherever the cuts fall. */
TEST(a_cut_leaves_the_wish_with_the_last_byte)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_TIMESTAMPING_OLD, ALL | SOF_TIMESTAMPING_OPT_TSONLY), 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .win = 2920);
	EXPECT_EQ(bench_write(&b, 4000), 4000);
	expect_sent(&b, .flags = ACK, .len = 1460);
	expect_sent(&b, .flags = ACK, .len = 1460);
	expect_nothing_sent(&b);
	expect_no_stamp(b.s);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 2921);
	expect_sent(&b, .flags = ACK, .len = 1080);
	expect_stamp(b.s, SCM_TSTAMP_SCHED, 3999);
	expect_stamp(b.s, SCM_TSTAMP_SND, 3999);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 4001);
	expect_stamp(b.s, SCM_TSTAMP_ACK, 3999);
	expect_no_stamp(b.s);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
TEST(what_cannot_be_is_refused)
{
	struct tcp_bench b = bench_established();
	struct socket *s = tcp_socket(b.net);

	EXPECT_EQ(sock_set_int(s, SOL_SOCKET, SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_ID), -EINVAL);
	EXPECT_EQ(sock_set_int(s, SOL_SOCKET, SO_TIMESTAMPING_OLD, 1 << 30), -EINVAL);
	EXPECT_EQ(sock_set_int(s, SOL_SOCKET, SO_TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_STATS), -EOPNOTSUPP);
	sock_release(s);
	bench_stop(&b);
}
TEST(arrivals_are_told_too)
{
	struct tcp_bench b = bench_established();
	u64 came;
	struct stamp st;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_TIMESTAMPING_OLD,
			       SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE), 0);
	came = ktime_get_real_ns();
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 100);
	host_pass(MS(50));
	st = read_stamp(b.s, 0);
	EXPECT_EQ(st.n, 100);
	EXPECT_EQ(st.type, SO_TIMESTAMPING_OLD);
	EXPECT_LE(st.ns, came + MS(5));
	EXPECT_GE(st.ns, came);
	skb_queue_consume(&b.nic->sent);
	bench_stop(&b);
}
/* UDP counts datagrams; a stamp that nobody reads costs receive buffer, and no more than there is. */
TEST(datagrams_are_numbered)
{
	struct two_hosts w;
	struct socket *s, *peer;
	int n = 0;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	ASSERT_EQ(sock_create_kern(w.net[0], AF_INET, SOCK_DGRAM, 0, &s), 0);
	ASSERT_EQ(sock_create_kern(w.net[1], AF_INET, SOCK_DGRAM, 0, &peer), 0);
	EXPECT_EQ(sock_bind_to(peer, HOST_B, 9), 0);
	EXPECT_EQ(sock_connect_to(s, HOST_B, 9, 0), 0);
	EXPECT_EQ(sock_write(s, "x", 1, 0), 1);
	host_pass(MS(20)); /* for ARP */
	EXPECT_EQ(sock_set_int(s, SOL_SOCKET, SO_TIMESTAMPING_OLD, ALL & ~SOF_TIMESTAMPING_TX_ACK), 0);
	for (u32 i = 0; i < 3; i++)
		EXPECT_EQ(sock_write(s, "hello", 5, 0), 5);
	for (u32 i = 0; i < 3; i++) {
		EXPECT_EQ(expect_stamp(s, SCM_TSTAMP_SCHED, i).n, 14 + 20 + 8 + 5);
		EXPECT_EQ(expect_stamp(s, SCM_TSTAMP_SND, i).n, 14 + 20 + 8 + 5);
	}
	for (int i = 0; i < 2000; i++)
		sock_write(s, "hello", 5, MSG_DONTWAIT);
	while (read_stamp(s, MSG_ERRQUEUE).n >= 0)
		n++;
	EXPECT_GT(n, 50);
	EXPECT_LT(n, 2000);
	EXPECT_EQ(sk_rmem_alloc_get(s->sk), 0);
	sock_release(s);
	sock_release(peer);
	two_hosts_stop(&w);
}
