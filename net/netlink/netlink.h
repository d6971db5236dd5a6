/* net/netlink/netlink.h - AF_NETLINK: what net.c needs of this room */
#pragma once

void netlink_init(void); /* the family; handlers may register before or after */
