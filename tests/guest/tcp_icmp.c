/* tests/guest/tcp_icmp.c - routers that complain while a connection is being made: errno, and the error queue */
#define _GNU_SOURCE
#include "check.h"
#include "tun.h"
#include <linux/errqueue.h>

#define PORT 8300
#define ROUTER 0x0a09094du /* 10.9.9.77 */

static unsigned char in[2000], out[2000];
static int tun;

/* What is still to be read there is another socket's: SYNs come again. */
static void drain(void)
{
	while (events(tun, POLLIN, 0) & POLLIN)
		if (read(tun, in, sizeof(in)) < 0)
			break;
}

static int connecting_again(int s)
{
	struct sockaddr_in to = lo_port(PORT);

	to.sin_addr.s_addr = htonl(TUN_PEER);
	return connect(s, SA(&to), sizeof(to)) ? errno : 0;
}

/* A socket whose SYN is on the wire, in `in`. */
static int connecting(int recverr)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	drain();
	set_int(s, SOL_IP, IP_RECVERR, recverr);
	if (connecting_again(s) != EINPROGRESS || tun_next(tun, in, sizeof(in), IPPROTO_TCP) < 40)
		perror("no SYN");
	return s;
}

/* An ICMP message from the router about the SYN, of which it quotes n bytes. */
static void complain(int type, int code, int seq_off, size_t n)
{
	struct icmphdr *h = (void *)(out + 20);
	struct tcphdr *th = (void *)(out + 48);

	memcpy(h + 1, in, n);
	th->seq = htonl(ntohl(th->seq) + (unsigned)seq_off);
	*h = (struct icmphdr){ .type = (unsigned char)type, .code = (unsigned char)code };
	h->checksum = sum_fold(sum_add(0, h, 8 + n));
	n = make_ip(out, IPPROTO_ICMP, ROUTER, TUN_US, 8 + n);
	if (write(tun, out, n) != (ssize_t)n)
		perror("write");
}

static int so_error(int s) { return get_int(s, SOL_SOCKET, SO_ERROR); }

struct message {
	struct sock_extended_err ee;
	struct sockaddr_in offender, name;
	unsigned char data[100];
	ssize_t n;
	int flags;
};
/* The next entry of the error queue. */
static struct message from_queue(int s)
{
	struct message m = { 0 };
	char control[512];
	struct iovec v = { m.data, sizeof(m.data) };
	struct msghdr h = { .msg_name = &m.name, .msg_namelen = sizeof(m.name), .msg_iov = &v, .msg_iovlen = 1,
			    .msg_control = control, .msg_controllen = sizeof(control) };

	m.n = recvmsg(s, &h, MSG_ERRQUEUE);
	m.flags = h.msg_flags;
	for (struct cmsghdr *c = m.n < 0 ? NULL : CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c))
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) {
			memcpy(&m.ee, CMSG_DATA(c), sizeof(m.ee));
			memcpy(&m.offender, CMSG_DATA(c) + sizeof(m.ee), sizeof(m.offender));
		}
	return m;
}
static int empty(int s) { return from_queue(s).n == -1 && errno == EAGAIN; }

/* What the queue says of a complaint about our SYN: err, which message, and n quoted bytes from the TCP header on. */
static int told(int s, int err, int type, int code, ssize_t n)
{
	struct message m = from_queue(s);
	int good = m.n == n && m.flags == MSG_ERRQUEUE && m.ee.ee_errno == (unsigned)err &&
		   m.ee.ee_origin == SO_EE_ORIGIN_ICMP && m.ee.ee_type == type && m.ee.ee_code == code &&
		   !m.ee.ee_info && !m.ee.ee_data && m.offender.sin_family == AF_INET && m.offender.sin_port == 0 &&
		   m.offender.sin_addr.s_addr == htonl(ROUTER) && m.name.sin_family == AF_INET &&
		   m.name.sin_port == htons(PORT) && m.name.sin_addr.s_addr == htonl(TUN_PEER) &&
		   !memcmp(m.data, in + 20, (size_t)n);

	if (!good)
		printf("n %zd flags %x ee %u %d %d %d %u %u\n", m.n, m.flags, m.ee.ee_errno, m.ee.ee_origin,
		       m.ee.ee_type, m.ee.ee_code, m.ee.ee_info, m.ee.ee_data);
	return good;
}
#define BOTH (POLLIN | POLLOUT)

