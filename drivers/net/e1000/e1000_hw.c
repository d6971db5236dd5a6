/* drivers/net/e1000/e1000_hw.c - the 8254x's registers: reset, EEPROM, addresses, link, counters
 *
 * Called: e1000_main.c.
 * Locks:  rtnl, or as a function says.
 * Absent: the PHY's own registers: auto-negotiation is left to the hardware.
 */
#include "drivers/net/e1000/e1000.h"
#include "kernel/sched/task.h"

/* [14.3] Interrupts off, transmit and receive off, reset, interrupts off again. */
int e1000_reset_hw(struct e1000 *e)
{
	ew32(e, E1000_IMC, ~0u);
	ew32(e, E1000_RCTL, 0);
	ew32(e, E1000_TCTL, TCTL_PSP);
	ew32(e, E1000_CTRL, er32(e, E1000_CTRL) | CTRL_RST);
	for (int tries = 0; tries < 100; tries++) {
		sleep_ns(NSEC_PER_MSEC);
		if (!(er32(e, E1000_CTRL) & CTRL_RST))
			break;
	}
	if (er32(e, E1000_CTRL) & CTRL_RST)
		return -EIO;
	ew32(e, E1000_IMC, ~0u);
	er32(e, E1000_ICR);
	ew32(e, E1000_CTRL, er32(e, E1000_CTRL) | CTRL_ASDE | CTRL_SLU);
	for (u32 i = 0; i < 128; i++)
		ew32(e, E1000_MTA + 4 * i, 0);
	return 0;
}

/* One 16-bit word of the EEPROM [13.4.4]. */
static int eeprom_read(struct e1000 *e, u8 word, u16 *v)
{
	ew32(e, E1000_EERD, EERD_START | (u32)word << 8);
	for (int tries = 0; tries < 50; tries++) {
		u32 r = er32(e, E1000_EERD);

		if (r & EERD_DONE) {
			*v = (u16)(r >> 16);
			return 0;
		}
		sleep_ns(NSEC_PER_MSEC);
	}
	return -EIO;
}

static bool mac_valid(const u8 *m) { return !(m[0] & 1) && (m[0] | m[1] | m[2] | m[3] | m[4] | m[5]); }

/* From the EEPROM [5.6.1], else what the device loaded into its filter. */
int e1000_read_mac(struct e1000 *e, u8 *mac)
{
	u32 lo, hi;
	u16 w;

	for (u8 i = 0; i < 3; i++) {
		if (eeprom_read(e, i, &w))
			break;
		mac[2 * i] = (u8)w;
		mac[2 * i + 1] = (u8)(w >> 8);
		if (i == 2 && mac_valid(mac))
			return 0;
	}
	lo = er32(e, E1000_RAL);
	hi = er32(e, E1000_RAH);
	memcpy(mac, &lo, 4);
	memcpy(mac + 4, &hi, 2);
	return mac_valid(mac) ? 0 : -EIO;
}

void e1000_write_mac(struct e1000 *e, const u8 *mac)
{
	u32 lo, hi = 0;

	memcpy(&lo, mac, 4);
	memcpy(&hi, mac + 4, 2);
	ew32(e, E1000_RAL, lo);
	ew32(e, E1000_RAH, hi | RAH_AV);
}

/* All multicast is let in while the device takes any: the stack filters by group. What does not change is not written:
 * QEMU's card is deaf for a second after each write to RCTL (frames wait at its other end), so that is also when the
 * first answer comes after boot. */
void e1000_set_rx_mode(struct net_device *dev)
{
	struct e1000 *e = netdev_priv(dev);
	u32 rctl = RCTL_EN | RCTL_BAM | RCTL_SECRC;

	if (dev->flags & IFF_PROMISC)
		rctl |= RCTL_UPE | RCTL_MPE;
	if (dev->flags & (IFF_MULTICAST | IFF_ALLMULTI))
		rctl |= RCTL_MPE;
	if (er32(e, E1000_RCTL) != rctl)
		ew32(e, E1000_RCTL, rctl);
}

/* The registers clear when read. Any context. */
void e1000_read_counters(struct e1000 *e)
{
	unsigned long flags;

	spin_lock_irqsave(&e->stats_lock, flags);
	e->missed += er32(e, E1000_MPC);
	e->no_buffer += er32(e, E1000_RNBC);
	e->crc_errors += er32(e, E1000_CRCERRS);
	e->length_errors += er32(e, E1000_RLEC) + er32(e, E1000_RUC) + er32(e, E1000_ROC);
	e->rx_errors += er32(e, E1000_RXERRC);
	e->collisions += er32(e, E1000_COLC);
	spin_unlock_irqrestore(&e->stats_lock, flags);
}

/* TXDW only while the ring is full: otherwise transmitted packets are reclaimed in passing, without an interrupt. */
void e1000_irq_enable(struct e1000 *e)
{
	ew32(e, E1000_IMS, INT_LSC | INT_RXDMT0 | INT_RXO | INT_RXT0 | (netif_queue_stopped(e->dev) ? INT_TXDW : 0));
}

/* Any context. */
void e1000_check_link(struct e1000 *e)
{
	bool up = er32(e, E1000_STATUS) & STATUS_LU;

	if (up && !netif_carrier_ok(e->dev))
		netif_carrier_on(e->dev);
	else if (!up && netif_carrier_ok(e->dev))
		netif_carrier_off(e->dev);
}
