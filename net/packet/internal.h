/* net/packet/internal.h - packet sockets, as the files of this room share them
 *
 * Locks: [L] net->rtnl: binding, hooks and memberships follow devices. [Q] sk_receive_queue.lock: ring and counters,
 * which softirq changes. [C] constant. Order: rtnl, then the socket's owner, then [Q].
 */
#pragma once
#include "net/core/netdevice.h"
#include "net/core/sock.h"
#include <linux/if_packet.h>

struct netns_packet {
	struct list_head socks;
}; /* [L] all packet sockets of the stack */

struct packet_mclist { /* one PACKET_ADD_MEMBERSHIP; several equal ones count */
	struct packet_mclist *next;
	u32 ifindex, count;
	u16 type, alen;
	u8 addr[MAX_ADDR_LEN];
};

struct packet_ring { /* [Q] PACKET_RX_RING: frames in memory that the program maps */
	char *mem;   /* NULL: none */
	size_t bytes;
	u32 block_size, frame_size, frames_per_block, frames, head;
};

struct packet_sock {
	struct sock sk;
	struct list_head node;		 /* [L] */
	struct packet_type hook;	 /* [L] .dev referenced while bound to one */
	bool running;			 /* [L] hook is in the registry */
	int ifindex;			 /* [L] 0: any device; -1: it went away */
	__be16 num;			 /* [L] EtherType wanted, 0: nothing */
	bool auxdata, origdev, vnet_hdr; /* single words, read without lock */
	u32 stat_packets, stat_drops;	 /* [Q] */
	struct packet_mclist *mclist;	 /* [L] */
	struct packet_ring ring;	 /* [Q] */
	u32 tp_version, tp_reserve;	 /* [S]; fixed while there is a ring */
	atomic_t mapped;		 /* areas that programs have of the ring */
};
static inline struct packet_sock *pkt_sk(const struct sock *sk) { return (struct packet_sock *)sk; }

/* What a queued packet keeps in skb->cb; the queue's own word lies at its end. */
struct packet_skb_cb {
	struct sockaddr_ll sll;
	u32 origlen;
};
#define PACKET_SKB_CB(skb) ((struct packet_skb_cb *)(skb)->cb)

/* packet_rcv.c: softirq. Eats skb. */
int packet_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev);
ssize_t packet_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags);
/* Who sent it, from where it came; addr up to sizeof(sll_addr). */
void packet_fill_sll(struct packet_sock *po, struct sk_buff *skb, const struct net_device *orig_dev,
		     struct sockaddr_ll *sll);
/* Puts data back to where the program wants it, and asks the filter. How many bytes to keep; 0: none. */
u32 packet_look(struct packet_sock *po, struct sk_buff *skb);
/* packet_send.c */
ssize_t packet_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len);
/* packet_opt.c */
int packet_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len);
int packet_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len);
void packet_flush_mclist(struct packet_sock *po, u32 ifindex); /* [L]; 0: all */
/* packet_ring.c */
int tpacket_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev);
int packet_set_ring(struct packet_sock *po, const struct tpacket_req *req); /* [L]; block_nr 0 takes it away */
int packet_mmap(struct file *f, struct socket *sock, struct vm_area_struct *vma);
bool packet_ring_readable(struct packet_sock *po);
u32 tpacket_hdrlen(u32 version); /* bytes; 0: no such version here */
void packet_free_ring(struct packet_sock *po);
/* af_packet.c: [L] */
void packet_hook(struct packet_sock *po);
void packet_unhook(struct packet_sock *po);
