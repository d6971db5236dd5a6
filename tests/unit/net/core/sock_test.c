/* tests/unit/net/core/sock_test.c - the life of a sock: lock and backlog, memory accounts, references, children */
#include "tests/unit/test.h"
#include "net/core/sock.h"

struct tsock { struct sock sk; int taken, destroyed; };
static int order[16], nr_order, destructs;

static int take(struct sock *sk, struct sk_buff *skb)
{
	order[nr_order++ % 16] = skb->data[0];
	((struct tsock *)sk)->taken++;
	consume_skb(skb);
	return 0;
}
static void destruct(struct sock *sk) { destructs++; }
static struct proto prot = { .name = "test", .obj_size = sizeof(struct tsock), .backlog_rcv = take };

static struct sock *make(struct net *net)
{
	struct sock *sk;

	if (!prot.slab)
		ASSERT_EQ(proto_register(&prot), 0);
	sk = sk_alloc(net, AF_INET, &prot, GFP_KERNEL);
	ASSERT_TRUE(sk != NULL);
	sock_init_data(NULL, sk);
	sk->sk_destruct = destruct;
	nr_order = destructs = 0;
	return sk;
}

static struct sk_buff *packet(u8 mark)
{
	struct sk_buff *skb = alloc_skb(64, GFP_ATOMIC);

	*(u8 *)skb_put(skb, 1) = mark;
	return skb;
}

TEST(registration_asks_for_a_whole_table)
{
	static struct proto small = { .name = "small", .obj_size = 8 }, nameless = { .obj_size = 4096 };

	EXPECT_EQ(proto_register(&small), -EINVAL);
	EXPECT_EQ(proto_register(&nameless), -EINVAL);
}

TEST(sockets_are_counted_by_protocol)
{
	struct net *net = test_net();
	struct sock *a = make(net), *b = make(net);

	EXPECT_EQ(sock_prot_inuse(net, &prot), 2);
	sock_put(a);
	EXPECT_EQ(sock_prot_inuse(net, &prot), 1);
	sock_put(b);
	EXPECT_EQ(sock_prot_inuse(net, &prot), 0);
	EXPECT_EQ(destructs, 2);
}

TEST(what_comes_while_owned_waits_in_order)
{
	struct sock *sk = make(test_net());

	lock_sock(sk);
	for (u8 i = 1; i <= 5; i++) {
		bh_lock_sock(sk);
		EXPECT_TRUE(sock_owned_by_user(sk));
		EXPECT_TRUE(sk_add_backlog(sk, packet(i), 1 << 20));
		bh_unlock_sock(sk);
	}
	EXPECT_EQ(nr_order, 0);
	release_sock(sk);
	EXPECT_EQ(nr_order, 5);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(order[i], i + 1);
	EXPECT_EQ(sk->sk_backlog.len, 0);
	sock_put(sk);
}

TEST(the_backlog_is_bounded)
{
	struct sock *sk = make(test_net());
	int n = 0;

	lock_sock(sk);
	for (;;) {
		struct sk_buff *skb = packet(1);
		bool ok;

		bh_lock_sock(sk);
		ok = sk_add_backlog(sk, skb, 8192);
		bh_unlock_sock(sk);
		if (!ok) {
			consume_skb(skb);
			break;
		}
		ASSERT_LT(++n, 1000);
	}
	EXPECT_GT(n, 1);
	EXPECT_GT(sk->sk_backlog.len, 8192);
	release_sock(sk);
	EXPECT_EQ(((struct tsock *)sk)->taken, n);
	sock_put(sk);
}

static int second_owner(void *arg)
{
	struct sock *sk = arg;

	lock_sock(sk);
	order[nr_order++] = 2;
	release_sock(sk);
	return 0;
}

TEST(a_second_owner_waits)
{
	struct sock *sk = make(test_net());
	struct task_struct *t;

	lock_sock(sk);
	t = host_spawn(second_owner, sk, "second");
	host_pass(NSEC_PER_SEC);
	EXPECT_FALSE(host_task_done(t));
	order[nr_order++] = 1;
	release_sock(sk);
	host_join(t);
	EXPECT_EQ(order[0], 1);
	EXPECT_EQ(order[1], 2);
	sock_put(sk);
}

