/* net/core/neighbour.c - the states of a neighbour (RFC 4861 7.3.2): asking, trusting, doubting, giving up
 *
 * What:   a packet to a next hop leaves at once when its link address is known; else it waits in a bounded queue while
 *         the protocol asks. What is known grows stale, is used for a while, then is probed.
 * Called: IP output (n->output), the protocol with answers (neigh_update), timers.
 * Calls:  tbl->solicit and error_report, without the lock; dev_queue_xmit().
 * Locks:  n->lock guards everything in an entry; the ready header is read without it, by sequence count.
 * Absent: proxies, per-device parameters.
 */
#include "kernel/trace/trace.h"
#include "lib/byteorder.h"
#include "net/core/dst.h"
#include "net/core/neigh_internal.h"
#include <linux/rtnetlink.h>

DEFINE_TRACE(neigh, neigh_update);

static const struct neigh_params *params(const struct neighbour *n) { return &n->tbl->params; }

/* --- sending --- */

static int drop(struct sk_buff *skb, enum skb_drop_reason why, int err)
{
	kfree_skb_reason(skb, why);
	return err;
}

static bool make_headroom(struct sk_buff *skb, const struct net_device *dev)
{
	return likely(skb_headroom(skb) >= dev->hard_header_len) ||
	       !pskb_expand_head(skb, NET_SKB_PAD, 0, GFP_ATOMIC);
}

int neigh_connected_output(struct neighbour *n, struct sk_buff *skb)
{
	u8 ha[MAX_ADDR_LEN];

	skb->dev = n->dev;
	skb->protocol = n->tbl->protocol;
	if (unlikely(!make_headroom(skb, n->dev)))
		return drop(skb, SKB_DROP_REASON_NOMEM, -ENOMEM);
	if (likely(neigh_push_hh(n, skb)))
		return dev_queue_xmit(skb);
	spin_lock_bh(&n->lock);
	memcpy(ha, n->ha, sizeof(ha));
	spin_unlock_bh(&n->lock);
	if (dev_hard_header(skb, n->dev, ntohs(n->tbl->protocol), ha, NULL, skb->len) < 0)
		return drop(skb, SKB_DROP_REASON_DEV_HDR, -EINVAL);
	return dev_queue_xmit(skb);
}

static void prepare_hh(struct neighbour *n)
{
	u64 words[2] = { 0 };
	struct ethhdr *h = (struct ethhdr *)((u8 *)words + sizeof(words) - ETH_HLEN);

	if (n->dev->header_ops != &eth_header_ops)
		return;
	memcpy(h->h_dest, n->ha, ETH_ALEN);
	memcpy(h->h_source, n->dev->dev_addr, ETH_ALEN);
	h->h_proto = n->tbl->protocol;
	WRITE_ONCE(n->hh_seq, n->hh_seq + 1);
	smp_mb();
	WRITE_ONCE(n->hh_data[0], words[0]);
	WRITE_ONCE(n->hh_data[1], words[1]);
	smp_store_release(&n->hh_seq, n->hh_seq + 1);
}

/* While the address counts, even if it is doubted, packets of all CPUs leave without the lock; else each looks at the
 * state. n->lock held, the header of the address ready. */
static void set_state(struct neighbour *n, u8 state, u64 now)
{
	n->nud_state = state;
	n->updated_ns = now;
	WRITE_ONCE(n->output,
		   state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE) ? neigh_connected_output : neigh_resolve_output);
}

/* --- timers --- */

static void add_timer(struct neighbour *n, u64 when_ns)
{
	neigh_hold(n); /* before it can fire */
	if (mod_timer(&n->timer, when_ns))
		neigh_release(n);
}

void neigh_del_timer(struct neighbour *n)
{
	if (timer_delete(&n->timer))
		neigh_release(n);
}

/* --- the queue of those who wait --- */

static void queue_packet(struct neighbour *n, struct sk_buff *skb)
{
	while (!skb_queue_empty(&n->arp_queue) && n->arp_queue_bytes + skb->truesize > params(n)->queue_len_bytes) {
		struct sk_buff *old = __skb_dequeue(&n->arp_queue);

		n->arp_queue_bytes -= old->truesize;
		n->arp_queue_drops++;
		kfree_skb_reason(old, SKB_DROP_REASON_NEIGH_QUEUEFULL);
	}
	skb_dst_force(skb);
	__skb_queue_tail(&n->arp_queue, skb);
	n->arp_queue_bytes += skb->truesize;
}

