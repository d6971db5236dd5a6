/* tests/sim/network.c - nodes and wires, and how they come by addresses and routes
 *
 * What:   hosts are stacks, routers are stacks that forward, switches learn addresses. What hangs together without a
 *         router is a segment with a prefix of its own: a /24 of 10.0.0.0/9 for two hosts on a wire, a /16 of
 *         10.128.0.0/9 for those with a switch.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/ipv4/internal.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/sys.h"
#include "tests/sim/internal.h"
#include "tests/sim/main.h"

#define FEATURES (NETIF_F_SG | NETIF_F_HW_CSUM)

struct sim_world sim;

/* --- nodes --- */

struct sim_node *sim_node(enum sim_kind kind, const char *fmt, ...)
{
	struct sim_node *n = sys_malloc(sizeof(*n), 16);
	va_list ap;

	BUG_ON(!n || sim.started);
	memset(n, 0, sizeof(*n));
	n->last = &n->ports;
	va_start(ap, fmt);
	vsnprintf(n->name, sizeof(n->name), fmt, ap);
	va_end(ap);
	*sim.last_node = n;
	sim.last_node = &n->next;
	n->router = kind == SIM_ROUTER;
	if (kind != SIM_SWITCH) {
		n->net = test_net();
		n->net->ipv4->sysctl.ip_forward = n->router;
	}
	return n;
}

/* --- a switch --- */

static struct sim_port *switch_find(struct sim_node *n, const u8 *mac)
{
	for (u32 i = hash_32(get_unaligned_be32(mac + 2), 31);; i++) {
		u32 at = n->size_macs ? i % n->size_macs : 0;

		if (!n->size_macs || !n->macs[at].port)
			return NULL;
		if (!memcmp(n->macs[at].addr, mac, 6))
			return n->macs[at].port;
	}
}
static void switch_insert(struct sim_node *n, const u8 *mac, struct sim_port *port)
{
	u32 i = hash_32(get_unaligned_be32(mac + 2), 31) % n->size_macs;

	while (n->macs[i].port && memcmp(n->macs[i].addr, mac, 6))
		i = (i + 1) % n->size_macs;
	n->nr_macs += !n->macs[i].port;
	memcpy(n->macs[i].addr, mac, 6);
	n->macs[i].port = port;
}
static void switch_grow(struct sim_node *n)
{
	u32 old_size = n->size_macs, size = old_size ? old_size * 2 : 64;
	__typeof__(n->macs) old = n->macs;

	n->macs = sys_malloc(size * sizeof(*n->macs), 16);
	BUG_UNLESS(n->macs);
	memset(n->macs, 0, size * sizeof(*n->macs));
	n->size_macs = size;
	n->nr_macs = 0;
	for (u32 i = 0; i < old_size; i++)
		if (old[i].port)
			switch_insert(n, old[i].addr, old[i].port);
	sys_free(old);
}
static void switch_send(struct sim_port *p, struct sk_buff *skb)
{
	if (skb)
		p->nic->wire(p->nic, skb, p->nic->wire_ctx);
}
static void switch_deliver(struct sim_nic *nic, struct sk_buff *skb)
{
	struct sim_port *in = nic->port, *out;
	struct sim_node *n = in->node;

	if (2 * n->nr_macs >= n->size_macs)
		switch_grow(n);
	if (!(skb->data[6] & 1))
		switch_insert(n, skb->data + 6, in);
	out = skb->data[0] & 1 ? NULL : switch_find(n, skb->data);
	if (out && out != in) {
		switch_send(out, skb);
		return;
	}
	for (struct sim_port *p = out ? NULL : n->ports; p; p = p->next)
		if (p != in)
			switch_send(p, skb_copy(skb, GFP_ATOMIC));
	consume_skb(skb);
}

/* --- wires --- */

void sim_set_mtu(struct sim_link *l, u32 mtu)
{
	for (int i = 0; i < 2; i++) {
		struct net_device *dev = l->end[i]->dev;

		if (!dev)
			continue;
		rtnl_lock(dev->net);
		BUG_ON(dev_set_mtu(dev, (int)mtu));
		rtnl_unlock(dev->net);
	}
}
static struct sim_nic *new_nic(struct sim_node *n)
{
	struct sim_nic *nic;

	if (n->net)
		return sim_nic_create(n->net, ++sim.nr_macs, FEATURES);
	nic = kzalloc(sizeof(*nic), GFP_KERNEL);
	BUG_UNLESS(nic);
	nic->deliver = switch_deliver;
	return nic;
}
static struct sim_port *new_port(struct sim_node *n, struct sim_link *l)
{
	struct sim_port *p = sys_malloc(sizeof(*p), 16);

	BUG_UNLESS(p);
	*p = (struct sim_port){ .node = n, .nic = new_nic(n), .link = l };
	p->nic->port = p;
	*n->last = p;
	n->last = &p->next;
	return p;
}
struct sim_link *sim_wire_with(struct sim_node *a, struct sim_node *b, const struct sim_link *numbers)
{
	struct sim_link *l = sys_malloc(sizeof(*l), 16);
	char *name = sys_malloc(40, 16);

