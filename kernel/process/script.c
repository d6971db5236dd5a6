/* kernel/process/script.c - "#!": a file that names the program which is to read it
 *
 * Called: exec.c.
 */
#include "kernel/mm/slab.h"
#include "kernel/process/internal.h"
#include "lib/string.h"

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static char *dup_range(const char *from, const char *to)
{
	char *s = kmalloc(to - from + 1, GFP_KERNEL);

	if (!s)
		return NULL;
	memcpy(s, from, to - from);
	s[to - from] = 0;
	return s;
}

/* Splits "#!interp arg": all after the first blanks is one argument, trailing blanks cut. *interp and *arg (NULL when
 * absent) are kmalloc'd. 0; -ENOEXEC when head is no script, names nothing, or its path is cut off; -ENOMEM. */
int script_interpreter(const char head[256], char **interp, char **arg)
{
	const char *p = head + 2, *end = head + 255, *name_end, *line_end;

	*interp = *arg = NULL;
	if (head[0] != '#' || head[1] != '!')
		return -ENOEXEC;
	for (line_end = p; line_end < end && *line_end && *line_end != '\n'; line_end++)
		;
	while (p < line_end && is_blank(*p))
		p++;
	for (name_end = p; name_end < line_end && !is_blank(*name_end); name_end++)
		;
	if (p == name_end || name_end == end)
		return -ENOEXEC;
	*interp = dup_range(p, name_end);
	if (!*interp)
		return -ENOMEM;
	for (p = name_end; p < line_end && is_blank(*p); p++)
		;
	while (line_end > p && is_blank(line_end[-1]))
		line_end--;
	if (p == line_end)
		return 0;
	*arg = dup_range(p, line_end);
	if (*arg)
		return 0;
	kfree(*interp);
	*interp = NULL;
	return -ENOMEM;
}
