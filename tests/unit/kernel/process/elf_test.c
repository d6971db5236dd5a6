/* tests/unit/kernel/process/elf_test.c - what the ELF loader maps, and each lie in a header that it must refuse
 *
 * kernel/process/elf.c is compiled here over a file that is an array and a memory manager that writes down what it was
 * asked for.
 */
#include "kernel/fs/file.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "kernel/random.h"
#include "tests/unit/test.h"
#include <linux/elf-em.h>
#include <linux/elf.h>
#include <linux/mman.h>

#define MAX_MAPS 8
static struct mapping { bool file; unsigned long addr, len, prot; loff_t off; } maps[MAX_MAPS];
static u32 nr_maps;
static unsigned long cleared_from, cleared_len;
static struct file program;
static struct {
	struct elf64_hdr eh;
	struct elf64_phdr ph[3];
	char interp[16];
} image;

static int fake_read(void *buf, size_t n, u64 pos)
{
	if (pos > sizeof(image) || n > sizeof(image) - pos)
		return -ENOEXEC;
	memcpy(buf, (const char *)&image + pos, n);
	return 0;
}
static unsigned long fake_mmap(struct file *f, unsigned long addr, size_t len, unsigned long prot, loff_t off)
{
	ASSERT_TRUE(nr_maps < MAX_MAPS);
	maps[nr_maps++] = (struct mapping){ f != NULL, addr, len, prot, off };
	return addr;
}
static size_t fake_remote(unsigned long addr, size_t len)
{
	cleared_from = addr;
	return cleared_len = len;
}
#define exec_read(f, buf, n, pos) fake_read(buf, n, (u64)(pos))
#define open_exec(path) ((struct file *)ERR_PTR(-ENOENT))
#define fput(f) ((void)(f))
#define do_mmap_mm(mm, f, addr, len, prot, flags, off) ((void)(mm), (void)(flags), fake_mmap(f, addr, len, prot, off))
#define do_munmap(mm, addr, len) ((void)(mm))
#define access_remote_vm(mm, addr, buf, len, write) ((void)(mm), (void)(buf), fake_remote(addr, len))
#define exec_setup_stack(x) 0
#define exec_write_stack(x) 0
#define load_elf t_load_elf
int load_elf(struct exec_args *x);
#include "kernel/process/elf.c"

static struct exec_args x;

/* Code of 0x123 bytes at 0x400000; data at 0x402080: 0x80 bytes of the file's, 0x2000 of memory. */
static void good_image(void)
{
	static const struct elf64_phdr code = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000,
						.p_filesz = 0x123, .p_memsz = 0x123, .p_align = PAGE_SIZE };
	static const struct elf64_phdr data = { .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x1080,
						.p_vaddr = 0x402080, .p_filesz = 0x80, .p_memsz = 0x2000,
						.p_align = PAGE_SIZE };

	memset(&image, 0, sizeof(image));
	memcpy(image.eh.e_ident, ELFMAG, SELFMAG);
	image.eh.e_ident[EI_CLASS] = ELFCLASS64;
	image.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	image.eh.e_type = ET_EXEC;
	image.eh.e_machine = EM_X86_64;
	image.eh.e_phoff = sizeof(image.eh);
	image.eh.e_phentsize = sizeof(struct elf64_phdr);
	image.eh.e_phnum = 2;
	image.eh.e_entry = 0x400010;
	image.ph[0] = code;
	image.ph[1] = data;
}
static int load(void)
{
	static struct mm_struct mm;

	nr_maps = 0;
	cleared_from = cleared_len = 0;
	memset(&mm, 0, sizeof(mm));
	x = (struct exec_args){ .file = &program, .mm = &mm };
	memcpy(x.head, &image, sizeof(image) < sizeof(x.head) ? sizeof(image) : sizeof(x.head));
	return load_elf(&x);
}
#define EXPECT_MAP(i, f, a, n, p, o)                                                                                   \
	do {                                                                                                           \
		EXPECT_EQ(maps[i].file, f);                                                                            \
		EXPECT_EQ(maps[i].addr, a);                                                                            \
		EXPECT_EQ(maps[i].len, n);                                                                             \
		EXPECT_EQ(maps[i].prot, p);                                                                            \
		EXPECT_EQ(maps[i].off, o);                                                                             \
	} while (0)

