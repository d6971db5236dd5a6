/* net/core/softnet.h - what each CPU keeps to receive and to send; shared by napi.c, dev_rx.c and dev_tx.c */
#pragma once
#include "net/core/core.h"

struct softnet_data { /* [P] */
	struct list_head poll_list;	/* NAPIs that are due; interrupts off to change it */
	struct sk_buff_head input_pkt_queue; /* netif_rx() puts here, its lock guards it */
	struct napi_struct backlog;	/* the NAPI that drains it */
	struct netdev_queue *output_queue; /* devices to drain in NET_TX; interrupts off to change it */
	struct netdev_queue *batch;	/* what to drain at dev_xmit_batch_end() */
	struct sk_buff *batch_alone;	/* the only packet of the batch so far, not in the queue yet */
	u32 batch_depth;
	u32 xmit_recursion;
	u64 processed, dropped, time_squeeze;
	u64 rx_batches, rx_batch;	/* how many there were; the number of the one that is going up, or 0 */
};
extern struct softnet_data *softnet_data;
static inline struct softnet_data *this_softnet(void) { return this_cpu_ptr(softnet_data); }
/* The batch that is being received on this CPU; 0: none. All of its packets had arrived before the first of them was
 * looked at, so that what was found out for one of them holds for the others too. Softirq. */
static inline u64 netif_rx_batch(void) { return this_softnet()->rx_batch; }

void netif_receive_skb_list(struct sk_buff *list);
void backlog_init(struct softnet_data *sd);
void net_tx_action(void);
void net_rx_action(void);
/* Gives every tap a copy of a packet that leaves. */
void dev_queue_xmit_nit(struct sk_buff *skb, struct net_device *dev);
struct seq_file;
int ptype_show(struct seq_file *m, void *unused); /* /proc/net/ptype */
void dev_queue_purge(struct net_device *dev);
