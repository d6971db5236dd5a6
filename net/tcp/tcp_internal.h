/* net/tcp/tcp_internal.h - who does what: the functions that the files of net/tcp/ offer each other */
#pragma once
#include "net/tcp/tcp_buffers.h"
#include "net/tcp/tcp_ecn.h"
#include "net/tcp/tcp_recovery.h"
#include "net/tcp/tcp_rtx_queue.h"
#include "net/tcp/tcp_sock.h"

/* --- tcp.c, tcp_sysctl.c, tcp_proc.c --- */
extern struct proto tcp_prot;
void tcp_sysctl_init(void);
void tcp_sysctl_defaults(struct tcp_sysctls *s);
void tcp_proc_init(void);
void tcp_diag_init(void); /* tcp_diag.c */
struct seq_file;
extern struct kmem_cache *tcp_bind_cache, *tcp_req_cache, *tcp_tw_cache;
int tcp_v4_init_sock(struct sock *sk);
void tcp_init_once(struct tcp_sock *tp);
void tcp_init_fields(struct tcp_sock *tp); /* what a fresh socket and an accepted one have in common */

/* --- tcp_state.c --- */
bool tcp_move_is_legal(u32 was, u32 next); /* TCP_*: an arrow of RFC 9293 figure 5, or to CLOSE */
void tcp_set_state(struct sock *sk, enum tcp_state next);
/* The connection is over: CLOSE, timers off, the program told; an orphan goes. [S], BH off. */
void tcp_done(struct sock *sk);
void tcp_reset(struct sock *sk, int err); /* the same for a reason: sk_err */
extern const char *const tcp_state_names[];
static inline bool tcp_in(const struct sock *sk, u32 states) { return TCPF(sk->sk_state) & states; }

/* --- tcp_hash.c, tcp_port.c --- */
int tcp_hash_net_init(struct net *net);
void tcp_hash_net_exit(struct net *net);
u32 tcp_ehashfn(const struct net *net, __be32 laddr, u16 lport, __be32 faddr, __be16 fport);
spinlock_t *tcp_ehash_lock(const struct net *net, u32 hash);
/* Referenced, or NULL. RCU. */
struct tcp_hashed *tcp_lookup_established(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, u16 hnum, int dif);
struct sock *tcp_lookup_listener(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, u16 hnum, int dif);
void tcp_hashed_put(struct tcp_hashed *h);
int tcp_v4_hash(struct sock *sk);
void tcp_unhash(struct sock *sk);
bool tcp_ehash_insert(struct tcp_hashed *h); /* false: its 4-tuple is in already */
bool tcp_ehash_remove(struct tcp_hashed *h); /* false: it was not in */
bool tcp_ehash_replace(struct tcp_hashed *old, struct tcp_hashed *new);
void tcp_ehash_for_each(struct net *net, void (*fn)(struct tcp_hashed *h, void *ctx), void *ctx);
int tcp_get_port(struct sock *sk, u16 snum);
void tcp_put_port(struct sock *sk);
int tcp_hash_connect(struct sock *sk);
void tcp_bind_inherit(struct sock *child, struct sock *parent);
void tcp_bind_to_timewait(struct sock *sk, struct tcp_timewait_sock *tw);
void tcp_bind_release(struct net *net, struct tcp_bind_bucket **tb, struct hlist_node *node);

/* --- tcp_ipv4.c, tcp_reset.c, tcp_icmp.c --- */
int tcp_v4_rcv(struct sk_buff *skb);
int tcp_v4_do_rcv(struct sock *sk, struct sk_buff *skb); /* backlog_rcv */
int tcp_v4_err(struct sk_buff *skb, u32 info);
/* Answers in skb's stead; does not eat it. */
void tcp_trace_active_reset(const struct sock *sk);
/* The two ends of a connection as Linux's tracepoints name them. */
#define TCP_TRACE_ENDS                                                                                                 \
	"family=AF_INET sport=%hu dport=%hu saddr=%pI4 daddr=%pI4 saddrv6=::ffff:%pI4 daddrv6=::ffff:%pI4"
#define TCP_TRACE_ENDS_OF(sk)                                                                                          \
	(sk)->sk_num, ntohs((sk)->sk_dport), &(sk)->sk_rcv_saddr, &(sk)->sk_daddr, &(sk)->sk_rcv_saddr, &(sk)->sk_daddr
