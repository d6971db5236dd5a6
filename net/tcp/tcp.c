/* net/tcp/tcp.c - TCP is one struct proto, one IP protocol handler, and state in each stack
 *
 * Called: net_init(), after inet_init().
 */
#include "kernel/trace/printk.h"
#include "net/tcp/tcp.h"
#include "net/tcp/tcp_internal.h"

struct kmem_cache *tcp_bind_cache, *tcp_req_cache, *tcp_tw_cache;

/* Once in a socket's life. Not again at disconnect(): a timer that found the socket owned may be about to run again, a
 * request may still reach for its listener's queues. */
void tcp_init_once(struct tcp_sock *tp)
{
	tcp_init_timers(tp);
	spin_lock_init(&tp->accept_lock);
	INIT_LIST_HEAD(&tp->accept_queue);
	INIT_LIST_HEAD(&tp->syn_queue);
	INIT_LIST_HEAD(&tp->accept_node);
	tp->syn_qlen = 0;
}
/* Everything that a connection starts with; a child's copy of its listener's is overwritten. */
void tcp_init_fields(struct tcp_sock *tp)
{
	struct sock *sk = tcp_sock_sk(tp);

	tcp_refresh_now(tp);
	tcp_rtx_init(tp);
	tp->ooo_queue = RB_ROOT;
	tp->ooo_last = NULL;
	tcp_sack_reset(tp);
	tp->pred_flags = 0;
	tp->tcp_header_len = sizeof(struct tcphdr);
	memset(&tp->ack, 0, sizeof(tp->ack));
	tp->ack.rcv_mss = TCP_MIN_MSS;
	tp->scaling_ratio = TCP_DEFAULT_SCALING_RATIO;
	tp->peer_fin = false;
	tp->reading = NULL;
	tp->urg_data = 0;
	tp->urg_mode = false;
	memset(&tp->rcv_rtt_est, 0, sizeof(tp->rcv_rtt_est));
	memset(&tp->rcvq_space, 0, sizeof(tp->rcvq_space));
	tp->mss_cache = TCP_MSS_DEFAULT;
	tp->mtup_enabled = false;
	tp->mtup.probe_size = 0;
	tp->packets_out = tp->sacked_out = tp->lost_out = tp->retrans_out = 0;
	tp->snd_cwnd = TCP_INIT_CWND;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->snd_cwnd_cnt = tp->snd_cwnd_used = 0;
	tp->cwnd_usage_seq = 0;
	tp->max_packets_out = 0;
	tp->is_cwnd_limited = false;
	tp->cwnd_stamp_ns = tp->now_ns;
	tp->ecn_flags = 0;
	tcp_rate_init(tp);
	tcp_assign_congestion_control(tp);
	tp->ca_state = TCP_CA_Open;
	tp->retrans_stamp_ns = 0;
	tcp_recovery_init(tp);
	tp->srtt_us = tp->rtt_min_us = tp->rttvar_us = 0;
	tp->mdev_us = tp->rto_us = TCP_TIMEOUT_INIT_US;
	tp->backoff = tp->retransmits = tp->probes_out = 0;
	tp->probes_tstamp_ns = 0;
	tp->write_event = TCP_TIME_NONE;
	sk->sk_put_off = 0;
	memset(&tp->chrono, 0, sizeof(tp->chrono));
	tp->saved_syn = NULL;
	tp->fastopen_req = NULL;
	tp->tfo_listener = NULL;
	tp->tfo_max_qlen = 0;
	atomic_set(&tp->tfo_qlen, 0);
	tp->syn_fastopen = tp->syn_fastopen_exp = tp->syn_data = tp->syn_data_acked = false;
	tp->client_fail = TFO_STATUS_UNSPEC;
	tp->challenge_ns = 0;
	tp->total_retrans = tp->segs_in = tp->segs_out = tp->data_segs_in = tp->data_segs_out = tp->delivered = 0;
	tp->rcv_ooopack = 0;
	tp->bytes_acked = tp->bytes_received = tp->bytes_sent = tp->bytes_retrans = 0;
	sk->sk_write_space = sk_stream_write_space;
	sock_set_flag(sk, SOCK_USE_WRITE_QUEUE);
}

