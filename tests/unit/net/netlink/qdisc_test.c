/* tests/unit/net/netlink/qdisc_test.c - the queue of a device as tc asks for it; answers as a Linux 6.x gave them */
#include "tests/host/world.h"
#include "tests/unit/net/netlink/rtnl.h"
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>

#define HEAD ((u32)sizeof(struct tcmsg))
#define ADD (NLM_F_CREATE | NLM_F_EXCL)
#define REPLACE (NLM_F_CREATE | NLM_F_REPLACE)

static int ask_of(u16 type, u16 flags, struct tcmsg m, const char *kind, u32 opt_len, u32 limit)
{
	m.tcm_ifindex = m.tcm_ifindex ?: (int)eth0();
	m.tcm_parent = m.tcm_parent ?: TC_H_ROOT;
	nl_begin(type, flags, &m, sizeof(m));
	if (kind)
		nl_attr_str(TCA_KIND, kind);
	if (opt_len)
		nl_attr(TCA_OPTIONS, &limit, opt_len);
	return -nl_ask(s);
}
static int set(u16 flags, u32 handle, const char *kind, u32 limit)
{
	return ask_of(RTM_NEWQDISC, flags, (struct tcmsg){ .tcm_handle = handle }, kind, limit ? 4 : 0, limit);
}
static int del(u32 handle, const char *kind)
{
	return ask_of(RTM_DELQDISC, 0, (struct tcmsg){ .tcm_handle = handle }, kind, 0, 0);
}

static struct {
	struct tcmsg head;
	char kind[16];
	s64 limit;
	struct gnet_stats_basic basic;
	struct gnet_stats_queue q;
} seen;
static void see(const struct nlmsghdr *h)
{
	const struct nlattr *opt = nl_find(h, HEAD, TCA_OPTIONS), *stats = nl_find(h, HEAD, TCA_STATS2);

	seen.head = *(const struct tcmsg *)(h + 1);
	strscpy(seen.kind, nl_str(h, HEAD, TCA_KIND), sizeof(seen.kind));
	seen.limit = opt ? nl_num(opt, 4) : -1;
	memcpy(&seen.basic, nla_data(nl_inside(stats, TCA_STATS_BASIC)), sizeof(seen.basic));
	memcpy(&seen.q, nla_data(nl_inside(stats, TCA_STATS_QUEUE)), sizeof(seen.q));
}
static void look(void)
{
	memset(&seen, 0, sizeof(seen));
	nl_begin(RTM_GETQDISC, 0, &(struct tcmsg){ .tcm_ifindex = (int)eth0() }, sizeof(struct tcmsg));
	EXPECT_EQ(nl_dump(s, RTM_NEWQDISC, see), 1);
}

TEST(a_queue_is_named_limited_and_given_back)
{
	up();
	look();
	EXPECT_STREQ(seen.kind, "pfifo");
	EXPECT_EQ(seen.head.tcm_handle, 0);
	EXPECT_EQ(seen.head.tcm_parent, TC_H_ROOT);
	EXPECT_EQ(seen.limit, 1000);
	EXPECT_EQ(set(0, 0, "pfifo", 3), -ENOENT); /* tc change */
	EXPECT_STREQ(nl_why, "Qdisc not found. To create specify NLM_F_CREATE flag");
	EXPECT_EQ(set(ADD, 0, "pfifo", 0), 0);
	look();
	EXPECT_EQ(seen.head.tcm_handle, 0x80010000u);
	EXPECT_EQ(seen.limit, 1000);
	EXPECT_EQ(set(ADD, 0, "pfifo", 0), -EEXIST);
	EXPECT_STREQ(nl_why, "Exclusivity flag on, cannot modify");
	EXPECT_EQ(set(0, 0, "pfifo", 7), 0);
	look();
	EXPECT_EQ(seen.limit, 7);
	EXPECT_EQ(set(NLM_F_CREATE, 0x50000, "pfifo", 9), -EEXIST);
	EXPECT_EQ(set(REPLACE, 0x50000, "pfifo", 10), 0);
	look();
	EXPECT_EQ(seen.head.tcm_handle, 0x50000u);
	EXPECT_EQ(seen.limit, 10);
	EXPECT_EQ(del(0x60000, NULL), -EINVAL);
	EXPECT_EQ(del(0x50000, "bfifo"), -EINVAL);
	EXPECT_EQ(del(0, NULL), 0);
	EXPECT_EQ(del(0, NULL), -ENOENT);
	EXPECT_STREQ(nl_why, "Cannot delete qdisc with handle of zero");
	look();
	EXPECT_EQ(seen.head.tcm_handle, 0);
	EXPECT_EQ(seen.limit, 1000);
	down();
}
TEST(what_no_queue_can_be)
{
	up();
	EXPECT_EQ(set(ADD, 0, "fq", 0), -ENOENT);
	EXPECT_STREQ(nl_why, "Specified qdisc kind is unknown");
	EXPECT_EQ(set(ADD, 0, NULL, 0), -EINVAL);
	EXPECT_EQ(set(ADD, 0, "a name that is longer than any kind has", 0), -ENOENT);
	EXPECT_EQ(set(ADD, 0x50001, "pfifo", 0), -EINVAL);
	EXPECT_EQ(ask_of(RTM_NEWQDISC, ADD, (struct tcmsg){ .tcm_ifindex = 4711 }, "pfifo", 0, 0), -ENODEV);
	EXPECT_EQ(ask_of(RTM_NEWQDISC, ADD, (struct tcmsg){ .tcm_parent = 0x50001 }, "pfifo", 0, 0), -EINVAL);
	EXPECT_EQ(ask_of(RTM_NEWQDISC, ADD, (struct tcmsg){ .tcm_parent = TC_H_INGRESS }, "ingress", 0, 0), -ENOENT);
	EXPECT_EQ(ask_of(RTM_NEWQDISC, ADD, (struct tcmsg){ 0 }, "pfifo", 3, 5), -EINVAL); /* half a limit */
	EXPECT_EQ(ask_of(RTM_NEWQDISC, ADD, (struct tcmsg){ 0 }, "pfifo", 4, 0), -EINVAL);
	nl_begin(RTM_NEWQDISC, ADD, "four", 4); /* a header that ends early */
	EXPECT_EQ(nl_ask(s), EINVAL);
	EXPECT_EQ(ask_of(RTM_GETQDISC, 0, (struct tcmsg){ .tcm_handle = 0x70000 }, NULL, 0, 0), -ENOENT);
	down();
}
/* The ring is full: so many wait as the limit says, the rest is dropped and counted. */
TEST(the_limit_is_kept_and_counted)
{
	struct socket *u;

	up();
	u = open_udp(&b, 0);
	EXPECT_EQ(sock_connect_to(u, PEER, 9, 0), 0);
	EXPECT_EQ(sock_write(u, "x", 1, 0), 1);
	EXPECT_EQ(set(ADD, 0, "pfifo", 3), 0);
	look();
	EXPECT_EQ(seen.basic.packets, 0);
	netif_stop_queue(b.nic->dev);
	for (int i = 0; i < 5; i++)
		sock_write(u, "x", 1, 0);
	look();
	EXPECT_EQ(seen.q.qlen, 3);
	EXPECT_EQ(seen.q.drops, 2);
	netif_wake_queue(b.nic->dev);
	host_pass(NSEC_PER_MSEC);
	look();
	EXPECT_EQ(seen.q.qlen, 0);
	EXPECT_EQ(seen.basic.packets, 3);
	sock_release(u);
	down();
}
