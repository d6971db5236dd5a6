/* tests/sim/programs.c - the programs of simulated hosts: coroutines on the socket calls
 *
 * What:   a bulk sender and a sink that verifies every byte.
 * Locks:  one thread; each program is a task that sleeps as a real one does.
 */
#include "kernel/process/process.h"
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/ipv4/internal.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/sys.h"
#include "tests/sim/internal.h"

/* What flows carry: a block of chance, repeated. Its length is prime, so that a shift by any power of two shows. */
static u8 block[2 * SIM_BLOCK];

static void fill_block(void)
{
	u64 x = 88172645463325252ull;

	if (block[0])
		return;
	for (u32 i = 0; i < SIM_BLOCK; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		block[i] = block[i + SIM_BLOCK] = (u8)(x >> 24) | !i;
	}
}
const u8 *sim_bytes(u32 key, u64 at) { return block + (key + at) % SIM_BLOCK; }

/* --- tasks --- */

struct sim_program {
	int (*fn)(void *);
	void *arg;
	struct net *net;
	struct task_struct *task;
	struct sim_program *next;
};
static int program_entry(void *arg)
{
	struct sim_program *p = arg;
	int r;

	if (!p->net)
		return p->fn(p->arg);
	current->net = p->net;
	r = p->fn(p->arg);
	sim.programs--;
	return r;
}
static void spawn(struct net *net, int (*fn)(void *), void *arg, const char *name)
{
	struct sim_program *p = sys_malloc(sizeof(*p), 16);

	BUG_UNLESS(p);
	fill_block();
	sim_start();
	*p = (struct sim_program){ fn, arg, net, NULL, sim.first_program };
	sim.first_program = p;
	sim.programs += net != NULL;
	p->task = host_spawn(program_entry, p, name);
}
void sim_spawn(struct sim_node *where, int (*fn)(void *), void *arg, const char *name)
{
	spawn(where->net, fn, arg, name);
}
void sim_spawn_aside(int (*fn)(void *), void *arg, const char *name) { spawn(NULL, fn, arg, name); }
static void sleep_until(u64 ns)
{
	u64 now = ktime_get_ns();

	if (ns > now)
		sleep_ns(ns - now);
}

/* --- bulk --- */

static void set_up(struct sim_flow *f, struct socket *s)
{
	if (f->is.sndbuf)
		sock_set_int(s, SOL_SOCKET, SO_SNDBUF, (int)f->is.sndbuf);
	if (f->is.ca && s->ops->setsockopt(s, SOL_TCP, TCP_CONGESTION, KERNEL_SOCKPTR((void *)f->is.ca),
					   (int)strlen(f->is.ca)))
		panic("no congestion control %s", f->is.ca);
}
static u32 next_size(const struct sim_flow *f, u32 size)
{
	size = size ? size : 16384;
	return f->is.random_sizes ? 1 + (u32)(host_random() % size) : size;
}
static bool wants_more(const struct sim_flow *f)
{
	if (sim.over || (f->is.bytes && f->sent >= f->is.bytes))
		return false;
	return !f->is.duration_ns || ktime_get_ns() < f->begun_ns + f->is.duration_ns;
}
static int send_all(struct sim_flow *f, struct socket *s)
{
	while (wants_more(f)) {
		u64 n = next_size(f, f->is.write_size);
		ssize_t r;

		n = f->is.bytes ? min(n, f->is.bytes - f->sent) : n;
		r = sock_write(s, sim_bytes(f->port, f->sent), min(n, (u64)SIM_BLOCK), MSG_NOSIGNAL);
		if (r < 0)
			return (int)r;
		f->sent += (u64)r;
	}
	return s->ops->shutdown(s, SHUT_WR);
}
static int bulk_sender(void *arg)
{
	struct sim_flow *f = arg;
	struct socket *s = tcp_socket(f->from->net);
	u8 end;

	sleep_until(sim.start_ns + f->is.start_ns);
	set_up(f, s);
	f->begun_ns = ktime_get_ns();
	f->error = sock_connect_to(s, sim_address(f->to), f->port, 0);
	f->socket = s;
	if (!f->error)
		f->error = send_all(f, s);
	if (!f->error)
		f->error = (int)sock_read(s, &end, 1, 0); /* the sink has all of it when it closes */
	f->socket = NULL;
	sock_release(s);
	return f->error;
}
struct socket *sim_accept(struct socket *listener)
{
	struct socket *s = sock_alloc();

