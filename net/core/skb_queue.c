/* net/core/skb_queue.c - lists of packets under their lock
 *
 * What:   the forms of the queue operations that take the queue's lock.
 * Called: any context; interrupts are off while the lock is held.
 * Calls:  skb_alloc.c to free.
 * Locks:  q->lock.
 */
#include "net/core/skbuff.h"

void skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	__skb_queue_tail(q, skb);
	spin_unlock_irqrestore(&q->lock, flags);
}

void skb_queue_head(struct sk_buff_head *q, struct sk_buff *skb)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	__skb_queue_head(q, skb);
	spin_unlock_irqrestore(&q->lock, flags);
}

struct sk_buff *skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb;
	unsigned long flags;

	if (skb_queue_empty(q))
		return NULL;
	spin_lock_irqsave(&q->lock, flags);
	skb = __skb_dequeue(q);
	spin_unlock_irqrestore(&q->lock, flags);
	return skb;
}

void skb_unlink(struct sk_buff *skb, struct sk_buff_head *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	__skb_unlink(skb, q);
	spin_unlock_irqrestore(&q->lock, flags);
}

/* The caller holds what guards the two queues. */
void skb_queue_splice_tail_init(struct sk_buff_head *from, struct sk_buff_head *to)
{
	struct sk_buff *first = from->next, *last = from->prev, *at = to->prev;

	if (skb_queue_empty(from))
		return;
	first->prev = at;
	at->next = first;
	last->next = (struct sk_buff *)to;
	to->prev = last;
	to->qlen += from->qlen;
	__skb_queue_head_init(from);
}

void skb_queue_purge_reason(struct sk_buff_head *q, enum skb_drop_reason reason)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(q)))
		kfree_skb_reason(skb, reason);
}

void skb_queue_consume(struct sk_buff_head *q)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(q)))
		consume_skb(skb);
}
