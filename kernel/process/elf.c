/* kernel/process/elf.c - loading an ELF program, and its interpreter, into a new address space
 *
 * What:   checks the headers, maps each PT_LOAD at its place (ET_EXEC) or at a random base (ET_DYN), clears what lies
 *         behind the file's bytes (bss), and finds the entry: the program's own or that of PT_INTERP (ld.so).
 * Called: exec.c.
 * Calls:  do_mmap_mm(). Everything in the file is hostile: each sum is checked before it is an address.
 * Absent: 32-bit programs, GNU properties, PT_LOAD alignments above 1 GiB.
 */
#include "kernel/fs/file.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "kernel/random.h"
#include "lib/string.h"
#include <linux/elf.h>
#include <linux/elf-em.h>
#include <linux/mman.h>
#include <linux/personality.h>

#define MAX_PHDR_BYTES 65536
#define PIE_BASE 0x555555554000UL /* where Linux puts them too: two thirds up */
#define MAX_ALIGN (1UL << 30)

struct elf_image {
	struct file *file;
	struct elf64_hdr eh;
	struct elf64_phdr *ph;
	unsigned long lo, hi;	/* of all PT_LOAD, page-aligned, unbiased */
	unsigned long align;
	unsigned long bias;
	unsigned long brk;	/* end of the highest segment, biased */
};

static bool header_ok(const struct elf64_hdr *h)
{
	return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == ELFDATA2LSB && (h->e_type == ET_EXEC || h->e_type == ET_DYN) &&
	       h->e_machine == ARCH_ELF_MACHINE && h->e_phentsize == sizeof(struct elf64_phdr) && h->e_phnum;
}

/* One PT_LOAD: inside user space, the file part inside the memory part, offset and address congruent. */
static bool segment_ok(const struct elf64_phdr *p)
{
	if (p->p_filesz > p->p_memsz || p->p_memsz > TASK_SIZE || p->p_vaddr > TASK_SIZE - p->p_memsz)
		return false;
	if ((p->p_vaddr ^ p->p_offset) & ~PAGE_MASK)
		return false;
	return p->p_offset <= S64_MAX - p->p_filesz - PAGE_SIZE;
}

/* Checks all PT_LOAD and measures what they span. 0 or -ENOEXEC. */
static int measure(struct elf_image *e)
{
	unsigned long last = 0;

	e->lo = ~0UL;
	e->align = PAGE_SIZE;
	for (int i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *p = &e->ph[i];

		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		if (!segment_ok(p) || p->p_vaddr < last)
			return -ENOEXEC;
		last = p->p_vaddr + p->p_memsz;
		e->lo = min(e->lo, (unsigned long)p->p_vaddr & PAGE_MASK);
		e->hi = max(e->hi, ALIGN_UP(last, PAGE_SIZE));
		if (is_power_of_2(p->p_align) && p->p_align <= MAX_ALIGN)
			e->align = max(e->align, (unsigned long)p->p_align);
	}
	return e->lo < e->hi ? 0 : -ENOEXEC;
}

/* Reads and checks the headers of file into e; e->ph is kmalloc'd on success. */
static int read_image(struct elf_image *e, struct file *file)
{
	size_t bytes;
	int r;

	*e = (struct elf_image){ .file = file };
	r = exec_read(file, &e->eh, sizeof(e->eh), 0);
	if (r)
		return r;
	bytes = (size_t)e->eh.e_phnum * sizeof(*e->ph);
	if (!header_ok(&e->eh) || bytes > MAX_PHDR_BYTES || e->eh.e_phoff > S64_MAX - bytes)
		return -ENOEXEC;
	e->ph = kmalloc(bytes, GFP_KERNEL);
	if (!e->ph)
		return -ENOMEM;
	r = exec_read(file, e->ph, bytes, e->eh.e_phoff);
	r = r ?: measure(e);
	if (!r)
		return 0;
	kfree(e->ph);
	e->ph = NULL;
	return r;
}

static unsigned long prot_of(const struct elf64_phdr *p)
{
	return (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) |
	       (p->p_flags & PF_X ? PROT_EXEC : 0);
}

