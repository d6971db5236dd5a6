/* net/core/skb_frags.c - cutting packets apart and joining them, by moving references instead of bytes
 *
 * What:   split, shift and coalesce for TCP's queues.
 * Called: net/tcp, with the socket owned.
 * Calls:  skb_alloc.c.
 * Locks:  none: both packets are the caller's, and their shared info is not cloned.
 */
#include "net/core/skb_internal.h"

void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, u32 off, u32 size, u32 truesize)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	sh->frags[i] = (skb_frag_t){ page, off, size };
	sh->nr_frags = (u8)(i + 1);
	skb->len += size;
	skb->data_len += size;
	skb->truesize += truesize;
}

/* The cut lies in the head: skb1 gets the rest of the head by copy, and every fragment. */
static void split_in_head(struct sk_buff *skb, struct sk_buff *skb1, u32 len)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(skb1);
	u32 rest = skb_headlen(skb) - len;

	skb_put_data(skb1, skb->data + len, rest);
	skb_count_copy(SKB_COPY_FRAGMENT, rest);
	memcpy(to->frags, from->frags, from->nr_frags * sizeof(skb_frag_t));
	to->nr_frags = from->nr_frags;
	from->nr_frags = 0;
	skb1->data_len = skb->data_len;
	skb1->len += skb1->data_len;
	skb->data_len = 0;
	skb_trim_linear(skb, len);
}

/* The cut lies len bytes into the fragments: whole ones move, the one that is cut is shared. */
static void split_in_frags(struct sk_buff *skb, struct sk_buff *skb1, u32 len)
{
	struct skb_shared_info *from = skb_shinfo(skb), *to = skb_shinfo(skb1);
	int keep = 0, moved = 0, total = from->nr_frags;

	skb1->len = skb1->data_len = skb->data_len - len;
	skb->len -= skb1->data_len;
	skb->data_len = len;
	for (int i = 0; i < total; i++) {
		skb_frag_t f = from->frags[i];

		if (len >= f.size) {
			keep++;
			len -= f.size;
			continue;
		}
		if (len) {
			get_page(f.page);
			from->frags[i].size = len;
			keep++;
		}
		to->frags[moved++] = (skb_frag_t){ f.page, f.offset + len, f.size - len };
		len = 0;
	}
	from->nr_frags = (u8)keep;
	to->nr_frags = (u8)moved;
}

/* The caller moves truesize. A clone of skb must not exist when skb has fragments (pskb_expand_head first). */
void skb_split(struct sk_buff *skb, struct sk_buff *skb1, u32 len)
{
	if (len >= skb->len)
		return;
	if (len < skb_headlen(skb))
		split_in_head(skb, skb1, len);
	else
		split_in_frags(skb, skb1, len - skb_headlen(skb));
}

static bool frag_follows(const struct sk_buff *skb, const skb_frag_t *f)
{
	const struct skb_shared_info *sh = skb_shinfo(skb);
	const skb_frag_t *last = sh->nr_frags ? &sh->frags[sh->nr_frags - 1] : NULL;

	return last && last->page == f->page && last->offset + last->size == f->offset;
}

/* Appends n bytes of f to tgt; the page reference is tgt's when take, else a new one is made. False: no slot. */
static bool append_frag(struct sk_buff *tgt, const skb_frag_t *f, u32 n, bool take)
{
	struct skb_shared_info *sh = skb_shinfo(tgt);

	if (frag_follows(tgt, f)) {
		sh->frags[sh->nr_frags - 1].size += n;
		if (take)
			put_page(f->page);
		return true;
	}
	if (sh->nr_frags >= MAX_SKB_FRAGS)
		return false;
	if (!take)
		get_page(f->page);
	sh->frags[sh->nr_frags++] = (skb_frag_t){ f->page, f->offset, n };
	return true;
}

bool skb_append_frag(struct sk_buff *skb, const skb_frag_t *f, u32 n)
{
	if (unlikely(!append_frag(skb, f, n, true)))
		return false;
	skb->len += n;
	skb->data_len += n;
	skb->truesize += n;
	return true;
}

/* Moves up to len bytes from the front of skb, which lie in fragments, behind tgt's. The caller moves truesize. */
int skb_shift(struct sk_buff *tgt, struct sk_buff *skb, u32 len)
{
	struct skb_shared_info *from = skb_shinfo(skb);
	u32 left = min(len, skb->len), moved = 0;
	int i = 0;

	if (skb_headlen(skb) || from->frag_list || skb_cloned(skb) || skb_cloned(tgt))
		return 0;
	while (left && i < from->nr_frags) {
		skb_frag_t *f = &from->frags[i];
		u32 n = min(left, f->size), size = f->size;

		if (!append_frag(tgt, f, n, n == size))
			break;
		left -= n;
		moved += n;
		if (n < size) {
			f->offset += n;
			f->size -= n;
			break;
		}
		i++;
	}
	memmove(from->frags, from->frags + i, (from->nr_frags - i) * sizeof(skb_frag_t));
	from->nr_frags -= i;
	skb->len -= moved;
	skb->data_len -= moved;
	tgt->len += moved;
	tgt->data_len += moved;
	return (int)moved;
}

static bool coalesce_by_copy(struct sk_buff *to, struct sk_buff *from)
{
	if (skb_is_nonlinear(to) || skb_cloned(to) || from->len > skb_tailroom(to))
		return false;
	if (skb_copy_bits(from, 0, skb_put(to, from->len), from->len)) {
		skb_trim_linear(to, to->len - from->len);
		return false;
	}
	skb_count_copy(SKB_COPY_COALESCE, from->len);
	return true;
}

/* *delta_truesize: by how much to grew, for its socket's account. Only fragments move by reference. */
bool skb_try_coalesce(struct sk_buff *to, struct sk_buff *from, bool *stolen, int *delta_truesize)
{
	struct skb_shared_info *a = skb_shinfo(to), *b = skb_shinfo(from);
	u32 head_cost = (u32)SKB_TRUESIZE(from->end);

	*stolen = false;
	*delta_truesize = 0;
	if (to->ip_summed != from->ip_summed &&
	    (to->ip_summed == CHECKSUM_PARTIAL || from->ip_summed == CHECKSUM_PARTIAL))
		return false;
	if (coalesce_by_copy(to, from))
		return true;
	if (skb_headlen(from) || a->frag_list || b->frag_list || skb_cloned(to) ||
	    a->nr_frags + b->nr_frags > MAX_SKB_FRAGS)
		return false;
	for (int i = 0; i < b->nr_frags; i++)
		append_frag(to, &b->frags[i], b->frags[i].size, false);
	to->len += from->len;
	to->data_len += from->len;
	*delta_truesize = (int)max(from->truesize, head_cost + from->len) - (int)head_cost;
	to->truesize += (u32)*delta_truesize;
	return true;
}
