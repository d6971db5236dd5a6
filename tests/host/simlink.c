/* tests/host/simlink.c - the one model of a wire: bandwidth, a queue, delay, and every misfortune of a frame
 *
 * What:   two devices (or switch ports) back to back. A frame waits in the sender's queue, takes its time to leave, its
 *         delay to arrive; on the way it may be lost, doubled, damaged, overtaken or marked.
 * Called: simnic.c when a device sends.
 * Calls:  sim_nic_inject_skb() when a frame arrives; sim_tap for whoever records.
 */
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "net/core/dst.h"
#include "tests/host/host.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"
#include <linux/if_ether.h>

#define MILLION 1000000u

sim_tap_fn sim_tap;

struct flight {			/* a frame on its way */
	struct timer_list timer;
	struct sim_link *link;
	struct sk_buff *skb;
	int from;
};

static bool chance(u32 ppm) { return ppm && host_random() % MILLION < ppm; }
static const struct sim_link *numbers(const struct sim_link *l, int from) { return from && l->back ? l->back : l; }
static void tap(struct sim_link *l, int from, struct sk_buff *skb, enum sim_tap_event ev, const char *why)
{
	if (sim_tap)
		sim_tap(l, from, skb, ev, why);
}
static void lose(struct sim_link *l, int from, struct sk_buff *skb, const char *why)
{
	l->lost++;
	if (host_wants.wire)
		host_say("        %s\n", why);
	tap(l, from, skb, SIM_LOST, why);
	consume_skb(skb);
}
static void land(struct timer_list *t)
{
	struct flight *f = container_of(t, struct flight, timer);
	struct sim_link *l = f->link;
	struct sk_buff *skb = f->skb;
	int from = f->from;

	kfree(f);
	l->in_flight--;
	l->arrived[from]++;
	l->arrived_bytes[from] += skb->len;
	tap(l, from, skb, SIM_ARRIVED, NULL);
	sim_nic_inject_skb(l->end[!from], skb);
}

/* --- the queue: when each of the frames that wait will have left --- */

static void forget_departed(struct sim_queue *q)
{
	while (q->n && q->leaves_ns[q->first % q->size] <= host_now_ns) {
		q->first++;
		q->n--;
	}
}
static void remember(struct sim_queue *q, u64 leaves_ns)
{
	if (q->n == q->size) {
		u32 size = q->size ? q->size * 2 : 64;
		u64 *bigger = sys_malloc(size * sizeof(u64), 16);

		BUG_UNLESS(bigger);
		for (u32 i = 0; i < q->n; i++)
			bigger[i] = q->leaves_ns[(q->first + i) % q->size];
		sys_free(q->leaves_ns);
		q->leaves_ns = bigger;
		q->size = size;
		q->first = 0;
	}
	q->leaves_ns[(q->first + q->n++) % q->size] = leaves_ns;
}
u32 sim_link_queue_packets(struct sim_link *l, int from)
{
	forget_departed(&l->queue[from]);
	return l->queue[from].n;
}
u32 sim_link_queue_bytes(const struct sim_link *l, int from)
{
	u64 until = l->queue[from].busy_until_ns;

	if (until <= host_now_ns)
		return 0;
	return (u32)((until - host_now_ns) * numbers(l, from)->bytes_per_second / NSEC_PER_SEC);
}
static bool queue_full(struct sim_link *l, int from, u32 len)
{
	const struct sim_link *is = numbers(l, from);

	if (is->queue_bytes && sim_link_queue_bytes(l, from) + len > is->queue_bytes)
		return true;
	return is->queue_packets && sim_link_queue_packets(l, from) >= is->queue_packets;
}
/* The time at which the last bit of a frame of len bytes has left, behind those that wait. */
static u64 departure(struct sim_link *l, int from, u32 len)
{
	u64 rate = numbers(l, from)->bytes_per_second;
	struct sim_queue *q = &l->queue[from];

	if (!rate)
		return host_now_ns;
	forget_departed(q);
	q->busy_until_ns = max(q->busy_until_ns, host_now_ns) + len * NSEC_PER_SEC / rate;
	remember(q, q->busy_until_ns);
	return q->busy_until_ns;
}

