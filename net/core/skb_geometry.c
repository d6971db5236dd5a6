/* net/core/skb_geometry.c - making room, cutting, and making bytes private
 *
 * What:   everything that changes where a packet's bytes lie without changing the bytes.
 * Called: protocols and drivers before they write to a packet; any context.
 * Calls:  skb_alloc.c for heads, skb_copy.c to move bytes.
 * Locks:  none: the caller holds the only reference to this struct sk_buff.
 */
#include "net/core/dst.h"
#include "net/core/skb_internal.h"

static void move_offsets(struct sk_buff *skb, u32 by)
{
	if (skb->mac_header != U16_MAX)
		skb->mac_header += by;
	if (skb->network_header != U16_MAX)
		skb->network_header += by;
	if (skb->transport_header != U16_MAX)
		skb->transport_header += by;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start += by;
}

/* A second reference to everything that hangs from the shared info, which was copied. */
static void share_frags(struct sk_buff *skb)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	for (int i = 0; i < sh->nr_frags; i++)
		get_page(sh->frags[i].page);
	for (struct sk_buff *s = sh->frag_list; s; s = s->next)
		skb_get(s);
}

static void copy_shinfo(void *new_end, const struct sk_buff *skb)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);

	memcpy(new_end, sh, offsetof(struct skb_shared_info, frags) + sh->nr_frags * sizeof(skb_frag_t));
	atomic_set(&((struct skb_shared_info *)new_end)->dataref, 1);
}

/* Also makes the head private. truesize stays what the socket was charged when somebody is charged. */
int pskb_expand_head(struct sk_buff *skb, u32 more_head, u32 more_tail, gfp_t gfp)
{
	u32 used = skb->tail, size = skb->end, old_end = skb->end;
	unsigned char *head;
	u8 class;

	if (more_head > U16_MAX || more_tail > S32_MAX - size - more_head)
		return -EINVAL;
	size += more_head + more_tail;
	head = skb_head_alloc(&size, &class, gfp);
	if (!head)
		return -ENOMEM;
	memcpy(head + more_head, skb->head, used);
	skb_count_copy(SKB_COPY_EXPAND_HEAD, used);
	copy_shinfo(head + size, skb);
	if (skb_cloned(skb)) {
		struct sk_buff tmp = { .head = head, .end = size };

		share_frags(&tmp);
		skb_release_data(skb);
	} else {
		skb_head_free(skb->head, skb->head_cache);
	}
	skb->data = head + more_head + (skb->data - skb->head);
	skb->head = head;
	skb->head_cache = class;
	skb->tail += more_head;
	skb->end = size;
	skb->cloned = skb->nohdr = 0;
	move_offsets(skb, more_head);
	if (!skb->destructor)
		skb->truesize += size - old_end;
	return 0;
}

int skb_cow_head(struct sk_buff *skb, u32 headroom)
{
	u32 have = skb_headroom(skb);

	if (likely(have >= headroom && !skb_header_cloned(skb)))
		return 0;
	return pskb_expand_head(skb, have >= headroom ? 0 : ALIGN_UP(headroom - have, NET_SKB_PAD), 0, GFP_ATOMIC);
}

int skb_ensure_writable(struct sk_buff *skb, u32 len)
{
	if (len > skb->len)
		return -EINVAL;
	if (!pskb_may_pull(skb, len))
		return -ENOMEM;
	return skb_cloned(skb) ? pskb_expand_head(skb, 0, 0, GFP_ATOMIC) : 0;
}

/* Takes n bytes off the front of the frag_list's packets. 0 or -ENOMEM, then nothing changed. */
static int eat_frag_list(struct sk_buff *skb, u32 n)
{
	struct skb_shared_info *sh = skb_shinfo(skb);
	struct sk_buff *s = sh->frag_list;
	u32 whole = 0;

	while (s && whole + s->len <= n) {
		whole += s->len;
		s = s->next;
	}
	if (s && n > whole) { /* this one goes in part: it must be ours, with the bytes in its head */
		if (skb_shared(s) || !pskb_may_pull(s, n - whole))
			return -ENOMEM;
		__skb_pull(s, n - whole);
	}
	while (sh->frag_list != s) {
		struct sk_buff *dead = sh->frag_list;

		sh->frag_list = dead->next;
		dead->next = NULL;
		consume_skb(dead);
	}
	return 0;
}

