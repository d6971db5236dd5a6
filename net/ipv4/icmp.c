/* net/ipv4/icmp.c - ICMP (RFC 792, RFC 1122 3.2.2): echo, timestamps, errors in both directions
 *
 * What:   one handler a message type, in a table. An echo reply is the request itself, turned around: no byte of its
 *         payload is copied.
 * Called: IP (protocol 1), in softirq; icmp_send() by whoever must refuse a packet.
 * Calls:  route.c, ip_output.c, err_handler of the transports, raw.c, ping.c, icmp_rate.c.
 * Locks:  none here.
 * Absent: redirects (ignored), address masks (RFC 6918 deprecates them).
 */
#include "net/ipv4/internal.h"

DEFINE_TRACE(icmp, icmp_send);

const struct icmp_err icmp_err_convert[16] = {
	[ICMP_NET_UNREACH] = { ENETUNREACH, false },	[ICMP_HOST_UNREACH] = { EHOSTUNREACH, false },
	[ICMP_PROT_UNREACH] = { ENOPROTOOPT, true },	[ICMP_PORT_UNREACH] = { ECONNREFUSED, true },
	[ICMP_FRAG_NEEDED] = { EMSGSIZE, false },	[ICMP_SR_FAILED] = { EOPNOTSUPP, false },
	[ICMP_NET_UNKNOWN] = { ENETUNREACH, true },	[ICMP_HOST_UNKNOWN] = { EHOSTDOWN, true },
	[ICMP_HOST_ISOLATED] = { ENONET, true },	[ICMP_NET_ANO] = { ENETUNREACH, true },
	[ICMP_HOST_ANO] = { EHOSTUNREACH, true },	[ICMP_NET_UNR_TOS] = { ENETUNREACH, false },
	[ICMP_HOST_UNR_TOS] = { EHOSTUNREACH, false },	[ICMP_PKT_FILTERED] = { EHOSTUNREACH, true },
	[ICMP_PREC_VIOLATION] = { EHOSTUNREACH, true }, [ICMP_PREC_CUTOFF] = { EHOSTUNREACH, true },
};

static const struct { u16 in, out; } mib_of_type[NR_ICMP_TYPES + 1] = {
	[ICMP_ECHOREPLY] = { MIB_ICMP_INECHOREPS, MIB_ICMP_OUTECHOREPS },
	[ICMP_DEST_UNREACH] = { MIB_ICMP_INDESTUNREACHS, MIB_ICMP_OUTDESTUNREACHS },
	[ICMP_SOURCE_QUENCH] = { MIB_ICMP_INSRCQUENCHS, MIB_ICMP_OUTSRCQUENCHS },
	[ICMP_REDIRECT] = { MIB_ICMP_INREDIRECTS, MIB_ICMP_OUTREDIRECTS },
	[ICMP_ECHO] = { MIB_ICMP_INECHOS, MIB_ICMP_OUTECHOS },
	[ICMP_TIME_EXCEEDED] = { MIB_ICMP_INTIMEEXCDS, MIB_ICMP_OUTTIMEEXCDS },
	[ICMP_PARAMETERPROB] = { MIB_ICMP_INPARMPROBS, MIB_ICMP_OUTPARMPROBS },
	[ICMP_TIMESTAMP] = { MIB_ICMP_INTIMESTAMPS, MIB_ICMP_OUTTIMESTAMPS },
	[ICMP_TIMESTAMPREPLY] = { MIB_ICMP_INTIMESTAMPREPS, MIB_ICMP_OUTTIMESTAMPREPS },
	[ICMP_ADDRESS] = { MIB_ICMP_INADDRMASKS, MIB_ICMP_OUTADDRMASKS },
	[ICMP_ADDRESSREPLY] = { MIB_ICMP_INADDRMASKREPS, MIB_ICMP_OUTADDRMASKREPS },
};

/* icmp_out_count: the OutMsgs of RFC 1213 for a message that left through ping and raw sockets too. */
void icmp_out_count(struct net *net, u8 type)
{
	NET_INC_STATS(net, ICMP_OUTMSGS);
	if (type <= NR_ICMP_TYPES && mib_of_type[type].out)
		this_cpu_ptr(net->mib)->v[mib_of_type[type].out]++;
}

