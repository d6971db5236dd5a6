/* drivers/drivers.h - every driver, started in order: char devices, the PCI bus, then what was found on it */
#pragma once

void drivers_init(void);
