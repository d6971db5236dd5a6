/* tests/guest/proc_net.c - /proc/net as programs parse it: the columns are where Linux has them, and they move */
#define _GNU_SOURCE
#include "check.h"
#include "counters.h"
#include "inet.h"
#include <ctype.h>

/* The line that holds this; NULL: none. */
static char *line_with(const char *what)
{
	char *p = strstr(text, what), *end;

	if (!p)
		return NULL;
	while (p > text && p[-1] != '\n')
		p--;
	end = strchr(p, '\n');
	if (end)
		*end = 0;
	return p;
}

static int columns(const char *line)
{
	int n = 0;

	for (int in = 0; *line; line++) {
		n += *line != ' ' && *line != '\t' && !in;
		in = *line != ' ' && *line != '\t';
	}
	return n;
}

static void traffic(void)
{
	int a = bound(SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
	char c[100];

	connect_to(b, port_of(a));
	for (int i = 0; i < 5; i++) {
		send(b, c, sizeof(c), 0);
		recv(a, c, sizeof(c), 0);
	}
	close(a);
	close(b);
}

static void dev(void)
{
	unsigned long long rb, rp, tb, tp, rb2, rp2;
	char *l;

	CHECK("dev: two lines of heading",
	      !strncmp(slurp("dev"), "Inter-|   Receive ", 18) &&
		      strstr(text,
			     "\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets "
			     "errs drop fifo colls carrier compressed\n"));
	l = line_with("lo:");
	CHECK("dev: lo",
	      l && columns(l) == 17 &&
		      sscanf(strchr(l, ':') + 1, "%llu %llu %*u %*u %*u %*u %*u %*u %llu %llu", &rb, &rp, &tb, &tp) ==
			      4);
	traffic();
	slurp("dev");
	l = line_with("lo:");
	CHECK("dev: counts",
	      l && sscanf(strchr(l, ':') + 1, "%llu %llu", &rb2, &rp2) == 2 && rp2 >= rp + 5 && rb2 >= rb + 5 * 128);
	CHECK("dev: both ways alike on lo", rb == tb && rp == tp);
}

static void snmp(void)
{
	long long in = counter("snmp", "Udp", "InDatagrams"), out = counter("snmp", "Udp", "OutDatagrams"), np;

	CHECK("snmp: Forwarding and TTL",
	      counter("snmp", "Ip", "Forwarding") >= 1 && counter("snmp", "Ip", "DefaultTTL") == 64);
	CHECK("snmp: Tcp's settings",
	      counter("snmp", "Tcp", "RtoAlgorithm") == 1 && counter("snmp", "Tcp", "RtoMin") == 200 &&
		      counter("snmp", "Tcp", "RtoMax") == 120000 && counter("snmp", "Tcp", "MaxConn") == -1);
	CHECK("snmp: all groups",
	      counter("snmp", "Icmp", "InMsgs") >= 0 && counter("snmp", "Tcp", "CurrEstab") >= 0 && in >= 0 &&
		      out >= 0);
	traffic();
	CHECK("snmp: UDP counts",
	      counter("snmp", "Udp", "InDatagrams") == in + 5 && counter("snmp", "Udp", "OutDatagrams") == out + 5);
	np = counter("snmp", "Udp", "NoPorts");
	int s = socket(AF_INET, SOCK_DGRAM, 0);
	connect_to(s, 9);
	send(s, "x", 1, 0);
	recv(s, text, 1, 0);
	close(s);
	CHECK("snmp: NoPorts, and ICMP about it",
	      counter("snmp", "Udp", "NoPorts") == np + 1 && counter("snmp", "Icmp", "OutDestUnreachs") >= 1 &&
		      counter("snmp", "Icmp", "InDestUnreachs") >= 1);
	CHECK("netstat",
	      counter("netstat", "IpExt", "InOctets") > 0 && counter("netstat", "TcpExt", "ListenOverflows") >= 0 &&
		      counter("netstat", "TcpExt", "TCPTimeouts") >= 0 &&
		      counter("netstat", "TcpExt", "DelayedACKs") >= 0);
}

static void sockets(void)
{
	int l = bound(SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), u = bound(SOCK_DGRAM, 0), r, a, n;
	char want[64], *line;
	unsigned st, tx, rx;

	CHECK("tcp: heading",
	      strstr(slurp("tcp"),
		     "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
		     "inode") == text);
	listen(l, 33);
	snprintf(want, sizeof(want), "0100007F:%04X 00000000:0000 0A", port_of(l));
	slurp("tcp");
	line = line_with(want);
	CHECK("tcp: a listener", line && columns(line) == 17);
	connect_to(c, port_of(l));
	a = accept(l, NULL, NULL);
	send(c, "12345", 5, 0);
	events(a, POLLIN, 1000);
	snprintf(want, sizeof(want), "0100007F:%04X 0100007F:%04X", port_of(l), port_of(c));
	slurp("tcp");
	line = line_with(want);
	CHECK("tcp: a connection, and what waits in it",
	      line && sscanf(strstr(line, want) + strlen(want), "%x %x:%x", &st, &tx, &rx) == 3 && st == 1 && tx == 0 &&
		      rx == 5);
	snprintf(want, sizeof(want), "0100007F:%04X 00000000:0000 07", port_of(u));
	CHECK("udp: heading",
	      strstr(slurp("udp"),
		     "rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer "
		     "drops") != NULL);
	line = line_with(want);
	CHECK("udp: a socket", line && columns(line) == 13);
	r = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	slurp("raw");
	line = line_with("00000000:0001 00000000:0000 07");
	CHECK("raw: its protocol for a port", line && columns(line) == 13);
	slurp("sockstat");
	CHECK("sockstat",
	      strstr(text, "sockets: used ") == text && strstr(text, "\nTCP: inuse ") &&
		      strstr(text, "\nUDP: inuse ") && strstr(text, "\nRAW: inuse "));
	line = line_with("TCP: inuse");
	CHECK("sockstat: TCP",
	      line && sscanf(line, "TCP: inuse %d", &n) == 1 && n >= 3 && strstr(line, " orphan ") &&
		      strstr(line, " tw ") && strstr(line, " alloc ") && strstr(line, " mem "));
	CHECK("unix: heading", !strncmp(slurp("unix"), "Num       RefCount Protocol Flags    Type St Inode Path", 55));
	close(l);
	close(c);
	close(a);
	close(u);
	close(r);
}

static void tables(void)
{
	CHECK("route: heading",
	      !strncmp(slurp("route"),
		       "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT", 70));
	CHECK("arp: heading",
	      !strncmp(slurp("arp"), "IP address       HW type     Flags       HW address            Mask     Device",
		       77));
}

/* A value of /sys/class/net/lo, without its newline. */
static const char *lo_says(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/lo/%s", name);
	slurp_path(path);
	text[strcspn(text, "\n")] = 0;
	return text;
}

static void sysfs(void)
{
	CHECK("sys: address", !strcmp(lo_says("address"), "00:00:00:00:00:00"));
	CHECK("sys: mtu", atoi(lo_says("mtu")) == 65536);
	CHECK("sys: ifindex, type", atoi(lo_says("ifindex")) == 1 && atoi(lo_says("type")) == 772);
	CHECK("sys: flags", !strcmp(lo_says("flags"), "0x9"));
	CHECK("sys: carrier", !strcmp(lo_says("carrier"), "1") && !strcmp(lo_says("operstate"), "unknown"));
	CHECK("sys: statistics", isdigit(*lo_says("statistics/rx_bytes")) && *lo_says("statistics/tx_dropped") == '0');
	CHECK("sys: no such file", !*lo_says("nothing"));
}

int main(void)
{
	sysfs();
	dev();
	snmp();
	sockets();
	tables();
	return verdict();
}
