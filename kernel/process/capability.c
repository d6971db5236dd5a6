/* kernel/process/capability.c - questions about current's credentials that other rooms ask
 *
 * What:   group ranges, for net.ipv4.ping_group_range.
 * Called: net/ipv4/ping.c, in process context.
 */
#include "kernel/process/process.h"

bool current_in_group_range(u32 lo, u32 hi)
{
	const struct cred *c = current_cred();

	if (c->egid >= lo && c->egid <= hi)
		return true;
	for (u32 i = 0; i < c->ngroups; i++)
		if (c->groups[i] >= lo && c->groups[i] <= hi)
			return true;
	return false;
}
