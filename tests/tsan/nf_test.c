/* tests/tsan/nf_test.c - packet rules and hooks change while packets run through them
 *
 * One rule and one policy always stand: TCP to port 80 is accepted, all else of INPUT dropped. Whatever is added,
 * deleted or replaced around them, no packet may see it otherwise.
 */
#include "kernel/random.h"
#include "kernel/trace/printk.h"
#include "lib/byteorder.h"
#include "net/netfilter/internal.h"
#include "net/netfilter/nf_rules.h"
#include "tests/tsan/tests.h"
#include <linux/in.h>
#include <linux/ip.h>

#define STEPS 100 /* of each thread that changes something */
#define MOST_RULES 12u

static struct net *net;
static u32 busy = 2, sent, wrong, watched;

static struct sk_buff *packet(u16 port)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	struct iphdr *ip;

	BUG_UNLESS(skb);
	skb_reset_network_header(skb);
	ip = skb_put_zero(skb, 40);
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .tot_len = htons(40), .protocol = IPPROTO_TCP,
			      .saddr = htonl(0x0a000001), .daddr = htonl(0x0a000002) };
	put_unaligned_be16(1024, skb->data + 20);
	put_unaligned_be16(port, skb->data + 22);
	return skb;
}
static void send(void)
{
	static const u8 hooks[] = { NF_INET_LOCAL_IN, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT };
	u32 dice = get_random_u32();
	struct nf_hook_state st = { .hook = hooks[dice % 3], .pf = NFPROTO_IPV4, .in = net->loopback_dev, .net = net };
	bool web = dice >> 8 & 1;
	struct sk_buff *skb = packet(web ? 80 : 81);
	int r = nf_hook(skb, &st);

	if (r == 1)
		consume_skb(skb);
	if (st.hook == NF_INET_LOCAL_IN && (r == 1) != web)
		count(&wrong);
	count(&sent);
}

static unsigned int watch(void *priv, struct sk_buff *skb, const struct nf_hook_state *st)
{
	count(priv);
	return NF_ACCEPT;
}
static struct nf_rule rule(u8 hook, u8 action, u16 port)
{
	return (struct nf_rule){ .hook = hook, .action = action, .proto = IPPROTO_TCP, .sport = { 0, 65535 },
				 .dport = { port, port } };
}
static void change_rules(void)
{
	u32 dice = get_random_u32();
	struct nf_rule r = rule(dice & 1 ? NF_INET_LOCAL_IN : NF_INET_LOCAL_OUT, dice & 2 ? RULE_COUNT : RULE_DROP,
				dice & 2 ? 80 : 82);
	const struct nf_table *t;

	mutex_lock(&net->nf->rules_lock);
	t = net->nf->rules;
	if (t->num > 1 && (dice >> 8 & 1 || t->num >= MOST_RULES))
		BUG_ON(nf_rule_del(net, 1 + dice % (t->num - 1)));
	else if (dice >> 9 & 3)
		BUG_ON(nf_rule_add(net, &r));
	else
		BUG_ON(nf_rules_policy(net, NF_INET_LOCAL_OUT, dice >> 11 & 1));
	mutex_unlock(&net->nf->rules_lock);
}
static void change_hooks(void)
{
	static u32 calls[2];
	u32 dice = get_random_u32();
	struct nf_hook_ops ops = { watch, &calls[0], NFPROTO_IPV4, NF_INET_LOCAL_IN, -1000 + (int)(dice % 2000) };

	BUG_ON(nf_register_net_hook(net, &ops));
	cpu_turn();
	nf_unregister_net_hook(net, &ops);
	count(&watched);
}
static void send_or_change(int thread)
{
	for (u32 i = 1; thread < 2 ? running(&busy) : i <= STEPS; i++) {
		if (thread < 2)
			send();
		else if (thread == 2)
			change_rules();
		else
			change_hooks();
		if (!(i % 16))
			cpu_turn();
	}
	if (thread >= 2)
		stopped(&busy);
}

void nf_tests(void)
{
	struct nf_rule web = rule(NF_INET_LOCAL_IN, RULE_ACCEPT, 80);

	net = home_net();
	mutex_lock(&net->nf->rules_lock);
	BUG_ON(nf_rule_add(net, &web));
	BUG_ON(nf_rules_policy(net, NF_INET_LOCAL_IN, true));
	mutex_unlock(&net->nf->rules_lock);
	in_threads(send_or_change);
	report("what_always_stands_in_the_rules_holds_for_each_packet", sent && watched && !wrong);
	put_net(net);
	home_settle();
}
