/* kernel/syscall/reboot.c - reboot(2): the machine ends, in one of its ways
 *
 * Called: programs, through their system calls (process context).
 * Under test (the command line has "exitport") RESTART2 with "exit:N" ends QEMU with status N.
 */
#include "kernel/arch/arch.h"
#include "kernel/init.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/process.h"
#include "kernel/syscall/internal.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include <linux/capability.h>
#include <linux/reboot.h>

static bool magic_ok(int magic1, int magic2)
{
	return (u32)magic1 == LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A || magic2 == LINUX_REBOOT_MAGIC2B ||
		magic2 == LINUX_REBOOT_MAGIC2C);
}

static long restart_with(const char __user *arg)
{
	char word[64], unused[8];
	u64 status;
	ssize_t n = strncpy_from_user(word, arg, sizeof(word) - 1);

	if (n < 0)
		return n;
	word[min(n, (ssize_t)sizeof(word) - 1)] = 0;
	if (!strncmp(word, "exit:", 5) && cmdline_get("exitport", unused, sizeof(unused))) {
		if (kstrtou64(word + 5, 10, &status) || status > 255)
			return -EINVAL;
		machine_power_off((int)status);
	}
	pr_info("restart (%s)\n", word);
	machine_restart();
}

long sys_reboot(int magic1, int magic2, unsigned int cmd, void __user *arg)
{
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if (!magic_ok(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_POWER_OFF:
		pr_info("power off\n");
		machine_power_off(0);
	case LINUX_REBOOT_CMD_RESTART:
		pr_info("restart\n");
		machine_restart();
	case LINUX_REBOOT_CMD_HALT:
		pr_info("halt\n");
		arch_halt();
	case LINUX_REBOOT_CMD_RESTART2:
		return restart_with(arg);
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0; /* the serial line has no such keys */
	}
	return -EINVAL;
}
