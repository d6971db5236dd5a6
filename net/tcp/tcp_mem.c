/* net/tcp/tcp_mem.c - the memory that all connections of a stack share: tcp_mem and its three limits
 *
 * What:   a socket charges pages for what its queues hold, a little ahead, and gives them back when a page is free.
 *         Below mem[0] all is well; above mem[1] the stack is under pressure until it falls below mem[0] again: windows
 *         stop growing, and a connection gets what it is guaranteed (tcp_rmem[0], tcp_wmem[0]) or as much as all could
 *         have; above mem[2] nothing is granted.
 * Called: tcp_prune.c for arriving data, tcp_send.c for new segments; as queues drain.
 * Locks:  [S] for the socket's charge; the stack's sum is atomic.
 */
#include "kernel/mm/page.h"
#include "net/tcp/tcp_internal.h"

#define SPARE_PAGES 16		/* kept by a busy socket, so that not each segment touches the sum */
#define SHARE_OF_MEMORY 16	/* Linux's: a sixteenth of all pages is where pressure begins */

static int pages_of(u64 bytes) { return (int)DIV_ROUND_UP(bytes, PAGE_SIZE); }
static u64 in_use(const struct sock *sk) { return (u64)sk->sk_wmem_queued + (u64)atomic_read(&sk->sk_rmem_alloc); }
/* Bytes charged ahead of use. */
int tcp_forward_alloc(const struct sock *sk)
{
	return (int)((s64)tcp_sk(sk)->mem_pages * (s64)PAGE_SIZE - (s64)in_use(sk));
}

static void enter_pressure(struct net *net)
{
	if (READ_ONCE(net->tcp->pressure_ns))
		return;
	WRITE_ONCE(net->tcp->pressure_ns, ktime_get_ns() | 1);
	NET_INC_STATS(net, TCPEXT_TCPMEMORYPRESSURES);
}
static void leave_pressure(struct net *net)
{
	u64 since = READ_ONCE(net->tcp->pressure_ns);

	if (likely(!since) || !__atomic_compare_exchange_n(&net->tcp->pressure_ns, &since, 0, false, __ATOMIC_RELAXED,
							   __ATOMIC_RELAXED))
		return;
	NET_ADD_STATS(net, TCPEXT_TCPMEMORYPRESSURESCHRONO, (ktime_get_ns() - since) / NSEC_PER_MSEC);
}
/* total: pages of the stack with the new ones. Is sk within what it may have? */
static bool granted(const struct sock *sk, int total, u64 min_bytes, u64 has_bytes)
{
	const struct tcp_sysctls *s = tcp_sysctl(sk);
	struct net *net = sk->sk_net;

	if (total <= s->mem[0]) {
		leave_pressure(net);
		return true;
	}
	if (total > s->mem[1])
		enter_pressure(net);
	if (total > s->mem[2])
		return false;
	if (has_bytes < min_bytes || !READ_ONCE(net->tcp->pressure_ns))
		return true;
	/* Under pressure: as much as everybody could have. */
	return s->mem[2] > sock_prot_inuse(net, sk->sk_prot) * pages_of(in_use(sk));
}
static bool charge(struct sock *sk, u32 size, u64 min_bytes, u64 has_bytes)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u64 used = in_use(sk);
	int more = pages_of(used + size) - (int)tp->mem_pages, total;

	if (more <= 0)
		return true;
	total = atomic_add_return(more, &sk->sk_net->tcp->memory_pages);
	if (!granted(sk, total, min_bytes, has_bytes)) {
		atomic_sub(more, &sk->sk_net->tcp->memory_pages);
		return false;
	}
	tp->mem_pages += (u32)more;
	return true;
}
bool tcp_rmem_schedule(struct sock *sk, u32 size)
{
	return charge(sk, size, (u64)tcp_sysctl(sk)->rmem[0], (u64)atomic_read(&sk->sk_rmem_alloc));
}
/* A writer that is refused gets a smaller buffer: it will wait for its own segments. One that fills its buffer anyway
 * is let pass, for it could not wait. */
bool tcp_wmem_schedule(struct sock *sk, u32 size)
{
	if (likely(charge(sk, size, (u64)tcp_sysctl(sk)->wmem[0], sk->sk_wmem_queued)))
		return true;
	if (!(sk->sk_userlocks & SOCK_SNDBUF_LOCK))
		WRITE_ONCE(sk->sk_sndbuf, max(min(sk->sk_sndbuf, (int)(sk->sk_wmem_queued >> 1)), SOCK_MIN_SNDBUF));
	if (sk->sk_wmem_queued + size < (u32)sk->sk_sndbuf)
		return false;
	tcp_mem_force(sk, size);
	return true;
}
void tcp_mem_force(struct sock *sk, u32 size)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int more = pages_of(in_use(sk) + size) - (int)tp->mem_pages;

	if (more <= 0)
		return;
	atomic_add(more, &sk->sk_net->tcp->memory_pages);
	tp->mem_pages += (u32)more;
}
void tcp_mem_reclaim(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int spare = (int)tp->mem_pages - pages_of(in_use(sk));

	if (likely(spare <= 0))
		return;
	if (spare > SPARE_PAGES || !in_use(sk) || tcp_under_memory_pressure(sk)) {
		int total = atomic_sub_return(spare, &sk->sk_net->tcp->memory_pages);

		tp->mem_pages -= (u32)spare;
		if (total < tcp_sysctl(sk)->mem[0])
			leave_pressure(sk->sk_net);
	}
}

void tcp_mem_init(struct netns_tcp *t)
{
	struct mem_stats m;
	u64 limit;

	mem_stats(&m);
	limit = max((u64)m.total / SHARE_OF_MEMORY, (u64)128);
	t->sysctl.mem[0] = (int)(limit / 4 * 3);
	t->sysctl.mem[1] = (int)limit;
	t->sysctl.mem[2] = t->sysctl.mem[0] * 2;
}
