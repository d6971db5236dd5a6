/* net/core/sock_lock.c - who owns a socket, and the backlog of packets that came meanwhile
 *
 * What:   a process owns a socket by a lock that may sleep; softirq holds its spinlock, and where a process owns it
 *         leaves the packet in the backlog, which the owner empties.
 * Called: protocols, in process context (lock_sock) and in softirq (bh_lock_sock, sk_add_backlog).
 * Calls:  the protocol's backlog_rcv and release_cb hooks.
 * Locks:  sk_lock.slock guards owned and the backlog; whoever owns (lock_sock) or holds slock while nobody owns may
 *         change [S] fields.
 */
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "net/core/core.h"

static noinline void wait_for_owner(struct sock *sk)
{
	struct wait_queue_entry w;

	init_wait(&w);
	while (sk->sk_lock.owned) {
		prepare_to_wait_exclusive(&sk->sk_lock.wq, &w, TASK_UNINTERRUPTIBLE);
		spin_unlock_bh(&sk->sk_lock.slock);
		schedule();
		spin_lock_bh(&sk->sk_lock.slock);
	}
	finish_wait(&sk->sk_lock.wq, &w);
}

void lock_sock(struct sock *sk)
{
	might_sleep();
	spin_lock_bh(&sk->sk_lock.slock);
	if (unlikely(sk->sk_lock.owned))
		wait_for_owner(sk);
	sk->sk_lock.owned = true;
	spin_unlock_bh(&sk->sk_lock.slock);
}

/* slock held on entry and exit, open in between. len falls only at the end: a sender cannot keep us here for ever. */
static noinline void drain_backlog(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = sk->sk_backlog.head)) {
		sk->sk_backlog.head = NULL;
		WRITE_ONCE(sk->sk_backlog.tail, NULL);
		spin_unlock_bh(&sk->sk_lock.slock);
		while (skb) {
			struct sk_buff *next = skb->next;

			skb->next = skb->prev = NULL;
			sk->sk_prot->backlog_rcv(sk, skb);
			skb = next;
			cond_resched();
		}
		spin_lock_bh(&sk->sk_lock.slock);
	}
	WRITE_ONCE(sk->sk_backlog.len, 0);
}

void sk_flush_backlog(struct sock *sk)
{
	struct sk_buff *skb, *next;

	if (!READ_ONCE(sk->sk_backlog.tail))
		return;
	spin_lock_bh(&sk->sk_lock.slock);
	skb = sk->sk_backlog.head;
	sk->sk_backlog.head = NULL;
	WRITE_ONCE(sk->sk_backlog.tail, NULL);
	WRITE_ONCE(sk->sk_backlog.len, 0);
	spin_unlock_bh(&sk->sk_lock.slock);
	for (; skb; skb = next) {
		next = skb->next;
		skb->next = skb->prev = NULL;
		sk->sk_prot->backlog_rcv(sk, skb);
	}
}

struct sk_buff *sk_take_backlog(struct sock *sk)
{
	struct sk_buff *skb = sk->sk_backlog.head;

	if (!skb) {
		WRITE_ONCE(sk->sk_backlog.len, 0);
		return NULL;
	}
	sk->sk_backlog.head = skb->next;
	if (!skb->next)
		WRITE_ONCE(sk->sk_backlog.tail, NULL);
	skb->next = skb->prev = NULL;
	return skb;
}

void release_sock(struct sock *sk)
{
	spin_lock_bh(&sk->sk_lock.slock);
	if (sk->sk_backlog.tail)
		drain_backlog(sk);
	if (unlikely(READ_ONCE(sk->sk_put_off)))
		sk->sk_prot->release_cb(sk);
	sk->sk_lock.owned = false;
	if (waitqueue_active(&sk->sk_lock.wq))
		wake_up(&sk->sk_lock.wq);
	spin_unlock_bh(&sk->sk_lock.slock);
}

bool sk_add_backlog(struct sock *sk, struct sk_buff *skb, u32 limit)
{
	if (sk->sk_backlog.len + (u32)atomic_read(&sk->sk_rmem_alloc) > limit)
		return false;
	skb_dst_drop(skb); /* it outlives this RCU section, and nobody asks it for its route any more */
	skb->next = skb->prev = NULL;
	if (sk->sk_backlog.tail)
		sk->sk_backlog.tail->next = skb;
	else
		sk->sk_backlog.head = skb;
	WRITE_ONCE(sk->sk_backlog.tail, skb);
	WRITE_ONCE(sk->sk_backlog.len, sk->sk_backlog.len + skb->truesize);
	return true;
}

#ifdef DEBUG
void sock_assert_owned(const struct sock *sk) { BUG_UNLESS(sk->sk_lock.owned || spin_is_locked(&sk->sk_lock.slock)); }
#else
void sock_assert_owned(const struct sock *sk) {}
#endif
