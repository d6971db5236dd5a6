/* net/udp/internal.h - what the files of the UDP room share */
#pragma once
#include "net/core/softnet.h"
#include "net/ipv4/internal.h"
#include "net/udp/udp.h"
#include <linux/udp.h>

struct udp_sock {
	struct inet_sock inet;		/* first */
	bool corkflag;			/* [S] UDP_CORK */
	bool no_check6_tx;
	struct sk_buff_head reader_queue; /* taken from sk_receive_queue as a whole; its lock: readers only, BH on */
};
static inline struct udp_sock *udp_sk(const struct sock *sk) { return (struct udp_sock *)sk; }

/* Two hashes of all bound sockets: by port (binding, groups), by port and local address (delivery). Readers are under
 * RCU; seq is odd while sockets move between chains, and a reader then looks again, whatever it found. */
struct udp_table { u32 mask; struct rcu_head rcu; struct hlist_head *by_addr; struct hlist_head by_port[]; };
/* Whose the last datagram was, and of which batch: those behind it mostly are of the same flow. sk NULL: nobody's. */
struct udp_hint { u64 batch, addrs; u32 ports; int dif; struct sock *sk; };
struct netns_udp {
	spinlock_t lock;		/* changes of the table; BH off */
	u32 seq, count;			/* lock */
	struct udp_table *table;	/* RCU */
	struct udp_hint *hint;		/* [P] softirq */
};

/* udp_table.c */
int udp_get_port(struct sock *sk, u16 snum);	/* proto.get_port */
void udp_unhash(struct sock *sk);
void udp_rehash(struct sock *sk, __be32 local, __be32 peer, __be16 peer_port); /* proto.rehash */
/* RCU: not referenced. */
struct sock *udp4_lib_lookup(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, __be16 dport, int dif);
/* The same for a received datagram; the table is asked once for those of one flow that came in one batch. */
struct sock *udp4_lookup_fresh(struct net *net, const struct iphdr *iph, const struct udphdr *uh, int dif);
static inline struct sock *udp4_lookup_skb(struct net *net, const struct iphdr *iph, const struct udphdr *uh, int dif)
{
	const struct udp_hint *h = this_cpu_ptr(net->udp->hint);
	u64 batch = netif_rx_batch();

	if (likely(h->batch == batch && h->addrs == get_unaligned((const u64 *)&iph->saddr) &&
		   h->ports == get_unaligned((const u32 *)&uh->source) && h->dif == dif && batch))
		return h->sk;
	return udp4_lookup_fresh(net, iph, uh, dif);
}
/* Calls fn for each socket that would get a packet for a group or a broadcast, once each: under the table's lock, as
 * what fn has done cannot be taken back when a socket moves meanwhile. Softirq. */
void udp_for_each_group_member(struct net *net, __be32 saddr, __be16 sport, __be32 daddr, __be16 dport, int dif,
			       void (*fn)(struct sock *sk, void *ctx), void *ctx);
/* The pos-th socket of the net, for /proc; NULL behind the last. lock held. */
struct sock *udp_nth(struct net *net, loff_t pos, u32 *bucket);
int udp_table_net_init(struct net *net);
void udp_table_net_exit(struct net *net);

/* udp_input.c */
int udp_rcv(struct sk_buff *skb);
int udp_err(struct sk_buff *skb, u32 info);
ssize_t udp_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags);
__poll_t udp_poll(struct file *f, struct socket *sock, struct poll_table_struct *pt);
int udp_ioctl(struct sock *sk, int cmd, unsigned long arg);
/* udp_output.c */
ssize_t udp_sendmsg(struct sock *sk, struct msghdr_kern *msg, size_t len);
int udp_push_pending(struct sock *sk); /* [S] */
/* udp_proc.c */
void udp_proc_init(void);
void udp_diag_init(void); /* udp_diag.c */
extern struct proto udp_prot;
