/* tests/unit/net/tcp/ends_test.c - urgent data, lingering, orphans, ICMP errors, TIME_WAIT's second life */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>
#include <linux/icmp.h>

static void close_it(struct tcp_bench *b)
{
	sock_release(b->s);
	b->s = NULL;
}
static int set_linger(struct socket *s, int on, int seconds)
{
	struct { int on, seconds; } l = { on, seconds };

	return sock_setsockopt(s, SOL_SOCKET, SO_LINGER, KERNEL_SOCKPTR(&l), sizeof(l));
}

/* --- urgent data --- */

TEST(the_urgent_byte_is_read_apart)
{
	struct tcp_bench b = bench_established();
	u8 buf[20], byte = 0;

	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_OOB | MSG_DONTWAIT), -EINVAL);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .urg = 5); /* the fifth byte: RFC 6093 3.2 */
	EXPECT_TRUE(sock_poll(b.s) & POLLPRI);
	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_OOB), 1);
	EXPECT_EQ(byte, 5);
	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_OOB), -EINVAL); /* once */
	EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 4);
	EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 5);
	EXPECT_EQ(buf[0], 6);
	bench_stop(&b);
}
TEST(inline_the_urgent_byte_is_one_of_the_others)
{
	struct tcp_bench b = bench_established();
	u8 buf[20], byte;

	EXPECT_EQ(sock_set_int(b.s, SOL_SOCKET, SO_OOBINLINE, 1), 0);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 10, .urg = 5);
	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_OOB), -EINVAL);
	EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 4); /* a read ends at the mark */
	EXPECT_EQ(sock_read(b.s, buf, sizeof(buf), 0), 6);
	EXPECT_EQ(buf[0], 5);
	bench_stop(&b);
}
TEST(an_urgent_byte_that_is_announced_but_not_here)
{
	struct tcp_bench b = bench_established();
	u8 byte = 0;

	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .len = 5, .urg = 8);
	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_OOB | MSG_DONTWAIT), -EAGAIN);
	peer_sends(&b, .flags = ACK, .seq = 6, .ack = 1, .len = 5);
	EXPECT_EQ(sock_read(b.s, &byte, 1, MSG_OOB | MSG_DONTWAIT), 1);
	EXPECT_EQ(byte, 8);
	bench_stop(&b);
}
TEST(urgent_data_that_we_send_carries_the_pointer)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_write(b.s, "abc", 3, MSG_OOB), 3);
	expect_sent(&b, .flags = ACK | TCPHDR_URG, .seq = 1, .len = 3);
	EXPECT_EQ(ntohs(((const struct tcphdr *)(b.last->data + 34))->urg_ptr), 3);
	bench_stop(&b);
}

/* --- lingering, orphans --- */

