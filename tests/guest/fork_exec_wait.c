/* tests/guest/fork_exec_wait.c - processes: fork, copy on write, exec of programs and scripts, wait in all its forms */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *self;

static int wait_status(pid_t pid)
{
	int st = -1;

	return waitpid(pid, &st, 0) == pid ? st : -1;
}

static int exits_with(int st, int code) { return WIFEXITED(st) && WEXITSTATUS(st) == code; }

static void test_fork(void)
{
	volatile int value = 1;
	pid_t pid = fork();

	if (!pid) {
		value = 2;
		_exit(value == 2 && getppid() > 0 ? 7 : 1);
	}
	CHECK("fork_exit_status", exits_with(wait_status(pid), 7));
	CHECK("fork_copies_memory", value == 1);
	CHECK("wait_without_children", wait(NULL) == -1 && errno == ECHILD);
	CHECK("waitpid_of_stranger", waitpid(1, NULL, 0) == -1 && errno == ECHILD);
}

static void test_many(void)
{
	int n = 0, sum = 0, st;

	for (int i = 0; i < 40; i++)
		if (!fork())
			_exit(i);
	while (wait(&st) > 0) {
		n++;
		sum += WEXITSTATUS(st);
	}
	CHECK("forty_children", n == 40 && sum == 780);
}

static void test_killed(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	kill(pid, SIGKILL);
	int st = wait_status(pid);
	CHECK("killed_status", WIFSIGNALED(st) && WTERMSIG(st) == SIGKILL);
	pid = fork();
	if (!pid) {
		*(volatile int *)8 = 1;
		_exit(0);
	}
	st = wait_status(pid);
	CHECK("segv_status", WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
}

static void test_waitid(void)
{
	siginfo_t si;
	pid_t pid = fork();

	if (!pid)
		_exit(42);
	memset(&si, 0, sizeof(si));
	CHECK("waitid_nowait", waitid(P_PID, pid, &si, WEXITED | WNOWAIT) == 0 && si.si_pid == pid);
	CHECK("waitid_info", si.si_code == CLD_EXITED && si.si_status == 42 && si.si_signo == SIGCHLD);
	CHECK("still_there", exits_with(wait_status(pid), 42));
	CHECK("waitid_needs_options", waitid(P_ALL, 0, &si, WNOHANG) == -1 && errno == EINVAL);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	CHECK("wnohang_zero", waitpid(pid, NULL, WNOHANG) == 0);
	kill(pid, SIGTERM);
	struct rusage ru;
	int st;
	CHECK("wait4_rusage", wait4(pid, &st, 0, &ru) == pid && WTERMSIG(st) == SIGTERM);
}

static int run(char *const argv[], char *const envp[])
{
	pid_t pid = fork();

	if (!pid) {
		execve(argv[0], argv, envp);
		_exit(120);
	}
	return wait_status(pid);
}

static void write_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, mode);

	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
	chmod(path, mode);
}

static void test_exec(void)
{
	char script[600];
	char *env[] = { "MARK=here", NULL };

	CHECK("exec_args_env", exits_with(run((char *[]){ (char *)self, "child", "a b", "", NULL }, env), 33));
	CHECK("exec_missing", execve("/no/such/file", (char *[]){ "x", NULL }, env) == -1 && errno == ENOENT);
	CHECK("exec_directory", execve("/tmp", (char *[]){ "x", NULL }, env) == -1 && errno == EACCES);
	write_file("few_text", "just words\n", 0755);
	CHECK("exec_no_format", execve("./few_text", (char *[]){ "x", NULL }, env) == -1 && errno == ENOEXEC);
	write_file("few_text", "just words\n", 0644);
	CHECK("exec_not_executable", execve("./few_text", (char *[]){ "x", NULL }, env) == -1 && errno == EACCES);
	write_file("few_text", "\177ELF\2\1\1 and then nonsense that is long enough to be a header, almost........",
		   0755);
	CHECK("exec_bad_elf", execve("./few_text", (char *[]){ "x", NULL }, env) == -1 && errno == ENOEXEC);
	snprintf(script, sizeof(script), "#!%s script arg \nrest", self);
	write_file("few_script", script, 0755);
	CHECK("exec_script", exits_with(run((char *[]){ "./few_script", "one", NULL }, env), 44));
	write_file("few_loop", "#!./few_loop\n", 0755);
	CHECK("exec_script_loop", execve("./few_loop", (char *[]){ "x", NULL }, env) == -1 && errno == ELOOP);
	unlink("few_text");
	unlink("few_script");
	unlink("few_loop");
}

