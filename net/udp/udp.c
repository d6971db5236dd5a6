/* net/udp/udp.c - UDP sockets (RFC 768): connect, options, close, and the start of the room
 *
 * Called: net/ipv4/af_inet.c through struct proto, in process context.
 * Calls:  udp_table.c, udp_input.c, udp_output.c.
 * Locks:  [S] where said.
 */
#include "kernel/mm/uaccess.h"
#include "kernel/trace/printk.h"
#include "net/udp/internal.h"

static int udp_init_sock(struct sock *sk)
{
	skb_queue_head_init(&udp_sk(sk)->reader_queue);
	return 0;
}

/* [S] Back to hearing everybody; what bind() asked for stays. */
static int udp_disconnect(struct sock *sk, int flags)
{
	int err = ip4_datagram_disconnect(sk, flags);

	if (!(sk->sk_userlocks & SOCK_BINDPORT_LOCK))
		udp_unhash(sk);
	return err;
}

static void udp_close(struct sock *sk, s64 timeout)
{
	lock_sock(sk);
	ip_cork_flush(sk);
	release_sock(sk);
	udp_unhash(sk);
	sock_orphan(sk);
	sk_put_after_rcu(sk);
}

/* Nobody refers to the socket any more, so no lock: the queue's is one of processes, and this is softirq (RCU). */
static void udp_destruct_queue(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&udp_sk(sk)->reader_queue)))
		consume_skb(skb);
}

static int udp_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len)
{
	int v, err;

	if (level != SOL_UDP)
		return ip_setsockopt(sk, level, opt, val, len);
	if (opt != UDP_CORK)
		return -ENOPROTOOPT;
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	lock_sock(sk);
	udp_sk(sk)->corkflag = v != 0;
	err = v ? 0 : udp_push_pending(sk);
	release_sock(sk);
	return err < 0 && err != -ENOBUFS ? err : 0;
}

static int udp_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *ulen)
{
	int v, len;

	if (level != SOL_UDP)
		return ip_getsockopt(sk, level, opt, val, ulen);
	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (opt != UDP_CORK)
		return -ENOPROTOOPT;
	v = udp_sk(sk)->corkflag;
	len = min(len, (int)sizeof(v));
	return put_user(len, ulen) || copy_to_user(val, &v, (size_t)len) ? -EFAULT : 0;
}

/* UDP sockets have no backlog: packets go straight to the receive queue. */
static int udp_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
	return 0;
}

struct proto udp_prot = {
	.name = "UDP",
	.obj_size = sizeof(struct udp_sock),
	.close = udp_close,
	.connect = ip4_datagram_connect,
	.disconnect = udp_disconnect,
	.ioctl = udp_ioctl,
	.init = udp_init_sock,
	.destroy = udp_destruct_queue,
	.setsockopt = udp_setsockopt,
	.getsockopt = udp_getsockopt,
	.sendmsg = udp_sendmsg,
	.recvmsg = udp_recvmsg,
	.backlog_rcv = udp_backlog_rcv,
	.unhash = udp_unhash,
	.get_port = udp_get_port,
	.rehash = udp_rehash,
};

/* inet_dgram_ops, with a poll that knows the reader's queue. */
static const struct proto_ops udp_ops = {
	.family = AF_INET, .release = inet_release, .bind = inet_bind, .connect = inet_dgram_connect,
	.socketpair = sock_no_socketpair, .accept = sock_no_accept, .getname = inet_getname, .poll = udp_poll,
	.ioctl = inet_ioctl, .listen = sock_no_listen, .shutdown = inet_shutdown, .setsockopt = sock_common_setsockopt,
	.getsockopt = sock_common_getsockopt, .sendmsg = inet_sendmsg, .recvmsg = inet_recvmsg, .mmap = sock_no_mmap,
};
static struct inet_protosw udp_protosw = {
	.is_default = true, .type = SOCK_DGRAM, .protocol = IPPROTO_UDP, .prot = &udp_prot, .ops = &udp_ops
};
static const struct net_protocol udp_protocol = { .handler = udp_rcv, .err_handler = udp_err };
static struct pernet_operations udp_net_ops = { .init = udp_table_net_init, .exit = udp_table_net_exit };

void udp_init(void)
{
	register_pernet_subsys(&udp_net_ops);
	BUG_ON(proto_register(&udp_prot));
	BUG_ON(inet_add_protocol(&udp_protocol, IPPROTO_UDP));
	inet_register_protosw(&udp_protosw);
	udp_proc_init();
	udp_diag_init();
}