TEST(linger_zero_resets)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(set_linger(b.s, 1, 0), 0);
	EXPECT_EQ(bench_write(&b, 10), 10);
	expect_sent(&b, .flags = ACK, .len = 10);
	close_it(&b);
	expect_sent(&b, .flags = RST | ACK);
	host_pass(MS(10000));
	expect_nothing_sent(&b);
	bench_stop(&b);
}
TEST(linger_waits_for_the_fin_to_be_acknowledged_or_gives_up_waiting)
{
	struct tcp_bench b = bench_established();
	u64 start = ktime_get_ns();

	EXPECT_EQ(set_linger(b.s, 1, 2), 0);
	close_it(&b); /* the peer says nothing */
	EXPECT_GE(ktime_get_ns() - start, 2 * NSEC_PER_SEC);
	EXPECT_LT(ktime_get_ns() - start, 3 * NSEC_PER_SEC);
	EXPECT_EQ(atomic_read(&b.net->tcp->orphans), 1);
	bench_stop(&b);
	EXPECT_EQ(atomic_read(&b.net->tcp->orphans), 0);
}
static void orphan_in_fin_wait2(struct tcp_bench *b)
{
	close_it(b);
	expect_sent(b, .flags = FIN | ACK, .seq = 1);
	peer_sends(b, .flags = ACK, .seq = 1, .ack = 2);
}
TEST(an_orphan_in_fin_wait2_costs_little_and_not_for_ever)
{
	struct tcp_bench b = bench_established();

	orphan_in_fin_wait2(&b);
	EXPECT_EQ(sock_prot_inuse(b.net, &tcp_prot), 0);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 1);
	host_pass(MS(59000));
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 1);
	host_pass(MS(2000));
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 0);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2); /* nobody knows of it any more */
	expect_sent(&b, .flags = RST);
	bench_stop(&b);
}
TEST(linger2_shortens_it)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_LINGER2, 10), 0);
	orphan_in_fin_wait2(&b);
	host_pass(MS(9000));
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 1);
	host_pass(MS(2000));
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 0);
	bench_stop(&b);
}
TEST(negative_linger2_resets_instead)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_LINGER2, -1), 0);
	orphan_in_fin_wait2(&b);
	expect_sent(&b, .flags = RST, .seq = 2);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 0);
	bench_stop(&b);
}
TEST(data_for_an_orphan_is_reset)
{
	struct tcp_bench b = bench_established();

	orphan_in_fin_wait2(&b);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 2, .len = 10);
	expect_sent(&b, .flags = RST);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 0);
	bench_stop(&b);
}
TEST(too_many_orphans_are_reset)
{
	struct tcp_bench b = bench_established();

	b.net->tcp->sysctl.max_orphans = 0;
	EXPECT_EQ(bench_write(&b, 10), 10);
	expect_sent(&b, .flags = ACK, .len = 10);
	close_it(&b);
	expect_sent(&b, .flags = FIN | ACK);
	expect_sent(&b, .flags = RST | ACK);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPABORTONMEMORY), 1);
	EXPECT_EQ(sock_prot_inuse(b.net, &tcp_prot), 0);
	bench_stop(&b);
}
TEST(an_orphan_whose_peer_is_silent_gives_up)
{
	struct tcp_bench b = bench_established();

	close_it(&b);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1);
	host_pass(MS(203000)); /* eight retries are 102.2 s; the first time-out after them is the ninth, at 204.6 s */
	EXPECT_EQ(sock_prot_inuse(b.net, &tcp_prot), 1);
	host_pass(MS(3000));
	EXPECT_EQ(sock_prot_inuse(b.net, &tcp_prot), 0);
	EXPECT_EQ(net_mib_sum(b.net, MIB_TCPEXT_TCPABORTONTIMEOUT), 1);
	bench_stop(&b);
}

/* --- ICMP --- */

