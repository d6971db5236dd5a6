/* net/ipv4/fib_trie.c - the routing table: longest prefix match
 *
 * What:   a path-compressed binary trie. A node is a prefix; its two children are longer prefixes that start with it,
 *         told apart by the first bit after it. A node without routes only marks where two branches part. A lookup
 *         walks down while the address still matches, remembers each node that has routes, and takes the last.
 * Called: fib_frontend.c (changes, rtnl held), route.c (lookups, under RCU).
 * Calls:  slab; nothing of the network.
 * Locks:  writers hold rtnl; readers are under RCU: a new node is whole before its one pointer is published.
 * Absent: level compression (Linux's LC-trie looks at several bits a step; here a step is one bit of difference).
 */
#include "net/ipv4/internal.h"

static u32 prefix_mask(u32 plen) { return plen ? ~0u << (32 - plen) : 0; }
static u32 bit_after(u32 key, u32 plen) { return key >> (31 - plen) & 1; }
static bool node_covers(const struct fib_node *n, u32 key) { return !((key ^ n->key) & prefix_mask(n->plen)); }

struct fib_table *fib_get_table(struct net *net, u32 id)
{
	if (id == RT_TABLE_LOCAL)
		return &net->ipv4->local;
	return id == RT_TABLE_MAIN || id == RT_TABLE_UNSPEC ? &net->ipv4->main : NULL;
}

static struct fib_node *node_new(u32 key, u32 plen)
{
	struct fib_node *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (n) {
		n->key = key & prefix_mask(plen);
		n->plen = (u8)plen;
	}
	return n;
}

/* How many leading bits a and b share, at most limit. */
static u32 common_bits(u32 a, u32 b, u32 limit)
{
	u32 same = a == b ? 32 : (u32)__builtin_clz(a ^ b);

	return min(same, limit);
}

/* The node of key/plen, made where there is none; NULL without memory. */
static struct fib_node *node_get(struct fib_table *t, u32 key, u32 plen)
{
	struct fib_node **link = &t->root, *n, *fresh, *fork;
	u32 shared;

	while ((n = *link) && n->plen < plen && node_covers(n, key))
		link = &n->child[bit_after(key, n->plen)];
	if (n && n->plen == plen && n->key == key)
		return n;
	fresh = node_new(key, plen);
	if (!fresh || !n) {
		if (fresh)
			rcu_assign_pointer(*link, fresh);
		return fresh;
	}
	shared = common_bits(key, n->key, min(plen, (u32)n->plen));
	if (shared == plen) { /* n lies below the new prefix */
		fresh->child[bit_after(n->key, plen)] = n;
		rcu_assign_pointer(*link, fresh);
		return fresh;
	}
	fork = node_new(key, shared);
	if (!fork) {
		kfree(fresh);
		return NULL;
	}
	fork->child[bit_after(key, shared)] = fresh;
	fork->child[bit_after(n->key, shared)] = n;
	rcu_assign_pointer(*link, fork);
	return fresh;
}

/* Removes the node that *link points to when nothing needs it. True when it went. */
static bool node_prune(struct fib_node **link)
{
	struct fib_node *n = *link;

	if (n->routes || (n->child[0] && n->child[1]))
		return false;
	rcu_assign_pointer(*link, n->child[0] ? n->child[0] : n->child[1]);
	kfree_rcu(n, rcu);
	return true;
}

/* After the last route of key/plen went: the node, and the fork above it that it may have needed. */
static void node_put(struct fib_table *t, u32 key, u32 plen)
{
	struct fib_node **link = &t->root, **above = NULL, *n;

	while ((n = *link) && n->plen < plen && node_covers(n, key)) {
		above = link;
		link = &n->child[bit_after(key, n->plen)];
	}
	if (n && n->plen == plen && n->key == key && node_prune(link) && above)
		node_prune(above);
}

static bool route_before(const struct fib_route *a, const struct fib_route *b)
{
	return a->tos != b->tos ? a->tos > b->tos : a->metric < b->metric;
}

static bool same_hop(const struct fib_route *r, const struct fib_config *c)
{
	return r->dev == c->dev && r->gw == c->gw && r->type == c->type;
}

/* Among those from first on that are no better and no worse than r: is there one that excludes it? */
static bool is_taken(const struct fib_route *first, const struct fib_route *r, const struct fib_config *c)
{
	for (const struct fib_route *o = first; o && !route_before(r, o); o = o->next)
		if (c->excl || (same_hop(o, c) && !(c->replace && o == first)))
			return true;
	return false;
}

