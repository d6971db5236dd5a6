/* net/netfilter/nf_rules_proc.c - /proc/net/nf_rules: the words that write the rule table, and the table as text
 *
 * What:       add HOOK ACTION [proto P] [src A/N] [dst A/N] [sport N[-M]] [dport N[-M]] [in DEV] [out DEV]
 *             del N | flush | policy HOOK accept|drop
 *
 *         One command a line. Reading shows policies, and rules with their counts.
 * Called: readers and writers of the file (the latter with CAP_NET_ADMIN).
 * Calls:  nf_rules.c.
 * Locks:  nf->rules_lock around each of both.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/process/process.h"
#include "net/netfilter/nf_rules.h"
#include <linux/capability.h>

static const char *const action_names[NR_ACTIONS] = { "accept", "drop", "reject", "count" };
static const char *const hook_names[NF_INET_NUMHOOKS] = { "prerouting", "input", "forward", "output", "postrouting" };

/* --- the language --- */

static int index_of(const char *const *names, int n, const char *word)
{
	for (int i = 0; word && i < n; i++)
		if (!strcmp(names[i], word))
			return i;
	return -EINVAL;
}

static char *next_word(char **s)
{
	char *w;

	do
		w = strsep(s, " \t\n");
	while (w && !*w);
	return w;
}

static int parse_prefix(const char *w, __be32 *addr, u8 *len)
{
	u32 a = 0;
	u64 n;
	char *end;

	for (int i = 0; i < 4; i++) {
		if (!isdigit(*w))
			return -EINVAL;
		n = simple_strtoull(w, &end, 10);
		if (n > 255 || (i < 3 && *end != '.'))
			return -EINVAL;
		a = a << 8 | (u32)n;
		w = i < 3 ? end + 1 : end;
	}
	n = 32;
	if (*w == '/' && isdigit(w[1])) {
		n = simple_strtoull(w + 1, &end, 10);
		w = end;
	}
	if (*w || n > 32)
		return -EINVAL;
	*addr = htonl(a);
	*len = (u8)n;
	return 0;
}

static int parse_ports(const char *w, struct port_range *r)
{
	char *end;
	u64 lo, hi;

	if (!isdigit(*w))
		return -EINVAL;
	lo = hi = simple_strtoull(w, &end, 10);
	if (*end == '-' && isdigit(end[1]))
		hi = simple_strtoull(end + 1, &end, 10);
	if (*end || !lo || lo > hi || hi > 65535)
		return -EINVAL;
	*r = (struct port_range){ (u16)lo, (u16)hi };
	return 0;
}

static int parse_proto(const char *w, u8 *proto)
{
	static const struct { const char *name; u8 nr; } known[] = { { "icmp", 1 }, { "tcp", 6 }, { "udp", 17 } };
	u32 n;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(known[i].name, w)) {
			*proto = known[i].nr;
			return 0;
		}
	if (kstrtou32(w, 10, &n) || !n || n > 255)
		return -EINVAL;
	*proto = (u8)n;
	return 0;
}

static int parse_match(const char *key, const char *value, struct nf_rule *r)
{
	if (!strcmp(key, "proto"))
		return parse_proto(value, &r->proto);
	if (!strcmp(key, "src"))
		return parse_prefix(value, &r->src, &r->src_len);
	if (!strcmp(key, "dst"))
		return parse_prefix(value, &r->dst, &r->dst_len);
	if (!strcmp(key, "sport"))
		return parse_ports(value, &r->sport);
	if (!strcmp(key, "dport"))
		return parse_ports(value, &r->dport);
	if (!strcmp(key, "in"))
		return strscpy(r->in, value, sizeof(r->in)) < 0 ? -EINVAL : 0;
	if (!strcmp(key, "out"))
		return strscpy(r->out, value, sizeof(r->out)) < 0 ? -EINVAL : 0;
	return -EINVAL;
}

