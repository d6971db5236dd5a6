/* tests/guest/exec_thread.c - a thread that is not the first one executes a program: the process keeps its number, and
 * nobody who asks for it meanwhile hears that there is none */
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 300
static char *self, left[12];

static void *again(void *arg)
{
	(void)arg;
	execl(self, self, left, NULL);
	_exit(2);
}

/* As "exec_thread N": once more from another thread, N times in all. */
static int child(int n)
{
	pthread_t t;

	if (!n)
		return 0;
	snprintf(left, sizeof(left), "%d", n - 1);
	if (pthread_create(&t, NULL, again, NULL))
		return 3;
	pthread_join(t, NULL);
	return 4;
}

int main(int argc, char **argv)
{
	int lost = 0, why = 0, st = -1;
	pid_t p;

	self = argv[0];
	if (argc == 2)
		return child(atoi(argv[1]));
	snprintf(left, sizeof(left), "%d", ROUNDS);
	p = fork();
	if (!p)
		again(NULL);
	while (waitpid(p, &st, WNOHANG) == 0)
		for (int i = 0; i < 1000; i++)
			if (kill(p, 0)) {
				lost++;
				why = errno;
			}
	CHECK("each exec by a thread went well", WIFEXITED(st) && WEXITSTATUS(st) == 0);
	if (lost)
		printf("lost %d times, errno %d\n", lost, why);
	CHECK("its number was never lost", lost == 0);
	return verdict();
}
