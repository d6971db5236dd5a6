/* kernel/bpf/classic_check.c - is this classic program safe to run?
 *
 * What:   one pass over the instructions, and one that follows which memory words are written on every way.
 * Called: setsockopt(SO_ATTACH_FILTER); process context, may sleep.
 * Locks:  none: the program is the caller's copy.
 */
#include "kernel/bpf/classic.h"
#include "kernel/mm/slab.h"
#include "lib/string.h"

#define ALL_WORDS 0xffffu /* a bit for each of BPF_MEMWORDS */

static bool known_ancillary(u32 k)
{
	switch ((s32)k - SKF_AD_OFF) {
	case SKF_AD_PROTOCOL:
	case SKF_AD_PKTTYPE:
	case SKF_AD_IFINDEX:
	case SKF_AD_NLATTR:
	case SKF_AD_NLATTR_NEST:
	case SKF_AD_MARK:
	case SKF_AD_QUEUE:
	case SKF_AD_HATYPE:
	case SKF_AD_RXHASH:
	case SKF_AD_CPU:
	case SKF_AD_ALU_XOR_X:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_PAY_OFFSET:
	case SKF_AD_RANDOM:
	case SKF_AD_VLAN_TPID: return true;
	default: return false;
	}
}

static bool alu_is_sound(const struct sock_filter *f)
{
	u16 op = BPF_OP(f->code);

	if (f->code & ~(BPF_CLASS(0xff) | BPF_OP(0xff) | BPF_X))
		return false;
	switch (op) {
	case BPF_DIV:
	case BPF_MOD: return BPF_SRC(f->code) == BPF_X || f->k;
	case BPF_LSH:
	case BPF_RSH: return BPF_SRC(f->code) == BPF_X || f->k < 32;
	case BPF_NEG: return f->code == (BPF_ALU | BPF_NEG);
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR: return true;
	default: return false;
	}
}

static bool load_is_sound(const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
		return f->k < (u32)SKF_AD_OFF || known_ancillary(f->k);
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_B | BPF_MSH:
	case BPF_LDX | BPF_IMM: return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM: return f->k < BPF_MEMWORDS;
	default: return false;
	}
}

/* Jumps lead forward, to an instruction that exists. left: instructions behind this one. */
static bool jump_is_sound(const struct sock_filter *f, u32 left)
{
	switch (f->code) {
	case BPF_JMP | BPF_JA: return f->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X: return f->jt < left && f->jf < left;
	default: return false;
	}
}

static bool insn_is_sound(const struct sock_filter *f, u32 left)
{
	switch (BPF_CLASS(f->code)) {
	case BPF_LD:
	case BPF_LDX: return load_is_sound(f);
	case BPF_ST: return f->code == BPF_ST && f->k < BPF_MEMWORDS;
	case BPF_STX: return f->code == BPF_STX && f->k < BPF_MEMWORDS;
	case BPF_ALU: return alu_is_sound(f);
	case BPF_JMP: return jump_is_sound(f, left);
	case BPF_RET: return f->code == (BPF_RET | BPF_K) || f->code == (BPF_RET | BPF_A);
	default: return f->code == (BPF_MISC | BPF_TAX) || f->code == (BPF_MISC | BPF_TXA);
	}
}

/* written: what is certain at this instruction. ways: what is certain at each later one, by the jumps so far. */
static int follow_one(const struct sock_filter *f, u16 *ways, u16 *written)
{
	*written &= *ways;
	switch (BPF_CLASS(f->code)) {
	case BPF_ST:
	case BPF_STX: *written |= (u16)BIT(f->k); return 0;
	case BPF_LD:
	case BPF_LDX: return BPF_MODE(f->code) == BPF_MEM && !(*written & BIT(f->k)) ? -EINVAL : 0;
	case BPF_JMP:
		if (f->code == (BPF_JMP | BPF_JA)) {
			ways[1 + f->k] &= *written;
		} else {
			ways[1 + f->jt] &= *written;
			ways[1 + f->jf] &= *written;
		}
		*written = ALL_WORDS; /* the next one is reached by jumps alone */
		return 0;
	default: return 0;
	}
}

/* No word of memory is read that some way to the reader leaves unwritten: it would tell what was there before. */
static int check_memory(const struct sock_filter *f, u32 len)
{
	u16 *ways = kmalloc(len * sizeof(*ways), GFP_KERNEL), written = 0;
	int err = 0;

	if (!ways)
		return -ENOMEM;
	memset(ways, 0xff, len * sizeof(*ways));
	for (u32 i = 0; i < len && !err; i++)
		err = follow_one(&f[i], &ways[i], &written);
	kfree(ways);
	return err;
}

int bpf_check_classic(const struct sock_filter *f, u32 len)
{
	if (!len || len > BPF_MAXINSNS)
		return -EINVAL;
	for (u32 i = 0; i < len; i++)
		if (!insn_is_sound(&f[i], len - i - 1))
			return -EINVAL;
	if (BPF_CLASS(f[len - 1].code) != BPF_RET)
		return -EINVAL;
	return check_memory(f, len);
}

struct bpf_classic *bpf_classic_create(const struct sock_filter *f, u32 len)
{
	int err = bpf_check_classic(f, len);
	struct bpf_classic *p = err ? NULL : kmalloc(sizeof(*p) + len * sizeof(*f), GFP_KERNEL);

	if (!p)
		return ERR_PTR(err ? err : -ENOMEM);
	refcount_set(&p->refs, 1);
	p->len = (u16)len;
	memcpy(p->insns, f, len * sizeof(*f));
	return p;
}

static void classic_free_rcu(struct rcu_head *h) { kfree(container_of(h, struct bpf_classic, rcu)); }

void bpf_classic_put(struct bpf_classic *p)
{
	if (p && refcount_dec_and_test(&p->refs))
		call_rcu(&p->rcu, classic_free_rcu);
}
