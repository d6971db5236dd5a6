/* net/ipv4/internal.h - what the files of the IPv4 room share: the state of one stack, devices' addresses, routes
 *
 * Locks: addresses and routes change under rtnl and are read under RCU. Letters: [L] rtnl, [R] RCU, [A] atomic.
 */
#pragma once
#include "net/core/tcp_states.h"
#include "net/ipv4/inet.h"
#include "kernel/trace/trace.h"
#include "lib/hash.h"
#include <linux/in_route.h>
#include <linux/rtnetlink.h>

/* net.ipv4.*, under Linux's names and with Linux's defaults (sysctl.c). ints, as proc_dointvec writes them. */
struct ipv4_sysctl {
	int ip_forward, ip_default_ttl, ip_no_pmtu_disc, min_pmtu, mtu_expires_s, ip_nonlocal_bind, ip_forward_use_pmtu;
	int ip_local_port_range[2], ip_unprivileged_port_start, ping_group_range[2];
	int icmp_echo_ignore_all, icmp_echo_ignore_broadcasts, icmp_ratelimit_ms, icmp_ratemask, icmp_msgs_per_sec,
		icmp_msgs_burst, icmp_errors_use_inbound_ifaddr;
	int ipfrag_high_thresh, ipfrag_low_thresh, ipfrag_time_s, ipfrag_max_dist;
	int igmp_max_memberships;
};
/* net.ipv4.conf.NAME.* */
struct ipv4_devconf {
	int rp_filter, accept_source_route, accept_local, log_martians, arp_ignore, arp_announce, arp_filter,
		arp_accept, arp_notify, send_redirects, forwarding, route_localnet;
};

#define FIB_CACHE_SLOTS 8
struct fib_route {			/* one way to a prefix */
	struct fib_route *next;		/* [R] same prefix: higher tos first, then lower metric */
	u32 key;			/* [C] host order, bits beyond plen are zero */
	u8 plen, type, scope, proto, tos, table;
	bool dead;			/* [A] left its table: keeps no answers any more */
	u32 metric, mtu;
	struct dst_metrics *metrics;	/* [C] referenced, or NULL */
	struct net_device *dev;		/* [C] NULL for unreachable, blackhole, prohibit */
	__be32 gw, prefsrc;
	struct rtable *cache[FIB_CACHE_SLOTS]; /* [R][A] answers ready to use, by destination; each referenced */
	struct rcu_head rcu;
};
struct fib_node {			/* path-compressed binary trie: a prefix, and what is longer */
	u32 key;
	u8 plen;
	struct fib_node *child[2];	/* [R] by the first bit after plen */
	struct fib_route *routes;	/* [R] NULL: only a fork */
	struct rcu_head rcu;
};
struct fib_table { u32 id, count, changes; struct fib_node *root; };

struct in_ifaddr {			/* one address of one device */
	struct hlist_node hash;		/* [R] net->ipv4->addr_hash, by ifa_local */
	struct in_ifaddr *next;		/* [R] of the device */
	struct in_device *in_dev;
	__be32 ifa_local, ifa_address, ifa_mask, ifa_broadcast; /* address: the peer on point-to-point links */
	u8 ifa_prefixlen, ifa_scope;
	u32 ifa_flags;			/* IFA_F_SECONDARY */
	char ifa_label[IFNAMSIZ];
	struct rcu_head rcu;
};
struct ip_mc_list {			/* a group that a device listens to */
	struct ip_mc_list *next;	/* [R] */
	struct in_device *in_dev;
	__be32 group;
	int users;			/* [L]; 0: left, nothing is said any more */
	struct timer_list report;	/* answers an IGMP query */
	bool reporter;			/* we reported last: a leave is due */
	struct rcu_head rcu;
};
struct in_device {			/* dev->ip_ptr */
	struct net_device *dev;
	struct in_ifaddr *ifa_list;	/* [R] */
	struct ip_mc_list *mc_list;	/* [R] */
	struct ipv4_devconf cnf;
	struct rcu_head rcu;
};

