/* net/core/snmp.h - the MIB counters, under Linux's names, per CPU and per struct net
 *
 * NET_INC_STATS(net, TCP_RETRANSSEGS) costs one add. /proc/net/snmp and netstat print the sums. The order of the
 * lists is the order of the columns.
 */
#pragma once
#include "kernel/mm/slab.h"
#include "net/core/drop_reason.h"
#include "net/core/snmp_tcpext.h"

/* group, C name, printed name */
#define MIB_IP(X)                                                                                                      \
	X(IP_INRECEIVES, "InReceives") X(IP_INHDRERRORS, "InHdrErrors") X(IP_INADDRERRORS, "InAddrErrors") \
	X(IP_FORWDATAGRAMS, "ForwDatagrams") X(IP_INUNKNOWNPROTOS, "InUnknownProtos") X(IP_INDISCARDS, "InDiscards") \
	X(IP_INDELIVERS, "InDelivers") X(IP_OUTREQUESTS, "OutRequests") X(IP_OUTDISCARDS, "OutDiscards") \
	X(IP_OUTNOROUTES, "OutNoRoutes") X(IP_REASMTIMEOUT, "ReasmTimeout") X(IP_REASMREQDS, "ReasmReqds") \
	X(IP_REASMOKS, "ReasmOKs") X(IP_REASMFAILS, "ReasmFails") X(IP_FRAGOKS, "FragOKs") \
	X(IP_FRAGFAILS, "FragFails") \
	X(IP_FRAGCREATES, "FragCreates")
#define MIB_ICMP(X)                                                                                                    \
	X(ICMP_INMSGS, "InMsgs") X(ICMP_INERRORS, "InErrors") X(ICMP_INCSUMERRORS, "InCsumErrors") \
	X(ICMP_INDESTUNREACHS, "InDestUnreachs") X(ICMP_INTIMEEXCDS, "InTimeExcds") X(ICMP_INPARMPROBS, "InParmProbs") \
	X(ICMP_INSRCQUENCHS, "InSrcQuenchs") X(ICMP_INREDIRECTS, "InRedirects") X(ICMP_INECHOS, "InEchos") \
	X(ICMP_INECHOREPS, "InEchoReps") X(ICMP_INTIMESTAMPS, "InTimestamps") \
	X(ICMP_INTIMESTAMPREPS, "InTimestampReps") \
	X(ICMP_INADDRMASKS, "InAddrMasks") X(ICMP_INADDRMASKREPS, "InAddrMaskReps") X(ICMP_OUTMSGS, "OutMsgs") \
	X(ICMP_OUTERRORS, "OutErrors") X(ICMP_OUTDESTUNREACHS, "OutDestUnreachs") X(ICMP_OUTTIMEEXCDS, "OutTimeExcds") \
	X(ICMP_OUTPARMPROBS, "OutParmProbs") X(ICMP_OUTSRCQUENCHS, "OutSrcQuenchs") \
	X(ICMP_OUTREDIRECTS, "OutRedirects") \
	X(ICMP_OUTECHOS, "OutEchos") X(ICMP_OUTECHOREPS, "OutEchoReps") X(ICMP_OUTTIMESTAMPS, "OutTimestamps") \
	X(ICMP_OUTTIMESTAMPREPS, "OutTimestampReps") X(ICMP_OUTADDRMASKS, "OutAddrMasks") \
	X(ICMP_OUTADDRMASKREPS, "OutAddrMaskReps")
#define MIB_TCP(X)                                                                                                     \
	X(TCP_ACTIVEOPENS, "ActiveOpens") X(TCP_PASSIVEOPENS, "PassiveOpens") X(TCP_ATTEMPTFAILS, "AttemptFails") \
	X(TCP_ESTABRESETS, "EstabResets") X(TCP_CURRESTAB, "CurrEstab") X(TCP_INSEGS, "InSegs") \
	X(TCP_OUTSEGS, "OutSegs") \
	X(TCP_RETRANSSEGS, "RetransSegs") X(TCP_INERRS, "InErrs") X(TCP_OUTRSTS, "OutRsts") \
	X(TCP_INCSUMERRORS, "InCsumErrors")
#define MIB_UDP(X)                                                                                                     \
	X(UDP_INDATAGRAMS, "InDatagrams") X(UDP_NOPORTS, "NoPorts") X(UDP_INERRORS, "InErrors") \
	X(UDP_OUTDATAGRAMS, "OutDatagrams") X(UDP_RCVBUFERRORS, "RcvbufErrors") X(UDP_SNDBUFERRORS, "SndbufErrors") \
	X(UDP_INCSUMERRORS, "InCsumErrors") X(UDP_IGNOREDMULTI, "IgnoredMulti") X(UDP_MEMERRORS, "MemErrors")
#define MIB_IPEXT(X)                                                                                                   \
	X(IPEXT_INNOROUTES, "InNoRoutes") X(IPEXT_INTRUNCATEDPKTS, "InTruncatedPkts") \
	X(IPEXT_INMCASTPKTS, "InMcastPkts") X(IPEXT_OUTMCASTPKTS, "OutMcastPkts") \
	X(IPEXT_INBCASTPKTS, "InBcastPkts") X(IPEXT_OUTBCASTPKTS, "OutBcastPkts") X(IPEXT_INOCTETS, "InOctets") \
	X(IPEXT_OUTOCTETS, "OutOctets") X(IPEXT_INMCASTOCTETS, "InMcastOctets") \
	X(IPEXT_OUTMCASTOCTETS, "OutMcastOctets") X(IPEXT_INBCASTOCTETS, "InBcastOctets") \
	X(IPEXT_OUTBCASTOCTETS, "OutBcastOctets") X(IPEXT_INCSUMERRORS, "InCsumErrors") \
	X(IPEXT_INNOECTPKTS, "InNoECTPkts") X(IPEXT_INECT1PKTS, "InECT1Pkts") X(IPEXT_INECT0PKTS, "InECT0Pkts") \
	X(IPEXT_INCEPKTS, "InCEPkts") X(IPEXT_REASMOVERLAPS, "ReasmOverlaps")
#define MIB_ALL(X) MIB_IP(X) MIB_ICMP(X) MIB_TCP(X) MIB_UDP(X) MIB_TCPEXT(X) MIB_IPEXT(X)

enum net_mib_item {
#define X(n, s) MIB_##n,
	MIB_ALL(X)
#undef X
	NR_MIB
};
struct net_mib { u64 v[NR_MIB]; u64 drops[SKB_DROP_REASON_MAX]; };

#define NET_ADD_STATS(net, item, n) (this_cpu_ptr((net)->mib)->v[MIB_##item] += (n))
#define NET_INC_STATS(net, item) NET_ADD_STATS(net, item, 1)
#define NET_DEC_STATS(net, item) NET_ADD_STATS(net, item, (u64)-1)
struct net;
/* Set by net/ipv4 at start: the settings that /proc/net/snmp prints before the counters of IP. */
extern void (*snmp_ip_settings)(const struct net *net, bool *forwarding, int *default_ttl);
u64 net_mib_sum(const struct net *net, enum net_mib_item item);
u64 net_drop_sum(const struct net *net, enum skb_drop_reason r);
