/* net/netlink/netlink_opt.c - options of level SOL_NETLINK
 *
 * Called: net/socket, process context.
 * Locks:  groups as in af_netlink.c; single words need none.
 */
#include "kernel/mm/uaccess.h"
#include "net/netlink/internal.h"

static bool *flag_of(struct netlink_sock *nlk, int opt)
{
	switch (opt) {
	case NETLINK_PKTINFO:
		return &nlk->pktinfo;
	case NETLINK_BROADCAST_ERROR:
		return &nlk->broadcast_error;
	case NETLINK_NO_ENOBUFS:
		return &nlk->no_enobufs;
	case NETLINK_CAP_ACK:
		return &nlk->cap_ack;
	case NETLINK_EXT_ACK:
		return &nlk->ext_ack;
	case NETLINK_GET_STRICT_CHK:
		return &nlk->strict;
	default:
		return NULL;
	}
}

int netlink_setsockopt(struct socket *sock, int level, int opt, sockptr_t val, unsigned int len)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	bool *flag = flag_of(nlk, opt);
	u32 v;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len < sizeof(v))
		return -EINVAL;
	if (copy_from_sockptr(&v, val, sizeof(v)))
		return -EFAULT;
	if (flag) {
		WRITE_ONCE(*flag, v != 0);
		return 0;
	}
	if (opt != NETLINK_ADD_MEMBERSHIP && opt != NETLINK_DROP_MEMBERSHIP)
		return -ENOPROTOOPT;
	if (!v || v > NETLINK_GROUPS)
		return -EINVAL;
	netlink_set_groups(nlk, opt == NETLINK_ADD_MEMBERSHIP ? nlk->groups | BIT(v - 1) : nlk->groups & ~BIT(v - 1));
	return 0;
}

int netlink_getsockopt(struct socket *sock, int level, int opt, char __user *val, int __user *len)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	bool *flag = flag_of(nlk, opt);
	int room, v = flag && *flag;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (get_user(room, len))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (opt == NETLINK_LIST_MEMBERSHIPS) {
		if (copy_to_user(val, &nlk->groups, (size_t)min(room, (int)sizeof(nlk->groups)) & ~3ul))
			return -EFAULT;
		return put_user((int)sizeof(nlk->groups), len);
	}
	if (!flag)
		return -ENOPROTOOPT;
	if (room < (int)sizeof(v))
		return -EINVAL;
	return copy_to_user(val, &v, sizeof(v)) || put_user((int)sizeof(v), len) ? -EFAULT : 0;
}
