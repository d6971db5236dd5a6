/* tests/unit/net/packet/facts_test.c - what a packet socket tells beside a frame, and what becomes of it when its
 * device goes, comes or is shared: auxiliary data, virtio headers, memberships, the map of its ring
 *
 * What is expected was asked of Linux 6.18.
 */
#include "kernel/mm/mm.h"
#include "lib/printf.h"
#include "net/core/vnet_hdr.h"
#include "net/packet/internal.h"
#include "tests/unit/net/calls.h"
#include "tests/unit/net/ipv4/bench.h"
#include <asm/ioctls.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/virtio_net.h>

static struct bench b;
static u8 frame[4000], got[4000];

static int open_packet(int type, u16 protocol)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol) };
	int fd = (int)sys_socket(AF_PACKET, type, htons(protocol));

	ASSERT_TRUE(fd >= 0);
	a.sll_ifindex = (int)b.nic->dev->ifindex;
	ASSERT_EQ(sys_bind(fd, &a, sizeof(a)), 0);
	return fd;
}
static void device_up(bool up)
{
	rtnl_lock(b.net);
	if (up)
		dev_open(b.nic->dev);
	else
		dev_close(b.nic->dev);
	rtnl_unlock(b.net);
}
/* A datagram to a port where nobody listens, with a payload of n bytes. */
static size_t datagram(size_t n)
{
	static u8 udp[3000], data[2900];
	size_t len = make_udp(udp, 9, 9, data, n);

	return make_ip(frame, 99, udp, len, 0, 1);
}
/* The frame comes up with what a device knows of it. */
static void arrives(size_t n, u8 ip_summed)
{
	struct sk_buff *skb = netdev_alloc_skb(b.nic->dev, (u32)n);

	skb_put_data(skb, frame, (u32)n);
	skb->ip_summed = ip_summed & 3;
	sim_nic_inject_skb(b.nic, skb);
	host_settle();
}
/* What recvmsg says beside the data; its result. */
static long receive_aux(int fd, size_t n, struct tpacket_auxdata *aux, struct sockaddr_ll *from, int flags)
{
	static char control[64] __aligned(8);
	struct iovec v = { got, n };
	struct user_msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = control,
				 .msg_controllen = sizeof(control), .msg_name = from, .msg_namelen = sizeof(*from) };
	long r = sys_recvmsg(fd, &m, (unsigned int)flags | MSG_DONTWAIT);
	struct cmsghdr_kern *c = (struct cmsghdr_kern *)control;

	memset(aux, 0xff, sizeof(*aux));
	if (r >= 0 && m.msg_controllen) {
		EXPECT_EQ(c->cmsg_len, sizeof(*c) + sizeof(*aux));
		EXPECT_TRUE(c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA);
		memcpy(aux, CMSG_DATA_KERN(c), sizeof(*aux));
	}
	return r;
}
static int attach_keep(int fd, u32 keep)
{
	struct sock_filter f = BPF_STMT(BPF_RET | BPF_K, keep);
	struct sock_fprog p = { 1, &f };

	return (int)sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p));
}

