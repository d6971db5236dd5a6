/* net/tcp/tcp_sock.h - the state of one connection, of a listener, of a stack's TCP
 *
 * Locks: [S] the socket's owner, [C] constant after birth, [A] atomic, [L] accept_lock of the listener, [E] the ehash
 * bucket's lock, [B] the bind lock. Order: socket -> accept_lock -> bind lock -> ehash lock.
 */
#pragma once
#include "kernel/sched/softirq.h"
#include "net/core/tcp_states.h"
#include "net/ipv4/inet.h"
#include "net/tcp/tcp_cong.h"
#include "net/tcp/tcp_fastopen.h"
#include "net/tcp/tcp_seq.h"
#include "lib/bitmap.h"
#include "lib/minmax.h"
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
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* socket option; Linux 6.15 */
#endif
#define TCP_RTO_MAX_US (120ull * USEC_PER_SEC) /* the most that tcp_rto_max_ms and TCP_RTO_MAX_MS may say */
#define TCP_RTO_MIN_US (200ull * USEC_PER_MSEC)
#define TCP_TIMEOUT_INIT_US (1ull * USEC_PER_SEC)
#define TCP_TIMEOUT_FALLBACK_US (3ull * USEC_PER_SEC) /* RFC 6298 5.7: the handshake gave no sample */
#define TCP_DELACK_MIN_US (40ull * USEC_PER_MSEC)
#define TCP_DELACK_MAX_US (200ull * USEC_PER_MSEC)
#define TCP_TIMEWAIT_NS (60ull * NSEC_PER_SEC)
#define TCP_PAWS_WINDOW 1	/* an older timestamp by this much is no replay */
#define TCP_PAWS_WINDOW_NS (24ull * 24 * 3600 * NSEC_PER_SEC) /* RFC 7323 5.5: timestamps older than this say nothing */
#define TCP_INFINITE_SSTHRESH 0x7fffffffu

enum {
	TCPHDR_FIN = 0x01,
	TCPHDR_SYN = 0x02,
	TCPHDR_RST = 0x04,
	TCPHDR_PSH = 0x08,
	TCPHDR_ACK = 0x10,
	TCPHDR_URG = 0x20,
	TCPHDR_ECE = 0x40,
	TCPHDR_CWR = 0x80
};
/* SACKED: the peer has it. LOST: believed lost. RETRANS: sent again, and that copy may be on its way. */
enum { TCPCB_SACKED = 1, TCPCB_RETRANS = 2, TCPCB_LOST = 4, TCPCB_EVER_RETRANS = 8 };

/* Behind IP's 24 bytes in skb->cb; while a segment waits in the retransmit queue, IP has no use for them. */
struct tcp_skb_cb {
	union {
		struct inet_skb_parm ip;
		struct {		/* tcp_rate.c, at its last transmission */
			u64 first_tx_ns;	/* when the flight began that it belongs to */
			u64 delivered_ns;	/* when tp->delivered last grew; 0: it arrived */
			u32 delivered;		/* tp->delivered */
			bool app_limited;
			u16 order;		/* among packets that left at the same sent_ns */
		} tx;
	};
	u32 seq, end_seq;	/* end: one past the last, SYN and FIN counted */
	union {
		u32 ack_seq;	/* received */
		/* to send: payload of a segment where gso_segs > 1, else 0; MSG_EOR: nothing joins it; ACK is told */
		struct { u16 gso_size; bool eor, txstamp_ack; };
	};
	u8 tcp_flags;		/* TCPHDR_* bits of the wire */
	u8 sacked;		/* TCPCB_* while in the retransmit queue */
	u16 gso_segs;		/* segments it counts for in packets_out; 0: not known yet */
	u64 sent_ns;		/* last transmission */
	union {
		u32 tw_isn;	/* received SYN: what a TIME_WAIT demands as our ISN; 0: nothing */
		struct list_head by_time; /* in tsorted while it may be on its way; else empty */
	};
};
#define TCP_SKB_CB(skb) ((struct tcp_skb_cb *)(skb)->cb)
_Static_assert(sizeof(struct tcp_skb_cb) <= 64, "skb->cb holds it");

