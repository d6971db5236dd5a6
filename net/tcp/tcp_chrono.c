/* net/tcp/tcp_chrono.c - what a sender waits for: how long it was busy, and how long the peer's window or the program's
 * buffer held it up (TCP_INFO's busy_time, rwnd_limited, sndbuf_limited)
 *
 * Called: tcp_xmit.c, tcp_send.c, tcp_input.c as one reason takes the place of another; the socket is owned.
 * What:   one stop-watch runs at a time; a reason of more weight takes it over from one of less.
 */
#include "net/tcp/tcp_internal.h"

static void turn(struct tcp_sock *tp, u8 type)
{
	if (tp->chrono.type)
		tp->chrono.us[tp->chrono.type] += (tp->now_ns - tp->chrono.since_ns) / NSEC_PER_USEC;
	tp->chrono.type = type;
	tp->chrono.since_ns = tp->now_ns;
}
void tcp_chrono_start(struct tcp_sock *tp, u8 type)
{
	if (type > tp->chrono.type)
		turn(tp, type);
}
/* With nothing left to send none runs; else being busy is what remains. */
void tcp_chrono_stop(struct tcp_sock *tp, u8 type)
{
	if (!tp->chrono.type)
		return;
	if (!tp->packets_out && skb_queue_empty(&tcp_sock_sk(tp)->sk_write_queue))
		turn(tp, TCP_CHRONO_UNSPEC);
	else if (type == tp->chrono.type)
		turn(tp, TCP_CHRONO_BUSY);
}
/* All of them, as of now: busy covers the others. */
void tcp_chrono_read(const struct tcp_sock *tp, u64 us[TCP_CHRONO_MAX])
{
	for (u8 t = TCP_CHRONO_BUSY; t < TCP_CHRONO_MAX; t++)
		us[t] = tp->chrono.us[t] +
			(t == tp->chrono.type ? (tp->now_ns - tp->chrono.since_ns) / NSEC_PER_USEC : 0);
	us[TCP_CHRONO_BUSY] += us[TCP_CHRONO_RWND_LIMITED] + us[TCP_CHRONO_SNDBUF_LIMITED];
}
