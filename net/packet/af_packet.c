/* net/packet/af_packet.c - AF_PACKET: birth, binding, death; what becomes of a socket when its device goes
 *
 * What:   sockets that see frames as devices do. A socket hangs a hook (struct packet_type) into the registry of
 *         net/core, for all EtherTypes or one, of all devices or one.
 * Called: net/socket; the notifier chain of devices.
 * Calls:  dev_add_pack(), dev_remove_pack(); the other files of this room.
 * Locks:  rtnl for binding and hooks; see internal.h.
 * Absent: SOCK_PACKET, PACKET_FANOUT, transmit rings, TPACKET_V3, hardware timestamps.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/capability.h"
#include "kernel/trace/printk.h"
#include "net/core/tcp_states.h"
#include "net/packet/internal.h"
#include "net/packet/packet.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

static struct proto packet_prot = { .name = "PACKET", .obj_size = sizeof(struct packet_sock) };

/* --- hooks --- */

void packet_hook(struct packet_sock *po)
{
	if (po->running || !po->num)
		return;
	sock_hold(&po->sk);
	dev_add_pack(&po->hook);
	po->running = true;
}

void packet_unhook(struct packet_sock *po)
{
	if (!po->running)
		return;
	dev_remove_pack(&po->hook); /* nobody is in it any more */
	po->running = false;
	sock_put(&po->sk);
}

static void set_device(struct packet_sock *po, struct net_device *dev)
{
	if (dev)
		dev_hold(dev);
	if (po->hook.dev)
		dev_put(po->hook.dev);
	po->hook.dev = dev;
}

static void set_error(struct packet_sock *po, int err)
{
	WRITE_ONCE(po->sk.sk_err, err);
	po->sk.sk_error_report(&po->sk);
}

/* [L] */
static int do_bind(struct packet_sock *po, u32 ifindex, __be16 protocol)
{
	struct net_device *dev = ifindex ? dev_get_by_index(po->sk.sk_net, ifindex) : NULL;

	if (ifindex && !dev)
		return -ENODEV;
	if (!protocol)
		protocol = po->num;
	if (po->running && protocol == po->num && dev == po->hook.dev)
		return 0;
	packet_unhook(po);
	set_device(po, dev);
	WRITE_ONCE(po->ifindex, (int)ifindex);
	WRITE_ONCE(po->num, protocol);
	po->hook.type = protocol;
	if (!dev || dev->flags & IFF_UP)
		packet_hook(po);
	else
		set_error(po, ENETDOWN);
	return 0;
}

static int packet_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	const struct sockaddr_ll *sll = (const struct sockaddr_ll *)addr;
	struct net *net = sock->sk->sk_net;
	int err;

	if (len < (int)sizeof(*sll) || sll->sll_family != AF_PACKET)
		return -EINVAL;
	rtnl_lock(net);
	err = do_bind(pkt_sk(sock->sk), (u32)sll->sll_ifindex, sll->sll_protocol);
	rtnl_unlock(net);
	return err;
}

static int packet_getname(struct socket *sock, struct sockaddr *addr, enum sock_name who)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	struct sockaddr_ll *sll = (struct sockaddr_ll *)addr;
	struct net_device *dev;

	if (who != NAME_OWN)
		return -EOPNOTSUPP;
	*sll = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_ifindex = po->ifindex, .sll_protocol = po->num };
	rcu_read_lock();
	dev = dev_get_by_index(po->sk.sk_net, (u32)po->ifindex);
	if (dev) {
		sll->sll_hatype = dev->type;
		sll->sll_halen = dev->addr_len;
		memcpy(sll->sll_addr, dev->dev_addr, min((size_t)dev->addr_len, sizeof(sll->sll_addr)));
	}
	rcu_read_unlock();
	return (int)offsetof(struct sockaddr_ll, sll_addr) + sll->sll_halen;
}

/* --- life --- */

static int packet_release(struct socket *sock)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	struct net *net = po->sk.sk_net;

	rtnl_lock(net);
	list_del(&po->node);
	packet_unhook(po);
	packet_flush_mclist(po, 0);
	set_device(po, NULL);
	rtnl_unlock(net);
	packet_free_ring(po);
	sock_orphan(&po->sk);
	sock->sk = NULL;
	skb_queue_consume(&po->sk.sk_receive_queue);
	sock_put(&po->sk);
	return 0;
}

static __poll_t packet_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt)
{
	__poll_t mask = datagram_poll(f, sock, pt);

	return packet_ring_readable(pkt_sk(sock->sk)) ? mask | EPOLLIN | EPOLLRDNORM : mask;
}

