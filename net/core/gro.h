/* net/core/gro.h - what those who merge received segments share */
#pragma once
#include "net/core/gso.h"

#define MAX_GRO_SKBS 8	/* held in one bucket at most */

/* In skb->cb while a packet is in GRO's hands. */
struct napi_gro_cb {
	u32 data_offset;	/* headers that the layers so far have looked at; from skb->data, the network header */
	u16 flush;		/* skb: GRO_PASS*, it goes up by itself. A held packet: it is not continued */
	u16 count;		/* segments in it */
	u8 same_flow;		/* a held packet: the one at hand may be of its flow. skb: it was merged */
	u8 ids;			/* GRO_IDS_*: how IP identifications go on */
	struct sk_buff *last;	/* end of the frag_list */
};
enum { GRO_PASS = 1, GRO_PASS_LAST }; /* LAST: nobody knows its flow, so all of its bucket goes before it */
enum { GRO_IDS_UNKNOWN, GRO_IDS_COUNT, GRO_IDS_SAME };
#define NAPI_GRO_CB(skb) ((struct napi_gro_cb *)(skb)->cb)
_Static_assert(sizeof(struct napi_gro_cb) <= 64, "skb->cb holds it");

/* Hangs skb's payload (behind data_offset) behind p's; skb is then part of p. 0, or -E2BIG and nothing changed. */
int skb_gro_receive(struct sk_buff *p, struct sk_buff *skb);
/* End of a poll: n->rx_list becomes what goes up, segments of one flow put together. Nothing is held afterwards. */
void napi_gro_merge(struct napi_struct *n);
