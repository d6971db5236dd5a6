/* net/core/sock.c - the life of a struct sock and its memory account
 *
 * What:   what every protocol's sockets share.
 * Called: protocols; the socket calls.
 * Calls:  kernel/mm, the protocol's destruct hook. The lock is sock_lock.c.
 * Locks:  lookups find sockets under RCU, so the memory outlives the last reference by a grace period.
 * Absent: cgroups, memory pressure across sockets of a protocol.
 */
#include "kernel/fs/fs.h"
#include "kernel/process/process.h"
#include "kernel/sched/task.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "kernel/bpf/classic.h"
#include "net/core/core.h"
#include <linux/net_tstamp.h>

static DEFINE_MUTEX(proto_mutex);
static int nr_protos; /* proto_mutex */

int proto_register(struct proto *p)
{
	if (!p->name || p->obj_size < sizeof(struct sock) || p->slab)
		return -EINVAL;
	mutex_lock(&proto_mutex);
	p->inuse_idx = nr_protos < PROTO_INUSE_MAX ? nr_protos++ : -1;
	mutex_unlock(&proto_mutex);
	if (p->inuse_idx < 0)
		return -ENOBUFS;
	p->slab = kmem_cache_create(p->name, p->obj_size, 64, SLAB_HWCACHE_ALIGN, NULL);
	return p->slab ? 0 : -ENOMEM;
}

int sock_prot_inuse(const struct net *net, const struct proto *p)
{
	return atomic_read(&net->core->inuse[p->inuse_idx]);
}

static void sock_count(struct sock *sk, int by)
{
	atomic_add(by, &sk->sk_net->nr_socks);
	atomic_add(by, &sk->sk_net->core->inuse[sk->sk_prot->inuse_idx]);
}

struct sock *sk_alloc(struct net *net, int family, struct proto *prot, gfp_t gfp)
{
	struct sock *sk = kmem_cache_zalloc(prot->slab, gfp);

	if (!sk)
		return NULL;
	sk->sk_family = (u16)family;
	sk->sk_prot = prot;
	sk->sk_net = net;
	get_net(net);
	refcount_set(&sk->sk_refcnt, 1);
	atomic_set(&sk->sk_wmem_alloc, 1);
	sock_count(sk, 1);
	return sk;
}

static void sock_init_queues(struct sock *sk)
{
	skb_queue_head_init(&sk->sk_receive_queue);
	skb_queue_head_init(&sk->sk_write_queue);
	skb_queue_head_init(&sk->sk_error_queue);
	init_waitqueue_head(&sk->sk_lock.wq);
	sk->sk_lock.owned = false;
	sk->sk_backlog.head = sk->sk_backlog.tail = NULL;
	sk->sk_backlog.len = 0;
	sk->sk_put_off = 0;
}

static void sock_timer_unset(struct timer_list *t) { WARN_ON_ONCE(true); }

static void sock_init_limits(struct sock *sk)
{
	const struct netns_core *core = sk->sk_net->core;

	sk->sk_rcvbuf = READ_ONCE(core->rmem_default);
	sk->sk_sndbuf = READ_ONCE(core->wmem_default);
	sk->sk_rcvlowat = 1;
	sk->sk_peek_off = -1;
	sk->sk_rcvtimeo_ns = sk->sk_sndtimeo_ns = MAX_SCHEDULE_TIMEOUT;
	sk->sk_max_pacing_rate = sk->sk_pacing_rate = U64_MAX;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_incoming_cpu = U32_MAX;
}

/* sock may be NULL (a socket that no program has yet, or never). */
void sock_init_data(struct socket *sock, struct sock *sk)
{
	spin_lock_init(&sk->sk_lock.slock);
	sock_init_queues(sk);
	sock_init_limits(sk);
	timer_setup(&sk->sk_timer, sock_timer_unset);
	sk->sk_state = TCP_CLOSE;
	sk->sk_state_change = sock_def_wakeup;
	sk->sk_data_ready = sock_def_readable;
	sk->sk_write_space = sock_def_write_space;
	sk->sk_error_report = sock_def_error_report;
	sk->sk_peer_cred.uid = (uid_t)-1;
	sk->sk_peer_cred.gid = (gid_t)-1;
	sock_set_flag(sk, SOCK_ZAPPED);
	if (!sock)
		return;
	sk->sk_type = (u16)sock->type;
	sk->sk_socket = sock;
	sk->sk_uid = current_cred() ? current_cred()->euid : 0;
	sock->sk = sk;
}

/* The child of a listener, under RCU: its options, none of its queues. The spinlock is a class of its own to the lock
 * checker, for the listener's is held too. Unlock with bh_unlock_sock(). */
struct sock *sk_clone_lock(struct sock *sk, gfp_t gfp)
{
	struct sock *n = kmem_cache_alloc(sk->sk_prot->slab, gfp);

