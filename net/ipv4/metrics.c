/* net/ipv4/metrics.c - what a route says about those who use it: RTA_METRICS
 *
 * What:   attributes of rtnetlink into one block of numbers, and back. The block does not change once a route has it;
 *         the route and all its answers (rtable) share it.
 * Called: rtnl_route.c under rtnl; fib_trie.c and route.c hold and release.
 * Absent: what belongs to a cache of earlier connections (rtt, rttvar, ssthresh, cwnd, reordering), hoplimit, window,
 *         features, rto_min and locks: refused, not forgotten.
 */
#include "net/core/netlink.h"
#include "net/ipv4/internal.h"

#define ADVMSS_MAX (65535u - 40u)

/* How a transport names what RTAX_CC_ALGO chooses. Filled at start. */
static const struct ip_cc_names *cc_names;

void ip_metrics_register_cc(const struct ip_cc_names *names) { cc_names = names; }

static const u8 served[RTAX_MAX + 1] = {
	[RTAX_MTU] = 4,	    [RTAX_ADVMSS] = 4,	[RTAX_INITCWND] = 4,	       [RTAX_INITRWND] = 4,
	[RTAX_QUICKACK] = 4, [RTAX_CC_ALGO] = 1, [RTAX_FASTOPEN_NO_COOKIE] = 4
};

static int parse_cc(const struct nlattr *a, u32 *key, const char **why)
{
	char name[16];

	*key = cc_names && !nla_strscpy(name, a, sizeof(name)) ? cc_names->key(name) : 0;
	if (*key)
		return 0;
	*why = "Unknown tcp congestion algorithm";
	return -EINVAL;
}
static int parse_one(const struct nlattr *a, u32 type, u32 *v, const char **why)
{
	if (!served[type]) {
		*why = "This metric is not supported";
		return -EOPNOTSUPP;
	}
	if (type == RTAX_CC_ALGO)
		return parse_cc(a, v, why);
	if (nla_len(a) != 4) {
		*why = "Invalid attribute in metrics";
		return -EINVAL;
	}
	*v = nla_get_u32(a);
	if (type == RTAX_MTU)
		*v = min(*v, 65535u - 15u);
	if (type == RTAX_ADVMSS)
		*v = min(*v, ADVMSS_MAX);
	return 0;
}
/* The caller gives *out back by dst_metrics_put(). 0, -EINVAL, -EOPNOTSUPP (*why is set), -ENOMEM. */
int ip_metrics_parse(const struct nlattr *nest, struct dst_metrics **out, const char **why)
{
	const struct nlattr *tb[RTAX_MAX + 1];
	int err = nlattr_parse(tb, RTAX_MAX, NULL, nla_data(nest), nla_len(nest));
	struct dst_metrics *m = err ? NULL : kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return err ? err : -ENOMEM;
	refcount_set(&m->refcnt, 1);
	for (u32 i = 1; i <= RTAX_MAX && !err; i++)
		if (tb[i])
			err = parse_one(tb[i], i, &m->v[i], why);
	if (err)
		dst_metrics_put(m);
	else
		*out = m;
	return err;
}
/* Appends RTA_METRICS, unless there is nothing to say. mtu: 0 for none. */
void ip_metrics_put(struct nl_msg *msg, const struct dst_metrics *m, u32 mtu)
{
	u32 nest;

	if (!m && !mtu)
		return;
	nest = nla_nest_start(msg, RTA_METRICS);
	if (mtu)
		nla_put_u32(msg, RTAX_MTU, mtu);
	for (u32 i = RTAX_MTU + 1; m && i <= RTAX_MAX; i++) {
		if (!m->v[i])
			continue;
		if (i == RTAX_CC_ALGO)
			nla_put_string(msg, (u16)i, cc_names->name(m->v[i]));
		else
			nla_put_u32(msg, (u16)i, m->v[i]);
	}
	nla_nest_end(msg, nest);
}