#define ADDR_HASH_SIZE 256
#define IP_ID_BUCKETS 2048
struct icmp_bucket { __be32 addr; u32 tokens_ms; u64 stamp_ns; };
#define ICMP_BUCKETS 1024
/* The pair of addresses that was found to be for us last. Packets come in runs: Linux's list hint, kept a CPU. */
struct rt_hint { u32 genid; __be32 daddr, saddr; const struct net_device *dev; };
/* The last answer of the tables, and what was asked. */
struct fib_hint { u32 genid; __be32 daddr; int oif; u8 tos, scope; struct fib_route *route; };
/* The last hash of a pair of addresses, for identifications. */
struct ident_hint { u32 daddr, saddr, proto, hash; };
struct pmtu_exception;
struct ip_frags;
struct netns_ping;
struct netns_ipv4 {
	struct ipv4_sysctl sysctl;
	struct ipv4_devconf conf_all, conf_default;
	struct fib_table local, main;
	struct rt_hint *rt_hint;	/* [P] */
	struct fib_hint *fib_hint;	/* [P]; written with BH off */
	struct ident_hint *ident_hint;	/* [P]; written with BH off */
	struct rtable *rt_deliver[RTN_MULTICAST + 1]; /* [C] input routes: RTN_LOCAL, RTN_BROADCAST, RTN_MULTICAST */
	spinlock_t rt_lock;		/* rt_all, exceptions */
	struct list_head rt_all;
	struct hlist_head *pmtu_hash;	/* [R] */
	u32 pmtu_count;
	bool custom_local_routes;	/* a local route that belongs to no address: sources need the full check */
	struct hlist_head addr_hash[ADDR_HASH_SIZE]; /* [R] */
	u32 addr_changes;		/* [L] addresses that came or went */
	struct neigh_table arp_tbl;
	atomic_t ip_id[IP_ID_BUCKETS];
	siphash_key_t hash_key;
	struct ip_frags *frags;
	struct netns_ping *ping;
	spinlock_t icmp_lock;
	u32 icmp_global_credit;
	u64 icmp_global_stamp_ns;
	struct icmp_bucket icmp_buckets[ICMP_BUCKETS];
};

/* devinet.c, devinet_ioctl.c */
static inline u32 inet_addr_hashfn(__be32 a) { return hash_32((__force u32)a, 8); }
static inline __be32 inet_make_mask(u32 plen) { return plen ? htonl(~0u << (32 - plen)) : 0; }
static inline bool ipv4_is_multicast(__be32 a) { return (a & htonl(0xf0000000)) == htonl(0xe0000000); }
static inline bool ipv4_is_local_multicast(__be32 a) { return (a & htonl(0xffffff00)) == htonl(0xe0000000); }
static inline bool ipv4_is_lbcast(__be32 a) { return a == htonl(INADDR_BROADCAST); }
static inline bool ipv4_is_loopback(__be32 a) { return (a & htonl(0xff000000)) == htonl(0x7f000000); }
static inline bool ipv4_is_zeronet(__be32 a) { return (a & htonl(0xff000000)) == 0; }
static inline struct in_device *in_dev_get_rcu(const struct net_device *dev) { return rcu_dereference(dev->ip_ptr); }
/* The device's own setting, or the one for all when that is larger (or: either) as Linux combines them. */
#define IN_DEV_MAX(net, in, field) max((in)->cnf.field, (net)->ipv4->conf_all.field)
#define IN_DEV_AND(net, in, field) ((in)->cnf.field && (net)->ipv4->conf_all.field)
#define IN_DEV_OR(net, in, field) ((in)->cnf.field || (net)->ipv4->conf_all.field)
struct in_ifaddr *inet_lookup_ifaddr_rcu(struct net *net, __be32 addr);
bool inet_addr_onlink(struct in_device *in, __be32 a, __be32 b);
/* The best source address on dev (or, dev NULL, anywhere) towards dst, of a scope no wider than scope. 0: none. RCU. */
__be32 inet_select_addr(struct net *net, const struct net_device *dev, __be32 dst, u8 scope);
int inet_insert_ifa(struct net_device *dev, struct in_ifaddr *ifa); /* [L]; eats ifa; 0 or -errno */
void inet_del_ifa(struct in_device *in, struct in_ifaddr *ifa);     /* [L] */
struct in_ifaddr *inet_alloc_ifa(struct net_device *dev, __be32 addr, u32 plen);
int devinet_ioctl(struct net *net, unsigned int cmd, void __user *arg);
int inet_gifconf(struct net *net, void __user *arg);
int inet_alias_ioctl(struct net *net, void __user *arg);
void devinet_register(void);
void devinet_net_init(struct net *net);
void devinet_net_exit(struct net *net);