TEST(auxiliary_data_tells_of_the_whole_frame)
{
	static const struct { u8 summed; u32 status; } rows[] = {
		{ CHECKSUM_NONE, TP_STATUS_USER },
		{ CHECKSUM_UNNECESSARY, TP_STATUS_USER | TP_STATUS_CSUM_VALID },
		{ CHECKSUM_PARTIAL, TP_STATUS_USER | TP_STATUS_CSUMNOTREADY },
	};
	struct tpacket_auxdata aux;
	struct sockaddr_ll from;
	int raw, cooked;
	size_t n;

	b = bench_up();
	raw = open_packet(SOCK_RAW, ETH_P_IP);
	cooked = open_packet(SOCK_DGRAM, ETH_P_IP);
	set_opt(raw, SOL_PACKET, PACKET_AUXDATA, 1);
	set_opt(cooked, SOL_PACKET, PACKET_AUXDATA, 1);
	EXPECT_EQ(attach_keep(raw, 40), 0);
	n = datagram(100);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		arrives(n, rows[i].summed);
		EXPECT_EQ(receive_aux(raw, sizeof(got), &aux, &from, 0), 40);
		EXPECT_EQ(aux.tp_status, rows[i].status);
		EXPECT_EQ(aux.tp_len, (u32)n);	  /* on the wire */
		EXPECT_EQ(aux.tp_snaplen, 40u); /* as the filter left it */
		EXPECT_TRUE(aux.tp_mac == 0 && aux.tp_net == 14);
		EXPECT_EQ(receive_aux(cooked, 30, &aux, &from, MSG_TRUNC), (long)n - 14);
		EXPECT_TRUE(aux.tp_len == n - 14 && aux.tp_snaplen == n - 14 && aux.tp_net == 0);
		EXPECT_TRUE(from.sll_pkttype == PACKET_HOST && from.sll_hatype == ARPHRD_ETHER);
		EXPECT_EQ(memcmp(from.sll_addr, peer_mac, 6), 0);
	}
	close_fd((unsigned int)raw);
	close_fd((unsigned int)cooked);
	bench_down(&b);
}
TEST(a_filter_that_keeps_nothing_drops_nothing)
{
	struct tpacket_stats st;
	int fd, len = sizeof(st), n = -1;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	EXPECT_EQ(attach_keep(fd, 0), 0);
	arrives(datagram(10), CHECKSUM_NONE);
	EXPECT_EQ(recv_fd(fd, got, sizeof(got), 0), -EAGAIN);
	EXPECT_EQ(sys_getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, (char *)&st, &len), 0);
	EXPECT_TRUE(!st.tp_packets && !st.tp_drops);
	EXPECT_EQ(ioctl_fd(fd, SIOCINQ, &n), 0);
	EXPECT_EQ(n, 0);
	EXPECT_EQ(attach_keep(fd, 30), 0);
	arrives(datagram(10), CHECKSUM_NONE);
	EXPECT_EQ(ioctl_fd(fd, SIOCINQ, &n), 0);
	EXPECT_EQ(n, 30); /* of the next message */
	EXPECT_EQ(ioctl_fd(fd, SIOCOUTQ, &n), 0);
	EXPECT_EQ(n, 0);
	EXPECT_EQ(recv_fd(fd, got, 10, MSG_TRUNC), 30);
	EXPECT_EQ(recv_fd(fd, got, 10, MSG_OOB), -EINVAL);
	EXPECT_EQ(recv_fd(fd, got, 10, MSG_WAITALL), -EINVAL);
	EXPECT_EQ(sys_listen(fd, 1), -EOPNOTSUPP);
	EXPECT_EQ(sys_shutdown(fd, SHUT_WR), -EOPNOTSUPP);
	close_fd((unsigned int)fd);
	bench_down(&b);
}

/* --- PACKET_VNET_HDR --- */

