/* net/ipv4/igmp.c - multicast groups of this host: who listens where, and telling the routers (IGMPv2, RFC 2236)
 *
 * What:   membership of sockets and of devices; a report when a group is joined or asked for, a leave when we reported
 *         last. Every device is a member of 224.0.0.1, about which nothing is ever said.
 * Called: ip_sockglue.c (rtnl taken inside), devinet.c (rtnl held), IP for protocol 2 in softirq.
 * Locks:  rtnl for the lists, RCU for readers; a group's timer by itself.
 * Absent: IGMPv3's source filters; the exact list in the device (joining turns IFF_ALLMULTI on).
 */
#include "kernel/random.h"
#include "net/ipv4/internal.h"
#include <linux/igmp.h>

struct ip_mc_socklist { struct ip_mc_socklist *next; __be32 group; int ifindex; struct rcu_head rcu; };

#define ALL_HOSTS htonl(0xe0000001)
#define ALL_ROUTERS htonl(0xe0000002)
#define UNSOLICITED_NS (10 * NSEC_PER_SEC)

bool ip_check_mc_rcu(struct in_device *in, __be32 group)
{
	if (group == ALL_HOSTS)
		return true;
	for (struct ip_mc_list *m = rcu_dereference(in->mc_list); m; m = rcu_dereference(m->next))
		if (m->group == group)
			return true;
	return false;
}

/* Membership of a socket in the group on the device by which the packet came. RCU. */
bool ip_mc_sf_allow(const struct sock *sk, __be32 group, int dif)
{
	for (const struct ip_mc_socklist *m = rcu_dereference(inet_sk(sk)->mc_list); m; m = rcu_dereference(m->next))
		if (m->group == group && m->ifindex == dif)
			return true;
	/* Linux's IP_MULTICAST_ALL is on by default: whoever joined nothing here hears what the host hears. */
	for (const struct ip_mc_socklist *m = rcu_dereference(inet_sk(sk)->mc_list); m; m = rcu_dereference(m->next))
		if (m->group == group)
			return false;
	return true;
}

/* --- telling the routers ------------------------------------------------------------------------------------------ */

/* TTL 1 and the router alert option (RFC 2236 2, RFC 2113). */
static void send_igmp(struct net_device *dev, __be32 dst, __be32 group, u8 type)
{
	struct flowi4 fl = { .daddr = dst, .oif = (int)dev->ifindex, .proto = IPPROTO_IGMP };
	struct rtable *rt = ip_route_output_key(dev->net, &fl);
	struct sk_buff *skb;
	struct igmphdr *ig;
	struct iphdr *iph;

	if (IS_ERR(rt))
		return;
	skb = alloc_skb(ALIGN_UP(dev->hard_header_len + 16u, 16u) + 24 + sizeof(*ig) + 32, GFP_ATOMIC);
	if (!skb) {
		dst_release(&rt->dst);
		return;
	}
	skb_reserve(skb, ALIGN_UP(dev->hard_header_len + 16u, 16u));
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, 24);
	*iph = (struct iphdr){ .version = 4,
			       .ihl = 6,
			       .tos = 0xc0,
			       .frag_off = htons(0x4000),
			       .ttl = 1,
			       .protocol = IPPROTO_IGMP,
			       .saddr = fl.saddr,
			       .daddr = dst };
	memcpy(iph + 1, (const u8[]){ IPOPT_RA, 4, 0, 0 }, 4);
	skb->transport_header = (u16)(skb->network_header + 24);
	ig = skb_put_zero(skb, sizeof(*ig));
	ig->type = type;
	ig->group = group;
	ig->csum = (__force __sum16)csum_fold(csum_partial(ig, sizeof(*ig), 0));
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	skb_dst_set(skb, &rt->dst);
	ip_local_out(dev->net, NULL, skb);
}

static bool silent(const struct net_device *dev, __be32 group)
{
	return !(dev->flags & IFF_UP) || dev->flags & IFF_LOOPBACK || group == ALL_HOSTS;
}

static void report_due(struct timer_list *t)
{
	struct ip_mc_list *m = from_timer(m, t, report);

	if (!READ_ONCE(m->users))
		return;
	m->reporter = true;
	if (!silent(m->in_dev->dev, m->group))
		send_igmp(m->in_dev->dev, m->group, m->group, IGMPV2_HOST_MEMBERSHIP_REPORT);
}

