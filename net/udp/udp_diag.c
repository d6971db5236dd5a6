/* net/udp/udp_diag.c - UDP's sockets as ss(8) asks for them (NETLINK_SOCK_DIAG)
 *
 * Called: net/netlink for a dump, process context.
 * Calls:  net/ipv4/inet_diag.c.
 * Locks:  the table's lock for each socket.
 */
#include "net/ipv4/inet_diag.h"
#include "net/udp/internal.h"

static bool tell(struct nl_dump *d, const struct inet_diag_req_v2 *r, struct sock *sk)
{
	struct inet_diag_msg h;
	u32 start;

	if (!inet_diag_wants(r, sk->sk_state, inet_sk(sk)->inet_sport, sk->sk_dport) || !nl_dump_next(d))
		return !d->full;
	h = inet_diag_head(sk);
	h.idiag_rqueue = (u32)sk_rmem_alloc_get(sk);
	h.idiag_wqueue = (u32)sk_wmem_alloc_get(sk);
	start = nl_dump_begin(d, d->nlh->nlmsg_type, &h, sizeof(h));
	inet_diag_put(&d->msg, sk, r);
	return nl_dump_end(d, start);
}

static int udp_diag_dump(struct nl_dump *d)
{
	const struct inet_diag_req_v2 *r = inet_diag_request(d);
	struct netns_udp *u = d->net->udp;
	bool more = true;

	d->msg.gfp = GFP_ATOMIC;
	for (loff_t pos = 0; more; pos++) {
		struct sock *sk;
		u32 bucket;

		spin_lock_bh(&u->lock);
		sk = udp_nth(d->net, pos, &bucket);
		more = sk && tell(d, r, sk);
		spin_unlock_bh(&u->lock);
	}
	return 0;
}

static struct sock_diag_handler udp_diag_ops = {
	.family = AF_INET, .protocol = IPPROTO_UDP, .request_len = sizeof(struct inet_diag_req_v2),
	.dump = udp_diag_dump
};
static struct sock_diag_handler udp6_diag_ops = {
	.family = AF_INET6, .protocol = IPPROTO_UDP, .request_len = sizeof(struct inet_diag_req_v2),
	.dump = inet_diag_no_sockets
};

void udp_diag_init(void)
{
	sock_diag_register(&udp_diag_ops);
	sock_diag_register(&udp6_diag_ops);
}
