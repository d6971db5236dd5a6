/* tests/guest/tcp_reader.c - a reader that waits on a TCP socket: what it gets, and what else can end the wait
 *
 * All of it twice where net.ipv4.tcp_low_latency has an effect: with bytes past the receive queue, and through it.
 * There the counters tell which way they went.
 */
#define _GNU_SOURCE
#include "check.h"
#include "counters.h"
#include "inet.h"
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>

#define SYSCTL "/proc/sys/net/ipv4/tcp_low_latency"
#define TCP_INQ_OPT 36

struct result { ssize_t n; int err, inq, stamped; long ms; unsigned char bytes[100000]; };
static struct result *result; /* shared with the reader */
static char sent[100000];
static int c[2];	      /* the connection: c[1] is read */

static int asleep(pid_t p)
{
	char path[64], *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", p);
	end = strrchr(slurp_path(path), ')');
	return end && end[2] == 'S';
}
static void read_once(size_t want, int flags, void *buf)
{
	char control[256];
	struct iovec v[2] = { { buf, want / 3 }, { (char *)buf + want / 3, want - want / 3 } };
	struct msghdr m = { .msg_iov = v, .msg_iovlen = 2, .msg_control = control, .msg_controllen = sizeof(control) };
	long t = now_ms();

	result->n = recvmsg(c[1], &m, flags);
	result->err = errno;
	result->ms = now_ms() - t;
	result->inq = -1;
	for (struct cmsghdr *c = result->n > 0 ? CMSG_FIRSTHDR(&m) : NULL; c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_TCP && c->cmsg_type == TCP_INQ_OPT)
			memcpy(&result->inq, CMSG_DATA(c), sizeof(int));
		result->stamped |= c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMP;
	}
}
/* A process that waits in recvmsg(), sleeping by now. */
static pid_t reader(size_t want, int flags, void *buf)
{
	pid_t p;

	memset(result, 0, sizeof(*result));
	p = fork();
	if (!p) {
		close(c[0]);
		read_once(want, flags, buf ? buf : result->bytes);
		_exit(0);
	}
	while (!asleep(p))
		usleep(1000);
	return p;
}
static int over(pid_t p) { return waitpid(p, NULL, 0) == p; }
static int got(ssize_t n) { return result->n == n && !memcmp(result->bytes, sent, (size_t)n); }
static long long direct(void)
{
	return counter("netstat", "TcpExt", "TCPDirectCopyFromPrequeue") +
	       counter("netstat", "TcpExt", "TCPDirectCopyFromBacklog");
}

static void bytes(void)
{
	pid_t p;

	pair(c);
	set_int(c[1], SOL_TCP, TCP_INQ_OPT, 1);
	set_int(c[1], SOL_SOCKET, SO_TIMESTAMP, 1);
	p = reader(1000, 0, NULL);
	CHECK("some of what is wanted",
	      send(c[0], sent, 600, 0) == 600 && over(p) && got(600) && !result->inq && result->stamped);
	p = reader(100, 0, NULL);
	CHECK("more than is wanted", send(c[0], sent, 600, 0) == 600 && over(p) && got(100) && result->inq == 500);
	CHECK("the rest", recv(c[1], result->bytes, 1000, 0) == 500 && !memcmp(result->bytes, sent + 100, 500));
	p = reader(sizeof(sent), MSG_WAITALL, NULL);
	for (size_t i = 0; i < sizeof(sent); i += 1000)
		send(c[0], sent + i, 1000, 0);
	CHECK("all of it, in pieces", over(p) && got(sizeof(sent)) && !result->inq);
	set_int(c[1], SOL_SOCKET, SO_RCVLOWAT, 500);
	p = reader(1000, 0, NULL);
	send(c[0], sent, 300, 0);
	usleep(50000);
	CHECK("not below the low-water mark", !result->n && asleep(p));
	CHECK("but above", send(c[0], sent + 300, 300, 0) == 300 && over(p) && got(600));
	set_int(c[1], SOL_SOCKET, SO_RCVLOWAT, 1);
	p = reader(100, MSG_PEEK, NULL);
	CHECK("a look", send(c[0], sent, 60, 0) == 60 && over(p) && got(60) &&
				recv(c[1], result->bytes, 100, MSG_DONTWAIT) == 60);
	both(c);
}

