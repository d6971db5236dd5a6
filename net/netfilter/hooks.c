/* net/netfilter/hooks.c - the hook points: who is registered, and what they say
 *
 * What:   for each hook of a stack an array sorted by priority, replaced as a whole when it changes.
 * Called: NF_HOOK() on the packet's way; registration from process context.
 * Calls:  the registered functions.
 * Locks:  netns_nf.lock for changes; readers are under RCU. An empty hook is a NULL pointer.
 * Absent: IPv6, ARP and bridge hooks; NF_QUEUE (answered as a drop).
 */
#include "kernel/mm/slab.h"
#include "net/netfilter/internal.h"

#define NF_REPEAT_MAX 16 /* a function that repeats for ever loses the packet */

static struct nf_hook_entries **hook_slot(struct net *net, const struct nf_hook_ops *ops)
{
	if (ops->pf != NFPROTO_IPV4 || ops->hooknum >= NF_INET_NUMHOOKS || !ops->hook)
		return NULL;
	return &net->nf->hooks_ipv4[ops->hooknum];
}

static struct nf_hook_entries *entries_alloc(u16 num)
{
	struct nf_hook_entries *e = kzalloc(sizeof(*e) + num * sizeof(e->hooks[0]), GFP_KERNEL);

	if (e)
		e->num = num;
	return e;
}

/* The new array replaces the old, which goes when its last reader is through. */
static void publish(struct nf_hook_entries **slot, struct nf_hook_entries *e)
{
	struct nf_hook_entries *old = *slot;

	rcu_assign_pointer(*slot, e);
	if (old)
		kfree_rcu(old, rcu);
}

int nf_register_net_hook(struct net *net, const struct nf_hook_ops *ops)
{
	struct nf_hook_entries **slot = hook_slot(net, ops), *old, *e;
	u16 i = 0;

	if (!slot)
		return -EINVAL;
	mutex_lock(&net->nf->lock);
	old = *slot;
	e = old && old->num == U16_MAX ? NULL : entries_alloc((u16)(old ? old->num + 1 : 1));
	if (!e) {
		mutex_unlock(&net->nf->lock);
		return -ENOMEM;
	}
	for (; old && i < old->num && old->hooks[i].priority <= ops->priority; i++)
		e->hooks[i] = old->hooks[i];
	e->hooks[i] = (struct nf_hook_entry){ ops->hook, ops->priv, ops->priority };
	for (; old && i < old->num; i++)
		e->hooks[i + 1] = old->hooks[i];
	publish(slot, e);
	mutex_unlock(&net->nf->lock);
	return 0;
}

static int find_entry(const struct nf_hook_entries *e, const struct nf_hook_ops *ops)
{
	for (int i = 0; e && i < e->num; i++)
		if (e->hooks[i].hook == ops->hook && e->hooks[i].priv == ops->priv &&
		    e->hooks[i].priority == ops->priority)
			return i;
	return -1;
}

static unsigned int accept_all(void *priv, struct sk_buff *skb, const struct nf_hook_state *st) { return NF_ACCEPT; }

/* Sleeps: after it the function runs no more. Without memory for a smaller array the entry becomes one that accepts. */
void nf_unregister_net_hook(struct net *net, const struct nf_hook_ops *ops)
{
	struct nf_hook_entries **slot = hook_slot(net, ops), *old, *e = NULL;
	int at;

	if (!slot)
		return;
	mutex_lock(&net->nf->lock);
	old = *slot;
	at = find_entry(old, ops);
	if (at >= 0 && old->num > 1)
		e = entries_alloc((u16)(old->num - 1));
	if (at >= 0 && old->num > 1 && !e) {
		WRITE_ONCE(old->hooks[at].hook, accept_all);
	} else if (at >= 0) {
		for (int i = 0, o = 0; i < old->num; i++)
			if (i != at)
				e->hooks[o++] = old->hooks[i];
		publish(slot, e);
	}
	mutex_unlock(&net->nf->lock);
	synchronize_rcu();
}

/* The function said NF_REPEAT. */
unsigned int nf_ask_again(const struct nf_hook_entry *h, struct sk_buff *skb, const struct nf_hook_state *st)
{
	for (int tries = 1; tries < NF_REPEAT_MAX; tries++) {
		unsigned int v = READ_ONCE(h->hook)(h->priv, skb, st) & NF_VERDICT_MASK;

		if (v != NF_REPEAT)
			return v;
	}
	return NF_DROP;
}

int nf_hook_slow(struct sk_buff *skb, struct nf_hook_state *state, const struct nf_hook_entries *e)
{
	return nf_hook_run(skb, state, e);
}

/* LOCAL_OUT and POST_ROUTING are passed in process context too: the functions run with BH off everywhere. */
int nf_hook(struct sk_buff *skb, struct nf_hook_state *state)
{
	const struct nf_hook_entries *e;
	int r = 1;

	local_bh_disable();
	rcu_read_lock();
	e = rcu_dereference(state->net->nf->hooks_ipv4[state->hook]);
	if (e)
		r = nf_hook_slow(skb, state, e);
	rcu_read_unlock();
	local_bh_enable();
	return r;
}

static int nf_net_init(struct net *net)
{
	net->nf = kzalloc(sizeof(*net->nf), GFP_KERNEL);
	if (!net->nf)
		return -ENOMEM;
	mutex_init(&net->nf->lock);
	mutex_init(&net->nf->rules_lock);
	return 0;
}

static void nf_net_exit(struct net *net)
{
	for (int i = 0; i < NF_INET_NUMHOOKS; i++)
		kfree(net->nf->hooks_ipv4[i]);
	kfree(net->nf);
	net->nf = NULL;
}

static struct pernet_operations nf_ops = { .init = nf_net_init, .exit = nf_net_exit };

void netfilter_init(void)
{
	register_pernet_subsys(&nf_ops);
	nf_rules_init();
}
