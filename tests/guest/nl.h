/* tests/guest/nl.h - requests over netlink: built, asked, dumped */
#pragma once
#include "inet.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

static char buf[65536];
static struct {
	struct nlmsghdr h;
	char body[1024];
} rq;
static int nl = -1; /* the socket of ask() */

static inline void begin(int type, int flags, const void *head, size_t n)
{
	memset(&rq, 0, sizeof(rq));
	rq.h = (struct nlmsghdr){ .nlmsg_len = (unsigned)(NLMSG_HDRLEN + n),
				  .nlmsg_type = (unsigned short)type,
				  .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags),
				  .nlmsg_seq = 4711 };
	memcpy(rq.body, head, n);
}

static inline void attr(int type, const void *data, size_t n)
{
	struct nlattr *a = (void *)((char *)&rq + NLMSG_ALIGN(rq.h.nlmsg_len));

	a->nla_type = (unsigned short)type;
	a->nla_len = (unsigned short)(NLA_HDRLEN + n);
	memcpy(a + 1, data, n);
	rq.h.nlmsg_len = (unsigned)(NLMSG_ALIGN(rq.h.nlmsg_len) + NLMSG_ALIGN(a->nla_len));
}

static inline void attr_ip(int type, unsigned addr)
{
	addr = htonl(addr);
	attr(type, &addr, 4);
}

static inline void attr_int(int type, int v) { attr(type, &v, 4); }

/* Sends the request and reads its acknowledgement: 0 or the errno; -1 when something else comes. */
static inline int ask(void)
{
	struct nlmsghdr *h = (void *)buf;
	ssize_t n;

	rq.h.nlmsg_flags |= NLM_F_ACK;
	send(nl, &rq, rq.h.nlmsg_len, 0);
	n = recv(nl, buf, sizeof(buf), MSG_DONTWAIT); /* answered before send returned */
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || h->nlmsg_type != NLMSG_ERROR || h->nlmsg_seq != 4711)
		return -1;
	return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
}

/* Sends a dump and calls see for each message; how many there were, or -1 without an end. */
static inline int dump(int s, int (*see)(const struct nlmsghdr *h))
{
	int found = 0;

	rq.h.nlmsg_flags |= NLM_F_DUMP;
	send(s, &rq, rq.h.nlmsg_len, 0);
	for (;;) {
		ssize_t got = recv(s, buf, sizeof(buf), MSG_DONTWAIT), n = got;

		if (got <= 0)
			return -1;
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (unsigned)n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				return found;
			if (h->nlmsg_type == NLMSG_ERROR)
				return -1;
			found += see(h);
		}
	}
}

/* The attribute of type in a message with a header of size head; NULL. */
static inline const void *find(const struct nlmsghdr *h, size_t head, int type)
{
	struct rtattr *a = (void *)((char *)NLMSG_DATA(h) + NLMSG_ALIGN(head));
	int left = (int)h->nlmsg_len - (int)NLMSG_SPACE(head);

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == type)
			return RTA_DATA(a);
	return NULL;
}
