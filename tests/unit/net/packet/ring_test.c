/* tests/unit/net/packet/ring_test.c - packet sockets send, fill a ring that a program maps, and tell their options
 */
#include "net/packet/internal.h"
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/if_ether.h>

static struct bench b;
static u8 frame[2000];

static int open_packet(int type, u16 protocol)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };
	int fd = (int)sys_socket(AF_PACKET, type, htons(protocol));

	ASSERT_TRUE(fd >= 0);
	a.sll_ifindex = (int)b.nic->dev->ifindex;
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	return fd;
}
static struct packet_sock *sock_of(int fd)
{
	struct file *f = fget((unsigned int)fd);
	struct packet_sock *po = pkt_sk(sock_from_file(f)->sk);

	fput(f);
	return po;
}
static size_t ping(void)
{
	u8 icmp[64] = { 8, 0, 0xf7, 0xff };

	return make_ip(frame, IPPROTO_ICMP, icmp, sizeof(icmp), 0, 1);
}

TEST(a_whole_frame_is_sent_as_it_is)
{
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, 0);
	memset(frame, 0x5a, 60);
	memcpy(frame + 12, "\x88\xb5", 2);
	EXPECT_EQ(send_fd(fd, frame, 60, 0), 60);
	ASSERT_TRUE(sent(&b) != NULL);
	EXPECT_EQ(b.last->len, 60u);
	EXPECT_EQ(memcmp(b.last->data, frame, 60), 0);
	EXPECT_EQ(send_fd(fd, frame, 13, 0), -EINVAL); /* no link header */
	EXPECT_EQ(send_fd(fd, frame, 1515, 0), -EMSGSIZE);
	EXPECT_EQ(send_fd(fd, frame, 1514, 0), 1514);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_payload_is_given_a_link_header)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(0x88b5), .sll_halen = 6,
				  .sll_addr = { 2, 0, 0, 0, 0, 9 } };
	int fd, any;

	b = bench_up();
	fd = open_packet(SOCK_DGRAM, ETH_P_ARP);
	any = (int)sys_socket(AF_PACKET, SOCK_DGRAM, 0);
	to.sll_ifindex = (int)b.nic->dev->ifindex;
	EXPECT_EQ(sys_sendto(any, "payload", 7, 0, &to, sizeof(to)), 7);
	ASSERT_TRUE(sent(&b) != NULL);
	EXPECT_EQ(memcmp(b.last->data, to.sll_addr, 6), 0);
	EXPECT_EQ(memcmp(b.last->data + 6, b.nic->dev->dev_addr, 6), 0);
	EXPECT_EQ(memcmp(b.last->data + 12, "\x88\xb5payload", 9), 0);
	EXPECT_EQ(send_fd(any, "x", 1, 0), -ENXIO); /* by no device */
	to.sll_ifindex = 99;
	EXPECT_EQ(sys_sendto(any, "x", 1, 0, &to, sizeof(to)), -ENXIO);
	to.sll_halen = 9;
	EXPECT_EQ(sys_sendto(any, "x", 1, 0, &to, sizeof(to)), -EINVAL);
	EXPECT_EQ(sys_sendto(any, "x", 1, 0, &to, 12), -EINVAL);
	EXPECT_EQ(send_fd(fd, frame, 1501, 0), -EMSGSIZE);
	rtnl_lock(b.net);
	dev_close(b.nic->dev);
	rtnl_unlock(b.net);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), ENETDOWN);
	EXPECT_EQ(send_fd(fd, "x", 1, 0), -ENETDOWN);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)any);
	bench_down(&b);
}
TEST(names_types_and_privilege)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_ifindex = 99 };
	int fd, len = sizeof(a);

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a)), -ENODEV);
	EXPECT_EQ(sys_bind(fd, &a, sizeof(a) - 1), -EINVAL);
	EXPECT_EQ(sys_getsockname(fd, &a, &len), 0);
	EXPECT_EQ(len, 18); /* as long as the device's address */
	EXPECT_EQ(a.sll_ifindex, (int)b.nic->dev->ifindex);
	EXPECT_TRUE(a.sll_protocol == htons(ETH_P_IP) && a.sll_hatype == 1);
	EXPECT_EQ(memcmp(a.sll_addr, b.nic->dev->dev_addr, 6), 0);
	EXPECT_EQ(sys_getpeername(fd, &a, &len), -EOPNOTSUPP);
	EXPECT_EQ(sys_connect(fd, &a, sizeof(a)), -EOPNOTSUPP);
	EXPECT_EQ(sys_socket(AF_PACKET, SOCK_STREAM, 0), -ESOCKTNOSUPPORT);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(options_read_back)
{
	static const struct { int opt, give, result, read; } rows[] = {
		{ PACKET_AUXDATA, 1, 0, 1 },	     { PACKET_ORIGDEV, 1, 0, 1 },
		{ PACKET_VNET_HDR, 1, 0, 1 },	     { PACKET_IGNORE_OUTGOING, 1, 0, 1 },
		{ PACKET_IGNORE_OUTGOING, 2, -EINVAL, 1 }, { PACKET_VERSION, TPACKET_V2, 0, TPACKET_V2 },
		{ PACKET_VERSION, 99, -EINVAL, TPACKET_V2 }, { PACKET_RESERVE, 4, 0, 4 },
		{ PACKET_RESERVE, -1, -EINVAL, 4 },  { 99, 1, -ENOPROTOOPT, -ENOPROTOOPT },
	};
	struct tpacket_stats st;
	int fd, v = TPACKET_V2, len = sizeof(v);

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(set_opt(fd, SOL_PACKET, rows[i].opt, rows[i].give), rows[i].result);
		EXPECT_EQ(get_opt(fd, SOL_PACKET, rows[i].opt), rows[i].read);
	}
	EXPECT_EQ(sys_getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, (char *)&v, &len), 0);
	EXPECT_EQ(v, (int)sizeof(struct tpacket2_hdr));
	v = 77;
	EXPECT_EQ(sys_getsockopt(fd, SOL_PACKET, PACKET_HDRLEN, (char *)&v, &len), -EINVAL);
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &v, 3), -EINVAL);
	inject(&b, frame, ping());
	len = sizeof(st);
	EXPECT_EQ(sys_getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, (char *)&st, &len), 0);
	EXPECT_TRUE(st.tp_packets == 1 && !st.tp_drops);
	EXPECT_EQ(sys_getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, (char *)&st, &len), 0);
	EXPECT_EQ(st.tp_packets, 0u); /* reading them sets them back */
	close_fd((unsigned int)fd);
	bench_down(&b);
}

