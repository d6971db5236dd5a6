/* net/core/rtnl_qdisc.c - the queue in front of a device over rtnetlink: RTM_GETQDISC, NEWQDISC, DELQDISC, as tc asks
 *
 * What:   a device has one queue, a pfifo (dev_tx.c). A program may name it, set its limit in packets apart from
 *         tx_queue_len, read its counters, and give it back its default. Software devices take packets at once: on
 *         them a pfifo never holds any, as on Linux.
 * Called: net/netlink under rtnl.
 * Locks:  rtnl for requests and dumps; the packet path reads handle and limit as they are.
 * Absent: every other kind ("Specified qdisc kind is unknown"), classes, filters, the ingress side.
 */
#include "net/core/netdevice.h"
#include "net/core/netlink.h"
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#define FIRST_AUTO_HANDLE 0x80010000u
#define KIND_ROOM 16 /* IFNAMSIZ, of Linux's IFQUEUE names */

static const u8 qdisc_min_len[TCA_MAX + 1] = { [TCA_KIND] = 1 };

const char *qdisc_kind(const struct net_device *dev)
{
	if (dev->tx.handle)
		return "pfifo";
	return !netif_running(dev) ? "noop" : dev->lockless_tx ? "noqueue" : "pfifo";
}

/* --- telling --- */

static void put_counters(struct nl_msg *m, struct net_device *dev)
{
	const struct netdev_queue *txq = &dev->tx;
	struct gnet_stats_queue q = { .qlen = skb_queue_len(&txq->q), .drops = (u32)atomic64_read(&txq->drops),
				      .requeues = (u32)txq->requeues };
	struct net_device_stats64 d;
	struct gnet_stats_basic b;
	struct tc_stats old;
	u32 nest;

	dev_get_stats(dev, &d);
	b = (struct gnet_stats_basic){ .bytes = d.tx_bytes - txq->bytes_before,
				       .packets = (u32)(d.tx_packets - txq->packets_before) };
	old = (struct tc_stats){ .bytes = b.bytes, .packets = b.packets, .drops = q.drops, .qlen = q.qlen };
	nla_put(m, TCA_STATS, &old, sizeof(old));
	nest = nla_nest_start(m, TCA_STATS2);
	nla_put(m, TCA_STATS_BASIC, &b, sizeof(b));
	nla_put(m, TCA_STATS_QUEUE, &q, sizeof(q));
	nla_nest_end(m, nest);
}

static struct tcmsg qdisc_header(const struct net_device *dev)
{
	return (struct tcmsg){ .tcm_ifindex = (int)dev->ifindex, .tcm_handle = dev->tx.handle,
			       .tcm_parent = TC_H_ROOT, .tcm_info = 2 /* references, as Linux has them at a root */ };
}

static void put_qdisc(struct nl_msg *m, struct net_device *dev)
{
	const char *kind = qdisc_kind(dev);
	struct tc_fifo_qopt opt = { .limit = netdev_queue_limit(&dev->tx) };

	nla_put_string(m, TCA_KIND, kind);
	if (*kind == 'p')
		nla_put(m, TCA_OPTIONS, &opt, sizeof(opt));
	put_counters(m, dev);
}

static void qdisc_notify(struct net_device *dev, u16 type)
{
	struct tcmsg head = qdisc_header(dev);
	struct nl_msg m;
	u32 start;

	if (!rtnl_has_listeners(dev->net, RTNLGRP_TC))
		return;
	nl_msg_init(&m, GFP_KERNEL);
	start = nlmsg_begin(&m, type, 0, 0, 0, &head, sizeof(head));
	put_qdisc(&m, dev);
	nlmsg_end(&m, start);
	rtnl_notify(dev->net, &m, RTNLGRP_TC);
}

/* As on Linux a device that is down and was given no queue is not told of. */
static bool is_told(const struct net_device *dev) { return dev->tx.handle || netif_running(dev); }

static int qdisc_dump(struct nl_dump *d)
{
	const struct tcmsg *tcm = (const struct tcmsg *)(d->nlh + 1);
	int only = d->nlh->nlmsg_len >= NLMSG_HDRLEN + sizeof(*tcm) ? tcm->tcm_ifindex : 0;
	struct net_device *dev;

	d->seq = d->net->dev_base_seq + 1;
	list_for_each_entry (dev, &d->net->dev_base_head, dev_list) {
		struct tcmsg head = qdisc_header(dev);
		u32 start;

		if (!is_told(dev) || (only && (u32)only != dev->ifindex) || !nl_dump_next(d))
			continue;
		start = nl_dump_begin(d, RTM_NEWQDISC, &head, sizeof(head));
		put_qdisc(&d->msg, dev);
		if (!nl_dump_end(d, start))
			break;
	}
	return 0;
}

/* --- asking and setting --- */

struct qdisc_request { const struct nlattr *tb[TCA_MAX + 1]; const struct tcmsg *tcm; struct net_device *dev; };

/* 0; -EINVAL: malformed, or below a parent, which no queue here can be; -ENODEV; -ENOENT: the ingress side. */
static int read_request(struct nl_request *rq, struct qdisc_request *r)
{
	const void *attrs;
	int err;
	u32 len;

	*r = (struct qdisc_request){ 0 };
	if (rq->nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*r->tcm))
		return -EINVAL;
	attrs = nlmsg_attrs(rq->nlh, sizeof(*r->tcm), &len);
	err = nlattr_parse(r->tb, TCA_MAX, qdisc_min_len, attrs, len);
	if (err)
		return err;
	r->tcm = (const struct tcmsg *)(rq->nlh + 1);
	r->dev = dev_get_by_index(rq->net, (u32)r->tcm->tcm_ifindex);
	if (!r->dev)
		return -ENODEV;
	if (r->tcm->tcm_parent == TC_H_INGRESS)
		return nl_refuse(rq, "Specified qdisc kind is unknown", -ENOENT);
	if (r->tcm->tcm_parent && r->tcm->tcm_parent != TC_H_ROOT)
		return nl_refuse(rq, "Parent qdisc is not classful", -EINVAL);
	return 0;
}

