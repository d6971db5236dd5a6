/* tests/unit/net/ipv4/icmp_test.c - echo, errors and their limits; ARP's answers */
#include "tests/unit/net/ipv4/bench.h"

static size_t make_echo(u8 *out, size_t data)
{
	struct icmphdr *h = (struct icmphdr *)out;

	memset(out, 0, 8 + data);
	h->type = ICMP_ECHO;
	h->un.echo.id = htons(77);
	for (size_t i = 0; i < data; i++)
		out[8 + i] = (u8)i;
	h->checksum = csum_fold(csum_partial(out, 8 + data, 0));
	return 8 + data;
}

TEST(an_echo_comes_back_with_its_bytes)
{
	struct bench b = bench_up();
	u8 echo[256], f[512];
	struct iphdr *iph;

	inject(&b, f, make_ip(f, IPPROTO_ICMP, echo, make_echo(echo, 100), 0, 1));
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(iph->saddr, US);
	EXPECT_EQ(iph->daddr, PEER);
	EXPECT_EQ(ip_fast_csum(iph, 5), 0);
	EXPECT_EQ(ntohs(iph->tot_len), 128);
	EXPECT_EQ(((u8 *)(iph + 1))[0], ICMP_ECHOREPLY);
	EXPECT_EQ(csum_fold(csum_partial(iph + 1, 108, 0)), 0);
	EXPECT_EQ(memcmp((u8 *)(iph + 1) + 8, echo + 8, 100), 0);
	EXPECT_TRUE(sent(&b) == NULL);
	bench_down(&b);
}

TEST(a_bad_checksum_is_not_answered)
{
	struct bench b = bench_up();
	u8 echo[64], f[128];

	make_echo(echo, 8);
	echo[9] ^= 1;
	inject(&b, f, make_ip(f, IPPROTO_ICMP, echo, 16, 0, 1));
	EXPECT_TRUE(sent(&b) == NULL);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_ICMP_CSUM), 1);
	bench_down(&b);
}

TEST(errors_are_limited_for_each_destination)
{
	struct bench b = bench_up();
	u8 udp[64], f[128];
	size_t n = make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "hello", 5), 0, 1);
	int got = 0;

	for (int i = 0; i < 100; i++)
		inject(&b, f, n);
	while (sent(&b))
		got++;
	EXPECT_EQ(got, 6); /* the burst */
	host_pass(1001 * NSEC_PER_MSEC);
	inject(&b, f, n);
	EXPECT_TRUE(sent(&b) != NULL);
	EXPECT_TRUE(sent(&b) == NULL);
	bench_down(&b);
}

TEST(no_error_answers_an_error)
{
	struct bench b = bench_up();
	u8 udp[64], inner[128], f[256], icmp[160] = { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH };
	size_t n = make_ip(inner, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "hello", 5), 0, 1) - 14;

	memcpy(icmp + 8, inner + 14, n);
	*(__sum16 *)(icmp + 2) = csum_fold(csum_partial(icmp, 8 + n, 0));
	inject(&b, f, make_ip(f, 201, icmp, 8 + n, 0, 1)); /* unknown protocol: one error */
	EXPECT_TRUE(sent(&b) != NULL);
	inject(&b, f, make_ip(f, IPPROTO_ICMP, icmp, 8 + n, 0, 1));
	EXPECT_TRUE(sent(&b) == NULL);
	bench_down(&b);
}

TEST(truncated_errors_do_no_harm)
{
	struct bench b = bench_up();
	u8 icmp[96] = { 0 }, f[256];

	for (u32 len = 8; len < 64; len++) {
		for (u8 type = 0; type < 20; type++) {
			for (size_t i = 8; i < len; i++)
				icmp[i] = (u8)host_random();
			icmp[0] = type;
			icmp[1] = (u8)(host_random() % 18);
			icmp[2] = icmp[3] = 0;
			*(__sum16 *)(icmp + 2) = csum_fold(csum_partial(icmp, len, 0));
			inject(&b, f, make_ip(f, IPPROTO_ICMP, icmp, len, 0, 1));
		}
	}
	while (sent(&b))
		;
	bench_down(&b);
}
