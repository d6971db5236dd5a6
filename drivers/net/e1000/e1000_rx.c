/* drivers/net/e1000/e1000_rx.c - the receive ring
 *
 * What:   every slot always holds an empty sk_buff that the device fills. It goes up as it is, and a fresh one takes
 *         the slot; without memory the frame is dropped and its sk_buff stays. A short frame is copied instead, so
 *         that a socket's queue holds three times as many. RDT is written once a poll.
 * Called: the NAPI poll (softirq); allocation with the device down.
 * Locks:  the poll is alone.
 * Absent: frames over several descriptors (MTU is 1500): dropped and counted.
 */
#include "drivers/net/e1000/e1000.h"
#include "net/core/skb_birth.h"
#include "net/core/snmp.h"

#define RX_COPYBREAK 256 /* bytes; Linux's figure */

static void fill_desc(struct e1000 *e, u32 i)
{
	struct e1000_rx_desc *d = &e->rx_ring[i];

	d->addr = cpu_to_le64(dma_map_single(e->rx_skbs[i]->data));
	WRITE_ONCE(d->status, 0);
}

void e1000_rx_free(struct e1000 *e)
{
	for (u32 i = 0; e->rx_skbs && i < e->rx_count; i++)
		if (e->rx_skbs[i])
			consume_skb(e->rx_skbs[i]);
	kfree(e->rx_skbs);
	e->rx_skbs = NULL;
	if (e->rx_ring)
		dma_free_coherent(e->rx_count * sizeof(*e->rx_ring), e->rx_ring, e->rx_dma);
	e->rx_ring = NULL;
}

int e1000_rx_alloc(struct e1000 *e)
{
	e->rx_ring = dma_alloc_coherent(e->rx_count * sizeof(*e->rx_ring), &e->rx_dma, GFP_KERNEL);
	e->rx_skbs = kcalloc(e->rx_count, sizeof(*e->rx_skbs), GFP_KERNEL);
	if (!e->rx_ring || !e->rx_skbs) {
		e1000_rx_free(e);
		return -ENOMEM;
	}
	memset(e->rx_ring, 0, e->rx_count * sizeof(*e->rx_ring));
	for (u32 i = 0; i < e->rx_count; i++) {
		e->rx_skbs[i] = netdev_alloc_skb(e->dev, E1000_RX_MAX);
		if (!e->rx_skbs[i]) {
			e1000_rx_free(e);
			return -ENOMEM;
		}
		fill_desc(e, i);
	}
	return 0;
}

/* [14.4] The device owns the slots from RDH up to, not including, RDT: one stays empty. */
void e1000_rx_start(struct e1000 *e)
{
	e->rx_next = 0;
	e->rx_skip = false;
	ew32(e, E1000_RDTR, 0);
	ew32(e, E1000_RADV, 0);
	ew32(e, E1000_RDBAL, (u32)e->rx_dma);
	ew32(e, E1000_RDBAH, (u32)(e->rx_dma >> 32));
	ew32(e, E1000_RDLEN, (u32)(e->rx_count * sizeof(*e->rx_ring)));
	ew32(e, E1000_RDH, 0);
	ew32(e, E1000_RXCSUM, RXCSUM_IPOFL | RXCSUM_TUOFL);
	e1000_set_rx_mode(e->dev);
	dma_wmb();
	ew32(e, E1000_RDT, e->rx_count - 1);
}

static void count_drop(struct e1000 *e, enum skb_drop_reason why)
{
	this_cpu_ptr(e->dev->net->mib)->drops[why]++;
	if (why == SKB_DROP_REASON_NOMEM)
		this_cpu_ptr(e->dev->dstats)->rx_dropped++;
	else
		e->bad_frames++;
}

/* Counts a frame that is not whole, or not good. */
static noinline void frame_bad(struct e1000 *e, u16 status, u32 len)
{
	bool skipped = e->rx_skip || !(status & RXD_EOP);

	e->rx_skip = !(status & RXD_EOP);
	count_drop(e, skipped || len > E1000_RX_MAX || status & RXD_ERR_FRAME ? SKB_DROP_REASON_RX_ERROR :
										SKB_DROP_REASON_DEV_HDR);
}
/* Whether the frame in this descriptor is whole and good. All of it comes from the device: nothing is believed. */
static inline bool frame_good(const struct e1000 *e, u16 status, u32 len)
{
	return (status & (RXD_EOP | RXD_ERR_FRAME)) == RXD_EOP && !e->rx_skip &&
	       len - ETH_HLEN <= E1000_RX_MAX - ETH_HLEN;
}

struct rx_counts { u64 packets, bytes, copies, copied; }; /* of one poll */

/* A copy in a small head: what waits for a program is charged with the memory that it takes. Whole words, which both
 * have room for, are copied with fewer instructions. */
static inline void copy_short(struct sk_buff *skb, const struct sk_buff *from, u32 len, struct rx_counts *n)
{
	memcpy(__builtin_assume_aligned(skb->data, 8), __builtin_assume_aligned(from->data, 8), ALIGN_UP(len, 8u));
	n->copies++;
	n->copied += len;
}

/* A wrong checksum is left to the stack, which counts it by protocol. */
static bool checksum_good(u16 status)
{
	return (status & (RXD_TCPCS | RXD_IXSM | RXD_ERR_TCPE)) == RXD_TCPCS;
}

/* A short frame goes up as a copy, another in the slot's packet, whose place the new one takes. Without memory it is
 * dropped, and the slot stays as it was. */
static inline void receive_one(struct e1000 *e, struct net_device *dev, u32 i, u64 report, struct rx_counts *n)
{
	u16 status = RXD_STATUS(report);
	u32 len = (u16)report;
	struct sk_buff *slot = e->rx_skbs[i], *skb;

	if (unlikely(!frame_good(e, status, len))) {
		frame_bad(e, status, len);
		return;
	}
	skb = napi_alloc_skb(dev, len <= RX_COPYBREAK ? len : E1000_RX_MAX);
	if (unlikely(!skb)) {
		count_drop(e, SKB_DROP_REASON_NOMEM);
		return;
	}
	if (len <= RX_COPYBREAK) {
		copy_short(skb, slot, len, n);
	} else {
		e->rx_skbs[i] = skb;
		e->rx_ring[i].addr = cpu_to_le64(dma_map_single(skb->data));
		skb = slot;
	}
	skb_trim_linear(skb, len); /* there is room: E1000_RX_MAX */
	if (checksum_good(status) && dev->features & NETIF_F_RXCSUM)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(&e->napi, skb);
	n->packets++;
	n->bytes += len;
}

/* Up to budget descriptors; how many. */
int e1000_rx_clean(struct e1000 *e, int budget)
{
	struct net_device *dev = e->dev;
	struct rx_counts n = { 0 };
	u32 i = e->rx_next;
	int done;

	for (done = 0; done < budget; done++) {
		struct e1000_rx_desc *d = &e->rx_ring[i];
		u64 report = le64_to_cpu(READ_ONCE(d->report));

		if (!(RXD_STATUS(report) & RXD_DD))
			break;
		dma_rmb();
		receive_one(e, dev, i, report, &n);
		WRITE_ONCE(d->status, 0);
		i = ring_next(i, e->rx_count);
	}
	if (!done)
		return 0;
	e->rx_next = i;
	dev_count_rx(dev, n.packets, n.bytes);
	skb_count_copies(SKB_COPY_COPYBREAK, n.copies, n.copied);
	dma_wmb();
	ew32(e, E1000_RDT, i ? i - 1 : e->rx_count - 1);
	return done;
}
