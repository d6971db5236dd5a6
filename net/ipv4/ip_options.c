/* net/ipv4/ip_options.c - the options of an IPv4 header (RFC 791 3.1, RFC 1122 3.2.1.8)
 *
 * What:   checks them, acts on record route and timestamp, refuses source routes (RFC 5095's reasons hold for IPv4 too;
 *         accept_source_route 0 is the default), builds them for those who send.
 * Called: ip_input.c, ip_forward.c, ip_output.c, ip_fragment_out.c, setsockopt(IP_OPTIONS).
 * Absent: forwarding along a source route: with accept_source_route 1 a packet whose route is used up is taken, one
 *         that has hops left is dropped.
 */
#include "net/ipv4/internal.h"
#include "kernel/time/clock.h"

static __be32 now_ms(void) { return htonl((u32)(ktime_get_real_ns() / NSEC_PER_MSEC % 86400000)); }

/* The address that we write into a recorded route. */
static __be32 own_addr(struct net *net, const struct sk_buff *skb)
{
	struct rtable *rt = skb_rtable(skb);

	if (rt && rt->rt_type == RTN_LOCAL)
		return ip_hdr(skb)->daddr;
	return inet_select_addr(net, rt && rt->dst.dev ? rt->dst.dev : skb->dev, 0, RT_SCOPE_UNIVERSE);
}

/* What check_*() answer: all is right, or which byte of the option is wrong; a parameter problem names it. */
#define FINE (-1)
#define TYPE 0
#define LENGTH 1
#define POINTER 2
#define FLAG 3

/* RR: type, length, pointer, slots of 4 bytes. p points to the option, whose length the caller checked. */
static int check_rr(struct ip_options *opt, u8 *p, u32 off, u8 len)
{
	if (opt->rr || len < 3)
		return opt->rr ? TYPE : LENGTH;
	if (p[2] < 4 || (p[2] <= len && p[2] + 3 > len))
		return POINTER;
	opt->rr_needaddr = p[2] <= len;
	opt->rr = (u8)off;
	return FINE;
}

static int check_srr(struct ip_options *opt, u8 *p, u32 off, u8 len)
{
	if (opt->srr || len < 3 || ((len - 3) & 3))
		return opt->srr ? TYPE : LENGTH;
	if (p[2] < 4)
		return POINTER;
	opt->srr = (u8)off;
	opt->is_strictroute = p[0] == IPOPT_SSRR;
	return FINE;
}

/* TS: type, length, pointer, overflow and flag, slots of 4 or 8 bytes. */
static int check_ts(struct ip_options *opt, u8 *p, u32 off, u8 len)
{
	u32 slot = len >= 4 && (p[3] & 0xf) != IPOPT_TS_TSONLY ? 8 : 4;

	if (opt->ts || len < 4)
		return opt->ts ? TYPE : LENGTH;
	if (p[2] < 5)
		return POINTER;
	if ((p[3] & 0xf) != IPOPT_TS_TSONLY && (p[3] & 0xf) != IPOPT_TS_TSANDADDR && (p[3] & 0xf) != IPOPT_TS_PRESPEC)
		return FLAG;
	if (p[2] <= len && p[2] + slot - 1 > len)
		return POINTER;
	opt->ts = (u8)off;
	opt->ts_needtime = p[2] <= len;
	opt->ts_needaddr = opt->ts_needtime && (p[3] & 0xf) == IPOPT_TS_TSANDADDR;
	return FINE;
}

static int check_one(struct ip_options *opt, u8 *p, u32 off, u8 len)
{
	switch (p[0]) {
	case IPOPT_RR: return check_rr(opt, p, off, len);
	case IPOPT_LSRR:
	case IPOPT_SSRR: return check_srr(opt, p, off, len);
	case IPOPT_TIMESTAMP: return check_ts(opt, p, off, len);
	case IPOPT_RA:
		if (len < 4)
			return LENGTH;
		if (!p[2] && !p[3])
			opt->ra = (u8)off;
		return FINE;
	default: return FINE; /* unknown ones are skipped (RFC 1122 3.2.1.8) */
	}
}

