/* net/netlink/netlink_input.c - a program's requests are served
 *
 * What:   walks the messages of one send, finds the handler, acknowledges (RFC 3549 2.3.2); dumps in parts.
 * Called: sendmsg and recvmsg of netlink sockets, process context, the socket's mutex held.
 * Calls:  the handlers that rooms registered, under rtnl for NETLINK_ROUTE.
 * Locks:  [M], then rtnl.
 */
#include "kernel/process/capability.h"
#include "net/core/netdevice.h"
#include "net/netlink/internal.h"
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

#define DUMP_PART_MIN 3776u /* what fits beside an skb's own data in a page: programs bring a page */
#define DUMP_PART_MAX 32768u

static int reply(struct netlink_sock *nlk, struct nl_msg *m)
{
	int err = m->failed ? -ENOBUFS : m->len ? netlink_queue(&nlk->sk, m->data, m->len, 0, 0) : 0;

	nl_msg_free(m);
	return err;
}

/* --- acknowledgements --- */

/* The request comes back inside, whole when it failed and the program did not ask for less. */
static void ack(struct netlink_sock *nlk, const struct nlmsghdr *nlh, int err, const char *why)
{
	bool whole = err && !nlk->cap_ack, tlvs = nlk->ext_ack && why;
	u16 flags = (u16)((err && nlk->cap_ack) || !err ? NLM_F_CAPPED : 0) | (tlvs ? NLM_F_ACK_TLVS : 0);
	struct nlmsgerr head = { .error = err, .msg = *nlh };
	struct nl_msg m;
	u32 start;

	nl_msg_init(&m, GFP_KERNEL);
	start = nlmsg_begin(&m, NLMSG_ERROR, flags, nlh->nlmsg_seq, nlk->portid, &head, sizeof(head));
	if (whole) {
		u32 body = nlh->nlmsg_len - NLMSG_HDRLEN;
		void *p = nl_msg_append(&m, body);

		if (p)
			memcpy(p, (const u8 *)nlh + NLMSG_HDRLEN, body);
	}
	if (tlvs)
		nla_put_string(&m, NLMSGERR_ATTR_MSG, why);
	nlmsg_end(&m, start);
	if (reply(nlk, &m)) {
		WRITE_ONCE(nlk->sk.sk_err, ENOBUFS);
		nlk->sk.sk_error_report(&nlk->sk);
	}
}

/* --- dumps --- */

void netlink_dump_end(struct netlink_sock *nlk)
{
	nl_msg_free(&nlk->state.msg);
	kfree(nlk->request);
	nlk->request = NULL;
	nlk->dumping = false;
}

/* The end carries the dump's result. */
static void put_done(struct netlink_sock *nlk, int err)
{
	struct nl_dump *d = &nlk->state;
	u32 start = nlmsg_begin(&d->msg, NLMSG_DONE, nl_dump_flags(d), d->nlh->nlmsg_seq, d->portid, &err,
				sizeof(err));

	nlmsg_end(&d->msg, start);
}

int netlink_dump_more(struct netlink_sock *nlk)
{
	struct nl_dump *d = &nlk->state;
	bool route = nlk->sk.sk_protocol == NETLINK_ROUTE, last;
	int err;

	nl_msg_init(&d->msg, GFP_KERNEL);
	d->limit = clamp(nlk->max_recv, DUMP_PART_MIN, DUMP_PART_MAX);
	d->index = 0;
	d->full = false;
	if (route)
		rtnl_lock(d->net);
	err = nlk->dump(d);
	if (route)
		rtnl_unlock(d->net);
	if (!err && d->msg.failed)
		err = -ENOBUFS;
	last = err || !d->full;
	if (last && !d->msg.failed)
		put_done(nlk, err);
	if (d->msg.failed)
		WRITE_ONCE(nlk->sk.sk_err, ENOBUFS);
	else
		netlink_queue(&nlk->sk, d->msg.data, d->msg.len, 0, 0);
	nl_msg_free(&d->msg);
	if (last)
		netlink_dump_end(nlk);
	return err;
}

static int dump_nothing(struct nl_dump *d) { return 0; }

/* -EINTR: under way, its end is the acknowledgement. */
static int dump_start(struct netlink_sock *nlk, const struct nlmsghdr *nlh, int (*dump)(struct nl_dump *d))
{
	if (nlk->dumping)
		return -EBUSY;
	nlk->request = kmemdup(nlh, nlh->nlmsg_len, GFP_KERNEL);
	if (!nlk->request)
		return -ENOBUFS;
	nlk->state = (struct nl_dump){ .net = nlk->sk.sk_net, .nlh = nlk->request, .portid = nlk->portid,
				       .strict = READ_ONCE(nlk->strict) };
	nlk->dump = dump;
	nlk->dumping = true;
	netlink_dump_more(nlk);
	return -EINTR;
}

