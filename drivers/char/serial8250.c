/* drivers/char/serial8250.c - the 16550A UART: two FIFOs of 16 bytes and an interrupt
 *
 * What:   finds COM1 and COM2 (scratch register), receives and sends by interrupt, is the kernel's console.
 * Called: drivers.c; the tty room's hooks (any context); the interrupt; printk in any context.
 * Calls:  tty_receive(), tty_wakeup().
 * Locks:  port->lock with interrupts off guards the registers and the transmit ring. It is the innermost lock but
 *         for wait queues.
 * Absent: modem control (RTS and CTS are not used), DMA, UARTs beyond the two of the PC.
 * Source: National Semiconductor PC16550D data sheet, section 8.
 */
#include "drivers/char/serial8250.h"
#include "kernel/arch/arch.h"
#include "kernel/arch/io.h"
#include "kernel/fs/tty.h"
#include "kernel/sync/spinlock.h"
#include "kernel/trace/printk.h"
#include <linux/serial_reg.h>

#define TX_RING 4096u
#define FIFO_SIZE 16

struct uart_port {
	u16 iobase;		/* [C] */
	int irq;		/* [C] */
	const char *name;	/* [C] */
	spinlock_t lock;
	struct tty_struct *tty; /* [C] */
	u8 ier;			/* the interrupt enable register as last written */
	char ring[TX_RING];
	u32 head, tail;		/* run freely */
	u64 overruns;
};

static struct uart_port ports[2] = {
	{ .iobase = 0x3f8, .irq = 4, .name = "ttyS0" },
	{ .iobase = 0x2f8, .irq = 3, .name = "ttyS1" },
};

static u8 uart_in(const struct uart_port *p, u16 reg) { return inb((u16)(p->iobase + reg)); }
static void uart_out(const struct uart_port *p, u16 reg, u8 v) { outb(v, (u16)(p->iobase + reg)); }

static void set_ier(struct uart_port *p, u8 ier)
{
	if (p->ier != ier)
		uart_out(p, UART_IER, ier);
	p->ier = ier;
}

/* Fills the transmit FIFO; it is empty when the line status says so. Asks for an interrupt while bytes remain. */
static void pump_locked(struct uart_port *p)
{
	bool stopped = p->tty && tty_is_stopped(p->tty);

	if (!stopped && p->head != p->tail && (uart_in(p, UART_LSR) & UART_LSR_THRE))
		for (int i = 0; i < FIFO_SIZE && p->head != p->tail; i++)
			uart_out(p, UART_TX, (u8)p->ring[p->tail++ % TX_RING]);
	set_ier(p, (u8)(UART_IER_RDI | UART_IER_RLSI | (!stopped && p->head != p->tail ? UART_IER_THRI : 0)));
}

static size_t uart_write(struct tty_struct *tty, const char *buf, size_t n)
{
	struct uart_port *p = tty_driver_data(tty);
	unsigned long flags;
	size_t done = 0;

	spin_lock_irqsave(&p->lock, flags);
	while (done < n && p->head - p->tail < TX_RING)
		p->ring[p->head++ % TX_RING] = buf[done++];
	pump_locked(p);
	spin_unlock_irqrestore(&p->lock, flags);
	return done;
}

