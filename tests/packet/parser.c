/* tests/packet/parser.c - the lines of a script: settings, times, and which kind of event follows
 *
 * Packets are parse_packet.c's, values parse_expr.c's.
 */
#include "lib/printf.h"
#include "lib/string.h"
#include "tests/host/internal.h"
#include "tests/host/sys.h"
#include "tests/packet/bridge.h"
#include "tests/packet/pkt.h"

/* --- words --- */

static bool token_is(const struct token *t, const char *word)
{
	return (t->kind == TOK_NAME || t->kind == TOK_PUNCT) && t->len == strlen(word) &&
	       !memcmp(t->text, word, t->len);
}
bool at(const struct parser *p, const char *word) { return token_is(p->t, word); }
bool accept(struct parser *p, const char *word)
{
	if (!at(p, word))
		return false;
	p->t++;
	return true;
}
void syntax_error(const struct parser *p, const char *what)
{
	host_say("    %s:%u: %s expected, not '%s'\n", p->path, p->t->line, what,
		 p->t->len ? token_text(p->t) : "the end of the line");
	sys_exit(PACKET_NO_SCRIPT);
}
void need(struct parser *p, const char *word)
{
	if (!accept(p, word))
		syntax_error(p, word);
}
const char *token_text(const struct token *t) { return pkt_strndup(t->text, t->len); }
const char *need_name(struct parser *p)
{
	if (p->t->kind != TOK_NAME)
		syntax_error(p, "a name");
	return token_text(p->t++);
}
bool number_here(const struct parser *p)
{
	s64 v;

	return p->t->kind == TOK_NUMBER || p->t->kind == TOK_ADDR ||
	       (p->t->kind == TOK_NAME && pkt_constant(token_text(p->t), &v));
}
u64 need_number(struct parser *p)
{
	s64 v;

	if (!number_here(p))
		syntax_error(p, "a number");
	if (p->t->kind == TOK_NAME) {
		pkt_constant(token_text(p->t++), &v);
		return (u64)v;
	}
	return p->t++->number;
}
/* From here to the end of the line as it stands there, without the blanks around it. */
static const char *rest_of_line(struct parser *p)
{
	const char *start = p->t->text, *end;

	while (p->t->kind != TOK_LINE && p->t->kind != TOK_END)
		p->t++;
	for (end = start; *end && *end != '\n' && *end != '#' && !(end[0] == '/' && end[1] == '/'); end++)
		;
	while (end > start && (isspace(end[-1]) || end[-1] == '`'))
		end--;
	return pkt_strndup(start, (size_t)(end - start));
}

/* --- times --- */

static u64 seconds(struct parser *p)
{
	if (p->t->kind != TOK_NUMBER)
		syntax_error(p, "a time in seconds");
	return p->t++->ns;
}
static bool parse_when(struct parser *p, struct when *w)
{
	memset(w, 0, sizeof(*w));
	if (accept(p, "*")) {
		w->any = true;
		return true;
	}
	w->relative = accept(p, "+");
	if (!w->relative && p->t->kind != TOK_NUMBER)
		return false;
	w->from = w->to = seconds(p);
	w->range = accept(p, "~");
	w->blocking = !w->range && accept(p, "...");
	if (!w->range && !w->blocking)
		return true;
	if (w->relative)
		accept(p, "+");
	w->to = seconds(p);
	return true;
}

/* --- what happens --- */

