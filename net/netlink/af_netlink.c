/* net/netlink/af_netlink.c - AF_NETLINK: sockets by which programs configure the stack and hear of its changes
 *
 * What:   birth, addresses, groups, the queue, death. Requests are served inside sendmsg (netlink_input.c).
 * Called: net/socket; rooms that notify, through netlink_hooks, in any context.
 * Locks:  see internal.h.
 * Absent: NETLINK_GENERIC and the other protocols (EPROTONOSUPPORT), filters, messages between programs of different
 *         network namespaces.
 */
#include "kernel/fs/file.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/process/process.h"
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/netlink/internal.h"
#include "net/netlink/netlink.h"

static struct proto netlink_prot = { .name = "NETLINK", .obj_size = sizeof(struct netlink_sock) };

/* --- the queue --- */

int netlink_queue(struct sock *sk, const void *data, u32 len, u32 portid, u32 group)
{
	struct sk_buff *skb = alloc_skb(len, GFP_ATOMIC);

	if (!skb)
		return -ENOBUFS;
	skb_put_data(skb, data, len);
	*NETLINK_SKB_CB(skb) = (struct netlink_skb_cb){ portid, group };
	return __sock_queue_rcv_skb(sk, skb);
}

/* [N] A listener that does not read loses notifications, and is told so once. */
static void tell_listener(struct netlink_sock *nlk, const struct nl_msg *m, u32 group)
{
	struct sock *sk = &nlk->sk;

	if (atomic_read(&sk->sk_rmem_alloc) < READ_ONCE(sk->sk_rcvbuf) && !netlink_queue(sk, m->data, m->len, 0, group))
		return;
	atomic_inc(&sk->sk_drops);
	if (nlk->no_enobufs || nlk->congested)
		return;
	nlk->congested = true;
	WRITE_ONCE(sk->sk_err, ENOBUFS);
	sk->sk_error_report(sk);
}

static void broadcast(struct net *net, const struct nl_msg *m, u32 group)
{
	struct netns_netlink *nl = net->netlink;
	struct netlink_sock *nlk;

	spin_lock_bh(&nl->lock);
	list_for_each_entry (nlk, &nl->socks, node)
		if (nlk->sk.sk_protocol == NETLINK_ROUTE && nlk->groups >> (group - 1) & 1)
			tell_listener(nlk, m, group);
	spin_unlock_bh(&nl->lock);
}

static bool has_listeners(const struct net *net, u32 group)
{
	return net->netlink && READ_ONCE(net->netlink->listeners[group]);
}

void netlink_set_groups(struct netlink_sock *nlk, u64 groups)
{
	struct netns_netlink *nl = nlk->sk.sk_net->netlink;

	spin_lock_bh(&nl->lock);
	for (u32 g = 1; g <= NETLINK_GROUPS && nlk->sk.sk_protocol == NETLINK_ROUTE; g++)
		nl->listeners[g] += (u32)(groups >> (g - 1) & 1) - (u32)(nlk->groups >> (g - 1) & 1);
	nlk->groups = groups;
	spin_unlock_bh(&nl->lock);
}

/* --- addresses --- */

/* [N] */
static struct netlink_sock *find(struct netns_netlink *nl, u16 protocol, u32 portid)
{
	struct netlink_sock *nlk;

	list_for_each_entry (nlk, &nl->socks, node)
		if (nlk->portid == portid && nlk->sk.sk_protocol == protocol)
			return nlk;
	return NULL;
}

static int take_portid(struct netlink_sock *nlk, u32 portid)
{
	struct netns_netlink *nl = nlk->sk.sk_net->netlink;
	int err = 0;

	spin_lock_bh(&nl->lock);
	if (nlk->portid)
		err = nlk->portid == portid ? 0 : -EINVAL;
	else if (find(nl, nlk->sk.sk_protocol, portid))
		err = -EADDRINUSE;
	else
		nlk->portid = portid;
	spin_unlock_bh(&nl->lock);
	return err;
}

/* The process' own number when that is free, else one from where no process has its. */
static int autobind(struct netlink_sock *nlk)
{
	u32 portid = (u32)current->tgid;
	int err;

	if (READ_ONCE(nlk->portid))
		return 0;
	while ((err = take_portid(nlk, portid)) == -EADDRINUSE)
		portid = 0x80000000u | get_random_u32();
	return err == -EINVAL ? 0 : err; /* another thread was faster */
}

static int check_address(const struct sockaddr *addr, int len)
{
	return len < (int)sizeof(struct sockaddr_nl) || addr->sa_family != AF_NETLINK ? -EINVAL : 0;
}

