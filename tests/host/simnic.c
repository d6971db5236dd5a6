/* tests/host/simnic.c - a network device whose wire is the test, and a link of two with misfortune
 *
 * What:   frames go up through NAPI as a driver's do; frames sent are collected, or handed to a wire function.
 * Called: by tests and simulations.
 * Calls:  net/core through a driver's doors only.
 */
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "net/core/dst.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"

static struct sim_nic *nic_of(struct net_device *dev) { return *(struct sim_nic **)netdev_priv(dev); }

static int sim_open(struct net_device *dev)
{
	napi_enable(&nic_of(dev)->napi);
	netif_start_queue(dev);
	return 0;
}
static int sim_stop(struct net_device *dev)
{
	napi_disable(&nic_of(dev)->napi);
	netif_stop_queue(dev);
	return 0;
}
/* A device without offloads gets none; those it claims, this does: a checksum is finished as hardware would. */
static netdev_tx_t sim_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct sim_nic *nic = nic_of(dev);
	struct sk_buff *frame;

	if (skb->ip_summed == CHECKSUM_PARTIAL && (!(dev->features & NETIF_F_HW_CSUM) || skb_checksum_help(skb))) {
		kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
		return NETDEV_TX_OK;
	}
	if (skb_is_gso(skb) && !(dev->features & NETIF_F_TSO))
		panic("a GSO packet on a device without TSO");
	frame = skb_copy(skb, GFP_ATOMIC);
	if (frame) {
		skb_shinfo(frame)->gso_size = skb_shinfo(skb)->gso_size;
		frame->dev = dev;
		frame->tstamp_ns = host_now_ns;
		skb_dst_drop(frame);
		dev->stats.tx_packets++;
		dev->stats.tx_bytes += skb->len;
	}
	consume_skb(skb);
	if (!frame)
		return NETDEV_TX_OK;
	if (nic->wire)
		nic->wire(nic, frame, nic->wire_ctx);
	else
		__skb_queue_tail(&nic->sent, frame);
	return NETDEV_TX_OK;
}
static const struct net_device_ops sim_ops = { .ndo_open = sim_open, .ndo_stop = sim_stop, .ndo_start_xmit = sim_xmit };

static int sim_poll(struct napi_struct *n, int budget)
{
	struct sim_nic *nic = container_of(n, struct sim_nic, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = __skb_dequeue(&nic->rx))) {
		skb->protocol = eth_type_trans(skb, nic->dev);
		nic->dev->stats.rx_packets++;
		napi_gro_receive(n, skb);
		done++;
	}
	if (done < budget)
		napi_complete_done(n, done);
	return done;
}

static void sim_setup(struct net_device *dev) { ether_setup(dev); }
struct sim_nic *sim_nic_create(struct net *net, u8 last_mac_byte, netdev_features_t features)
{
	struct sim_nic *nic = kzalloc(sizeof(*nic), GFP_KERNEL);
	struct net_device *dev = alloc_netdev(sizeof(void *), "eth%d", sim_setup);
	static const u8 mac[6] = { 2 };

	BUG_UNLESS(nic && dev);
	*(struct sim_nic **)netdev_priv(dev) = nic;
	nic->dev = dev;
	__skb_queue_head_init(&nic->rx);
	__skb_queue_head_init(&nic->sent);
	memcpy(dev->dev_addr, mac, 6);
	dev->dev_addr[5] = last_mac_byte;
	dev->features = dev->hw_features = features;
	dev->netdev_ops = &sim_ops;
	netif_napi_add(dev, &nic->napi, sim_poll);
	BUG_UNLESS(!register_netdev(net, dev));
	netif_carrier_on(dev);
	rtnl_lock(net);
	BUG_UNLESS(!dev_open(dev));
	rtnl_unlock(net);
	return nic;
}
void sim_nic_destroy(struct sim_nic *nic)
{
	unregister_netdev(nic->dev);
	netif_napi_del(&nic->napi);
	skb_queue_consume(&nic->sent);
	skb_queue_consume(&nic->rx);
	free_netdev(nic->dev);
	kfree(nic);
}
void sim_nic_inject_skb(struct sim_nic *nic, struct sk_buff *skb)
{
	skb->dev = nic->dev;
	__skb_queue_tail(&nic->rx, skb);
	napi_schedule(&nic->napi);
	if (!in_interrupt())
		host_run_softirqs();
}
void sim_nic_inject(struct sim_nic *nic, const void *frame, size_t len)
{
	struct sk_buff *skb = netdev_alloc_skb(nic->dev, (u32)len);

	BUG_UNLESS(skb);
	skb_put_data(skb, frame, (u32)len);
	sim_nic_inject_skb(nic, skb);
}
struct sk_buff *sim_nic_take(struct sim_nic *nic) { return __skb_dequeue(&nic->sent); }

