/* tests/packet/call_message.c - the calls that make sockets, and those that move bytes */
#include "lib/string.h"
#include "net/core/sock.h"
#include "net/socket/socket.h"
#include "tests/packet/call.h"
#include <linux/time.h>
#include <linux/errqueue.h>
#include <linux/in.h>

static int fd_arg(const struct call *c) { return (int)number_arg(c, 0); }
#define FD ((u64)fd_arg(c))

/* --- sockets --- */

static s64 do_socket(struct call *c)
{
	const struct expr *family = arg(c, 0);

	return stack_call(socket, family->kind == X_ANY ? AF_INET : (u64)number_arg(c, 0), (u64)number_arg(c, 1),
			  arg_or_null(c, 2) ? (u64)number_arg(c, 2) : 0);
}
static void after_socket(struct call *c)
{
	if (c->ret < 0)
		return;
	*fd_state(c->ret) = (struct fd_state){ .stream = (number_arg(c, 1) & 15) == SOCK_STREAM };
	rig.last_fd = (int)c->ret;
}
static s64 do_bind(struct call *c)
{
	struct sockaddr_in a;
	int len = address(c, arg(c, 1), 0, 8080, &a);

	return stack_call(bind, FD, PTR(&a), (u64)len);
}
static s64 do_listen(struct call *c) { return stack_call(listen, FD, (u64)number_arg(c, 1)); }
static s64 do_connect(struct call *c)
{
	struct sockaddr_in a;
	int len = address(c, arg(c, 1), 0x0a000002, 5000, &a);

	rig.last_fd = fd_arg(c);
	return stack_call(connect, FD, PTR(&a), (u64)len);
}
static s64 do_accept4(struct call *c)
{
	int *len = pkt_alloc(sizeof(*len));

	c->image = pkt_alloc(sizeof(struct sockaddr_storage));
	*len = sizeof(struct sockaddr_storage);
	return stack_call(accept4, FD, PTR(c->image), PTR(len), arg_or_null(c, 3) ? (u64)number_arg(c, 3) : 0);
}
static void after_accept(struct call *c)
{
	if (c->ret < 0)
		return;
	*fd_state(c->ret) = (struct fd_state){ .stream = true };
	rig.last_fd = (int)c->ret;
	check_address(c, arg(c, 1), c->image);
}
static s64 name_of(struct call *c, u32 nr)
{
	int *len = pkt_alloc(sizeof(*len));

	c->image = pkt_alloc(sizeof(struct sockaddr_storage));
	*len = sizeof(struct sockaddr_storage);
	return rig.stack->call(nr, (const u64[6]){ FD, PTR(c->image), PTR(len) });
}
static s64 do_getsockname(struct call *c) { return name_of(c, __NR_getsockname); }
static s64 do_getpeername(struct call *c) { return name_of(c, __NR_getpeername); }
static void after_name(struct call *c)
{
	if (c->ret >= 0)
		check_address(c, arg(c, 1), c->image);
}
static s64 do_shutdown(struct call *c) { return stack_call(shutdown, FD, (u64)number_arg(c, 1)); }
static s64 do_close(struct call *c) { return stack_call(close, FD); }

/* --- bytes --- */

static void after_sent(struct call *c)
{
	if (c->ret > 0 && !c->literal)
		fd_state(fd_arg(c))->written += (u64)c->ret;
}
static s64 do_send(struct call *c)
{
	make_payload(c, arg(c, 1), (u32)number_arg(c, 2), true);
	return stack_call(sendto, FD, PTR(c->buf), c->len, (u32)number_arg(c, 3), 0, 0);
}
static s64 do_sendto(struct call *c)
{
	struct sockaddr_in a;
	int len = address(c, arg(c, 4), 0x0a000002, 5000, &a);

	make_payload(c, arg(c, 1), (u32)number_arg(c, 2), true);
	return stack_call(sendto, FD, PTR(c->buf), c->len, (u32)number_arg(c, 3), len ? PTR(&a) : 0, (u64)len);
}
static s64 do_write(struct call *c)
{
	make_payload(c, arg(c, 1), (u32)number_arg(c, 2), true);
	return stack_call(write, FD, PTR(c->buf), c->len);
}
static s64 do_read(struct call *c)
{
	make_payload(c, arg(c, 1), (u32)number_arg(c, 2), false);
	return stack_call(read, FD, PTR(c->buf), c->len);
}
static s64 do_recvfrom(struct call *c)
{
	int *len = pkt_alloc(sizeof(*len));
	bool wants_name = arg_or_null(c, 4) && arg(c, 4)->kind != X_NUMBER;

	c->image = pkt_alloc(sizeof(struct sockaddr_storage));
	*len = sizeof(struct sockaddr_storage);
	make_payload(c, arg(c, 1), (u32)number_arg(c, 2), false);
	return stack_call(recvfrom, FD, PTR(c->buf), c->len, (u32)number_arg(c, 3), wants_name ? PTR(c->image) : 0,
			  wants_name ? PTR(len) : 0);
}
/* MSG_TRUNC on a stream throws bytes away, urgent bytes are not of the pattern. */
static void after_received(struct call *c)
{
	u32 flags = arg_or_null(c, 3) ? (u32)number_arg(c, 3) : 0;

	if (c->ret > 0 && flags & MSG_TRUNC && fd_state(fd_arg(c))->stream)
		fd_state(fd_arg(c))->read += (u64)c->ret;
	else if (c->ret > 0 && (!(flags & MSG_OOB) || c->literal))
		check_payload(c, c->buf, min((u32)c->ret, c->len), flags & (MSG_PEEK | MSG_OOB));
	if (c->ret >= 0 && arg_or_null(c, 4))
		check_address(c, arg(c, 4), c->image);
}

