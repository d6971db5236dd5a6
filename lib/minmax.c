/* lib/minmax.c - the filter of minmax.h
 *
 * Called: net/tcp for round trips and bandwidths; any context.
 */
#include "lib/minmax.h"

static bool better(u32 a, u32 b, bool max) { return max ? a >= b : a <= b; }

/* As time passes the best leaves the window, and the runners-up move up; a quarter and a half of a window without a new
 * best renew the runners-up, so that they are spread over the window and not all as old as the best. */
static u32 age(struct minmax *m, u32 window, struct minmax_sample now)
{
	u32 since = now.t - m->s[0].t;

	if (since > window) {
		m->s[0] = m->s[1];
		m->s[1] = m->s[2];
		m->s[2] = now;
		if (now.t - m->s[0].t > window) {
			m->s[0] = m->s[1];
			m->s[1] = m->s[2];
		}
	} else if (m->s[1].t == m->s[0].t && since > window / 4) {
		m->s[2] = m->s[1] = now;
	} else if (m->s[2].t == m->s[1].t && since > window / 2) {
		m->s[2] = now;
	}
	return m->s[0].v;
}
static u32 running(struct minmax *m, u32 window, u32 t, u32 v, bool max)
{
	struct minmax_sample now = { t, v };

	if (better(v, m->s[0].v, max) || t - m->s[2].t > window)
		return minmax_reset(m, t, v);
	if (better(v, m->s[1].v, max))
		m->s[2] = m->s[1] = now;
	else if (better(v, m->s[2].v, max))
		m->s[2] = now;
	return age(m, window, now);
}
u32 minmax_running_min(struct minmax *m, u32 window, u32 t, u32 v) { return running(m, window, t, v, false); }
u32 minmax_running_max(struct minmax *m, u32 window, u32 t, u32 v) { return running(m, window, t, v, true); }