/* Now, and once more within ten seconds in case it was lost (RFC 2236 3). */
static void announce(struct ip_mc_list *m)
{
	if (silent(m->in_dev->dev, m->group))
		return;
	m->reporter = true;
	send_igmp(m->in_dev->dev, m->group, m->group, IGMPV2_HOST_MEMBERSHIP_REPORT);
	mod_timer(&m->report, ktime_get_ns() + get_random_u32_below(1000) * (UNSOLICITED_NS / 1000));
}

/* A query: each group it names answers after a random part of the time it allows, unless another host is first. */
static void heard_query(struct in_device *in, __be32 group, u8 max_resp_ds)
{
	u64 within_ms = (max_resp_ds ? max_resp_ds : 100) * 100ull, now = ktime_get_ns();

	for (struct ip_mc_list *m = rcu_dereference(in->mc_list); m; m = rcu_dereference(m->next))
		if ((!group || m->group == group) && !silent(in->dev, m->group))
			timer_reduce(&m->report, now + get_random_u32_below((u32)within_ms) * NSEC_PER_MSEC);
	/* timer_reduce arms an idle timer and moves a later one forward: RFC 2236 3's rule */
}

static void heard_report(struct in_device *in, __be32 group)
{
	for (struct ip_mc_list *m = rcu_dereference(in->mc_list); m; m = rcu_dereference(m->next))
		if (m->group == group) {
			timer_delete(&m->report);
			m->reporter = false;
		}
}

/* skb->data is the IGMP header. Eats skb. */
int igmp_rcv(struct sk_buff *skb)
{
	struct in_device *in = in_dev_get_rcu(skb->dev);
	const struct igmphdr *ig;

	if (!in || !pskb_may_pull(skb, sizeof(*ig)) || csum_fold(skb_checksum(skb, 0, skb->len, 0))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_PKT_TOO_SMALL);
		return 0;
	}
	ig = (const struct igmphdr *)skb->data;
	if (ig->type == IGMP_HOST_MEMBERSHIP_QUERY)
		heard_query(in, ig->group, ig->code);
	else if ((ig->type == IGMPV2_HOST_MEMBERSHIP_REPORT || ig->type == IGMP_HOST_MEMBERSHIP_REPORT) &&
		 skb->pkt_type != PACKET_LOOPBACK)
		heard_report(in, ig->group);
	consume_skb(skb);
	return 0;
}

/* --- membership of devices. rtnl held ----------------------------------------------------------------------------- */

static int dev_join(struct in_device *in, __be32 group)
{
	struct ip_mc_list *m;

	for (m = in->mc_list; m; m = m->next) {
		if (m->group == group) {
			m->users++;
			return 0;
		}
	}
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOBUFS;
	m->in_dev = in;
	m->group = group;
	m->users = 1;
	timer_setup(&m->report, report_due);
	m->next = in->mc_list;
	rcu_assign_pointer(in->mc_list, m);
	if (in->dev->flags & IFF_UP && !(in->dev->flags & (IFF_ALLMULTI | IFF_LOOPBACK)))
		dev_change_flags(in->dev, in->dev->flags | IFF_ALLMULTI);
	announce(m);
	return 0;
}

/* A query that found the entry before it left the list may have armed its timer since. */
static void mc_free(struct rcu_head *head)
{
	struct ip_mc_list *m = container_of(head, struct ip_mc_list, rcu);

	timer_delete_sync(&m->report);
	kfree(m);
}

static void mc_remove(struct ip_mc_list **link)
{
	struct ip_mc_list *m = *link;

	WRITE_ONCE(m->users, 0);
	rcu_assign_pointer(*link, m->next);
	timer_delete_sync(&m->report);
	if (m->reporter && !silent(m->in_dev->dev, m->group))
		send_igmp(m->in_dev->dev, ALL_ROUTERS, m->group, IGMP_HOST_LEAVE_MESSAGE);
	call_rcu(&m->rcu, mc_free);
}

static void dev_leave(struct in_device *in, __be32 group)
{
	for (struct ip_mc_list **link = &in->mc_list; *link; link = &(*link)->next) {
		if ((*link)->group != group)
			continue;
		if (!--(*link)->users)
			mc_remove(link);
		return;
	}
}

void ip_mc_up(struct in_device *in)
{
	for (struct ip_mc_list *m = in->mc_list; m; m = m->next)
		announce(m);
}

void ip_mc_down(struct in_device *in)
{
	for (struct ip_mc_list *m = in->mc_list; m; m = m->next)
		timer_delete_sync(&m->report);
}

