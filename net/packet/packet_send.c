/* net/packet/packet_send.c - a program sends a frame
 *
 * What:   SOCK_RAW brings the whole frame, SOCK_DGRAM what is behind a link header that the device makes.
 * Called: net/socket, process context.
 * Calls:  dev_queue_xmit(): past IP, its hooks and the neighbour table.
 * Locks:  the device is referenced for the length of the call.
 */
#include "net/core/vnet_hdr.h"
#include "net/packet/internal.h"

struct frame {			/* one sendmsg */
	struct net_device *dev; /* referenced */
	__be16 protocol;
	const u8 *daddr; /* NULL: none given */
	struct virtio_net_hdr vh;
};

/* Where to: the message's address, or what the socket is bound to. 0 and a referenced device, or -errno. */
static int find_target(struct packet_sock *po, const struct msghdr_kern *msg, struct frame *f)
{
	const struct sockaddr_ll *sll = msg->msg_name;
	u32 ifindex = (u32)READ_ONCE(po->ifindex);
	int room = msg->msg_namelen - (int)offsetof(struct sockaddr_ll, sll_addr);

	f->protocol = READ_ONCE(po->num);
	f->daddr = NULL;
	if (sll) {
		if (msg->msg_namelen < (int)sizeof(*sll) || room < sll->sll_halen)
			return -EINVAL;
		ifindex = (u32)sll->sll_ifindex;
		f->protocol = sll->sll_protocol;
		f->daddr = sll->sll_halen ? sll->sll_addr : NULL;
	}
	rcu_read_lock();
	f->dev = dev_get_by_index(po->sk.sk_net, ifindex);
	if (f->dev)
		dev_hold(f->dev);
	rcu_read_unlock();
	if (!f->dev)
		return -ENXIO;
	if (po->sk.sk_type == SOCK_DGRAM && sll && room < f->dev->addr_len)
		return -EINVAL;
	return netif_running(f->dev) ? 0 : -ENETDOWN;
}

static int read_vnet_hdr(struct msghdr_kern *msg, struct frame *f, size_t *len)
{
	if (*len < sizeof(f->vh))
		return -EINVAL;
	if (!copy_from_iter_full(&f->vh, sizeof(f->vh), &msg->msg_iter))
		return -EFAULT;
	*len -= sizeof(f->vh);
	return vnet16(f->vh.hdr_len) > *len ? -EINVAL : 0;
}

static int check_length(const struct packet_sock *po, const struct frame *f, size_t len)
{
	u32 hard = po->sk.sk_type == SOCK_RAW ? f->dev->hard_header_len : 0;

	if (po->sk.sk_type == SOCK_RAW && len < hard)
		return -EINVAL;
	if (po->vnet_hdr && f->vh.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return len > U16_MAX + hard ? -EMSGSIZE : 0;
	return len > (size_t)f->dev->mtu + hard ? -EMSGSIZE : 0;
}

/* Headers of the frame are where the layers below look for them. 0 or -errno. */
static int finish(const struct packet_sock *po, const struct frame *f, struct sk_buff *skb)
{
	u32 hard = f->dev->hard_header_len;

	skb->dev = f->dev;
	skb->protocol = f->protocol;
	skb->priority = po->sk.sk_priority;
	skb->mark = po->sk.sk_mark;
	skb_reset_network_header(skb);
	if (po->sk.sk_type == SOCK_DGRAM)
		return dev_hard_header(skb, f->dev, ntohs(f->protocol), f->daddr, NULL, skb->len) < 0 ? -EINVAL : 0;
	if (!pskb_may_pull(skb, hard))
		return -EINVAL;
	skb->network_header = (u16)(skb_headroom(skb) + hard);
	skb_reset_mac_header(skb);
	if ((!skb->protocol || skb->protocol == htons(ETH_P_ALL)) && f->dev->header_ops == &eth_header_ops)
		skb->protocol = ((const struct ethhdr *)skb->data)->h_proto;
	return po->vnet_hdr ? vnet_hdr_to_skb(skb, &f->vh, f->dev->header_ops == &eth_header_ops) : 0;
}

static ssize_t send_frame(struct packet_sock *po, struct msghdr_kern *msg, struct frame *f, size_t len)
{
	u32 room = ALIGN_UP(f->dev->hard_header_len + 16u, 16u), linear = (u32)min(len, (size_t)2048), charged;
	struct sk_buff *skb;
	int err = check_length(po, f, len);

	if (err)
		return err;
	skb = sock_alloc_send_skb(&po->sk, room + linear, msg->msg_flags & MSG_DONTWAIT, &err);
	if (!skb)
		return err;
	skb_reserve(skb, room);
	skb_put(skb, linear);
	charged = skb->truesize;
	err = skb_append_pages(skb, (u32)len - linear, GFP_KERNEL);
	atomic_add((int)(skb->truesize - charged), &po->sk.sk_wmem_alloc);
	if (!err)
		err = skb_copy_datagram_from_iter(skb, 0, &msg->msg_iter, (u32)len);
	if (!err)
		err = finish(po, f, skb);
	if (err) {
		consume_skb(skb);
		return err;
	}
	err = dev_queue_xmit(skb);
	return err > 0 ? -ENOBUFS : err < 0 ? err : (ssize_t)len;
}

ssize_t packet_sendmsg(struct socket *sock, struct msghdr_kern *msg, size_t len)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	struct frame f = { 0 };
	size_t total = len;
	ssize_t ret = find_target(po, msg, &f);

	if (!ret && po->vnet_hdr)
		ret = read_vnet_hdr(msg, &f, &len);
	if (!ret)
		ret = send_frame(po, msg, &f, len);
	if (f.dev)
		dev_put(f.dev);
	return ret < 0 ? ret : (ssize_t)total;
}
