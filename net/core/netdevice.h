/* net/core/netdevice.h - network devices, NAPI, and the doors between driver and stack */
#pragma once
#include "kernel/sync/mutex.h"
#include "kernel/time/timer.h"
#include "net/core/net_namespace.h"
#include "net/core/skbuff.h"
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define NAPI_POLL_WEIGHT 64
#define MAX_ADDR_LEN 32
typedef enum { NETDEV_TX_OK = 0, NETDEV_TX_BUSY = 0x10 } netdev_tx_t;
#define NET_RX_SUCCESS 0
#define NET_RX_DROP 1
#define NET_XMIT_SUCCESS 0
#define NET_XMIT_DROP 1
#define NET_XMIT_CN 2
typedef u64 netdev_features_t;
#define NETIF_F_SG BIT(0)
#define NETIF_F_HW_CSUM BIT(3)
#define NETIF_F_RXCSUM BIT(4)
#define NETIF_F_TSO BIT(5)
#define NETIF_F_GSO BIT(6)
#define NETIF_F_GRO BIT(7)
#define NETIF_F_LOOPBACK BIT(8)
#define NETIF_F_FRAGLIST BIT(9) /* packets with a frag_list */
#define NETIF_F_GSO_ROBUST BIT(10) /* GSO packets whose headers nobody checked */
#define NETIF_F_TSO_ECN BIT(11)	/* CWR in the first segment alone */
#define NETIF_F_TSO_MANGLEID BIT(12) /* the same IP identification in all segments */
#define NETIF_F_ALL_TSO (NETIF_F_TSO | NETIF_F_TSO_ECN | NETIF_F_TSO_MANGLEID | NETIF_F_GSO_ROBUST)
#define NETIF_F_SOFT_FEATURES (NETIF_F_GSO | NETIF_F_GRO) /* every device has them */

struct net_device;
struct neighbour;
struct in_device;
struct ifreq;

#define GRO_HASH_BUCKETS 8
struct gro_bucket { struct sk_buff *list; u32 count; }; /* the latest first */

/* One receive context of a driver. poll: called in NET_RX softirq, takes at most budget packets, returns how many;
 * below budget it has called napi_complete_done() and unmasked its interrupt if that said so. */
struct napi_struct {
	struct list_head poll_list;	/* [P] */
	unsigned long state;		/* NAPI_STATE_*, atomic bits */
	int weight;			/* [C] */
	int (*poll)(struct napi_struct *n, int budget);
	struct net_device *dev;
	struct list_head dev_list;	/* of dev->napi_list; RCU */
	struct sk_buff *rx_list, *rx_tail; /* packets held back for one batch up the stack */
	struct gro_bucket gro_hash[GRO_HASH_BUCKETS]; /* packets that others may continue */
	u8 gro_bitmask;			/* buckets that hold some */
	struct sk_buff *gro_last;	/* the latest held one with gro_next(): asked first about the next packet */
	u64 gro_packets, gro_segments;	/* made of several, and of how many */
	u64 polls, full_polls, packets, interrupts, switches_to_poll, switches_to_irq;
	u8 polling;			/* in poll mode since the last interrupt */
	u32 defer_hard_irqs_count;	/* polls by the timer that are left before the interrupt is unmasked */
	struct hrtimer timer;		/* of these polls */
};
#define NAPI_STATE_SCHED 0
#define NAPI_STATE_DISABLE 1
#define NAPI_STATE_MISSED 2

struct net_device_stats64 {
	u64 rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped, multicast,
		collisions;
	u64 rx_length_errors, rx_over_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors, rx_missed_errors;
	u64 tx_aborted_errors, tx_carrier_errors, tx_fifo_errors, tx_heartbeat_errors, tx_window_errors;
};