void ip_mc_destroy_dev(struct in_device *in)
{
	while (in->mc_list)
		mc_remove(&in->mc_list);
}

/* --- membership of sockets. [S]; takes rtnl ----------------------------------------------------------------------- */

/* The device by index, by address, or by the route to the group. rtnl held. */
static struct in_device *find_in_dev(struct net *net, const struct ip_mreqn *imr)
{
	struct flowi4 fl = { .daddr = imr->imr_multiaddr.s_addr };
	struct net_device *dev = NULL;
	struct in_ifaddr *ifa;
	struct rtable *rt;

	if (imr->imr_ifindex) {
		dev = dev_get_by_index(net, (u32)imr->imr_ifindex);
		return dev ? dev->ip_ptr : NULL;
	}
	if (imr->imr_address.s_addr) {
		ifa = inet_lookup_ifaddr_rcu(net, imr->imr_address.s_addr);
		return ifa ? ifa->in_dev : NULL;
	}
	rt = ip_route_output_key(net, &fl);
	if (IS_ERR(rt))
		return NULL;
	dev = rt->dst.dev;
	dst_release(&rt->dst);
	return dev->ip_ptr;
}

static int join_locked(struct sock *sk, const struct ip_mreqn *imr)
{
	struct in_device *in = find_in_dev(sk->sk_net, imr);
	__be32 group = imr->imr_multiaddr.s_addr;
	struct ip_mc_socklist *m;
	int n = 0, err;

	if (!in)
		return -ENODEV;
	for (m = inet_sk(sk)->mc_list; m; m = m->next, n++)
		if (m->group == group && m->ifindex == (int)in->dev->ifindex)
			return -EADDRINUSE;
	if (n >= sk->sk_net->ipv4->sysctl.igmp_max_memberships)
		return -ENOBUFS;
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOBUFS;
	err = dev_join(in, group);
	if (err) {
		kfree(m);
		return err;
	}
	m->group = group;
	m->ifindex = (int)in->dev->ifindex;
	m->next = inet_sk(sk)->mc_list;
	rcu_assign_pointer(inet_sk(sk)->mc_list, (void *)m);
	return 0;
}

int ip_mc_join_group(struct sock *sk, const struct ip_mreqn *imr)
{
	int err;

	if (!ipv4_is_multicast(imr->imr_multiaddr.s_addr))
		return -EINVAL;
	rtnl_lock(sk->sk_net);
	err = join_locked(sk, imr);
	rtnl_unlock(sk->sk_net);
	return err;
}

/* Takes the entry out of the socket's list and the device's. rtnl held. */
static void leave_one(struct sock *sk, struct ip_mc_socklist *m)
{
	struct net_device *dev = dev_get_by_index(sk->sk_net, (u32)m->ifindex);
	struct ip_mc_socklist *prev = inet_sk(sk)->mc_list;

	if (prev == m) {
		rcu_assign_pointer(inet_sk(sk)->mc_list, (void *)m->next);
	} else {
		while (prev->next != m)
			prev = prev->next;
		rcu_assign_pointer(prev->next, m->next);
	}
	if (dev && dev->ip_ptr)
		dev_leave(dev->ip_ptr, m->group);
	kfree_rcu(m, rcu);
}

int ip_mc_leave_group(struct sock *sk, const struct ip_mreqn *imr)
{
	struct ip_mc_socklist *m;
	struct in_device *in;
	int ifindex;

	rtnl_lock(sk->sk_net);
	in = find_in_dev(sk->sk_net, imr);
	ifindex = in ? (int)in->dev->ifindex : imr->imr_ifindex;
	for (m = inet_sk(sk)->mc_list; m; m = m->next)
		if (m->group == imr->imr_multiaddr.s_addr && (!ifindex || m->ifindex == ifindex))
			break;
	if (m)
		leave_one(sk, m);
	rtnl_unlock(sk->sk_net);
	return m ? 0 : in ? -EADDRNOTAVAIL : -ENODEV;
}

/* The socket closes. */
void ip_mc_drop_socket(struct sock *sk)
{
	if (!inet_sk(sk)->mc_list)
		return;
	rtnl_lock(sk->sk_net);
	while (inet_sk(sk)->mc_list)
		leave_one(sk, inet_sk(sk)->mc_list);
	rtnl_unlock(sk->sk_net);
}

static const struct net_protocol igmp_protocol = { .handler = igmp_rcv };
void igmp_register(void) { inet_add_protocol(&igmp_protocol, IPPROTO_IGMP); }