/* Offsets are from the start of the IP header: 20 for the first byte of opt->data. */
int ip_options_compile(struct net *net, struct ip_options *opt, struct sk_buff *skb, u8 *pp)
{
	u8 *d = opt->data;

	for (u32 i = 0; i < opt->optlen;) {
		int wrong;
		u8 len;

		if (d[i] == IPOPT_END)
			break;
		if (d[i] == IPOPT_NOOP) {
			i++;
			continue;
		}
		*pp = (u8)(20 + i);
		if (i + 2 > opt->optlen)
			return -EINVAL;
		len = d[i + 1];
		wrong = len < 2 || i + len > opt->optlen ? LENGTH : check_one(opt, d + i, 20 + i, len);
		if (wrong != FINE) {
			*pp = (u8)(20 + i + (u32)wrong);
			return -EINVAL;
		}
		i += len;
	}
	return 0;
}

/* Fills our slot of a record route; the header must be writable. */
static void record_route(u8 *p, __be32 addr)
{
	put_unaligned(addr, (__be32 *)(p + p[2] - 1));
	p[2] += 4;
}

static void record_time(struct net *net, u8 *p, __be32 addr)
{
	u8 flag = p[3] & 0xf;

	if (flag == IPOPT_TS_PRESPEC) { /* only when the slot names us */
		__be32 asked = get_unaligned((__be32 *)(p + p[2] - 1));

		if (!inet_confirm_local(net, asked))
			return;
		put_unaligned(now_ms(), (__be32 *)(p + p[2] + 3));
		p[2] += 8;
		return;
	}
	if (flag == IPOPT_TS_TSANDADDR) {
		put_unaligned(addr, (__be32 *)(p + p[2] - 1));
		p[2] += 4;
	}
	put_unaligned(now_ms(), (__be32 *)(p + p[2] - 1));
	p[2] += 4;
}

/* Writes address and time where the options want them, and the header's checksum. */
static void update(struct net *net, struct sk_buff *skb, const struct ip_options *opt, __be32 addr)
{
	struct iphdr *iph = ip_hdr(skb);
	u8 *h = (u8 *)iph;

	if (opt->rr && opt->rr_needaddr)
		record_route(h + opt->rr, addr);
	if (opt->ts && opt->ts_needtime)
		record_time(net, h + opt->ts, addr);
	else if (opt->ts && (h[opt->ts + 3] >> 4) < 15)
		h[opt->ts + 3] += 0x10; /* no slot left: count the overflow */
	ip_send_check(iph);
}

static int parse(struct net *net, struct sk_buff *skb, struct ip_options *opt, u8 *where)
{
	memset(opt, 0, sizeof(*opt));
	opt->optlen = (u8)(ip_hdrlen(skb) - 20);
	memcpy(opt->data, ip_hdr(skb) + 1, opt->optlen);
	return ip_options_compile(net, opt, skb, where);
}

/* A received packet with options, its route known. */
int ip_options_rcv(struct sk_buff *skb, struct net_device *dev)
{
	struct in_device *in = in_dev_get_rcu(dev);
	struct net *net = dev->net;
	struct ip_options opt;
	u8 where = 0;

	if (parse(net, skb, &opt, &where)) {
		icmp_send(skb, ICMP_PARAMETERPROB, 0, htonl((u32)where << 24));
		return -EINVAL;
	}
	IPCB(skb)->opt_len = opt.optlen;
	IPCB(skb)->opt_srr = opt.srr;
	IPCB(skb)->opt_rr = opt.rr;
	IPCB(skb)->opt_ts = opt.ts;
	IPCB(skb)->opt_ra = opt.ra;
	if (opt.srr) {
		u8 *p = opt.data + opt.srr - 20;

		if (!in || !IN_DEV_AND(net, in, accept_source_route) || p[2] <= p[1])
			return -EINVAL;
	}
	if (!(opt.rr && opt.rr_needaddr) && !opt.ts)
		return 0;
	if (skb_rtable(skb)->dst.input == ip_forward) /* recorded on the way out, with that interface's address */
		return 0;
	if (skb_ensure_writable(skb, ip_hdrlen(skb)))
		return -EINVAL;
	update(net, skb, &opt, own_addr(net, skb));
	IPCB(skb)->opt_changed = true;
	return 0;
}

