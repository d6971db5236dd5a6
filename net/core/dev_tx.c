/* net/core/dev_tx.c - from the stack to the device: the queue, the batch, the doorbell
 *
 * What:   dev_queue_xmit(). An empty queue is bypassed; otherwise packets wait in a pfifo of tx_queue_len, which
 *         whoever holds the tx lock drains, telling the driver while more follow.
 * Called: neighbour output, packet sockets; process or softirq. Drivers wake the queue from anywhere.
 * Calls:  ndo_start_xmit, the taps.
 * Locks:  _xmit_lock serialises the driver, and the order of packets: who cannot have it leaves its packet in the
 *         queue, and the holder looks again after unlocking (lost wake-ups: a full barrier on both sides).
 *         q.lock guards the queue, taken inside _xmit_lock or alone.
 *
 *         A GSO packet waits whole and is cut as it leaves, when the device does not take it whole; what the driver has
 *         no room for goes back to the queue's front as segments.
 * Absent: queueing disciplines but this pfifo, several queues.
 */
#include "kernel/sched/softirq.h"
#include "kernel/trace/trace.h"
#include "lib/bitmap.h"
#include "net/core/gso.h"
#include "net/core/sock.h"
#include "net/core/softnet.h"
#include <linux/time.h>
#include <linux/errqueue.h>

DEFINE_TRACE(net, net_dev_queue);
DEFINE_TRACE(net, net_dev_xmit);

#define XMIT_RECURSION_MAX 8 /* devices on top of devices */
#define XMIT_BUDGET 64	     /* packets a drain before NET_TX goes on with it */
#define QUEUE_STOPPED 0
#define QUEUE_SCHED 1

static bool tapped(const struct net_device *dev)
{
	return !list_empty(&dev->net->core->ptype_all) || !list_empty(&dev->ptype_all);
}

static void tap_outgoing(struct sk_buff *skb, struct list_head *taps)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, taps, list) {
		struct sk_buff *n;

		if (pt->ignore_outgoing || (skb->sk && pt->af_packet_priv == skb->sk))
			continue; /* not back to the packet socket that sent it */
		n = skb_clone(skb, GFP_ATOMIC);
		if (!n)
			continue;
		skb_reset_mac_header(n);
		n->pkt_type = PACKET_OUTGOING;
		n->tstamp_ns = ktime_get_real_ns(); /* what stood there was when it may leave, by another clock */
		pt->func(n, n->dev, pt, n->dev);
	}
}

void dev_queue_xmit_nit(struct sk_buff *skb, struct net_device *dev)
{
	rcu_read_lock();
	tap_outgoing(skb, &dev->net->core->ptype_all);
	tap_outgoing(skb, &dev->ptype_all);
	rcu_read_unlock();
}

static struct sk_buff *not_sent(struct sk_buff *skb, enum skb_drop_reason why)
{
	this_cpu_ptr(skb->dev->dstats)->tx_dropped++;
	kfree_skb_reason(skb, why);
	return NULL;
}

/* One packet, no longer a GSO packet that must be cut. */
static struct sk_buff *validate_one(struct sk_buff *skb, netdev_features_t features)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);

	if (unlikely(skb_is_nonlinear(skb)) &&
	    (!(features & NETIF_F_SG) || (sh->frag_list && !(features & NETIF_F_FRAGLIST))) && skb_linearize(skb))
		return not_sent(skb, SKB_DROP_REASON_NOMEM);
	if (skb->ip_summed == CHECKSUM_PARTIAL && !(features & NETIF_F_HW_CSUM) && skb_checksum_help(skb))
		return not_sent(skb, SKB_DROP_REASON_HDR_TRUNC);
	return skb;
}

static struct sk_buff *validate_segments(struct sk_buff *skb, netdev_features_t features)
{
	struct sk_buff *segs = skb_gso_segment(skb, features), *list = NULL, **link = &list;

