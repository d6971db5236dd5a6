/* drivers/net/tun/tun_io.c - packets between a program and the stack
 *
 * What:   one read is one packet that the stack sent, one write one packet that it receives. In front may stand a
 *         struct tun_pi (unless IFF_NO_PI) and a virtio header (IFF_VNET_HDR), which says what of checksum and
 *         segmentation is left to do.
 * Called: programs, in process context.
 * Calls:  netif_receive_skb(), with BH off, so that a write returns after the packet was served.
 * Locks:  none beyond the queue's: the device is referenced for the length of a call.
 */
#include "drivers/net/tun/tun.h"
#include "kernel/process/process.h"
#include "net/core/vnet_hdr.h"
#include <linux/ip.h>

#define TUN_HEADROOM 64u     /* for link headers, should the packet be forwarded */
#define TUN_LINEAR_MAX 2048u /* what lies beyond goes into pages */
#define TUN_PACKET_MAX (65535u + ETH_HLEN + 4)

void tun_write_space(struct sock *sk)
{
	struct tun_file *tfile = (struct tun_file *)sk;

	if (sock_writeable(sk) && wq_has_sleeper(&tfile->wq))
		wake_up_interruptible_poll(&tfile->wq, EPOLLOUT | EPOLLWRNORM);
}

/* --- write: the stack receives --- */

/* What the program put in front, taken off from. 0 or -errno. */
static int read_headers(const struct tun_struct *tun, struct iov_iter *from, struct tun_pi *pi,
			struct virtio_net_hdr *vh)
{
	int vsz = tun->vnet_hdr_sz;

	*pi = (struct tun_pi){ 0 };
	*vh = (struct virtio_net_hdr){ 0 };
	if (!(tun->flags & IFF_NO_PI)) {
		if (iov_iter_count(from) < sizeof(*pi))
			return -EINVAL;
		if (!copy_from_iter_full(pi, sizeof(*pi), from))
			return -EFAULT;
	}
	if (!(tun->flags & IFF_VNET_HDR))
		return 0;
	if (iov_iter_count(from) < (size_t)vsz)
		return -EINVAL;
	if (!copy_from_iter_full(vh, sizeof(*vh), from))
		return -EFAULT;
	iov_iter_advance(from, (size_t)vsz - sizeof(*vh));
	return vnet16(vh->hdr_len) > iov_iter_count(from) ? -EINVAL : 0;
}

/* Waits for room when the program has more on its way than TUNSETSNDBUF allows. */
static int wait_for_room(struct tun_file *tfile, bool noblock)
{
	struct sock *sk = &tfile->sk;

	if (likely(sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf)))
		return 0;
	if (noblock)
		return -EAGAIN;
	return wait_event_interruptible(tfile->wq, sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf));
}

