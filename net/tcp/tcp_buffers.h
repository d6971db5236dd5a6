/* net/tcp/tcp_buffers.h - receive and send buffers, the windows made of them, the memory that all of them share, and
 * when data is acknowledged
 *
 * Locks: the caller owns the socket; nothing here sleeps.
 */
#pragma once
#include "net/core/core.h"
#include "net/tcp/tcp_recovery.h"
#include "net/tcp/tcp_sock.h"

#define TCP_RMEM_TO_WIN_SCALE 8		/* tp->scaling_ratio / 256 of a receive buffer is payload */
#define TCP_DEFAULT_SCALING_RATIO 128	/* until a segment was seen */
#define TCP_MAX_HEADER 320u		/* what Linux reckons for all headers: SO_SNDBUF's growth follows from it */
#define SKB_SHINFO_SIZE 320u		/* the same for its bookkeeping */
#define SKB_STRUCT_SIZE 256u

/* --- tcp_mem.c: pages charged to the whole stack, against tcp_mem --- */
/* May sk keep size more bytes of skbs? Charges the pages; false when the stack's memory is used up. */
bool tcp_rmem_schedule(struct sock *sk, u32 size);
bool tcp_wmem_schedule(struct sock *sk, u32 size);
void tcp_mem_force(struct sock *sk, u32 size);	/* charges without asking */
int tcp_forward_alloc(const struct sock *sk);	/* proto.forward_alloc */
void tcp_mem_reclaim(struct sock *sk);		/* gives back what sk charged and no longer uses */
void tcp_mem_init(struct netns_tcp *t);
static inline bool tcp_under_memory_pressure(const struct sock *sk) { return READ_ONCE(sk->sk_net->tcp->pressure_ns); }
static inline bool tcp_mem_is_low(const struct sock *sk)
{
	const struct netns_tcp *t = sk->sk_net->tcp;

	return atomic_read(&t->memory_pages) < t->sysctl.mem[0];
}
static inline bool tcp_rmem_pressure(const struct sock *sk)
{
	int buf = READ_ONCE(sk->sk_rcvbuf);

	return tcp_under_memory_pressure(sk) || atomic_read(&sk->sk_rmem_alloc) > buf - (buf >> 3);
}

/* --- tcp_rcvbuf.c --- */
struct tcp_initial_window { u32 rcv_wnd, clamp, segs; u8 wscale; }; /* segs: by the route, 0: as the buffer */
void tcp_select_initial_window(const struct sock *sk, u32 space, u32 mss, struct tcp_initial_window *w, bool wscale_ok);
u32 tcp_clamp_for_buffer(const struct sock *sk);
u32 __tcp_select_window(struct tcp_sock *tp);
u16 tcp_select_window(struct tcp_sock *tp);	/* for a segment that leaves now: notes what it announces */
void tcp_grow_window(struct tcp_sock *tp, const struct sk_buff *skb, bool adjust);
void tcp_adjust_rcv_ssthresh(struct tcp_sock *tp);
int tcp_set_window_clamp(struct tcp_sock *tp, int v);
void tcp_scaling_ratio_learn(struct tcp_sock *tp, const struct sk_buff *skb);
void tcp_init_buffer_space(struct tcp_sock *tp);
void tcp_sndbuf_expand(struct tcp_sock *tp);
bool tcp_should_expand_sndbuf(const struct tcp_sock *tp);
void tcp_rcv_space_adjust(struct tcp_sock *tp);
void tcp_rcv_rtt_measure(struct tcp_sock *tp);
void tcp_rcv_rtt_measure_ts(struct tcp_sock *tp, const struct tcp_skb_cb *cb);
bool tcp_stream_is_readable(const struct tcp_sock *tp, u32 target);
void tcp_data_ready(struct sock *sk);
static inline u32 tcp_receive_window(const struct tcp_sock *tp)
{
	s32 win = (s32)(tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt);

	return win < 0 ? 0 : (u32)win;
}
/* Payload bytes of a buffer of space bytes. */
static inline u32 tcp_win_from_space(const struct sock *sk, int space)
{
	return space <= 0 ? 0 : (u32)((u64)space * tcp_sk(sk)->scaling_ratio >> TCP_RMEM_TO_WIN_SCALE);
}
static inline u32 tcp_full_space(const struct sock *sk) { return tcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf)); }
static inline u32 tcp_space(const struct sock *sk)
{
	int waiting = (int)READ_ONCE(sk->sk_backlog.len); /* others add to it while we own the socket */

	return tcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf) - waiting - atomic_read(&sk->sk_rmem_alloc));
}

/* --- tcp_prune.c --- */
bool tcp_try_rmem_schedule(struct tcp_sock *tp, const struct sk_buff *skb); /* prunes if it must; false: refuse skb */

/* --- tcp_delack.c --- */
bool tcp_in_pingpong_mode(const struct tcp_sock *tp);
void tcp_enter_pingpong_mode(struct tcp_sock *tp);
void tcp_enter_quickack_mode(struct tcp_sock *tp, u32 most);
void tcp_event_ack_sent(struct tcp_sock *tp);
void tcp_event_reply_sent(struct tcp_sock *tp);
void tcp_initialize_rcv_mss(struct tcp_sock *tp);
void tcp_measure_rcv_mss(struct tcp_sock *tp, const struct sk_buff *skb);
void tcp_event_data_recv(struct tcp_sock *tp, const struct sk_buff *skb);
void tcp_ack_snd_check(struct tcp_sock *tp, bool holes);
void tcp_send_delayed_ack(struct tcp_sock *tp);
void tcp_reset_delack_timer(struct tcp_sock *tp, u64 at_ns);
void tcp_delack_timer_work(struct tcp_sock *tp);
void tcp_delack_timer(struct timer_list *t);
void tcp_comp_timer(struct timer_list *t);
