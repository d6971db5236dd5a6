/* net/ipv4/inet_diag.c - sockets as ss(8) asks for them: what TCP and UDP share
 *
 * Called: tcp_diag.c and udp_diag.c, for each socket of a dump.
 * Locks:  none: single words are read as they are.
 * Absent: filter programs (INET_DIAG_REQ_BYTECODE): all that the states and ports allow is told, and ss sorts out the
 *         rest itself; killing sockets; IPv6.
 */
#include "net/ipv4/inet_diag.h"
#include "net/core/tcp_states.h"
#include <linux/sock_diag.h>

const struct inet_diag_req_v2 *inet_diag_request(const struct nl_dump *d)
{
	return (const struct inet_diag_req_v2 *)(d->nlh + 1);
}

int inet_diag_no_sockets(struct nl_dump *d) { return 0; }

bool inet_diag_wants(const struct inet_diag_req_v2 *r, u8 state, __be16 sport, __be16 dport)
{
	return r->idiag_states >> state & 1 && (!r->id.idiag_sport || r->id.idiag_sport == sport) &&
		(!r->id.idiag_dport || r->id.idiag_dport == dport);
}

struct inet_diag_msg inet_diag_head(struct sock *sk)
{
	u64 cookie = sock_gen_cookie(sk);
	struct inet_diag_msg h = { .idiag_family = AF_INET,
				   .idiag_state = sk->sk_state,
				   .idiag_uid = sk->sk_uid,
				   .idiag_inode = (u32)sock_i_ino(sk) };

	h.id.idiag_sport = inet_sk(sk)->inet_sport;
	h.id.idiag_dport = sk->sk_dport;
	h.id.idiag_src[0] = sk->sk_rcv_saddr;
	h.id.idiag_dst[0] = sk->sk_daddr;
	h.id.idiag_if = (u32)sk->sk_bound_dev_if;
	h.id.idiag_cookie[0] = (u32)cookie;
	h.id.idiag_cookie[1] = (u32)(cookie >> 32);
	return h;
}

void inet_diag_put(struct nl_msg *m, struct sock *sk, const struct inet_diag_req_v2 *r)
{
	struct inet_diag_meminfo mem = { .idiag_rmem = (u32)sk_rmem_alloc_get(sk),
					 .idiag_wmem = READ_ONCE(sk->sk_wmem_queued),
					 .idiag_fmem = (u32)sk_forward_alloc(sk),
					 .idiag_tmem = (u32)sk_wmem_alloc_get(sk) };
	u32 all[SK_MEMINFO_VARS];

	nla_put_u8(m, INET_DIAG_SHUTDOWN, sk->sk_shutdown);
	if (inet_diag_asks(r, INET_DIAG_TOS))
		nla_put_u8(m, INET_DIAG_TOS, inet_sk(sk)->tos);
	if (inet_diag_asks(r, INET_DIAG_MEMINFO))
		nla_put(m, INET_DIAG_MEMINFO, &mem, sizeof(mem));
	if (inet_diag_asks(r, INET_DIAG_SKMEMINFO)) {
		sk_get_meminfo(sk, all);
		nla_put(m, INET_DIAG_SKMEMINFO, all, sizeof(all));
	}
}