static struct fib_route *route_new(const struct fib_config *c, u32 key)
{
	struct fib_route *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return NULL;
	*r = (struct fib_route){ .key = key, .plen = c->plen, .type = c->type, .scope = c->scope, .proto = c->proto,
				 .tos = c->tos, .table = (u8)c->table, .metric = c->metric, .mtu = c->mtu,
				 .metrics = dst_metrics_get(c->metrics),
				 .dev = c->dev, .gw = c->gw, .prefsrc = c->prefsrc };
	return r;
}

static void route_free_rcu(struct rcu_head *h)
{
	struct fib_route *r = container_of(h, struct fib_route, rcu);

	dst_metrics_put(r->metrics);
	kfree(r);
}

/* Hints are outdated before the grace period begins: who still finds r in one has it until the period's end. */
static void route_unlink(struct net *net, struct fib_table *t, struct fib_route **link)
{
	struct fib_route *r = *link;

	rcu_assign_pointer(*link, r->next);
	WRITE_ONCE(r->dead, true);
	t->count--;
	t->changes++;
	pmtu_forget(net, r->key, r->plen);
	rt_cache_flush(net);
	fib_route_cache_drop(r);
	call_rcu(&r->rcu, route_free_rcu);
}

/* The gateway must be a neighbour: an on-link unicast destination. Finds the device where none was given. */
static int check_gateway(struct net *net, struct fib_config *c)
{
	struct flowi4 fl = { .daddr = c->gw, .oif = c->dev ? (int)c->dev->ifindex : 0, .scope = RT_SCOPE_LINK };
	struct fib_route *hop;
	int err;

	if (inet_lookup_ifaddr_rcu(net, c->gw))
		return -EINVAL;
	err = fib_lookup(net, &fl, &hop);
	if (err)
		return -ENETUNREACH;
	if (hop->type != RTN_UNICAST || hop->gw)
		return -EINVAL;
	c->dev = hop->dev;
	return 0;
}

/* No route of a type may claim to reach farther than this. RT_SCOPE_NOWHERE: such routes there are none. */
static const u8 widest_scope[RTN_MAX + 1] = {
	[RTN_UNSPEC] = RT_SCOPE_NOWHERE, [RTN_LOCAL] = RT_SCOPE_HOST,  [RTN_BROADCAST] = RT_SCOPE_LINK,
	[RTN_ANYCAST] = RT_SCOPE_LINK,	 [RTN_NAT] = RT_SCOPE_NOWHERE, [RTN_XRESOLVE] = RT_SCOPE_NOWHERE
};

static const char *prefix_fault(const struct fib_config *c)
{
	if (c->plen > 32)
		return "Invalid prefix length";
	return ntohl(c->dst) & ~prefix_mask(c->plen) ? "Invalid prefix for given prefix length" : NULL;
}

static bool is_no_way(u8 type)
{
	return type == RTN_UNREACHABLE || type == RTN_BLACKHOLE || type == RTN_PROHIBIT || type == RTN_THROW;
}

const char *fib_config_fault(const struct fib_config *c)
{
	const char *fault = prefix_fault(c);

	if (fault)
		return fault;
	if (c->type > RTN_MAX)
		return "Invalid route type";
	if (widest_scope[c->type] == RT_SCOPE_NOWHERE || c->scope < widest_scope[c->type])
		return "Invalid scope";
	if (is_no_way(c->type))
		return c->dev || c->gw ? "Gateway, device and multipath can not be specified for this route type"
				       : NULL;
	if (c->scope > RT_SCOPE_HOST)
		return "Invalid scope";
	return c->scope == RT_SCOPE_HOST && c->gw ? "Route with host scope can not have a gateway" : NULL;
}

static int check_config(struct net *net, struct fib_config *c)
{
	if (fib_config_fault(c))
		return -EINVAL;
	if (is_no_way(c->type))
		return 0;
	if (c->gw) {
		int err;

		rcu_read_lock();
		err = check_gateway(net, c);
		rcu_read_unlock();
		if (err)
			return err;
	}
	if (!c->dev)
		return -ENODEV;
	if (!(c->dev->flags & IFF_UP))
		return -ENETDOWN;
	return 0;
}

