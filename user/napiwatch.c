/* user/napiwatch.c - how a driver swings between interrupts and polling
 *
 * napiwatch [DEVICE [SECONDS [TIMES]]]: reads /proc/net/napi every so often and prints what one device did meanwhile.
 * Under a flood interrupts a packet fall towards zero while packets a poll rise towards the weight of 64.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sample { unsigned long long irqs, polls, packets, full, to_poll, to_irq; char mode[16]; };

static int sample(const char *device, struct sample *s)
{
	FILE *f = fopen("/proc/net/napi", "r");
	char line[256], name[32];
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%31s %llu %llu %llu %*s %llu %llu %llu %*s %*s %15s", name, &s->irqs, &s->polls,
			       &s->packets, &s->full, &s->to_poll, &s->to_irq, s->mode) == 8 &&
			!strcmp(name, device);
	if (f)
		fclose(f);
	return found;
}

int main(int argc, char **argv)
{
	const char *device = argc > 1 ? argv[1] : "eth0";
	int seconds = argc > 2 ? atoi(argv[2]) : 1, times = argc > 3 ? atoi(argv[3]) : -1;
	struct sample a, b;

	if (!sample(device, &a)) {
		fprintf(stderr, "napiwatch: /proc/net/napi does not know %s\n", device);
		return 1;
	}
	printf("interrupts      polls    packets irqs/1000pkts pkts/poll full mode\n");
	while (times < 0 || times-- > 0) {
		unsigned long long irqs, polls, packets;

		sleep((unsigned)seconds);
		if (!sample(device, &b))
			return 1;
		irqs = b.irqs - a.irqs;
		polls = b.polls - a.polls;
		packets = b.packets - a.packets;
		printf("%10llu %10llu %10llu %13llu %9llu %4llu %s\n", irqs, polls, packets,
		       packets ? irqs * 1000 / packets : 0, polls ? packets / polls : 0, b.full - a.full, b.mode);
		fflush(stdout);
		a = b;
	}
	return 0;
}
