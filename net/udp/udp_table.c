/* net/udp/udp_table.c - which socket owns a port, and which one gets a datagram
 *
 * What:   the two hashes, binding with SO_REUSEADDR and SO_REUSEPORT, random ports (RFC 6056), lookup by best match.
 * Called: udp.c (bind, connect, close), udp_input.c (delivery, in softirq).
 * Locks:  netns_udp.lock for changes, RCU for lookups.
 */
#include "kernel/random.h"
#include "lib/byteorder.h"
#include "net/udp/internal.h"

#define UDP_TABLE_MIN 256u

static u32 port_hash(u16 num) { return num * 0x9e5u; }
static u32 addr_hash(__be32 addr, u16 num) { return hash_32((__force u32)addr ^ (u32)num << 16 ^ num, 24); }
static struct hlist_head *port_chain(struct udp_table *t, u16 num) { return &t->by_port[port_hash(num) & t->mask]; }
static struct hlist_head *addr_chain(struct udp_table *t, __be32 addr, u16 num)
{
	return &t->by_addr[addr_hash(addr, num) & t->mask];
}

static struct udp_table *table_alloc(u32 size)
{
	struct udp_table *t = kvzalloc(sizeof(*t) + 2 * size * sizeof(struct hlist_head), GFP_KERNEL);

	if (t) {
		t->mask = size - 1;
		t->by_addr = t->by_port + size;
	}
	return t;
}

static void insert(struct udp_table *t, struct sock *sk)
{
	hlist_add_head_rcu(&sk->sk_node, port_chain(t, sk->sk_num));
	hlist_add_head_rcu(&sk->sk_bind_node, addr_chain(t, sk->sk_rcv_saddr, sk->sk_num));
}

/* Between these two a look-up waits, and one that had begun before looks again. lock held. */
static void moves_begin(struct netns_udp *u)
{
	WRITE_ONCE(u->seq, u->seq + 1);
	smp_wmb();
}
static void moves_end(struct netns_udp *u)
{
	smp_wmb();
	WRITE_ONCE(u->seq, u->seq + 1);
}

/* All sockets of the old table's ith chains. By address each new chain has them in the order in which they stood: which
 * of a group has a flow depends on it. */
static void move_chains(struct udp_table *t, struct udp_table *old, u32 i)
{
	struct hlist_head reversed = {};
	struct hlist_node *n;

	while ((n = old->by_port[i].first)) {
		hlist_del_rcu(n);
		hlist_add_head_rcu(n, port_chain(t, hlist_entry(n, struct sock, sk_node)->sk_num));
	}
	while ((n = old->by_addr[i].first)) {
		hlist_del_rcu(n);
		hlist_add_head_rcu(n, &reversed);
	}
	while ((n = reversed.first)) {
		struct sock *sk = hlist_entry(n, struct sock, sk_bind_node);

		hlist_del_rcu(n);
		hlist_add_head_rcu(n, addr_chain(t, sk->sk_rcv_saddr, sk->sk_num));
	}
}

/* Twice as many sockets as chains: four times the chains. Failing to is no error, only slower. Process context. */
static void grow(struct net *net)
{
	struct netns_udp *u = net->udp;
	struct udp_table *old = rcu_dereference(u->table), *t;

	if (READ_ONCE(u->count) <= 2 * (old->mask + 1) || !(t = table_alloc(4 * (old->mask + 1))))
		return;
	spin_lock_bh(&u->lock);
	if (u->table != old) {
		spin_unlock_bh(&u->lock);
		kvfree(t);
		return;
	}
	moves_begin(u);
	for (u32 i = 0; i <= old->mask; i++)
		move_chains(t, old, i);
	rcu_assign_pointer(u->table, t);
	moves_end(u);
	spin_unlock_bh(&u->lock);
	synchronize_rcu();
	kvfree(old);
}

/* --- binding ------------------------------------------------------------------------------------------------------ */

static bool same_device(const struct sock *a, const struct sock *b)
{
	int theirs = READ_ONCE(b->sk_bound_dev_if);

	return !a->sk_bound_dev_if || !theirs || a->sk_bound_dev_if == theirs;
}

static bool conflicts(const struct sock *sk, const struct sock *o)
{
	__be32 theirs = READ_ONCE(o->sk_rcv_saddr);

	if (o == sk || !same_device(sk, o))
		return false;
	if (sk->sk_rcv_saddr && theirs && sk->sk_rcv_saddr != theirs)
		return false;
	if (sk->sk_reuse && o->sk_reuse)
		return false;
	return !(sk->sk_reuseport && o->sk_reuseport && sk->sk_uid == o->sk_uid);
}