/* Hooks of a driver; those without "may be NULL" are required, and register_netdev refuses without them. */
struct net_device_ops {
	int (*ndo_open)(struct net_device *dev);	/* IFF_UP; rtnl held, may sleep; 0 or -errno */
	int (*ndo_stop)(struct net_device *dev);	/* the reverse; after it the driver calls nothing */
	/* Eats skb on OK; BUSY means the queue should have been stopped: skb is requeued. tx lock held, BH off.
	 * When netdev_xmit_more() the doorbell may wait for the next call. */
	netdev_tx_t (*ndo_start_xmit)(struct sk_buff *skb, struct net_device *dev);
	void (*ndo_get_stats64)(struct net_device *dev, struct net_device_stats64 *s); /* may be NULL */
	int (*ndo_set_mac_address)(struct net_device *dev, const u8 *addr);	/* may be NULL: EOPNOTSUPP */
	int (*ndo_change_mtu)(struct net_device *dev, u32 mtu);			/* may be NULL: any in min..max */
	/* may be NULL; promisc or multicast changed */
	void (*ndo_set_rx_mode)(struct net_device *dev);
	void (*ndo_tx_timeout)(struct net_device *dev);				/* may be NULL; watchdog, softirq */
	int (*ndo_do_ioctl)(struct net_device *dev, struct ifreq *ifr, int cmd);/* may be NULL */
};
/* What SIOCETHTOOL asks a driver; rtnl held, may sleep. Every hook may be NULL: EOPNOTSUPP. */
struct ethtool_drvinfo;
struct ethtool_ringparam;
struct ethtool_ops {
	void (*get_drvinfo)(struct net_device *dev, struct ethtool_drvinfo *info);
	void (*get_ringparam)(struct net_device *dev, struct ethtool_ringparam *p);
	int (*set_ringparam)(struct net_device *dev, const struct ethtool_ringparam *p);
	/* Returns how many statistics there are; names gets ETH_GSTRING_LEN bytes for each, unless NULL. */
	int (*get_strings)(struct net_device *dev, char *names);
	void (*get_stats)(struct net_device *dev, u64 *values);
};
/* Link layer: what ethernet, loopback ... add around a packet. */
struct header_ops {
	/* Pushes the link header; daddr NULL: leave for the neighbour. Bytes pushed or -errno. */
	int (*create)(struct sk_buff *skb, struct net_device *dev, u16 type, const void *daddr, const void *saddr,
		      u32 len);
	int (*parse)(const struct sk_buff *skb, u8 *haddr); /* source address; its length */
};

/* Devices that netlink may delete: what they are called, and how their driver lets go (rtnl held, may sleep; the caller
 * unregisters and frees the device). */
struct rtnl_link_ops { const char *kind; void (*dellink)(struct net_device *dev); };

/* The queue of a device: a pfifo of tx_queue_len, or as tc says (rtnl_qdisc.c), bypassed when empty. */
struct netdev_queue {
	struct net_device *dev;
	spinlock_t _xmit_lock;		/* serialises ndo_start_xmit */
	bool xmit_more;			/* under _xmit_lock; another packet follows at once */
	unsigned long state;		/* bit 0: stopped by the driver; bit 1: its drain is scheduled */
	struct sk_buff_head q;		/* waiting packets; q.lock guards it */
	struct netdev_queue *next_sched; /* [P] of the CPU that will drain it; state bit 1 says it is on such a list */
	u64 trans_start_ns, trans_timeout;
	u64 restarts, requeues;
	atomic64_t drops;		/* for want of room in q */
	u32 handle, limit;		/* rtnl writes; 0: nobody named it, and the limit is tx_queue_len */
	u64 packets_before, bytes_before; /* rtnl; what the device had sent when it was named */
};

struct net_device {
	char name[IFNAMSIZ];
	char sysfs_name[IFNAMSIZ];	/* rtnl; the name under which /sys knows it */
	u32 ifindex;
	u32 flags;			/* IFF_* as programs see it */
	bool carrier, registered;
	bool lockless_tx;		/* [C] ndo_start_xmit needs neither tx lock nor queue (software devices) */
	u16 type;			/* ARPHRD_* */
	u16 hard_header_len;
	u8 addr_len;
	u32 mtu, min_mtu, max_mtu;
	u8 dev_addr[MAX_ADDR_LEN], broadcast[MAX_ADDR_LEN];
	netdev_features_t features;	/* in use; changed under rtnl */
	netdev_features_t hw_features;	/* [C] may be switched */
	netdev_features_t wanted_features; /* what was asked for; rtnl */
	u32 gso_max_size, gso_max_segs;	/* [C] the largest GSO packet it takes whole */
	u32 tx_queue_len;
	u64 gro_flush_timeout;		/* ns until NAPI's timer polls; 0: only interrupts do */
	u32 napi_defer_hard_irqs;	/* polls by the timer after one that found something */
	int promiscuity, allmulti;	/* [L] how many want it */
	const struct net_device_ops *netdev_ops;
	const struct header_ops *header_ops;
	const struct ethtool_ops *ethtool_ops; /* may be NULL */
	const struct rtnl_link_ops *rtnl_link_ops; /* may be NULL: not to be deleted by programs */
	struct in_device *ip_ptr;	/* IPv4's part, RCU */
	struct netdev_queue tx;
	struct list_head dev_list;	/* of the net */
	struct net *net;
	struct list_head ptype_all;	/* taps on this device */
	struct net_device_stats64 stats; /* counters the driver keeps itself go through ndo_get_stats64 */
	struct pcpu_dstats *dstats;	/* alloc_percpu */
	struct timer_list watchdog;
	u64 watchdog_timeo_ns;
	u32 tx_dropped;
	refcount_t refcnt;
	struct list_head napi_list;	/* for /proc/net/napi */
	int irq;
	void *priv;			/* driver's own, priv_size bytes behind the structure */
};
/* [P], with BH off. Drivers count what they passed up, and what they sent. */
struct pcpu_dstats { u64 rx_packets, rx_bytes, rx_dropped, tx_packets, tx_bytes, tx_dropped, multicast; };

