/* net/tcp/tcp_proc.c - /proc/net/tcp, column for column as Linux prints it
 *
 * Called: readers of /proc/net/tcp, in process context.
 * Locks: the ehash is walked bucket by bucket under RCU, nothing is held between two lines.
 */
#include "kernel/fs/proc_fs.h"
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"

u64 sock_i_ino(const struct sock *sk);

#define HEADER "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
#define LINE_WIDTH 149

struct lines { struct seq_file *m; u32 n; };

/* Linux counts in clock ticks of 1/100 s. */
static u64 ticks_until(u64 at_ns)
{
	u64 now = ktime_get_ns();

	return at_ns > now ? (at_ns - now) / (10 * NSEC_PER_MSEC) : 0;
}
struct timer_view { u8 active; u64 when_ns; };
static struct timer_view active_timer(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->write_event == TCP_TIME_PROBE0)
		return (struct timer_view){ 4, tp->write_timeout_ns };
	if (tp->write_event != TCP_TIME_NONE) /* RACK's and TLP's are retransmission timers too */
		return (struct timer_view){ 1, tp->write_timeout_ns };
	if (timer_pending(&sk->sk_timer))
		return (struct timer_view){ 2, sk->sk_timer.expires_ns };
	return (struct timer_view){ 0, 0 };
}
static void endpoint(const struct tcp_hashed *h, u16 num, u8 state, struct lines *l)
{
	seq_printf(l->m, "%4u: %08X:%04X %08X:%04X %02X", l->n++, (__force u32)h->rcv_saddr, num, (__force u32)h->daddr,
		   ntohs(h->dport), state);
}
static void show_sock(const struct sock *sk, struct lines *l)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	struct timer_view t = active_timer(sk);
	bool listens = sk->sk_state == TCP_LISTEN;
	u32 rx = listens ? sk->sk_ack_backlog : (u32)max((s32)(tp->rcv_nxt - tp->copied_seq), 0);

	endpoint((const struct tcp_hashed *)sk, ntohs(inet_sk(sk)->inet_sport), sk->sk_state, l);
	seq_printf(l->m, " %08X:%08X %02X:%08llX %08X %5u %8d %llu %d %p %llu %llu %u %u %d",
		   tp->write_seq - tp->snd_una, rx, t.active,
		   (unsigned long long)(t.active ? ticks_until(t.when_ns) : 0), tp->retransmits, sk->sk_uid,
		   tp->probes_out, (unsigned long long)sock_i_ino(sk), refcount_read(&sk->sk_refcnt), (const void *)sk,
		   (unsigned long long)tp->rto_us / 10000, (unsigned long long)tp->ack.ato_us / 10000,
		   (u32)tp->ack.quick << 1 | tcp_in_pingpong_mode(tp), tp->snd_cwnd,
		   listens					       ? tp->tfo_max_qlen
			   : tp->snd_ssthresh >= TCP_INFINITE_SSTHRESH ? -1
								       : (int)tp->snd_ssthresh);
}
struct small { u8 state, timer; u64 expires_ns; u32 tries, uid, refs; };
static void show_small(const struct tcp_hashed *h, struct small s, struct lines *l)
{
	endpoint(h, h->num, s.state, l);
	seq_printf(l->m, " %08X:%08X %02X:%08llX %08X %5u %8d %d %u %p", 0, 0, s.timer,
		   (unsigned long long)ticks_until(s.expires_ns), s.tries, s.uid, 0, 0, s.refs, (const void *)h);
}
static void show_one(struct tcp_hashed *h, void *ctx)
{
	struct lines *l = ctx;

	if (h->state == TCP_TIME_WAIT) {
		const struct tcp_timewait_sock *tw = (const struct tcp_timewait_sock *)h;

		show_small(h, (struct small){ tw->substate, 3, tw->timer.expires_ns, 0, 0, refcount_read(&h->refcnt) },
			   l);
	} else if (h->state == TCP_NEW_SYN_RECV) {
		const struct tcp_request_sock *req = (const struct tcp_request_sock *)h;

		/* Linux says 0 references of a request, and the listener's user. */
		show_small(h, (struct small){ TCP_SYN_RECV, 1, req->timer.expires_ns, req->num_timeout,
					      req->listener->sk_uid, 0 }, l);
	} else {
		show_sock((const struct sock *)h, l);
	}
	seq_pad(l->m, LINE_WIDTH);
	seq_putc(l->m, '\n');
}
static void show_listeners(struct net *net, struct lines *l)
{
	for (u32 b = 0; b < TCP_LHASH_SIZE; b++) {
		struct hlist_node *n;

		rcu_read_lock();
		for (n = rcu_dereference(net->tcp->lhash[b].first); n; n = rcu_dereference(n->next)) {
			show_sock(container_of(n, struct sock, sk_node), l);
			seq_pad(l->m, LINE_WIDTH);
			seq_putc(l->m, '\n');
		}
		rcu_read_unlock();
	}
}
static int show_tcp(struct seq_file *m, void *unused)
{
	struct lines l = { .m = m };

	(void)unused;
	seq_puts(m, HEADER);
	seq_pad(m, LINE_WIDTH);
	seq_putc(m, '\n');
	show_listeners(m->net, &l);
	tcp_ehash_for_each(m->net, show_one, &l);
	return 0;
}

struct tally { int socks; u64 pages; };
static void count_sock(struct tcp_hashed *h, void *ctx)
{
	struct tally *t = ctx;

	if (h->state != TCP_TIME_WAIT && h->state != TCP_NEW_SYN_RECV) {
		const struct sock *sk = (const struct sock *)h;

		t->socks++;
		t->pages += DIV_ROUND_UP((u64)sk->sk_wmem_queued + (u64)atomic_read(&sk->sk_rmem_alloc), PAGE_SIZE);
	}
}
static int count_listeners(struct net *net)
{
	int listeners = 0;

	rcu_read_lock();
	for (u32 b = 0; b < TCP_LHASH_SIZE; b++)
		for (struct hlist_node *n = rcu_dereference(net->tcp->lhash[b].first); n; n = rcu_dereference(n->next))
			listeners++;
	rcu_read_unlock();
	return listeners;
}
/* inuse: those that listen or are connected, closing ones that nobody holds any more among them, as on Linux. */
static void tcp_sockstat_show(struct seq_file *m, struct net *net)
{
	struct tally t = { 0 };

	tcp_ehash_for_each(net, count_sock, &t);
	seq_printf(m, "TCP: inuse %d orphan %d tw %d alloc %d mem %llu\n", t.socks + count_listeners(net),
		   atomic_read(&net->tcp->orphans), atomic_read(&net->tcp->tw_count), sock_prot_inuse(net, &tcp_prot),
		   (unsigned long long)t.pages);
}
void tcp_proc_init(void)
{
	proc_create_single("net/tcp", 0444, show_tcp, NULL);
	sockstat_register(SOCKSTAT_TCP, tcp_sockstat_show);
}
