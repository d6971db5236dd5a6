/* tests/guest/pty.c - pseudo terminals and the line discipline: editing, echo, signals, modes, job control, hang-up */
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define ERR(call, e) ((call) == -1 && errno == (e))
static int m, s;
static char buf[512];

/* What the other end has to say at once, as a string. */
static const char *all_of(int fd)
{
	struct pollfd pf = { fd, POLLIN, 0 };
	ssize_t n, total = 0;

	while (poll(&pf, 1, 50) == 1 && (n = read(fd, buf + total, sizeof(buf) - 1 - (size_t)total)) > 0)
		total += n;
	buf[total] = '\0';
	return buf;
}

static void type(const char *text) { write(m, text, strlen(text)); }
static int echoed(const char *text)
{
	const char *got = all_of(m);

	if (!strcmp(got, text))
		return 1;
	printf("# echo was:");
	for (; *got; got++)
		printf(*got >= 32 && *got < 127 ? "%c" : "\\%03o", (unsigned char)*got);
	printf("\n");
	return 0;
}
static int line(const char *text)
{
	ssize_t n = read(s, buf, sizeof(buf) - 1);

	return n == (ssize_t)strlen(text) && !memcmp(buf, text, (size_t)n);
}

static void open_pair(void)
{
	int n = -1, lock = 1;

	m = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	CHECK("ptmx", m >= 0);
	CHECK("number", ioctl(m, TIOCGPTN, &n) == 0 && n >= 0);
	CHECK("locked at first", ERR(open(ptsname(m), O_RDWR | O_NOCTTY), EIO));
	CHECK("unlockpt", grantpt(m) == 0 && unlockpt(m) == 0);
	CHECK("TIOCGPTLCK", ioctl(m, TIOCGPTLCK, &lock) == 0 && lock == 0);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	CHECK("slave", s >= 0 && isatty(s));
}

static void cooked(void)
{
	int n;

	type("hello\r");
	CHECK("echo", echoed("hello\r\n"));
	CHECK("FIONREAD", ioctl(s, FIONREAD, &n) == 0 && n == 6);
	CHECK("line", line("hello\n"));
	type("abc\177\177d\n");
	CHECK("erase echo", echoed("abc\b \b\b \bd\r\n"));
	CHECK("erase", line("ad\n"));
	type("one two  \027three\n");
	CHECK("word erase echo", echoed("one two  \b \b\b \b\b \b\b \b\b \bthree\r\n"));
	CHECK("word erase", line("one three\n"));
	type("junk\025good\n");
	CHECK("kill echo", echoed("junk\b \b\b \b\b \b\b \bgood\r\n"));
	CHECK("kill", line("good\n"));
	type("\026\003x\n");
	CHECK("literal next", echoed("^\b^Cx\r\n") && line("\003x\n"));
	type("a\001b\n");
	CHECK("control echo", echoed("a^Ab\r\n") && line("a\001b\n"));
	type("x\001\177y\n");
	CHECK("control erase", echoed("x^A\b \b\b \by\r\n") && line("xy\n"));
	type("t\t\177u\n");
	CHECK("tab erase", echoed("t\t\b\b\b\b\b\b\bu\r\n") && line("tu\n"));
	type("part\004");
	CHECK("end of file in a line", line("part"));
	all_of(m);
	type("\004");
	CHECK("end of file", line(""));
	type("two\nlines\n");
	CHECK("one line a read", line("two\n") && line("lines\n"));
	all_of(m);
	type("re\022\n");
	CHECK("reprint", echoed("re^R\r\nre\r\n") && line("re\n"));
	type("split\n");
	CHECK("piece of a line", read(s, buf, 3) == 3 && !memcmp(buf, "spl", 3) && line("it\n"));
	all_of(m);
	write(s, "out\n", 4);
	CHECK("ONLCR", echoed("out\r\n"));
}

