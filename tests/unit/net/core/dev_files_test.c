/* tests/unit/net/core/dev_files_test.c - /sys/class/net, and /proc/net/{dev,softnet_stat,napi,ptype} in Linux's columns
 */
#include "lib/byteorder.h"
#include "lib/printf.h"
#include "net/core/sock.h"
#include "net/core/softnet.h"
#include "tests/unit/test.h"

static char text[4096];
static const char *read_file(struct net *net, const char *path)
{
	ssize_t n = host_proc_read(net, path, text, sizeof(text));

	if (n < 0)
		snprintf(text, sizeof(text), "error %zd", -n);
	return text;
}
static const char *sys(const char *dev, const char *file)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", dev, file);
	return read_file(init_net, path);
}
/* Each counter has a value of its own. */
static void count(struct net_device *dev)
{
	u64 *all = (u64 *)&dev->stats;

	for (u64 i = 0; i < sizeof(dev->stats) / sizeof(u64); i++)
		all[i] = 1000 + i;
}

/* --- /sys: the first stack's. There the sysctl tables of a name outlive its device (net/ipv4/sysctl.c): a first device
 * of each name leaves them, a second one must leave nothing. --- */

static void name_for_the_first_time(const char *name)
{
	struct host_memory before, after;
	struct sim_nic *nic;

	host_memory(&before);
	nic = sim_nic_create(init_net, 1, 0);
	rtnl_lock(init_net);
	dev_close(nic->dev);
	EXPECT_EQ(dev_change_name(nic->dev, name), 0);
	rtnl_unlock(init_net);
	sim_nic_destroy(nic);
	host_quiesce();
	host_memory(&after);
	test_keeps(after.objects - before.objects);
}

TEST(what_sysfs_says_of_a_card)
{
	static const struct { const char *file, *want; } rows[] = {
		{ "addr_len", "6\n" }, { "address", "02:00:00:01:02:03\n" }, { "broadcast", "ff:ff:ff:ff:ff:ff\n" },
		{ "carrier", "1\n" }, { "flags", "0x1003\n" }, { "mtu", "1500\n" }, { "operstate", "up\n" },
		{ "type", "1\n" }, { "tx_queue_len", "1000\n" }, { "nope", "error 2" }, { "statistics", "error 2" },
	};
	struct sim_nic *nic;
	const char *name;
	char index[16];
	int refs;

	name_for_the_first_time("eth0");
	nic = sim_nic_create(init_net, 0x00010203, 0);
	name = nic->dev->name;
	refs = refcount_read(&nic->dev->refcnt);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_STREQ(sys(name, rows[i].file), rows[i].want);
	snprintf(index, sizeof(index), "%u\n", nic->dev->ifindex);
	EXPECT_STREQ(sys(name, "ifindex"), index);
	EXPECT_STREQ(sys(name, "iflink"), index);
	EXPECT_EQ(refcount_read(&nic->dev->refcnt), refs); /* who read holds nothing, and let go of nothing */
	netif_carrier_off(nic->dev);
	EXPECT_STREQ(sys(name, "carrier"), "0\n");
	EXPECT_STREQ(sys(name, "operstate"), "down\n");
	rtnl_lock(init_net);
	dev_close(nic->dev);
	rtnl_unlock(init_net);
	EXPECT_STREQ(sys(name, "carrier"), "error 22");
	EXPECT_STREQ(sys(name, "flags"), "0x1002\n");
	sim_nic_destroy(nic);
	EXPECT_STREQ(sys("eth0", "mtu"), "error 2");
}
static ssize_t write_sys(const char *dev, const char *file, const char *value)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", dev, file);
	return host_proc_write(path, value);
}
TEST(what_the_files_of_the_timer_take)
{
	struct sim_nic *nic;
	const char *name;

	name_for_the_first_time("eth0");
	nic = sim_nic_create(init_net, 1, 0);
	name = nic->dev->name;
	EXPECT_STREQ(sys(name, "gro_flush_timeout"), "0\n");
	EXPECT_EQ(write_sys(name, "gro_flush_timeout", "40000\n"), 6);
	EXPECT_EQ(write_sys(name, "napi_defer_hard_irqs", "0x10"), 4);
	EXPECT_EQ(write_sys(name, "napi_defer_hard_irqs", "2147483648"), -ERANGE);
	EXPECT_EQ(write_sys(name, "napi_defer_hard_irqs", "-1"), -EINVAL);
	EXPECT_EQ(write_sys(name, "gro_flush_timeout", "soon"), -EINVAL);
	EXPECT_EQ(write_sys(name, "gro_flush_timeout", ""), -EINVAL);
	EXPECT_EQ(write_sys(name, "mtu", "1400"), -EACCES);
	EXPECT_STREQ(sys(name, "gro_flush_timeout"), "40000\n");
	EXPECT_STREQ(sys(name, "napi_defer_hard_irqs"), "16\n");
	sim_nic_destroy(nic);
}
TEST(each_counter_has_its_file)
{
#define COUNTER(n) { "statistics/" #n, offsetof(struct net_device_stats64, n) }
	static const struct { const char *file; size_t offset; } rows[] = {
		COUNTER(rx_packets), COUNTER(tx_packets), COUNTER(rx_bytes), COUNTER(tx_bytes), COUNTER(rx_errors),
		COUNTER(tx_errors), COUNTER(rx_dropped), COUNTER(tx_dropped), COUNTER(multicast), COUNTER(collisions),
		COUNTER(rx_length_errors), COUNTER(rx_over_errors), COUNTER(rx_crc_errors), COUNTER(rx_frame_errors),
		COUNTER(rx_fifo_errors), COUNTER(rx_missed_errors), COUNTER(tx_aborted_errors),
		COUNTER(tx_carrier_errors), COUNTER(tx_fifo_errors), COUNTER(tx_heartbeat_errors),
		COUNTER(tx_window_errors),
	};
	struct sim_nic *nic;
	char want[16];

	name_for_the_first_time("eth0");
	nic = sim_nic_create(init_net, 1, 0);
	count(nic->dev);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(want, sizeof(want), "%zu\n", 1000 + rows[i].offset / 8);
		EXPECT_STREQ(sys(nic->dev->name, rows[i].file), want);
	}
	sim_nic_destroy(nic);
}
TEST(the_directory_follows_the_name_and_is_the_first_stacks)
{
	struct sim_nic *nic, *other;

	name_for_the_first_time("wan0");
	nic = sim_nic_create(init_net, 1, 0);
	other = sim_nic_create(test_net(), 2, 0);
	EXPECT_STREQ(sys("lo", "operstate"), "down\n");
	rtnl_lock(init_net);
	dev_open(init_net->loopback_dev);
	test_keeps(1); /* lo's address */
	EXPECT_STREQ(sys("lo", "operstate"), "unknown\n"); /* it has no cable */
	dev_close(init_net->loopback_dev);
	dev_close(nic->dev);
	EXPECT_EQ(dev_change_name(nic->dev, "wan0"), 0);
	rtnl_unlock(init_net);
	EXPECT_STREQ(sys("wan0", "mtu"), "1500\n");
	EXPECT_STREQ(sys("eth0", "mtu"), "error 2"); /* neither the old name nor the other stack's device */
	sim_nic_destroy(other);
	sim_nic_destroy(nic);
}

