/* net/core/neigh_table.c - the table of neighbours: finding, making, forgetting
 *
 * What:   a hash of entries by address and device, with three thresholds: below the first nothing is collected, above
 *         the second what is unused for 5 s goes, at the third a new entry costs an old one or is refused.
 * Called: IP output and the protocol; the collector's timer.
 * Locks:  tbl->lock guards the chains; lookups read them under RCU and take a reference unless it is zero already.
 *         Order: tbl->lock before n->lock.
 * Absent: growing the hash (gc_thresh3 bounds it); per-table statistics.
 */
#include "kernel/random.h"
#include "lib/hash.h"
#include "net/core/neigh_internal.h"

#define NEIGH_BUCKETS 256u
#define GC_PERIOD_MS 15000u

static const struct neigh_params default_params = {
	.base_reachable_time_ms = 30000,
	.retrans_time_ms = 1000,
	.delay_probe_time_ms = 5000,
	.gc_staletime_ms = 60000,
	.ucast_probes = 3,
	.mcast_probes = 3,
	.queue_len_bytes = 212992,
};

static struct hlist_head *bucket_of(struct neigh_table *t, const void *key, const struct net_device *dev)
{
	siphash_key_t k = { t->seed, dev->ifindex };

	return &t->buckets[siphash(key, t->key_len, &k) & t->hash_mask];
}

static void neigh_free_rcu(struct rcu_head *head)
{
	struct neighbour *n = container_of(head, struct neighbour, rcu);

	dev_put(n->dev);
	kfree(n);
}

void neigh_release(struct neighbour *n)
{
	if (refcount_dec_and_test(&n->refcnt))
		call_rcu(&n->rcu, neigh_free_rcu);
}

/* tbl->lock held. The table's reference goes; who else holds one finds it dead. */
static void unlink(struct neigh_table *t, struct neighbour *n)
{
	hlist_del_rcu(&n->hash);
	t->entries--;
	neigh_kill(n);
	neigh_release(n);
}

static bool collectable(struct neighbour *n, u64 now, u64 unused_ns)
{
	bool yes;

	if (refcount_read(&n->refcnt) != 1)
		return false;
	spin_lock_bh(&n->lock);
	yes = n->nud_state & NUD_FAILED || now > max(n->used_ns, n->updated_ns) + unused_ns;
	if (n->nud_state & (NUD_PERMANENT | NUD_NOARP | NUD_IN_TIMER))
		yes = false;
	spin_unlock_bh(&n->lock);
	return yes;
}

/* tbl->lock held. */
static void collect(struct neigh_table *t, u64 unused_ns)
{
	u64 now = ktime_get_ns();
	struct hlist_node *next;
	struct neighbour *n;

	for (u32 i = 0; i <= t->hash_mask; i++)
		hlist_for_each_entry_safe(n, next, &t->buckets[i], hash)
			if (collectable(n, now, unused_ns))
				unlink(t, n);
}

/* tbl->lock held: the entry that matters least, when not even 5 s of disuse made room. */
static void evict_one(struct neigh_table *t)
{
	struct neighbour *n, *oldest = NULL;
	u64 oldest_ns = U64_MAX;

	for (u32 i = 0; i <= t->hash_mask; i++)
		hlist_for_each_entry(n, &t->buckets[i], hash) {
			spin_lock_bh(&n->lock);
			if (!(n->nud_state & (NUD_PERMANENT | NUD_NOARP | NUD_CONNECTED)) &&
			    refcount_read(&n->refcnt) <= 2 && n->updated_ns < oldest_ns) {
				oldest = n;
				oldest_ns = n->updated_ns;
			}
			spin_unlock_bh(&n->lock);
		}
	if (oldest)
		unlink(t, oldest);
}

static void gc_timer(struct timer_list *timer)
{
	struct neigh_table *t = from_timer(t, timer, gc_timer);

	spin_lock_bh(&t->lock);
	if (t->entries >= t->gc_thresh1)
		collect(t, ms_to_ns(t->params.gc_staletime_ms));
	spin_unlock_bh(&t->lock);
	mod_timer(&t->gc_timer, ktime_get_ns() + ms_to_ns(GC_PERIOD_MS));
}

