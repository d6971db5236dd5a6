/* kernel/syscall/internal.h - what the files of kernel/syscall share: the calls that belong to no other room */
#pragma once
#include "lib/types.h"

struct new_utsname;
struct sysinfo;
struct getcpu_cache;

#define UTS_LEN 64
extern char uts_nodename[UTS_LEN + 1], uts_domainname[UTS_LEN + 1];
extern char uts_version[UTS_LEN + 1];
#define UTS_SYSNAME "Linux"
#define UTS_RELEASE "6.1.0-ringside"

const char *unserved_syscall_name(int nr);
void syscall_proc_init(void);

/* misc.c */
long sys_uname(struct new_utsname __user *buf);
long sys_sethostname(const char __user *name, int len);
long sys_setdomainname(const char __user *name, int len);
long sys_sysinfo(struct sysinfo __user *info);
long sys_getrandom(void __user *buf, size_t n, unsigned int flags);
long sys_getcpu(u32 __user *cpu, u32 __user *node, struct getcpu_cache __user *unused);
long sys_membarrier(int cmd, unsigned int flags, int cpu);
/* reboot.c, log.c */
long sys_reboot(int magic1, int magic2, unsigned int cmd, void __user *arg);
long sys_syslog(int type, char __user *buf, int len);