	BUG_UNLESS(s);
	s->type = SOCK_STREAM;
	s->ops = listener->ops;
	if (!listener->ops->accept(listener, s, 0))
		return s;
	sock_release(s);
	return NULL;
}
static void take_all(struct sim_flow *f, struct socket *s)
{
	static u8 buf[SIM_BLOCK];
	ssize_t r;

	for (;;) {
		u32 n = next_size(f, f->is.read_size);

		if (f->is.pause_ns)
			sleep_ns(host_random() % f->is.pause_ns);
		r = sock_read(s, buf, min(n, SIM_BLOCK), 0);
		if (r <= 0)
			break;
		if (memcmp(buf, sim_bytes(f->port, f->received), (size_t)r))
			panic("flow %s: what came out is not what went in, after %llu bytes", f->name, f->received);
		f->first_byte_ns = f->first_byte_ns ? f->first_byte_ns : ktime_get_ns();
		f->received += (u64)r;
	}
	if (!r)
		f->done_ns = ktime_get_ns();
}
static int bulk_sink(void *arg)
{
	struct sim_flow *f = arg;
	struct socket *l = tcp_socket(f->to->net), *s;

	if (f->is.rcvbuf)
		sock_set_int(l, SOL_SOCKET, SO_RCVBUF, (int)f->is.rcvbuf);
	BUG_ON(sock_bind_to(l, 0, f->port));
	BUG_ON(l->ops->listen(l, 1));
	s = sim_accept(l);
	sock_release(l);
	if (!s)
		return 0;
	take_all(f, s);
	sock_release(s);
	return 0;
}
struct sim_flow *sim_bulk_with(struct sim_node *from, struct sim_node *to, const struct sim_flow_config *c)
{
	struct sim_flow *f = kzalloc(sizeof(*f), GFP_KERNEL);
	u16 n = 1;

	BUG_UNLESS(f);
	for (struct sim_flow *x = sim.flows; x; x = x->next)
		n++;
	*f = (struct sim_flow){ .is = *c, .from = from, .to = to, .port = (u16)(5000 + n) };
	if (c->name)
		strscpy(f->name, c->name, sizeof(f->name));
	else
		snprintf(f->name, sizeof(f->name), "flow%u", n);
	*sim.last_flow = f;
	sim.last_flow = &f->next;
	sim_spawn(to, bulk_sink, f, "sink");
	sim_spawn(from, bulk_sender, f, "sender");
	return f;
}
struct sim_flow *sim_next_flow(const struct sim_flow *f) { return f ? f->next : sim.flows; }

/* --- the run, and what came of it --- */

bool sim_run(u64 limit_ns)
{
	sim_start();
	sim_record_sampling(true);
	while (sim.programs && sim_now() < limit_ns)
		sleep_ns(min(MS(10), limit_ns - sim_now()));
	sim_record_sampling(false);
	return !sim.programs;
}
/* Sleeps are interrupted as by a signal that kills, until the program has seen it. */
void sim_stop_programs(void)
{
	sim.over = true;
	for (struct sim_program *p = sim.first_program; p; p = p->next) {
		while (!host_task_done(p->task)) {
			host_signal(p->task, SIGKILL);
			host_pass(MS(1));
		}
		host_join(p->task);
	}
}
u64 sim_goodput_between(u64 bytes, u64 from_ns, u64 to_ns)
{
	return to_ns > from_ns ? (u64)((__uint128_t)bytes * 8 * NSEC_PER_SEC / (to_ns - from_ns)) : 0;
}
u64 sim_goodput(const struct sim_flow *f)
{
	u64 end = f->done_ns ? f->done_ns : ktime_get_ns();

	return f->begun_ns ? sim_goodput_between(f->received, f->begun_ns, end) : 0;
}
u32 sim_fairness(void)
{
	u64 sum = 0, squares = 0, n = 0;

	for (struct sim_flow *f = sim.flows; f; f = f->next, n++) {
		u64 kbit = sim_goodput(f) / 1000;

		sum += kbit;
		squares += kbit * kbit;
	}
	return squares ? (u32)(sum * sum * 1000 / (n * squares)) : 0;
}
