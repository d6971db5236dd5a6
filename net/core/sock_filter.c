/* net/core/sock_filter.c - socket filters (SO_ATTACH_FILTER): classic BPF over an skb
 *
 * What:   what a program's loads mean for a packet: bytes anywhere in it, and the facts about it that Linux gives
 *         negative offsets to (SKF_AD_*). The machine itself is kernel/bpf's.
 * Called: packet, UDP, TCP and raw sockets for each packet, any context; setsockopt in process context.
 * Locks:  sk->sk_filter changes with the socket owned and is read under RCU.
 * Absent: eBPF programs (SO_ATTACH_BPF), filters of a reuseport group.
 */
#include "net/core/sock_filter.h"
#include "kernel/mm/uaccess.h"
#include "kernel/random.h"
#include "lib/byteorder.h"
#include "net/core/netdevice.h"
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <linux/udp.h>

static struct sk_buff *skb_of(const struct bpf_packet *p) { return p->ctx; }

/* --- loads beyond the linear part --- */

/* From the network or the link header on; only what lies in the head. */
static bool load_header(const struct sk_buff *skb, s32 offset, u32 size, u8 *buf)
{
	const u8 *base = offset >= SKF_NET_OFF ? skb_network_header(skb) : skb_mac_header(skb);
	s64 at = (s64)offset - (offset >= SKF_NET_OFF ? SKF_NET_OFF : SKF_LL_OFF) + (base - skb->head);

	if (offset < SKF_LL_OFF || (offset < SKF_NET_OFF && !skb_mac_header_was_set(skb)))
		return false;
	if (at + size > skb->tail) /* never before the head: the base is a header of the packet */
		return false;
	memcpy(buf, skb->head + at, size);
	return true;
}

static bool filter_load(const struct bpf_packet *p, s32 offset, u32 size, u32 *val)
{
	struct sk_buff *skb = skb_of(p);
	u8 buf[4];

	if (offset < 0 ? !load_header(skb, offset, size, buf) : skb_copy_bits(skb, (u32)offset, buf, size) != 0)
		return false;
	*val = size == 4 ? get_unaligned_be32(buf) : size == 2 ? get_unaligned_be16(buf) : buf[0];
	return true;
}

/* --- what is known about the packet --- */

/* Of the transport at `at`: how long it is. A TCP header is never taken for less than it must be. */
static u32 transport_header(const struct sk_buff *skb, u8 protocol, u32 at)
{
	struct tcphdr tcp, *th;

	switch (protocol) {
	case IPPROTO_TCP:
		th = skb_header_pointer(skb, at, sizeof(tcp), &tcp);
		return th ? max(th->doff * 4u, (u32)sizeof(tcp)) : 0;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_IGMP:
		return 8;
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return 12;
	default:
		return 0;
	}
}

/* Where the transport's payload begins, from skb->data; IPv4 and what is beyond it are understood, else 0. */
static u32 payload_offset(const struct sk_buff *skb)
{
	u32 at = skb_network_offset(skb);
	struct iphdr ip, *iph;

	if (skb->protocol != htons(ETH_P_IP))
		return 0;
	iph = skb_header_pointer(skb, at, sizeof(ip), &ip);
	if (!iph || iph->ihl < 5)
		return 0;
	at += iph->ihl * 4u;
	if (iph->frag_off & htons(0x1fff)) /* a later fragment has no such header */
		return at;
	return at + transport_header(skb, iph->protocol, at);
}

/* The netlink attribute of type x in the bytes [from, end): its offset, or 0. Lengths are the machine's own order. */
static u32 find_attr(const struct sk_buff *skb, u32 from, u32 end, u32 type)
{
	while (from <= end && end - from >= sizeof(struct nlattr)) {
		struct nlattr buf, *a = skb_header_pointer(skb, from, sizeof(buf), &buf);

		if (!a || a->nla_len < sizeof(*a) || a->nla_len > end - from)
			return 0;
		if ((u32)(a->nla_type & NLA_TYPE_MASK) == type)
			return from;
		from += NLA_ALIGN(a->nla_len);
	}
	return 0;
}

static u32 find_nested(const struct sk_buff *skb, u32 at, u32 type)
{
	struct nlattr buf, *a = skb_header_pointer(skb, at, sizeof(buf), &buf);

	if (!a || a->nla_len < sizeof(*a) || a->nla_len > skb->len - at)
		return 0;
	return find_attr(skb, at + NLA_HDRLEN, at + a->nla_len, type);
}

static bool device_fact(const struct sk_buff *skb, s32 which, u32 *a)
{
	if (!skb->dev)
		return false;
	*a = which == SKF_AD_IFINDEX ? skb->dev->ifindex : skb->dev->type;
	return true;
}

