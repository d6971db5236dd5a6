/* net/unix/unix_gc.c - sockets that hold each other alive only by lying in each other's messages
 *
 * What:   counts files in flight, bounds them per user, and collects cycles. A socket whose file is referenced only by
 *         messages is a candidate; take away the references that come from the queues of candidates; whoever is
 *         referenced still is alive, and so is all that lies in its queue. The rest is garbage: its messages go.
 * Called: unix_scm.c; unix_release_sock() schedules the collection, a worker runs it.
 * Locks:  gc_lock over a whole collection; queue locks inside.
 * Absent: cycles through sockets of several network namespaces are not found.
 */
#include "net/unix/af_unix.h"
#include <linux/capability.h>

static struct unix_sock *unix_of_file(struct file *f)
{
	struct socket *sock = sock_from_file(f);

	return sock && sock->sk && sock->ops->family == AF_UNIX ? unix_sk(sock->sk) : NULL;
}

/* --- counting --- */

static struct unix_payer *payer_locked(struct netns_unix *unx, uid_t uid)
{
	struct unix_payer *p;

	list_for_each_entry(p, &unx->payers, node)
		if (p->uid == uid)
			return p;
	p = kzalloc(sizeof(*p), GFP_ATOMIC);
	if (!p)
		return NULL;
	p->uid = uid;
	list_add(&p->node, &unx->payers);
	return p;
}

static void pay_back_locked(struct netns_unix *unx, uid_t uid, u32 n)
{
	struct unix_payer *p = payer_locked(unx, uid);

	if (!p)
		return;
	p->inflight -= n;
	if (p->inflight)
		return;
	list_del(&p->node);
	kfree(p);
}

/* 0, or -ETOOMANYREFS when the user has more in flight than it may have open. */
int unix_inflight_add(struct sock *sk, struct unix_fds *fds, uid_t uid)
{
	struct netns_unix *unx = sk->sk_net->unx;
	bool boundless = capable(CAP_SYS_RESOURCE) || capable(CAP_SYS_ADMIN);
	struct unix_payer *p;

	spin_lock(&unx->gc_lock);
	p = payer_locked(unx, uid);
	if (!p || (p->inflight > rlimit(RLIMIT_NOFILE) && !boundless)) {
		spin_unlock(&unx->gc_lock);
		return -ETOOMANYREFS;
	}
	p->inflight += (u32)fds->count;
	for (int i = 0; i < fds->count; i++) {
		struct unix_sock *u = unix_of_file(fds->file[i]);

		if (!u || u->sk.sk_net != sk->sk_net)
			continue;
		if (!u->inflight++)
			list_add_tail(&u->gc_link, &unx->inflight);
		unx->nr_inflight++;
	}
	spin_unlock(&unx->gc_lock);
	return 0;
}

void unix_inflight_sub(struct sock *sk, struct unix_fds *fds, uid_t uid)
{
	struct netns_unix *unx = sk->sk_net->unx;

	spin_lock(&unx->gc_lock);
	pay_back_locked(unx, uid, (u32)fds->count);
	for (int i = 0; i < fds->count; i++) {
		struct unix_sock *u = unix_of_file(fds->file[i]);

		if (!u || u->sk.sk_net != sk->sk_net)
			continue;
		if (!--u->inflight)
			list_del_init(&u->gc_link);
		unx->nr_inflight--;
	}
	spin_unlock(&unx->gc_lock);
}

void unix_gc_barrier(struct net *net)
{
	spin_lock(&net->unx->gc_lock);
	spin_unlock(&net->unx->gc_lock);
}

/* --- collecting --- */

typedef void (*visit_fn)(struct unix_sock *child, struct list_head *list);

static void visit_fds(struct sk_buff *skb, visit_fn fn, struct list_head *list)
{
	struct unix_fds *fds = UNIXCB(skb)->fds;

	for (int i = 0; fds && i < fds->count; i++) {
		struct unix_sock *child = unix_of_file(fds->file[i]);

		if (child && child->gc_candidate)
			fn(child, list);
	}
}

static void visit_queue(struct sock *sk, visit_fn fn, struct list_head *list)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;
	struct sk_buff *skb;
	unsigned long irq;

	spin_lock_irqsave(&q->lock, irq);
	skb_queue_walk(q, skb)
		visit_fds(skb, fn, list);
	spin_unlock_irqrestore(&q->lock, irq);
}

