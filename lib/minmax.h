/* lib/minmax.h - the smallest or largest value of a window of time, in three samples
 *
 * What:   a filter after Kathleen Nichols: it keeps the best value of the window, and the best of what came after it,
 *         twice, so that when the best grows too old the next is at hand. Constant memory, constant time, and the
 *         answer is never better than the truth of the window and seldom worse.
 * Locks:  the caller's.
 */
#pragma once
#include "lib/types.h"

struct minmax_sample { u32 t, v; }; /* when, in any unit that wraps; what */
struct minmax { struct minmax_sample s[3]; }; /* best, second best of later ones, third */

static inline u32 minmax_get(const struct minmax *m) { return m->s[0].v; }
/* Forgets all else. */
static inline u32 minmax_reset(struct minmax *m, u32 t, u32 v)
{
	m->s[0] = m->s[1] = m->s[2] = (struct minmax_sample){ t, v };
	return v;
}
/* A new value v at time t; the best of the last window is returned. */
u32 minmax_running_min(struct minmax *m, u32 window, u32 t, u32 v);
u32 minmax_running_max(struct minmax *m, u32 window, u32 t, u32 v);
