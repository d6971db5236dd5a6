/* tests/fuzz/elf.c - programs and interpreters that no linker made
 *
 * Input: a byte of choices, the program's length, the program, and what is left is its interpreter. The memory manager
 * here is a set of stubs that refuse what the real one refuses and end the run on what no loader may ask.
 */
#include "kernel/fs/file.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "kernel/random.h"
#include "tests/fuzz/fuzz.h"
#include <linux/mman.h>

static struct file program, interpreter;
static struct fuzz_input bytes_of[2];
static u32 interpreters_open;
static struct exec_args x;
static u8 choice;

static int fake_read(struct file *f, void *buf, size_t n, loff_t pos)
{
	const struct fuzz_input *b = &bytes_of[f == &interpreter];

	BUG_ON(pos < 0);
	if ((u64)pos > fuzz_left(b) || n > fuzz_left(b) - (u64)pos)
		return -ENOEXEC;
	memcpy(buf, b->p + pos, n);
	return 0;
}
static struct file *fake_open(const char *path)
{
	BUG_ON(strnlen(path, PATH_MAX) == PATH_MAX);
	interpreters_open++;
	return &interpreter;
}
static void fake_fput(const struct file *f) { BUG_ON(f != &interpreter || !interpreters_open--); }

static unsigned long fake_mmap(struct file *f, unsigned long addr, size_t len, unsigned long flags, loff_t off)
{
	BUG_ON(!len || off < 0 || (off & ~PAGE_MASK) || (addr & ~PAGE_MASK));
	BUG_ON(f && off > S64_MAX - (loff_t)ALIGN_UP(len, PAGE_SIZE));
	if (len > TASK_SIZE || addr > TASK_SIZE - len || (choice & 1 && len > 1 << 20))
		return (unsigned long)-ENOMEM;
	return flags & MAP_FIXED ? addr : ALIGN_UP((TASK_SIZE - len) / 2, PAGE_SIZE);
}
static size_t fake_remote(unsigned long addr, const u8 *buf, size_t len)
{
	BUG_ON(len >= PAGE_SIZE || addr >= TASK_SIZE || ((addr + len) & ~PAGE_MASK));
	for (size_t i = 0; i < len; i++)
		BUG_ON(buf[i]);
	return choice & 2 ? 0 : len;
}
/* The program is about to run. */
static int fake_stack(void)
{
	BUG_ON(x.entry >= TASK_SIZE || x.at_entry >= TASK_SIZE);
	BUG_ON(x.mm->brk != x.mm->start_brk || (x.mm->brk & ~PAGE_MASK));
	return 0;
}

#define exec_read(f, buf, n, pos) fake_read(f, buf, n, (loff_t)(pos))
#define open_exec(path) fake_open(path)
#define fput(f) fake_fput(f)
#define do_mmap_mm(mm, f, addr, len, prot, flags, off) ((void)(mm), (void)(prot), fake_mmap(f, addr, len, flags, off))
#define do_munmap(mm, addr, len) ((void)(mm))
#define access_remote_vm(mm, addr, buf, len, write) ((void)(mm), fake_remote(addr, (u8 *)(buf), len))
#define exec_setup_stack(x) 0
#define exec_write_stack(x) fake_stack()
#include "kernel/process/elf.c"

void fuzz_one(struct fuzz_input *in)
{
	static struct mm_struct mm;
	size_t n;

	choice = fuzz_u8(in);
	n = min((size_t)fuzz_u16(in), fuzz_left(in));
	bytes_of[0] = (struct fuzz_input){ in->p, in->p + n };
	bytes_of[1] = (struct fuzz_input){ in->p + n, in->end };
	memset(&mm, 0, sizeof(mm));
	x = (struct exec_args){ .file = &program, .mm = &mm };
	memcpy(x.head, in->p, min(n, sizeof(x.head)));
	current->personality = choice & 4 ? ADDR_NO_RANDOMIZE : 0;
	load_elf(&x);
	BUG_ON(interpreters_open);
}
