/* kernel/selftest.h - breaking one promise on purpose, to see that somebody notices */
#pragma once

/* With "selftest=NAME" on the command line: does it, and does not come back. Process context, all rooms started. */
void selftest_run(void);
