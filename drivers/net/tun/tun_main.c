/* drivers/net/tun/tun_main.c - network devices whose wire is a program: birth, transmit, death
 *
 * What:   /dev/net/tun. What the stack sends over such a device waits in a queue until a program reads it; what the
 *         program writes, the stack receives. TUN carries IP packets, TAP Ethernet frames.
 * Called: programs through the file; the stack through ndo_start_xmit.
 * Calls:  register_netdev(), unregister_netdevice(); tun_io.c and tun_ioctl.c hold the file's other hooks.
 * Locks:  rtnl for what attaches to what, RCU for those who look; the queue's own lock.
 * Absent: several queues a device (IFF_MULTI_QUEUE), NAPI mode, filters on the device, XDP.
 */
#include "drivers/net/tun/tun.h"
#include "kernel/fs/fs.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/core/dst.h"
#include <linux/if_arp.h>
#include <linux/virtio_net.h>

#define TUN_MINOR 200
#define TUN_QUEUE_LEN 500 /* Linux's TUN_READQ_SIZE */

static struct proto tun_proto = { .name = "tun", .obj_size = sizeof(struct tun_file) };

/* --- the device's half --- */

static int tun_open_dev(struct net_device *dev)
{
	netif_start_queue(dev);
	return 0;
}
static int tun_stop_dev(struct net_device *dev) { return 0; }

static netdev_tx_t drop(struct sk_buff *skb, struct net_device *dev, enum skb_drop_reason why)
{
	this_cpu_ptr(dev->dstats)->tx_dropped++;
	kfree_skb_reason(skb, why);
	return NETDEV_TX_OK;
}

/* From here on the packet belongs to no socket and no route: it may wait as long as the program likes. */
static netdev_tx_t tun_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct tun_struct *tun = tun_of(dev);
	struct tun_file *tfile = rcu_dereference(tun->tfile);

	if (unlikely(!tfile))
		return drop(skb, dev, SKB_DROP_REASON_DEV_READY);
	if (skb_queue_len(&tun->queue) >= dev->tx_queue_len)
		return drop(skb, dev, SKB_DROP_REASON_FULL_RING);
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_queue_tail(&tun->queue, skb);
	if (wq_has_sleeper(&tfile->wq))
		wake_up_interruptible_poll(&tfile->wq, EPOLLIN | EPOLLRDNORM);
	kill_fasync_file(tfile->file, POLL_IN);
	return NETDEV_TX_OK;
}

static int tap_set_mac(struct net_device *dev, const u8 *addr)
{
	static const u8 zero[ETH_ALEN];

	if (addr[0] & 1 || !memcmp(addr, zero, ETH_ALEN))
		return -EADDRNOTAVAIL;
	memcpy(dev->dev_addr, addr, ETH_ALEN);
	return 0;
}

static const struct net_device_ops tun_ops = {
	.ndo_open = tun_open_dev,
	.ndo_stop = tun_stop_dev,
	.ndo_start_xmit = tun_xmit,
};
static const struct net_device_ops tap_ops = {
	.ndo_open = tun_open_dev,
	.ndo_stop = tun_stop_dev,
	.ndo_start_xmit = tun_xmit,
	.ndo_set_mac_address = tap_set_mac,
};

static void tun_dellink(struct net_device *dev) { tun_detach(tun_of(dev)); }
static const struct rtnl_link_ops tun_link_ops = { .kind = "tun", .dellink = tun_dellink };

static void setup_common(struct net_device *dev)
{
	struct tun_struct *tun = tun_of(dev);

	tun->dev = dev;
	tun->owner = (uid_t)-1;
	tun->group = (gid_t)-1;
	tun->vnet_hdr_sz = sizeof(struct virtio_net_hdr);
	tun->sndbuf = INT_MAX;
	skb_queue_head_init(&tun->queue);
	dev->min_mtu = ETH_MIN_MTU;
	dev->features = NETIF_F_SG;
	dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO_ECN;
	dev->lockless_tx = true; /* our queue has a lock of its own */
	dev->rtnl_link_ops = &tun_link_ops;
}

/* Point to point, without link addresses or a link header. */
static void setup_tun(struct net_device *dev)
{
	setup_common(dev);
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->mtu = ETH_DATA_LEN;
	dev->max_mtu = U16_MAX;
	dev->tx_queue_len = TUN_QUEUE_LEN;
	dev->netdev_ops = &tun_ops;
	tun_of(dev)->flags = IFF_TUN;
}

static void setup_tap(struct net_device *dev)
{
	ether_setup(dev);
	setup_common(dev);
	dev->max_mtu = U16_MAX - ETH_HLEN;
	get_random_bytes(dev->dev_addr, ETH_ALEN);
	dev->dev_addr[0] = (u8)((dev->dev_addr[0] & ~1u) | 2u); /* one station's, assigned by nobody */
	dev->netdev_ops = &tap_ops;
	tun_of(dev)->flags = IFF_TAP;
}

bool tun_is_ours(const struct net_device *dev) { return dev->rtnl_link_ops == &tun_link_ops; }

/* --- file and device --- */

struct tun_struct *tun_get(struct tun_file *tfile)
{
	struct tun_struct *tun;