	if (IS_ERR(segs))
		return not_sent(skb, PTR_ERR(segs) == -ENOMEM ? SKB_DROP_REASON_NOMEM : SKB_DROP_REASON_SKB_GSO_SEG);
	consume_skb(skb);
	while (segs) {
		struct sk_buff *next = segs->next;

		segs->next = NULL;
		*link = validate_one(segs, features);
		if (*link)
			link = &(*link)->next;
		segs = next;
	}
	return list;
}

/* One linear packet, whose checksum is there or is the device's to fill in: nothing has to be done for it. */
static inline bool leaves_as_it_is(const struct sk_buff *skb)
{
	return !skb_is_nonlinear(skb) && !skb_is_gso(skb) &&
	       (skb->ip_summed != CHECKSUM_PARTIAL || skb->dev->features & NETIF_F_HW_CSUM);
}

struct sk_buff *validate_xmit_skb(struct sk_buff *skb)
{
	netdev_features_t features = netif_skb_features(skb);

	if (netif_needs_gso(skb, features))
		return validate_segments(skb, features);
	return validate_one(skb, features);
}

/* NETDEV_TX_OK: eaten. BUSY: the caller keeps it. Tx lock held unless the device needs none. What it says of offloads
 * fits the device. Inline where a packet passes alone, which is nearly always: 13 instructions. */
static inline __attribute__((always_inline)) netdev_tx_t xmit_one(struct sk_buff *skb, struct net_device *dev)
{
	u32 len = skb->len;
	netdev_tx_t r;

	if (unlikely(tapped(dev)))
		dev_queue_xmit_nit(skb, dev);
	skb_tstamp_tx(skb, SKBTX_SW_TSTAMP, SCM_TSTAMP_SND);
	r = dev->netdev_ops->ndo_start_xmit(skb, dev);
	TRACE(net_dev_xmit, "dev=%s skbaddr=%p len=%u rc=%d", dev->name, skb, len, (int)r);
	return r;
}

static void queue_drop(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason why)
{
	this_cpu_ptr(dev->dstats)->tx_dropped++;
	kfree_skb_reason(skb, why);
}

/* --- the queue --- */

static int enqueue(struct sk_buff *skb, struct netdev_queue *txq)
{
	struct net_device *dev = txq->dev;

	if (skb_queue_len(&txq->q) >= netdev_queue_limit(txq)) {
		atomic64_inc(&txq->drops);
		queue_drop(skb, dev, SKB_DROP_REASON_QDISC_DROP);
		return NET_XMIT_DROP;
	}
	skb_dst_force(skb);
	skb_queue_tail(&txq->q, skb);
	return NET_XMIT_SUCCESS;
}

/* What validate_xmit_skb() made and the driver did not take: to the front, in order; it leaves before all others. */
static void requeue(struct sk_buff *list, struct netdev_queue *txq)
{
	struct sk_buff_head again;

	if (!list)
		return;
	__skb_queue_head_init(&again);
	while (list) {
		struct sk_buff *next = list->next;

		skb_dst_force(list);
		__skb_queue_head(&again, list);
		list = next;
	}
	while ((list = __skb_dequeue(&again)))
		skb_queue_head(&txq->q, list);
	txq->requeues++;
}

/* Sends list; more: others follow it. What the ring has no room for, or NULL. Tx lock held. */
static noinline struct sk_buff *send_list(struct sk_buff *list, struct netdev_queue *txq, bool more)
{
	while (list) {
		struct sk_buff *next = list->next;

		list->next = NULL;
		txq->xmit_more = next || more;
		if (unlikely(test_bit(QUEUE_STOPPED, &txq->state)) || xmit_one(list, txq->dev) != NETDEV_TX_OK) {
			list->next = next;
			break;
		}
		list = next;
	}
	return list;
}

/* The queue's first packet as validate_xmit_skb() makes it. */
static struct sk_buff *dequeue_valid(struct netdev_queue *txq)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&txq->q))) {
		if (likely(leaves_as_it_is(skb)))
			return skb;
		skb = validate_xmit_skb(skb);
		if (skb)
			return skb;
	}
	return NULL;
}

