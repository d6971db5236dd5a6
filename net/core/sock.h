/* net/core/sock.h - the protocol's end of a socket: identity, lock, queues, memory accounting
 *
 * Locks: [C] constant, [S] the socket's owner (lock_sock in a process, or bh_lock_sock with nobody owning in softirq),
 * [Q] the queue's own lock, [A] atomic. A process owns by lock_sock() and may sleep; softirq that finds it owned adds
 * the packet to the bounded backlog, which release_sock() drains through sk->sk_prot->backlog_rcv.
 */
#pragma once
#include "kernel/fs/poll.h"
#include "kernel/sync/wait.h"
#include "kernel/time/timer.h"
#include "net/core/dst.h"
#include "net/core/net_namespace.h"
#include "net/core/skbuff.h"
#include <sys/socket.h>

struct bpf_classic;
struct proto;
struct socket;
struct msghdr_kern;

typedef struct { spinlock_t slock; bool owned; wait_queue_head_t wq; } socket_lock_t;

struct sock {
	/* looked at by every lookup: one cache line */
	struct hlist_node sk_node;	/* in the protocol's hash */
	/* both as one word, too: a lookup compares them at once */
	union { struct { __be32 sk_daddr, sk_rcv_saddr; }; u64 sk_addrs; }; /* [S] remote and local; 0 is any */
	union { struct { __be16 sk_dport; u16 sk_num; }; u32 sk_ports; };   /* [S] remote; local, host order */
	u16 sk_family;			/* [C] AF_* */
	u8 sk_state;			/* [S] TCP_* for every protocol, as Linux does */
	u8 sk_reuse : 1, sk_reuseport : 1;
	int sk_bound_dev_if;
	struct net *sk_net;		/* [C] referenced */
	refcount_t sk_refcnt;
	struct proto *sk_prot;		/* [C] */
	u32 sk_hash;
	struct hlist_node sk_bind_node;

	socket_lock_t sk_lock;
	struct { struct sk_buff *head, *tail; u32 len; } sk_backlog; /* slock; len in truesize bytes */
	u32 sk_put_off;				/* [A] what release_sock() owes: bits of the protocol's */
	struct sk_buff_head sk_receive_queue;	/* [Q] */
	struct sk_buff_head sk_write_queue;	/* [S] */
	struct sk_buff_head sk_error_queue;	/* [Q] MSG_ERRQUEUE */
	atomic_t sk_rmem_alloc, sk_wmem_alloc;	/* [A] truesize bytes charged */
	int sk_rcvbuf, sk_sndbuf;
	u32 sk_wmem_queued;
	u32 sk_write_pending;			/* [S] writers that wait, for the handshake or for room */
	int sk_rcvlowat;
	int sk_peek_off;			/* SO_PEEK_OFF; below zero: off */
	s64 sk_rcvtimeo_ns, sk_sndtimeo_ns;	/* MAX_SCHEDULE_TIMEOUT: no limit */
	u64 sk_lingertime_ns;
	unsigned long sk_flags;			/* bit SOCK_* below */
	u8 sk_shutdown;				/* RCV_SHUTDOWN | SEND_SHUTDOWN */
	u8 sk_userlocks;			/* SOCK_SNDBUF_LOCK, SOCK_RCVBUF_LOCK */
	u16 sk_type, sk_protocol;		/* [C] */
	u8 sk_no_check_tx;
	int sk_err, sk_err_soft;		/* positive errno; sk_err is taken by sock_error() */
	u32 sk_priority, sk_mark;
	u32 sk_ack_backlog, sk_max_ack_backlog; /* listeners: accepted and waiting */
	gfp_t sk_allocation;
	uid_t sk_uid;
	struct dst_entry *sk_dst_cache;		/* [S] */
	u64 sk_max_pacing_rate, sk_pacing_rate;	/* bytes/s; U64_MAX: no limit */
	u8 sk_pacing_status;			/* [S] SK_PACING_* */
	u64 sk_stamp_ns;
	u32 sk_tsflags;				/* [S] SOF_TIMESTAMPING_* */
	atomic_t sk_tskey;			/* OPT_ID: number of the next datagram; TCP: where counting began */
	u64 sk_cookie;				/* SO_COOKIE; 0 until asked for */
	atomic_t sk_drops;
	u32 sk_busy_poll_us;
	u32 sk_incoming_cpu;
	struct socket *sk_socket;		/* NULL once orphaned */
	struct timer_list sk_timer;
	struct { pid_t pid; uid_t uid; gid_t gid; } sk_peer_cred;
	void *sk_user_data;
	struct bpf_classic *sk_filter;		/* [S][R] sock_filter.h */

