/* net/tcp/tcp_cong.h - how fast may we send: the table of hooks, and what each of them is told
 *
 * Locks: every hook runs with the socket owned, in softirq or process context; none sleeps.
 */
#pragma once
#include "lib/list.h"
#include "lib/types.h"

struct tcp_sock;
struct sk_buff;
union tcp_cc_info;

/* What one ACK says of the round trip. rtt_us -1: no sample (Karn). in_flight: segments, before the ACK. */
struct ack_sample { u32 pkts_acked; s32 rtt_us; u32 in_flight; };

/* What one ACK says of the rate of delivery (draft-cheng-iccrg-delivery-rate-estimation). Made by tcp_rate.c. */
struct rate_sample {
	u64 prior_ns;			/* tp->delivered_ns when the newest of the acknowledged was sent */
	u32 prior_delivered;		/* tp->delivered at that time */
	s32 delivered;			/* segments delivered between; -1: no sample */
	s64 interval_us;		/* in which they were; -1: no sample */
	u32 snd_interval_us, rcv_interval_us;
	s64 rtt_us;			/* of the segment acknowledged last; -1: none */
	u32 losses;			/* segments newly marked lost by this ACK */
	u32 acked_sacked;		/* segments newly acknowledged or SACKed by it */
	u32 prior_in_flight;		/* segments, before it */
	u32 last_end_seq;		/* end_seq of the newest segment acknowledged */
	bool is_app_limited, is_retrans, is_ack_delayed, is_ece;
};

enum tcp_ca_event {
	CA_EVENT_TX_START,
	CA_EVENT_CWND_RESTART,
	CA_EVENT_COMPLETE_CWR,
	CA_EVENT_LOSS,
	CA_EVENT_ECN_NO_CE,
	CA_EVENT_ECN_IS_CE
};

/* Hooks of an algorithm. Those without "NULL" are required; cong_control replaces cong_avoid and then suffices. */
struct tcp_congestion_ops {
	const char *name;
	struct list_head list;
	u32 flags;							/* TCP_CONG_* */
	u32 index;							/* [C] its bit in netns_tcp.ca_allowed */
	void (*init)(struct tcp_sock *tp);				/* NULL: nothing to prepare */
	void (*release)(struct tcp_sock *tp);				/* NULL */
	u32 (*ssthresh)(struct tcp_sock *tp);				/* after a loss: the new threshold, segments */
	void (*cong_avoid)(struct tcp_sock *tp, u32 ack, u32 acked);	/* acked new segments came while cwnd-limited */
	u32 (*undo_cwnd)(struct tcp_sock *tp);				/* the loss was none: the window to return to */
	void (*set_state)(struct tcp_sock *tp, u8 new_state);		/* NULL; before ca_state changes */
	void (*cwnd_event)(struct tcp_sock *tp, enum tcp_ca_event ev);	/* NULL */
	void (*pkts_acked)(struct tcp_sock *tp, const struct ack_sample *s); /* NULL; each ACK of new data */
	/* NULL; each ACK, after recovery had its say: sets cwnd and pacing rate itself, without PRR and cong_avoid */
	void (*cong_control)(struct tcp_sock *tp, const struct rate_sample *rs);
	u32 (*min_tso_segs)(struct tcp_sock *tp);			/* NULL: 2 */
	u32 (*sndbuf_expand)(struct tcp_sock *tp);			/* NULL: 2 windows; factor of the send buffer */
	/* NULL; for TCP_CC_INFO: bytes written, 0: nothing to tell */
	size_t (*get_info)(struct tcp_sock *tp, union tcp_cc_info *info);
};
#define TCP_CONG_NON_RESTRICTED BIT(0)	/* any program may choose it */
#define TCP_CONG_NEEDS_ECN BIT(1)
int tcp_register_congestion_control(struct tcp_congestion_ops *ca); /* -EINVAL when incomplete, -EEXIST */
struct tcp_congestion_ops *tcp_ca_find(const char *name);
/* Names with blanks between, of those whose bit is set in mask. */
void tcp_ca_list(char *buf, size_t size, u64 mask);
u64 tcp_ca_unrestricted(void);		/* what any program may choose, unless the administrator says otherwise */
int tcp_ca_mask(char *names, u64 *mask); /* of names with blanks between, which it cuts up; -ENOENT: one is unknown */
#define TCP_CA_NAME_MAX 16
extern struct tcp_congestion_ops tcp_reno, tcp_cubic, tcp_bbr, tcp_aimd, tcp_dctcp;
u32 tcp_slow_start(struct tcp_sock *tp, u32 acked); /* what of acked is left for congestion avoidance */
void tcp_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked);
bool tcp_is_cwnd_limited(const struct tcp_sock *tp);
u32 tcp_reno_ssthresh(struct tcp_sock *tp);
u32 tcp_reno_undo_cwnd(struct tcp_sock *tp);
void tcp_reno_cong_avoid(struct tcp_sock *tp, u32 ack, u32 acked);
void tcp_assign_congestion_control(struct tcp_sock *tp);
void tcp_ca_dst_init(struct tcp_sock *tp);
extern const struct ip_cc_names tcp_cc_names;
void tcp_init_congestion(struct tcp_sock *tp);
void tcp_cleanup_congestion(struct tcp_sock *tp);
int tcp_set_congestion_control(struct tcp_sock *tp, const char *name);
void tcp_set_ca_state(struct tcp_sock *tp, u8 state);
void tcp_cwnd_validate(struct tcp_sock *tp, bool limited);
u32 tcp_current_ssthresh(const struct tcp_sock *tp);
u32 tcp_init_cwnd(const struct tcp_sock *tp); /* segments, RFC 6928 */
/* Before a segment is sent after a pause. */
void tcp_slow_start_after_idle(struct tcp_sock *tp);
void tcp_ca_event(struct tcp_sock *tp, enum tcp_ca_event ev);

/* --- tcp_hystart.c: slow start that ends before something is lost; lives in an algorithm's ca_priv --- */
struct hystart {
	u32 window_end;		/* this round of slow start ends with its acknowledgement */
	u32 last_min_us, now_min_us; /* the shortest round trip of the last round, and of this one so far */
	u32 css_base_us;	/* in CSS: the round trip that made it begin */
	u8 samples;		/* of this round */
	u8 css_rounds;
	bool css;		/* conservative slow start */
};
void hystart_reset(struct tcp_sock *tp, struct hystart *h);
void hystart_rtt(struct tcp_sock *tp, struct hystart *h, s32 rtt_us);
u32 hystart_slow_start(struct tcp_sock *tp, struct hystart *h, u32 acked);

/* --- tcp_rate.c: the order is skb_sent ... skb_delivered for each segment of an ACK, then gen once --- */
void tcp_rate_init(struct tcp_sock *tp);
void tcp_rate_skb_sent(struct tcp_sock *tp, struct sk_buff *skb);
void tcp_rate_skb_delivered(struct tcp_sock *tp, struct sk_buff *skb, struct rate_sample *rs);
void tcp_rate_gen(struct tcp_sock *tp, u32 delivered, u32 lost, bool is_sack_reneg, struct rate_sample *rs);
void tcp_rate_check_app_limited(struct tcp_sock *tp);
