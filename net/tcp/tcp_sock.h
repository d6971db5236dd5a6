/* net/tcp/tcp_sock.h - the state of one connection, of a listener, of a stack's TCP; and who does what
 *
 * Locks: [S] the socket's owner, [C] constant after birth, [A] atomic, [L] accept_lock of the listener, [E] the ehash
 * bucket's lock, [B] the bind lock. Order: socket -> accept_lock -> bind lock -> ehash lock.
 */
#pragma once
#include "net/core/tcp_states.h"
#include "net/ipv4/inet.h"
#include "net/tcp/tcp_seq.h"
#include "lib/bitmap.h"
#include "lib/hash.h"
#include <linux/tcp.h>

#define TCP_HEADROOM 160	/* link + IP with options + TCP with options */
#define TCP_MIN_MSS 88u
#define TCP_MIN_SND_MSS 48u
#define TCP_MAX_WINDOW 32767u
#define TCP_MAX_WSCALE 14
#define TCP_INIT_CWND 10u
#define TCP_DUPACK_THRESHOLD 3u
#define TCP_MAX_QUICKACKS 16u
#define TCP_RTO_MAX_US (120ull * USEC_PER_SEC)
#define TCP_RTO_MIN_US (200ull * USEC_PER_MSEC)
#define TCP_TIMEOUT_INIT_US (1ull * USEC_PER_SEC)
#define TCP_DELACK_MIN_US (40ull * USEC_PER_MSEC)
#define TCP_DELACK_MAX_US (200ull * USEC_PER_MSEC)
#define TCP_TIMEWAIT_NS (60ull * NSEC_PER_SEC)
#define TCP_PAWS_WINDOW_NS (24ull * 24 * 3600 * NSEC_PER_SEC) /* RFC 7323 5.5: timestamps older than this say nothing */
#define TCP_INFINITE_SSTHRESH 0x7fffffffu

enum {
	TCPHDR_FIN = 0x01,
	TCPHDR_SYN = 0x02,
	TCPHDR_RST = 0x04,
	TCPHDR_PSH = 0x08,
	TCPHDR_ACK = 0x10,
	TCPHDR_URG = 0x20
};
enum { TCPCB_LOST = 1, TCPCB_RETRANS = 2, TCPCB_EVER_RETRANS = 4 };

/* Behind IP's 24 bytes in skb->cb. */
struct tcp_skb_cb {
	struct inet_skb_parm ip;
	u32 seq, end_seq;	/* end: one past the last, SYN and FIN counted */
	u32 ack_seq;
	u8 tcp_flags;		/* TCPHDR_* bits of the wire */
	u8 sacked;		/* TCPCB_* while in the retransmit queue */
	u16 gso_segs;		/* segments it counts for in packets_out */
	u64 sent_ns;		/* last transmission */
	u32 tw_isn;		/* received SYN: what a TIME_WAIT demands as our ISN; 0: nothing */
};
#define TCP_SKB_CB(skb) ((struct tcp_skb_cb *)(skb)->cb)
_Static_assert(sizeof(struct tcp_skb_cb) <= 64, "skb->cb holds it");

/* What a lookup sees of a socket, a TIME_WAIT or a request: the first fields of struct sock, at the same places. */
struct tcp_hashed {
	struct hlist_node node;		/* [E] */
	__be32 daddr, rcv_saddr;
	__be16 dport;
	u16 num, family;
	u8 state;
	u8 reuse : 1, reuseport : 1;
	int bound_dev_if;
	struct net *net;
	refcount_t refcnt;
	void *prot;
	u32 hash;
	struct hlist_node bind_node;	/* [B] */
};
#define SAME_PLACE(a, b) _Static_assert(offsetof(struct tcp_hashed, a) == offsetof(struct sock, b), #a)
SAME_PLACE(node, sk_node);
SAME_PLACE(daddr, sk_daddr);
SAME_PLACE(rcv_saddr, sk_rcv_saddr);
SAME_PLACE(dport, sk_dport);
SAME_PLACE(num, sk_num);
SAME_PLACE(family, sk_family);
SAME_PLACE(state, sk_state);
SAME_PLACE(bound_dev_if, sk_bound_dev_if);
SAME_PLACE(net, sk_net);
SAME_PLACE(refcnt, sk_refcnt);
SAME_PLACE(hash, sk_hash);
SAME_PLACE(bind_node, sk_bind_node);

