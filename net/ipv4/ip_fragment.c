/* net/ipv4/ip_fragment.c - fragments come together again (RFC 791 3.2, RFC 815's holes; RFC 5722's answer to overlaps)
 *
 * What:   one queue per (source, destination, protocol, id), its fragments sorted in a red-black tree; a fragment that
 *         overlaps another without repeating it kills the whole queue. When the bytes are all there they are copied
 *         into one packet.
 * Called: ip_input.c, in softirq.
 * Locks:  the lock of the queue's bucket guards the chain and the queues in it; memory is counted atomically.
 * Absent: ipfrag_max_dist; GRO'd fragments.
 */
#include "kernel/random.h"
#include "net/ipv4/internal.h"

#define FRAG_BITS 8
#define FRAG_BUCKETS (1u << FRAG_BITS)

struct frag_piece { u32 start, end; };	/* payload bytes, in skb->cb behind the IPCB */
struct frag_cb { struct inet_skb_parm parm; struct frag_piece piece; };
#define FRAG_CB(skb) ((struct frag_cb *)(skb)->cb)

struct frag_bucket { spinlock_t lock; struct hlist_head chain; };
struct ip_frags {
	siphash_key_t key;
	atomic64_t mem;		/* bytes of truesize and queues */
	atomic_t nqueues;
	struct net *net;
	struct frag_bucket buckets[FRAG_BUCKETS];
};
struct frag_queue {
	struct hlist_node node;	/* bucket lock; unhashed: dead */
	struct ip_frags *frags;
	struct frag_bucket *bucket;
	__be32 saddr, daddr;
	__be16 id;
	u8 protocol;
	int iif;
	struct rb_root tree;	/* by start */
	struct sk_buff *first;	/* the fragment at 0: its header becomes the datagram's */
	u32 have, total;	/* bytes; total 0: the last fragment has not come */
	u32 max_size;		/* largest fragment with its header: for DF */
	bool df;
	u8 ecn;			/* bit per code point seen (RFC 3168 5.3) */
	u32 mem;
	struct timer_list timer;
	struct rcu_head rcu;
};

static struct sk_buff *rb_skb(struct rb_node *n) { return container_of(n, struct sk_buff, rbnode); }

static void charge(struct frag_queue *q, u32 bytes)
{
	q->mem += bytes;
	atomic64_add(bytes, &q->frags->mem);
}

static void free_rcu(struct rcu_head *h) { kfree(container_of(h, struct frag_queue, rcu)); }

/* Out of the table, with all its fragments. bucket lock held. The timer may still be about to run: it finds the queue
 * unhashed, and memory that RCU keeps. */
static void queue_kill(struct frag_queue *q, enum skb_drop_reason reason)
{
	struct rb_node *n;

	hlist_del_rcu(&q->node);
	while ((n = rb_first(&q->tree))) {
		rb_erase(n, &q->tree);
		kfree_skb_reason(rb_skb(n), reason);
	}
	q->first = NULL;
	atomic64_sub(q->mem, &q->frags->mem);
	atomic_dec(&q->frags->nqueues);
	timer_delete(&q->timer);
	call_rcu(&q->rcu, free_rcu);
}

/* RFC 1122 3.3.2: the sender hears of it when the first fragment came. Softirq; no lock held during the message. */
static void queue_expired(struct timer_list *t)
{
	struct frag_queue *q = from_timer(q, t, timer);
	struct net *net = q->frags->net;
	struct sk_buff *head = NULL;

	rcu_read_lock();
	spin_lock(&q->bucket->lock);
	if (!hlist_unhashed(&q->node)) {
		NET_INC_STATS(net, IP_REASMFAILS);
		NET_INC_STATS(net, IP_REASMTIMEOUT);
		head = q->first ? skb_clone(q->first, GFP_ATOMIC) : NULL;
		if (head) {
			head->dev = dev_get_by_index(net, (u32)q->iif);
			memset(&head->rbnode, 0, sizeof(head->rbnode));
		}
		queue_kill(q, SKB_DROP_REASON_FRAG_REASM_TIMEOUT);
	}
	spin_unlock(&q->bucket->lock);
	if (head && head->dev)
		icmp_send(head, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, 0);
	if (head)
		consume_skb(head);
	rcu_read_unlock();
}

