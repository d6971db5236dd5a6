/* net/socket/socket.c - struct socket: birth by family, its file, death
 *
 * What:   the registry of families, sock_create, the file operations that turn read, write, poll and ioctl into the
 *         family's hooks.
 * Called: net/socket/calls.c and message.c; the VFS; kernel users of sockets.
 * Calls:  the family's proto_ops.
 * Locks:  families[] is filled at start. Whoever needs a lock takes it in its hook.
 */
#include "net/socket/socket.h"
#include "kernel/fs/file.h"
#include "kernel/mm/uaccess.h"
#include "kernel/sched/task.h"
#include <asm/ioctls.h>
#include <linux/sockios.h>
#include <linux/stat.h>

/* A struct socket is freed after a grace period: softirq may still look at its wait queue. */
struct socket_alloc { struct socket socket; struct rcu_head rcu; };

static const struct net_proto_family *families[AF_MAX];
static struct kmem_cache *socket_cache;
int (*inet_ioctl_hook)(struct net *net, unsigned int cmd, unsigned long arg);

int sock_register(const struct net_proto_family *f)
{
	if (f->family < 0 || f->family >= AF_MAX || !f->create)
		return -EINVAL;
	if (families[f->family])
		return -EEXIST;
	families[f->family] = f;
	return 0;
}

/* --- birth and death --- */

struct socket *sock_alloc(void)
{
	struct socket_alloc *a = kmem_cache_zalloc(socket_cache, GFP_KERNEL);

	if (!a)
		return NULL;
	init_waitqueue_head(&a->socket.wq);
	a->socket.state = SS_UNCONNECTED;
	return &a->socket;
}

static void free_socket(struct rcu_head *head)
{
	kmem_cache_free(socket_cache, container_of(head, struct socket_alloc, rcu));
}

void sock_release(struct socket *sock)
{
	if (sock->ops && sock->sk)
		sock->ops->release(sock);
	call_rcu(&container_of(sock, struct socket_alloc, socket)->rcu, free_socket);
}

/* Every hook must be there (sock_no_* where it makes no sense); accept on a wrong type is the family's to refuse. */
static bool ops_complete(const struct proto_ops *o)
{
	return o && o->release && o->bind && o->connect && o->socketpair && o->accept && o->getname && o->poll &&
	       o->ioctl && o->listen && o->shutdown && o->setsockopt && o->getsockopt && o->sendmsg && o->recvmsg &&
	       o->mmap;
}

static int create(struct net *net, int family, int type, int protocol, struct socket **res, bool kern)
{
	const struct net_proto_family *f;
	struct socket *sock;
	int err;

	if (family < 0 || family >= AF_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= SOCK_MAX)
		return -EINVAL;
	if (family == AF_INET && type == SOCK_PACKET)
		family = AF_PACKET;
	f = families[family];
	if (!f)
		return -EAFNOSUPPORT;
	sock = sock_alloc();
	if (!sock)
		return -ENFILE;
	sock->type = (short)type;
	err = f->create(net, sock, protocol, kern);
	if (!err && !ops_complete(sock->ops))
		err = -EOPNOTSUPP;
	if (err) {
		sock_release(sock);
		return err;
	}
	*res = sock;
	return 0;
}

int sock_create(struct net *net, int family, int type, int protocol, struct socket **res)
{
	return create(net, family, type, protocol, res, false);
}

int sock_create_kern(struct net *net, int family, int type, int protocol, struct socket **res)
{
	return create(net, family, type, protocol, res, true);
}

/* For kernel users; newsock is theirs to release. 0 or -errno. */
int kernel_accept(struct socket *sock, struct socket **newsock, int flags)
{
	struct socket *new = sock_alloc();
	int err;

	if (!new)
		return -ENFILE;
	new->type = sock->type;
	new->ops = sock->ops;
	err = sock->ops->accept(sock, new, flags);
	if (err) {
		sock_release(new);
		return err;
	}
	*newsock = new;
	return 0;
}

/* --- messages --- */

/* --- the file --- */

static ssize_t sock_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct socket *sock = f->private_data;
	struct msghdr_kern msg;
	ssize_t ret;

	if (!iov_iter_count(to)) /* read(2) of nothing asks nobody; recv(2) of nothing may wait */
		return 0;
	msghdr_init(&msg, 0);
	msg.msg_iter = *to;
	ret = sock->ops->recvmsg(sock, &msg, iov_iter_count(to), f->f_flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
	*to = msg.msg_iter;
	return ret;
}

