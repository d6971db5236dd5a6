/* net/core/dev_rx.c - from the device up: taps, then the protocol by EtherType
 *
 * What:   netif_receive_skb() and its batch form, the registry of packet types, and the backlog behind netif_rx().
 * Called: napi.c with a poll's packets, software devices through netif_rx().
 * Calls:  packet_type.func: packet sockets' taps, ip_rcv, arp_rcv ...
 * Locks:  the lists of types are read under RCU; ptype_lock guards changes.
 * Absent: RPS, VLAN acceleration, bridges; XDP will stand before netif_receive_skb().
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/sched/softirq.h"
#include "kernel/trace/printk.h"
#include "kernel/trace/trace.h"
#include "net/core/softnet.h"

DEFINE_TRACE(net, netif_receive_skb);
DEFINE_TRACE(net, netif_rx);

/* Protocols: the same for every stack, added at start and there for good. */
static struct list_head ptype_protocols[PTYPE_HASH_SIZE];
static DEFINE_SPINLOCK(ptype_protocols_lock);

static u32 ptype_hash(__be16 type) { return ntohs(type) % PTYPE_HASH_SIZE; }

static struct list_head *ptype_list(const struct packet_type *pt)
{
	if (!pt->net)
		return &ptype_protocols[ptype_hash(pt->type)];
	if (pt->type == htons(ETH_P_ALL))
		return pt->dev ? &pt->dev->ptype_all : &pt->net->core->ptype_all;
	return &pt->net->core->ptype_base[ptype_hash(pt->type)];
}

static spinlock_t *ptype_lock(const struct packet_type *pt)
{
	return pt->net ? &pt->net->core->ptype_lock : &ptype_protocols_lock;
}

static void count_specific(struct packet_type *pt, int by)
{
	if (pt->net && pt->type != htons(ETH_P_ALL))
		pt->net->core->nr_ptypes += by;
}

/* A tap's device stays referenced by the tap's owner. */
void dev_add_pack(struct packet_type *pt)
{
	spin_lock_bh(ptype_lock(pt));
	list_add_rcu(&pt->list, ptype_list(pt));
	count_specific(pt, 1);
	spin_unlock_bh(ptype_lock(pt));
}

void dev_remove_pack(struct packet_type *pt)
{
	spin_lock_bh(ptype_lock(pt));
	__list_del_entry(&pt->list);
	count_specific(pt, -1);
	spin_unlock_bh(ptype_lock(pt));
	synchronize_rcu();
}

void net_enable_timestamp(struct net *net) { atomic_inc(&net->core->tstamp_needed); }
void net_disable_timestamp(struct net *net) { atomic_dec(&net->core->tstamp_needed); }

static inline void stamp_if_needed(struct sk_buff *skb, struct net *net)
{
	if (unlikely(atomic_read(&net->core->tstamp_needed)) && !skb->tstamp_ns)
		skb->tstamp_ns = ktime_get_real_ns();
}

static void give_copy(struct sk_buff *skb, struct packet_type *pt)
{
	struct sk_buff *n = skb_clone(skb, GFP_ATOMIC);

	if (n)
		pt->func(n, n->dev, pt, n->dev);
}

static void give_taps(struct sk_buff *skb, struct list_head *taps)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, taps, list)
		give_copy(skb, pt);
}

/* Packet sockets that listen to one EtherType. */
static void give_specific(struct sk_buff *skb, struct netns_core *core)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, &core->ptype_base[ptype_hash(skb->protocol)], list)
		if (pt->type == skb->protocol && (!pt->dev || pt->dev == skb->dev))
			give_copy(skb, pt);
}

static inline struct packet_type *find_protocol(__be16 type)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, &ptype_protocols[ptype_hash(type)], list)
		if (pt->type == type)
			return pt;
	return NULL;
}

/* Whether anybody but the protocol wants to see packets of dev. */
static inline bool observed(const struct net_device *dev)
{
	const struct netns_core *core = dev->net->core;

	return trace_enabled(netif_receive_skb) || atomic_read(&core->tstamp_needed) || !list_empty(&core->ptype_all) ||
	       !list_empty(&dev->ptype_all) || core->nr_ptypes;
}

