/* tests/sim/talk.c - a conversation: two programs at each end of a connection, one writes, one reads
 *
 * What:   random sizes and pauses from the seed; what is read is compared with what was written, byte by byte; an end
 *         may half close, close late, or go away in the middle.
 */
#include "kernel/trace/printk.h"
#include "lib/printf.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/sys.h"
#include "tests/sim/internal.h"
#include <asm/fcntl.h>

struct talk_end {
	struct sim_talk *talk;
	struct sim_node *node;
	struct socket *socket;
	u32 users;			/* of the two programs; the last closes */
	u64 sent, received;
	bool saw_end, left;
	int error;
};
struct sim_talk {
	struct sim_talk_config is;
	struct talk_end end[2];
	u16 port;
	bool listens;
};

static int side(const struct talk_end *e) { return e == &e->talk->end[1]; }
static struct talk_end *other(struct talk_end *e) { return &e->talk->end[!side(e)]; }
static u32 key(const struct talk_end *e) { return e->talk->port + 7919u * (u32)side(e); }
static void maybe_pause(struct talk_end *e)
{
	u64 most = e->talk->is.pause_ns[side(e)];

	if (most && host_random() % 8 == 0)
		sleep_ns(host_random() % most);
}
/* Mostly small, sometimes large. */
static u32 some_size(void)
{
	u32 bits = 4 + (u32)(host_random() % 12);

	return 1 + (u32)(host_random() % (1u << bits));
}

static void done_with(struct talk_end *e)
{
	struct socket *s = e->socket;

	if (--e->users)
		return;
	e->socket = NULL;
	sock_release(s);
}
static void note_error(struct talk_end *e, ssize_t r)
{
	if (!e->error && !e->left)
		e->error = (int)r;
}
static int talk_writer(void *arg)
{
	struct talk_end *e = arg;
	u64 all = e->talk->is.bytes[side(e)];
	ssize_t r = 0;

	while (e->sent < all && !e->left && !sim.over) {
		maybe_pause(e);
		r = sock_write(e->socket, sim_bytes(key(e), e->sent), min((u64)some_size(), all - e->sent),
			       MSG_NOSIGNAL);
		if (r < 0)
			break;
		e->sent += (u64)r;
	}
	if (r < 0)
		note_error(e, r);
	else if (!e->talk->is.closes_late[side(e)] && !e->left)
		e->socket->ops->shutdown(e->socket, SHUT_WR);
	done_with(e);
	return 0;
}
static int talk_reader(void *arg)
{
	struct talk_end *e = arg;
	u64 leaves = e->talk->is.leaves_after[side(e)];
	u8 *buf = kmalloc(SIM_BLOCK, GFP_KERNEL);
	ssize_t r = 0;

	BUG_UNLESS(buf);
	for (;;) {
		maybe_pause(e);
		if (leaves && e->received >= leaves) {
			e->left = true;
			e->socket->ops->shutdown(e->socket, SHUT_RDWR); /* wakes the writer */
			break;
		}
		r = sock_read(e->socket, buf, min(some_size(), SIM_BLOCK), 0);
		if (r <= 0)
			break;
		if (memcmp(buf, sim_bytes(key(other(e)), e->received), (size_t)r))
			panic("port %u, side %d: what came out is not what went in, after %llu bytes", e->talk->port,
			      side(e), e->received);
		e->received += (u64)r;
	}
	if (!e->left) {
		e->saw_end = !r;
		if (r < 0)
			note_error(e, r);
	}
	kfree(buf);
	done_with(e);
	return 0;
}
/* A reader whose peer went away, and whose reset was lost, learns it by keepalive alone (RFC 9293 3.8.4). */
static void both_programs(struct talk_end *e, struct socket *s)
{
	sock_set_int(s, SOL_SOCKET, SO_KEEPALIVE, !e->talk->is.no_keepalive);
	sock_set_int(s, SOL_TCP, TCP_KEEPIDLE, 60);
	e->socket = s;
	e->users = 2;
	sim_spawn(e->node, talk_writer, e, "writer");
	sim_spawn(e->node, talk_reader, e, "reader");
}
static void set_buffers(const struct talk_end *e, struct socket *s)
{
	const struct sim_talk_config *c = &e->talk->is;

	if (c->sndbuf[side(e)])
		sock_set_int(s, SOL_SOCKET, SO_SNDBUF, (int)c->sndbuf[side(e)]);
	if (c->rcvbuf[side(e)])
		sock_set_int(s, SOL_SOCKET, SO_RCVBUF, (int)c->rcvbuf[side(e)]);
}
/* Both initial numbers grow by one in 64 ns, and what is between them depends on the ports (RFC 6528). */
static u32 first_number(const struct talk_end *e, u16 client_port, bool of_server)
{
	const struct talk_end *o = of_server ? other((struct talk_end *)e) : e;
	const struct talk_end *peer = other((struct talk_end *)o);
	__be16 c = htons(client_port), s = htons(e->talk->port);

	return tcp_secrets(o->node->net, sim_address(o->node), sim_address(peer->node), of_server ? s : c,
			   of_server ? c : s).seq;
}
/* The port from which both sides' numbers wrap soonest after each other. */
static u16 port_near_both(const struct talk_end *e)
{
	u32 nearest = ~0u;
	u16 best = 0;

	for (u32 port = 20000; port < 60000; port++) {
		u32 d = first_number(e, (u16)port, true) - first_number(e, (u16)port, false);

		if (d > nearest)
			continue;
		nearest = d;
		best = (u16)port;
	}
	return best;
}
/* So that ARP is done and the SYN takes what the links take. */
static void send_ahead(const struct talk_end *e)
{
	struct socket *s;

	BUG_ON(sock_create_kern(e->node->net, AF_INET, SOCK_DGRAM, 0, &s));
	if (!sock_connect_to(s, sim_address(other((struct talk_end *)e)->node), 9, 0))
		sock_write(s, "", 1, MSG_DONTWAIT);
	sleep_ns(SEC(1));
	sock_release(s);
}
/* The server's number is ahead of the client's where both shall wrap, and it is drawn when the SYN comes. */
static void wait_for_the_wrap(const struct talk_end *e, u16 port)
{
	bool of_server = e->talk->is.near_wrap != SIM_WRAP_CLIENT;
	u64 ahead_ns = of_server ? e->talk->is.path_ns : 0;

	if (of_server)
		send_ahead(e);
	sleep_ns((u64)(0u - 3000u - (u32)(ahead_ns >> 6) - first_number(e, port, of_server)) << 6);
}
static int talk_client(void *arg)
{
	struct talk_end *e = arg;
	struct socket *s = tcp_socket(e->node->net);
	u16 port = e->talk->is.near_wrap == SIM_WRAP_BOTH ? port_near_both(e) : (u16)(20000 + e->talk->port % 10000);

	set_buffers(e, s);
	BUG_ON(sock_bind_to(s, 0, port));
	sleep_ns(1 + e->talk->is.start_ns);
	while (!e->talk->listens)
		sleep_ns(MS(1));
	if (e->talk->is.near_wrap)
		wait_for_the_wrap(e, port);
	e->error = sock_connect_to(s, sim_address(other(e)->node), e->talk->port, 0);
	if (!e->error) {
		both_programs(e, s);
		return 0;
	}
	sock_release(s);
	return 0;
}
static int talk_server(void *arg)
{
	struct talk_end *e = arg;
	struct socket *l = tcp_socket(e->node->net), *s = NULL;

	set_buffers(e, l);
	BUG_ON(sock_bind_to(l, 0, e->talk->port));
	BUG_ON(l->ops->listen(l, 1));
	e->talk->listens = true;
	while (!s && !other(e)->error && !sim.over) {
		s = sock_poll(l) & 1 ? sim_accept(l) : NULL;
		if (!s)
			sleep_ns(MS(10));
	}
	sock_release(l);
	if (s)
		both_programs(e, s);
	return 0;
}
struct sim_talk *sim_talk(struct sim_node *a, struct sim_node *b, const struct sim_talk_config *c)
{
	struct sim_talk *t = sys_malloc(sizeof(*t), 16);