static void take_queue(struct neighbour *n, struct sk_buff_head *to)
{
	__skb_queue_head_init(to);
	skb_queue_splice_tail_init(&n->arp_queue, to);
	n->arp_queue_bytes = 0;
}

static void fail_queue(struct neighbour *n, struct sk_buff_head *q)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(q))) {
		if (n->tbl->error_report)
			n->tbl->error_report(n, skb);
		else
			kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_FAILED);
	}
}

void neigh_kill(struct neighbour *n)
{
	struct sk_buff_head q;
	struct sk_buff *skb;

	spin_lock_bh(&n->lock);
	n->dead = 1;
	set_state(n, NUD_FAILED, ktime_get_ns());
	neigh_del_timer(n);
	take_queue(n, &q);
	spin_unlock_bh(&n->lock);
	while ((skb = __skb_dequeue(&q)))
		kfree_skb_reason(skb, SKB_DROP_REASON_NEIGH_DEAD);
}

/* --- asking --- */

/* n->lock held on entry, open on exit. The question may carry facts of the first packet that waits. */
static void ask_and_unlock(struct neighbour *n)
{
	struct sk_buff *first = skb_peek(&n->arp_queue);

	if (first)
		first = skb_clone(first, GFP_ATOMIC);
	n->probes++;
	spin_unlock_bh(&n->lock);
	n->tbl->solicit(n, first);
	consume_skb(first);
}

/* What a packet makes of a state that is not connected. n->lock held. True: it may leave now; false: it must wait, and
 * *ask says whether to send the first question. */
static bool may_send(struct neighbour *n, u64 now, bool *ask)
{
	*ask = false;
	n->used_ns = now;
	if (n->nud_state & (NUD_CONNECTED | NUD_DELAY | NUD_PROBE))
		return true;
	if (n->nud_state & NUD_STALE) {
		set_state(n, NUD_DELAY, now);
		add_timer(n, now + ms_to_ns(params(n)->delay_probe_time_ms));
		return true;
	}
	if (n->nud_state & NUD_INCOMPLETE)
		return false;
	n->probes = (u8)params(n)->ucast_probes; /* there is no address for those: only multicast ones follow */
	set_state(n, NUD_INCOMPLETE, now);
	add_timer(n, now + ms_to_ns(params(n)->retrans_time_ms));
	*ask = true;
	return false;
}

/* Eats skb. 0 when it left or waits. */
int neigh_resolve_output(struct neighbour *n, struct sk_buff *skb)
{
	bool ask;

	spin_lock_bh(&n->lock);
	if (unlikely(n->dead)) {
		spin_unlock_bh(&n->lock);
		return drop(skb, SKB_DROP_REASON_NEIGH_DEAD, -EHOSTUNREACH);
	}
	if (may_send(n, ktime_get_ns(), &ask)) {
		spin_unlock_bh(&n->lock);
		return neigh_connected_output(n, skb);
	}
	queue_packet(n, skb);
	if (ask)
		ask_and_unlock(n);
	else
		spin_unlock_bh(&n->lock);
	return 0;
}

static u32 max_probes(const struct neighbour *n)
{
	return params(n)->ucast_probes + (n->nud_state & NUD_INCOMPLETE ? params(n)->mcast_probes : 0);
}

/* The state that time brings; when to look again, or 0. n->lock held. */
static u64 age(struct neighbour *n, u64 now)
{
	u64 reachable = ms_to_ns(params(n)->base_reachable_time_ms), delay = ms_to_ns(params(n)->delay_probe_time_ms);
	u64 confirmed = READ_ONCE(n->confirmed_ns);

	if (n->nud_state & NUD_REACHABLE) {
		if (now < confirmed + reachable)
			return confirmed + reachable;
		set_state(n, now < n->used_ns + delay ? NUD_DELAY : NUD_STALE, now);
		return n->nud_state & NUD_DELAY ? now + delay : 0;
	}
	if (n->nud_state & NUD_DELAY) {
		if (now < confirmed + delay) {
			set_state(n, NUD_REACHABLE, now);
			return confirmed + reachable;
		}
		set_state(n, NUD_PROBE, now);
		n->probes = 0;
	}
	return now + ms_to_ns(params(n)->retrans_time_ms);
}

