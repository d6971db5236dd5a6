/* net/core/timestamping.c - SO_TIMESTAMPING: when packets were queued, handed to the device and acknowledged
 *
 * What:   a send that asks marks its packet (tx_flags, tskey in skb_shared_info). Where a marked packet passes, a copy
 *         of it, or only its stamp, goes to the error queue of its socket. Arrivals carry a stamp for all who asked.
 * Called: setsockopt, sendmsg and recvmsg in process context; dev_tx.c and TCP's ACKs in any.
 * Calls:  sock_queue_err_skb().
 * Absent: stamps by devices (nothing here has a clock of its own), OPT_STATS, OPT_CMSG, BIND_PHC.
 */
#include "net/core/core.h"
#include "net/core/sock.h"
#include <linux/time.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#define NOT_THERE (SOF_TIMESTAMPING_OPT_STATS | SOF_TIMESTAMPING_OPT_CMSG | SOF_TIMESTAMPING_BIND_PHC)

/* [S] new: the control message has SO_TIMESTAMPING_NEW's number. 0, -EINVAL, -EOPNOTSUPP. */
int sock_set_timestamping(struct sock *sk, u32 flags, bool new)
{
	u32 key = 0;
	int err;

	if (flags & ~(u32)SOF_TIMESTAMPING_MASK)
		return -EINVAL;
	if (flags & NOT_THERE)
		return -EOPNOTSUPP;
	if (flags & ~sk->sk_tsflags & SOF_TIMESTAMPING_OPT_ID) {
		err = sk->sk_prot->tskey_start ? sk->sk_prot->tskey_start(sk, &key) : 0;
		if (err)
			return err;
		atomic_set(&sk->sk_tskey, (int)key);
	}
	if (flags & ~sk->sk_tsflags & SOF_TIMESTAMPING_RX_SOFTWARE)
		net_enable_timestamp(sk->sk_net);
	if (sk->sk_tsflags & ~flags & SOF_TIMESTAMPING_RX_SOFTWARE)
		net_disable_timestamp(sk->sk_net);
	WRITE_ONCE(sk->sk_tsflags, flags);
	sock_valbool_flag(sk, SOCK_TSTAMP_NEW, new);
	return 0;
}

/* --- sending --- */

/* What this call asks for: the socket's flags, or for once those of a control message. 0 or -EINVAL. */
int sock_tsflags_of(struct sock *sk, struct msghdr_kern *msg, u32 *flags)
{
	*flags = READ_ONCE(sk->sk_tsflags);
	if (likely(!msg->msg_controllen))
		return 0;
	for (struct cmsghdr_kern *c = cmsg_first(msg); c; c = cmsg_next(msg, c)) {
		u32 once;

		if (!cmsg_ok(msg, c))
			return -EINVAL;
		if (c->cmsg_level != SOL_SOCKET ||
		    (c->cmsg_type != SO_TIMESTAMPING_OLD && c->cmsg_type != SO_TIMESTAMPING_NEW))
			continue;
		if (c->cmsg_len != sizeof(*c) + sizeof(once))
			return -EINVAL;
		memcpy(&once, CMSG_DATA_KERN(c), sizeof(once));
		if (once & ~(u32)SOF_TIMESTAMPING_TX_RECORD_MASK)
			return -EINVAL;
		*flags = (*flags & ~(u32)SOF_TIMESTAMPING_TX_RECORD_MASK) | once;
	}
	return 0;
}
u8 sock_tx_flags(u32 tsflags)
{
	return (u8)((tsflags & SOF_TIMESTAMPING_TX_SOFTWARE ? SKBTX_SW_TSTAMP : 0) |
		    (tsflags & SOF_TIMESTAMPING_TX_SCHED ? SKBTX_SCHED_TSTAMP : 0));
}
/* A datagram; each that asks for a stamp has the next number. */
void __sock_tx_timestamp(struct sock *sk, struct sk_buff *skb, u32 tsflags)
{
	skb_shinfo(skb)->tx_flags |= sock_tx_flags(tsflags);
	if ((tsflags & SOF_TIMESTAMPING_OPT_ID) && skb_shinfo(skb)->tx_flags)
		skb_shinfo(skb)->tskey = (u32)atomic_inc_return(&sk->sk_tskey) - 1;
}
/* skb, which stays the caller's, has come so far. Without memory or room in the queue there is no stamp. */
void __skb_tstamp_tx(struct sk_buff *skb, struct sock *sk, u32 what)
{
	u32 tsflags = READ_ONCE(sk->sk_tsflags);
	bool only = tsflags & SOF_TIMESTAMPING_OPT_TSONLY;
	struct sk_buff *n = only ? alloc_skb(0, GFP_ATOMIC) : skb_clone(skb, GFP_ATOMIC);
	struct sock_extended_err *ee;

	if (!n)
		return;
	skb_dst_drop(n);
	n->dev = NULL;
	n->tstamp_ns = ktime_get_real_ns();
	memset(n->cb, 0, sizeof(n->cb));
	ee = (struct sock_extended_err *)n->cb;
	ee->ee_errno = ENOMSG;
	ee->ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
	ee->ee_info = what;
	if (tsflags & SOF_TIMESTAMPING_OPT_ID)
		ee->ee_data = skb_shinfo(skb)->tskey -
			      (sk->sk_prot->tskey_start ? (u32)atomic_read(&sk->sk_tskey) : 0);
	if (sock_queue_err_skb(sk, n))
		kfree_skb_reason(n, SKB_DROP_REASON_SOCKET_RCVBUFF);
}

/* --- receiving --- */

/* SCM_TIMESTAMPING for who asked to be told (SOF_TIMESTAMPING_SOFTWARE); the places of devices' stamps stay empty. */
void sock_recv_timestamping(struct msghdr_kern *msg, struct sock *sk, u64 ns)
{
	bool new = sock_flag(sk, SOCK_TSTAMP_NEW);
	struct scm_timestamping t;

	if (!ns || !(READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_SOFTWARE))
		return;
	memset(&t, 0, sizeof(t));
	t.ts[0].tv_sec = (long)(ns / NSEC_PER_SEC);
	t.ts[0].tv_nsec = (long)(ns % NSEC_PER_SEC);
	put_cmsg(msg, SOL_SOCKET, new ? SO_TIMESTAMPING_NEW : SO_TIMESTAMPING_OLD, sizeof(t), &t);
}
