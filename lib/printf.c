/* lib/printf.c - formatted text into a buffer
 *
 * What:   the conversions that lib/printf.h lists.
 * Called: from everywhere, in any context; no locks, no allocation.
 */
#include "lib/printf.h"
#include "lib/string.h"

int (*printf_symbol)(char *buf, size_t size, unsigned long addr);

struct out { char *buf; size_t size, len; };
struct spec { bool left, plus, space, alt, zero; int width, precision; char length; };

static void emit(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void emit_n(struct out *o, const char *s, size_t n)
{
	while (n--)
		emit(o, *s++);
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		emit(o, c);
}

static void emit_text(struct out *o, const struct spec *sp, const char *s, size_t n)
{
	int fill = sp->width - (int)n;

	if (!sp->left)
		pad(o, ' ', fill);
	emit_n(o, s, n);
	if (sp->left)
		pad(o, ' ', fill);
}

/* sign is 0 for none; prefix is "" or "0x". */
static void emit_number(struct out *o, const struct spec *sp, u64 v, unsigned int base, bool upper, char sign,
			const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24];
	int n = 0, zeros, fill;

	for (u64 x = v; x; x /= base)
		tmp[n++] = digits[x % base];
	zeros = (sp->precision < 0 ? 1 : sp->precision) - n;
	if (zeros < 0)
		zeros = 0;
	fill = sp->width - n - zeros - (sign != 0) - (int)strlen(prefix);
	if (sp->zero && !sp->left && sp->precision < 0 && fill > 0) {
		zeros += fill;
		fill = 0;
	}
	if (!sp->left)
		pad(o, ' ', fill);
	if (sign)
		emit(o, sign);
	emit_n(o, prefix, strlen(prefix));
	pad(o, '0', zeros);
	while (n)
		emit(o, tmp[--n]);
	if (sp->left)
		pad(o, ' ', fill);
}

static const char *parse_spec(const char *f, struct spec *sp, va_list ap)
{
	for (;; f++) {
		if (*f == '-')
			sp->left = true;
		else if (*f == '+')
			sp->plus = true;
		else if (*f == ' ')
			sp->space = true;
		else if (*f == '#')
			sp->alt = true;
		else if (*f == '0')
			sp->zero = true;
		else
			break;
	}
	if (*f == '*') {
		sp->width = va_arg(ap, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = -sp->width;
		}
		f++;
	} else {
		while (isdigit(*f))
			sp->width = sp->width * 10 + *f++ - '0';
	}
	if (*f == '.') {
		sp->precision = 0;
		if (*++f == '*') {
			sp->precision = va_arg(ap, int);
			f++;
		}
		while (isdigit(*f))
			sp->precision = sp->precision * 10 + *f++ - '0';
	}
	if (*f == 'h' || *f == 'l' || *f == 'z') {
		sp->length = *f++;
		if (*f == 'h' || *f == 'l')
			sp->length = *f++ == 'h' ? 'b' : 'l';
	}
	return f;
}

static u64 unsigned_arg(const struct spec *sp, va_list ap)
{
	if (sp->length == 'l' || sp->length == 'z')
		return va_arg(ap, unsigned long);
	if (sp->length == 'b')
		return (u8)va_arg(ap, unsigned int);
	if (sp->length == 'h')
		return (u16)va_arg(ap, unsigned int);
	return va_arg(ap, unsigned int);
}

static s64 signed_arg(const struct spec *sp, va_list ap)
{
	if (sp->length == 'l' || sp->length == 'z')
		return va_arg(ap, long);
	if (sp->length == 'b')
		return (s8)va_arg(ap, int);
	if (sp->length == 'h')
		return (s16)va_arg(ap, int);
	return va_arg(ap, int);
}

static size_t format_ip4(char *buf, const u8 *a)
{
	return (size_t)snprintf(buf, 16, "%u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

/* %p and its extensions; returns the format position of the last letter used. */
static const char *emit_pointer(struct out *o, struct spec *sp, const char *f, const void *p)
{
	char buf[96];
	const u8 *b = p;
	size_t n = 0;

	if (f[1] == 'I' && f[2] == '4') {
		n = b ? format_ip4(buf, b) : 0;
		f += 2;
	} else if (f[1] == 'M') {
		n = b ? (size_t)snprintf(buf, sizeof(buf), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
					 b[4], b[5])
		      : 0;
		f++;
	} else if (f[1] == 'S' && printf_symbol) {
		n = (size_t)printf_symbol(buf, sizeof(buf), (unsigned long)p);
		f++;
	} else {
		if (f[1] == 'S' || f[1] == 'x')
			f++;
		emit_number(o, sp, (u64)p, 16, false, 0, "0x");
		return f;
	}
	emit_text(o, sp, buf, n);
	return f;
}

static const char *convert(struct out *o, const char *f, struct spec *sp, va_list ap)
{
	const char *s;
	s64 v;
	char c;

	switch (*f) {
	case 'd':
	case 'i':
		v = signed_arg(sp, ap);
		emit_number(o, sp, v < 0 ? -(u64)v : (u64)v, 10, false,
			    v < 0 ? '-' : sp->plus ? '+' : sp->space ? ' ' : 0, "");
		return f;
	case 'u':
		emit_number(o, sp, unsigned_arg(sp, ap), 10, false, 0, "");
		return f;
	case 'o':
		emit_number(o, sp, unsigned_arg(sp, ap), 8, false, 0, sp->alt ? "0" : "");
		return f;
	case 'x':
	case 'X':
		emit_number(o, sp, unsigned_arg(sp, ap), 16, *f == 'X', 0, sp->alt ? *f == 'X' ? "0X" : "0x" : "");
		return f;
	case 'c':
		c = (char)va_arg(ap, int);
		emit_text(o, sp, &c, 1);
		return f;
	case 's':
		s = va_arg(ap, const char *);
		if (!s)
			s = "(null)";
		emit_text(o, sp, s, sp->precision < 0 ? strlen(s) : strnlen(s, (size_t)sp->precision));
		return f;
	case 'p':
		return emit_pointer(o, sp, f, va_arg(ap, const void *));
	case '%':
		emit(o, '%');
		return f;
	default: /* unknown: show it, so that it is noticed */
		emit(o, '%');
		if (*f)
			emit(o, *f);
		return *f ? f : f - 1;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	va_list args;

	va_copy(args, ap);
	for (const char *f = fmt; *f; f++) {
		struct spec sp = { .precision = -1 };

		if (*f != '%') {
			emit(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &sp, args);
		f = convert(&o, f, &sp, args);
	}
	va_end(args);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return size && n >= (int)size ? (int)size - 1 : n;
}
