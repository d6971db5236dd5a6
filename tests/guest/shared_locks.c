/* tests/guest/shared_locks.c - flows on different CPUs share no lock: /proc/lock_stat of the debug build says so
 *
 * Two processes, each kept on a CPU of its own, send to themselves over loopback, in turns. A lock that the packets of
 * both take moves with every turn: it bounces. What bounces less than once in SELDOM packets is passed from CPU to CPU
 * in batches (memory), or has nothing to do with packets.
 */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/mman.h>

#define ROUNDS 1000
#define SELDOM 10

static volatile int *turn; /* shared: whose it is; waiting for it makes no system call */

static int on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int udp_to_myself(void)
{
	struct sockaddr_in a = lo_port(0);
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	return bind(s, SA(&a), len) || getsockname(s, SA(&a), &len) || connect(s, SA(&a), len) ? -1 : s;
}

/* Both ends of a connection. */
static int tcp_pair(int end[2])
{
	struct sockaddr_in a = lo_port(0);
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	end[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, SA(&a), len) || listen(l, 1) || getsockname(l, SA(&a), &len) || connect(end[0], SA(&a), len))
		return -1;
	end[1] = accept(l, NULL, NULL);
	close(l);
	return set_int(end[0], IPPROTO_TCP, TCP_NODELAY, 1);
}

/* One flow: a byte goes from one end to the other when it is this one's turn, ROUNDS times; 0 when all arrived. */
static int flow(int me, int type)
{
	int end[2], s = type == SOCK_DGRAM ? udp_to_myself() : tcp_pair(end), n = 0;
	char c;

	if (type == SOCK_DGRAM)
		end[0] = end[1] = s;
	alarm(30);
	if (s < 0 || on_cpu(me))
		return 1;
	for (; n < ROUNDS; n++) {
		while (*turn != me)
			;
		if (send(end[0], "x", 1, 0) != 1 || recv(end[1], &c, 1, 0) != 1)
			break;
		*turn = !me;
	}
	return n < ROUNDS;
}

static int two_flows(int type)
{
	int good = 0, status = system("echo 0 >/proc/lock_stat");

	*turn = 0;
	for (int me = 0; me < 2; me++)
		if (!fork())
			_exit(flow(me, type));
	for (int i = 0; i < 2; i++)
		good += wait(&status) > 0 && !status;
	return good == 2;
}

/* Prints the locks that bounced; how many did. */
static int bouncing(void)
{
	FILE *f = fopen("/proc/lock_stat", "r");
	char line[256];
	unsigned long long contentions, bounces;
	int n = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llu %llu", &contentions, &bounces) == 2 && bounces > 2 * ROUNDS / SELDOM) {
			printf("shared: %s", line);
			n++;
		}
	if (f)
		fclose(f);
	return f ? n : -1;
}

int main(void)
{
	if (access("/proc/lock_stat", F_OK) || sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		puts("skipped: it takes two CPUs and the debug build");
		return 0;
	}
	turn = mmap(NULL, sizeof(*turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK("datagrams_flow", two_flows(SOCK_DGRAM));
	CHECK("datagrams_share_no_lock", bouncing() == 0);
	CHECK("streams_flow", two_flows(SOCK_STREAM));
	CHECK("streams_share_no_lock", bouncing() == 0);
	return verdict();
}
