/* net/tcp/tcp_urgent.c - one byte out of band, as BSD and Linux understand urgent data (RFC 6093 tells the story)
 *
 * What:   the urgent pointer marks the byte behind the urgent one; MSG_OOB reads it, SO_OOBINLINE leaves it in line.
 * Called: tcp_input.c step 6; tcp_recv.c.
 */
#include "kernel/fs/file.h"
#include "kernel/process/process.h"
#include "net/tcp/tcp_internal.h"

static void notify(struct sock *sk)
{
	if (sk->sk_socket && sk->sk_socket->file)
		kill_fasync_file(sk->sk_socket->file, POLL_PRI);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_data_ready(sk);
}

void tcp_check_urg(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	struct sock *sk = tcp_sock_sk(tp);
	u32 ptr = ntohs(seg->th->urg_ptr);

	if (ptr && !tcp_sysctl(sk)->stdurg)
		ptr--;
	ptr += seg->seq;
	if (seq_after(tp->copied_seq, ptr) || seq_before(ptr, tp->rcv_nxt))
		return;
	if (tp->urg_data && !seq_after(ptr, tp->urg_seq))
		return;
	/* A second urgent byte: the first, if unread and next in line, is lost, as everywhere. */
	if (tp->urg_seq == tp->copied_seq && tp->urg_data && !sock_flag(sk, SOCK_URGINLINE) &&
	    tp->copied_seq != tp->rcv_nxt)
		tp->copied_seq++;
	tp->urg_data = TCP_URG_NOTYET;
	tp->urg_seq = ptr;
	tcp_fast_path_off(tp);
	notify(sk);
}
void tcp_take_urg_byte(struct tcp_sock *tp, const struct tcp_segment *seg)
{
	u32 offset = tp->urg_seq - seg->seq + seg->th->doff * 4u;
	u8 byte;

	if (offset >= seg->skb->len || skb_copy_bits(seg->skb, offset, &byte, 1))
		return;
	tp->urg_data = TCP_URG_VALID | byte;
	notify(tcp_sock_sk(tp));
}

/* recvmsg(MSG_OOB) [S]. 1, 0 at the end, -EINVAL when there is none, -EAGAIN when it has not come yet. */
int tcp_recv_urg(struct sock *sk, struct msghdr_kern *msg, int flags)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 byte;

	if (sock_flag(sk, SOCK_URGINLINE) || !tp->urg_data || tp->urg_data == TCP_URG_READ)
		return -EINVAL;
	if (sk->sk_state == TCP_CLOSE && !sock_flag(sk, SOCK_DONE))
		return -ENOTCONN;
	if (!(tp->urg_data & TCP_URG_VALID))
		return sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & RCV_SHUTDOWN) ? 0 : -EAGAIN;
	byte = (u8)tp->urg_data;
	if (!(flags & MSG_PEEK))
		tp->urg_data = TCP_URG_READ;
	msg->msg_flags |= MSG_OOB;
	if (!iov_iter_count(&msg->msg_iter)) {
		msg->msg_flags |= MSG_TRUNC;
		return 0;
	}
	return copy_to_iter(&byte, 1, &msg->msg_iter) == 1 ? 1 : -EFAULT;
}
