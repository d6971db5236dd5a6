/* net/unix/af_unix.h - what the files of AF_UNIX share
 *
 * Everything here runs in process context. Locks, in this order: u->bindlock (sleeping) | unx->lock (name tables) |
 * gc->lock | u->lock, of two sockets the one at the lower address first | queue locks, wait queues.
 */
#pragma once
#include "kernel/fs/fs.h"
#include "kernel/process/process.h"
#include "kernel/sched/softirq.h"
#include "kernel/sched/task.h"
#include "net/core/sock.h"
#include "net/core/tcp_states.h"
#include "net/unix/unix.h"
#include <linux/un.h>

#define UNIX_HASH_BITS 8
#define SCM_MAX_FD 253
#define UNIX_PATH_AT offsetof(struct sockaddr_un, sun_path)

struct unix_address {
	refcount_t refs;
	int len;			/* of name, with the family */
	u32 hash;
	struct sockaddr_un name;
	char nul;			/* a path of full length ends here */
};

struct unix_sock {
	struct sock sk;			/* first */
	spinlock_t lock;		/* peer, state, shutdown; and that sk is not dead while somebody queues to it */
	struct mutex bindlock;
	struct mutex iolock;		/* one reader of a stream at a time */
	struct unix_address *addr;	/* set once, under bindlock; read after an acquire */
	struct inode *inode;		/* of a path name, referenced */
	struct sock *peer;		/* [lock] referenced */
	wait_queue_head_t peer_wait;	/* senders wait here for room in this receive queue */
	wait_queue_entry_t peer_wake;	/* in wake_from->peer_wait: passes the wake-up on to our pollers */
	struct unix_sock *wake_from;	/* [lock] referenced */
	struct hlist_node ino_node;	/* [unx->lock]; sk.sk_node: by name, or unbound */
	struct hlist_node all_node;	/* [unx->lock] */
	/* garbage collection [gc lock] */
	u32 inflight;			/* how many messages carry this socket's file */
	struct list_head gc_link;
	bool gc_candidate, gc_live;
};
static inline struct unix_sock *unix_sk(const struct sock *sk) { return (struct unix_sock *)sk; }

struct unix_fds { int count, room; struct file *file[]; };	/* each referenced */
struct unix_creds { u32 pid; uid_t uid; gid_t gid; };		/* as struct ucred */
struct unix_scm { struct unix_creds creds; struct unix_fds *fds; };
struct unix_cb { struct unix_creds creds; struct unix_fds *fds; uid_t payer; u32 consumed; };
#define UNIXCB(skb) ((struct unix_cb *)(skb)->cb)

struct unix_payer { struct list_head node; uid_t uid; u32 inflight; };
struct netns_unix {
	struct net *net;		/* [C] */
	spinlock_t lock;
	struct hlist_head by_name[1 << UNIX_HASH_BITS], by_inode[1 << UNIX_HASH_BITS], all;
	int max_dgram_qlen;		/* sysctl net.unix.max_dgram_qlen */
	spinlock_t gc_lock;
	struct list_head inflight;	/* [gc_lock] sockets whose files are in messages */
	struct list_head payers;	/* [gc_lock] messages' descriptors by user */
	u32 nr_inflight;		/* [gc_lock] sockets' descriptors in flight */
	struct work_struct gc_work;
};

/* af_unix.c */
extern struct proto unix_proto;
extern const struct proto_ops unix_stream_ops, unix_dgram_ops, unix_seqpacket_ops;
struct sock *unix_create1(struct net *net, struct socket *sock, int type);
void unix_release_sock(struct sock *sk, bool embryo);
int unix_shutdown(struct socket *sock, int how);
int unix_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
void unix_copy_addr(struct msghdr_kern *msg, const struct sock *sk);
struct sock *unix_peer_get(struct sock *sk); /* referenced, or NULL */
void unix_lock_two(struct sock *a, struct sock *b);
void unix_unlock_two(struct sock *a, struct sock *b);
static inline bool unix_writable(const struct sock *sk)
{
	return (atomic_read(&sk->sk_wmem_alloc) << 2) <= sk->sk_sndbuf;
}
static inline bool unix_recvq_full(const struct sock *sk)
{
	return skb_queue_len(&sk->sk_receive_queue) > READ_ONCE(sk->sk_max_ack_backlog);
}
/* other locked on entry and unlocked here: sleeps until its queue has room, or it is gone. 0, or -EINTR and kin. */
int unix_wait_for_room(struct sock *other, s64 *timeo);
int unix_copy_to_skb(struct sk_buff *skb, u32 header, u32 len, struct iov_iter *from);
void unix_set_creds(struct sock *sk);

/* unix_name.c */
int unix_check_name(const struct sockaddr *addr, int len);
int unix_bind(struct socket *sock, struct sockaddr *addr, int len);
int unix_autobind(struct sock *sk);
struct sock *unix_find_other(struct net *net, struct sockaddr_un *name, int len, int type); /* referenced or ERR_PTR */
void unix_unname(struct sock *sk);
void unix_addr_put(struct unix_address *a);

/* unix_stream.c, unix_connect.c, unix_dgram.c: hooks */
int unix_listen(struct socket *sock, int backlog);
int unix_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int unix_accept(struct socket *sock, struct socket *newsock, int flags);
int unix_socketpair(struct socket *a, struct socket *b);
ssize_t unix_stream_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len);
ssize_t unix_stream_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags);
__poll_t unix_stream_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt);
int unix_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
ssize_t unix_dgram_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len);
ssize_t unix_dgram_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags);
ssize_t unix_seqpacket_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len);
ssize_t unix_seqpacket_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags);
__poll_t unix_dgram_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt);
void unix_dgram_disconnected(struct sock *sk, struct sock *other);
void unix_forget_peer_wake(struct sock *sk);
int unix_peer_wake(struct wait_queue_entry *e, unsigned int mode, int flags, void *key);

/* unix_scm.c */
int unix_scm_send(struct msghdr_kern *msg, struct unix_scm *scm); /* 0 or -errno; on 0 unix_scm_drop() is due */
void unix_scm_drop(struct unix_scm *scm);
int unix_scm_attach(struct sock *sk, struct sk_buff *skb, struct unix_scm *scm); /* fds move; 0 or -ETOOMANYREFS */
void unix_scm_receive(struct msghdr_kern *msg, struct sock *sk, struct unix_scm *scm);
int unix_scm_take(struct sock *sk, struct sk_buff *skb, struct unix_scm *scm, bool peek);
/* unix_gc.c */
int unix_inflight_add(struct sock *sk, struct unix_fds *fds, uid_t payer);
void unix_inflight_sub(struct sock *sk, struct unix_fds *fds, uid_t payer);
void unix_gc_barrier(struct net *net);
void unix_gc_work(struct work_struct *work);
void unix_gc_schedule(struct net *net);
/* unix_proc.c */
void unix_proc_init(void);
