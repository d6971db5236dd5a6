/* tests/packet/memory.c - memory for the tree of a script: given once, gone with the process */
#include "kernel/trace/printk.h"
#include "lib/string.h"
#include "tests/host/sys.h"
#include "tests/packet/pkt.h"

void *pkt_alloc(size_t n)
{
	void *p = sys_malloc(n, 16);

	BUG_UNLESS(p);
	memset(p, 0, n);
	return p;
}
char *pkt_strndup(const char *s, size_t n)
{
	char *copy = pkt_alloc(n + 1);

	memcpy(copy, s, n);
	return copy;
}