int fib_table_insert(struct net *net, const struct fib_config *config)
{
	struct fib_config c = *config;
	struct fib_table *t = fib_get_table(net, c.table);
	struct fib_route *r, **link;
	struct fib_node *n;
	int err = t ? check_config(net, &c) : -EINVAL;

	if (err)
		return err;
	n = node_get(t, ntohl(c.dst), c.plen);
	r = n ? route_new(&c, ntohl(c.dst)) : NULL;
	if (!r) {
		node_put(t, ntohl(c.dst), c.plen);
		return -ENOMEM;
	}
	for (link = &n->routes; *link && route_before(*link, r); link = &(*link)->next)
		;
	if (is_taken(*link, r, &c)) {
		route_free_rcu(&r->rcu);
		return -EEXIST;
	}
	while (c.append && *link && !route_before(r, *link))
		link = &(*link)->next;
	r->next = *link;
	rcu_assign_pointer(*link, r);
	t->count++;
	t->changes++;
	rtnl_route_notify(net, r, RTM_NEWROUTE);
	if (c.replace && r->next && !route_before(r, r->next))
		route_unlink(net, t, &r->next);
	if (c.table == RT_TABLE_LOCAL && c.type == RTN_LOCAL && c.plen != 32 && !ipv4_is_loopback(c.dst))
		net->ipv4->custom_local_routes = true;
	rt_cache_flush(net);
	return 0;
}

static bool matches_deletion(const struct fib_route *r, const struct fib_config *c)
{
	return (!c->type || r->type == c->type) && r->tos == c->tos && (!c->proto || r->proto == c->proto) &&
		(!c->metric || r->metric == c->metric) && (!c->dev || r->dev == c->dev) && (!c->gw || r->gw == c->gw) &&
		(!c->prefsrc || r->prefsrc == c->prefsrc) &&
		(!c->scope || c->scope == RT_SCOPE_NOWHERE || r->scope == c->scope);
}

int fib_table_delete(struct net *net, const struct fib_config *c)
{
	struct fib_table *t = fib_get_table(net, c->table);
	u32 key = ntohl(c->dst);
	struct fib_node *n = t ? t->root : NULL;

	if (prefix_fault(c))
		return -EINVAL;
	while (n && n->plen < c->plen && node_covers(n, key))
		n = n->child[bit_after(key, n->plen)];
	if (!n || n->plen != c->plen || n->key != key)
		return -ESRCH;
	for (struct fib_route **link = &n->routes; *link; link = &(*link)->next) {
		if (!matches_deletion(*link, c))
			continue;
		rtnl_route_notify(net, *link, RTM_DELROUTE);
		route_unlink(net, t, link);
		node_put(t, key, c->plen);
		rt_cache_flush(net);
		return 0;
	}
	return -ESRCH;
}

/* What a route of this type answers when it is not a way: 0 for those that are. */
static int type_error(u8 type)
{
	switch (type) {
	case RTN_UNREACHABLE: return -EHOSTUNREACH;
	case RTN_BLACKHOLE: return -EINVAL;
	case RTN_PROHIBIT: return -EACCES;
	case RTN_THROW: return -EAGAIN;
	default: return 0;
	}
}

static bool route_usable(const struct fib_route *r, const struct flowi4 *fl)
{
	if ((r->tos && r->tos != fl->tos) || r->scope < fl->scope)
		return false;
	if (!r->dev)
		return true;
	return (r->dev->flags & IFF_UP) && (!fl->oif || (u32)fl->oif == r->dev->ifindex || r->table == RT_TABLE_LOCAL);
}

/* -EAGAIN: nothing here, ask the next table. */
int fib_table_lookup(struct fib_table *t, const struct flowi4 *fl, struct fib_route **res)
{
	struct fib_node *hits[33], *n = rcu_dereference(t->root);
	u32 key = ntohl(fl->daddr), nhits = 0;

	while (n && node_covers(n, key)) {
		if (READ_ONCE(n->routes))
			hits[nhits++] = n;
		if (n->plen == 32)
			break;
		n = rcu_dereference(n->child[bit_after(key, n->plen)]);
	}
	while (nhits--) {
		for (struct fib_route *r = rcu_dereference(hits[nhits]->routes); r; r = rcu_dereference(r->next)) {
			if (!route_usable(r, fl))
				continue;
			*res = r;
			return type_error(r->type);
		}
	}
	return -EAGAIN;
}

DEFINE_TRACE(fib, fib_table_lookup);

/* This CPU's last answer, if it is one to fl; else NULL. A softirq may replace it between two of our instructions: then
 * its route differs, or is the answer to the same question. */