static bool kind_is_pfifo(const struct qdisc_request *r)
{
	char kind[KIND_ROOM];

	return !nla_strscpy(kind, r->tb[TCA_KIND], sizeof(kind)) && !strcmp(kind, "pfifo");
}

/* Handles are told apart by their upper half; who names none gets the next of the machine's own. */
static u32 handle_for(struct net *net, u32 asked)
{
	u32 handle = asked ? asked : FIRST_AUTO_HANDLE;
	struct net_device *dev;
	bool taken = !asked;

	while (taken) {
		taken = false;
		list_for_each_entry (dev, &net->dev_base_head, dev_list)
			taken |= dev->tx.handle == handle;
		handle += taken ? 0x10000 : 0;
	}
	return handle;
}

static int read_limit(struct nl_request *rq, const struct qdisc_request *r, u32 *limit)
{
	const struct nlattr *opt = r->tb[TCA_OPTIONS];

	*limit = max(r->dev->tx_queue_len, 1u);
	if (!opt)
		return 0;
	if (nla_len(opt) < sizeof(struct tc_fifo_qopt))
		return -EINVAL;
	*limit = nla_get_u32(opt);
	return *limit ? 0 : nl_refuse(rq, "A queue of no packet lets nothing through", -EINVAL);
}

static void set_queue(struct net_device *dev, u32 handle, u32 limit)
{
	struct net_device_stats64 d;

	if (dev->tx.handle != handle) { /* a new queue counts from zero */
		dev_get_stats(dev, &d);
		dev->tx.bytes_before = handle ? d.tx_bytes : 0;
		dev->tx.packets_before = handle ? d.tx_packets : 0;
		atomic64_set(&dev->tx.drops, 0);
	}
	WRITE_ONCE(dev->tx.limit, limit);
	WRITE_ONCE(dev->tx.handle, handle);
}

/* tc add, change and replace differ by their flags. */
static int qdisc_new(struct nl_request *rq)
{
	u16 flags = rq->nlh->nlmsg_flags;
	struct qdisc_request r;
	int err = read_request(rq, &r);
	u32 limit, asked, had;

	if (err)
		return err;
	asked = r.tcm->tcm_handle;
	had = r.dev->tx.handle;
	if (TC_H_MIN(asked))
		return nl_refuse(rq, "Invalid handle", -EINVAL);
	if (had && flags & NLM_F_EXCL)
		return nl_refuse(rq, "Exclusivity flag on, cannot modify", -EEXIST);
	if (had && asked && asked != had && !(flags & NLM_F_REPLACE))
		return nl_refuse(rq, "NLM_F_REPLACE needed to override", -EEXIST);
	if (!had && !(flags & NLM_F_CREATE))
		return nl_refuse(rq, "Qdisc not found. To create specify NLM_F_CREATE flag", -ENOENT);
	if (r.tb[TCA_KIND] ? !kind_is_pfifo(&r) : !had)
		return nl_refuse(rq, "Specified qdisc kind is unknown", r.tb[TCA_KIND] ? -ENOENT : -EINVAL);
	err = read_limit(rq, &r, &limit);
	if (err)
		return err;
	set_queue(r.dev, had && !asked ? had : handle_for(rq->net, asked), limit);
	qdisc_notify(r.dev, RTM_NEWQDISC);
	return 0;
}

static int qdisc_del(struct nl_request *rq)
{
	struct qdisc_request r;
	int err = read_request(rq, &r);

	if (err)
		return err;
	if (!r.dev->tx.handle)
		return nl_refuse(rq, "Cannot delete qdisc with handle of zero", -ENOENT);
	if (r.tcm->tcm_handle && r.tcm->tcm_handle != r.dev->tx.handle)
		return nl_refuse(rq, "Invalid handle", -EINVAL);
	if (r.tb[TCA_KIND] && !kind_is_pfifo(&r))
		return nl_refuse(rq, "Invalid qdisc name", -EINVAL);
	qdisc_notify(r.dev, RTM_DELQDISC);
	set_queue(r.dev, 0, 0);
	return 0;
}

static int qdisc_get(struct nl_request *rq)
{
	struct qdisc_request r;
	int err = read_request(rq, &r);
	struct tcmsg head;
	u32 start;

	if (err)
		return err;
	if (r.tcm->tcm_handle && r.tcm->tcm_handle != r.dev->tx.handle)
		return nl_refuse(rq, "Failed to find qdisc with specified handle", -ENOENT);
	head = qdisc_header(r.dev);
	start = nlmsg_begin(&rq->reply, RTM_NEWQDISC, 0, rq->nlh->nlmsg_seq, rq->portid, &head, sizeof(head));
	put_qdisc(&rq->reply, r.dev);
	nlmsg_end(&rq->reply, start);
	return 0;
}

static struct rtnl_handler qdisc_handlers[] = {
	{ .type = RTM_GETQDISC, .doit = qdisc_get, .dump = qdisc_dump },
	{ .type = RTM_NEWQDISC, .doit = qdisc_new },
	{ .type = RTM_DELQDISC, .doit = qdisc_del },
};

void rtnl_qdisc_init(void) { rtnl_register(qdisc_handlers, ARRAY_SIZE(qdisc_handlers)); }
