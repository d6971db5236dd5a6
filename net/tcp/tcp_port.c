/* net/tcp/tcp_port.c - who owns which local port
 *
 * What:   bind() with SO_REUSEADDR and SO_REUSEPORT, and the choice of a port for connect() (RFC 6056 3.3.3).
 * Called: inet_bind, inet_autobind, tcp_connect.c, tcp_request.c for accepted children.
 * Locks:  bind_lock of the stack guards all buckets and who is in them; the ehash lock nests inside.
 * Absent: a lock for each port: binding is rare beside sending.
 */
#include "kernel/random.h"
#include "kernel/process/process.h"
#include "net/tcp/tcp_internal.h"

static struct hlist_head *port_chain(struct net *net, u16 port) { return &net->tcp->bhash[port % TCP_BHASH_SIZE]; }

static struct tcp_bind_bucket *bucket_find(struct net *net, u16 port)
{
	struct hlist_node *n;

	for (n = port_chain(net, port)->first; n; n = n->next)
		if (container_of(n, struct tcp_bind_bucket, node)->port == port)
			return container_of(n, struct tcp_bind_bucket, node);
	return NULL;
}
static struct tcp_bind_bucket *bucket_create(struct net *net, u16 port, bool by_connect)
{
	struct tcp_bind_bucket *tb = kmem_cache_zalloc(tcp_bind_cache, GFP_ATOMIC);

	if (!tb)
		return NULL;
	tb->port = port;
	tb->by_connect = by_connect;
	hlist_add_head(&tb->node, port_chain(net, port));
	return tb;
}
/* Nobody's any more? */
static void bucket_put(struct tcp_bind_bucket *tb)
{
	if (tb->owners.first)
		return;
	hlist_del_init(&tb->node);
	kmem_cache_free(tcp_bind_cache, tb);
}
/* sk_num is set: look-ups may read it already. */
static void bucket_own(struct tcp_bind_bucket *tb, struct sock *sk)
{
	tcp_sk(sk)->bind_bucket = tb;
	hlist_add_head(&sk->sk_bind_node, &tb->owners);
}

static bool addresses_overlap(const struct sock *sk, const struct tcp_hashed *o)
{
	return !sk->sk_rcv_saddr || !o->rcv_saddr || sk->sk_rcv_saddr == o->rcv_saddr;
}
static bool may_share(const struct sock *sk, const struct tcp_hashed *o)
{
	if (sk->sk_bound_dev_if && o->bound_dev_if && sk->sk_bound_dev_if != o->bound_dev_if)
		return true;
	if (sk->sk_reuse && o->reuse && READ_ONCE(o->state) != TCP_LISTEN)
		return true;
	if (!sk->sk_reuseport || !o->reuseport)
		return false;
	return READ_ONCE(o->state) == TCP_TIME_WAIT || ((const struct sock *)o)->sk_uid == sk->sk_uid;
}
static bool bind_conflict(const struct sock *sk, const struct tcp_bind_bucket *tb)
{
	struct hlist_node *n;

	for (n = tb->owners.first; n; n = n->next) {
		struct tcp_hashed *o = container_of(n, struct tcp_hashed, bind_node);

		if ((const struct sock *)o != sk && !may_share(sk, o) && addresses_overlap(sk, o))
			return true;
	}
	return false;
}

/* bind_lock held. */
static int claim(struct sock *sk, u16 port, bool only_fresh)
{
	struct tcp_bind_bucket *tb = bucket_find(sk->sk_net, port);

	if (tb && (only_fresh || bind_conflict(sk, tb)))
		return -EADDRINUSE;
	if (!tb)
		tb = bucket_create(sk->sk_net, port, false);
	if (!tb)
		return -ENOMEM;
	tb->by_connect = false;
	if (tcp_sk(sk)->bind_bucket != tb) { /* listen() asks again for the port that bind() got */
		sk->sk_num = port;
		bucket_own(tb, sk);
	}
	return 0;
}
/* Even ports are left to connect() while there are others. */
static int claim_any(struct sock *sk)
{
	int lo, hi, err = -EADDRINUSE;
	u32 range, offset;

	inet_get_local_port_range(sk, &lo, &hi);
	range = (u32)(hi - lo) + 1;
	offset = get_random_u32_below(range);
	for (int pass = 0; pass < 4; pass++)
		for (u32 i = 0; i < range; i++) {
			u16 port = (u16)(lo + (int)((offset + i) % range));

			if ((port & 1) == (pass & 1))
				continue;
			err = claim(sk, port, pass < 2);
			if (err != -EADDRINUSE)
				return err;
		}
	return err;
}

int tcp_get_port(struct sock *sk, u16 snum)
{
	struct netns_tcp *t = sk->sk_net->tcp;
	int err;

	spin_lock_bh(&t->bind_lock);
	err = snum ? claim(sk, snum, false) : claim_any(sk);
	spin_unlock_bh(&t->bind_lock);
	return err;
}

static void release_locked(struct tcp_bind_bucket **tb, struct hlist_node *node)
{
	struct tcp_bind_bucket *b = *tb;

	if (!b)
		return;
	hlist_del_init(node);
	*tb = NULL;
	bucket_put(b);
}
void tcp_bind_release(struct net *net, struct tcp_bind_bucket **tb, struct hlist_node *node)
{
	spin_lock_bh(&net->tcp->bind_lock);
	release_locked(tb, node);
	spin_unlock_bh(&net->tcp->bind_lock);
}
void tcp_put_port(struct sock *sk)
{
	tcp_bind_release(sk->sk_net, &tcp_sk(sk)->bind_bucket, &sk->sk_bind_node);
	WRITE_ONCE(sk->sk_num, 0);
	inet_sk(sk)->inet_sport = 0;
}