static struct frag_bucket *bucket_of(struct ip_frags *f, const struct iphdr *iph)
{
	u32 h = hsiphash_3u32((__force u32)iph->saddr, (__force u32)iph->daddr,
			      (u32)(__force u16)iph->id << 8 | iph->protocol, &f->key);

	return &f->buckets[h >> (32 - FRAG_BITS)];
}

/* bucket lock held. */
static struct frag_queue *queue_find(struct frag_bucket *b, const struct iphdr *iph, int iif)
{
	struct frag_queue *q;

	hlist_for_each_entry(q, &b->chain, node)
		if (q->id == iph->id && q->saddr == iph->saddr && q->daddr == iph->daddr &&
		    q->protocol == iph->protocol && q->iif == iif)
			return q;
	return NULL;
}

static struct frag_queue *queue_new(struct net *net, struct frag_bucket *b, const struct iphdr *iph, int iif)
{
	struct frag_queue *q = kzalloc(sizeof(*q), GFP_ATOMIC);

	if (!q)
		return NULL;
	*q = (struct frag_queue){ .frags = net->ipv4->frags, .bucket = b, .saddr = iph->saddr, .daddr = iph->daddr,
				  .id = iph->id, .protocol = iph->protocol, .iif = iif, .tree = RB_ROOT };
	hlist_add_head_rcu(&q->node, &b->chain);
	atomic_inc(&q->frags->nqueues);
	charge(q, sizeof(*q));
	timer_setup(&q->timer, queue_expired);
	mod_timer(&q->timer, ktime_get_ns() + (u64)net->ipv4->sysctl.ipfrag_time_s * NSEC_PER_SEC);
	return q;
}

/* --- taking one fragment ------------------------------------------------------------------------------------------ */

enum verdict { KEPT, DUPLICATE, OVERLAP };

/* Puts skb among its neighbours. */
static enum verdict insert_sorted(struct frag_queue *q, struct sk_buff *skb)
{
	struct rb_node **link = &q->tree.node, *parent = NULL;
	struct frag_piece *p = &FRAG_CB(skb)->piece;

	while (*link) {
		struct frag_piece *o = &FRAG_CB(rb_skb(*link))->piece;

		parent = *link;
		if (p->end <= o->start)
			link = &parent->left;
		else if (p->start >= o->end)
			link = &parent->right;
		else
			return p->start >= o->start && p->end <= o->end ? DUPLICATE : OVERLAP;
	}
	rb_link_node(&skb->rbnode, parent, link);
	rb_insert_color(&skb->rbnode, &q->tree);
	return KEPT;
}

/* Where does the datagram end? False: this fragment contradicts what came before. */
static bool end_agrees(struct frag_queue *q, const struct frag_piece *p, bool last)
{
	struct rb_node *n = rb_last(&q->tree);
	u32 highest = n ? FRAG_CB(rb_skb(n))->piece.end : 0;

	if (last) {
		if ((q->total && q->total != p->end) || highest > p->end)
			return false;
		q->total = p->end;
		return true;
	}
	return !q->total || p->end <= q->total;
}

/* The range that skb covers, or a reason why it is no valid fragment. */
static enum skb_drop_reason fragment_range(struct sk_buff *skb, struct frag_piece *p)
{
	const struct iphdr *iph = ip_hdr(skb);
	u32 hlen = iph->ihl * 4u, off = (ntohs(iph->frag_off) & 0x1fffu) * 8, len = ntohs(iph->tot_len) - hlen;
	bool last = !(iph->frag_off & htons(0x2000));

	if (!last)
		len &= ~7u; /* only the last one may have a length that is no multiple of 8 */
	if (!len)
		return SKB_DROP_REASON_PKT_TOO_SMALL;
	if (off + len + hlen > 0xffff)
		return SKB_DROP_REASON_FRAG_TOO_FAR; /* the "ping of death" */
	if (skb->len > hlen + len && pskb_trim(skb, hlen + len))
		return SKB_DROP_REASON_NOMEM;
	p->start = off;
	p->end = off + len;
	return SKB_NOT_DROPPED_YET;
}

/* --- the whole datagram ------------------------------------------------------------------------------------------- */