static bool queue_ready(const struct netdev_queue *txq)
{
	return !skb_queue_empty(&txq->q) && !test_bit(QUEUE_STOPPED, &txq->state);
}

/* Tx lock held: sends while there is something and room for it. The packets sent. What follows is made ready before the
 * driver is told that something follows. */
static int drain_locked(struct netdev_queue *txq, int budget)
{
	struct sk_buff *list = test_bit(QUEUE_STOPPED, &txq->state) ? NULL : dequeue_valid(txq);
	int sent = 0;

	while (list) {
		struct sk_buff *next = sent + 1 < budget ? dequeue_valid(txq) : NULL;

		list = send_list(list, txq, next);
		if (unlikely(list)) {
			requeue(next, txq);
			requeue(list, txq);
			break;
		}
		list = next;
		sent++;
	}
	return sent;
}

static void schedule_drain(struct netdev_queue *txq)
{
	unsigned long flags;

	if (test_and_set_bit(QUEUE_SCHED, &txq->state))
		return;
	flags = local_irq_save();
	txq->next_sched = this_softnet()->output_queue;
	this_softnet()->output_queue = txq;
	raise_softirq_irqoff(NET_TX_SOFTIRQ);
	local_irq_restore(flags);
}

/* BH off. Does nothing when another CPU is at it: that one looks again after it unlocked. */
static void drain(struct netdev_queue *txq)
{
	int budget = XMIT_BUDGET;

	while (queue_ready(txq)) {
		int sent;

		if (!spin_trylock(&txq->_xmit_lock))
			return;
		sent = drain_locked(txq, budget);
		spin_unlock(&txq->_xmit_lock);
		smp_mb();
		budget -= sent;
		if (budget <= 0 || !sent) {
			if (queue_ready(txq))
				schedule_drain(txq);
			return;
		}
	}
}

/* BH off. The common case: nobody waits, the ring has room, and the packet goes straight to the driver. Otherwise it
 * waits behind the others, and whoever has the lock last looks after the queue. */
static inline __attribute__((always_inline)) int xmit_queued(struct sk_buff *skb, struct netdev_queue *txq)
{
	int ret = NET_XMIT_SUCCESS;

	if (unlikely(!spin_trylock(&txq->_xmit_lock))) {
		ret = enqueue(skb, txq);
	} else {
		if (unlikely(!skb_queue_empty(&txq->q) || test_bit(QUEUE_STOPPED, &txq->state))) {
			ret = enqueue(skb, txq);
		} else if (likely(leaves_as_it_is(skb))) {
			txq->xmit_more = false;
			if (unlikely(xmit_one(skb, txq->dev) != NETDEV_TX_OK))
				requeue(skb, txq);
		} else {
			requeue(send_list(validate_xmit_skb(skb), txq, false), txq);
		}
		spin_unlock(&txq->_xmit_lock);
	}
	smp_mb();
	if (unlikely(queue_ready(txq)))
		drain(txq);
	return ret;
}

/* What the batch has collected leaves. One packet alone never was in the queue: 127 of 2,604 instructions of a ping. */
static void send_batch(struct softnet_data *sd)
{
	struct netdev_queue *txq = sd->batch;
	struct sk_buff *alone = sd->batch_alone;

	sd->batch = NULL;
	sd->batch_alone = NULL;
	if (unlikely(alone && !netif_running(alone->dev))) {
		queue_drop(alone, alone->dev, SKB_DROP_REASON_DEV_READY);
	} else if (alone) {
		xmit_queued(alone, txq);
	} else if (txq) {
		smp_mb();
		drain(txq);
	}
}

/* Within a batch: wait in the queue; the device is noted once for the end of the batch. The first packet is kept aside
 * until it has company, unless it is a socket's: what another CPU sends for that socket must not overtake it. */
