/* drivers/char/serial8250.h - the PC's serial ports as terminals ttyS0 and ttyS1, and the console */
#pragma once

void serial8250_init(void);
