/* tests/packet/flow.c - the connections of a script, and the bytes of its payloads */
#include "tests/packet/engine.h"

#define DEFAULT_PEER_PORT 5000
#define DEFAULT_LOCAL_PORT 8080

u8 pattern(u64 offset) { return (u8)(offset ^ offset >> 8 ^ offset >> 16); }

void flow_ts_seen(struct flow *f, u32 val) { f->ts_sent[f->nr_ts++ % ARRAY_SIZE(f->ts_sent)] = val; }
/* In real time a segment does not leave in just the millisecond that the script says: the nearest is meant. */
u32 flow_ts_echo(const struct flow *f, u32 val)
{
	u32 want = val + f->ts_off, best = want, n = min(f->nr_ts, (u32)ARRAY_SIZE(f->ts_sent));
	u32 least = (u32)(rig.tolerance_ns / NSEC_PER_MSEC) + 1;

	if (!rig.stack->real_time || (s32)(want - f->ts_sent[0]) < 0) /* before the first: none of ours is meant */
		return want;
	for (u32 i = 0; i < n; i++) {
		u32 off = f->ts_sent[i] > want ? f->ts_sent[i] - want : want - f->ts_sent[i];

		if (off < least) {
			least = off;
			best = f->ts_sent[i];
		}
	}
	return best;
}

/* Found by what the script wrote, made at its first mention. For packets of ours src is the peer, else dst. */
struct flow *flow_of(const struct pkt *k)
{
	u32 dev = k->dev.set ? (u32)k->dev.v : 0;
	const struct num *peer_field = k->out ? &k->dst : &k->src, *local_field = k->out ? &k->src : &k->dst;
	u32 peer = peer_field->set ? (u32)peer_field->v : 0x0a000002 + (dev << 8);
	u32 local = local_field->set ? (u32)local_field->v : 0x0a000001 + (dev << 8);
	u16 port = k->port.set ? (u16)k->port.v : DEFAULT_PEER_PORT, to = k->to.set ? (u16)k->to.v : 0;
	struct flow *f;

	for (f = rig.flows; f; f = f->next)
		if (f->peer == peer && f->local == local && f->peer_port == port && f->to == to)
			return f;
	f = pkt_alloc(sizeof(*f));
	*f = (struct flow){ .next = rig.flows, .peer = peer, .local = local, .peer_port = port, .to = to,
			    .local_port = to ? to : DEFAULT_LOCAL_PORT, .peer_off = rig.peer_isn, .fresh = true };
	rig.flows = f;
	return f;
}