void tcp_v4_send_reset(struct sk_buff *skb, struct net *net);
struct tcp_ack_reply { u32 seq, ack, win, tsval, tsecr; bool tstamp; u8 tos; int oif; };
void tcp_v4_send_ack(struct sk_buff *skb, struct net *net, const struct tcp_ack_reply *r);
void tcp_v4_mtu_reduced(struct sock *sk);
/* What a connection begins with, that nobody else can guess: its first sequence number now, and what its timestamps add
 * to the clock. */
struct tcp_secrets { u32 seq, ts_off; };
struct tcp_secrets tcp_secrets(struct net *net, __be32 saddr, __be32 daddr, __be16 sport, __be16 dport);

/* --- tcp_options.c --- */
/* Options of th (doff checked and in the head) into o: saw_tstamp and, on a SYN, the rest. */
void tcp_parse_options(const struct tcphdr *th, struct tcp_options_received *o, bool syn);
bool tcp_fast_parse_options(const struct tcphdr *th, struct tcp_sock *tp); /* saw_tstamp */
struct tcp_out_options {
	u16 mss;			/* 0: none */
	u8 wscale;			/* 0xff: none */
	bool ts, sack_ok;
	u8 num_sacks;
	u32 tsval, tsecr;
	struct tcp_sack_block sack[TCP_NUM_SACKS];
	const struct tcp_fastopen_cookie *tfo; /* NULL: none */
};
/* The first option behind last (NULL: of the segment) that is whole, NOPs passed over. NULL: no more, or malformed. */
const u8 *tcp_next_option(const struct tcphdr *th, const u8 *last);
/* The bytes of an option, from its kind on; its length at [1] is within the header. NULL: not there. */
const u8 *tcp_find_option(const struct tcphdr *th, u8 kind);
u32 tcp_options_size(const struct tcp_out_options *o);
void tcp_options_write(void *p, const struct tcp_out_options *o);
#define TCPOLEN_TSTAMP_ALIGNED 12u
#define TCP_TSTAMP_OPTION htonl(1u << 24 | 1u << 16 | 8u << 8 | 10u) /* two NOPs, then the option (RFC 7323 A) */
static inline void tcp_tstamp_write(void *at, u32 tsval, u32 tsecr)
{
	__be32 *p = at;

	p[0] = TCP_TSTAMP_OPTION;
	p[1] = htonl(tsval);
	p[2] = htonl(tsecr);
}

/* --- tcp_synack.c --- */
/* The way back to who asks, referenced; ERR_PTR. Softirq. */
struct rtable *tcp_req_route(const struct tcp_request_sock *req);
void tcp_req_select_window(struct tcp_request_sock *req, const struct sock *lsk);
int tcp_send_synack(struct tcp_request_sock *req, u64 now_ns);

/* --- tcp_request.c (SYN queue), tcp_cookie.c, tcp_listen.c, tcp_timewait.c --- */
void tcp_v4_conn_request(struct sock *sk, struct sk_buff *skb); /* eats skb */
/* A segment for a request: the child (locked, referenced) when it completes the handshake, NULL when not, with *eaten
 * whether skb was consumed; ERR_PTR(-EEXIST): look again whose the segment is. */
struct sock *tcp_check_req(struct tcp_request_sock *req, struct sk_buff *skb, bool *eaten, enum skb_drop_reason *why);
void tcp_req_put(struct tcp_request_sock *req);
void tcp_req_drop(struct tcp_request_sock *req); /* out of hash and queue; references follow */
struct sock *tcp_create_child(struct sock *lsk, struct tcp_request_sock *req);
/* NULL: no valid cookie; ERR_PTR: valid, but no child (-EEXIST: look again whose the segment is). */
struct sock *tcp_cookie_check(struct sock *lsk, struct sk_buff *skb);
u32 tcp_cookie_timestamp(const struct tcp_options_received *o, bool ecn);
u32 tcp_cookie_make(struct net *net, const struct sk_buff *skb, u16 *mss);
/* The type of service for who asked with tos: the listener's, or (tcp_reflect_tos) theirs without its ECN bits. */
static inline u8 tcp_reflected_tos(const struct sock *lsk, u8 tos)
{
	u8 own = inet_sk(lsk)->tos;

	return tcp_sysctl(lsk)->reflect_tos ? (u8)((tos & ~INET_ECN_MASK) | (own & INET_ECN_MASK)) : own;
}
int tcp_listen(struct socket *sock, int backlog);
void tcp_listen_stop(struct sock *sk);
struct sock *tcp_accept(struct sock *sk, int flags, int *err);
bool tcp_accept_enqueue(struct sock *lsk, struct sock *child); /* false: no longer listening */
bool tcp_acceptq_full(const struct sock *sk);
void tcp_time_wait(struct sock *sk, enum tcp_state substate, u64 timeout_ns);
enum tcp_tw_status { TCP_TW_DONE, TCP_TW_RST, TCP_TW_ACK, TCP_TW_SYN };
enum tcp_tw_status tcp_timewait_process(struct tcp_timewait_sock *tw, struct sk_buff *skb, u32 *isn);
void tcp_tw_kill(struct tcp_timewait_sock *tw);
void tcp_tw_put(struct tcp_timewait_sock *tw);
void tcp_v4_timewait_ack(struct tcp_timewait_sock *tw, struct sk_buff *skb);
bool tcp_tw_reusable(const struct tcp_timewait_sock *tw, const struct sock *sk);

