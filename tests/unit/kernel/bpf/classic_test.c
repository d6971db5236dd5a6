/* tests/unit/kernel/bpf/classic_test.c - classic BPF: what the checker lets pass, and what programs compute */
#include "kernel/bpf/classic.h"
#include "tests/unit/test.h"

static bool no_load(const struct bpf_packet *p, s32 offset, u32 size, u32 *val) { return false; }
static bool fact(const struct bpf_packet *p, s32 which, u32 x, u32 *a)
{
	*a = (u32)which + x;
	return true;
}

static const u8 bytes[] = { 0x45, 0x12, 0x34, 0x56, 0x78, 0x9a };

/* What the program answers for bytes; a program that is refused answers 0xdead. */
static u32 run(const struct sock_filter *f, u32 n)
{
	struct bpf_packet p = { .data = bytes, .linear = sizeof(bytes), .len = 100, .load = no_load, .special = fact };
	struct bpf_classic *prog = bpf_classic_create(f, n);
	u32 r;

	if (IS_ERR(prog))
		return 0xdead;
	r = bpf_classic_run(prog, &p);
	bpf_classic_put(prog);
	return r;
}
#define RUN(...)                                                 \
	({                                                       \
		const struct sock_filter _f[] = { __VA_ARGS__ }; \
		run(_f, ARRAY_SIZE(_f));                         \
	})
#define RET_A BPF_STMT(BPF_RET | BPF_A, 0)
#define REFUSED 0xdeadu

TEST(loads)
{
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1), RET_A), 0x12345678u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4), RET_A), 0x789au);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 5), RET_A), 0x9au);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_IMM, 2), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1), RET_A), 0x56u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A), 20u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A), 100u);
}

TEST(a_load_beyond_the_packet_answers_nothing)
{
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 3), BPF_STMT(BPF_RET | BPF_K, 9)), 0u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6), BPF_STMT(BPF_RET | BPF_K, 9)), 0u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0x7fffffff), BPF_STMT(BPF_RET | BPF_K, 9)), 0u);
	/* the sum of offset and index wraps */
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_IMM, 0xffffffff), BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
		      BPF_STMT(BPF_RET | BPF_K, 9)),
		  0u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_IMM, 0xfffffffe), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 3), RET_A), 0x12u);
}

TEST(facts_about_the_packet)
{
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_IMM, 1000),
		      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)(SKF_AD_OFF + SKF_AD_PKTTYPE)), RET_A),
		  1004u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)(SKF_AD_OFF + SKF_AD_MAX)), RET_A), REFUSED);
}

TEST(arithmetic)
{
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 9), RET_A), (u32)-2);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 6), RET_A), 42u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 43), BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 6), RET_A), 1u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_NEG, 0), RET_A), (u32)-1);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 6), RET_A), 3u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31), RET_A), 0x80000000u);
	/* the machine's own shift would be undefined; division by a zero found on the way ends the program */
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_IMM, 33), BPF_STMT(BPF_LD | BPF_IMM, 1),
		      BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0), RET_A),
		  2u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		      BPF_STMT(BPF_RET | BPF_K, 9)),
		  0u);
}

TEST(jumps)
{
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 0, 1),
		      BPF_STMT(BPF_RET | BPF_K, 1), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 1, 0),
		      BPF_STMT(BPF_RET | BPF_K, 2), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 4, 0, 1),
		      BPF_STMT(BPF_RET | BPF_K, 3), BPF_STMT(BPF_RET | BPF_K, 4)),
		  3u);
	EXPECT_EQ(RUN(BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2)),
		  2u);
}

TEST(what_is_refused)
{
	EXPECT_EQ(RUN(BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_JUMP(BPF_JMP | BPF_JA, 0xffffffff, 0, 0), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 1)), REFUSED);
	EXPECT_EQ(RUN(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_STMT(BPF_ST, 16), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_STMT(BPF_RET | BPF_X, 0)), REFUSED);
	EXPECT_EQ(RUN(BPF_STMT(0xffff, 0), RET_A), REFUSED);
	EXPECT_EQ(run(NULL, 0), REFUSED);
}

/* A word counts as written only when every way to the reader wrote it. */
TEST(memory_is_written_before_it_is_read)
{
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 8), BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LDX | BPF_MEM, 15),
		      BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A),
		  8u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_MEM, 0), RET_A), REFUSED);
	EXPECT_EQ(RUN(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LD | BPF_MEM, 0),
		      RET_A),
		  REFUSED);
	EXPECT_EQ(RUN(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2), BPF_STMT(BPF_ST, 0),
		      BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), BPF_STMT(BPF_ST, 0), BPF_STMT(BPF_LD | BPF_MEM, 0), RET_A),
		  0u);
}

