/* net/tcp/tcp.h - what the rest of the kernel knows of TCP: that it starts */
#pragma once

void tcp_init(void);
