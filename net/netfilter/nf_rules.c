/* net/netfilter/nf_rules.c - a small rule table on the five hooks
 *
 * What:   rules in order, the first that matches decides; "count" only counts. Matches protocol, addresses with
 *         prefixes, port ranges, devices; decides accept, drop or reject. The table grows as rules come, up to a share
 *         of memory.
 * Called: nf_hook_slow(); nf_rules_proc.c, which knows the language.
 * Calls:  nf_reject_hook.
 * Locks:  nf->rules_lock serialises writers; the table is read under RCU. A hook is registered only while a rule or a
 *         policy needs it. Counters are added to atomically.
 * Absent: state, address translation, user chains: nf_tables and conntrack bring them.
 */
#include "kernel/mm/page.h"
#include "lib/byteorder.h"
#include "net/netfilter/internal.h"
#include "net/netfilter/nf_rules.h"
#include <linux/in.h>
#include <linux/ip.h>

#define SHARE_OF_MEMORY 64 /* of all memory that one stack's rules may take: 37,000 rules with 256 MB */
#define ROOM_AT_FIRST 8u

void (*nf_reject_hook)(struct net *net, struct sk_buff *skb, u8 hook);

/* --- matching --- */

struct packet_facts { struct nf_match is; u16 sport, dport; }; /* ports 0: there are none */

static u64 match_addrs(__be32 src, __be32 dst)
{
	__be32 both[2] = { src, dst };

	return get_unaligned((const u64 *)both);
}
static u32 match_kind(u8 hook, u8 proto) { return (u32)hook << 8 | proto; }

/* The IP header lies in the head, checked, at every hook. */
static inline void facts_of(const struct sk_buff *skb, u8 hook, struct packet_facts *f)
{
	const struct iphdr *ip = (const struct iphdr *)skb->data;
	__be16 pbuf[2];
	const __be16 *ports;

	*f = (struct packet_facts){ .is = { get_unaligned((const u64 *)&ip->saddr), match_kind(hook, ip->protocol) } };
	if ((ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP) || ip->frag_off & htons(0x1fff))
		return;
	ports = skb_header_pointer(skb, ip->ihl * 4u, sizeof(pbuf), pbuf);
	if (ports) {
		f->sport = get_unaligned_be16(&ports[0]);
		f->dport = get_unaligned_be16(&ports[1]);
	}
}

static bool range_match(const struct port_range *r, u16 port) { return port >= r->lo && port <= r->hi; }

static bool dev_match(const char *want, const struct net_device *dev)
{
	return !*want || (dev && !strncmp(want, dev->name, IFNAMSIZ));
}

/* The addresses first: of many rules they tell most apart. */
static bool rule_match(const struct nf_rule *r, const struct packet_facts *f, const struct nf_hook_state *st)
{
	return !((f->is.addrs ^ r->want.addrs) & r->mask.addrs) && !((f->is.kind ^ r->want.kind) & r->mask.kind) &&
	       range_match(&r->sport, f->sport) && range_match(&r->dport, f->dport) &&
	       (likely(!r->names_device) || (dev_match(r->in, st->in) && dev_match(r->out, st->out)));
}

static unsigned int verdict_of(const struct nf_rule *r, struct sk_buff *skb, const struct nf_hook_state *st)
{
	void (*reject)(struct net *, struct sk_buff *, u8);

	if (r->action == RULE_REJECT && (reject = nf_reject_hook))
		reject(st->net, skb, st->hook);
	return r->action == RULE_ACCEPT ? NF_ACCEPT : NF_DROP;
}

