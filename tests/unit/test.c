/* tests/unit/test.c - one test: a fresh world, its body, and what is left behind
 *
 * What:   registration, failure reports, leak checks. Called by main.c, in the child process that runs one test.
 */
#include "tests/unit/test.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/core/skbuff.h"
#include "net/net.h"
#include "tests/host/sys.h"
#include "tests/unit/runner.h"

#define MAX_NETS 4096
static struct test_case *cases, **last = &cases;
static struct net *nets[MAX_NETS];
static size_t nr_nets, failures, kept;

/* The rooms of the stack come up when they are there: a tree without net/ still tests lib/. */
extern void net_init(void) __weak;
extern void skb_live_counts(s64 *skbs, s64 *heads) __weak;

void test_register(struct test_case *t)
{
	*last = t;
	last = &t->next;
}
struct test_case *test_first(void) { return cases; }
struct test_case *test_next(struct test_case *t) { return t->next; }

/* "tests/unit/net/tcp/x_test.c" and "y" give "net/tcp/x_test:y". */
void test_full_name(const struct test_case *t, char *buf, size_t size)
{
	const char *file = t->file, *unit = strstr(file, "tests/unit/");
	char stem[128];

	strscpy(stem, unit ? unit + strlen("tests/unit/") : file, sizeof(stem));
	if (strrchr(stem, '.'))
		*strrchr(stem, '.') = 0;
	snprintf(buf, size, "%s:%s", stem, t->name);
}
void test_fail(const char *file, int line, bool fatal, const char *fmt, ...)
{
	char text[1024], out[1280];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sys_write(out, (size_t)scnprintf(out, sizeof(out), "    %s:%d: %s\n", file, line, text));
	failures++;
	if (fatal)
		sys_exit(1);
}
void test_keeps(size_t objects) { kept += objects; }
bool test_has_failed(void) { return failures; }

struct net *test_net(void)
{
	struct net *net = net_create();

	if (IS_ERR_OR_NULL(net) || nr_nets == MAX_NETS)
		panic("net_create failed");
	nets[nr_nets++] = net;
	if (nr_nets == 1)
		current->net = net;
	return net;
}

static void start_stack(void *unused)
{
	(void)unused;
	if (net_init)
		net_init();
}
void test_world_start(void)
{
	host_init();
	host_run(start_stack, NULL);
	host_set_cpus((u32)sys_env_number("CPUS", 1));
	host_set_stalls((u32)sys_env_number("STALLS", 0), 30 * NSEC_PER_MSEC);
}

struct before { struct host_memory mem; size_t serial; s64 skbs, heads; };
static void take_stock(struct before *b)
{
	host_quiesce();
	host_memory(&b->mem);
	b->serial = host_alloc_serial();
	b->skbs = b->heads = 0;
	if (skb_live_counts)
		skb_live_counts(&b->skbs, &b->heads);
}
static void check_leaks(const struct before *was)
{
	struct before is;

	for (size_t i = 0; i < nr_nets; i++)
		put_net(nets[i]);
	take_stock(&is);
	if (is.skbs != was->skbs)
		test_fail("leak", 0, false, "%lld sk_buffs", is.skbs - was->skbs);
	if (is.mem.objects != was->mem.objects + kept || is.mem.pages > was->mem.pages + 64) {
		test_fail("leak", 0, false, "%lld objects, %lld bytes, %lld pages",
			  (s64)(is.mem.objects - was->mem.objects), (s64)(is.mem.bytes - was->mem.bytes),
			  (s64)(is.mem.pages - was->mem.pages));
		host_print_leaks(was->serial);
	}
}
static void run_body(void *arg)
{
	struct test_case *t = arg;
	struct before was;

	take_stock(&was);
	t->body();
	if (!failures)
		check_leaks(&was);
}
int test_run_one(void *t)
{
	host_seed(sys_env_number("SEED", 1));
	host_run(run_body, t);
	return failures ? 1 : 0;
}
