/* net/packet/packet_ring.c - frames in memory that the program maps (PACKET_RX_RING, TPACKET_V1 and V2)
 *
 * What:   a ring of slots. The kernel fills a slot whose status says KERNEL and hands it over by writing USER last; the
 *         program reads it and writes KERNEL back. No system call and no copy for each packet.
 * Called: net/core for each frame; setsockopt, mmap, poll.
 * Calls:  vmalloc, remap_vmalloc_range().
 * Locks:  the receive queue's own guards head and the slots' hand-over; the ring itself changes while no hook runs.
 * Absent: transmit rings, TPACKET_V3's blocks, PACKET_COPY_THRESH.
 */
#include "kernel/mm/mm.h"
#include "kernel/time/clock.h"
#include "net/packet/internal.h"

#define RING_MAX_BYTES (64u << 20) /* of one socket: this kernel's choice, for small machines */

u32 tpacket_hdrlen(u32 version)
{
	return version == TPACKET_V1	? sizeof(struct tpacket_hdr)
		: version == TPACKET_V2 ? sizeof(struct tpacket2_hdr)
					: 0;
}

/* --- slots --- */

static void *slot_at(const struct packet_ring *r, u32 i)
{
	return r->mem + (size_t)(i / r->frames_per_block) * r->block_size + (i % r->frames_per_block) * r->frame_size;
}

/* Both versions begin with their status, of different width. */
static u32 slot_status(const struct packet_sock *po, void *slot)
{
	if (po->tp_version == TPACKET_V1)
		return (u32)smp_load_acquire(&((struct tpacket_hdr *)slot)->tp_status);
	return smp_load_acquire(&((struct tpacket2_hdr *)slot)->tp_status);
}

static void slot_hand_over(const struct packet_sock *po, void *slot, u32 status)
{
	if (po->tp_version == TPACKET_V1)
		smp_store_release(&((struct tpacket_hdr *)slot)->tp_status, (unsigned long)status);
	else
		smp_store_release(&((struct tpacket2_hdr *)slot)->tp_status, status);
}

struct layout {
	u32 mac, net, len, snaplen;
};

static void slot_describe(const struct packet_sock *po, void *slot, const struct layout *l, u64 ns)
{
	struct tpacket2_hdr *h2 = slot;
	struct tpacket_hdr *h1 = slot;

	if (po->tp_version == TPACKET_V1) {
		h1->tp_len = l->len;
		h1->tp_snaplen = l->snaplen;
		h1->tp_mac = (u16)l->mac;
		h1->tp_net = (u16)l->net;
		h1->tp_sec = (u32)(ns / NSEC_PER_SEC);
		h1->tp_usec = (u32)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
		return;
	}
	h2->tp_len = l->len;
	h2->tp_snaplen = l->snaplen;
	h2->tp_mac = (u16)l->mac;
	h2->tp_net = (u16)l->net;
	h2->tp_sec = (u32)(ns / NSEC_PER_SEC);
	h2->tp_nsec = (u32)(ns % NSEC_PER_SEC);
	h2->tp_vlan_tci = 0;
	h2->tp_vlan_tpid = 0;
	memset(h2->tp_padding, 0, sizeof(h2->tp_padding));
}

/* Where in a slot the headers and bytes of skb lie. The network header is aligned. */
static struct layout lay_out(const struct packet_sock *po, const struct sk_buff *skb, u32 keep)
{
	u32 hdr = TPACKET_ALIGN(tpacket_hdrlen(po->tp_version)) + sizeof(struct sockaddr_ll);
	struct layout l = { .len = skb->len, .snaplen = keep };

	if (po->sk.sk_type == SOCK_DGRAM) {
		l.mac = l.net = TPACKET_ALIGN(hdr) + 16 + po->tp_reserve;
	} else {
		u32 maclen = skb_network_offset(skb);

		l.net = TPACKET_ALIGN(hdr + max(maclen, 16u)) + po->tp_reserve;
		l.mac = l.net - maclen;
	}
	l.snaplen = l.mac > po->ring.frame_size ? 0 : min(l.snaplen, po->ring.frame_size - l.mac);
	return l;
}

static u32 status_of(const struct sk_buff *skb)
{
	u32 status = TP_STATUS_USER;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		status |= TP_STATUS_CSUMNOTREADY;
	else if (skb->pkt_type != PACKET_OUTGOING && skb_csum_unnecessary(skb))
		status |= TP_STATUS_CSUM_VALID;
	return status;
}

/* [Q] Fills the next slot; false: the program has not given it back. */
static bool fill_slot(struct packet_sock *po, struct sk_buff *skb, u32 keep, const struct net_device *orig_dev)
{
	struct packet_ring *r = &po->ring;
	void *slot = slot_at(r, r->head);
	struct layout l = lay_out(po, skb, keep);

	if (slot_status(po, slot) != TP_STATUS_KERNEL || l.mac > r->frame_size || l.net > U16_MAX)
		return false; /* the header has 16 bits for both places */
	if (skb_copy_bits(skb, 0, (char *)slot + l.mac, l.snaplen))
		return false;
	slot_describe(po, slot, &l, skb->tstamp_ns ? skb->tstamp_ns : ktime_get_real_ns());
	packet_fill_sll(po, skb, orig_dev,
			(struct sockaddr_ll *)((char *)slot + TPACKET_ALIGN(tpacket_hdrlen(po->tp_version))));
	slot_hand_over(po, slot, status_of(skb) | (po->stat_drops ? TP_STATUS_LOSING : 0));
	r->head = r->head + 1 == r->frames ? 0 : r->head + 1;
	return true;
}

