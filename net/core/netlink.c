/* net/core/netlink.c - the registries of netlink handlers, dumps, notifications
 *
 * Called: rooms at start; net/netlink for each request; whoever changes something that groups hear of.
 * Calls:  net/netlink through netlink_hooks.
 * Locks:  registries are filled at start.
 */
#include "net/core/netlink.h"

static struct rtnl_handler *rtnl_first;		  /* [C] after start */
static struct sock_diag_handler *sock_diag_first; /* [C] after start */
struct netlink_hooks netlink_hooks;

void rtnl_register(struct rtnl_handler *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		h[i].next = rtnl_first;
		rtnl_first = &h[i];
	}
}

const struct rtnl_handler *rtnl_handlers(void) { return rtnl_first; }

const struct rtnl_handler *rtnl_find(u8 family, u16 type)
{
	for (const struct rtnl_handler *h = rtnl_first; h; h = h->next)
		if (h->family == family && h->type == type)
			return h;
	return NULL;
}

void sock_diag_register(struct sock_diag_handler *h)
{
	h->next = sock_diag_first;
	sock_diag_first = h;
}

const struct sock_diag_handler *sock_diag_find(u8 family, u8 protocol)
{
	for (const struct sock_diag_handler *h = sock_diag_first; h; h = h->next)
		if (h->family == family && h->protocol == protocol)
			return h;
	return NULL;
}

/* Where something changed between two parts, records may be missing or come twice: the program is told, and asks again.
 */
u16 nl_dump_flags(struct nl_dump *d)
{
	bool torn = d->prev_seq && d->prev_seq != d->seq;

	d->prev_seq = d->seq;
	return NLM_F_MULTI | (torn ? NLM_F_DUMP_INTR : 0);
}

u32 nl_dump_begin(struct nl_dump *d, u16 type, const void *hdr, u32 hdr_len)
{
	return nlmsg_begin(&d->msg, type, nl_dump_flags(d), d->nlh->nlmsg_seq, d->portid, hdr, hdr_len);
}

/* A single record that is larger than a part goes alone: the program then sees it cut, and may ask with more room. */
bool nl_dump_end(struct nl_dump *d, u32 start)
{
	if (d->msg.failed) {
		d->full = true;
		return false;
	}
	nlmsg_end(&d->msg, start);
	if (start && d->msg.len > d->limit) {
		d->msg.len = start;
		d->full = true;
		return false;
	}
	d->told++;
	return true;
}

bool rtnl_has_listeners(const struct net *net, u32 group)
{
	return netlink_hooks.has_listeners && netlink_hooks.has_listeners(net, group);
}

void rtnl_notify(struct net *net, struct nl_msg *m, u32 group)
{
	if (!m->failed && netlink_hooks.broadcast)
		netlink_hooks.broadcast(net, m, group);
	nl_msg_free(m);
}
