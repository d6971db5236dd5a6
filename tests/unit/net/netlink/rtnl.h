/* tests/unit/net/netlink/rtnl.h - a host with one card, eth0, and a socket to its rtnetlink: where these tests begin */
#pragma once
#include "tests/unit/net/netlink/nl.h"

static struct bench b;
static struct socket *s;

static void up(void)
{
	b = bench_up();
	s = nl_open(b.net, NETLINK_ROUTE);
	EXPECT_EQ(nl_set(s, NETLINK_EXT_ACK, 1), 0);
}
static void down(void)
{
	sock_release(s);
	bench_down(&b);
}
static __maybe_unused u32 eth0(void) { return b.nic->dev->ifindex; }
