/* drivers/net/e1000/e1000.h - the 8254x: registers, descriptors, and what the driver keeps for one
 *
 * Numbers in brackets are sections of Intel's "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
 * Manual" (317453).
 */
#pragma once
#include "drivers/pci/pci.h"
#include "kernel/arch/io.h"
#include "kernel/sched/softirq.h"
#include "net/core/netdevice.h"

/* Registers, byte offsets in BAR 0 [13.4] */
#define E1000_CTRL 0x0000
#define E1000_STATUS 0x0008
#define E1000_EERD 0x0014
#define E1000_ICR 0x00c0
#define E1000_ITR 0x00c4
#define E1000_IMS 0x00d0
#define E1000_IMC 0x00d8
#define E1000_RCTL 0x0100
#define E1000_TCTL 0x0400
#define E1000_TIPG 0x0410
#define E1000_RDBAL 0x2800
#define E1000_RDBAH 0x2804
#define E1000_RDLEN 0x2808
#define E1000_RDH 0x2810
#define E1000_RDT 0x2818
#define E1000_RDTR 0x2820
#define E1000_RADV 0x282c
#define E1000_TDBAL 0x3800
#define E1000_TDBAH 0x3804
#define E1000_TDLEN 0x3808
#define E1000_TDH 0x3810
#define E1000_TDT 0x3818
#define E1000_TIDV 0x3820
#define E1000_TADV 0x382c
#define E1000_CRCERRS 0x4000
#define E1000_RXERRC 0x400c
#define E1000_MPC 0x4010
#define E1000_ECOL 0x4018
#define E1000_LATECOL 0x4020
#define E1000_COLC 0x4028
#define E1000_RLEC 0x4040
#define E1000_RNBC 0x40a0
#define E1000_RUC 0x40a4
#define E1000_ROC 0x40ac
#define E1000_RXCSUM 0x5000
#define E1000_MTA 0x5200 /* 128 words */
#define E1000_RAL 0x5400
#define E1000_RAH 0x5404

#define CTRL_ASDE BIT(5)
#define CTRL_SLU BIT(6)
#define CTRL_RST BIT(26)
#define STATUS_FD BIT(0)
#define STATUS_LU BIT(1)
#define EERD_START BIT(0)
#define EERD_DONE BIT(4)
#define INT_LSC BIT(2)
#define INT_TXDW BIT(0)
#define INT_RXDMT0 BIT(4)
#define INT_RXO BIT(6)
#define INT_RXT0 BIT(7)
#define RCTL_EN BIT(1)
#define RCTL_UPE BIT(3)
#define RCTL_MPE BIT(4)
#define RCTL_BAM BIT(15)
#define RCTL_SECRC BIT(26) /* the FCS is not written to memory; buffers are 2048 bytes (BSIZE 0) */
#define TCTL_EN BIT(1)
#define TCTL_PSP BIT(3) /* short frames are padded */
#define TCTL_CT(n) ((n) << 4)
#define TCTL_COLD(n) ((n) << 12)
#define RXCSUM_IPOFL BIT(8)
#define RXCSUM_TUOFL BIT(9)
#define RAH_AV BIT(31)

/* Receive descriptor [3.2.3] */
struct e1000_rx_desc {
	__le64 addr;
	union {
		struct { __le16 length, csum; u8 status, errors; __le16 special; };
		__le64 report; /* all that the device says of a frame, to be read at once */
	};
};
#define RXD_STATUS(report) ((u16)((report) >> 32)) /* and errors: what must and must not be set is one question */
#define RXD_DD 0x01
#define RXD_EOP 0x02
#define RXD_IXSM 0x04
#define RXD_TCPCS 0x20
#define RXD_ERR_TCPE 0x2000
#define RXD_ERR_FRAME 0x9700 /* CRC, symbol, sequence, carrier, data: the frame is bad */
#define E1000_RX_MAX 2048u