/* Life. alloc: name may hold "%d". register: 0 or -errno (EEXIST, EINVAL for incomplete ops); rtnl not held. */
struct net_device *alloc_netdev(size_t priv_size, const char *name, void (*setup)(struct net_device *));
void free_netdev(struct net_device *dev);
int register_netdev(struct net *net, struct net_device *dev);
int register_netdevice(struct net *net, struct net_device *dev); /* the same with rtnl held */
void unregister_netdev(struct net_device *dev);
/* The same in two steps, for who holds rtnl: nobody finds the device any more after the first; the second is for when
 * rtnl is free, sleeps until nobody holds the device, and frees it. */
void unregister_netdevice(struct net_device *dev);
void netdev_free_when_unused(struct net_device *dev);
static inline void *netdev_priv(const struct net_device *dev) { return dev->priv; }
void ether_setup(struct net_device *dev);
void rtnl_lock(struct net *net);
void rtnl_unlock(struct net *net);
struct net_device *dev_get_by_name(struct net *net, const char *name);	/* under RCU or rtnl: not referenced */
struct net_device *dev_get_by_index(struct net *net, u32 ifindex);
static inline void dev_hold(struct net_device *dev) { refcount_inc(&dev->refcnt); }
static inline void dev_put(struct net_device *dev) { (void)refcount_dec_and_test(&dev->refcnt); } /* its own stays */
int dev_open(struct net_device *dev);	/* rtnl held */
void dev_close(struct net_device *dev);
int dev_change_flags(struct net_device *dev, u32 flags);
int dev_set_mtu(struct net_device *dev, u32 mtu);
int dev_set_mac_address(struct net_device *dev, const u8 *addr); /* rtnl held */
int dev_change_name(struct net_device *dev, const char *name);	 /* rtnl held; -EBUSY while up */
void dev_set_promiscuity(struct net_device *dev, int by);	 /* rtnl held; +1 or -1, counted */
void dev_set_allmulti(struct net_device *dev, int by);		 /* the same for all groups */
void dev_get_stats(struct net_device *dev, struct net_device_stats64 *s);
/* How many packets may wait. */
static inline u32 netdev_queue_limit(const struct netdev_queue *txq)
{
	return READ_ONCE(txq->handle) ? READ_ONCE(txq->limit) : READ_ONCE(txq->dev->tx_queue_len);
}
const char *qdisc_kind(const struct net_device *dev); /* what IFLA_QDISC and tc call its queue */
#define for_each_netdev_rcu(net, d) list_for_each_entry_rcu(d, &(net)->dev_base_head, dev_list)

/* Told of changes, under rtnl: addresses and routes follow devices. */
enum netdev_event {
	NETDEV_UP = 1,
	NETDEV_DOWN,
	NETDEV_CHANGE,
	NETDEV_REGISTER,
	NETDEV_UNREGISTER,
	NETDEV_CHANGEMTU,
	NETDEV_CHANGEADDR,
	NETDEV_CHANGENAME
};
struct netdev_notifier { void (*call)(struct net_device *dev, enum netdev_event ev); struct netdev_notifier *next; };
void register_netdevice_notifier(struct netdev_notifier *n); /* at start */

/* NAPI */
void netif_napi_add(struct net_device *dev, struct napi_struct *n, int (*poll)(struct napi_struct *, int));
void netif_napi_del(struct napi_struct *n);
void napi_enable(struct napi_struct *n);
void napi_disable(struct napi_struct *n); /* sleeps until a running poll is over */
/* Hard interrupt: true when the caller shall mask its device and call __napi_schedule(). */
bool napi_schedule_prep(struct napi_struct *n);
void __napi_schedule(struct napi_struct *n);
static inline void napi_schedule(struct napi_struct *n) { if (napi_schedule_prep(n)) __napi_schedule(n); }
/* End of a poll below its budget: hands up what was held back. True: unmask the device. */
bool napi_complete_done(struct napi_struct *n, int done);

