/* net/core/rtnl_neigh.c - neighbours over rtnetlink, for the table of any protocol
 *
 * Called: a protocol's handlers, which know their table (net/ipv4/rtnl_ipv4.c); neighbour.c for notifications.
 * Locks:  rtnl for requests; an entry's own lock for its facts.
 * Absent: proxies, NDA_MASTER and other filters of a dump but the device.
 */
#include "net/core/neigh_internal.h"
#include "net/core/netlink.h"
#include <linux/rtnetlink.h>

static const u8 nda_min_len[NDA_MAX + 1] = { [NDA_IFINDEX] = 4 };

/* Linux's clock ticks of 1/100 s. */
static u32 ticks_since(u64 ns)
{
	u64 now = ktime_get_ns();

	return now > ns ? (u32)((now - ns) / (10 * NSEC_PER_MSEC)) : 0;
}

static struct ndmsg neigh_header(const struct neighbour *n)
{
	return (struct ndmsg){ .ndm_family = (u8)n->tbl->family,
			       .ndm_ifindex = (int)n->dev->ifindex,
			       .ndm_state = n->nud_state,
			       .ndm_type = RTN_UNICAST };
}

/* n->lock held. */
static void put_neigh(struct nl_msg *m, const struct neighbour *n)
{
	struct nda_cacheinfo ci = { .ndm_confirmed = ticks_since(n->confirmed_ns),
				    .ndm_used = ticks_since(n->used_ns),
				    .ndm_updated = ticks_since(n->updated_ns),
				    .ndm_refcnt = (u32)refcount_read(&n->refcnt) - 1 };

	nla_put(m, NDA_DST, n->key, n->tbl->key_len);
	if (n->nud_state & NUD_VALID)
		nla_put(m, NDA_LLADDR, n->ha, n->dev->addr_len);
	nla_put_u32(m, NDA_PROBES, n->probes);
	nla_put(m, NDA_CACHEINFO, &ci, sizeof(ci));
}

void rtnl_neigh_notify(struct neighbour *n, u16 type)
{
	struct net *net = n->tbl->net;
	struct ndmsg head;
	struct nl_msg m;
	u32 start;

	if (!rtnl_has_listeners(net, RTNLGRP_NEIGH))
		return;
	nl_msg_init(&m, GFP_ATOMIC);
	spin_lock_bh(&n->lock);
	head = neigh_header(n);
	start = nlmsg_begin(&m, type, 0, 0, 0, &head, sizeof(head));
	put_neigh(&m, n);
	spin_unlock_bh(&n->lock);
	nlmsg_end(&m, start);
	rtnl_notify(net, &m, RTNLGRP_NEIGH);
}

struct dump_ctx {
	struct nl_dump *d;
	u32 ifindex; /* 0: of all devices */
};

static void dump_one(struct neighbour *n, void *arg)
{
	struct dump_ctx *c = arg;
	struct ndmsg head;
	u32 start;

	if (c->ifindex && n->dev->ifindex != c->ifindex)
		return;
	if (!nl_dump_next(c->d))
		return;
	spin_lock_bh(&n->lock);
	head = neigh_header(n);
	start = nl_dump_begin(c->d, RTM_NEWNEIGH, &head, sizeof(head));
	put_neigh(&c->d->msg, n);
	spin_unlock_bh(&n->lock);
	nl_dump_end(c->d, start);
}

int rtnl_neigh_dump(struct nl_dump *d, struct neigh_table *t)
{
	const struct nlattr *tb[NDA_MAX + 1];
	struct dump_ctx c = { .d = d };
	const void *attrs;
	u32 len;
	int err;

	attrs = nlmsg_attrs(d->nlh, sizeof(struct ndmsg), &len);
	err = nlattr_parse(tb, NDA_MAX, nda_min_len, attrs, len);
	if (err)
		return err;
	if (tb[NDA_IFINDEX])
		c.ifindex = nla_get_u32(tb[NDA_IFINDEX]);
	d->msg.gfp = GFP_ATOMIC; /* the table is walked under RCU */
	neigh_for_each(t, dump_one, &c);
	d->msg.gfp = GFP_KERNEL;
	return 0;
}

/* --- changing --- */

struct neigh_request {
	const struct ndmsg *ndm;
	struct net_device *dev;
	const void *key;
	const u8 *lladdr;
};

static int parse(struct nl_request *rq, const struct neigh_table *t, struct neigh_request *r)
{
	const struct nlattr *tb[NDA_MAX + 1];
	const void *attrs;
	int err;
	u32 len;

	if (rq->nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*r->ndm))
		return -EINVAL;
	r->ndm = (const struct ndmsg *)(rq->nlh + 1);
	attrs = nlmsg_attrs(rq->nlh, sizeof(*r->ndm), &len);
	err = nlattr_parse(tb, NDA_MAX, nda_min_len, attrs, len);
	if (err)
		return err;
	if (!tb[NDA_DST])
		return nl_refuse(rq, "Network address not specified", -EINVAL);
	if (nla_len(tb[NDA_DST]) < t->key_len)
		return nl_refuse(rq, "Invalid network address", -EINVAL);
	r->key = nla_data(tb[NDA_DST]);
	r->dev = dev_get_by_index(rq->net, (u32)r->ndm->ndm_ifindex);
	if (!r->dev)
		return r->ndm->ndm_ifindex ? -ENODEV : nl_refuse(rq, "Device not specified", -EINVAL);
	r->lladdr = tb[NDA_LLADDR] ? nla_data(tb[NDA_LLADDR]) : NULL;
	if (r->lladdr && nla_len(tb[NDA_LLADDR]) < r->dev->addr_len)
		return nl_refuse(rq, "Invalid link address", -EINVAL);
	return r->ndm->ndm_flags & NTF_PROXY ? -EOPNOTSUPP : 0;
}

int rtnl_neigh_new(struct nl_request *rq, struct neigh_table *t)
{
	u16 flags = rq->nlh->nlmsg_flags;
	struct neigh_request r;
	struct neighbour *n;
	int err = parse(rq, t, &r);
	bool there;

	if (err)
		return err;
	n = neigh_lookup(t, r.key, r.dev, false);
	there = n != NULL;
	if (there && flags & NLM_F_EXCL)
		err = -EEXIST;
	else if (!there && !(flags & NLM_F_CREATE))
		err = -ENOENT;
	else if (!there)
		n = neigh_lookup(t, r.key, r.dev, true);
	if (!err && !n)
		err = -ENOBUFS;
	if (!err)
		err = neigh_update(n, r.lladdr, (u8)r.ndm->ndm_state,
				   NEIGH_UPDATE_F_ADMIN |
					   (there && !(flags & NLM_F_REPLACE) ? 0 : NEIGH_UPDATE_F_OVERRIDE));
	if (n)
		neigh_release(n);
	return err;
}

int rtnl_neigh_del(struct nl_request *rq, struct neigh_table *t)
{
	struct neigh_request r;
	struct neighbour *n;
	int err = parse(rq, t, &r);

	if (err)
		return err;
	n = neigh_lookup(t, r.key, r.dev, false);
	if (!n)
		return -ENOENT;
	err = neigh_update(n, NULL, NUD_FAILED, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	rtnl_neigh_notify(n, RTM_DELNEIGH);
	neigh_remove(n);
	neigh_release(n);
	return err;
}
