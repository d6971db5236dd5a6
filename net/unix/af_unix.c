/* net/unix/af_unix.c - AF_UNIX: birth, death, shutdown and the tables of hooks
 *
 * What:   the life of a unix socket. Data goes straight into the receiver's queue: sender and receiver are both
 *         processes of this machine.
 * Called: net/socket.
 * Calls:  the other files of this room; kernel/fs for path names.
 * Locks:  see af_unix.h.
 * Absent: MSG_OOB, SO_PEEK_OFF, SO_PEERPIDFD, SO_PEERGROUPS; a path name is found only from its own network namespace.
 */
#include "net/unix/af_unix.h"
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/uaccess.h"
#include "kernel/trace/printk.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>

struct proto unix_proto = { .name = "UNIX", .obj_size = sizeof(struct unix_sock) };

void unix_lock_two(struct sock *a, struct sock *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&unix_sk(a)->lock);
	if (a != b)
		spin_lock(&unix_sk(b)->lock);
}

void unix_unlock_two(struct sock *a, struct sock *b)
{
	spin_unlock(&unix_sk(a)->lock);
	if (a != b)
		spin_unlock(&unix_sk(b)->lock);
}

struct sock *unix_peer_get(struct sock *sk)
{
	struct sock *peer;

	spin_lock(&unix_sk(sk)->lock);
	peer = unix_sk(sk)->peer;
	if (peer)
		sock_hold(peer);
	spin_unlock(&unix_sk(sk)->lock);
	return peer;
}

/* SO_PEERCRED of whoever connects to sk, or of sk's peer: current's identity now. */
void unix_set_creds(struct sock *sk)
{
	const struct cred *c = current_cred();

	sk->sk_peer_cred.pid = current->tgid;
	sk->sk_peer_cred.uid = c->euid;
	sk->sk_peer_cred.gid = c->egid;
}

static void unix_write_space(struct sock *sk)
{
	struct socket *sock;

	if (!unix_writable(sk))
		return;
	rcu_read_lock();
	sock = READ_ONCE(sk->sk_socket);
	if (sock && wq_has_sleeper(&sock->wq))
		wake_up_interruptible_poll(&sock->wq, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	rcu_read_unlock();
}

static void unix_destruct(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);

	skb_queue_consume(&sk->sk_receive_queue);
	if (u->addr)
		unix_addr_put(u->addr);
}

/* sock NULL: the far end of a connection that nobody has accepted yet. NULL without memory. */
struct sock *unix_create1(struct net *net, struct socket *sock, int type)
{
	struct sock *sk = sk_alloc(net, AF_UNIX, &unix_proto, GFP_KERNEL);
	struct unix_sock *u = unix_sk(sk);

	if (!sk)
		return NULL;
	sock_init_data(sock, sk);
	sk->sk_type = (u16)type;
	sk->sk_state = TCP_CLOSE;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_write_space = unix_write_space;
	sk->sk_destruct = unix_destruct;
	sk->sk_max_ack_backlog = (u32)net->unx->max_dgram_qlen;
	spin_lock_init(&u->lock);
	mutex_init(&u->bindlock);
	mutex_init(&u->iolock);
	init_waitqueue_head(&u->peer_wait);
	init_waitqueue_func_entry(&u->peer_wake, unix_peer_wake);
	INIT_LIST_HEAD(&u->peer_wake.entry);
	INIT_LIST_HEAD(&u->gc_link);
	spin_lock(&net->unx->lock);
	hlist_add_head(&u->all_node, &net->unx->all);
	spin_unlock(&net->unx->lock);
	return sk;
}