/* Receive. skb->dev set, protocol set by eth_type_trans(), data at the network header. All eat skb; softirq. */
static inline void napi_batch_add(struct napi_struct *n, struct sk_buff *skb)
{
	skb->next = NULL;
	if (n->rx_tail)
		n->rx_tail->next = skb;
	else
		n->rx_list = skb;
	n->rx_tail = skb;
}
/* To the packets of this poll. When it is over they are put together by flow (gro.c) and go up as one batch. */
static inline void napi_gro_receive(struct napi_struct *n, struct sk_buff *skb) { napi_batch_add(n, skb); }
int netif_receive_skb(struct sk_buff *skb);
/* From any context: queues to this CPU's backlog, a NAPI of its own. */
int netif_rx(struct sk_buff *skb);
u8 eth_pkt_type(const struct net_device *dev, const u8 *dest);
__be16 eth_type_of_length(const struct sk_buff *skb);
/* Takes the header off, sets dev, mac_header and pkt_type; returns the EtherType for skb->protocol. A frame shorter
 * than its header gets type 0, which nobody handles; the driver has made sure that the header lies in the head. */
static inline __be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;

	skb->dev = dev;
	skb_reset_mac_header(skb);
	if (unlikely(skb->len < ETH_HLEN))
		return 0;
	__skb_pull(skb, ETH_HLEN);
	/* Six bytes of each, as the upper ones of a word. */
	if (unlikely((get_unaligned((const u64 *)eth) ^ get_unaligned((const u64 *)dev->dev_addr)) << 16))
		skb->pkt_type = eth_pkt_type(dev, eth->h_dest);
	return likely(ntohs(eth->h_proto) >= ETH_P_802_3_MIN) ? eth->h_proto : eth_type_of_length(skb);
}

/* Protocol handlers by EtherType, or ETH_P_ALL taps. func eats skb. Registered in struct net (taps) or at start. */
struct packet_type {
	__be16 type;
	struct net_device *dev;		/* NULL: any */
	int (*func)(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev);
	/* A batch of one type from one device; NULL: func for each. */
	void (*list_func)(struct sk_buff *list, struct packet_type *pt);
	void *af_packet_priv;
	bool ignore_outgoing;		/* taps: only what arrives */
	struct list_head list;
	struct net *net;		/* taps only */
};
void dev_add_pack(struct packet_type *pt);
void dev_remove_pack(struct packet_type *pt); /* may sleep */

/* Transmit. dev_queue_xmit eats skb always; NET_XMIT_* or -errno. Process or softirq; BH may be on. */
int dev_queue_xmit(struct sk_buff *skb);
/* In ndo_start_xmit of a device that needs the lock. */
static inline bool netdev_xmit_more(const struct net_device *dev) { return dev->tx.xmit_more; }
/* Between these, packets of this CPU gather in the devices' queues and then leave as one batch with one doorbell. BH is
 * off between. They nest. TCP brackets a burst with them; NET_RX does so for each poll. */
void dev_xmit_batch_start(void);
void dev_xmit_batch_end(void);
void netif_stop_queue(struct net_device *dev);
void netif_wake_queue(struct net_device *dev);	/* any context */
static inline bool netif_queue_stopped(const struct net_device *dev) { return READ_ONCE(dev->tx.state) & 1; }
static inline void netif_start_queue(struct net_device *dev)
{
	__atomic_fetch_and(&dev->tx.state, ~1UL, __ATOMIC_RELEASE);
}
void netif_carrier_on(struct net_device *dev);	/* any context; operstate follows */
void netif_carrier_off(struct net_device *dev);
static inline bool netif_running(const struct net_device *dev) { return dev->flags & IFF_UP; }
static inline bool netif_carrier_ok(const struct net_device *dev) { return dev->carrier; }
static inline int dev_hard_header(struct sk_buff *skb, struct net_device *dev, u16 type, const void *d, const void *s,
				  u32 len)
{
	return dev->header_ops ? dev->header_ops->create(skb, dev, type, d, s, len) : 0;
}
extern const struct header_ops eth_header_ops;
/* What a driver cannot do is done for it: cut, linear, checksum filled in. A list by ->next: one packet, or its
 * segments in order. Eats skb and returns NULL on failure. */
struct sk_buff *validate_xmit_skb(struct sk_buff *skb);
static inline void dev_count_rx(struct net_device *dev, u64 packets, u64 bytes)
{
	struct pcpu_dstats *s = this_cpu_ptr(dev->dstats);

	s->rx_packets += packets;
	s->rx_bytes += bytes;
}
static inline void dev_count_tx(struct net_device *dev, u64 packets, u64 bytes)
{
	struct pcpu_dstats *s = this_cpu_ptr(dev->dstats);

	s->tx_packets += packets;
	s->tx_bytes += bytes;
}
void dev_init(void); /* softnet data, softirqs, backlog NAPI */
void loopback_init(void); /* drivers/net/loopback.c; after all rooms, for their notifiers hear of the device */