/* --- /proc/net --- */

TEST(proc_net_dev)
{
	struct net *net = test_net();
	struct sim_nic *nic = sim_nic_create(net, 1, 0);

	count(nic->dev);
	EXPECT_STREQ(read_file(net, "net/dev"),
		     "Inter-|   Receive                                                |  Transmit\n"
		     " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop "
		     "fifo colls carrier compressed\n"
		     "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    "
		     "0     0       0          0\n"
		     "  eth0:    1002    1000 1004 2021 1014  4046          0      1008     1003    1001 1005 1007 "
		     "1018  1009    4072          0\n");
	sim_nic_destroy(nic);
}
/* Frames that come, interrupts that announced them, and who switched whom off. */
TEST(proc_net_softnet_stat_and_napi)
{
	struct net *net = test_net();
	struct sim_nic *nic = sim_nic_create(net, 1, 0);
	u8 frame[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5 };
	unsigned int cpus = 0, cpu = 0;
	unsigned long long sum = 0;
	char line[160];
	const char *at;

	for (int i = 0; i < 3; i++) {
		sim_nic_inject(nic, frame, sizeof(frame));
		host_settle();
	}
	at = read_file(net, "net/napi");
	EXPECT_TRUE(strstr(at, "device     interrupts      polls    packets pkts/poll  fullpolls  to_poll   to_irq   "
			       "gro_pkts   gro_segs mode\n"
			       "eth0                3          3          3       1.0          0        0        0"
			       "          0          0 interrupt\n"
			       "backlog/0 ") == at);
	for_each_possible_cpu(c) {
		sum += per_cpu_ptr(softnet_data, c)->processed;
		cpu = per_cpu_ptr(softnet_data, c)->processed ? c : cpu; /* one of those that had some */
	}
	EXPECT_EQ(sum, 3u);
	sum = per_cpu_ptr(softnet_data, cpu)->processed;
	snprintf(line, sizeof(line), "\n%u                   %llu          0         0\n", cpu, sum);
	EXPECT_TRUE(strstr(strstr(at, "\ncpu         processed    dropped  squeezed\n"), line));
	per_cpu_ptr(softnet_data, cpu)->dropped = 0x1234;
	per_cpu_ptr(softnet_data, cpu)->time_squeeze = 0x56;
	at = read_file(net, "net/softnet_stat");
	snprintf(line, sizeof(line), "%08llx 00001234 00000056 00000000 00000000 00000000 00000000 00000000 "
				     "00000000 00000000 00000000 00000000 %08x 00000000 00000000\n", sum, cpu);
	EXPECT_EQ(strncmp(at + cpu * 135, line, 135), 0);
	for (; *at; at += 135, cpus++)
		EXPECT_EQ(at[134], '\n');
	EXPECT_GE(cpus, 1u);
	sim_nic_destroy(nic);
}
TEST(proc_net_ptype)
{
	struct net *net = test_net();
	const char *at = read_file(net, "net/ptype");
	struct socket *all;

	EXPECT_EQ(strncmp(at, "Type Device      Function\n", 26), 0);
	EXPECT_TRUE(strstr(at, "\n0800 "));
	EXPECT_TRUE(strstr(at, "\n0806 "));
	EXPECT_FALSE(strstr(at, "\nALL"));
	ASSERT_EQ(sock_create_kern(net, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL), &all), 0);
	EXPECT_TRUE(strstr(read_file(net, "net/ptype"), "\nALL "));
	sock_release(all);
	EXPECT_FALSE(strstr(read_file(net, "net/ptype"), "\nALL"));
}