/* Two blocks of a page, two frames each. */
static struct tpacket_req shape(void)
{
	return (struct tpacket_req){ .tp_block_size = PAGE_SIZE, .tp_block_nr = 2, .tp_frame_size = 2048,
				     .tp_frame_nr = 4 };
}
static long set_ring(int fd, const struct tpacket_req *r)
{
	return sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, (void *)r, sizeof(*r));
}
TEST(a_ring_of_an_unsound_shape_is_refused)
{
	struct tpacket_req r;
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
#define REFUSED(field, value, err)                                                                                     \
	do {                                                                                                           \
		r = shape();                                                                                           \
		r.field = value;                                                                                       \
		EXPECT_EQ(set_ring(fd, &r), err);                                                                      \
	} while (0)
	REFUSED(tp_block_size, 0, -EINVAL);
	REFUSED(tp_block_size, PAGE_SIZE + 16, -EINVAL);
	REFUSED(tp_block_size, 0x80000000u, -EINVAL);
	REFUSED(tp_frame_size, 40, -EINVAL);
	REFUSED(tp_frame_size, 2047, -EINVAL);
	REFUSED(tp_frame_size, 2 * PAGE_SIZE, -EINVAL);
	REFUSED(tp_frame_nr, 5, -EINVAL);
	REFUSED(tp_block_nr, 0x80000002u, -EINVAL); /* times two frames it would be four again */
	REFUSED(tp_block_nr, 0, -EINVAL);
	r = (struct tpacket_req){ .tp_block_size = 1 << 20, .tp_block_nr = 65, .tp_frame_size = 2048,
				  .tp_frame_nr = 65 * 512 };
	EXPECT_EQ(set_ring(fd, &r), -ENOMEM);
	r = shape();
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r) - 1), -EINVAL);
	EXPECT_EQ(set_ring(fd, &r), 0);
	EXPECT_EQ(set_ring(fd, &r), -EBUSY); /* one at a time */
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2), -EBUSY);
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_RESERVE, 8), -EBUSY);
	r = (struct tpacket_req){ 0 };
	EXPECT_EQ(set_ring(fd, &r), 0); /* takes it away */
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_RESERVE, 8), 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_ring_takes_frames_until_the_program_is_slow)
{
	struct tpacket_stats st;
	struct tpacket_req r = shape();
	struct packet_ring *ring;
	struct tpacket2_hdr *h;
	struct sockaddr_ll *sll;
	int fd, len = sizeof(st);
	size_t n;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2), 0);
	ASSERT_EQ(set_ring(fd, &r), 0);
	ring = &sock_of(fd)->ring;
	EXPECT_EQ(poll_fd(fd) & EPOLLIN, 0);
	n = ping();
	for (int i = 0; i < 6; i++) {
		frame[30]++; /* tells them apart; not for us, so nothing is answered */
		inject(&b, frame, n);
	}
	EXPECT_EQ(poll_fd(fd) & EPOLLIN, EPOLLIN);
	for (u32 i = 0; i < 4; i++) {
		h = (struct tpacket2_hdr *)(ring->mem + i * 2048);
		EXPECT_TRUE(h->tp_status & TP_STATUS_USER);
		EXPECT_EQ(h->tp_len, (u32)n);
		EXPECT_EQ(h->tp_snaplen, (u32)n);
		EXPECT_EQ(h->tp_net - h->tp_mac, 14);
		EXPECT_EQ(((u8 *)h)[h->tp_mac + 30], (u8)(frame[30] - 5 + i));
		sll = (struct sockaddr_ll *)((u8 *)h + TPACKET_ALIGN(sizeof(*h)));
		EXPECT_EQ(sll->sll_ifindex, (int)b.nic->dev->ifindex);
		EXPECT_EQ(memcmp(sll->sll_addr, peer_mac, 6), 0);
	}
	EXPECT_EQ(sys_getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, (char *)&st, &len), 0);
	EXPECT_TRUE(st.tp_packets == 6 && st.tp_drops == 2);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_PACKET_SOCK_ERROR), 2u);
	((struct tpacket2_hdr *)ring->mem)->tp_status = TP_STATUS_KERNEL; /* given back */
	inject(&b, frame, n);
	EXPECT_TRUE(((struct tpacket2_hdr *)ring->mem)->tp_status & TP_STATUS_USER);
	EXPECT_EQ(((u8 *)ring->mem)[((struct tpacket2_hdr *)ring->mem)->tp_mac + 30], frame[30]);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* The first version's header, and a frame that is longer than a slot. */
