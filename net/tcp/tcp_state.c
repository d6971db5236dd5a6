/* net/tcp/tcp_state.c - the one door through which a connection changes its state
 *
 * What:   the table of legal moves (RFC 9293 figure 5), and the two ways in which a connection ends.
 * Called: by every file that moves a connection.
 * Calls:  tcp_hash.c, tcp_timer.c.
 * Locks:  the caller owns the socket.
 */
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "net/tcp/tcp_internal.h"

DEFINE_TRACE(sock, inet_sock_set_state);

const char *const tcp_state_names[TCP_MAX_STATES] = {
	[0] = "UNUSED", [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_SYN_SENT] = "SYN_SENT", [TCP_SYN_RECV] = "SYN_RECV",
	[TCP_FIN_WAIT1] = "FIN_WAIT1", [TCP_FIN_WAIT2] = "FIN_WAIT2", [TCP_TIME_WAIT] = "TIME_WAIT",
	[TCP_CLOSE] = "CLOSE", [TCP_CLOSE_WAIT] = "CLOSE_WAIT", [TCP_LAST_ACK] = "LAST_ACK", [TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING", [TCP_NEW_SYN_RECV] = "NEW_SYN_RECV",
};

/* CLOSE may follow on everything. TIME_WAIT is a small object of its own: the socket goes to CLOSE. */
static const u32 legal_next[TCP_MAX_STATES] = {
	[TCP_CLOSE] = TCPF_LISTEN | TCPF_SYN_SENT | TCPF_SYN_RECV,
	[TCP_LISTEN] = 0,
	[TCP_SYN_SENT] = TCPF_ESTABLISHED | TCPF_SYN_RECV,
	[TCP_SYN_RECV] = TCPF_ESTABLISHED | TCPF_FIN_WAIT1,
	[TCP_ESTABLISHED] = TCPF_FIN_WAIT1 | TCPF_CLOSE_WAIT,
	[TCP_FIN_WAIT1] = TCPF_FIN_WAIT2 | TCPF_CLOSING,
	[TCP_FIN_WAIT2] = 0,
	[TCP_CLOSING] = 0,
	[TCP_CLOSE_WAIT] = TCPF_LAST_ACK,
	[TCP_LAST_ACK] = 0,
};

static void count_move(struct sock *sk, u32 was, u32 next)
{
	struct net *net = sk->sk_net;
	const u32 established = TCPF_ESTABLISHED | TCPF_CLOSE_WAIT;

	if (!(TCPF(was) & established) && next == TCP_ESTABLISHED)
		NET_INC_STATS(net, TCP_CURRESTAB);
	if ((TCPF(was) & established) && !(TCPF(next) & established))
		NET_DEC_STATS(net, TCP_CURRESTAB);
	if ((TCPF(was) & established) && next == TCP_CLOSE)
		NET_INC_STATS(net, TCP_ESTABRESETS);
}

/* CLOSE may come from anywhere: ABORT and resets. */
bool tcp_move_is_legal(u32 was, u32 next) { return next == TCP_CLOSE || (legal_next[was] & TCPF(next)); }

void tcp_set_state(struct sock *sk, enum tcp_state next)
{
	u32 was = sk->sk_state;

	BUG_UNLESS(tcp_move_is_legal(was, next));
	TRACE(inet_sock_set_state,
	      "family=AF_INET protocol=IPPROTO_TCP sport=%hu dport=%hu saddr=%pI4 daddr=%pI4 "
	      "saddrv6=::ffff:%pI4 daddrv6=::ffff:%pI4 oldstate=TCP_%s newstate=TCP_%s",
	      TCP_TRACE_ENDS_OF(sk), tcp_state_names[was], tcp_state_names[next]);
	count_move(sk, was, next);
	if (next == TCP_CLOSE)
		tcp_unhash(sk);
	WRITE_ONCE(sk->sk_state, (u8)next);
}

void tcp_done(struct sock *sk)
{
	if (tcp_in(sk, TCPF_SYN_SENT | TCPF_SYN_RECV))
		NET_INC_STATS(sk->sk_net, TCP_ATTEMPTFAILS);
	tcp_set_state(sk, TCP_CLOSE);
	tcp_clear_timers(tcp_sk(sk));
	tcp_fastopen_release(tcp_sk(sk));
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	if (sock_flag(sk, SOCK_DEAD))
		tcp_orphan_done(sk);
	else
		sk->sk_state_change(sk);
}

void tcp_reset(struct sock *sk, int err)
{
	WRITE_ONCE(sk->sk_err, err);
	tcp_write_queue_purge(tcp_sk(sk));
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_error_report(sk);
	tcp_done(sk);
}
