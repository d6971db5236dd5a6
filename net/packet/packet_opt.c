/* net/packet/packet_opt.c - options of level SOL_PACKET, and memberships
 *
 * What:   promiscuous mode and groups that a socket holds, counters, the shape of its ring.
 * Called: net/socket, process context; af_packet.c when a device goes.
 * Locks:  rtnl for memberships and the ring; single words need none.
 * Absent: PACKET_FANOUT, PACKET_TX_RING, PACKET_TIMESTAMP, PACKET_QDISC_BYPASS, PACKET_COPY_THRESH: ENOPROTOOPT.
 */
#include "kernel/mm/uaccess.h"
#include "net/packet/internal.h"

/* --- memberships: [L] --- */

/* What the device does for it. It hears all groups, or all addresses, for devices here have no list of their own. A
 * type that nobody knows is a membership without effect, as on Linux. */
static void device_join(struct net_device *dev, u16 type, int by)
{
	switch (type) {
	case PACKET_MR_PROMISC:
	case PACKET_MR_UNICAST:
		dev_set_promiscuity(dev, by);
		break;
	case PACKET_MR_ALLMULTI:
	case PACKET_MR_MULTICAST:
		dev_set_allmulti(dev, by);
		break;
	}
}

/* One address must be as long as the device's; where none is meant, it may be shorter. */
static bool length_is_sound(const struct net_device *dev, const struct packet_mreq *r)
{
	bool one_address = r->mr_type == PACKET_MR_MULTICAST || r->mr_type == PACKET_MR_UNICAST;

	if (r->mr_alen > dev->addr_len || r->mr_alen > sizeof(r->mr_address))
		return false;
	return !one_address || r->mr_alen == dev->addr_len;
}

static bool same_membership(const struct packet_mclist *m, const struct packet_mreq *r)
{
	return m->ifindex == (u32)r->mr_ifindex && m->type == r->mr_type && m->alen == r->mr_alen &&
		!memcmp(m->addr, r->mr_address, m->alen);
}

static int mc_add(struct packet_sock *po, const struct packet_mreq *r)
{
	struct net_device *dev = dev_get_by_index(po->sk.sk_net, (u32)r->mr_ifindex);
	struct packet_mclist *m;

	if (!dev)
		return -ENODEV;
	if (!length_is_sound(dev, r))
		return -EINVAL;
	for (m = po->mclist; m; m = m->next)
		if (same_membership(m, r)) {
			m->count++;
			return 0;
		}
	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOBUFS;
	device_join(dev, r->mr_type, 1);
	m->ifindex = dev->ifindex;
	m->type = r->mr_type;
	m->alen = r->mr_alen;
	m->count = 1;
	memcpy(m->addr, r->mr_address, r->mr_alen);
	m->next = po->mclist;
	po->mclist = m;
	return 0;
}

static void mc_free(struct packet_sock *po, struct packet_mclist **link)
{
	struct packet_mclist *m = *link;
	struct net_device *dev = dev_get_by_index(po->sk.sk_net, m->ifindex);

	*link = m->next;
	if (dev)
		device_join(dev, m->type, -1);
	kfree(m);
}

static int mc_drop(struct packet_sock *po, const struct packet_mreq *r)
{
	for (struct packet_mclist **link = &po->mclist; *link; link = &(*link)->next) {
		if (!same_membership(*link, r))
			continue;
		if (!--(*link)->count)
			mc_free(po, link);
		return 0;
	}
	return 0; /* as on Linux: what is not there is dropped already */
}

void packet_flush_mclist(struct packet_sock *po, u32 ifindex)
{
	struct packet_mclist **link = &po->mclist;

	while (*link) {
		if (!ifindex || (*link)->ifindex == ifindex)
			mc_free(po, link);
		else
			link = &(*link)->next;
	}
}

static int set_membership(struct packet_sock *po, int opt, sockptr_t val, unsigned int len)
{
	struct packet_mreq r = { 0 };
	int err;

	if (len < sizeof(r))
		return -EINVAL;
	if (copy_from_sockptr(&r, val, sizeof(r)))
		return -EFAULT;
	rtnl_lock(po->sk.sk_net);
	err = opt == PACKET_ADD_MEMBERSHIP	   ? mc_add(po, &r)
		: r.mr_alen > sizeof(r.mr_address) ? -EINVAL
						   : mc_drop(po, &r);
	rtnl_unlock(po->sk.sk_net);
	return err;
}

/* --- setting --- */

