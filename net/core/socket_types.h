/* net/core/socket_types.h - struct socket, the program's end, and the hooks a protocol family gives it */
#pragma once
#include "net/core/sock.h"

enum socket_state { SS_FREE, SS_UNCONNECTED, SS_CONNECTING, SS_CONNECTED, SS_DISCONNECTING };

struct file;
struct vm_area_struct;
struct socket {
	enum socket_state state;
	short type;
	unsigned long flags;	/* SOCK_NOSPACE, SOCK_WAITDATA */
	struct file *file;
	struct sock *sk;
	const struct proto_ops *ops;
	wait_queue_head_t wq;	/* wakers reach it under RCU: a struct socket is freed after a grace period */
	struct rcu_head rcu;
};
#define SOCK_NOSPACE 2
#define SOCK_WAITDATA 1 /* a stream's reader waits */

/* Whose name: accept() wants the peer's also of a connection that has ended meanwhile. */
enum sock_name { NAME_OWN, NAME_PEER, NAME_ACCEPTED };

/* The family's half of the socket calls. All in process context, may sleep, 0 or -errno. Hooks that make no sense for
 * a family are set to the sock_no_* function that gives the right errno; NULL is refused by sock_register. */
struct proto_ops {
	int family;
	int (*release)(struct socket *sock);
	int (*bind)(struct socket *sock, struct sockaddr *addr, int len);
	int (*connect)(struct socket *sock, struct sockaddr *addr, int len, int flags);	/* flags: O_NONBLOCK */
	int (*socketpair)(struct socket *a, struct socket *b);
	int (*accept)(struct socket *sock, struct socket *newsock, int flags);
	int (*getname)(struct socket *sock, struct sockaddr *addr, enum sock_name who);	/* length, or -errno */
	__poll_t (*poll)(struct file *f, struct socket *sock, struct poll_table_struct *pt);
	int (*ioctl)(struct socket *sock, unsigned int cmd, unsigned long arg);		/* -ENOIOCTLCMD: ask the core */
	int (*listen)(struct socket *sock, int backlog);
	int (*shutdown)(struct socket *sock, int how);
	int (*setsockopt)(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len);
	int (*getsockopt)(struct socket *sock, int level, int opt, char __user *val, int __user *len);
	ssize_t (*sendmsg)(struct socket *sock, struct msghdr_kern *msg, size_t len);
	ssize_t (*recvmsg)(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags);
	int (*mmap)(struct file *f, struct socket *sock, struct vm_area_struct *vma);
};
struct net_proto_family {
	int family;
	/* Fills sock->ops and sock->sk. -EPROTONOSUPPORT, -ESOCKTNOSUPPORT, -EPERM, -ENOBUFS ... kern: no user
	 * asked. */
	int (*create)(struct net *net, struct socket *sock, int protocol, bool kern);
};
int sock_register(const struct net_proto_family *f); /* at start; families are few: an array by number */

int sock_no_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int sock_no_socketpair(struct socket *a, struct socket *b);
int sock_no_accept(struct socket *sock, struct socket *newsock, int flags);
int sock_no_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
int sock_no_listen(struct socket *sock, int backlog);
int sock_no_shutdown(struct socket *sock, int how);
int sock_no_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len);
int sock_no_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len);
int sock_no_mmap(struct file *f, struct socket *sock, struct vm_area_struct *vma);
/* Datagram poll and recvmsg-to-proto glue that several families share. */
__poll_t datagram_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt);
int sock_common_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len);
int sock_common_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len);

/* The socket calls on struct socket: net/socket/. Kernel-side creation, used by tests and by in-kernel users. */
int sock_create(struct net *net, int family, int type, int protocol, struct socket **res);
int sock_create_kern(struct net *net, int family, int type, int protocol, struct socket **res);
void sock_release(struct socket *sock);
struct socket *sock_alloc(void);
/* The socket behind an open file, NULL when it is none. Lives as long as the file. */
struct socket *sock_from_file(struct file *f);
int kernel_accept(struct socket *sock, struct socket **newsock, int flags);
void socket_init(void); /* system calls and sockfs */
/* SIOC* that every family's ioctl falls back to: interfaces (net/core/dev_ioctl.c). -ENOIOCTLCMD when unknown. */
int dev_ioctl(struct net *net, unsigned int cmd, void __user *arg);
/* Set by net/ipv4 at start: SIOCSIFADDR, SIOCADDRT, SIOCSARP ...; also reached from AF_UNIX and netlink sockets. */
extern int (*inet_ioctl_hook)(struct net *net, unsigned int cmd, unsigned long arg);

/* Where readers and writers of this socket sleep; NULL once the program has closed it. */
static inline wait_queue_head_t *sk_sleep(struct sock *sk)
{
	struct socket *sock = READ_ONCE(sk->sk_socket);

	return sock ? &sock->wq : NULL;
}