static int map_fixed(struct mm_struct *mm, struct file *f, unsigned long addr, size_t len, unsigned long prot,
		     loff_t off)
{
	unsigned long at;

	if (!len)
		return 0;
	at = do_mmap_mm(mm, f, addr, len, prot, MAP_PRIVATE | MAP_FIXED | (f ? 0 : MAP_ANONYMOUS), off);
	return IS_ERR((void *)at) ? (int)(long)at : 0;
}

/* Zeroes from the end of the file's bytes to the end of that page, which the file mapping filled with what follows. */
static int clear_tail(struct mm_struct *mm, unsigned long from, bool writable)
{
	size_t n = -from & ~PAGE_MASK;
	char *zeroes;
	size_t done;

	if (!n || !writable)
		return 0;
	zeroes = kzalloc(n, GFP_KERNEL);
	if (!zeroes)
		return -ENOMEM;
	done = access_remote_vm(mm, from, zeroes, n, true);
	kfree(zeroes);
	return done == n ? 0 : -EFAULT;
}

static int map_segment(struct mm_struct *mm, struct elf_image *e, const struct elf64_phdr *p)
{
	unsigned long addr = e->bias + p->p_vaddr, page = addr & PAGE_MASK, skew = addr & ~PAGE_MASK;
	unsigned long file_end = p->p_filesz ? ALIGN_UP(addr + p->p_filesz, PAGE_SIZE) : page;
	unsigned long mem_end = ALIGN_UP(addr + p->p_memsz, PAGE_SIZE);
	int r = map_fixed(mm, e->file, page, file_end - page, prot_of(p), (loff_t)(p->p_offset - skew));

	if (!r && p->p_memsz > p->p_filesz)
		r = p->p_filesz ? clear_tail(mm, addr + p->p_filesz, p->p_flags & PF_W) : 0;
	return r ?: map_fixed(mm, NULL, file_end, mem_end - file_end, prot_of(p), 0);
}

static void note_range(struct mm_struct *mm, const struct elf64_phdr *p, unsigned long bias)
{
	unsigned long start = bias + p->p_vaddr, end = start + p->p_filesz;

	if (p->p_flags & PF_X) {
		mm->start_code = mm->start_code ? min(mm->start_code, start) : start;
		mm->end_code = max(mm->end_code, end);
	} else {
		mm->start_data = max(mm->start_data, start);
		mm->end_data = max(mm->end_data, end);
	}
}

/* Maps the image at e->bias. */
static int map_image(struct mm_struct *mm, struct elf_image *e, bool program)
{
	int r = 0;

	for (int i = 0; !r && i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *p = &e->ph[i];

		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		r = map_segment(mm, e, p);
		if (program)
			note_range(mm, p, e->bias);
		e->brk = max(e->brk, (unsigned long)(e->bias + p->p_vaddr + p->p_memsz));
	}
	return r;
}

/* A free place of the image's size: found by a mapping that is taken away again; the mm is not shared yet. */
static unsigned long find_place(struct mm_struct *mm, const struct elf_image *e)
{
	size_t span = e->hi - e->lo, slack = e->align - PAGE_SIZE;
	unsigned long at;

	if (span > TASK_SIZE / 2)
		return -ENOMEM;
	at = do_mmap_mm(mm, NULL, 0, span + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR((void *)at))
		return at;
	do_munmap(mm, at, span + slack);
	return ALIGN_UP(at, e->align);
}

static int place_program(struct mm_struct *mm, struct elf_image *e)
{
	bool fixed = current->personality & ADDR_NO_RANDOMIZE;
	unsigned long base = PIE_BASE;

	if (e->eh.e_type == ET_EXEC)
		return e->lo < PAGE_SIZE ? -EPERM : 0; /* page 0 stays unmapped */
	if (!fixed)
		base += (get_random_u64() & 0xfffffff) << PAGE_SHIFT;
	base = ALIGN_UP(base, e->align);
	if (e->hi - e->lo > TASK_SIZE / 8)
		return -ENOMEM;
	e->bias = base - e->lo;
	return 0;
}