/* af_inet.c: gives up the last reference after a grace period: lookups under RCU may still queue packets on sk. */
void sk_put_after_rcu(struct sock *sk);

/* fib_trie.c: [L] for changes. */
struct fib_config {
	__be32 dst, gw, prefsrc;
	u8 plen, type, scope, proto, tos;
	u32 table, metric, mtu;
	struct dst_metrics *metrics; /* a route takes a reference of its own */
	struct net_device *dev;
	bool replace, excl, append; /* append: behind routes of the same metric */
};
int fib_table_insert(struct net *net, const struct fib_config *cfg);  /* 0, -EEXIST, -ENOMEM, -EINVAL, -ENETUNREACH */
const char *fib_config_fault(const struct fib_config *cfg); /* a sentence: no table can have such a route; or NULL */
int fib_table_delete(struct net *net, const struct fib_config *cfg);  /* 0, -ESRCH, -EINVAL */
/* RCU. 0 with *res, or -ENETUNREACH, -EHOSTUNREACH, -EACCES, -EINVAL. */
int fib_lookup(struct net *net, const struct flowi4 *fl, struct fib_route **res);
int fib_table_lookup(struct fib_table *t, const struct flowi4 *fl, struct fib_route **res);
void fib_flush_dev(struct net *net, struct net_device *dev);	      /* [L] every route over dev */
void fib_flush_prefsrc(struct net *net, __be32 local);		      /* [L] every route that prefers it */
void fib_table_free(struct net *net, struct fib_table *t);
/* In address order; false from cb ends the walk. [L] or RCU. */
void fib_table_walk(const struct fib_table *t, bool (*cb)(struct fib_route *r, void *ctx), void *ctx);
u32 fib_node_count(const struct fib_node *n);
struct fib_table *fib_get_table(struct net *net, u32 id);	      /* NULL: no such table */

/* rtnl_addr.c, rtnl_route.c: type RTM_NEW* or RTM_DEL*; [L] */
void rtnl_addr_init(void);
void rtnl_route_init(void);
void rtnl_addr_notify(const struct in_ifaddr *ifa, u16 type);
void rtnl_route_notify(struct net *net, const struct fib_route *r, u16 type);

/* fib_frontend.c */
int fib_ioctl(struct net *net, unsigned int cmd, void __user *arg);
void fib_add_ifaddr(struct in_ifaddr *ifa); /* [L] local, connected and broadcast routes of an address */
void fib_del_ifaddr(struct in_ifaddr *ifa);
void fib_proc_init(void);

