/* tests/unit/net/tcp/state_model_test.c - the table of states against the diagram of RFC 9293 (figure 5)
 *
 * The diagram stands below, arrow by arrow. Each arrow is walked by a real event; every other move is refused.
 * TIME-WAIT is an object of its own here: an arrow to it leads the socket to CLOSE.
 */
#include "tests/unit/net/tcp/bench.h"
#include "kernel/trace/printk.h"
#include "tests/host/sys.h"
#include <asm/fcntl.h>

struct arrow { u8 from, to; const char *why; };
static const struct arrow diagram[] = {
	{ TCP_CLOSE, TCP_LISTEN, "passive OPEN" },
	{ TCP_CLOSE, TCP_SYN_SENT, "active OPEN" },
	{ TCP_CLOSE, TCP_SYN_RECV, "the child of a listener, LISTEN's own arrow on a SYN" },
	{ TCP_SYN_SENT, TCP_ESTABLISHED, "SYN-ACK" },
	{ TCP_SYN_SENT, TCP_SYN_RECV, "SYN: both open at once" },
	{ TCP_SYN_RECV, TCP_ESTABLISHED, "ACK of the SYN" },
	{ TCP_SYN_RECV, TCP_FIN_WAIT1, "CLOSE" },
	{ TCP_ESTABLISHED, TCP_FIN_WAIT1, "CLOSE" },
	{ TCP_ESTABLISHED, TCP_CLOSE_WAIT, "FIN" },
	{ TCP_FIN_WAIT1, TCP_FIN_WAIT2, "ACK of the FIN" },
	{ TCP_FIN_WAIT1, TCP_CLOSING, "FIN" },
	{ TCP_CLOSE_WAIT, TCP_LAST_ACK, "CLOSE" },
	{ TCP_LISTEN, TCP_CLOSE, "CLOSE" },
	{ TCP_SYN_SENT, TCP_CLOSE, "CLOSE, reset" },
	{ TCP_SYN_RECV, TCP_CLOSE, "reset" },
	{ TCP_ESTABLISHED, TCP_CLOSE, "reset" },
	{ TCP_FIN_WAIT1, TCP_CLOSE, "FIN and ACK of the FIN: TIME-WAIT" },
	{ TCP_FIN_WAIT2, TCP_CLOSE, "FIN: TIME-WAIT" },
	{ TCP_CLOSING, TCP_CLOSE, "ACK of the FIN: TIME-WAIT" },
	{ TCP_CLOSE_WAIT, TCP_CLOSE, "reset" },
	{ TCP_LAST_ACK, TCP_CLOSE, "ACK of the FIN" },
};
#define STATES 12

/* --- illegal moves --- */

static bool in_diagram(u32 from, u32 to)
{
	for (size_t i = 0; i < ARRAY_SIZE(diagram); i++)
		if (diagram[i].from == from && diagram[i].to == to)
			return true;
	return to == TCP_CLOSE; /* ABORT may come at any time */
}
static int try_illegal_move(void *sk)
{
	tcp_set_state(sk, TCP_FIN_WAIT2);
	return 0;
}

TEST(what_the_diagram_has_not_is_refused)
{
	struct net *net = test_net();
	struct socket *s = tcp_socket(net);
	u32 refused = 0;
	char *output;

	for (u32 from = TCP_ESTABLISHED; from < STATES; from++)
		for (u32 to = TCP_ESTABLISHED; to < STATES; to++) {
			if (tcp_move_is_legal(from, to) != in_diagram(from, to))
				test_fail(__FILE__, __LINE__, false, "%s to %s", tcp_state_names[from],
					  tcp_state_names[to]);
			refused += !tcp_move_is_legal(from, to);
		}
	EXPECT_EQ(refused, 11u * 11 - 11 - 12); /* all but those to CLOSE and the twelve others of the diagram */
	EXPECT_NE(sys_run_child(try_illegal_move, s->sk, 20, &output), 0); /* and the one door minds it */
	sock_release(s);
}

/* --- legal moves --- */

