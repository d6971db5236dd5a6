/* lib/string.c - memory and string functions
 *
 * What:   the parts of C's <string.h> that a kernel needs, and number parsing.
 * Called: from everywhere, in any context.
 * Absent: locale; strcpy and strcat, which cannot know the room they have (use strscpy).
 *
 * The copies move eight bytes at a time: the machines at hand do unaligned words well. memcpy and memset are weak: a
 * machine may have better ones in kernel/arch.
 */
#include "lib/string.h"

typedef u64 __attribute__((may_alias, aligned(1))) word_t;

void *__attribute__((weak)) (memcpy)(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	for (; n >= 32; n -= 32, d += 32, s += 32) {
		u64 a = ((const word_t *)s)[0], b = ((const word_t *)s)[1];
		u64 c = ((const word_t *)s)[2], e = ((const word_t *)s)[3];

		((word_t *)d)[0] = a;
		((word_t *)d)[1] = b;
		((word_t *)d)[2] = c;
		((word_t *)d)[3] = e;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8)
		*(word_t *)d = *(const word_t *)s;
	while (n--)
		*d++ = *s++;
	return dst;
}

static void copy_backwards(u8 *d, const u8 *s, size_t n)
{
	d += n;
	s += n;
	for (; n >= 8; n -= 8) {
		d -= 8;
		s -= 8;
		*(word_t *)d = *(const word_t *)s;
	}
	while (n--)
		*--d = *--s;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d > s && (size_t)(d - s) < n) {
		copy_backwards(d, s, n);
		return dst;
	}
	/* Forward is safe: a word is loaded before the store that could reach it. */
	for (; n >= 8; n -= 8, d += 8, s += 8)
		*(word_t *)d = *(const word_t *)s;
	while (n--) {
		*d++ = *s++;
		barrier(); /* keeps the compiler from making this loop a call to memmove */
	}
	return dst;
}

void *__attribute__((weak)) (memset)(void *dst, int c, size_t n)
{
	u8 *d = dst;
	u64 v = 0x0101010101010101ULL * (u8)c;

	for (; n >= 32; n -= 32, d += 32) {
		((word_t *)d)[0] = v;
		((word_t *)d)[1] = v;
		((word_t *)d)[2] = v;
		((word_t *)d)[3] = v;
	}
	for (; n >= 8; n -= 8, d += 8)
		*(word_t *)d = v;
	while (n--) {
		*d++ = (u8)c;
		barrier();
	}
	return dst;
}

int (memcmp)(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n >= 8 && *(const word_t *)x == *(const word_t *)y; n -= 8, x += 8, y += 8)
		;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	for (const u8 *p = s; n--; p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

size_t strlen(const char *s)
{
	const char *p = s;

	while (*p) {
		p++;
		barrier();
	}
	return (size_t)(p - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n && *a && *a == *b; n--)
		a++, b++;
	return n ? (u8)*a - (u8)*b : 0;
}

int strcasecmp(const char *a, const char *b)
{
	while (*a && tolower((u8)*a) == tolower((u8)*b))
		a++, b++;
	return tolower((u8)*a) - tolower((u8)*b);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)found;
	}
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (!strncmp(s, what, n))
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strpbrk(const char *s, const char *accept)
{
	for (; *s; s++)
		if (strchr(accept, *s))
			return (char *)s;
	return NULL;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n;

	if (!size)
		return -E2BIG;
	n = strnlen(src, size);
	if (n == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, n + 1);
	return (ssize_t)n;
}

char *strsep(char **s, const char *delim)
{
	char *field = *s, *end;

	if (!field)
		return NULL;
	end = strpbrk(field, delim);
	if (end)
		*end++ = '\0';
	*s = end;
	return field;
}

static int digit_of(char c)
{
	if (isdigit(c))
		return c - '0';
	c = (char)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Strips 0x or 0 as C does when base is 0, and 0x when it is 16. */
static const char *number_base(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && tolower(s[1]) == 'x' && digit_of(s[2]) < 16;

	if (!*base)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return hex && *base == 16 ? s + 2 : s;
}

/* Digits from s; *end is s itself when there was none. -ERANGE on overflow. */
static int parse_digits(const char *s, const char **end, unsigned int base, u64 *out)
{
	u64 v = 0;
	int r = 0;

	s = number_base(s, &base);
	for (; digit_of(*s) < (int)base; s++) {
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit_of(*s), &v))
			r = -ERANGE;
	}
	*end = s;
	*out = v;
	return r;
}

u64 simple_strtoull(const char *s, char **end, unsigned int base)
{
	const char *stop;
	u64 v;

	parse_digits(s, &stop, base, &v);
	if (end)
		*end = (char *)stop;
	return v;
}

int kstrtou64(const char *s, unsigned int base, u64 *out)
{
	const char *end;
	u64 v;
	int r;

	if (*s == '+')
		s++;
	if (digit_of(*s) >= (base ? (int)base : 10))
		return -EINVAL;
	r = parse_digits(s, &end, base, &v);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	if (!r)
		*out = v;
	return r;
}

int kstrtos64(const char *s, unsigned int base, s64 *out)
{
	bool negative = *s == '-';
	u64 v;
	int r = kstrtou64(s + negative, base, &v);

	if (r)
		return r;
	if (v > (u64)S64_MAX + negative)
		return -ERANGE;
	*out = negative ? (s64)-v : (s64)v;
	return 0;
}

int kstrtou32(const char *s, unsigned int base, u32 *out)
{
	u64 v;
	int r = kstrtou64(s, base, &v);

	if (r)
		return r;
	if (v > U32_MAX)
		return -ERANGE;
	*out = (u32)v;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *out)
{
	s64 v;
	int r = kstrtos64(s, base, &v);

	if (r)
		return r;
	if (v > INT_MAX || v < -INT_MAX - 1LL)
		return -ERANGE;
	*out = (int)v;
	return 0;
}
