/* net/unix/unix.h - AF_UNIX starts here */
#pragma once

void unix_init(void);
