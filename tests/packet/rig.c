/* tests/packet/rig.c - the host under test: its devices, its clock, and what leaves it
 *
 * The whole stack is the process' first (init_net), because /proc/sys acts on that one; it is destroyed at the end and
 * nothing that was born since the start may be left.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "net/ipv4/inet.h"
#include "net/net.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"
#include "tests/packet/engine.h"

#define PEER_ISN 0xfffff000u /* every script crosses the wrap after 4 KiB */

struct rig rig;
static size_t serial_before;
static s64 skbs_before;

u64 rig_now(void) { return host_now_ns - rig.start_ns; }

/* --- settings --- */

static u64 setting_number(const struct setting *s)
{
	u64 v;

	if (kstrtou64(s->value, 0, &v))
		fail(s->line, "--%s: '%s' is no number", s->name, s->value);
	return v;
}
static netdev_features_t features_of(const struct setting *s)
{
	static const struct { const char *name; netdev_features_t bits; } names[] = {
		{ "none", 0 }, { "csum", NETIF_F_SG | NETIF_F_HW_CSUM },
		{ "tso", NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO }, { "gro", NETIF_F_GRO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, s->value))
			return names[i].bits;
	fail(s->line, "--offload: none, csum, tso or gro");
}
int rig_sysctl(const char *name, const char *value)
{
	char path[128];
	size_t n = (size_t)scnprintf(path, sizeof(path), "sys/%s", name);

	for (size_t i = 0; i < n; i++)
		if (path[i] == '.')
			path[i] = '/';
	while (*value == ' ' || *value == '"' || *value == '\'')
		value++;
	return (int)host_proc_write(path, value);
}
static void apply(const struct setting *s)
{
	if (!strcmp(s->name, "tolerance_usecs"))
		rig.tolerance_ns = setting_number(s) * 1000;
	else if (!strcmp(s->name, "peer_isn"))
		rig.peer_isn = (u32)setting_number(s);
	else if (!strcmp(s->name, "nics"))
		rig.nics = (u32)min(setting_number(s), (u64)RIG_NICS);
	else if (!strcmp(s->name, "mtu"))
		rig.mtu = (u32)setting_number(s);
	else if (!strcmp(s->name, "seed"))
		host_seed(setting_number(s));
	else if (!strcmp(s->name, "payload"))
		rig.payload = setting_number(s) != 0;
	else if (!strcmp(s->name, "arp"))
		rig.arp_by_hand = !strcmp(s->value, "manual");
	else if (!strcmp(s->name, "offload"))
		rig.features = features_of(s);
	else if (!strchr(s->name, '.') && !strchr(s->name, '/'))
		fail(s->line, "--%s: no such setting", s->name);
}
/* Those with a point or a stroke in their name, once the devices are there. */
static void apply_sysctl(const struct setting *s)
{
	int err;

	if (!strchr(s->name, '.') && !strchr(s->name, '/'))
		return;
	err = rig_sysctl(s->name, s->value);
	if (err < 0)
		fail(s->line, "--%s=%s: %s", s->name, s->value, pkt_errno_name(-err));
}

/* --- the wires --- */

static bool answer_arp(struct sim_nic *nic, const struct sk_buff *skb)
{
	static const u8 peer[6] = { 2, 0, 0, 0, 0, 0x99 };
	u8 reply[42];

	if (skb->len < 42 || skb->data[12] != 8 || skb->data[13] != 6)
		return false;
	if (rig.arp_by_hand)
		return false;
	if (skb->data[21] != 1 || !memcmp(skb->data + 28, skb->data + 38, 4)) /* our own announcement */
		return true;
	memcpy(reply, skb->data, sizeof(reply));
	memcpy(reply, skb->data + 6, 6);
	memcpy(reply + 6, peer, 6);
	reply[21] = 2;
	memcpy(reply + 22, peer, 6);
	memcpy(reply + 28, skb->data + 38, 4);
	memcpy(reply + 32, skb->data + 22, 10);
	sim_nic_inject(nic, reply, sizeof(reply));
	return true;
}
static void keep_frame(u32 dev, const struct sk_buff *skb)
{
	struct frame *f = pkt_alloc(sizeof(*f));

	*f = (struct frame){ .ns = rig_now(), .dev = dev, .len = skb->len, .bytes = pkt_alloc(skb->len) };
	memcpy(f->bytes, skb->data, skb->len);
	*rig.tail = f;
	rig.tail = &f->next;
	if (f->len >= 34 && f->bytes[12] == 8 && !f->bytes[13])
		rig.last_out = f;
	pcap_add(f->bytes, f->len);
	wake_up_process(rig.task);
}
static void wire(struct sim_nic *nic, struct sk_buff *skb, void *ctx)
{
	if (!rig.ending && !answer_arp(nic, skb))
		keep_frame((u32)(unsigned long)ctx, skb);
	consume_skb(skb);
}
struct frame *rig_take(void)
{
	struct frame *f = rig.head;

