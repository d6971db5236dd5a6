/* net/tcp/tcp_sysctl.c - /proc/sys/net/ipv4/tcp_*: Linux's names, defaults and limits; each is read somewhere
 *
 * Called: tcp.c for the defaults; readers and writers of the files, in process context.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/sched/task.h"
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"

void tcp_sysctl_defaults(struct tcp_sysctls *s)
{
	*s = (struct tcp_sysctls){
		.timestamps = 1,
		.window_scaling = 1,
		.sack = 1,
		.dsack = 1,
		.syn_retries = 6,
		.synack_retries = 5,
		.retries1 = 3,
		.retries2 = 15,
		.fin_timeout = 60,
		.keepalive_time = 7200,
		.keepalive_intvl = 75,
		.keepalive_probes = 9,
		.max_orphans = 16384,
		.max_tw_buckets = 16384,
		.tw_reuse = 2,
		.max_syn_backlog = 1024,
		.syncookies = 1,
		.moderate_rcvbuf = 1,
		.slow_start_after_idle = 1,
		.recovery = 1,
		.early_retrans = 3,
		.reordering = 3,
		.max_reordering = 300,
		.frto = 2,
		.min_rtt_wlen = 300,
		.retrans_collapse = 1,
		.rto_min_us = TCP_RTO_MIN_US,
		.rto_max_ms = TCP_RTO_MAX_US / USEC_PER_MSEC,
		.tw_reuse_delay = MSEC_PER_SEC,
		.no_metrics_save = 1,
		.no_ssthresh_metrics_save = 1,
		.app_win = 31,
		.adv_win_scale = 1,
		.challenge_ack_limit = INT_MAX,
		.invalid_ratelimit_ms = 500,
		.base_mss = 1024,
		.mtu_probe_floor = 48,
		.probe_threshold = 8,
		.probe_interval = 600,
		.tso_win_divisor = 3,
		.min_tso_segs = 2,
		.tso_rtt_log = 9,
		.autocorking = 1,
		.notsent_lowat = U32_MAX,
		.pingpong_thresh = 1,
		.backlog_ack_defer = 1,
		.comp_sack_nr = 44,
		.comp_sack_delay_ns = 1000000,
		.fastopen = TFO_CLIENT_ENABLE,
		.min_snd_mss = TCP_MIN_SND_MSS,
		.ecn = 2,
		.ecn_fallback = 1,
		.pacing_ss_ratio = 200,
		.pacing_ca_ratio = 120,
		.limit_output_bytes = 1 << 20,
		.rmem = { 4096, 131072, 6291456 },
		.wmem = { 4096, 16384, 4194304 },
		.congestion_control = "cubic",
	};
}

#define CA_NAMES 128 /* bytes for the names of all algorithms */

/* Entries name a field by its offset; the value is that of the caller's own network stack. */
static struct netns_tcp *my_tcp(void) { return (current && current->net ? current->net : init_net)->tcp; }
static struct tcp_sysctls *mine(void) { return &my_tcp()->sysctl; }
static int field_ints(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	struct ctl_table copy = *t;

	copy.data = (char *)mine() + (unsigned long)t->extra;
	return proc_dointvec_minmax(&copy, write, buf, len);
}
static int field_uint(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	u32 *at = (void *)((char *)mine() + (unsigned long)t->extra);
	int err;

	if (!write) {
		*len = (size_t)scnprintf(buf, *len, "%u\n", READ_ONCE(*at));
		return 0;
	}
	if (strchr(buf, '\n'))
		*strchr(buf, '\n') = 0;
	err = kstrtou32(buf, 0, at);
	return err;
}
static int congestion_control(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	struct tcp_congestion_ops *ca;
	char name[TCP_CA_NAME_MAX];
	struct ctl_table copy = *t;
	int err;

	copy.data = name;
	copy.maxlen = sizeof(name);
	strscpy(name, mine()->congestion_control, sizeof(name));
	err = proc_dostring(&copy, write, buf, len);
	if (err || !write)
		return err;
	if (strchr(name, '\n'))
		*strchr(name, '\n') = 0;
	ca = tcp_ca_find(name);
	if (!ca)
		return -ENOENT;
	my_tcp()->ca_allowed |= BIT(ca->index); /* what is the default, anybody may ask for */
	strscpy(mine()->congestion_control, name, sizeof(name));
	return 0;
}
static int available(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	char names[CA_NAMES];
	struct ctl_table copy = *t;

	tcp_ca_list(names, sizeof(names), ~0ull);
	copy.data = names;
	copy.maxlen = sizeof(names);
	return write ? -EPERM : proc_dostring(&copy, false, buf, len);
}
/* What programs without CAP_NET_ADMIN may choose. */
static int allowed(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	char names[CA_NAMES];
	struct ctl_table copy = *t;
	u64 mask;
	int err;

	tcp_ca_list(names, sizeof(names), my_tcp()->ca_allowed);
	copy.data = names;
	copy.maxlen = sizeof(names);
	err = proc_dostring(&copy, write, buf, len);
	if (err || !write)
		return err;
	err = tcp_ca_mask(names, &mask);
	if (!err)
		WRITE_ONCE(my_tcp()->ca_allowed, mask);
	return err;
}

