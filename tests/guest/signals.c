/* tests/guest/signals.c - signals: handlers, masks, queues, restarts, the alternate stack, forced ones */
#define _GNU_SOURCE
#include "check.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t hits, last_sig, last_value, nested, on_alt;
static siginfo_t last_info;
static sigjmp_buf env;

static void count(int sig) { hits++; last_sig = sig; }

static void info_handler(int sig, siginfo_t *si, void *ctx)
{
	(void)ctx;
	last_sig = sig;
	last_info = *si;
	last_value = last_value * 10 + si->si_value.sival_int;
	hits++;
}

static void install(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void install_info(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = info_handler, .sa_flags = SA_SIGINFO | flags };

	sigaction(sig, &sa, NULL);
}

static sigset_t set_of(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	return s;
}

static void test_basic(void)
{
	install(SIGUSR1, count, 0);
	hits = 0;
	raise(SIGUSR1);
	CHECK("raise_handled", hits == 1 && last_sig == SIGUSR1);
	install_info(SIGUSR2, 0);
	kill(getpid(), SIGUSR2);
	CHECK("siginfo_of_kill", last_info.si_pid == getpid() && last_info.si_code == SI_USER);
	install(SIGUSR1, count, SA_RESETHAND);
	raise(SIGUSR1);
	struct sigaction sa;
	sigaction(SIGUSR1, NULL, &sa);
	CHECK("resethand", sa.sa_handler == SIG_DFL);
	CHECK("kill_cannot_be_caught", sigaction(SIGKILL, &(struct sigaction){ .sa_handler = count }, NULL) == -1 &&
	      errno == EINVAL);
	CHECK("kill_zero", kill(getpid(), 0) == 0);
	CHECK("kill_nobody", kill(999999, 0) == -1 && errno == ESRCH);
	CHECK("kill_bad_signal", kill(getpid(), 99) == -1 && errno == EINVAL);
}

static void test_mask(void)
{
	sigset_t s = set_of(SIGUSR1), old, pending;

	install(SIGUSR1, count, 0);
	hits = 0;
	sigprocmask(SIG_BLOCK, &s, &old);
	raise(SIGUSR1);
	raise(SIGUSR1);
	sigpending(&pending);
	CHECK("blocked_stays_pending", hits == 0 && sigismember(&pending, SIGUSR1));
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK("standard_signals_merge", hits == 1);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	CHECK("ignoring_discards", !sigismember(&pending, SIGUSR1));
	sigprocmask(SIG_UNBLOCK, &s, NULL);
}

static void test_queue(void)
{
	int rt = SIGRTMIN + 1;
	sigset_t s = set_of(rt), two = set_of(rt);
	siginfo_t si;

	install_info(rt, 0);
	install_info(SIGRTMIN + 2, 0);
	sigaddset(&two, SIGRTMIN + 2);
	sigprocmask(SIG_BLOCK, &two, NULL);
	hits = last_value = 0;
	sigqueue(getpid(), SIGRTMIN + 2, (union sigval){ .sival_int = 4 });
	for (int i = 1; i <= 3; i++)
		sigqueue(getpid(), rt, (union sigval){ .sival_int = i });
	struct timespec none = { 0, 0 }, tick = { 0, 20000000 };
	CHECK("sigtimedwait_takes_first", sigtimedwait(&s, &si, &none) == rt && si.si_value.sival_int == 1 &&
	      si.si_code == SI_QUEUE && si.si_pid == getpid());
	sigprocmask(SIG_UNBLOCK, &two, NULL);
	/* lowest number is delivered first, so its handler runs last on the stack of frames: count only */
	CHECK("rt_signals_queue", hits == 3);
	sigprocmask(SIG_BLOCK, &s, NULL);
	CHECK("sigtimedwait_times_out", sigtimedwait(&s, &si, &tick) == -1 && errno == EAGAIN);
	sigprocmask(SIG_UNBLOCK, &s, NULL);
}

