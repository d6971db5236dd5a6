/* net/ethernet/eth.c - Ethernet: the header in front of every frame (IEEE 802.3)
 *
 * What:   header creation and parsing, the type of a received frame, the defaults of an Ethernet device.
 * Called: drivers (eth_type_trans), ARP and packet sockets (header ops), alloc_netdev (ether_setup).
 * Locks:  none.
 * Absent: VLAN tags, jumbo frames by default.
 */
#include "net/core/netdevice.h"
#include <linux/if_arp.h>

static bool is_multicast(const u8 *a) { return a[0] & 1; }
static bool same_address(const u8 *a, const u8 *b) { return !memcmp(a, b, ETH_ALEN); }

u8 eth_pkt_type(const struct net_device *dev, const u8 *dest)
{
	if (is_multicast(dest))
		return same_address(dest, dev->broadcast) ? PACKET_BROADCAST : PACKET_MULTICAST;
	return same_address(dest, dev->dev_addr) ? PACKET_HOST : PACKET_OTHERHOST;
}

/* A length: 802.2 follows, or Novell's raw 802.3, whose first word is all ones. */
__be16 eth_type_of_length(const struct sk_buff *skb)
{
	__be16 raw_ipx;

	if (skb->len >= 2 && !skb_copy_bits(skb, 0, &raw_ipx, 2) && raw_ipx == htons(0xffff))
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

/* len is the payload's, for 802.3. Without daddr the destination is zeros, for the neighbour to fill in. */
static int eth_header(struct sk_buff *skb, struct net_device *dev, u16 type, const void *daddr, const void *saddr,
		      u32 len)
{
	struct ethhdr *eth = skb_push(skb, ETH_HLEN);

	eth->h_proto = htons(type == ETH_P_802_3 || type == ETH_P_802_2 ? (u16)len : type);
	memcpy(eth->h_source, saddr ? saddr : dev->dev_addr, ETH_ALEN);
	if (daddr)
		memcpy(eth->h_dest, daddr, ETH_ALEN);
	else
		memset(eth->h_dest, 0, ETH_ALEN);
	return ETH_HLEN;
}

static int eth_header_parse(const struct sk_buff *skb, u8 *haddr)
{
	const struct ethhdr *eth = skb_mac_header(skb);

	memcpy(haddr, eth->h_source, ETH_ALEN);
	return ETH_ALEN;
}

const struct header_ops eth_header_ops = { .create = eth_header, .parse = eth_header_parse };

void ether_setup(struct net_device *dev)
{
	dev->header_ops = &eth_header_ops;
	dev->type = ARPHRD_ETHER;
	dev->hard_header_len = ETH_HLEN;
	dev->addr_len = ETH_ALEN;
	dev->mtu = ETH_DATA_LEN;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_DATA_LEN;
	dev->tx_queue_len = 1000;
	dev->flags = IFF_BROADCAST | IFF_MULTICAST;
	memset(dev->broadcast, 0xff, ETH_ALEN);
}
