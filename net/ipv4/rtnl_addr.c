/* net/ipv4/rtnl_addr.c - IPv4 addresses over rtnetlink (RFC 3549 3.2): what `ip addr` says
 *
 * Called: net/netlink under rtnl; devinet.c for notifications.
 * Calls:  devinet.c.
 * Locks:  rtnl.
 * Absent: lifetimes (EOPNOTSUPP but for "forever").
 */
#include "net/core/netlink.h"
#include "net/ipv4/internal.h"
#include <linux/if_addr.h>

static const u8 ifa_min_len[IFA_MAX + 1] = { [IFA_LOCAL] = 4,
					     [IFA_ADDRESS] = 4,
					     [IFA_BROADCAST] = 4,
					     [IFA_FLAGS] = 4,
					     [IFA_LABEL] = 1,
					     [IFA_CACHEINFO] = sizeof(struct ifa_cacheinfo) };

static struct ifaddrmsg addr_header(const struct in_ifaddr *ifa)
{
	return (struct ifaddrmsg){ .ifa_family = AF_INET,
				   .ifa_prefixlen = ifa->ifa_prefixlen,
				   .ifa_flags = (u8)(ifa->ifa_flags | IFA_F_PERMANENT),
				   .ifa_scope = ifa->ifa_scope,
				   .ifa_index = ifa->in_dev->dev->ifindex };
}

static void put_addr(struct nl_msg *m, const struct in_ifaddr *ifa)
{
	struct ifa_cacheinfo ci = { .ifa_prefered = U32_MAX, .ifa_valid = U32_MAX };

	nla_put_be32(m, IFA_ADDRESS, ifa->ifa_address);
	nla_put_be32(m, IFA_LOCAL, ifa->ifa_local);
	if (ifa->ifa_broadcast)
		nla_put_be32(m, IFA_BROADCAST, ifa->ifa_broadcast);
	nla_put_string(m, IFA_LABEL, ifa->ifa_label);
	nla_put_u32(m, IFA_FLAGS, ifa->ifa_flags | IFA_F_PERMANENT);
	nla_put(m, IFA_CACHEINFO, &ci, sizeof(ci));
}

void rtnl_addr_notify(const struct in_ifaddr *ifa, u16 type)
{
	struct net *net = ifa->in_dev->dev->net;
	struct ifaddrmsg head;
	struct nl_msg m;
	u32 start;

	if (!rtnl_has_listeners(net, RTNLGRP_IPV4_IFADDR))
		return;
	head = addr_header(ifa);
	nl_msg_init(&m, GFP_KERNEL);
	start = nlmsg_begin(&m, type, 0, 0, 0, &head, sizeof(head));
	put_addr(&m, ifa);
	nlmsg_end(&m, start);
	rtnl_notify(net, &m, RTNLGRP_IPV4_IFADDR);
}

static bool dump_dev(struct nl_dump *d, const struct in_device *in)
{
	for (const struct in_ifaddr *ifa = in ? in->ifa_list : NULL; ifa; ifa = ifa->next) {
		struct ifaddrmsg head = addr_header(ifa);
		u32 start;

		if (!nl_dump_next(d))
			continue;
		start = nl_dump_begin(d, RTM_NEWADDR, &head, sizeof(head));
		put_addr(&d->msg, ifa);
		if (!nl_dump_end(d, start))
			return false;
	}
	return true;
}

static int addr_dump(struct nl_dump *d)
{
	const struct ifaddrmsg *ifm = (const struct ifaddrmsg *)(d->nlh + 1);
	u32 only = d->strict && d->nlh->nlmsg_len >= NLMSG_HDRLEN + sizeof(*ifm) ? ifm->ifa_index : 0;
	struct net_device *dev;

	d->seq = d->net->ipv4->addr_changes + d->net->dev_base_seq + 1;
	list_for_each_entry (dev, &d->net->dev_base_head, dev_list)
		if ((!only || dev->ifindex == only) && !dump_dev(d, dev->ip_ptr))
			break;
	return 0;
}

struct addr_request {
	const struct ifaddrmsg *ifm;
	const struct nlattr *tb[IFA_MAX + 1];
	char label[IFNAMSIZ]; /* "" for none */
};

static int parse(struct nl_request *rq, struct addr_request *r)
{
	const void *attrs;
	u32 len;
	int err;

	r->label[0] = 0;

	if (rq->nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*r->ifm))
		return -EINVAL;
	r->ifm = (const struct ifaddrmsg *)(rq->nlh + 1);
	attrs = nlmsg_attrs(rq->nlh, sizeof(*r->ifm), &len);
	err = nlattr_parse(r->tb, IFA_MAX, ifa_min_len, attrs, len);
	if (!err && r->tb[IFA_LABEL])
		err = nla_strscpy(r->label, r->tb[IFA_LABEL], sizeof(r->label));
	return err;
}

