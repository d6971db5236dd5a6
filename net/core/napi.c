/* net/core/napi.c - NAPI: interrupts while it is quiet, polling while it is busy
 *
 * What:   scheduling of receive contexts, the bounded NET_RX run, and the counts of both modes.
 * Called: drivers' interrupt handlers (schedule) and polls (complete); the softirq machinery.
 * Calls:  each driver's poll, then netif_receive_skb_list() with what it gathered.
 * Locks:  a scheduled NAPI (state bit SCHED) belongs to the CPU that scheduled it; poll_list changes with
 *         interrupts off.
 * Absent: threaded NAPI, busy polling. gro.c merges what a poll has gathered.
 */
#include "kernel/sched/softirq.h"
#include "kernel/sched/task.h"
#include "kernel/trace/trace.h"
#include "lib/bitmap.h"
#include "net/core/gro.h"
#include "net/core/softnet.h"

DEFINE_TRACE(napi, napi_poll);

#define SCHED BIT(NAPI_STATE_SCHED)
#define DISABLE BIT(NAPI_STATE_DISABLE)
#define MISSED BIT(NAPI_STATE_MISSED)

bool napi_schedule_prep(struct napi_struct *n)
{
	unsigned long old = READ_ONCE(n->state), new;

	do {
		if (unlikely(old & DISABLE))
			return false;
		new = old | SCHED | (old & SCHED ? MISSED : 0);
	} while (!__atomic_compare_exchange_n(&n->state, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	return !(old & SCHED);
}

static void napi_enqueue(struct napi_struct *n)
{
	unsigned long flags = local_irq_save();

	list_add_tail(&n->poll_list, &this_softnet()->poll_list);
	raise_softirq_irqoff(NET_RX_SOFTIRQ);
	local_irq_restore(flags);
}

/* gro_flush_timeout is over: the next poll, without an interrupt of the device. Hard irq. */
static enum hrtimer_restart napi_watchdog(struct hrtimer *t)
{
	struct napi_struct *n = container_of(t, struct napi_struct, timer);

	if (napi_schedule_prep(n))
		napi_enqueue(n);
	return HRTIMER_NORESTART;
}

/* Starts disabled: napi_enable() opens it. rtnl held, or before registration. */
void netif_napi_add(struct net_device *dev, struct napi_struct *n, int (*poll)(struct napi_struct *, int))
{
	memset(n, 0, sizeof(*n));
	INIT_LIST_HEAD(&n->poll_list);
	n->poll = poll;
	n->dev = dev;
	n->weight = NAPI_POLL_WEIGHT;
	n->state = SCHED;
	hrtimer_setup(&n->timer, napi_watchdog);
	if (dev) {
		INIT_LIST_HEAD(&n->dev_list);
		list_add_tail_rcu(&n->dev_list, &dev->napi_list);
	}
}

/* Disabled before. Sleeps through a grace period for readers of /proc. */
void netif_napi_del(struct napi_struct *n)
{
	if (n->dev)
		__list_del_entry(&n->dev_list);
	synchronize_rcu();
	kfree_skb_list_reason(n->rx_list, SKB_DROP_REASON_DEV_READY);
	n->rx_list = n->rx_tail = NULL;
}

void napi_enable(struct napi_struct *n)
{
	__atomic_fetch_and(&n->state, ~(SCHED | MISSED | DISABLE), __ATOMIC_RELEASE);
}

/* Takes the SCHED bit for itself: whoever polls gives it back within one poll, with the timer set or the interrupt
 * unmasked; neither finds anything to do then. */
void napi_disable(struct napi_struct *n)
{
	might_sleep();
	set_bit(NAPI_STATE_DISABLE, &n->state);
	while (test_and_set_bit(NAPI_STATE_SCHED, &n->state))
		sleep_ns(NSEC_PER_MSEC);
	hrtimer_cancel(&n->timer);
	clear_bit(NAPI_STATE_DISABLE, &n->state);
}

void __napi_schedule(struct napi_struct *n)
{
	n->interrupts++;
	napi_enqueue(n);
}

/* The poll is over: all that it brought goes up. */
static void flush_rx_list(struct napi_struct *n)
{
	struct sk_buff *list;

	napi_gro_merge(n);
	list = n->rx_list;
	n->rx_list = n->rx_tail = NULL;
	if (list)
		netif_receive_skb_list(list);
}

static void back_to_interrupts(struct napi_struct *n)
{
	n->switches_to_irq += n->polling;
	n->polling = 0;
}

/* napi_defer_hard_irqs: after a poll that found something, so many polls by the timer come before the device may
 * interrupt again. A device that holds its interrupts back for long (QEMU's e1000: 128 us) is asked sooner so. */
static bool defer_hard_irqs(struct napi_struct *n, int done)
{
	u64 timeout = n->dev ? READ_ONCE(n->dev->gro_flush_timeout) : 0;

	if (likely(!timeout))
		return false;
	if (done)
		n->defer_hard_irqs_count = READ_ONCE(n->dev->napi_defer_hard_irqs);
	if (!n->defer_hard_irqs_count)
		return false;
	n->defer_hard_irqs_count--;
	hrtimer_start(&n->timer, ktime_get_ns() + min(timeout, (u64)S64_MAX)); /* any time may be asked for: no wrap */
	return true;
}

/* False: the interrupt stays masked, for another poll comes by itself: an interrupt came meanwhile (MISSED), or the
 * timer brings it. */
bool napi_complete_done(struct napi_struct *n, int done)
{
	unsigned long old, new;
	bool deferred;

	flush_rx_list(n);
	deferred = defer_hard_irqs(n, done);
	back_to_interrupts(n);
	old = READ_ONCE(n->state);
	do {
		new = old & MISSED ? old & ~MISSED : old & ~SCHED;
	} while (!__atomic_compare_exchange_n(&n->state, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if (unlikely(old & MISSED)) {
		napi_enqueue(n);
		return false;
	}
	return !deferred;
}

static void full_poll(struct napi_struct *n)
{
	n->full_polls++;
	n->switches_to_poll += !n->polling;
	n->polling = 1;
}

/* One poll; true when the NAPI wants another. Below its weight the driver has completed it, and n is not ours. */
static bool napi_poll(struct napi_struct *n, int *work)
{
	/* net.core.dev_weight: the backlog's */
	int weight = n->dev ? n->weight : READ_ONCE(init_net->core->dev_weight);

	if (!test_bit(NAPI_STATE_SCHED, &n->state))
		return false;
	n->polls++;
	*work = n->poll(n, weight);
	TRACE(napi_poll, "napi poll on napi struct %p for device %s work %d budget %d", n,
	      n->dev ? n->dev->name : "(no_device)", *work, weight);
	n->packets += (u64)*work;
	if (*work < weight)
		return false;
	full_poll(n);
	if (unlikely(test_bit(NAPI_STATE_DISABLE, &n->state))) {
		napi_complete_done(n, *work); /* the device stays masked: someone is closing it */
		return false;
	}
	flush_rx_list(n);
	return true;
}

/* What is left, then what wants more, goes back; interrupts may have added behind. */
static void put_back(struct softnet_data *sd, struct list_head *rest, struct list_head *repoll)
{
	local_irq_disable();
	list_splice_tail_init(&sd->poll_list, rest);
	list_splice_tail_init(repoll, rest);
	list_splice_tail_init(rest, &sd->poll_list);
	if (!list_empty(&sd->poll_list))
		raise_softirq_irqoff(NET_RX_SOFTIRQ);
	local_irq_enable();
}

/* NET_RX softirq: at most netdev_budget packets and netdev_budget_usecs; then the softirq machinery decides who runs.
 * Packets that are sent meanwhile (ACKs, echoes) leave as one batch after each poll. */
void net_rx_action(void)
{
	const struct netns_core *core = init_net->core;
	u64 deadline = 0;
	struct softnet_data *sd = this_softnet();
	int budget = READ_ONCE(core->netdev_budget);
	LIST_HEAD(list);
	LIST_HEAD(repoll);

	local_irq_disable();
	list_splice_tail_init(&sd->poll_list, &list);
	local_irq_enable();
	if (!list_is_singular(&list)) /* one alone is stopped by its weight */
		deadline = ktime_get_ns() + (u64)READ_ONCE(core->netdev_budget_usecs) * NSEC_PER_USEC;
	while (!list_empty(&list)) {
		struct napi_struct *n = list_first_entry(&list, struct napi_struct, poll_list);
		int work = 0;

		list_del_init(&n->poll_list);
		dev_xmit_batch_start();
		if (napi_poll(n, &work))
			list_add_tail(&n->poll_list, &repoll);
		dev_xmit_batch_end();
		budget -= work;
		if (budget <= 0 || (!list_empty(&list) && ktime_get_ns() >= deadline)) {
			sd->time_squeeze++;
			break;
		}
	}
	if (!list_empty(&list) || !list_empty(&repoll)) /* else what interrupts have added is raised already */
		put_back(sd, &list, &repoll);
}
