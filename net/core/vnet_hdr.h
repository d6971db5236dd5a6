/* net/core/vnet_hdr.h - the header that virtio puts before a packet (virtio 1.1, 5.1.6): checksum and segmentation
 * that are left to do. TUN and packet sockets show it to programs. */
#pragma once
#include "net/core/skbuff.h"
#include <linux/virtio_net.h>

/* Its fields are in the order of the machine, which is little-endian. */
static inline u16 vnet16(__virtio16 v) { return (__force u16)v; }
static inline __virtio16 to_vnet16(u32 v) { return (__force __virtio16)(u16)v; }

/* What the program claims of skb is checked against skb's own headers, then noted in it. skb->data is the Ethernet
 * header (ethernet) or the IP header, and no header is pulled. 0, or -EINVAL: nothing of it can be believed. */
int vnet_hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *h, bool ethernet);
void vnet_hdr_from_skb(const struct sk_buff *skb, struct virtio_net_hdr *h);