/* --- NETLINK_ROUTE --- */

static u8 first_byte(const struct nlmsghdr *nlh) { return *(const u8 *)(nlh + 1); }

/* Every family that has such things tells of them. */
static int dump_all_families(struct nl_dump *d)
{
	int err = 0;

	for (const struct rtnl_handler *h = rtnl_handlers(); h && !err && !d->full; h = h->next)
		if (h->type == d->nlh->nlmsg_type && h->family != AF_UNSPEC && h->dump)
			err = h->dump(d);
	return err;
}

/* RTM_* come in fours: NEW, DEL, GET, SET. */
static bool is_get(u16 type) { return ((type - RTM_BASE) & 3) == 2; }

static int route_request(struct netlink_sock *nlk, const struct nlmsghdr *nlh, struct nl_request *rq)
{
	u16 type = nlh->nlmsg_type;
	const struct rtnl_handler *h, *any;
	u8 family;
	int err;

	if (type < RTM_BASE || type > RTM_MAX)
		return -EOPNOTSUPP;
	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(struct rtgenmsg))
		return 0;
	if (!is_get(type) && !capable(CAP_NET_ADMIN))
		return -EPERM;
	family = first_byte(nlh);
	h = rtnl_find(family, type);
	any = rtnl_find(AF_UNSPEC, type);
	if (is_get(type) && nlh->nlmsg_flags & NLM_F_DUMP) {
		if (h && h->dump)
			return dump_start(nlk, nlh, h->dump);
		if (any && any->dump)
			return dump_start(nlk, nlh, any->dump);
		if (rtnl_find(AF_INET, type))
			return dump_start(nlk, nlh, family == AF_UNSPEC ? dump_all_families : dump_nothing);
		return -EOPNOTSUPP;
	}
	h = h && h->doit ? h : any;
	if (!h || !h->doit)
		return -EOPNOTSUPP;
	rtnl_lock(rq->net);
	err = h->doit(rq);
	rtnl_unlock(rq->net);
	if (rq->dead)
		netdev_free_when_unused(rq->dead);
	return err;
}

/* --- NETLINK_SOCK_DIAG --- */

static int diag_request(struct netlink_sock *nlk, const struct nlmsghdr *nlh, struct nl_request *rq)
{
	const struct sock_diag_req *r = (const struct sock_diag_req *)(nlh + 1);
	const struct sock_diag_handler *h;

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -EINVAL;
	if (nlh->nlmsg_len < NLMSG_HDRLEN + sizeof(*r))
		return -EINVAL;
	h = sock_diag_find(r->sdiag_family, r->sdiag_protocol);
	if (!h)
		return -ENOENT;
	if (nlh->nlmsg_len < NLMSG_HDRLEN + h->request_len)
		return -EINVAL;
	if (nlh->nlmsg_flags & NLM_F_DUMP)
		return h->dump ? dump_start(nlk, nlh, h->dump) : -EOPNOTSUPP;
	return h->doit ? h->doit(rq) : -EOPNOTSUPP;
}

/* --- the messages of one send --- */

static void serve_one(struct netlink_sock *nlk, const struct nlmsghdr *nlh)
{
	struct nl_request rq = { .net = nlk->sk.sk_net, .nlh = nlh, .portid = nlk->portid };
	int err = 0, sent;

	nl_msg_init(&rq.reply, GFP_KERNEL);
	if (nlh->nlmsg_flags & NLM_F_REQUEST && nlh->nlmsg_type >= NLMSG_MIN_TYPE)
		err = nlk->sk.sk_protocol == NETLINK_ROUTE ? route_request(nlk, nlh, &rq) : diag_request(nlk, nlh, &rq);
	sent = reply(nlk, &rq.reply);
	if (!err)
		err = sent;
	if (err != -EINTR && (err || nlh->nlmsg_flags & NLM_F_ACK))
		ack(nlk, nlh, err, rq.why);
}

/* A message whose length cannot be believed ends the walk: what follows it is not known to be one. */
int netlink_serve(struct netlink_sock *nlk, const void *data, u32 len)
{
	const u8 *p = data;

	while (len >= (u32)NLMSG_HDRLEN) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)p;
		u32 step;

		if (nlh->nlmsg_len < (u32)NLMSG_HDRLEN || nlh->nlmsg_len > len)
			return 0;
		serve_one(nlk, nlh);
		step = min((u32)NLMSG_ALIGN(nlh->nlmsg_len), len);
		p += step;
		len -= step;
	}
	return 0;
}