static struct in_ifaddr *find_same(const struct net_device *dev, __be32 local, u32 plen, __be32 address)
{
	for (struct in_ifaddr *ifa = dev->ip_ptr->ifa_list; ifa; ifa = ifa->next)
		if (ifa->ifa_local == local && ifa->ifa_prefixlen == plen &&
		    !((ifa->ifa_address ^ address) & ifa->ifa_mask))
			return ifa;
	return NULL;
}

static bool lasts_for_ever(const struct nlattr *a)
{
	const struct ifa_cacheinfo *ci = a ? nla_data(a) : NULL;

	return !ci || (ci->ifa_valid == U32_MAX && ci->ifa_prefered == U32_MAX);
}

static int addr_new(struct nl_request *rq)
{
	u16 flags = rq->nlh->nlmsg_flags;
	struct addr_request r;
	struct net_device *dev;
	struct in_ifaddr *ifa;
	__be32 local, address;
	int err = parse(rq, &r);

	if (err)
		return err;
	if (r.ifm->ifa_prefixlen > 32)
		return nl_refuse(rq, "ipv4: Invalid prefix length", -EINVAL);
	if (!r.tb[IFA_LOCAL])
		return nl_refuse(rq, "ipv4: Local address is not supplied", -EINVAL);
	dev = dev_get_by_index(rq->net, r.ifm->ifa_index);
	if (!dev)
		return nl_refuse(rq, "ipv4: Device not found", -ENODEV);
	if (!lasts_for_ever(r.tb[IFA_CACHEINFO]))
		return -EOPNOTSUPP;
	if (!dev->ip_ptr)
		return -ENOBUFS;
	local = nla_get_be32(r.tb[IFA_LOCAL]);
	address = r.tb[IFA_ADDRESS] ? nla_get_be32(r.tb[IFA_ADDRESS]) : local;
	if (find_same(dev, local, r.ifm->ifa_prefixlen, address))
		return flags & NLM_F_REPLACE && !(flags & NLM_F_EXCL)
			? 0
			: nl_refuse(rq, "ipv4: Address already assigned", -EEXIST);
	ifa = inet_alloc_ifa(dev, local, r.ifm->ifa_prefixlen);
	if (!ifa)
		return -ENOBUFS;
	ifa->ifa_address = address;
	ifa->ifa_broadcast = r.tb[IFA_BROADCAST] ? nla_get_be32(r.tb[IFA_BROADCAST]) : 0;
	ifa->ifa_scope = r.ifm->ifa_scope;
	if (*r.label)
		strscpy(ifa->ifa_label, r.label, sizeof(ifa->ifa_label));
	return inet_insert_ifa(dev, ifa);
}

static bool is_meant(const struct in_ifaddr *ifa, const struct addr_request *r)
{
	const struct nlattr *const *tb = r->tb;

	if (tb[IFA_LOCAL] && ifa->ifa_local != nla_get_be32(tb[IFA_LOCAL]))
		return false;
	if (tb[IFA_LABEL] && strcmp(r->label, ifa->ifa_label))
		return false;
	return !tb[IFA_ADDRESS] ||
		(r->ifm->ifa_prefixlen == ifa->ifa_prefixlen &&
		 !((nla_get_be32(tb[IFA_ADDRESS]) ^ ifa->ifa_address) & ifa->ifa_mask));
}

static int addr_del(struct nl_request *rq)
{
	struct addr_request r;
	struct net_device *dev;
	int err = parse(rq, &r);

	if (err)
		return err;
	dev = dev_get_by_index(rq->net, r.ifm->ifa_index);
	if (!dev)
		return nl_refuse(rq, "ipv4: Device not found", -ENODEV);
	for (struct in_ifaddr *ifa = dev->ip_ptr ? dev->ip_ptr->ifa_list : NULL; ifa; ifa = ifa->next)
		if (is_meant(ifa, &r)) {
			inet_del_ifa(dev->ip_ptr, ifa);
			return 0;
		}
	return nl_refuse(rq, "ipv4: Address not found", -EADDRNOTAVAIL);
}

static struct rtnl_handler addr_handlers[] = {
	{ .family = AF_INET, .type = RTM_GETADDR, .dump = addr_dump },
	{ .family = AF_INET, .type = RTM_NEWADDR, .doit = addr_new },
	{ .family = AF_INET, .type = RTM_DELADDR, .doit = addr_del },
};

void rtnl_addr_init(void) { rtnl_register(addr_handlers, ARRAY_SIZE(addr_handlers)); }
