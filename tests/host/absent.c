/* tests/host/absent.c - what the rooms of net/ may ask of a whole kernel and the second home does not have
 *
 * Called: by code paths that host tests do not take: credentials of other tasks. They end the test with the name, so
 *         that a test that gets here is noticed.
 */
#include "kernel/fs/fs.h"
#include "kernel/process/capability.h"
#include "kernel/process/internal.h"
#include "kernel/process/process.h"
#include "kernel/trace/printk.h"

#define ABSENT panic("the second home has no %s()", __func__)

void commit_creds(struct cred *new) { ABSENT; }
struct cred *prepare_creds(void) { ABSENT; }
void put_task_struct(struct task_struct *t) { ABSENT; }
struct task_struct *find_task_or_current(pid_t pid) { ABSENT; }

/* A program's memory is the kernel's here: what is to be mapped is there already. */
int remap_vmalloc_range(struct vm_area_struct *vma, void *kaddr, unsigned long pgoff) { return 0; }

/* Everyone here is root, whose group is 0. */
bool current_in_group_range(u32 lo, u32 hi) { return lo == 0; }