static bool is_error(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
	       type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

static int drop(struct sk_buff *skb, enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
	return 0;
}

/* --- replies ------------------------------------------------------------------------------------------------------ */

static void checksum(struct sk_buff *skb)
{
	struct icmphdr *h = skb_transport_header(skb);
	u32 off = skb->transport_header - skb->network_header;

	h->checksum = 0;
	h->checksum = csum_fold(skb_checksum(skb, off, skb->len - off, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

/* Sends skb back where it came from, with its header's addresses turned around. Its ICMP part is final. Eats skb. */
static int turn_around(struct net *net, struct sk_buff *skb, u8 type)
{
	struct iphdr *iph = ip_hdr(skb);
	struct flowi4 fl = { .daddr = iph->saddr,
			     .saddr = skb_rtable(skb)->rt_type == RTN_LOCAL ? iph->daddr : 0,
			     .proto = IPPROTO_ICMP,
			     .tos = iph->tos & IPTOS_RT_MASK,
			     .mark = skb->mark,
			     .oif = ipv4_is_multicast(iph->daddr) || ipv4_is_local_multicast(iph->saddr)
				     ? IPCB(skb)->iif
				     : 0 };
	struct rtable *rt;

	if (!icmp_allow(net, fl.daddr, type))
		return drop(skb, SKB_DROP_REASON_ICMP_IGNORED);
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt))
		return drop(skb, SKB_DROP_REASON_IP_OUTNOROUTES);
	skb_push(skb, skb->transport_header - skb->network_header);
	skb_orphan(skb);
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);
	iph->frag_off = 0;
	iph->ttl = (u8)net->ipv4->sysctl.ip_default_ttl;
	iph->daddr = fl.daddr;
	iph->saddr = fl.saddr;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	ip_select_ident(net, skb, NULL);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_NONE;
	skb->tstamp_ns = 0;
	icmp_out_count(net, type);
	return ip_local_out(net, NULL, skb);
}

/* Whether a request that was not for us alone is answered (RFC 1122 3.2.2.6). */
static bool answers(struct net *net, const struct sk_buff *skb)
{
	if (net->ipv4->sysctl.icmp_echo_ignore_all)
		return false;
	return skb_rtable(skb)->rt_type == RTN_LOCAL || !net->ipv4->sysctl.icmp_echo_ignore_broadcasts;
}

/* Both header and ICMP part get private and linear. The link header's room in front stays. */
static bool make_reply_room(struct sk_buff *skb, u32 icmp_len)
{
	u32 hlen = skb->transport_header - skb->network_header;
	int err;

	skb_push(skb, hlen);
	err = skb_ensure_writable(skb, hlen + icmp_len);
	if (!err && skb_headroom(skb) < 16)
		err = skb_cow_head(skb, 64);
	if (!err)
		__skb_pull(skb, hlen);
	return !err;
}

static int icmp_echo(struct net *net, struct sk_buff *skb)
{
	struct icmphdr *h;

	if (!answers(net, skb))
		return drop(skb, SKB_DROP_REASON_ICMP_IGNORED);
	if (!make_reply_room(skb, sizeof(*h)))
		return drop(skb, SKB_DROP_REASON_NOMEM);
	h = skb_transport_header(skb);
	csum_replace2((__sum16 *)&h->checksum, htons(ICMP_ECHO << 8), htons(ICMP_ECHOREPLY << 8));
	h->type = ICMP_ECHOREPLY;
	return turn_around(net, skb, ICMP_ECHOREPLY);
}

/* RFC 1122 3.2.2.8: originate, receive, transmit; milliseconds since midnight UT. */
static int icmp_timestamp(struct net *net, struct sk_buff *skb)
{
	__be32 now = htonl((u32)(ktime_get_real_ns() / NSEC_PER_MSEC % 86400000)), *times;
	struct icmphdr *h;

	if (skb->len < 20 || !answers(net, skb) || !make_reply_room(skb, 20))
		return drop(skb, SKB_DROP_REASON_ICMP_MALFORMED);
	h = skb_transport_header(skb);
	times = (__be32 *)(h + 1);
	times[1] = times[2] = now;
	h->type = ICMP_TIMESTAMPREPLY;
	h->code = 0;
	skb_push(skb, skb->transport_header - skb->network_header);
	checksum(skb);
	__skb_pull(skb, skb->transport_header - skb->network_header);
	return turn_around(net, skb, ICMP_TIMESTAMPREPLY);
}

static int icmp_echo_reply(struct net *net, struct sk_buff *skb)
{
	if (!ping_rcv(skb))
		consume_skb(skb); /* a raw socket may have had its copy */
	return 0;
}

static int icmp_discard(struct net *net, struct sk_buff *skb)
{
	consume_skb(skb);
	return 0;
}

/* --- errors about what we sent ------------------------------------------------------------------------------------ */

/* The MTU in a Fragmentation Needed; old routers say nothing: RFC 1191 7.1's plateaus then. */
static u32 told_mtu(const struct icmphdr *h, const struct iphdr *inner)
{
	static const u16 plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68 };
	u32 mtu = ntohs(h->un.frag.mtu), was = ntohs(inner->tot_len);

	if (mtu)
		return mtu;
	for (size_t i = 0; i < ARRAY_SIZE(plateaus); i++)
		if (plateaus[i] < was)
			return plateaus[i];
	return 68;
}

