/* tests/guest/files.c - names, links, rename, permissions, holes, truncation, listings. Also runs on Linux. */
#define _GNU_SOURCE
#include "expect.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static int holds(const char *path, const char *text)
{
	char buf[256];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(buf, text, n);
}

TEST(open_flags)
{
	int fd;

	FAILS(open("none", O_RDONLY), ENOENT);
	FAILS(open("", O_RDONLY), ENOENT);
	put("f", "one");
	FAILS(open("f", O_CREAT | O_EXCL | O_WRONLY, 0600), EEXIST);
	FAILS(open("f", O_DIRECTORY | O_RDONLY), ENOTDIR);
	FAILS(open("f/", O_RDONLY), ENOTDIR);
	FAILS(open("f/x", O_RDONLY), ENOTDIR);
	FAILS(open(".", O_WRONLY), EISDIR);
	fd = open("f", O_WRONLY | O_APPEND);
	CHECK(write(fd, "two", 3) == 3 && lseek(fd, 0, SEEK_CUR) == 6);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && write(fd, "!", 1) == 1);
	CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_WRONLY | O_APPEND));
	FAILS(read(fd, &fd, 1), EBADF);
	close(fd);
	CHECK(holds("f", "onetwo!"));
	fd = open("f", O_PATH);
	FAILS(read(fd, &bad, 1), EBADF);
	CHECK(lseek(fd, 0, SEEK_CUR) == -1 && errno == EBADF);
	close(fd);
	CHECK(unlink("f") == 0);
}

