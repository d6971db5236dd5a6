/* drivers/drivers.c - the order in which drivers start */
#include "drivers/drivers.h"
#include "drivers/char/serial8250.h"

void drivers_init(void)
{
	serial8250_init();
}
