/* kernel/syscall/misc.c - small calls about the machine as a whole
 *
 * Called: the system call table.
 * Locks:  uts_lock for the two names.
 */
#include "kernel/mm/page.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/syscall/internal.h"
#include "kernel/syscall/syscall.h"
#include "kernel/time/clock.h"
#include "lib/printf.h"
#include "lib/string.h"
#include <linux/capability.h>
#include <linux/membarrier.h>
#include <linux/random.h>
#include <linux/sysinfo.h>
#include <linux/utsname.h>

char uts_nodename[UTS_LEN + 1] = "ringside";
char uts_domainname[UTS_LEN + 1] = "(none)";
char uts_version[UTS_LEN + 1] = "#1 SMP Ringside " RINGSIDE_VERSION;
static DEFINE_SPINLOCK(uts_lock);

long sys_uname(struct new_utsname __user *buf)
{
	struct new_utsname u = {};

	strscpy(u.sysname, UTS_SYSNAME, sizeof(u.sysname));
	strscpy(u.release, UTS_RELEASE, sizeof(u.release));
	strscpy(u.version, uts_version, sizeof(u.version));
	strscpy(u.machine, ARCH_NAME, sizeof(u.machine));
	spin_lock(&uts_lock);
	strscpy(u.nodename, uts_nodename, sizeof(u.nodename));
	strscpy(u.domainname, uts_domainname, sizeof(u.domainname));
	spin_unlock(&uts_lock);
	return copy_to_user(buf, &u, sizeof(u)) ? -EFAULT : 0;
}

static long set_name(char *which, const char __user *name, int len)
{
	char tmp[UTS_LEN + 1] = "";

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > UTS_LEN)
		return -EINVAL;
	if (copy_from_user(tmp, name, len))
		return -EFAULT;
	spin_lock(&uts_lock);
	memcpy(which, tmp, sizeof(tmp));
	spin_unlock(&uts_lock);
	return 0;
}

long sys_sethostname(const char __user *name, int len) { return set_name(uts_nodename, name, len); }
long sys_setdomainname(const char __user *name, int len) { return set_name(uts_domainname, name, len); }

void set_hostname(const char *name)
{
	spin_lock(&uts_lock);
	strscpy(uts_nodename, name, sizeof(uts_nodename));
	spin_unlock(&uts_lock);
}

static u16 count_processes(void)
{
	struct task_struct *t;
	unsigned int n = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(t, &all_tasks, tasks)
		n++;
	rcu_read_unlock();
	return min(n, 65535u);
}

long sys_sysinfo(struct sysinfo __user *info)
{
	struct sysinfo s = {};
	struct mem_stats m;
	u64 load[3];

	mem_stats(&m);
	load_averages(load);
	s.uptime = ktime_get_ns() / NSEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		s.loads[i] = load[i]; /* both are in 1/65536 */
	s.totalram = m.total * PAGE_SIZE;
	s.freeram = m.free * PAGE_SIZE;
	s.sharedram = m.pagecache * PAGE_SIZE; /* tmpfs alone fills it: nothing here is a buffer of a disk */
	s.procs = count_processes();
	s.mem_unit = 1;
	return copy_to_user(info, &s, sizeof(s)) ? -EFAULT : 0;
}

/* The generator is ready from the first instruction of the first program, so GRND_* never have to wait. */
long sys_getrandom(void __user *buf, size_t n, unsigned int flags)
{
	u8 chunk[256];
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	n = min(n, (size_t)INT_MAX);
	while (done < n) {
		size_t part = min(n - done, sizeof(chunk));

		get_random_bytes(chunk, part);
		if (copy_to_user((char __user *)buf + done, chunk, part))
			return done ? (long)done : -EFAULT;
		done += part;
		if (done >= PAGE_SIZE && signal_pending(current))
			break;
		cond_resched();
	}
	memset(chunk, 0, sizeof(chunk));
	return done;
}

/* One NUMA node. The third argument was a cache once; Linux ignores it too. */
long sys_getcpu(u32 __user *cpu, u32 __user *node, struct getcpu_cache __user *unused)
{
	if ((cpu && put_user(smp_processor_id(), cpu)) || (node && put_user(0u, node)))
		return -EFAULT;
	return 0;
}

static void memory_barrier(void *unused)
{
	smp_mb();
}

/* Every CPU passes a full barrier: by an interrupt, which is one (SDM volume 3, 8.3). */
long sys_membarrier(int cmd, unsigned int flags, int cpu)
{
	const int known = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
			  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
			  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;

	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return known;
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
		return 0; /* every process is served alike */
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		smp_mb();
		smp_call_function(memory_barrier, NULL);
		return 0;
	}
	return -EINVAL;
}

void syscall_init(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(uname), SYSCALL(sethostname), SYSCALL(setdomainname), SYSCALL(sysinfo), SYSCALL(getrandom),
		SYSCALL(membarrier), SYSCALL(getcpu), SYSCALL(reboot), SYSCALL(syslog),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