/* Traces, time stamps, taps, packet sockets of one EtherType. */
static noinline void observe(struct sk_buff *skb)
{
	struct net *net = skb->dev->net;

	TRACE(netif_receive_skb, "dev=%s skbaddr=%p len=%u", skb->dev->name, skb, skb->len);
	stamp_if_needed(skb, net);
	give_taps(skb, &net->core->ptype_all);
	give_taps(skb, &skb->dev->ptype_all);
	if (net->core->nr_ptypes)
		give_specific(skb, net->core);
}

/* All that happens to one packet before its protocol. */
static inline void receive_prepare(struct sk_buff *skb, bool seen)
{
	skb_reset_network_header(skb);
	skb->transport_header = skb->network_header;
	if (unlikely(seen))
		observe(skb);
	if (unlikely(skb->pkt_type == PACKET_MULTICAST))
		this_cpu_ptr(skb->dev->dstats)->multicast++;
}

static void nobody_handles(struct sk_buff *skb)
{
	this_cpu_ptr(skb->dev->dstats)->rx_dropped++;
	kfree_skb_reason(skb, SKB_DROP_REASON_UNHANDLED_PROTO);
}

/* NET_RX_*. Softirq, or BH off. */
int netif_receive_skb(struct sk_buff *skb)
{
	struct packet_type *pt;
	int r = NET_RX_DROP;

	rcu_read_lock();
	this_softnet()->processed++;
	receive_prepare(skb, observed(skb->dev));
	pt = find_protocol(skb->protocol);
	if (likely(pt))
		r = pt->func(skb, skb->dev, pt, skb->dev);
	else
		nobody_handles(skb);
	rcu_read_unlock();
	return r;
}

static void give_batch(struct sk_buff *list, struct packet_type *pt)
{
	if (likely(pt && pt->list_func)) {
		pt->list_func(list, pt);
		return;
	}
	while (list) {
		struct sk_buff *next = list->next;

		list->next = NULL;
		if (pt)
			pt->func(list, list->dev, pt, list->dev);
		else
			nobody_handles(list);
		list = next;
	}
}

/* The run of one protocol from one device that list begins with is prepared, cut off and goes up. Returns the rest. */
static struct sk_buff *receive_run(struct sk_buff *list)
{
	struct net_device *dev = list->dev;
	struct sk_buff *last = list, *next;
	bool seen = observed(dev);
	__be16 type = list->protocol;
	u64 n = 1;

	receive_prepare(last, seen);
	while ((next = last->next) && next->protocol == type && next->dev == dev) {
		receive_prepare(next, seen);
		last = next;
		n++;
	}
	last->next = NULL;
	this_softnet()->processed += n;
	give_batch(list, find_protocol(type));
	return next;
}

/* Packets linked by ->next, in order. Runs of one protocol from one device go up together. */
void netif_receive_skb_list(struct sk_buff *list)
{
	struct softnet_data *sd = this_softnet();

	rcu_read_lock();
	sd->rx_batch = ++sd->rx_batches;
	while (list)
		list = receive_run(list);
	sd->rx_batch = 0; /* one that was received within another ends both */
	rcu_read_unlock();
}

/* --- the backlog: a NAPI for packets that come from no hardware --- */

int netif_rx(struct sk_buff *skb)
{
	struct softnet_data *sd;
	unsigned long flags;

	TRACE(netif_rx, "dev=%s skbaddr=%p len=%u", skb->dev->name, skb, skb->len);
	stamp_if_needed(skb, skb->dev->net);
	flags = local_irq_save();
	sd = this_softnet();
	if (skb_queue_len(&sd->input_pkt_queue) < (u32)READ_ONCE(init_net->core->netdev_max_backlog)) {
		spin_lock(&sd->input_pkt_queue.lock);
		__skb_queue_tail(&sd->input_pkt_queue, skb);
		spin_unlock(&sd->input_pkt_queue.lock);
		napi_schedule(&sd->backlog);
		local_irq_restore(flags);
		return NET_RX_SUCCESS;
	}
	sd->dropped++;
	local_irq_restore(flags);
	this_cpu_ptr(skb->dev->dstats)->rx_dropped++;
	kfree_skb_reason(skb, SKB_DROP_REASON_CPU_BACKLOG);
	return NET_RX_DROP;
}

