/* user/init.c - process 1: runs /etc/rc, then either the one command of a test or shells on the console, for ever
 *
 * A test (tests/vm) adds /etc/vm/command, a shell script. It runs on /dev/ttyS1, apart from the kernel's console;
 * "@@vm: started" and "@@vm: exit N" on the console tell the other side, then the machine goes off.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const char *const environment[] = {
	"PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/root", "TERM=linux", "USER=root", NULL,
};

static void console(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 1)
		n = sizeof(line) - 1;
	for (char *p = line; n > 0;) {
		ssize_t w = write(1, p, (size_t)n);

		if (w <= 0)
			return;
		p += w;
		n -= (int)w;
	}
}

static int status_of(int wait_status)
{
	return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* A new session with tty as its controlling terminal and as 0, 1, 2. */
static void take_terminal(const char *tty)
{
	int fd;

	setsid();
	fd = open(tty, O_RDWR);
	if (fd < 0)
		_exit(126);
	ioctl(fd, TIOCSCTTY, 1);
	for (int i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* No echo and no translation: bytes pass as they are. */
static void make_raw(void)
{
	struct termios t;

	if (tcgetattr(0, &t))
		return;
	cfmakeraw(&t);
	t.c_lflag |= ISIG;
	tcsetattr(0, TCSANOW, &t);
}

static pid_t spawn(const char *tty, int raw, char *const argv[])
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (tty) {
		take_terminal(tty);
		if (raw)
			make_raw();
	}
	execve(argv[0], argv, (char *const *)environment);
	console("init: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Reaps whatever dies until pid does; its wait status. */
static int wait_for(pid_t pid)
{
	int status;
	pid_t dead;

	while ((dead = wait(&status)) != pid)
		if (dead < 0 && errno != EINTR)
			return 127 << 8;
	return status;
}

static void run_script(char *path)
{
	char *argv[] = { "/bin/sh", path, NULL };

	if (!access(path, R_OK))
		wait_for(spawn(NULL, 0, argv));
}

/* What was written to a terminal reaches its other end before the machine goes. */
static void drain(const char *tty)
{
	int fd = open(tty, O_WRONLY | O_NOCTTY);

	if (fd < 0)
		return;
	tcdrain(fd);
	close(fd);
}

static void end(int how)
{
	sync();
	drain("/dev/console");
	reboot(how);
	for (;;)
		pause();
}

/* What busybox's halt, poweroff and reboot send to process 1. */
static void asked_to_end(int sig)
{
	end(sig == SIGUSR1 ? RB_HALT_SYSTEM : sig == SIGUSR2 ? RB_POWER_OFF : RB_AUTOBOOT);
}

static void one_command(void)
{
	char *argv[] = { "/bin/sh", "/etc/vm/command", NULL };
	pid_t pid;
	int status;

	console("@@vm: started\n");
	pid = spawn("/dev/ttyS1", 1, argv);
	status = status_of(wait_for(pid));
	drain("/dev/ttyS1");
	console("@@vm: exit %d\n", status);
	end(RB_POWER_OFF);
}

static void first_line(const char *path, const char *key, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	char line[256];

	strcpy(buf, "?");
	while (f && fgets(line, sizeof(line), f)) {
		char *v = line;

		if (strncmp(line, key, strlen(key)))
			continue;
		v += strlen(key);
		v += strspn(v, " \t:");
		v[strcspn(v, "\n")] = '\0';
		snprintf(buf, size, "%s", v);
		break;
	}
	if (f)
		fclose(f);
}

/* What the person sees at the prompt. */
static void banner(void)
{
	char mem[64], text[1024];
	const char *name;
	struct utsname u;
	FILE *f;

	uname(&u);
	first_line("/proc/meminfo", "MemTotal", mem, sizeof(mem));
	name = strstr(u.version, "Ringside");
	console("\n%s, %ld CPUs, memory %s\n", name ? name : u.version, sysconf(_SC_NPROCESSORS_ONLN), mem);
	f = popen("ifconfig 2>/dev/null | awk '/^[a-z]/{d=$1; m=$5} /inet addr/{if(d!=\"lo\") print \"  \" d \"  \" m "
		  "\"  \" $2}'",
		  "r");
	while (f && fgets(text, sizeof(text), f))
		console("%s", text);
	if (f)
		pclose(f);
	console("  serving     web page on port 80, TCP and UDP echo on port 7\n"
		"  other end   'make peer' in a second terminal, there: curl http://10.9.0.2/\n"
		"  leave       Ctrl-A X, or poweroff\n\n");
}

int main(void)
{
	umask(022);
	signal(SIGUSR1, asked_to_end);
	signal(SIGUSR2, asked_to_end);
	signal(SIGTERM, asked_to_end);
	run_script("/etc/rc");
	if (!access("/etc/vm/command", R_OK))
		one_command();
	banner();
	for (;;) {
		char *argv[] = { "/bin/sh", "-l", NULL };
		int status = wait_for(spawn("/dev/console", 0, argv));

		console("\nThe shell ended with status %d; a new one starts.\n", status_of(status));
	}
}