TEST(memory_is_charged_and_given_back)
{
	struct sock *sk = make(test_net());
	struct sk_buff *in = packet(1), *out = packet(2);
	int size = (int)in->truesize;

	skb_set_owner_r(in, sk);
	EXPECT_EQ(sk_rmem_alloc_get(sk), size);
	skb_set_owner_w(out, sk);
	EXPECT_EQ(sk_wmem_alloc_get(sk), (int)out->truesize);
	consume_skb(in);
	EXPECT_EQ(sk_rmem_alloc_get(sk), 0);
	sock_put(sk); /* the packet on its way keeps it */
	EXPECT_EQ(destructs, 0);
	consume_skb(out);
	EXPECT_EQ(destructs, 1);
}

TEST(a_full_send_buffer_refuses_unless_forced)
{
	struct sock *sk = make(test_net());
	struct sk_buff *a, *b;

	sk->sk_sndbuf = 1;
	a = sock_wmalloc(sk, 100, false, GFP_KERNEL);
	ASSERT_TRUE(a != NULL);
	EXPECT_TRUE(sock_wmalloc(sk, 100, false, GFP_KERNEL) == NULL);
	b = sock_wmalloc(sk, 100, true, GFP_KERNEL);
	EXPECT_TRUE(b != NULL);
	consume_skb(a);
	consume_skb(b);
	EXPECT_EQ(sk_wmem_alloc_get(sk), 0);
	sock_put(sk);
}

TEST(a_child_has_options_but_none_of_the_queues)
{
	struct sock *sk = make(test_net()), *child;

	sk->sk_rcvbuf = 4711;
	sk->sk_priority = 3;
	sk->sk_err = ECONNRESET;
	sock_set_flag(sk, SOCK_KEEPOPEN);
	skb_queue_tail(&sk->sk_receive_queue, packet(1));
	child = sk_clone_lock(sk, GFP_ATOMIC);
	ASSERT_TRUE(child != NULL);
	EXPECT_EQ(child->sk_rcvbuf, 4711);
	EXPECT_TRUE(sock_flag(child, SOCK_KEEPOPEN));
	EXPECT_EQ(child->sk_err, 0);
	EXPECT_EQ(child->sk_priority, 0);
	EXPECT_TRUE(skb_queue_empty(&child->sk_receive_queue));
	EXPECT_EQ(sk_wmem_alloc_get(child), 0);
	EXPECT_EQ(refcount_read(&child->sk_refcnt), 2);
	bh_unlock_sock(child);
	sock_put(child);
	sock_put(child);
	sock_put(sk);
	EXPECT_EQ(destructs, 2);
}

TEST(an_error_is_told_once)
{
	struct sock *sk = make(test_net());

	sk->sk_err = ECONNREFUSED;
	EXPECT_EQ(sock_error(sk), -ECONNREFUSED);
	EXPECT_EQ(sock_error(sk), 0);
	sock_put(sk);
}

static int fired;
static void fire(struct timer_list *t)
{
	struct sock *sk = container_of(t, struct sock, sk_timer);

	fired++;
	sock_put(sk);
}

TEST(a_timer_holds_its_socket)
{
	struct sock *sk = make(test_net());

	fired = 0;
	timer_setup(&sk->sk_timer, fire);
	sk_reset_timer(sk, &sk->sk_timer, ktime_get_ns() + NSEC_PER_SEC);
	sk_reset_timer(sk, &sk->sk_timer, ktime_get_ns() + 2 * NSEC_PER_SEC);
	EXPECT_EQ(refcount_read(&sk->sk_refcnt), 2);
	sk_stop_timer(sk, &sk->sk_timer);
	EXPECT_EQ(refcount_read(&sk->sk_refcnt), 1);
	sk_reset_timer(sk, &sk->sk_timer, ktime_get_ns() + NSEC_PER_SEC);
	sock_put(sk);
	EXPECT_EQ(destructs, 0);
	host_pass(2 * NSEC_PER_SEC);
	EXPECT_EQ(fired, 1);
	EXPECT_EQ(destructs, 1);
}