	BUG_ON(!l || !name || sim.started);
	*l = *numbers;
	if (l->back) {
		struct sim_link *back = sys_malloc(sizeof(*back), 16);

		BUG_UNLESS(back);
		*back = *l->back;
		l->back = back;
	}
	snprintf(name, 40, "%s-%s", a->name, b->name);
	l->name = l->name ? l->name : name;
	if (sim.nr_links == sim.size_links) {
		struct sim_link **old = sim.links;

		sim.size_links = sim.size_links ? sim.size_links * 2 : 64;
		sim.links = sys_malloc(sim.size_links * sizeof(*sim.links), 16);
		BUG_UNLESS(sim.links);
		for (u32 i = 0; i < sim.nr_links; i++)
			sim.links[i] = old[i];
		sys_free(old);
	}
	sim.links[sim.nr_links++] = l;
	sim_link_connect(l, new_port(a, l)->nic, new_port(b, l)->nic);
	if (l->mtu)
		sim_set_mtu(l, l->mtu);
	return l;
}
struct sim_link *sim_next_link(const struct sim_link *l)
{
	u32 i = 0;

	while (l && sim.links[i++] != l)
		;
	return i < sim.nr_links ? sim.links[i] : NULL;
}

/* --- addresses and routes --- */

static struct sim_port *other_end(const struct sim_port *p)
{
	return p->link->end[p->link->end[0] == p->nic]->port;
}
/* Gives p and everything on its side of the routers the segment; returns how many hosts are there. */
static u32 flood_segment(struct sim_port *p, u32 segment, bool *switched)
{
	struct sim_port *to = other_end(p);
	u32 hosts = 0;

	p->segment = segment;
	hosts += p->node->net != NULL;
	if (to->segment)
		return hosts;
	if (to->node->net) {
		to->segment = segment;
		return hosts + 1;
	}
	*switched = true;
	to->segment = segment;
	for (struct sim_port *q = to->node->ports; q; q = q->next)
		if (!q->segment)
			hosts += flood_segment(q, segment, switched);
	return hosts;
}
static void number_segment(u32 segment, u32 net, u8 plen)
{
	u32 host = 0;

	for (struct sim_node *n = sim.nodes; n; n = n->next)
		for (struct sim_port *p = n->ports; p; p = p->next) {
			if (p->segment != segment || !n->net)
				continue;
			p->addr = htonl(net + ++host);
			p->plen = plen;
		}
}
static void find_segments(void)
{
	u32 small = 0, large = 0;

	for (struct sim_node *n = sim.nodes; n; n = n->next)
		for (struct sim_port *p = n->ports; p; p = p->next) {
			bool switched = false;

			if (p->segment || !n->net)
				continue;
			flood_segment(p, ++sim.nr_segments, &switched);
			BUG_UNLESS(switched ? large < 128 : small < 32768);
			if (switched)
				number_segment(sim.nr_segments, 0x0a800000 + (large++ << 16), 16);
			else
				number_segment(sim.nr_segments, 0x0a000000 + (small++ << 8), 24);
		}
}
static void route(struct sim_node *n, __be32 dst, u8 plen, __be32 gw, struct net_device *dev)
{
	struct fib_config c = { .dst = dst, .plen = plen, .gw = gw, .dev = dev, .type = RTN_UNICAST,
				.table = RT_TABLE_MAIN, .proto = RTPROT_STATIC };

	rtnl_lock(n->net);
	BUG_ON(fib_table_insert(n->net, &c));
	rtnl_unlock(n->net);
}
static bool is_on(const struct sim_node *n, u32 segment)
{
	for (struct sim_port *p = n->ports; p; p = p->next)
		if (p->segment == segment)
			return true;
	return false;
}
/* A breadth-first walk from n through routers; each segment that it meets first behind one is routed there. */
static void route_from(struct sim_node *n, struct sim_node **queue, bool *reached)
{
	u32 head = 0, tail = 0;

	memset(reached, 0, sim.nr_segments + 1);
	for (struct sim_node *x = sim.nodes; x; x = x->next)
		x->seen = false;
	for (queue[tail++] = n; head < tail; head++) {
		struct sim_node *x = queue[head];

		for (struct sim_port *p = x->ports; p; p = p->next) {
			if (reached[p->segment])
				continue;
			reached[p->segment] = true;
			if (x != n && !is_on(n, p->segment))
				route(n, p->addr & inet_make_mask(p->plen), p->plen, x->gateway, x->via->nic->dev);
			for (struct sim_node *y = sim.nodes; y; y = y->next)
				for (struct sim_port *q = y->ports; q; q = q->next) {
					if (!y->router || y->seen || y == n || q->segment != p->segment)
						continue;
					y->seen = true;
					y->via = x == n ? p : x->via;
					y->gateway = x == n ? q->addr : x->gateway;
					queue[tail++] = y;
				}
		}
	}
}
/* A host on one wire asks the first router there for everything else. */
static void route_default(struct sim_node *n)
{
	for (struct sim_node *y = sim.nodes; y; y = y->next)
		for (struct sim_port *q = y->ports; y->router && q; q = q->next)
			if (q->segment == n->ports->segment) {
				route(n, 0, 0, q->addr, n->ports->nic->dev);
				return;
			}
}
void sim_start(void)
{
	struct sim_node **queue;
	bool *reached;
	u32 nodes = 0;

	if (sim.started)
		return;
	sim.started = true;
	find_segments();
	for (struct sim_node *n = sim.nodes; n; n = n->next, nodes++)
		for (struct sim_port *p = n->ports; p; p = p->next) {
			if (!n->net)
				continue;
			host_address(n->net, NULL, 0);
			BUG_ON(inet_addr_add(p->nic->dev, p->addr, p->plen));
		}
	queue = sys_malloc(nodes * sizeof(*queue), 16);
	reached = sys_malloc(sim.nr_segments + 1, 16);
	for (struct sim_node *n = sim.nodes; n; n = n->next) {
		if (!n->net || !n->ports)
			continue;
		if (n->router || n->ports->next)
			route_from(n, queue, reached);
		else
			route_default(n);
	}
	sys_free(queue);
	sys_free(reached);
	host_settle();
	sim.start_ns = ktime_get_ns();
}
__be32 sim_address(const struct sim_node *n)
{
	sim_start();
	return n->ports ? n->ports->addr : htonl(INADDR_LOOPBACK);
}
u64 sim_now(void) { return sim.started ? ktime_get_ns() - sim.start_ns : 0; }