TEST(symlinks)
{
	char buf[64];
	int fd, i;

	put("target", "text");
	CHECK(symlink("target", "link") == 0 && holds("link", "text"));
	CHECK(readlink("link", buf, sizeof(buf)) == 6 && !memcmp(buf, "target", 6));
	CHECK(readlink("link", buf, 3) == 3);
	FAILS(readlink("target", buf, sizeof(buf)), EINVAL);
	FAILS(open("link", O_NOFOLLOW | O_RDONLY), ELOOP);
	CHECK(symlink("loop", "loop") == 0);
	FAILS(open("loop", O_RDONLY), ELOOP);
	CHECK(symlink("made", "dangling") == 0);
	FAILS(open("dangling", O_RDONLY), ENOENT);
	FAILS(open("dangling", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	fd = open("dangling", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0 && access("made", F_OK) == 0);
	close(fd);
	CHECK(mkdir("d", 0755) == 0 && symlink("d/../d", "dl") == 0 && mkdir("dl/e", 0755) == 0);
	CHECK(access("d/e/../e/.", F_OK) == 0);
	for (i = 0; i < 39; i++) {
		char from[16], to[16];

		sprintf(from, "c%d", i);
		sprintf(to, "c%d", i + 1);
		symlink(i == 38 ? "target" : to, from);
	}
	CHECK(holds("c0", "text"));
	symlink("c0", "cx");
	symlink("cx", "cy");
	FAILS(open("cy", O_RDONLY), ELOOP);
}

TEST(hard_links)
{
	struct stat a, b;

	put("h1", "x");
	CHECK(link("h1", "h2") == 0 && stat("h1", &a) == 0 && stat("h2", &b) == 0);
	CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_nlink == 2);
	FAILS(link("h1", "h2"), EEXIST);
	mkdir("hd", 0755);
	FAILS(link("hd", "hd2"), EPERM);
	CHECK(unlink("h1") == 0 && stat("h2", &b) == 0 && b.st_nlink == 1 && holds("h2", "x"));
	CHECK(rmdir("hd") == 0 && unlink("h2") == 0);
}

TEST(renaming)
{
	struct stat st;

	put("a", "A");
	put("b", "B");
	CHECK(rename("a", "b") == 0 && holds("b", "A"));
	FAILS(rename("a", "c"), ENOENT);
	mkdir("r1", 0755);
	mkdir("r2", 0755);
	mkdir("r1/in", 0755);
	FAILS(rename("r1", "r1/in/x"), EINVAL);
	FAILS(rename("r2", "r1"), ENOTEMPTY);
	FAILS(rename("b", "r2"), EISDIR);
	FAILS(rename("r2", "b"), ENOTDIR);
	CHECK(rename("r1/in", "r2") == 0 && access("r1/in", F_OK) == -1);
	CHECK(stat("r1", &st) == 0 && st.st_nlink == 2);
	put("r1/x", "X");
	CHECK(syscall(SYS_renameat2, AT_FDCWD, "r1/x", AT_FDCWD, "b", 2) == 0 && holds("b", "X") && holds("r1/x", "A"));
	FAILS(syscall(SYS_renameat2, AT_FDCWD, "r1/x", AT_FDCWD, "b", 1), EEXIST);
	CHECK(rename("r1/x", "r2/y") == 0 && holds("r2/y", "A"));
	FAILS(rmdir("r2"), ENOTEMPTY);
	CHECK(unlink("r2/y") == 0 && rmdir("r2") == 0 && rmdir("r1") == 0 && unlink("b") == 0);
}

TEST(removing)
{
	char cwd[256];
	int fd;

	FAILS(unlink("none"), ENOENT);
	mkdir("g", 0755);
	FAILS(unlink("g"), EISDIR);
	FAILS(rmdir("g/."), EINVAL);
	FAILS(rmdir("g/.."), ENOTEMPTY);
	FAILS(mkdir("g", 0755), EEXIST);
	CHECK(mkdir("g/h/", 0755) == 0 && rmdir("g/h/") == 0);
	CHECK(chdir("g") == 0 && rmdir("../g") == 0);
	FAILS(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
	CHECK(getcwd(cwd, sizeof(cwd)) == NULL && errno == ENOENT);
	CHECK(chdir("..") == 0);
	put("u", "still");
	fd = open("u", O_RDWR);
	CHECK(unlink("u") == 0 && read(fd, cwd, 5) == 5 && !memcmp(cwd, "still", 5));
	close(fd);
}

TEST(holes_and_truncation)
{
	char buf[8192];
	struct stat st;
	int fd = open("hole", O_RDWR | O_CREAT | O_TRUNC, 0600), i, zero = 1;

	CHECK(pwrite(fd, "end", 3, 1000000) == 3 && fstat(fd, &st) == 0 && st.st_size == 1000003);
	CHECK(st.st_blocks * 512 < 100000);
	CHECK(pread(fd, buf, sizeof(buf), 500000) == sizeof(buf));
	for (i = 0; i < (int)sizeof(buf); i++)
		zero &= !buf[i];
	CHECK(zero);
	CHECK(pread(fd, buf, sizeof(buf), 1000000) == 3 && !memcmp(buf, "end", 3));
	CHECK(pread(fd, buf, 1, 1000003) == 0);
	memset(buf, 'x', sizeof(buf));
	CHECK(pwrite(fd, buf, 5000, 0) == 5000 && ftruncate(fd, 100) == 0 && ftruncate(fd, 5000) == 0);
	CHECK(pread(fd, buf, 5000, 0) == 5000 && buf[99] == 'x' && !buf[100] && !buf[4095] && !buf[4999]);
	CHECK(ftruncate(fd, 0) == 0 && fstat(fd, &st) == 0 && st.st_size == 0 && st.st_blocks == 0);
	FAILS(ftruncate(fd, -1), EINVAL);
	FAILS(pread(fd, buf, 1, -1), EINVAL);
	FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK(lseek(fd, 10, SEEK_END) == 10);
	CHECK(posix_fallocate(fd, 0, 10000) == 0 && fstat(fd, &st) == 0 && st.st_size == 10000 && st.st_blocks >= 20);
	close(fd);
	unlink("hole");
}

TEST(listing)
{
	int seen[300] = { 0 }, i, n = 0, twice = 0;
	struct dirent *e;
	char name[32];
	DIR *d;

	mkdir("many", 0755);
	for (i = 0; i < 300; i++) {
		sprintf(name, "many/%d", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	d = opendir("many");
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		i = atoi(e->d_name);
		twice |= seen[i]++;
		n++;
		sprintf(name, "many/%d", i); /* removing while reading must lose nothing */
		CHECK(unlink(name) == 0);
	}
	closedir(d);
	CHECK(n == 300 && !twice);
	CHECK(rmdir("many") == 0);
}

static int as_user(int (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (setgid(1000) || setuid(1000))
			_exit(9);
		_exit(fn());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int user_checks(void)
{
	if (open("secret", O_RDONLY) != -1 || errno != EACCES)
		return 1;
	if (access("secret", R_OK) != -1 || errno != EACCES)
		return 2;
	if (unlink("sticky/root") != -1 || errno != EPERM)
		return 3;
	if (open("sticky/mine", O_CREAT | O_WRONLY, 0600) < 0)
		return 4;
	if (chmod("secret", 0777) != -1 || errno != EPERM)
		return 5;
	if (open("locked/x", O_CREAT | O_WRONLY, 0600) != -1 || errno != EACCES)
		return 6;
	if (chown("sticky/mine", 0, 0) != -1 || errno != EPERM)
		return 7;
	return unlink("sticky/mine") ? 8 : 0;
}

TEST(permissions)
{
	struct stat st;

	if (getuid())
		return;
	umask(022);
	put("secret", "s");
	chmod("secret", 0600);
	mkdir("sticky", 0777);
	chmod("sticky", 01777);
	mkdir("locked", 0700);
	chmod(".", 0755);
	put("sticky/root", "r");
	CHECK(as_user(user_checks) == 0);
	umask(077);
	mkdir("um", 0777);
	CHECK(stat("um", &st) == 0 && (st.st_mode & 07777) == 0700);
	umask(022);
	CHECK(chown("secret", 5, 6) == 0 && stat("secret", &st) == 0 && st.st_uid == 5 && st.st_gid == 6);
}

TEST(times)
{
	struct timespec ts[2] = { { 100, 5 }, { 200, 7 } };
	struct stat st;

	put("t", "");
	CHECK(utimensat(AT_FDCWD, "t", ts, 0) == 0 && stat("t", &st) == 0);
	CHECK(st.st_atim.tv_sec == 100 && st.st_mtim.tv_sec == 200 && st.st_mtim.tv_nsec == 7);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	CHECK(utimensat(AT_FDCWD, "t", ts, 0) == 0 && stat("t", &st) == 0);
	CHECK(st.st_atim.tv_sec == 100 && st.st_mtim.tv_sec > 1000);
}

TEST(size_limit)
{
	struct rlimit rl, old;
	int fd = open("lim", O_RDWR | O_CREAT | O_TRUNC, 0600);

	getrlimit(RLIMIT_FSIZE, &old);
	rl = old;
	rl.rlim_cur = 10;
	signal(SIGXFSZ, SIG_IGN);
	CHECK(setrlimit(RLIMIT_FSIZE, &rl) == 0);
	CHECK(write(fd, "0123456789abc", 13) == 10);
	FAILS(write(fd, "x", 1), EFBIG);
	FAILS(ftruncate(fd, 11), EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	close(fd);
}

TEST(sendfile_moves_bytes)
{
	static char big[100000], back[100000];
	int in = open("si", O_RDWR | O_CREAT | O_TRUNC, 0600), out = open("so", O_RDWR | O_CREAT | O_TRUNC, 0600), i;
	off_t off = 10;

	for (i = 0; i < (int)sizeof(big); i++)
		big[i] = i * 7;
	CHECK(write(in, big, sizeof(big)) == sizeof(big));
	CHECK(sendfile(out, in, &off, 99990) == 99990 && off == 100000);
	CHECK(sendfile(out, in, &off, 1) == 0);
	CHECK(pread(out, back, sizeof(back), 0) == 99990 && !memcmp(back, big + 10, 99990));
	close(in);
	close(out);
}

TEST(nodes_and_devices)
{
	struct stat st;
	char c[4] = "xyz";
	int fd = open("/dev/zero", O_RDWR);

	CHECK(fd >= 0 && read(fd, c, 4) == 4 && !c[0] && !c[3] && write(fd, c, 4) == 4);
	close(fd);
	fd = open("/dev/full", O_RDWR);
	FAILS(write(fd, "x", 1), ENOSPC);
	close(fd);
	fd = open("/dev/null", O_RDWR);
	CHECK(read(fd, c, 1) == 0 && write(fd, "x", 1) == 1);
	close(fd);
	CHECK(mkfifo("fifo", 0644) == 0 && lstat("fifo", &st) == 0 && S_ISFIFO(st.st_mode));
	FAILS(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103);
}

TEST(long_names)
{
	char name[300], path[5000];

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	CHECK(mkdir(name, 0700) == 0 && rmdir(name) == 0);
	name[255] = 'n';
	name[256] = 0;
	FAILS(mkdir(name, 0700), ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	path[4999] = 0;
	FAILS(open(path, O_RDONLY), ENAMETOOLONG);
	FAILS(open((char *)8, O_RDONLY), EFAULT);
}

int main(void)
{
	char dir[] = "/tmp/filesXXXXXX", cmd[64];

	if (!mkdtemp(dir) || chdir(dir))
		return 2;
	RUN(open_flags);
	RUN(symlinks);
	RUN(hard_links);
	RUN(renaming);
	RUN(removing);
	RUN(holes_and_truncation);
	RUN(listing);
	RUN(permissions);
	RUN(times);
	RUN(size_limit);
	RUN(sendfile_moves_bytes);
	RUN(nodes_and_devices);
	RUN(long_names);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		printf("(left %s behind)\n", dir);
	return failed;
}