/* Does the MTU news count? no_pmtu_disc 1 ignores it. */
static bool take_unreach(struct net *net, const struct icmphdr *h, const struct iphdr *inner, u32 *info)
{
	if (h->code > NR_ICMP_UNREACH)
		return false;
	if (h->code != ICMP_FRAG_NEEDED)
		return true;
	if (net->ipv4->sysctl.ip_no_pmtu_disc)
		return false;
	*info = told_mtu(h, inner);
	return true;
}

/* skb->data is the ICMP header; the quoted packet follows. To raw sockets and to the transport. Eats skb. */
static int icmp_error_in(struct net *net, struct sk_buff *skb)
{
	const struct icmphdr *h;
	const struct iphdr *inner;
	const struct net_protocol *p;
	u32 info = 0;

	if (!pskb_may_pull(skb, sizeof(*h) + sizeof(*inner)))
		goto malformed;
	inner = (const struct iphdr *)(skb->data + sizeof(*h));
	if (inner->ihl < 5 || !pskb_may_pull(skb, sizeof(*h) + inner->ihl * 4u + 8))
		goto malformed;
	h = (const struct icmphdr *)skb->data;
	inner = (const struct iphdr *)(skb->data + sizeof(*h));
	if (h->type == ICMP_DEST_UNREACH && !take_unreach(net, h, inner, &info))
		return drop(skb, SKB_DROP_REASON_ICMP_IGNORED);
	if (h->type == ICMP_PARAMETERPROB)
		info = ntohl(h->un.gateway) >> 24;
	if (inet_addr_type(net, inner->daddr) == RTN_BROADCAST && ipv4_is_lbcast(inner->daddr))
		return drop(skb, SKB_DROP_REASON_ICMP_IGNORED); /* RFC 1122 3.2.2: no error answers a broadcast */
	__skb_pull(skb, sizeof(*h));
	raw_icmp_error(skb, inner->protocol, info);
	p = rcu_dereference(inet_protos[inner->protocol]);
	if (p && p->err_handler)
		p->err_handler(skb, info);
	consume_skb(skb);
	return 0;
malformed:
	NET_INC_STATS(net, ICMP_INERRORS);
	return drop(skb, SKB_DROP_REASON_ICMP_MALFORMED);
}

static int (*const handlers[NR_ICMP_TYPES + 1])(struct net *net, struct sk_buff *skb) = {
	[ICMP_ECHOREPLY] = icmp_echo_reply,
	[ICMP_DEST_UNREACH] = icmp_error_in,
	[ICMP_SOURCE_QUENCH] = icmp_error_in,
	[ICMP_REDIRECT] = icmp_discard,
	[ICMP_ECHO] = icmp_echo,
	[ICMP_TIME_EXCEEDED] = icmp_error_in,
	[ICMP_PARAMETERPROB] = icmp_error_in,
	[ICMP_TIMESTAMP] = icmp_timestamp,
	[ICMP_TIMESTAMPREPLY] = icmp_discard,
	[ICMP_ADDRESS] = icmp_discard,
	[ICMP_ADDRESSREPLY] = icmp_discard,
};

/* Handler of protocol 1: skb->data is the ICMP header. Eats skb. */
int icmp_rcv(struct sk_buff *skb)
{
	struct net *net = skb->dev->net;
	const struct icmphdr *h;

	NET_INC_STATS(net, ICMP_INMSGS);
	if (skb->ip_summed == CHECKSUM_COMPLETE ? csum_fold(skb->csum) != 0 : skb->ip_summed != CHECKSUM_PARTIAL &&
	    csum_fold(skb_checksum(skb, 0, skb->len, 0))) {
		NET_INC_STATS(net, ICMP_INCSUMERRORS);
		NET_INC_STATS(net, ICMP_INERRORS);
		return drop(skb, SKB_DROP_REASON_ICMP_CSUM);
	}
	if (!pskb_may_pull(skb, sizeof(*h))) {
		NET_INC_STATS(net, ICMP_INERRORS);
		return drop(skb, SKB_DROP_REASON_ICMP_MALFORMED);
	}
	h = (const struct icmphdr *)skb->data;
	if (h->type > NR_ICMP_TYPES || !handlers[h->type]) {
		NET_INC_STATS(net, ICMP_INERRORS);
		return drop(skb, SKB_DROP_REASON_ICMP_IGNORED);
	}
	if (mib_of_type[h->type].in)
		this_cpu_ptr(net->mib)->v[mib_of_type[h->type].in]++;
	return handlers[h->type](net, skb);
}

/* icmp_err: an error about an ICMP message that we sent: echo requests of ping sockets care. */
static int icmp_err(struct sk_buff *skb, u32 info)
{
	ping_err(skb, info);
	return 0;
}

/* --- errors that we send ------------------------------------------------------------------------------------------ */