static int set_rx_ring(struct packet_sock *po, sockptr_t val, unsigned int len)
{
	struct tpacket_req req;
	int err;

	if (len < sizeof(req))
		return -EINVAL;
	if (copy_from_sockptr(&req, val, sizeof(req)))
		return -EFAULT;
	rtnl_lock(po->sk.sk_net);
	lock_sock(&po->sk);
	err = packet_set_ring(po, &req);
	release_sock(&po->sk);
	rtnl_unlock(po->sk.sk_net);
	return err;
}

/* Fixed while there is a ring. */
static int set_shape(struct packet_sock *po, u32 *field, u32 v)
{
	int err = 0;

	lock_sock(&po->sk);
	if (po->ring.mem)
		err = -EBUSY;
	else
		*field = v;
	release_sock(&po->sk);
	return err;
}

static int set_bool(bool *field, int v)
{
	WRITE_ONCE(*field, v != 0);
	return 0;
}

static int set_int(struct packet_sock *po, int opt, int v)
{
	switch (opt) {
	case PACKET_VERSION:
		return tpacket_hdrlen((u32)v) ? set_shape(po, &po->tp_version, (u32)v) : -EINVAL;
	case PACKET_RESERVE:
		return v < 0 ? -EINVAL : set_shape(po, &po->tp_reserve, (u32)v);
	case PACKET_AUXDATA:
		return set_bool(&po->auxdata, v);
	case PACKET_ORIGDEV:
		return set_bool(&po->origdev, v);
	case PACKET_VNET_HDR:
		return po->sk.sk_type == SOCK_RAW ? set_bool(&po->vnet_hdr, v) : -EINVAL;
	case PACKET_IGNORE_OUTGOING:
		return v < 0 || v > 1 ? -EINVAL : set_bool(&po->hook.ignore_outgoing, v);
	default:
		return -ENOPROTOOPT;
	}
}

int packet_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	int v;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	switch (opt) {
	case PACKET_ADD_MEMBERSHIP:
	case PACKET_DROP_MEMBERSHIP:
		return set_membership(po, opt, val, len);
	case PACKET_RX_RING:
		return set_rx_ring(po, val, len);
	}
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	return set_int(po, opt, v);
}

/* --- reading --- */

/* Reading them sets them back to zero; packets counts the dropped ones too. */
static void get_statistics(struct packet_sock *po, struct tpacket_stats *st)
{
	spin_lock_bh(&po->sk.sk_receive_queue.lock);
	st->tp_drops = po->stat_drops;
	st->tp_packets = po->stat_packets + po->stat_drops;
	po->stat_packets = po->stat_drops = 0;
	spin_unlock_bh(&po->sk.sk_receive_queue.lock);
}

/* *v comes in as what the program wrote there: PACKET_HDRLEN asks by version. */
static int get_int(const struct packet_sock *po, int opt, int *v)
{
	switch (opt) {
	case PACKET_VERSION:
		*v = (int)po->tp_version;
		return 0;
	case PACKET_RESERVE:
		*v = (int)po->tp_reserve;
		return 0;
	case PACKET_AUXDATA:
		*v = po->auxdata;
		return 0;
	case PACKET_ORIGDEV:
		*v = po->origdev;
		return 0;
	case PACKET_VNET_HDR:
		*v = po->vnet_hdr;
		return 0;
	case PACKET_IGNORE_OUTGOING:
		*v = po->hook.ignore_outgoing;
		return 0;
	case PACKET_HDRLEN:
		*v = (int)tpacket_hdrlen((u32)*v);
		return *v ? 0 : -EINVAL;
	default:
		return -ENOPROTOOPT;
	}
}

int packet_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len)
{
	struct packet_sock *po = pkt_sk(sock->sk);
	union {
		int i;
		struct tpacket_stats st;
	} u = { 0 };
	int room, size = sizeof(int), err;

	if (level != SOL_PACKET)
		return -ENOPROTOOPT;
	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (opt == PACKET_STATISTICS) {
		size = sizeof(u.st);
		get_statistics(po, &u.st);
	} else {
		if (opt == PACKET_HDRLEN && room < size)
			return -EINVAL;
		if (opt == PACKET_HDRLEN && copy_from_user(&u.i, val, sizeof(u.i)))
			return -EFAULT;
		err = get_int(po, opt, &u.i);
		if (err)
			return err;
	}
	size = min(size, room);
	return copy_to_user(val, &u, (size_t)size) || put_user(size, len) ? -EFAULT : 0;
}
