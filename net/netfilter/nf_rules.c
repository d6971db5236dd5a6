/* net/netfilter/nf_rules.c - a small rule table on the five hooks
 *
 * What:   rules in order, the first that matches decides; "count" only counts. Matches protocol, addresses with
 *         prefixes, port ranges, devices; decides accept, drop or reject. Text in /proc/net/nf_rules:
 *
 *             add HOOK ACTION [proto P] [src A/N] [dst A/N] [sport N[-M]] [dport N[-M]] [in DEV] [out DEV]
 *             del N | flush | policy HOOK accept|drop
 *
 * Called: nf_hook_slow(); writers of the file (CAP_NET_ADMIN).
 * Calls:  nf_reject_hook.
 * Locks:  nf->rules_lock serialises writers; the table is an array, replaced as a whole and read under RCU. A hook is
 *         registered only while a rule or a policy needs it. Counters are added to atomically.
 * Absent: state, address translation, user chains: nf_tables and conntrack bring them.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/process/process.h"
#include "lib/byteorder.h"
#include "net/netfilter/internal.h"
#include <linux/capability.h>
#include <linux/in.h>
#include <linux/ip.h>

#define NF_RULES_MAX 4096u

enum rule_action { RULE_ACCEPT, RULE_DROP, RULE_REJECT, RULE_COUNT, NR_ACTIONS };
static const char *const action_names[NR_ACTIONS] = { "accept", "drop", "reject", "count" };
static const char *const hook_names[NF_INET_NUMHOOKS] = { "prerouting", "input", "forward", "output", "postrouting" };

struct port_range { u16 lo, hi; };
struct nf_rule {
	u8 hook, action, proto;		/* proto 0: any */
	u8 src_len, dst_len;		/* prefix lengths; 0: any */
	__be32 src, dst;
	struct port_range sport, dport;	/* hi 0: any */
	char in[IFNAMSIZ], out[IFNAMSIZ]; /* empty: any */
	atomic64_t packets, bytes;
};
struct nf_table { /* RCU; rules are shared between an old array and its successor */
	struct rcu_head rcu;
	u32 num;
	bool drop_policy[NF_INET_NUMHOOKS];
	struct nf_rule *rules[];
};
void (*nf_reject_hook)(struct net *net, struct sk_buff *skb, u8 hook);

/* --- matching --- */

struct packet_facts { u8 proto; __be32 src, dst; bool has_ports; u16 sport, dport; };

static bool facts_of(const struct sk_buff *skb, struct packet_facts *f)
{
	struct iphdr buf;
	const struct iphdr *ip = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	__be16 pbuf[2];
	const __be16 *ports;

	if (!ip || ip->ihl < 5)
		return false;
	*f = (struct packet_facts){ .proto = ip->protocol, .src = ip->saddr, .dst = ip->daddr };
	if ((ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP) || ntohs(ip->frag_off) & 0x1fff)
		return true;
	ports = skb_header_pointer(skb, ip->ihl * 4u, sizeof(pbuf), pbuf);
	if (ports) {
		f->has_ports = true;
		f->sport = get_unaligned_be16(&ports[0]);
		f->dport = get_unaligned_be16(&ports[1]);
	}
	return true;
}

static bool prefix_match(__be32 addr, __be32 want, u8 len)
{
	return !len || !((ntohl(addr) ^ ntohl(want)) >> (32 - len));
}

static bool range_match(const struct port_range *r, bool has_ports, u16 port)
{
	return !r->hi || (has_ports && port >= r->lo && port <= r->hi);
}

static bool dev_match(const char *want, const struct net_device *dev)
{
	return !*want || (dev && !strncmp(want, dev->name, IFNAMSIZ));
}

static bool rule_match(const struct nf_rule *r, const struct packet_facts *f, const struct nf_hook_state *st)
{
	return r->hook == st->hook && (!r->proto || r->proto == f->proto) && prefix_match(f->src, r->src, r->src_len) &&
	       prefix_match(f->dst, r->dst, r->dst_len) && range_match(&r->sport, f->has_ports, f->sport) &&
	       range_match(&r->dport, f->has_ports, f->dport) && dev_match(r->in, st->in) && dev_match(r->out, st->out);
}

static unsigned int verdict_of(const struct nf_rule *r, struct sk_buff *skb, const struct nf_hook_state *st)
{
	void (*reject)(struct net *, struct sk_buff *, u8) = nf_reject_hook;

	if (r->action == RULE_ACCEPT)
		return NF_ACCEPT;
	if (r->action == RULE_REJECT && reject)
		reject(st->net, skb, st->hook);
	return NF_DROP;
}

static unsigned int rules_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *st)
{
	const struct nf_table *t = rcu_dereference(st->net->nf->rules);
	struct packet_facts f;

	if (!t)
		return NF_ACCEPT;
	if (!facts_of(skb, &f))
		return NF_DROP;
	for (u32 i = 0; i < t->num; i++) {
		struct nf_rule *r = t->rules[i];

		if (!rule_match(r, &f, st))
			continue;
		atomic64_inc(&r->packets);
		atomic64_add(skb->len, &r->bytes);
		if (r->action != RULE_COUNT)
			return verdict_of(r, skb, st);
	}
	return t->drop_policy[st->hook] ? NF_DROP : NF_ACCEPT;
}

/* --- changing the table: rules_lock held --- */

static struct nf_table *table_alloc(u32 num)
{
	struct nf_table *t = kvzalloc(sizeof(*t) + num * sizeof(t->rules[0]), GFP_KERNEL);

