/* kernel/bpf/classic.h - classic BPF: the filter machine of McCanne and Jacobson (1993), as sockets use it
 *
 * An accumulator, an index register, sixteen words of memory, forward jumps only: every program ends. What a packet is,
 * the caller says by struct bpf_packet; this room knows no network.
 */
#pragma once
#include "kernel/sync/rcu.h"
#include "kernel/sync/refcount.h"
#include "lib/types.h"
#include <linux/filter.h>

struct bpf_classic {		/* a checked program */
	refcount_t refs;
	u16 len;		/* instructions */
	struct rcu_head rcu;
	struct sock_filter insns[];
};

/* The bytes that a program looks at. load: what lies beyond them, and what negative offsets name (SKF_AD_OFF and its
 * kin): size 1, 2 or 4 bytes at offset into *val in the machine's order; false: not there, the program ends with 0.
 * special: SKF_AD_* that compute from A and X and leave A. */
struct bpf_packet {
	const u8 *data;
	u32 linear, len;	/* bytes at data, and of the whole packet */
	void *ctx;
	bool (*load)(const struct bpf_packet *p, s32 offset, u32 size, u32 *val);
	bool (*special)(const struct bpf_packet *p, s32 which, u32 x, u32 *a);
};

/* Can it be run? Known instructions, jumps inside, divisors and shifts that make sense, memory written before it is
 * read, a return at the end. 0, -EINVAL or -ENOMEM. */
int bpf_check_classic(const struct sock_filter *f, u32 len);
/* A checked copy with one reference, charged to nobody. ERR_PTR(-EINVAL, -ENOMEM). */
struct bpf_classic *bpf_classic_create(const struct sock_filter *f, u32 len);
/* The program at *at, referenced, or NULL. It may be replaced meanwhile: one whose last reference went is no longer
 * there at the second look. RCU. */
static inline struct bpf_classic *bpf_classic_get_rcu(struct bpf_classic *const *at)
{
	struct bpf_classic *p;

	do
		p = rcu_dereference(*at);
	while (p && !refcount_inc_not_zero(&p->refs));
	return p;
}
void bpf_classic_put(struct bpf_classic *p); /* freed after a grace period: readers may be inside */
/* How many bytes of the packet to keep; 0: none of it. Any context. */
u32 bpf_classic_run(const struct bpf_classic *prog, const struct bpf_packet *p);
