/* tests/unit/net/ipv4/ip_input_test.c - each check of a received header, one by one; a good packet passes them all */
#include "tests/unit/net/ipv4/bench.h"

static size_t good(u8 *frame)
{
	u8 udp[64];

	return make_ip(frame, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "hello", 5), 0, 1);
}
static struct iphdr *hdr(u8 *frame) { return (struct iphdr *)(frame + 14); }

/* Sends the frame as it is; the drop reason must count one more. */
static void expect_drop(struct bench *b, u8 *frame, size_t len, enum skb_drop_reason r, const char *what)
{
	u64 before = drops(b, r);

	inject(b, frame, len);
	if (drops(b, r) != before + 1)
		test_fail(__FILE__, __LINE__, false, "%s: not dropped as %s", what, skb_drop_reason_name(r));
}

TEST(each_bad_header_is_dropped_for_its_own_reason)
{
	struct bench b = bench_up();
	u8 f[128] = { 0 };
	size_t n = good(f);

	expect_drop(&b, f, n, SKB_DROP_REASON_NO_SOCKET, "a good one");
	good(f);
	expect_drop(&b, f, 14 + 19, SKB_DROP_REASON_IP_INHDR, "19 bytes");
	good(f);
	hdr(f)->version = 6;
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INHDR, "version 6");
	good(f);
	hdr(f)->ihl = 4;
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INHDR, "ihl 4");
	good(f);
	hdr(f)->ihl = 15;
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INHDR, "ihl beyond the packet");
	good(f);
	hdr(f)->check ^= 1;
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_CSUM, "checksum");
	good(f);
	hdr(f)->tot_len = htons(100);
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_PKT_TOO_SMALL, "longer than it is");
	good(f);
	hdr(f)->tot_len = htons(19);
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INHDR, "shorter than its header");
	good(f);
	hdr(f)->saddr = htonl(0xe0000001);
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INADDRERRORS, "from a group");
	good(f);
	hdr(f)->saddr = US;
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INADDRERRORS, "from ourselves");
	good(f);
	hdr(f)->saddr = htonl(0x7f000001);
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INADDRERRORS, "from 127.0.0.1");
	good(f);
	hdr(f)->daddr = htonl(0x7f000001);
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INADDRERRORS, "to 127.0.0.1");
	good(f);
	hdr(f)->daddr = htonl(0x0a000063);
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_INADDRERRORS, "for another, not forwarding");
	while (sent(&b))
		;
	bench_down(&b);
}

TEST(a_source_route_is_refused)
{
	struct bench b = bench_up();
	u8 f[128] = { 0 }, payload[16] = { IPOPT_LSRR, 7, 4, 10, 0, 0, 9, 0 };
	size_t n = make_ip(f, IPPROTO_UDP, payload, 16, 0, 1);

	hdr(f)->ihl = 7;
	ip_send_check(hdr(f));
	expect_drop(&b, f, n, SKB_DROP_REASON_IP_OPTIONS, "LSRR");
	bench_down(&b);
}

TEST(options_of_every_length_do_no_harm)
{
	struct bench b = bench_up();

	for (u32 type = 0; type < 256; type++) {
		for (u32 len = 0; len < 44; len++) {
			u8 f[128] = { 0 },
			   payload[48] = { (u8)type, (u8)len, (u8)(host_random() % 44), (u8)host_random() };
			size_t n = make_ip(f, IPPROTO_UDP, payload, 48, 0, 1);

			hdr(f)->ihl = 15;
			ip_send_check(hdr(f));
			inject(&b, f, n);
		}
	}
	while (sent(&b))
		;
	bench_down(&b);
}

TEST(an_unknown_protocol_is_unreachable)
{
	struct bench b = bench_up();
	u8 f[64] = { 0 };
	struct iphdr *iph;

	inject(&b, f, make_ip(f, 200, "x", 1, 0, 1));
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(iph->protocol, IPPROTO_ICMP);
	EXPECT_EQ(((u8 *)(iph + 1))[0], ICMP_DEST_UNREACH);
	EXPECT_EQ(((u8 *)(iph + 1))[1], ICMP_PROT_UNREACH);
	EXPECT_TRUE(sent(&b) == NULL);
	bench_down(&b);
}