static int netlink_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	const struct sockaddr_nl *a = (const struct sockaddr_nl *)addr;
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	int err = check_address(addr, len);

	if (!err)
		err = a->nl_pid ? take_portid(nlk, a->nl_pid) : autobind(nlk);
	if (!err)
		netlink_set_groups(nlk, (nlk->groups & ~0xffffffffull) | a->nl_groups);
	return err;
}

static int netlink_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	const struct sockaddr_nl *a = (const struct sockaddr_nl *)addr;
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	int err;

	if (len >= (int)sizeof(addr->sa_family) && addr->sa_family == AF_UNSPEC) {
		nlk->dst_portid = 0;
		return 0;
	}
	err = check_address(addr, len);
	if (err)
		return err;
	if ((a->nl_pid || a->nl_groups) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	err = autobind(nlk);
	if (!err)
		nlk->dst_portid = a->nl_pid;
	return err;
}

static int netlink_getname(struct socket *sock, struct sockaddr *addr, enum sock_name who)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);

	*(struct sockaddr_nl *)addr = (struct sockaddr_nl){ .nl_family = AF_NETLINK,
							    .nl_pid = who != NAME_OWN ? nlk->dst_portid : nlk->portid,
							    .nl_groups = who != NAME_OWN ? 0 : (u32)nlk->groups };
	return sizeof(struct sockaddr_nl);
}

/* --- messages --- */

/* To another program: for the privileged, as on Linux. */
static int send_to_program(struct netlink_sock *nlk, u32 portid, const void *data, u32 len)
{
	struct netns_netlink *nl = nlk->sk.sk_net->netlink;
	struct netlink_sock *to;
	int err;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	spin_lock_bh(&nl->lock);
	to = find(nl, nlk->sk.sk_protocol, portid);
	if (!to)
		err = -ECONNREFUSED;
	else if (atomic_read(&to->sk.sk_rmem_alloc) >= READ_ONCE(to->sk.sk_rcvbuf))
		err = -EAGAIN;
	else
		err = netlink_queue(&to->sk, data, len, nlk->portid, 0);
	spin_unlock_bh(&nl->lock);
	return err;
}

static int find_target(const struct netlink_sock *nlk, const struct msghdr_kern *msg, u32 *portid)
{
	const struct sockaddr_nl *a = msg->msg_name;

	*portid = nlk->dst_portid;
	if (!a)
		return 0;
	if (msg->msg_namelen < (int)sizeof(*a) || a->nl_family != AF_NETLINK)
		return -EINVAL;
	if (a->nl_groups)
		return capable(CAP_NET_ADMIN) ? -EOPNOTSUPP : -EPERM;
	*portid = a->nl_pid;
	return 0;
}

static ssize_t netlink_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	u32 portid;
	void *data;
	int err = msg->msg_flags & MSG_OOB ? -EOPNOTSUPP : find_target(nlk, msg, &portid);

	if (!err)
		err = autobind(nlk);
	if (!err && len > (size_t)max(READ_ONCE(nlk->sk.sk_sndbuf) - 32, 0))
		err = -EMSGSIZE;
	if (err)
		return err;
	data = kvmalloc(len + NLMSG_HDRLEN, GFP_KERNEL);
	if (!data)
		return -ENOBUFS;
	if (!copy_from_iter_full(data, len, &msg->msg_iter)) {
		err = -EFAULT;
	} else if (portid) {
		err = send_to_program(nlk, portid, data, (u32)len);
	} else {
		mutex_lock(&nlk->lock);
		err = netlink_serve(nlk, data, (u32)len);
		mutex_unlock(&nlk->lock);
	}
	kvfree(data);
	return err ? err : (ssize_t)len;
}

/* Half the buffer is free again: the dump goes on. */
static void go_on_dumping(struct netlink_sock *nlk)
{
	mutex_lock(&nlk->lock);
	if (nlk->dumping && sk_rmem_alloc_get(&nlk->sk) <= READ_ONCE(nlk->sk.sk_rcvbuf) / 2)
		netlink_dump_more(nlk);
	mutex_unlock(&nlk->lock);
}

static void put_name(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	u32 group = NETLINK_SKB_CB(skb)->group;

	if (!msg->msg_name)
		return;
	*(struct sockaddr_nl *)msg->msg_name =
		(struct sockaddr_nl){ .nl_family = AF_NETLINK,
				      .nl_pid = NETLINK_SKB_CB(skb)->portid,
				      .nl_groups = group && group <= 32 ? 1u << (group - 1) : 0 };
	msg->msg_namelen = sizeof(struct sockaddr_nl);
}

