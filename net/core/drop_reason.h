/* net/core/drop_reason.h - why a packet died
 *
 * Every skb that does not serve its purpose ends in kfree_skb_reason() with one of these; each has a counter per
 * struct net, a name (Linux's, where Linux has it) and the sentence below, which /proc/net/drop_reasons prints.
 */
#pragma once

#define SKB_DROP_REASONS(X)                                                                                            \
	X(NOT_SPECIFIED, "no reason given; should never appear")                                                       \
	X(NO_SOCKET, "no socket wants it")                                                                             \
	X(PKT_TOO_SMALL, "shorter than its headers say or need")                                                       \
	X(TCP_CSUM, "TCP checksum is wrong")                                                                           \
	X(UDP_CSUM, "UDP checksum is wrong")                                                                           \
	X(IP_CSUM, "IPv4 header checksum is wrong")                                                                    \
	X(ICMP_CSUM, "ICMP checksum is wrong")                                                                         \
	X(SOCKET_FILTER, "a socket filter refused it")                                                                 \
	X(SOCKET_RCVBUFF, "the socket's receive buffer is full")                                                       \
	X(SOCKET_BACKLOG, "the socket's backlog is full")                                                              \
	X(PROTO_MEM, "the protocol's memory limit is reached")                                                         \
	X(OTHERHOST, "addressed to another host")                                                                      \
	X(IP_INHDR, "the IPv4 header is malformed")                                                                    \
	X(IP_NOPROTO, "no handler for this IP protocol")                                                               \
	X(IP_OPTIONS, "an IPv4 option is malformed")                                                                   \
	X(IP_INADDRERRORS, "source or destination address is not allowed here")                                       \
	X(IP_INNOROUTES, "no route")                                                                                   \
	X(IP_OUTNOROUTES, "no route for what we send")                                                                 \
	X(IP_RPFILTER, "the reverse path filter refused it")                                                           \
	X(IP_TTL, "the time to live ran out")                                                                          \
	X(FRAG_TOO_FAR, "a fragment that reaches beyond 65535 bytes")                                                  \
	X(FRAG_OVERLAP, "a fragment that overlaps another")                                                            \
	X(FRAG_REASM_TIMEOUT, "fragments did not come together in time")                                               \
	X(FRAG_MEM, "too much memory in fragments")                                                                    \
	X(FRAG_NEEDED, "larger than the MTU, and may not be fragmented")                                               \
	X(NETFILTER_DROP, "a netfilter hook dropped it")                                                               \
	X(NEIGH_CREATEFAIL, "no memory for a neighbour entry")                                                         \
	X(NEIGH_FAILED, "the neighbour did not answer")                                                                \
	X(NEIGH_QUEUEFULL, "too many packets wait for the neighbour")                                                  \
	X(NEIGH_DEAD, "the neighbour entry went away")                                                                 \
	X(ARP_MALFORMED, "not an ARP packet for IPv4 over Ethernet")                                                   \
	X(ICMP_MALFORMED, "the ICMP message is malformed")                                                             \
	X(ICMP_IGNORED, "an ICMP message that we do not answer")                                                       \
	X(UNHANDLED_PROTO, "no handler for this EtherType")                                                            \
	X(DEV_HDR, "the link header is short or wrong")                                                                \
	X(DEV_READY, "the device is down")                                                                             \
	X(FULL_RING, "the device's transmit ring is full")                                                             \
	X(CPU_BACKLOG, "the CPU's receive backlog is full")                                                            \
	X(QDISC_DROP, "the queueing discipline dropped it")                                                            \
	X(NOMEM, "no memory")                                                                                          \
	X(HDR_TRUNC, "headers could not be pulled together")                                                           \
	X(SKB_GSO_SEG, "a packet of many segments that nobody could cut")                                              \
	X(RX_ERROR, "the device reported a receive error")                                                             \
	X(TCP_MALFORMED, "TCP header or options are malformed")                                                        \
	X(TCP_FLAGS, "flags that make no sense in this state")                                                         \
	X(TCP_OLD_DATA, "all of it was received before")                                                               \
	X(TCP_OVERWINDOW, "beyond the receive window")                                                                 \
	X(TCP_ZEROWINDOW, "the receive window is closed")                                                              \
	X(TCP_INVALID_SEQUENCE, "sequence number is not acceptable")                                                   \
	X(TCP_INVALID_END_SEQUENCE, "ends beyond the window, and the reader has more to read")                         \
	X(TCP_INVALID_ACK_SEQUENCE, "acknowledges what was never sent")                                                \
	X(TCP_RFC7323_PAWS, "timestamp is older than the last (PAWS)")                                                 \
	X(TCP_OLD_ACK, "acknowledges only what was acknowledged long ago")                                             \
	X(TCP_RESET, "a reset, acted upon or out of the window")                                                       \
	X(TCP_INVALID_SYN, "a SYN inside a connection")                                                                \
	X(TCP_CLOSE, "the connection is closed")                                                                       \
	X(TCP_TIMEWAIT, "served by TIME_WAIT")                                                                         \
	X(TCP_LISTEN_OVERFLOW, "the accept queue is full")                                                             \
	X(TCP_REQQ_FULL, "the SYN queue is full")                                                                      \
	X(TCP_OFOMERGE, "the out-of-order queue holds it already")                                                     \
	X(TCP_MINTTL, "it came from further away than IP_MINTTL allows")                                               \
	X(SKB_UCOPY_FAULT, "the program's buffer could not be used")                                                   \
	X(TCP_OFO_QUEUE_PRUNE, "taken out of the out-of-order queue for want of memory")                               \
	X(TCP_ABORT_ON_DATA, "data for a socket that nobody reads any more")                                           \
	X(UNIX_DISCONNECT, "the peer went away")                                                                       \
	X(PACKET_SOCK_ERROR, "a packet socket could not take it")

enum skb_drop_reason {
	SKB_NOT_DROPPED_YET = 0,
	SKB_CONSUMED,
#define X(name, text) SKB_DROP_REASON_##name,
	SKB_DROP_REASONS(X)
#undef X
	SKB_DROP_REASON_MAX
};
const char *skb_drop_reason_name(enum skb_drop_reason r);
const char *skb_drop_reason_text(enum skb_drop_reason r);