static int packet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	struct sk_buff *skb;
	int n;

	switch (cmd) {
	case SIOCOUTQ:
		return put_user(sk_wmem_alloc_get(sk), (int __user *)arg);
	case SIOCINQ:
		spin_lock_bh(&sk->sk_receive_queue.lock);
		skb = skb_peek(&sk->sk_receive_queue);
		n = skb ? (int)skb->len : 0;
		spin_unlock_bh(&sk->sk_receive_queue.lock);
		return put_user(n, (int __user *)arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static const struct proto_ops packet_ops = {
	.family = AF_PACKET,
	.release = packet_release,
	.bind = packet_bind,
	.connect = sock_no_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = packet_getname,
	.poll = packet_poll,
	.ioctl = packet_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.setsockopt = packet_setsockopt,
	.getsockopt = packet_getsockopt,
	.sendmsg = packet_sendmsg,
	.recvmsg = packet_recvmsg,
	.mmap = packet_mmap,
};

static int packet_create(struct net *net, struct socket *sock, int protocol, bool kern)
{
	struct packet_sock *po;

	if (!kern && !capable(CAP_NET_RAW))
		return -EPERM;
	if (sock->type != SOCK_DGRAM && sock->type != SOCK_RAW)
		return -ESOCKTNOSUPPORT;
	po = (struct packet_sock *)sk_alloc(net, AF_PACKET, &packet_prot, GFP_KERNEL);
	if (!po)
		return -ENOBUFS;
	sock->ops = &packet_ops;
	sock_init_data(sock, &po->sk);
	po->num = (__force __be16)(u16)protocol;
	po->hook = (struct packet_type){ .type = po->num, .func = packet_rcv, .af_packet_priv = &po->sk, .net = net };
	rtnl_lock(net);
	list_add_tail(&po->node, &net->packet->socks);
	packet_hook(po);
	rtnl_unlock(net);
	return 0;
}

/* --- devices come and go: [L] --- */

static void device_left(struct packet_sock *po, const struct net_device *dev, bool for_good)
{
	if (for_good)
		packet_flush_mclist(po, dev->ifindex);
	if (po->hook.dev != dev)
		return;
	if (po->running) {
		packet_unhook(po);
		set_error(po, ENETDOWN);
	}
	if (for_good) {
		WRITE_ONCE(po->ifindex, -1);
		set_device(po, NULL);
	}
}

static void packet_device_event(struct net_device *dev, enum netdev_event ev)
{
	struct packet_sock *po;

	if (!dev->net->packet) /* lo comes before this room's state */
		return;
	list_for_each_entry (po, &dev->net->packet->socks, node) {
		if (ev == NETDEV_DOWN || ev == NETDEV_UNREGISTER)
			device_left(po, dev, ev == NETDEV_UNREGISTER);
		else if (ev == NETDEV_UP && po->hook.dev == dev)
			packet_hook(po);
	}
}

static struct netdev_notifier packet_notifier = { .call = packet_device_event };

/* --- /proc/net/packet, start --- */

static int packet_show(struct seq_file *m, void *data)
{
	struct packet_sock *po;

	seq_puts(m, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n");
	rtnl_lock(m->net);
	list_for_each_entry (po, &m->net->packet->socks, node) {
		seq_printf(m, "%016llx %-6d %-4d %04x   %-5d %1d %-6u %-6u %-6llu\n", (unsigned long long)(uintptr_t)po,
			   refcount_read(&po->sk.sk_refcnt), po->sk.sk_type, ntohs(po->num), po->ifindex, po->running,
			   (u32)sk_rmem_alloc_get(&po->sk), po->sk.sk_uid, (unsigned long long)sock_i_ino(&po->sk));
	}
	rtnl_unlock(m->net);
	return 0;
}

static int packet_net_init(struct net *net)
{
	net->packet = kzalloc(sizeof(*net->packet), GFP_KERNEL);
	if (!net->packet)
		return -ENOMEM;
	INIT_LIST_HEAD(&net->packet->socks);
	return 0;
}

static void packet_net_exit(struct net *net)
{
	kfree(net->packet);
	net->packet = NULL;
}

static struct pernet_operations packet_net_ops = { .init = packet_net_init, .exit = packet_net_exit };
static const struct net_proto_family packet_family = { .family = AF_PACKET, .create = packet_create };

void packet_init(void)
{
	if (proto_register(&packet_prot) || sock_register(&packet_family))
		panic("packet: could not register");
	register_pernet_subsys(&packet_net_ops);
	register_netdevice_notifier(&packet_notifier);
	proc_create_single("net/packet", 0444, packet_show, NULL);
}
