/* tests/guest/wire_tester.c - what a packet script player asks of a kernel before it plays: locked memory, real-time
 * priority, clocks, and a connection through a TUN whose segments it reads, answers and times */
#define _GNU_SOURCE
#include "check.h"
#include "tun.h"
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/times.h>

static unsigned char buf[70000], out[2000];

/* musl's own functions for these refuse without asking the kernel. */
static int set_scheduler(int policy, int priority)
{
	return (int)syscall(SYS_sched_setscheduler, 0, policy, &priority);
}
static int get_scheduler(void) { return (int)syscall(SYS_sched_getscheduler, 0); }
static int get_priority(void)
{
	int priority = -1;

	syscall(SYS_sched_getparam, 0, &priority);
	return priority;
}

static void memory(void)
{
	CHECK("mlockall", mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
	CHECK("munlockall", munlockall() == 0);
	CHECK("mlockall: unknown flags", ERR(mlockall(64), EINVAL));
}

static void clocks(void)
{
	struct tms t;
	clock_t a = times(&t), b;
	int moves;

	usleep(50000);
	b = times(NULL);
	moves = a != (clock_t)-1 && b > a;
	CHECK("times moves", moves && b - a < 1000);
}

/* A child of the highest real-time priority runs before its parent goes on, on the CPU that both share. */
static void priority(void)
{
	cpu_set_t one;
	int p[2], st = 0;
	char order[4] = { 0 };

	CHECK("range",
	      syscall(SYS_sched_get_priority_max, SCHED_FIFO) == 99 &&
		      syscall(SYS_sched_get_priority_min, SCHED_FIFO) == 1);
	CHECK("priority 0 is none",
	      ERR(set_scheduler(SCHED_FIFO, 0), EINVAL) && ERR(set_scheduler(SCHED_FIFO, 100), EINVAL));
	CHECK("the fair class has none", ERR(set_scheduler(SCHED_OTHER, 5), EINVAL));
	CHECK("SCHED_FIFO",
	      set_scheduler(SCHED_FIFO, 99) == 0 && get_scheduler() == SCHED_FIFO && get_priority() == 99);
	CHECK("SCHED_RR", set_scheduler(SCHED_RR, 10) == 0 && get_scheduler() == SCHED_RR);
	CHECK("back", set_scheduler(SCHED_OTHER, 0) == 0 && get_scheduler() == SCHED_OTHER && get_priority() == 0);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	pipe(p);
	set_scheduler(SCHED_FIFO, 20);
	if (!fork()) { /* waits for the parent's lower priority, then has the CPU at once */
		set_scheduler(SCHED_FIFO, 30);
		write(p[1], "c", 1);
		_exit(0);
	}
	set_scheduler(SCHED_FIFO, 10);
	write(p[1], "p", 1);
	wait(&st);
	read(p[0], order, 2);
	CHECK("the higher one first", !strcmp(order, "cp"));
	set_scheduler(SCHED_OTHER, 0);
	if (!fork())
		_exit(setgid(1000) || setuid(1000) || !ERR(set_scheduler(SCHED_FIFO, 1), EPERM));
	wait(&st);
	CHECK("needs a right", st == 0);
}

/* --- a connection, whose other end is us --- */

static size_t make_tcp(unsigned char *p, int sport, int dport, uint32_t seq, uint32_t ack, int flags, int window,
		       const void *data, size_t n)
{
	struct tcphdr *t = (void *)(p + 20);

	*t = (struct tcphdr){ .source = htons((uint16_t)sport),
			      .dest = htons((uint16_t)dport),
			      .seq = htonl(seq),
			      .ack_seq = htonl(ack),
			      .doff = 5,
			      .window = htons((uint16_t)window) };
	((unsigned char *)t)[13] = (unsigned char)flags;
	memcpy(t + 1, data, n);
	make_ip(p, IPPROTO_TCP, TUN_PEER, TUN_US, 20 + n);
	t->check = sum_fold(sum_add(sum_pseudo((void *)p, 20 + n), t, 20 + n));
	return 40 + n;
}

/* What leaves, as a player sees it: by a packet socket, outgoing frames alone, with the time of each. */
static void player(int tun, const char *dev)
{
	static const struct sock_filter tcp[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 65535),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { 4, (struct sock_filter *)tcp };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = (int)if_nametoindex(dev) };
	int sniff = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
	    port;
	struct sockaddr_in to = lo_port(8080);
	struct tcphdr *t = (void *)(buf + 20);
	socklen_t len = sizeof(ll);
	struct timeval at, now;
	struct tcp_info info;
	uint32_t seq;
	ssize_t n;

	CHECK("sniffer",
	      setsockopt(sniff, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0 &&
		      bind(sniff, SA(&ll), sizeof(ll)) == 0);
	to.sin_addr.s_addr = htonl(TUN_PEER);
	CHECK("connect", ERR(connect(s, SA(&to), sizeof(to)), EINPROGRESS));
	n = (events(sniff, POLLIN, 1000) & POLLIN) ? recvfrom(sniff, buf, sizeof(buf), 0, SA(&ll), &len) : 0;
	gettimeofday(&now, NULL);
	CHECK("SYN",
	      n >= 40 && ll.sll_pkttype == PACKET_OUTGOING && t->syn && !t->ack && t->dest == htons(8080) &&
		      t->doff > 5);
	CHECK("its checksum is whole",
	      sum_fold(sum_add(sum_pseudo((void *)buf, (size_t)n - 20), buf + 20, (size_t)n - 20)) == 0);
	CHECK("its time",
	      ioctl(sniff, SIOCGSTAMP, &at) == 0 &&
		      labs((now.tv_sec - at.tv_sec) * 1000000 + now.tv_usec - at.tv_usec) < 5000000);
	port = ntohs(t->source);
	seq = ntohl(t->seq);
	n = (ssize_t)make_tcp(out, 8080, port, 1000, seq + 1, 0x12, 65535, "", 0);
	CHECK("SYN and ACK in", write(tun, out, (size_t)n) == n);
	CHECK("connected when write returned", events(s, POLLOUT, 0) & POLLOUT);
	do
		n = (events(sniff, POLLIN, 1000) & POLLIN) ? recvfrom(sniff, buf, sizeof(buf), 0, SA(&ll), &len) : 0;
	while (n && ll.sll_pkttype != PACKET_OUTGOING);
	CHECK("ACK", n == 40 && t->ack && !t->syn && ntohl(t->ack_seq) == 1001 && ntohl(t->seq) == seq + 1);
	CHECK("data out", send(s, "0123456789", 10, 0) == 10);
	n = (events(sniff, POLLIN, 1000) & POLLIN) ? recvfrom(sniff, buf, sizeof(buf), 0, SA(&ll), &len) : 0;
	CHECK("the segment", n == 50 && !memcmp(buf + 40, "0123456789", 10) && t->psh);
	n = (ssize_t)make_tcp(out, 8080, port, 1001, seq + 11, 0x18, 65535, "abc", 3);
	write(tun, out, (size_t)n);
	CHECK("data in", recv(s, buf, 100, 0) == 3 && !memcmp(buf, "abc", 3));
	len = sizeof(info);
	CHECK("TCP_INFO",
	      getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && info.tcpi_state == 1 &&
		      info.tcpi_unacked == 0 && info.tcpi_snd_mss == 536 && info.tcpi_snd_cwnd >= 10 && len >= 104);
	len = 8;
	CHECK("TCP_INFO cut to what is asked", getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 && len == 8);
	n = (ssize_t)make_tcp(out, 8080, port, 1004, seq + 11, 0x14, 0, "", 0);
	write(tun, out, (size_t)n);
	CHECK("reset", ERR(recv(s, buf, 100, 0), ECONNRESET));
	close(s);
	close(sniff);
}

/* With TUN_F_TSO4 a large write leaves as one packet that says how to cut it; what comes in so is taken. */
static void segments(void)
{
	char dev[IFNAMSIZ] = "";
	int tun = tun_open(dev, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR),
	    s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), port, got = 0, largest = 0;
	struct virtio_net_hdr *vh = (void *)buf;
	struct sockaddr_in to = lo_port(8081);
	struct tcphdr *t = (void *)(buf + 30);
	struct iphdr *ip = (void *)(buf + 10);
	static unsigned char data[8000], frame[9000];
	int sized = 1, summed = 1, mss = 1460;
	uint32_t seq;
	ssize_t n;

	tun_configure(dev);
	CHECK("TSO: claimed", ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4) == 0);
	to.sin_addr.s_addr = htonl(TUN_PEER);
	connect(s, SA(&to), sizeof(to));
	n = (events(tun, POLLIN, 1000) & POLLIN) ? read(tun, buf, sizeof(buf)) : 0;
	port = ntohs(t->source);
	seq = ntohl(t->seq);
	/* SYN and ACK with an MSS of 1460 */
	memset(frame, 0, 10);
	make_tcp(frame + 10, 8081, port, 5000, seq + 1, 0x12, 65535, "\2\4\5\xb4", 4);
	frame[10 + 32] = 6 << 4;
	{
		struct tcphdr *f = (void *)(frame + 30);

		f->check = 0;
		f->check = sum_fold(sum_add(sum_pseudo((void *)(frame + 10), 24), f, 24));
	}
	write(tun, frame, 54);
	CHECK("TSO: connected", n > 0 && (events(s, POLLOUT, 1000) & POLLOUT));
	CHECK("TSO: send", send(s, data, sizeof(data), 0) == sizeof(data));
	while (got < (int)sizeof(data) && (events(tun, POLLIN, 1000) & POLLIN)) {
		int payload;

		n = read(tun, buf, sizeof(buf));
		payload = (int)n - 10 - 20 - t->doff * 4;
		if (n < 50 || ip->protocol != IPPROTO_TCP || payload <= 0)
			continue;
		got += payload;
		largest = payload > largest ? payload : largest;
		sized &= payload <= mss ? vh->gso_type == VIRTIO_NET_HDR_GSO_NONE
					: vh->gso_type == VIRTIO_NET_HDR_GSO_TCPV4 && vh->gso_size == mss;
		summed &= (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && vh->csum_start == 20 && vh->csum_offset == 16;
	}
	CHECK("TSO: all of it", got == (int)sizeof(data));
	CHECK("TSO: uncut", largest > mss);
	CHECK("TSO: with headers that say so", sized && summed);
	/* five segments in one, toward the kernel */
	n = (ssize_t)make_tcp(frame + 10, 8081, port, 5001, seq + 1 + (uint32_t)got, 0x18, 65535, data, 7000);
	*(struct virtio_net_hdr *)frame = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
								   .csum_start = 20,
								   .csum_offset = 16,
								   .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
								   .gso_size = 1460,
								   .hdr_len = 40 };
	CHECK("TSO: in", write(tun, frame, (size_t)n + 10) == n + 10);
	for (got = 0; got < 7000 && (events(s, POLLIN, 1000) & POLLIN); got += (int)n)
		if ((n = recv(s, buf, sizeof(buf), 0)) <= 0)
			break;
	CHECK("TSO: received", got == 7000);
	((struct virtio_net_hdr *)frame)->gso_size = 0;
	CHECK("TSO: segments of nothing", ERR(write(tun, frame, 7050), EINVAL));
	close(s);
	close(tun);
}

int main(void)
{
	char dev[IFNAMSIZ] = "tun%d";
	int tun;

	memory();
	clocks();
	priority();
	tun = tun_open(dev, IFF_TUN | IFF_NO_PI);
	tun_configure(dev);
	player(tun, dev);
	close(tun);
	segments();
	return verdict();
}
