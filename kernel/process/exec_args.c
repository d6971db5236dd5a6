/* kernel/process/exec_args.c - the strings that a program starts with, and the stack that carries them
 *
 * What:   argv and envp are copied whole into kernel memory first: a script can put words in front, and nothing that
 *         another thread changes meanwhile matters. Then they are laid out at the top of the new stack as the System V
 *         ABI says (the psABI of the machine, 3.4.1): argc, argv, envp, auxiliary vector, and the strings above.
 * Called: exec.c.
 */
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/uaccess.h"
#include "kernel/process/internal.h"
#include "kernel/random.h"
#include "lib/string.h"
#include <linux/auxvec.h>
#include <linux/mman.h>
#include <linux/personality.h>

#define MAX_ARG_STRLEN (32 * PAGE_SIZE)
#define STACK_INITIAL (256 * 1024UL) /* mapped at once below the strings; the fault handler grows it */
#define AUX_PAIRS 22

void strvec_free(struct strvec *v)
{
	kvfree(v->buf);
	*v = (struct strvec){};
}

/* Makes room for n more bytes. 0 or -ENOMEM. */
static int strvec_reserve(struct strvec *v, size_t n)
{
	size_t cap = max(v->cap, (size_t)2048);
	char *buf;

	if (v->used + n <= v->cap)
		return 0;
	while (cap < v->used + n)
		cap *= 2;
	buf = kvmalloc(cap, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (v->used)
		memcpy(buf, v->buf, v->used);
	kvfree(v->buf);
	v->buf = buf;
	v->cap = cap;
	return 0;
}

int strvec_add(struct strvec *v, const char *s)
{
	size_t n = strlen(s) + 1;
	int r = strvec_reserve(v, n);

	if (r)
		return r;
	memcpy(v->buf + v->used, s, n);
	v->used += n;
	v->count++;
	return 0;
}

int strvec_prepend(struct strvec *v, const char *s)
{
	size_t n = strlen(s) + 1;
	int r = strvec_reserve(v, n);

	if (r)
		return r;
	memmove(v->buf + n, v->buf, v->used);
	memcpy(v->buf, s, n);
	v->used += n;
	v->count++;
	return 0;
}

void strvec_drop_first(struct strvec *v)
{
	size_t n;

	if (!v->count)
		return;
	n = strlen(v->buf) + 1;
	memmove(v->buf, v->buf + n, v->used - n);
	v->used -= n;
	v->count--;
}

/* One string of a program. 0, -E2BIG beyond limit bytes in all, -EFAULT, -ENOMEM. */
static int add_user_string(struct strvec *v, const char __user *s, size_t limit)
{
	size_t n = strnlen_user(s, MAX_ARG_STRLEN);
	int r;

	if (!n)
		return -EFAULT;
	if (n > MAX_ARG_STRLEN || v->used + n > limit)
		return -E2BIG;
	r = strvec_reserve(v, n);
	if (r)
		return r;
	if (copy_from_user(v->buf + v->used, s, n))
		return -EFAULT;
	v->buf[v->used + n - 1] = 0;
	for (size_t i = 0; i < n - 1; i++) /* another thread may have shortened it since it was measured */
		if (!v->buf[v->used + i])
			v->buf[v->used + i] = ' ';
	v->used += n;
	v->count++;
	return 0;
}

/* limit: bytes that all strings and their pointers may take. */
int strvec_from_user(struct strvec *v, const char *const __user *uvec, size_t limit)
{
	const char __user *s;
	int r = 0;

	while (!r && uvec) {
		if (get_user(s, (const char __user *__user *)uvec + v->count))
			return -EFAULT;
		if (!s)
			break;
		if ((size_t)v->count * sizeof(s) > limit)
			return -E2BIG;
		r = add_user_string(v, s, limit - v->count * sizeof(s));
		if ((v->count & 63) == 0 && fatal_signal_pending_current())
			return -EINTR;
		cond_resched();
	}
	return r;
}

static bool randomized(void)
{
	return !(current->personality & ADDR_NO_RANDOMIZE);
}

/* Maps the stack area and picks where mmap grows down from. 0 or -errno. */
int exec_setup_stack(struct exec_args *x)
{
	unsigned long prot = PROT_READ | PROT_WRITE | (x->exec_stack ? PROT_EXEC : 0), addr, size, gap;
	struct mm_struct *mm = x->mm;

	x->stack_top =
		TASK_SIZE - PAGE_SIZE - (randomized() ? (unsigned long)get_random_u32_below(4096) << PAGE_SHIFT : 0);
	size = ALIGN_UP(x->argv.used + x->envp.used + strlen(x->filename) +
			(x->argv.count + x->envp.count + 2 * AUX_PAIRS) * sizeof(long) + STACK_INITIAL, PAGE_SIZE);
	addr = do_mmap_mm(mm, NULL, x->stack_top - size, size, prot,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | MAP_STACK, 0);
	if (IS_ERR((void *)addr))
		return (int)(long)addr;
	gap = clamp(rlimit(RLIMIT_STACK), 128UL << 20, TASK_SIZE / 6 * 5);
	mm->mmap_base = ALIGN_DOWN(x->stack_top - gap - (16UL << 20), PAGE_SIZE);
	if (randomized())
		mm->mmap_base -= (unsigned long)(get_random_u32() & 0xfffff) << PAGE_SHIFT;
	return 0;
}

static int write_mem(struct mm_struct *mm, unsigned long addr, const void *src, size_t n)
{
	return access_remote_vm(mm, addr, (void *)src, n, true) == n ? 0 : -EFAULT;
}

/* Writes the addresses of v's strings, which lie from base on, and a NULL, to words. Words written. */
static size_t put_pointers(u64 *words, const struct strvec *v, unsigned long base)
{
	size_t off = 0, n = 0;

	for (int i = 0; i < v->count; i++) {
		words[n++] = base + off;
		off += strlen(v->buf + off) + 1;
	}
	words[n++] = 0;
	return n;
}

static size_t put_auxv(u64 *w, const struct exec_args *x, u64 random, u64 execfn, u64 platform)
{
	const struct cred *c = x->cred;
	const u64 pairs[AUX_PAIRS][2] = {
		{ AT_HWCAP, ARCH_HWCAP },
		{ AT_PAGESZ, PAGE_SIZE },
		{ AT_CLKTCK, 100 },
		{ AT_PHDR, x->phdr },
		{ AT_PHENT, x->phent },
		{ AT_PHNUM, x->phnum },
		{ AT_BASE, x->at_base },
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, x->at_entry },
		{ AT_UID, c->uid },
		{ AT_EUID, c->euid },
		{ AT_GID, c->gid },
		{ AT_EGID, c->egid },
		{ AT_SECURE, x->secure },
		{ AT_RANDOM, random },
		{ AT_HWCAP2, 0 },
		{ AT_EXECFN, execfn },
		{ AT_PLATFORM, platform },
		{ AT_NULL, 0 },
	};
	size_t n = 0;

	do {
		w[2 * n] = pairs[n][0];
		w[2 * n + 1] = pairs[n][1];
	} while (pairs[n++][0] != AT_NULL);
	return 2 * n;
}

