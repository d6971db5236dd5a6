/* net/core/dev_sysfs.c - /sys/class/net/NAME/: what a device says about itself, a value a file
 *
 * What:   the files that programs and scripts read: address, mtu, operstate, carrier, flags, statistics/ ...
 * Called: readers of the files (process context); the device list, under rtnl, as devices come, go and are renamed.
 * Locks:  a file knows its device by number and looks it up for each read, for an open file outlives its device.
 * Absent: writing but of NAPI's timer; devices of other network namespaces than the first, whose /sys it is; the
 *         tree of /sys/devices.
 */
#include "kernel/fs/proc_fs.h"
#include "lib/printf.h"
#include "net/core/core.h"
#include <linux/if.h>

#define ATTRIBUTE_BITS 8

static int show_address(struct seq_file *m, const struct net_device *dev, const u8 *a)
{
	for (int i = 0; i < dev->addr_len; i++)
		seq_printf(m, "%s%02x", i ? ":" : "", a[i]);
	seq_putc(m, '\n');
	return 0;
}

static int show_number(struct seq_file *m, u64 v)
{
	seq_printf(m, "%llu\n", (unsigned long long)v);
	return 0;
}

static int addr_len(struct seq_file *m, struct net_device *dev) { return show_number(m, dev->addr_len); }
static int address(struct seq_file *m, struct net_device *dev) { return show_address(m, dev, dev->dev_addr); }
static int broadcast(struct seq_file *m, struct net_device *dev) { return show_address(m, dev, dev->broadcast); }
static int ifindex(struct seq_file *m, struct net_device *dev) { return show_number(m, dev->ifindex); }
static int mtu(struct seq_file *m, struct net_device *dev) { return show_number(m, dev->mtu); }
static int tx_queue_len(struct seq_file *m, struct net_device *dev) { return show_number(m, dev->tx_queue_len); }
static int type(struct seq_file *m, struct net_device *dev) { return show_number(m, dev->type); }

static int carrier(struct seq_file *m, struct net_device *dev)
{
	return netif_running(dev) ? show_number(m, netif_carrier_ok(dev)) : -EINVAL;
}

/* What was set; that it runs is operstate's to say. */
static int flags(struct seq_file *m, struct net_device *dev)
{
	seq_printf(m, "0x%x\n", dev->flags & ~(u32)(IFF_RUNNING | IFF_LOWER_UP));
	return 0;
}

/* RFC 2863; a loopback has no cable of which it could be known. */
static int operstate(struct seq_file *m, struct net_device *dev)
{
	bool up = netif_running(dev) && netif_carrier_ok(dev);

	seq_puts(m, up && dev->flags & IFF_LOOPBACK ? "unknown\n" : up ? "up\n" : "down\n");
	return 0;
}


static int gro_flush_timeout(struct seq_file *m, struct net_device *dev)
{
	return show_number(m, dev->gro_flush_timeout);
}

static int napi_defer_hard_irqs(struct seq_file *m, struct net_device *dev)
{
	return show_number(m, dev->napi_defer_hard_irqs);
}

static int set_gro_flush_timeout(struct net_device *dev, u64 v)
{
	WRITE_ONCE(dev->gro_flush_timeout, v);
	return 0;
}

static int set_napi_defer_hard_irqs(struct net_device *dev, u64 v)
{
	if (v > S32_MAX)
		return -ERANGE;
	WRITE_ONCE(dev->napi_defer_hard_irqs, (u32)v);
	return 0;
}

static const struct attribute {
	const char *name;
	int (*show)(struct seq_file *m, struct net_device *dev);
	int (*set)(struct net_device *dev, u64 v);
} attributes[] = {
#define RO(n) { #n, n, NULL }
#define RW(n) { #n, n, set_##n }
	RO(addr_len), RO(address), RO(broadcast), RO(carrier), RO(flags), RO(ifindex), { "iflink", ifindex, NULL },
	RO(mtu), RO(operstate), RO(type), RO(tx_queue_len), RW(gro_flush_timeout), RW(napi_defer_hard_irqs),
};

