/* tests/sim/record.c - what a run leaves behind: its hash, a capture, a time series, a summary
 *
 * What:   sees every frame through sim_tap. PCAP=FILE writes pcapng (AT=HOST: only what that host sends and receives;
 *         otherwise each frame once on each wire, as it is sent). CSV=FILE samples flows and queues every STEP_MS.
 * Called: network.c and programs.c at the beginning and the end of a run.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/sys.h"
#include "tests/sim/internal.h"

static struct {
	u64 hash, frames, lost, began_cpu_us;
	u64 telling, empty;		/* TCP segments with and without data, SYN or FIN */
	int pcap, csv;
	const char *at;
	u32 interfaces;			/* of the capture, so far */
	u64 step_ns, sampled_ns;
	struct timer_list sampler;
	char *buf;
	size_t used;
} rec;

/* --- the hash: time, place, fate and bytes of every frame --- */

static u64 mix(u64 h, u64 v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 29;
}
static void hash_frame(const struct sim_link *l, int from, const struct sk_buff *skb, enum sim_tap_event ev)
{
	const u8 *p = skb->data;
	u32 i = 0;

	rec.hash = mix(mix(rec.hash, ktime_get_ns()), (u64)skb->len << 8 | (u64)ev << 1 | (u64)from);
	for (; i + 8 <= skb->len; i += 8)
		rec.hash = mix(rec.hash, get_unaligned((const u64 *)(p + i)));
	for (; i < skb->len; i++)
		rec.hash = mix(rec.hash, p[i]);
}

/* --- pcapng (IETF draft-ietf-opsawg-pcapng) --- */

#define BUF_SIZE (1u << 20)
static void flush(int fd)
{
	if (rec.used && !sys_append(fd, rec.buf, rec.used))
		panic("cannot write the record");
	rec.used = 0;
}
static void put(const void *p, size_t n)
{
	if (rec.used + n > BUF_SIZE)
		flush(rec.pcap);
	memcpy(rec.buf + rec.used, p, n);
	rec.used += n;
}
static void put32(u32 v) { put(&v, 4); }
static void put_padded(const void *p, u32 n)
{
	put(p, n);
	put("\0\0\0", -n & 3);
}
static void put_option(u16 code, const void *p, u32 n)
{
	put32((u32)code | n << 16);
	put_padded(p, n);
}
static u32 option_size(u32 n) { return 4 + ALIGN_UP(n, 4u); }
static void section_header(void)
{
	static const char user[] = "Ringside simulator";
	u32 size = 28 + option_size(sizeof(user) - 1) + 4;

	put32(0x0a0d0d0a);
	put32(size);
	put32(0x1a2b3c4d);
	put32(1);
	put32(~0u); /* the section's length: not given */
	put32(~0u);
	put_option(4, user, sizeof(user) - 1);
	put32(0);
	put32(size);
}
/* Named when it first appears. */
static u32 interface_of(struct sim_nic *nic)
{
	struct sim_port *p = nic->port;
	u8 nanoseconds = 9;
	char name[48];
	u32 n, size;

	if (nic->capture_id)
		return nic->capture_id - 1;
	n = (u32)snprintf(name, sizeof(name), "%s:%s", p->node->name, nic->dev ? nic->dev->name : p->link->name);
	size = 16 + option_size(n) + option_size(1) + 4 + 4;
	put32(1);
	put32(size);
	put32(1); /* LINKTYPE_ETHERNET */
	put32(0);
	put_option(2, name, n);
	put_option(9, &nanoseconds, 1);
	put32(0);
	put32(size);
	nic->capture_id = ++rec.interfaces;
	return nic->capture_id - 1;
}
static void capture(struct sim_nic *nic, const struct sk_buff *skb, bool inbound, const char *comment)
{
	u32 id = interface_of(nic), n = comment ? (u32)strlen(comment) : 0, direction = inbound ? 1 : 2;
	u32 size = 32 + ALIGN_UP(skb->len, 4u) + option_size(4) + (n ? option_size(n) : 0) + 4;
	u64 now = ktime_get_real_ns();

	put32(6);
	put32(size);
	put32(id);
	put32((u32)(now >> 32));
	put32((u32)now);
	put32(skb->len);
	put32(skb->len);
	put_padded(skb->data, skb->len);
	put_option(2, &direction, 4);
	if (n)
		put_option(1, comment, n);
	put32(0);
	put32(size);
}
/* Segments that carry nothing new must not answer each other for ever (RFC 793's ACK wars): they stay in proportion to
 * those that carry data, SYN or FIN, and to time, for probes. */
#define EMPTY_AT_LEAST 2000
static void detect_storm(const struct sk_buff *skb)
{
	const u8 *ip = skb->data + 14, *tcp = ip + (ip[0] & 15) * 4;

	if (skb->len < 54 || ip[-2] != 8 || ip[-1] || ip[9] != 6)
		return;
	if (get_unaligned_be16(ip + 2) > (ip[0] & 15) * 4 + (tcp[12] >> 4) * 4 || tcp[13] & 3)
		rec.telling++;
	else
		rec.empty++;
	if (rec.empty > EMPTY_AT_LEAST + 4 * rec.telling + 10 * sim_now() / NSEC_PER_SEC)
		panic("a storm: %llu segments without data, only %llu with", rec.empty, rec.telling);
}
static bool seen_at(const struct sim_nic *nic) { return !strcmp(nic->port->node->name, rec.at); }

