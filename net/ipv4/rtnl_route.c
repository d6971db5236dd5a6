/* net/ipv4/rtnl_route.c - IPv4 routes, rules and neighbours over rtnetlink: what `ip route`, `ip rule`, `ip neigh` say
 *
 * Called: net/netlink under rtnl; fib_trie.c for notifications.
 * Calls:  fib_trie.c, route.c, net/core/rtnl_neigh.c.
 * Locks:  rtnl.
 * Absent: next-hop objects, several next hops, rules of one's own; metrics beyond those of metrics.c.
 */
#include "kernel/process/process.h"
#include "net/core/netlink.h"
#include "net/ipv4/internal.h"
#include <linux/fib_rules.h>
#include <linux/in_route.h>

static const u8 rta_min_len[RTA_MAX + 1] = {
	[RTA_DST] = 4,	    [RTA_SRC] = 4,     [RTA_OIF] = 4,	[RTA_IIF] = 4, [RTA_GATEWAY] = 4,
	[RTA_PRIORITY] = 4, [RTA_PREFSRC] = 4, [RTA_TABLE] = 4, [RTA_MARK] = 4
};

/* --- telling --- */

static struct rtmsg route_header(const struct fib_route *r)
{
	return (struct rtmsg){ .rtm_family = AF_INET,
			       .rtm_dst_len = r->plen,
			       .rtm_tos = r->tos,
			       .rtm_table = r->table,
			       .rtm_protocol = r->proto,
			       .rtm_scope = r->scope,
			       .rtm_type = r->type };
}

static void put_route(struct nl_msg *m, const struct fib_route *r)
{
	nla_put_u32(m, RTA_TABLE, r->table);
	if (r->plen)
		nla_put_be32(m, RTA_DST, htonl(r->key));
	if (r->metric)
		nla_put_u32(m, RTA_PRIORITY, r->metric);
	ip_metrics_put(m, r->metrics, r->mtu);
	if (r->prefsrc)
		nla_put_be32(m, RTA_PREFSRC, r->prefsrc);
	if (r->gw)
		nla_put_be32(m, RTA_GATEWAY, r->gw);
	if (r->dev)
		nla_put_u32(m, RTA_OIF, r->dev->ifindex);
}

void rtnl_route_notify(struct net *net, const struct fib_route *r, u16 type)
{
	struct rtmsg head;
	struct nl_msg m;
	u32 start;

	if (!rtnl_has_listeners(net, RTNLGRP_IPV4_ROUTE))
		return;
	head = route_header(r);
	nl_msg_init(&m, GFP_KERNEL);
	start = nlmsg_begin(&m, type, 0, 0, 0, &head, sizeof(head));
	put_route(&m, r);
	nlmsg_end(&m, start);
	rtnl_notify(net, &m, RTNLGRP_IPV4_ROUTE);
}

struct dump_filter {
	struct nl_dump *d;
	u32 table, oif; /* 0: any, here and below */
	u8 proto, type;
};

/* What a program that asked for strict checks wants to see. 0, -EINVAL, -ERANGE, -ENODEV, -ENOENT. */
static int read_filter(const struct nl_dump *d, struct dump_filter *f)
{
	const struct rtmsg *rtm = (const struct rtmsg *)(d->nlh + 1);
	const struct nlattr *tb[RTA_MAX + 1];
	const void *attrs;
	u32 len;
	int err;

	if (d->nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*rtm) || rtm->rtm_dst_len || rtm->rtm_src_len || rtm->rtm_tos ||
	    rtm->rtm_scope)
		return -EINVAL;
	attrs = nlmsg_attrs(d->nlh, sizeof(*rtm), &len);
	err = nlattr_parse(tb, RTA_MAX, rta_min_len, attrs, len);
	if (err)
		return err;
	f->table = tb[RTA_TABLE] ? nla_get_u32(tb[RTA_TABLE]) : rtm->rtm_table;
	f->oif = tb[RTA_OIF] ? nla_get_u32(tb[RTA_OIF]) : 0;
	f->proto = rtm->rtm_protocol;
	f->type = rtm->rtm_type;
	if (f->oif && !dev_get_by_index(d->net, f->oif))
		return -ENODEV;
	return fib_get_table(d->net, f->table) ? 0 : -ENOENT;
}