static int ehash_entries(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	if (write)
		return -EPERM;
	*len = (size_t)scnprintf(buf, *len, "%u\n", my_tcp()->ehash_mask + 1);
	return 0;
}
static int no_ulp(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	if (write)
		return -EPERM;
	*len = (size_t)scnprintf(buf, *len, "\n");
	return 0;
}

#define FIELD(file, field, lo, hi)                                                                                     \
	{ .path = "net/ipv4/tcp_" file, .maxlen = sizeof(((struct tcp_sysctls *)0)->field), .mode = 0644,              \
	  .handler = field_ints, .min = (lo), .max = (hi), .extra = (void *)offsetof(struct tcp_sysctls, field) }
static struct ctl_table table[] = {
	FIELD("timestamps", timestamps, 0, 2), FIELD("window_scaling", window_scaling, 0, 1), FIELD("sack", sack, 0, 1),
	FIELD("dsack", dsack, 0, 1),
	FIELD("syn_retries", syn_retries, 1, 127), FIELD("synack_retries", synack_retries, 0, 255),
	FIELD("retries1", retries1, 0, 255), FIELD("retries2", retries2, 0, 255),
	FIELD("orphan_retries", orphan_retries, 0, 255), FIELD("fin_timeout", fin_timeout, 0, INT_MAX),
	FIELD("keepalive_time", keepalive_time, 1, INT_MAX), FIELD("keepalive_intvl", keepalive_intvl, 1, INT_MAX),
	FIELD("keepalive_probes", keepalive_probes, 1, 255), FIELD("max_orphans", max_orphans, 0, INT_MAX),
	FIELD("max_tw_buckets", max_tw_buckets, 0, INT_MAX), FIELD("tw_reuse", tw_reuse, 0, 2),
	FIELD("max_syn_backlog", max_syn_backlog, 0, INT_MAX), FIELD("syncookies", syncookies, 0, 2),
	FIELD("abort_on_overflow", abort_on_overflow, 0, 1), FIELD("moderate_rcvbuf", moderate_rcvbuf, 0, 1),
	FIELD("slow_start_after_idle", slow_start_after_idle, 0, 1),
	FIELD("recovery", recovery, 0, 255), FIELD("early_retrans", early_retrans, 0, 4),
	FIELD("reordering", reordering, 1, 127), FIELD("max_reordering", max_reordering, 1, INT_MAX),
	FIELD("frto", frto, 0, 255), FIELD("min_rtt_wlen", min_rtt_wlen, 0, 86400),
	FIELD("retrans_collapse", retrans_collapse, 0, 255),
	FIELD("thin_linear_timeouts", thin_linear_timeouts, 0, 1),
	FIELD("syn_linear_timeouts", syn_linear_timeouts, 0, 127), FIELD("rto_min_us", rto_min_us, 1, INT_MAX),
	FIELD("rto_max_ms", rto_max_ms, MSEC_PER_SEC, (long)(TCP_RTO_MAX_US / USEC_PER_MSEC)),
	FIELD("challenge_ack_limit", challenge_ack_limit, 0, INT_MAX),
	FIELD("invalid_ratelimit", invalid_ratelimit_ms, 0, INT_MAX), FIELD("rfc1337", rfc1337, 0, 1),
	FIELD("stdurg", stdurg, 0, 1),
	{ .path = "net/ipv4/tcp_notsent_lowat", .mode = 0644, .handler = field_uint,
	  .extra = (void *)offsetof(struct tcp_sysctls, notsent_lowat) },
	FIELD("mtu_probing", mtu_probing, 0, 2), FIELD("base_mss", base_mss, TCP_MIN_SND_MSS, 65535),
	FIELD("mtu_probe_floor", mtu_probe_floor, TCP_MIN_SND_MSS, 65535),
	FIELD("probe_threshold", probe_threshold, 0, INT_MAX), FIELD("probe_interval", probe_interval, 0, INT_MAX),
	FIELD("tso_win_divisor", tso_win_divisor, 0, 255), FIELD("min_tso_segs", min_tso_segs, 1, 255),
	FIELD("tso_rtt_log", tso_rtt_log, 0, 31), FIELD("autocorking", autocorking, 0, 1),
	FIELD("min_snd_mss", min_snd_mss, TCP_MIN_SND_MSS, 65535), FIELD("rmem", rmem, 1, INT_MAX),
	FIELD("ecn", ecn, 0, 2), FIELD("ecn_fallback", ecn_fallback, 0, 1),
	FIELD("pacing_ss_ratio", pacing_ss_ratio, 0, 1000),
	FIELD("pacing_ca_ratio", pacing_ca_ratio, 0, 1000),
	FIELD("limit_output_bytes", limit_output_bytes, 0, INT_MAX),
	FIELD("wmem", wmem, 1, INT_MAX), FIELD("mem", mem, 0, INT_MAX),
	FIELD("low_latency", low_latency, -INT_MAX - 1, INT_MAX),
	FIELD("pingpong_thresh", pingpong_thresh, 1, 255), FIELD("comp_sack_nr", comp_sack_nr, 0, 255),
	FIELD("comp_sack_delay_ns", comp_sack_delay_ns, 0, INT_MAX),
	FIELD("workaround_signed_windows", workaround_signed_windows, 0, INT_MAX),
	FIELD("fastopen", fastopen, 0, INT_MAX),
	{ .path = "net/ipv4/tcp_fastopen_key", .mode = 0600, .handler = tcp_fastopen_key_sysctl },
	FIELD("fastopen_blackhole_timeout_sec", fastopen_blackhole_timeout, 0, INT_MAX),
	FIELD("tw_reuse_delay", tw_reuse_delay, 1, INT_MAX), FIELD("reflect_tos", reflect_tos, 0, 1),
	FIELD("app_win", app_win, 0, 31), FIELD("shrink_window", shrink_window, 0, 1),
	FIELD("backlog_ack_defer", backlog_ack_defer, 0, 1),
	/* What a connection learned is not kept for the next one to the same host: 1 is the only value. */
	FIELD("no_metrics_save", no_metrics_save, 1, 1),
	FIELD("no_ssthresh_metrics_save", no_ssthresh_metrics_save, 1, 1),
	FIELD("comp_sack_slack_ns", comp_sack_slack_ns, 0, INT_MAX), /* how late it may be; our timer is not */
	/* Without effect on Linux, too. */
	FIELD("fack", fack, 0, INT_MAX), FIELD("adv_win_scale", adv_win_scale, -31, 31),
	{ .path = "net/ipv4/tcp_ehash_entries", .mode = 0444, .handler = ehash_entries },
	{ .path = "net/ipv4/tcp_available_ulp", .mode = 0444, .handler = no_ulp },
	{ .path = "net/ipv4/tcp_congestion_control", .mode = 0644, .handler = congestion_control },
	{ .path = "net/ipv4/tcp_available_congestion_control", .mode = 0444, .handler = available },
	{ .path = "net/ipv4/tcp_allowed_congestion_control", .mode = 0644, .handler = allowed },
};
void tcp_sysctl_init(void) { register_sysctl_table(table, ARRAY_SIZE(table)); }
