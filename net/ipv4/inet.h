/* net/ipv4/inet.h - what the transports need of IPv4: sockets with addresses, routes, sending, protocol handlers */
#pragma once
#include "net/core/gso.h"
#include "net/core/neighbour.h"
#include "net/core/sock.h"
#include <linux/icmp.h>
#include <linux/in.h>
#include <linux/ip.h>

struct ip_options; /* parsed options; net/ipv4/ip_options.c */

/* What every AF_INET socket has beyond struct sock; must be first in udp_sock, tcp_sock, raw_sock. */
struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;		/* source address for sending */
	__be16 inet_sport;
	u16 cmsg_flags;			/* IP_CMSG_*: which control messages recvmsg adds */
	s16 uc_ttl;			/* -1: the default */
	u8 mc_ttl, mc_loop, tos, min_ttl, pmtudisc, recverr, freebind, transparent, hdrincl,
		bind_address_no_port, recverr_rfc4884;
	u16 inet_id;			/* next IP identification, when one is needed */
	int mc_index, uc_index;
	__be32 mc_addr;
	struct ip_options *inet_opt;	/* [S] */
	void *mc_list;			/* [S] joined groups */
	struct { u16 lo, hi; } local_port_range;
	bool defer_connect;		/* [S] TCP_FASTOPEN_CONNECT: the SYN waits for data */
	struct inet_cork *cork;		/* [S] UDP_CORK, MSG_MORE: a datagram under construction */
};
static inline struct inet_sock *inet_sk(const struct sock *sk) { return (struct inet_sock *)sk; }
#define IP_CMSG_PKTINFO 1
#define IP_CMSG_TTL 2
#define IP_CMSG_TOS 4
#define IP_CMSG_RECVOPTS 8
#define IP_CMSG_RETOPTS 16
#define IP_CMSG_ORIGDSTADDR 64

#ifndef IPTOS_RT_MASK
#define IPTOS_RT_MASK 0x1c /* the bits of TOS that take part in routing (RFC 1349, without the ECN bits) */
#endif
struct flowi4 {			/* the question to the routing table */
	int oif, iif;
	__be32 daddr, saddr;	/* saddr 0: let the route choose; filled on return */
	u8 proto, tos, scope, flags;
	u32 mark;
	__be16 sport, dport;
	uid_t uid;
};
struct rtable {			/* the answer */
	struct dst_entry dst;	/* first */
	u8 rt_type;		/* RTN_* */
	bool rt_is_input, rt_uses_gateway;
	__be32 rt_gateway;	/* next hop when rt_uses_gateway */
	__be32 rt_prefsrc;
	u32 rt_pmtu;
	u64 rt_pmtu_expires_ns;
	u32 genid;
	__be32 rt_daddr;	/* the destination, when this route is for one only; 0: any through the gateway */
	struct net *net;
	struct list_head rt_list; /* all of the net, for devices that go away */
};
/* Referenced route or ERR_PTR (-ENETUNREACH, -EHOSTUNREACH, -EINVAL, -EACCES ...). fl->saddr is filled in. */
struct rtable *ip_route_output_key(struct net *net, struct flowi4 *fl);
/* Received packet: sets skb->dst. 0, or -errno and *reason. Softirq. */
int ip_route_input(struct sk_buff *skb, __be32 daddr, __be32 saddr, u8 tos, struct net_device *dev,
		   enum skb_drop_reason *reason);
