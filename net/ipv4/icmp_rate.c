/* net/ipv4/icmp_rate.c - how much ICMP we send (RFC 1812 4.3.2.8)
 *
 * What:   a token bucket for all (icmp_msgs_per_sec, icmp_msgs_burst) and one for each destination (icmp_ratelimit),
 *         for the types in icmp_ratemask.
 * Called: icmp.c, in any context.
 * Locks:  icmp_lock.
 */
#include "kernel/random.h"
#include "net/ipv4/internal.h"

/* A destination may have 6 messages in a row, then one each icmp_ratelimit ms, as on Linux (XRLIM_BURST_FACTOR). */
#define BURST 6u

/* Destinations share buckets by hash; a newcomer takes over the bucket, which the global limit makes harmless. */
static struct icmp_bucket *bucket_of(struct netns_ipv4 *v4, __be32 daddr, u64 now_ns)
{
	struct icmp_bucket *b = &v4->icmp_buckets[hash_32((__force u32)daddr ^ (u32)v4->hash_key.k0, 10)];

	if (b->addr != daddr || !b->stamp_ns)
		*b = (struct icmp_bucket){ daddr, (u32)v4->sysctl.icmp_ratelimit_ms * BURST, now_ns };
	return b;
}

static bool take_from_peer(struct netns_ipv4 *v4, __be32 daddr, u64 now_ns)
{
	u32 limit = (u32)v4->sysctl.icmp_ratelimit_ms;
	struct icmp_bucket *b = bucket_of(v4, daddr, now_ns);
	u64 gained = (now_ns - b->stamp_ns) / NSEC_PER_MSEC;

	if (gained) {
		b->tokens_ms = (u32)min(b->tokens_ms + gained, (u64)limit * BURST);
		b->stamp_ns = now_ns;
	}
	if (b->tokens_ms < limit)
		return false;
	b->tokens_ms -= limit;
	return true;
}

/* Is there a token in the bucket of all? It is taken only once the destination's bucket has agreed. */
static bool global_has_token(struct netns_ipv4 *v4, u64 now_ns)
{
	u64 gained = (now_ns - v4->icmp_global_stamp_ns) * (u64)v4->sysctl.icmp_msgs_per_sec / NSEC_PER_SEC;

	if (now_ns - v4->icmp_global_stamp_ns > NSEC_PER_SEC)
		gained = (u64)v4->sysctl.icmp_msgs_per_sec;
	if (gained) {
		v4->icmp_global_credit = (u32)min(v4->icmp_global_credit + gained, (u64)v4->sysctl.icmp_msgs_burst);
		v4->icmp_global_stamp_ns = now_ns;
	}
	return v4->icmp_global_credit > 0;
}

bool icmp_allow(struct net *net, __be32 daddr, u8 type)
{
	struct netns_ipv4 *v4 = net->ipv4;
	bool ok;

	if (type > 31 || !(v4->sysctl.icmp_ratemask & (1 << type)) || !v4->sysctl.icmp_ratelimit_ms ||
	    ipv4_is_loopback(daddr))
		return true;
	spin_lock_bh(&v4->icmp_lock);
	{
		u64 now = ktime_get_ns();

		ok = global_has_token(v4, now) && take_from_peer(v4, daddr, now);
	}
	if (ok)
		v4->icmp_global_credit--;
	spin_unlock_bh(&v4->icmp_lock);
	return ok;
}
