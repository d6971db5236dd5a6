/* tests/host/sockets.c - socket calls from kernel memory, as tests make them */
#include "kernel/trace/printk.h"
#include "tests/host/world.h"

struct socket *tcp_socket(struct net *net)
{
	struct socket *s;

	BUG_ON(sock_create_kern(net, AF_INET, SOCK_STREAM, 0, &s));
	return s;
}
static struct sockaddr_in name(__be32 addr, u16 port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = addr, .sin_port = htons(port) };
}
int sock_bind_to(struct socket *s, __be32 addr, u16 port)
{
	struct sockaddr_in a = name(addr, port);

	return s->ops->bind(s, (struct sockaddr *)&a, sizeof(a));
}
int sock_connect_to(struct socket *s, __be32 addr, u16 port, int flags)
{
	struct sockaddr_in a = name(addr, port);

	return s->ops->connect(s, (struct sockaddr *)&a, sizeof(a), flags);
}
struct socket *tcp_listener(struct net *net, u16 port, int backlog)
{
	struct socket *s = tcp_socket(net);

	BUG_ON(sock_bind_to(s, 0, port));
	BUG_ON(s->ops->listen(s, backlog));
	return s;
}
ssize_t sock_write(struct socket *s, const void *buf, size_t n, int flags)
{
	struct kvec v = { (void *)buf, n };
	struct msghdr_kern m = { .msg_flags = (unsigned int)flags };

	iov_iter_kvec(&m.msg_iter, true, &v, 1, n);
	return s->ops->sendmsg(s, &m, n);
}
ssize_t sock_read(struct socket *s, void *buf, size_t n, int flags)
{
	struct kvec v = { buf, n };
	struct msghdr_kern m = { 0 };

	iov_iter_kvec(&m.msg_iter, false, &v, 1, n);
	return s->ops->recvmsg(s, &m, n, flags);
}
int sock_set_int(struct socket *s, int level, int opt, int v)
{
	sockptr_t p = KERNEL_SOCKPTR(&v);

	return level == SOL_SOCKET ? sock_setsockopt(s, level, opt, p, sizeof(v))
				   : s->ops->setsockopt(s, level, opt, p, sizeof(v));
}
u32 sock_poll(struct socket *s) { return (__force u32)s->ops->poll(NULL, s, NULL); }
