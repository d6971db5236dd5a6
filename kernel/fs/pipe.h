/* kernel/fs/pipe.h - a pipe's ring of pages, and the system calls of this room */
#pragma once
#include "kernel/fs/file.h"
#include "kernel/fs/fs.h"

#define PIPE_DEF_PAGES 16u
#define PIPE_MAX_SIZE (1u << 20) /* bytes without CAP_SYS_RESOURCE, as Linux's fs.pipe-max-size */

struct pipe_buffer { struct page *page; u32 offset, len; };
/* All fields are under mutex; head and tail may be looked at without it. */
struct pipe_inode_info {
	struct mutex mutex;
	wait_queue_head_t rd_wait, wr_wait;
	struct pipe_buffer *bufs;	/* ring_size of them, a power of two */
	u32 ring_size, head, tail;	/* head and tail run freely */
	u32 readers, writers;		/* open descriptions of each side */
	u32 r_counter, w_counter;	/* opens so far, for a FIFO's open to wait on */
	u32 files;			/* under fifo_lock for FIFOs */
	struct page *spare;		/* the last page emptied, for the next write */
	struct fasync_list fasync;	/* ends with O_ASYNC */
	bool polled;			/* someone polls: edge triggers want each write told */
};

long sys_pipe(int __user *fds);
long sys_pipe2(int __user *fds, int flags);

/* pipe.c */
extern const struct file_operations pipe_fops;
struct pipe_inode_info *alloc_pipe(void); /* NULL without memory */
void free_pipe(struct pipe_inode_info *p);
void pipe_wake_all(struct pipe_inode_info *p); /* readers, writers and pollers: a side came or went */
/* pipe_open.c */
int fifo_open(struct inode *inode, struct file *f);
int pipe_release(struct inode *inode, struct file *f);