/* A local port in use, and by whom. */
struct tcp_bind_bucket {
	struct hlist_node node;		/* [B] */
	struct hlist_head owners;	/* [B] tcp_hashed.bind_node */
	u16 port;
	bool by_connect;		/* an ephemeral port that others may share by 4-tuple */
};

/* The options of one segment, and what the handshake agreed on. */
struct tcp_options_received {
	u32 ts_recent;			/* [S] TS.Recent of RFC 7323 */
	u64 ts_recent_ns;		/* when it was stored; 0: never */
	u32 rcv_tsval, rcv_tsecr;
	bool saw_tstamp, tstamp_ok, wscale_ok, sack_ok;
	u8 snd_wscale, rcv_wscale;
	u16 mss_clamp, user_mss;
};

/* What the receiver reports (RFC 2018, 2883): data beyond a hole, the latest first, and once each what came twice. */
#define TCP_NUM_SACKS 4u
struct tcp_sack_block { u32 start, end; }; /* end: one past the last */
struct tcp_sack {
	struct tcp_sack_block block[TCP_NUM_SACKS], dup;
	u8 n;
	bool has_dup;
};

/* The facts of the segment at hand, parsed once; lives on the stack. */
struct tcp_segment {
	struct sk_buff *skb;		/* NULL once a step has kept it */
	const struct tcphdr *th;
	u32 seq, end_seq, ack, len;	/* len: payload */
	u32 wnd;			/* as the wire says it: not scaled */
	u8 flags;
	bool ack_was_new;		/* it moved snd_una */
	enum skb_drop_reason why;
};

struct tcp_sock;
/* How fast may we send: hooks in softirq or process context, socket owned. Those without "NULL" are required. */
struct tcp_congestion_ops {
	const char *name;
	struct list_head list;
	void (*init)(struct tcp_sock *tp);				/* NULL: nothing to prepare */
	void (*release)(struct tcp_sock *tp);				/* NULL */
	u32 (*ssthresh)(struct tcp_sock *tp);				/* after a loss: the new threshold, segments */
	void (*cong_avoid)(struct tcp_sock *tp, u32 ack, u32 acked);	/* acked new segments came while cwnd-limited */
	u32 (*undo_cwnd)(struct tcp_sock *tp);				/* the loss was none: the window to return to */
	void (*set_state)(struct tcp_sock *tp, u8 new_state);		/* NULL; before ca_state changes */
	void (*pkts_acked)(struct tcp_sock *tp, u32 acked, s64 rtt_us);	/* NULL; each ACK of new data, rtt -1: none */
};
int tcp_register_congestion_control(struct tcp_congestion_ops *ca); /* -EINVAL when incomplete, -EEXIST */
struct tcp_congestion_ops *tcp_ca_find(const char *name);
void tcp_ca_list(char *buf, size_t size);
extern struct tcp_congestion_ops tcp_reno;
u32 tcp_slow_start(struct tcp_sock *tp, u32 acked); /* what of acked is left for congestion avoidance */
void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked);
u32 tcp_reno_ssthresh(struct tcp_sock *tp);
u32 tcp_reno_undo_cwnd(struct tcp_sock *tp);
void tcp_reno_cong_avoid(struct tcp_sock *tp, u32 ack, u32 acked);

