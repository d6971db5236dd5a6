/* net/socket/message.c - sendto, recvfrom, sendmsg, recvmsg and their batched forms
 *
 * What:   turns the program's description of a message into struct msghdr_kern on the stack, and calls the family.
 * Called: programs, often: sendto and recvfrom allocate nothing.
 * Calls:  proto_ops->sendmsg, recvmsg.
 * Locks:  none.
 */
#include "net/socket/socket.h"
#include "kernel/fs/file.h"
#include "kernel/mm/uaccess.h"
#include "kernel/sched/task.h"
#include "kernel/syscall/syscall.h"
#include "kernel/time/clock.h"
#include <linux/time_types.h>

/* Where sendmsg and recvmsg keep a message's parts. */
struct message {
	struct msghdr_kern kern;
	struct sockaddr_storage addr;
	struct iovec fast_iov[UIO_MAXIOV_FAST];
	struct iovec *iov;		/* to kfree, or NULL */
	void __user *uname;		/* where the sender's address goes */
	char fast_control[64] __aligned(8);
};

static bool is_nonblock(const struct file *f) { return f->f_flags & O_NONBLOCK; }

/* --- one buffer --- */

long sys_sendto(int fd, void __user *buf, size_t len, unsigned int flags, const void __user *uaddr, int addr_len)
{
	struct msghdr_kern msg;
	struct sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	ssize_t ret;
	int err;

	len = min(len, (size_t)MAX_RW_COUNT);
	if (unlikely(!access_ok(buf, len)))
		return -EFAULT;
	sock = sockfd_lookup(fd, &f, &err);
	if (unlikely(!sock))
		return err;
	msghdr_init(&msg, flags);
	iov_iter_ubuf(&msg.msg_iter, true, buf, len);
	if (uaddr) {
		ret = move_addr_to_kernel(uaddr, addr_len, &addr);
		if (ret)
			goto out;
		msg.msg_name = &addr;
		msg.msg_namelen = addr_len;
	}
	if (is_nonblock(f.file))
		msg.msg_flags |= MSG_DONTWAIT;
	ret = sock->ops->sendmsg(sock, &msg, len);
out:
	fdput(f);
	return ret;
}

long sys_recvfrom(int fd, void __user *buf, size_t len, unsigned int flags, void __user *uaddr, int __user *addr_len)
{
	struct msghdr_kern msg;
	struct sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	ssize_t ret;
	int err;

	len = min(len, (size_t)MAX_RW_COUNT);
	if (unlikely(!access_ok(buf, len)))
		return -EFAULT;
	sock = sockfd_lookup(fd, &f, &err);
	if (unlikely(!sock))
		return err;
	msghdr_init(&msg, 0);
	iov_iter_ubuf(&msg.msg_iter, false, buf, len);
	if (uaddr)
		msg.msg_name = &addr;
	if (is_nonblock(f.file))
		flags |= MSG_DONTWAIT;
	ret = sock->ops->recvmsg(sock, &msg, len, (int)flags);
	if (ret >= 0 && uaddr) {
		err = move_addr_to_user(&addr, msg.msg_namelen, uaddr, addr_len);
		if (err)
			ret = err;
	}
	fdput(f);
	return ret;
}

/* --- a whole msghdr --- */

