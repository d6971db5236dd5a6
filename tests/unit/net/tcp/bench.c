/* tests/unit/net/tcp/bench.c - the peer of bench.h: frames by hand */
#include "tests/unit/net/tcp/bench.h"
#include <asm/fcntl.h>

static void put_headers(struct tcp_bench *b, u8 *f, const struct bench_segment *s, u32 thlen)
{
	struct iphdr *ip = (struct iphdr *)(f + 14);
	struct tcphdr *th = (struct tcphdr *)(ip + 1);

	memcpy(f, b->nic->dev->dev_addr, 6);
	memcpy(f + 6, "\2\0\0\0\0\x99", 6);
	f[12] = 8;
	*ip = (struct iphdr){ .version = 4,
			      .ihl = 5,
			      .ttl = 64,
			      .protocol = IPPROTO_TCP,
			      .frag_off = htons(0x4000),
			      .saddr = HOST_B,
			      .daddr = HOST_A,
			      .tos = s->tos,
			      .tot_len = htons((u16)(20 + thlen + s->len)) };
	ip->check = ip_fast_csum(ip, 5);
	th->source = htons(b->peer_port);
	th->dest = htons(b->our_port);
	th->seq = htonl(b->peer_isn + s->seq);
	th->ack_seq = htonl(s->flags & ACK ? b->our_isn + s->ack : 0);
	th->doff = thlen / 4;
	((u8 *)th)[13] = s->flags;
	th->urg_ptr = htons(s->urg);
	th->urg = s->urg != 0;
	th->window = htons(s->zero_window ? 0 : s->win ? (u16)s->win : 65535);
}
void bench_peer_sends(struct tcp_bench *b, struct bench_segment s)
{
	static u8 f[70000];
	struct tcp_out_options o = {
		.wscale = s.wscale ? s.wscale - 1 : 0xff, .mss = s.flags & SYN ? 1460 : 0, .sack_ok = s.sack_ok,
		.ts = s.tsval, .tsval = s.tsval, .tsecr = s.tsecr, .tfo = s.tfo
	};
	u32 thlen;
	struct tcphdr *th = (struct tcphdr *)(f + 34);

	while (o.num_sacks < 4 && s.sack[o.num_sacks].end != s.sack[o.num_sacks].start) {
		o.sack[o.num_sacks].start = b->our_isn + s.sack[o.num_sacks].start;
		o.sack[o.num_sacks].end = b->our_isn + s.sack[o.num_sacks].end;
		o.num_sacks++;
	}
	thlen = 20 + tcp_options_size(&o);
	memset(f, 0, sizeof(f));
	put_headers(b, f, &s, thlen);
	tcp_options_write(th + 1, &o);
	for (u32 i = 0; i < s.len; i++)
		f[34 + thlen + i] = (u8)(s.seq + i);
	th->check = csum_tcpudp_magic(HOST_B, HOST_A, thlen + s.len, IPPROTO_TCP, csum_partial(th, thlen + s.len, 0));
	sim_nic_inject(b->nic, f, 34 + thlen + s.len);
	if (!in_interrupt()) /* BHs are off: several segments for one poll */
		host_settle();
}