static bool dump_one(struct fib_route *r, void *ctx)
{
	const struct dump_filter *f = ctx;
	struct nl_dump *d = f->d;
	struct rtmsg head = route_header(r);
	u32 start;

	if ((f->oif && (!r->dev || r->dev->ifindex != f->oif)) || (f->proto && f->proto != r->proto) ||
	    (f->type && f->type != r->type))
		return true;
	if (!nl_dump_next(d))
		return !d->full;
	start = nl_dump_begin(d, RTM_NEWROUTE, &head, sizeof(head));
	put_route(&d->msg, r);
	return nl_dump_end(d, start);
}

static int route_dump(struct nl_dump *d)
{
	struct fib_table *tables[] = { &d->net->ipv4->main, &d->net->ipv4->local };
	const struct rtmsg *rtm = (const struct rtmsg *)(d->nlh + 1);
	bool whole = d->nlh->nlmsg_len >= NLMSG_HDRLEN + sizeof(*rtm);
	struct dump_filter f = { .d = d };
	int err;

	if (whole && rtm->rtm_flags & (RTM_F_CLONED | RTM_F_PREFIX))
		return 0; /* routes that were cached: there is no such list */
	err = d->strict ? read_filter(d, &f) : 0;
	d->seq = tables[0]->changes + tables[1]->changes + 1;
	for (size_t i = 0; i < ARRAY_SIZE(tables) && !err; i++)
		if (!f.table || f.table == tables[i]->id)
			fib_table_walk(tables[i], dump_one, &f);
	return err;
}

/* --- changing --- */

static int parse(struct nl_request *rq, const struct rtmsg **rtm, const struct nlattr **tb)
{
	const void *attrs;
	u32 len;

	if (rq->nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(**rtm))
		return -EINVAL;
	*rtm = (const struct rtmsg *)(rq->nlh + 1);
	attrs = nlmsg_attrs(rq->nlh, sizeof(**rtm), &len);
	return nlattr_parse(tb, RTA_MAX, rta_min_len, attrs, len);
}

/* What is not there cannot be deleted either: -ESRCH then. */
static int to_config(struct nl_request *rq, const struct rtmsg *rtm, const struct nlattr **tb, struct fib_config *c)
{
	bool del = rq->nlh->nlmsg_type == RTM_DELROUTE;

	*c = (struct fib_config){ .plen = rtm->rtm_dst_len,
				  .tos = rtm->rtm_tos,
				  .type = rtm->rtm_type,
				  .scope = rtm->rtm_scope,
				  .proto = rtm->rtm_protocol,
				  .table = rtm->rtm_table };
	if (rtm->rtm_tos & 3)
		return nl_refuse(rq, "Invalid dsfield (tos): ECN bits must be 0", -EINVAL);
	if (tb[RTA_MULTIPATH] || tb[RTA_VIA] || tb[RTA_ENCAP] || tb[RTA_NH_ID])
		return -EOPNOTSUPP;
	if (tb[RTA_TABLE])
		c->table = nla_get_u32(tb[RTA_TABLE]);
	if (!fib_get_table(rq->net, c->table))
		return del ? nl_refuse(rq, "FIB table does not exist", -ESRCH)
			   : nl_refuse(rq, "Only the tables main and local are there", -EOPNOTSUPP);
	if (tb[RTA_DST])
		c->dst = nla_get_be32(tb[RTA_DST]);
	if (tb[RTA_GATEWAY])
		c->gw = nla_get_be32(tb[RTA_GATEWAY]);
	if (tb[RTA_PRIORITY])
		c->metric = nla_get_u32(tb[RTA_PRIORITY]);
	if (tb[RTA_PREFSRC])
		c->prefsrc = nla_get_be32(tb[RTA_PREFSRC]);
	if (tb[RTA_OIF]) {
		c->dev = dev_get_by_index(rq->net, nla_get_u32(tb[RTA_OIF]));
		if (!c->dev)
			return del ? -ESRCH : -ENODEV;
	}
	return 0;
}

struct search {
	const struct fib_config *c;
	bool found;
};

static bool same_prefix(struct fib_route *r, void *ctx)
{
	struct search *s = ctx;

	s->found =
		r->key == ntohl(s->c->dst) && r->plen == s->c->plen && r->tos == s->c->tos && r->metric == s->c->metric;
	return !s->found;
}