	BUG_UNLESS(t);
	*t = (struct sim_talk){ .is = *c, .port = (u16)(7000 + ++sim.nr_talks) };
	t->end[0] = (struct talk_end){ .talk = t, .node = a };
	t->end[1] = (struct talk_end){ .talk = t, .node = b };
	sim_spawn(b, talk_server, &t->end[1], "server");
	sim_spawn(a, talk_client, &t->end[0], "client");
	return t;
}
/* The end that no longer heard of its peer: its own patience, or that of ARP, was at an end. Or the peer's, which had
 * closed in order and so nobody to tell: whoever still speaks to it is reset. */
static bool gave_up(const struct talk_end *e, const struct talk_end *peer)
{
	return e->error == -ETIMEDOUT || e->error == -EHOSTUNREACH || (e->error == -ECONNRESET && !peer->error);
}
static void check_end(const struct talk_end *e, const struct talk_end *peer, bool may_give_up)
{
	bool somebody_left = e->left || peer->left;

	if (e->received > peer->sent)
		panic("port %u: more came out than went in", e->talk->port);
	if (somebody_left || (may_give_up && (gave_up(e, peer) || gave_up(peer, e))))
		return;
	if (e->error || !e->saw_end || e->received != peer->sent || peer->sent != e->talk->is.bytes[side(peer)])
		panic("port %u, side %d: error %d, %s, received %llu of %llu sent of %llu", e->talk->port, side(e),
		      e->error, e->saw_end ? "saw the end" : "no end", e->received, peer->sent,
		      e->talk->is.bytes[side(peer)]);
}
void sim_talk_check(const struct sim_talk *t, bool may_give_up)
{
	check_end(&t->end[0], &t->end[1], may_give_up);
	check_end(&t->end[1], &t->end[0], may_give_up);
}
