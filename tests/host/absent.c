/* tests/host/absent.c - what the rooms of net/ may ask of a whole kernel and the second home does not have
 *
 * Called: by code paths that host tests do not take: AF_UNIX names in the file system, credentials of other tasks.
 *         They end the test with the name, so that a test that gets here is noticed.
 */
#include "kernel/fs/fs.h"
#include "kernel/process/capability.h"
#include "kernel/process/internal.h"
#include "kernel/process/process.h"
#include "kernel/trace/printk.h"

#define ABSENT panic("the second home has no %s()", __func__)

void commit_creds(struct cred *new) { ABSENT; }
struct cred *prepare_creds(void) { ABSENT; }
int inode_permission(const struct inode *inode, int mask) { ABSENT; }
void iput(struct inode *inode) { ABSENT; }
int kern_path_at(int dfd, const char *name, unsigned int flags, struct path *out) { ABSENT; }
void path_put(const struct path *p) { ABSENT; }
int remap_vmalloc_range(struct vm_area_struct *vma, void *kaddr, unsigned long pgoff) { ABSENT; }
void put_task_struct(struct task_struct *t) { ABSENT; }
int vfs_make_socket(const char *path, umode_t mode, struct inode **inode) { ABSENT; }
struct task_struct *find_task_or_current(pid_t pid) { ABSENT; }

/* Everyone here is root, whose group is 0. */
bool current_in_group_range(u32 lo, u32 hi) { return lo == 0; }