static int copy_piece(struct sk_buff *whole, u32 hlen, const struct sk_buff *skb)
{
	const struct frag_piece *p = &FRAG_CB(skb)->piece;
	u32 from = ip_hdrlen(skb), left = p->end - p->start, to = hlen + p->start;
	u8 chunk[256];

	skb_count_copy(SKB_COPY_FRAGMENT, left);
	while (left) {
		u32 n = min(left, (u32)sizeof(chunk));

		if (skb_copy_bits(skb, from, chunk, n) || skb_store_bits(whole, to, chunk, n))
			return -EFAULT;
		from += n;
		to += n;
		left -= n;
	}
	return 0;
}

/* Room for hlen + total bytes: in the head while that is a page or so, else in pages behind the headers. */
static struct sk_buff *whole_alloc(u32 hlen, u32 total)
{
	const u32 room = NET_SKB_PAD, linear = total <= 3072 ? total : min(total, 128u);
	struct sk_buff *skb;

	if (linear == total) {
		skb = alloc_skb(room + hlen + total, GFP_ATOMIC);
		if (skb) {
			skb_reserve(skb, room);
			skb_put(skb, hlen + total);
		}
		return skb;
	}
	skb = alloc_skb_with_frags(room + hlen + linear, total - linear, GFP_ATOMIC);
	if (skb) { /* the head is filled from its end: skb_put() is for packets without fragments */
		skb_reserve(skb, room + hlen + linear);
		skb_push(skb, hlen + linear);
	}
	return skb;
}

/* RFC 3168 5.3: CE if any fragment had it; the mix of Not-ECT and CE is refused. Returns the bits, or -1. */
static int merged_ecn(u8 seen)
{
	if (!(seen & BIT(3)))
		return 0;
	return seen & BIT(0) ? -1 : 3;
}

/* All bytes are there. NULL: no memory, or the fragments contradict each other. bucket lock held. */
static struct sk_buff *reassemble(struct frag_queue *q)
{
	u32 hlen = ip_hdrlen(q->first);
	struct sk_buff *whole;
	struct iphdr *iph;
	int ecn = merged_ecn(q->ecn);

	if (hlen + q->total > 0xffff || ecn < 0)
		return NULL;
	whole = whole_alloc(hlen, q->total);
	if (!whole)
		return NULL;
	skb_reset_network_header(whole);
	memcpy(whole->data, ip_hdr(q->first), hlen);
	for (struct rb_node *n = rb_first(&q->tree); n; n = rb_next(n)) {
		if (copy_piece(whole, hlen, rb_skb(n))) {
			consume_skb(whole);
			return NULL;
		}
	}
	iph = ip_hdr(whole);
	iph->frag_off = q->df ? htons(0x4000) : 0;
	iph->tot_len = htons((u16)(hlen + q->total));
	iph->tos |= (u8)ecn;
	ip_send_check(iph);
	whole->transport_header = (u16)(whole->network_header + hlen);
	whole->mac_header = U16_MAX;
	whole->protocol = htons(ETH_P_IP);
	whole->pkt_type = q->first->pkt_type;
	whole->tstamp_ns = q->first->tstamp_ns;
	whole->mark = q->first->mark;
	*IPCB(whole) = *IPCB(q->first);
	IPCB(whole)->flags |= IPSKB_FRAG_COMPLETE;
	IPCB(whole)->frag_max_size = q->df ? (u16)q->max_size : 0;
	return whole;
}

static void note(struct frag_queue *q, struct sk_buff *skb)
{
	const struct iphdr *iph = ip_hdr(skb);
	const struct frag_piece *p = &FRAG_CB(skb)->piece;

	q->have += p->end - p->start;
	q->ecn |= (u8)BIT(iph->tos & 3);
	q->df |= (iph->frag_off & htons(0x4000)) != 0;
	q->max_size = max(q->max_size, skb->len);
	if (!p->start)
		q->first = skb;
	charge(q, skb->truesize);
}

/* bucket lock held. Eats skb unless it returns the datagram. */
static struct sk_buff *queue_add(struct net *net, struct frag_queue *q, struct sk_buff *skb)
{
	bool last = !(ip_hdr(skb)->frag_off & htons(0x2000));
	enum skb_drop_reason reason = fragment_range(skb, &FRAG_CB(skb)->piece);
	struct sk_buff *whole;
	enum verdict v;