	/* Called with the socket locked, from softirq or process. Defaults are sock_def_*. */
	void (*sk_state_change)(struct sock *sk);
	void (*sk_data_ready)(struct sock *sk);
	void (*sk_write_space)(struct sock *sk);
	void (*sk_error_report)(struct sock *sk);
	void (*sk_destruct)(struct sock *sk);
	struct rcu_head sk_rcu;
};
enum sock_flag_bits {
	SOCK_DEAD,
	SOCK_DONE,
	SOCK_URGINLINE,
	SOCK_KEEPOPEN,
	SOCK_LINGER,
	SOCK_BROADCAST,
	SOCK_TIMESTAMP,
	SOCK_RCVTSTAMPNS,
	SOCK_LOCALROUTE,
	SOCK_ZAPPED,
	SOCK_USE_WRITE_QUEUE,
	SOCK_RCU_FREE,
	SOCK_RXQ_OVFL,
	SOCK_TSTAMP_NEW,
	SOCK_PASSCRED,
	SOCK_NOSPACE_BIT,
	SOCK_FILTER_LOCKED,
	SOCK_GONE, /* sk_destroy() was here: its second coming would free it twice */
	SOCK_STAMPED, /* SIOCGSTAMP was asked: arrivals are stamped for it */
	SOCK_DEBUG
};
static inline bool sock_flag(const struct sock *sk, int f) { return READ_ONCE(sk->sk_flags) >> f & 1; }
static inline void sock_set_flag(struct sock *sk, int f)
{
	__atomic_fetch_or(&sk->sk_flags, 1UL << f, __ATOMIC_RELAXED);
}
static inline void sock_reset_flag(struct sock *sk, int f)
{
	__atomic_fetch_and(&sk->sk_flags, ~(1UL << f), __ATOMIC_RELAXED);
}
static inline void sock_valbool_flag(struct sock *sk, int f, bool on)
{
	if (on)
		sock_set_flag(sk, f);
	else
		sock_reset_flag(sk, f);
}
enum { SK_PACING_NONE, SK_PACING_NEEDED }; /* NEEDED: the protocol paces by itself */
#define RCV_SHUTDOWN 1
#define SEND_SHUTDOWN 2
#define SHUTDOWN_MASK 3
#define SOCK_SNDBUF_LOCK 1
#define SOCK_RCVBUF_LOCK 2
#define SOCK_BINDADDR_LOCK 4
#define SOCK_BINDPORT_LOCK 8
#define SK_MEM_DEFAULT 212992 /* Linux's rmem_default and wmem_default */
#define SOCK_MIN_RCVBUF 2304
#define SOCK_MIN_SNDBUF 4608