/* --- tcp_input.c: the steps; tcp_fastpath.c; tcp_handshake.c; tcp_fin.c; tcp_urgent.c --- */
enum tcp_step_result { STEP_NEXT, STEP_DONE };
typedef enum tcp_step_result tcp_step(struct tcp_sock *tp, struct tcp_segment *seg);
void tcp_segment_arrives(struct tcp_sock *tp, struct sk_buff *skb); /* eats skb; any state but LISTEN */
bool tcp_rcv_established(struct tcp_sock *tp, struct sk_buff *skb); /* fast path: true when it took skb */
tcp_step tcp_syn_sent_step, tcp_step_sequence, tcp_step_reset, tcp_step_syn, tcp_step_ack, tcp_step_urg, tcp_step_text,
	tcp_step_fin;
void tcp_trace_probe(struct tcp_sock *tp, const struct tcp_segment *seg);
void tcp_fin(struct tcp_sock *tp);	/* the peer's FIN is in order */
void tcp_send_challenge_ack(struct tcp_sock *tp);
/* Must an answer to what should not have come wait? Counts under mib (MIB_TCPEXT_TCPACKSKIPPED*). */
bool tcp_oow_limited(struct net *net, u64 *last_ns, u64 now_ns, enum net_mib_item mib);
void tcp_established(struct tcp_sock *tp); /* timers, buffers, congestion control at the start of data */
void tcp_check_urg(struct tcp_sock *tp, const struct tcp_segment *seg);
void tcp_take_urg_byte(struct tcp_sock *tp, const struct tcp_segment *seg);
int tcp_recv_urg(struct sock *sk, struct msghdr_kern *msg, int flags);
void tcp_fast_path_check(struct tcp_sock *tp);
void tcp_store_ts_recent(struct tcp_sock *tp);
void tcp_send_what_is_due(struct tcp_sock *tp);
void tcp_send_dupack(struct tcp_sock *tp, const struct tcp_segment *seg);
static inline void tcp_fast_path_off(struct tcp_sock *tp) { tp->pred_flags = 0; }

/* --- tcp_chrono.c --- */
void tcp_chrono_start(struct tcp_sock *tp, u8 type);
void tcp_chrono_stop(struct tcp_sock *tp, u8 type);
void tcp_chrono_read(const struct tcp_sock *tp, u64 us[TCP_CHRONO_MAX]);

/* --- tcp_reassembly.c --- */
void tcp_data_queue(struct tcp_sock *tp, struct tcp_segment *seg); /* keeps or leaves seg->skb */
bool tcp_queue_in_order(struct tcp_sock *tp, struct sk_buff *skb); /* eats; true when a waiting reader has it */
void tcp_ooo_purge(struct tcp_sock *tp);
struct sk_buff *tcp_ooo_first(const struct tcp_sock *tp);
struct sk_buff *tcp_ooo_next(const struct sk_buff *skb);
void tcp_ooo_unlink(struct tcp_sock *tp, struct sk_buff *skb);
void tcp_ooo_link(struct tcp_sock *tp, struct sk_buff *skb); /* by seq; it overlaps none */