/* Takes up to budget packets off the queue at once, into the NAPI's list. */
static int backlog_take(struct softnet_data *sd, struct napi_struct *n, int budget)
{
	struct sk_buff_head *q = &sd->input_pkt_queue;
	struct sk_buff *skb;
	int done = 0;

	spin_lock_irq(&q->lock);
	while (done < budget && (skb = __skb_dequeue(q))) {
		napi_gro_receive(n, skb);
		done++;
	}
	spin_unlock_irq(&q->lock);
	return done;
}

static int backlog_poll(struct napi_struct *n, int budget)
{
	int done = backlog_take(container_of(n, struct softnet_data, backlog), n, budget);

	if (done < budget)
		napi_complete_done(n, done);
	return done;
}

void backlog_init(struct softnet_data *sd)
{
	skb_queue_head_init(&sd->input_pkt_queue);
	netif_napi_add(NULL, &sd->backlog, backlog_poll);
	napi_enable(&sd->backlog);
}

/* --- /proc/net/ptype --- */

static void ptype_lines(struct seq_file *m, struct list_head *list)
{
	struct packet_type *pt;

	list_for_each_entry_rcu(pt, list, list) {
		if (pt->type == htons(ETH_P_ALL))
			seq_puts(m, "ALL ");
		else
			seq_printf(m, "%04x", ntohs(pt->type));
		seq_printf(m, " %-8s %pS\n", pt->dev ? pt->dev->name : "", pt->func);
	}
}

int ptype_show(struct seq_file *m, void *unused)
{
	struct net_device *dev;

	seq_puts(m, "Type Device      Function\n");
	rcu_read_lock();
	ptype_lines(m, &m->net->core->ptype_all);
	for_each_netdev_rcu(m->net, dev)
		ptype_lines(m, &dev->ptype_all);
	for (int i = 0; i < PTYPE_HASH_SIZE; i++) {
		ptype_lines(m, &m->net->core->ptype_base[i]);
		ptype_lines(m, &ptype_protocols[i]);
	}
	rcu_read_unlock();
	return 0;
}

/* --- start --- */

struct softnet_data *softnet_data;

static int core_net_init(struct net *net)
{
	struct netns_core *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	c->rmem_default = c->rmem_max = c->wmem_default = c->wmem_max = SK_MEM_DEFAULT;
	c->somaxconn = SOMAXCONN;
	c->netdev_max_backlog = 1000;
	c->netdev_budget = 300;
	c->netdev_budget_usecs = 2000;
	c->dev_weight = NAPI_POLL_WEIGHT;
	spin_lock_init(&c->ptype_lock);
	INIT_LIST_HEAD(&c->ptype_all);
	for (int i = 0; i < PTYPE_HASH_SIZE; i++)
		INIT_LIST_HEAD(&c->ptype_base[i]);
	net->core = c;
	return 0;
}

static void core_net_exit(struct net *net)
{
	kfree(net->core);
	net->core = NULL;
}

static struct pernet_operations core_ops = { .init = core_net_init, .exit = core_net_exit };

void dev_init(void)
{
	for (int i = 0; i < PTYPE_HASH_SIZE; i++)
		INIT_LIST_HEAD(&ptype_protocols[i]);
	softnet_data = alloc_percpu(struct softnet_data);
	BUG_UNLESS(softnet_data);
	for_each_possible_cpu(cpu) {
		struct softnet_data *sd = per_cpu_ptr(softnet_data, cpu);

		INIT_LIST_HEAD(&sd->poll_list);
		backlog_init(sd);
	}
	open_softirq(NET_RX_SOFTIRQ, net_rx_action);
	open_softirq(NET_TX_SOFTIRQ, net_tx_action);
	register_pernet_subsys(&core_ops);
	if (net_core_sysctl_init())
		pr_warn("net: no room for /proc/sys/net/core\n");
	dev_proc_init();
	dev_sysfs_init();
}