	if (t)
		t->num = num;
	return t;
}

static bool table_uses(const struct nf_table *t, u8 hook)
{
	if (!t)
		return false;
	for (u32 i = 0; i < t->num; i++)
		if (t->rules[i]->hook == hook)
			return true;
	return t->drop_policy[hook];
}

static struct nf_hook_ops hook_ops(u8 hook)
{
	return (struct nf_hook_ops){
		.hook = rules_hook, .pf = NFPROTO_IPV4, .hooknum = hook, .priority = NF_IP_PRI_FILTER
	};
}

/* Registers what the new table uses and the old did not, swaps, unregisters the rest. 0 or -ENOMEM (nothing changed).
 * The old array, without its rules, is gone afterwards. */
static int table_replace(struct net *net, struct nf_table *new)
{
	struct nf_table *old = net->nf->rules;

	for (u8 h = 0; h < NF_INET_NUMHOOKS; h++) {
		struct nf_hook_ops ops = hook_ops(h);
		int r = table_uses(new, h) && !table_uses(old, h) ? nf_register_net_hook(net, &ops) : 0;

		while (r && h--) { /* undo */
			ops = hook_ops(h);
			if (table_uses(new, h) && !table_uses(old, h))
				nf_unregister_net_hook(net, &ops);
		}
		if (r)
			return r;
	}
	rcu_assign_pointer(net->nf->rules, new);
	for (u8 h = 0; h < NF_INET_NUMHOOKS; h++) {
		struct nf_hook_ops ops = hook_ops(h);

		if (table_uses(old, h) && !table_uses(new, h))
			nf_unregister_net_hook(net, &ops);
	}
	synchronize_rcu();
	kvfree(old);
	return 0;
}

/* A copy of the table with room for one more rule or one less (without the one at skip). */
static struct nf_table *table_copy(const struct nf_table *old, u32 num, u32 skip)
{
	struct nf_table *t = table_alloc(num);

	if (!t || !old)
		return t;
	memcpy(t->drop_policy, old->drop_policy, sizeof(t->drop_policy));
	for (u32 i = 0, o = 0; i < old->num && o < num; i++)
		if (i != skip)
			t->rules[o++] = old->rules[i];
	return t;
}

static int rule_add(struct net *net, const struct nf_rule *rule)
{
	struct nf_table *old = net->nf->rules, *t;
	u32 n = old ? old->num : 0;
	struct nf_rule *r;
	int err;

	if (n >= NF_RULES_MAX)
		return -ENOSPC;
	r = kmemdup(rule, sizeof(*rule), GFP_KERNEL);
	t = r ? table_copy(old, n + 1, U32_MAX) : NULL;
	if (!t) {
		kfree(r);
		return -ENOMEM;
	}
	t->rules[n] = r;
	err = table_replace(net, t);
	if (err) {
		kvfree(t);
		kfree(r);
	}
	return err;
}

static int rule_del(struct net *net, u32 at)
{
	struct nf_table *old = net->nf->rules, *t;
	struct nf_rule *dead;
	int err;

	if (!old || at >= old->num)
		return -ENOENT;
	dead = old->rules[at];
	t = table_copy(old, old->num - 1, at);
	if (!t)
		return -ENOMEM;
	err = table_replace(net, t);
	if (err)
		kvfree(t);
	else
		kfree(dead);
	return err;
}

static int set_policy(struct net *net, u8 hook, bool drop)
{
	struct nf_table *old = net->nf->rules, *t = table_copy(old, old ? old->num : 0, U32_MAX);
	int err;

	if (!t)
		return -ENOMEM;
	t->drop_policy[hook] = drop;
	err = table_replace(net, t);
	if (err)
		kvfree(t);
	return err;
}

/* Rules and policies. The rules outlive their table by its grace period. */
static int rules_flush(struct net *net)
{
	struct nf_table *old = net->nf->rules;
	struct nf_rule **dead;
	u32 n = old ? old->num : 0;

	if (!old)
		return 0;
	dead = kvmalloc((n + 1) * sizeof(*dead), GFP_KERNEL);
	if (!dead)
		return -ENOMEM;
	memcpy(dead, old->rules, n * sizeof(*dead));
	table_replace(net, NULL); /* only takes hooks away: cannot fail */
	for (u32 i = 0; i < n; i++)
		kfree(dead[i]);
	kvfree(dead);
	return 0;
}

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
	struct nf_rule r = { 0 };
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
	return rule_add(net, &r);
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
		return rules_flush(net);
	arg = next_word(&line);
	if (!strcmp(word, "del"))
		return arg && !kstrtou32(arg, 10, &n) ? rule_del(net, n) : -EINVAL;
	if (!strcmp(word, "policy")) {
		int hook = index_of(hook_names, NF_INET_NUMHOOKS, arg);
		int action = index_of(action_names, RULE_DROP + 1, next_word(&line));

		return hook < 0 || action < 0 ? -EINVAL : set_policy(net, (u8)hook, action == RULE_DROP);
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
	if (r->hi)
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

static void rules_net_exit(struct net *net)
{
	mutex_lock(&net->nf->rules_lock);
	rules_flush(net);
	mutex_unlock(&net->nf->rules_lock);
}

static struct pernet_operations rules_ops = { .exit = rules_net_exit };

void nf_rules_init(void)
{
	register_pernet_subsys(&rules_ops);
	proc_create_rw("net/nf_rules", 0644, rules_show, rules_write, NULL);
}