/* recvmsg and sendmsg inside the kernel. msg_name: kernel buffer of sockaddr_storage size, msg_namelen in and out. */
struct msghdr_kern {
	struct iov_iter msg_iter;
	void *msg_name;
	int msg_namelen;
	unsigned int msg_flags;	/* in: MSG_*; out on receive */
	union {			/* receive: use put_cmsg() */
		void *msg_control;	/* send: kernel copy of the control data */
		void __user *msg_control_user; /* msg_control_is_user */
	};
	size_t msg_controllen;
	size_t msg_control_used;
	bool msg_control_is_user;
};
/* All but msg_iter, without a name and control data. Field by field, for an initializer clears all of it first. */
static inline void msghdr_init(struct msghdr_kern *m, unsigned int flags)
{
	m->msg_name = NULL;
	m->msg_namelen = 0;
	m->msg_flags = flags;
	m->msg_control = NULL;
	m->msg_controllen = 0;
	m->msg_control_used = 0;
	m->msg_control_is_user = false;
}
/* Appends one control message for recvmsg, as it fits (else MSG_CTRUNC). 0 or -EFAULT. */
int put_cmsg(struct msghdr_kern *msg, int level, int type, int len, const void *data);
struct cmsghdr_kern { size_t cmsg_len; int cmsg_level, cmsg_type; };
/* Walks send-side control data: each header that lies inside, NULL at the end. One whose length is unsound, which
 * cmsg_ok() tells, must not be used nor walked from: the call answers EINVAL. */
struct cmsghdr_kern *cmsg_first(struct msghdr_kern *msg);
struct cmsghdr_kern *cmsg_next(struct msghdr_kern *msg, struct cmsghdr_kern *c);
bool cmsg_ok(const struct msghdr_kern *msg, const struct cmsghdr_kern *c);
#define CMSG_DATA_KERN(c) ((void *)((c) + 1))

typedef struct { void *ptr; bool is_kernel; } sockptr_t; /* option values come from users, or from the kernel itself */
static inline sockptr_t USER_SOCKPTR(void __user *p) { return (sockptr_t){ (__force void *)p, false }; }
static inline sockptr_t KERNEL_SOCKPTR(void *p) { return (sockptr_t){ p, true }; }
int copy_from_sockptr(void *dst, sockptr_t src, size_t n); /* 0 or -EFAULT */

/* A transport: hooks are called with the socket locked where marked [S], all in process context but backlog_rcv. */
struct proto {
	const char *name;
	size_t obj_size;
	void (*close)(struct sock *sk, s64 timeout_ns);
	int (*connect)(struct sock *sk, struct sockaddr *addr, int len);		/* [S]; stream: starts it */
	int (*disconnect)(struct sock *sk, int flags);					/* [S] */
	struct sock *(*accept)(struct sock *sk, int flags, int *err);
	int (*ioctl)(struct sock *sk, int cmd, unsigned long arg);
	int (*init)(struct sock *sk);
	void (*destroy)(struct sock *sk);
	void (*shutdown)(struct sock *sk, int how);					/* [S] */
	/* [S]; SO_KEEPALIVE; may be NULL */
	void (*keepalive)(struct sock *sk, bool on);
	int (*setsockopt)(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len);
	int (*getsockopt)(struct sock *sk, int level, int opt, char __user *val, int __user *len);
	ssize_t (*sendmsg)(struct sock *sk, struct msghdr_kern *msg, size_t len);	/* locks itself */
	ssize_t (*recvmsg)(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags);
	int (*bind)(struct sock *sk, struct sockaddr *addr, int len);
	int (*backlog_rcv)(struct sock *sk, struct sk_buff *skb);			/* eats skb; [S] */
	/* [S]; there is work in sk_put_off */
	void (*release_cb)(struct sock *sk);
	int (*hash)(struct sock *sk);
	void (*unhash)(struct sock *sk);
	/* Claims local port snum (0: any free). 0 or -EADDRINUSE. [S] */
	int (*get_port)(struct sock *sk, u16 snum);
	/* connect() of datagrams and its end: stores addresses, for look-ups all at once. NULL: one by one. [S] */
	void (*rehash)(struct sock *sk, __be32 local, __be32 peer, __be16 peer_port);
	bool (*stream_memory_free)(const struct sock *sk);
	int (*forward_alloc)(const struct sock *sk);	/* bytes of memory charged ahead of use; NULL: none */
	int (*set_rcvlowat)(struct sock *sk, int val);	/* [S]; NULL: just the number */
	/* [S] OPT_ID of a byte stream: the sequence number that counts as 0. 0 or -EINVAL; NULL: datagrams count */
	int (*tskey_start)(struct sock *sk, u32 *key);
	bool peek_off;					/* SO_PEEK_OFF has its effect */
	/* set by proto_register */
	struct kmem_cache *slab;
	int inuse_idx;		/* its counter in each net */
	struct list_head node;
};
int proto_register(struct proto *p); /* makes the slab cache; -EINVAL when incomplete */
static inline int sk_forward_alloc(const struct sock *sk)
{
	return sk->sk_prot->forward_alloc ? sk->sk_prot->forward_alloc(sk) : 0;
}