static void raw(void)
{
	struct termios t, old;

	CHECK("tcgetattr", tcgetattr(s, &old) == 0 && (old.c_lflag & ICANON) && old.c_cc[VMIN] == 1);
	t = old;
	cfmakeraw(&t);
	CHECK("tcsetattr", tcsetattr(s, TCSANOW, &t) == 0);
	type("a\003\r");
	CHECK("as typed", line("a\003\r"));
	CHECK("no echo", echoed(""));
	write(s, "x\n", 2);
	CHECK("no OPOST", echoed("x\n"));
	t.c_cc[VMIN] = 3;
	t.c_cc[VTIME] = 0;
	tcsetattr(s, TCSANOW, &t);
	type("12");
	struct pollfd pf = { s, POLLIN, 0 };
	CHECK("below VMIN", poll(&pf, 1, 20) == 0);
	type("3");
	CHECK("VMIN", poll(&pf, 1, 1000) == 1 && line("123"));
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 1;
	tcsetattr(s, TCSANOW, &t);
	CHECK("VTIME", line(""));
	t.c_cc[VTIME] = 0;
	tcsetattr(s, TCSANOW, &t);
	CHECK("polling read", line(""));
	fcntl(s, F_SETFL, O_NONBLOCK);
	tcsetattr(s, TCSANOW, &old);
	CHECK("EAGAIN", ERR(read(s, buf, 1), EAGAIN));
	fcntl(s, F_SETFL, 0);
	type("flushed\n");
	all_of(m);
	CHECK("tcflush", tcflush(s, TCIFLUSH) == 0);
	type("kept\n");
	CHECK("is gone", line("kept\n"));
	all_of(m);
	t = old;
	t.c_lflag &= ~(unsigned)ECHO;
	tcsetattr(s, TCSADRAIN, &t);
	type("quiet\n");
	CHECK("ECHO off", echoed("") && line("quiet\n"));
	tcsetattr(s, TCSAFLUSH, &old);
	type("\023");
	fcntl(s, F_SETFL, O_NONBLOCK);
	usleep(100000);
	CHECK("XOFF", ERR(write(s, "held", 4), EAGAIN));
	type("\021");
	usleep(100000);
	CHECK("XON", write(s, "free", 4) == 4 && echoed("free"));
	fcntl(s, F_SETFL, 0);
	CHECK("TIOCSTI", ERR(ioctl(s, TIOCSTI, "x"), EIO) || errno == EPERM || errno == 0);
}

static volatile int got;
static void on_signal(int sig) { got = sig; }

/* In a session of its own with the slave as its terminal: prints a letter a check passed. */
static void session(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct winsize w = { 24, 80, 0, 0 };
	char verdicts[16] = { 0 };
	int n = 0, fd, st, pgrp = -1, p[2];
	pid_t pid;

#define V(c) (verdicts[n++] = (c) ? 'y' : 'n')
	setsid();
	V(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
	V(ioctl(s, TIOCSCTTY, 0) == 0);
	V((fd = open("/dev/tty", O_RDWR)) >= 0);
	V(ioctl(fd, TIOCGPGRP, &pgrp) == 0 && pgrp == getpid());
	V(tcgetsid(s) == getpid());
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGWINCH, &sa, NULL);
	type("\003");
	for (int i = 0; i < 100 && !got; i++)
		usleep(10000);
	V(got == SIGINT);
	got = 0;
	ioctl(m, TIOCSWINSZ, &w);
	V(got == SIGWINCH);
	memset(&w, 0, sizeof(w));
	V(ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col == 80);
	/* A background process that reads is stopped; one whose group nobody controls gets EIO. */
	pipe(p);
	pid = fork();
	if (!pid) {
		char c;

		setpgid(0, 0);
		_exit(read(s, &c, 1) == 1 && c == 'k' ? 3 : 4);
	}
	setpgid(pid, pid);
	V(waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st) && WSTOPSIG(st) == SIGTTIN);
	V(tcsetpgrp(fd, pid) == 0 && tcgetpgrp(fd) == pid);
	kill(-pid, SIGCONT);
	type("k\n");
	V(waitpid(pid, &st, 0) == pid && WIFEXITED(st) && WEXITSTATUS(st) == 3);
	signal(SIGTTOU, SIG_IGN);
	V(tcsetpgrp(fd, getpid()) == 0);
	V(tcsetpgrp(fd, 999999) == -1);
	write(3, verdicts, sizeof(verdicts));
	_exit(0);
}

