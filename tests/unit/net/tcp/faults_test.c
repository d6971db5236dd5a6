/* tests/unit/net/tcp/faults_test.c - memory that runs out at each place in turn, ends that close and reset at will */
#include "net/tcp/tcp_internal.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"
#include <asm/fcntl.h>

static struct socket *accepted(struct socket *l)
{
	struct socket *s = sock_alloc();

	if (!s)
		return NULL;
	s->type = SOCK_STREAM;
	s->ops = l->ops;
	if (!l->ops->accept(l, s, O_NONBLOCK))
		return s;
	sock_release(s);
	return NULL;
}
/* A connection that says something, answers and closes; every step may fail, none may leak or stick. */
static void conversation(struct two_hosts *w, size_t failing)
{
	static u8 buf[5000];
	struct socket *l = tcp_listener(w->net[1], 80, 5), *c = NULL, *a = NULL;

	host_fail_alloc(failing, false);
	if (sock_create_kern(w->net[0], AF_INET, SOCK_STREAM, IPPROTO_TCP, &c) == 0) {
		sock_connect_to(c, HOST_B, 80, O_NONBLOCK);
		host_pass(4 * NSEC_PER_SEC);
		a = accepted(l);
		sock_write(c, buf, sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
		host_pass(NSEC_PER_SEC);
		if (a) {
			sock_read(a, buf, sizeof(buf), MSG_DONTWAIT);
			sock_write(a, buf, 100, MSG_DONTWAIT | MSG_NOSIGNAL);
			host_pass(NSEC_PER_SEC);
			sock_release(a);
		}
		sock_read(c, buf, sizeof(buf), MSG_DONTWAIT);
		host_pass(NSEC_PER_SEC);
		sock_release(c);
	}
	host_fail_alloc(0, false);
	sock_release(l);
	host_pass(300 * NSEC_PER_SEC);
	EXPECT_EQ(sock_prot_inuse(w->net[0], &tcp_prot), 0);
	EXPECT_EQ(sock_prot_inuse(w->net[1], &tcp_prot), 0);
	EXPECT_EQ(atomic_read(&w->net[0]->tcp->tw_count) + atomic_read(&w->net[1]->tcp->tw_count), 0);
	EXPECT_EQ(atomic_read(&w->net[0]->tcp->orphans) + atomic_read(&w->net[1]->tcp->orphans), 0);
}
TEST(each_allocation_fails_once)
{
	struct two_hosts w;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	for (size_t n = 1; n <= 120 && !test_has_failed(); n++)
		conversation(&w, n);
	two_hosts_stop(&w);
}

/* One end: random steps, then a close of one kind or another. */
struct end { struct socket *s; };
static int random_end(void *arg)
{
	static const struct { int on, seconds; } linger = { 1, 0 };
	struct socket *s = ((struct end *)arg)->s;
	u8 buf[3000];

	for (u64 steps = host_random() % 12; steps; steps--) {
		switch (host_random() % 5) {
		case 0:
		case 1:
			sock_write(s, buf, 1 + host_random() % sizeof(buf), MSG_DONTWAIT | MSG_NOSIGNAL);
			break;
		case 2:
			sock_read(s, buf, sizeof(buf), MSG_DONTWAIT);
			break;
		case 3:
			sleep_ns(host_random() % (20 * NSEC_PER_MSEC));
			break;
		default:
			if (host_random() % 4 == 0)
				s->ops->shutdown(s, (int)(host_random() % 3));
		}
	}
	if (host_random() % 3 == 0)
		sock_setsockopt(s, SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR((void *)&linger), sizeof(linger));
	sock_release(s);
	return 0;
}
static void random_ends(u64 seed)
{
	struct task_struct *t[16];
	struct end ends[16];
	struct two_hosts w;
	struct socket *l;
	int n = 0;

	host_seed(seed);
	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	w.link.delay_ns = NSEC_PER_MSEC;
	w.link.loss_ppm = seed % 3 ? 20000 : 0;
	w.link.jitter_ns = seed % 2 ? 3 * NSEC_PER_MSEC : 0;
	l = tcp_listener(w.net[1], 80, 16);
	for (int i = 0; i < 8; i++) {
		struct socket *c = tcp_socket(w.net[0]), *a;

		if (sock_connect_to(c, HOST_B, 80, 0)) {
			sock_release(c);
			continue;
		}
		host_pass(5 * NSEC_PER_MSEC);
		a = accepted(l);
		ends[n].s = c;
		t[n] = host_spawn(random_end, &ends[n], "client");
		n++;
		if (!a)
			continue;
		ends[n].s = a;
		t[n] = host_spawn(random_end, &ends[n], "server");
		n++;
	}
	for (int i = 0; i < n; i++)
		host_join(t[i]);
	sock_release(l);
	host_pass(400 * NSEC_PER_SEC);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(sock_prot_inuse(w.net[i], &tcp_prot), 0);
		EXPECT_EQ(atomic_read(&w.net[i]->tcp->orphans), 0);
		EXPECT_EQ(atomic_read(&w.net[i]->tcp->tw_count), 0);
	}
	two_hosts_stop(&w);
}
TEST(random_closes_and_resets)
{
	for (u64 seed = 1; seed <= 60 && !test_has_failed(); seed++)
		random_ends(seed);
}