int tcp_v4_init_sock(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tcp_init_once(tp);
	tcp_init_fields(tp);
	tp->rto_max_us = (u32)tcp_sysctl(sk)->rto_max_ms * (u32)USEC_PER_MSEC;
	sk->sk_sndbuf = tcp_sysctl(sk)->wmem[1];
	sk->sk_rcvbuf = tcp_sysctl(sk)->rmem[1];
	return 0;
}

struct proto tcp_prot = {
	.name = "TCP",
	.obj_size = sizeof(struct tcp_sock),
	.close = tcp_close,
	.connect = tcp_v4_connect,
	.disconnect = tcp_disconnect,
	.accept = tcp_accept,
	.ioctl = tcp_ioctl,
	.init = tcp_v4_init_sock,
	.destroy = tcp_destroy_sock,
	.shutdown = tcp_shutdown,
	.keepalive = tcp_set_keepalive,
	.setsockopt = tcp_setsockopt,
	.getsockopt = tcp_getsockopt,
	.sendmsg = tcp_sendmsg,
	.recvmsg = tcp_recvmsg,
	.backlog_rcv = tcp_v4_do_rcv,
	.release_cb = tcp_release_cb,
	.forward_alloc = tcp_forward_alloc,
	.hash = tcp_v4_hash,
	.unhash = tcp_unhash,
	.get_port = tcp_get_port,
	.stream_memory_free = tcp_stream_memory_free,
	.set_rcvlowat = tcp_set_rcvlowat,
	.tskey_start = tcp_tskey_start,
	.peek_off = true,
};
static struct inet_protosw tcp_protosw = { .is_default = true,
	.type = SOCK_STREAM, .protocol = IPPROTO_TCP, .prot = &tcp_prot, .ops = &inet_stream_ops,
};
static const struct net_protocol tcp_protocol = { .handler = tcp_v4_rcv, .err_handler = tcp_v4_err };

static int tcp_net_init(struct net *net)
{
	int err;

	net->tcp = kzalloc(sizeof(*net->tcp), GFP_KERNEL);
	if (!net->tcp)
		return -ENOMEM;
	tcp_sysctl_defaults(&net->tcp->sysctl);
	net->tcp->ca_allowed = tcp_ca_unrestricted();
	tcp_mem_init(net->tcp);
	tcp_fastopen_cache_init(&net->tcp->tfo_cache);
	err = tcp_hash_net_init(net);
	if (err)
		kfree(net->tcp);
	return err;
}
static void tcp_net_exit(struct net *net)
{
	tcp_hash_net_exit(net);
	tcp_fastopen_cache_free(&net->tcp->tfo_cache);
	kfree(net->tcp);
}
static struct pernet_operations tcp_net_ops = { .init = tcp_net_init, .exit = tcp_net_exit };

void tcp_init(void)
{
	tcp_bind_cache = kmem_cache_create("tcp_bind_bucket", sizeof(struct tcp_bind_bucket), 0, 0, NULL);
	tcp_req_cache = kmem_cache_create("request_sock_TCP", sizeof(struct tcp_request_sock), 64, 0, NULL);
	tcp_tw_cache = kmem_cache_create("tw_sock_TCP", sizeof(struct tcp_timewait_sock), 64, 0, NULL);
	BUG_UNLESS(tcp_bind_cache && tcp_req_cache && tcp_tw_cache);
	BUG_ON(proto_register(&tcp_prot));
	BUG_ON(tcp_register_congestion_control(&tcp_reno));
	BUG_ON(tcp_register_congestion_control(&tcp_cubic));
	BUG_ON(tcp_register_congestion_control(&tcp_bbr));
	BUG_ON(tcp_register_congestion_control(&tcp_aimd));
	BUG_ON(tcp_register_congestion_control(&tcp_dctcp));
	ip_metrics_register_cc(&tcp_cc_names);
	register_pernet_subsys(&tcp_net_ops);
	inet_register_protosw(&tcp_protosw);
	inet_stream_hooks.listen = tcp_listen;
	inet_stream_hooks.poll = tcp_poll;
	tcp_offload_init();
	BUG_ON(inet_add_protocol(&tcp_protocol, IPPROTO_TCP));
	tcp_sysctl_init();
	tcp_proc_init();
	tcp_diag_init();
}
