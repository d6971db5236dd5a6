/* tests/unit/net/tcp/aimd_test.c - the algorithm to copy, and who may choose which
 *
 * docs/labs.md, lab 11: CA, KEPT_PERCENT and ROUNDS_A_SEGMENT are to be set to your own.
 */
#include "kernel/process/process.h"
#include "tests/unit/net/tcp/bench.h"

#define CA "aimd"
#define KEPT_PERCENT 50u
#define ROUNDS_A_SEGMENT 1u	/* of growth, after slow start */

static int choose(struct socket *s, const char *name)
{
	return s->ops->setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, KERNEL_SOCKPTR((void *)name),
				  (unsigned int)strlen(name));
}
static struct tcp_sock *with_window(struct tcp_bench *b, u32 cwnd)
{
	struct tcp_sock *tp;

	*b = bench_established();
	tp = tcp_sk(b->s->sk);
	EXPECT_EQ(choose(b->s, CA), 0);
	EXPECT_STREQ(tp->ca_ops->name, CA);
	tp->snd_cwnd = cwnd;
	tp->snd_ssthresh = cwnd;
	tp->is_cwnd_limited = true;
	return tp;
}
TEST(the_window_grows_by_the_round_trip)
{
	struct tcp_bench b;
	struct tcp_sock *tp = with_window(&b, 100);

	for (u32 round = 0; round < 30 * ROUNDS_A_SEGMENT; round++)
		for (u32 i = tp->snd_cwnd; i; i--)
			tp->ca_ops->cong_avoid(tp, 0, 1);
	EXPECT_GE(tp->snd_cwnd, 129);
	EXPECT_LE(tp->snd_cwnd, 131);
	bench_stop(&b);
}
TEST(a_loss_leaves_its_share)
{
	struct tcp_bench b;
	struct tcp_sock *tp = with_window(&b, 100);

	EXPECT_EQ(tp->ca_ops->ssthresh(tp), KEPT_PERCENT);
	tp->snd_cwnd = 1;
	EXPECT_EQ(tp->ca_ops->ssthresh(tp), 2);
	bench_stop(&b);
}
TEST(an_unused_window_stays)
{
	struct tcp_bench b;
	struct tcp_sock *tp = with_window(&b, 100);

	tp->is_cwnd_limited = false;
	for (u32 i = 0; i < 10000; i++)
		tp->ca_ops->cong_avoid(tp, 0, 1);
	EXPECT_EQ(tp->snd_cwnd, 100);
	bench_stop(&b);
}

static void drop_privilege(void)
{
	((struct cred *)current->cred)->cap_effective &= ~BIT(CAP_NET_ADMIN);
}
TEST(the_administrator_decides_who_may_try_it)
{
	struct tcp_bench b = bench_established();
	u64 *allowed = &b.net->tcp->ca_allowed, only_reno;
	char names[32] = " reno \n", unknown[32] = "reno nosuch";

	EXPECT_EQ(choose(b.s, "nosuch"), -ENOENT);
	EXPECT_EQ(choose(b.s, "aimd"), 0);
	EXPECT_EQ(choose(b.s, "reno"), 0);
	drop_privilege();
	EXPECT_EQ(choose(b.s, "aimd"), -EPERM);
	EXPECT_EQ(choose(b.s, "cubic"), 0);
	EXPECT_EQ(choose(b.s, "bbr"), 0);
	*allowed |= BIT(tcp_aimd.index);
	EXPECT_EQ(choose(b.s, "aimd"), 0);
	EXPECT_EQ(tcp_ca_mask(unknown, &only_reno), -ENOENT);
	EXPECT_EQ(tcp_ca_mask(names, &only_reno), 0);
	*allowed = only_reno;
	EXPECT_EQ(choose(b.s, "aimd"), 0); /* what it has, it keeps */
	EXPECT_EQ(choose(b.s, "cubic"), -EPERM);
	EXPECT_EQ(choose(b.s, "reno"), 0);
	bench_stop(&b);
}
/* A listener whose program chose hands its choice on; one that did not gives the stack's default of that moment. */
TEST(an_accepted_connection_has_its_listeners_choice)
{
	struct tcp_bench b;

	for (int chosen = 0; chosen < 2; chosen++) {
		bench_start(&b);
		b.listener = tcp_listener(b.net, 80, 5);
		if (chosen)
			EXPECT_EQ(choose(b.listener, "bbr"), 0);
		strscpy(b.net->tcp->sysctl.congestion_control, "reno", TCP_CA_NAME_MAX);
		peer_sends(&b, .flags = SYN, .seq = 0);
		expect_sent(&b, .flags = SYN | ACK, .ack = 1);
		peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
		b.s = sock_alloc();
		b.s->type = SOCK_STREAM;
		b.s->ops = b.listener->ops;
		ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, 0), 0);
		EXPECT_STREQ(tcp_sk(b.s->sk)->ca_ops->name, chosen ? "bbr" : "reno");
		bench_stop(&b);
	}
}