/* --- struct msghdr --- */

#define CONTROL_ROOM 512
struct message {
	struct user_msghdr h;
	struct sockaddr_in name;
	struct iovec iov[16];
	u8 control[CONTROL_ROOM] __aligned(8);
};
static u32 put_iovecs(struct call *c, const struct expr *list, struct message *m)
{
	u32 total = 0, n = 0, at = 0;
	const struct expr *base = NULL;

	for (const struct expr *e = list ? list->first : NULL; e && n < 16; e = e->next, n++) {
		m->iov[n].iov_len = (size_t)value(c, member(e, "iov_len", 1));
		total += (u32)m->iov[n].iov_len;
		base = member(e, "iov_base", 0);
	}
	make_payload(c, base ? base : list, total, true);
	for (u32 i = 0; i < n; i++) {
		m->iov[i].iov_base = c->buf + at;
		at += (u32)m->iov[i].iov_len;
	}
	return n;
}
/* [{cmsg_level=..., cmsg_type=..., cmsg_data=...}, ...] with int data */
static size_t put_control(struct call *c, const struct expr *list, u8 *out)
{
	size_t n = 0;

	for (const struct expr *e = list->first; e; e = e->next) {
		struct cmsghdr_kern *h = (struct cmsghdr_kern *)(out + n);
		int data = (int)value(c, member(e, "cmsg_data", 2));

		h->cmsg_level = (int)value(c, member(e, "cmsg_level", 0));
		h->cmsg_type = (int)value(c, member(e, "cmsg_type", 1));
		h->cmsg_len = sizeof(*h) + sizeof(data);
		memcpy(h + 1, &data, sizeof(data));
		n += CMSG_ALIGN_KERN(h->cmsg_len);
	}
	return n;
}
static struct message *make_message(struct call *c, bool sending)
{
	const struct expr *e = arg(c, 1), *name = member(e, "msg_name", 0), *iov = member(e, "msg_iov", 1),
			  *control = member(e, "msg_control", 4);
	struct message *m = pkt_alloc(sizeof(*m));

