/* tests/guest/mmap_files.c - mappings of files and memfds: shared and private, holes, the end of the file. */
#define _GNU_SOURCE
#include "expect.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int make(size_t size)
{
	char name[] = "/tmp/mmXXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	CHECK(ftruncate(fd, size) == 0);
	return fd;
}

TEST(shared_is_the_file)
{
	int fd = make(10000);
	char *p = mmap(NULL, 10000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), c = 0;

	CHECK(p != MAP_FAILED && p[9999] == 0);
	p[5000] = 'm';
	CHECK(pread(fd, &c, 1, 5000) == 1 && c == 'm');
	CHECK(pwrite(fd, "w", 1, 77) == 1 && p[77] == 'w');
	CHECK(munmap(p, 10000) == 0);
	close(fd);
}

TEST(private_is_a_copy)
{
	int fd = make(4096);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0), c = 1;

	CHECK(pwrite(fd, "A", 1, 0) == 1 && p[0] == 'A');
	p[0] = 'B';
	CHECK(pread(fd, &c, 1, 0) == 1 && c == 'A' && p[0] == 'B');
	munmap(p, 4096);
	close(fd);
}

TEST(children_share)
{
	int fd = make(4096), status;
	volatile char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd); /* the mapping keeps the file */
	if (!fork()) {
		p[100] = 'c';
		_exit(0);
	}
	wait(&status);
	CHECK(p[100] == 'c');
}

static sigjmp_buf env;
static void on_bus(int sig) { siglongjmp(env, sig); }

TEST(beyond_the_end)
{
	int fd = make(100), sig;
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	signal(SIGBUS, on_bus);
	p[200] = 'x'; /* behind the end, within the page */
	sig = sigsetjmp(env, 1);
	if (!sig) {
		p[4096] = 1;
		CHECK(!"no SIGBUS");
	}
	CHECK(sig == SIGBUS);
	CHECK(ftruncate(fd, 5000) == 0 && p[200] == 0 && p[4096] == 0);
	CHECK(ftruncate(fd, 10) == 0);
	sig = sigsetjmp(env, 1);
	if (!sig) {
		p[4096] = 1;
		CHECK(!"no SIGBUS after truncate");
	}
	CHECK(sig == SIGBUS && p[0] == 0);
	munmap(p, 8192);
	close(fd);
}

TEST(rights)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p;

	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EACCES);
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !memcmp(p, "\177ELF", 4));
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 1) == MAP_FAILED && errno == EINVAL);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED && errno == EBADF);
	close(fd);
}

TEST(memfd)
{
	int fd = syscall(SYS_memfd_create, "name", 1);
	char link[64] = "", path[32];
	char *p;

	CHECK(fd >= 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && ftruncate(fd, 8192) == 0);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	p[8191] = 'e';
	CHECK(lseek(fd, 0, SEEK_END) == 8192);
	sprintf(path, "/proc/self/fd/%d", fd);
	CHECK(readlink(path, link, sizeof(link)) > 0 && !strcmp(link, "/memfd:name (deleted)"));
	close(fd);
	CHECK(p[8191] == 'e');
}

TEST(io_into_a_mapping)
{
	int fd = make(8192);
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(pwrite(fd, "source", 6, 0) == 6);
	CHECK(pread(fd, p + 4096, 6, 0) == 6 && !memcmp(p + 4096, "source", 6)); /* faults while it copies */
	CHECK(pwrite(fd, p + 4096, 6, 100) == 6 && !memcmp(p + 100, "source", 6));
	FAILS(pwrite(fd, (char *)16, 6, 0), EFAULT);
	munmap(p, 8192);
	close(fd);
}

int main(void)
{
	RUN(shared_is_the_file);
	RUN(private_is_a_copy);
	RUN(children_share);
	RUN(beyond_the_end);
	RUN(rights);
	RUN(memfd);
	RUN(io_into_a_mapping);
	return failed;
}
