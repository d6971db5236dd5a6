/* net/ipv4/ip_gro.h - the IPv4 header that the next segment of a held packet would have
 *
 * Kept beside the packet and compared as it is: identification and checksum are counted on when a segment has joined,
 * so that nothing needs to be masked, folded or summed to know the next one.
 */
#pragma once
#include "net/core/gro.h"
#include "net/ipv4/inet.h"

static inline void inet_gro_count_on(struct iphdr *next)
{
	__be16 id = htons((u16)(ntohs(next->id) + 1));

	csum_replace2(&next->check, next->id, id);
	next->id = id;
}

/* p is held, or has been joined, with header iph, which inet_gro_receive() let pass. */
static inline void inet_gro_expect(struct sk_buff *p, const struct iphdr *iph)
{
	struct napi_gro_cb *cb = NAPI_GRO_CB(p);

	cb->next_iph = *iph;
	cb->next_pseudo = csum_tcpudp_nofold(iph->saddr, iph->daddr, ntohs(iph->tot_len) - (u32)sizeof(*iph),
					     iph->protocol, 0);
	if (cb->ids != GRO_IDS_SAME) /* where that is not known yet, counting is likely */
		inet_gro_count_on(&cb->next_iph);
}

/* Whether skb, linear and at least as long as a header, has it. */
static inline bool inet_gro_expected(const struct sk_buff *p, const struct sk_buff *skb)
{
	const struct iphdr *next = &NAPI_GRO_CB(p)->next_iph, *iph = (const struct iphdr *)skb->data;

	return get_unaligned((const u64 *)iph) == get_unaligned((const u64 *)next) &&
	       get_unaligned((const u64 *)&iph->ttl) == get_unaligned((const u64 *)&next->ttl) &&
	       iph->daddr == next->daddr && ntohs(iph->tot_len) == skb->len;
}

/* What was expected has joined p. */
static inline void inet_gro_joined(struct sk_buff *p)
{
	struct napi_gro_cb *cb = NAPI_GRO_CB(p);

	if (cb->ids == GRO_IDS_SAME)
		return;
	cb->ids = GRO_IDS_COUNT;
	inet_gro_count_on(&cb->next_iph);
}
