/* tests/guest/reuseport.c - SO_REUSEPORT: several sockets on one port, who may share it, and who gets which flow */
#define _GNU_SOURCE
#include "check.h"
#include "inet.h"
#include <sys/resource.h>

#define SOCKETS 4
#define FLOWS 400
#define LEAST 40  /* of 100 that are due to each of four: seven times the deviation */
#define MOST 180
#define TCP_PORT 8200
#define UDP_PORT 8201

static int group[SOCKETS + 1], count[SOCKETS + 1];

static int shared(int type, int port, unsigned addr)
{
	struct sockaddr_in name = lo_port(port);
	int s = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	name.sin_addr.s_addr = htonl(addr);
	set_int(s, SOL_SOCKET, SO_REUSEPORT, 1);
	if (bind(s, SA(&name), sizeof(name)) || (type == SOCK_STREAM && listen(s, 64))) {
		int e = errno;

		close(s);
		errno = e;
		return -1;
	}
	return s;
}

static int open_group(int type, int port)
{
	for (int i = 0; i < SOCKETS; i++)
		if ((group[i] = shared(type, port, INADDR_ANY)) < 0)
			return 0;
	group[SOCKETS] = -1;
	return 1;
}
static void close_group(void)
{
	for (int i = 0; i <= SOCKETS; i++)
		if (group[i] >= 0)
			close(group[i]);
}

/* Which of the group has something, -1 for none within a second; -2: more than one. */
static int who(void)
{
	struct pollfd p[SOCKETS + 1];
	int found = -1;

	for (int i = 0; i <= SOCKETS; i++)
		p[i] = (struct pollfd){ group[i], POLLIN, 0 };
	if (poll(p, SOCKETS + 1, 1000) < 1)
		return -1;
	for (int i = 0; i <= SOCKETS; i++)
		if (p[i].revents & POLLIN)
			found = found == -1 ? i : -2;
	return found;
}

static int shares(int least, int most)
{
	int all = 0, good = 1;

	for (int i = 0; i < SOCKETS; i++) {
		good &= group[i] < 0 ? !count[i] : count[i] >= least && count[i] <= most;
		all += count[i];
	}
	if (!good || all != FLOWS)
		printf("shares %d %d %d %d %d\n", count[0], count[1], count[2], count[3], count[4]);
	return good && all == FLOWS;
}

/* --- datagrams --- */

static int client[FLOWS], taker[FLOWS];

/* A datagram of each flow; true when each came to one socket, and first or to the one that had the flow before. */
static int round_of_datagrams(int first)
{
	char b = 0, c;

	memset(count, 0, sizeof(count));
	for (int i = 0; i < FLOWS; i++) {
		int k = send(client[i], &b, 1, 0) == 1 ? who() : -1;

		if (k < 0 || recv(group[k], &c, 1, 0) != 1 || (!first && taker[i] != k)) {
			printf("flow %d went to %d, not to %d\n", i, k, taker[i]);
			return 0;
		}
		taker[i] = k;
		count[k]++;
	}
	return 1;
}

static void datagrams(void)
{
	int all;

	CHECK("four UDP sockets on one port", open_group(SOCK_DGRAM, UDP_PORT));
	for (int i = 0; i < FLOWS; i++) {
		client[i] = socket(AF_INET, SOCK_DGRAM, 0);
		connect_to(client[i], UDP_PORT);
	}
	CHECK("each datagram to one of them", round_of_datagrams(1));
	CHECK("each has a share", shares(LEAST, MOST));
	CHECK("each flow stays with its own", round_of_datagrams(0) && round_of_datagrams(0));
	close(group[1]);
	group[1] = -1;
	CHECK("one goes: its flows come to the others", round_of_datagrams(1));
	CHECK("who have a share each", shares(LEAST, FLOWS - 2 * LEAST));
	CHECK("and keep it", round_of_datagrams(0));
	group[1] = shared(SOCK_DGRAM, UDP_PORT, INADDR_ANY);
	CHECK("one comes: it gets its share", round_of_datagrams(1) && shares(LEAST, MOST) && round_of_datagrams(0));
	group[SOCKETS] = shared(SOCK_DGRAM, UDP_PORT, INADDR_LOOPBACK);
	all = round_of_datagrams(1) && count[SOCKETS] == FLOWS;
	CHECK("one that is bound closer gets all", all);
	for (int i = 0; i < FLOWS; i++)
		close(client[i]);
	close_group();
}

/* --- connections --- */

