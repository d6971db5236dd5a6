/* net/packet/packet_rcv.c - a frame arrives or leaves, and a packet socket takes a copy of it
 *
 * What:   the hook that queues frames, and recvmsg.
 * Called: net/core for each frame that the hook names, in softirq or with BH off, under RCU; net/socket.
 * Calls:  sock_filter.c, datagram.c.
 * Locks:  the receive queue's own, also for the counters.
 */
#include "net/core/sock_filter.h"
#include "net/core/vnet_hdr.h"
#include "net/packet/internal.h"

/* skb is a clone of our own: its data may be moved. SOCK_RAW sees the link header, SOCK_DGRAM what is behind it. */
u32 packet_look(struct packet_sock *po, struct sk_buff *skb)
{
	if (po->sk.sk_type != SOCK_DGRAM)
		skb_push(skb, (u32)(skb->data - (unsigned char *)skb_mac_header(skb)));
	else if (skb->pkt_type == PACKET_OUTGOING)
		skb_pull(skb, min(skb_network_offset(skb), skb_headlen(skb)));
	return min(sk_filter_run(&po->sk, skb), skb->len);
}

void packet_fill_sll(struct packet_sock *po, struct sk_buff *skb, const struct net_device *orig_dev,
		     struct sockaddr_ll *sll)
{
	const struct net_device *dev = skb->dev;
	u8 addr[MAX_ADDR_LEN] = { 0 };

	*sll = (struct sockaddr_ll){ .sll_family = AF_PACKET,
				     .sll_hatype = dev->type,
				     .sll_protocol = skb->protocol,
				     .sll_pkttype = skb->pkt_type,
				     .sll_ifindex = (int)(po->origdev ? orig_dev : dev)->ifindex };
	if (dev->header_ops)
		sll->sll_halen = (u8)dev->header_ops->parse(skb, addr);
	memcpy(sll->sll_addr, addr, sizeof(sll->sll_addr));
}

static int no_room(struct packet_sock *po, struct sk_buff *skb)
{
	spin_lock_bh(&po->sk.sk_receive_queue.lock);
	po->stat_drops++;
	spin_unlock_bh(&po->sk.sk_receive_queue.lock);
	atomic_inc(&po->sk.sk_drops);
	kfree_skb_reason(skb, SKB_DROP_REASON_SOCKET_RCVBUFF);
	return 0;
}

int packet_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
{
	struct packet_sock *po = pkt_sk(pt->af_packet_priv);
	struct packet_skb_cb *cb;
	u32 keep;

	if (skb->pkt_type == PACKET_LOOPBACK) { /* what a sender on this host loops back to itself */
		consume_skb(skb);
		return 0;
	}
	keep = packet_look(po, skb);
	if (!keep) {
		consume_skb(skb);
		return 0;
	}
	if (atomic_read(&po->sk.sk_rmem_alloc) >= READ_ONCE(po->sk.sk_rcvbuf))
		return no_room(po, skb);
	cb = PACKET_SKB_CB(skb);
	packet_fill_sll(po, skb, orig_dev, &cb->sll);
	cb->origlen = skb->len;
	skb_dst_drop(skb);
	if (pskb_trim(skb, keep))
		return no_room(po, skb);
	spin_lock_bh(&po->sk.sk_receive_queue.lock);
	po->stat_packets++;
	spin_unlock_bh(&po->sk.sk_receive_queue.lock);
	return __sock_queue_rcv_skb(&po->sk, skb);
}

/* --- recvmsg --- */

static void put_auxdata(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	struct tpacket_auxdata aux = { .tp_status = TP_STATUS_USER,
				       .tp_len = PACKET_SKB_CB(skb)->origlen,
				       .tp_snaplen = skb->len,
				       .tp_net = (u16)skb_network_offset(skb) };

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		aux.tp_status |= TP_STATUS_CSUMNOTREADY;
	else if (skb->pkt_type != PACKET_OUTGOING && skb_csum_unnecessary(skb))
		aux.tp_status |= TP_STATUS_CSUM_VALID;
	put_cmsg(msg, SOL_PACKET, PACKET_AUXDATA, sizeof(aux), &aux);
}

static void put_name(struct msghdr_kern *msg, const struct sk_buff *skb)
{
	struct sockaddr_ll *sll = msg->msg_name;

	if (!sll)
		return;
	*sll = PACKET_SKB_CB(skb)->sll;
	msg->msg_namelen = sizeof(*sll);
}

/* The frame, before it the virtio header when the socket wants it. 0 or -errno; *len is cut to what fits. */
static int put_frame(struct packet_sock *po, struct msghdr_kern *msg, const struct sk_buff *skb, size_t *len)
{
	struct virtio_net_hdr vh;

	if (po->vnet_hdr) {
		if (*len < sizeof(vh))
			return -EINVAL;
		vnet_hdr_from_skb(skb, &vh);
		if (copy_to_iter(&vh, sizeof(vh), &msg->msg_iter) != sizeof(vh))
			return -EFAULT;
		*len -= sizeof(vh);
	}
	if (skb->len > *len)
		msg->msg_flags |= MSG_TRUNC;
	*len = min(*len, (size_t)skb->len);
	return skb_copy_datagram_iter(skb, 0, &msg->msg_iter, (u32)*len);
}

ssize_t packet_recvmsg(struct socket *sock, struct msghdr_kern *msg, size_t len, int flags)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	struct sk_buff *skb;
	ssize_t ret;
	int err, off;

	if (flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC))
		return -EINVAL;
	skb = skb_recv_datagram(&po->sk, (unsigned int)flags, &off, &err);
	if (!skb)
		return err;
	err = put_frame(po, msg, skb, &len);
	if (!err) {
		sock_recv_cmsgs(msg, &po->sk, skb);
		put_name(msg, skb);
		if (po->auxdata)
			put_auxdata(msg, skb);
	}
	ret = (po->vnet_hdr ? (ssize_t)sizeof(struct virtio_net_hdr) : 0) +
		(flags & MSG_TRUNC ? skb->len : (ssize_t)len);
	skb_free_datagram(&po->sk, skb);
	return err ? err : ret;
}
