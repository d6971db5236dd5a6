/* tests/guest/hooks.c - Ringside's own rule table on the five netfilter hooks: drop, reject, count, policies */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <signal.h>

static int rules(const char *line)
{
	int f = open("/proc/net/nf_rules", O_WRONLY), r = (int)write(f, line, strlen(line)), e = errno;

	close(f);
	errno = e;
	return r == (int)strlen(line) ? 0 : -1;
}

/* Packets that the rule of this number has seen; -1: no such rule. */
static long packets(int nr)
{
	char line[256];
	long n = -1;
	int i = 0;
	FILE *f = fopen("/proc/net/nf_rules", "r");

	while (f && fgets(line, sizeof(line), f)) {
		char *p = strstr(line, "packets ");

		if (p && i++ == nr)
			n = atol(p + 8);
	}
	if (f)
		fclose(f);
	return n;
}

static void udp(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	char line[128], c;

	connect_to(b, port_of(a));
	snprintf(line, sizeof(line), "add input drop proto udp dport %d", port_of(a));
	CHECK("add", rules(line) == 0);
	CHECK("drop: sent", send(b, "x", 1, 0) == 1);
	CHECK("but never seen", events(a, POLLIN, 50) == 0 && packets(0) == 1);
	CHECK("del", rules("del 0") == 0 && packets(0) == -1);
	CHECK("lets through again", send(b, "x", 1, 0) == 1 && recv(a, &c, 1, 0) == 1);
	snprintf(line, sizeof(line), "add input reject proto udp dport %d", port_of(a));
	CHECK("reject", rules(line) == 0 && send(b, "x", 1, 0) == 1 && ERR(recv(b, &c, 1, 0), ECONNREFUSED));
	CHECK("flush", rules("flush") == 0);
	snprintf(line, sizeof(line), "add output drop proto udp dport %d", port_of(a));
	CHECK("drop on the way out: the sender is told", rules(line) == 0 && ERR(send(b, "x", 1, 0), EPERM));
	rules("flush");
	snprintf(line, sizeof(line), "add output reject proto udp dport %d", port_of(a));
	CHECK("reject on the way out", rules(line) == 0 && ERR(send(b, "x", 1, 0), EPERM));
	rules("flush");
	recv(b, &c, 1, MSG_DONTWAIT);
	static const char *const hooks[] = { "prerouting", "input", "output", "postrouting" };
	for (int i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "add %s count proto udp dport %d", hooks[i], port_of(a));
		rules(line);
	}
	for (int i = 0; i < 10; i++) {
		send(b, "x", 1, 0);
		recv(a, &c, 1, 0);
	}
	CHECK("four hooks see each packet",
	      packets(0) == 10 && packets(1) == 10 && packets(2) == 10 && packets(3) == 10);
	rules("flush");
	close(a);
	close(b);
}

static void tcp(void)
{
	int l = bound(SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), a = -1;
	struct timeval tv = { 0, 200000 };
	char line[128], ch;

	listen(l, 5);
	snprintf(line, sizeof(line), "add input reject proto tcp dport %d", port_of(l));
	CHECK("TCP: reject is a reset", rules(line) == 0 && ERR(connect_to(c, port_of(l)), ECONNREFUSED));
	rules("flush");
	CHECK("without the rule", connect_to(c, port_of(l)) == 0 && (a = accept(l, NULL, NULL)) >= 0);
	rules(line);
	CHECK("a connection is cut off", send(c, "x", 1, MSG_NOSIGNAL) == 1 && ERR(recv(c, &ch, 1, 0), ECONNRESET));
	rules("flush");
	close(c);
	close(a);
	c = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(c, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	snprintf(line, sizeof(line), "add input drop proto tcp dport %d", port_of(l));
	CHECK("drop is silence", rules(line) == 0 && ERR(connect_to(c, port_of(l)), EINPROGRESS));
	rules("flush");
	close(c);
	close(l);
}

static void matching(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0), st = 0;
	char c;

	connect_to(b, port_of(a));
	CHECK("prefixes",
	      rules("add input drop src 10.0.0.0/8") == 0 && send(b, "x", 1, 0) == 1 && recv(a, &c, 1, 0) == 1);
	rules("flush");
	CHECK("the prefix that fits",
	      rules("add input drop src 127.0.0.0/8 in lo") == 0 && send(b, "x", 1, 0) == 1 &&
		      events(a, POLLIN, 50) == 0);
	rules("flush");
	CHECK("another device",
	      rules("add input drop in nix0") == 0 && send(b, "x", 1, 0) == 1 && recv(a, &c, 1, 0) == 1);
	CHECK("the first match decides",
	      rules("flush") == 0 && rules("add input accept proto udp") == 0 && rules("add input drop") == 0 &&
		      send(b, "x", 1, 0) == 1 && recv(a, &c, 1, 0) == 1 && packets(1) == 0);
	rules("flush");
	CHECK("policy", rules("policy input drop") == 0 && send(b, "x", 1, 0) == 1 && events(a, POLLIN, 50) == 0);
	CHECK("policy accept", rules("policy input accept") == 0 && send(b, "x", 1, 0) == 1 && recv(a, &c, 1, 0) == 1);
	CHECK("nonsense", ERR(rules("add nowhere drop"), EINVAL) && ERR(rules("add input drop proto"), EINVAL) &&
				  ERR(rules("add input drop src 1.2.3.4/40"), EINVAL) && ERR(rules("del 5"), ENOENT));
	if (!fork())
		_exit(setuid(1000) || rules("flush") == 0);
	wait(&st);
	CHECK("needs the capability", st == 0);
	close(a);
	close(b);
}

int main(void)
{
	udp();
	tcp();
	matching();
	return verdict();
}