/* A packet with what is left of from in it. ERR_PTR. */
static struct sk_buff *packet_from_iter(struct tun_file *tfile, struct iov_iter *from)
{
	u32 len = (u32)iov_iter_count(from), linear = min(len, TUN_LINEAR_MAX);
	struct sk_buff *skb = alloc_skb(TUN_HEADROOM + linear, GFP_KERNEL);

	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, TUN_HEADROOM);
	skb_put(skb, linear);
	if (skb_append_pages(skb, len - linear, GFP_KERNEL)) {
		consume_skb(skb);
		return ERR_PTR(-ENOMEM);
	}
	skb_set_owner_w(skb, &tfile->sk);
	if (skb_copy_datagram_from_iter(skb, 0, from, len)) {
		consume_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

/* Link layer facts; the protocol comes from the frame, from the program, or from the packet's first four bits. */
static int classify(const struct tun_struct *tun, struct sk_buff *skb, const struct tun_pi *pi)
{
	skb->dev = tun->dev;
	if (tun_is_tap(tun)) {
		skb->protocol = eth_type_trans(skb, tun->dev);
		return 0;
	}
	skb_reset_mac_header(skb);
	skb->protocol = pi->proto;
	if (!(tun->flags & IFF_NO_PI))
		return 0;
	switch (skb->len ? skb->data[0] >> 4 : 0) {
	case 4:
		skb->protocol = htons(ETH_P_IP);
		return 0;
	case 6:
		skb->protocol = htons(ETH_P_IPV6);
		return 0;
	default:
		return -EINVAL;
	}
}

static int refuse(struct tun_struct *tun, struct sk_buff *skb, enum skb_drop_reason why, int err)
{
	local_bh_disable();
	this_cpu_ptr(tun->dev->dstats)->rx_dropped++;
	local_bh_enable();
	kfree_skb_reason(skb, why);
	return err;
}

/* Eats skb, or refuses it with an errno for the program. */
static int receive(struct tun_struct *tun, struct sk_buff *skb, const struct tun_pi *pi,
		   const struct virtio_net_hdr *vh)
{
	u32 len = skb->len;
	int err = 0;

	if (!netif_running(tun->dev))
		return refuse(tun, skb, SKB_DROP_REASON_DEV_READY, -EIO);
	if (tun->flags & IFF_VNET_HDR && vnet_hdr_to_skb(skb, vh, tun_is_tap(tun))) {
		__atomic_fetch_add(&tun->dev->stats.rx_frame_errors, 1, __ATOMIC_RELAXED);
		return refuse(tun, skb, SKB_DROP_REASON_DEV_HDR, -EINVAL);
	}
	err = classify(tun, skb, pi);
	if (err)
		return refuse(tun, skb, SKB_DROP_REASON_UNHANDLED_PROTO, err);
	local_bh_disable();
	dev_count_rx(tun->dev, 1, len);
	netif_receive_skb(skb);
	local_bh_enable();
	return 0;
}

static ssize_t write_packet(struct tun_struct *tun, struct tun_file *tfile, struct iov_iter *from, bool noblock)
{
	size_t total = iov_iter_count(from);
	struct virtio_net_hdr vh;
	struct sk_buff *skb;
	struct tun_pi pi;
	int err = read_headers(tun, from, &pi, &vh);

	if (err)
		return err;
	if (tun_is_tap(tun) && (iov_iter_count(from) < ETH_HLEN || (vh.hdr_len && vnet16(vh.hdr_len) < ETH_HLEN)))
		return -EINVAL;
	if (iov_iter_count(from) > TUN_PACKET_MAX)
		return -EMSGSIZE;
	err = wait_for_room(tfile, noblock);
	if (err)
		return err;
	skb = packet_from_iter(tfile, from);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	err = receive(tun, skb, &pi, &vh);
	return err ? err : (ssize_t)total;
}

ssize_t tun_write_iter(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct tun_file *tfile = f->private_data;
	struct tun_struct *tun = tun_get(tfile);
	ssize_t ret;

	if (!tun)
		return -EBADFD;
	ret = write_packet(tun, tfile, from, f->f_flags & O_NONBLOCK);
	dev_put(tun->dev);
	return ret;
}

/* --- read: the stack sent --- */

static ssize_t take(struct tun_struct *tun, struct tun_file *tfile, bool noblock, struct sk_buff **skb)
{
	int err;

	*skb = skb_dequeue(&tun->queue);
	if (*skb)
		return 0;
	if (noblock)
		return -EAGAIN;
	err = wait_event_interruptible(tfile->wq, (*skb = skb_dequeue(&tun->queue)) || READ_ONCE(tfile->tun) != tun);
	if (*skb)
		return 0;
	return err ? err : -EFAULT; /* the device went away under us */
}

static int put_pi(const struct sk_buff *skb, struct iov_iter *to, size_t total)
{
	struct tun_pi pi = { .flags = iov_iter_count(to) < total ? TUN_PKT_STRIP : 0, .proto = skb->protocol };

	if (iov_iter_count(to) < sizeof(pi))
		return -EINVAL;
	return copy_to_iter(&pi, sizeof(pi), to) == sizeof(pi) ? 0 : -EFAULT;
}

static int put_vnet_hdr(const struct tun_struct *tun, const struct sk_buff *skb, struct iov_iter *to)
{
	size_t pad = (size_t)tun->vnet_hdr_sz - sizeof(struct virtio_net_hdr);
	struct virtio_net_hdr vh;

	if (iov_iter_count(to) < (size_t)tun->vnet_hdr_sz)
		return -EINVAL;
	vnet_hdr_from_skb(skb, &vh);
	if (copy_to_iter(&vh, sizeof(vh), to) != sizeof(vh) || iov_iter_zero(pad, to) != pad)
		return -EFAULT;
	return 0;
}

/* Bytes that the packet with its headers has, of which as many as fit were copied; or -errno. */
static ssize_t put_packet(const struct tun_struct *tun, const struct sk_buff *skb, struct iov_iter *to)
{
	bool pi = !(tun->flags & IFF_NO_PI), vnet = tun->flags & IFF_VNET_HDR;
	size_t total = skb->len + (pi ? sizeof(struct tun_pi) : 0) + (vnet ? (size_t)tun->vnet_hdr_sz : 0);
	int err = pi ? put_pi(skb, to, total) : 0;

	if (!err && vnet)
		err = put_vnet_hdr(tun, skb, to);
	if (!err)
		err = skb_copy_datagram_iter(skb, 0, to, (u32)min((size_t)skb->len, iov_iter_count(to)));
	return err ? err : (ssize_t)total;
}

ssize_t tun_read_iter(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct tun_file *tfile = f->private_data;
	struct tun_struct *tun = tun_get(tfile);
	size_t room = iov_iter_count(to);
	struct sk_buff *skb;
	ssize_t ret;

	if (!tun)
		return -EBADFD;
	ret = take(tun, tfile, f->f_flags & O_NONBLOCK, &skb);
	if (!ret) {
		ret = put_packet(tun, skb, to);
		local_bh_disable();
		if (ret >= 0)
			dev_count_tx(tun->dev, 1, skb->len);
		else
			this_cpu_ptr(tun->dev->dstats)->tx_dropped++;
		local_bh_enable();
		if (ret < 0)
			kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
		else
			consume_skb(skb);
	}
	dev_put(tun->dev);
	return min(ret, (ssize_t)room);
}

__poll_t tun_poll(struct file *f, struct poll_table_struct *pt)
{
	struct tun_file *tfile = f->private_data;
	struct tun_struct *tun = tun_get(tfile);
	__poll_t mask = 0;

	if (!tun)
		return EPOLLERR;
	poll_wait(f, &tfile->wq, pt);
	if (!skb_queue_empty(&tun->queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (netif_running(tun->dev) && sock_writeable(&tfile->sk))
		mask |= EPOLLOUT | EPOLLWRNORM;
	if (READ_ONCE(tfile->tun) != tun)
		mask = EPOLLERR;
	dev_put(tun->dev);
	return mask;
}
