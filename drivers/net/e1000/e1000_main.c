/* drivers/net/e1000/e1000_main.c - Intel 8254x Ethernet: finding it, up and down, interrupt and poll
 *
 * What:   the 82540EM and its kin, as QEMU models them.
 * Called: the PCI bus (probe), net/core (ndo_*), the interrupt, NET_RX.
 * Calls:  e1000_hw.c, e1000_rx.c, e1000_tx.c.
 * Locks:  rtnl for up, down and resizing; the poll owns receive, the tx lock transmit.
 * Absent: wake on LAN, VLAN filters, flow control, suspend.
 */
#include "drivers/net/e1000/e1000.h"
#include "kernel/arch/arch.h"
#include "kernel/init.h"
#include "kernel/trace/printk.h"

/* One interrupt in 50 us at most: ITR counts 256 ns [13.4.18]. */
#define ITR_20000_A_SECOND 195

static const struct pci_device_id e1000_ids[] = {
	{ 0x8086, 0x100e }, /* 82540EM */
	{ 0x8086, 0x1004 }, /* 82543GC */
	{ 0x8086, 0x1008 }, /* 82544EI */
	{ 0x8086, 0x100c }, /* 82544GC */
	{ 0x8086, 0x100f }, /* 82545EM */
	{ 0x8086, 0x1015 }, /* 82540EM LOM */
	{ 0x8086, 0x1011 }, /* 82545EM fiber */
	{ 0x8086, 0x1010 }, /* 82546EB */
	{ 0x8086, 0x1026 }, /* 82545GM */
	{ 0 },
};

/* Reading ICR clears it; 0 means that the line was another's. Masks, schedules, no more. */
static irqreturn_t e1000_interrupt(int irq, void *arg)
{
	struct e1000 *e = arg;
	u32 cause = er32(e, E1000_ICR);

	if (!cause || cause == ~0u)
		return IRQ_NONE;
	if (unlikely(cause & INT_LSC))
		e1000_check_link(e);
	if (napi_schedule_prep(&e->napi)) {
		ew32(e, E1000_IMC, ~0u);
		__napi_schedule(&e->napi);
	}
	return IRQ_HANDLED;
}

static int e1000_poll(struct napi_struct *n, int budget)
{
	struct e1000 *e = container_of(n, struct e1000, napi);
	int done;

	e1000_tx_poll(e);
	done = e1000_rx_clean(e, budget);
	if (done < budget && napi_complete_done(n, done))
		e1000_irq_enable(e);
	return done;
}

/* --- up and down --- */

int e1000_up(struct e1000 *e)
{
	int r = e1000_reset_hw(e);

	if (r)
		return r;
	r = e1000_rx_alloc(e);
	if (r)
		return r;
	r = e1000_tx_alloc(e);
	if (r) {
		e1000_rx_free(e);
		return r;
	}
	e1000_write_mac(e, e->dev->dev_addr);
	ew32(e, E1000_ITR, ITR_20000_A_SECOND);
	e1000_tx_start(e);
	e1000_rx_start(e);
	e->up = true;
	napi_enable(&e->napi);
	netif_wake_queue(e->dev);
	e1000_check_link(e);
	e1000_irq_enable(e);
	return 0;
}

/* After it nothing of the device or of ours touches the rings. */
void e1000_down(struct e1000 *e)
{
	struct netdev_queue *txq = &e->dev->tx;

	spin_lock_bh(&txq->_xmit_lock);
	e->up = false;
	netif_stop_queue(e->dev);
	spin_unlock_bh(&txq->_xmit_lock);
	ew32(e, E1000_IMC, ~0u);
	napi_disable(&e->napi);
	timer_delete_sync(&e->tx_timer);
	e1000_read_counters(e);
	e1000_reset_hw(e); /* stops DMA before the memory goes */
	e1000_tx_free(e);
	e1000_rx_free(e);
}

static int e1000_open(struct net_device *dev)
{
	struct e1000 *e = netdev_priv(dev);
	int r = request_irq(e->pci->irq, e1000_interrupt, dev->name, e);

	if (r)
		return r;
	r = e1000_up(e);
	if (r)
		free_irq(e->pci->irq, e);
	return r;
}

static int e1000_stop(struct net_device *dev)
{
	struct e1000 *e = netdev_priv(dev);

	if (e->up)
		e1000_down(e);
	free_irq(e->pci->irq, e);
	return 0;
}

