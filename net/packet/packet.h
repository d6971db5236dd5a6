/* net/packet/packet.h - AF_PACKET: what main.c and net.c need of this room */
#pragma once

void packet_init(void); /* the family, its notifier and /proc/net/packet; before the first device of a driver */
