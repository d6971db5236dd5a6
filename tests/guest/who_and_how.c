/* tests/guest/who_and_how.c - supplementary groups, priorities and I/O priorities of processes
 *
 * Many groups are kept sorted, and open doors in the file system; priorities are inherited, and limited for who is not
 * root.
 */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 1000
#define VALUE(class, data) ((class) << IOPRIO_CLASS_SHIFT | (data))

static gid_t list[65537];

static long get(int which, int who) { return syscall(SYS_ioprio_get, which, who); }
static long set(int which, int who, int v) { return syscall(SYS_ioprio_set, which, who, v); }

/* In a child, so that what it does to itself is gone afterwards: its verdict. */
static int in_child(int (*fn)(void))
{
	pid_t p = fork();
	int st;

	if (!p)
		_exit(fn());
	return waitpid(p, &st, 0) == p && !st;
}

static int opens(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int doors(void)
{
	int fd = open("who.door", O_CREAT | O_WRONLY, 0040);

	if (fd < 0 || fchown(fd, 0, 5000 + 3 * 777) || fchmod(fd, 0040))
		return 1;
	for (int i = 0; i < MANY; i++)
		list[i] = 5000 + 3 * ((i * 7919) % MANY); /* each once, in no order */
	if (setgroups(MANY, list) || getgroups(0, NULL) != MANY || getgroups(MANY - 1, list) != -1 || errno != EINVAL)
		return 2;
	if (getgroups(65537, list) != MANY)
		return 3;
	for (int i = 0; i < MANY; i++)
		if (list[i] != 5000 + 3u * i)
			return 4;
	if (setresuid(1000, 1000, 1000) || !opens("who.door"))
		return 5;
	return setgroups(1, list) != -1 || errno != EPERM;
}

static int no_door(void)
{
	for (int i = 0; i < MANY; i++)
		list[i] = 5000 + 3 * i + (i == 777);
	return setgroups(MANY, list) || setresuid(1000, 1000, 1000) || opens("who.door");
}

static int limits(void)
{
	return setgroups(65536, list) || setgroups(65537, list) != -1 || errno != EINVAL || setgroups(0, NULL) ||
	       getgroups(0, NULL);
}

static int inherited(void)
{
	pid_t p;
	int st;

	if (set(IOPRIO_WHO_PROCESS, 0, VALUE(IOPRIO_CLASS_BE, 6)))
		return 1;
	p = fork();
	if (!p)
		_exit(get(IOPRIO_WHO_PROCESS, 0) != VALUE(IOPRIO_CLASS_BE, 6) ||
		      set(IOPRIO_WHO_PROCESS, getppid(), VALUE(IOPRIO_CLASS_IDLE, 0)));
	return waitpid(p, &st, 0) != p || st || get(IOPRIO_WHO_PROCESS, 0) != VALUE(IOPRIO_CLASS_IDLE, 0);
}

static int of_groups(void)
{
	if (setpgid(0, 0) || set(IOPRIO_WHO_PGRP, 0, VALUE(IOPRIO_CLASS_BE, 7)))
		return 1;
	if (get(IOPRIO_WHO_PGRP, 0) != VALUE(IOPRIO_CLASS_BE, 7))
		return 2;
	return get(IOPRIO_WHO_PGRP, 999999) != -1 || errno != ESRCH;
}

static int refused(void)
{
	if (set(IOPRIO_WHO_PROCESS, 0, VALUE(5, 0)) != -1 || errno != EINVAL)
		return 1;
	if (set(IOPRIO_WHO_PROCESS, 0, VALUE(IOPRIO_CLASS_NONE, 1)) != -1 || errno != EINVAL)
		return 2;
	if (set(0, 0, 0) != -1 || errno != EINVAL || set(4, 0, 0) != -1 || errno != EINVAL)
		return 3;
	if (set(IOPRIO_WHO_PROCESS, 999999, 0) != -1 || errno != ESRCH)
		return 4;
	return setresuid(1000, 1000, 1000) || set(IOPRIO_WHO_PROCESS, 1, 0) != -1 || errno != EPERM;
}

static int nice_values(void)
{
	if (setpriority(PRIO_PROCESS, 0, 5) || getpriority(PRIO_PROCESS, 0) != 5 || setresuid(1000, 1000, 1000))
		return 1;
	return setpriority(PRIO_PROCESS, 0, 4) != -1 || errno != EACCES || setpriority(PRIO_PROCESS, 0, 100) ||
	       getpriority(PRIO_PROCESS, 0) != 19 || setpriority(3, 0, 0) != -1 || errno != EINVAL;
}

int main(void)
{
	umask(0);
	unlink("who.door");
	CHECK("a thousand groups, sorted, open a door", in_child(doors));
	CHECK("the wrong groups do not", in_child(no_door));
	CHECK("at most 65536 groups", in_child(limits));
	CHECK("I/O priority is inherited", in_child(inherited));
	CHECK("I/O priority of a group", in_child(of_groups));
	CHECK("I/O priorities that are refused", in_child(refused));
	CHECK("nice values", in_child(nice_values));
	unlink("who.door");
	return verdict();
}
