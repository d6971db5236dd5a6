/* drivers/drivers.c - the order in which drivers start
 *
 * Called: kernel/main.c, once, in a kernel thread.
 */
#include "drivers/drivers.h"
#include "drivers/char/serial8250.h"
#include "drivers/net/e1000/e1000.h"
#include "drivers/net/tun/tun.h"
#include "drivers/pci/pci.h"

void drivers_init(void)
{
	serial8250_init();
	tun_init();
	pci_init();
	e1000_init();
}