/* ARP is answered, TCP is kept. */
static void wire(struct sim_nic *nic, struct sk_buff *skb, void *ctx)
{
	u8 reply[42];

	(void)ctx;
	if (skb->data[12] != 8 || skb->data[13] != 6) {
		skb_orphan(skb); /* the device is done with it: nothing waits below the socket */
		__skb_queue_tail(&nic->sent, skb);
		return;
	}
	memcpy(reply, skb->data, sizeof(reply));
	memcpy(reply, skb->data + 6, 6);
	memcpy(reply + 6, "\2\0\0\0\0\x99", 6);
	reply[21] = 2;
	memcpy(reply + 32, skb->data + 22, 10);
	memcpy(reply + 28, skb->data + 38, 4);
	memcpy(reply + 22, reply + 6, 6);
	consume_skb(skb);
	sim_nic_inject(nic, reply, sizeof(reply));
}
void bench_start(struct tcp_bench *b)
{
	*b = (struct tcp_bench){ .net = test_net(), .peer_isn = 0xfffffff0, .peer_port = 5000, .our_port = 80 };
	b->nic = sim_nic_create(b->net, 1, NETIF_F_SG | NETIF_F_HW_CSUM);
	b->nic->wire = wire;
	host_address(b->net, b->nic->dev, HOST_A);
}
void bench_stop(struct tcp_bench *b)
{
	if (b->s)
		sock_release(b->s);
	if (b->listener)
		sock_release(b->listener);
	host_pass(3600 * NSEC_PER_SEC);
	consume_skb(b->last);
	sim_nic_destroy(b->nic);
}
static const struct tcphdr *next_sent(struct tcp_bench *b, struct sk_buff **skb, u32 *len)
{
	const struct tcphdr *th;

	host_settle();
	*skb = sim_nic_take(b->nic);
	if (!*skb)
		return NULL;
	th = (const struct tcphdr *)((*skb)->data + 34);
	*len = get_unaligned_be16((*skb)->data + 16) - 20u - th->doff * 4u;
	return th;
}
void bench_expect_sent(struct tcp_bench *b, struct bench_segment s, const char *file, int line)
{
	struct sk_buff *skb;
	u32 len, seq, ack;
	const struct tcphdr *th = next_sent(b, &skb, &len);
	u8 flags;

	if (!th) {
		test_fail(file, line, true, "nothing was sent");
		return;
	}
	flags = ((const u8 *)th)[13] & (u8)~PSH;
	if (flags & SYN) {
		b->our_isn = ntohl(th->seq);
		b->our_port = ntohs(th->source);
	}
	seq = ntohl(th->seq) - b->our_isn;
	ack = ntohl(th->ack_seq) - b->peer_isn;
	if (flags != s.flags || len != s.len || (s.seq && seq != s.seq) || (s.ack && ack != s.ack))
		test_fail(file, line, true, "sent flags %02x seq %u ack %u len %u, not flags %02x seq %u ack %u len %u",
			  flags, seq, ack, len, s.flags, s.seq, s.ack, s.len);
	consume_skb(b->last);
	b->last = skb;
}
void bench_expect_nothing(struct tcp_bench *b, const char *file, int line)
{
	struct sk_buff *skb;
	u32 len;
	const struct tcphdr *th = next_sent(b, &skb, &len);

	if (th)
		test_fail(file, line, true, "sent flags %02x seq %u len %u", ((const u8 *)th)[13],
			  ntohl(th->seq) - b->our_isn, len);
}
u32 bench_sacks(struct tcp_bench *b, struct tcp_sack_block out[4])
{
	const struct tcphdr *th = (const struct tcphdr *)(b->last->data + 34);
	const u8 *p = (const u8 *)(th + 1), *end = (const u8 *)th + th->doff * 4;
	u32 n = 0;

	while (p < end && *p != 5)
		p += *p == 1 ? 1 : p[1];
	for (const u8 *q = p + 2; p < end && q < p + p[1]; q += 8)
		out[n++] = (struct tcp_sack_block){ get_unaligned_be32(q) - b->peer_isn,
						    get_unaligned_be32(q + 4) - b->peer_isn };
	return n;
}
struct tcp_options_received bench_options(struct tcp_bench *b)
{
	struct tcp_options_received o = { 0 };

	tcp_parse_options((const struct tcphdr *)(b->last->data + 34), &o, true);
	return o;
}
struct tcp_bench bench_established(void)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), -EINPROGRESS);
	expect_sent(&b, .flags = SYN);
	peer_sends(&b, .flags = SYN | ACK, .seq = 0, .ack = 1);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_state(&b, TCP_ESTABLISHED);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), 0);
	return b;
}
struct tcp_bench bench_sack(u32 tsval)
{
	struct tcp_bench b;

	bench_start(&b);
	b.s = tcp_socket(b.net);
	EXPECT_EQ(sock_connect_to(b.s, HOST_B, 5000, O_NONBLOCK), -EINPROGRESS);
	expect_sent(&b, .flags = SYN);
	host_pass(MS(10));
	peer_sends(&b, .flags = SYN | ACK, .seq = 0, .ack = 1, .sack_ok = true, .tsval = tsval,
		   .tsecr = tsval ? bench_options(&b).rcv_tsval : 0);
	expect_sent(&b, .flags = ACK, .seq = 1, .ack = 1);
	expect_state(&b, TCP_ESTABLISHED);
	return b;
}
struct tcp_bench bench_accepted(void)
{
	struct tcp_bench b;

	bench_start(&b);
	b.listener = tcp_listener(b.net, 80, 5);
	peer_sends(&b, .flags = SYN, .seq = 0);
	expect_sent(&b, .flags = SYN | ACK, .ack = 1);
	peer_sends(&b, .flags = ACK, .seq = 1, .ack = 1);
	b.s = sock_alloc();
	b.s->type = SOCK_STREAM;
	b.s->ops = b.listener->ops;
	ASSERT_EQ(b.listener->ops->accept(b.listener, b.s, O_NONBLOCK), 0);
	expect_state(&b, TCP_ESTABLISHED);
	return b;
}
ssize_t bench_write(struct tcp_bench *b, size_t n)
{
	static u8 data[100000];

	return sock_write(b->s, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}
