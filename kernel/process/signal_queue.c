/* kernel/process/signal_queue.c - pending signals: the queue of a thread and the shared one of its group
 *
 * What:   a bit a signal, and for each queued signal its siginfo. A standard signal is queued once at most; a real-time
 *         one as often as it is sent, within RLIMIT_SIGPENDING of the receiver's user.
 * Called: signal_send.c, signal_deliver.c, signalfd through dequeue_signal().
 * Locks:  siglock, interrupts off; exit.c flushes queues that nobody can reach any more.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

void init_sigpending(struct sigpending_queue *q)
{
	INIT_LIST_HEAD(&q->list);
	q->signal = 0;
}

static void free_sigqueue(struct sigqueue *e)
{
	atomic_dec(&e->user->sigpending);
	put_uid_struct(e->user);
	kfree(e);
}

void flush_sigqueue(struct sigpending_queue *q)
{
	flush_sigqueue_mask(~0ULL, q);
}

/* Forgets the signals in mask. */
void flush_sigqueue_mask(u64 mask, struct sigpending_queue *q)
{
	struct sigqueue *e, *next;

	if (!(q->signal & mask))
		return;
	q->signal &= ~mask;
	list_for_each_entry_safe(e, next, &q->list, list)
		if (SIGMASK(e->info.si_signo) & mask) {
			list_del(&e->list);
			free_sigqueue(e);
		}
}

/* Charges the receiver's user. NULL: over the limit (force: no limit), or without memory. */
static struct sigqueue *alloc_sigqueue(struct task_struct *t, bool force)
{
	struct user_struct *u;
	struct sigqueue *e;

	rcu_read_lock();
	u = task_cred(t)->user;
	refcount_inc(&u->refs);
	rcu_read_unlock();
	if (atomic_add_return(1, &u->sigpending) <=
		    (int)min(t->signal->rlim[RLIMIT_SIGPENDING].rlim_cur, (u64)INT_MAX) ||
	    force) {
		e = kmalloc(sizeof(*e), GFP_ATOMIC);
		if (e) {
			e->user = u;
			return e;
		}
	}
	atomic_dec(&u->sigpending);
	put_uid_struct(u);
	return NULL;
}

/* Adds sig to q. When there is no room for its siginfo, a real-time signal sent by a program with data is refused
 * (-EAGAIN), any other loses its siginfo but not its bit. */
int queue_signal(struct sigpending_queue *q, int sig, const siginfo_t *info, struct task_struct *t)
{
	struct sigqueue *e = NULL;

	if (sig != SIGKILL)
		e = alloc_sigqueue(t, sig < SIGRTMIN && (!info || info->si_code >= 0));
	if (e) {
		if (info)
			e->info = *info;
		else
			e->info = (siginfo_t){ .si_code = SI_KERNEL };
		e->info.si_signo = sig;
		list_add_tail(&e->list, &q->list);
	} else if (sig >= SIGRTMIN && info && info->si_code != SI_USER) {
		return -EAGAIN;
	}
	q->signal |= SIGMASK(sig);
	return 0;
}

/* Faults first, then the lowest number (POSIX 2.4.1 for real-time signals). pending is not 0. */
static int choose(u64 pending)
{
	if (pending & SIG_SYNCHRONOUS)
		pending &= SIG_SYNCHRONOUS;
	return ffs64(pending);
}

/* Takes the first signal of mask out of q. False when there is none. */
bool take_signal(struct sigpending_queue *q, u64 mask, siginfo_t *info, int *sig)
{
	struct sigqueue *e, *found = NULL;
	bool more = false;

	if (!(q->signal & mask))
		return false;
	*sig = choose(q->signal & mask);
	list_for_each_entry(e, &q->list, list) {
		if (e->info.si_signo != *sig)
			continue;
		if (found) {
			more = true;
			break;
		}
		found = e;
	}
	if (!more)
		q->signal &= ~SIGMASK(*sig);
	if (!found) {
		*info = (siginfo_t){ .si_signo = *sig, .si_code = SI_USER };
		return true;
	}
	list_del(&found->list);
	*info = found->info;
	free_sigqueue(found);
	return true;
}

int dequeue_signal(u64 mask, siginfo_t *info)
{
	int sig;

	if (!take_signal(&current->pending, mask, info, &sig) &&
	    !take_signal(&current->signal->shared_pending, mask, info, &sig))
		return 0;
	if (info->si_code == SI_TIMER)
		posix_timer_delivered(info);
	recalc_sigpending();
	return sig;
}
