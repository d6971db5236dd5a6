/* net/udp/udp.h - UDP (RFC 768) */
#pragma once
#include "net/ipv4/inet.h"

void udp_init(void);