/* route.c */
int ip_rt_init(struct net *net);
void ip_rt_exit(struct net *net);
void ip_rt_cache_init(void);
void rt_cache_flush(struct net *net);			   /* everything cached is asked for again */
void fib_route_cache_drop(struct fib_route *r);		   /* releases r->cache; after r left the table */
void rt_flush_dev(struct net *net, struct net_device *dev); /* rtables let go of a device that goes away */
/* Read before the tables are asked: an answer that bears it is outdated by whatever changed since then. */
/* True: the pair of addresses was for us last, too, and skb has its route. Softirq. */
static inline bool rt_hinted(struct net *net, struct sk_buff *skb, const struct net_device *dev,
			     const struct iphdr *iph)
{
	const struct rt_hint *h = this_cpu_ptr(net->ipv4->rt_hint);

	if (unlikely(h->daddr != iph->daddr || h->saddr != iph->saddr || h->dev != dev || h->genid != rt_genid(net)))
		return false;
	skb_dst_set_noref(skb, &net->ipv4->rt_deliver[RTN_LOCAL]->dst);
	return true;
}
/* For route_input.c. The rtable of a unicast route for one destination; with ref a reference is taken. NULL without
 * memory. RCU. */
struct rtable *rt_of_route(struct net *net, struct fib_route *r, __be32 daddr, u32 genid, bool ref);
/* A route that belongs to no table entry: to this host, broadcast, multicast, or on-link by SO_BINDTODEVICE. */
struct rtable *rt_special(struct net *net, struct net_device *dev, u8 type, __be32 daddr, u32 genid);
static inline struct rtable *skb_rtable(const struct sk_buff *skb) { return (struct rtable *)skb->dst; }
static inline u8 inet_sk_flowi_flags(const struct sock *sk)
{
	return (inet_sk(sk)->hdrincl | inet_sk(sk)->freebind | inet_sk(sk)->transparent) != 0;
}
#define FLOWI_FLAG_ANYSRC 1
/* metrics.c */
struct nlattr;
struct nl_msg;
int ip_metrics_parse(const struct nlattr *nest, struct dst_metrics **out, const char **why);
void ip_metrics_put(struct nl_msg *msg, const struct dst_metrics *m, u32 mtu);
/* pmtu.c */
u32 pmtu_lookup(struct net *net, __be32 daddr, u64 *expires_ns); /* 0: none known. RCU */
void pmtu_forget(struct net *net, u32 key, u32 plen); /* [L] a route to that prefix is gone */
int pmtu_init(struct net *net);
void pmtu_exit(struct net *net);

/* arp.c */
int arp_net_init(struct net *net);
void arp_register(void);
void arp_proc_init(void);
void arp_net_exit(struct net *net);
int arp_ioctl(struct net *net, unsigned int cmd, void __user *arg);
void arp_send(struct net_device *dev, u16 op, __be32 dest_ip, __be32 src_ip, const u8 *dest_hw, const u8 *target_hw);

/* ip_input.c, ip_forward.c, ip_options.c, ip_fragment.c */
int ip_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev);
int ip_local_deliver(struct sk_buff *skb);
int ip_forward(struct sk_buff *skb);
int ip_error(struct sk_buff *skb);
void ip_input_register(void);
void ip_offload_register(void); /* ip_offload.c */
extern const struct net_protocol *inet_protos[256];
#define IPSKB_FORWARDED BIT(0)
#define IPSKB_FRAG_COMPLETE BIT(1)
/* IPSKB_NODEFRAG_DF: reassembled from fragments that said DF. */
#define IPSKB_FRAG_PMTU BIT(2)

struct ip_options {		/* checked options of a packet or a socket */
	u8 optlen;		/* bytes in data, a multiple of 4 */
	u8 srr, rr, ts, ra;	/* offsets from the IP header's start; 0: absent */
	bool is_strictroute, changed, rr_needaddr, ts_needaddr, ts_needtime;
	__be32 faddr;		/* first hop of a source route (sending) */
	u8 data[40];
};
/* Checks the bytes in opt->data. net NULL or skb NULL: options from a program. 0, or -EINVAL with *pp the offset of
 * what is wrong. */
