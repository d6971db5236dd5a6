/* tests/tsan/skb_test.c - packets are born on one CPU and die on another
 *
 * Heads of all sizes go through the magazines of both; clones and second references die at the same time on two CPUs.
 */
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "net/core/skbuff.h"
#include "tests/tsan/tests.h"

#define PACKETS 1500 /* of each thread */

static struct sk_buff_head inbox[THREADS];
static u32 sending = THREADS, damaged, taken;

static void post(struct sk_buff *skb) { skb_queue_tail(&inbox[get_random_u32_below(THREADS)], skb); }
static void send(void)
{
	static const u32 sizes[] = { 1, 60, 200, 700, 1600, 5000 };
	u32 size = sizes[get_random_u32_below(ARRAY_SIZE(sizes))], dice = get_random_u32();
	struct sk_buff *skb = alloc_skb(size, GFP_KERNEL), *twin = NULL;

	BUG_UNLESS(skb);
	memset(skb_put(skb, size), (int)(size & 0xff), size);
	if (dice & 1)
		twin = skb_clone(skb, GFP_KERNEL);
	post(skb);
	if (twin)
		post(twin);
}
/* Both threads that hold it read it, and drop it. */
static struct sk_buff *shared[PACKETS];
static void drop_shared(u32 i)
{
	struct sk_buff *skb = shared[i];

	if (skb->data[0] != 7)
		count(&damaged);
	consume_skb(skb);
}
static void receive(int thread)
{
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&inbox[thread]))) {
		if (skb->data[0] != (skb->len & 0xff) || skb->data[skb->len - 1] != (skb->len & 0xff))
			count(&damaged);
		consume_skb(skb);
		count(&taken);
	}
}
static void send_and_receive(int thread)
{
	for (u32 i = 0; i < PACKETS; i++) {
		send();
		receive(thread);
		if (thread < 2)
			drop_shared(i);
		if (!(i % 16))
			cpu_turn();
	}
	stopped(&sending);
	while (running(&sending)) {
		receive(thread);
		cpu_turn();
	}
	receive(thread);
}

void skb_tests(void)
{
	s64 skbs[2], heads[2];

	for (int i = 0; i < THREADS; i++)
		skb_queue_head_init(&inbox[i]);
	skb_live_counts(&skbs[0], &heads[0]);
	for (u32 i = 0; i < PACKETS; i++) {
		shared[i] = alloc_skb(64, GFP_KERNEL);
		BUG_UNLESS(shared[i]);
		memset(skb_put(shared[i], 64), 7, 64);
		skb_get(shared[i]);
	}
	in_threads(send_and_receive);
	skb_live_counts(&skbs[1], &heads[1]);
	report("packets_die_whole_on_any_cpu", taken >= THREADS * PACKETS && !damaged);
	report("no_packet_is_left_and_none_died_twice", skbs[0] == skbs[1] && heads[0] == heads[1]);
}