static const char *reason(int err, const struct fib_config *c)
{
	switch (err) {
	case -ENETUNREACH:
		return "Nexthop has invalid gateway";
	case -ENETDOWN:
		return "Device for nexthop is not up";
	case -ENODEV:
		return c->gw ? NULL : "Nexthop has no device";
	case -EINVAL:
		return fib_config_fault(c) ? fib_config_fault(c) : "Nexthop has invalid gateway";
	default:
		return NULL;
	}
}

static int insert(struct nl_request *rq, struct fib_config *c, const struct nlattr *metrics)
{
	int err = metrics ? ip_metrics_parse(metrics, &c->metrics, &rq->why) : 0;

	if (err)
		return err;
	if (c->metrics)
		c->mtu = c->metrics->v[RTAX_MTU];
	err = fib_table_insert(rq->net, c);
	rq->why = reason(err, c);
	dst_metrics_put(c->metrics);
	return err;
}

static int route_new(struct nl_request *rq)
{
	const struct nlattr *tb[RTA_MAX + 1];
	u16 flags = rq->nlh->nlmsg_flags;
	const struct rtmsg *rtm;
	struct fib_config c;
	struct search s = { .c = &c };
	int err = parse(rq, &rtm, tb);

	if (!err)
		err = to_config(rq, rtm, tb, &c);
	if (err)
		return err;
	if (c.prefsrc && inet_addr_type(rq->net, c.prefsrc) != RTN_LOCAL)
		return nl_refuse(rq, "Invalid prefsrc address", -EINVAL);
	if (!(flags & NLM_F_CREATE)) {
		if (flags & NLM_F_REPLACE)
			fib_table_walk(fib_get_table(rq->net, c.table), same_prefix, &s);
		if (!s.found)
			return -ENOENT;
	}
	c.replace = flags & NLM_F_REPLACE;
	c.excl = flags & NLM_F_EXCL;
	c.append = flags & NLM_F_APPEND && !c.replace;
	return insert(rq, &c, tb[RTA_METRICS]);
}

static int route_del(struct nl_request *rq)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rtm;
	struct fib_config c;
	int err = parse(rq, &rtm, tb);

	if (!err)
		err = to_config(rq, rtm, tb, &c);
	return err ? err : fib_table_delete(rq->net, &c);
}

/* --- `ip route get`: the way that a packet from here would take --- */

static u32 answer_flags(u8 type)
{
	switch (type) {
	case RTN_LOCAL:
		return RTM_F_CLONED | RTCF_LOCAL;
	case RTN_BROADCAST:
		return RTM_F_CLONED | RTCF_LOCAL | RTCF_BROADCAST;
	default:
		return RTM_F_CLONED;
	}
}

/* src: what the program asked for, 0 for none. The table is told to those who ask which it was. */
static void put_answer(struct nl_request *rq, const struct rtable *rt, const struct flowi4 *fl, __be32 src)
{
	bool local = rt->rt_type == RTN_LOCAL || rt->rt_type == RTN_BROADCAST;
	bool which = ((const struct rtmsg *)(rq->nlh + 1))->rtm_flags & RTM_F_LOOKUP_TABLE;
	u32 table = local && which ? RT_TABLE_LOCAL : RT_TABLE_MAIN, start;
	struct rtmsg head = { .rtm_family = AF_INET,
			      .rtm_dst_len = 32,
			      .rtm_src_len = src ? 32 : 0,
			      .rtm_table = (u8)table,
			      .rtm_type = rt->rt_type,
			      .rtm_flags = answer_flags(rt->rt_type) };
	struct rta_cacheinfo ci = { 0 };
	struct nl_msg *m = &rq->reply;

	start = nlmsg_begin(m, RTM_NEWROUTE, 0, rq->nlh->nlmsg_seq, rq->portid, &head, sizeof(head));
	nla_put_be32(m, RTA_DST, fl->daddr);
	if (src)
		nla_put_be32(m, RTA_SRC, src);
	nla_put_u32(m, RTA_TABLE, table);
	nla_put_u32(m, RTA_OIF, rt->dst.dev->ifindex);
	if (fl->saddr != src)
		nla_put_be32(m, RTA_PREFSRC, fl->saddr);
	if (rt->rt_uses_gateway)
		nla_put_be32(m, RTA_GATEWAY, rt->rt_gateway);
	ip_metrics_put(m, rt->dst.metrics, rt->rt_pmtu || rt->dst.mtu ? dst_mtu(&rt->dst) : 0);
	nla_put_u32(m, RTA_UID, current_cred()->euid);
	nla_put(m, RTA_CACHEINFO, &ci, sizeof(ci));
	nlmsg_end(m, start);
}