static void job_control(void)
{
	char v[16] = { 0 };
	int p[2], st;
	static const char *const names[] = { "no terminal yet", "TIOCSCTTY",  "/dev/tty",     "TIOCGPGRP", "tcgetsid",
					     "SIGINT",		"SIGWINCH",   "TIOCGWINSZ",   "SIGTTIN",   "tcsetpgrp",
					     "foreground read", "back again", "no such group" };

	pipe(p);
	fflush(stdout);
	pid_t pid = fork();
	if (!pid) {
		dup2(p[1], 103);
		dup2(s, 101);
		dup2(m, 102);
		s = 101;
		m = 102;
		dup2(103, 3);
		session();
	}
	close(p[1]);
	read(p[0], v, sizeof(v));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK(names[i], v[i] == 'y');
	CHECK("session ended", waitpid(pid, &st, 0) == pid && st == 0);
	close(p[0]);
	CHECK("a pty outlives its session", write(s, "x", 1) == 1);
}

static void hangup(void)
{
	close(s);
	close(m);
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	write(s, "last words\n", 11);
	close(s);
	CHECK("last words", read(m, buf, sizeof(buf)) == 12);
	CHECK("then EIO", ERR(read(m, buf, 1), EIO));
	struct pollfd pf = { m, POLLIN, 0 };
	CHECK("POLLHUP", poll(&pf, 1, 0) == 1 && (pf.revents & POLLHUP));
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	CHECK("open again", s >= 0 && poll(&pf, 1, 0) == 0);
	char name[64];
	snprintf(name, sizeof(name), "%s", ptsname(m));
	close(m);
	CHECK("master gone: end of file", read(s, buf, 1) == 0);
	CHECK("master gone: EIO", ERR(write(s, "x", 1), EIO));
	pf.fd = s;
	CHECK("master gone: POLLHUP", poll(&pf, 1, 0) == 1 && (pf.revents & POLLHUP));
	CHECK("name gone", open(name, O_RDWR | O_NOCTTY) == -1);
	close(s);
}

static void packet_mode(void)
{
	int on = 1;

	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	CHECK("TIOCPKT", ioctl(m, TIOCPKT, &on) == 0);
	write(s, "ab", 2);
	CHECK("data with a zero before", read(m, buf, sizeof(buf)) == 3 && !memcmp(buf, "\0ab", 3));
	tcflush(s, TCIFLUSH);
	CHECK("flush told", read(m, buf, sizeof(buf)) == 1 && (buf[0] & TIOCPKT_FLUSHREAD));
	close(s);
	close(m);
}

/* More than a minor of eight bits could number. */
static void many(void)
{
	int masters[300], n = 0, on = 0, bad = 0;
	unsigned int nr;
	struct stat st;
	char path[32];

	while (n < 300 && (masters[n] = open("/dev/ptmx", O_RDWR | O_NOCTTY)) >= 0) {
		ioctl(masters[n], TIOCSPTLCK, &on);
		ioctl(masters[n], TIOCGPTN, &nr);
		snprintf(path, sizeof(path), "/dev/pts/%u", nr);
		s = open(path, O_RDWR | O_NOCTTY);
		bad += s < 0 || fstat(s, &st) || major(st.st_rdev) != 136 || minor(st.st_rdev) != nr;
		bad += write(s, "x", 1) != 1 || read(masters[n++], buf, sizeof(buf)) != 1;
		close(s);
	}
	CHECK("three hundred at once", n == 300 && !bad);
	while (n)
		close(masters[--n]);
}

int main(void)
{
	many();
	signal(SIGHUP, SIG_IGN);
	open_pair();
	cooked();
	raw();
	job_control();
	hangup();
	packet_mode();
	return verdict();
}
