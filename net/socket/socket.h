/* net/socket/socket.h - the socket system calls, and what their files share */
#pragma once
#include "kernel/fs/file.h"
#include "net/core/sock.h"

struct __kernel_timespec;

#define SOCK_MAX (SOCK_PACKET + 1)
#define CMSG_ALIGN_KERN(n) ALIGN_UP((size_t)(n), sizeof(size_t))
#define CMSG_CONTROL_MAX 131072 /* bytes of control data in one sendmsg: Linux's optmem_max */

/* struct msghdr as programs lay it out on 64-bit machines. */
struct user_msghdr {
	void __user *msg_name;
	int msg_namelen;
	struct iovec __user *msg_iov;
	size_t msg_iovlen;
	void __user *msg_control;
	size_t msg_controllen;
	unsigned int msg_flags;
};
struct user_mmsghdr { struct user_msghdr msg_hdr; unsigned int msg_len; };

/* The socket behind fd whose file is f (fdput it), or NULL with *err -EBADF or -ENOTSOCK. */
struct socket *sockfd_wrong(struct fd *f, int *err);
extern const struct file_operations socket_fops;
static inline struct socket *sockfd_lookup(int fd, struct fd *f, int *err)
{
	*f = fdget((unsigned int)fd);
	return likely(f->file && f->file->f_op == &socket_fops) ? f->file->private_data : sockfd_wrong(f, err);
}
/* A file for sock, which it then owns; on failure sock is released. flags O_NONBLOCK. ERR_PTR. */
struct file *sock_alloc_file(struct socket *sock, u32 flags);
int move_addr_to_kernel(const void __user *uaddr, int len, struct sockaddr_storage *addr);
int move_addr_to_user(const struct sockaddr_storage *addr, int klen, void __user *uaddr, int __user *ulen);

void socket_calls_init(void);
void socket_message_calls_init(void);

long sys_socket(int family, int type, int protocol);
long sys_socketpair(int family, int type, int protocol, int __user *fds);
long sys_bind(int fd, const void __user *addr, int len);
long sys_listen(int fd, int backlog);
long sys_accept(int fd, void __user *addr, int __user *len);
long sys_accept4(int fd, void __user *addr, int __user *len, int flags);
long sys_connect(int fd, const void __user *addr, int len);
long sys_getsockname(int fd, void __user *addr, int __user *len);
long sys_getpeername(int fd, void __user *addr, int __user *len);
long sys_shutdown(int fd, int how);
long sys_setsockopt(int fd, int level, int opt, void __user *val, int len);
long sys_getsockopt(int fd, int level, int opt, char __user *val, int __user *len);
long sys_sendto(int fd, void __user *buf, size_t len, unsigned int flags, const void __user *addr, int addr_len);
long sys_recvfrom(int fd, void __user *buf, size_t len, unsigned int flags, void __user *addr, int __user *addr_len);
long sys_sendmsg(int fd, struct user_msghdr __user *msg, unsigned int flags);
long sys_recvmsg(int fd, struct user_msghdr __user *msg, unsigned int flags);
long sys_sendmmsg(int fd, struct user_mmsghdr __user *vec, unsigned int n, unsigned int flags);
long sys_recvmmsg(int fd, struct user_mmsghdr __user *vec, unsigned int n, unsigned int flags,
		  struct __kernel_timespec __user *timeout);
