/* tests/unit/net/tcp/transfer_test.c - two hosts, a bad link, many seeds: everything arrives in order, once */
#include "net/core/gso.h"
#include "net/tcp/tcp_internal.h"
#include "tests/host/world.h"
#include "tests/unit/test.h"

struct flow { struct socket *s; size_t bytes; u32 key; };
static u8 byte_at(u32 key, size_t i) { return (u8)((i * 2654435761u + key) >> 11); }

static int writer(void *arg)
{
	struct flow *f = arg;
	u8 buf[5000];

	for (size_t done = 0; done < f->bytes;) {
		size_t n = min(f->bytes - done, 1 + (size_t)host_random() % sizeof(buf));
		ssize_t r;

		for (size_t i = 0; i < n; i++)
			buf[i] = byte_at(f->key, done + i);
		r = sock_write(f->s, buf, n, MSG_NOSIGNAL);
		ASSERT_GT(r, 0);
		done += (size_t)r;
	}
	EXPECT_EQ(f->s->ops->shutdown(f->s, SHUT_WR), 0);
	return 0;
}
static int reader(void *arg)
{
	struct flow *f = arg;
	size_t done = 0;
	u8 buf[8000];

	for (;;) {
		ssize_t r = sock_read(f->s, buf, 1 + host_random() % sizeof(buf), 0);

		ASSERT_GE(r, 0);
		if (!r)
			break;
		for (ssize_t i = 0; i < r; i++)
			ASSERT_EQ(buf[i], byte_at(f->key, done + (size_t)i));
		done += (size_t)r;
	}
	EXPECT_EQ(done, f->bytes);
	return 0;
}
static void transfer(struct two_hosts *w, size_t bytes)
{
	struct socket *l = tcp_listener(w->net[1], 80, 5), *c = tcp_socket(w->net[0]), *a = sock_alloc();
	struct flow there = { c, bytes, 1 }, there_in = { a, bytes, 1 }, back = { a, bytes / 2, 2 },
		    back_in = { c, bytes / 2, 2 };
	struct task_struct *t[4];

	ASSERT_EQ(sock_connect_to(c, HOST_B, 80, 0), 0);
	a->type = SOCK_STREAM;
	a->ops = l->ops;
	ASSERT_EQ(l->ops->accept(l, a, 0), 0);
	t[0] = host_spawn(writer, &there, "w1");
	t[1] = host_spawn(reader, &there_in, "r1");
	t[2] = host_spawn(writer, &back, "w2");
	t[3] = host_spawn(reader, &back_in, "r2");
	for (int i = 0; i < 4; i++)
		host_join(t[i]);
	sock_release(c);
	sock_release(a);
	sock_release(l);
}
static netdev_features_t tso; /* NETIF_F_TSO, or none */
static void run(u64 seed, size_t bytes, u32 loss_ppm, u64 jitter_ns, u32 dup_ppm, u32 corrupt_ppm)
{
	struct two_hosts w;

	host_seed(seed);
	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM | tso);
	w.link.delay_ns = 5 * NSEC_PER_MSEC;
	w.link.loss_ppm = loss_ppm;
	w.link.jitter_ns = jitter_ns;
	w.link.duplicate_ppm = dup_ppm;
	w.link.corrupt_ppm = corrupt_ppm;
	transfer(&w, bytes);
	two_hosts_stop(&w);
}
static void switch_off(struct two_hosts *w, netdev_features_t features)
{
	for (int i = 0; i < 2; i++) {
		w->nic[i]->dev->wanted_features &= ~features;
		netdev_update_features(w->nic[i]->dev);
	}
}
/* Every way of cutting gives the same stream: by the device, in software, with and without fragments and checksums. */
static void run_offloads(netdev_features_t features, bool gso)
{
	struct two_hosts w;

	two_hosts_start(&w, features);
	if (!gso)
		switch_off(&w, NETIF_F_GSO);
	w.link.delay_ns = 2 * NSEC_PER_MSEC;
	transfer(&w, 1000000);
	EXPECT_EQ(w.nic[0]->large > 10, (features & NETIF_F_TSO) != 0);
	EXPECT_EQ(net_mib_sum(w.net[0], MIB_TCP_RETRANSSEGS) + net_mib_sum(w.net[1], MIB_TCP_RETRANSSEGS), 0);
	EXPECT_GE(net_mib_sum(w.net[0], MIB_TCP_OUTSEGS), 1000000 / 1460u);
	two_hosts_stop(&w);
}
TEST(offloads_of_every_kind)
{
	run_offloads(0, true);
	run_offloads(NETIF_F_HW_CSUM, true);
	run_offloads(NETIF_F_SG | NETIF_F_HW_CSUM, true);
	run_offloads(NETIF_F_SG | NETIF_F_HW_CSUM, false);
	run_offloads(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO, true);
}
TEST(segmentation_by_the_device_over_a_bad_link)
{
	for (u64 seed = 1; seed <= 10; seed++) {
		tso = NETIF_F_TSO;
		run(seed, 200000, 10000, 2 * NSEC_PER_MSEC, 5000, 5000);
	}
}
TEST(a_clean_link) { run(1, 1000000, 0, 0, 0, 0); }
TEST(a_clean_link_needs_no_retransmission)
{
	struct two_hosts w;

	two_hosts_start(&w, NETIF_F_SG | NETIF_F_HW_CSUM);
	switch_off(&w, NETIF_F_GRO); /* hits are counted by packet */
	w.link.delay_ns = 5 * NSEC_PER_MSEC;
	transfer(&w, 1500000);
	EXPECT_EQ(net_mib_sum(w.net[0], MIB_TCP_RETRANSSEGS), 0);
	EXPECT_EQ(net_mib_sum(w.net[1], MIB_TCP_RETRANSSEGS), 0);
	/* The half that closes first is no longer ESTABLISHED, and its data goes step by step. */
	EXPECT_GT(net_mib_sum(w.net[0], MIB_TCPEXT_TCPHPHITS), 50); /* 225; with GRO 8 large ones */
	two_hosts_stop(&w);
}
TEST(reordering) { for (u64 s = 1; s <= 10; s++) run(s, 100000, 0, 8 * NSEC_PER_MSEC, 0, 0); }
TEST(duplicates) { for (u64 s = 1; s <= 5; s++) run(s, 100000, 0, 0, 100000, 0); }
TEST(one_percent_loss) { for (u64 s = 1; s <= 10; s++) run(s, 300000, 10000, 0, 0, 0); }
TEST(ten_percent_loss) { for (u64 s = 1; s <= 20; s++) run(s, 50000, 100000, 0, 0, 0); }
TEST(everything_at_once) { for (u64 s = 1; s <= 30; s++) run(s, 60000, 30000, 4 * NSEC_PER_MSEC, 20000, 10000); }