	if (!n)
		return NULL;
	memcpy(n, sk, sk->sk_prot->obj_size);
	spin_lock_init(&n->sk_lock.slock);
	sock_init_queues(n);
	INIT_HLIST_NODE(&n->sk_node);
	INIT_HLIST_NODE(&n->sk_bind_node);
	atomic_set(&n->sk_rmem_alloc, 0);
	atomic_set(&n->sk_wmem_alloc, 1);
	atomic_set(&n->sk_drops, 0);
	n->sk_wmem_queued = 0;
	n->sk_write_pending = 0;
	n->sk_ack_backlog = n->sk_max_ack_backlog = 0;
	n->sk_userlocks &= SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK;
	n->sk_err = n->sk_err_soft = 0;
	n->sk_shutdown = 0;
	n->sk_priority = 0;
	n->sk_cookie = 0;
	n->sk_stamp_ns = 0;
	n->sk_dst_cache = NULL;
	n->sk_socket = NULL;
	n->sk_user_data = NULL;
	n->sk_filter = bpf_classic_get_rcu(&sk->sk_filter);
	sock_reset_flag(n, SOCK_STAMPED);
	sock_reset_flag(n, SOCK_DONE);
	sock_reset_flag(n, SOCK_DEAD);
	timer_setup(&n->sk_timer, sk->sk_timer.function);
	refcount_set(&n->sk_refcnt, 2);
	get_net(n->sk_net);
	if (sock_flag(n, SOCK_TIMESTAMP))
		net_enable_timestamp(n->sk_net);
	if (n->sk_tsflags & SOF_TIMESTAMPING_RX_SOFTWARE)
		net_enable_timestamp(n->sk_net);
	sock_count(n, 1);
	bh_lock_sock(n);
	return n;
}

static void sk_free_rcu(struct rcu_head *head)
{
	struct sock *sk = container_of(head, struct sock, sk_rcu);
	struct net *net = sk->sk_net;

	kmem_cache_free(sk->sk_prot->slab, sk);
	put_net(net);
}

/* Neither a reference nor a packet on its way is left. */
static void sk_destroy(struct sock *sk)
{
	if (WARN_ON_ONCE(sock_flag(sk, SOCK_GONE)))
		return;
	sock_set_flag(sk, SOCK_GONE);
	if (sk->sk_destruct)
		sk->sk_destruct(sk);
	skb_queue_consume(&sk->sk_receive_queue);
	skb_queue_consume(&sk->sk_error_queue);
	WARN_ON_ONCE(atomic_read(&sk->sk_rmem_alloc));
	sk_dst_reset(sk);
	bpf_classic_put(sk->sk_filter);
	if (sock_flag(sk, SOCK_TIMESTAMP))
		net_disable_timestamp(sk->sk_net);
	if (sk->sk_tsflags & SOF_TIMESTAMPING_RX_SOFTWARE)
		net_disable_timestamp(sk->sk_net);
	if (sock_flag(sk, SOCK_STAMPED))
		net_disable_timestamp(sk->sk_net);
	sock_count(sk, -1);
	call_rcu(&sk->sk_rcu, sk_free_rcu);
}

static void sk_wmem_put(struct sock *sk, int bytes)
{
	if (!atomic_sub_return(bytes, &sk->sk_wmem_alloc))
		sk_destroy(sk);
}

void sock_put_last(struct sock *sk) { sk_wmem_put(sk, 1); }

/* [S] The program is gone; the protocol may live on (TCP). */
void sock_orphan(struct sock *sk)
{
	sock_set_flag(sk, SOCK_DEAD);
	WRITE_ONCE(sk->sk_socket, NULL);
}

void sock_graft(struct sock *sk, struct socket *parent)
{
	parent->sk = sk;
	sk->sk_type = (u16)parent->type;
	sk->sk_uid = current_cred() ? current_cred()->euid : 0;
	WRITE_ONCE(sk->sk_socket, parent);
}

/* --- memory --- */

void sock_rfree(struct sk_buff *skb) { atomic_sub((int)skb->truesize, &skb->sk->sk_rmem_alloc); }

/* The account still holds one byte while writers are woken, so that sk cannot go meanwhile. */
static void wfree_and_tell(struct sock *sk, int bytes)
{
	atomic_sub(bytes - 1, &sk->sk_wmem_alloc);
	sk->sk_write_space(sk);
	sk_wmem_put(sk, 1);
}

/* Whoever waits for room with the default wake-up is woken by the packet whose end brings the account below half of the
 * buffer; sk's memory stays through this RCU section even where that was the last it was for. */