/* The strings, from the top down; their addresses go to mm and to the results. */
static int write_strings(struct exec_args *x, u64 *random, u64 *execfn, u64 *platform)
{
	struct mm_struct *mm = x->mm;
	unsigned long p = x->stack_top - 8;
	size_t fn = strlen(x->filename) + 1;
	u8 seed[16];
	int r;

	get_random_bytes(seed, sizeof(seed));
	*execfn = p -= fn;
	mm->env_end = p;
	mm->env_start = p -= x->envp.used;
	mm->arg_end = p;
	mm->arg_start = p -= x->argv.used;
	*platform = p -= sizeof(ARCH_NAME);
	*random = p = ALIGN_DOWN(p - sizeof(seed), 16UL);
	r = write_mem(mm, *execfn, x->filename, fn);
	r = r ?: write_mem(mm, mm->env_start, x->envp.buf, x->envp.used);
	r = r ?: write_mem(mm, mm->arg_start, x->argv.buf, x->argv.used);
	r = r ?: write_mem(mm, *platform, ARCH_NAME, sizeof(ARCH_NAME));
	r = r ?: write_mem(mm, *random, seed, sizeof(seed));
	x->sp = p;
	return r;
}

/* Fills the stack that exec_setup_stack() mapped; x->sp is then the program's first stack pointer. 0 or -errno. */
int exec_write_stack(struct exec_args *x)
{
	size_t max_words = 1 + x->argv.count + 1 + x->envp.count + 1 + 2 * AUX_PAIRS, n = 0, aux;
	u64 random, execfn, platform, *words;
	int r = write_strings(x, &random, &execfn, &platform);

	if (r)
		return r;
	words = kvmalloc(max_words * sizeof(u64), GFP_KERNEL);
	if (!words)
		return -ENOMEM;
	words[n++] = x->argv.count;
	n += put_pointers(words + n, &x->argv, x->mm->arg_start);
	n += put_pointers(words + n, &x->envp, x->mm->env_start);
	aux = put_auxv(words + n, x, random, execfn, platform);
	memcpy(x->mm->saved_auxv, words + n, min(aux * sizeof(u64), sizeof(x->mm->saved_auxv)));
	n += aux;
	x->sp = ALIGN_DOWN(x->sp - n * sizeof(u64), 16UL);
	x->mm->start_stack = x->sp;
	r = write_mem(x->mm, x->sp, words, n * sizeof(u64));
	kvfree(words);
	return r;
}
