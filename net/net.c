/* net/net.c - the order in which the rooms of the stack start
 *
 * Called: kernel/main.c in the first process; tests/host.
 * Calls:  each room's init. The first stack exists before the rooms do: each starts in it as it registers.
 */
#include "net/net.h"
#include "net/core/netdevice.h"
#include "net/core/sock.h"
#include "net/ipv4/inet.h"
#include "net/netfilter/netfilter.h"
#include "net/netlink/netlink.h"
#include "net/packet/packet.h"
#include "net/tcp/tcp.h"
#include "net/udp/udp.h"
#include "net/unix/unix.h"

void net_init(void)
{
	skb_init();
	snmp_init();
	sockstat_init();
	net_ns_init();
	dev_init();
	netfilter_init();
	socket_init();
	inet_init();
	udp_init();
	tcp_init();
	unix_init();
	packet_init();
	netlink_init();
	loopback_init();
}