	rcu_read_lock();
	tun = rcu_dereference(tfile->tun);
	if (tun)
		dev_hold(tun->dev);
	rcu_read_unlock();
	return tun;
}

int tun_attach(struct tun_struct *tun, struct tun_file *tfile)
{
	const struct cred *c = current_cred();
	bool stranger = (tun->owner != (uid_t)-1 && tun->owner != c->euid) ||
		(tun->group != (gid_t)-1 && !in_group_p(tun->group));

	if (stranger && !capable(CAP_NET_ADMIN))
		return -EPERM;
	if (tun->tfile)
		return -EBUSY;
	tfile->sk.sk_sndbuf = tun->sndbuf;
	rcu_assign_pointer(tun->tfile, tfile);
	rcu_assign_pointer(tfile->tun, tun);
	netif_carrier_on(tun->dev);
	return 0;
}

void tun_detach(struct tun_struct *tun)
{
	struct tun_file *tfile = tun->tfile;

	if (!tfile)
		return;
	netif_carrier_off(tun->dev);
	rcu_assign_pointer(tun->tfile, NULL);
	rcu_assign_pointer(tfile->tun, NULL);
	synchronize_rcu(); /* nobody queues any more */
	skb_queue_purge_reason(&tun->queue, SKB_DROP_REASON_DEV_READY);
	wake_up_interruptible_all(&tfile->wq);
}

/* The file shows the device only once it is registered: who reads by another descriptor of the same file would hold on
 * to it, and free_netdev() does not ask who does. */
int tun_create(struct tun_file *tfile, const char *name, u32 flags)
{
	bool tap = !(flags & IFF_TUN);
	struct net_device *dev;
	struct tun_struct *tun;
	int err;

	dev = alloc_netdev(sizeof(*tun), *name ? name : tap ? "tap%d" : "tun%d", tap ? setup_tap : setup_tun);
	if (!dev)
		return -ENOMEM;
	tun = tun_of(dev);
	tun->flags |= flags & TUN_FLAGS;
	dev->carrier = !(flags & IFF_NO_CARRIER);
	tun->tfile = tfile;
	err = register_netdevice(tfile->sk.sk_net, dev);
	if (err) {
		free_netdev(dev);
		return err;
	}
	tfile->sk.sk_sndbuf = tun->sndbuf;
	rcu_assign_pointer(tfile->tun, tun);
	return 0;
}

/* --- open and close --- */

static int tun_chr_open(struct inode *inode, struct file *f)
{
	struct tun_file *tfile = (struct tun_file *)sk_alloc(current->net, AF_UNSPEC, &tun_proto, GFP_KERNEL);

	if (!tfile)
		return -ENOMEM;
	sock_init_data(NULL, &tfile->sk);
	tfile->sk.sk_write_space = tun_write_space;
	tfile->sk.sk_sndbuf = INT_MAX;
	tfile->file = f;
	init_waitqueue_head(&tfile->wq);
	f->private_data = tfile;
	f->f_mode |= FMODE_STREAM;
	return 0;
}

/* With its last descriptor the device goes too, unless it was made to stay (TUNSETPERSIST). */
static int tun_chr_release(struct inode *inode, struct file *f)
{
	struct tun_file *tfile = f->private_data;
	struct net *net = tfile->sk.sk_net;
	struct net_device *gone = NULL;
	struct tun_struct *tun;

	rtnl_lock(net);
	tun = tfile->tun;
	if (tun) {
		tun_detach(tun);
		if (!(tun->flags & IFF_PERSIST)) {
			gone = tun->dev;
			unregister_netdevice(gone);
		}
	}
	rtnl_unlock(net);
	if (gone)
		netdev_free_when_unused(gone);
	sock_orphan(&tfile->sk);
	sock_put(&tfile->sk);
	return 0;
}

static int tun_fasync(int fd, struct file *f, bool on) { return 0; } /* f_flags says it all */

static const struct file_operations tun_fops = {
	.llseek = no_llseek,
	.read_iter = tun_read_iter,
	.write_iter = tun_write_iter,
	.poll = tun_poll,
	.unlocked_ioctl = tun_ioctl,
	.open = tun_chr_open,
	.release = tun_chr_release,
	.fasync = tun_fasync,
};

/* A stack ends: persistent devices that nobody reads go with it. */
static void tun_net_exit(struct net *net)
{
	struct net_device *dev;

	do {
		bool found = false;

		rtnl_lock(net);
		list_for_each_entry (dev, &net->dev_base_head, dev_list) {
			found = tun_is_ours(dev);
			if (found)
				break;
		}
		if (found)
			unregister_netdevice(dev);
		rtnl_unlock(net);
		if (!found)
			return;
		netdev_free_when_unused(dev);
	} while (true);
}

static struct pernet_operations tun_net_ops = { .exit = tun_net_exit };

void tun_init(void)
{
	if (proto_register(&tun_proto) || register_chrdev(MKDEV(10, TUN_MINOR), "net/tun", 0666, &tun_fops)) {
		pr_warn("tun: could not register\n");
		return;
	}
	register_pernet_subsys(&tun_net_ops);
}
