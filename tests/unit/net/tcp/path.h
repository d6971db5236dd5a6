/* tests/unit/net/tcp/path.h - a connection between two hosts over a link of 10 ms each way; the far end reads all */
#pragma once
#include "tests/unit/net/tcp/bench.h"

static int drain(void *arg)
{
	static u8 buf[65536];

	while (sock_read(arg, buf, sizeof(buf), 0) > 0)
		;
	return 0;
}
struct path { struct two_hosts w; struct socket *l, *c, *a; struct task_struct *reader; };
/* ca: the sender's congestion control, NULL: the stack's. The sender. */
static struct tcp_sock *path_start(struct path *p, u64 bytes_per_second, const char *ca)
{
	memset(p, 0, sizeof(*p));
	two_hosts_start(&p->w, NETIF_F_SG | NETIF_F_HW_CSUM);
	p->w.link.delay_ns = MS(10);
	p->w.link.bytes_per_second = bytes_per_second;
	p->a = sock_alloc();
	p->l = tcp_listener(p->w.net[1], 80, 5);
	p->c = tcp_socket(p->w.net[0]);
	if (ca)
		ASSERT_EQ(p->c->ops->setsockopt(p->c, IPPROTO_TCP, TCP_CONGESTION, KERNEL_SOCKPTR((void *)ca),
						(unsigned int)strlen(ca)),
			  0);
	ASSERT_EQ(sock_connect_to(p->c, HOST_B, 80, 0), 0);
	p->a->type = SOCK_STREAM;
	p->a->ops = p->l->ops;
	ASSERT_EQ(p->l->ops->accept(p->l, p->a, 0), 0);
	p->reader = host_spawn(drain, p->a, "reader");
	return tcp_sk(p->c->sk);
}
static void path_stop(struct path *p)
{
	sock_release(p->c);
	host_join(p->reader);
	sock_release(p->a);
	sock_release(p->l);
	two_hosts_stop(&p->w);
}