void tcp_bind_inherit(struct sock *child, struct sock *parent)
{
	struct netns_tcp *t = child->sk_net->tcp;
	struct tcp_bind_bucket *tb;

	spin_lock_bh(&t->bind_lock);
	tb = bucket_find(child->sk_net, child->sk_num); /* a SYN cookie may come after the listener changed */
	if (!tb)
		tb = bucket_create(child->sk_net, child->sk_num, false);
	tcp_sk(child)->bind_bucket = NULL;
	if (tb)
		bucket_own(tb, child);
	spin_unlock_bh(&t->bind_lock);
	(void)parent;
}
/* The port passes from the socket to its TIME_WAIT. */
void tcp_bind_to_timewait(struct sock *sk, struct tcp_timewait_sock *tw)
{
	struct netns_tcp *t = sk->sk_net->tcp;

	spin_lock_bh(&t->bind_lock);
	tw->bind_bucket = tcp_sk(sk)->bind_bucket;
	if (tw->bind_bucket)
		hlist_add_head(&tw->h.bind_node, &tw->bind_bucket->owners);
	spin_unlock_bh(&t->bind_lock);
}

/* Puts sk into the ehash when nobody has its 4-tuple; a TIME_WAIT that may be recycled gives way. bind_lock held. */
static int insert_unique(struct sock *sk, u16 port, struct tcp_timewait_sock **displaced)
{
	struct net *net = sk->sk_net;
	u32 hash = tcp_ehashfn(net, sk->sk_rcv_saddr, port, sk->sk_daddr, sk->sk_dport);
	struct hlist_head *head = &net->tcp->ehash[hash & net->tcp->ehash_mask];
	spinlock_t *lock = tcp_ehash_lock(net, hash);
	struct tcp_timewait_sock *tw = NULL;
	struct hlist_node *n;

	spin_lock_bh(lock);
	for (n = head->first; n; n = n->next) {
		struct tcp_hashed *h = container_of(n, struct tcp_hashed, node);

		if (h->hash != hash || h->daddr != sk->sk_daddr || h->dport != sk->sk_dport || h->num != port ||
		    h->rcv_saddr != sk->sk_rcv_saddr || h->bound_dev_if != sk->sk_bound_dev_if)
			continue;
		if (READ_ONCE(h->state) != TCP_TIME_WAIT || !tcp_tw_reusable((struct tcp_timewait_sock *)h, sk)) {
			spin_unlock_bh(lock);
			return -EADDRNOTAVAIL;
		}
		tw = (struct tcp_timewait_sock *)h;
		break;
	}
	sk->sk_hash = hash;
	sk->sk_num = port;
	hlist_add_head_rcu(&sk->sk_node, head);
	if (tw) {
		refcount_inc(&tw->h.refcnt);
		hlist_del_rcu(&tw->h.node);
		*displaced = tw;
	}
	spin_unlock_bh(lock);
	return 0;
}

/* New sequence numbers beyond those of the connection that was, and its clock (RFC 6191). */
static void succeed_timewait(struct sock *sk, struct tcp_timewait_sock *tw)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->write_seq = tw->snd_nxt + 65535 + 2;
	if (!tp->write_seq)
		tp->write_seq = 1;
	tp->rx_opt.ts_recent = tw->ts_recent;
	tp->rx_opt.ts_recent_ns = tw->ts_recent_ns;
	NET_INC_STATS(sk->sk_net, TCPEXT_TWRECYCLED);
	tcp_tw_kill(tw);
	tcp_tw_put(tw);
}

static int try_port(struct sock *sk, u16 port, struct tcp_timewait_sock **tw)
{
	struct tcp_bind_bucket *tb = bucket_find(sk->sk_net, port);
	int err;

	if (tb && !tb->by_connect)
		return -EADDRNOTAVAIL;
	if (!tb)
		tb = bucket_create(sk->sk_net, port, true);
	if (!tb)
		return -ENOMEM;
	err = insert_unique(sk, port, tw);
	if (!err)
		bucket_own(tb, sk);
	else
		bucket_put(tb);
	return err;
}
static int find_port(struct sock *sk, struct tcp_timewait_sock **tw)
{
	u32 key[3] = { (__force u32)sk->sk_rcv_saddr, (__force u32)sk->sk_daddr, (__force u16)sk->sk_dport };
	int lo, hi, err = -EADDRNOTAVAIL;
	u32 range, offset;

	inet_get_local_port_range(sk, &lo, &hi);
	range = (u32)(hi - lo) + 1;
	offset = (u32)siphash(key, sizeof(key), &sk->sk_net->tcp->port_key) + (get_random_u32() & 0x1ff);
	for (int odd = 0; odd < 2; odd++)
		for (u32 i = 0; i < range; i++) {
			u16 port = (u16)(lo + (int)((offset + i) % range));

			if ((port & 1) != odd)
				continue;
			err = try_port(sk, port, tw);
			if (err != -EADDRNOTAVAIL)
				return err;
		}
	return err;
}

/* The socket knows its addresses and the peer's port; its own port it may still need. In the ehash on success. */
int tcp_hash_connect(struct sock *sk)
{
	struct netns_tcp *t = sk->sk_net->tcp;
	struct tcp_timewait_sock *tw = NULL;
	int err;

	spin_lock_bh(&t->bind_lock);
	err = sk->sk_num ? insert_unique(sk, sk->sk_num, &tw) : find_port(sk, &tw);
	spin_unlock_bh(&t->bind_lock);
	if (tw)
		succeed_timewait(sk, tw);
	return err;
}