/* --- tcp_prequeue.c: a reader that waits --- */
struct tcp_reading {
	struct msghdr_kern *msg;
	size_t len;		/* still wanted */
	ssize_t copied;
	u32 *seq;		/* copied_seq, or a private one for MSG_PEEK */
	u32 peek_seq;
	u64 stamp_ns;		/* arrival of the last byte, if anybody asked */
	int flags, target;
	s64 timeo;
	struct task_struct *task; /* who waits */
	enum net_mib_item from;	/* bytes that come past the queue count there */
};
/* Sleeps until there may be something to read, or a reason not to wait; bytes may have come past the queue. [S] */
void tcp_wait_for_data(struct tcp_sock *tp, struct tcp_reading *r);
bool __tcp_prequeue(struct tcp_sock *tp, struct sk_buff *skb);
void __tcp_prequeue_run(struct sock *sk);
bool __tcp_hand_over(struct tcp_sock *tp, const struct sk_buff *skb);
/* True: skb waits for the reader, who was woken. slock held, nobody owns the socket. */
static inline bool tcp_prequeue(struct tcp_sock *tp, struct sk_buff *skb)
{
	return tp->reading && __tcp_prequeue(tp, skb);
}
/* Takes what waits for the reader now, before the connection is looked at. slock held, nobody owns the socket. */
static inline void tcp_prequeue_run(struct sock *sk)
{
	if (unlikely(sk->sk_backlog.tail))
		__tcp_prequeue_run(sk);
}
/* skb: payload that starts at rcv_nxt. True: the reader has all of it; both numbers are still to be moved. [S] */
static inline bool tcp_hand_over(struct tcp_sock *tp, const struct sk_buff *skb)
{
	return tp->reading && __tcp_hand_over(tp, skb);
}

/* --- tcp_output.c, tcp_xmit.c, tcp_mss.c --- */
int tcp_transmit_skb(struct tcp_sock *tp, struct sk_buff *skb, bool keep); /* keep: sends a copy. 0 or -errno */
/* From the write to the retransmit queue. True: the RTO's timer is to be set anew. */
bool tcp_event_new_data_sent(struct tcp_sock *tp, struct sk_buff *skb);
bool tcp_write_xmit(struct tcp_sock *tp, u32 mss_now, int nonagle, int push_one); /* true: probe the closed window */
void __tcp_push_pending_frames(struct tcp_sock *tp, u32 mss_now, int nonagle);
void tcp_push_one(struct tcp_sock *tp, u32 mss_now);
void tcp_send_ack(struct tcp_sock *tp);
void __tcp_send_ack(struct tcp_sock *tp, u32 rcv_nxt); /* of less than has come */
void tcp_send_fin(struct tcp_sock *tp);
void tcp_send_active_reset(struct tcp_sock *tp, gfp_t gfp);
int tcp_send_synack_again(struct tcp_sock *tp); /* simultaneous open: our SYN becomes a SYN-ACK */
int tcp_write_wakeup(struct tcp_sock *tp); /* a probe: data if any fits, else an old byte. 0, 1 nothing, -errno */
void tcp_send_probe0(struct tcp_sock *tp);
struct sk_buff *tcp_stream_alloc_skb(struct tcp_sock *tp, u32 size, gfp_t gfp);
void tcp_wmem_free_skb(struct sock *sk, struct sk_buff *skb);
void tcp_write_queue_purge(struct tcp_sock *tp);
bool tcp_nagle_allows_small(const struct tcp_sock *tp, int nonagle);
u32 tcp_current_mss(struct tcp_sock *tp); /* payload of the next segment: less while it must carry SACK blocks */
u32 tcp_sync_mss(struct tcp_sock *tp, u32 pmtu);
u32 tcp_mtu_to_mss(const struct tcp_sock *tp, u32 pmtu);
u32 tcp_route_mss(const struct dst_entry *dst);
u16 tcp_advertise_mss(const struct tcp_sock *tp);
u32 tcp_bound_to_half_wnd(const struct tcp_sock *tp, u32 size);
static inline u32 tcp_wnd_end(const struct tcp_sock *tp) { return tp->snd_una + tp->snd_wnd; }
static inline u32 tcp_time_stamp(const struct tcp_sock *tp) { return (u32)(tp->now_ns / NSEC_PER_MSEC) + tp->tsoffset; }
static inline void tcp_refresh_now(struct tcp_sock *tp) { tp->now_ns = ktime_get_ns(); }

/* --- tcp_mtu_probe.c (RFC 4821) --- */
void tcp_mtup_init(struct tcp_sock *tp);
/* What remains of mss while the search is on; the path is not better than pmtu. */
u32 tcp_mtup_bound(struct tcp_sock *tp, u32 mss, u32 pmtu);
void tcp_mtu_black_hole(struct tcp_sock *tp);
int tcp_mtu_probe(struct tcp_sock *tp);
/* While mtup.probe_size: snd_una has moved; a loss was found, true: it is dealt with. */
void tcp_mtup_acked(struct tcp_sock *tp);
bool tcp_mtup_lost(struct tcp_sock *tp);