enum tcp_timer_event { TCP_TIME_NONE, TCP_TIME_RETRANS, TCP_TIME_PROBE0 };
enum { TCP_WORK_WRITE_TIMER = 1, TCP_WORK_DELACK_TIMER = 2, TCP_WORK_PMTU = 4 }; /* put off while a process owns it */
enum { TCP_NAGLE_OFF = 1, TCP_NAGLE_CORK = 2, TCP_NAGLE_PUSH = 4 };
enum { TCP_ACK_SCHED = 1, TCP_ACK_TIMER = 2, TCP_ACK_PUSHED = 4, TCP_ACK_PUSHED2 = 8, TCP_ACK_NOW = 16 };
#define TCP_URG_VALID 0x0100
#define TCP_URG_NOTYET 0x0200
#define TCP_URG_READ 0x0400

struct tcp_sock {
	struct inet_sock inet;		/* first */
	u64 now_ns;			/* [S] the clock, read on entry */

	/* receive [S] */
	__be32 pred_flags;		/* header word 3 that the fast path expects; 0: none */
	u16 tcp_header_len;		/* of a segment without options but timestamps */
	u16 advmss;			/* MSS we announced */
	u32 rcv_nxt, copied_seq, rcv_wup, rcv_wnd;
	u32 irs, rcv_ssthresh, window_clamp;
	struct tcp_options_received rx_opt;
	struct rb_root ooo_queue;	/* by seq, not overlapping */
	struct sk_buff *ooo_last;
	struct tcp_sack sack;		/* of ooo_queue */
	struct {
		u8 pending, quick, pingpong;
		u16 rcv_mss;
		u32 ato_us, last_seg_size;
		u64 timeout_ns, lrcvtime_ns;
		bool blocked;
	} ack;
	bool peer_fin;			/* rcv_nxt has passed the peer's FIN; the step is yet to act */
	u16 urg_data;			/* TCP_URG_* and the byte */
	u32 urg_seq;
	struct { u32 rtt_us, seq; u64 time_ns; } rcv_rtt_est; /* one window, timed */
	struct { u32 space, seq; u64 time_ns; } rcvq_space;   /* what the program takes in a round trip */

	/* send [S] */
	u32 snd_una, snd_nxt, snd_wnd, snd_wl1, max_window, write_seq, pushed_seq, snd_sml, snd_up, iss;
	bool urg_mode;
	u8 nonagle;
	u16 mss_cache;			/* payload bytes a segment */
	u32 pmtu_cookie;
	struct sk_buff_head rtx_queue;	/* sent and not acknowledged, by seq */
	u32 packets_out, sacked_out, lost_out, retrans_out; /* segments */
	/* segments */
	u32 snd_cwnd, snd_ssthresh, snd_cwnd_cnt, snd_cwnd_used, prior_ssthresh, prior_cwnd, cwnd_usage_seq;
	u32 high_seq;			/* recovery ends when this is acknowledged (RFC 6582's recover) */
	u8 ca_state;			/* TCP_CA_* */
	bool is_cwnd_limited;
	const struct tcp_congestion_ops *ca_ops;
	u64 ca_priv[13];
	u64 retrans_stamp_ns;		/* first retransmission of this loss; 0: none */
	u64 lsndtime_ns;

	/* round trip (RFC 6298), microseconds [S] */
	u32 srtt_us;			/* times 8 */
	u32 mdev_us, rttvar_us, rtt_min_us;
	u32 rto_us;
	u8 backoff, retransmits, probes_out;

	/* timers; each pending one holds the socket */
	struct timer_list write_timer, delack_timer; /* keepalive is sk_timer */
	u8 write_event;			/* [S] TCP_TIME_* */
	u64 write_timeout_ns;
	u32 put_off;			/* slock: TCP_WORK_* */
	u32 mtu_info;			/* slock: from ICMP, for TCP_WORK_PMTU */
	u64 probes_tstamp_ns;