static inline u32 rt_genid(const struct net *net) { return smp_load_acquire(&net->rt_genid); }
static inline bool rt_is_valid(const struct rtable *rt) /* tables unchanged since */
{
	return rt->genid == rt_genid(rt->net) && !READ_ONCE(rt->dst.obsolete);
}
/* What RTAX_CC_ALGO may name. key: 0 when there is none of that name; name: of a key. */
struct ip_cc_names { u32 (*key)(const char *name); const char *(*name)(u32 key); };
void ip_metrics_register_cc(const struct ip_cc_names *names); /* at start; metrics.c */
u32 dst_narrow_mtu(const struct dst_entry *d);
/* Path MTU known for it. */
static inline u32 dst_mtu(const struct dst_entry *d)
{
	return unlikely(d->mtu || ((const struct rtable *)d)->rt_pmtu) ? dst_narrow_mtu(d)
								       : min(READ_ONCE(d->dev)->mtu, 65535u);
}
/* Whether one packet (no GSO packet) of len bytes goes out whole. */
static inline bool dst_fits(const struct dst_entry *d, u32 len)
{
	if (likely(!(d->mtu | ((const struct rtable *)d)->rt_pmtu)))
		return len <= READ_ONCE(d->dev)->mtu;
	return len <= dst_narrow_mtu(d);
}
void ipv4_update_pmtu(struct net *net, __be32 daddr, u32 mtu, int oif);
u8 inet_addr_type(struct net *net, __be32 addr); /* RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST, RTN_UNICAST ... */
bool inet_confirm_local(struct net *net, __be32 addr);

/* Sending. ip_queue_xmit: connected sockets; skb->data at the transport header, transport checksum done or PARTIAL.
 * Eats skb; 0 or -errno. ip_build_and_send_pkt: SYN-ACKs and the like, by explicit addresses; skb has its route. */
int ip_queue_xmit(struct sock *sk, struct sk_buff *skb);
int ip_build_and_send_pkt(struct sk_buff *skb, struct sock *sk, __be32 saddr, __be32 daddr, u8 tos);
/* A reply without a socket (TCP resets): route found from addresses; eats skb. */
int ip_send_unicast_skb(struct net *net, struct sk_buff *skb, __be32 saddr, __be32 daddr, u8 proto, u8 tos, u32 mark,
			int oif);
int ip_local_out(struct net *net, struct sock *sk, struct sk_buff *skb);
struct ipcm_cookie {
	__be32 addr;
	int oif;
	u8 ttl;
	s16 tos;
	u32 mark;
	u32 priority;
	struct ip_options *opt;
	u32 tsflags;	/* SOF_TIMESTAMPING_* of this call */
};
/* Parses SOL_IP control messages (IP_PKTINFO, IP_TTL, IP_TOS). 0 or -EINVAL. */
int ip_cmsg_send(struct sock *sk, struct msghdr_kern *msg, struct ipcm_cookie *ipc);
/* One datagram from an iterator into one skb with room for headers, ready for fragmentation on output; with transport
 * header space transhdrlen. ERR_PTR on failure. */
struct sk_buff *ip_make_skb(struct sock *sk, struct flowi4 *fl, struct iov_iter *from, size_t len, u32 transhdrlen,
			    struct ipcm_cookie *ipc, struct rtable *rt, unsigned int flags);
int ip_send_skb(struct net *net, struct sk_buff *skb);

/* Receiving. handler: skb->data at the transport header, IP header behind skb_network_header(); eats skb; softirq, RCU.
 * err_handler: an ICMP error about a packet we sent; skb->data at the embedded IP header; does not eat skb. */
struct net_protocol {
	int (*handler)(struct sk_buff *skb);
	int (*err_handler)(struct sk_buff *skb, u32 info);
	bool no_policy;
};
int inet_add_protocol(const struct net_protocol *p, u8 protocol); /* at start; -EBUSY when taken */
/* What a transport does with packets that stand for many (net/core/gso.h); data at the transport header. */
struct net_offload { struct offload_callbacks callbacks; };
int inet_add_offload(const struct net_offload *o, u8 protocol); /* at start; -EBUSY when taken */
/* How AF_INET sockets of a type and protocol come to be. */
struct inet_protosw {
	struct list_head list;
	u16 type, protocol;	/* protocol IPPROTO_IP: wild card */
	struct proto *prot;
	const struct proto_ops *ops;
	bool needs_cap_net_raw;
	bool is_default;	/* what socket(AF_INET, type, 0) gives */
};
void inet_register_protosw(struct inet_protosw *p);
extern const struct proto_ops inet_stream_ops, inet_dgram_ops, inet_sockraw_ops;