/* --- tcp_tso.c, tcp_offload.c --- */
u32 tcp_init_tso_segs(struct sk_buff *skb, u32 mss);
u32 tcp_xmit_size_goal(struct tcp_sock *tp, u32 mss, bool large);
u32 tcp_tso_segs(const struct tcp_sock *tp, u32 mss);
u32 tcp_mss_split_point(const struct tcp_sock *tp, const struct sk_buff *skb, u32 mss, u32 max_segs, int nonagle);
bool tcp_tso_should_defer(const struct tcp_sock *tp, const struct sk_buff *skb, u32 max_segs, bool *cwnd_limited);
void tcp_offload_init(void);

/* --- tcp_pacing.c --- */
void tcp_update_pacing_rate(struct tcp_sock *tp); /* after each ACK, unless the algorithm sets the rate itself */
void tcp_pacing_require(struct tcp_sock *tp);	  /* this connection is paced from now on */
void tcp_pacing_sent(struct tcp_sock *tp, u32 len);
bool tcp_pacing_check(struct tcp_sock *tp);
bool tcp_small_queue_check(struct tcp_sock *tp, const struct sk_buff *skb); /* true: not before others have left */
void tcp_wfree(struct sk_buff *skb);
void tcp_tsq_write(struct tcp_sock *tp);
void tcp_pacing_setup(struct tcp_sock *tp);
void tcp_pacing_stop(struct tcp_sock *tp);

/* --- tcp_timer.c --- */
void tcp_init_timers(struct tcp_sock *tp);
void tcp_clear_timers(struct tcp_sock *tp);
void tcp_reset_write_timer(struct tcp_sock *tp, enum tcp_timer_event ev, u64 after_us);
void tcp_clear_write_timer(struct tcp_sock *tp);
void tcp_check_probe_timer(struct tcp_sock *tp);
void tcp_reset_keepalive_timer(struct sock *sk, u64 after_ns);
void tcp_delete_keepalive_timer(struct sock *sk);
void tcp_set_keepalive(struct sock *sk, bool on);
void tcp_release_cb(struct sock *sk);
u64 tcp_keepalive_time_ns(const struct tcp_sock *tp);
u64 tcp_keepalive_intvl_ns(const struct tcp_sock *tp);
u64 tcp_fin_time_ns(const struct tcp_sock *tp);
bool tcp_too_many_orphans(struct sock *sk);

/* --- the program's side: tcp_connect.c, tcp_close.c, tcp_send.c, tcp_recv.c, tcp_poll.c, tcp_sockopt.c, tcp_info.c  */
int tcp_v4_connect(struct sock *sk, struct sockaddr *addr, int len);
int tcp_connect_deferred(struct sock *sk); /* the SYN that TCP_FASTOPEN_CONNECT held back */
int tcp_disconnect(struct sock *sk, int flags);
void tcp_close(struct sock *sk, s64 timeout_ns);
void tcp_shutdown(struct sock *sk, int how);
void tcp_destroy_sock(struct sock *sk);
void tcp_orphan_done(struct sock *sk); /* the last act of an orphan in CLOSE: ports, queues, reference. BH off */
int tcp_tskey_start(struct sock *sk, u32 *key);
ssize_t tcp_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len);
ssize_t tcp_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags);
void tcp_cleanup_rbuf(struct tcp_sock *tp, u32 copied);
__poll_t tcp_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt);
int tcp_ioctl(struct sock *sk, int cmd, unsigned long arg);
int tcp_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len);
int tcp_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *len);
/* What Linux 6.7 appends to the header's struct tcp_info. */
struct tcp_info_whole {
	struct tcp_info i;
	u32 rcv_wnd, rehash;
	u16 total_rto, total_rto_recoveries;
	u32 total_rto_time_ms;
};
void tcp_get_info(struct tcp_sock *tp, struct tcp_info_whole *info);
int tcp_set_rcvlowat(struct sock *sk, int val);
u32 tcp_inq_hint(const struct tcp_sock *tp);
bool tcp_stream_memory_free(const struct sock *sk);
static inline u32 tcp_notsent_lowat(const struct tcp_sock *tp)
{
	return tp->notsent_lowat ? tp->notsent_lowat : tcp_sysctl(&tp->inet.sk)->notsent_lowat;
}