static void faults(void)
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t p;

	pair(c);
	p = reader(100, 0, page);
	CHECK("a buffer that is not there", send(c[0], sent, 60, 0) == 60 && over(p) && result->n == -1 &&
						    result->err == EFAULT);
	CHECK("and nothing is lost",
	      recv(c[1], result->bytes, 100, MSG_DONTWAIT) == 60 && !memcmp(result->bytes, sent, 60));
	munmap(page, 4096);
	page = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	p = reader(1 << 16, MSG_WAITALL, page); /* not touched before: each page faults in */
	send(c[0], sent, 1 << 16, 0);
	CHECK("pages that come as they are needed", over(p) && result->n == 1 << 16 && !memcmp(page, sent, 1 << 16));
	munmap(page, 1 << 16);
	both(c);
}

static void on_signal(int sig) { (void)sig; }
static void ends(void)
{
	struct timeval t = { 0, 100000 };
	struct sigaction sa = { .sa_handler = on_signal };
	struct linger now = { 1, 0 };
	pid_t p;

	sigaction(SIGUSR1, &sa, NULL);
	pair(c);
	p = reader(100, 0, NULL);
	CHECK("a signal", kill(p, SIGUSR1) == 0 && over(p) && result->n == -1 && result->err == EINTR);
	p = reader(100, MSG_WAITALL, NULL);
	send(c[0], sent, 60, 0);
	usleep(50000);
	CHECK("a signal behind data", kill(p, SIGUSR1) == 0 && over(p) && got(60));
	setsockopt(c[1], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	p = reader(100, 0, NULL);
	CHECK("a time-out", over(p) && result->n == -1 && result->err == EAGAIN && result->ms >= 90);
	p = reader(100, MSG_WAITALL, NULL);
	send(c[0], sent, 60, 0);
	CHECK("a time-out behind data", over(p) && got(60) && result->ms >= 90);
	t.tv_usec = 0;
	setsockopt(c[1], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	p = reader(100, MSG_WAITALL, NULL);
	send(c[0], sent, 60, 0);
	shutdown(c[0], SHUT_WR);
	CHECK("the end behind data", over(p) && got(60) && recv(c[1], result->bytes, 10, 0) == 0);
	both(c);
	pair(c);
	p = reader(100, MSG_WAITALL, NULL);
	send(c[0], sent, 60, 0);
	usleep(50000);
	setsockopt(c[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(c[0]);
	CHECK("a reset behind data", over(p) && got(60) && ERR(recv(c[1], result->bytes, 10, 0), ECONNRESET));
	close(c[1]);
	pair(c);
	p = reader(100, 0, NULL);
	CHECK("urgent data", send(c[0], sent, 10, MSG_OOB) == 10 && over(p) && got(9));
	both(c);
}

static volatile sig_atomic_t sigios;
static void on_sigio(int sig) { sigios += sig == SIGIO; }
/* Others hear of bytes that nobody waits for. */
static void others(void)
{
	struct sigaction sa = { .sa_handler = on_sigio, .sa_flags = SA_RESTART };
	pid_t p;

	pair(c);
	sigaction(SIGIO, &sa, NULL);
	fcntl(c[1], F_SETOWN, getpid());
	fcntl(c[1], F_SETFL, fcntl(c[1], F_GETFL) | O_ASYNC);
	p = reader(100, 0, NULL);
	sigios = 0;
	CHECK("no SIGIO while one waits", send(c[0], sent, 60, 0) == 60 && over(p) && got(60) && sigios == 0);
	CHECK("with nobody to wait",
	      send(c[0], sent, 60, 0) == 60 && events(c[1], POLLIN, 1000) == POLLIN && sigios == 1);
	both(c);
}

static void everything(void)
{
	bytes();
	faults();
	ends();
	others();
}
int main(void)
{
	long long was = direct();
	int f = was < -1 ? -1 : open(SYSCTL, O_RDWR); /* -2: nothing counts there, for there is one way only */

	result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + i / 256);
	everything();
	CHECK("bytes went past the queue", f < 0 || direct() >= was + 1000);
	if (f >= 0)
		pwrite(f, "1\n", 2, 0);
	was = direct();
	everything();
	CHECK("and where that is switched off none did", f < 0 || direct() == was);
	if (f >= 0)
		pwrite(f, "0\n", 2, 0);
	return verdict();
}
