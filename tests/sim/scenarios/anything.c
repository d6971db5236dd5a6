/* tests/sim/scenarios/anything.c - conversations under every misfortune, all drawn from the seed
 *
 * What goes in comes out, in order, once, both ways at once; each connection ends; nothing is left behind (the runner
 * looks for leaks); stacks do not talk for the sake of talking (record.c looks for storms).
 */
#include "net/tcp/tcp_internal.h"
#include "tests/sim/sim.h"

#define TALKS 3

static bool dice(u32 n) { return host_random() % n == 0; }
static u64 up_to(u64 n) { return n ? host_random() % n : 0; }
static u64 pick(const u64 *of, size_t n) { return of[host_random() % n]; }
#define PICK(...) pick((const u64[]){ __VA_ARGS__ }, sizeof((u64[]){ __VA_ARGS__ }) / sizeof(u64))

static struct sim_link random_link(void)
{
	struct sim_link l = { .bytes_per_second = PICK(0, KBIT(256), MBIT(2), MBIT(10), MBIT(100), GBIT(1)) };

	l.delay_ns = PICK(0, US(10), US(200), MS(1), MS(20), MS(150));
	if (l.bytes_per_second && dice(2))
		l.queue_packets = (u32)PICK(4, 10, 50, 300);
	if (dice(3))
		l.jitter_ns = up_to(l.delay_ns / 2 + US(100));
	if (dice(2))
		l.loss_ppm = (u32)PICK(1000, 10000, 50000);
	if (dice(4))
		l.burst = (struct sim_burst){ .to_bad_ppm = 2000, .to_good_ppm = 200000, .loss_ppm = 700000 };
	if (dice(4))
		l.duplicate_ppm = (u32)PICK(1000, 50000);
	if (dice(4))
		l.corrupt_ppm = (u32)PICK(1000, 20000);
	if (dice(4)) {
		l.reorder_ppm = (u32)PICK(10000, 200000);
		l.reorder_ns = up_to(MS(30));
	}
	if (dice(8))
		l.mark_packets = 3;
	return l;
}
static struct sim_link *random_wire(struct sim_node *a, struct sim_node *b, struct sim_link *back)
{
	struct sim_link l = random_link();

	*back = random_link();
	l.back = dice(3) ? back : NULL;
	return sim_wire_with(a, b, &l);
}
/* No keepalive only where nobody can wait for a peer that is gone; sockets then have one reference less. */
static struct sim_talk_config random_talk(bool may_give_up)
{
	struct sim_talk_config c = { 0 };

	if (dice(2))
		c.near_wrap = (enum sim_wrap)PICK(SIM_WRAP_CLIENT, SIM_WRAP_SERVER, SIM_WRAP_BOTH);
	c.start_ns = up_to(MS(100)); /* one draw a statement: their order within one is the compiler's choice */
	for (int i = 0; i < 2; i++) {
		c.bytes[i] = host_random() % 18;
		c.bytes[i] = up_to(2u << c.bytes[i]);
		c.sndbuf[i] = (u32)PICK(0, 0, 4608, 20000, 1 << 20);
		c.rcvbuf[i] = (u32)PICK(0, 0, 2304, 5000, 30000, 1 << 20);
		c.pause_ns[i] = PICK(0, 0, US(50), MS(5), MS(300));
		c.closes_late[i] = dice(4);
		if (dice(6))
			c.leaves_after[i] = 1 + up_to(c.bytes[i]);
	}
	c.closes_late[1] &= !c.closes_late[0]; /* one must end first */
	c.no_keepalive = dice(2) && !may_give_up && !c.leaves_after[0] && !c.leaves_after[1];
	return c;
}
static void change_mtu(void *link) { sim_set_mtu(link, (u32)PICK(576, 1000, 1300, 1500)); }
/* A SYN, an ARP request or a retransmission may be lost several times in a row. */
static bool is_harsh(const struct sim_link *l)
{
	return l->loss_ppm >= 50000 || l->burst.to_bad_ppm || (l->back && is_harsh(l->back));
}
/* True when nothing may pass for so long that ARP gives up. */
static bool random_events(struct sim_link *l)
{
	bool long_cut = false;

	if (dice(4))
		for (u64 n = 1 + up_to(4); n; n--) /* down, and up again */
			sim_at(up_to(SEC(4)), change_mtu, l);
	if (dice(4)) {
		u64 from = up_to(SEC(2)), dark = up_to(SEC(8));

		sim_cut(l, from, from + dark);
		long_cut = dark > SEC(1);
	}
	return long_cut;
}
static void random_options(struct sim_node *n)
{
	struct tcp_sysctls *s = &n->net->tcp->sysctl;
	char all[128];

	s->sack = !dice(4);
	s->timestamps = !dice(4);
	s->window_scaling = !dice(4);
	tcp_ca_list(all, sizeof(all), ~0ull);
	for (char *rest = all, *name; (name = strsep(&rest, " "));)
		if (dice(2))
			strscpy(s->congestion_control, name, sizeof(s->congestion_control));
}
static void anything(void)
{
	struct sim_node *a = sim_host("a"), *b = sim_host("b"), *middle = NULL;
	struct sim_link back[2], *wire[2];
	struct sim_talk *t[TALKS];
	size_t talks = 1 + up_to(TALKS), wires = 1;
	bool may_give_up = false;

	random_options(a);
	random_options(b);
	if (dice(2))
		middle = dice(2) ? sim_router("router") : sim_switch("switch");
	wire[0] = random_wire(a, middle ? middle : b, &back[0]);
	if (middle)
		wire[wires++] = random_wire(middle, b, &back[1]);
	for (size_t i = 0; i < wires; i++)
		may_give_up |= random_events(wire[i]) | is_harsh(wire[i]);
	for (size_t i = 0; i < talks; i++) {
		struct sim_talk_config c = random_talk(may_give_up);
		bool forth = dice(2);

		for (size_t w = 0; w < wires; w++)
			c.path_ns += (forth || !wire[w]->back ? wire[w] : wire[w]->back)->delay_ns;
		t[i] = forth ? sim_talk(a, b, &c) : sim_talk(b, a, &c);
	}
	ASSERT_TRUE(sim_run(SEC(7200)));
	for (size_t i = 0; i < talks; i++)
		sim_talk_check(t[i], may_give_up);
}
SCENARIO(anything, "random networks and conversations; what goes in comes out, in order and once", .seeds = 1000)
{
	anything();
}
/* Every CPU stands still now and then, in the middle of anything. */
SCENARIO(unsteady, "the same on machines that are taken away for milliseconds at any instruction", .seeds = 300)
{
	host_set_cpus((u32)PICK(1, 1, 2, 4));
	host_set_stalls((u32)PICK(30, 300, 3000), (u64)PICK(US(200), MS(5), MS(60), MS(300)));
	anything();
}