static int unix_create(struct net *net, struct socket *sock, int protocol, bool kern)
{
	if (protocol && protocol != AF_UNIX)
		return -EPROTONOSUPPORT;
	switch (sock->type) {
	case SOCK_STREAM:
		sock->ops = &unix_stream_ops;
		break;
	case SOCK_RAW: /* as Linux: an old name for datagrams */
		sock->type = SOCK_DGRAM;
		fallthrough;
	case SOCK_DGRAM:
		sock->ops = &unix_dgram_ops;
		break;
	case SOCK_SEQPACKET:
		sock->ops = &unix_seqpacket_ops;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	return unix_create1(net, sock, sock->type) ? 0 : -ENOMEM;
}

/* --- death --- */

/* The connection's other end learns that we are gone; unread data is a reset. */
static void tell_peer(struct sock *sk, struct sock *peer, bool unread)
{
	if (sk->sk_type == SOCK_STREAM || sk->sk_type == SOCK_SEQPACKET) {
		spin_lock(&unix_sk(peer)->lock);
		peer->sk_shutdown = SHUTDOWN_MASK;
		if (unread)
			WRITE_ONCE(peer->sk_err, ECONNRESET);
		spin_unlock(&unix_sk(peer)->lock);
		peer->sk_state_change(peer);
	}
	sock_put(peer);
}

/* embryo: a connection that was never accepted. Gives the socket's own reference back. */
void unix_release_sock(struct sock *sk, bool embryo)
{
	struct unix_sock *u = unix_sk(sk);
	struct inode *inode;
	struct sock *peer;
	struct sk_buff *skb;
	bool listener;

	unix_unname(sk);
	spin_lock(&u->lock);
	sock_orphan(sk);
	sk->sk_shutdown = SHUTDOWN_MASK;
	inode = u->inode;
	u->inode = NULL;
	listener = sk->sk_state == TCP_LISTEN;
	sk->sk_state = TCP_CLOSE;
	peer = u->peer;
	u->peer = NULL;
	spin_unlock(&u->lock);
	unix_forget_peer_wake(sk);
	wake_up_interruptible_all(&u->peer_wait);
	if (peer)
		tell_peer(sk, peer, embryo || !skb_queue_empty(&sk->sk_receive_queue));
	while ((skb = skb_dequeue(&sk->sk_receive_queue))) {
		if (listener)
			unix_release_sock(skb->sk, true);
		consume_skb(skb);
	}
	if (inode)
		iput(inode);
	unix_gc_schedule(sk->sk_net);
	sock_put(sk);
}

static int unix_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	unix_release_sock(sk, false);
	sock->sk = NULL;
	return 0;
}

int unix_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk, *peer;
	u8 mode = (u8)(how + 1); /* SHUT_RD, SHUT_WR, SHUT_RDWR as bits */

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	spin_lock(&unix_sk(sk)->lock);
	sk->sk_shutdown |= mode;
	peer = unix_sk(sk)->peer;
	if (peer)
		sock_hold(peer);
	spin_unlock(&unix_sk(sk)->lock);
	sk->sk_state_change(sk);
	if (!peer)
		return 0;
	if (sk->sk_type != SOCK_DGRAM) {
		spin_lock(&unix_sk(peer)->lock);
		peer->sk_shutdown |=
			(u8)((mode & RCV_SHUTDOWN ? SEND_SHUTDOWN : 0) | (mode & SEND_SHUTDOWN ? RCV_SHUTDOWN : 0));
		spin_unlock(&unix_sk(peer)->lock);
		peer->sk_state_change(peer);
	}
	sock_put(peer);
	return 0;
}

/* --- names told, small calls --- */

static int copy_name(const struct sock *sk, struct sockaddr_un *out)
{
	struct unix_address *a = smp_load_acquire(&unix_sk(sk)->addr);

	if (!a) {
		out->sun_family = AF_UNIX;
		return sizeof(out->sun_family);
	}
	memcpy(out, &a->name, (size_t)a->len);
	return a->len;
}

static int unix_getname(struct socket *sock, struct sockaddr *addr, enum sock_name who)
{
	struct sock *sk = sock->sk;
	int len;

	if (who != NAME_OWN) {
		sk = unix_peer_get(sk);
		if (!sk)
			return -ENOTCONN;
	}
	len = copy_name(sk, (struct sockaddr_un *)addr);
	if (who != NAME_OWN)
		sock_put(sk);
	return len;
}

/* The sender's name for recvmsg; an unbound sender has none. */
void unix_copy_addr(struct msghdr_kern *msg, const struct sock *sk)
{
	struct unix_address *a = smp_load_acquire(&unix_sk(sk)->addr);

	if (!msg->msg_name)
		return;
	msg->msg_namelen = a ? a->len : 0;
	if (a)
		memcpy(msg->msg_name, &a->name, (size_t)a->len);
}

