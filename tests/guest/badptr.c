/* tests/guest/badptr.c - every system call with bad pointers and absurd lengths, from several processes
 *
 * badptr [SECONDS [SEED]] (default: 6 s, 1): each call number in turn, each argument in turn bad while the others are
 * small. No call may panic the kernel, and none may succeed in writing where it must not: a page that is read-only here
 * still holds what it held.
 */
#define _GNU_SOURCE
#include "hostile.h"

static unsigned int first_seed;

/* Child i does the calls nr = i, all positions and pointers. */
static void run(unsigned int i)
{
	long nr = i % (LAST_CALL + 1), a[6];

	seed = first_seed * 1000003ULL + i;
	prepare_child(i & 1);
	if (left_out(nr))
		return;
	for (unsigned int bad = 0; bad < NR_BAD; bad++) {
		for (unsigned int at = 0; at < 6; at++) {
			for (int k = 0; k < 6; k++)
				a[k] = rnd(2) ? (long)rnd(24) : rnd(2) ? (long)good + rnd(256) : bad_length(rnd(20));
			a[at] = bad_pointer(bad);
			if (rnd(3) == 0)
				a[(at + 1) % 6] = bad_length(rnd(20));
			if (rnd(3) == 0)
				a[(at + 1) % 6] = bad_pointer(rnd(NR_BAD));
			if (takes_a_pid(nr))
				a[0] = getpid();
			if (nr == SYS_clone || nr == SYS_clone3)
				/* CLONE_IO alone: EINVAL or a child that ends */
				a[0] = nr == SYS_clone3 ? bad_pointer(bad) : 0x80000000L;
			if (syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]) == 0 &&
			    (nr == SYS_clone || nr == SYS_clone3))
				_exit(0);
		}
	}
	for (int k = 0; k < 4096; k++)
		if (readonly[k] != 0)
			_exit(77);
}

int main(int argc, char **argv)
{
	double limit = argc > 1 ? atof(argv[1]) : 6;
	unsigned int n = 0;

	first_seed = argc > 2 ? (unsigned int)atol(argv[2]) : 1;
	if (made_for_this())
		n = breed(3, 1.0, now() + limit, argc > 1 ? ~0u : LAST_CALL + 1, run);
	fprintf(stderr, "%u calls tried\n", n);
	CHECK("bad pointers", 1);
	return verdict();
}
