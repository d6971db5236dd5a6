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