TEST(a_virtio_header_before_what_is_received)
{
	struct virtio_net_hdr *h = (struct virtio_net_hdr *)got;
	size_t n;
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_VNET_HDR, 1), 0);
	n = datagram(100);
	arrives(n, CHECKSUM_UNNECESSARY);
	EXPECT_EQ(recv_fd(fd, got, sizeof(got), 0), (long)(sizeof(*h) + n));
	EXPECT_EQ(h->flags, VIRTIO_NET_HDR_F_DATA_VALID);
	EXPECT_EQ(h->gso_type, VIRTIO_NET_HDR_GSO_NONE);
	EXPECT_EQ(memcmp(h + 1, frame, n), 0);
	arrives(n, CHECKSUM_NONE);
	EXPECT_EQ(recv_fd(fd, got, 20, 0), 20); /* the header counts */
	EXPECT_EQ(h->flags, 0);
	arrives(n, CHECKSUM_NONE);
	EXPECT_EQ(recv_fd(fd, got, 20, MSG_TRUNC), (long)(sizeof(*h) + n));
	arrives(n, CHECKSUM_NONE);
	EXPECT_EQ(recv_fd(fd, got, sizeof(*h) - 1, 0), -EINVAL);
	EXPECT_EQ(recv_fd(fd, got, sizeof(got), 0), -EAGAIN); /* lost, as on Linux */
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* A frame of a header and one TCP segment with n bytes of payload; its length with all headers. */
static size_t tcp_frame(struct virtio_net_hdr *h, size_t n)
{
	struct tcphdr *th = (struct tcphdr *)(frame + 34);
	u8 tcp[20 + 2500] = { 0 };
	size_t len;

	for (size_t i = 0; i < n; i++)
		tcp[20 + i] = (u8)(i * 3);
	len = make_ip(frame, IPPROTO_TCP, tcp, 20 + n, 0, 1);
	th->doff = 5;
	th->seq = htonl(1000);
	th->check = (__force __sum16)~csum_tcpudp_magic(PEER, US, (u32)(20 + n), IPPROTO_TCP, 0);
	*h = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 16 };
	return len;
}
static long send_with(int fd, const struct virtio_net_hdr *h, size_t n)
{
	struct iovec v[2] = { { (void *)h, sizeof(*h) }, { frame, n } };
	struct user_msghdr m = { .msg_iov = v, .msg_iovlen = 2 };
	long r = sys_sendmsg(fd, &m, 0);

	host_settle();
	return r;
}
TEST(a_virtio_header_before_what_is_sent)
{
	struct virtio_net_hdr h;
	struct iphdr *ip;
	u32 at = 0;
	size_t n;
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, 0);
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_VNET_HDR, 1), 0);
	n = tcp_frame(&h, 100);
	EXPECT_EQ(send_with(fd, &h, n), (long)(sizeof(h) + n));
	ip = sent(&b);
	ASSERT_TRUE(ip != NULL);
	EXPECT_EQ(b.last->len, (u32)n);
	EXPECT_EQ(csum_tcpudp_magic(PEER, US, 120, IPPROTO_TCP, csum_partial(ip + 1, 120, 0)), 0); /* finished */
	n = tcp_frame(&h, 2500); /* longer than the MTU: only with segments */
	EXPECT_EQ(send_with(fd, &h, n), -EMSGSIZE);
	h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h.gso_size = to_vnet16(1000);
	h.hdr_len = to_vnet16(54);
	EXPECT_EQ(send_with(fd, &h, n), (long)(sizeof(h) + n));
	for (u32 i = 0; i < 3; i++) {
		u32 len = i == 2 ? 500 : 1000;

		ip = sent(&b);
		ASSERT_TRUE(ip != NULL);
		EXPECT_EQ(b.last->len, 54 + len);
		EXPECT_EQ(ntohs(ip->tot_len), 40 + len);
		EXPECT_EQ(ntohl(((struct tcphdr *)(ip + 1))->seq), 1000 + at);
		EXPECT_EQ(((u8 *)ip)[40], (u8)(at * 3));
		EXPECT_EQ(csum_tcpudp_magic(PEER, US, 20 + len, IPPROTO_TCP, csum_partial(ip + 1, (int)(20 + len), 0)),
			  0);
		at += len;
	}
	EXPECT_TRUE(sent(&b) == NULL);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
TEST(a_virtio_header_that_is_refused_sends_nothing)
{
	static const struct { u16 hdr_len, csum_start; u8 gso_type; long result; } rows[] = {
		{ 154, 34, 0, 154 + 10 }, { 155, 34, 0, -EINVAL }, { 0, 153, 0, -EINVAL }, { 0, 34, 77, -EINVAL },
	};
	struct virtio_net_hdr h;
	int fd, any;
	size_t n;

	b = bench_up();
	fd = open_packet(SOCK_RAW, 0);
	any = open_packet(SOCK_DGRAM, 0);
	EXPECT_EQ(set_opt(any, SOL_PACKET, PACKET_VNET_HDR, 1), -EINVAL);
	EXPECT_EQ(set_opt(fd, SOL_PACKET, PACKET_VNET_HDR, 1), 0);
	EXPECT_EQ(send_fd(fd, frame, sizeof(h) - 1, 0), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		n = tcp_frame(&h, 100);
		h.hdr_len = to_vnet16(rows[i].hdr_len);
		h.csum_start = to_vnet16(rows[i].csum_start);
		h.gso_type = rows[i].gso_type;
		EXPECT_EQ(send_with(fd, &h, n), rows[i].result);
		EXPECT_EQ(sent(&b) != NULL, rows[i].result > 0);
	}
	n = tcp_frame(&h, 100);
	h.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	EXPECT_EQ(sys_sendto(fd, &h, 66000 + sizeof(h), 0, NULL, 0), -EMSGSIZE); /* longer than IP can tell */
	host_fail_user_copy(4); /* header, vector and virtio header; then the frame */
	EXPECT_EQ(send_with(fd, &h, n), -EFAULT);
	EXPECT_EQ(host_fail_user_copy_left(), 0u);
	host_fail_alloc(1, false);
	h.gso_type = 0;
	EXPECT_EQ(send_with(fd, &h, n), -ENOBUFS);
	EXPECT_TRUE(sent(&b) == NULL);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)any);
	bench_down(&b);
}