static int xmit_batched(struct sk_buff *skb, struct netdev_queue *txq, struct softnet_data *sd)
{
	struct sk_buff *first = sd->batch_alone;

	if (sd->batch != txq) {
		send_batch(sd); /* a second device in one batch: the first one's share now */
		sd->batch = txq;
		if (!skb->sk) {
			sd->batch_alone = skb;
			return NET_XMIT_SUCCESS;
		}
	} else if (first) {
		sd->batch_alone = NULL;
		enqueue(first, txq);
	}
	return enqueue(skb, txq);
}

void dev_xmit_batch_start(void)
{
	local_bh_disable();
	this_softnet()->batch_depth++;
}

void dev_xmit_batch_end(void)
{
	struct softnet_data *sd = this_softnet();

	if (--sd->batch_depth == 0 && sd->batch)
		send_batch(sd);
	local_bh_enable();
}

static int xmit_lockless(struct sk_buff *skb, struct net_device *dev, struct softnet_data *sd)
{
	if (sd->xmit_recursion >= XMIT_RECURSION_MAX) {
		queue_drop(skb, dev, SKB_DROP_REASON_QDISC_DROP);
		return NET_XMIT_DROP;
	}
	sd->xmit_recursion++;
	skb = validate_xmit_skb(skb);
	while (skb) {
		struct sk_buff *next = skb->next;

		skb->next = NULL;
		if (xmit_one(skb, dev) != NETDEV_TX_OK)
			queue_drop(skb, dev, SKB_DROP_REASON_FULL_RING);
		skb = next;
	}
	sd->xmit_recursion--;
	return NET_XMIT_SUCCESS;
}

static int xmit_ready(struct sk_buff *skb, struct net_device *dev)
{
	struct softnet_data *sd = this_softnet();

	if (dev->lockless_tx)
		return xmit_lockless(skb, dev, sd);
	if (sd->batch_depth)
		return xmit_batched(skb, &dev->tx, sd);
	return xmit_queued(skb, &dev->tx);
}

int dev_queue_xmit(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
	int r = NET_XMIT_DROP;

	skb_reset_mac_header(skb);
	local_bh_disable();
	rcu_read_lock();
	skb_tstamp_tx(skb, SKBTX_SCHED_TSTAMP, SCM_TSTAMP_SCHED);
	TRACE(net_dev_queue, "dev=%s skbaddr=%p len=%u", dev->name, skb, skb->len);
	if (unlikely(!netif_running(dev))) {
		queue_drop(skb, dev, SKB_DROP_REASON_DEV_READY);
		r = -ENETDOWN;
	} else {
		r = xmit_ready(skb, dev);
	}
	rcu_read_unlock();
	local_bh_enable();
	return r;
}

/* NET_TX softirq: queues that were woken, or had more than one drain's worth. */
void net_tx_action(void)
{
	struct softnet_data *sd = this_softnet();
	struct netdev_queue *list;

	local_irq_disable();
	list = sd->output_queue;
	sd->output_queue = NULL;
	local_irq_enable();
	while (list) {
		struct netdev_queue *txq = list;

		list = txq->next_sched;
		clear_bit(QUEUE_SCHED, &txq->state);
		drain(txq);
	}
}

void netif_stop_queue(struct net_device *dev)
{
	WRITE_ONCE(dev->tx.trans_start_ns, ktime_get_ns()); /* the watchdog's time begins */
	set_bit(QUEUE_STOPPED, &dev->tx.state);
}

void netif_wake_queue(struct net_device *dev)
{
	if (!test_and_clear_bit(QUEUE_STOPPED, &dev->tx.state))
		return;
	dev->tx.restarts++;
	schedule_drain(&dev->tx);
}

/* The device went down: what waited does not leave any more. */
void dev_queue_purge(struct net_device *dev)
{
	spin_lock_bh(&dev->tx._xmit_lock);
	skb_queue_purge_reason(&dev->tx.q, SKB_DROP_REASON_DEV_READY);
	spin_unlock_bh(&dev->tx._xmit_lock);
}
