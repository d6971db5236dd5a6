/* net/core/skb_internal.h - what the files of the sk_buff share among themselves */
#pragma once
#include "net/core/skbuff.h"

/* Where a head came from (skb->head_cache): the slab that takes it back. */
enum skb_head_class { SKB_HEAD_KMALLOC, SKB_HEAD_SMALL, SKB_HEAD_RX, NR_SKB_HEAD_CLASSES };

#define SKB_SHINFO_SIZE SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define SKB_SMALL_ROOM 384u		  /* headers of a segment whose data lies in fragments, an ACK, a SYN */
#define SKB_RX_ROOM (NET_SKB_PAD + 2048u) /* one Ethernet frame */

/* A head with at least *size bytes before the shared info; *size becomes what there is. NULL without memory. */
void *skb_head_alloc(u32 *size, u8 *class, gfp_t gfp);
void skb_head_free(void *head, u8 class);
/* Gives the data area's reference back; the last one frees fragments and head. */
void skb_release_data(struct sk_buff *skb);
void skb_copy_header_fields(struct sk_buff *n, const struct sk_buff *skb, int moved);

/* Calls fn for each contiguous piece of [offset, offset + len), head, fragments, then frag_list. Stops at the first
 * result that is not 0 and returns it; -EFAULT when the range leaves the packet. */
typedef int skb_piece_fn(void *ctx, void *piece, u32 n);
int skb_for_each_piece(const struct sk_buff *skb, u32 offset, u32 len, skb_piece_fn *fn, void *ctx);

void skb_stats_init(void);
void skb_page_init(void);