/* --- devices --- */

TEST(a_device_goes_down_and_comes_up)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP) };
	int fd, late, len = sizeof(a);
	size_t n;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	device_up(false);
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), ENETDOWN);
	late = (int)sys_socket(AF_PACKET, SOCK_RAW, 0);
	a.sll_ifindex = (int)b.nic->dev->ifindex;
	EXPECT_EQ(sys_bind(late, &a, sizeof(a)), 0); /* allowed, and told */
	EXPECT_EQ(get_opt(late, SOL_SOCKET, SO_ERROR), ENETDOWN);
	device_up(true);
	n = datagram(10);
	arrives(n, CHECKSUM_NONE);
	EXPECT_EQ(recv_fd(fd, got, sizeof(got), 0), (long)n);
	EXPECT_EQ(recv_fd(late, got, sizeof(got), 0), (long)n);
	bench_down(&b); /* for good */
	EXPECT_EQ(get_opt(fd, SOL_SOCKET, SO_ERROR), ENETDOWN);
	EXPECT_EQ(send_fd(fd, frame, n, 0), -ENXIO);
	EXPECT_EQ(sys_getsockname(fd, &a, &len), 0);
	EXPECT_EQ(a.sll_ifindex, -1);
	close_fd((unsigned int)fd);
	close_fd((unsigned int)late);
}
/* Which flag of the device each kind of membership raises, and which lengths of an address it takes. */
TEST(memberships_of_each_kind)
{
	static const struct { u16 type, alen; long result; u32 flag; } rows[] = {
		{ PACKET_MR_MULTICAST, 6, 0, IFF_ALLMULTI }, { PACKET_MR_MULTICAST, 5, -EINVAL, 0 },
		{ PACKET_MR_MULTICAST, 7, -EINVAL, 0 },	     { PACKET_MR_PROMISC, 0, 0, IFF_PROMISC },
		{ PACKET_MR_PROMISC, 3, 0, IFF_PROMISC },    { PACKET_MR_PROMISC, 7, -EINVAL, 0 },
		{ PACKET_MR_ALLMULTI, 4, 0, IFF_ALLMULTI },  { PACKET_MR_UNICAST, 6, 0, IFF_PROMISC },
		{ PACKET_MR_UNICAST, 0, -EINVAL, 0 },	     { 99, 6, 0, 0 },
	};
	struct packet_mreq r;
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 flags;

		r = (struct packet_mreq){ (int)b.nic->dev->ifindex, rows[i].type, rows[i].alen, { 1, 0, 0x5e } };
		EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r)), rows[i].result);
		flags = b.nic->dev->flags & (IFF_PROMISC | IFF_ALLMULTI);
		if (flags != rows[i].flag)
			test_fail(__FILE__, __LINE__, false, "row %zu: flags %#x", i, flags);
		EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &r, sizeof(r)),
			  rows[i].alen > 8 ? -EINVAL : 0); /* what is not there is dropped already */
		EXPECT_EQ(b.nic->dev->flags & (IFF_PROMISC | IFF_ALLMULTI), 0u);
	}
	r.mr_ifindex = 99;
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r)), -ENODEV);
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r) - 1), -EINVAL);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* A device that goes takes its own memberships with it, and no others. */
TEST(memberships_go_with_their_device)
{
	struct packet_mreq r = { .mr_type = PACKET_MR_PROMISC };
	struct sim_nic *other;
	int fd;

	b = bench_up();
	other = sim_nic_create(b.net, 2, 0);
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	for (int i = 0; i < 2; i++) {
		r.mr_ifindex = (int)(i ? other : b.nic)->dev->ifindex;
		EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r)), 0);
	}
	r.mr_ifindex = (int)b.nic->dev->ifindex; /* not the first of the list */
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &r, sizeof(r)), 0);
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &r, sizeof(r)), 0);
	EXPECT_TRUE(b.nic->dev->flags & IFF_PROMISC);
	bench_down(&b);
	EXPECT_TRUE(other->dev->flags & IFF_PROMISC);
	close_fd((unsigned int)fd);
	EXPECT_FALSE(other->dev->flags & IFF_PROMISC);
	sim_nic_destroy(other);
}
TEST(proc_net_packet_lists_each_socket)
{
	static char text[2048], want[64];
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_DGRAM, ETH_P_ARP);
	ASSERT_TRUE(host_proc_read(b.net, "net/packet", text, sizeof(text)) > 0);
	snprintf(want, sizeof(want), " %-4d 0806   %-5d 1 ", SOCK_DGRAM, (int)b.nic->dev->ifindex);
	EXPECT_EQ(strncmp(text, "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n", 64), 0);
	EXPECT_TRUE(strstr(text, want) != NULL);
	close_fd((unsigned int)fd);
	ASSERT_TRUE(host_proc_read(b.net, "net/packet", text, sizeof(text)) > 0);
	EXPECT_TRUE(strstr(text, "0806") == NULL);
	bench_down(&b);
}