/* Each instruction that computes or decides, on A and X. A jump answers 1 when taken. */
TEST(every_instruction)
{
	static const struct { u16 code; u32 k, a, x, want; } rows[] = {
		{ BPF_ALU | BPF_ADD | BPF_K, 3, U32_MAX, 0, 2 }, { BPF_ALU | BPF_ADD | BPF_X, 9, 5, 3, 8 },
		{ BPF_ALU | BPF_SUB | BPF_K, 3, 2, 0, U32_MAX }, { BPF_ALU | BPF_SUB | BPF_X, 9, 5, 3, 2 },
		{ BPF_ALU | BPF_MUL | BPF_K, 0x10000, 0x10001, 0, 0x10000 }, { BPF_ALU | BPF_MUL | BPF_X, 9, 5, 3, 15 },
		{ BPF_ALU | BPF_DIV | BPF_K, 10, U32_MAX, 0, 429496729 }, { BPF_ALU | BPF_DIV | BPF_X, 9, 17, 3, 5 },
		{ BPF_ALU | BPF_MOD | BPF_K, 10, U32_MAX, 0, 5 }, { BPF_ALU | BPF_MOD | BPF_X, 9, 17, 3, 2 },
		{ BPF_ALU | BPF_DIV | BPF_X, 9, 17, 0, 0 }, { BPF_ALU | BPF_MOD | BPF_X, 9, 17, 0, 0 },
		{ BPF_ALU | BPF_AND | BPF_K, 12, 10, 0, 8 }, { BPF_ALU | BPF_AND | BPF_X, 9, 10, 6, 2 },
		{ BPF_ALU | BPF_OR | BPF_K, 12, 10, 0, 14 }, { BPF_ALU | BPF_OR | BPF_X, 9, 10, 6, 14 },
		{ BPF_ALU | BPF_XOR | BPF_K, 12, 10, 0, 6 }, { BPF_ALU | BPF_XOR | BPF_X, 9, 10, 6, 12 },
		{ BPF_ALU | BPF_LSH | BPF_K, 31, 3, 0, 0x80000000 }, { BPF_ALU | BPF_LSH | BPF_X, 9, 3, 4, 48 },
		{ BPF_ALU | BPF_RSH | BPF_K, 31, 0x80000000, 0, 1 }, { BPF_ALU | BPF_RSH | BPF_X, 9, 48, 4, 3 },
		{ BPF_ALU | BPF_RSH | BPF_X, 9, 48, 36, 3 }, { BPF_ALU | BPF_NEG, 9, 1, 2, U32_MAX },
		{ BPF_LD | BPF_IMM, 9, 1, 2, 9 }, { BPF_LD | BPF_W | BPF_LEN, 9, 1, 2, 100 },
		{ BPF_MISC | BPF_TXA, 9, 1, 2, 2 }, { BPF_LD | BPF_W | BPF_ABS, 0, 1, 2, 0x45123456 },
		{ BPF_LD | BPF_W | BPF_IND, 0, 1, 2, 0x3456789a }, { BPF_LD | BPF_H | BPF_IND, 0, 1, 2, 0x3456 },
		{ BPF_LD | BPF_B | BPF_IND, 1, 1, 2, 0x56 }, { BPF_LD | BPF_W | BPF_IND, 1, 1, 2, 0 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 9, 9, 8, 1 }, { BPF_JMP | BPF_JEQ | BPF_K, 9, 8, 9, 2 },
		{ BPF_JMP | BPF_JEQ | BPF_X, 9, 8, 8, 1 }, { BPF_JMP | BPF_JEQ | BPF_X, 9, 9, 8, 2 },
		{ BPF_JMP | BPF_JGT | BPF_K, 9, U32_MAX, 0, 1 }, { BPF_JMP | BPF_JGT | BPF_K, 9, 9, 0, 2 },
		{ BPF_JMP | BPF_JGT | BPF_X, 0, 9, 8, 1 }, { BPF_JMP | BPF_JGT | BPF_X, 0, 9, 9, 2 },
		{ BPF_JMP | BPF_JGE | BPF_K, 9, 9, 0, 1 }, { BPF_JMP | BPF_JGE | BPF_K, 9, 8, 0, 2 },
		{ BPF_JMP | BPF_JGE | BPF_X, 0, 9, 9, 1 }, { BPF_JMP | BPF_JGE | BPF_X, 0, 9, 10, 2 },
		{ BPF_JMP | BPF_JSET | BPF_K, 6, 4, 0, 1 }, { BPF_JMP | BPF_JSET | BPF_K, 6, 9, 4, 2 },
		{ BPF_JMP | BPF_JSET | BPF_X, 9, 4, 6, 1 }, { BPF_JMP | BPF_JSET | BPF_X, 4, 4, 3, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool is_jump = BPF_CLASS(rows[i].code) == BPF_JMP;
		u32 got = RUN(BPF_STMT(BPF_LDX | BPF_IMM, rows[i].x), BPF_STMT(BPF_LD | BPF_IMM, rows[i].a),
			      BPF_JUMP(rows[i].code, rows[i].k, is_jump ? 1 : 0, is_jump ? 2 : 0), RET_A,
			      BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 2));

		if (got != rows[i].want)
			test_fail(__FILE__, __LINE__, false, "row %zu, code %#x: %#x, not %#x", i, rows[i].code, got,
				  rows[i].want);
	}
	/* what leaves X or memory, seen through A */
	EXPECT_EQ(RUN(BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_LD | BPF_IMM, 1),
		      BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A),
		  7u);
	EXPECT_EQ(RUN(BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_STX, 3), BPF_STMT(BPF_LD | BPF_MEM, 3),
		      RET_A),
		  100u);
}
/* One that is refused for each reason that the checker has, beside one that just passes. */
TEST(what_is_refused_by_a_hair)
{
	static const struct { struct sock_filter f; bool refused; } rows[] = {
		{ BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 0), true }, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 1), false },
		{ BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), false }, { BPF_STMT(BPF_ALU | BPF_MOD | BPF_X, 0), false },
		{ BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), true }, { BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31), false },
		{ BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 99), false }, { BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0), true },
		{ BPF_STMT(BPF_ALU | 0xb0, 1), true }, { BPF_STMT(BPF_ALU | BPF_ADD | 0x100, 1), true },
		{ BPF_STMT(BPF_LD | BPF_MEM, 16), true }, { BPF_STMT(BPF_ST, 15), false },
		{ BPF_STMT(BPF_STX, 16), true }, { BPF_STMT(BPF_STX | BPF_X, 0), true },
		{ BPF_STMT(BPF_LD | BPF_B | BPF_LEN, 0), true }, { BPF_STMT(BPF_LDX | BPF_W | BPF_ABS, 0), true },
		{ BPF_STMT(BPF_LDX | BPF_H | BPF_MSH, 0), true }, { BPF_STMT(BPF_LD | BPF_B | BPF_MSH, 0), true },
		{ BPF_STMT(BPF_LD | 0x18 | BPF_ABS, 0), true }, { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), false },
		{ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (u32)(SKF_AD_OFF + SKF_AD_CPU)), false },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)(SKF_AD_OFF + 1)), true },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, U32_MAX), true },
		{ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (u32)SKF_LL_OFF), false },
		{ BPF_STMT(BPF_JMP | BPF_JA | BPF_X, 0), true }, { BPF_JUMP(BPF_JMP | 0x50, 0, 0, 0), true },
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0), true },
		{ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 0), false },
		{ BPF_STMT(BPF_RET | BPF_X, 0), true }, { BPF_STMT(BPF_MISC | 0x40, 0), true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct sock_filter f[] = { rows[i].f, BPF_STMT(BPF_RET | BPF_K, 9) };

		if ((bpf_check_classic(f, 2) == -EINVAL) != rows[i].refused)
			test_fail(__FILE__, __LINE__, false, "row %zu, code %#x", i, rows[i].f.code);
	}
}

/* Whatever bytes come as a program: it is refused, or it ends. */
TEST(random_programs_end)
{
	static const u8 likely_ops[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x15, 0x16,
					 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x61, 0x80, 0x87,
					 0xb1, 0x0c, 0x1c, 0x2c, 0x3c, 0x25, 0x35, 0x45 };
	u32 accepted = 0;

	for (int i = 0; i < 20000; i++) {
		struct sock_filter f[12];
		u32 n = 1 + (u32)(host_random() % 12);

		for (u32 j = 0; j < n; j++) {
			u64 r = host_random();

			f[j] = (struct sock_filter){ likely_ops[r % sizeof(likely_ops)], (u8)(r >> 16 & 7),
						     (u8)(r >> 24 & 7),
						     r >> 60 ? (u32)(r >> 32 & 15) : (u32)(r >> 32) };
		}
		f[n - 1].code = BPF_RET | (host_random() & 1 ? BPF_A : BPF_K);
		accepted += run(f, n) != REFUSED;
	}
	EXPECT_GT(accepted, 1000u);
}
