/* kernel/syscall/log.c - syslog(2): programs read the kernel's log (dmesg)
 *
 * Called: programs, through their system calls (process context).
 * Locks:  log_lock (sleeping) for the reader's position.
 * Absent: waiting for new messages (SYSLOG_ACTION_READ returns what is there) and console levels (EINVAL).
 */
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/syscall/internal.h"
#include "kernel/trace/printk.h"
#include <linux/capability.h>

enum {
	ACTION_CLOSE, ACTION_OPEN, ACTION_READ, ACTION_READ_ALL, ACTION_READ_CLEAR, ACTION_CLEAR,
	ACTION_SIZE_UNREAD = 9, ACTION_SIZE_BUFFER,
};

static DEFINE_MUTEX(log_lock);
static u64 read_pos;	/* next byte of ACTION_READ */
static u64 clear_pos;	/* READ_ALL starts here after a clear */

/* Copies from *pos on into the program's buffer. Bytes, or -EFAULT, -ENOMEM. log_lock held. */
static long copy_log(u64 *pos, char __user *buf, size_t len)
{
	char *chunk = kmalloc(1024, GFP_KERNEL);
	size_t done = 0, n;

	if (!chunk)
		return -ENOMEM;
	while (done < len) {
		n = printk_read(pos, chunk, min(len - done, (size_t)1024));
		if (!n)
			break;
		if (copy_to_user(buf + done, chunk, n)) {
			kfree(chunk);
			return -EFAULT;
		}
		done += n;
	}
	kfree(chunk);
	return done;
}

/* The last len bytes that were not cleared. */
static long read_all(char __user *buf, size_t len)
{
	u64 pos = max(printk_start(), clear_pos), end = printk_end();

	if (end - pos > len)
		pos = end - len;
	return copy_log(&pos, buf, len);
}

static long serve(int type, char __user *buf, int len)
{
	long r;

	switch (type) {
	case ACTION_CLOSE:
	case ACTION_OPEN:
		return 0;
	case ACTION_READ:
		return copy_log(&read_pos, buf, len);
	case ACTION_READ_ALL:
		return read_all(buf, len);
	case ACTION_READ_CLEAR:
		r = read_all(buf, len);
		clear_pos = printk_end();
		return r;
	case ACTION_CLEAR:
		clear_pos = printk_end();
		return 0;
	case ACTION_SIZE_UNREAD:
		return printk_end() - max(read_pos, printk_start());
	case ACTION_SIZE_BUFFER:
		return printk_end() - printk_start();
	}
	return -EINVAL;
}

long sys_syslog(int type, char __user *buf, int len)
{
	bool reads = type == ACTION_READ || type == ACTION_READ_ALL || type == ACTION_READ_CLEAR;
	long r;

	if (type != ACTION_READ_ALL && type != ACTION_SIZE_BUFFER && !capable(CAP_SYSLOG))
		return -EPERM;
	if (reads && (!buf || len < 0))
		return -EINVAL;
	if (reads && !len)
		return 0;
	mutex_lock(&log_lock);
	r = serve(type, buf, len);
	mutex_unlock(&log_lock);
	return r;
}
