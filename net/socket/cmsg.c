/* net/socket/cmsg.c - control messages (cmsg(3)): walking what was sent, adding to what is received
 *
 * Called: protocols in sendmsg and recvmsg, process context.
 * Locks:  none: the message belongs to the call.
 */
#include "net/socket/socket.h"
#include "kernel/mm/uaccess.h"

static bool fits(const struct msghdr_kern *msg, const struct cmsghdr_kern *c)
{
	size_t at = (size_t)((const char *)c - (const char *)msg->msg_control);

	return at + sizeof(*c) <= msg->msg_controllen && c->cmsg_len >= sizeof(*c) &&
		c->cmsg_len <= msg->msg_controllen - at;
}

/* NULL: there is none, or its length is wrong (the caller that must tell them apart looks at msg_controllen). */
struct cmsghdr_kern *cmsg_first(struct msghdr_kern *msg)
{
	struct cmsghdr_kern *c = msg->msg_control;

	return c && fits(msg, c) ? c : NULL;
}

struct cmsghdr_kern *cmsg_next(struct msghdr_kern *msg, struct cmsghdr_kern *c)
{
	size_t at = (size_t)((char *)c - (char *)msg->msg_control) + CMSG_ALIGN_KERN(c->cmsg_len);
	struct cmsghdr_kern *next = (void *)((char *)msg->msg_control + at);

	if (at >= msg->msg_controllen)
		return NULL;
	return fits(msg, next) ? next : NULL;
}

static int store(struct msghdr_kern *msg, size_t at, const void *data, size_t n)
{
	if (!msg->msg_control_is_user) {
		memcpy((char *)msg->msg_control + at, data, n);
		return 0;
	}
	return copy_to_user((char __user *)msg->msg_control_user + at, data, n) ? -EFAULT : 0;
}

int put_cmsg(struct msghdr_kern *msg, int level, int type, int len, const void *data)
{
	struct cmsghdr_kern c = { sizeof(c) + (size_t)len, level, type };
	size_t at = msg->msg_control_used, room = msg->msg_controllen - at;

	if (!(msg->msg_control_is_user ? !!msg->msg_control_user : !!msg->msg_control) || room < sizeof(c)) {
		msg->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	if (room < c.cmsg_len) {
		msg->msg_flags |= MSG_CTRUNC;
		c.cmsg_len = room;
	}
	if (store(msg, at, &c, sizeof(c)) || store(msg, at + sizeof(c), data, c.cmsg_len - sizeof(c)))
		return -EFAULT;
	msg->msg_control_used += min(CMSG_ALIGN_KERN(sizeof(c) + (size_t)len), room);
	return 0;
}
