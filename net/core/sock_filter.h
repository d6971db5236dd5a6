/* net/core/sock_filter.h - a program that decides which packets a socket gets, and how much of each */
#pragma once
#include "kernel/bpf/classic.h"
#include "net/core/sock.h"

/* Runs sk's filter over skb from skb->data, and cuts skb to what it keeps, though not below cap bytes. 0; or -EPERM (it
 * keeps nothing) or -ENOMEM: the caller drops. Any context. */
int __sk_filter_trim_cap(struct sock *sk, struct sk_buff *skb, u32 cap);
static inline int sk_filter_trim_cap(struct sock *sk, struct sk_buff *skb, u32 cap)
{
	return likely(!READ_ONCE(sk->sk_filter)) ? 0 : __sk_filter_trim_cap(sk, skb, cap);
}
/* What the program says of skb, without cutting: U32_MAX when there is none. RCU. */
u32 sk_filter_run(const struct sock *sk, struct sk_buff *skb);

/* [S] The socket options. 0 or -errno; get: instructions, or -errno. */
int sk_attach_filter(struct sock *sk, sockptr_t val, unsigned int len);
int sk_detach_filter(struct sock *sk);
int sk_lock_filter(struct sock *sk, bool on);
int sk_get_filter(struct sock *sk, char __user *val, unsigned int room);
