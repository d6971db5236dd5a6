/* kernel/init.c - the last steps of the start: the command line, the network's first address, process 1
 *
 * Called: kernel/main.c. Part of the composition root: it knows the network by its two outermost calls.
 */
#include "kernel/init.h"
#include "kernel/arch/arch.h"
#include "kernel/fs/file.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "net/core/netdevice.h"
#include "net/ipv4/inet.h"
#include <asm/fcntl.h>

#define DEFAULT_IP "10.9.0.2::10.9.0.1:255.255.255.0:ringside:eth0:off"

/* The word at p ends at a blank outside quotes. */
static const char *word_end(const char *p)
{
	bool quoted = false;

	for (; *p && (quoted || !isspace(*p)); p++)
		if (*p == '"')
			quoted = !quoted;
	return p;
}

static void copy_value(const char *from, const char *to, char *buf, size_t size)
{
	size_t n = 0;

	for (; from < to; from++)
		if (*from != '"' && n + 1 < size)
			buf[n++] = *from;
	if (size)
		buf[n] = 0;
}

bool cmdline_get(const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	const char *p = boot_info.cmdline, *end;
	bool found = false;

	for (; *p; p = end) { /* the last one counts, so that what is appended wins */
		while (isspace(*p))
			p++;
		end = word_end(p);
		if (strncmp(p, name, len) || (p[len] != '=' && p + len != end))
			continue;
		copy_value(p + len + (p[len] == '='), end, buf, size);
		found = true;
	}
	return found;
}

void configure_network(void)
{
	char ip[256];
	int r;

	current->net = init_net;
	if (!cmdline_get("ip", ip, sizeof(ip)))
		strscpy(ip, DEFAULT_IP, sizeof(ip));
	r = ip_auto_config(init_net, ip);
	if (r)
		pr_warn("ip=%s was not applied (error %d)\n", ip, r);
	else
		pr_info("network: ip=%s\n", ip);
}

/* Descriptors 0, 1 and 2. */
static void open_console(void)
{
	struct file *f = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(f)) {
		pr_err("no /dev/console (error %ld): process 1 starts without files\n", PTR_ERR(f));
		return;
	}
	for (int i = 0; i < 3; i++) {
		int fd = get_unused_fd_flags(0);

		if (fd < 0)
			break;
		get_file(f);
		fd_install(fd, f);
	}
	fput(f);
}

static const char *const init_env[] = { "HOME=/", "TERM=linux",
					"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };

/* Returns only when path does not start. */
static void try_init(const char *path)
{
	const char *argv[] = { path, NULL };
	int r = kernel_execve(path, argv, init_env);

	if (!r)
		arch_return_to_user();
	if (r != -ENOENT)
		pr_err("%s does not start (error %d)\n", path, r);
}

void __noreturn run_init_process(void)
{
	static const char *const usual[] = { "/sbin/init", "/init", "/bin/sh" };
	char path[256];

	open_console();
	if (cmdline_get("init", path, sizeof(path)) && *path) {
		try_init(path);
		panic("init=%s does not start", path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		try_init(usual[i]);
	panic("no init: the root has none of /sbin/init, /init, /bin/sh");
}