/* Every message that ends an attempt: SO_ERROR once, and the queue, whether asked for or not. */
static void each_message(int recverr)
{
	static const struct { int type, code, err; } all[] = {
		{ 3, 0, ENETUNREACH }, { 3, 1, EHOSTUNREACH }, { 3, 2, ENOPROTOOPT }, { 3, 3, ECONNREFUSED },
		{ 3, 5, EOPNOTSUPP }, { 3, 6, ENETUNREACH }, { 3, 7, EHOSTDOWN }, { 3, 8, ENONET },
		{ 3, 9, ENETUNREACH }, { 3, 10, EHOSTUNREACH }, { 3, 11, ENETUNREACH }, { 3, 12, EHOSTUNREACH },
		{ 3, 13, EHOSTUNREACH }, { 3, 14, EHOSTUNREACH }, { 3, 15, EHOSTUNREACH }, { 11, 0, EHOSTUNREACH },
		{ 12, 0, EPROTO },
	};
	char name[80];

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int s = connecting(recverr);

		complain(all[i].type, all[i].code, 0, 28);
		snprintf(name, sizeof(name), "IP_RECVERR %d: type %d code %d", recverr, all[i].type, all[i].code);
		CHECK(name, events(s, BOTH, 1000) == (BOTH | POLLERR | POLLHUP) && so_error(s) == all[i].err &&
				    so_error(s) == 0 && events(s, BOTH, 0) == (BOTH | POLLERR | POLLHUP) &&
				    told(s, all[i].err, all[i].type, all[i].code, 8) && empty(s) &&
				    events(s, BOTH, 0) == (BOTH | POLLHUP));
		close(s);
	}
}

/* What changes nothing: the handshake goes on. */
static void no_message(const char *name, int type, int code, int seq_off, size_t n)
{
	int s = connecting(1);

	complain(type, code, seq_off, n);
	CHECK(name, events(s, BOTH, 50) == 0 && so_error(s) == 0 && empty(s) && connecting_again(s) == EALREADY);
	close(s);
}

static void in_the_middle_of_connect(void)
{
	int s = connecting(0), r;
	pid_t child;

	close(s);
	drain();
	child = fork();
	if (!child) {
		if (tun_next(tun, in, sizeof(in), IPPROTO_TCP) < 40)
			_exit(1);
		complain(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 28);
		_exit(0);
	}
	s = socket(AF_INET, SOCK_STREAM, 0);
	set_int(s, SOL_IP, IP_RECVERR, 1);
	CHECK("connect() sleeps: it returns the error", connecting_again(s) == EHOSTUNREACH);
	waitpid(child, &r, 0);
	CHECK("and the queue has it, too", r == 0 && from_queue(s).ee.ee_errno == EHOSTUNREACH && empty(s));
	CHECK("SO_ERROR was the call's", so_error(s) == 0);
	close(s);
}

static void afterwards(void)
{
	int s = connecting(1);

	complain(ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 60);
	events(s, 0, 1000);
	CHECK("the whole quote is there, and takes SO_ERROR with it",
	      told(s, EHOSTUNREACH, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 40) && so_error(s) == 0);
	CHECK("then connect() only knows that it failed", connecting_again(s) == ECONNABORTED);
	CHECK("and may be called again", connecting_again(s) == EINPROGRESS);
	close(s);
	s = connecting(1);
	complain(ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0, 28);
	events(s, 0, 1000);
	CHECK("connect() asks for the error", connecting_again(s) == ENETUNREACH && so_error(s) == 0);
	CHECK("another attempt leaves the queue",
	      connecting_again(s) == EINPROGRESS && from_queue(s).ee.ee_errno == ENETUNREACH && empty(s));
	close(s);
	s = connecting(1);
	complain(ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0, 28);
	events(s, 0, 1000);
	set_int(s, SOL_IP, IP_RECVERR, 0);
	CHECK("IP_RECVERR off empties the queue", empty(s));
	close(s);
}

int main(void)
{
	char name[IFNAMSIZ] = "";

	tun = tun_open(name, IFF_TUN | IFF_NO_PI);
	CHECK("device", tun >= 0 && tun_configure(name) == 0);
	each_message(0);
	each_message(1);
	no_message("fragmentation needed", ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0, 28);
	no_message("source quench", ICMP_SOURCE_QUENCH, 0, 0, 28);
	no_message("a number before the SYN's", ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, -1, 28);
	no_message("a number that was not sent", ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 2, 28);
	no_message("a quote that is too short", ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 27);
	in_the_middle_of_connect();
	afterwards();
	return verdict();
}