int ip_options_compile(struct net *net, struct ip_options *opt, struct sk_buff *skb, u8 *pp);
int ip_options_get(struct net *net, struct ip_options **out, sockptr_t from, unsigned int len); /* of setsockopt */
void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, __be32 daddr, __be32 saddr); /* sending */
void ip_options_fragment(struct iphdr *iph); /* in the 2nd and later fragments: only what is to be copied stays */
int ip_options_rcv(struct sk_buff *skb, struct net_device *dev); /* 0, or -EINVAL: caller drops */
void ip_forward_options(struct sk_buff *skb);
/* What an answer to skb, which came to its socket, would carry of its options: what is recorded, the source route
 * reversed. Bytes, a multiple of 4; -EINVAL where there is no room to record on. */
int ip_options_return(const struct sk_buff *skb, u8 out[40]);

/* Reassembles. 0: skb is now the whole datagram. -EINPROGRESS or -errno: skb was eaten. */
int ip_defrag(struct net *net, struct sk_buff **pskb);
int ip_frag_init(struct net *net);
void ip_frag_exit(struct net *net);
u32 ip_frag_mem(struct net *net);
u32 ip_frag_nqueues(struct net *net);

/* ip_output.c, ip_append.c */
int ip_output(struct net *net, struct sock *sk, struct sk_buff *skb);
int ip_mc_output(struct net *net, struct sock *sk, struct sk_buff *skb);
int ip_finish_output2(struct net *net, struct sock *sk, struct sk_buff *skb);
int ip_do_fragment(struct net *net, struct sock *sk, struct sk_buff *skb, u32 mtu);
u16 ip_draw_ident(struct net *net, const struct iphdr *iph, u32 segs);
/* One for each segment that the packet stands for: they count up from the one in its header.
 * A packet that nobody may fragment needs no unique id; a connection counts its own all the same, for old compressors.
 * Others draw from a counter that depends on both addresses, so that no third party can count our packets. */
static inline void ip_select_ident(struct net *net, struct sk_buff *skb, struct sock *sk)
{
	struct iphdr *iph = ip_hdr(skb);

	if (unlikely(!(iph->frag_off & htons(0x4000)) || skb->ignore_df)) {
		iph->id = htons(ip_draw_ident(net, iph, skb_gso_segs(skb)));
	} else if (sk && sk->sk_daddr) {
		iph->id = htons(inet_sk(sk)->inet_id);
		inet_sk(sk)->inet_id += (u16)skb_gso_segs(skb);
	} else {
		iph->id = 0;
	}
}
static inline void ip_send_check(struct iphdr *iph) { iph->check = 0; iph->check = ip_fast_csum(iph, iph->ihl); }
static inline int dst_output(struct net *net, struct sock *sk, struct sk_buff *skb)
{
	return skb->dst->output(net, sk, skb);
}
static inline u8 ip_sk_ttl(const struct net *net, const struct sock *sk, __be32 daddr)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (ipv4_is_multicast(daddr))
		return inet->mc_ttl;
	return inet->uc_ttl < 0 ? (u8)net->ipv4->sysctl.ip_default_ttl : (u8)inet->uc_ttl;
}
static inline bool ip_sk_dont_fragment(const struct sock *sk)
{
	return inet_sk(sk)->pmtudisc >= IP_PMTUDISC_WANT && inet_sk(sk)->pmtudisc <= IP_PMTUDISC_PROBE;
}
/* Appends len bytes to skb in pages, charged to sk when skb is. 0, -EFAULT, -ENOMEM, -EMSGSIZE. */
int ip_append_pages(struct sock *sk, struct sk_buff *skb, struct iov_iter *from, size_t len);
void ip_set_hdr(struct net *net, struct sock *sk, struct sk_buff *skb, const struct flowi4 *fl,
		const struct ipcm_cookie *ipc, u8 ttl);

/* UDP_CORK, MSG_MORE: a datagram under construction. [S] */
struct inet_cork { struct sk_buff *skb; struct flowi4 fl; struct ipcm_cookie ipc; size_t length; bool corked; u8 ttl; };
int ip_cork_start(struct sock *sk, struct flowi4 *fl, struct ipcm_cookie *ipc, struct rtable *rt, u32 transhdrlen);
int ip_cork_append(struct sock *sk, struct iov_iter *from, size_t len);
struct sk_buff *ip_cork_finish(struct sock *sk); /* headers of IP filled, the transport's left to the caller */
void ip_cork_flush(struct sock *sk);