void sock_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	int bytes = (int)skb->truesize, left, half;

	if (sk->sk_write_space != sock_def_write_space) {
		if (sock_flag(sk, SOCK_USE_WRITE_QUEUE))
			sk_wmem_put(sk, bytes);
		else
			wfree_and_tell(sk, bytes);
		return;
	}
	rcu_read_lock();
	left = atomic_sub_return(bytes, &sk->sk_wmem_alloc);
	half = READ_ONCE(sk->sk_sndbuf) >> 1;
	if (unlikely(left < half && left + bytes >= half))
		sock_def_write_space(sk);
	if (unlikely(!left))
		sk_destroy(sk);
	rcu_read_unlock();
}

struct sk_buff *sock_wmalloc(struct sock *sk, size_t size, bool force, gfp_t gfp)
{
	struct sk_buff *skb;

	if (size > S32_MAX || (!force && sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf)))
		return NULL;
	skb = alloc_skb((u32)size, gfp);
	if (skb)
		skb_set_owner_w(skb, sk);
	return skb;
}

static int send_refused(struct sock *sk)
{
	int err = sock_error(sk);

	if (err)
		return err;
	return READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN ? -EPIPE : 0;
}

/* Sleeps until there is room to send, or a reason not to. What is left of timeo. */
static s64 sock_wait_for_wmem(struct sock *sk, s64 timeo)
{
	wait_queue_head_t *wq = sk_sleep(sk);
	struct wait_queue_entry w;

	if (!wq)
		return 0;
	init_wait(&w);
	prepare_to_wait(wq, &w, TASK_INTERRUPTIBLE);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	smp_mb();
	if (sk_wmem_alloc_get(sk) >= READ_ONCE(sk->sk_sndbuf) && !READ_ONCE(sk->sk_err) &&
	    !(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN) && !signal_pending_current())
		timeo = schedule_timeout(timeo);
	finish_wait(wq, &w);
	return timeo;
}

struct sk_buff *sock_alloc_send_pskb(struct sock *sk, size_t header_len, size_t data_len, bool noblock, int *err)
{
	s64 timeo = sock_sndtimeo(sk, noblock);
	struct sk_buff *skb;

	if (header_len > S32_MAX || data_len > S32_MAX) {
		*err = -EMSGSIZE;
		return NULL;
	}
	for (;;) {
		*err = send_refused(sk);
		if (*err)
			return NULL;
		if (sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf))
			break;
		if (!timeo) {
			if (sk->sk_socket)
				set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
			*err = -EAGAIN;
			return NULL;
		}
		if (signal_pending_current()) {
			*err = sock_intr_errno(timeo);
			return NULL;
		}
		timeo = sock_wait_for_wmem(sk, timeo);
	}
	skb = data_len ? alloc_skb_with_frags((u32)header_len, (u32)data_len, sk->sk_allocation)
		       : alloc_skb((u32)header_len, sk->sk_allocation);
	if (!skb) {
		*err = -ENOBUFS;
		return NULL;
	}
	skb_set_owner_w(skb, sk);
	return skb;
}

struct sk_buff *sock_alloc_send_skb(struct sock *sk, size_t size, bool noblock, int *err)
{
	bool room = sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf) && size <= S32_MAX;

	/* The usual send: nothing is wrong, nothing to wait for. */
	if (likely(room && !READ_ONCE(sk->sk_err) && !(READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN))) {
		struct sk_buff *skb = alloc_skb((u32)size, sk->sk_allocation);

		if (unlikely(!skb)) {
			*err = -ENOBUFS;
			return NULL;
		}
		skb_charge_w(skb, sk);
		return skb;
	}
	return sock_alloc_send_pskb(sk, size, 0, noblock, err);
}

/* --- the route, the timer, the cookie --- */

void sk_dst_set(struct sock *sk, struct dst_entry *dst)
{
	dst_release(__atomic_exchange_n(&sk->sk_dst_cache, dst, __ATOMIC_ACQ_REL));
}
void sk_dst_reset(struct sock *sk) { sk_dst_set(sk, NULL); }

void sk_reset_timer(struct sock *sk, struct timer_list *t, u64 expires_ns)
{
	/* The reference first: once armed, the handler may run and give it back before this goes on. Without it that
	 * could be the last one, taken from under its owner. */
	sock_hold(sk);
	if (mod_timer(t, expires_ns))
		sock_put(sk); /* pending already: that one serves */
}

u64 sock_i_ino(const struct sock *sk)
{
	const struct socket *s = READ_ONCE(sk->sk_socket);

	return s && s->file && s->file->f_inode ? s->file->f_inode->i_ino : 0;
}

u64 sock_gen_cookie(struct sock *sk)
{
	u64 none = 0, fresh;

	if (READ_ONCE(sk->sk_cookie))
		return sk->sk_cookie;
	fresh = (u64)atomic64_inc_return(&sk->sk_net->core->cookie);
	__atomic_compare_exchange_n(&sk->sk_cookie, &none, fresh, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return READ_ONCE(sk->sk_cookie);
}