/* SO_INCOMING_CPU: the CPU that last brought a packet of this flow. Softirq. */
static inline void sk_incoming_cpu_update(struct sock *sk)
{
	u32 cpu = smp_processor_id();

	if (unlikely(READ_ONCE(sk->sk_incoming_cpu) != cpu))
		WRITE_ONCE(sk->sk_incoming_cpu, cpu);
}

/* Life. sk_alloc: zeroed, net referenced, refcount 1; NULL without memory. sock_init_data wires the defaults. */
struct sock *sk_alloc(struct net *net, int family, struct proto *prot, gfp_t gfp);
void sock_init_data(struct socket *sock, struct sock *sk);
struct sock *sk_clone_lock(struct sock *sk, gfp_t gfp); /* for accept: a copy, locked, refcount 2 */
static inline void sock_hold(struct sock *sk) { refcount_inc(&sk->sk_refcnt); }
void sock_put_last(struct sock *sk);
static inline void sock_put(struct sock *sk) /* the last one frees */
{
	if (unlikely(refcount_dec_and_test(&sk->sk_refcnt)))
		sock_put_last(sk);
}
u64 sock_i_ino(const struct sock *sk); /* inode number of its file, 0 without one */
void sock_orphan(struct sock *sk);
void sock_graft(struct sock *sk, struct socket *parent);

/* wmem_alloc counts the packets on their way plus 1 for the socket itself, which so outlives them. */
static inline int sk_wmem_alloc_get(const struct sock *sk) { return atomic_read(&sk->sk_wmem_alloc) - 1; }
static inline int sk_rmem_alloc_get(const struct sock *sk) { return atomic_read(&sk->sk_rmem_alloc); }
u64 sock_gen_cookie(struct sock *sk);
/* Sockets of p alive in net, for /proc/net/sockstat. */
int sock_prot_inuse(const struct net *net, const struct proto *p);
/* A protocol's line of that file, in Linux's order (IP's fragments with the raw sockets); at start only. */
enum sockstat_line { SOCKSTAT_TCP, SOCKSTAT_UDP, SOCKSTAT_RAW, NR_SOCKSTAT_LINES };
struct seq_file;
typedef void sockstat_show(struct seq_file *m, struct net *net);
void sockstat_register(enum sockstat_line line, sockstat_show *show);

/* Lock. */
void lock_sock(struct sock *sk);	/* may sleep */
void release_sock(struct sock *sk);	/* drains the backlog */
static inline void bh_lock_sock(struct sock *sk) { spin_lock(&sk->sk_lock.slock); }
static inline void bh_unlock_sock(struct sock *sk) { spin_unlock(&sk->sk_lock.slock); }
static inline bool sock_owned_by_user(const struct sock *sk) { return sk->sk_lock.owned; }
/* Work that the owner's release_sock() hands to release_cb: from softirq under the slock, or from the owner. */
static inline void sock_put_off(struct sock *sk, u32 work)
{
	__atomic_fetch_or(&sk->sk_put_off, work, __ATOMIC_RELAXED);
}
/* Softirq, slock held, socket owned: false when limit (truesize bytes) is reached, then the caller drops. */
bool sk_add_backlog(struct sock *sk, struct sk_buff *skb, u32 limit);
void sk_flush_backlog(struct sock *sk);	/* the owner takes what came meanwhile; may sleep */
struct sk_buff *sk_take_backlog(struct sock *sk); /* slock held, nobody owns: the first, the caller's now; or NULL */
void sock_assert_owned(const struct sock *sk); /* debug build: panics unless owned */

