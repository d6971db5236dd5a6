/* tests/guest/proc_files.c - /proc as programs read it: formats, small reads, descriptors, processes that go. */
#define _GNU_SOURCE
#include "expect.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buf[1 << 16];

static ssize_t slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = 0, r;

	if (fd < 0)
		return -1;
	while ((r = read(fd, buf + n, sizeof(buf) - 1 - n)) > 0)
		n += r;
	buf[n] = 0;
	close(fd);
	return r < 0 ? r : n;
}

TEST(self)
{
	char link[256] = "", want[32];

	sprintf(want, "%d", getpid());
	CHECK(readlink("/proc/self", link, sizeof(link)) > 0 && !strcmp(link, want));
	CHECK(slurp("/proc/self/cmdline") > 0 && strstr(buf, "proc_files"));
	CHECK(slurp("/proc/self/comm") > 0 && !strncmp(buf, "proc_files", 10));
	memset(link, 0, sizeof(link));
	CHECK(readlink("/proc/self/exe", link, sizeof(link)) > 0 && strstr(link, "proc_files"));
	chdir("/tmp");
	memset(link, 0, sizeof(link));
	CHECK(readlink("/proc/self/cwd", link, sizeof(link)) == 4 && !strcmp(link, "/tmp"));
}

TEST(stat_line)
{
	int pid, ppid;
	char state, *end;

	CHECK(slurp("/proc/self/stat") > 0);
	end = strrchr(buf, ')');
	CHECK(end && sscanf(buf, "%d", &pid) == 1 && pid == getpid());
	CHECK(end && sscanf(end + 1, " %c %d", &state, &ppid) == 2 && state == 'R' && ppid == getppid());
	int fields = 0;
	for (char *p = end; p && *p; p++)
		fields += *p == ' ';
	CHECK(fields == 50); /* 52 in all */
	CHECK(slurp("/proc/self/status") > 0 && strstr(buf, "\nState:\tR") && strstr(buf, "\nUid:\t") &&
	      strstr(buf, "\nVmRSS:"));
	CHECK(slurp("/proc/self/statm") > 0);
}

TEST(maps)
{
	unsigned long from, to, here = (unsigned long)&maps, sp = (unsigned long)&from;
	int code = 0, stack = 0;
	char perm[8];

	CHECK(slurp("/proc/self/maps") > 0);
	for (char *p = buf; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		CHECK(sscanf(p, "%lx-%lx %4s", &from, &to, perm) == 3);
		code |= here >= from && here < to && perm[2] == 'x' && perm[1] == '-';
		stack |= sp >= from && sp < to && perm[1] == 'w' && perm[2] == '-';
	}
	CHECK(code && stack && strstr(buf, "[stack]") && strstr(buf, "proc_files"));
}

TEST(small_reads_see_the_same)
{
	static char again[1 << 16];
	ssize_t n = slurp("/proc/self/mounts"), got = 0, r;
	int fd = open("/proc/self/mounts", O_RDONLY);

	while ((r = read(fd, again + got, 7)) > 0)
		got += r;
	CHECK(n > 0 && got == n && !memcmp(again, buf, n));
	CHECK(pread(fd, again, 5, 3) == 5 && !memcmp(again, buf + 3, 5));
	CHECK(lseek(fd, 1, SEEK_SET) == 1 && read(fd, again, 4) == 4 && !memcmp(again, buf + 1, 4));
	close(fd);
}

