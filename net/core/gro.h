/* net/core/gro.h - what those who merge received segments share */
#pragma once
#include "net/core/dst.h"
#include "net/core/gso.h"
#include <linux/ip.h>

#define MAX_GRO_SKBS 8	/* held in one bucket at most */

/* In skb->cb while a packet is in GRO's hands. */
struct napi_gro_cb {
	u32 data_offset;	/* headers that the layers so far have looked at; from skb->data, the network header */
	u16 flush;		/* skb: GRO_PASS*, it goes up by itself. A held packet: it is not continued */
	u16 count;		/* segments in it */
	u8 same_flow;		/* a held packet: the one at hand may be of its flow. skb: it was merged */
	u8 ids;			/* GRO_IDS_*: how IP identifications go on */
	struct sk_buff **tail;	/* end of the frag_list: where the next segment is hung */
	/* A held packet, by the protocol that let it be held; the link's header is the same. Whether skb is what a bulk
	 * transfer's next segment would be, and hangs behind p now. False: only gro_receive() can tell; all is as it
	 * was. NULL: nobody knows at a glance. */
	bool (*gro_next)(struct sk_buff *p, struct sk_buff *skb);
	struct iphdr next_iph;	/* what IPv4 expects of that segment (net/ipv4/ip_gro.h) */
	__wsum next_pseudo;	/* and the sum of its pseudo header */
};
enum { GRO_PASS = 1, GRO_PASS_LAST }; /* LAST: nobody knows its flow, so all of its bucket goes before it */
enum { GRO_IDS_UNKNOWN, GRO_IDS_COUNT, GRO_IDS_SAME };
#define NAPI_GRO_CB(skb) ((struct napi_gro_cb *)(skb)->cb)
_Static_assert(sizeof(struct napi_gro_cb) <= 64, "skb->cb holds it");

/* Hangs skb's payload (at least a byte, behind off bytes of headers in its head) behind p's; skb is then part of p.
 * 0, or -E2BIG and nothing changed. */
static inline int skb_gro_receive(struct sk_buff *p, struct sk_buff *skb, u32 off)
{
	u32 len = skb->len - off;

	if (unlikely(p->len + len >= GSO_LEGACY_MAX_SIZE))
		return -E2BIG;
	__skb_pull(skb, off);
	skb_dst_drop(skb);
	skb->next = NULL;
	*NAPI_GRO_CB(p)->tail = skb;
	NAPI_GRO_CB(p)->tail = &skb->next;
	NAPI_GRO_CB(p)->count++;
	p->len += len;
	p->data_len += len;
	p->truesize += skb->truesize;
	return 0;
}
/* End of a poll: n->rx_list becomes what goes up, segments of one flow put together. Nothing is held afterwards. */
void napi_gro_merge(struct napi_struct *n);