/* --- events --- */

/* Two steps are one task, so that the second never comes before the first, however the host's CPUs stand still. */
struct event {
	u64 at_ns, then_ns;
	void (*fn)(void *arg), (*then)(void *arg); /* then: NULL for none */
	void *arg;
};
static void step(u64 at_ns, void (*fn)(void *arg), void *arg)
{
	u64 now;

	while (!sim.over && (now = ktime_get_ns()) < at_ns)
		sleep_ns(min(at_ns - now, SEC(1)));
	if (!sim.over)
		fn(arg);
}
static int happen(void *arg)
{
	struct event e = *(struct event *)arg;

	sys_free(arg);
	step(e.at_ns, e.fn, e.arg);
	if (e.then)
		step(e.then_ns, e.then, e.arg);
	return 0;
}
static void plan(u64 ns, void (*fn)(void *arg), u64 then_ns, void (*then)(void *arg), void *arg)
{
	struct event *e = sys_malloc(sizeof(*e), 16);

	BUG_UNLESS(e);
	sim_start();
	*e = (struct event){ sim.start_ns + ns, sim.start_ns + then_ns, fn, then, arg };
	sim_spawn_aside(happen, e, "event");
}
void sim_at(u64 ns, void (*fn)(void *arg), void *arg) { plan(ns, fn, 0, NULL, arg); }
static void cut(void *link) { ((struct sim_link *)link)->cut = true; }
static void mend(void *link) { ((struct sim_link *)link)->cut = false; }
void sim_cut(struct sim_link *l, u64 from_ns, u64 to_ns) { plan(from_ns, cut, to_ns, mend, l); }

/* --- beginning and end --- */

static struct sim_scenario *scenario_of(struct test_case *t) { return container_of(t, struct sim_scenario, test); }
const char *sim_name(struct test_case *t) { return t->name; }
const char *sim_about(struct test_case *t) { return scenario_of(t)->about; }
unsigned long sim_seeds(struct test_case *t) { return scenario_of(t)->seeds ? scenario_of(t)->seeds : 1; }

void sim_begin(const struct sim_scenario *s)
{
	sim = (struct sim_world){ .scenario = s };
	sim.last_node = &sim.nodes;
	sim.last_flow = &sim.flows;
	sim_record_start();
}
/* Sockets that the stacks hold for themselves stay; what programs left behind must time out. */
static bool connections_left(void)
{
	for (struct sim_node *n = sim.nodes; n; n = n->next)
		if (n->net && (atomic_read(&n->net->nr_socks) > 0 || atomic_read(&n->net->tcp->tw_count)))
			return true;
	return false;
}
#define LONGEST_END SEC(1800) /* more than all retransmissions of a dead peer take (RFC 1122 4.2.3.5) */
void sim_end(void)
{
	u64 limit;

	sim_stop_programs();
	sim.over = true;
	for (u32 i = 0; i < sim.nr_links; i++)
		sim.links[i]->cut = false;
	limit = ktime_get_ns() + LONGEST_END;
	while (connections_left() && ktime_get_ns() < limit)
		host_pass(SEC(1));
	for (u32 i = 0; i < sim.nr_links; i++)
		sim_link_drain(sim.links[i]);
	sim_record_stop();
	host_pass(SEC(400)); /* fragments, neighbours, TIME_WAIT: every time-out is over */
	for (struct sim_node *n = sim.nodes; n; n = n->next)
		for (struct sim_port *p = n->ports; p; p = p->next) {
			if (n->net)
				sim_nic_destroy(p->nic);
			else
				kfree(p->nic);
		}
}