static int route_get(struct nl_request *rq)
{
	const struct nlattr *tb[RTA_MAX + 1];
	const struct rtmsg *rtm;
	struct flowi4 fl = { 0 };
	struct rtable *rt;
	__be32 src;
	int err = parse(rq, &rtm, tb);

	if (err)
		return err;
	if (tb[RTA_IIF] && nla_get_u32(tb[RTA_IIF]))
		return -EOPNOTSUPP; /* the way of a received packet: not asked so far */
	fl.daddr = tb[RTA_DST] ? nla_get_be32(tb[RTA_DST]) : 0;
	fl.saddr = src = tb[RTA_SRC] ? nla_get_be32(tb[RTA_SRC]) : 0;
	fl.oif = tb[RTA_OIF] ? (int)nla_get_u32(tb[RTA_OIF]) : 0;
	fl.mark = tb[RTA_MARK] ? nla_get_u32(tb[RTA_MARK]) : 0;
	fl.tos = rtm->rtm_tos & IPTOS_RT_MASK;
	rt = ip_route_output_key(rq->net, &fl);
	if (IS_ERR(rt))
		return (int)PTR_ERR(rt);
	put_answer(rq, rt, &fl, src);
	dst_release(&rt->dst);
	return 0;
}

/* --- rules: always the same three --- */

static int rule_dump(struct nl_dump *d)
{
	static const struct {
		u32 priority, table;
	} rules[] = {
		{ 0, RT_TABLE_LOCAL },
		{ 32766, RT_TABLE_MAIN },
		{ 32767, RT_TABLE_DEFAULT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct fib_rule_hdr head = { .family = AF_INET, .table = (u8)rules[i].table, .action = FR_ACT_TO_TBL };
		u32 start;

		if (!nl_dump_next(d))
			continue;
		start = nl_dump_begin(d, RTM_NEWRULE, &head, sizeof(head));
		nla_put_u32(&d->msg, FRA_TABLE, rules[i].table);
		nla_put_u32(&d->msg, FRA_SUPPRESS_PREFIXLEN, U32_MAX);
		nla_put_u8(&d->msg, FRA_PROTOCOL, RTPROT_KERNEL);
		if (rules[i].priority)
			nla_put_u32(&d->msg, FRA_PRIORITY, rules[i].priority);
		if (!nl_dump_end(d, start))
			break;
	}
	return 0;
}

/* --- neighbours --- */

static int neigh_dump(struct nl_dump *d) { return rtnl_neigh_dump(d, &d->net->ipv4->arp_tbl); }
static int neigh_new(struct nl_request *rq) { return rtnl_neigh_new(rq, &rq->net->ipv4->arp_tbl); }
static int neigh_del(struct nl_request *rq) { return rtnl_neigh_del(rq, &rq->net->ipv4->arp_tbl); }

static struct rtnl_handler route_handlers[] = {
	{ .family = AF_INET, .type = RTM_GETROUTE, .doit = route_get, .dump = route_dump },
	{ .family = AF_INET, .type = RTM_NEWROUTE, .doit = route_new },
	{ .family = AF_INET, .type = RTM_DELROUTE, .doit = route_del },
	{ .family = AF_INET, .type = RTM_GETRULE, .dump = rule_dump },
	{ .family = AF_INET, .type = RTM_GETNEIGH, .dump = neigh_dump },
	{ .family = AF_INET, .type = RTM_NEWNEIGH, .doit = neigh_new },
	{ .family = AF_INET, .type = RTM_DELNEIGH, .doit = neigh_del },
};

void rtnl_route_init(void) { rtnl_register(route_handlers, ARRAY_SIZE(route_handlers)); }