/* From a port of its own, and away by a reset, so that the same flow can come again. */
static int one_connection(int i)
{
	struct sockaddr_in from = lo_port(20000 + i);
	int s = socket(AF_INET, SOCK_STREAM, 0), k = -1, a;

	set_int(s, SOL_SOCKET, SO_REUSEADDR, 1);
	setsockopt(s, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 }, sizeof(struct linger));
	if (!bind(s, SA(&from), sizeof(from)) && !connect_to(s, TCP_PORT))
		k = who();
	a = k >= 0 ? accept(group[k], NULL, NULL) : -1;
	close(s);
	if (a < 0)
		return -1;
	events(a, POLLIN, 1000); /* the reset has come: the port is free on this side, too */
	close(a);
	return k;
}
static int round_of_connections(int first)
{
	memset(count, 0, sizeof(count));
	for (int i = 0; i < FLOWS; i++) {
		int k = one_connection(i);

		if (k < 0 || (!first && taker[i] != k)) {
			printf("flow %d went to %d, not to %d\n", i, k, taker[i]);
			return 0;
		}
		taker[i] = k;
		count[k]++;
	}
	return 1;
}

static void connections(void)
{
	int all;

	CHECK("four listeners on one port", open_group(SOCK_STREAM, TCP_PORT));
	CHECK("each connection to one of them", round_of_connections(1));
	CHECK("each listener has a share", shares(LEAST, MOST));
	CHECK("the same flow again comes to the same listener", round_of_connections(0));
	close(group[1]);
	group[1] = -1;
	CHECK("one listener goes: the others take all", round_of_connections(1));
	CHECK("and have a share each", shares(LEAST, FLOWS - 2 * LEAST));
	group[1] = shared(SOCK_STREAM, TCP_PORT, INADDR_ANY);
	CHECK("one listener comes: it gets its share", round_of_connections(1) && shares(LEAST, MOST));
	group[SOCKETS] = shared(SOCK_STREAM, TCP_PORT, INADDR_LOOPBACK);
	all = round_of_connections(1) && count[SOCKETS] == FLOWS;
	CHECK("a listener that is bound closer gets all", all);
	close_group();
}

/* --- who may --- */

/* Binds a second socket with this option to the port of the first, as this user; errno, 0 when it may. */
static int second(int type, int port, int option, uid_t uid)
{
	struct sockaddr_in name = lo_port(port);
	int s, e;

	if (seteuid(uid))
		return -1;
	s = socket(AF_INET, type, 0);
	e = seteuid(0) ? errno : 0;
	if (option)
		set_int(s, SOL_SOCKET, option, 1);
	e = e ? e : bind(s, SA(&name), sizeof(name)) ? errno : type == SOCK_STREAM && listen(s, 1) ? errno : 0;
	close(s);
	return e;
}

static void rules(int type, const char *what)
{
	int s = bound(type, 0), port = port_of(s), t;
	char name[100];
#define NAMED(text) (snprintf(name, sizeof(name), "%s: %s", what, text), name)

	CHECK(NAMED("on neither"), second(type, port, 0, 0) == EADDRINUSE);
	CHECK(NAMED("on the second alone"), second(type, port, SO_REUSEPORT, 0) == EADDRINUSE);
	set_int(s, SOL_SOCKET, SO_REUSEPORT, 1);
	CHECK(NAMED("on the first since it is bound"), second(type, port, SO_REUSEPORT, 0) == 0);
	close(s);
	s = shared(type, port, INADDR_LOOPBACK);
	CHECK(NAMED("on the first alone"), second(type, port, 0, 0) == EADDRINUSE);
	CHECK(NAMED("REUSEADDR is another thing"), second(type, port, SO_REUSEADDR, 0) == EADDRINUSE);
	CHECK(NAMED("on both"), second(type, port, SO_REUSEPORT, 0) == 0);
	CHECK(NAMED("another user's"), second(type, port, SO_REUSEPORT, 65534) == EADDRINUSE);
	t = shared(type, port, INADDR_ANY);
	CHECK(NAMED("of another address"), t >= 0);
	close(t);
	set_int(s, SOL_SOCKET, SO_REUSEPORT, 0); /* Linux's TCP goes by what the port's first owner once said */
	if (type == SOCK_DGRAM)
		CHECK(NAMED("taken back"), second(type, port, SO_REUSEPORT, 0) == EADDRINUSE);
	close(s);
	CHECK(NAMED("free again"), second(type, port, 0, 0) == 0);
}

int main(void)
{
	setrlimit(RLIMIT_NOFILE, &(struct rlimit){ FLOWS + 100, FLOWS + 100 });
	rules(SOCK_DGRAM, "UDP");
	rules(SOCK_STREAM, "TCP");
	datagrams();
	connections();
	return verdict();
}