static ssize_t netlink_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	struct sk_buff *skb;
	ssize_t ret;
	int err, off;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	nlk->max_recv = max(nlk->max_recv, (u32)min(len, (size_t)U16_MAX));
	skb = skb_recv_datagram(&nlk->sk, (unsigned int)flags, &off, &err);
	if (!skb)
		return err;
	ret = skb_copy_datagram_msg(skb, msg, len, flags);
	if (ret >= 0) {
		put_name(msg, skb);
		if (nlk->pktinfo) {
			struct nl_pktinfo info = { NETLINK_SKB_CB(skb)->group };

			put_cmsg(msg, SOL_NETLINK, NETLINK_PKTINFO, sizeof(info), &info);
		}
		sock_recv_cmsgs(msg, &nlk->sk, skb);
	}
	skb_free_datagram(&nlk->sk, skb);
	if (skb_queue_empty(&nlk->sk.sk_receive_queue))
		nlk->congested = false;
	if (READ_ONCE(nlk->dumping) && !(flags & MSG_PEEK))
		go_on_dumping(nlk);
	return ret;
}

/* --- life --- */

static int netlink_release(struct socket *sock)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	struct netns_netlink *nl = nlk->sk.sk_net->netlink;

	netlink_set_groups(nlk, 0);
	spin_lock_bh(&nl->lock);
	list_del(&nlk->node);
	spin_unlock_bh(&nl->lock);
	if (nlk->dumping)
		netlink_dump_end(nlk);
	sock_orphan(&nlk->sk);
	sock->sk = NULL;
	skb_queue_consume(&nlk->sk.sk_receive_queue);
	sock_put(&nlk->sk);
	return 0;
}

static const struct proto_ops netlink_ops = {
	.family = AF_NETLINK,
	.release = netlink_release,
	.bind = netlink_bind,
	.connect = netlink_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = netlink_getname,
	.poll = datagram_poll,
	.ioctl = sock_no_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.setsockopt = netlink_setsockopt,
	.getsockopt = netlink_getsockopt,
	.sendmsg = netlink_sendmsg,
	.recvmsg = netlink_recvmsg,
	.mmap = sock_no_mmap,
};

static int netlink_create(struct net *net, struct socket *sock, int protocol, bool kern)
{
	struct netlink_sock *nlk;

	if (sock->type != SOCK_RAW && sock->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != NETLINK_ROUTE && protocol != NETLINK_SOCK_DIAG)
		return -EPROTONOSUPPORT;
	nlk = (struct netlink_sock *)sk_alloc(net, AF_NETLINK, &netlink_prot, GFP_KERNEL);
	if (!nlk)
		return -ENOMEM;
	sock->ops = &netlink_ops;
	sock_init_data(sock, &nlk->sk);
	nlk->sk.sk_protocol = (u16)protocol;
	mutex_init(&nlk->lock);
	spin_lock_bh(&net->netlink->lock);
	list_add_tail(&nlk->node, &net->netlink->socks);
	spin_unlock_bh(&net->netlink->lock);
	return 0;
}

static int netlink_show(struct seq_file *m, void *data)
{
	struct netns_netlink *nl = m->net->netlink;
	struct netlink_sock *nlk;

	seq_puts(m, "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n");
	spin_lock_bh(&nl->lock);
	list_for_each_entry (nlk, &nl->socks, node)
		seq_printf(m, "%016llx %-3d %-10u %08x %-8d %-8d %-5d %-8d %-8u %-8llu\n",
			   (unsigned long long)(uintptr_t)nlk, nlk->sk.sk_protocol, nlk->portid, (u32)nlk->groups,
			   sk_rmem_alloc_get(&nlk->sk), sk_wmem_alloc_get(&nlk->sk), nlk->dumping,
			   refcount_read(&nlk->sk.sk_refcnt), (u32)atomic_read(&nlk->sk.sk_drops),
			   (unsigned long long)sock_i_ino(&nlk->sk));
	spin_unlock_bh(&nl->lock);
	return 0;
}

static int netlink_net_init(struct net *net)
{
	struct netns_netlink *nl = kzalloc(sizeof(*nl), GFP_KERNEL);

	if (!nl)
		return -ENOMEM;
	spin_lock_init(&nl->lock);
	INIT_LIST_HEAD(&nl->socks);
	net->netlink = nl;
	return 0;
}

static void netlink_net_exit(struct net *net)
{
	kfree(net->netlink);
	net->netlink = NULL;
}

static struct pernet_operations netlink_net_ops = { .init = netlink_net_init, .exit = netlink_net_exit };
static const struct net_proto_family netlink_family = { .family = AF_NETLINK, .create = netlink_create };

void netlink_init(void)
{
	if (proto_register(&netlink_prot) || sock_register(&netlink_family))
		panic("netlink: could not register");
	register_pernet_subsys(&netlink_net_ops);
	netlink_hooks = (struct netlink_hooks){ .has_listeners = has_listeners, .broadcast = broadcast };
	rtnl_link_init();
	rtnl_qdisc_init();
	proc_create_single("net/netlink", 0444, netlink_show, NULL);
}