static noinline u32 eat_whole_frags(struct skb_shared_info *sh, u32 n)
{
	u32 gone;

	for (gone = 0; gone < sh->nr_frags && n >= sh->frags[gone].size; gone++) {
		n -= sh->frags[gone].size;
		put_page(sh->frags[gone].page);
	}
	sh->nr_frags -= (u8)gone;
	memmove(sh->frags, sh->frags + gone, sh->nr_frags * sizeof(sh->frags[0]));
	return n;
}
/* Takes up to n bytes off the front of the fragments; returns how many are left to take from the frag_list. Mostly the
 * first has them: an ACK of a few segments of a large packet. */
static inline u32 eat_frags(struct sk_buff *skb, u32 n)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	if (sh->nr_frags && unlikely(n >= sh->frags[0].size))
		n = eat_whole_frags(sh, n);
	if (!sh->nr_frags)
		return n;
	sh->frags[0].offset += n;
	sh->frags[0].size -= n;
	return 0;
}

static u32 frags_len(const struct sk_buff *skb)
{
	u32 n = 0;

	for (int i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		n += skb_shinfo(skb)->frags[i].size;
	return n;
}

void *__pskb_pull_tail(struct sk_buff *skb, u32 delta)
{
	u32 room = skb->end - skb->tail, in_frags;

	if (delta > skb->data_len)
		return NULL;
	if ((room < delta || skb_cloned(skb)) &&
	    pskb_expand_head(skb, 0, room < delta ? delta - room + 64 : 0, GFP_ATOMIC))
		return NULL;
	if (skb_copy_bits(skb, skb_headlen(skb), skb_tail_pointer(skb), delta))
		return NULL;
	in_frags = frags_len(skb);
	if (delta > in_frags && eat_frag_list(skb, delta - in_frags))
		return NULL;
	eat_frags(skb, delta);
	skb->tail += delta;
	skb->data_len -= delta;
	skb_count_copy(SKB_COPY_PULL_TAIL, delta);
	return skb_tail_pointer(skb);
}

void skb_eat_front(struct sk_buff *skb, u32 n)
{
	u32 in_head = min(n, skb_headlen(skb)), rest = n - in_head;

	__skb_pull(skb, in_head);
	if (!rest)
		return;
	eat_frags(skb, rest);
	skb->len -= rest;
	skb->data_len -= rest;
}

int skb_linearize(struct sk_buff *skb)
{
	u32 n = skb->data_len;

	if (!n)
		return 0;
	skb_count_copy(SKB_COPY_LINEARIZE, n);
	return __pskb_pull_tail(skb, n) ? 0 : -ENOMEM;
}

/* Cuts fragments so that len bytes of them are left. The shared info is private. */
static void trim_frags(struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *sh = skb_shinfo(skb);
	int keep = 0;

	for (int i = 0; i < sh->nr_frags; i++) {
		skb_frag_t *f = &sh->frags[i];

		if (!len) {
			put_page(f->page);
			continue;
		}
		f->size = min(f->size, len);
		len -= f->size;
		keep++;
	}
	sh->nr_frags = (u8)keep;
}

int __pskb_trim(struct sk_buff *skb, u32 len)
{
	u32 in_head = skb_headlen(skb);

	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE; /* it summed bytes that go */
	if (!skb->data_len) {
		skb_trim_linear(skb, len);
		return 0;
	}
	/* A packet with a frag_list is rare enough to be made one piece before it is cut. */
	if (skb_shinfo(skb)->frag_list && skb_linearize(skb))
		return -ENOMEM;
	if (skb_cloned(skb) && pskb_expand_head(skb, 0, 0, GFP_ATOMIC))
		return -ENOMEM;
	if (!skb->data_len) {
		skb_trim_linear(skb, len);
		return 0;
	}
	trim_frags(skb, len > in_head ? len - in_head : 0);
	skb->data_len = len > in_head ? len - in_head : 0;
	skb->len = len;
	if (len < in_head)
		skb->tail = (u32)(skb->data - skb->head) + len;
	return 0;
}

/* Short frames are padded with zeros, so that no old memory leaks to the wire. skb->len stays: the driver sends len. */
int skb_pad(struct sk_buff *skb, u32 len)
{
	u32 pad = len > skb->len ? len - skb->len : 0;

	if (!pad)
		return 0;
	if (skb_linearize(skb) ||
	    ((skb_cloned(skb) || skb_tailroom(skb) < pad) && pskb_expand_head(skb, 0, pad, GFP_ATOMIC))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return -ENOMEM;
	}
	memset(skb_tail_pointer(skb), 0, pad);
	return 0;
}

/* All that skb says of itself but its bytes; moved: where they lie in n's head, less where in skb's. */
void skb_copy_header_fields(struct sk_buff *n, const struct sk_buff *skb, int moved)
{
	n->dev = skb->dev;
	n->tstamp_ns = skb->tstamp_ns;
	n->protocol = skb->protocol;
	n->queue_mapping = skb->queue_mapping;
	n->vlan_tci = skb->vlan_tci;
	n->vlan_present = skb->vlan_present;
	n->pkt_type = skb->pkt_type;
	n->ip_summed = skb->ip_summed;
	n->csum_valid = skb->csum_valid;
	n->ignore_df = skb->ignore_df;
	n->l4_hash = skb->l4_hash;
	n->hash = skb->hash;
	n->mark = skb->mark;
	n->priority = skb->priority;
	n->csum = skb->csum;
	n->mac_header = skb->mac_header;
	n->network_header = skb->network_header;
	n->transport_header = skb->transport_header;
	memcpy(n->cb, skb->cb, sizeof(n->cb));
	move_offsets(n, (u32)moved);
	n->dst = skb->dst;
	n->dst_noref = skb->dst_noref;
	if (n->dst)
		skb_dst_copy(n, skb);
}

static void copy_gso(struct sk_buff *n, const struct sk_buff *skb)
{
	skb_shinfo(n)->gso_size = skb_shinfo(skb)->gso_size;
	skb_shinfo(n)->gso_segs = skb_shinfo(skb)->gso_segs;
	skb_shinfo(n)->gso_type = skb_shinfo(skb)->gso_type;
	skb_shinfo(n)->tx_flags = skb_shinfo(skb)->tx_flags;
	skb_shinfo(n)->tskey = skb_shinfo(skb)->tskey;
}

struct sk_buff *skb_copy(const struct sk_buff *skb, gfp_t gfp)
{
	u32 headroom = skb_headroom(skb);
	struct sk_buff *n = alloc_skb(headroom + skb->len, gfp);

	if (!n)
		return NULL;
	memcpy(n->head, skb->head, headroom); /* link and network headers may lie before data */
	skb_reserve(n, headroom);
	if (skb_copy_bits(skb, 0, skb_put(n, skb->len), skb->len)) {
		consume_skb(n);
		return NULL;
	}
	skb_count_copy(SKB_COPY_COPY, skb->len);
	skb_copy_header_fields(n, skb, 0);
	copy_gso(n, skb);
	return n;
}

struct sk_buff *pskb_copy(struct sk_buff *skb, u32 headroom, gfp_t gfp)
{
	u32 old = skb_headroom(skb), in_head = skb_headlen(skb), bring = min(old, headroom);
	struct sk_buff *n = alloc_skb(headroom + in_head, gfp);

	if (!n)
		return NULL;
	memcpy(n->head + headroom - bring, skb->data - bring, bring);
	skb_reserve(n, headroom);
	skb_put_data(n, skb->data, in_head);
	skb_count_copy(SKB_COPY_COPY, in_head);
	copy_shinfo(skb_shinfo(n), skb);
	share_frags(n);
	n->data_len = skb->data_len;
	n->len = skb->len;
	n->truesize += skb->data_len;
	skb_copy_header_fields(n, skb, (int)headroom - (int)old);
	return n;
}