int neigh_table_init(struct net *net, struct neigh_table *t)
{
	if (!t->solicit || !t->key_len || t->key_len > sizeof(((struct neighbour *)0)->key))
		return -EINVAL;
	t->buckets = kcalloc(NEIGH_BUCKETS, sizeof(*t->buckets), GFP_KERNEL);
	if (!t->buckets)
		return -ENOMEM;
	t->net = net;
	t->hash_mask = NEIGH_BUCKETS - 1;
	t->entries = 0;
	t->seed = get_random_u32();
	if (!t->params.retrans_time_ms)
		t->params = default_params;
	t->gc_thresh1 = t->gc_thresh1 ? t->gc_thresh1 : 128;
	t->gc_thresh2 = t->gc_thresh2 ? t->gc_thresh2 : 512;
	t->gc_thresh3 = t->gc_thresh3 ? t->gc_thresh3 : 1024;
	spin_lock_init(&t->lock);
	timer_setup(&t->gc_timer, gc_timer);
	mod_timer(&t->gc_timer, ktime_get_ns() + ms_to_ns(GC_PERIOD_MS));
	return 0;
}

static void unlink_of(struct neigh_table *t, const struct net_device *dev)
{
	struct hlist_node *next;
	struct neighbour *n;

	spin_lock_bh(&t->lock);
	for (u32 i = 0; i <= t->hash_mask; i++)
		hlist_for_each_entry_safe(n, next, &t->buckets[i], hash)
			if (!dev || n->dev == dev)
				unlink(t, n);
	spin_unlock_bh(&t->lock);
}

/* Process context; nobody looks up any more. */
void neigh_table_clear(struct neigh_table *t)
{
	timer_delete_sync(&t->gc_timer);
	unlink_of(t, NULL);
	rcu_barrier();
	kfree(t->buckets);
	t->buckets = NULL;
}

void neigh_remove(struct neighbour *n)
{
	struct neigh_table *t = n->tbl;

	spin_lock_bh(&t->lock);
	if (!n->dead)
		unlink(t, n);
	spin_unlock_bh(&t->lock);
}

void neigh_ifdown(struct neigh_table *t, struct net_device *dev) { unlink_of(t, dev); }

static struct neighbour *find(struct neigh_table *t, struct hlist_head *b, const void *key,
			      const struct net_device *dev)
{
	struct neighbour *n;

	hlist_for_each_entry_rcu(n, b, hash)
		if (n->dev == dev && !memcmp(n->key, key, t->key_len) && refcount_inc_not_zero(&n->refcnt))
			return n;
	return NULL;
}

static struct neighbour *neigh_new(struct neigh_table *t, const void *key, struct net_device *dev)
{
	struct neighbour *n = kzalloc(sizeof(*n), GFP_ATOMIC);

	if (!n)
		return NULL;
	n->tbl = t;
	n->dev = dev;
	dev_hold(dev);
	memcpy(n->key, key, t->key_len);
	spin_lock_init(&n->lock);
	skb_queue_head_init(&n->arp_queue);
	timer_setup(&n->timer, neigh_timer_handler);
	n->nud_state = NUD_NONE;
	n->output = neigh_resolve_output;
	n->used_ns = n->updated_ns = ktime_get_ns();
	refcount_set(&n->refcnt, 2); /* the table's and the caller's */
	return n;
}

/* tbl->lock held. */
static bool make_room(struct neigh_table *t)
{
	if (t->entries >= t->gc_thresh2)
		collect(t, 5 * NSEC_PER_SEC);
	if (t->entries >= t->gc_thresh3)
		evict_one(t);
	return t->entries < t->gc_thresh3;
}

static struct neighbour *create(struct neigh_table *t, struct hlist_head *b, const void *key, struct net_device *dev)
{
	struct neighbour *n;

	spin_lock_bh(&t->lock);
	n = find(t, b, key, dev);
	if (!n && make_room(t)) {
		n = neigh_new(t, key, dev);
		if (n) {
			hlist_add_head_rcu(&n->hash, b);
			t->entries++;
		}
	}
	spin_unlock_bh(&t->lock);
	return n;
}

struct neighbour *neigh_lookup(struct neigh_table *t, const void *key, struct net_device *dev, bool make)
{
	struct hlist_head *b = bucket_of(t, key, dev);
	struct neighbour *n;

	rcu_read_lock();
	n = find(t, b, key, dev);
	rcu_read_unlock();
	return n || !make ? n : create(t, b, key, dev);
}

/* cb must not sleep, nor change the table. */
void neigh_for_each(struct neigh_table *t, void (*cb)(struct neighbour *n, void *ctx), void *ctx)
{
	struct neighbour *n;

	rcu_read_lock();
	for (u32 i = 0; i <= t->hash_mask; i++)
		hlist_for_each_entry_rcu(n, &t->buckets[i], hash)
			cb(n, ctx);
	rcu_read_unlock();
}