/* All candidates that lie in u's messages; a listener's are those of the connections that wait in its queue. */
static void visit_children(struct unix_sock *u, visit_fn fn, struct list_head *list)
{
	struct sk_buff_head *q = &u->sk.sk_receive_queue;
	struct sk_buff *skb;
	unsigned long irq;

	if (u->sk.sk_state != TCP_LISTEN) {
		visit_queue(&u->sk, fn, list);
		return;
	}
	/* Waiting connections are in nobody else's reach but their clients', who only add to them. */
	spin_lock_irqsave(&q->lock, irq);
	skb_queue_walk(q, skb)
		for (struct sk_buff *m = skb->sk->sk_receive_queue.next;
		     m != (struct sk_buff *)&skb->sk->sk_receive_queue; m = READ_ONCE(m->next))
			visit_fds(m, fn, list);
	spin_unlock_irqrestore(&q->lock, irq);
}

static void uncount(struct unix_sock *child, struct list_head *list) { child->inflight--; }
static void recount(struct unix_sock *child, struct list_head *list) { child->inflight++; }

static void revive(struct unix_sock *child, struct list_head *list)
{
	child->inflight++;
	if (!child->gc_live) {
		child->gc_live = true;
		list_move_tail(&child->gc_link, list);
	}
}

static void find_candidates(struct netns_unix *unx, struct list_head *candidates)
{
	struct unix_sock *u, *next;

	list_for_each_entry_safe(u, next, &unx->inflight, gc_link) {
		struct socket *sock = READ_ONCE(u->sk.sk_socket);
		struct file *f = sock ? READ_ONCE(sock->file) : NULL;

		u->gc_candidate = f && refcount_read(&f->f_count) == (int)u->inflight;
		u->gc_live = false;
		if (u->gc_candidate)
			list_move_tail(&u->gc_link, candidates);
	}
}

/* Moves the messages with descriptors of garbage socket u to hit. */
static void take_messages(struct sock *sk, struct sk_buff_head *hit)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;
	struct sk_buff *skb, *next;
	unsigned long irq;

	spin_lock_irqsave(&q->lock, irq);
	skb_queue_walk_safe(q, skb, next) {
		if (sk->sk_state == TCP_LISTEN) {
			struct sk_buff_head *inner = &skb->sk->sk_receive_queue;

			while (!skb_queue_empty(inner))
				__skb_queue_tail(hit, __skb_dequeue(inner));
		} else if (UNIXCB(skb)->fds) {
			__skb_unlink(skb, q);
			__skb_queue_tail(hit, skb);
		}
	}
	spin_unlock_irqrestore(&q->lock, irq);
}

static void collect_locked(struct netns_unix *unx, struct sk_buff_head *hit)
{
	struct list_head candidates, live;
	struct unix_sock *u, *next;

	INIT_LIST_HEAD(&candidates);
	INIT_LIST_HEAD(&live);
	find_candidates(unx, &candidates);
	list_for_each_entry(u, &candidates, gc_link)
		visit_children(u, uncount, NULL);
	list_for_each_entry_safe(u, next, &candidates, gc_link)
		if (u->inflight) { /* somebody outside holds it */
			u->gc_live = true;
			list_move_tail(&u->gc_link, &live);
		}
	list_for_each_entry(u, &live, gc_link) /* grows behind us */
		visit_children(u, revive, &live);
	list_for_each_entry(u, &candidates, gc_link) {
		visit_children(u, recount, NULL);
	}
	list_for_each_entry(u, &candidates, gc_link)
		take_messages(&u->sk, hit);
	list_splice_tail_init(&candidates, &unx->inflight);
	list_splice_tail_init(&live, &unx->inflight);
	list_for_each_entry(u, &unx->inflight, gc_link)
		u->gc_candidate = u->gc_live = false;
}

void unix_gc_work(struct work_struct *work)
{
	struct netns_unix *unx = container_of(work, struct netns_unix, gc_work);
	struct sk_buff_head hit;

	skb_queue_head_init(&hit);
	spin_lock(&unx->gc_lock);
	collect_locked(unx, &hit);
	spin_unlock(&unx->gc_lock);
	skb_queue_consume(&hit); /* closes their files, and so the sockets */
}

/* A socket was closed: only then can a cycle have lost its last outside reference. */
void unix_gc_schedule(struct net *net)
{
	if (READ_ONCE(net->unx->nr_inflight))
		schedule_work(&net->unx->gc_work);
}
