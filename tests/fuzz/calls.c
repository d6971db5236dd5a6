/* tests/fuzz/calls.c - socket calls in any order with any arguments, on every family there is
 *
 * Input: commands on eight places for sockets. Nothing blocks: each call is made without waiting.
 */
#include "net/socket/socket.h"
#include "tests/fuzz/fuzz.h"
#include <asm/fcntl.h>
#include <linux/in.h>

#define PLACES 8
static char data[4096];

static void make(struct net *net, struct socket **place, struct fuzz_input *in)
{
	static const u8 families[] = { AF_INET, AF_INET, AF_INET, AF_UNIX, AF_PACKET, AF_NETLINK, AF_INET, 99 };
	static const u8 types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET };
	u8 what = fuzz_u8(in);
	int protocol = what & 0x80 ? fuzz_u8(in) : 0;
	struct socket *s;

	if (*place || sock_create_kern(net, families[what & 7], types[what >> 3 & 3], protocol, &s))
		return;
	*place = s;
}
/* Mostly an address of this host or its net and a port that others use, too. */
static int name(struct fuzz_input *in, struct sockaddr_storage *a)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)a;
	u8 how = fuzz_u8(in);

	memset(a, 0, sizeof(*a));
	if (how & 1)
		return (int)fuzz_bytes(in, a, sizeof(*a));
	sin->sin_family = AF_INET;
	sin->sin_port = htons(how >> 4);
	sin->sin_addr.s_addr = how & 2 ? HOST_A : how & 4 ? htonl(0x7f000001) : how & 8 ? HOST_B : 0;
	return sizeof(*sin);
}
static void send(struct socket *s, struct fuzz_input *in)
{
	struct sockaddr_storage a;
	u8 how = fuzz_u8(in);
	size_t n = fuzz_bytes(in, data, sizeof(data));
	struct kvec v = { data, n };
	u32 flags = how & 2 ? fuzz_u16(in) & ~MSG_ERRQUEUE : 0;
	struct msghdr_kern m = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL | flags };

	if (how & 1) {
		m.msg_name = &a;
		m.msg_namelen = name(in, &a);
	}
	iov_iter_kvec(&m.msg_iter, true, &v, 1, n);
	s->ops->sendmsg(s, &m, n);
}
static void receive(struct socket *s, struct fuzz_input *in)
{
	size_t n = fuzz_u16(in) % sizeof(data);
	int flags = MSG_DONTWAIT | fuzz_u16(in);
	struct sockaddr_storage a;
	struct kvec v = { data, n };
	struct msghdr_kern m = { .msg_name = &a };

	iov_iter_kvec(&m.msg_iter, false, &v, 1, n);
	s->ops->recvmsg(s, &m, n, flags);
}
static void option(struct socket *s, struct fuzz_input *in)
{
	static const u16 levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, SOL_PACKET, SOL_NETLINK };
	u8 how = fuzz_u8(in);
	int level = levels[(how >> 1) % ARRAY_SIZE(levels)], opt = fuzz_u8(in), len;
	static char val[512];

	len = (int)fuzz_bytes(in, val, sizeof(val));
	if (how & 1) {
		if (level == SOL_SOCKET)
			sock_getsockopt(s, level, opt, (char __user *)val, (int __user *)&len);
		else
			s->ops->getsockopt(s, level, opt, (char __user *)val, (int __user *)&len);
		return;
	}
	if (level == SOL_SOCKET)
		sock_setsockopt(s, level, opt, KERNEL_SOCKPTR(val), (unsigned int)len);
	else
		s->ops->setsockopt(s, level, opt, KERNEL_SOCKPTR(val), (unsigned int)len);
}
static void ask(struct net *net, struct socket *s, struct fuzz_input *in)
{
	unsigned int cmd = 0x8900u + fuzz_u8(in);
	static char arg[256];
	int r;

	memset(arg, 0, sizeof(arg));
	fuzz_bytes(in, arg, 64);
	r = s->ops->ioctl(s, cmd, (unsigned long)arg);
	if (r == -ENOIOCTLCMD)
		dev_ioctl(net, cmd, (void __user *)arg);
}
static void accept_into(struct socket **places, struct socket *s)
{
	for (int i = 0; i < PLACES; i++)
		if (!places[i]) {
			if (kernel_accept(s, &places[i], O_NONBLOCK))
				places[i] = NULL;
			return;
		}
}

static void one_call(struct net *net, struct socket **places, struct fuzz_input *in)
{
	u8 what = fuzz_u8(in);
	struct socket **place = &places[what & 7], *s = *place;
	struct sockaddr_storage a;
	int n;

	if (!s) {
		make(net, place, in);
		return;
	}
	switch (what >> 3 & 15) {
	case 0: n = name(in, &a); s->ops->bind(s, (struct sockaddr *)&a, n); break;
	case 1: n = name(in, &a); s->ops->connect(s, (struct sockaddr *)&a, n, O_NONBLOCK); break;
	case 2: s->ops->listen(s, fuzz_u8(in)); break;
	case 3: accept_into(places, s); break;
	case 4: case 5: case 6: send(s, in); break;
	case 7: case 8: receive(s, in); break;
	case 9: case 10: case 11: option(s, in); break;
	case 12: ask(net, s, in); break;
	case 13: s->ops->shutdown(s, fuzz_u8(in) & 3); break;
	case 14: host_pass((u64)NSEC_PER_MSEC << (fuzz_u8(in) & 15)); break;
	default: sock_release(s); *place = NULL;
	}
	host_settle();
}

void fuzz_one(struct fuzz_input *in)
{
	struct socket *places[PLACES] = { NULL };
	struct sim_nic *nic;
	struct net *net = test_net();
	struct sk_buff *skb;

	nic = sim_nic_create(net, 1, NETIF_F_SG | NETIF_F_HW_CSUM);
	host_address(net, nic->dev, HOST_A);
	while (fuzz_left(in))
		one_call(net, places, in);
	for (int i = 0; i < PLACES; i++)
		if (places[i])
			sock_release(places[i]);
	host_pass(300 * NSEC_PER_SEC);
	while ((skb = sim_nic_take(nic)))
		consume_skb(skb);
	sim_nic_destroy(nic);
}
