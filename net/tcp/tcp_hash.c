/* net/tcp/tcp_hash.c - which socket a segment belongs to
 *
 * What:   one table of everything that has a 4-tuple (connections, requests, TIME_WAITs), one of listeners.
 * Called: tcp_ipv4.c looks up under RCU; the others insert and remove.
 * Locks:  a spinlock for each group of chains ([E]), one for listeners. Readers take none: what they find they pin with
 *         refcount_inc_not_zero().
 * Absent: growth of the table, whose size follows the memory; a reader that follows a socket into another chain
 *         (disconnect, connect) may miss once.
 */
#include "kernel/mm/page.h"
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "net/tcp/tcp_internal.h"

#define PAGES_A_CHAIN 32u /* one for each 128 KiB of memory: 50,000 connections in 512 MiB are 12 a chain */
#define EHASH_MIN 512u
#define EHASH_MAX (512u << 10)

static u32 ehash_size(void)
{
	struct mem_stats m;

	mem_stats(&m);
	return (u32)clamp(roundup_pow_of_two(m.total / PAGES_A_CHAIN), (u64)EHASH_MIN, (u64)EHASH_MAX);
}

int tcp_hash_net_init(struct net *net)
{
	struct netns_tcp *t = net->tcp;

	t->ehash_mask = ehash_size() - 1;
	t->ehash = kvzalloc(((size_t)t->ehash_mask + 1) * sizeof(*t->ehash), GFP_KERNEL);
	t->ehash_locks = kvzalloc(TCP_EHASH_LOCKS * sizeof(*t->ehash_locks), GFP_KERNEL);
	if (!t->ehash || !t->ehash_locks) {
		kvfree(t->ehash);
		kvfree(t->ehash_locks);
		return -ENOMEM;
	}
	for (u32 i = 0; i < TCP_EHASH_LOCKS; i++)
		spin_lock_init(&t->ehash_locks[i]);
	spin_lock_init(&t->listen_lock);
	spin_lock_init(&t->bind_lock);
	get_random_bytes(&t->hash_key, sizeof(t->hash_key));
	get_random_bytes(&t->isn_key, sizeof(t->isn_key));
	get_random_bytes(&t->port_key, sizeof(t->port_key));
	get_random_bytes(&t->cookie_key, sizeof(t->cookie_key));
	return 0;
}

/* What is left when a stack ends has no program any more: TIME_WAITs and requests. */
static void kill_small(struct tcp_hashed *h, void *unused)
{
	(void)unused;
	if (h->state == TCP_TIME_WAIT)
		tcp_tw_kill((struct tcp_timewait_sock *)h);
	else if (h->state == TCP_NEW_SYN_RECV)
		tcp_req_drop((struct tcp_request_sock *)h);
}
void tcp_hash_net_exit(struct net *net)
{
	tcp_ehash_for_each(net, kill_small, NULL);
	kvfree(net->tcp->ehash);
	kvfree(net->tcp->ehash_locks);
}

u32 tcp_ehashfn(const struct net *net, __be32 laddr, u16 lport, __be32 faddr, __be16 fport)
{
	return hash_3u32((__force u32)faddr, (__force u32)laddr, (u32)lport << 16 | (__force u16)fport,
			 &net->tcp->hash_key);
}
spinlock_t *tcp_ehash_lock(const struct net *net, u32 hash) { return &net->tcp->ehash_locks[hash % TCP_EHASH_LOCKS]; }
static struct hlist_head *chain(const struct net *net, u32 hash)
{
	return &net->tcp->ehash[hash & net->tcp->ehash_mask];
}

/* Whose a segment is, in the words that a lookup compares: laid out as in struct tcp_hashed. */
struct ends {
	union { struct { __be32 daddr, rcv_saddr; }; u64 addrs; };
	union { struct { __be16 dport; u16 num; }; u32 ports; };
};
static bool is_it(const struct tcp_hashed *h, const struct ends *key, int dif)
{
	int bound = READ_ONCE(h->bound_dev_if);

	return READ_ONCE(h->addrs) == key->addrs && READ_ONCE(h->ports) == key->ports && (!bound || bound == dif);
}

/* RCU: what is found stays allocated, and what it is does not change by our taking a reference. It may change
 * afterwards; who needs to know asks under its lock. */
struct tcp_hashed *tcp_lookup_established(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, u16 hnum, int dif)
{
	const struct ends key = { .daddr = saddr, .rcv_saddr = daddr, .dport = sport, .num = hnum };
	struct hlist_head *head = chain(net, tcp_ehashfn(net, daddr, hnum, saddr, sport));
	struct hlist_node *n;

	for (n = rcu_dereference(head->first); n; n = rcu_dereference(n->next)) {
		struct tcp_hashed *h = container_of(n, struct tcp_hashed, node);

		if (is_it(h, &key, dif) && refcount_inc_not_zero(&h->refcnt))
			return h;
	}
	return NULL;
}

/* More of what the listener asked for is better; below zero does not fit. */
static int listener_score(const struct sock *sk, __be32 daddr, u16 hnum, int dif)
{
	__be32 local = READ_ONCE(sk->sk_rcv_saddr);
	int bound = READ_ONCE(sk->sk_bound_dev_if), score = 1;

	if (READ_ONCE(sk->sk_num) != hnum || READ_ONCE(sk->sk_state) != TCP_LISTEN)
		return -1;
	if (local) {
		if (local != daddr)
			return -1;
		score += 2;
	}
	if (bound) {
		if (bound != dif)
			return -1;
		score += 4;
	}
	if (READ_ONCE(sk->sk_incoming_cpu) == smp_processor_id()) /* SO_INCOMING_CPU among those that fit alike */
		score++;
	return score;
}

