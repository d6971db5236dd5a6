/* kernel/bpf/classic_run.c - the interpreter of classic BPF
 *
 * What:   runs a program that bpf_check_classic() let pass. Loads may still miss the packet: then the answer is 0.
 * Called: for each packet of a socket with a filter; any context.
 * Locks:  none: the program is constant, the packet the caller's.
 */
#include "kernel/bpf/classic.h"
#include "lib/byteorder.h"

struct machine { u32 a, x, mem[BPF_MEMWORDS]; };

static u32 size_of(u16 code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/* The packet's byte order is the wire's. */
static bool load(const struct bpf_packet *p, u32 offset, u32 size, u32 *val)
{
	if (unlikely(offset > p->linear || size > p->linear - offset))
		return p->load(p, (s32)offset, size, val);
	*val = size == 4 ? get_unaligned_be32(p->data + offset)
	     : size == 2 ? get_unaligned_be16(p->data + offset)
			 : p->data[offset];
	return true;
}

static bool load_absolute(struct machine *m, const struct sock_filter *f, const struct bpf_packet *p)
{
	if (unlikely(f->k >= (u32)SKF_AD_OFF))
		return p->special(p, (s32)f->k - SKF_AD_OFF, m->x, &m->a);
	return load(p, f->k, size_of(f->code), &m->a);
}

/* False: a load missed. */
static bool run_load(struct machine *m, const struct sock_filter *f, const struct bpf_packet *p)
{
	u32 *to = BPF_CLASS(f->code) == BPF_LD ? &m->a : &m->x, byte;

	switch (BPF_MODE(f->code)) {
	case BPF_IMM: *to = f->k; return true;
	case BPF_MEM: *to = m->mem[f->k]; return true;
	case BPF_LEN: *to = p->len; return true;
	case BPF_ABS: return load_absolute(m, f, p);
	case BPF_IND: return load(p, f->k + m->x, size_of(f->code), &m->a);
	default: /* BPF_MSH: an IP header's length */
		if (!load(p, f->k, 1, &byte))
			return false;
		m->x = (byte & 0xf) << 2;
		return true;
	}
}

/* False: division by zero. */
static bool run_alu(struct machine *m, const struct sock_filter *f)
{
	u32 v = BPF_SRC(f->code) == BPF_X ? m->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD: m->a += v; break;
	case BPF_SUB: m->a -= v; break;
	case BPF_MUL: m->a *= v; break;
	case BPF_DIV:
		if (!v)
			return false;
		m->a /= v;
		break;
	case BPF_MOD:
		if (!v)
			return false;
		m->a %= v;
		break;
	case BPF_OR: m->a |= v; break;
	case BPF_AND: m->a &= v; break;
	case BPF_XOR: m->a ^= v; break;
	case BPF_LSH: m->a <<= v & 31; break;
	case BPF_RSH: m->a >>= v & 31; break;
	default: m->a = -m->a; break; /* BPF_NEG */
	}
	return true;
}

/* How many instructions to skip. */
static u32 run_jump(const struct machine *m, const struct sock_filter *f)
{
	u32 v = BPF_SRC(f->code) == BPF_X ? m->x : f->k;
	bool yes;

	switch (BPF_OP(f->code)) {
	case BPF_JA: return f->k;
	case BPF_JEQ: yes = m->a == v; break;
	case BPF_JGT: yes = m->a > v; break;
	case BPF_JGE: yes = m->a >= v; break;
	default: yes = m->a & v; break; /* BPF_JSET */
	}
	return yes ? f->jt : f->jf;
}

u32 bpf_classic_run(const struct bpf_classic *prog, const struct bpf_packet *p)
{
	struct machine m;

	m.a = m.x = 0; /* its memory the checker watches */
	for (const struct sock_filter *f = prog->insns;; f++) {
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
		case BPF_LDX:
			if (!run_load(&m, f, p))
				return 0;
			break;
		case BPF_ST: m.mem[f->k] = m.a; break;
		case BPF_STX: m.mem[f->k] = m.x; break;
		case BPF_ALU:
			if (!run_alu(&m, f))
				return 0;
			break;
		case BPF_JMP: f += run_jump(&m, f); break;
		case BPF_RET: return BPF_RVAL(f->code) == BPF_A ? m.a : f->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(f->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
		}
	}
}