/* A frame on its way. */
struct flight {
	struct timer_list timer;
	struct sim_link *link;
	struct sim_nic *to;
	struct sk_buff *skb;
};
static bool chance(u32 ppm) { return ppm && host_random() % 1000000 < ppm; }
static void land(struct timer_list *t)
{
	struct flight *f = container_of(t, struct flight, timer);

	f->link->in_flight--;
	sim_nic_inject_skb(f->to, f->skb);
	kfree(f);
}
/* When the last bit has left, behind what is already queued; 0: the queue is full. */
static u64 departure(struct sim_link *l, int from, u32 len)
{
	u64 start = max(l->busy_until_ns[from], host_now_ns);

	if (!l->bytes_per_second)
		return host_now_ns;
	if (l->queue_bytes && (start - host_now_ns) * l->bytes_per_second / NSEC_PER_SEC > l->queue_bytes)
		return 0;
	l->busy_until_ns[from] = start + len * NSEC_PER_SEC / l->bytes_per_second;
	return l->busy_until_ns[from];
}
static void launch(struct sim_link *l, int from, struct sk_buff *skb)
{
	struct flight *f;
	u64 leaves = departure(l, from, skb->len);

	f = leaves ? kzalloc(sizeof(*f), GFP_ATOMIC) : NULL;
	if (!f) {
		l->lost++;
		consume_skb(skb);
		return;
	}
	f->link = l;
	f->to = l->end[!from];
	f->skb = skb;
	l->in_flight++;
	timer_setup(&f->timer, land);
	mod_timer(&f->timer, leaves + l->delay_ns + (l->jitter_ns ? host_random() % l->jitter_ns : 0));
}
/* WIRE=1 in the environment shows what passes, for whoever looks for a fault. */
static void show_frame(int from, const struct sk_buff *skb)
{
	const u8 *ip = skb->data + 14, *tcp = ip + (ip[0] & 15) * 4;

	if (!sys_env_number("WIRE", 0))
		return;
	if (skb->len < 34 || ip[-2] != 8 || ip[-1] || ip[9] != 6) {
		host_say("    %llu.%06llu %c type %02x%02x len %u\n", host_now_ns / NSEC_PER_SEC,
			 host_now_ns / 1000 % 1000000, 'A' + from, ip[-2], ip[-1], skb->len);
		return;
	}
	host_say("    %llu.%06llu %c flags %02x seq %u ack %u win %u len %u\n", host_now_ns / NSEC_PER_SEC,
		 host_now_ns / 1000 % 1000000, 'A' + from, tcp[13], get_unaligned_be32(tcp + 4),
		 get_unaligned_be32(tcp + 8), get_unaligned_be16(tcp + 14),
		 get_unaligned_be16(ip + 2) - (ip[0] & 15) * 4 - (tcp[12] >> 4) * 4);
}
static void link_wire(struct sim_nic *nic, struct sk_buff *skb, void *ctx)
{
	struct sim_link *l = ctx;
	int from = nic == l->end[1];
	struct sk_buff *again = NULL;

	show_frame(from, skb);
	l->frames++;
	if (l->cut || chance(l->loss_ppm) || (l->filter && l->filter(l, from, skb))) {
		l->lost++;
		consume_skb(skb);
		return;
	}
	if (chance(l->duplicate_ppm))
		again = skb_copy(skb, GFP_ATOMIC);
	if (chance(l->corrupt_ppm))
		skb->data[14 + host_random() % (skb->len - 14)] ^= (u8)(1u << host_random() % 8);
	launch(l, from, skb);
	if (again)
		launch(l, from, again);
}
void sim_link_connect(struct sim_link *l, struct sim_nic *a, struct sim_nic *b)
{
	l->end[0] = a;
	l->end[1] = b;
	a->wire = b->wire = link_wire;
	a->wire_ctx = b->wire_ctx = l;
}
void sim_link_drain(struct sim_link *l)
{
	while (l->in_flight)
		host_pass(l->delay_ns + l->jitter_ns + NSEC_PER_MSEC);
}