/* --- how much is sent again --- */

static u64 both(struct two_hosts *w, enum net_mib_item i)
{
	return net_mib_sum(w->net[0], i) + net_mib_sum(w->net[1], i);
}
/* In all that sent_again() ran: one false alarm can be a dozen segments, but few runs have one. */
static u64 arrived_twice, timed_out;
/* A megabyte there and half of one back, 40 ms round trip; w is stopped. Returns what was sent again. */
static u64 sent_again(struct two_hosts *w, u64 seed, u32 loss_ppm, u64 jitter_ns)
{
	u64 n;

	host_seed(seed);
	two_hosts_start(w, NETIF_F_SG | NETIF_F_HW_CSUM);
	switch_off(w, NETIF_F_GRO); /* an ACK for each two: one that is lost is not missed */
	w->link.delay_ns = 20 * NSEC_PER_MSEC;
	w->link.loss_ppm = loss_ppm;
	w->link.jitter_ns = jitter_ns;
	transfer(w, 1000000);
	n = both(w, MIB_TCP_RETRANSSEGS);
	/* ACKs are among the lost, too. On the other hand a full segment that goes again while SACK blocks of the other
	 * direction take room of its header is two (1448 bytes: 1420 and 28), though nothing was needless. */
	if (loss_ppm) {
		EXPECT_LE(n, w->link.lost + w->link.lost / 8 + 4);
		arrived_twice += both(w, MIB_TCPEXT_TCPDSACKOLDSENT);
	}
	timed_out += both(w, MIB_TCPEXT_TCPTIMEOUTS);
	two_hosts_stop(w);
	return n;
}
TEST(with_one_percent_loss_little_more_goes_again_than_was_lost)
{
	struct two_hosts w;

	for (u64 s = 1; s <= 5; s++)
		EXPECT_GT(sent_again(&w, s, 10000, 0), 0);
	EXPECT_LE(arrived_twice, 5 * 1u);
	EXPECT_EQ(timed_out, 0u);
}
TEST(with_five_percent_loss_little_more_goes_again_than_was_lost)
{
	struct two_hosts w;

	for (u64 s = 1; s <= 5; s++)
		EXPECT_GT(sent_again(&w, s, 50000, 0), 30);
	EXPECT_LE(arrived_twice, 5 * 5u);
	EXPECT_LE(timed_out, 5 * 1u); /* of 60 runs three had more than two */
}
/* Until reordering has been seen, three SACKs are a loss: a few false alarms at the start, of 1,500 frames. */
TEST(reordering_is_no_loss)
{
	struct two_hosts w;
	u64 n = 0;

	for (u64 s = 1; s <= 5; s++)
		n += sent_again(&w, s, 0, 4 * NSEC_PER_MSEC) + sent_again(&w, s, 0, 8 * NSEC_PER_MSEC);
	EXPECT_LE(n, 50);
	EXPECT_EQ(timed_out, 0u);
}

/* Process context, softirqs and timers of one connection on different CPUs, in the seed's order. */
static void run_on(u32 cpus)
{
	host_set_cpus(cpus);
	for (u64 s = 1; s <= 15; s++) {
		run(s, 100000, 0, 0, 0, 0);
		run(s, 60000, 20000, 300 * NSEC_PER_USEC, 10000, 10000);
	}
}
TEST(two_cpus) { run_on(2); }
TEST(four_cpus) { run_on(4); }