/* Memory. set_owner_r/w charge truesize and set the destructor; it gives back and wakes writers. */
void sock_rfree(struct sk_buff *skb);
void sock_wfree(struct sk_buff *skb);
static inline void skb_set_owner_r(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_rfree;
	atomic_add((int)skb->truesize, &sk->sk_rmem_alloc);
}
/* skb is nobody's, as a fresh one. */
static inline void skb_charge_w(struct sk_buff *skb, struct sock *sk)
{
	skb->sk = sk;
	skb->destructor = sock_wfree;
	atomic_add((int)skb->truesize, &sk->sk_wmem_alloc);
}
static inline void skb_set_owner_w(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb_charge_w(skb, sk);
}
/* A packet for sendmsg charged to sk: waits for room unless noblock; NULL with *err (-EAGAIN, -EPIPE, -ERESTARTSYS). */
struct sk_buff *sock_alloc_send_skb(struct sock *sk, size_t size, bool noblock, int *err);
struct sk_buff *sock_alloc_send_pskb(struct sock *sk, size_t header_len, size_t data_len, bool noblock, int *err);
struct sk_buff *sock_wmalloc(struct sock *sk, size_t size, bool force, gfp_t gfp);
/* Datagram arrives: filter, buffer limit, queue, wake. 0, or -errno and *reason (the caller still owns skb). */
int sock_queue_rcv_skb_reason(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason *reason);
int __sock_queue_rcv_skb(struct sock *sk, struct sk_buff *skb);
/* Takes (or peeks at) the next datagram; waits. NULL with *err. Give it back with skb_free_datagram(). */
struct sk_buff *skb_recv_datagram(struct sock *sk, unsigned int flags, int *off, int *err);
void skb_free_datagram(struct sock *sk, struct sk_buff *skb);
/* The first len bytes of the payload to the reader; MSG_TRUNC is said where that is not all. What recvmsg() answers:
 * the bytes copied (the whole length where flags ask MSG_TRUNC), or -EFAULT. skb stays the caller's. */
ssize_t skb_copy_datagram_msg(const struct sk_buff *skb, struct msghdr_kern *msg, size_t len, int flags);
int sock_queue_err_skb(struct sock *sk, struct sk_buff *skb);

/* timestamping.c */
int sock_set_timestamping(struct sock *sk, u32 flags, bool new);
int sock_tsflags_of(struct sock *sk, struct msghdr_kern *msg, u32 *flags);
u8 sock_tx_flags(u32 tsflags); /* SKBTX_* for SOF_TIMESTAMPING_* */
void __sock_tx_timestamp(struct sock *sk, struct sk_buff *skb, u32 tsflags);
static inline void sock_tx_timestamp(struct sock *sk, struct sk_buff *skb, u32 tsflags)
{
	if (unlikely(tsflags))
		__sock_tx_timestamp(sk, skb, tsflags);
}
void sock_recv_timestamping(struct msghdr_kern *msg, struct sock *sk, u64 ns);
/* what: SCM_TSTAMP_SCHED, SND, ACK */
void __skb_tstamp_tx(struct sk_buff *skb, struct sock *sk, u32 what);
static inline void skb_tstamp_tx(struct sk_buff *skb, u8 flag, u32 what)
{
	if (unlikely(skb_shinfo(skb)->tx_flags & flag) && skb->sk)
		__skb_tstamp_tx(skb, skb->sk, what);
}

/* Waiting and waking. */
/* [S]: releases, waits up to *timeo_ns for a change in the receive queue past skb, locks again. */
int sk_wait_data(struct sock *sk, s64 *timeo_ns, const struct sk_buff *skb);
int sk_stream_wait_memory(struct sock *sk, s64 *timeo_ns);
int sk_stream_wait_connect(struct sock *sk, s64 *timeo_ns);
int sk_stream_error(struct sock *sk, int flags, int err); /* EPIPE: SIGPIPE unless MSG_NOSIGNAL */
void sock_def_readable(struct sock *sk);
void sock_def_wakeup(struct sock *sk);
void sock_def_error_report(struct sock *sk);
void sock_def_write_space(struct sock *sk);
void sk_stream_write_space(struct sock *sk);
void sk_reset_timer(struct sock *sk, struct timer_list *t, u64 expires_ns); /* holds the socket while pending */
/* The same for a timer whose handler looks at the clock and arms it again when it came too early: one that is pending
 * and fires before is left alone. With the socket locked, which the handler takes. 130 instructions less a segment. */
