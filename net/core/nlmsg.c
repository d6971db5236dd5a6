/* net/core/nlmsg.c - netlink messages: building and reading
 *
 * Called: every room that answers netlink requests; notifications build in any context.
 * Locks:  none: a message belongs to who builds it.
 */
#include "net/core/nlmsg.h"
#include "kernel/mm/slab.h"

#define FIRST_ROOM 1024u
#define NLA_TYPE(a) ((u16)((a)->nla_type & NLA_TYPE_MASK))

void nl_msg_init(struct nl_msg *m, gfp_t gfp) { *m = (struct nl_msg){ .gfp = gfp }; }

void nl_msg_free(struct nl_msg *m)
{
	kfree(m->data);
	m->data = NULL;
	m->len = m->room = 0;
}

static bool grow(struct nl_msg *m, u32 want)
{
	u32 room = max(m->room * 2, FIRST_ROOM);
	u8 *data;

	while (room < want)
		room *= 2;
	data = krealloc(m->data, room, m->gfp);
	if (!data) {
		m->failed = true;
		return false;
	}
	m->data = data;
	m->room = room;
	return true;
}

void *nl_msg_append(struct nl_msg *m, u32 n)
{
	u32 padded = NLMSG_ALIGN(n), at = m->len;

	if (m->failed || (padded > m->room - m->len && !grow(m, m->len + padded)))
		return NULL;
	m->len += padded;
	return memset(m->data + at, 0, padded);
}

u32 nlmsg_begin(struct nl_msg *m, u16 type, u16 flags, u32 seq, u32 portid, const void *hdr, u32 hdr_len)
{
	u32 start = m->len;
	struct nlmsghdr *h = nl_msg_append(m, NLMSG_HDRLEN + hdr_len);

	if (!h)
		return start;
	*h = (struct nlmsghdr){ .nlmsg_len = NLMSG_HDRLEN + hdr_len,
				.nlmsg_type = type,
				.nlmsg_flags = flags,
				.nlmsg_seq = seq,
				.nlmsg_pid = portid };
	memcpy(h + 1, hdr, hdr_len);
	return start;
}

void nlmsg_end(struct nl_msg *m, u32 start)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(m->data + start);

	if (!m->failed && m->len - start > h->nlmsg_len)
		h->nlmsg_len = m->len - start;
}

void nla_put(struct nl_msg *m, u16 type, const void *data, u32 len)
{
	struct nlattr *a = nl_msg_append(m, (u32)NLA_HDRLEN + len);

	if (!a)
		return;
	a->nla_len = (u16)(NLA_HDRLEN + len);
	a->nla_type = type;
	if (len)
		memcpy((u8 *)a + NLA_HDRLEN, data, len);
}

u32 nla_nest_start(struct nl_msg *m, u16 type)
{
	u32 start = m->len;

	nla_put(m, type, NULL, 0);
	return start;
}

void nla_nest_end(struct nl_msg *m, u32 start)
{
	if (!m->failed)
		((struct nlattr *)(m->data + start))->nla_len = (u16)(m->len - start);
}

/* --- reading --- */

int nlattr_parse(const struct nlattr **tb, u16 max, const u8 *min_len, const void *data, u32 len)
{
	const u8 *p = data;

	memset(tb, 0, sizeof(*tb) * (max + 1u));
	while (len >= (u32)NLA_HDRLEN) {
		const struct nlattr *a = (const struct nlattr *)p;
		u32 step;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			return -EINVAL;
		if (NLA_TYPE(a) <= max) {
			if (min_len && nla_len(a) < min_len[NLA_TYPE(a)])
				return -ERANGE;
			tb[NLA_TYPE(a)] = a;
		}
		step = min((u32)NLA_ALIGN(a->nla_len), len);
		p += step;
		len -= step;
	}
	return 0;
}

u32 nla_get_u32(const struct nlattr *a)
{
	u32 v;

	memcpy(&v, nla_data(a), sizeof(v));
	return v;
}

__be32 nla_get_be32(const struct nlattr *a)
{
	__be32 v;

	memcpy(&v, nla_data(a), sizeof(v));
	return v;
}

int nla_strscpy(char *to, const struct nlattr *a, size_t size)
{
	size_t n = strnlen(nla_data(a), nla_len(a));

	memset(to, 0, size);
	if (n >= size)
		return -ERANGE;
	memcpy(to, nla_data(a), n);
	return 0;
}

const void *nlmsg_attrs(const struct nlmsghdr *h, u32 hdr_len, u32 *len)
{
	u32 skip = NLMSG_HDRLEN + NLMSG_ALIGN(hdr_len);

	*len = h->nlmsg_len > skip ? h->nlmsg_len - skip : 0;
	return *len ? (const u8 *)h + skip : NULL;
}
