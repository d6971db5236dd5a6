/* kernel/fs/poll_queues.c - sleeping on the wait queues of many files at once, until a moment
 *
 * What:   an entry in each file's queue, the first few in the caller's own frame; and the arithmetic of deadlines.
 * Called: select.c; all that waits until a moment (deadline_*).
 * Calls:  the poll hooks of files.
 * Locks:  none of its own; a wait entry belongs to its queue's lock.
 */
#include "kernel/fs/poll_queues.h"
#include "kernel/fs/select.h"
#include "kernel/mm/slab.h"
#include "kernel/process/process.h"

#define ENTRIES_A_PAGE ((PAGE_SIZE - sizeof(struct poll_page)) / sizeof(struct poll_entry))
#define MAX_TIMEOUT_NS (S64_MAX / 4)

/* --- time --- */

int deadline_from_timespec(const struct __kernel_timespec *ts, u64 *deadline_ns)
{
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= (long long)NSEC_PER_SEC)
		return -EINVAL;
	if (ts->tv_sec > (long long)(MAX_TIMEOUT_NS / (s64)NSEC_PER_SEC))
		*deadline_ns = U64_MAX;
	else
		*deadline_ns = ktime_get_ns() + (u64)ts->tv_sec * NSEC_PER_SEC + (u64)ts->tv_nsec;
	return 0;
}

s64 deadline_left(u64 deadline_ns)
{
	u64 now;

	if (deadline_ns == U64_MAX)
		return MAX_SCHEDULE_TIMEOUT;
	if (!deadline_ns)
		return 0;
	now = ktime_get_ns();
	return now >= deadline_ns ? 0 : (s64)(deadline_ns - now);
}

/* poll's milliseconds: 0 does not wait (deadline 0), a negative number waits for ever. */

/* --- queues --- */

static int poll_wake(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct poll_entry *e = container_of(wait, struct poll_entry, wait);
	struct poll_queues *q = wait->private;

	if (key && !(key_to_poll(key) & e->key))
		return 0;
	WRITE_ONCE(q->triggered, true);
	smp_mb();
	return try_to_wake_up(q->task, TASK_NORMAL);
}

static struct poll_entry *new_entry(struct poll_queues *q)
{
	struct poll_page *page = q->pages;

	if (q->inline_used < INLINE_ENTRIES)
		return &q->inline_entries[q->inline_used++];
	if (!page || page->used == ENTRIES_A_PAGE) {
		page = (void *)__get_free_page(GFP_KERNEL);
		if (!page)
			return NULL;
		page->used = 0;
		page->next = q->pages;
		q->pages = page;
	}
	return &page->entries[page->used++];
}

static void poll_queue(struct file *f, wait_queue_head_t *queue, poll_table *pt)
{
	struct poll_queues *q = container_of(pt, struct poll_queues, pt);
	struct poll_entry *e = new_entry(q);

	if (!e) {
		q->error = -ENOMEM;
		return;
	}
	get_file(f);
	e->file = f;
	e->queue = queue;
	e->key = pt->_key;
	init_waitqueue_func_entry(&e->wait, poll_wake);
	e->wait.private = q;
	add_wait_queue(queue, &e->wait);
}

void poll_queues_init(struct poll_queues *q)
{
	q->pt._qproc = poll_queue;
	q->pt._key = ~0u;
	q->task = current;
	q->triggered = false;
	q->error = 0;
	q->inline_used = 0;
	q->pages = NULL;
}

static void free_entries(struct poll_entry *e, u32 n)
{
	for (; n--; e++) {
		remove_wait_queue(e->queue, &e->wait);
		fput(e->file);
	}
}

void poll_queues_free(struct poll_queues *q)
{
	struct poll_page *page;

	free_entries(q->inline_entries, q->inline_used);
	while ((page = q->pages)) {
		q->pages = page->next;
		free_entries(page->entries, page->used);
		free_page((unsigned long)page);
	}
}

/* Sleeps until something happens or the deadline passes; false: it passed. */
static bool poll_sleep(struct poll_queues *q, u64 deadline_ns)
{
	s64 left = deadline_left(deadline_ns);

	if (!left)
		return false;
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(q->triggered))
		left = schedule_timeout(left);
	__set_current_state_running();
	WRITE_ONCE(q->triggered, false);
	smp_mb();
	return left != 0;
}

__poll_t poll_ask_file(struct file *f, struct poll_queues *q, __poll_t events)
{
	events |= EPOLLERR | EPOLLHUP;
	if (!f->f_op->poll)
		return (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM) & events;
	q->pt._key = events;
	return f->f_op->poll(f, &q->pt) & events;
}

int poll_loop(struct poll_queues *q, u64 deadline_ns, int (*round)(struct poll_queues *q, void *arg), void *arg)
{
	bool last = false;
	int found;

	if (!deadline_ns)
		q->pt._qproc = NULL;
	for (;;) {
		found = round(q, arg);
		q->pt._qproc = NULL;
		if (!found)
			found = q->error;
		if (!found && signal_pending(current))
			found = -EINTR;
		if (found || last)
			return found;
		last = !poll_sleep(q, deadline_ns);
	}
}
