/* tests/unit/net/netlink/nl.h - requests over netlink as a program makes them, and the answers */
#pragma once
#include "net/netlink/internal.h"
#include "tests/unit/net/ipv4/bench.h"
#include <linux/rtnetlink.h>

#define NL_SEQ 4711u
static struct { struct nlmsghdr h; u8 body[1024]; } nl_rq;
static u8 nl_in[65536];
static u32 nl_in_len, nl_in_at; /* what nl_next() has of the datagram at hand */
static char nl_why[128];	 /* the sentence of the last acknowledgement, "" for none */

static __maybe_unused struct socket *nl_open(struct net *net, int protocol)
{
	struct socket *s = NULL;

	ASSERT_EQ(sock_create_kern(net, AF_NETLINK, SOCK_RAW, protocol, &s), 0);
	return s;
}
static __maybe_unused int nl_set(struct socket *s, int opt, u32 v)
{
	return s->ops->setsockopt(s, SOL_NETLINK, opt, KERNEL_SOCKPTR(&v), sizeof(v));
}

/* --- asking --- */

static __maybe_unused void nl_begin(u16 type, u16 flags, const void *head, u32 n)
{
	memset(&nl_rq, 0, sizeof(nl_rq));
	nl_rq.h = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + n, .nlmsg_type = type, .nlmsg_seq = NL_SEQ,
				     .nlmsg_flags = NLM_F_REQUEST | flags };
	memcpy(nl_rq.body, head, n);
}
static __maybe_unused struct nlattr *nl_attr(u16 type, const void *data, u32 n)
{
	struct nlattr *a = (struct nlattr *)((u8 *)&nl_rq + NLMSG_ALIGN(nl_rq.h.nlmsg_len));

	*a = (struct nlattr){ .nla_len = (u16)(NLA_HDRLEN + n), .nla_type = type };
	memcpy(a + 1, data, n);
	nl_rq.h.nlmsg_len = NLMSG_ALIGN(nl_rq.h.nlmsg_len) + NLA_ALIGN(NLA_HDRLEN + n);
	return a;
}
static __maybe_unused void nl_attr_u32(u16 type, u32 v) { nl_attr(type, &v, sizeof(v)); }
static __maybe_unused void nl_attr_str(u16 type, const char *s) { nl_attr(type, s, (u32)strlen(s) + 1); }
static __maybe_unused ssize_t nl_send(struct socket *s, const void *data, size_t len)
{
	struct kvec v = { (void *)data, len };
	struct msghdr_kern m = { 0 };

	iov_iter_kvec(&m.msg_iter, true, &v, 1, len);
	return s->ops->sendmsg(s, &m, len);
}
static __maybe_unused void nl_tell(struct socket *s)
{
	EXPECT_EQ(nl_send(s, &nl_rq, nl_rq.h.nlmsg_len), (ssize_t)nl_rq.h.nlmsg_len);
}

/* --- hearing --- */

