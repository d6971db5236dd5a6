/* tests/bench/icount.c - a QEMU TCG plugin that counts the instructions a guest executes
 *
 * What:   kernel and user half apart, for each virtual CPU, into a file that others map and read at any moment. With
 *         one CPU by additions that the translator inlines. On demand also each call path: a shadow stack follows calls
 *         and returns, and each function on it has a node that counts its own instructions and its calls.
 * Args:   counters=PATH; entry=ADDR, repeatable: where interrupts, exceptions and system calls enter. These switch the
 *         profile on.
 * Limits: the profile is for one virtual CPU. Debian ships no qemu-plugin.h, so the declarations that are needed stand
 *         here; they are those of QEMU 7.2's plugin API, version 1.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct {
	const char *target_name;
	struct { int min, cur; } version;
	_Bool system_emulation;
	union { struct { int smp_vcpus, max_vcpus; } system; };
} qemu_info_t;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
typedef void (*qemu_plugin_tb_fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_exec_fn)(unsigned int vcpu, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_tb_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_exec_fn fn,
					  enum qemu_plugin_cb_flags flags, void *data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum qemu_plugin_op op, void *p, uint64_t n);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* The file: what tests/bench/guest.py unpacks. */
#define MAX_NODES (1u << 18)
#define MAX_CPUS 8
struct node { uint64_t function, insns, calls; uint32_t parent, child, sibling, unused; };
static struct shared {
	uint64_t before_user;		/* all that ran before the first user instruction; 0: none yet */
	uint64_t nodes;			/* in use; node 0 is the root */
	struct cpu { uint64_t half[2]; } cpu[MAX_CPUS]; /* instructions: [0] the user's, [1] the kernel's */
	struct node node[];
} *shm;

/* --- the profile's shadow stack --- */

enum tb_end { END_OTHER, END_CALL, END_RET, END_IRET };
struct tb_info { uint64_t start, next, insns; uint8_t end, entry; };
struct frame { uint64_t ret; uint32_t node; };
#define DEPTH 256
#define STACKS 64
/* A stack for each thread of the guest, told apart by where they return to. */
static struct stack { struct frame f[DEPTH]; int depth; } stacks[STACKS];
static int current_stack;
static struct tb_info *last;
static uint64_t entries[64];
static int nr_entries;
static int nr_cpus;

static bool is_entry(uint64_t va)
{
	for (int i = 0; i < nr_entries; i++)
		if (entries[i] == va)
			return true;
	return false;
}
static uint32_t child_of(uint32_t parent, uint64_t function)
{
	struct node *p = &shm->node[parent];
	uint32_t i;

	for (i = p->child; i; i = shm->node[i].sibling)
		if (shm->node[i].function == function)
			return i;
	if (shm->nodes >= MAX_NODES)
		return parent;
	i = (uint32_t)shm->nodes++;
	shm->node[i] = (struct node){ .function = function, .parent = parent, .sibling = p->child };
	p->child = i;
	return i;
}
static void push(struct stack *s, uint64_t ret, uint64_t function)
{
	uint32_t parent = s->depth ? s->f[s->depth - 1].node : 0;

	if (s->depth == DEPTH)
		return;
	s->f[s->depth] = (struct frame){ .ret = ret, .node = child_of(parent, function) };
	shm->node[s->f[s->depth++].node].calls++;
}
/* The frame of s that returns to va is gone, and all above it; false: there is none. */
static bool pop_to(struct stack *s, uint64_t va)
{
	for (int d = s->depth - 1; d >= 0 && d >= s->depth - 8; d--)
		if (s->f[d].ret == va) {
			s->depth = d;
			return true;
		}
	return false;
}
/* A return that this stack knows nothing of: the guest switched to another thread. */
static void returned(uint64_t va)
{
	if (pop_to(&stacks[current_stack], va))
		return;
	for (int i = 0; i < STACKS; i++)
		if (pop_to(&stacks[i], va)) {
			current_stack = i;
			return;
		}
	current_stack = (current_stack + 1) % STACKS;
	stacks[current_stack].depth = 0;
	push(&stacks[current_stack], 0, va);
}
static void follow(struct tb_info *tb)
{
	struct stack *s = &stacks[current_stack];

	if (tb->entry) { /* an entry from user mode finds nothing below it */
		if (!last || !(last->start >> 63))
			s->depth = 0;
		push(s, 0, tb->start);
	} else if (!(tb->start >> 63)) {
		if (!last || last->start >> 63) {
			s->depth = 0;
			push(s, 0, 1); /* 1: "user", where the low half begins */
		}
	} else if (last && !(last->start >> 63)) { /* the boot code's jump into the kernel */
		s->depth = 0;
		push(s, 0, tb->start);
	} else if (last && last->end == END_CALL && tb->start != last->next) {
		push(s, last->next, tb->start);
	} else if (last && last->end == END_RET) {
		returned(tb->start);
	} else if (last && last->end == END_IRET) {
		while (s->depth && s->f[s->depth - 1].ret)
			s->depth--;
		s->depth -= s->depth > 0;
	}
}
static void on_exec(unsigned int vcpu, void *data)
{
	struct tb_info *tb = data;
	struct stack *s;

	(void)vcpu;
	follow(tb);
	s = &stacks[current_stack];
	shm->node[s->depth ? s->f[s->depth - 1].node : 0].insns += tb->insns;
	last = tb;
}