	c->image = m;
	if (!iov)
		wrong(c, "msg_iov is missing");
	if (sending && name && (name->kind == X_ADDR || name->kind == X_STRUCT)) {
		m->h.msg_namelen = address(c, name, 0, 0, &m->name);
		m->h.msg_name = &m->name;
	} else if (!sending && name) {
		m->h.msg_namelen = sizeof(m->name);
		m->h.msg_name = &m->name;
	}
	m->h.msg_iovlen = put_iovecs(c, iov, m);
	m->h.msg_iov = m->iov;
	if (control && sending && control->kind == X_LIST)
		m->h.msg_controllen = put_control(c, control, m->control);
	else if (control && !sending)
		m->h.msg_controllen = CONTROL_ROOM;
	m->h.msg_control = m->h.msg_controllen ? m->control : NULL;
	return m;
}
static s64 do_sendmsg(struct call *c)
{
	return stack_call(sendmsg, FD, PTR(&make_message(c, true)->h), (u32)number_arg(c, 2));
}
static s64 do_recvmsg(struct call *c)
{
	return stack_call(recvmsg, FD, PTR(&make_message(c, false)->h), (u32)number_arg(c, 2));
}
/* What an error queue says: {ee_errno=, ee_origin=, ee_type=, ee_code=, ee_info=, offender=}, as many as are given. */
static void check_error(struct call *c, const struct cmsghdr_kern *h, const struct expr *data)
{
	const struct sock_extended_err *ee = (const void *)(h + 1);
	const struct expr *offender = member(data, "offender", 5);
	const struct { const char *name; u32 is; } part[] = { { "ee_errno", ee->ee_errno },
							      { "ee_origin", ee->ee_origin },
							      { "ee_type", ee->ee_type },
							      { "ee_code", ee->ee_code },
							      { "ee_info", ee->ee_info } };

	if (h->cmsg_len < sizeof(*h) + sizeof(*ee) + sizeof(struct sockaddr_in)) {
		wrong(c, "an error of %zu bytes", h->cmsg_len);
		return;
	}
	for (u32 i = 0; i < ARRAY_SIZE(part); i++) {
		const struct expr *e = member(data, part[i].name, i);

		if (e && part[i].is != (u32)value(c, e))
			wrong(c, "%s is %u, not %lld", part[i].name, part[i].is, value(c, e));
	}
	if (offender)
		check_address(c, offender, (const struct sockaddr_in *)(ee + 1));
}
static void check_control(struct call *c, const struct message *m, const struct expr *list)
{
	size_t at = 0;

	for (const struct expr *e = list->first; e; e = e->next) {
		const struct cmsghdr_kern *h = (const struct cmsghdr_kern *)(m->control + at);
		const struct expr *level = member(e, "cmsg_level", 0), *type = member(e, "cmsg_type", 1),
				  *data = member(e, "cmsg_data", 2);
		int got;

		if (at + sizeof(*h) > m->h.msg_controllen)
			wrong(c, "%zu bytes of control messages are fewer than expected", m->h.msg_controllen);
		if (h->cmsg_level != value(c, level) || h->cmsg_type != value(c, type))
			wrong(c, "control message %d of level %d, not %lld of %lld", h->cmsg_type, h->cmsg_level,
			      value(c, type), value(c, level));
		at += CMSG_ALIGN_KERN(h->cmsg_len);
		if (data && data->kind == X_STRUCT) {
			check_error(c, h, data);
			continue;
		}
		memcpy(&got, h + 1, sizeof(got));
		if (h->cmsg_len == sizeof(*h) + 1)
			got = *(const u8 *)(h + 1);
		if (data && data->kind == X_ADDR && ntohl((__force __be32)got) != data->addr)
			wrong(c, "control message %d holds another address", h->cmsg_type);
		if (data && data->kind != X_ANY && data->kind != X_ADDR && got != value(c, data))
			wrong(c, "control message %d holds %d, not %lld", h->cmsg_type, got, value(c, data));
	}
	if (at < m->h.msg_controllen && !list->first)
		wrong(c, "an unexpected control message");
}
bool message_look(const struct call *c, struct message_view *v)
{
	const struct message *m = c->image;

	if (m)
		*v = (struct message_view){ m->h.msg_flags, m->control, m->h.msg_controllen };
	return m;
}
static void after_recvmsg(struct call *c)
{
	const struct expr *e = arg(c, 1), *flags = member(e, "msg_flags", 2), *name = member(e, "msg_name", 0),
			  *control = member(e, "msg_control", 4);
	const struct message *m = c->image;

	if (c->ret < 0)
		return;
	c->literal = false;
	if (!(number_arg(c, 2) & MSG_ERRQUEUE))
		check_payload(c, c->buf, min((u32)c->ret, c->len), number_arg(c, 2) & MSG_PEEK);
	if (flags && flags->kind != X_ANY && m->h.msg_flags != (u32)value(c, flags))
		wrong(c, "msg_flags is %#x, not %#llx", m->h.msg_flags, value(c, flags));
	if (name)
		check_address(c, name, &m->name);
	if (control && control->kind == X_LIST)
		check_control(c, m, control);
}

const struct call_def message_calls[] = {
	{ "socket", do_socket, after_socket }, { "bind", do_bind, NULL }, { "listen", do_listen, NULL },
	{ "connect", do_connect, NULL }, { "accept", do_accept4, after_accept },
	{ "accept4", do_accept4, after_accept },
	{ "getsockname", do_getsockname, after_name }, { "getpeername", do_getpeername, after_name },
	{ "shutdown", do_shutdown, NULL }, { "close", do_close, NULL }, { "send", do_send, after_sent },
	{ "sendto", do_sendto, after_sent }, { "write", do_write, after_sent }, { "read", do_read, after_received },
	{ "recv", do_recvfrom, after_received }, { "recvfrom", do_recvfrom, after_received },
	{ "sendmsg", do_sendmsg, after_sent }, { "recvmsg", do_recvmsg, after_recvmsg },
};
const size_t nr_message_calls = ARRAY_SIZE(message_calls);
