/* tests/tsan/wire.h - an Ethernet device whose frames a test looks at */
#pragma once
#include "net/core/netdevice.h"

/* Registered in net, up, with NAPI of none: it only sends. seen: each frame, from its link header, on any CPU, the
 * device's queue lock held; skb stays the wire's. wire_destroy() outside of in_threads(). */
struct net_device *wire_create(struct net *net, void (*seen)(struct sk_buff *skb));
void wire_destroy(struct net_device *dev);