static inline void sk_reset_timer_lazily(struct sock *sk, struct timer_list *t, u64 expires_ns)
{
	if (!timer_pending(t) || READ_ONCE(t->expires_ns) > expires_ns)
		sk_reset_timer(sk, t, expires_ns);
}
/* Most that are stopped do not run: five a connection that ends. */
static inline void sk_stop_timer(struct sock *sk, struct timer_list *t)
{
	if (timer_pending(t) && timer_delete(t))
		sock_put(sk);
}
static inline s64 sock_rcvtimeo(const struct sock *sk, bool noblock) { return noblock ? 0 : sk->sk_rcvtimeo_ns; }
static inline s64 sock_sndtimeo(const struct sock *sk, bool noblock) { return noblock ? 0 : sk->sk_sndtimeo_ns; }
static inline int sock_intr_errno(s64 timeo) { return timeo == MAX_SCHEDULE_TIMEOUT ? -ERESTARTSYS : -EINTR; }
static inline int sock_error(struct sock *sk)
{
	return likely(!READ_ONCE(sk->sk_err)) ? 0 : -__atomic_exchange_n(&sk->sk_err, 0, __ATOMIC_RELAXED);
}
static inline bool sk_stream_memory_free(const struct sock *sk)
{
	return READ_ONCE(sk->sk_wmem_queued) < (u32)READ_ONCE(sk->sk_sndbuf);
}
static inline bool sk_stream_is_writeable(const struct sock *sk)
{
	return sk->sk_sndbuf - (int)sk->sk_wmem_queued >= (int)(sk->sk_wmem_queued >> 1);
}
static inline bool sock_writeable(const struct sock *sk)
{
	return atomic_read(&sk->sk_wmem_alloc) < (sk->sk_sndbuf >> 1);
}
void sk_dst_set(struct sock *sk, struct dst_entry *dst); /* eats a reference */
void sk_dst_reset(struct sock *sk);
/* [S]: the cached route while still valid, or NULL; not referenced */
static inline struct dst_entry *__sk_dst_check(struct sock *sk)
{
	struct dst_entry *d = sk->sk_dst_cache;

	if (likely(!d || !READ_ONCE(d->obsolete)))
		return d;
	sk_dst_reset(sk);
	return NULL;
}

void sk_get_meminfo(struct sock *sk, u32 *m); /* SK_MEMINFO_VARS of them, as SO_MEMINFO and ss show */
/* SOL_SOCKET options, for every protocol. */
int sock_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len);
int sock_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len);
/* SO_TIMESTAMP and friends, SO_RXQ_OVFL as control messages. */
/* SIOCGSTAMP, SIOCGSTAMPNS: when the last packet that was read had arrived. 0, -ENOENT before the first, -EFAULT. */
int sock_gettstamp(struct sock *sk, void __user *arg, bool nsec);
void __sock_recv_cmsgs(struct msghdr_kern *msg, struct sock *sk, struct sk_buff *skb);
static inline void sock_recv_cmsgs(struct msghdr_kern *msg, struct sock *sk, struct sk_buff *skb)
{
	if (unlikely(READ_ONCE(sk->sk_flags) & (1UL << SOCK_TIMESTAMP | 1UL << SOCK_RXQ_OVFL) || skb->tstamp_ns))
		__sock_recv_cmsgs(msg, sk, skb);
	else
		sk->sk_stamp_ns = U64_MAX; /* a packet, but nobody looked at the clock when it came */
}
void sock_recv_timestamp(struct msghdr_kern *msg, struct sock *sk, u64 ns); /* the first of them, by arrival time */

#include "net/core/socket_types.h"
