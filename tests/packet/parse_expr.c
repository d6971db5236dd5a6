/* tests/packet/parse_expr.c - values and conditions
 *
 * C's operators by precedence climbing, and what calls take besides: "...", [a, b], {name = value}, text, addresses
 * with a port. Names of constants become numbers here; other names are left for expect.c to look up.
 */
#include "lib/string.h"
#include "tests/packet/pkt.h"

static struct expr *node(enum expr_kind kind)
{
	struct expr *e = pkt_alloc(sizeof(*e));

	e->kind = kind;
	return e;
}
struct expr *pkt_parse_list(struct parser *p, const char *close)
{
	struct expr *first = NULL, **link = &first;
	bool outside = p->in_struct;

	p->in_struct = *close == '}';
	while (!accept(p, close)) {
		*link = pkt_parse_expr(p);
		link = &(*link)->next;
		if (!at(p, close))
			need(p, ",");
	}
	p->in_struct = outside;
	return first;
}

static struct expr *string_value(struct parser *p)
{
	struct expr *e = node(X_STRING);
	const struct token *t = p->t++;
	char *d = pkt_alloc(t->len + 1);

	e->text = d;
	for (u32 i = 0; i < t->len; i++) {
		char c = t->text[i];

		if (c == '\\' && i + 1 < t->len) {
			c = t->text[++i];
			if (c == 'n')
				c = '\n';
			else if (c == '0')
				c = 0;
			else if (c == 'x' && i + 2 < t->len) {
				char hex[3] = { t->text[i + 1], t->text[i + 2], 0 };

				c = (char)simple_strtoull(hex, NULL, 16);
				i += 2;
			}
		}
		d[e->len++] = c;
	}
	return e;
}
static struct expr *addr_value(struct parser *p)
{
	struct expr *e = node(X_ADDR);

	e->addr = (u32)p->t++->number;
	if (at(p, ":") && p->t->glued && p->t[1].kind == TOK_NUMBER) {
		p->t++;
		e->port = (u16)p->t++->number;
	}
	return e;
}
/* A constant, htons(8080) and inet_addr("10.0.0.1") as numbers, a field, a function's value, or a name to look up. */
static struct expr *name_value(struct parser *p)
{
	const char *name = token_text(p->t++);
	struct expr *e;
	s64 v;

	if (accept(p, "(")) {
		e = node(X_CALL);
		e->text = name;
		e->first = pkt_parse_list(p, ")");
	} else if (pkt_constant(name, &v)) {
		e = node(X_NUMBER);
		e->number = v;
	} else {
		e = node(X_NAME);
		e->text = name;
	}
	if (p->in_struct && accept(p, "=")) {
		e = node(X_FIELD);
		e->text = name;
		e->first = pkt_parse_expr(p);
	}
	return e;
}
static struct expr *unary(struct parser *p);
static struct expr *primary(struct parser *p)
{
	struct expr *e;

	if (accept(p, "..."))
		return node(X_ANY);
	if (p->t->kind == TOK_NUMBER) {
		e = node(X_NUMBER);
		e->number = (s64)p->t++->number;
		return e;
	}
	if (p->t->kind == TOK_STRING)
		return string_value(p);
	if (p->t->kind == TOK_ADDR)
		return addr_value(p);
	if (p->t->kind == TOK_NAME)
		return name_value(p);
	if (accept(p, "[")) {
		e = node(X_LIST);
		e->first = pkt_parse_list(p, "]");
		return e;
	}
	if (accept(p, "{")) {
		e = node(X_STRUCT);
		e->first = pkt_parse_list(p, "}");
		return e;
	}
	if (accept(p, "(")) {
		e = pkt_parse_expr(p);
		need(p, ")");
		return e;
	}
	syntax_error(p, "a value");
}
static struct expr *unary(struct parser *p)
{
	static const char *const ops[] = { "-", "!", "~", "not" };
	struct expr *e;

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (accept(p, ops[i])) {
			e = node(X_UNARY);
			e->number = ops[i][0] == 'n' ? '!' : ops[i][0];
			e->first = unary(p);
			return e;
		}
	return primary(p);
}

static const struct { const char *text; int level; u16 code; } operators[] = {
	{ "||", 1, '|' << 8 | '|' }, { "or", 1, '|' << 8 | '|' }, { "&&", 2, '&' << 8 | '&' },
	{ "and", 2, '&' << 8 | '&' }, { "|", 3, '|' }, { "^", 4, '^' }, { "&", 5, '&' }, { "==", 6, '=' << 8 | '=' },
	{ "!=", 6, '!' << 8 | '=' }, { "<=", 7, '<' << 8 | '=' }, { "<", 7, '<' }, { ">=", 7, '>' << 8 | '=' },
	{ ">", 7, '>' }, { "<<", 8, '<' << 8 | '<' }, { "+", 9, '+' }, { "-", 9, '-' }, { "*", 10, '*' },
	{ "/", 10, '/' }, { "%", 10, '%' },
};
static int operator_here(const struct parser *p, int level)
{
	for (int i = 0; i < (int)ARRAY_SIZE(operators); i++)
		if (operators[i].level >= level && at(p, operators[i].text))
			return i;
	return -1;
}
static struct expr *binary(struct parser *p, int level)
{
	struct expr *left = unary(p);
	int i;

	while ((i = operator_here(p, level)) >= 0) {
		struct expr *e = node(X_BINARY);

		p->t++;
		e->number = operators[i].code;
		e->first = left;
		left->next = binary(p, operators[i].level + 1);
		left = e;
	}
	return left;
}
struct expr *pkt_parse_expr(struct parser *p) { return binary(p, 1); }
