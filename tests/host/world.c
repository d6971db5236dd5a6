/* tests/host/world.c - hosts with addresses */
#include "tests/host/world.h"
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "tests/unit/test.h"

void host_address(struct net *net, struct net_device *dev, __be32 addr)
{
	rtnl_lock(net);
	dev_open(net->loopback_dev);
	rtnl_unlock(net);
	inet_addr_add(net->loopback_dev, htonl(0x7f000001), 8); /* may be there already */
	BUG_ON(dev && inet_addr_add(dev, addr, 24));
}
void two_hosts_start(struct two_hosts *w, netdev_features_t features)
{
	memset(w, 0, sizeof(*w));
	for (int i = 0; i < 2; i++) {
		w->net[i] = test_net();
		w->nic[i] = sim_nic_create(w->net[i], (u8)(i + 1), features);
		host_address(w->net[i], w->nic[i]->dev, i ? HOST_B : HOST_A);
	}
	sim_link_connect(&w->link, w->nic[0], w->nic[1]);
}
void two_hosts_stop(struct two_hosts *w)
{
	host_pass(300 * NSEC_PER_SEC); /* every time-out is over */
	sim_link_drain(&w->link);
	sim_nic_destroy(w->nic[0]);
	sim_nic_destroy(w->nic[1]);
}
