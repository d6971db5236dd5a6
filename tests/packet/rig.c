/* tests/packet/rig.c - the host under test: its settings, its clock, and what leaves it
 *
 * Called: run.c; by the stack under test (stack.h), for what it sends.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"
#include "tests/packet/engine.h"

#define PEER_ISN 0xfffff000u /* every script crosses the wrap after 4 KiB */

struct rig rig;

u64 rig_now(void) { return rig.stack->clock() - rig.start_ns; }
u64 rig_lateness(u64 delay_ns) { return rig.stack->real_time ? delay_ns / 8 : 0; }

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
	int err;

	for (size_t i = 0; i < n; i++)
		if (path[i] == '.')
			path[i] = '/';
	while (*value == ' ' || *value == '"' || *value == '\'')
		value++;
	err = rig.stack->write_sysctl(path, value);
	if (err == -ENOENT && rig.stack->real_time)
		skip("Linux has no %s", name);
	return err;
}
static void apply(const struct setting *s)
{
	if (!strcmp(s->name, "tolerance_usecs"))
		rig.tolerance_ns = max(setting_number(s) * 1000, rig.stack->tolerance_ns);
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

const u8 *rig_mac(u32 dev)
{
	static const u8 mac[RIG_NICS][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };

	return mac[dev < RIG_NICS ? dev : 0];
}
static bool answer_arp(u32 dev, const u8 *frame, u32 len)
{
	static const u8 peer[6] = { 2, 0, 0, 0, 0, 0x99 };
	u8 reply[42];

	if (len < 42 || frame[12] != 8 || frame[13] != 6)
		return false;
	if (rig.arp_by_hand)
		return false;
	if (frame[21] != 1 || !memcmp(frame + 28, frame + 38, 4)) /* our own announcement */
		return true;
	memcpy(reply, frame, sizeof(reply));
	memcpy(reply, frame + 6, 6);
	memcpy(reply + 6, peer, 6);
	reply[21] = 2;
	memcpy(reply + 22, peer, 6);
	memcpy(reply + 28, frame + 38, 4);
	memcpy(reply + 32, frame + 22, 10);
	rig.stack->inject(dev, reply, sizeof(reply));
	return true;
}
void rig_frame(u32 dev, const u8 *bytes, u32 len)
{
	struct frame *f;

	if (rig.ending || answer_arp(dev, bytes, len))
		return;
	f = pkt_alloc(sizeof(*f));
	*f = (struct frame){ .ns = rig_now(), .dev = dev, .len = len, .bytes = pkt_alloc(len) };
	memcpy(f->bytes, bytes, len);
	*rig.tail = f;
	rig.tail = &f->next;
	if (f->len >= 34 && f->bytes[12] == 8 && !f->bytes[13])
		rig.last_out = f;
	pcap_add(f->bytes, f->len);
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
	rig.stack->inject(dev, bytes, len);
	rig.stack->settle();
}

/* --- the clock --- */

static void sleep_until(u64 ns) { rig.stack->sleep_until(rig.start_ns + ns); }
void rig_run_until(u64 ns)
{
	while (rig_now() < ns)
		sleep_until(ns);
	sleep_until(ns); /* timers that are due now, and those that they arm for now */
	sleep_until(ns);
	rig.stack->settle();
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
	rig = (struct rig){ .stack = rig.stack, .script = s, .nics = 1, .mtu = 1500, .payload = true, .last_fd = -1,
			    .peer_isn = PEER_ISN, .tolerance_ns = rig.stack->tolerance_ns,
			    .start_ns = rig.stack->clock() };
	rig.tail = &rig.head;
	rig.forever_ns = rig.stack->real_time ? sys_env_number("LONGEST", 20) * NSEC_PER_SEC : 1000 * NSEC_PER_SEC;
	for (const struct setting *o = s->settings; o; o = o->next)
		apply(o);
	rig.stack->start();
	for (const struct setting *o = s->settings; o; o = o->next)
		apply_sysctl(o);
	rig.stack->settle();
	while (rig_take())
		; /* what a device says of itself as it comes up */
	rig.last_out = NULL;
	rig.start_ns = rig.stack->clock();
}
void rig_stop(void)
{
	rig.ending = true;
	calls_stop();
	rig.stack->stop();
}

static void run_job(void *arg)
{
	const struct packet_job *job = arg;

	run_script(pkt_parse(job->path, job->text));
}
int packet_run(void *job)
{
	rig.stack = &virtual_stack;
	host_seed(sys_env_number("SEED", 1));
	host_run(run_job, job);
	return 0;
}
int packet_run_live(void *job)
{
	rig.stack = &live_stack;
	run_job(job);
	return 0;
}