	/* choices of the program [S]; 0: the sysctl's */
	u32 keepalive_time_s, keepalive_intvl_s;
	u8 keepalive_probes, syn_retries, defer_accept;
	s32 linger2_s;
	u32 user_timeout_ms, notsent_lowat;

	/* handshake */
	u32 tsoffset;			/* [C] added to our timestamps */
	struct tcp_bind_bucket *bind_bucket; /* [B] */

	/* listener */
	spinlock_t accept_lock;
	struct list_head accept_queue;	/* [L] children, by accept_node */
	struct list_head syn_queue;	/* [L] requests */
	u32 syn_qlen;			/* [L] */
	struct list_head accept_node;	/* [L] of the listener */

	/* told by TCP_INFO [S] */
	u32 total_retrans, segs_in, segs_out, data_segs_in, data_segs_out, delivered, rcv_ooopack, last_oow_ack_s;
	u64 bytes_acked, bytes_received, bytes_sent, bytes_retrans, rcv_tstamp_ns;
	u64 challenge_ns;
};
static inline struct tcp_sock *tcp_sk(const struct sock *sk) { return (struct tcp_sock *)sk; }
static inline struct sock *tcp_sock_sk(struct tcp_sock *tp) { return &tp->inet.sk; }

/* A connection that another host has begun; becomes a tcp_sock with the third segment. */
struct tcp_request_sock {
	struct tcp_hashed h;
	struct sock *listener;		/* [C] referenced */
	struct list_head list;		/* [L] in syn_queue; empty once out of it */
	struct timer_list timer;	/* SYN-ACK again; holds a reference while pending */
	struct rcu_head rcu;
	u32 rcv_isn, snt_isn, rcv_nxt, tsoffset, rcv_wnd, window_clamp;
	u64 snt_synack_ns;
	struct tcp_options_received opt;
	u16 mss;			/* the peer's */
	u8 num_timeout, tos;
	bool acked;			/* DEFER_ACCEPT: the bare ACK came */
	u64 last_ack_ns;
};
struct tcp_timewait_sock {
	struct tcp_hashed h;
	struct tcp_bind_bucket *bind_bucket; /* [B] */
	struct timer_list timer;
	struct rcu_head rcu;
	spinlock_t lock;		/* what follows */
	u8 substate;			/* FIN_WAIT2 or TIME_WAIT */
	u8 tos, rcv_wscale, dead;
	bool tstamp_ok;
	u32 rcv_nxt, snd_nxt, rcv_wnd, ts_recent, tsoffset;
	u64 ts_recent_ns, last_ack_ns;
};

#define TCP_EHASH_LOCKS 64u
#define TCP_LHASH_SIZE 32u
#define TCP_BHASH_SIZE 1024u
struct tcp_sysctls {
	int timestamps, window_scaling, sack, dsack, syn_retries, synack_retries, retries1, retries2, orphan_retries,
		fin_timeout;
	int keepalive_time, keepalive_intvl, keepalive_probes, max_orphans, max_tw_buckets, tw_reuse, max_syn_backlog;
	int syncookies, abort_on_overflow, moderate_rcvbuf, no_metrics_save, slow_start_after_idle, challenge_ack_limit;
	int invalid_ratelimit_ms, rfc1337, stdurg, adv_win_scale, notsent_lowat, min_snd_mss, base_mss, mtu_probing,
		autocorking;
	int rmem[3], wmem[3];
	char congestion_control[16];
};
struct netns_tcp {
	struct hlist_head *ehash;	/* RCU */
	spinlock_t *ehash_locks;
	u32 ehash_mask;
	struct hlist_head lhash[TCP_LHASH_SIZE]; /* RCU; listen_lock */
	spinlock_t listen_lock;
	struct hlist_head bhash[TCP_BHASH_SIZE]; /* [B] */
	spinlock_t bind_lock;
	siphash_key_t hash_key, isn_key, ts_key, port_key, cookie_key;
	atomic_t orphans, tw_count;
	u64 challenge_second;		/* RFC 5961 7: challenge ACKs in this second */
	u32 challenge_count;
	struct tcp_sysctls sysctl;
};
static inline struct tcp_sysctls *tcp_sysctl(const struct sock *sk) { return &sk->sk_net->tcp->sysctl; }