static void peer_complains(struct tcp_bench *b, u8 type, u8 code, u16 mtu, u32 seq)
{
	u8 f[14 + 20 + 8 + 20 + 8] = { 0 };
	struct iphdr *ip = (struct iphdr *)(f + 14), *inner = (struct iphdr *)(f + 42);
	struct icmphdr *icmp = (struct icmphdr *)(f + 34);

	memcpy(f, b->nic->dev->dev_addr, 6);
	memcpy(f + 6, "\2\0\0\0\0\x99", 6);
	f[12] = 8;
	*ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP, .saddr = HOST_B,
			      .daddr = HOST_A, .tot_len = htons(56) };
	ip->check = ip_fast_csum(ip, 5);
	*inner = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 60, .protocol = IPPROTO_TCP, .saddr = HOST_A,
				 .daddr = HOST_B, .tot_len = htons(1500) };
	inner->check = ip_fast_csum(inner, 5);
	put_unaligned_be16(b->our_port, f + 62);
	put_unaligned_be16(b->peer_port, f + 64);
	put_unaligned_be32(b->our_isn + seq, f + 66);
	icmp->type = type;
	icmp->code = code;
	icmp->un.frag.mtu = htons(mtu);
	icmp->checksum = csum_fold(csum_partial(icmp, 36, 0));
	sim_nic_inject(b->nic, f, sizeof(f));
	host_settle();
}
TEST(a_smaller_path_mtu_sends_smaller_pieces_at_once)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(bench_write(&b, 1460), 1460);
	expect_sent(&b, .flags = ACK, .len = 1460);
	peer_complains(&b, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 1000, 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .len = 960);
	expect_sent(&b, .flags = ACK, .seq = 961, .len = 500);
	EXPECT_EQ(tcp_sk(b.s->sk)->snd_cwnd, TCP_INIT_CWND); /* no congestion was seen */
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1461);
	EXPECT_EQ(bench_write(&b, 960), 960);
	expect_sent(&b, .flags = ACK, .len = 960);
	bench_stop(&b);
}
TEST(an_icmp_error_about_nothing_on_its_way_is_ignored)
{
	struct tcp_bench b = bench_established();

	peer_complains(&b, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 600, 5000);
	peer_complains(&b, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0, 5000);
	EXPECT_EQ(b.s->sk->sk_err_soft, 0);
	EXPECT_EQ(bench_write(&b, 1460), 1460);
	expect_sent(&b, .flags = ACK, .len = 1460);
	bench_stop(&b);
}
TEST(an_icmp_error_ends_a_connect_but_not_a_connection)
{
	struct tcp_bench b = bench_established(), c;

	EXPECT_EQ(bench_write(&b, 10), 10);
	expect_sent(&b, .flags = ACK, .len = 10);
	peer_complains(&b, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 1);
	expect_state(&b, TCP_ESTABLISHED);
	EXPECT_EQ(b.s->sk->sk_err_soft, EHOSTUNREACH);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 11);
	EXPECT_EQ(b.s->sk->sk_err_soft, 0);
	bench_stop(&b);
	bench_start(&c);
	c.s = tcp_socket(c.net);
	sock_connect_to(c.s, HOST_B, 5000, O_NONBLOCK);
	expect_sent(&c, .flags = SYN);
	peer_complains(&c, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 0);
	expect_state(&c, TCP_CLOSE);
	EXPECT_EQ(sock_connect_to(c.s, HOST_B, 5000, O_NONBLOCK), -EHOSTUNREACH);
	bench_stop(&c);
}
TEST(a_lasting_soft_error_is_what_the_time_out_says)
{
	struct tcp_bench b = bench_established();

	EXPECT_EQ(sock_set_int(b.s, SOL_TCP, TCP_USER_TIMEOUT, 5000), 0);
	EXPECT_EQ(bench_write(&b, 10), 10);
	expect_sent(&b, .flags = ACK, .len = 10);
	peer_complains(&b, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0, 1);
	host_pass(MS(20000));
	expect_state(&b, TCP_CLOSE);
	EXPECT_EQ(b.s->sk->sk_err, EHOSTUNREACH);
	bench_stop(&b);
}

/* --- TIME_WAIT's 4-tuple again --- */

static struct tcp_bench in_time_wait(u32 tsval)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .tsval = tsval);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1, .tsval = tsval);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	close_it(&b);
	expect_sent(&b, .flags = FIN | ACK, .seq = 1);
	peer_sends(&b, .flags = FIN | ACK, .seq = 1, .ack = 2, .tsval = tsval, .tsecr = 1);
	expect_sent(&b, .flags = ACK, .seq = 2, .ack = 2);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 1);
	return b;
}
TEST(a_later_sequence_number_takes_over_from_time_wait)
{
	struct tcp_bench b = in_time_wait(0);
	u32 old_isn = b.our_isn;

	peer_sends(&b, .flags = SYN, .seq = 1000);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1001);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 0);
	EXPECT_TRUE(seq_after(b.our_isn, old_isn + 65536)); /* RFC 6191 2: ours is beyond the old one too */
	bench_stop(&b);
}
TEST(an_earlier_sequence_number_does_not_but_a_later_clock_does)
{
	struct tcp_bench b = in_time_wait(1000);

	host_pass(MS(1000));
	peer_sends(&b, .flags = SYN, .seq = (u32)-500, .tsval = 1000);
	expect_sent(&b, .flags = ACK, .ack = 2);
	peer_sends(&b, .flags = SYN, .seq = (u32)-500, .tsval = 900);
	expect_nothing_sent(&b); /* rate-limited */
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 1);
	peer_sends(&b, .flags = SYN, .seq = (u32)-500, .tsval = 2000);
	expect_sent(&b, .flags = SYN | ACK, .ack = (u32)-499);
	bench_stop(&b);
}
TEST(time_wait_is_not_assassinated_when_told_so)
{
	struct tcp_bench b = in_time_wait(0);

	b.net->tcp->sysctl.rfc1337 = 1;
	peer_sends(&b, .flags = RST, .seq = 2);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 1);
	b.net->tcp->sysctl.rfc1337 = 0;
	peer_sends(&b, .flags = RST, .seq = 2);
	EXPECT_EQ(atomic_read(&b.net->tcp->tw_count), 0);
	bench_stop(&b);
}
