/* tests/fuzz/driver.c - one input, one world: between libFuzzer and a target
 *
 * What:   LLVMFuzzerTestOneInput() runs fuzz_one() as a task and looks for what it left behind; the functions that
 *         tests ask of tests/unit/test.c, here ending the process, for libFuzzer keeps the input of such a process.
 * Called: libFuzzer; or once for each file named on the command line, to see a finding again under gdb.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/net.h"
#include "tests/fuzz/fuzz.h"
#include "tests/host/sys.h"
#include "tests/unit/test.h"

#define MAX_NETS 8
static struct net *nets[MAX_NETS];
static u32 nr_nets;

size_t fuzz_bytes(struct fuzz_input *in, void *buf, size_t most)
{
	size_t n = min((size_t)fuzz_u16(in) % (most + 1), fuzz_left(in));

	memcpy(buf, in->p, n);
	in->p += n;
	return n;
}

struct net *test_net(void)
{
	struct net *net = net_create();

	BUG_ON(IS_ERR_OR_NULL(net) || nr_nets == MAX_NETS);
	nets[nr_nets++] = net;
	if (nr_nets == 1)
		current->net = net;
	return net;
}
void test_fail(const char *file, int line, bool fatal, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	panic("%s:%d: %s", file, line, text);
}

struct before { struct host_memory mem; size_t serial; s64 skbs, heads; };
static void take_stock(struct before *b)
{
	host_quiesce();
	host_memory(&b->mem);
	b->serial = host_alloc_serial();
	skb_live_counts(&b->skbs, &b->heads);
}
static void run_one(void *arg)
{
	struct before was, is;

	take_stock(&was);
	fuzz_one(arg);
	while (nr_nets)
		put_net(nets[--nr_nets]);
	take_stock(&is);
	if (is.skbs == was.skbs && is.mem.objects == was.mem.objects)
		return;
	host_print_leaks(was.serial);
	panic("leak: %lld sk_buffs, %lld objects", is.skbs - was.skbs, (s64)(is.mem.objects - was.mem.objects));
}

static void start_stack(void *unused) { net_init(); }
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	host_init();
	host_run(start_stack, NULL);
	return 0;
}
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, data + size };

	host_seed(1);
	host_run(run_one, &in);
	return 0;
}