/* --- the map of a ring --- */

static int map(int fd, struct vm_area_struct *vma, size_t bytes, unsigned long pgoff)
{
	struct file *f = fget((unsigned int)fd);
	int err;

	*vma = (struct vm_area_struct){ .vm_start = 0x10000, .vm_end = 0x10000 + bytes, .vm_pgoff = pgoff };
	err = f->f_op->mmap(f, vma);
	fput(f);
	return err;
}
TEST(a_ring_is_mapped_whole_and_stays_while_it_is)
{
	struct tpacket_req r = { .tp_block_size = PAGE_SIZE, .tp_block_nr = 2, .tp_frame_size = 2048,
				 .tp_frame_nr = 4 };
	struct vm_area_struct vma, copy;
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	EXPECT_EQ(map(fd, &vma, 2 * PAGE_SIZE, 0), -EINVAL); /* no ring */
	ASSERT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)), 0);
	EXPECT_EQ(map(fd, &vma, PAGE_SIZE, 0), -EINVAL);
	EXPECT_EQ(map(fd, &vma, 2 * PAGE_SIZE, 1), -EINVAL);
	EXPECT_EQ(map(fd, &vma, 2 * PAGE_SIZE, 0), 0);
	copy = vma;
	vma.vm_ops->open(&copy); /* fork */
	r = (struct tpacket_req){ 0 };
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)), -EBUSY);
	vma.vm_ops->close(&vma);
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)), -EBUSY);
	copy.vm_ops->close(&copy);
	EXPECT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)), 0);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
/* What keeps nothing takes no slot. What a slot tells of a checksum. */
TEST(slots_know_of_filters_and_checksums)
{
	struct tpacket_req r = { .tp_block_size = PAGE_SIZE, .tp_block_nr = 1, .tp_frame_size = 2048,
				 .tp_frame_nr = 2 };
	struct tpacket_hdr *h;
	struct file *f;
	int fd;

	b = bench_up();
	fd = open_packet(SOCK_RAW, ETH_P_IP);
	ASSERT_EQ(sys_setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)), 0);
	f = fget((unsigned int)fd);
	h = (struct tpacket_hdr *)pkt_sk(sock_from_file(f)->sk)->ring.mem;
	fput(f);
	EXPECT_EQ(attach_keep(fd, 0), 0);
	arrives(datagram(10), CHECKSUM_NONE);
	EXPECT_EQ(h->tp_status, TP_STATUS_KERNEL);
	EXPECT_EQ(attach_keep(fd, 20), 0);
	arrives(datagram(10), CHECKSUM_UNNECESSARY);
	EXPECT_EQ(h->tp_status, TP_STATUS_USER | TP_STATUS_CSUM_VALID);
	EXPECT_EQ(h->tp_snaplen, 20u);
	h = (struct tpacket_hdr *)((char *)h + 2048);
	arrives(datagram(10), CHECKSUM_PARTIAL);
	EXPECT_EQ(h->tp_status, TP_STATUS_USER | TP_STATUS_CSUMNOTREADY);
	close_fd((unsigned int)fd);
	bench_down(&b);
}
