/* net/socket/cmsg.c - control messages (cmsg(3)): walking what was sent, adding to what is received
 *
 * Called: protocols in sendmsg and recvmsg, process context.
 * Locks:  none: the message belongs to the call.
 */
#include "net/socket/socket.h"
#include "kernel/mm/uaccess.h"

static struct cmsghdr_kern *header_at(struct msghdr_kern *msg, size_t at)
{
	if (!msg->msg_control || msg->msg_controllen < sizeof(struct cmsghdr_kern) ||
	    at > msg->msg_controllen - sizeof(struct cmsghdr_kern))
		return NULL;
	return (void *)((char *)msg->msg_control + at);
}

static size_t place_of(const struct msghdr_kern *msg, const struct cmsghdr_kern *c)
{
	return (size_t)((const char *)c - (const char *)msg->msg_control);
}

struct cmsghdr_kern *cmsg_first(struct msghdr_kern *msg) { return header_at(msg, 0); }

struct cmsghdr_kern *cmsg_next(struct msghdr_kern *msg, struct cmsghdr_kern *c)
{
	return header_at(msg, place_of(msg, c) + CMSG_ALIGN_KERN(c->cmsg_len));
}

bool cmsg_ok(const struct msghdr_kern *msg, const struct cmsghdr_kern *c)
{
	return c->cmsg_len >= sizeof(*c) && c->cmsg_len <= msg->msg_controllen - place_of(msg, c);
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

	if (!msg->msg_control || room < sizeof(c)) {
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