TEST(descriptors)
{
	char path[64], link[64] = "";
	int p[2], fd, n = 0;
	struct dirent *e;
	struct stat a, b;
	DIR *d;

	CHECK(pipe(p) == 0);
	sprintf(path, "/proc/self/fd/%d", p[0]);
	CHECK(readlink(path, link, sizeof(link)) > 0 && !strncmp(link, "pipe:[", 6));
	fd = open("/tmp", O_RDONLY);
	sprintf(path, "/proc/self/fd/%d", fd);
	CHECK(stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	CHECK(slurp(path) > 0 && !strncmp(buf, "pos:\t", 5) && strstr(buf, "\nflags:\t0"));
	d = opendir("/proc/self/fd");
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.' && atoi(e->d_name) == p[1];
	closedir(d);
	CHECK(n == 1);
	FAILS(open("/proc/self/fd/77", O_RDONLY), ENOENT);
	sprintf(path, "/proc/self/fd/%d/", fd);
	CHECK(stat(path, &a) == 0);
	sprintf(path, "/proc/self/fd/%d/", p[0]);
	FAILS(stat(path, &a), ENOTDIR);
	close(fd), close(p[0]), close(p[1]);
}

TEST(reopening)
{
	char name[] = "/tmp/pfXXXXXX", path[64], link[64] = "", c;
	int fd = mkstemp(name), fd2;

	CHECK(write(fd, "z", 1) == 1 && unlink(name) == 0);
	sprintf(path, "/proc/self/fd/%d", fd);
	CHECK(readlink(path, link, sizeof(link)) > 0 && strstr(link, " (deleted)"));
	fd2 = open(path, O_RDONLY);
	CHECK(fd2 >= 0 && read(fd2, &c, 1) == 1 && c == 'z');
	close(fd), close(fd2);
}

TEST(a_process_that_goes)
{
	char path[64];
	int fd, dirfd, p[2], seen = 0;
	struct dirent *e;
	pid_t pid;
	DIR *d;

	CHECK(pipe(p) == 0);
	pid = fork();
	if (!pid) {
		close(p[1]);
		_exit(read(p[0], path, 1));
	}
	close(p[0]);
	d = opendir("/proc");
	while ((e = readdir(d)) != NULL)
		seen += atoi(e->d_name) == pid;
	closedir(d);
	CHECK(seen == 1);
	sprintf(path, "/proc/%d", pid);
	dirfd = open(path, O_RDONLY | O_DIRECTORY);
	fd = openat(dirfd, "stat", O_RDONLY);
	CHECK(dirfd >= 0 && fd >= 0);
	close(p[1]);
	waitpid(pid, NULL, 0);
	FAILS(read(fd, buf, 10), ESRCH);
	CHECK(openat(dirfd, "status", O_RDONLY) == -1 && (errno == ENOENT || errno == ESRCH));
	FAILS(open(path, O_RDONLY), ENOENT);
	close(fd), close(dirfd);
}

/* A program takes a shorter name while another reads of it. With a NUL in the middle of the line busybox's ps finds no
 * ')' and dies. That old and new do not mix is more than Linux promises. */
TEST(a_name_that_changes)
{
	static const char *const names[] = { "x", "a_long_name_(of)" };
	const char *const files[] = { "stat", "status", "comm" };
	struct timespec now, start;
	char path[64];
	pid_t pid = fork();
	int torn = 0;

	if (!pid)
		for (unsigned int i = 0;; i++)
			prctl(PR_SET_NAME, names[i & 1]);
	for (size_t i = 0; i < 3; i++) {
		sprintf(path, "/proc/%d/%s", pid, files[i]);
		clock_gettime(CLOCK_MONOTONIC, &start);
		do {
			ssize_t n = slurp(path);

			torn += n <= 0 || strlen(buf) != (size_t)n;
			clock_gettime(CLOCK_MONOTONIC, &now);
		} while (now.tv_sec - start.tv_sec < 2);
	}
	CHECK(torn == 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void nothing(int sig) { (void)sig; }
static void trace_of_signals(const char *on)
{
	int fd = open("/proc/trace_events", O_WRONLY);

	CHECK(write(fd, on, strlen(on)) > 0);
	close(fd);
}
/* The same in a trace, which prints another's name in any context. The file is Ringside's alone. */
TEST(a_name_that_changes_in_a_trace)
{
	static const char *const names[] = { "x", "a_long_name_(of)" };
	int torn = 0, seen = 0;
	struct timespec now, start;
	char line[512], name[64];
	FILE *f;
	pid_t pid;

	if (access("/proc/trace_events", W_OK))
		return;
	signal(SIGUSR1, nothing);
	pid = fork();
	if (!pid)
		for (unsigned int i = 0;; i++)
			prctl(PR_SET_NAME, names[i & 1]);
	usleep(100000);
	trace_of_signals("signal_generate");
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		kill(pid, SIGUSR1);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	trace_of_signals("!signal_generate");
	f = fopen("/proc/trace", "r");
	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "comm=");

		if (!strstr(line, "signal_generate:") || !at)
			continue;
		seen++;
		torn += sscanf(at, "comm=%63s pid=", name) != 1 ||
			(strcmp(name, "x") && strcmp(name, "a_long_name_(of"));
	}
	if (f)
		fclose(f);
	CHECK(seen > 0);
	CHECK(torn == 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST(machine)
{
	double up, idle, l1, l5, l15;
	long total = 0;

	CHECK(slurp("/proc/uptime") > 0 && sscanf(buf, "%lf %lf", &up, &idle) == 2 && up > 0);
	CHECK(slurp("/proc/loadavg") > 0 && sscanf(buf, "%lf %lf %lf", &l1, &l5, &l15) == 3);
	CHECK(slurp("/proc/meminfo") > 0 && sscanf(buf, "MemTotal: %ld kB", &total) == 1 && total > 1000);
	CHECK(slurp("/proc/stat") > 0 && !strncmp(buf, "cpu  ", 5) && strstr(buf, "\ncpu0 ") &&
	      strstr(buf, "\nbtime "));
	CHECK(slurp("/proc/cpuinfo") > 0 && strstr(buf, "processor\t: 0"));
	CHECK(slurp("/proc/filesystems") > 0 && strstr(buf, "nodev\tproc\n"));
	CHECK(slurp("/proc/mounts") > 0 && strstr(buf, " /proc proc "));
	CHECK(slurp("/proc/interrupts") > 0 && strstr(buf, "CPU0"));
	CHECK(slurp("/proc/version") > 0 && slurp("/proc/cmdline") > 0);
	CHECK(slurp("/proc/sys/kernel/ostype") == 6 && !strcmp(buf, "Linux\n"));
	FAILS(open("/proc/none", O_RDONLY), ENOENT);
	CHECK(open("/proc/new", O_CREAT | O_WRONLY, 0600) == -1);
}

TEST(namespaces)
{
	char link[64] = "";

	CHECK(readlink("/proc/self/ns/net", link, sizeof(link) - 1) > 0 && !strncmp(link, "net:[", 5));
	CHECK(strtoul(link + 5, NULL, 10) >= 0xf0000000ul);
}

int main(void)
{
	RUN(self);
	RUN(stat_line);
	RUN(maps);
	RUN(small_reads_see_the_same);
	RUN(descriptors);
	RUN(reopening);
	RUN(a_process_that_goes);
	RUN(a_name_that_changes);
	RUN(a_name_that_changes_in_a_trace);
	RUN(machine);
	RUN(namespaces);
	return failed;
}
