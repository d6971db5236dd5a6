/* tests/guest/sysfuzz.c - random system calls with random arguments, for as long as one likes
 *
 * sysfuzz [SECONDS [SEED]] (default: 3 s, 1): children make calls until they are killed, by us or by themselves; half
 * of them without privileges. Descriptors of every kind are open, results of earlier calls come back as arguments. It
 * is over when the time is, unless the kernel was over before.
 */
#define _GNU_SOURCE
#include "hostile.h"

static unsigned int first_seed;
static long results[8];

static long path(void)
{
	static const char *const names[] = {
		"a",	     "b",	  "dir/x",  "/tmp/hostile.dir/c", ".",
		"..",	     "/",	  "",	    "/proc/self/stat",	  "/proc/self/fd/3",
		"/dev/null", "/dev/ptmx", "a/../b", "/proc/net/tcp",	  "link"
	};

	return (long)names[rnd(sizeof(names) / sizeof(*names))];
}

static long argument(void)
{
	switch (rnd(12)) {
	case 0: return bad_pointer(rnd(NR_BAD));
	case 1: return bad_length(rnd(20));
	case 2: return path();
	case 3: return results[rnd(8)];
	case 4: return 1L << rnd(64);
	case 5: return (long)rnd(1u << 16) << rnd(16);
	case 6: return (long)good + rnd(1024) * 8;
	case 7: return (long)good + GOOD_SIZE - rnd(64);
	case 8: return -(long)rnd(200);
	default: return (long)rnd(32);
	}
}

/* A structure that a call may well accept: small numbers and pointers among zeros. */
static void refill(void)
{
	long *w = (long *)(good + rnd(1024) * 8);

	for (int i = 0; i < 8; i++)
		w[i] = rnd(3) ? (long)rnd(16) : argument();
}

static void one_call(void)
{
	/* what a program is made of comes more often than the rest */
	static const short common[] = {
		SYS_read,
		SYS_write,
		SYS_open,
		SYS_close,
		SYS_mmap,
		SYS_mprotect,
		SYS_munmap,
		SYS_brk,
		SYS_ioctl,
		SYS_pipe2,
		SYS_dup3,
		SYS_socket,
		SYS_sendmsg,
		SYS_recvmsg,
		SYS_sendto,
		SYS_recvfrom,
		SYS_bind,
		SYS_connect,
		SYS_listen,
		SYS_accept4,
		SYS_setsockopt,
		SYS_getsockopt,
		SYS_fcntl,
		SYS_epoll_ctl,
		SYS_epoll_wait,
		SYS_poll,
		SYS_select,
		SYS_futex,
		SYS_mremap,
		SYS_rename,
		SYS_link,
		SYS_unlink,
		SYS_mkdir,
		SYS_rmdir,
		SYS_symlink,
		SYS_ftruncate,
		SYS_fallocate,
		SYS_sendfile,
		SYS_splice,
		SYS_tee,
		SYS_timerfd_settime,
		SYS_timer_create,
		SYS_timer_settime,
		SYS_rt_sigaction,
		SYS_writev,
		SYS_readv,
		SYS_preadv,
		SYS_pwritev,
		SYS_madvise,
		SYS_shutdown,
		SYS_getdents64,
		SYS_lseek,
		SYS_signalfd4,
		SYS_socketpair,
	};
	long nr = rnd(2) ? common[rnd(sizeof(common) / sizeof(*common))] : (long)rnd(LAST_CALL + 1), a[6], r;

	if (left_out(nr) || nr == SYS_umount2 || nr == SYS_clone || nr == SYS_clone3 || nr == SYS_pivot_root)
		return;
	if (nr == SYS_rt_sigreturn && rnd(10))
		return; /* the end of this child, nearly always */
	for (int i = 0; i < 6; i++)
		a[i] = argument();
	if (takes_a_pid(nr))
		a[0] = getpid();
	if ((nr == SYS_kill || nr == SYS_tkill || nr == SYS_rt_sigqueueinfo) && (a[1] == SIGKILL || a[1] == SIGSTOP))
		a[1] = SIGALRM;
	r = syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	results[rnd(8)] = r;
}

static void run(unsigned int i)
{
	seed = first_seed * 1000003ULL + i;
	prepare_child(i & 1);
	for (;;) {
		if (!rnd(4))
			refill();
		one_call();
	}
}

int main(int argc, char **argv)
{
	double limit = argc > 1 ? atof(argv[1]) : 3;
	unsigned int n = 0;

	first_seed = argc > 2 ? (unsigned int)atol(argv[2]) : 1;
	if (made_for_this())
		n = breed(MAX_KIDS, 2.0, now() + limit, ~0u, run);
	fprintf(stderr, "%u children\n", n);
	CHECK("random calls", 1);
	return verdict();
}