TEST(a_long_frame_is_cut_to_its_slot)
{
	struct tpacket_req r = { .tp_block_size = PAGE_SIZE, .tp_block_nr = 1, .tp_frame_size = 256,
				 .tp_frame_nr = 16 };
	static u8 payload[1000];
	struct tpacket_hdr *h;
	int fd;
	size_t n;

	b = bench_up();
	fd = open_packet(SOCK_DGRAM, ETH_P_ALL);
	ASSERT_EQ(set_ring(fd, &r), 0);
	n = make_ip(frame, 99, payload, sizeof(payload), 0, 1);
	inject(&b, frame, n);
	h = (struct tpacket_hdr *)sock_of(fd)->ring.mem;
	EXPECT_TRUE(h->tp_status & TP_STATUS_USER);
	EXPECT_EQ(h->tp_len, (u32)n - 14);
	EXPECT_EQ(h->tp_mac, h->tp_net); /* no link header for SOCK_DGRAM */
	EXPECT_EQ(h->tp_snaplen, 256u - h->tp_mac);
	EXPECT_EQ(memcmp((u8 *)h + h->tp_net, frame + 14, 20), 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_place_that_its_header_cannot_tell_is_no_place)
{
	struct tpacket_req r = { .tp_block_size = 1 << 18, .tp_block_nr = 1, .tp_frame_size = 1 << 17,
				 .tp_frame_nr = 2 };
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_RESERVE, 70000), 0);
	ASSERT_EQ(set_ring(fd, &r), 0);
	inject(&b, frame, ping());
	EXPECT_EQ(*(unsigned long *)sock_of(fd)->ring.mem, TP_STATUS_KERNEL);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_PACKET_SOCK_ERROR), 1u);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