/* --- tcp.c, tcp_sysctl.c, tcp_proc.c --- */
extern struct proto tcp_prot;
void tcp_sysctl_init(void);
void tcp_sysctl_defaults(struct tcp_sysctls *s);
void tcp_proc_init(void);
struct seq_file;
extern struct kmem_cache *tcp_bind_cache, *tcp_req_cache, *tcp_tw_cache;
int tcp_v4_init_sock(struct sock *sk);
void tcp_init_once(struct tcp_sock *tp);
void tcp_init_fields(struct tcp_sock *tp); /* what a fresh socket and an accepted one have in common */

/* --- tcp_state.c --- */
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
void tcp_v4_send_reset(struct sk_buff *skb, struct net *net);
struct tcp_ack_reply { u32 seq, ack, win, tsval, tsecr; bool tstamp; u8 tos; int oif; };
void tcp_v4_send_ack(struct sk_buff *skb, struct net *net, const struct tcp_ack_reply *r);
void tcp_v4_mtu_reduced(struct sock *sk);
u32 tcp_secure_seq(struct net *net, __be32 saddr, __be32 daddr, __be16 sport, __be16 dport);
u32 tcp_secure_ts_off(struct net *net, __be32 saddr, __be32 daddr);

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
};
u32 tcp_options_size(const struct tcp_out_options *o);
void tcp_options_write(void *p, const struct tcp_out_options *o);

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
u32 tcp_cookie_make(struct net *net, const struct sk_buff *skb, u16 *mss);
int tcp_send_synack(struct tcp_request_sock *req);
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
void tcp_fin(struct tcp_sock *tp);	/* the peer's FIN is in order */
void tcp_send_challenge_ack(struct tcp_sock *tp);
void tcp_established(struct tcp_sock *tp); /* timers, buffers, congestion control at the start of data */
void tcp_check_urg(struct tcp_sock *tp, const struct tcp_segment *seg);
void tcp_take_urg_byte(struct tcp_sock *tp, const struct tcp_segment *seg);
int tcp_recv_urg(struct sock *sk, struct msghdr_kern *msg, int flags);
void tcp_fast_path_check(struct tcp_sock *tp);
void tcp_store_ts_recent(struct tcp_sock *tp);
void tcp_send_what_is_due(struct tcp_sock *tp);
void tcp_send_dupack(struct tcp_sock *tp, const struct tcp_segment *seg);
static inline void tcp_fast_path_off(struct tcp_sock *tp) { tp->pred_flags = 0; }

/* --- tcp_ack.c, tcp_recovery.c, tcp_rtt.c, tcp_cong.c --- */
/* 1: fine; 0: old; -1: it acknowledges what was never sent. */
int tcp_ack(struct tcp_sock *tp, struct tcp_segment *seg);
void tcp_enter_loss(struct tcp_sock *tp);
/* acked: segments newly acknowledged; dupack: this ACK was a duplicate. */
void tcp_fastretrans_alert(struct tcp_sock *tp, u32 acked, bool dupack);
void tcp_xmit_retransmit_queue(struct tcp_sock *tp);
void tcp_rtt_estimator(struct tcp_sock *tp, u32 rtt_us);
void tcp_set_rto(struct tcp_sock *tp);
void tcp_assign_congestion_control(struct tcp_sock *tp);
void tcp_init_congestion(struct tcp_sock *tp);
void tcp_set_ca_state(struct tcp_sock *tp, u8 state);
void tcp_cwnd_validate(struct tcp_sock *tp, bool limited);
int tcp_set_congestion_control(struct tcp_sock *tp, const char *name);
void tcp_cleanup_congestion(struct tcp_sock *tp);
static inline u32 tcp_packets_in_flight(const struct tcp_sock *tp)
{
	return tp->packets_out - (tp->sacked_out + tp->lost_out) + tp->retrans_out;
}

