/* tests/unit/net/sysctl_test.c - /proc/sys/net: each stack's own values, their limits, and those of one device */
#include "kernel/process/process.h"
#include "lib/printf.h"
#include "net/core/core.h"
#include "net/tcp/tcp_internal.h"
#include "tests/unit/net/ipv4/bench.h"

static char text[256];
/* The file's text without its last newline, "error N". */
static const char *get(const char *path)
{
	char whole[96];
	ssize_t n;

	snprintf(whole, sizeof(whole), "sys/net/%s", path);
	n = host_proc_read(current->net, whole, text, sizeof(text));
	if (n < 0)
		snprintf(text, sizeof(text), "error %zd", -n);
	else if (n && text[n - 1] == '\n')
		text[n - 1] = 0;
	return text;
}
static ssize_t set(const char *path, const char *value)
{
	char whole[96];

	snprintf(whole, sizeof(whole), "sys/net/%s", path);
	return host_proc_write(whole, value);
}
TEST(values_and_their_limits)
{
	static const struct { const char *path, *value; bool taken; const char *after; } rows[] = {
		{ "core/rmem_max", "100000\n", true, "100000" }, { "core/rmem_max", "2303", false, "100000" },
		{ "core/wmem_default", "4608", true, "4608" }, { "core/wmem_default", "4607", false, "4608" },
		{ "core/somaxconn", "0", true, "0" }, { "core/somaxconn", "-1", false, "0" },
		{ "core/dev_weight", "0", false, "64" }, { "core/netdev_budget", "x", false, "300" },
		{ "ipv4/tcp_sack", "2", false, "1" }, { "ipv4/tcp_sack", "0", true, "0" },
		{ "ipv4/tcp_rmem", "4096 8192 16384", true, "4096\t8192\t16384" },
		{ "ipv4/tcp_notsent_lowat", "16384\n", true, "16384" },
		{ "ipv4/tcp_notsent_lowat", "4294967295", true, "4294967295" },
		{ "ipv4/tcp_notsent_lowat", "4294967296", false, "4294967295" },
		{ "ipv4/tcp_notsent_lowat", "", false, "4294967295" },
	};

	test_net();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_EQ(set(rows[i].path, rows[i].value) >= 0, rows[i].taken);
		EXPECT_STREQ(get(rows[i].path), rows[i].after);
	}
}
/* What one stack says, another one does not hear; what the CPUs share, all do. */
TEST(values_of_two_stacks)
{
	struct net *a = test_net(), *b = test_net();

	EXPECT_GE(set("core/rmem_max", "50000"), 0);
	EXPECT_GE(set("ipv4/tcp_fin_timeout", "17"), 0);
	EXPECT_EQ(a->core->rmem_max, 50000);
	EXPECT_EQ(a->tcp->sysctl.fin_timeout, 17);
	EXPECT_NE(b->core->rmem_max, 50000);
	EXPECT_EQ(b->tcp->sysctl.fin_timeout, 60);
	current->net = b;
	EXPECT_STREQ(get("core/rmem_max"), "212992");
	EXPECT_STREQ(get("ipv4/tcp_fin_timeout"), "60");
	current->net = a;
	EXPECT_STREQ(get("ipv4/tcp_fin_timeout"), "17");
}
/* The default is always allowed; who may choose nothing else may choose that (tcp(7)). */
TEST(congestion_control_by_name)
{
	struct net *net = test_net();

	EXPECT_STREQ(get("ipv4/tcp_congestion_control"), "cubic");
	EXPECT_TRUE(strstr(get("ipv4/tcp_available_congestion_control"), "bbr"));
	EXPECT_TRUE(strstr(text, "dctcp") && strstr(text, "reno") && strstr(text, "cubic"));
	EXPECT_EQ(set("ipv4/tcp_available_congestion_control", "reno"), -EPERM);
	EXPECT_EQ(set("ipv4/tcp_congestion_control", "nope\n"), -ENOENT);
	EXPECT_LT(set("ipv4/tcp_allowed_congestion_control", "reno nope"), 0);
	EXPECT_GE(set("ipv4/tcp_allowed_congestion_control", "reno cubic"), 0);
	EXPECT_STREQ(get("ipv4/tcp_allowed_congestion_control"), "reno cubic");
	EXPECT_GE(set("ipv4/tcp_congestion_control", "bbr\n"), 0);
	EXPECT_STREQ(get("ipv4/tcp_congestion_control"), "bbr");
	EXPECT_STREQ(net->tcp->sysctl.congestion_control, "bbr");
	EXPECT_TRUE(strstr(get("ipv4/tcp_allowed_congestion_control"), "bbr"));
}

/* --- conf/NAME, in the first stack --- */

TEST(values_of_one_device)
{
	struct net_device *lo = init_net->loopback_dev;
	struct in_device *in = lo->ip_ptr;

	EXPECT_STREQ(get("ipv4/conf/lo/rp_filter"), "0");
	EXPECT_GE(set("ipv4/conf/lo/rp_filter", "2"), 0);
	EXPECT_EQ(in->cnf.rp_filter, 2);
	EXPECT_STREQ(get("ipv4/conf/lo/rp_filter"), "2");
	EXPECT_STREQ(get("ipv4/conf/default/rp_filter"), "0");
	EXPECT_EQ(set("ipv4/conf/lo/rp_filter", "3"), -EINVAL);
	EXPECT_STREQ(get("ipv4/conf/nope/rp_filter"), "error 2");
	in->cnf.rp_filter = 0;
}
