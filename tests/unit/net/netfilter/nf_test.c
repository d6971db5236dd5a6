/* tests/unit/net/netfilter/nf_test.c - hook order and verdicts, and the rule table with its rejects */
#include "tests/unit/net/ipv4/bench.h"
#include "lib/printf.h"
#include "net/netfilter/netfilter.h"

static char order[32];
static unsigned int verdicts[128];
static struct sk_buff *stolen;

/* priv: the letter it writes; what it answers stands in verdicts[letter]. */
static unsigned int hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *st)
{
	size_t n = strlen(order);

	if (n < sizeof(order) - 1)
		order[n] = (char)(long)priv;
	if (verdicts[(long)priv] == NF_STOLEN)
		stolen = skb;
	return verdicts[(long)priv];
}

static struct nf_hook_ops ops(char letter, int priority)
{
	return (struct nf_hook_ops){ .hook = hook,
				     .priv = (void *)(long)letter,
				     .pf = NFPROTO_IPV4,
				     .hooknum = NF_INET_LOCAL_IN,
				     .priority = priority };
}

static int accepted;
static int okfn(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	accepted++;
	consume_skb(skb);
	return 0;
}

static int pass(struct net *net)
{
	struct sk_buff *skb = alloc_skb(64, GFP_ATOMIC);

	skb->dev = net->loopback_dev;
	memset(order, 0, sizeof(order));
	return NF_HOOK(NF_INET_LOCAL_IN, net, NULL, skb, NULL, NULL, okfn);
}

TEST(functions_run_by_priority_then_age)
{
	struct net *net = test_net();
	struct nf_hook_ops b = ops('b', 0), a = ops('a', -10), c = ops('c', 0), d = ops('d', 5);

	accepted = 0;
	for (int i = 0; i < 128; i++)
		verdicts[i] = NF_ACCEPT;
	EXPECT_EQ(pass(net), 0);
	EXPECT_EQ(accepted, 1);
	EXPECT_EQ(nf_register_net_hook(net, &b), 0);
	EXPECT_EQ(nf_register_net_hook(net, &d), 0);
	EXPECT_EQ(nf_register_net_hook(net, &a), 0);
	EXPECT_EQ(nf_register_net_hook(net, &c), 0);
	pass(net);
	EXPECT_STREQ(order, "abcd");
	nf_unregister_net_hook(net, &c);
	pass(net);
	EXPECT_STREQ(order, "abd");
	nf_unregister_net_hook(net, &a);
	nf_unregister_net_hook(net, &b);
	nf_unregister_net_hook(net, &d);
	pass(net);
	EXPECT_STREQ(order, "");
	EXPECT_EQ(accepted, 4);
}

TEST(each_verdict_has_its_effect)
{
	struct net *net = test_net();
	struct nf_hook_ops a = ops('a', 0), b = ops('b', 1), bad = ops('x', 0);

	accepted = 0;
	for (int i = 0; i < 128; i++)
		verdicts[i] = NF_ACCEPT;
	bad.hooknum = NF_INET_NUMHOOKS;
	EXPECT_EQ(nf_register_net_hook(net, &bad), -EINVAL);
	nf_register_net_hook(net, &a);
	nf_register_net_hook(net, &b);
	verdicts['a'] = NF_DROP;
	EXPECT_EQ(pass(net), -EPERM);
	EXPECT_STREQ(order, "a");
	EXPECT_EQ(net_drop_sum(net, SKB_DROP_REASON_NETFILTER_DROP), 1);
	verdicts['a'] = NF_STOLEN;
	EXPECT_EQ(pass(net), 0);
	EXPECT_STREQ(order, "a");
	consume_skb(stolen);
	verdicts['a'] = NF_REPEAT; /* for ever: it is cut short */
	EXPECT_EQ(pass(net), -EPERM);
	EXPECT_EQ(strlen(order), 16);
	verdicts['a'] = NF_ACCEPT;
	EXPECT_EQ(pass(net), 0);
	EXPECT_STREQ(order, "ab");
	EXPECT_EQ(accepted, 1);
	nf_unregister_net_hook(net, &a);
	nf_unregister_net_hook(net, &b);
}