/* --- tcp_sack.c --- */
void tcp_sack_new_ofo(struct tcp_sock *tp, u32 start, u32 end);
void tcp_sack_advance(struct tcp_sock *tp);
void tcp_dsack_set(struct tcp_sock *tp, u32 start, u32 end);
void tcp_dsack_extend(struct tcp_sock *tp, u32 start, u32 end);
void tcp_sack_options(struct tcp_sock *tp, struct tcp_out_options *o, u32 room);
static inline void tcp_sack_reset(struct tcp_sock *tp) { tp->sack.n = tp->sack.has_dup = 0; }

/* --- tcp_reassembly.c, tcp_rcvbuf.c --- */
void tcp_data_queue(struct tcp_sock *tp, struct tcp_segment *seg); /* keeps or leaves seg->skb */
bool tcp_queue_in_order(struct tcp_sock *tp, struct sk_buff *skb); /* eats; true when it was merged into the tail */
void tcp_ooo_purge(struct tcp_sock *tp);
void tcp_event_data_recv(struct tcp_sock *tp, const struct sk_buff *skb);
void tcp_data_ready(struct sock *sk);
void tcp_rcv_space_adjust(struct tcp_sock *tp);
void tcp_rcv_rtt_measure(struct tcp_sock *tp);
void tcp_init_buffer_space(struct tcp_sock *tp);
void tcp_grow_window(struct tcp_sock *tp, const struct sk_buff *skb);
void tcp_sndbuf_expand(struct tcp_sock *tp);
void tcp_select_initial_window(const struct sock *sk, u32 mss, u32 *rcv_wnd, u32 *clamp, bool wscale_ok, u8 *wscale);
u32 __tcp_select_window(struct tcp_sock *tp);
static inline u32 tcp_receive_window(const struct tcp_sock *tp)
{
	s32 win = (s32)(tp->rcv_wup + tp->rcv_wnd - tp->rcv_nxt);

	return win < 0 ? 0 : (u32)win;
}
static inline u32 tcp_win_from_space(const struct sock *sk, int space)
{
	return space <= 0 ? 0 : (u32)space - ((u32)space >> 1);
}
static inline u32 tcp_full_space(const struct sock *sk) { return tcp_win_from_space(sk, READ_ONCE(sk->sk_rcvbuf)); }
static inline u32 tcp_space(const struct sock *sk)
{
	return tcp_win_from_space(sk,
				  READ_ONCE(sk->sk_rcvbuf) - (int)sk->sk_backlog.len - atomic_read(&sk->sk_rmem_alloc));
}