static size_t uart_chars(struct tty_struct *tty)
{
	struct uart_port *p = tty_driver_data(tty);

	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static size_t uart_room(struct tty_struct *tty) { return TX_RING - min(uart_chars(tty), (size_t)TX_RING); }

static void uart_flush(struct tty_struct *tty)
{
	struct uart_port *p = tty_driver_data(tty);
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	p->tail = p->head;
	uart_out(p, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_CLEAR_XMIT | UART_FCR_TRIGGER_8);
	pump_locked(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void uart_start(struct tty_struct *tty)
{
	struct uart_port *p = tty_driver_data(tty);
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	pump_locked(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void uart_break(struct tty_struct *tty, bool on)
{
	struct uart_port *p = tty_driver_data(tty);
	unsigned long flags;
	u8 lcr;

	spin_lock_irqsave(&p->lock, flags);
	lcr = uart_in(p, UART_LCR) & (u8)~UART_LCR_SBC;
	uart_out(p, UART_LCR, on ? lcr | UART_LCR_SBC : lcr);
	spin_unlock_irqrestore(&p->lock, flags);
}

static const struct tty_operations uart_ops = {
	.write = uart_write,
	.write_room = uart_room,
	.chars_in_buffer = uart_chars,
	.flush_buffer = uart_flush,
	.start = uart_start,
	.break_ctl = uart_break,
};

/* Up to max received bytes; drained in one go, since each FIFO fills once an interrupt. */
static size_t receive_locked(struct uart_port *p, char *buf, size_t max)
{
	size_t n = 0;
	u8 lsr;

	while (n < max && ((lsr = uart_in(p, UART_LSR)) & UART_LSR_DR)) {
		char c = (char)uart_in(p, UART_RX);

		p->overruns += !!(lsr & UART_LSR_OE);
		if (!(lsr & (UART_LSR_PE | UART_LSR_FE | UART_LSR_BI)))
			buf[n++] = c;
	}
	return n;
}

static irqreturn_t uart_interrupt(int irq, void *dev)
{
	struct uart_port *p = dev;
	char buf[64];
	size_t n;
	u32 before;
	bool sent;

	spin_lock(&p->lock);
	if (uart_in(p, UART_IIR) & UART_IIR_NO_INT) {
		spin_unlock(&p->lock);
		return IRQ_NONE;
	}
	n = receive_locked(p, buf, sizeof(buf));
	before = p->tail;
	pump_locked(p);
	sent = p->tail != before && p->head - p->tail < TX_RING / 2;
	spin_unlock(&p->lock);
	if (n)
		tty_receive(p->tty, buf, n);
	if (sent)
		tty_wakeup(p->tty);
	return IRQ_HANDLED;
}

/* --- the console: by polling, so that it works when nothing else does --- */

static void console_putc(struct uart_port *p, char c)
{
	for (int spins = 0; spins < 100000 && !(uart_in(p, UART_LSR) & UART_LSR_THRE); spins++)
		cpu_relax();
	uart_out(p, UART_TX, (u8)c);
}

/* Any context. A CPU that died holding the lock must not silence the others: after a while it is ignored. */
static void console_write(const char *s, size_t n)
{
	struct uart_port *p = &ports[0];
	unsigned long flags = local_irq_save();
	bool locked = false;

	for (int tries = 0; tries < 1000000 && !(locked = spin_trylock(&p->lock)); tries++)
		cpu_relax();
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			console_putc(p, '\r');
		console_putc(p, s[i]);
	}
	if (locked)
		spin_unlock(&p->lock);
	local_irq_restore(flags);
}

/* --- start --- */

static bool uart_present(const struct uart_port *p)
{
	uart_out(p, UART_SCR, 0x5a);
	if (uart_in(p, UART_SCR) != 0x5a)
		return false;
	uart_out(p, UART_SCR, 0xa5);
	return uart_in(p, UART_SCR) == 0xa5;
}

static void uart_setup(struct uart_port *p)
{
	uart_out(p, UART_IER, 0);
	uart_out(p, UART_LCR, UART_LCR_DLAB | UART_LCR_WLEN8);
	uart_out(p, UART_DLL, 1); /* 115200 */
	uart_out(p, UART_DLM, 0);
	uart_out(p, UART_LCR, UART_LCR_WLEN8);
	uart_out(p, UART_FCR, UART_FCR_ENABLE_FIFO | UART_FCR_TRIGGER_8);
	uart_out(p, UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2); /* OUT2 lets the interrupt through */
	while (uart_in(p, UART_LSR) & UART_LSR_DR)
		uart_in(p, UART_RX);
}

static void uart_add(struct uart_port *p, u32 minor)
{
	unsigned long flags;

	if (!uart_present(p))
		return;
	spin_lock_init(&p->lock);
	p->tty = tty_register(p->name, minor, &uart_ops, p);
	if (!p->tty)
		return;
	uart_setup(p);
	if (request_irq(p->irq, uart_interrupt, p->name, p))
		pr_err("%s: irq %d is taken\n", p->name, p->irq);
	spin_lock_irqsave(&p->lock, flags);
	p->ier = 0xff;
	pump_locked(p);
	spin_unlock_irqrestore(&p->lock, flags);
	if (minor == 64)
		console_register(console_write);
	pr_info("%s at port 0x%x, irq %d\n", p->name, p->iobase, p->irq);
}

void serial8250_init(void)
{
	uart_add(&ports[0], 64);
	uart_add(&ports[1], 65);
}
