/* tests/packet/parse_packet.h - between the parsers of packets */
#pragma once
#include "tests/packet/pkt.h"

void parse_tcp(struct parser *p, struct pkt *k);	/* flags and what follows */
struct pkt_range parse_range(struct parser *p);		/* 1:1001(1000) */
u32 parse_hex(struct parser *p, const u8 **bytes);	/* up to the end of the line or a bracket */
