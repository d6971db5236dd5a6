/* net/socket/sock_no.c - the hooks for what a family does not do: each answers the errno that Linux gives
 *
 * Called: the socket calls, through proto_ops.
 */
#include "net/core/sock.h"

int sock_no_connect(struct socket *sock, struct sockaddr *addr, int len, int flags) { return -EOPNOTSUPP; }
int sock_no_socketpair(struct socket *a, struct socket *b) { return -EOPNOTSUPP; }
int sock_no_accept(struct socket *sock, struct socket *newsock, int flags) { return -EOPNOTSUPP; }
int sock_no_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg) { return -ENOIOCTLCMD; }
int sock_no_listen(struct socket *sock, int backlog) { return -EOPNOTSUPP; }
int sock_no_shutdown(struct socket *sock, int how) { return -EOPNOTSUPP; }
int sock_no_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len) { return -EOPNOTSUPP; }
int sock_no_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len)
{
	return -EOPNOTSUPP;
}
int sock_no_mmap(struct file *f, struct socket *sock, struct vm_area_struct *vma) { return -ENODEV; }