	if (reason) {
		NET_INC_STATS(net, IP_REASMFAILS);
		kfree_skb_reason(skb, reason);
		return NULL;
	}
	if (!end_agrees(q, &FRAG_CB(skb)->piece, last))
		goto overlap;
	skb_dst_drop(skb);
	skb_orphan(skb);
	v = insert_sorted(q, skb);
	if (v == DUPLICATE) {
		kfree_skb_reason(skb, SKB_DROP_REASON_FRAG_OVERLAP);
		return NULL;
	}
	if (v == OVERLAP)
		goto overlap;
	note(q, skb);
	if (!q->total || q->have != q->total || !q->first)
		return NULL;
	whole = reassemble(q);
	if (whole) {
		NET_INC_STATS(net, IP_REASMOKS);
		queue_kill(q, SKB_CONSUMED);
	} else {
		NET_INC_STATS(net, IP_REASMFAILS);
		queue_kill(q, SKB_DROP_REASON_NOMEM);
	}
	return whole;
overlap:
	NET_INC_STATS(net, IP_REASMFAILS);
	kfree_skb_reason(skb, SKB_DROP_REASON_FRAG_OVERLAP);
	queue_kill(q, SKB_DROP_REASON_FRAG_OVERLAP);
	return NULL;
}

/* The fragment was eaten: 0 when *pskb is now the datagram, with the dst and device of the last fragment. */
int ip_defrag(struct net *net, struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb, *whole = NULL;
	struct net_device *dev = skb->dev;
	struct ip_frags *f = net->ipv4->frags;
	struct frag_bucket *b = bucket_of(f, ip_hdr(skb));
	struct dst_entry *dst = skb->dst; /* local delivery: never freed while the net lives */
	struct frag_queue *q;

	NET_INC_STATS(net, IP_REASMREQDS);
	spin_lock_bh(&b->lock);
	q = queue_find(b, ip_hdr(skb), (int)dev->ifindex);
	if (atomic64_read(&f->mem) + (s64)skb->truesize > net->ipv4->sysctl.ipfrag_high_thresh ||
	    (!q && !(q = queue_new(net, b, ip_hdr(skb), (int)dev->ifindex)))) {
		spin_unlock_bh(&b->lock);
		NET_INC_STATS(net, IP_REASMFAILS);
		kfree_skb_reason(skb, SKB_DROP_REASON_FRAG_MEM);
		return -ENOMEM;
	}
	if (dst && !skb->dst_noref)
		dst_hold(dst);
	{
		bool ref = dst && !skb->dst_noref;

		whole = queue_add(net, q, skb);
		spin_unlock_bh(&b->lock);
		if (!whole) {
			if (ref)
				dst_release(dst);
			return -EINPROGRESS;
		}
		whole->dst = dst;
		whole->dst_noref = !ref;
	}
	whole->dev = dev;
	*pskb = whole;
	return 0;
}

u32 ip_frag_mem(struct net *net) { return (u32)atomic64_read(&net->ipv4->frags->mem); }
u32 ip_frag_nqueues(struct net *net) { return (u32)atomic_read(&net->ipv4->frags->nqueues); }

int ip_frag_init(struct net *net)
{
	struct ip_frags *f = kvzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	get_random_bytes(&f->key, sizeof(f->key));
	f->net = net;
	for (u32 i = 0; i < FRAG_BUCKETS; i++)
		spin_lock_init(&f->buckets[i].lock);
	net->ipv4->frags = f;
	return 0;
}

void ip_frag_exit(struct net *net)
{
	struct ip_frags *f = net->ipv4->frags;

	if (!f)
		return;
	for (u32 i = 0; i < FRAG_BUCKETS; i++) {
		spin_lock_bh(&f->buckets[i].lock);
		while (f->buckets[i].chain.first)
			queue_kill(hlist_entry(f->buckets[i].chain.first, struct frag_queue, node), SKB_CONSUMED);
		spin_unlock_bh(&f->buckets[i].lock);
	}
	rcu_barrier();
	kvfree(f);
	net->ipv4->frags = NULL;
}