TEST(segments_are_mapped_at_their_places_and_the_rest_is_zero)
{
	good_image();
	ASSERT_EQ(load(), 0);
	ASSERT_EQ(nr_maps, 3);
	EXPECT_MAP(0, true, 0x400000, PAGE_SIZE, PROT_READ | PROT_EXEC, 0);
	EXPECT_MAP(1, true, 0x402000, PAGE_SIZE, PROT_READ | PROT_WRITE, 0x1000);
	EXPECT_MAP(2, false, 0x403000, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, 0);
	EXPECT_EQ(cleared_from, 0x402100); /* behind the file's bytes, to the end of their page */
	EXPECT_EQ(cleared_len, 0xf00);
	EXPECT_EQ(x.entry, 0x400010);
	EXPECT_EQ(x.phdr, 0x400000 + sizeof(image.eh));
	EXPECT_TRUE(x.mm->brk >= 0x405000 && x.mm->brk == x.mm->start_brk);
}
TEST(memory_without_file_bytes_is_not_mapped_from_the_file)
{
	good_image();
	image.ph[1].p_filesz = 0;
	ASSERT_EQ(load(), 0);
	ASSERT_EQ(nr_maps, 2);
	EXPECT_MAP(1, false, 0x402000, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE, 0);
	EXPECT_EQ(cleared_len, 0);
}
TEST(a_program_that_may_lie_anywhere_is_moved_as_a_whole)
{
	good_image();
	image.eh.e_type = ET_DYN;
	ASSERT_EQ(load(), 0);
	ASSERT_EQ(nr_maps, 3);
	EXPECT_EQ(maps[1].addr - maps[0].addr, 0x2000);
	EXPECT_EQ(x.entry - maps[0].addr, 0x10);
	EXPECT_EQ(maps[0].addr & ~PAGE_MASK, 0);
}

/* Each changes one thing of the good image. */
static void no_magic(void) { image.eh.e_ident[1] = 'F'; }
static void class_32(void) { image.eh.e_ident[EI_CLASS] = ELFCLASS32; }
static void big_endian(void) { image.eh.e_ident[EI_DATA] = ELFDATA2MSB; }
static void a_core(void) { image.eh.e_type = ET_CORE; }
static void other_machine(void) { image.eh.e_machine = EM_ARM; }
static void small_phentsize(void) { image.eh.e_phentsize--; }
static void no_phdrs(void) { image.eh.e_phnum = 0; }
static void phdrs_outside(void) { image.eh.e_phoff = sizeof(image) - 1; }
static void phdrs_wrap(void) { image.eh.e_phoff = ~0ull; }
static void too_many_phdrs(void) { image.eh.e_phnum = 0xffff; }
static void nothing_to_load(void) { image.ph[0].p_type = image.ph[1].p_type = PT_NOTE; }
static void file_beyond_memory(void) { image.ph[1].p_filesz = image.ph[1].p_memsz + 1; }
static void file_far_beyond_memory(void) { image.ph[0].p_filesz = 1ull << 40; }
static void memory_beyond_user_space(void) { image.ph[1].p_memsz = TASK_SIZE; }
static void memory_wraps(void) { image.ph[1].p_memsz = ~0ull; }
static void address_in_the_kernel(void) { image.ph[1].p_vaddr = 0xffffffff80000080ull; }
static void offset_not_congruent(void) { image.ph[1].p_offset = 0x1081; }
static void offset_wraps(void) { image.ph[1].p_offset = 0x7ffffffffffff080ull; }
static void segments_overlap(void) { image.ph[1].p_vaddr = 0x400080; }
static void segments_out_of_order(void) { image.ph[1].p_vaddr = 0x300080; }
static void entry_outside(void) { image.eh.e_entry = TASK_SIZE; }
static void in_page_zero(void) { image.ph[0].p_vaddr = 0; }
static void interpreter(u64 offset, u64 filesz)
{
	memcpy(image.interp, "/lib/ld.so", 11);
	image.eh.e_phnum = 3;
	image.ph[2] = (struct elf64_phdr){ .p_type = PT_INTERP, .p_offset = offset, .p_filesz = filesz };
}
#define INTERP_AT ((u64)((char *)image.interp - (char *)&image))
static void interpreter_without_end(void) { interpreter(INTERP_AT, 10); }
static void interpreter_without_name(void) { interpreter(INTERP_AT, 1); }
static void interpreter_too_long(void) { interpreter(INTERP_AT, PATH_MAX + 1); }
static void interpreter_outside(void) { interpreter(sizeof(image), 11); }
static void interpreter_that_is_not_there(void) { interpreter(INTERP_AT, 11); }

static const struct { const char *what; void (*spoil)(void); int err; } lies[] = {
#define LIE(f) { #f, f, -ENOEXEC }
	LIE(no_magic), LIE(class_32), LIE(big_endian), LIE(a_core), LIE(other_machine), LIE(small_phentsize),
	LIE(no_phdrs), LIE(phdrs_outside), LIE(phdrs_wrap), LIE(too_many_phdrs), LIE(nothing_to_load),
	LIE(file_beyond_memory), LIE(file_far_beyond_memory), LIE(memory_beyond_user_space), LIE(memory_wraps),
	LIE(address_in_the_kernel), LIE(offset_not_congruent), LIE(offset_wraps), LIE(segments_overlap),
	LIE(segments_out_of_order), LIE(entry_outside), LIE(interpreter_without_end), LIE(interpreter_without_name),
	LIE(interpreter_too_long), LIE(interpreter_outside),
	{ "in_page_zero", in_page_zero, -EPERM },
	{ "interpreter_that_is_not_there", interpreter_that_is_not_there, -ENOENT },
};
TEST(each_lie_in_a_header_is_refused)
{
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		int err;

		good_image();
		lies[i].spoil();
		err = load();
		if (err != lies[i].err)
			test_fail(__FILE__, __LINE__, false, "%s: %d, not %d", lies[i].what, err, lies[i].err);
	}
}