static struct fib_route *hinted(const struct fib_hint *h, const struct flowi4 *fl, u32 genid)
{
	struct fib_route *r = READ_ONCE(h->route);

	barrier();
	if (h->genid != genid || h->daddr != fl->daddr || h->oif != fl->oif || h->tos != fl->tos ||
	    h->scope != fl->scope)
		return NULL;
	barrier();
	return READ_ONCE(h->route) == r ? r : NULL;
}
static void store_hint(struct net *net, const struct flowi4 *fl, u32 genid, struct fib_route *r)
{
	local_bh_disable();
	*this_cpu_ptr(net->ipv4->fib_hint) = (struct fib_hint){ genid, fl->daddr, fl->oif, fl->tos, fl->scope, r };
	local_bh_enable();
}

static noinline int lookup_tables(struct net *net, const struct flowi4 *fl, u32 genid, struct fib_route **res)
{
	int err = fib_table_lookup(&net->ipv4->local, fl, res);

	if (err == -EAGAIN)
		err = fib_table_lookup(&net->ipv4->main, fl, res);
	if (!err)
		store_hint(net, fl, genid, *res);
	return err == -EAGAIN ? -ENETUNREACH : err;
}

/* Questions come in runs: two walks of about 100 instructions each are saved by one look. */
int fib_lookup(struct net *net, const struct flowi4 *fl, struct fib_route **res)
{
	u32 genid = rt_genid(net);
	int err = 0;

	*res = hinted(this_cpu_ptr(net->ipv4->fib_hint), fl, genid);
	if (unlikely(!*res))
		err = lookup_tables(net, fl, genid, res);
	TRACE(fib_table_lookup, "oif %d iif %d proto %u src %pI4 dst %pI4 tos %u err %d", fl->oif, fl->iif, fl->proto,
	      &fl->saddr, &fl->daddr, fl->tos, err);
	return err;
}

/* Depth first, shorter prefixes before the longer ones below them. The stack is explicit: 33 levels at most. */
void fib_table_walk(const struct fib_table *t, bool (*cb)(struct fib_route *r, void *ctx), void *ctx)
{
	const struct fib_node *stack[40], *n;
	u32 depth = 0;

	stack[depth++] = rcu_dereference(t->root);
	while (depth) {
		n = stack[--depth];
		if (!n)
			continue;
		for (struct fib_route *r = rcu_dereference(n->routes); r; r = rcu_dereference(r->next))
			if (!cb(r, ctx))
				return;
		for (int i = 1; i >= 0; i--)
			stack[depth++] = rcu_dereference(n->child[i]);
	}
}

u32 fib_node_count(const struct fib_node *n)
{
	return n ? 1 + fib_node_count(n->child[0]) + fib_node_count(n->child[1]) : 0;
}

/* Removes below *link every route that gone() names; children first, so that empty nodes fold. Depth is 33 at most. */
static void prune_routes(struct net *net, struct fib_table *t, struct fib_node **link,
			 bool (*gone)(const struct fib_route *r, const void *a), const void *arg)
{
	struct fib_node *n = *link;

	if (!n)
		return;
	prune_routes(net, t, &n->child[0], gone, arg);
	prune_routes(net, t, &n->child[1], gone, arg);
	for (struct fib_route **r = &n->routes; *r;) {
		if (gone(*r, arg))
			route_unlink(net, t, r);
		else
			r = &(*r)->next;
	}
	node_prune(link);
}

static bool over_dev(const struct fib_route *r, const void *dev) { return r->dev == dev; }
static bool prefers(const struct fib_route *r, const void *local) { return r->prefsrc == *(const __be32 *)local; }
static bool any_route(const struct fib_route *r, const void *unused) { return true; }

void fib_flush_dev(struct net *net, struct net_device *dev)
{
	prune_routes(net, &net->ipv4->local, &net->ipv4->local.root, over_dev, dev);
	prune_routes(net, &net->ipv4->main, &net->ipv4->main.root, over_dev, dev);
	rt_cache_flush(net);
}

void fib_flush_prefsrc(struct net *net, __be32 local)
{
	prune_routes(net, &net->ipv4->local, &net->ipv4->local.root, prefers, &local);
	prune_routes(net, &net->ipv4->main, &net->ipv4->main.root, prefers, &local);
	rt_cache_flush(net);
}

void fib_table_free(struct net *net, struct fib_table *t) { prune_routes(net, t, &t->root, any_route, NULL); }