static bool port_taken(struct udp_table *t, const struct sock *sk, u16 num)
{
	struct sock *o;

	hlist_for_each_entry(o, port_chain(t, num), sk_node)
		if (o->sk_num == num && conflicts(sk, o))
			return true;
	return false;
}

/* A random start, then the next ones in order (RFC 6056 3.3.1, algorithm 1). 0: none is free. */
static u16 find_port(struct udp_table *t, const struct sock *sk)
{
	int lo, hi;
	u32 n, start;

	inet_get_local_port_range(sk, &lo, &hi);
	n = (u32)(hi - lo + 1);
	start = get_random_u32_below(n);
	for (u32 i = 0; i < n; i++) {
		u16 num = (u16)(lo + (int)start);

		if (!port_taken(t, sk, num))
			return num;
		start = start + 1 == n ? 0 : start + 1;
	}
	return 0;
}

int udp_get_port(struct sock *sk, u16 snum)
{
	struct netns_udp *u = sk->sk_net->udp;

	grow(sk->sk_net);
	spin_lock_bh(&u->lock);
	if (!snum)
		snum = find_port(u->table, sk);
	else if (port_taken(u->table, sk, snum))
		snum = 0;
	if (!snum) {
		spin_unlock_bh(&u->lock);
		return -EADDRINUSE;
	}
	WRITE_ONCE(sk->sk_num, snum);
	inet_sk(sk)->inet_sport = htons(snum);
	if (hlist_unhashed(&sk->sk_node)) {
		moves_begin(u); /* a look-up may still stand on it where it was before a disconnect */
		insert(u->table, sk);
		moves_end(u);
		WRITE_ONCE(u->count, u->count + 1);
	}
	spin_unlock_bh(&u->lock);
	return 0;
}

void udp_unhash(struct sock *sk)
{
	struct netns_udp *u = sk->sk_net->udp;

	spin_lock_bh(&u->lock);
	if (!hlist_unhashed(&sk->sk_node)) {
		hlist_del_rcu(&sk->sk_node);
		hlist_del_rcu(&sk->sk_bind_node);
		WRITE_ONCE(u->count, u->count - 1);
		WRITE_ONCE(sk->sk_num, 0);
		inet_sk(sk)->inet_sport = 0;
	}
	spin_unlock_bh(&u->lock);
}

/* The addresses and the chain as one: in between, a datagram would find the socket nowhere or by half of its peer. */
void udp_rehash(struct sock *sk, __be32 local, __be32 peer, __be16 peer_port)
{
	struct netns_udp *u = sk->sk_net->udp;
	bool moves;

	spin_lock_bh(&u->lock);
	moves = sk->sk_rcv_saddr != local && !hlist_unhashed(&sk->sk_bind_node);
	moves_begin(u);
	ip4_datagram_store(sk, local, peer, peer_port);
	if (moves) {
		hlist_del_rcu(&sk->sk_bind_node);
		hlist_add_head_rcu(&sk->sk_bind_node, addr_chain(u->table, local, sk->sk_num));
	}
	moves_end(u);
	spin_unlock_bh(&u->lock);
}

/* --- delivery ----------------------------------------------------------------------------------------------------- */

/* How well a socket bound to this port and address fits; negative: not at all. */
static int score(const struct sock *sk, __be32 saddr, __be16 sport, int dif)
{
	__be32 daddr = READ_ONCE(sk->sk_daddr);
	__be16 dport = READ_ONCE(sk->sk_dport);
	int bound = READ_ONCE(sk->sk_bound_dev_if), s = 1;

	if (daddr) {
		if (daddr != saddr)
			return -1;
		s += 4;
	}
	if (dport) {
		if (dport != sport)
			return -1;
		s += 4;
	}
	if (unlikely(bound)) {
		if (bound != dif)
			return -1;
		s += 4;
	}
	if (READ_ONCE(sk->sk_incoming_cpu) == smp_processor_id()) /* SO_INCOMING_CPU among those that fit alike */
		s++;
	return s;
}

/* Of several SO_REUSEPORT sockets that fit alike, the flow's hash picks one: each flow always the same. In line, for
 * six arguments and six registers cost 13 of 97 instructions. */