struct sock *tcp_lookup_listener(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, u16 hnum, int dif)
{
	struct hlist_head *head = &net->tcp->lhash[hnum % TCP_LHASH_SIZE];
	struct sock *best = NULL;
	int best_score = 0;
	u32 equals = 1;
	struct hlist_node *n;

	for (n = rcu_dereference(head->first); n; n = rcu_dereference(n->next)) {
		struct sock *sk = container_of(n, struct sock, sk_node);
		int score = listener_score(sk, daddr, hnum, dif);

		if (score > best_score) {
			best = sk;
			best_score = score;
			equals = 1;
		} else if (score == best_score && sk->sk_reuseport) {
			/* The same flow always draws the same: SO_REUSEPORT spreads flows, not segments. */
			equals++;
			if (hash_32(tcp_ehashfn(net, daddr, hnum, saddr, sport) + equals, 16) % equals == 0)
				best = sk;
		}
	}
	return best && refcount_inc_not_zero(&best->sk_refcnt) ? best : NULL;
}

void tcp_hashed_put(struct tcp_hashed *h)
{
	u8 state = READ_ONCE(h->state); /* a socket's changes meanwhile, but into neither of these */

	if (state == TCP_TIME_WAIT)
		tcp_tw_put((struct tcp_timewait_sock *)h);
	else if (state == TCP_NEW_SYN_RECV)
		tcp_req_put((struct tcp_request_sock *)h);
	else
		sock_put((struct sock *)h);
}

static bool has_twin(const struct tcp_hashed *h)
{
	struct hlist_node *n;

	for (n = chain(h->net, h->hash)->first; n; n = n->next) {
		const struct tcp_hashed *o = container_of(n, struct tcp_hashed, node);

		if (o->addrs == h->addrs && o->ports == h->ports && o->bound_dev_if == h->bound_dev_if)
			return true;
	}
	return false;
}
/* The same SYN on two CPUs makes two requests: one gets in. */
bool tcp_ehash_insert(struct tcp_hashed *h)
{
	spinlock_t *lock;
	bool ok;

	WRITE_ONCE(h->hash, tcp_ehashfn(h->net, h->rcv_saddr, h->num, h->daddr, h->dport));
	lock = tcp_ehash_lock(h->net, h->hash);
	spin_lock_bh(lock);
	ok = !has_twin(h);
	if (ok)
		hlist_add_head_rcu(&h->node, chain(h->net, h->hash));
	spin_unlock_bh(lock);
	return ok;
}
bool tcp_ehash_remove(struct tcp_hashed *h)
{
	spinlock_t *lock = tcp_ehash_lock(h->net, h->hash);
	bool was;

	spin_lock_bh(lock);
	was = !hlist_unhashed(&h->node);
	if (was)
		hlist_del_rcu(&h->node);
	spin_unlock_bh(lock);
	return was;
}
/* In one step, so that no segment finds neither. False: old was gone already, and new is not in. */
bool tcp_ehash_replace(struct tcp_hashed *old, struct tcp_hashed *new)
{
	spinlock_t *lock = tcp_ehash_lock(old->net, old->hash);
	bool was;

	new->hash = old->hash;
	spin_lock_bh(lock);
	was = !hlist_unhashed(&old->node);
	if (was) {
		hlist_add_head_rcu(&new->node, chain(old->net, old->hash));
		hlist_del_rcu(&old->node);
	}
	spin_unlock_bh(lock);
	return was;
}

/* fn may remove h; it runs with a reference and no lock. */
void tcp_ehash_for_each(struct net *net, void (*fn)(struct tcp_hashed *h, void *ctx), void *ctx)
{
	struct tcp_hashed *batch[64];

	for (u32 b = 0; b <= net->tcp->ehash_mask; b++) {
		u32 skip = 0, n, seen;

		do {
			struct hlist_node *p;

			n = seen = 0;
			rcu_read_lock();
			for (p = rcu_dereference(net->tcp->ehash[b].first); p && n < ARRAY_SIZE(batch);
			     p = rcu_dereference(p->next)) {
				struct tcp_hashed *h = container_of(p, struct tcp_hashed, node);

				if (seen++ >= skip && refcount_inc_not_zero(&h->refcnt))
					batch[n++] = h;
			}
			rcu_read_unlock();
			for (u32 i = 0; i < n; i++) {
				fn(batch[i], ctx);
				skip += !hlist_unhashed(&batch[i]->node);
				tcp_hashed_put(batch[i]);
			}
		} while (n == ARRAY_SIZE(batch));
	}
}

int tcp_v4_hash(struct sock *sk)
{
	struct netns_tcp *t = sk->sk_net->tcp;

	if (sk->sk_state != TCP_LISTEN)
		return tcp_ehash_insert((struct tcp_hashed *)sk) ? 0 : -EADDRNOTAVAIL;
	spin_lock_bh(&t->listen_lock);
	hlist_add_head_rcu(&sk->sk_node, &t->lhash[sk->sk_num % TCP_LHASH_SIZE]);
	spin_unlock_bh(&t->listen_lock);
	return 0;
}
void tcp_unhash(struct sock *sk)
{
	struct netns_tcp *t = sk->sk_net->tcp;

	if (hlist_unhashed(&sk->sk_node))
		return;
	if (sk->sk_state != TCP_LISTEN) {
		tcp_ehash_remove((struct tcp_hashed *)sk);
		return;
	}
	spin_lock_bh(&t->listen_lock);
	if (!hlist_unhashed(&sk->sk_node))
		hlist_del_rcu(&sk->sk_node);
	spin_unlock_bh(&t->listen_lock);
}
