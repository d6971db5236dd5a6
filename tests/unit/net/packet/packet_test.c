/* tests/unit/net/packet/packet_test.c - packet sockets on a simulated card */
#include "net/packet/internal.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/filter.h>

static struct socket *open_packet(struct bench *b, int type, u16 protocol)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons(protocol),
				 .sll_ifindex = (int)b->nic->dev->ifindex };
	struct socket *s = NULL;

	ASSERT_EQ(sock_create_kern(b->net, AF_PACKET, type, 0, &s), 0);
	ASSERT_EQ(s->ops->bind(s, (struct sockaddr *)&a, sizeof(a)), 0);
	return s;
}

static ssize_t take(struct socket *s, void *buf, size_t len) { return receive(s, buf, len, NULL); }

static size_t ping_frame(u8 *frame)
{
	u8 icmp[16] = { 8, 0, 0xf7, 0xff };

	return make_ip(frame, IPPROTO_ICMP, icmp, sizeof(icmp), 0, 1);
}

static int attach(struct socket *s, struct sock_filter *f, u16 n)
{
	struct sock_fprog p = { n, f };

	return sock_setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, KERNEL_SOCKPTR(&p), sizeof(p));
}

TEST(a_tap_sees_both_directions)
{
	struct bench b = bench_up();
	struct socket *s = open_packet(&b, SOCK_RAW, ETH_P_ALL), *d = open_packet(&b, SOCK_DGRAM, ETH_P_IP);
	u8 frame[100], got[200];
	size_t n = ping_frame(frame);

	inject(&b, frame, n);
	EXPECT_EQ(take(s, got, sizeof(got)), (ssize_t)n);
	EXPECT_EQ(memcmp(got, frame, n), 0);
	EXPECT_EQ(take(s, got, sizeof(got)), (ssize_t)n);
	EXPECT_EQ(got[34], 0);
	EXPECT_EQ(take(d, got, sizeof(got)), (ssize_t)n - 14);
	EXPECT_EQ(take(d, got, sizeof(got)), -EAGAIN);
	EXPECT_EQ(pkt_sk(s->sk)->stat_packets, 2u);
	sock_release(s);
	sock_release(d);
	bench_down(&b);
}

TEST(a_full_buffer_costs_a_counted_drop)
{
	struct bench b = bench_up();
	struct socket *s = open_packet(&b, SOCK_RAW, ETH_P_IP);
	u8 frame[100];
	size_t n = ping_frame(frame);

	s->sk->sk_rcvbuf = SOCK_MIN_RCVBUF;
	for (int i = 0; i < 50; i++)
		inject(&b, frame, n);
	EXPECT_GT(pkt_sk(s->sk)->stat_packets, 0u);
	EXPECT_GT(pkt_sk(s->sk)->stat_drops, 0u);
	EXPECT_EQ(pkt_sk(s->sk)->stat_packets + pkt_sk(s->sk)->stat_drops, 50u);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_SOCKET_RCVBUFF), (u64)pkt_sk(s->sk)->stat_drops);
	sock_release(s);
	bench_down(&b);
}

/* Bytes in pages are found, and bytes before the packet's head are not. */
TEST(a_filter_looks_at_every_byte_and_no_further)
{
	struct bench b = bench_up();
	struct socket *s = open_packet(&b, SOCK_RAW, ETH_P_ALL);
	struct sock_filter last[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 49),
				      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_RET | BPF_K, 20),
				      BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_filter beyond[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 50), BPF_STMT(BPF_RET | BPF_K, 20) };
	struct sock_filter before[] = { BPF_STMT(BPF_LDX | BPF_IMM, (u32)SKF_LL_OFF - 1),
					BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0), BPF_STMT(BPF_RET | BPF_K, 20) };
	struct sock_filter link[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (u32)SKF_LL_OFF + 12),
				      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 1),
				      BPF_STMT(BPF_RET | BPF_K, 21), BPF_STMT(BPF_RET | BPF_K, 0) };
	u8 frame[100], got[200];
	size_t n = ping_frame(frame);

	EXPECT_EQ(n, 50u);
	EXPECT_EQ(attach(s, last, 4), 0);
	inject(&b, frame, n);
	EXPECT_EQ(take(s, got, sizeof(got)), 20);
	skb_queue_consume(&s->sk->sk_receive_queue);
	EXPECT_EQ(attach(s, beyond, 2), 0);
	inject(&b, frame, n);
	EXPECT_EQ(take(s, got, sizeof(got)), -EAGAIN);
	EXPECT_EQ(attach(s, before, 3), 0);
	inject(&b, frame, n);
	EXPECT_EQ(take(s, got, sizeof(got)), -EAGAIN);
	EXPECT_EQ(attach(s, link, 4), 0);
	inject(&b, frame, n);
	EXPECT_EQ(take(s, got, sizeof(got)), 21);
	skb_queue_consume(&s->sk->sk_receive_queue);
	sock_release(s);
	bench_down(&b);
}

TEST(a_socket_outlives_its_device)
{
	struct bench b = bench_up();
	struct socket *s = open_packet(&b, SOCK_RAW, ETH_P_ALL);
	u8 got[10];

	bench_down(&b);
	EXPECT_EQ(take(s, got, sizeof(got)), -ENETDOWN);
	EXPECT_EQ(take(s, got, sizeof(got)), -EAGAIN);
	EXPECT_EQ(pkt_sk(s->sk)->ifindex, -1);
	sock_release(s);
}

TEST(memberships_count_and_go_with_the_socket)
{
	struct bench b = bench_up();
	struct socket *s = open_packet(&b, SOCK_RAW, ETH_P_ALL);
	struct packet_mreq r = { .mr_ifindex = (int)b.nic->dev->ifindex, .mr_type = PACKET_MR_PROMISC };

	for (int i = 0; i < 2; i++)
		EXPECT_EQ(s->ops->setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, KERNEL_SOCKPTR(&r), sizeof(r)), 0);
	EXPECT_TRUE(b.nic->dev->flags & IFF_PROMISC);
	EXPECT_EQ(s->ops->setsockopt(s, SOL_PACKET, PACKET_DROP_MEMBERSHIP, KERNEL_SOCKPTR(&r), sizeof(r)), 0);
	EXPECT_TRUE(b.nic->dev->flags & IFF_PROMISC);
	r.mr_alen = 200;
	EXPECT_EQ(s->ops->setsockopt(s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, KERNEL_SOCKPTR(&r), sizeof(r)), -EINVAL);
	sock_release(s);
	EXPECT_FALSE(b.nic->dev->flags & IFF_PROMISC);
	bench_down(&b);
}
