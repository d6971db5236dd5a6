/* net/tcp/tcp_fastopen.h - data in the SYN (RFC 7413): the cookie, who makes it, who keeps it
 *
 * Locks: the socket's owner, but where a comment says otherwise.
 */
#pragma once
#include "lib/hash.h"
#include "lib/list.h"
#include "kernel/sync/spinlock.h"

#define TCP_FASTOPEN_COOKIE_MIN 4
#define TCP_FASTOPEN_COOKIE_MAX 16
#define TCP_FASTOPEN_COOKIE_SIZE 8	/* ours */
#define TCP_FASTOPEN_KEY_LENGTH 16
#define TCP_FASTOPEN_KEYS 2		/* the first makes cookies, both are accepted */

struct sock;
struct sk_buff;
struct tcphdr;
struct tcp_sock;
struct tcp_segment;
struct tcp_request_sock;
struct netns_tcp;
struct ctl_table;
struct msghdr_kern;

/* len -1: no option; 0: a cookie is asked for. exp: in the experimental option 254. */
struct tcp_fastopen_cookie { s8 len; bool exp; u8 val[TCP_FASTOPEN_COOKIE_MAX]; };
struct tcp_fastopen_keys { u8 n; u8 key[TCP_FASTOPEN_KEYS][TCP_FASTOPEN_KEY_LENGTH]; };
/* connect() in sendmsg(): what the SYN shall carry. */
struct tcp_fastopen_request {
	struct tcp_fastopen_cookie cookie;
	struct msghdr_kern *data;	/* NULL: a SYN that asks for a cookie, or all is taken */
	u32 copied;			/* bytes that the SYN took */
	bool more;			/* sk_write_pending counts the rest */
};
#define TFO_CACHE_SIZE 64u
struct tcp_fastopen_cache {		/* cookies of servers, by their address */
	spinlock_t lock;
	struct hlist_head chain[TFO_CACHE_SIZE];
};

/* --- tcp_fastopen.c: the server, and the option on the wire --- */
void tcp_fastopen_parse(const struct tcphdr *th, struct tcp_fastopen_cookie *c); /* of a SYN or SYN-ACK */
u32 tcp_fastopen_option_size(const struct tcp_fastopen_cookie *c);
void *tcp_fastopen_option_write(void *p, const struct tcp_fastopen_cookie *c); /* behind it */
/* A SYN for a listener. True when a child took its data and answered; else *reply is the SYN-ACK's cookie. Softirq. */
bool tcp_fastopen_try(struct sock *lsk, struct tcp_request_sock *req, struct sk_buff *skb,
		      struct tcp_fastopen_cookie *reply);
void tcp_fastopen_release(struct tcp_sock *child); /* its handshake is over, or it is */
int tcp_fastopen_listen(struct sock *sk, int queue);
int tcp_fastopen_set_keys(struct tcp_fastopen_keys *keys, const void *bytes, u32 len);
int tcp_fastopen_key_sysctl(struct ctl_table *t, bool write, char *buf, size_t *len);

/* --- tcp_fastopen_client.c --- */
void tcp_fastopen_cache_init(struct tcp_fastopen_cache *c);
void tcp_fastopen_cache_free(struct tcp_fastopen_cache *c);
/* TCP_FASTOPEN_CONNECT: true when connect() is done for now, and the SYN leaves with the first data. */
bool tcp_fastopen_defer_connect(struct sock *sk, int *err);
int tcp_fastopen_send_syn(struct tcp_sock *tp, struct sk_buff *syn);
/* The answer to a SYN with the option. True: the data goes again, and carries the ACK. */
bool tcp_fastopen_synack(struct tcp_sock *tp, struct tcp_segment *seg);
int tcp_sendmsg_fastopen(struct tcp_sock *tp, struct msghdr_kern *msg, size_t *copied);
void tcp_fastopen_request_free(struct tcp_sock *tp);
void tcp_fastopen_active_detect_blackhole(struct tcp_sock *tp, bool expired); /* a time-out */
void tcp_fastopen_active_disable(struct tcp_sock *tp); /* data in the SYN does not come through here */