	if (!f)
		return NULL;
	rig.head = f->next;
	if (!rig.head)
		rig.tail = &rig.head;
	return f;
}
void rig_inject(u32 dev, const u8 *bytes, u32 len)
{
	struct frame *f = pkt_alloc(sizeof(*f));

	*f = (struct frame){ .ns = rig_now(), .len = len, .bytes = pkt_alloc(len), .next = rig.injected };
	memcpy(f->bytes, bytes, len);
	rig.injected = f;
	pcap_add(bytes, len);
	sim_nic_inject(rig.nic[dev], bytes, len);
	host_settle();
}

/* --- the clock --- */

static void sleep_until(u64 until_ns)
{
	u64 now = rig_now();

	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_timeout(until_ns > now ? (s64)(until_ns - now) : 0);
}
void rig_run_until(u64 ns)
{
	while (rig_now() < ns)
		sleep_until(ns);
	sleep_until(ns); /* timers that are due now, and those that they arm for now */
	sleep_until(ns);
	host_settle();
}
bool rig_wait_frame(u64 until_ns)
{
	while (!rig.head && rig_now() < until_ns)
		sleep_until(until_ns);
	if (!rig.head)
		rig_run_until(until_ns);
	return rig.head;
}

/* --- start and end --- */

void rig_start(struct script *s)
{
	serial_before = host_alloc_serial();
	skb_live_counts(&skbs_before, &(s64){ 0 });
	rig = (struct rig){ .net = init_net, .script = s, .nics = 1, .mtu = 1500, .payload = true, .last_fd = -1,
			    .peer_isn = PEER_ISN, .start_ns = host_now_ns, .task = current };
	rig.tail = &rig.head;
	current->net = rig.net;
	for (const struct setting *o = s->settings; o; o = o->next)
		apply(o);
	for (u32 i = 0; i < rig.nics; i++) {
		rig.nic[i] = sim_nic_create(rig.net, (u8)(i + 1), rig.features);
		rig.nic[i]->wire = wire;
		rig.nic[i]->wire_ctx = (void *)(unsigned long)i;
		if (rig.mtu != 1500) {
			rtnl_lock(rig.net);
			dev_set_mtu(rig.nic[i]->dev, rig.mtu);
			rtnl_unlock(rig.net);
		}
	}
	rtnl_lock(rig.net);
	dev_open(rig.net->loopback_dev);
	rtnl_unlock(rig.net);
	inet_addr_add(rig.net->loopback_dev, htonl(0x7f000001), 8);
	for (u32 i = 0; i < rig.nics; i++)
		BUG_ON(inet_addr_add(rig.nic[i]->dev, htonl(0x0a000001 + (i << 8)), 24));
	for (const struct setting *o = s->settings; o; o = o->next)
		apply_sysctl(o);
	host_settle();
	while (rig_take())
		; /* what a device says of itself as it comes up */
	rig.last_out = NULL;
	rig.start_ns = host_now_ns;
}

static void check_leaks(void)
{
	s64 skbs, heads;
	size_t left;

	put_net(rig.net);
	host_quiesce();
	skb_live_counts(&skbs, &heads);
	if (skbs != skbs_before)
		fail(0, "%lld sk_buffs were not freed", skbs - skbs_before);
	left = host_print_leaks(serial_before);
	if (left)
		fail(0, "%zu objects were not freed", left);
}
void rig_stop(void)
{
	rig.ending = true;
	calls_stop();
	host_pass(3600 * NSEC_PER_SEC);
	for (u32 i = 0; i < rig.nics; i++)
		sim_nic_destroy(rig.nic[i]);
	check_leaks();
}

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
static void run_job(void *arg)
{
	const struct packet_job *job = arg;

	run_script(pkt_parse(job->path, job->text));
}
int packet_run(void *job)
{
	host_seed(sys_env_number("SEED", 1));
	host_run(run_job, job);
	return 0;
}
