/* net/core/net_namespace.c - making and destroying whole stacks
 *
 * What:   the list of rooms that keep state in a struct net, and the life of one.
 * Called: room registration at start; net_create() from process context; get/put from anywhere.
 * Calls:  each room's init in order, exit in reverse.
 * Locks:  net_list_lock guards the list of nets; the list of rooms is constant after start.
 * Absent: moving devices between nets; names of namespaces.
 */
#include "kernel/fs/proc_fs.h"
#include "kernel/mm/slab.h"
#include "kernel/trace/printk.h"
#include "net/core/core.h"

static struct pernet_operations *pernet_first; /* [C] after start */
static LIST_HEAD(net_list);
static DEFINE_SPINLOCK(net_list_lock);
static u32 next_inum = 0xf0000000u; /* net_list_lock; where Linux's namespace inodes start, about */
struct net *init_net;

static void pernet_exit_before(struct net *net, struct pernet_operations *end)
{
	struct pernet_operations *done = end;

	while (done != pernet_first) { /* the list is short and singly linked: find the one before */
		struct pernet_operations *p = pernet_first;

		while (p->next != done)
			p = p->next;
		if (p->exit)
			p->exit(net);
		done = p;
	}
}

void register_pernet_subsys(struct pernet_operations *ops)
{
	struct pernet_operations **link = &pernet_first;

	while (*link)
		link = &(*link)->next;
	ops->next = NULL;
	*link = ops;
	if (init_net && ops->init && ops->init(init_net))
		panic("net: a room could not start");
}

static int pernet_init_all(struct net *net)
{
	for (struct pernet_operations *p = pernet_first; p; p = p->next) {
		int r = p->init ? p->init(net) : 0;

		if (r) {
			pernet_exit_before(net, p);
			return r;
		}
	}
	return 0;
}

static void net_free(struct net *net)
{
	free_percpu(net->mib);
	kfree(net);
}

static void net_cleanup(struct work_struct *w)
{
	struct net *net = container_of(w, struct net, cleanup);
	unsigned long flags;

	spin_lock_irqsave(&net_list_lock, flags);
	list_del(&net->list);
	spin_unlock_irqrestore(&net_list_lock, flags);
	pernet_exit_before(net, NULL);
	rcu_barrier();
	net_free(net);
}

static struct net *net_alloc(void)
{
	struct net *net = kzalloc(sizeof(*net), GFP_KERNEL);

	if (!net)
		return NULL;
	net->mib = alloc_percpu(struct net_mib);
	if (!net->mib) {
		kfree(net);
		return NULL;
	}
	refcount_set(&net->count, 1);
	INIT_LIST_HEAD(&net->dev_base_head);
	mutex_init(&net->rtnl);
	INIT_WORK(&net->cleanup, net_cleanup);
	return net;
}

struct net *net_create(void)
{
	struct net *net = net_alloc();
	unsigned long flags;
	int r;

	if (!net)
		return ERR_PTR(-ENOMEM);
	r = pernet_init_all(net);
	if (r) {
		net_free(net);
		return ERR_PTR(r);
	}
	spin_lock_irqsave(&net_list_lock, flags);
	net->inum = next_inum++;
	list_add_tail(&net->list, &net_list);
	spin_unlock_irqrestore(&net_list_lock, flags);
	return net;
}

void get_net(struct net *net) { refcount_inc(&net->count); }

void put_net(struct net *net)
{
	if (refcount_dec_and_test(&net->count))
		schedule_work(&net->cleanup);
}

static u32 inum_of(const struct net *net) { return net->inum; }

/* Makes the first net at once: rooms that register later start in it as they come. */
void net_ns_init(void)
{
	proc_set_net_inum(inum_of);
	init_net = net_create();
	if (IS_ERR(init_net))
		panic("net: no memory for the first stack");
}
