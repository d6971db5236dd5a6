/* tests/guest/grace_periods.c - calls that wait until every CPU has let go of an old value
 *
 * In each round some processes replace the IP options of a socket, all at once, and then nothing happens until the last
 * of them is through. A replacement waits until no packet can use the old options. So each CPU goes idle while the
 * others' waiting ends: one that goes idle with work left over stays so, nobody wakes it, and the program does not end.
 */
#include "check.h"
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 4
#define ROUNDS 300

static int go[2], done[2]; /* pipes: a byte a process and round */

static int replace_options(void)
{
	unsigned char options[4] = { 1, 1, 1, 0 }; /* no operation, three times; end of list */
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	char c;

	while (read(go[0], &c, 1) == 1)
		if (setsockopt(s, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)) || write(done[1], &c, 1) != 1)
			return 1;
	return 0;
}

/* Those that are still at it after the last round wait at the pipe, which no writer is left for. */
int main(void)
{
	char bytes[PROCESSES] = { 0 };
	int st, bad = 0;

	CHECK("pipes", !pipe(go) && !pipe(done));
	for (int i = 0; i < PROCESSES; i++)
		if (!fork()) {
			close(go[1]);
			_exit(replace_options());
		}
	close(done[1]);
	for (int r = 0; r < ROUNDS && !bad; r++) {
		bad = write(go[1], bytes, PROCESSES) != PROCESSES;
		for (int i = 0; i < PROCESSES && !bad; i++)
			bad = read(done[0], bytes, 1) != 1;
	}
	close(go[1]);
	for (int i = 0; i < PROCESSES; i++)
		bad += wait(&st) < 0 || st;
	CHECK("options replaced by all at once, in rounds", !bad);
	return verdict();
}