#define STATISTIC(n) { #n, offsetof(struct net_device_stats64, n) }
static const struct { const char *name; size_t offset; } statistics[] = {
	STATISTIC(rx_packets), STATISTIC(tx_packets), STATISTIC(rx_bytes), STATISTIC(tx_bytes), STATISTIC(rx_errors),
	STATISTIC(tx_errors), STATISTIC(rx_dropped), STATISTIC(tx_dropped), STATISTIC(multicast), STATISTIC(collisions),
	STATISTIC(rx_length_errors), STATISTIC(rx_over_errors), STATISTIC(rx_crc_errors), STATISTIC(rx_frame_errors),
	STATISTIC(rx_fifo_errors), STATISTIC(rx_missed_errors), STATISTIC(tx_aborted_errors),
	STATISTIC(tx_carrier_errors), STATISTIC(tx_fifo_errors), STATISTIC(tx_heartbeat_errors),
	STATISTIC(tx_window_errors),
};

static int show_statistic(struct seq_file *m, struct net_device *dev, size_t offset)
{
	struct net_device_stats64 s;

	dev_get_stats(dev, &s);
	return show_number(m, *(const u64 *)((const char *)&s + offset));
}

/* A file's data: the device's number, and which of its files it is; the statistics come behind the attributes. */
static void *file_data(const struct net_device *dev, size_t nr)
{
	return (void *)((unsigned long)dev->ifindex << ATTRIBUTE_BITS | nr);
}

static size_t nr_of(void *data) { return (unsigned long)data & (BIT(ATTRIBUTE_BITS) - 1); }

/* The device of a file, with a reference; NULL: it is gone. */
static struct net_device *device_of(void *data)
{
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index(init_net, (u32)((unsigned long)data >> ATTRIBUTE_BITS));
	if (dev)
		dev_hold(dev);
	rcu_read_unlock();
	return dev;
}

static int show(struct seq_file *m, void *data)
{
	struct net_device *dev = device_of(data);
	size_t nr = nr_of(data);
	int r;

	if (!dev)
		return -ENODEV;
	r = nr < ARRAY_SIZE(attributes) ? attributes[nr].show(m, dev) :
					  show_statistic(m, dev, statistics[nr - ARRAY_SIZE(attributes)].offset);
	dev_put(dev);
	return r;
}

static ssize_t set(const char *text, size_t n, void *data)
{
	struct net_device *dev;
	u64 v;
	int r = kstrtou64(text, 0, &v);

	if (r)
		return r;
	dev = device_of(data);
	if (!dev)
		return -ENODEV;
	r = attributes[nr_of(data)].set(dev, v);
	dev_put(dev);
	return r ? r : (ssize_t)n;
}

static void add_files(const struct net_device *dev)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct attribute *a = &attributes[i];

		snprintf(path, sizeof(path), "class/net/%s/%s", dev->name, a->name);
		sysfs_create_rw(path, a->set ? 0644 : 0444, show, a->set ? set : NULL, file_data(dev, i));
	}
	for (size_t i = 0; i < ARRAY_SIZE(statistics); i++) {
		snprintf(path, sizeof(path), "class/net/%s/statistics/%s", dev->name, statistics[i].name);
		sysfs_create_rw(path, 0444, show, NULL, file_data(dev, ARRAY_SIZE(attributes) + i));
	}
}

static void remove_files(const struct net_device *dev)
{
	char path[64];

	snprintf(path, sizeof(path), "class/net/%s", dev->sysfs_name);
	sysfs_remove(path);
}

static void device_changed(struct net_device *dev, enum netdev_event ev)
{
	if (dev->net != init_net)
		return;
	if (ev == NETDEV_UNREGISTER || ev == NETDEV_CHANGENAME)
		remove_files(dev);
	if (ev != NETDEV_REGISTER && ev != NETDEV_CHANGENAME)
		return;
	strscpy(dev->sysfs_name, dev->name, sizeof(dev->sysfs_name));
	add_files(dev);
}

static struct netdev_notifier sysfs_notifier = { .call = device_changed };

void dev_sysfs_init(void)
{
	register_netdevice_notifier(&sysfs_notifier);
}