/* The rest of a record that was begun on the way here is for the way back: empty. */
static int return_rr(u8 *p)
{
	if (p[2] <= p[1])
		memset(p + p[2] - 1, 0, 4);
	return 0;
}
static int return_ts(u8 *p)
{
	u32 slot = (p[3] & 0xf) == IPOPT_TS_TSANDADDR ? 8 : 4;

	if (p[2] > p[1] || (p[3] & 0xf) == IPOPT_TS_PRESPEC)
		return 0;
	if (p[2] + slot - 1 > p[1])
		return -EINVAL;
	memset(p + p[2] - 1, 0, slot);
	return 0;
}
/* The way back: the last hop first, and not the sender itself where the route names it (RFC 1812 5.2.4.1). */
static u32 return_srr(u8 *out, const u8 *p, __be32 saddr)
{
	u32 n = (p[1] - 3u) / 4, skip = n && get_unaligned((const __be32 *)(p + 3)) == saddr;

	if (n == skip)
		return 0;
	out[0] = p[0];
	out[1] = (u8)(3 + 4 * (n - skip));
	out[2] = 4;
	for (u32 i = n; i > skip; i--)
		memcpy(out + 3 + 4 * (n - i), p + 3 + 4 * (i - 1), 4);
	return out[1];
}
int ip_options_return(const struct sk_buff *skb, u8 out[40])
{
	struct net *net = skb->sk->sk_net;
	const u8 *h = (const u8 *)ip_hdr(skb);
	struct ip_options opt;
	u32 n = 0;
	int err = 0;
	u8 where;

	memset(out, 0, 40);
	if (parse(net, (struct sk_buff *)skb, &opt, &where))
		return -EINVAL;
	if (opt.rr) {
		memcpy(out, h + opt.rr, h[opt.rr + 1]);
		err = return_rr(out);
		n += out[1];
	}
	if (opt.ts && !err) {
		memcpy(out + n, h + opt.ts, h[opt.ts + 1]);
		err = return_ts(out + n);
		n += out[n + 1];
	}
	if (opt.srr)
		n += return_srr(out + n, h + opt.srr, ip_hdr(skb)->saddr);
	return err ? err : (int)ALIGN_UP(n, 4u);
}

/* As the packet leaves on its way through. The header is writable. */
void ip_forward_options(struct sk_buff *skb)
{
	struct net *net = skb->dst->dev->net;
	struct ip_options opt;
	u8 where;

	if (!parse(net, skb, &opt, &where) && (opt.rr || opt.ts))
		update(net, skb, &opt, own_addr(net, skb));
}

/* Writes a socket's options behind the header that stands at ip_hdr(skb), and sets the first hop of a source route. */
void ip_options_build(struct sk_buff *skb, const struct ip_options *opt, __be32 daddr, __be32 saddr)
{
	u8 *h = (u8 *)ip_hdr(skb);

	memcpy(h + 20, opt->data, opt->optlen);
	if (opt->srr) {
		u8 *p = h + opt->srr;

		put_unaligned(daddr, (__be32 *)(p + p[1] - 4));
		ip_hdr(skb)->daddr = opt->faddr;
	}
	if (opt->rr && opt->rr_needaddr)
		record_route(h + opt->rr, saddr);
	if (opt->ts && opt->ts_needtime)
		record_time(skb->dst->dev->net, h + opt->ts, saddr);
}

/* Options without the copy bit are only in the first fragment (RFC 791 3.1): later ones carry NOPs there. */
void ip_options_fragment(struct iphdr *iph)
{
	u8 *d = (u8 *)(iph + 1);
	u32 end = iph->ihl * 4u - 20;

	for (u32 i = 0; i < end;) {
		u8 len = 1;

		if (d[i] == IPOPT_END)
			return;
		if (d[i] != IPOPT_NOOP) {
			len = i + 1 < end ? d[i + 1] : 0;
			if (len < 2 || i + len > end)
				return;
			if (!(d[i] & 0x80))
				memset(d + i, IPOPT_NOOP, len);
		}
		i += len;
	}
}

/* setsockopt(IP_OPTIONS): a checked copy, padded to words, or NULL for none. A source route keeps its first hop
 * apart. */
int ip_options_get(struct net *net, struct ip_options **out, sockptr_t from, unsigned int len)
{
	struct ip_options *opt;
	u8 where;
	int err;

	*out = NULL;
	if (len > 40)
		return -EINVAL;
	if (!len)
		return 0;
	opt = kzalloc(sizeof(*opt), GFP_KERNEL);
	if (!opt)
		return -ENOBUFS;
	opt->optlen = (u8)ALIGN_UP(len, 4u);
	err = copy_from_sockptr(opt->data, from, len);
	if (!err)
		err = ip_options_compile(net, opt, NULL, &where);
	if (!err && opt->srr) {
		u8 *p = opt->data + opt->srr - 20;

		err = p[1] < 7 || p[2] != 4 ? -EINVAL : 0;
		if (!err) {
			opt->faddr = get_unaligned((__be32 *)(p + 3));
			memmove(p + 3, p + 7, p[1] - 7);
		}
	}
	if (err)
		kfree(opt);
	else
		*out = opt;
	return err;
}