static size_t syn(u8 *f, u16 dport)
{
	struct tcphdr { __be16 s, d; __be32 seq, ack; u8 doff, flags; __be16 win, sum, urg; } th = {
		htons(1000), htons(dport), htonl(77), 0, 0x50, 2, htons(100), 0, 0 };

	th.sum = (__force __be16)csum_tcpudp_magic(PEER, US, 20, IPPROTO_TCP, csum_partial(&th, 20, 0));
	return make_ip(f, IPPROTO_TCP, &th, 20, 0, 1);
}

TEST(a_rejected_segment_is_answered_by_a_reset)
{
	struct bench b = bench_up();
	struct iphdr *iph;
	u8 f[128], *th;

	ASSERT_EQ(host_proc_write("net/nf_rules", "add input reject proto tcp dport 80"), 35);
	inject(&b, f, syn(f, 80));
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	th = (u8 *)(iph + 1);
	EXPECT_EQ(iph->protocol, IPPROTO_TCP);
	EXPECT_EQ(iph->daddr, PEER);
	EXPECT_EQ(th[13], 0x14); /* RST and ACK */
	EXPECT_EQ(*(__be32 *)(th + 8), htonl(78));
	EXPECT_EQ(csum_tcpudp_magic(iph->saddr, iph->daddr, 20, IPPROTO_TCP, csum_partial(th, 20, 0)), 0);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NETFILTER_DROP), 1);
	host_proc_write("net/nf_rules", "flush");
	bench_down(&b);
}

TEST(a_rejected_datagram_is_answered_by_port_unreachable)
{
	struct bench b = bench_up();
	struct iphdr *iph;
	u8 f[128], udp[32];

	host_proc_write("net/nf_rules", "add prerouting reject proto udp dport 9 src 10.0.0.0/24 in eth0");
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 10, "x", 1), 0, 1)); /* nobody there, but no rule */
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NETFILTER_DROP), 0);
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "x", 1), 0, 2));
	iph = sent(&b);
	ASSERT_TRUE(iph != NULL);
	EXPECT_EQ(((u8 *)(iph + 1))[0], ICMP_DEST_UNREACH);
	EXPECT_EQ(((u8 *)(iph + 1))[1], ICMP_PORT_UNREACH);
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NETFILTER_DROP), 1);
	host_proc_write("net/nf_rules", "flush");
	bench_down(&b);
}

TEST(nonsense_is_refused_and_counts_are_kept)
{
	static const char *const bad[] = { "add",
					   "add input",
					   "add input drop dport",
					   "add input drop dport 70000",
					   "add nowhere drop",
					   "add input drop src 1.2.3.4/33",
					   "del",
					   "del 1",
					   "policy input reject" };
	struct bench b = bench_up();
	u8 f[128], udp[32];
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_LT(host_proc_write("net/nf_rules", bad[i]), 0);
	host_proc_write("net/nf_rules", "add input count proto udp dport 5-9");
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "x", 1), 0, 1));
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 10, "x", 1), 0, 1));
	ASSERT_GT(host_proc_read(b.net, "net/nf_rules", text, sizeof(text)), 0);
	EXPECT_TRUE(strstr(text, "packets 1 bytes 29") != NULL);
	host_proc_write("net/nf_rules", "flush");
	bench_down(&b);
}