static int parse_add(struct net *net, char **s)
{
	struct nf_rule r = { .sport = { 0, U16_MAX }, .dport = { 0, U16_MAX } };
	int hook = index_of(hook_names, NF_INET_NUMHOOKS, next_word(s));
	int action = index_of(action_names, NR_ACTIONS, next_word(s));
	char *key;

	if (hook < 0 || action < 0)
		return -EINVAL;
	r.hook = (u8)hook;
	r.action = (u8)action;
	while ((key = next_word(s))) {
		char *value = next_word(s);

		if (!value || parse_match(key, value, &r))
			return -EINVAL;
	}
	return nf_rule_add(net, &r);
}

static int parse_command(struct net *net, char *line)
{
	char *word = next_word(&line), *arg;
	u32 n;

	if (!word)
		return 0; /* an empty line */
	if (!strcmp(word, "add"))
		return parse_add(net, &line);
	if (!strcmp(word, "flush"))
		return nf_rules_flush(net);
	arg = next_word(&line);
	if (!strcmp(word, "del"))
		return arg && !kstrtou32(arg, 10, &n) ? nf_rule_del(net, n) : -EINVAL;
	if (!strcmp(word, "policy")) {
		int hook = index_of(hook_names, NF_INET_NUMHOOKS, arg);
		int action = index_of(action_names, RULE_DROP + 1, next_word(&line));

		return hook < 0 || action < 0 ? -EINVAL : nf_rules_policy(net, (u8)hook, action == RULE_DROP);
	}
	return -EINVAL;
}

/* One command a line; stops at the first that is wrong. */
static ssize_t rules_write(const char *text, size_t n, void *unused)
{
	struct net *net = current->net ? current->net : init_net;
	char *copy, *s, *line;
	int r = 0;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	copy = s = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	mutex_lock(&net->nf->rules_lock);
	while (!r && (line = strsep(&s, "\n")))
		r = parse_command(net, line);
	mutex_unlock(&net->nf->rules_lock);
	kfree(copy);
	return r ? r : (ssize_t)n;
}

/* --- showing --- */

static void show_ports(struct seq_file *m, const char *name, const struct port_range *r)
{
	if (r->lo)
		seq_printf(m, r->lo == r->hi ? " %s %u" : " %s %u-%u", name, r->lo, r->hi);
}

static void show_rule(struct seq_file *m, u32 nr, const struct nf_rule *r)
{
	seq_printf(m, "%u %s %s", nr, hook_names[r->hook], action_names[r->action]);
	if (r->proto)
		seq_printf(m, " proto %u", r->proto);
	if (r->src_len)
		seq_printf(m, " src %pI4/%u", &r->src, r->src_len);
	if (r->dst_len)
		seq_printf(m, " dst %pI4/%u", &r->dst, r->dst_len);
	show_ports(m, "sport", &r->sport);
	show_ports(m, "dport", &r->dport);
	if (*r->in)
		seq_printf(m, " in %s", r->in);
	if (*r->out)
		seq_printf(m, " out %s", r->out);
	seq_printf(m, " packets %lld bytes %lld\n", (long long)atomic64_read(&r->packets),
		   (long long)atomic64_read(&r->bytes));
}

static int rules_show(struct seq_file *m, void *unused)
{
	const struct nf_table *t;

	mutex_lock(&m->net->nf->rules_lock);
	t = m->net->nf->rules;
	for (u8 h = 0; t && h < NF_INET_NUMHOOKS; h++)
		if (t->drop_policy[h])
			seq_printf(m, "policy %s drop\n", hook_names[h]);
	for (u32 i = 0; t && i < t->num; i++)
		show_rule(m, i, t->rules[i]);
	mutex_unlock(&m->net->nf->rules_lock);
	return 0;
}

void nf_rules_proc_init(void) { proc_create_rw("net/nf_rules", 0644, rules_show, rules_write, NULL); }