/* --- tcp_output.c, tcp_xmit.c, tcp_mss.c --- */
int tcp_transmit_skb(struct tcp_sock *tp, struct sk_buff *skb, bool keep); /* keep: sends a copy. 0 or -errno */
bool tcp_write_xmit(struct tcp_sock *tp, u32 mss_now, int nonagle, int push_one); /* true: probe the closed window */
void __tcp_push_pending_frames(struct tcp_sock *tp, u32 mss_now, int nonagle);
void tcp_push_one(struct tcp_sock *tp, u32 mss_now);
int tcp_retransmit_skb(struct tcp_sock *tp, struct sk_buff *skb); /* 0, -EAGAIN (window), -ENOMEM, route errors */
void tcp_send_ack(struct tcp_sock *tp);
void tcp_send_delayed_ack(struct tcp_sock *tp);
void tcp_send_fin(struct tcp_sock *tp);
void tcp_send_active_reset(struct tcp_sock *tp, gfp_t gfp);
int tcp_send_synack_again(struct tcp_sock *tp); /* simultaneous open: our SYN becomes a SYN-ACK */
int tcp_write_wakeup(struct tcp_sock *tp); /* a probe: data if any fits, else an old byte. 0, 1 nothing, -errno */
void tcp_send_probe0(struct tcp_sock *tp);
int tcp_fragment(struct tcp_sock *tp, struct sk_buff_head *q, struct sk_buff *skb, u32 len, gfp_t gfp);
struct sk_buff *tcp_stream_alloc_skb(struct tcp_sock *tp, u32 size, gfp_t gfp);
void tcp_wmem_free_skb(struct sock *sk, struct sk_buff *skb);
void tcp_write_queue_purge(struct tcp_sock *tp);
u32 tcp_current_mss(struct tcp_sock *tp);
u32 tcp_sync_mss(struct tcp_sock *tp, u32 pmtu);
u32 tcp_mtu_to_mss(const struct tcp_sock *tp, u32 pmtu);
u16 tcp_advertise_mss(const struct tcp_sock *tp);
u32 tcp_bound_to_half_wnd(const struct tcp_sock *tp, u32 size);
static inline u32 tcp_wnd_end(const struct tcp_sock *tp) { return tp->snd_una + tp->snd_wnd; }
static inline u32 tcp_time_stamp(const struct tcp_sock *tp) { return (u32)(tp->now_ns / NSEC_PER_MSEC) + tp->tsoffset; }
static inline void tcp_refresh_now(struct tcp_sock *tp) { tp->now_ns = ktime_get_ns(); }

/* --- tcp_timer.c --- */
void tcp_init_timers(struct tcp_sock *tp);
void tcp_clear_timers(struct tcp_sock *tp);
void tcp_reset_write_timer(struct tcp_sock *tp, enum tcp_timer_event ev, u64 after_us);
void tcp_clear_write_timer(struct tcp_sock *tp);
void tcp_rearm_rto(struct tcp_sock *tp);
void tcp_check_probe_timer(struct tcp_sock *tp);
void tcp_reset_keepalive_timer(struct sock *sk, u64 after_ns);
void tcp_delete_keepalive_timer(struct sock *sk);
void tcp_set_keepalive(struct sock *sk, bool on);
void tcp_release_cb(struct sock *sk);
u64 tcp_keepalive_time_ns(const struct tcp_sock *tp);
u64 tcp_keepalive_intvl_ns(const struct tcp_sock *tp);
u64 tcp_fin_time_ns(const struct tcp_sock *tp);
void tcp_reset_delack_timer(struct tcp_sock *tp, u64 at_ns);
void tcp_clear_delack(struct tcp_sock *tp);
bool tcp_too_many_orphans(struct sock *sk);

/* --- the program's side: tcp_connect.c, tcp_close.c, tcp_send.c, tcp_recv.c, tcp_poll.c, tcp_sockopt.c, tcp_info.c  */
int tcp_v4_connect(struct sock *sk, struct sockaddr *addr, int len);
int tcp_disconnect(struct sock *sk, int flags);
void tcp_close(struct sock *sk, s64 timeout_ns);
void tcp_shutdown(struct sock *sk, int how);
void tcp_destroy_sock(struct sock *sk);
void tcp_orphan_done(struct sock *sk); /* the last act of an orphan in CLOSE: ports, queues, reference. BH off */
ssize_t tcp_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len);
ssize_t tcp_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags, int *addr_len);
void tcp_cleanup_rbuf(struct tcp_sock *tp, u32 copied);
__poll_t tcp_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt);
int tcp_ioctl(struct sock *sk, int cmd, unsigned long arg);
int tcp_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len);
int tcp_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *len);
void tcp_get_info(struct tcp_sock *tp, struct tcp_info *info);
bool tcp_stream_memory_free(const struct sock *sk);
static inline u32 tcp_notsent_lowat(const struct tcp_sock *tp)
{
	return tp->notsent_lowat ? tp->notsent_lowat : (u32)tcp_sysctl(&tp->inet.sk)->notsent_lowat;
}