/* icmp.c, icmp_rate.c */
int icmp_rcv(struct sk_buff *skb);
void icmp_register(void);
bool icmp_allow(struct net *net, __be32 daddr, u8 type); /* takes a token from both buckets */
void icmp_out_count(struct net *net, u8 type);
/* Pushes the IP header of a message made here (route set) and sends it; ip_output.c. Eats skb. */
void icmp_send_prepared(struct net *net, struct sk_buff *skb, const struct flowi4 *fl, u8 tos);

void ip_reject_register(void); /* ip_reject.c */

/* igmp.c */
int igmp_rcv(struct sk_buff *skb);
void igmp_register(void);
bool ip_check_mc_rcu(struct in_device *in, __be32 group);
int ip_mc_join_group(struct sock *sk, const struct ip_mreqn *imr);  /* [S] */
int ip_mc_leave_group(struct sock *sk, const struct ip_mreqn *imr); /* [S] */
void ip_mc_drop_socket(struct sock *sk);
bool ip_mc_sf_allow(const struct sock *sk, __be32 group, int dif); /* has the socket joined it there? */
void ip_mc_up(struct in_device *in);
void ip_mc_down(struct in_device *in);
void ip_mc_destroy_dev(struct in_device *in);

#ifndef SOCK_BINDADDR_LOCK
#define SOCK_BINDADDR_LOCK 4
#define SOCK_BINDPORT_LOCK 8
#endif

/* raw.c, ping.c */
struct netns_raw { spinlock_t lock; struct hlist_head hash[256]; /* [R] by protocol */ };
bool raw_deliver(struct sk_buff *skb, u8 protocol); /* clones for each raw socket; true when one took it */
/* The same; mostly there is none. */
static inline bool raw_local_deliver(struct net *net, struct sk_buff *skb, u8 protocol)
{
	return unlikely(!hlist_empty(&net->raw->hash[protocol])) && raw_deliver(skb, protocol);
}
void raw_icmp_error(struct sk_buff *skb, u8 protocol, u32 info);
void raw_register(void);
bool ping_rcv(struct sk_buff *skb);	/* echo replies; true: skb was queued (eaten) */
void ping_err(struct sk_buff *skb, u32 info);
void ping_register(void);
int ping_net_init(struct net *net);
void ping_net_exit(struct net *net);
ssize_t raw_recvmsg(struct sock *sk, struct msghdr_kern *msg, size_t len, int flags);
int ip4_datagram_connect(struct sock *sk, struct sockaddr *addr, int len); /* [S] */
int ip4_datagram_disconnect(struct sock *sk, int flags);			   /* [S] */
static inline void ip4_datagram_store(struct sock *sk, __be32 local, __be32 peer, __be16 peer_port)
{
	WRITE_ONCE(sk->sk_rcv_saddr, local);
	WRITE_ONCE(sk->sk_daddr, peer);
	WRITE_ONCE(sk->sk_dport, peer_port);
}
int ip4_datagram_ioctl(struct sock *sk, int cmd, unsigned long arg);
int ip4_no_backlog(struct sock *sk, struct sk_buff *skb);
extern struct proto raw_prot, ping_prot;

/* ip_sockglue.c, ip_cmsg.c, ip_error_queue.c */
bool ip_mtu_accepts(const struct sock *sk);
int ip_opt_get_int(sockptr_t val, unsigned int len, int *out);
/* sysctl.c, proc.c */
void ipv4_sysctl_init(struct net *net);
void ipv4_sysctl_register(struct net *net);
void ipv4_sysctl_register_dev(struct in_device *in);   /* [L] */
void ipv4_sysctl_unregister_dev(struct in_device *in); /* [L] */
void ipv4_proc_init(void);
