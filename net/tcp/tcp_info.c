/* net/tcp/tcp_info.c - TCP_INFO: the connection as ss -i and iperf3 show it
 *
 * Called: getsockopt(TCP_INFO), the socket owned.
 */
#include "net/tcp/tcp_internal.h"

static u32 ms_since(const struct tcp_sock *tp, u64 ns) { return (u32)((tp->now_ns - ns) / NSEC_PER_MSEC); }

static void options(const struct tcp_sock *tp, struct tcp_info *i)
{
	if (tp->rx_opt.tstamp_ok)
		i->tcpi_options |= TCPI_OPT_TIMESTAMPS;
	if (tp->rx_opt.sack_ok)
		i->tcpi_options |= TCPI_OPT_SACK;
	if (tp->ecn_flags & TCP_ECN_OK)
		i->tcpi_options |= TCPI_OPT_ECN;
	if (tp->ecn_flags & TCP_ECN_SEEN)
		i->tcpi_options |= TCPI_OPT_ECN_SEEN;
	if (tp->syn_data_acked)
		i->tcpi_options |= TCPI_OPT_SYN_DATA;
	i->tcpi_fastopen_client_fail = tp->client_fail & 3;
	if (tp->rx_opt.wscale_ok) {
		i->tcpi_options |= TCPI_OPT_WSCALE;
		i->tcpi_snd_wscale = tp->rx_opt.snd_wscale & 15;
		i->tcpi_rcv_wscale = tp->rx_opt.rcv_wscale & 15;
	}
}
static void times(const struct tcp_sock *tp, struct tcp_info *i)
{
	i->tcpi_rto = tp->rto_us;
	i->tcpi_ato = tp->ack.ato_us;
	i->tcpi_rtt = tp->srtt_us >> 3;
	i->tcpi_rttvar = tp->mdev_us >> 2;
	i->tcpi_min_rtt = tp->rtt_min_us ? tp->rtt_min_us : U32_MAX; /* not measured yet */
	i->tcpi_rcv_rtt = tp->rcv_rtt_est.rtt_us8 >> 3;
	i->tcpi_last_data_sent = ms_since(tp, tp->lsndtime_ns);
	i->tcpi_last_data_recv = ms_since(tp, tp->ack.lrcvtime_ns);
	i->tcpi_last_ack_recv = ms_since(tp, tp->rcv_tstamp_ns);
}
static u64 delivery_rate(const struct tcp_sock *tp)
{
	u64 bytes = (u64)tp->rate.sample_delivered * tp->mss_cache;

	return tp->rate.sample_interval_us ? bytes * USEC_PER_SEC / tp->rate.sample_interval_us : 0;
}
static void counts(const struct tcp_sock *tp, struct tcp_info *i)
{
	i->tcpi_total_retrans = tp->total_retrans;
	i->tcpi_bytes_acked = tp->bytes_acked;
	i->tcpi_bytes_received = tp->bytes_received;
	i->tcpi_bytes_sent = tp->bytes_sent;
	i->tcpi_bytes_retrans = tp->bytes_retrans;
	i->tcpi_segs_out = tp->segs_out;
	i->tcpi_segs_in = tp->segs_in;
	i->tcpi_data_segs_in = tp->data_segs_in;
	i->tcpi_data_segs_out = tp->data_segs_out;
	i->tcpi_delivered = tp->delivered;
	i->tcpi_delivered_ce = tp->delivered_ce;
	i->tcpi_rcv_ooopack = tp->rcv_ooopack;
	i->tcpi_delivery_rate = delivery_rate(tp);
	i->tcpi_delivery_rate_app_limited = tp->rate.sample_app_limited;
	i->tcpi_notsent_bytes = tp->write_seq - tp->snd_nxt;
	i->tcpi_dsack_dups = tp->dsack_dups;
	i->tcpi_reord_seen = tp->reord_seen;
}

static void limits(const struct tcp_sock *tp, struct tcp_info *i)
{
	u64 us[TCP_CHRONO_MAX];

	tcp_chrono_read(tp, us);
	i->tcpi_busy_time = us[TCP_CHRONO_BUSY];
	i->tcpi_rwnd_limited = us[TCP_CHRONO_RWND_LIMITED];
	i->tcpi_sndbuf_limited = us[TCP_CHRONO_SNDBUF_LIMITED];
}

/* [S] */
void tcp_get_info(struct tcp_sock *tp, struct tcp_info_whole *w)
{
	struct tcp_info *i = &w->i;
	const struct sock *sk = tcp_sock_sk(tp);

	memset(w, 0, sizeof(*w));
	i->tcpi_state = sk->sk_state;
	i->tcpi_max_pacing_rate = sk->sk_max_pacing_rate;
	i->tcpi_pacing_rate = sk->sk_pacing_rate;
	i->tcpi_snd_cwnd = tp->snd_cwnd;
	i->tcpi_reordering = tp->reordering;
	if (sk->sk_state == TCP_LISTEN) { /* as Linux: the accept queue and its limit */
		i->tcpi_unacked = sk->sk_ack_backlog;
		i->tcpi_sacked = sk->sk_max_ack_backlog;
		return;
	}
	tcp_refresh_now(tp);
	i->tcpi_snd_ssthresh = tp->snd_ssthresh;
	i->tcpi_ca_state = tp->ca_state;
	i->tcpi_retransmits = tp->retransmits;
	i->tcpi_probes = tp->probes_out;
	i->tcpi_backoff = tp->backoff;
	options(tp, i);
	times(tp, i);
	counts(tp, i);
	limits(tp, i);
	i->tcpi_snd_mss = tp->mss_cache;
	i->tcpi_rcv_mss = tp->ack.rcv_mss;
	i->tcpi_advmss = tp->advmss;
	i->tcpi_pmtu = tp->pmtu_cookie;
	i->tcpi_unacked = tp->packets_out;
	i->tcpi_sacked = tp->sacked_out;
	i->tcpi_lost = tp->lost_out;
	i->tcpi_retrans = tp->retrans_out;
	i->tcpi_rcv_ssthresh = tp->rcv_ssthresh;
	i->tcpi_rcv_space = tp->rcvq_space.space;
	i->tcpi_snd_wnd = tp->snd_wnd;
	w->rcv_wnd = tp->rcv_wnd;
	w->total_rto = (u16)tp->total_rto;
	w->total_rto_recoveries = tp->total_rto_recoveries;
	w->total_rto_time_ms = tp->total_rto_ms + (tp->rto_stamp_ns ? ms_since(tp, tp->rto_stamp_ns) : 0);
}