/* Where the program headers lie in memory, for AT_PHDR; 0 when no segment holds them. */
static unsigned long phdr_address(const struct elf_image *e)
{
	for (int i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *p = &e->ph[i];

		if (p->p_type == PT_LOAD && e->eh.e_phoff >= p->p_offset && e->eh.e_phoff - p->p_offset < p->p_filesz)
			return e->bias + p->p_vaddr + (e->eh.e_phoff - p->p_offset);
	}
	return 0;
}

/* The path in PT_INTERP, kmalloc'd; NULL when there is none; ERR_PTR. */
static char *interp_path(const struct elf_image *e)
{
	for (int i = 0; i < e->eh.e_phnum; i++) {
		const struct elf64_phdr *p = &e->ph[i];
		char *path;
		int r;

		if (p->p_type != PT_INTERP)
			continue;
		if (p->p_filesz < 2 || p->p_filesz > PATH_MAX || p->p_offset > S64_MAX - PATH_MAX)
			return ERR_PTR(-ENOEXEC);
		path = kmalloc(p->p_filesz, GFP_KERNEL);
		if (!path)
			return ERR_PTR(-ENOMEM);
		r = exec_read(e->file, path, p->p_filesz, p->p_offset);
		if (!r && path[p->p_filesz - 1])
			r = -ENOEXEC;
		if (!r)
			return path;
		kfree(path);
		return ERR_PTR(r);
	}
	return NULL;
}

/* Maps the interpreter; x->entry becomes its. */
static int load_interpreter(struct exec_args *x, const char *path)
{
	struct file *f = open_exec(path);
	struct elf_image e;
	int r;

	if (IS_ERR(f))
		return PTR_ERR(f);
	r = read_image(&e, f);
	if (r)
		goto out_file;
	if (e.eh.e_type == ET_DYN) {
		unsigned long at = find_place(x->mm, &e);

		r = IS_ERR((void *)at) ? (int)(long)at : 0;
		e.bias = at - e.lo;
	}
	r = r ?: map_image(x->mm, &e, false);
	if (!r && e.bias + e.eh.e_entry >= TASK_SIZE)
		r = -ENOEXEC;
	x->at_base = e.bias;
	x->entry = e.bias + e.eh.e_entry;
	kfree(e.ph);
out_file:
	fput(f);
	return r == -ENOEXEC ? -ELIBBAD : r;
}

static bool wants_exec_stack(const struct elf_image *e)
{
	for (int i = 0; i < e->eh.e_phnum; i++)
		if (e->ph[i].p_type == PT_GNU_STACK)
			return e->ph[i].p_flags & PF_X;
	return false; /* without the note Linux would make it executable; no program of this century needs that */
}

static int load_program(struct exec_args *x, struct elf_image *e)
{
	struct mm_struct *mm = x->mm;
	int r = place_program(mm, e);

	x->exec_stack = wants_exec_stack(e);
	r = r ?: exec_setup_stack(x);
	r = r ?: map_image(mm, e, true);
	if (r)
		return r;
	if (e->bias + e->eh.e_entry >= TASK_SIZE)
		return -ENOEXEC;
	mm->start_brk = mm->brk = ALIGN_UP(e->brk, PAGE_SIZE);
	if (!(current->personality & ADDR_NO_RANDOMIZE))
		mm->start_brk = mm->brk += (unsigned long)get_random_u32_below(0x2000) << PAGE_SHIFT;
	x->load_bias = e->bias;
	x->phdr = phdr_address(e);
	x->phnum = e->eh.e_phnum;
	x->phent = sizeof(struct elf64_phdr);
	x->entry = x->at_entry = e->bias + e->eh.e_entry;
	return 0;
}

/* Fills x->mm with the program in x->file. 0; -ENOEXEC when it is no ELF program for this machine; other -errno. */
int load_elf(struct exec_args *x)
{
	struct elf_image e;
	char *interp;
	int r;

	if (memcmp(x->head, ELFMAG, SELFMAG))
		return -ENOEXEC;
	r = read_image(&e, x->file);
	if (r)
		return r;
	interp = interp_path(&e);
	if (IS_ERR(interp)) {
		r = PTR_ERR(interp);
		interp = NULL;
	}
	r = r ?: load_program(x, &e);
	if (!r && interp)
		r = load_interpreter(x, interp);
	kfree(interp);
	kfree(e.ph);
	return r ?: exec_write_stack(x);
}