static void test_nodefer(void)
{
	struct sigaction sa = { .sa_handler = count };

	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	hits = 0;
	raise(SIGUSR1);
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK("mask_restored", hits == 1 && !sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
}

static void alarm_in(long us)
{
	struct itimerval it = { .it_value = { 0, us } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void test_restart(void)
{
	int p[2];
	char c;

	if (pipe(p))
		return;
	install(SIGALRM, count, 0);
	alarm_in(20000);
	CHECK("read_interrupted", read(p[0], &c, 1) == -1 && errno == EINTR);
	install(SIGALRM, count, SA_RESTART);
	hits = 0;
	pid_t pid = fork();
	if (!pid) {
		usleep(100000);
		_exit(write(p[1], "x", 1) != 1);
	}
	alarm_in(20000);
	CHECK("read_restarted", read(p[0], &c, 1) == 1 && c == 'x' && hits == 1);
	waitpid(pid, NULL, 0);
	install(SIGALRM, count, SA_RESTART);
	alarm_in(20000);
	struct timespec ts = { 5, 0 }, left;
	CHECK("nanosleep_never_restarts", nanosleep(&ts, &left) == -1 && errno == EINTR && left.tv_sec == 4);
	alarm_in(20000);
	CHECK("pause_returns", pause() == -1 && errno == EINTR);
	sigset_t s = set_of(SIGALRM), none;
	sigemptyset(&none);
	sigprocmask(SIG_BLOCK, &s, NULL);
	hits = 0;
	alarm_in(10000);
	CHECK("sigsuspend", sigsuspend(&none) == -1 && errno == EINTR && hits == 1);
	sigset_t now;
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK("sigsuspend_restores_mask", sigismember(&now, SIGALRM));
	sigprocmask(SIG_UNBLOCK, &s, NULL);
	close(p[0]);
	close(p[1]);
}

static void alt_handler(int sig)
{
	stack_t ss;

	(void)sig;
	sigaltstack(NULL, &ss);
	on_alt = ss.ss_flags & SS_ONSTACK;
	hits++;
}

static void test_altstack(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) }, old;

	CHECK("altstack_too_small",
	      sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = 100 }, NULL) == -1 && errno == ENOMEM);
	CHECK("altstack_set", sigaltstack(&ss, NULL) == 0);
	install(SIGUSR1, alt_handler, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK("handler_on_altstack", on_alt);
	install(SIGUSR1, alt_handler, 0);
	raise(SIGUSR1);
	CHECK("handler_on_normal_stack", !on_alt);
	ss.ss_flags = SS_DISABLE;
	sigaltstack(&ss, &old);
	CHECK("altstack_read_back", old.ss_sp == stack && old.ss_size == sizeof(stack));
}

static void fault_handler(int sig, siginfo_t *si, void *ctx)
{
	(void)ctx;
	last_sig = sig;
	last_info = *si;
	siglongjmp(env, 1);
}

static void test_faults(void)
{
	struct sigaction sa = { .sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO };
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	if (!sigsetjmp(env, 1))
		*(volatile char *)16 = 1;
	CHECK("segv_maperr",
	      last_sig == SIGSEGV && last_info.si_code == SEGV_MAPERR && last_info.si_addr == (void *)16);
	if (!sigsetjmp(env, 1))
		*(volatile char *)ro = 1;
	CHECK("segv_accerr", last_sig == SIGSEGV && last_info.si_code == SEGV_ACCERR && last_info.si_addr == ro);
	if (!sigsetjmp(env, 1))
		__asm__ volatile("divl %0" ::"r"(0), "a"(1), "d"(0));
	CHECK("fpe", last_sig == SIGFPE && last_info.si_code == FPE_INTDIV);
	if (!sigsetjmp(env, 1))
		__asm__ volatile("ud2");
	CHECK("ill", last_sig == SIGILL);
	signal(SIGFPE, SIG_DFL);
	signal(SIGILL, SIG_DFL);
	pid_t pid = fork();
	if (!pid) {
		sigset_t s = set_of(SIGSEGV);

		sigprocmask(SIG_BLOCK, &s, NULL);
		*(volatile char *)16 = 1;
		_exit(0);
	}
	int st;
	waitpid(pid, &st, 0);
	CHECK("blocked_fault_kills", WIFSIGNALED(st) && WTERMSIG(st) == SIGSEGV);
	signal(SIGSEGV, SIG_DFL);
	munmap(ro, 4096);
}

static void test_fpu(void)
{
	volatile double x = 1.5, y = 2.25;

	install(SIGALRM, count, SA_RESTART);
	hits = 0;
	struct itimerval it = { .it_interval = { 0, 2000 }, .it_value = { 0, 2000 } }, off = { 0 };
	setitimer(ITIMER_REAL, &it, NULL);
	int good = 1;
	while (hits < 20)
		good &= x * y == 3.375;
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK("registers_survive_handlers", good);
}

static void test_inherit(void)
{
	sigset_t s = set_of(SIGUSR1), pending;

	install(SIGUSR1, count, 0);
	sigprocmask(SIG_BLOCK, &s, NULL);
	raise(SIGUSR1);
	pid_t pid = fork();
	if (!pid) {
		sigset_t now;

		sigprocmask(SIG_BLOCK, NULL, &now);
		sigpending(&pending);
		_exit(sigismember(&now, SIGUSR1) && !sigismember(&pending, SIGUSR1) ? 0 : 1);
	}
	int st;
	waitpid(pid, &st, 0);
	CHECK("fork_keeps_mask_drops_pending", WIFEXITED(st) && !WEXITSTATUS(st));
	sigprocmask(SIG_UNBLOCK, &s, NULL);
	hits = 0;
	install(SIGCHLD, count, SA_RESTART);
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	CHECK("sigchld_sent", hits == 1 && last_sig == SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
	test_basic();
	test_mask();
	test_queue();
	test_nodefer();
	test_restart();
	test_altstack();
	test_faults();
	test_fpu();
	test_inherit();
	return verdict();
}