int tpacket_rcv(struct sk_buff *skb, struct net_device *dev, struct packet_type *pt, struct net_device *orig_dev)
{
	struct packet_sock *po = pkt_sk(pt->af_packet_priv);
	u32 keep = skb->pkt_type == PACKET_LOOPBACK ? 0 : packet_look(po, skb);
	bool taken;

	if (!keep) {
		consume_skb(skb);
		return 0;
	}
	spin_lock_bh(&po->sk.sk_receive_queue.lock);
	taken = fill_slot(po, skb, keep, orig_dev);
	if (taken)
		po->stat_packets++;
	else
		po->stat_drops++;
	spin_unlock_bh(&po->sk.sk_receive_queue.lock);
	if (!taken)
		atomic_inc(&po->sk.sk_drops);
	if (taken)
		consume_skb(skb);
	else
		kfree_skb_reason(skb, SKB_DROP_REASON_PACKET_SOCK_ERROR);
	po->sk.sk_data_ready(&po->sk);
	return 0;
}

/* The last slot that was filled still waits for the program. */
bool packet_ring_readable(struct packet_sock *po)
{
	struct packet_ring *r = &po->ring;
	bool ready = false;

	spin_lock_bh(&po->sk.sk_receive_queue.lock);
	if (r->mem)
		ready = slot_status(po, slot_at(r, r->head ? r->head - 1 : r->frames - 1)) != TP_STATUS_KERNEL;
	spin_unlock_bh(&po->sk.sk_receive_queue.lock);
	return ready;
}

/* --- making it --- */

/* The shape must be sound: whole pages, frames that hold their header, as many frames as fit. */
static int check_request(const struct packet_sock *po, const struct tpacket_req *q)
{
	u32 hdr = TPACKET_ALIGN(tpacket_hdrlen(po->tp_version)) + sizeof(struct sockaddr_ll), per_block;

	if ((int)q->tp_block_size <= 0 || q->tp_block_size & (PAGE_SIZE - 1))
		return -EINVAL;
	if (po->tp_reserve > q->tp_frame_size || q->tp_frame_size < hdr + po->tp_reserve ||
	    q->tp_frame_size & (TPACKET_ALIGNMENT - 1))
		return -EINVAL;
	per_block = q->tp_block_size / q->tp_frame_size;
	if (!per_block || q->tp_block_nr > U32_MAX / per_block || per_block * q->tp_block_nr != q->tp_frame_nr)
		return -EINVAL;
	return (u64)q->tp_block_size * q->tp_block_nr > RING_MAX_BYTES ? -ENOMEM : 0;
}

void packet_free_ring(struct packet_sock *po)
{
	vfree(po->ring.mem); /* pages that a program still maps live until it unmaps them */
	po->ring = (struct packet_ring){ 0 };
}

/* No frame may come while the ring changes; who held the socket open keeps what is queued. */
static void switch_ring(struct packet_sock *po, const struct packet_ring *fresh)
{
	struct packet_ring old;

	packet_unhook(po);
	spin_lock_bh(&po->sk.sk_receive_queue.lock);
	old = po->ring;
	po->ring = *fresh;
	spin_unlock_bh(&po->sk.sk_receive_queue.lock);
	po->hook.func = fresh->mem ? tpacket_rcv : packet_rcv;
	skb_queue_consume(&po->sk.sk_receive_queue);
	vfree(old.mem);
	if (po->ifindex >= 0 && (!po->hook.dev || netif_running(po->hook.dev)))
		packet_hook(po);
}

int packet_set_ring(struct packet_sock *po, const struct tpacket_req *q)
{
	struct packet_ring r = { 0 };
	int err = 0;

	if (atomic_read(&po->mapped))
		return -EBUSY;
	if (!q->tp_block_nr) {
		if (q->tp_frame_nr)
			return -EINVAL;
	} else {
		if (po->ring.mem)
			return -EBUSY;
		err = check_request(po, q);
		if (err)
			return err;
		r = (struct packet_ring){ .bytes = (size_t)q->tp_block_size * q->tp_block_nr,
					  .block_size = q->tp_block_size,
					  .frame_size = q->tp_frame_size,
					  .frames_per_block = q->tp_block_size / q->tp_frame_size,
					  .frames = q->tp_frame_nr };
		r.mem = vzalloc(r.bytes);
		if (!r.mem)
			return -ENOMEM;
	}
	switch_ring(po, &r);
	return 0;
}

/* --- mmap --- */

static void ring_vm_open(struct vm_area_struct *vma)
{
	atomic_inc(&((struct packet_sock *)vma->vm_private_data)->mapped);
}
static void ring_vm_close(struct vm_area_struct *vma)
{
	atomic_dec(&((struct packet_sock *)vma->vm_private_data)->mapped);
}
static const struct vm_operations_struct ring_vm_ops = { .open = ring_vm_open, .close = ring_vm_close };

/* The whole ring, no less. The area holds the file, and so the socket. */
int packet_mmap(struct file *f, struct socket *sock, struct vm_area_struct *vma)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	int err = -EINVAL;

	lock_sock(&po->sk);
	if (po->ring.mem && !vma->vm_pgoff && vma->vm_end - vma->vm_start == po->ring.bytes)
		err = remap_vmalloc_range(vma, po->ring.mem, 0);
	if (!err) {
		vma->vm_private_data = po;
		vma->vm_ops = &ring_vm_ops;
		atomic_inc(&po->mapped);
	}
	release_sock(&po->sk);
	return err;
}