static void e1000_reset_work(struct work_struct *w)
{
	struct e1000 *e = container_of(w, struct e1000, reset_work);
	struct net *net = e->dev->net;

	rtnl_lock(net);
	if (e->up) {
		e->resets++;
		e1000_down(e);
		if (e1000_up(e))
			pr_err("%s: does not come back after a reset\n", e->dev->name);
	}
	rtnl_unlock(net);
}

/* Softirq: the reset sleeps, so it is a worker's. */
static void e1000_tx_timeout(struct net_device *dev)
{
	struct e1000 *e = netdev_priv(dev);

	schedule_work(&e->reset_work);
}

static int e1000_set_mac_address(struct net_device *dev, const u8 *addr)
{
	if (addr[0] & 1 || !(addr[0] | addr[1] | addr[2] | addr[3] | addr[4] | addr[5]))
		return -EADDRNOTAVAIL;
	memcpy(dev->dev_addr, addr, ETH_ALEN);
	e1000_write_mac(netdev_priv(dev), addr);
	return 0;
}

static void e1000_get_stats64(struct net_device *dev, struct net_device_stats64 *s)
{
	struct e1000 *e = netdev_priv(dev);

	e1000_read_counters(e);
	s->rx_missed_errors = e->missed;
	s->rx_fifo_errors = e->no_buffer;
	s->rx_crc_errors = e->crc_errors;
	s->rx_length_errors = e->length_errors;
	s->rx_errors = e->crc_errors + e->length_errors + e->rx_errors + e->bad_frames;
	s->collisions = e->collisions;
}

static const struct net_device_ops e1000_netdev_ops = {
	.ndo_open = e1000_open,
	.ndo_stop = e1000_stop,
	.ndo_start_xmit = e1000_xmit,
	.ndo_get_stats64 = e1000_get_stats64,
	.ndo_set_mac_address = e1000_set_mac_address,
	.ndo_set_rx_mode = e1000_set_rx_mode,
	.ndo_tx_timeout = e1000_tx_timeout,
};

/* --- probe --- */

/* "e1000.rx=512" on the kernel's command line; a multiple of 8 [13.4.27]. */
static u32 ring_size(const char *option)
{
	char text[16];
	u32 n;

	if (!cmdline_get(option, text, sizeof(text)) || kstrtou32(text, 10, &n))
		return E1000_RING_DEFAULT;
	return ALIGN_DOWN(clamp(n, E1000_RING_MIN, E1000_RING_MAX), 8u);
}

static void e1000_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &e1000_netdev_ops;
	dev->ethtool_ops = &e1000_ethtool_ops;
	dev->features = dev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_RXCSUM;
}

static int e1000_hw_init(struct e1000 *e)
{
	int r;

	e->regs = pci_map_bar(e->pci, 0, 0x8000);
	if (!e->regs)
		return -ENODEV;
	pci_enable(e->pci);
	r = e1000_reset_hw(e);
	if (!r)
		r = e1000_read_mac(e, e->dev->dev_addr);
	if (!r)
		r = pci_alloc_irq(e->pci);
	return r < 0 ? r : 0;
}

static int e1000_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct net_device *dev = alloc_netdev(sizeof(struct e1000), "eth%d", e1000_setup);
	struct e1000 *e;
	int r;

	if (!dev)
		return -ENOMEM;
	e = netdev_priv(dev);
	e->dev = dev;
	e->pci = pci;
	e->rx_count = ring_size("e1000.rx");
	e->tx_count = ring_size("e1000.tx");
	spin_lock_init(&e->stats_lock);
	timer_setup(&e->tx_timer, e1000_tx_timer);
	INIT_WORK(&e->reset_work, e1000_reset_work);
	netif_napi_add(dev, &e->napi, e1000_poll);
	r = e1000_hw_init(e);
	if (!r) {
		dev->irq = pci->irq;
		pci->priv = e;
		r = register_netdev(init_net, dev);
	}
	if (r) {
		pci_free_irq(pci);
		if (e->regs)
			iounmap(e->regs);
		free_netdev(dev);
		return r;
	}
	pr_info("%s: Intel 8254x %04x at %02x:%02x.%x, %pM, irq %d\n", dev->name, pci->device, pci->bus, pci->slot,
		pci->fn, dev->dev_addr, pci->irq);
	return 0;
}

static const struct pci_driver e1000_driver = { .name = "e1000", .ids = e1000_ids, .probe = e1000_probe };

void e1000_init(void) { pci_register_driver(&e1000_driver); }