/* How a translation block ends, by the opcode of its last instruction (Intel SDM volume 2). */
static enum tb_end end_of(const struct qemu_plugin_insn *insn)
{
	const uint8_t *p = qemu_plugin_insn_data(insn);
	size_t n = qemu_plugin_insn_size(insn), i = 0;

	while (i + 1 < n && (p[i] == 0xf3 || p[i] == 0xf2 || p[i] == 0x2e || p[i] == 0x3e || (p[i] & 0xf0) == 0x40)) {
		if ((p[i] & 0xf8) == 0x48 && p[i + 1] == 0xcf)
			return END_IRET;
		i++;
	}
	if (p[i] == 0xe8 || (p[i] == 0xff && i + 1 < n && (p[i + 1] & 0x38) == 0x10))
		return END_CALL;
	if (p[i] == 0xc3 || p[i] == 0xc2)
		return END_RET;
	if (p[i] == 0xcf || (p[i] == 0x0f && i + 1 < n && p[i + 1] == 0x07))
		return END_IRET;
	return END_OTHER;
}
static void profile_tb(struct qemu_plugin_tb *tb, uint64_t va, size_t n)
{
	struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, n - 1);
	struct tb_info *t = calloc(1, sizeof(*t)); /* kept: QEMU never says that a block is gone */

	t->start = va;
	t->insns = n;
	t->next = qemu_plugin_insn_vaddr(insn) + qemu_plugin_insn_size(insn);
	t->end = (uint8_t)end_of(insn);
	t->entry = is_entry(va);
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_exec, QEMU_PLUGIN_CB_NO_REGS, t);
}

/* --- counting --- */

/* The first code of the low half after the kernel's start is the first program's. Trampolines lie below 1 MB. */
static void watch_for_user(uint64_t va)
{
	uint64_t *half = shm->cpu[0].half;

	if (!shm->before_user && va >> 63 == 0 && va >= 0x100000 && half[1] > 100000)
		shm->before_user = half[0] + half[1];
}
/* Several CPUs run side by side, and an inlined addition would be all of theirs: each counts in its own place. */
static void count_on_cpu(unsigned int cpu, void *data)
{
	uint64_t n = (uintptr_t)data;

	shm->cpu[cpu].half[n & 1] += n >> 1;
}
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t va = qemu_plugin_tb_vaddr(tb);
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	watch_for_user(va);
	if (nr_cpus == 1)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
							 &shm->cpu[0].half[va >> 63], n);
	else
		qemu_plugin_register_vcpu_tb_exec_cb(tb, count_on_cpu, QEMU_PLUGIN_CB_NO_REGS,
						     (void *)(uintptr_t)(n << 1 | va >> 63));
	if (nr_entries)
		profile_tb(tb, va, n);
}

static bool map_file(const char *path)
{
	size_t size = sizeof(struct shared) + MAX_NODES * sizeof(struct node);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || ftruncate(fd, (off_t)size))
		return false;
	shm = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return shm != MAP_FAILED;
}
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
								 char **argv)
{
	const char *path = NULL;

	nr_cpus = info->system.max_vcpus;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "counters=", 9))
			path = argv[i] + 9;
		else if (!strncmp(argv[i], "entry=", 6) && nr_entries < 64)
			entries[nr_entries++] = strtoull(argv[i] + 6, NULL, 0);
	}
	if (!path || nr_cpus > MAX_CPUS || !map_file(path))
		return -1;
	shm->nodes = 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
