/* net/socket/calls.c - the system calls that make, name, connect and configure sockets
 *
 * What:   checks arguments in Linux's order, then calls the family's hook.
 * Called: programs.
 * Calls:  proto_ops.
 * Locks:  none.
 */
#include "net/socket/socket.h"
#include "kernel/fs/file.h"
#include "kernel/mm/uaccess.h"
#include "kernel/sched/task.h"
#include "kernel/syscall/syscall.h"
#include "net/core/core.h"

/* --- addresses --- */

int move_addr_to_kernel(const void __user *uaddr, int len, struct sockaddr_storage *addr)
{
	if (len < 0 || (size_t)len > sizeof(*addr))
		return -EINVAL;
	return len && copy_from_user(addr, uaddr, (size_t)len) ? -EFAULT : 0;
}

/* Copies what fits into the program's buffer and tells the true length. */
int move_addr_to_user(const struct sockaddr_storage *addr, int klen, void __user *uaddr, int __user *ulen)
{
	int len;

	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, klen);
	if (len && copy_to_user(uaddr, addr, (size_t)len))
		return -EFAULT;
	return put_user(klen, ulen);
}

/* --- birth --- */

static int install(struct socket *sock, int flags)
{
	int fd = get_unused_fd_flags((unsigned int)flags & SOCK_CLOEXEC);
	struct file *f;

	if (fd < 0) {
		sock_release(sock);
		return fd;
	}
	f = sock_alloc_file(sock, (u32)flags);
	if (IS_ERR(f)) {
		put_unused_fd((unsigned int)fd);
		return (int)PTR_ERR(f);
	}
	fd_install((unsigned int)fd, f);
	return fd;
}

static bool bad_flags(int flags) { return flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK); }

long sys_socket(int family, int type, int protocol)
{
	int flags = type & ~SOCK_TYPE_MASK, err;
	struct socket *sock;

	if (bad_flags(flags))
		return -EINVAL;
	err = sock_create(current->net, family, type & SOCK_TYPE_MASK, protocol, &sock);
	return err ? err : install(sock, flags);
}

/* Two connected sockets as files. On failure nothing is left. */
static int make_pair(int family, int type, int protocol, u32 flags, struct file *out[2])
{
	struct socket *a, *b;
	int err = sock_create(current->net, family, type, protocol, &a);

	if (err)
		return err;
	err = sock_create(current->net, family, type, protocol, &b);
	if (err) {
		sock_release(a);
		return err;
	}
	err = a->ops->socketpair(a, b);
	if (err) {
		sock_release(a);
		sock_release(b);
		return err;
	}
	out[0] = sock_alloc_file(a, flags);
	if (IS_ERR(out[0])) {
		sock_release(b);
		return (int)PTR_ERR(out[0]);
	}
	out[1] = sock_alloc_file(b, flags);
	if (IS_ERR(out[1])) {
		fput(out[0]);
		return (int)PTR_ERR(out[1]);
	}
	return 0;
}

long sys_socketpair(int family, int type, int protocol, int __user *fds)
{
	int flags = type & ~SOCK_TYPE_MASK, fd[2], err;
	struct file *f[2] = { NULL, NULL };

	if (bad_flags(flags))
		return -EINVAL;
	fd[0] = get_unused_fd_flags((unsigned int)flags & SOCK_CLOEXEC);
	if (fd[0] < 0)
		return fd[0];
	fd[1] = get_unused_fd_flags((unsigned int)flags & SOCK_CLOEXEC);
	if (fd[1] < 0) {
		put_unused_fd((unsigned int)fd[0]);
		return fd[1];
	}
	err = copy_to_user(fds, fd, sizeof(fd)) ? -EFAULT : 0;
	if (!err)
		err = make_pair(family, type & SOCK_TYPE_MASK, protocol, (u32)flags, f);
	for (int i = 0; i < 2; i++) {
		if (err)
			put_unused_fd((unsigned int)fd[i]);
		else
			fd_install((unsigned int)fd[i], f[i]);
	}
	return err;
}

/* --- names and connections --- */

long sys_bind(int fd, const void __user *uaddr, int len)
{
	struct sockaddr_storage addr;
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);

	if (!sock)
		return err;
	err = move_addr_to_kernel(uaddr, len, &addr);
	if (!err)
		err = sock->ops->bind(sock, (struct sockaddr *)&addr, len);
	fdput(f);
	return err;
}

