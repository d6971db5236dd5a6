/* tests/unit/net/ipv4/bench.h - one host, 10.0.0.1/24 on eth0, and a neighbour 10.0.0.2 that the test plays */
#pragma once
#include "net/ipv4/internal.h"
#include "net/udp/internal.h"
#include "tests/unit/test.h"
#include <linux/if_arp.h>

struct bench { struct net *net; struct sim_nic *nic; struct sk_buff *last; };
#define US htonl(0x0a000001)
#define PEER htonl(0x0a000002)
static const u8 peer_mac[6] = { 2, 0, 0, 0, 0, 0x22 };

static __maybe_unused struct bench bench_up(void)
{
	struct bench b = { .net = test_net() };
	struct neighbour *n;
	__be32 peer = PEER;

	b.nic = sim_nic_create(b.net, 1, NETIF_F_HW_CSUM | NETIF_F_SG);
	rtnl_lock(b.net);
	dev_open(b.net->loopback_dev);
	rtnl_unlock(b.net);
	ASSERT_EQ(inet_addr_add(b.nic->dev, US, 24), 0);
	n = neigh_lookup(&b.net->ipv4->arp_tbl, &peer, b.nic->dev, true);
	ASSERT_TRUE(n != NULL);
	neigh_update(n, peer_mac, NUD_PERMANENT, NEIGH_UPDATE_F_OVERRIDE | NEIGH_UPDATE_F_ADMIN);
	neigh_release(n);
	return b;
}

static __maybe_unused void bench_down(struct bench *b)
{
	if (b->last)
		consume_skb(b->last);
	sim_nic_destroy(b->nic);
}

/* An Ethernet and IP header around payload; the total length. */
static __maybe_unused size_t make_ip(u8 *frame, u8 proto, const void *payload, size_t len, u16 frag_off, u16 id)
{
	struct iphdr *iph = (struct iphdr *)(frame + 14);

	memcpy(frame, (const u8[]){ 2, 0, 0, 0, 0, 1 }, 6);
	memcpy(frame + 6, peer_mac, 6);
	frame[12] = 8;
	frame[13] = 0;
	*iph = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons((u16)(20 + len)), .id = htons(id), .ttl = 64,
			       .protocol = proto, .saddr = PEER, .daddr = US, .frag_off = htons(frag_off) };
	ip_send_check(iph);
	memcpy(iph + 1, payload, len);
	return 14 + 20 + len;
}

static __maybe_unused size_t make_udp(u8 *out, u16 sport, u16 dport, const void *data, size_t len)
{
	struct udphdr *uh = (struct udphdr *)out;

	*uh = (struct udphdr){ htons(sport), htons(dport), htons((u16)(8 + len)), 0 };
	memcpy(uh + 1, data, len);
	uh->check = csum_tcpudp_magic(PEER, US, (u32)(8 + len), IPPROTO_UDP, csum_partial(uh, 8 + len, 0));
	return 8 + len;
}

/* The frame goes in, and all that follows from it happens. */
static __maybe_unused void inject(struct bench *b, const void *frame, size_t len)
{
	sim_nic_inject(b->nic, frame, len);
	host_settle();
}

/* The next frame that left, from its IP header on; NULL when there is none. Valid until the next call. */
static __maybe_unused struct iphdr *sent(struct bench *b)
{
	if (b->last)
		consume_skb(b->last);
	b->last = sim_nic_take(b->nic);
	return b->last ? (struct iphdr *)(b->last->data + 14) : NULL;
}

static __maybe_unused u64 drops(const struct bench *b, enum skb_drop_reason r) { return net_drop_sum(b->net, r); }

static __maybe_unused struct socket *open_udp(struct bench *b, u16 port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct socket *s = NULL;

	ASSERT_EQ(sock_create_kern(b->net, AF_INET, SOCK_DGRAM, 0, &s), 0);
	if (port)
		ASSERT_EQ(s->ops->bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	return s;
}

static __maybe_unused ssize_t receive(struct socket *s, void *buf, size_t len, struct sockaddr_in *from)
{
	struct sockaddr_storage name;
	struct kvec v = { buf, len };
	struct msghdr_kern m = { .msg_name = &name, .msg_namelen = sizeof(name) };
	ssize_t n;

	iov_iter_kvec(&m.msg_iter, false, &v, 1, len);
	n = s->ops->recvmsg(s, &m, len, MSG_DONTWAIT);
	if (from)
		memcpy(from, &name, sizeof(*from));
	return n;
}