/* Softirq; holds a reference. */
void neigh_timer_handler(struct timer_list *t)
{
	struct neighbour *n = from_timer(n, t, timer);
	u64 now = ktime_get_ns(), next;
	struct sk_buff_head q;

	spin_lock_bh(&n->lock);
	if (n->dead || !(n->nud_state & NUD_IN_TIMER)) {
		spin_unlock_bh(&n->lock);
		neigh_release(n);
		return;
	}
	next = age(n, now);
	if (n->nud_state & (NUD_INCOMPLETE | NUD_PROBE) && n->probes >= max_probes(n)) {
		set_state(n, NUD_FAILED, now);
		take_queue(n, &q);
		spin_unlock_bh(&n->lock);
		rtnl_neigh_notify(n, RTM_NEWNEIGH);
		fail_queue(n, &q);
		neigh_release(n);
		return;
	}
	if (next)
		add_timer(n, next);
	if (n->nud_state & (NUD_INCOMPLETE | NUD_PROBE))
		ask_and_unlock(n);
	else
		spin_unlock_bh(&n->lock);
	neigh_release(n);
}

/* --- learning --- */

/* New state without an address that counts: FAILED, NONE, INCOMPLETE. n->lock held, open on exit. */
static int forget_and_unlock(struct neighbour *n, u8 new_state)
{
	bool news = n->nud_state != new_state;
	struct sk_buff_head q;

	neigh_del_timer(n);
	set_state(n, new_state, ktime_get_ns());
	if (new_state & NUD_FAILED)
		take_queue(n, &q);
	else
		__skb_queue_head_init(&q);
	spin_unlock_bh(&n->lock);
	if (news)
		rtnl_neigh_notify(n, RTM_NEWNEIGH);
	fail_queue(n, &q);
	return 0;
}

static void send_queue(struct neighbour *n, struct sk_buff_head *q)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(q)))
		READ_ONCE(n->output)(n, skb);
}

static void start_timer(struct neighbour *n, u8 state, u64 now)
{
	neigh_del_timer(n);
	if (state & NUD_REACHABLE)
		add_timer(n, now + ms_to_ns(params(n)->base_reachable_time_ms));
	else if (state & NUD_DELAY)
		add_timer(n, now + ms_to_ns(params(n)->delay_probe_time_ms));
	else if (state & NUD_PROBE)
		add_timer(n, now);
}

/* An address, with which a state is valid. n->lock held. What waited comes back in q for sending. */
static int learn(struct neighbour *n, const u8 *lladdr, u8 state, u32 flags, struct sk_buff_head *q)
{
	u8 was = n->nud_state;
	bool was_valid = was & NUD_VALID, same;
	u64 now = ktime_get_ns();

	if (!lladdr && !was_valid)
		return -EINVAL;
	if (!lladdr)
		lladdr = n->ha;
	same = was_valid && !memcmp(lladdr, n->ha, n->dev->addr_len);
	if (was_valid && !same && !(flags & NEIGH_UPDATE_F_OVERRIDE))
		return 0;
	if (same && state == NUD_STALE && !(flags & NEIGH_UPDATE_F_ADMIN))
		state = was; /* hearing the same again does not make it doubtful */
	if (!same) {
		memcpy(n->ha, lladdr, n->dev->addr_len);
		prepare_hh(n);
	}
	if (state & NUD_CONNECTED)
		neigh_confirm(n, now);
	set_state(n, state, now);
	if (state != was || state & NUD_REACHABLE)
		start_timer(n, state, now);
	if (!was_valid)
		take_queue(n, q);
	return 0;
}

int neigh_update(struct neighbour *n, const u8 *lladdr, u8 new_state, u32 flags)
{
	struct sk_buff_head q;
	u8 old_state, old_ha[MAX_ADDR_LEN];
	bool news;
	int r;

	TRACE(neigh_update, "dev=%s key=%pI4 state=%u->%u flags=%x", n->dev->name, n->key, n->nud_state, new_state,
	      flags);
	__skb_queue_head_init(&q);
	spin_lock_bh(&n->lock);
	if (n->dead) {
		spin_unlock_bh(&n->lock);
		return -ENOENT;
	}
	if (n->nud_state & (NUD_NOARP | NUD_PERMANENT) && !(flags & NEIGH_UPDATE_F_ADMIN)) {
		spin_unlock_bh(&n->lock);
		return -EPERM;
	}
	if (!(new_state & NUD_VALID))
		return forget_and_unlock(n, new_state);
	old_state = n->nud_state;
	memcpy(old_ha, n->ha, sizeof(old_ha));
	r = learn(n, lladdr, new_state, flags, &q);
	news = !r && (n->nud_state != old_state || memcmp(old_ha, n->ha, n->dev->addr_len));
	spin_unlock_bh(&n->lock);
	if (news)
		rtnl_neigh_notify(n, RTM_NEWNEIGH);
	send_queue(n, &q);
	return r;
}