static unsigned int rules_hook(void *priv, struct sk_buff *skb, const struct nf_hook_state *st)
{
	const struct nf_table *t = rcu_dereference(st->net->nf->rules);
	struct packet_facts f;

	if (!t)
		return NF_ACCEPT;
	facts_of(skb, st->hook, &f);
	for (u32 i = 0, n = smp_load_acquire(&t->num); i < n; i++) {
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

static struct nf_table *table_alloc(u32 num, u32 room)
{
	struct nf_table *t = kvzalloc(sizeof(*t) + (size_t)room * sizeof(t->rules[0]), GFP_KERNEL);

	if (t) {
		t->num = num;
		t->room = room;
	}
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

/* A copy of the table with num rules, without the one at skip. */
static struct nf_table *table_copy(const struct nf_table *old, u32 num, u32 room, u32 skip)
{
	struct nf_table *t = table_alloc(num, room);

	if (!t || !old)
		return t;
	memcpy(t->drop_policy, old->drop_policy, sizeof(t->drop_policy));
	for (u32 i = 0, o = 0; i < old->num && o < num; i++)
		if (i != skip)
			t->rules[o++] = old->rules[i];
	return t;
}

/* As the last rule of a table with twice the room. */
static int add_by_copy(struct net *net, struct nf_rule *r)
{
	struct nf_table *old = net->nf->rules, *t;
	u32 n = old ? old->num : 0;
	int err;

	t = table_copy(old, n + 1, max(2 * n, ROOM_AT_FIRST), U32_MAX);
	if (!t)
		return -ENOMEM;
	t->rules[n] = r;
	err = table_replace(net, t);
	if (err)
		kvfree(t);
	return err;
}

static __be32 mask_of(u8 len) { return len ? htonl(~0u << (32 - len)) : 0; }

static void prepare(struct nf_rule *r)
{
	r->want = (struct nf_match){ match_addrs(r->src, r->dst), match_kind(r->hook, r->proto) };
	r->mask = (struct nf_match){ match_addrs(mask_of(r->src_len), mask_of(r->dst_len)),
				     match_kind(U8_MAX, r->proto ? U8_MAX : 0) };
	r->names_device = *r->in || *r->out;
}

int nf_rule_add(struct net *net, const struct nf_rule *rule)
{
	struct nf_table *t = net->nf->rules;
	u32 n = t ? t->num : 0;
	struct nf_rule *r;
	int err;

	if (n >= net->nf->rules_max)
		return -ENOSPC;
	r = kmemdup(rule, sizeof(*rule), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	prepare(r);
	if (t && n < t->room && table_uses(t, r->hook)) { /* readers see it, or not yet */
		t->rules[n] = r;
		smp_store_release(&t->num, n + 1);
		return 0;
	}
	err = add_by_copy(net, r);
	if (err)
		kfree(r);
	return err;
}

int nf_rule_del(struct net *net, u32 at)
{
	struct nf_table *old = net->nf->rules, *t;
	struct nf_rule *dead;
	int err;

	if (!old || at >= old->num)
		return -ENOENT;
	dead = old->rules[at];
	t = table_copy(old, old->num - 1, old->room, at);
	if (!t)
		return -ENOMEM;
	err = table_replace(net, t);
	if (err)
		kvfree(t);
	else
		kfree(dead);
	return err;
}

int nf_rules_policy(struct net *net, u8 hook, bool drop)
{
	struct nf_table *old = net->nf->rules, *t;
	int err;

	t = table_copy(old, old ? old->num : 0, old ? old->room : ROOM_AT_FIRST, U32_MAX);
	if (!t)
		return -ENOMEM;
	t->drop_policy[hook] = drop;
	err = table_replace(net, t);
	if (err)
		kvfree(t);
	return err;
}

/* Rules and policies. The rules outlive their table by its grace period. */
int nf_rules_flush(struct net *net)
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

/* --- start --- */

static int rules_net_init(struct net *net)
{
	struct mem_stats m;

	mem_stats(&m);
	net->nf->rules_max = (u32)min(m.total * PAGE_SIZE / SHARE_OF_MEMORY / sizeof(struct nf_rule), (u64)U32_MAX / 4);
	return 0;
}

static void rules_net_exit(struct net *net)
{
	mutex_lock(&net->nf->rules_lock);
	nf_rules_flush(net);
	mutex_unlock(&net->nf->rules_lock);
}

static struct pernet_operations rules_ops = { .init = rules_net_init, .exit = rules_net_exit };

void nf_rules_init(void)
{
	register_pernet_subsys(&rules_ops);
	nf_rules_proc_init();
}