static void on_frame(struct sim_link *l, int from, struct sk_buff *skb, enum sim_tap_event ev, const char *why)
{
	hash_frame(l, from, skb, ev);
	if (ev == SIM_SENT)
		detect_storm(skb);
	rec.frames += ev == SIM_SENT;
	rec.lost += ev == SIM_LOST;
	if (rec.pcap < 0)
		return;
	if (ev != SIM_ARRIVED && (!rec.at || seen_at(l->end[from])))
		capture(l->end[from], skb, false, why);
	if (ev == SIM_ARRIVED && rec.at && seen_at(l->end[!from]))
		capture(l->end[!from], skb, true, NULL);
}

/* --- the time series: one line for each flow and each queue --- */

static void csv(const char *fmt, ...) __printf(1, 2);
static void csv(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!sys_append(rec.csv, line, (size_t)n))
		panic("cannot write the time series");
}
static void sample_flow(struct sim_flow *f, u64 passed_ns)
{
	const struct tcp_sock *tp = tcp_sk(f->socket->sk);
	u64 rate = sim_goodput_between(tp->bytes_acked - f->sampled_acked, 0, passed_ns);
	bool no_ssthresh = tp->snd_ssthresh >= TCP_INFINITE_SSTHRESH;

	f->sampled_acked = tp->bytes_acked;
	csv("%llu,flow,%s,%u,", sim_now() / 1000, f->name, tp->snd_cwnd);
	if (!no_ssthresh)
		csv("%u", tp->snd_ssthresh);
	csv(",%u,%u,%llu,%llu,%u,,\n", tp->srtt_us >> 3, tcp_packets_in_flight(tp), rate,
	    (u64)tcp_sock_sk((struct tcp_sock *)tp)->sk_pacing_rate, tp->total_retrans);
}
static void sample(struct timer_list *t)
{
	u64 now = ktime_get_ns(), passed = now - rec.sampled_ns;

	for (struct sim_flow *f = sim.flows; f; f = f->next)
		if (f->socket)
			sample_flow(f, passed);
	for (u32 i = 0; i < sim.nr_links; i++)
		for (int from = 0; from < 2; from++) {
			struct sim_link *l = sim.links[i];

			if (l->bytes_per_second)
				csv("%llu,queue,%s%s,,,,,,,,%u,%u\n", sim_now() / 1000, l->name, from ? " back" : "",
				    sim_link_queue_packets(l, from), sim_link_queue_bytes(l, from));
		}
	rec.sampled_ns = now;
	mod_timer(t, now + rec.step_ns);
}
void sim_record_sampling(bool on)
{
	if (rec.csv < 0)
		return;
	rec.sampled_ns = ktime_get_ns();
	if (on)
		mod_timer(&rec.sampler, rec.sampled_ns + rec.step_ns);
	else
		timer_delete_sync(&rec.sampler);
}

/* --- beginning and end --- */

static int open_record(const char *variable)
{
	const char *path = sys_env(variable);
	int fd = path ? sys_open(path) : -1;

	if (path && fd < 0)
		panic("cannot write %s", path);
	return fd;
}
void sim_record_start(void)
{
	memset(&rec, 0, sizeof(rec));
	rec.began_cpu_us = sys_cpu_us();
	rec.pcap = open_record("PCAP");
	rec.csv = open_record("CSV");
	rec.at = sys_env("AT");
	rec.step_ns = sys_env_number("STEP_MS", 10) * NSEC_PER_MSEC;
	if (rec.pcap >= 0) {
		rec.buf = sys_malloc(BUF_SIZE, 16);
		BUG_UNLESS(rec.buf);
		section_header();
	}
	if (rec.csv >= 0)
		csv("time_us,kind,name,cwnd,ssthresh,srtt_us,in_flight,goodput_bps,pacing_Bps,retransmitted,"
		    "queue_packets,queue_bytes\n");
	timer_setup(&rec.sampler, sample);
	sim_tap = on_frame;
}
void sim_say(const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	sys_write(line, (size_t)n);
}
static void summary(void)
{
	u64 us = sys_cpu_us() - rec.began_cpu_us;

	for (struct sim_flow *f = sim.flows; f; f = f->next)
		sim_say("    %-12s %s to %s: %llu bytes, %llu.%03llu Mbit/s%s\n", f->name, f->from->name, f->to->name,
		    f->received, sim_goodput(f) / 1000000, sim_goodput(f) / 1000 % 1000,
		    f->error ? ", ended by an error" : "");
	sim_say("    %llu.%03llu s simulated, %llu frames sent, %llu lost, hash %016llx\n", sim_now() / NSEC_PER_SEC,
	    sim_now() / NSEC_PER_MSEC % 1000, rec.frames, rec.lost, rec.hash);
	sim_say("    %llu ms of CPU, %llu frames a second of it\n", us / 1000, us ? rec.frames * 1000000 / us : 0);
}
void sim_record_stop(void)
{
	sim_tap = NULL;
	timer_delete_sync(&rec.sampler);
	summary();
	if (rec.pcap >= 0) {
		flush(rec.pcap);
		sys_close(rec.pcap);
	}
	if (rec.csv >= 0)
		sys_close(rec.csv);
	for (struct sim_flow *f = sim.flows, *next; f; f = next) {
		next = f->next;
		kfree(f);
	}
}
