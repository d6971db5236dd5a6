/* net/core/nlmsg.h - netlink messages: building them, and reading those of a program
 *
 * A message is a header, a fixed structure, and attributes (length, type, bytes), each aligned to four. What a program
 * sends is hostile: nlattr_parse() believes no length.
 */
#pragma once
#include "lib/string.h"
#include "lib/types.h"
#include <linux/netlink.h>

/* A buffer that grows. After a failed allocation it takes nothing more, and says so at the end. */
struct nl_msg {
	u8 *data;
	u32 len, room;
	gfp_t gfp;
	bool failed;
};

void nl_msg_init(struct nl_msg *m, gfp_t gfp);
void nl_msg_free(struct nl_msg *m);
/* n zeroed bytes at the end, padded to four; NULL when memory is out. */
void *nl_msg_append(struct nl_msg *m, u32 n);
/* Begins a message whose payload starts with a copy of hdr. Where it starts, for nlmsg_end(). */
u32 nlmsg_begin(struct nl_msg *m, u16 type, u16 flags, u32 seq, u32 portid, const void *hdr, u32 hdr_len);
void nlmsg_end(struct nl_msg *m, u32 start);
void nla_put(struct nl_msg *m, u16 type, const void *data, u32 len);
static inline void nla_put_u8(struct nl_msg *m, u16 type, u8 v) { nla_put(m, type, &v, sizeof(v)); }
static inline void nla_put_u32(struct nl_msg *m, u16 type, u32 v) { nla_put(m, type, &v, sizeof(v)); }
static inline void nla_put_be32(struct nl_msg *m, u16 type, __be32 v) { nla_put(m, type, &v, sizeof(v)); }
static inline void nla_put_string(struct nl_msg *m, u16 type, const char *s)
{
	nla_put(m, type, s, (u32)strlen(s) + 1);
}
u32 nla_nest_start(struct nl_msg *m, u16 type);
void nla_nest_end(struct nl_msg *m, u32 start);

/* Attributes 1..max of len bytes at data into tb (max + 1 entries, NULL where there is none; the last of several).
 * min_len: bytes that attribute's payload must have, or NULL. Types beyond max are passed over. 0; -EINVAL: a length
 * that cannot be; -ERANGE: a payload that is too short. */
int nlattr_parse(const struct nlattr **tb, u16 max, const u8 *min_len, const void *data, u32 len);
static inline const void *nla_data(const struct nlattr *a) { return (const u8 *)a + NLA_HDRLEN; }
static inline u32 nla_len(const struct nlattr *a) { return a->nla_len - (u32)NLA_HDRLEN; }
u32 nla_get_u32(const struct nlattr *a);
__be32 nla_get_be32(const struct nlattr *a);
/* A name of at most size - 1 bytes, terminated by us. 0, or -ERANGE when it is longer (to is empty then). */
int nla_strscpy(char *to, const struct nlattr *a, size_t size);
/* The attributes behind a fixed header of hdr_len bytes: *len bytes. NULL (and 0) when the message ends before. */
const void *nlmsg_attrs(const struct nlmsghdr *h, u32 hdr_len, u32 *len);
