/* tests/host/world.h - hosts with addresses, and sockets as tests use them */
#pragma once
#include "net/core/sock.h"
#include "net/ipv4/inet.h"
#include "tests/host/host.h"

/* Two stacks on a link: 10.0.0.1 and 10.0.0.2, both /24. */
struct two_hosts {
	struct net *net[2];
	struct sim_nic *nic[2];
	struct sim_link link;
};
#define HOST_A htonl(0x0a000001)
#define HOST_B htonl(0x0a000002)
void two_hosts_start(struct two_hosts *w, netdev_features_t features);
void two_hosts_stop(struct two_hosts *w);
/* Brings dev's address up in its stack, loopback too. */
void host_address(struct net *net, struct net_device *dev, __be32 addr);

struct socket *tcp_socket(struct net *net);
int sock_bind_to(struct socket *s, __be32 addr, u16 port);
int sock_connect_to(struct socket *s, __be32 addr, u16 port, int flags);
struct socket *tcp_listener(struct net *net, u16 port, int backlog);
ssize_t sock_write(struct socket *s, const void *buf, size_t n, int flags); /* sendmsg from kernel memory */
ssize_t sock_read(struct socket *s, void *buf, size_t n, int flags);
int sock_set_int(struct socket *s, int level, int opt, int v);
u32 sock_poll(struct socket *s);