static int bytes_readable(struct sock *sk)
{
	struct sk_buff_head *q = &sk->sk_receive_queue;
	unsigned long irq;
	struct sk_buff *skb;
	u32 n = 0;

	spin_lock_irqsave(&q->lock, irq);
	skb_queue_walk(q, skb) {
		n += skb->len - UNIXCB(skb)->consumed;
		if (sk->sk_type == SOCK_DGRAM)
			break;
	}
	spin_unlock_irqrestore(&q->lock, irq);
	return (int)n;
}

int unix_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;

	switch (cmd) {
	case SIOCOUTQ:
		return put_user(atomic_read(&sk->sk_wmem_alloc) - 1, (int __user *)arg);
	case SIOCINQ:
		if (sk->sk_state == TCP_LISTEN)
			return -EINVAL;
		return put_user(bytes_readable(sk), (int __user *)arg);
	}
	return -ENOIOCTLCMD;
}

/* Fills skb (header bytes in the head, the rest in fragments already there) from the program. 0 or -EFAULT. */
int unix_copy_to_skb(struct sk_buff *skb, u32 header, u32 len, struct iov_iter *from)
{
	struct skb_shared_info *sh = skb_shinfo(skb);

	skb_count_copy(SKB_COPY_USER_TO_SKB, len);
	if (!copy_from_iter_full(skb_put(skb, 0), header, from))
		return -EFAULT;
	skb->tail += header;
	skb->len += header;
	for (int i = 0; i < sh->nr_frags; i++)
		if (!copy_from_iter_full(skb_frag_address(&sh->frags[i]), sh->frags[i].size, from))
			return -EFAULT;
	return 0;
}

/* --- tables and start --- */

#define UNIX_COMMON                                                                                                    \
	.family = AF_UNIX, .release = unix_release, .bind = unix_bind, .socketpair = unix_socketpair,                  \
	.getname = unix_getname, .ioctl = unix_ioctl, .shutdown = unix_shutdown, .setsockopt = sock_no_setsockopt,     \
	.getsockopt = sock_no_getsockopt, .mmap = sock_no_mmap

const struct proto_ops unix_stream_ops = {
	UNIX_COMMON,
	.connect = unix_stream_connect,
	.accept = unix_accept,
	.listen = unix_listen,
	.poll = unix_stream_poll,
	.sendmsg = unix_stream_sendmsg,
	.recvmsg = unix_stream_recvmsg,
};
const struct proto_ops unix_dgram_ops = {
	UNIX_COMMON,
	.connect = unix_dgram_connect,
	.accept = sock_no_accept,
	.listen = sock_no_listen,
	.poll = unix_dgram_poll,
	.sendmsg = unix_dgram_sendmsg,
	.recvmsg = unix_dgram_recvmsg,
};
const struct proto_ops unix_seqpacket_ops = {
	UNIX_COMMON,
	.connect = unix_stream_connect,
	.accept = unix_accept,
	.listen = unix_listen,
	.poll = unix_dgram_poll,
	.sendmsg = unix_seqpacket_sendmsg,
	.recvmsg = unix_seqpacket_recvmsg,
};
static const struct net_proto_family unix_family = { AF_UNIX, unix_create };

static int unix_net_init(struct net *net)
{
	struct netns_unix *unx = kvzalloc(sizeof(*unx), GFP_KERNEL);

	if (!unx)
		return -ENOMEM;
	unx->net = net;
	unx->max_dgram_qlen = 10;
	spin_lock_init(&unx->lock);
	spin_lock_init(&unx->gc_lock);
	INIT_LIST_HEAD(&unx->inflight);
	INIT_LIST_HEAD(&unx->payers);
	INIT_WORK(&unx->gc_work, unix_gc_work);
	net->unx = unx;
	return 0;
}

static void unix_net_exit(struct net *net)
{
	flush_work(&net->unx->gc_work);
	kvfree(net->unx);
}

static struct pernet_operations unix_net_ops = { .init = unix_net_init, .exit = unix_net_exit };

void unix_init(void)
{
	BUG_ON(proto_register(&unix_proto));
	register_pernet_subsys(&unix_net_ops);
	BUG_ON(sock_register(&unix_family));
	unix_proc_init();
}
