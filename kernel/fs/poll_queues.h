/* kernel/fs/poll_queues.h - sleeping on the wait queues of many files at once; for select.c
 *
 * The first round queues on every file; when one is ready nothing more is queued, and the following rounds only ask.
 */
#pragma once
#include "kernel/fs/fs.h"

#define INLINE_ENTRIES 8

struct poll_entry {
	struct file *file;	/* referenced: its queue lives as long */
	wait_queue_head_t *queue;
	u32 key;
	wait_queue_entry_t wait;
};
struct poll_page { struct poll_page *next; u32 used; struct poll_entry entries[]; };
struct poll_queues {
	poll_table pt;
	struct task_struct *task;
	bool triggered;		/* something happened since the last round */
	int error;		/* -ENOMEM: not all could be queued */
	u32 inline_used;
	struct poll_entry inline_entries[INLINE_ENTRIES];
	struct poll_page *pages;
};

void poll_queues_init(struct poll_queues *q);
void poll_queues_free(struct poll_queues *q);
/* What f is ready for, of events and always POLLERR and POLLHUP. */
__poll_t poll_ask_file(struct file *f, struct poll_queues *q, __poll_t events);
/* Repeats round() until it finds something, an error, a signal, or the deadline. Its result, or -EINTR. */
int poll_loop(struct poll_queues *q, u64 deadline_ns, int (*round)(struct poll_queues *q, void *arg), void *arg);
