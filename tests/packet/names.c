/* tests/packet/names.c - the constants that calls and conditions may name, and errnos */
#include "kernel/fs/file.h"
#include "lib/string.h"
#include "net/core/sock.h"
#include "net/core/tcp_states.h"
#include "tests/packet/pkt.h"
#include <asm/ioctls.h>
#include <linux/time.h>
#include <linux/errqueue.h>
#include <linux/if_arp.h>
#include <linux/in.h>
#include <linux/net_tstamp.h>
#include <linux/poll.h>
#include <linux/route.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#define C(name) { #name, name }
struct constant { const char *name; s64 value; };

static const struct constant socket_names[] = {
	C(AF_INET), C(AF_UNSPEC), C(AF_UNIX), C(AF_PACKET), C(SOCK_STREAM), C(SOCK_DGRAM), C(SOCK_RAW),
	C(SOCK_NONBLOCK), C(SOCK_CLOEXEC), C(IPPROTO_IP), C(IPPROTO_TCP), C(IPPROTO_UDP), C(IPPROTO_ICMP),
	C(IPPROTO_RAW),
	{ "PF_INET", AF_INET }, { "INADDR_ANY", 0 },
	{ "SHUT_RD", 0 }, { "SHUT_WR", 1 }, { "SHUT_RDWR", 2 },
	C(MSG_OOB), C(MSG_PEEK), C(MSG_DONTROUTE), C(MSG_CTRUNC), C(MSG_TRUNC), C(MSG_DONTWAIT), C(MSG_EOR),
	C(MSG_WAITALL), C(MSG_ERRQUEUE), C(MSG_NOSIGNAL), C(MSG_MORE), C(MSG_ZEROCOPY), C(MSG_FASTOPEN),
	C(POLLIN), C(POLLPRI), C(POLLOUT), C(POLLERR), C(POLLHUP), C(POLLNVAL), C(POLLRDNORM), C(POLLWRNORM),
	C(POLLRDHUP), C(POLLRDBAND), C(POLLWRBAND),
	C(F_GETFL), C(F_SETFL), C(O_RDWR), C(O_RDONLY), C(O_NONBLOCK), C(O_APPEND),
};
static const struct constant option_names[] = {
	C(SOL_SOCKET), { "SOL_IP", IPPROTO_IP }, { "SOL_TCP", IPPROTO_TCP }, { "SOL_UDP", IPPROTO_UDP },
	{ "SOL_RAW", 255 },
	C(SO_REUSEADDR), C(SO_REUSEPORT), C(SO_ERROR), C(SO_BROADCAST), C(SO_SNDBUF), C(SO_RCVBUF), C(SO_KEEPALIVE),
	C(SO_OOBINLINE), C(SO_LINGER), C(SO_RCVLOWAT), C(SO_SNDLOWAT), C(SO_RCVTIMEO), C(SO_SNDTIMEO), C(SO_TIMESTAMP),
	C(SO_TIMESTAMPNS), C(SO_TIMESTAMPING), C(SO_ACCEPTCONN), C(SO_TYPE), C(SO_PROTOCOL), C(SO_MARK), C(SO_PRIORITY),
	C(SO_MAX_PACING_RATE), C(SO_BINDTODEVICE), C(SO_RXQ_OVFL), C(SO_NO_CHECK), C(SO_DONTROUTE), C(SO_ZEROCOPY),
	C(SO_PEEK_OFF), C(SO_RCVBUFFORCE), C(SO_SNDBUFFORCE), C(SO_MEMINFO), C(SO_BUSY_POLL), C(SO_TXTIME),
	C(TCP_NODELAY), C(TCP_MAXSEG), C(TCP_CORK), C(TCP_KEEPIDLE), C(TCP_KEEPINTVL), C(TCP_KEEPCNT), C(TCP_SYNCNT),
	C(TCP_LINGER2), C(TCP_DEFER_ACCEPT), C(TCP_WINDOW_CLAMP), C(TCP_INFO), C(TCP_QUICKACK), C(TCP_CONGESTION),
	C(TCP_USER_TIMEOUT), C(TCP_FASTOPEN), C(TCP_TIMESTAMP), C(TCP_NOTSENT_LOWAT), C(TCP_CC_INFO), C(TCP_SAVE_SYN),
	C(TCP_SAVED_SYN), C(TCP_FASTOPEN_CONNECT), C(TCP_FASTOPEN_KEY), C(TCP_FASTOPEN_NO_COOKIE), C(TCP_INQ),
	C(TCP_CM_INQ), C(TCP_TX_DELAY), { "TCP_RTO_MAX_MS", 44 }, C(TCP_THIN_LINEAR_TIMEOUTS),
	C(TCP_THIN_DUPACK), C(TCP_REPAIR), C(TCP_ULP), C(TCP_ZEROCOPY_RECEIVE),
	C(IP_TOS), C(IP_TTL), C(IP_RECVERR), C(IP_RECVTTL), C(IP_RECVTOS), C(IP_PKTINFO), C(IP_MTU), C(IP_MTU_DISCOVER),
	C(IP_PMTUDISC_DONT), C(IP_PMTUDISC_WANT), C(IP_PMTUDISC_DO), C(IP_PMTUDISC_PROBE), C(IP_HDRINCL), C(IP_OPTIONS),
	C(IP_MINTTL), C(IP_FREEBIND), C(IP_MULTICAST_TTL), C(IP_MULTICAST_LOOP), C(IP_ADD_MEMBERSHIP),
	C(IP_DROP_MEMBERSHIP), C(IP_BIND_ADDRESS_NO_PORT), C(IP_LOCAL_PORT_RANGE), C(UDP_CORK), C(UDP_SEGMENT),
	C(SO_EE_ORIGIN_NONE), C(SO_EE_ORIGIN_LOCAL), C(SO_EE_ORIGIN_ICMP),
};
static const struct constant other_names[] = {
	C(SIOCINQ), C(SIOCOUTQ), C(SIOCATMARK), C(SIOCOUTQNSD), C(FIONREAD), C(FIONBIO), C(SIOCGSTAMP_OLD),
	C(TCP_ESTABLISHED), C(TCP_SYN_SENT), C(TCP_SYN_RECV), C(TCP_FIN_WAIT1), C(TCP_FIN_WAIT2), C(TCP_TIME_WAIT),
	C(TCP_CLOSE), C(TCP_CLOSE_WAIT), C(TCP_LAST_ACK), C(TCP_LISTEN), C(TCP_CLOSING),
	C(TCP_CA_Open), C(TCP_CA_Disorder), C(TCP_CA_CWR), C(TCP_CA_Recovery), C(TCP_CA_Loss), { "NULL", 0 },
	C(TCPI_OPT_TIMESTAMPS), C(TCPI_OPT_SACK), C(TCPI_OPT_WSCALE), C(TCPI_OPT_ECN), C(TCPI_OPT_ECN_SEEN),
	C(SOF_TIMESTAMPING_TX_SOFTWARE), C(SOF_TIMESTAMPING_TX_ACK), C(SOF_TIMESTAMPING_TX_SCHED),
	C(SOF_TIMESTAMPING_RX_SOFTWARE), C(SOF_TIMESTAMPING_SOFTWARE), C(SOF_TIMESTAMPING_OPT_ID),
	C(SOF_TIMESTAMPING_OPT_TSONLY), C(SCM_TSTAMP_SND), C(SCM_TSTAMP_SCHED), C(SCM_TSTAMP_ACK),
};
static const struct constant errnos[] = {
	C(EPERM), C(ENOENT), C(EINTR), C(EBADF), C(EAGAIN), C(ENOMEM), C(EACCES), C(EFAULT), C(EBUSY), C(EEXIST),
	C(ENODEV), C(EINVAL), C(EMFILE), C(ENFILE), C(ENOTTY), C(EPIPE), C(ERANGE), C(ENOSYS), C(ENOTSOCK),
	C(EDESTADDRREQ), C(EMSGSIZE), C(EPROTOTYPE), C(ENOPROTOOPT), C(EPROTONOSUPPORT), C(ESOCKTNOSUPPORT),
	C(EOPNOTSUPP), C(EPFNOSUPPORT), C(EAFNOSUPPORT), C(EADDRINUSE), C(EADDRNOTAVAIL), C(ENETDOWN), C(ENETUNREACH),
	C(ENETRESET), C(ECONNABORTED), C(ECONNRESET), C(ENOBUFS), C(EISCONN), C(ENOTCONN), C(ESHUTDOWN), C(ETIMEDOUT),
	C(ECONNREFUSED), C(EHOSTDOWN), C(EHOSTUNREACH), C(EALREADY), C(EINPROGRESS), C(EPROTO), C(ENONET),
	{ "EWOULDBLOCK", EAGAIN }, { "ENOTSUP", EOPNOTSUPP },
};

static bool find(const struct constant *c, size_t n, const char *name, s64 *value)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(c[i].name, name)) {
			*value = c[i].value;
			return true;
		}
	return false;
}
bool pkt_constant(const char *name, s64 *value)
{
	return find(socket_names, ARRAY_SIZE(socket_names), name, value) ||
	       find(option_names, ARRAY_SIZE(option_names), name, value) ||
	       find(other_names, ARRAY_SIZE(other_names), name, value) ||
	       find(errnos, ARRAY_SIZE(errnos), name, value);
}
int pkt_errno(const char *name)
{
	s64 v;

	return find(errnos, ARRAY_SIZE(errnos), name, &v) ? (int)v : 0;
}
const char *pkt_errno_name(int e)
{
	for (size_t i = 0; i < ARRAY_SIZE(errnos); i++)
		if (errnos[i].value == e)
			return errnos[i].name;
	return "an unknown errno";
}
