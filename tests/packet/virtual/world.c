/* tests/packet/virtual/world.c - our stack in this process, its devices and its clock
 *
 * What:   the whole stack is the process' first (init_net), because /proc/sys acts on that one; it is destroyed at the
 *         end and nothing that was born since the start may be left.
 * Called: the engine, through struct stack.
 */
#include "kernel/fs/file.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "net/ipv4/internal.h"
#include "net/net.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/packet/engine.h"
#include "tests/packet/virtual/virtual.h"

static struct sim_nic *nics[RIG_NICS];
static struct task_struct *script_task;
static size_t serial_before;
static s64 skbs_before;

/* --- the wires --- */

static void wire(struct sim_nic *nic, struct sk_buff *skb, void *ctx)
{
	rig_frame((u32)(unsigned long)ctx, skb->data, skb->len);
	wake_up_process(script_task);
	consume_skb(skb);
}
static void inject(u32 dev, const u8 *frame, u32 len) { sim_nic_inject(nics[dev], frame, len); }

/* --- the clock --- */

static u64 virtual_clock(void) { return host_now_ns; }
static void sleep_until(u64 ns)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(ns > host_now_ns ? (s64)(ns - host_now_ns) : 0);
}
static void *begin(int (*fn)(void *), void *arg) { return host_spawn(fn, arg, "call"); }
static void let_run(void *task, const bool *over, bool may_sleep) { host_settle(); }
static void join(void *task) { host_join(task); }

/* --- configuration --- */

static int write_sysctl(const char *path, const char *value) { return (int)host_proc_write(path, value); }
static ssize_t read_proc(const char *path, char *buf, size_t size)
{
	return host_proc_read(init_net, path, buf, size);
}
static s64 drops(const char *name)
{
#define X(reason, text) { #reason, SKB_DROP_REASON_##reason },
	static const struct { const char *name; enum skb_drop_reason reason; } reasons[] = { SKB_DROP_REASONS(X) };
#undef X

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(reasons[i].name, name))
			return (s64)net_drop_sum(init_net, reasons[i].reason);
	return -1;
}
static int add_route(const struct event *e, struct net_device *dev)
{
	struct fib_config c = { .dst = htonl(e->addr), .plen = (u8)e->plen, .gw = htonl(e->gw), .dev = dev,
				.type = RTN_UNICAST, .table = RT_TABLE_MAIN, .proto = RTPROT_BOOT,
				.scope = e->gw ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
				.metrics = kzalloc(sizeof(struct dst_metrics), GFP_KERNEL) };
	int err;

	refcount_set(&c.metrics->refcnt, 1);
	memcpy(c.metrics->v, e->metrics, sizeof(e->metrics));
	if (e->cc)
		c.metrics->v[RTAX_CC_ALGO] = tcp_cc_names.key(e->cc);
	rtnl_lock(init_net);
	err = fib_table_insert(init_net, &c);
	rtnl_unlock(init_net);
	dst_metrics_put(c.metrics);
	return err;
}
static int change_link(const struct event *e, struct net_device *dev)
{
	int err = 0;

	rtnl_lock(init_net);
	if (e->plen)
		err = dev_set_mtu(dev, e->plen);
	else if (e->down)
		dev_close(dev);
	else
		err = dev_open(dev);
	rtnl_unlock(init_net);
	return err;
}
static int configure(const struct event *e)
{
	struct net_device *dev = e->name ? dev_get_by_name(init_net, e->name) : NULL;

	if (e->name && !dev)
		return -ENODEV;
	if (e->kind == EV_ADDRESS)
		return inet_addr_add(dev, htonl(e->addr), e->plen);
	return e->kind == EV_ROUTE ? add_route(e, dev) : change_link(e, dev);
}

/* --- start and end --- */

static void start(void)
{
	serial_before = host_alloc_serial();
	skb_live_counts(&skbs_before, &(s64){ 0 });
	script_task = current;
	current->net = init_net;
	for (u32 i = 0; i < rig.nics; i++) {
		nics[i] = sim_nic_create(init_net, i + 1, rig.features);
		nics[i]->wire = wire;
		nics[i]->wire_ctx = (void *)(unsigned long)i;
		if (rig.mtu != 1500) {
			rtnl_lock(init_net);
			dev_set_mtu(nics[i]->dev, rig.mtu);
			rtnl_unlock(init_net);
		}
	}
	rtnl_lock(init_net);
	dev_open(init_net->loopback_dev);
	rtnl_unlock(init_net);
	inet_addr_add(init_net->loopback_dev, htonl(0x7f000001), 8);
	for (u32 i = 0; i < rig.nics; i++)
		BUG_ON(inet_addr_add(nics[i]->dev, htonl(0x0a000001 + (i << 8)), 24));
	for (int i = 0; i < 3; i++)
		get_unused_fd_flags(0); /* where a program has its standard files */
}
static void check_leaks(void)
{
	s64 skbs, heads;
	size_t left;

	put_net(init_net);
	host_quiesce();
	skb_live_counts(&skbs, &heads);
	if (skbs != skbs_before)
		fail(0, "%lld sk_buffs were not freed", skbs - skbs_before);
	left = host_print_leaks(serial_before);
	if (left)
		fail(0, "%zu objects were not freed", left);
}

static void stop(void)
{
	host_pass(3600 * NSEC_PER_SEC);
	for (u32 i = 0; i < rig.nics; i++)
		sim_nic_destroy(nics[i]);
	check_leaks();
}

const struct stack virtual_stack = {
	.start = start, .stop = stop, .clock = virtual_clock, .sleep_until = sleep_until, .settle = host_settle,
	.inject = inject, .write_sysctl = write_sysctl, .read_proc = read_proc, .configure = configure,
	.call = virtual_call, .begin = begin, .let_run = let_run, .join = join, .drops = drops,
};

/* --- the process --- */

static void start_stack(void *unused)
{
	net_init();
}
/* Devices leave behind what is kept under their name (their sysctl files): make it now, so that it is no leak later. */
static void warm_up(void *unused)
{
	struct sim_nic *nic[RIG_NICS];

	for (u8 i = 0; i < RIG_NICS; i++)
		nic[i] = sim_nic_create(init_net, i + 1, 0);
	for (u8 i = 0; i < RIG_NICS; i++)
		sim_nic_destroy(nic[i]);
	host_quiesce();
}

void packet_world_start(void)
{
	host_init();
	host_run(start_stack, NULL);
	host_run(warm_up, NULL);
}
