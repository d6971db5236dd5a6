/* net/core/skb_segment.c - one packet becomes many, without copying payload that lies in fragments
 *
 * What:   each segment gets a head of its own with a copy of all headers; its payload is a share of the big packet's
 *         fragments. What lay in the head is copied. A packet that GRO made holds its later segments in the frag_list,
 *         each as it came from the wire: those are taken out and get the headers in front again.
 * Called: a transport's gso_segment(), under the tx lock or with BHs off.
 * Calls:  skb_alloc.c, skb_copy.c.
 * Locks:  none: the caller holds the only reference to this struct sk_buff.
 */
#include "net/core/dst.h"
#include "net/core/gso.h"
#include "net/core/skb_internal.h"

#define SEGMENT_FRONT 64u /* room for a link header that is yet to come */

/* Where the next segment starts. Offsets count from skb->data. */
struct cutter {
	struct sk_buff *skb;
	u32 hlen, off;		/* all headers; payload bytes cut so far */
	int frag;		/* the fragment at off */
	u32 frag_off;		/* and how much of it is cut */
};

/* Headers, and room for linear bytes of payload. NULL without memory. */
static struct sk_buff *segment_head(const struct cutter *c, u32 linear)
{
	u32 front = min(skb_headroom(c->skb) - c->hlen, SEGMENT_FRONT);
	struct sk_buff *n = alloc_skb(front + c->hlen + linear, GFP_ATOMIC);

	if (!n)
		return NULL;
	skb_reserve(n, front);
	skb_put_data(n, c->skb->data - c->hlen, c->hlen);
	skb_copy_header_fields(n, c->skb, (int)(front + c->hlen) - (int)skb_headroom(c->skb));
	return n;
}

static struct sk_buff *copied_segment(struct cutter *c, u32 len)
{
	struct sk_buff *n = segment_head(c, len);

	if (n && skb_copy_bits(c->skb, c->off, skb_put(n, len), len)) {
		consume_skb(n);
		return NULL;
	}
	skb_count_copy(SKB_COPY_SEGMENT, len);
	return n;
}

/* len bytes of fragments from where c stands. */
static void share_frags(struct cutter *c, struct sk_buff *n, u32 len)
{
	int i = 0;

	while (len) {
		const skb_frag_t *f = &skb_shinfo(c->skb)->frags[c->frag];
		u32 piece = min(len, f->size - c->frag_off);

		get_page(f->page);
		skb_add_rx_frag(n, i++, f->page, f->offset + c->frag_off, piece, piece);
		len -= piece;
		c->frag_off += piece;
		if (c->frag_off == f->size) {
			c->frag++;
			c->frag_off = 0;
		}
	}
}

/* What is in the head by copy, the rest by reference. */
static struct sk_buff *shared_segment(struct cutter *c, u32 len)
{
	u32 head = skb_headlen(c->skb), linear = c->off < head ? min(len, head - c->off) : 0;
	struct sk_buff *n = segment_head(c, linear);

	if (!n)
		return NULL;
	if (linear) {
		skb_put_data(n, c->skb->data + c->off, linear);
		skb_count_copy(SKB_COPY_SEGMENT, linear);
	}
	share_frags(c, n, len - linear);
	return n;
}

/* The frag_list's first packet is the next segment: it leaves the list and gets the headers back. */
static struct sk_buff *listed_segment(struct cutter *c)
{
	struct skb_shared_info *sh = skb_shinfo(c->skb);
	struct sk_buff *n = sh->frag_list;
	u32 headroom;

	if (skb_cow_head(n, c->hlen))
		return NULL;
	sh->frag_list = n->next;
	n->next = NULL;
	headroom = skb_headroom(n);
	memcpy(skb_push(n, c->hlen), c->skb->data - c->hlen, c->hlen);
	skb_dst_drop(n);
	skb_copy_header_fields(n, c->skb, (int)headroom - (int)skb_headroom(c->skb));
	return n;
}

/* Whether each packet of the frag_list is a segment by itself, ours alone, in a form that the device takes. */
static bool list_is_cut(const struct sk_buff *skb, bool sg)
{
	u32 mss = skb_shinfo(skb)->gso_size, listed = 0;

	if (skb_cloned(skb))
		return false;
	for (const struct sk_buff *f = skb_shinfo(skb)->frag_list; f; f = f->next) {
		if ((f->next ? f->len != mss : f->len > mss) || !f->len || skb_shared(f) || skb_shinfo(f)->frag_list ||
		    (!sg && f->data_len))
			return false;
		listed += f->len;
	}
	return skb->len - listed == mss;
}

static struct sk_buff *next_segment(struct cutter *c, bool listed, bool sg, u32 len)
{
	if (listed && c->off)
		return listed_segment(c);
	if (sg && (listed || !skb_shinfo(c->skb)->frag_list))
		return shared_segment(c, len);
	return copied_segment(c, len);
}

/* The sender's account follows the last segment: it is charged until all have left. */
static void hand_over_owner(struct sk_buff *skb, struct sk_buff *last)
{
	if (!skb->destructor)
		return;
	skb_shinfo(last)->tx_flags = skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP; /* the last byte's (timestamping.c) */
	skb_shinfo(last)->tskey = skb_shinfo(skb)->tskey;
	swap(skb->truesize, last->truesize);
	last->destructor = skb->destructor;
	last->sk = skb->sk;
	skb->destructor = NULL;
	skb->sk = NULL;
}

struct sk_buff *skb_segment(struct sk_buff *skb, netdev_features_t features)
{
	u32 mss = skb_shinfo(skb)->gso_size, total = skb->len;
	bool sg = features & NETIF_F_SG, listed = skb_shinfo(skb)->frag_list && list_is_cut(skb, sg);
	struct cutter c = { .skb = skb, .hlen = (u32)(skb->data - (unsigned char *)skb_mac_header(skb)) };
	struct sk_buff *segs = NULL, **link = &segs, *n = NULL;

	if (!mss || !total || c.hlen > skb_headroom(skb))
		return ERR_PTR(-EINVAL);
	for (; c.off < total; c.off += min(mss, total - c.off)) {
		n = next_segment(&c, listed, sg, min(mss, total - c.off));
		if (!n) {
			kfree_skb_list_reason(segs, SKB_CONSUMED);
			return ERR_PTR(-ENOMEM);
		}
		*link = n;
		link = &n->next;
	}
	hand_over_owner(skb, n);
	return segs;
}
