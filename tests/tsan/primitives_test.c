/* tests/tsan/primitives_test.c - what all else rests on: locks, counts, lists, queues, bits
 *
 * The headers and files of the kernel are those that it runs. Each test is short: TSan needs no collision to see that
 * two accesses have nothing between them.
 */
#include "kernel/sync/rcu.h"
#include "kernel/sync/refcount.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include "lib/bitmap.h"
#include "lib/list.h"
#include "net/core/skbuff.h"
#include "tests/tsan/tests.h"

#define ROUNDS 2000
#define ENTRIES 500

static DEFINE_SPINLOCK(lock);
static u32 guarded;
static void take_lock(int thread)
{
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long flags;

		spin_lock(&lock);
		guarded++;
		spin_unlock(&lock);
		spin_lock_bh(&lock);
		guarded++;
		spin_unlock_bh(&lock);
		spin_lock_irqsave(&lock, flags);
		guarded++;
		spin_unlock_irqrestore(&lock, flags);
		while (!spin_trylock(&lock))
			cpu_relax();
		guarded++;
		spin_unlock(&lock);
	}
}

/* Objects that all threads use and drop; the last one writes what the others wrote before. */
static struct { refcount_t refs; u32 used[THREADS], dead; } objects[ENTRIES];
static void use_objects(int thread)
{
	for (int i = 0; i < ENTRIES; i++) {
		if (refcount_inc_not_zero(&objects[i].refs)) {
			objects[i].used[thread]++;
			refcount_dec_and_test(&objects[i].refs);
		}
		objects[i].used[thread]++;
		if (!refcount_dec_and_test(&objects[i].refs))
			continue;
		for (int k = 0; k < THREADS; k++)
			objects[i].used[k] = 0;
		objects[i].dead++;
	}
}
static bool all_died_once(void)
{
	for (int i = 0; i < ENTRIES; i++)
		if (objects[i].dead != 1 || refcount_inc_not_zero(&objects[i].refs))
			return false;
	return true;
}

/* Thread 0 adds and takes away, the others walk; an entry is never used again, as if a grace period never ended. */
static struct entry { struct list_head list; struct hlist_node hash; u32 a, b; } entries[ENTRIES];
static LIST_HEAD(list);
static struct hlist_head chain;
static u32 torn, walkers_done;
static void write_lists(void)
{
	for (u32 i = 0; i < ENTRIES; i++) {
		struct entry *e = &entries[i];

		e->a = e->b = i + 1;
		list_add_tail_rcu(&e->list, &list);
		hlist_add_head_rcu(&e->hash, &chain);
		if (i % 3)
			continue;
		list_del_rcu(&entries[i / 2].list);
		hlist_del_rcu(&entries[i / 2].hash);
	}
}
static void walk_or_write(int thread)
{
	struct entry *e;

	if (!thread) {
		write_lists();
		return;
	}
	for (int i = 0; i < 50; i++) {
		rcu_read_lock();
		list_for_each_entry_rcu(e, &list, list)
			if (e->a != e->b || !e->a)
				__atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
		hlist_for_each_entry_rcu(e, &chain, hash)
			if (e->a != e->b || !e->a)
				__atomic_fetch_add(&torn, 1, __ATOMIC_RELAXED);
		rcu_read_unlock();
	}
	__atomic_fetch_add(&walkers_done, 1, __ATOMIC_RELAXED);
}

/* Half of the threads send, half receive; every packet's bytes belong to whoever has it. */
static struct sk_buff skbs[THREADS / 2][ENTRIES];
static struct sk_buff_head queue;
static u32 received, wrong;
static void send_or_receive(int thread)
{
	if (thread % 2) {
		for (u32 i = 0; i < ENTRIES; i++) {
			skbs[thread / 2][i].len = i + 1;
			(i % 5 ? skb_queue_tail : skb_queue_head)(&queue, &skbs[thread / 2][i]);
		}
		return;
	}
	while (__atomic_load_n(&received, __ATOMIC_RELAXED) < THREADS / 2 * ENTRIES) {
		struct sk_buff *skb = skb_dequeue(&queue);

		if (!skb) {
			thread_yield();
			continue;
		}
		if (!skb->len || skb->next)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
		skb->len = 0;
		__atomic_fetch_add(&received, 1, __ATOMIC_RELAXED);
	}
}

static unsigned long bits[1];
static u32 won;
static void set_bits(int thread)
{
	for (size_t i = 0; i < 64; i++)
		if (!test_and_set_bit(i, bits))
			__atomic_fetch_add(&won, 1, __ATOMIC_RELAXED);
}

void primitives_tests(void)
{
	in_threads(take_lock);
	report("spinlock_in_all_its_forms", guarded == 4 * THREADS * ROUNDS);
	for (int i = 0; i < ENTRIES; i++)
		refcount_set(&objects[i].refs, THREADS);
	in_threads(use_objects);
	report("the_last_reference_sees_all_uses", all_died_once());
	in_threads(walk_or_write);
	report("rcu_lists_show_whole_entries", !torn && walkers_done == THREADS - 1);
	skb_queue_head_init(&queue);
	in_threads(send_or_receive);
	report("skb_queue_hands_over_each_packet_once", !wrong && !skb_queue_len(&queue) && skb_queue_empty(&queue));
	in_threads(set_bits);
	report("test_and_set_bit_has_one_winner", won == 64);
}