/* The last of so many decides; when they are as many as the stack may have, the next is refused and all others stay. */
TEST(the_table_grows_to_its_limit)
{
	enum { N = 10000 };
	struct bench b = bench_up();
	u8 f[128], udp[32];
	char line[64];

	for (int i = 1; i < N; i++) {
		snprintf(line, sizeof(line), "add prerouting drop src 192.168.%d.%d", i / 250 + 1, i % 250 + 1);
		ASSERT_GT(host_proc_write("net/nf_rules", line), 0);
	}
	host_proc_write("net/nf_rules", "add prerouting drop proto udp dport 9");
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "x", 1), 0, 1));
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NETFILTER_DROP), 1);
	b.net->nf->rules_max = N;
	EXPECT_EQ(host_proc_write("net/nf_rules", "add input drop"), -ENOSPC);
	EXPECT_GT(host_proc_write("net/nf_rules", "del 0"), 0);
	EXPECT_GT(host_proc_write("net/nf_rules", "add input drop"), 0);
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 9, "x", 1), 0, 2));
	inject(&b, f, make_ip(f, IPPROTO_UDP, udp, make_udp(udp, 5, 10, "x", 1), 0, 3)); /* by the new one */
	EXPECT_EQ(drops(&b, SKB_DROP_REASON_NETFILTER_DROP), 3);
	host_proc_write("net/nf_rules", "flush");
	bench_down(&b);
}

/* Whatever a rule may say comes back as it was written, in the words of the language. */
TEST(the_table_as_text)
{
	struct bench b = bench_up();
	char text[1024];

	EXPECT_GT(host_proc_write("net/nf_rules", "add input drop proto icmp src 10.0.0.0/8 dst 10.0.0.1 in eth0\n"
						  "add output count proto 132 sport 80 dport 1000-2000 out eth0\n"
						  "\npolicy forward drop\npolicy output drop\n"
						  "policy output accept"), 0);
	ASSERT_GT(host_proc_read(b.net, "net/nf_rules", text, sizeof(text)), 0);
	EXPECT_STREQ(text, "policy forward drop\n"
			   "0 input drop proto 1 src 10.0.0.0/8 dst 10.0.0.1/32 in eth0 packets 0 bytes 0\n"
			   "1 output count proto 132 sport 80 dport 1000-2000 out eth0 packets 0 bytes 0\n");
	EXPECT_GT(host_proc_write("net/nf_rules", "del 0"), 0);
	EXPECT_EQ(host_proc_write("net/nf_rules", "del 1"), -ENOENT);
	ASSERT_GT(host_proc_read(b.net, "net/nf_rules", text, sizeof(text)), 0);
	EXPECT_TRUE(strstr(text, "\n0 output count "));
	EXPECT_GT(host_proc_write("net/nf_rules", "flush"), 0);
	host_proc_read(b.net, "net/nf_rules", text, sizeof(text));
	EXPECT_STREQ(text, ""); /* rules and policies */
	bench_down(&b);
}
TEST(words_that_are_no_rule)
{
	static const char *const bad[] = {
		"add input drop proto 0", "add input drop proto 256", "add input drop proto nope",
		"add input drop dst 1.2.3", "add input drop dst 1.2.3.256", "add input drop dst 1.2.3.4/",
		"add input drop sport 0", "add input drop sport 9-8", "add input drop sport 1-65536",
		"add input drop in abcdefghijklmnopq", "add input drop out abcdefghijklmnopq",
		"add input drop colour red", "add input nope", "policy input", "policy nope drop", "nope",
	};
	struct bench b = bench_up();
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_LT(host_proc_write("net/nf_rules", bad[i]), 0);
	EXPECT_EQ(host_proc_read(b.net, "net/nf_rules", text, sizeof(text)), 0);
	bench_down(&b);
}
/* Each allocation of a change fails once: the table stays as it was, or is as it shall be. */
TEST(changes_of_the_table_without_memory)
{
	static const char *const changes[] = { "add input drop", "policy input drop", "del 0", "flush" };
	struct bench b = bench_up();
	char before[256], after[256] = "";

	for (size_t c = 0; c < ARRAY_SIZE(changes); c++) {
		ssize_t r = -1;

		for (size_t n = 1; r < 0 && n < 50; n++) {
			host_proc_read(b.net, "net/nf_rules", before, sizeof(before));
			host_fail_alloc(n, false);
			r = host_proc_write("net/nf_rules", changes[c]);
			host_fail_alloc(0, false);
			host_proc_read(b.net, "net/nf_rules", after, sizeof(after));
			EXPECT_EQ(!strcmp(before, after), r < 0);
		}
		EXPECT_GT(r, 0);
	}
	EXPECT_STREQ(after, "");
	bench_down(&b);
}
