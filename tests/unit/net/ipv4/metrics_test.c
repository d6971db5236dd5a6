/* tests/unit/net/ipv4/metrics_test.c - RTA_METRICS: what is taken, what is refused, and that it comes back as it was */
#include "net/core/nlmsg.h"
#include "net/ipv4/internal.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"

static int parse(struct nl_msg *m, struct dst_metrics **out)
{
	const char *why = NULL;
	int err = ip_metrics_parse((const struct nlattr *)m->data, out, &why);

	EXPECT_EQ(err != 0, why != NULL);
	return err;
}
static int parse_u32(u16 type, u32 v)
{
	struct dst_metrics *out = NULL;
	struct nl_msg m;
	u32 nest;
	int err;

	nl_msg_init(&m, GFP_KERNEL);
	nest = nla_nest_start(&m, RTA_METRICS);
	nla_put_u32(&m, type, v);
	nla_nest_end(&m, nest);
	err = parse(&m, &out);
	dst_metrics_put(out);
	nl_msg_free(&m);
	return err;
}
TEST(metrics_come_back_as_they_were)
{
	struct net *net = test_net(); /* it registers the algorithms' names */
	struct dst_metrics *a = NULL, *b = NULL;
	struct nl_msg m, again;
	u32 nest;

	(void)net;
	nl_msg_init(&m, GFP_KERNEL);
	nest = nla_nest_start(&m, RTA_METRICS);
	nla_put_u32(&m, RTAX_MTU, 70000);
	nla_put_u32(&m, RTAX_ADVMSS, 70000);
	nla_put_u32(&m, RTAX_INITCWND, 20);
	nla_put_u32(&m, RTAX_INITRWND, 30);
	nla_put_u32(&m, RTAX_QUICKACK, 1);
	nla_put_string(&m, RTAX_CC_ALGO, "bbr");
	nla_nest_end(&m, nest);
	ASSERT_EQ(parse(&m, &a), 0);
	EXPECT_EQ(a->v[RTAX_MTU], 65520);
	EXPECT_EQ(a->v[RTAX_ADVMSS], 65535 - 40);
	EXPECT_EQ(a->v[RTAX_INITCWND], 20);
	EXPECT_EQ(a->v[RTAX_INITRWND], 30);
	nl_msg_init(&again, GFP_KERNEL);
	ip_metrics_put(&again, a, a->v[RTAX_MTU]);
	ASSERT_EQ(parse(&again, &b), 0);
	EXPECT_EQ(memcmp(a->v, b->v, sizeof(a->v)), 0);
	EXPECT_GT(a->v[RTAX_CC_ALGO], 0);
	dst_metrics_put(a);
	dst_metrics_put(b);
	nl_msg_free(&m);
	nl_msg_free(&again);
}
TEST(metrics_that_nobody_would_heed_are_refused)
{
	static const u16 absent[] = { RTAX_LOCK, RTAX_WINDOW, RTAX_RTT, RTAX_RTTVAR, RTAX_SSTHRESH, RTAX_CWND,
				      RTAX_REORDERING, RTAX_HOPLIMIT, RTAX_FEATURES, RTAX_RTO_MIN };
	struct dst_metrics *out = NULL;
	struct nl_msg m;
	u32 nest;

	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		EXPECT_EQ(parse_u32(absent[i], 5), -EOPNOTSUPP);
	EXPECT_EQ(parse_u32(RTAX_INITCWND, 5), 0);
	nl_msg_init(&m, GFP_KERNEL);
	nest = nla_nest_start(&m, RTA_METRICS);
	nla_put_u8(&m, RTAX_INITCWND, 5);
	nla_nest_end(&m, nest);
	EXPECT_EQ(parse(&m, &out), -EINVAL);
	nl_msg_free(&m);
	nl_msg_init(&m, GFP_KERNEL);
	nest = nla_nest_start(&m, RTA_METRICS);
	nla_put_string(&m, RTAX_CC_ALGO, "nosuch");
	nla_nest_end(&m, nest);
	EXPECT_EQ(parse(&m, &out), -EINVAL);
	nl_msg_free(&m);
}