static bool filter_special(const struct bpf_packet *p, s32 which, u32 x, u32 *a)
{
	struct sk_buff *skb = skb_of(p);

	switch (which) {
	case SKF_AD_PROTOCOL:
		*a = ntohs(skb->protocol);
		return true;
	case SKF_AD_PKTTYPE:
		*a = skb->pkt_type;
		return true;
	case SKF_AD_IFINDEX:
	case SKF_AD_HATYPE:
		return device_fact(skb, which, a);
	case SKF_AD_NLATTR:
		*a = find_attr(skb, *a, skb->len, x);
		return true;
	case SKF_AD_NLATTR_NEST:
		*a = find_nested(skb, *a, x);
		return true;
	case SKF_AD_MARK:
		*a = skb->mark;
		return true;
	case SKF_AD_QUEUE:
		*a = skb->queue_mapping;
		return true;
	case SKF_AD_RXHASH:
		*a = skb->hash;
		return true;
	case SKF_AD_CPU:
		*a = smp_processor_id();
		return true;
	case SKF_AD_ALU_XOR_X:
		*a ^= x;
		return true;
	case SKF_AD_VLAN_TAG:
		*a = skb->vlan_tci;
		return true;
	case SKF_AD_VLAN_TAG_PRESENT:
		*a = skb->vlan_present;
		return true;
	case SKF_AD_VLAN_TPID:
		*a = skb->vlan_present ? ETH_P_8021Q : 0;
		return true;
	case SKF_AD_PAY_OFFSET:
		*a = payload_offset(skb);
		return true;
	default:
		*a = get_random_u32();
		return true; /* SKF_AD_RANDOM; the checker knows no other */
	}
}

u32 sk_filter_run(const struct sock *sk, struct sk_buff *skb)
{
	const struct bpf_classic *prog = rcu_dereference(sk->sk_filter);
	struct bpf_packet p = { .data = skb->data,
				.linear = skb_headlen(skb),
				.len = skb->len,
				.ctx = skb,
				.load = filter_load,
				.special = filter_special };

	return prog ? bpf_classic_run(prog, &p) : U32_MAX;
}

int __sk_filter_trim_cap(struct sock *sk, struct sk_buff *skb, u32 cap)
{
	u32 keep;

	rcu_read_lock();
	keep = sk_filter_run(sk, skb);
	rcu_read_unlock();
	return keep ? pskb_trim(skb, max(cap, keep)) : -EPERM;
}

/* --- the socket options --- */

static void replace_filter(struct sock *sk, struct bpf_classic *prog)
{
	bpf_classic_put(__atomic_exchange_n(&sk->sk_filter, prog, __ATOMIC_ACQ_REL));
}

int sk_attach_filter(struct sock *sk, sockptr_t val, unsigned int len)
{
	struct sock_fprog fprog;
	struct bpf_classic *prog;
	struct sock_filter *insns;
	size_t size;

	if (len != sizeof(fprog))
		return -EINVAL;
	if (copy_from_sockptr(&fprog, val, sizeof(fprog)))
		return -EFAULT;
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (!fprog.filter || !fprog.len || fprog.len > BPF_MAXINSNS)
		return -EINVAL;
	size = fprog.len * sizeof(*insns);
	insns = kmalloc(size, GFP_KERNEL);
	if (!insns)
		return -ENOMEM;
	val.ptr = fprog.filter; /* program and header come from the same side */
	prog = copy_from_sockptr(insns, val, size) ? ERR_PTR(-EFAULT) : bpf_classic_create(insns, fprog.len);
	kfree(insns);
	if (IS_ERR(prog))
		return (int)PTR_ERR(prog);
	replace_filter(sk, prog);
	return 0;
}

int sk_detach_filter(struct sock *sk)
{
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (!sk->sk_filter)
		return -ENOENT;
	replace_filter(sk, NULL);
	return 0;
}

/* Locked is locked for good. */
int sk_lock_filter(struct sock *sk, bool on)
{
	if (sock_flag(sk, SOCK_FILTER_LOCKED) && !on)
		return -EPERM;
	sock_valbool_flag(sk, SOCK_FILTER_LOCKED, on);
	return 0;
}

/* room in instructions; 0 only asks how many there are. */
int sk_get_filter(struct sock *sk, char __user *val, unsigned int room)
{
	const struct bpf_classic *prog = sk->sk_filter;

	if (!prog || !room)
		return prog ? prog->len : 0;
	if (room < prog->len)
		return -EINVAL;
	return copy_to_user(val, prog->insns, prog->len * sizeof(prog->insns[0])) ? -EFAULT : prog->len;
}