/* Transmit descriptors: data [3.3.7] and context [3.3.6], told apart by DTYP */
struct e1000_tx_desc { __le64 addr; __le32 cmd_len, opts; };
struct e1000_ctx_desc {
	u8 ipcss, ipcso;
	__le16 ipcse;
	u8 tucss, tucso;
	__le16 tucse;
	__le32 cmd_len;
	u8 status, hdrlen;
	__le16 mss;
};
#define TXD_DTYP_DATA (1u << 20)
#define TXD_EOP (1u << 24)
#define TXD_IFCS (1u << 25)
#define TXD_TSE (1u << 26)
#define CTX_TCP (1u << 24) /* TUCMD of a context */
#define CTX_IPV4 (1u << 25)
#define TXD_RS (1u << 27)
#define TXD_DEXT (1u << 29)
#define TXD_DD 1u
#define TXD_POPTS_IXSM (1u << 8)
#define TXD_POPTS_TXSM (2u << 8)
#define E1000_TX_MAX 8192u /* bytes a descriptor; the hardware allows a little more [3.3.3] */

#define E1000_RING_MIN 64u
#define E1000_RING_MAX 4096u
#define E1000_RING_DEFAULT 256u
/* A context, the head, and each fragment, in pieces of E1000_TX_MAX at most (64 KiB in all). */
#define E1000_TX_WORST (1u + 1u + MAX_SKB_FRAGS + 65536u / E1000_TX_MAX)

struct e1000_tx_slot { struct sk_buff *skb; u32 last; }; /* at a packet's first descriptor: its last one */
struct e1000 {
	struct net_device *dev;		/* [C] */
	struct pci_dev *pci;		/* [C] */
	u8 *regs;			/* [C] */
	struct napi_struct napi;
	u32 rx_count, tx_count;		/* ring sizes; change while down */
	/* receive: the poll's */
	struct e1000_rx_desc *rx_ring;
	dma_addr_t rx_dma;
	struct sk_buff **rx_skbs;
	u32 rx_next;
	bool rx_skip;			/* in a frame of several descriptors: dropped up to its end */
	/* transmit: dev->tx._xmit_lock */
	struct e1000_tx_desc *tx_ring;
	dma_addr_t tx_dma;
	struct e1000_tx_slot *tx_slots;
	u32 tx_next, tx_clean;		/* next free; oldest not yet reclaimed */
	u32 tx_doorbell;		/* what TDT holds */
	u16 ctx_start, ctx_field;	/* checksum context that the device has; 0: none */
	struct timer_list tx_timer;	/* reclaims when nobody else comes by */
	/* the rest: rtnl, or as said */
	struct work_struct reset_work;
	bool up;
	spinlock_t stats_lock;
	u64 missed, no_buffer, crc_errors, length_errors, rx_errors, collisions; /* stats_lock */
	u64 resets, stops, bad_frames;
};

static inline u32 er32(const struct e1000 *e, u32 reg) { return readl(e->regs + reg); }
static inline void ew32(struct e1000 *e, u32 reg, u32 v) { writel(v, e->regs + reg); }
static inline u32 ring_next(u32 i, u32 count) { return i + 1 == count ? 0 : i + 1; }
static inline u32 tx_free_slots(const struct e1000 *e)
{
	return (e->tx_clean > e->tx_next ? 0 : e->tx_count) + e->tx_clean - e->tx_next - 1;
}

/* e1000_hw.c */
int e1000_reset_hw(struct e1000 *e);	/* may sleep */
int e1000_read_mac(struct e1000 *e, u8 *mac);
void e1000_write_mac(struct e1000 *e, const u8 *mac);
void e1000_set_rx_mode(struct net_device *dev);
void e1000_read_counters(struct e1000 *e);
void e1000_irq_enable(struct e1000 *e);
void e1000_check_link(struct e1000 *e);
/* e1000_rx.c */
int e1000_rx_alloc(struct e1000 *e);
void e1000_rx_free(struct e1000 *e);
void e1000_rx_start(struct e1000 *e);
int e1000_rx_clean(struct e1000 *e, int budget);
/* e1000_tx.c */
int e1000_tx_alloc(struct e1000 *e);
void e1000_tx_free(struct e1000 *e);
void e1000_tx_start(struct e1000 *e);
netdev_tx_t e1000_xmit(struct sk_buff *skb, struct net_device *dev);
void e1000_tx_poll(struct e1000 *e);
void e1000_tx_timer(struct timer_list *t);
/* e1000_ethtool.c */
extern const struct ethtool_ops e1000_ethtool_ops;
/* e1000_main.c */
int e1000_up(struct e1000 *e);		/* rtnl held */
void e1000_down(struct e1000 *e);
void e1000_init(void);