static void test_arg_limits(void)
{
	size_t big = 200000;
	char *huge = malloc(big + 1);
	char *argv[] = { (char *)self, "count", huge, NULL };

	memset(huge, 'x', big);
	huge[big] = 0;
	CHECK("exec_string_too_long", execve(self, argv, (char *[]){ NULL }) == -1 && errno == E2BIG);
	huge[100000] = 0;
	CHECK("exec_long_string", exits_with(run(argv, (char *[]){ NULL }), 55));
	CHECK("exec_bad_pointer", syscall(SYS_execve, self, 8L, 0L) == -1 && errno == EFAULT);
	free(huge);
}

static void test_cloexec(void)
{
	int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char a[16], b[16];

	snprintf(a, sizeof(a), "%d", kept);
	snprintf(b, sizeof(b), "%d", closed);
	CHECK("close_on_exec", exits_with(run((char *[]){ (char *)self, "fds", a, b, NULL }, (char *[]){ NULL }), 66));
	close(kept);
	close(closed);
}

static void test_vfork(void)
{
	volatile int touched = 0;
	pid_t pid = vfork();

	if (!pid) {
		touched = 1;
		_exit(9);
	}
	CHECK("vfork_shares_memory", touched == 1);
	CHECK("vfork_status", exits_with(wait_status(pid), 9));
	pid = vfork();
	if (!pid) {
		execl(self, self, "exit", (char *)NULL);
		_exit(1);
	}
	CHECK("vfork_exec", exits_with(wait_status(pid), 5));
}

static void test_orphans(void)
{
	int p[2], code = 0;
	char c;

	if (pipe(p))
		return;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_t middle = fork();
	if (!middle) {
		if (!fork()) {
			close(p[1]);
			if (read(p[0], &c, 1) != 1) /* until the middle is gone */
				_exit(1);
			_exit(77);
		}
		_exit(0);
	}
	close(p[0]);
	CHECK("middle_exits", exits_with(wait_status(middle), 0));
	CHECK("orphan_released", write(p[1], "x", 1) == 1);
	CHECK("subreaper_gets_orphan", wait(&code) > 0 && exits_with(code, 77));
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(p[1]);
}

static void test_ignored_children(void)
{
	signal(SIGCHLD, SIG_IGN);
	pid_t pid = fork();
	if (!pid)
		_exit(1);
	CHECK("ignored_children_vanish", waitpid(pid, NULL, 0) == -1 && errno == ECHILD);
	signal(SIGCHLD, SIG_DFL);
}

static int thread_fn(void *arg)
{
	*(int *)arg = (int)syscall(SYS_gettid);
	return 3;
}

static void test_clone(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	int seen = 0, tid = 0, st;
	pid_t pid = clone(thread_fn, stack + sizeof(stack), CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD, &seen, &tid);

	CHECK("clone_vm_child", waitpid(pid, &st, 0) == pid && exits_with(st, 3));
	CHECK("clone_shares_memory", seen == pid && tid == pid);
	pid = clone(thread_fn, stack + sizeof(stack), CLONE_VM, &seen);
	CHECK("clone_without_signal", waitpid(pid, &st, 0) == -1 && errno == ECHILD);
	CHECK("clone_wclone", waitpid(pid, &st, __WCLONE) == pid && exits_with(st, 3));
	CHECK("clone_bad_flags", syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0) == -1 && errno == EINVAL);
}

static int child_main(int argc, char **argv)
{
	if (!strcmp(argv[1], "child"))
		return argc == 4 && !strcmp(argv[2], "a b") && !*argv[3] && getenv("MARK") &&
				getauxval(AT_PAGESZ) == 4096 && getauxval(AT_PHDR) && getauxval(AT_RANDOM) &&
				!getauxval(AT_SECURE)
			? 33
			: 1;
	if (!strcmp(argv[1], "script arg"))
		return argc == 4 && !strcmp(argv[2], "./few_script") && !strcmp(argv[3], "one") ? 44 : 1;
	if (!strcmp(argv[1], "count"))
		return argc == 3 && strlen(argv[2]) == 100000 ? 55 : 1;
	if (!strcmp(argv[1], "fds"))
		return fcntl(atoi(argv[2]), F_GETFD) == 0 && fcntl(atoi(argv[3]), F_GETFD) == -1 && errno == EBADF ? 66
														   : 1;
	return 5;
}

int main(int argc, char **argv)
{
	char path[256];
	ssize_t n;

	if (argc > 1)
		return child_main(argc, argv);
	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n > 0)
		path[n] = 0;
	self = n > 0 ? path : argv[0];
	test_fork();
	test_many();
	test_killed();
	test_waitid();
	test_exec();
	test_arg_limits();
	test_cloexec();
	test_vfork();
	test_orphans();
	test_ignored_children();
	test_clone();
	return verdict();
}