/* socket options and control messages of level SOL_IP */
int ip_setsockopt(struct sock *sk, int level, int opt, sockptr_t val, unsigned int len);
int ip_getsockopt(struct sock *sk, int level, int opt, char __user *val, int __user *len);
void ip_cmsg_recv(struct msghdr_kern *msg, struct sk_buff *skb, int tlen);
void ip_icmp_error(struct sock *sk, struct sk_buff *skb, int err, __be16 port, u32 info, u8 *payload);
void ip_local_error(struct sock *sk, int err, __be32 daddr, __be16 dport, u32 info);
int ip_recv_error(struct sock *sk, struct msghdr_kern *msg, int len);

/* ICMP. icmp_send: an error about skb_in, by RFC 1122 3.2.2's rules and a rate limit; does not eat skb_in. */
void icmp_send(struct sk_buff *skb_in, u8 type, u8 code, __be32 info);
struct icmp_err { int errno_; bool fatal; };
extern const struct icmp_err icmp_err_convert[16]; /* by code of DEST_UNREACH */

static inline struct iphdr *ip_hdr(const struct sk_buff *skb) { return skb_network_header(skb); }
static inline u32 ip_hdrlen(const struct sk_buff *skb) { return ip_hdr(skb)->ihl * 4u; }
struct inet_skb_parm {
	int iif;
	u8 flags;
	u8 opt_len;
	u16 frag_max_size;
	u8 opt_srr, opt_rr, opt_ts, opt_ra;
	bool opt_changed;
};
#define IPCB(skb) ((struct inet_skb_parm *)(skb)->cb) /* transports keep theirs behind the first 24 bytes */

/* ports: a random start, then odd-even walk (RFC 6056); shared by TCP and UDP through their own hashes */
void inet_get_local_port_range(const struct sock *sk, int *lo, int *hi);
/* shared socket operations on sk->sk_prot */
int inet_bind(struct socket *sock, struct sockaddr *addr, int len);
int inet_release(struct socket *sock);
int inet_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
/* The same with the socket locked. sending: sendmsg() connects; then addr may be NULL once it is under way. */
int __inet_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags, bool sending);
int inet_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int inet_accept(struct socket *sock, struct socket *newsock, int flags);
int inet_getname(struct socket *sock, struct sockaddr *addr, enum sock_name who);
int inet_shutdown(struct socket *sock, int how);
int inet_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);
ssize_t inet_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len);
ssize_t inet_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags);
int inet_autobind(struct sock *sk);
/* Provided by net/tcp through this table, set at start, so that ipv4 needs no TCP header: listen and poll. */
struct inet_stream_hooks {
	int (*listen)(struct socket *sock, int backlog);
	__poll_t (*poll)(struct file *f, struct socket *sock, struct poll_table_struct *pt);
};
extern struct inet_stream_hooks inet_stream_hooks;

/* After sk_clone_lock(): the child must not free what its listener has. */
static inline void inet_sk_clone(struct sock *child)
{
	inet_sk(child)->inet_opt = NULL;
	inet_sk(child)->mc_list = NULL;
	inet_sk(child)->cork = NULL;
}
void inet_init(void);	/* ARP, IP, ICMP, routes, raw sockets, /proc/net, ioctls; before udp_init, tcp_init */
/* "addr::gw:mask:host:dev:..." of the ip= boot parameter; brings lo and the device up. 0 or -errno. */
int ip_auto_config(struct net *net, const char *param);
/* Kernel-side configuration, rtnl taken inside; used by ip=, ioctls and tests. prefixlen 0..32. */
int inet_addr_add(struct net_device *dev, __be32 addr, u32 prefixlen);
int inet_route_add(struct net *net, __be32 dst, u32 prefixlen, __be32 gw, struct net_device *dev, u32 metric);
