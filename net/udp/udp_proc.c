/* net/udp/udp_proc.c - /proc/net/udp, in Linux's own format
 *
 * Called: procfs, in process context.
 * Locks:  the table's lock for each line.
 */
#include "kernel/fs/proc_fs.h"
#include "lib/printf.h"
#include "net/udp/internal.h"

static const char head[] =
	"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode ref pointer drops";

/* Lines are 127 characters wide, as Linux pads them. */
static void put_line(struct seq_file *m, const char *line, int n)
{
	seq_write(m, line, (size_t)n);
	for (; n < 127; n++)
		seq_putc(m, ' ');
	seq_putc(m, '\n');
}

static int format(char *line, size_t size, struct sock *sk, u32 bucket)
{
	return scnprintf(line, size, "%5u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X %5u %8d %llu %d %px %u",
			 bucket, (__force u32)sk->sk_rcv_saddr, sk->sk_num, (__force u32)sk->sk_daddr,
			 ntohs(sk->sk_dport), sk->sk_state, (u32)sk_wmem_alloc_get(sk), (u32)sk_rmem_alloc_get(sk), 0,
			 0UL, 0, sk->sk_uid, 0, (unsigned long long)sock_i_ino(sk), refcount_read(&sk->sk_refcnt),
			 (void *)0, (u32)atomic_read(&sk->sk_drops));
}

static int udp_show(struct seq_file *m, void *data)
{
	struct netns_udp *u = m->net->udp;
	char line[192];

	put_line(m, head, sizeof(head) - 1);
	for (loff_t pos = 0;; pos++) {
		u32 bucket = 0;
		struct sock *sk;
		int n = 0;

		spin_lock_bh(&u->lock);
		sk = udp_nth(m->net, pos, &bucket);
		if (sk)
			n = format(line, sizeof(line), sk, bucket);
		spin_unlock_bh(&u->lock);
		if (!sk)
			return 0;
		put_line(m, line, n);
	}
}

/* mem: pages that queued datagrams fill. */
static void udp_sockstat(struct seq_file *m, struct net *net)
{
	struct netns_udp *u = net->udp;
	u64 bytes = 0;
	u32 bucket;
	struct sock *sk;

	spin_lock_bh(&u->lock);
	for (loff_t pos = 0; (sk = udp_nth(net, pos, &bucket)); pos++)
		bytes += (u32)sk_rmem_alloc_get(sk) + (u32)sk_wmem_alloc_get(sk);
	spin_unlock_bh(&u->lock);
	seq_printf(m, "UDP: inuse %d mem %llu\n", sock_prot_inuse(net, &udp_prot),
		   (unsigned long long)DIV_ROUND_UP(bytes, PAGE_SIZE));
}

void udp_proc_init(void)
{
	proc_create_single("net/udp", 0444, udp_show, NULL);
	sockstat_register(SOCKSTAT_UDP, udp_sockstat);
}
