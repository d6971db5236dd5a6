/* kernel/process/exec_thread.c - execve in a process with threads: one of them stays, and becomes the leader
 *
 * Called: exec.c, just before the point of no return.
 * Locks:  tasklist_lock, inside it siglock.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

/* Only the caller is left (with the leader as a zombie, when that is another). siglock held. */
static bool others_are_gone(const struct signal_struct *s)
{
	return s->nr_threads <= s->thread_count_awaited &&
	       (current->group_leader == current || current->group_leader->exit_state);
}

/* Kills the other threads and waits for their end. 0, or -EAGAIN when the process is being killed itself. */
static int kill_others(void)
{
	struct signal_struct *s = current->signal;
	struct sighand_struct *h = current->sighand;
	int r = 0;

	spin_lock_irq(&h->siglock);
	if (s->group_exit || s->group_exit_task) {
		spin_unlock_irq(&h->siglock);
		return -EAGAIN;
	}
	s->group_exit_task = current;
	s->thread_count_awaited = current->group_leader == current ? 1 : 2;
	zap_other_threads(current);
	for (;;) {
		set_current_state(TASK_KILLABLE);
		if (others_are_gone(s))
			break;
		if (s->group_exit) {
			r = -EAGAIN;
			break;
		}
		spin_unlock_irq(&h->siglock);
		schedule();
		spin_lock_irq(&h->siglock);
	}
	__set_current_state_running();
	if (r)
		s->group_exit_task = NULL;
	spin_unlock_irq(&h->siglock);
	return r;
}

static void adopt_children(struct task_struct *from, struct task_struct *to)
{
	struct task_struct *child, *p;

	list_for_each_entry(child, &from->children, sibling)
		for_each_thread_of(child, p)
			p->real_parent = to;
	list_splice_tail_init(&from->children, &to->children);
}

/* Current takes the leader's number and its place in the family; the leader is a zombie and goes. */
static void become_leader(void)
{
	struct task_struct *leader = current->group_leader, *t = current;

	spin_lock(&tasklist_lock);
	spin_lock_irq(&t->sighand->siglock);
	exchange_pids(leader, t);
	list_add_rcu(&t->tasks, &leader->tasks);
	list_del_rcu(&leader->tasks);
	list_add(&t->sibling, &leader->sibling);
	list_del_init(&leader->sibling);
	adopt_children(leader, t);
	t->real_parent = leader->real_parent;
	t->start_time_ns = leader->start_time_ns;
	t->group_leader = leader->group_leader = t;
	t->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	leader->exit_state = TASK_DEAD;
	if (child_reaper == leader)
		child_reaper = t;
	spin_unlock_irq(&t->sighand->siglock);
	spin_unlock(&tasklist_lock);
	release_task(leader);
}

/* Handlers that another process shares (CLONE_SIGHAND) must not be reset there. */
static void install_sighand(struct sighand_struct *new)
{
	struct sighand_struct *old = current->sighand;

	spin_lock(&tasklist_lock);
	spin_lock_irq(&old->siglock);
	memcpy(new->action, old->action, sizeof(new->action));
	rcu_assign_pointer(current->sighand, new);
	spin_unlock_irq(&old->siglock);
	spin_unlock(&tasklist_lock);
	put_sighand(old);
}

/* After 0 current is the only thread, the leader, and owns its handlers. -EAGAIN: it is being killed; -ENOMEM. */
int de_thread(void)
{
	struct sighand_struct *new = alloc_sighand();
	int r = 0;

	if (!new)
		return -ENOMEM;
	if (READ_ONCE(current->signal->nr_threads) > 1)
		r = kill_others();
	if (r) {
		put_sighand(new);
		return r;
	}
	if (current->group_leader != current)
		become_leader();
	current->signal->group_exit_task = NULL;
	if (refcount_read(&current->sighand->count) > 1)
		install_sighand(new);
	else
		put_sighand(new);
	return 0;
}

/* Handlers go back to the default; what was ignored stays ignored. siglock held, or h is not yet shared. */
void flush_signal_handlers(struct sighand_struct *h)
{
	for (int i = 0; i < _NSIG; i++) {
		struct k_sigaction *ka = &h->action[i];

		if (ka->handler != SIG_IGN)
			ka->handler = SIG_DFL;
		ka->flags = 0;
		ka->restorer = NULL;
		ka->mask = 0;
	}
}