/* What a lookup sees of a socket, a TIME_WAIT or a request: the first fields of struct sock, at the same places. */
struct tcp_hashed {
	struct hlist_node node;		/* [E] */
	union { struct { __be32 daddr, rcv_saddr; }; u64 addrs; };
	union { struct { __be16 dport; u16 num; }; u32 ports; };
	u16 family;
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
	bool saw_other;			/* in a SYN: an option that is none of these */
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

/* When a segment left: the time, the turn among packets that left then, the place in its packet. */
struct tcp_departure { u64 ns; u32 end_seq; u16 order; };

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

enum tcp_timer_event {
	TCP_TIME_NONE,
	TCP_TIME_RETRANS,
	TCP_TIME_PROBE0,
	TCP_TIME_LOSS_PROBE,		/* TLP */
	TCP_TIME_REO_TIMEOUT		/* RACK's reordering window */
};
/* sk_put_off: what waits while a process owns it */
enum {
	TCP_WORK_WRITE_TIMER = 1,
	TCP_WORK_DELACK_TIMER = 2,
	TCP_WORK_PMTU = 4,
	TCP_WORK_TSQ = 8,
	TCP_WORK_ACK = 16 /* TCP_ACK_RELEASE, unless an ACK has gone meanwhile */
};
enum { TCP_NAGLE_OFF = 1, TCP_NAGLE_CORK = 2, TCP_NAGLE_PUSH = 4 };
enum {
	TCP_ACK_SCHED = 1,
	TCP_ACK_TIMER = 2,
	TCP_ACK_PUSHED = 4,
	TCP_ACK_PUSHED2 = 8,
	TCP_ACK_NOW = 16,
	TCP_ACK_NOMEM = 32,
	TCP_ACK_RELEASE = 64 /* when the socket is released */
};
enum { TFO_CLIENT_ENABLE = 1, TFO_SERVER_ENABLE = 2, TFO_CLIENT_NO_COOKIE = 4, TFO_SERVER_COOKIE_NOT_REQD = 0x200,
	TFO_SERVER_WO_SOCKOPT1 = 0x400 }; /* sysctl tcp_fastopen */
enum { TCP_CHRONO_UNSPEC, TCP_CHRONO_BUSY, TCP_CHRONO_RWND_LIMITED, TCP_CHRONO_SNDBUF_LIMITED, TCP_CHRONO_MAX };
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
		u8 pending, quick, pingpong, dup_acks;
		bool always_quick; /* the route says so (RTAX_QUICKACK) */
		u16 rcv_mss, compressed; /* compressed: ACKs that one will stand for */
		u32 ato_us, last_seg_size, compressed_rcv_nxt;
		u64 timeout_ns, lrcvtime_ns;
	} ack;
	bool peer_fin;			/* rcv_nxt has passed the peer's FIN; the step is yet to act */
	struct tcp_reading *reading;	/* who waits for data in order; NULL: nobody. tcp_prequeue.c */
	u16 urg_data;			/* TCP_URG_* and the byte */
	u32 urg_seq;
	u8 scaling_ratio;		/* of 256 bytes of buffer, so many are payload */
	/* the round trip as the receiver sees it, times 8; one window, timed */
	struct { u32 rtt_us8, seq, last_tsecr; u64 time_ns; } rcv_rtt_est;
	struct { u32 space, seq; u64 time_ns; } rcvq_space; /* what the program takes in a round trip */
	u32 mem_pages;			/* charged to the stack (tcp_mem.c) */

	/* send [S] */
	u32 snd_una, snd_nxt, snd_wnd, snd_wl1, max_window, write_seq, pushed_seq, snd_sml, snd_up, iss;
	bool urg_mode;
	u8 nonagle;
	u16 mss_cache;			/* payload bytes a segment */
	u16 size_goal_segs;		/* what an sk_buff is filled up to, as tcp_xmit_size_goal() found last */
	bool mtup_enabled;		/* tcp_mtu_probe.c searches for the path's MTU, or has met a black hole */
	u32 pmtu_cookie;
	struct {			/* bytes of packets: it passes; the longest to try; under way, 0: none */
		u16 search_low, search_high, probe_size;
		u32 seq, end_seq;	/* the probe */
		u64 since_ns;		/* when the search began */
	} mtup;
	struct rb_root_cached rtx_queue, sacked_queue; /* sent and not acknowledged, by seq: see tcp_rtx_queue.h */
	struct list_head tsorted;	/* the unSACKed of them by time of transmission */
	u16 sent_order;			/* of the next packet */
	struct sk_buff *retransmit_hint; /* nothing before it is to go again; NULL: from the first */
	u32 packets_out, sacked_out, lost_out, retrans_out; /* segments */
	/* segments */
	u32 snd_cwnd, snd_ssthresh, snd_cwnd_cnt, snd_cwnd_used, prior_ssthresh, prior_cwnd;
	u32 cwnd_usage_seq;		/* until this is acknowledged, the two below hold */
	u32 max_packets_out;		/* most in flight in this window */
	u64 cwnd_stamp_ns;		/* when the window was last used to the full */
	u32 high_seq;			/* recovery ends when this is acknowledged (RFC 6582's recover) */
	u8 ca_state;			/* TCP_CA_* */
	u8 ecn_flags;			/* TCP_ECN_*: tcp_ecn.h */
	bool is_cwnd_limited;
	bool ca_chosen;			/* by TCP_CONGESTION: accepted connections inherit it */
	const struct tcp_congestion_ops *ca_ops;
	u64 ca_priv[13];
	u32 delivered_ce;		/* of delivered: with ECE on their ACK */
	u32 lost;			/* segments ever marked lost */
	struct {			/* tcp_rate.c */
		u64 first_tx_ns;	/* when the newest acknowledged segment was sent */
		u64 delivered_ns;	/* when delivered last grew */
		u32 app_limited;	/* delivered, when the program's pause has left the pipe; 0: none */
		u32 sample_delivered, sample_interval_us; /* the last good sample */
		bool sample_app_limited;
	} rate;
	u32 highest_sack;		/* end of what is SACKed highest, while sacked_out */
	u32 reordering, reord_seen;	/* segments that overtaking ones may pass; how often that was seen */
	u32 prr_delivered, prr_out;	/* segments since the reduction began (RFC 6937) */
	u32 tlp_high_seq;		/* snd_nxt when the loss probe left; 0: none is out */
	bool tlp_retrans;		/* it was a retransmission */
	bool frto;			/* F-RTO is asking (RFC 5682) */
	bool is_sack_reneg, saw_dsack;
	u32 undo_marker;		/* snd_una when the recovery began; 0: it cannot be undone */
	s32 undo_retrans;		/* retransmissions that no D-SACK has reported; -1: none was sent yet */
	u32 dsack_dups;			/* segments that D-SACKs reported */
	struct {
		struct tcp_departure latest; /* of the segments that are known to have arrived */
		u32 rtt_us;
		u32 last_delivered;	/* tp->delivered when the window was widened last */
		u8 reo_wnd_steps;	/* quarters of the shortest round trip */
		u8 reo_wnd_persist;	/* recoveries until that is taken back */
		bool dsack_seen, advanced;
	} rack;
	u32 total_rto;			/* time-outs */
	u32 total_rto_ms;		/* how long the losses lasted that they began, but for the present one */
	u16 total_rto_recoveries;	/* how many there were */
	u64 rto_stamp_ns;		/* the present one began; 0: none */
	u64 retrans_stamp_ns;		/* first retransmission of this loss; 0: none */
	u64 lsndtime_ns;

	/* round trip (RFC 6298), microseconds [S] */
	u32 srtt_us;			/* times 8 */
	u32 mdev_us, mdev_max_us, rttvar_us, rtt_seq; /* the maximum of this round trip, which ends at rtt_seq */
	struct minmax rtt_filter;
	u32 rtt_min_us;			/* of the last tcp_min_rtt_wlen seconds; 0: no sample */
	u32 rto_us, rto_max_us;
	u8 backoff, retransmits, probes_out;

	/* pacing and the queue below the socket: tcp_pacing.c */
	u64 wstamp_ns;			/* [S] the earliest departure of the next segment */
	struct hrtimer pacing_timer;	/* a pending one holds the socket */
	struct tasklet_struct tsq;	/* goes on sending in softirq */
	bool tsq_throttled;		/* [A] a packet's destructor must go on */

	/* timers; each pending one holds the socket */
	struct timer_list write_timer, delack_timer, comp_timer; /* keepalive is sk_timer */
	u8 write_event;			/* [S] TCP_TIME_* */
	u64 write_timeout_ns;
	u32 mtu_info;			/* slock: from ICMP, for TCP_WORK_PMTU */
	u64 probes_tstamp_ns;

	/* choices of the program [S]; 0: the sysctl's */
	u32 keepalive_time_s, keepalive_intvl_s;
	u8 keepalive_probes, syn_retries, defer_accept;
	bool thin_lto;
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

	/* fast open */
	struct tcp_fastopen_request *fastopen_req; /* [S] while sendmsg() connects */
	struct sock *tfo_listener;	/* a child whose SYN-ACK is not acknowledged counts there; referenced */
	const struct tcp_fastopen_cookie *synack_cookie; /* for the SYN-ACK that leaves right now */
	struct tcp_fastopen_keys tfo_keys; /* a listener's own; n 0: the stack's */
	int tfo_max_qlen;		/* listener: 0 off */
	atomic_t tfo_qlen;		/* listener */
	bool fastopen_connect, tfo_no_cookie; /* chosen by the program */
	bool syn_fastopen, syn_fastopen_exp, syn_data, syn_data_acked;
	u8 client_fail;			/* TFO_* of linux/tcp.h */
	struct { u8 type; u64 since_ns, us[TCP_CHRONO_MAX]; } chrono; /* tcp_chrono.c */
	u8 save_syn;			/* TCP_SAVE_SYN: 1 from IP on, 2 from the link on */
	bool recvmsg_inq;		/* TCP_INQ */
	struct sk_buff *saved_syn;	/* for TCP_SAVED_SYN */
	u64 synq_overflow_ns;		/* listener: when cookies were sent last; 0: never */
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
	struct rtable *rt;		/* [C] referenced: the way back as the SYN came; may be outdated; or NULL */
	struct list_head list;		/* [L] in syn_queue; empty once out of it */
	struct timer_list timer;	/* SYN-ACK again; holds a reference while pending */
	struct rcu_head rcu;
	u32 rcv_isn, snt_isn, rcv_nxt, tsoffset, rcv_wnd, window_clamp;
	u64 snt_synack_ns;
	u32 first_tsval, last_tsval;	/* of our SYN-ACKs: what the peer may echo */
	struct tcp_options_received opt;
	u16 mss;			/* the peer's */
	u16 advmss;			/* ours, by rt; 0: there was none */
	u8 num_timeout, tos;
	bool ecn_ok;			/* the SYN asked for ECN, and we agreed */
	bool acked;			/* DEFER_ACCEPT: the bare ACK came */
	bool cookie_ts;			/* its SYN-ACK's timestamp carries the options */
	struct tcp_fastopen_cookie tfo;	/* for the first SYN-ACK */
	u8 num_retrans;
	struct sk_buff *saved_syn;	/* TCP_SAVE_SYN */
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
	int tw_reuse_delay, reflect_tos, app_win, adv_win_scale, fack, no_ssthresh_metrics_save, comp_sack_slack_ns,
		backlog_ack_defer, shrink_window;
	int syncookies, abort_on_overflow, moderate_rcvbuf, no_metrics_save, slow_start_after_idle, challenge_ack_limit;
	int recovery, early_retrans, reordering, max_reordering, frto, min_rtt_wlen, retrans_collapse,
		thin_linear_timeouts, syn_linear_timeouts, rto_min_us, rto_max_ms;
	int invalid_ratelimit_ms, rfc1337, stdurg, min_snd_mss, fastopen, fastopen_blackhole_timeout;
	int mtu_probing, base_mss, mtu_probe_floor, probe_threshold, probe_interval; /* tcp_mtu_probe.c */
	int tso_win_divisor, min_tso_segs, tso_rtt_log; /* tcp_tso.c */
	int autocorking;
	u32 notsent_lowat;
	int ecn, ecn_fallback, pacing_ss_ratio, pacing_ca_ratio, limit_output_bytes;
	int rmem[3], wmem[3], mem[3];
	int pingpong_thresh, low_latency, comp_sack_nr, comp_sack_delay_ns, workaround_signed_windows;
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
	siphash_key_t hash_key, isn_key, port_key, cookie_key;
	atomic_t orphans, tw_count, memory_pages;
	struct tcp_fastopen_keys tfo_keys;
	struct tcp_fastopen_cache tfo_cache;
	u64 tfo_disabled_until_ns;	/* a black hole was met */
	u32 tfo_disabled_times;
	u64 pressure_ns;		/* since when memory is short; 0: it is not */
	u64 challenge_second;		/* RFC 5961 7: challenge ACKs in this second */
	u32 challenge_count;
	u64 ca_allowed;			/* tcp_congestion_ops.index: those that any program may choose */
	struct tcp_sysctls sysctl;
};
static inline struct tcp_sysctls *tcp_sysctl(const struct sock *sk) { return &sk->sk_net->tcp->sysctl; }
