/* tests/fuzz/frames.c - frames into a host that listens, is connected, and forwards
 *
 * Input: records of a kind, a pause, and bytes. Raw frames; IP packets whose version, lengths and checksum are put
 * right; and transport payloads below a good IP header with a good checksum, so that the checks behind the first ones
 * are met.
 */
#include "tests/fuzz/fuzz.h"
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/udp.h>

#define PEER htonl(0x0a000009)
#define OUR_PORT 80

struct host { struct net *net; struct sim_nic *nic[2]; struct socket *s[4]; };

static void open_sockets(struct host *h)
{
	h->s[0] = tcp_listener(h->net, OUR_PORT, 4);
	BUG_ON(sock_create_kern(h->net, AF_INET, SOCK_DGRAM, 0, &h->s[1]) || sock_bind_to(h->s[1], 0, 7));
	BUG_ON(sock_create_kern(h->net, AF_INET, SOCK_RAW, IPPROTO_ICMP, &h->s[2]));
	h->s[3] = tcp_socket(h->net);
	sock_connect_to(h->s[3], PEER, OUR_PORT, 04000 /* O_NONBLOCK */);
	host_settle();
}
static void host_start(struct host *h)
{
	h->net = test_net();
	for (int i = 0; i < 2; i++) {
		h->nic[i] = sim_nic_create(h->net, (u8)(i + 1), NETIF_F_SG | NETIF_F_HW_CSUM);
		host_address(h->net, h->nic[i]->dev, i ? htonl(0x0a010001) : HOST_A);
	}
	host_proc_write("sys/net/ipv4/ip_forward", "1");
	open_sockets(h);
}
static void drain(struct host *h)
{
	struct sk_buff *skb;

	for (int i = 0; i < 2; i++)
		while ((skb = sim_nic_take(h->nic[i])))
			consume_skb(skb);
}
static void host_stop(struct host *h)
{
	for (int i = 0; i < 4; i++)
		sock_release(h->s[i]);
	drain(h);
	host_pass(300 * NSEC_PER_SEC);
	drain(h);
	sim_nic_destroy(h->nic[0]);
	sim_nic_destroy(h->nic[1]);
}

static void ethernet(u8 *f, const struct host *h, int nic)
{
	memcpy(f, h->nic[nic]->dev->dev_addr, 6);
	memcpy(f + 6, "\2\0\0\0\0\x99\x08\0", 8);
}
/* The header's version, length and checksum become right. */
static void mend_ip(u8 *f, size_t len)
{
	struct iphdr *ip = (struct iphdr *)(f + 14);

	if (len < 34)
		return;
	ip->version = 4;
	ip->ihl = (u8)clamp((u32)ip->ihl, 5u, (u32)min((len - 14) / 4, (size_t)15));
	ip->tot_len = htons((u16)(len - 14));
	ip->check = 0;
	ip->check = ip_fast_csum(ip, ip->ihl);
}
static void mend_transport(u8 *f, size_t len)
{
	static const u8 where[256] = { [IPPROTO_TCP] = 16, [IPPROTO_UDP] = 6, [IPPROTO_ICMP] = 2 };
	struct iphdr *ip = (struct iphdr *)(f + 14);
	u8 *th = f + 14 + ip->ihl * 4u;
	u32 n = (u32)(f + len - th), at = where[ip->protocol];
	__sum16 sum;

	if (!at || n < at + 2)
		return;
	memset(th + at, 0, 2);
	sum = csum_fold(csum_partial(th, n, 0));
	if (ip->protocol != IPPROTO_ICMP)
		sum = csum_tcpudp_magic(ip->saddr, ip->daddr, n, ip->protocol, csum_partial(th, n, 0));
	memcpy(th + at, &sum, 2);
}
/* A good header from the peer to us or through us, and the input's bytes behind it. */
static size_t transport_packet(struct fuzz_input *in, u8 *f, size_t most)
{
	static const u8 protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_IGMP };
	struct iphdr *ip = (struct iphdr *)(f + 14);
	u8 choice = fuzz_u8(in);

	*ip = (struct iphdr){ .ihl = 5, .ttl = choice & 0x40 ? 1 : 64, .protocol = protocols[choice & 3], .saddr = PEER,
			      .daddr = choice & 0x80 ? htonl(0x0a010009) : HOST_A };
	ip->frag_off = choice & 0x20 ? htons(fuzz_u16(in)) : 0;
	return 34 + fuzz_bytes(in, f + 34, most - 34);
}

void fuzz_one(struct fuzz_input *in)
{
	struct host h;
	u8 f[2048];

	host_start(&h);
	while (fuzz_left(in) > 2) {
		u8 kind = fuzz_u8(in), pause = fuzz_u8(in);
		int nic = kind & 1;
		size_t len;

		ethernet(f, &h, nic);
		if ((kind & 6) == 0) {
			len = fuzz_bytes(in, f, 1514);
		} else if ((kind & 6) == 2) {
			len = 14 + fuzz_bytes(in, f + 14, 1500);
			mend_ip(f, len);
		} else {
			len = transport_packet(in, f, 1514);
			mend_ip(f, len);
			mend_transport(f, len);
		}
		sim_nic_inject(h.nic[nic], f, len);
		if (pause & 1)
			host_pass((u64)NSEC_PER_MSEC << (pause >> 4));
		else
			host_settle();
		drain(&h);
	}
	host_stop(&h);
}