/* RFC 1122 3.2.2: never about an error, a broadcast, a later fragment, or a source that names no single host. */
static bool may_complain(struct net *net, const struct sk_buff *skb, const struct iphdr *iph)
{
	u8 buf, *type;

	if ((const u8 *)iph < skb->head || (const u8 *)(iph + 1) > skb_tail_pointer(skb))
		return false;
	if (skb->pkt_type != PACKET_HOST && skb->pkt_type != PACKET_OUTGOING)
		return false;
	if (iph->frag_off & htons(0x1fff) || ipv4_is_zeronet(iph->saddr) || ipv4_is_multicast(iph->saddr) ||
	    ipv4_is_lbcast(iph->saddr))
		return false;
	if (ipv4_is_multicast(iph->daddr) || ipv4_is_lbcast(iph->daddr))
		return false;
	if (skb_rtable(skb) && (skb_rtable(skb)->rt_type == RTN_BROADCAST || skb_rtable(skb)->rt_type == RTN_MULTICAST))
		return false;
	if (iph->protocol != IPPROTO_ICMP)
		return true;
	type = skb_header_pointer(skb, (u32)((const u8 *)iph - skb->data) + iph->ihl * 4u, 1, &buf);
	return type && !is_error(*type) && *type <= NR_ICMP_TYPES;
}

/* The source of an error: the address that the packet was sent to when that is ours, else what the route says. */
static __be32 error_source(struct net *net, const struct iphdr *iph)
{
	return inet_confirm_local(net, iph->daddr) ? iph->daddr : 0;
}

/* As many of the bytes from the IP header on as keep the error within 576 bytes (RFC 1812 4.3.2.3). */
static struct sk_buff *build_error(struct sk_buff *in, const struct iphdr *iph, u8 type, u8 code, __be32 info, u32 room)
{
	int off = (int)((const u8 *)iph - in->data);
	u32 quote = min(in->len - (u32)off, 576u - 20 - (u32)sizeof(struct icmphdr));
	struct sk_buff *skb = alloc_skb(room + quote, GFP_ATOMIC);
	struct icmphdr *h;

	if (!skb)
		return NULL;
	skb_reserve(skb, room);
	/* The IP header may lie before data: take it from the head, the rest as the packet goes on. */
	if (off < 0) {
		u32 before = min((u32)-off, quote);

		memcpy(skb_put(skb, before), iph, before);
		if (skb_copy_bits(in, 0, skb_put(skb, quote - before), quote - before))
			goto fail;
	} else if (skb_copy_bits(in, (u32)off, skb_put(skb, quote), quote)) {
		goto fail;
	}
	h = skb_push(skb, sizeof(*h));
	skb_reset_transport_header(skb);
	*h = (struct icmphdr){ .type = type, .code = code, .un.gateway = info };
	h->checksum = csum_fold(csum_partial(h, skb->len, 0));
	return skb;
fail:
	consume_skb(skb);
	return NULL;
}

/* skb_in->dev, or its route's device, says which net. */
void icmp_send(struct sk_buff *skb_in, u8 type, u8 code, __be32 info)
{
	struct net_device *dev = skb_in->dev ? skb_in->dev : skb_in->dst ? skb_in->dst->dev : NULL;
	const struct iphdr *iph = ip_hdr(skb_in);
	struct net *net = dev ? dev->net : NULL;
	struct flowi4 fl = { 0 };
	struct sk_buff *skb;
	struct rtable *rt;

	if (!net || !may_complain(net, skb_in, iph))
		return;
	if (!icmp_allow(net, iph->saddr, type) && !(type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED))
		return;
	TRACE(icmp_send, "icmp_send: type=%u, code=%u. From %pI4 to %pI4", type, code, &iph->saddr, &iph->daddr);
	fl = (struct flowi4){ .daddr = iph->saddr, .saddr = error_source(net, iph), .proto = IPPROTO_ICMP,
			      .tos = iph->tos & IPTOS_RT_MASK, .mark = skb_in->mark };
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt)) {
		NET_INC_STATS(net, ICMP_OUTERRORS);
		return;
	}
	skb = build_error(skb_in, iph, type, code, info, ALIGN_UP(rt->dst.dev->hard_header_len + 48u, 16u));
	if (!skb) {
		NET_INC_STATS(net, ICMP_OUTERRORS);
		dst_release(&rt->dst);
		return;
	}
	icmp_out_count(net, type);
	skb_dst_set(skb, &rt->dst);
	icmp_send_prepared(net, skb, &fl, (u8)((iph->tos & 0x1e) | 0xc0)); /* RFC 1812 4.3.2.5: precedence 6 */
}

static const struct net_protocol icmp_protocol = { .handler = icmp_rcv, .err_handler = icmp_err };
void icmp_register(void) { inet_add_protocol(&icmp_protocol, IPPROTO_ICMP); }