static void parse_result(struct parser *p, struct event *e)
{
	if (!accept(p, "="))
		return;
	e->result = pkt_parse_expr(p);
	if (p->t->kind != TOK_NAME)
		return;
	e->error = pkt_errno(token_text(p->t));
	if (!e->error)
		syntax_error(p, "an errno");
	p->t++;
	if (accept(p, "(")) /* what perror() says, for people */
		while (!accept(p, ")"))
			p->t++;
}
static void parse_expect(struct parser *p, struct event *e)
{
	e->kind = EV_EXPECT;
	e->fd = -1;
	if (accept(p, "(")) {
		e->fd = (int)need_number(p);
		need(p, ")");
	}
	e->expr = pkt_parse_expr(p);
}
/* %{ assert a == b, c == d }%: the form that scripts for other testers have; assert's message is left out. */
static void parse_assert(struct parser *p, struct event *e)
{
	struct expr **link = &e->expr;

	e->kind = EV_EXPECT;
	e->fd = -1;
	while (!accept(p, "}%")) {
		if (accept(p, ";"))
			continue;
		need(p, "assert");
		*link = pkt_parse_expr(p);
		while (accept(p, ","))
			pkt_parse_expr(p);
		if (link != &e->expr || at(p, "assert") || at(p, ";"))
			link = &(*link)->next;
		else
			link = &e->expr->next;
	}
}
static void parse_sysctl(struct parser *p, struct event *e)
{
	char *text, *eq;

	e->kind = EV_SYSCTL;
	accept(p, "sysctl");
	if (accept(p, "-"))
		p->t++; /* -q, -w */
	text = (char *)rest_of_line(p);
	eq = strchr(text, '=');
	if (!eq)
		syntax_error(p, "NAME=VALUE");
	*eq = 0;
	e->name = text;
	e->value = eq + 1;
}
static void prefix(struct parser *p, struct event *e)
{
	if (p->t->kind != TOK_ADDR)
		syntax_error(p, "an address");
	e->addr = (u32)p->t++->number;
	e->plen = accept(p, "/") ? (u32)need_number(p) : 32;
}
static bool metric(struct parser *p, struct event *e)
{
	static const struct { const char *name; u32 type; } known[] = {
		{ "initcwnd", RTAX_INITCWND }, { "initrwnd", RTAX_INITRWND }, { "advmss", RTAX_ADVMSS },
		{ "quickack", RTAX_QUICKACK }, { "fastopen_no_cookie", RTAX_FASTOPEN_NO_COOKIE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (accept(p, known[i].name)) {
			e->metrics[known[i].type] = (u32)need_number(p);
			return true;
		}
	if (!accept(p, "congctl"))
		return false;
	e->cc = need_name(p);
	return true;
}
/* address add 10.0.1.1/24 dev eth1; route add 10.9.0.0/16 via 10.0.0.2; link eth0 down | up | mtu 1400 */
static void parse_config(struct parser *p, struct event *e, enum event_kind kind)
{
	e->kind = kind;
	e->name = kind == EV_ROUTE ? NULL : "eth0";
	need(p, "add");
	prefix(p, e);
	for (;;) {
		if (accept(p, "via"))
			e->gw = (u32)p->t++->number;
		else if (accept(p, "dev"))
			e->name = need_name(p);
		else if (kind != EV_ROUTE || !metric(p, e))
			return;
	}
}
static void parse_link(struct parser *p, struct event *e)
{
	e->kind = EV_LINK;
	e->name = need_name(p);
	if (accept(p, "mtu"))
		e->plen = (u32)need_number(p);
	else if (!accept(p, "up")) {
		need(p, "down");
		e->down = true;
	}
}

static void parse_what(struct parser *p, struct event *e)
{
	if (at(p, "<") || at(p, ">")) {
		e->kind = EV_PACKET;
		e->pkt = pkt_parse_packet(p);
	} else if (accept(p, "expect"))
		parse_expect(p, e);
	else if (accept(p, "%{"))
		parse_assert(p, e);
	else if (at(p, "sysctl") || accept(p, "`"))
		parse_sysctl(p, e);
	else if (accept(p, "address"))
		parse_config(p, e, EV_ADDRESS);
	else if (accept(p, "route"))
		parse_config(p, e, EV_ROUTE);
	else if (accept(p, "link"))
		parse_link(p, e);
	else {
		e->kind = EV_CALL;
		e->expr = pkt_parse_expr(p);
		if (e->expr->kind != X_CALL)
			syntax_error(p, "a packet or a call");
		parse_result(p, e);
	}
}
static struct event *parse_event(struct parser *p)
{
	struct event *e = pkt_alloc(sizeof(*e));
	const char *end;

	e->line = p->t->line;
	e->text = p->t->text;
	if (!parse_when(p, &e->when))
		syntax_error(p, "a time, an option or a comment");
	parse_what(p, e);
	end = p->t->text;
	while (end > e->text && isspace(end[-1]))
		end--;
	e->text_len = (u32)(end - e->text);
	return e;
}

/* --net.ipv4.tcp_sack=0, --mtu=1500 */
static struct setting *parse_setting(struct parser *p)
{
	struct setting *s = pkt_alloc(sizeof(*s));
	char *text, *eq;

	s->line = p->t->line;
	text = (char *)rest_of_line(p);
	eq = strchr(text, '=');
	s->name = text;
	s->value = eq ? eq + 1 : "1";
	if (eq)
		*eq = 0;
	return s;
}
static void end_of_statement(struct parser *p)
{
	if (p->t->kind == TOK_LINE)
		p->t++;
	else if (p->t->kind != TOK_END)
		syntax_error(p, "the end of the line");
}
struct script *pkt_parse(const char *path, const char *text)
{
	struct script *s = pkt_alloc(sizeof(*s));
	struct setting **settings = &s->settings;
	struct event **events = &s->events;
	struct parser p = { .path = path, .t = pkt_lex(text) };

	s->path = path;
	while (p.t->kind != TOK_END) {
		if (p.t->kind == TOK_LINE) {
			p.t++;
			continue;
		}
		if (accept(&p, "--")) {
			*settings = parse_setting(&p);
			settings = &(*settings)->next;
		} else if (token_is(p.t, "expected") && token_is(p.t + 1, "-")) {
			p.t += 4;
			s->expected_failure = rest_of_line(&p);
		} else if (token_is(p.t, "must") && token_is(p.t + 1, "-")) {
			rest_of_line(&p); /* main.c's business */
		} else {
			*events = parse_event(&p);
			events = &(*events)->next;
		}
		end_of_statement(&p);
	}
	return s;
}
