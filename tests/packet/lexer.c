/* tests/packet/lexer.c - the text of a script becomes words
 *
 * A line ends a statement unless a bracket is open or the next line begins with a blank and no time. Addresses and
 * MAC addresses are one word; "..." is one; every other sign stands alone, but for the two-letter operators.
 */
#include "lib/string.h"
#include "tests/packet/pkt.h"

static bool is_hex(int c) { return isdigit(c) || (tolower(c) >= 'a' && tolower(c) <= 'f'); }
static bool is_alpha(int c) { return (tolower(c) >= 'a' && tolower(c) <= 'z') || c == '_'; }
static u32 hex_value(int c) { return isdigit(c) ? (u32)(c - '0') : (u32)(tolower(c) - 'a' + 10); }

struct lexer {
	const char *s;
	u32 line;
	int depth;
	struct token *out;
	size_t n, cap;
};

static struct token *add(struct lexer *l, enum token_kind kind, const char *text, size_t len)
{
	struct token *t;

	if (l->n == l->cap) {
		struct token *bigger = pkt_alloc((l->cap * 2 + 256) * sizeof(*bigger));

		if (l->n)
			memcpy(bigger, l->out, l->n * sizeof(*bigger));
		l->out = bigger;
		l->cap = l->cap * 2 + 256;
	}
	t = &l->out[l->n];
	*t = (struct token){ .kind = kind, .text = text, .len = (u32)len, .line = l->line };
	if (l->n)
		t->glued = text == t[-1].text + t[-1].len;
	l->n++;
	return t;
}

/* d.d.d.d; the length, or 0. */
static size_t scan_addr(const char *s, u64 *value)
{
	const char *p = s;
	u64 v = 0;

	for (int i = 0; i < 4; i++) {
		char *end;

		if (!isdigit(*p))
			return 0;
		v = v << 8 | (simple_strtoull(p, &end, 10) & 255);
		p = end;
		if (i < 3 && *p++ != '.')
			return 0;
	}
	*value = v;
	return (size_t)(p - s);
}
static size_t scan_mac(const char *s, u8 mac[6])
{
	for (int i = 0; i < 6; i++) {
		const char *p = s + i * 3;

		if (!is_hex(p[0]) || !is_hex(p[1]) || (i < 5 && p[2] != ':'))
			return 0;
		mac[i] = (u8)(hex_value(p[0]) << 4 | hex_value(p[1]));
	}
	return is_hex(s[17]) || s[17] == ':' ? 0 : 17;
}

static void lex_number(struct lexer *l)
{
	const char *start = l->s;
	u64 whole, fraction = 0, unit = 1000000000;
	struct token *t;
	char *end;

	if (l->s[0] == '0' && l->s[1] == 'x') {
		whole = simple_strtoull(l->s + 2, &end, 16);
		l->s = end;
	} else {
		whole = simple_strtoull(l->s, &end, 10);
		l->s = end;
		if (l->s[0] == '.' && isdigit(l->s[1]))
			for (l->s++; isdigit(*l->s); l->s++) {
				unit /= 10;
				fraction += unit * (u64)(*l->s - '0');
			}
	}
	t = add(l, TOK_NUMBER, start, (size_t)(l->s - start));
	t->number = whole;
	t->ns = whole * 1000000000 + fraction;
}

static void lex_string(struct lexer *l)
{
	char quote = *l->s;
	const char *start = ++l->s;

	while (*l->s && *l->s != quote && *l->s != '\n')
		l->s += *l->s == '\\' && l->s[1] ? 2 : 1;
	add(l, TOK_STRING, start, (size_t)(l->s - start));
	if (*l->s == quote)
		l->s++;
}

static void lex_punct(struct lexer *l)
{
	static const char *const pairs[] = { "...", "==", "!=", "<=", ">=", "&&", "||", "%{", "}%", "<<", "--" };
	size_t n = 1;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (!strncmp(l->s, pairs[i], strlen(pairs[i]))) {
			n = strlen(pairs[i]);
			break;
		}
	if (n == 1 && strchr("([{", *l->s))
		l->depth++;
	else if (n == 1 && strchr(")]}", *l->s))
		l->depth--;
	else if (n == 2 && !strncmp(l->s, "%{", 2))
		l->depth++;
	else if (n == 2 && !strncmp(l->s, "}%", 2))
		l->depth--;
	add(l, TOK_PUNCT, l->s, n);
	l->s += n;
}

/* A line that begins with blanks and then no time, option or comment goes on with the statement before it. */
static bool continues(const char *s)
{
	const char *p = s;

	while (*p == ' ' || *p == '\t')
		p++;
	return p != s && *p && !isdigit(*p) && !strchr("+-*.\n/#%`", *p);
}
static void end_of_line(struct lexer *l)
{
	if (l->depth <= 0 && !continues(l->s + 1) && l->n && l->out[l->n - 1].kind != TOK_LINE)
		add(l, TOK_LINE, l->s, 0);
	l->s++;
	l->line++;
}

static void lex_word(struct lexer *l)
{
	const char *start = l->s;

	while (is_alpha(*l->s) || isdigit(*l->s))
		l->s++;
	add(l, TOK_NAME, start, (size_t)(l->s - start));
}

struct token *pkt_lex(const char *text)
{
	struct lexer l = { .s = text, .line = 1 };
	u64 addr;
	u8 mac[6];
	size_t n;

	while (*l.s) {
		if (*l.s == '\n')
			end_of_line(&l);
		else if (isspace(*l.s))
			l.s++;
		else if (*l.s == '#' || (l.s[0] == '/' && l.s[1] == '/'))
			while (*l.s && *l.s != '\n')
				l.s++;
		else if ((n = scan_mac(l.s, mac))) {
			memcpy(add(&l, TOK_MAC, l.s, n)->mac, mac, 6);
			l.s += n;
		} else if (isdigit(*l.s) && (n = scan_addr(l.s, &addr))) {
			add(&l, TOK_ADDR, l.s, n)->number = addr;
			l.s += n;
		} else if (isdigit(*l.s) || (l.s[0] == '.' && isdigit(l.s[1])))
			lex_number(&l);
		else if (*l.s == '"' || *l.s == '\'')
			lex_string(&l);
		else if (is_alpha(*l.s))
			lex_word(&l);
		else
			lex_punct(&l);
	}
	l.depth = 0;
	if (l.n && l.out[l.n - 1].kind != TOK_LINE)
		add(&l, TOK_LINE, l.s, 0);
	add(&l, TOK_END, l.s, 0);
	return l.out;
}