/* --- misfortune --- */

/* Gilbert and Elliott: a good state without loss, a bad one with much; a change is drawn for each frame. */
static bool lost_in_burst(struct sim_link *l, int from)
{
	const struct sim_burst *b = &numbers(l, from)->burst;

	if (!b->to_bad_ppm)
		return false;
	if (chance(l->in_burst[from] ? b->to_good_ppm : b->to_bad_ppm))
		l->in_burst[from] = !l->in_burst[from];
	return l->in_burst[from] && chance(b->loss_ppm ? b->loss_ppm : MILLION);
}
/* A router under load sets Congestion Experienced on packets that can bear it (RFC 3168 5). */
static void mark(struct sk_buff *skb)
{
	u8 *ip = skb->data + ETH_HLEN;
	u8 ecn = ip[1] & 3;
	u16 before;
	u32 sum;

	if (skb->len < ETH_HLEN + 20 || get_unaligned_be16(skb->data + 12) != ETH_P_IP || !ecn || ecn == 3)
		return;
	before = get_unaligned_be16(ip);
	ip[1] |= 3;
	sum = (u32)(u16)~get_unaligned_be16(ip + 10) + (u16)~before + get_unaligned_be16(ip); /* RFC 1624 */
	sum = (sum & 0xffff) + (sum >> 16);
	put_unaligned_be16((u16) ~(sum + (sum >> 16)), ip + 10);
}
static const char *why_lost(struct sim_link *l, int from, struct sk_buff *skb)
{
	const struct sim_link *is = numbers(l, from);

	if (l->cut)
		return "the link is down";
	if (is->mtu && skb->len > is->mtu + ETH_HLEN && !skb_is_gso(skb))
		return "too long for the link";
	if (chance(is->loss_ppm))
		return "lost";
	if (lost_in_burst(l, from))
		return "lost in a burst";
	if (l->filter && l->filter(l, from, skb))
		return "filtered";
	return queue_full(l, from, skb->len) ? "the queue is full" : NULL;
}
static void launch(struct sim_link *l, int from, struct sk_buff *skb)
{
	const struct sim_link *is = numbers(l, from);
	struct flight *f = kzalloc(sizeof(*f), GFP_ATOMIC);
	u64 at;

	if (!f) {
		lose(l, from, skb, "no memory");
		return;
	}
	if (is->mark_packets && sim_link_queue_packets(l, from) >= is->mark_packets)
		mark(skb);
	at = departure(l, from, skb->len) + is->delay_ns + (is->jitter_ns ? host_random() % is->jitter_ns : 0);
	if (chance(is->reorder_ppm))
		at += is->reorder_ns;
	*f = (struct flight){ .link = l, .skb = skb, .from = from };
	l->in_flight++;
	timer_setup(&f->timer, land);
	host_timer_on(l->end[!from]->cpu, &f->timer, at);
}
/* WIRE=1 in the environment shows what passes, for whoever looks for a fault. */
static void show_frame(int from, const struct sk_buff *skb)
{
	const u8 *ip = skb->data + 14, *tcp = ip + (ip[0] & 15) * 4;

	if (!host_wants.wire)
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
	const char *why = why_lost(l, from, skb);
	struct sk_buff *again = NULL;

	show_frame(from, skb);
	l->frames++;
	if (why) {
		lose(l, from, skb, why);
		return;
	}
	if (chance(numbers(l, from)->duplicate_ppm))
		again = skb_copy(skb, GFP_ATOMIC);
	if (chance(numbers(l, from)->corrupt_ppm) && get_unaligned_be16(skb->data + 12) == ETH_P_IP) /* not ARP */
		skb->data[14 + host_random() % (skb->len - 14)] ^= (u8)(1u << host_random() % 8);
	tap(l, from, skb, SIM_SENT, NULL);
	launch(l, from, skb);
	if (again) {
		tap(l, from, again, SIM_SENT, "duplicated by the link");
		launch(l, from, again);
	}
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
