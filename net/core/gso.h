/* net/core/gso.h - one packet that stands for many: cutting it, and who knows how
 *
 * A GSO packet is one sk_buff whose payload is several segments long: skb_shinfo()->gso_size bytes each, the last one
 * perhaps shorter, behind one set of headers. It crosses the stack as one packet and is cut as late as possible: by the
 * device (TSO), or just before it by skb_gso_segment().
 */
#pragma once
#include "net/core/netdevice.h"

#define GSO_LEGACY_MAX_SIZE 65536u /* what fits the 16-bit length of IPv4 */
#define GSO_MAX_SEGS 65535u

/* What a protocol does with packets that stand for many. Called in softirq or with BHs off, RCU. */
struct offload_callbacks {
	/* Cuts skb, data at this protocol's header; does not eat it. The segments, linked by ->next, data at the link
	 * header (mac_header); or ERR_PTR. On an error skb is good for nothing but being freed. */
	struct sk_buff *(*gso_segment)(struct sk_buff *skb, netdev_features_t features);
	/* Whether skb, data at the network header, needs to be looked at, by the protocol that its header names. No: it
	 * goes up at once. held: there are packets that it may continue, or must not overtake. Set where gro_receive
	 * is. */
	bool (*gro_wants)(const struct sk_buff *skb, bool held);
	/* A received packet, before it goes up: looks whom of b's packets (those with same_flow) it continues, and
	 * hangs it there. Returns the one that must go up now, or NULL. Says in NAPI_GRO_CB(skb): same_flow, it was
	 * merged; flush, it goes up by itself; neither, it is held. May be NULL: nothing of this is merged. */
	struct sk_buff *(*gro_receive)(struct gro_bucket *b, struct sk_buff *skb);
	/* skb is complete and more than one segment: headers and checksum state of the whole. nhoff: this header. */
	void (*gro_complete)(struct sk_buff *skb, u32 nhoff);
};
struct packet_offload { /* by EtherType */
	__be16 type;
	struct offload_callbacks callbacks;
	struct list_head list;
};
void dev_add_offload(struct packet_offload *po); /* at start; po stays */
struct packet_offload *dev_find_offload(__be16 type); /* or NULL */

/* Payload cut at gso_size: skb->data stands behind all headers, which begin at mac_header; each segment gets a copy of
 * them. Fragments are shared; bytes in the head are copied; packets in the frag_list that are one segment each become
 * segments themselves. ERR_PTR(-EINVAL, -ENOMEM); then skb can only be freed. Does not eat skb. */
struct sk_buff *skb_segment(struct sk_buff *skb, netdev_features_t features);
/* skb->data at mac_header (which may be the network header: no link header yet), network_header set. */
struct sk_buff *skb_gso_segment(struct sk_buff *skb, netdev_features_t features);

/* What dev can do with this very packet. */
netdev_features_t netif_skb_features(const struct sk_buff *skb);
/* True when dev takes the GSO packet whole. */
bool skb_gso_ok(const struct sk_buff *skb, netdev_features_t features);
static inline bool netif_needs_gso(const struct sk_buff *skb, netdev_features_t features)
{
	return skb_is_gso(skb) && (!skb_gso_ok(skb, features) || unlikely(skb->ip_summed != CHECKSUM_PARTIAL));
}
/* Length of one segment from its network header on; transport_header set, TCP's header in the head. */
u32 skb_gso_network_seglen(const struct sk_buff *skb);
static inline bool skb_gso_validate_network_len(const struct sk_buff *skb, u32 mtu)
{
	return skb_gso_network_seglen(skb) <= mtu;
}
static inline u32 skb_gso_segs(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_segs ? skb_shinfo(skb)->gso_segs : 1u;
}

/* dev_features.c: what a device shall do is wanted_features, as far as it can (hw_features) and as it makes sense. */
netdev_features_t netdev_fix_features(const struct net_device *dev, netdev_features_t features);
void netdev_update_features(struct net_device *dev); /* rtnl held, or before registration */
/* The legacy calls of SIOCETHTOOL that read or switch one feature; -EOPNOTSUPP for others. rtnl held. */
int ethtool_feature_call(struct net_device *dev, u32 cmd, void __user *arg);
