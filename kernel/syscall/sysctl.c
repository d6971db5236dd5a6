/* kernel/syscall/sysctl.c - /proc/sys/kernel: names, versions, limits
 *
 * Called: process_proc_init(), after procfs is there.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/syscall/internal.h"
#include "lib/printf.h"
#include "lib/string.h"

extern int pid_max;
static char sysname[] = UTS_SYSNAME, release[] = UTS_RELEASE;
static char boot_id[37];
static int panic_timeout;

/* RFC 4122 version 4. */
static void make_uuid(char out[37])
{
	u8 b[16];

	get_random_bytes(b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
		 b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* A fresh one for each reader. */
static int do_uuid(struct ctl_table *t, bool write, char *buf, size_t *len)
{
	char uuid[37];
	struct ctl_table tmp = *t;

	make_uuid(uuid);
	tmp.data = uuid;
	tmp.maxlen = sizeof(uuid);
	return proc_dostring(&tmp, write, buf, len);
}

static struct ctl_table kernel_table[] = {
	{ .path = "kernel/hostname",
	  .data = uts_nodename,
	  .maxlen = sizeof(uts_nodename),
	  .mode = 0644,
	  .handler = proc_dostring },
	{ .path = "kernel/domainname",
	  .data = uts_domainname,
	  .maxlen = sizeof(uts_domainname),
	  .mode = 0644,
	  .handler = proc_dostring },
	{ .path = "kernel/ostype", .data = sysname, .maxlen = sizeof(sysname), .mode = 0444, .handler = proc_dostring },
	{ .path = "kernel/osrelease",
	  .data = release,
	  .maxlen = sizeof(release),
	  .mode = 0444,
	  .handler = proc_dostring },
	{ .path = "kernel/version",
	  .data = uts_version,
	  .maxlen = sizeof(uts_version),
	  .mode = 0444,
	  .handler = proc_dostring },
	{ .path = "kernel/pid_max",
	  .data = &pid_max,
	  .maxlen = sizeof(int),
	  .mode = 0644,
	  .handler = proc_dointvec_minmax,
	  .min = 301,
	  .max = 4194304 },
	{ .path = "kernel/panic",
	  .data = &panic_timeout,
	  .maxlen = sizeof(int),
	  .mode = 0444,
	  .handler = proc_dointvec },
	{ .path = "kernel/random/boot_id",
	  .data = boot_id,
	  .maxlen = sizeof(boot_id),
	  .mode = 0444,
	  .handler = proc_dostring },
	{ .path = "kernel/random/uuid", .mode = 0444, .handler = do_uuid },
};

void process_proc_init(void)
{
	make_uuid(boot_id);
	register_sysctl_table(kernel_table, ARRAY_SIZE(kernel_table));
	syscall_proc_init();
}