/* The next message that waits, NULL when there is none. Valid until the next call. */
static __maybe_unused const struct nlmsghdr *nl_next(struct socket *s)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)(nl_in + nl_in_at);

	if (nl_in_at >= nl_in_len) {
		ssize_t n = receive(s, nl_in, sizeof(nl_in), NULL);

		nl_in_at = 0;
		nl_in_len = n > 0 ? (u32)n : 0;
		if (!nl_in_len)
			return NULL;
		h = (const struct nlmsghdr *)nl_in;
	}
	ASSERT_TRUE(NLMSG_OK(h, nl_in_len - nl_in_at));
	nl_in_at += NLMSG_ALIGN(h->nlmsg_len);
	return h;
}
static __maybe_unused void nl_forget(struct socket *s)
{
	while (nl_next(s))
		;
}
/* Attribute of the message behind a header of head bytes, or inside the nest; NULL: not there. */
static __maybe_unused const struct nlattr *nl_find(const struct nlmsghdr *h, u32 head, u16 type)
{
	const struct nlattr *tb[128];
	const void *attrs;
	u32 len;

	attrs = nlmsg_attrs(h, head, &len);
	ASSERT_EQ(nlattr_parse(tb, 127, NULL, attrs, len), 0);
	return tb[type];
}
static __maybe_unused const struct nlattr *nl_inside(const struct nlattr *nest, u16 type)
{
	const struct nlattr *tb[128];

	ASSERT_TRUE(nest != NULL);
	ASSERT_EQ(nlattr_parse(tb, 127, NULL, nla_data(nest), nla_len(nest)), 0);
	return tb[type];
}
/* Its value; -1 when it is not there, -2 when it has another length. */
static __maybe_unused s64 nl_num(const struct nlattr *a, u32 size)
{
	u32 v = 0;

	if (!a || nla_len(a) != size)
		return a ? -2 : -1;
	memcpy(&v, nla_data(a), size);
	return v;
}
static __maybe_unused s64 nl_u32(const struct nlmsghdr *h, u32 head, u16 type)
{
	return nl_num(nl_find(h, head, type), 4);
}
static __maybe_unused s64 nl_u8(const struct nlmsghdr *h, u32 head, u16 type)
{
	return nl_num(nl_find(h, head, type), 1);
}
static __maybe_unused const char *nl_str(const struct nlmsghdr *h, u32 head, u16 type)
{
	const struct nlattr *a = nl_find(h, head, type);

	return a && nla_len(a) && !((const char *)nla_data(a))[nla_len(a) - 1] ? nla_data(a) : "(none)";
}
/* Which attributes are there, as bits: so nothing unexpected slips in. */
static __maybe_unused u64 nl_all(const struct nlmsghdr *h, u32 head)
{
	u64 all = 0;

	for (u16 t = 0; t < 64; t++)
		if (nl_find(h, head, t))
			all |= 1ull << t;
	return all;
}

/* The errno of an acknowledgement, 0 for success, -1 when h is none; its sentence into nl_why. */
static __maybe_unused int nl_errno(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = h ? (const struct nlmsgerr *)(h + 1) : NULL;
	u32 skip;

	nl_why[0] = 0;
	if (!h || h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_HDRLEN + sizeof(*e))
		return -1;
	EXPECT_EQ(h->nlmsg_seq, NL_SEQ);
	skip = (u32)sizeof(*e) + (h->nlmsg_flags & NLM_F_CAPPED ? 0 : e->msg.nlmsg_len - NLMSG_HDRLEN);
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		strscpy(nl_why, nl_str(h, skip, NLMSGERR_ATTR_MSG), sizeof(nl_why));
	return -e->error;
}
/* Sends the request; the errno of its acknowledgement, -1 when something else comes or nothing. */
static __maybe_unused int nl_ask(struct socket *s)
{
	nl_rq.h.nlmsg_flags |= NLM_F_ACK;
	nl_in_at = nl_in_len = 0;
	nl_tell(s);
	return nl_errno(nl_next(s));
}
/* A dump: how many messages of the type came before its end, whose result was 0; -1 otherwise. */
static __maybe_unused int nl_dump(struct socket *s, u16 type, void (*see)(const struct nlmsghdr *h))
{
	const struct nlmsghdr *h;
	int n = 0;

	nl_rq.h.nlmsg_flags |= NLM_F_DUMP;
	nl_in_at = nl_in_len = 0;
	nl_tell(s);
	while ((h = nl_next(s)) && h->nlmsg_type == type) {
		EXPECT_TRUE(h->nlmsg_flags & NLM_F_MULTI);
		EXPECT_EQ(h->nlmsg_seq, NL_SEQ);
		if (see)
			see(h);
		n++;
	}
	return h && h->nlmsg_type == NLMSG_DONE && *(const int *)(h + 1) == 0 ? n : -1;
}