static ssize_t sock_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct socket *sock = f->private_data;
	struct msghdr_kern msg;
	ssize_t ret;

	msghdr_init(&msg, f->f_flags & O_NONBLOCK ? MSG_DONTWAIT : 0);
	msg.msg_iter = *from;
	if (sock->type == SOCK_SEQPACKET)
		msg.msg_flags |= MSG_EOR;
	ret = sock->ops->sendmsg(sock, &msg, iov_iter_count(from));
	*from = msg.msg_iter;
	return ret;
}

static __poll_t sock_poll(struct file *f, struct poll_table_struct *pt)
{
	struct socket *sock = f->private_data;

	return sock->ops->poll(f, sock, pt);
}

static long set_owner(struct file *f, const int __user *arg)
{
	int pid;

	if (copy_from_user(&pid, arg, sizeof(pid)))
		return -EFAULT;
	return file_set_owner(f, pid);
}

/* The older numbers have the same layout on a 64-bit machine. */
static int stamp_ioctl(struct sock *sk, unsigned int cmd, void __user *arg)
{
	bool nsec = cmd == SIOCGSTAMPNS_OLD || cmd == SIOCGSTAMPNS_NEW;
	int ret;

	if (!nsec && cmd != SIOCGSTAMP_OLD && cmd != SIOCGSTAMP_NEW)
		return -ENOIOCTLCMD;
	lock_sock(sk);
	ret = sock_gettstamp(sk, arg, nsec);
	release_sock(sk);
	return ret;
}

/* The family first, then addresses and routes (IPv4), then interfaces: any socket can ask about those. */
static long sock_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct socket *sock = f->private_data;
	struct net *net = sock->sk->sk_net;
	int ret;

	switch (cmd) {
	case FIOSETOWN:
	case SIOCSPGRP:
		return set_owner(f, (const int __user *)arg);
	case FIOGETOWN:
	case SIOCGPGRP:
		return put_user((int)file_get_owner(f), (int __user *)arg);
	}
	ret = sock->ops->ioctl(sock, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = stamp_ioctl(sock->sk, cmd, (void __user *)arg);
	if (ret == -ENOIOCTLCMD && inet_ioctl_hook)
		ret = inet_ioctl_hook(net, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = dev_ioctl(net, cmd, (void __user *)arg);
	return ret;
}

static int sock_mmap(struct file *f, struct vm_area_struct *vma)
{
	struct socket *sock = f->private_data;

	return sock->ops->mmap(f, sock, vma);
}

/* FASYNC in f_flags is all that kill_fasync_file() looks at. */
static int sock_fasync(int fd, struct file *f, bool on) { return 0; }

static int sock_close(struct inode *inode, struct file *f)
{
	sock_release(f->private_data);
	return 0;
}

const struct file_operations socket_fops = {
	.llseek = no_llseek,
	.read_iter = sock_read_iter,
	.write_iter = sock_write_iter,
	.poll = sock_poll,
	.unlocked_ioctl = sock_ioctl,
	.mmap = sock_mmap,
	.release = sock_close,
	.fasync = sock_fasync,
};

struct socket *sock_from_file(struct file *f) { return f->f_op == &socket_fops ? f->private_data : NULL; }

struct file *sock_alloc_file(struct socket *sock, u32 flags)
{
	struct file *f = alloc_file_anon(S_IFSOCK | 0777, "socket", &socket_fops, sock, O_RDWR | (flags & O_NONBLOCK));

	if (IS_ERR(f)) {
		sock_release(sock);
		return f;
	}
	f->f_mode |= FMODE_STREAM;
	sock->file = f;
	return f;
}

/* The descriptor is none, or no socket's. */
struct socket *sockfd_wrong(struct fd *f, int *err)
{
	*err = f->file ? -ENOTSOCK : -EBADF;
	if (f->file)
		fdput(*f);
	return NULL;
}

void socket_init(void)
{
	socket_cache = kmem_cache_create("sock_inode_cache", sizeof(struct socket_alloc), 0, SLAB_HWCACHE_ALIGN, NULL);
	socket_calls_init();
	socket_message_calls_init();
}
