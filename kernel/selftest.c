/* kernel/selftest.c - "selftest=NAME" on the command line: the kernel does something forbidden, and must be caught
 *
 * What:   one short function a crime. Each has to end in a panic with its own words (tests/guest/test_selftest.py knows
 *         them); one that comes back says so, in a panic with other words.
 * Called: kernel/main.c, in the first process. Part of the composition root.
 * Absent: the checks of lock order, slabs and stack depth exist in the debug build alone: in a release build their
 *         tests must not be asked for.
 */
#include "kernel/selftest.h"
#include "kernel/arch/arch.h"
#include "kernel/init.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/page.h"
#include "kernel/mm/slab.h"
#include "kernel/sched/task.h"
#include "kernel/sync/mutex.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"

#define USER_ADDRESS 0x400000UL

/* --- locks --- */

static DEFINE_SPINLOCK(selftest_a);
static DEFINE_SPINLOCK(selftest_b);

static void take_both(spinlock_t *first, spinlock_t *second)
{
	spin_lock(first);
	spin_lock(second);
	spin_unlock(second);
	spin_unlock(first);
}

static void test_lockdep(void)
{
	take_both(&selftest_a, &selftest_b);
	take_both(&selftest_b, &selftest_a);
}

static void test_twice(void)
{
	spin_lock(&selftest_a);
	take_both(&selftest_b, &selftest_a);
}

static void test_sleep(void)
{
	spin_lock(&selftest_a);
	sleep_ns(1000);
}

/* --- slabs --- */

#define OBJECT_SIZE 96

static volatile u8 *object(struct kmem_cache **cache)
{
	*cache = kmem_cache_create("selftest", OBJECT_SIZE, 0, 0, NULL);
	BUG_ON(!*cache);
	return kmem_cache_alloc(*cache, GFP_KERNEL);
}

static void test_slab(void)
{
	struct kmem_cache *c;
	volatile u8 *o = object(&c);

	o[OBJECT_SIZE] = 0xff;
	kmem_cache_free(c, (void *)o);
}

static void test_slab_free(void)
{
	struct kmem_cache *c;
	volatile u8 *o = object(&c);

	kmem_cache_free(c, (void *)o);
	o[OBJECT_SIZE / 2] = 1;
	kmem_cache_alloc(c, GFP_KERNEL);
}

static void test_slab_twice(void)
{
	struct kmem_cache *c;
	volatile u8 *o = object(&c);

	kmem_cache_free(c, (void *)o);
	kmem_cache_free(c, (void *)o);
}

/* --- stacks --- */

/* Goes down until the stack pointer is at most left bytes above the end, and comes back. */
static noinline u64 go_down(unsigned long left)
{
	volatile u64 frame[16] = { left };

	if ((unsigned long)frame - (unsigned long)current->stack > left)
		frame[1] = go_down(left) + 1;
	return frame[0] + frame[1];
}

static void test_stack(void) { go_down(0); }

static void test_depth(void)
{
	go_down(800);
	sleep_ns(1000);
	panic("selftest=depth: the warning stands above");
}

/* --- rights of pages --- */

/* Half asleep already, as in sk_wait_data(): a point of preemption must come back, for nobody would wake us. */
static void test_resched(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	WRITE_ONCE(this_cpu_local()->need_resched, 1);
	cond_resched();
	panic("selftest=resched: came back");
}

static void test_panic(void) { panic("selftest=panic"); }

static void test_wx(void)
{
	*(volatile u8 *)(unsigned long)selftest_run = ARCH_RETURN_OPCODE;
}

/* Read-only text must not have a writable alias either. */
static void test_alias(void)
{
	*(volatile u8 *)phys_to_virt(virt_to_phys((void *)selftest_run)) = ARCH_RETURN_OPCODE;
}

static void call(void *code) { ((void (*)(void))code)(); }

static void test_nx(void)
{
	u8 *page = (u8 *)__get_free_page(GFP_KERNEL);

	BUG_ON(!page);
	page[0] = ARCH_RETURN_OPCODE;
	call(page);
}

static void test_nx_data(void)
{
	static u8 code[] = { ARCH_RETURN_OPCODE };

	call(code);
}

/* A page of a program, readable, writable and executable, in an address space that this task borrows. */
static volatile u8 *user_page(void)
{
	struct mm_struct *mm = mm_alloc();
	struct page *p = alloc_page(GFP_KERNEL | __GFP_ZERO);
	pte_t *slot = mm ? arch_pte(mm->pgd, USER_ADDRESS, true) : NULL;

	BUG_ON(!slot || !p);
	*(u8 *)page_address(p) = ARCH_RETURN_OPCODE;
	*slot = page_to_phys(p) | PTE_PRESENT | PTE_WRITE | PTE_USER;
	arch_switch_mm(mm);
	return (volatile u8 *)USER_ADDRESS;
}

static void test_smap(void) { pr_info("selftest: read %x\n", *user_page()); }
static void test_smep(void) { call((void *)user_page()); }

/* --- */

static const struct { const char *name; void (*run)(void);
} tests[] = {
	{ "lockdep", test_lockdep }, { "twice", test_twice },	      { "sleep", test_sleep },
	{ "slab", test_slab },	     { "slab-free", test_slab_free }, { "slab-twice", test_slab_twice },
	{ "stack", test_stack },     { "depth", test_depth },	      { "panic", test_panic },
	{ "wx", test_wx },	     { "alias", test_alias },	      { "nx", test_nx },
	{ "nx-data", test_nx_data }, { "smap", test_smap },	      { "smep", test_smep },
	{ "resched", test_resched },
};

void selftest_run(void)
{
	char name[32];

	if (!cmdline_get("selftest", name, sizeof(name)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		if (strcmp(tests[i].name, name))
			continue;
		pr_info("selftest: %s\n", name);
		tests[i].run();
		panic("selftest=%s: nobody noticed", name);
	}
	panic("selftest=%s: no such test", name);
}
