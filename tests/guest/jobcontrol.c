/* tests/guest/jobcontrol.c - groups, sessions, stopping and continuing: what a shell with jobs relies on */
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t chld_code, hits;

static void on_chld(int sig, siginfo_t *si, void *ctx)
{
	(void)sig, (void)ctx;
	chld_code = si->si_code;
	hits++;
}

static void on_cont(int sig) { (void)sig, hits++; }

static void watch_children(int flags)
{
	struct sigaction sa = { .sa_sigaction = on_chld, .sa_flags = SA_SIGINFO | SA_RESTART | flags };

	sigaction(SIGCHLD, &sa, NULL);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	return pid;
}

static void test_stop_continue(void)
{
	siginfo_t si = { 0 };
	int st;

	watch_children(0);
	pid_t pid = sleeper();
	kill(pid, SIGSTOP);
	CHECK("wuntraced", waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st) && WSTOPSIG(st) == SIGSTOP);
	for (int i = 0; i < 5000 && chld_code != CLD_STOPPED; i++) /* wait may be told first, on Linux, too */
		usleep(1000);
	CHECK("sigchld_stopped", chld_code == CLD_STOPPED);
	CHECK("stop_reported_once", waitpid(pid, &st, WUNTRACED | WNOHANG) == 0);
	kill(pid, SIGCONT);
	CHECK("wcontinued", waitpid(pid, &st, WCONTINUED) == pid && WIFCONTINUED(st));
	setpgid(pid, pid); /* with us as a parent outside it, its group is not orphaned */
	kill(pid, SIGTSTP);
	CHECK("waitid_stopped",
	      waitid(P_PID, pid, &si, WSTOPPED) == 0 && si.si_code == CLD_STOPPED && si.si_status == SIGTSTP);
	kill(pid, SIGTERM);
	CHECK("stopped_ignores_term", waitpid(pid, &st, WNOHANG) == 0);
	kill(pid, SIGCONT);
	CHECK("term_after_cont", waitpid(pid, &st, 0) == pid && WIFSIGNALED(st) && WTERMSIG(st) == SIGTERM);
	pid = sleeper();
	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	kill(pid, SIGKILL);
	CHECK("kill_while_stopped", waitpid(pid, &st, 0) == pid && WTERMSIG(st) == SIGKILL);
	watch_children(SA_NOCLDSTOP);
	pid = sleeper();
	hits = 0;
	kill(pid, SIGSTOP);
	waitpid(pid, &st, WUNTRACED);
	CHECK("nocldstop", hits == 0);
	kill(pid, SIGKILL);
	waitpid(pid, &st, 0);
	signal(SIGCHLD, SIG_DFL);
}

static void test_groups(void)
{
	int st, n = 0;
	pid_t a = sleeper();

	CHECK("setpgid_child", setpgid(a, a) == 0 && getpgid(a) == a);
	pid_t b = sleeper();
	CHECK("setpgid_join", setpgid(b, a) == 0 && getpgid(b) == a);
	CHECK("setpgid_stranger", setpgid(1, 1) == -1 && (errno == ESRCH || errno == EPERM));
	CHECK("setpgid_no_such_group", setpgid(b, 999999) == -1 && errno == EPERM);
	CHECK("wait_other_group", waitpid(0, &st, WNOHANG) == -1 && errno == ECHILD);
	kill(-a, SIGTERM);
	while (waitpid(-a, &st, 0) > 0)
		n += WIFSIGNALED(st);
	CHECK("kill_group", n == 2);
	CHECK("kill_empty_group", kill(-a, 0) == -1 && errno == ESRCH);
}

static void test_sessions(void)
{
	pid_t pid = fork();
	int st;

	if (!pid) {
		int bad = setsid() != getpid() || getsid(0) != getpid() || getpgrp() != getpid();

		bad |= setsid() != -1 || errno != EPERM;
		bad |= setpgid(0, 0) != -1 || errno != EPERM;
		_exit(bad);
	}
	waitpid(pid, &st, 0);
	CHECK("setsid", WIFEXITED(st) && !WEXITSTATUS(st));
	CHECK("parent_keeps_session", getsid(0) != pid);
}

/* A stopped job whose shell ends gets SIGHUP and SIGCONT; here SIGCONT has a handler and SIGHUP is ignored. */
static void test_orphaned_group(void)
{
	int p[2];
	char c = 0;

	if (pipe(p))
		return;
	pid_t shell = fork();
	if (!shell) {
		setsid();
		pid_t job = fork();
		if (!job) {
			setpgid(0, 0);
			signal(SIGHUP, SIG_IGN);
			signal(SIGCONT, on_cont);
			hits = 0;
			raise(SIGSTOP);
			c = hits ? 'c' : '?';
			_exit(write(p[1], &c, 1) != 1);
		}
		int st;
		waitpid(job, &st, WUNTRACED);
		_exit(!WIFSTOPPED(st));
	}
	int st;
	close(p[1]);
	waitpid(shell, &st, 0);
	CHECK("shell_saw_stop", WIFEXITED(st) && !WEXITSTATUS(st));
	CHECK("orphaned_job_continues", read(p[0], &c, 1) == 1 && c == 'c');
	close(p[0]);
}

static void test_cont_handler(void)
{
	pid_t pid = fork();
	int st;

	if (!pid) {
		signal(SIGCONT, on_cont);
		hits = 0;
		raise(SIGSTOP);
		_exit(hits == 1 ? 8 : 1);
	}
	waitpid(pid, &st, WUNTRACED);
	kill(pid, SIGCONT);
	waitpid(pid, &st, 0);
	CHECK("cont_handler_runs", WIFEXITED(st) && WEXITSTATUS(st) == 8);
}

int main(void)
{
	test_stop_continue();
	test_groups();
	test_sessions();
	test_orphaned_group();
	test_cont_handler();
	return verdict();
}