/* Reads the program's header, address (when sending) and vector. 0, and message_free() is due, or -errno. */
static int message_read(struct message *m, const struct user_msghdr __user *umsg, struct user_msghdr *u, bool sending)
{
	ssize_t total;
	int err;

	if (copy_from_user(u, umsg, sizeof(*u)))
		return -EFAULT;
	msghdr_init(&m->kern, 0);
	if (!sending) {
		m->kern.msg_control_is_user = true;
		m->kern.msg_control_user = u->msg_control;
		m->kern.msg_controllen = u->msg_control ? u->msg_controllen : 0;
	}
	if (!u->msg_name)
		u->msg_namelen = 0;
	if (u->msg_namelen < 0)
		return -EINVAL;
	u->msg_namelen = min(u->msg_namelen, (int)sizeof(m->addr));
	if (sending && u->msg_namelen) {
		err = move_addr_to_kernel(u->msg_name, u->msg_namelen, &m->addr);
		if (err)
			return err;
		m->kern.msg_namelen = u->msg_namelen;
	}
	if (sending ? u->msg_namelen != 0 : u->msg_name != NULL)
		m->kern.msg_name = &m->addr;
	if (u->msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	m->iov = m->fast_iov;
	total = import_iovec(sending, u->msg_iov, u->msg_iovlen, UIO_MAXIOV_FAST, &m->iov, &m->kern.msg_iter);
	return total < 0 ? (int)total : 0;
}

static void message_free(struct message *m)
{
	if (unlikely(m->iov))
		kfree(m->iov);
	if (!m->kern.msg_control_is_user && m->kern.msg_control != m->fast_control)
		kfree(m->kern.msg_control);
}

static int read_control(struct message *m, const struct user_msghdr *u)
{
	void *control = m->fast_control;

	if (!u->msg_control || !u->msg_controllen)
		return 0;
	if (u->msg_controllen > CMSG_CONTROL_MAX)
		return -ENOBUFS;
	if (u->msg_controllen > sizeof(m->fast_control))
		control = kmalloc(u->msg_controllen, GFP_KERNEL);
	if (!control)
		return -ENOBUFS;
	m->kern.msg_control = control;
	m->kern.msg_controllen = u->msg_controllen;
	return copy_from_user(control, u->msg_control, u->msg_controllen) ? -EFAULT : 0;
}

static ssize_t send_one(struct socket *sock, struct file *f, struct user_msghdr __user *umsg, unsigned int flags)
{
	struct user_msghdr u;
	struct message m;
	ssize_t ret = message_read(&m, umsg, &u, true);

	if (ret)
		return ret;
	ret = read_control(&m, &u);
	if (ret)
		goto out;
	m.kern.msg_flags = flags | (is_nonblock(f) ? MSG_DONTWAIT : 0);
	ret = sock->ops->sendmsg(sock, &m.kern, iov_iter_count(&m.kern.msg_iter));
out:
	message_free(&m);
	return ret;
}

/* What is told of a message beside data and address stands in a row: msg_controllen, msg_flags, and recvmmsg's msg_len
 * (between these the program's own padding, as it was read). One copy writes it; how many bytes: */
#define TOLD_FROM offsetof(struct user_msghdr, msg_controllen)
#define TOLD_BY_RECVMSG (offsetof(struct user_msghdr, msg_flags) + sizeof(unsigned int) - TOLD_FROM)
#define TOLD_BY_RECVMMSG (offsetof(struct user_mmsghdr, msg_len) + sizeof(unsigned int) - TOLD_FROM)

static int write_results(const struct message *m, struct user_msghdr __user *umsg, struct user_mmsghdr *u, size_t told)
{
	int err;

	if (u->msg_hdr.msg_name) {
		err = move_addr_to_user(&m->addr, m->kern.msg_namelen, u->msg_hdr.msg_name, &umsg->msg_namelen);
		if (err)
			return err;
	}
	u->msg_hdr.msg_controllen = m->kern.msg_control_used;
	u->msg_hdr.msg_flags = m->kern.msg_flags & (unsigned int)~MSG_CMSG_CLOEXEC;
	return copy_to_user(&umsg->msg_controllen, &u->msg_hdr.msg_controllen, told) ? -EFAULT : 0;
}

/* told: TOLD_BY_RECVMMSG when umsg stands in a struct user_mmsghdr. */
static ssize_t receive_one(struct socket *sock, struct file *f, struct user_msghdr __user *umsg, unsigned int flags,
			   size_t told)
{
	struct user_mmsghdr u;
	struct message m;
	ssize_t ret = message_read(&m, umsg, &u.msg_hdr, false);
	int err;

	if (ret)
		return ret;
	m.kern.msg_flags = flags & MSG_CMSG_CLOEXEC;
	if (is_nonblock(f))
		flags |= MSG_DONTWAIT;
	ret = sock->ops->recvmsg(sock, &m.kern, iov_iter_count(&m.kern.msg_iter), (int)flags);
	if (ret >= 0) {
		u.msg_len = (unsigned int)ret;
		err = write_results(&m, umsg, &u, told);
		if (err)
			ret = err;
	}
	message_free(&m);
	return ret;
}

static ssize_t receive_alone(struct socket *sock, struct file *f, struct user_msghdr __user *umsg, unsigned int flags)
{
	return receive_one(sock, f, umsg, flags, TOLD_BY_RECVMSG);
}

typedef ssize_t message_fn(struct socket *sock, struct file *f, struct user_msghdr __user *msg, unsigned int flags);

static long with_socket(int fd, message_fn *fn, struct user_msghdr __user *msg, unsigned int flags)
{
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);
	ssize_t ret;

	if (!sock)
		return err;
	ret = fn(sock, f.file, msg, flags);
	fdput(f);
	return ret;
}