long sys_listen(int fd, int backlog)
{
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);

	if (!sock)
		return err;
	err = sock->ops->listen(
		sock, (int)min((unsigned int)backlog, (unsigned int)READ_ONCE(sock->sk->sk_net->core->somaxconn)));
	fdput(f);
	return err;
}

static int tell_peer(struct socket *sock, void __user *uaddr, int __user *ulen)
{
	struct sockaddr_storage addr;
	int len = sock->ops->getname(sock, (struct sockaddr *)&addr, NAME_ACCEPTED);

	return len < 0 ? -ECONNABORTED : move_addr_to_user(&addr, len, uaddr, ulen);
}

static int do_accept(struct socket *sock, struct file *f, void __user *uaddr, int __user *ulen, int flags)
{
	struct socket *new;
	int fd = get_unused_fd_flags((unsigned int)flags & SOCK_CLOEXEC), err;
	struct file *newfile;

	if (fd < 0)
		return fd;
	err = kernel_accept(sock, &new, (int)(f->f_flags & O_NONBLOCK));
	if (err)
		goto put_fd;
	err = uaddr ? tell_peer(new, uaddr, ulen) : 0;
	if (err) {
		sock_release(new);
		goto put_fd;
	}
	newfile = sock_alloc_file(new, (u32)flags);
	err = IS_ERR(newfile) ? (int)PTR_ERR(newfile) : 0;
	if (err)
		goto put_fd;
	fd_install((unsigned int)fd, newfile);
	return fd;
put_fd:
	put_unused_fd((unsigned int)fd);
	return err;
}

long sys_accept4(int fd, void __user *addr, int __user *len, int flags)
{
	struct socket *sock;
	struct fd f;
	int ret;

	if (bad_flags(flags))
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &ret);
	if (!sock)
		return ret;
	ret = do_accept(sock, f.file, addr, len, flags);
	fdput(f);
	return ret;
}

long sys_accept(int fd, void __user *addr, int __user *len) { return sys_accept4(fd, addr, len, 0); }

long sys_connect(int fd, const void __user *uaddr, int len)
{
	struct sockaddr_storage addr;
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);

	if (!sock)
		return err;
	err = move_addr_to_kernel(uaddr, len, &addr);
	if (!err)
		err = sock->ops->connect(sock, (struct sockaddr *)&addr, len, (int)(f.file->f_flags & O_NONBLOCK));
	fdput(f);
	return err;
}

static long get_name(int fd, void __user *uaddr, int __user *ulen, enum sock_name who)
{
	struct sockaddr_storage addr;
	struct fd f;
	int ret;
	struct socket *sock = sockfd_lookup(fd, &f, &ret);

	if (!sock)
		return ret;
	ret = sock->ops->getname(sock, (struct sockaddr *)&addr, who);
	if (ret >= 0)
		ret = move_addr_to_user(&addr, ret, uaddr, ulen);
	fdput(f);
	return ret;
}

long sys_getsockname(int fd, void __user *addr, int __user *len) { return get_name(fd, addr, len, NAME_OWN); }
long sys_getpeername(int fd, void __user *addr, int __user *len) { return get_name(fd, addr, len, NAME_PEER); }

long sys_shutdown(int fd, int how)
{
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);

	if (!sock)
		return err;
	err = sock->ops->shutdown(sock, how);
	fdput(f);
	return err;
}

/* --- options --- */

long sys_setsockopt(int fd, int level, int opt, void __user *val, int len)
{
	struct socket *sock;
	struct fd f;
	int err;

	if (len < 0)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	if (level == SOL_SOCKET)
		err = sock_setsockopt(sock, level, opt, USER_SOCKPTR(val), (unsigned int)len);
	else
		err = sock->ops->setsockopt(sock, level, opt, USER_SOCKPTR(val), (unsigned int)len);
	fdput(f);
	return err;
}

long sys_getsockopt(int fd, int level, int opt, char __user *val, int __user *len)
{
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);

	if (!sock)
		return err;
	if (level == SOL_SOCKET)
		err = sock_getsockopt(sock, level, opt, val, len);
	else
		err = sock->ops->getsockopt(sock, level, opt, val, len);
	fdput(f);
	return err;
}

void socket_calls_init(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(socket), SYSCALL(socketpair), SYSCALL(bind), SYSCALL(listen), SYSCALL(accept), SYSCALL(accept4),
		SYSCALL(connect), SYSCALL(getsockname), SYSCALL(getpeername), SYSCALL(shutdown), SYSCALL(setsockopt),
		SYSCALL(getsockopt),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