static __always_inline struct sock *best_in_chain(const struct hlist_head *chain, __be32 local, u16 num, __be32 saddr,
						  __be16 sport, int dif)
{
	int best = 0, alike = 0;
	struct sock *sk, *res = NULL;
	u32 h = 0;

	hlist_for_each_entry_rcu(sk, chain, sk_bind_node) {
		int s;

		if (READ_ONCE(sk->sk_num) != num || READ_ONCE(sk->sk_rcv_saddr) != local)
			continue;
		s = score(sk, saddr, sport, dif);
		if (s > best) {
			res = sk;
			best = s;
			alike = 1;
		} else if (unlikely(s == best && sk->sk_reuseport)) {
			if (alike++ == 1)
				h = hash_32((__force u32)saddr ^ (u32)(__force u16)sport << 16 ^ num, 32);
			if (!((u64)h * (u32)alike >> 32))
				res = sk;
			h *= 1664525u;
		}
	}
	return res;
}

struct sock *udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, __be16 dport, int dif)
{
	struct netns_udp *u = net->udp;
	u16 num = ntohs(dport);

	for (;;) {
		u32 seq = READ_ONCE(u->seq) & ~1u; /* an odd one is never met again */
		const struct hlist_head *exact;
		struct sock *sk = NULL;
		struct udp_table *t;

		smp_rmb();
		t = rcu_dereference(u->table);
		exact = addr_chain(t, daddr, num);
		if (!hlist_empty(exact)) /* most servers are bound to no address */
			sk = best_in_chain(exact, daddr, num, saddr, sport, dif);
		if (!sk)
			sk = best_in_chain(addr_chain(t, 0, num), 0, num, saddr, sport, dif);
		smp_rmb();
		if (likely(seq == READ_ONCE(u->seq)))
			return sk;
		cpu_relax();
	}
}

struct sock *udp4_lookup_fresh(struct net *net, const struct iphdr *iph, const struct udphdr *uh, int dif)
{
	struct sock *sk = udp4_lib_lookup(net, iph->saddr, uh->source, iph->daddr, uh->dest, dif);

	*this_cpu_ptr(net->udp->hint) = (struct udp_hint){
		.batch = netif_rx_batch(), .addrs = get_unaligned((const u64 *)&iph->saddr), /* both */
		.ports = get_unaligned((const u32 *)&uh->source), .dif = dif, .sk = sk,
	};
	return sk;
}

static bool is_member(const struct sock *sk, __be32 saddr, __be16 sport, __be32 daddr, u16 num, int dif)
{
	__be32 peer = READ_ONCE(sk->sk_daddr), local = READ_ONCE(sk->sk_rcv_saddr);
	__be16 peer_port = READ_ONCE(sk->sk_dport);
	int bound = READ_ONCE(sk->sk_bound_dev_if);

	if (READ_ONCE(sk->sk_num) != num || (peer && peer != saddr) || (peer_port && peer_port != sport))
		return false;
	if ((local && local != daddr) || (bound && bound != dif))
		return false;
	return !ipv4_is_multicast(daddr) || ip_mc_sf_allow(sk, daddr, dif);
}

void udp_for_each_group_member(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, __be16 dport, int dif,
			       void (*fn)(struct sock *sk, void *ctx), void *ctx)
{
	struct netns_udp *u = net->udp;
	u16 num = ntohs(dport);
	struct sock *sk;

	spin_lock(&u->lock);
	hlist_for_each_entry(sk, port_chain(u->table, num), sk_node)
		if (is_member(sk, saddr, sport, daddr, num, dif))
			fn(sk, ctx);
	spin_unlock(&u->lock);
}

struct sock *udp_nth(struct net *net, loff_t pos, u32 *bucket)
{
	struct udp_table *t = net->udp->table;
	struct sock *sk;

	for (u32 i = 0; i <= t->mask; i++) {
		hlist_for_each_entry(sk, &t->by_port[i], sk_node) {
			*bucket = i;
			if (!pos--)
				return sk;
		}
	}
	return NULL;
}

int udp_table_net_init(struct net *net)
{
	struct netns_udp *u = kzalloc(sizeof(*u), GFP_KERNEL);

	if (!u)
		return -ENOMEM;
	spin_lock_init(&u->lock);
	u->table = table_alloc(UDP_TABLE_MIN);
	u->hint = alloc_percpu(struct udp_hint);
	if (!u->table || !u->hint) {
		kvfree(u->table);
		free_percpu(u->hint);
		kfree(u);
		return -ENOMEM;
	}
	net->udp = u;
	return 0;
}

void udp_table_net_exit(struct net *net)
{
	if (!net->udp)
		return;
	kvfree(net->udp->table);
	free_percpu(net->udp->hint);
	kfree(net->udp);
	net->udp = NULL;
}