long sys_sendmsg(int fd, struct user_msghdr __user *msg, unsigned int flags)
{
	return with_socket(fd, send_one, msg, flags);
}

long sys_recvmsg(int fd, struct user_msghdr __user *msg, unsigned int flags)
{
	return with_socket(fd, receive_alone, msg, flags);
}

/* --- many at once: the count, or the error when the first one failed --- */

long sys_sendmmsg(int fd, struct user_mmsghdr __user *vec, unsigned int n, unsigned int flags)
{
	struct fd f;
	int err;
	struct socket *sock = sockfd_lookup(fd, &f, &err);
	unsigned int done;
	ssize_t ret = 0;

	if (!sock)
		return err;
	n = min(n, (unsigned int)UIO_MAXIOV);
	for (done = 0; done < n; done++) {
		ret = send_one(sock, f.file, &vec[done].msg_hdr, flags);
		if (ret < 0)
			break;
		ret = put_user((unsigned int)ret, &vec[done].msg_len);
		if (ret)
			break;
		cond_resched();
	}
	fdput(f);
	return done ? (long)done : ret;
}

/* recvmmsg's limit: looked at after each message, as Linux does. 0 and the moment, or -errno. */
static int read_deadline(const struct __kernel_timespec __user *timeout, u64 *deadline_ns)
{
	struct __kernel_timespec ts;

	*deadline_ns = U64_MAX;
	if (!timeout)
		return 0;
	if (copy_from_user(&ts, timeout, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= (long long)NSEC_PER_SEC)
		return -EINVAL;
	if (ts.tv_sec < (long long)(S64_MAX / (s64)NSEC_PER_SEC / 2))
		*deadline_ns = ktime_get_ns() + (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
	return 0;
}

static int write_left(struct __kernel_timespec __user *timeout, u64 deadline_ns)
{
	u64 now = ktime_get_ns(), left = deadline_ns > now ? deadline_ns - now : 0;
	struct __kernel_timespec ts = { (long long)(left / NSEC_PER_SEC), (long long)(left % NSEC_PER_SEC) };

	if (!timeout || deadline_ns == U64_MAX)
		return 0;
	return copy_to_user(timeout, &ts, sizeof(ts)) ? -EFAULT : 0;
}

static unsigned int receive_many(struct socket *sock, struct file *f, struct user_mmsghdr __user *vec, unsigned int n,
				 unsigned int flags, u64 deadline_ns, ssize_t *ret)
{
	unsigned int done = 0;

	while (done < n) {
		*ret = receive_one(sock, f, &vec[done].msg_hdr, flags & (unsigned int)~MSG_WAITFORONE,
				   TOLD_BY_RECVMMSG);
		if (*ret < 0)
			break;
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline_ns != U64_MAX && ktime_get_ns() >= deadline_ns)
			break;
		cond_resched();
	}
	return done;
}

long sys_recvmmsg(int fd, struct user_mmsghdr __user *vec, unsigned int n, unsigned int flags,
		  struct __kernel_timespec __user *timeout)
{
	struct socket *sock;
	struct fd f;
	u64 deadline_ns;
	unsigned int done;
	ssize_t ret = 0;
	int err = read_deadline(timeout, &deadline_ns);

	if (err)
		return err;
	sock = sockfd_lookup(fd, &f, &err);
	if (!sock)
		return err;
	done = receive_many(sock, f.file, vec, min(n, (unsigned int)UIO_MAXIOV), flags, deadline_ns, &ret);
	/* An error behind some messages is told by the next call. */
	if (done && ret < 0 && ret != -EAGAIN && ret != -ERESTARTSYS)
		WRITE_ONCE(sock->sk->sk_err, (int)-ret);
	fdput(f);
	if (done && write_left(timeout, deadline_ns))
		return -EFAULT;
	return done ? (long)done : ret;
}

void socket_message_calls_init(void)
{
	static const struct syscall_def calls[] = {
		SYSCALL(sendto), SYSCALL(recvfrom), SYSCALL(sendmsg), SYSCALL(recvmsg), SYSCALL(sendmmsg),
		SYSCALL(recvmmsg),
	};

	syscall_register(calls, ARRAY_SIZE(calls));
}