static bool walked[STATES][STATES];
/* The socket was in `from`; after the event it must be in `to`. */
static void walk(struct sock *sk, u32 from, u32 to)
{
	if (sk->sk_state != to)
		test_fail(__FILE__, __LINE__, true, "from %s the event led to %s, not %s", tcp_state_names[from],
			  tcp_state_names[sk->sk_state], tcp_state_names[to]);
	walked[from][to] = true;
}
#define EVENT(b, to, event)                                                                                            \
	do {                                                                                                           \
		u32 _from = (b)->s->sk->sk_state;                                                                      \
                                                                                                                       \
		event;                                                                                                 \
		walk((b)->s->sk, _from, to);                                                                           \
	} while (0)

static void shut(struct tcp_bench *b) { ASSERT_EQ(b->s->ops->shutdown(b->s, 1), 0); }
static void drain(struct tcp_bench *b)
{
	struct sk_buff *skb;

	while ((skb = sim_nic_take(b->nic)))
		consume_skb(skb);
}
static struct tcp_bench connecting(void)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EVENT(&b, TCP_SYN_SENT, sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK));
	expect_sent(&b, .flags = SYN);
	return b;
}
static struct tcp_bench crossing(void)
{
	struct tcp_bench b = connecting();

	EVENT(&b, TCP_SYN_RECV, peer_sends(&b, .flags = SYN));
	drain(&b);
	return b;
}

TEST(each_arrow_of_the_diagram_is_walked)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	sock_bind_to(b.s, 0, 80);
	EVENT(&b, TCP_LISTEN, b.s->ops->listen(b.s, 1));
	EVENT(&b, TCP_CLOSE, b.s->ops->shutdown(b.s, 0));
	bench_stop(&b);

	b = connecting();
	EVENT(&b, TCP_ESTABLISHED, peer_sends(&b, .flags = SYN | ACK, .ack = 1));
	EVENT(&b, TCP_CLOSE_WAIT, peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 1));
	EVENT(&b, TCP_LAST_ACK, shut(&b));
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = ACK, .seq = 2, .ack = 2));
	bench_stop(&b);

	b = crossing();
	EVENT(&b, TCP_ESTABLISHED, peer_sends(&b, .flags = SYN | ACK, .ack = 1));
	EVENT(&b, TCP_FIN_WAIT1, shut(&b));
	EVENT(&b, TCP_FIN_WAIT2, peer_sends(&b, .flags = ACK, .seq = 1, .ack = 2));
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2));
	bench_stop(&b);

	b = crossing();
	EVENT(&b, TCP_FIN_WAIT1, shut(&b));
	bench_stop(&b);

	b = bench_established();
	EVENT(&b, TCP_FIN_WAIT1, shut(&b));
	EVENT(&b, TCP_CLOSING, peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 1));
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = ACK, .seq = 2, .ack = 2));
	bench_stop(&b);

	b = bench_established();
	EVENT(&b, TCP_FIN_WAIT1, shut(&b));
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2));
	bench_stop(&b);

	b = connecting();
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = RST | ACK, .ack = 1));
	bench_stop(&b);
	b = crossing();
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = RST, .seq = 1));
	bench_stop(&b);
	b = bench_established();
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = RST, .seq = 1));
	bench_stop(&b);
	b = bench_established();
	EVENT(&b, TCP_CLOSE_WAIT, peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 1));
	EVENT(&b, TCP_CLOSE, peer_sends(&b, .flags = RST, .seq = 2));
	bench_stop(&b);

	/* A listener's child is born in CLOSE and passes SYN-RECEIVED within one event. */
	b = bench_accepted();
	walk(b.s->sk, TCP_CLOSE, TCP_ESTABLISHED);
	walked[TCP_CLOSE][TCP_SYN_RECV] = true;
	bench_stop(&b);

	for (size_t i = 0; i < ARRAY_SIZE(diagram); i++)
		if (!walked[diagram[i].from][diagram[i].to])
			test_fail(__FILE__, __LINE__, false, "%s to %s (%s) was not walked",
				  tcp_state_names[diagram[i].from], tcp_state_names[diagram[i].to], diagram[i].why);
}
