/* net/core/skbuff.h - the socket buffer: one packet on its way
 *
 *	head        data                 tail            end
 *	 |  headroom  |  packet bytes      |   tailroom    | struct skb_shared_info (fragments)
 *
 * len = bytes in the head + data_len (bytes in fragments). skb->users counts holders of this struct sk_buff;
 * shinfo->dataref counts struct sk_buffs on one data area (clones). Whoever changes bytes of a cloned skb calls
 * skb_ensure_writable() first, or skb_cow_head() for headers alone.
 *
 * Ends: consume_skb() for a packet that served its purpose, kfree_skb_reason() for one that did not. Nothing else.
 */
#pragma once
#include "kernel/mm/slab.h"
#include "kernel/mm/uio.h"
#include "kernel/sync/refcount.h"
#include "kernel/sync/spinlock.h"
#include "lib/checksum.h"
#include "lib/list.h"
#include "lib/rbtree.h"
#include "lib/string.h"
#include "net/core/drop_reason.h"

struct net;
struct net_device;
struct sock;
struct dst_entry;
struct sk_buff;

#define MAX_SKB_FRAGS 17
#define SKB_DATA_ALIGN(n) ALIGN_UP((size_t)(n), 64)
#define NET_SKB_PAD 64 /* headroom that drivers leave */
#define NET_IP_ALIGN 0

typedef struct skb_frag { struct page *page; u32 offset, size; } skb_frag_t;
struct skb_shared_info {
	atomic_t dataref;	/* low half: all holders; high half: those that read nothing before their data */
	u8 nr_frags;
	u8 tx_flags;
	u16 gso_size; /* payload bytes a segment; 0: not a GSO packet */
	u16 gso_segs;
	u16 gso_type; /* SKB_GSO_* */
	u32 tskey;
	struct sk_buff *frag_list;
	skb_frag_t frags[MAX_SKB_FRAGS];
};
enum { SKBTX_SCHED_TSTAMP = 1, SKBTX_SW_TSTAMP = 2 }; /* tx_flags: tell when it is queued, and when the device has it */
#define SKB_GSO_TCPV4 0x1
#define SKB_GSO_DODGY 0x2
#define SKB_GSO_TCP_ECN 0x4
#define SKB_GSO_TCP_FIXEDID 0x8 /* all segments have the same IP identification */
#define SKB_GSO_TCPV6 0x10
#define SKB_GSO_UDP_L4 0x20

/* ip_summed. Receive: NONE must be checked in software, UNNECESSARY the device has, COMPLETE skb->csum holds the sum
 * of all from skb->data. Transmit: PARTIAL the device (or skb_checksum_help) fills csum_start + csum_offset. */
enum { CHECKSUM_NONE, CHECKSUM_UNNECESSARY, CHECKSUM_COMPLETE, CHECKSUM_PARTIAL };

/* pkt_type has the UAPI's values: PACKET_HOST, BROADCAST, MULTICAST, OTHERHOST, OUTGOING, LOOPBACK
 * (linux/if_packet.h) */

struct sk_buff {
	/* Zero at birth. */
	union {
		struct { struct sk_buff *next, *prev; };
		struct rb_node rbnode;	/* TCP's retransmit and out-of-order queues */
	};
	struct sock *sk;		/* owner; destructor gives its accounting back */
	struct net_device *dev;
	u64 tstamp_ns;			/* arrival (real time), or the earliest departure */
	u32 len, data_len;
	u16 queue_mapping;
	u16 vlan_tci;
	u8 pkt_type : 3, ip_summed : 2, cloned : 1, nohdr : 1, peeked : 1;
	u8 csum_valid : 1, vlan_present : 1, l4_hash : 1, ignore_df : 1, dst_noref : 1;
	union {
		__wsum csum;
		struct { u16 csum_start, csum_offset; }; /* csum_start from head */
	};
	u32 hash, mark, priority;
	struct dst_entry *dst;		/* referenced unless dst_noref */
	void (*destructor)(struct sk_buff *skb);

	/* Set at birth. */
	unsigned char *data;
	u32 tail;			/* offset from head */
	u32 truesize;			/* bytes of memory all of it takes */
	u16 mac_header, network_header, transport_header; /* offsets from head; U16_MAX: not set */
	__be16 protocol;		/* EtherType */
	refcount_t users;

	/* Whatever it was: the layer that holds the packet writes what it reads. The debug build fills it with 0xa5. */
	char cb[64] __aligned(8);

	/* A packet is reborn with the head that it died with. */
	unsigned char *head;
	u32 end;			/* offset from head */
	u8 head_cache;			/* which cache the head came from: private to skb_alloc.c */
};

static inline struct skb_shared_info *skb_shinfo(const struct sk_buff *skb) { return (void *)(skb->head + skb->end); }
static inline unsigned char *skb_tail_pointer(const struct sk_buff *skb) { return skb->head + skb->tail; }
static inline unsigned char *skb_end_pointer(const struct sk_buff *skb) { return skb->head + skb->end; }
static inline bool skb_is_nonlinear(const struct sk_buff *skb) { return skb->data_len; }
static inline u32 skb_headlen(const struct sk_buff *skb) { return skb->len - skb->data_len; }
static inline u32 skb_headroom(const struct sk_buff *skb) { return (u32)(skb->data - skb->head); }
static inline u32 skb_tailroom(const struct sk_buff *skb) { return skb_is_nonlinear(skb) ? 0 : skb->end - skb->tail; }
static inline bool skb_is_gso(const struct sk_buff *skb) { return skb_shinfo(skb)->gso_size; }
#define SKB_DATAREF_SHIFT 16
#define SKB_DATAREF_MASK ((1 << SKB_DATAREF_SHIFT) - 1)
/* Who is told that nobody else is left may write: what the others read comes before. */
static inline int skb_dataref(const struct sk_buff *skb) { return smp_load_acquire(&skb_shinfo(skb)->dataref.v); }
static inline bool skb_cloned(const struct sk_buff *skb)
{
	return skb->cloned && (skb_dataref(skb) & SKB_DATAREF_MASK) != 1;
}
/* True when somebody else reads the bytes before skb->data, too. */
static inline bool skb_header_cloned(const struct sk_buff *skb)
{
	int ref = skb->cloned ? skb_dataref(skb) : 1;

	return (ref & SKB_DATAREF_MASK) - (ref >> SKB_DATAREF_SHIFT) != 1;
}
/* Payload that waits to be sent again: its one travelling clone may write headers into the room before it. skb is not
 * cloned yet. */
static inline void skb_header_release(struct sk_buff *skb)
{
	skb->nohdr = 1;
	atomic_set(&skb_shinfo(skb)->dataref, 1 + (1 << SKB_DATAREF_SHIFT));
}
static inline bool skb_shared(const struct sk_buff *skb) { return refcount_read(&skb->users) != 1; }
static inline struct sk_buff *skb_get(struct sk_buff *skb)
{
	refcount_inc(&skb->users);
	return skb;
}

/* Bytes of head memory an skb of size data bytes costs. */
#define SKB_TRUESIZE(size) \
	((size) + SKB_DATA_ALIGN(sizeof(struct sk_buff)) + SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/* Birth. NULL without memory. size is room for bytes in the head; any context with GFP_ATOMIC. */
struct sk_buff *alloc_skb(u32 size, gfp_t gfp);
u32 skb_truesize_for(u32 size); /* what it will count as */
/* The same for receive: NET_SKB_PAD reserved, dev set. Polls use napi_alloc_skb() (skb_birth.h). */
struct sk_buff *netdev_alloc_skb(struct net_device *dev, u32 len);
/* head with room for header_len, fragments in pages for data_len; may sleep with GFP_KERNEL. */
struct sk_buff *alloc_skb_with_frags(u32 header_len, u32 data_len, gfp_t gfp);
/* data_len more bytes in pages, undefined. 0 or -ENOBUFS; what was appended before that stays. */
int skb_append_pages(struct sk_buff *skb, u32 data_len, gfp_t gfp);

/* Death. Each takes one reference away. Any context. */
void consume_skb(struct sk_buff *skb);
void kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason reason);
/* The magazines make every free cheap; the name keeps the place where a driver completes in bulk. */
static inline void napi_consume_skb(struct sk_buff *skb) { consume_skb(skb); }
void kfree_skb_list_reason(struct sk_buff *list, enum skb_drop_reason reason);
/* Runs the destructor and forgets the socket; before handing a packet to another owner. */
static inline void skb_orphan(struct sk_buff *skb)
{
	if (skb->destructor)
		skb->destructor(skb);
	skb->destructor = NULL;
	skb->sk = NULL;
}

/* Geometry. skb_push and skb_put panic when there is no room (the caller knows the room); the others tell. */
static inline void skb_reserve(struct sk_buff *skb, u32 n) { skb->data += n; skb->tail += n; }
void __noreturn skb_over_panic(const struct sk_buff *skb, u32 n, const char *what);
static inline void *skb_push(struct sk_buff *skb, u32 n)
{
	if (unlikely(skb_headroom(skb) < n))
		skb_over_panic(skb, n, "skb_push");
	skb->data -= n;
	skb->len += n;
	return skb->data;
}
static inline void *skb_put(struct sk_buff *skb, u32 n)
{
	unsigned char *p = skb_tail_pointer(skb);

	if (unlikely(skb_tailroom(skb) < n))
		skb_over_panic(skb, n, "skb_put");
	skb->tail += n;
	skb->len += n;
	return p;
}
/* The same where the caller has just made the room. */
static inline void *__skb_put(struct sk_buff *skb, u32 n)
{
	unsigned char *p = skb_tail_pointer(skb);

	skb->tail += n;
	skb->len += n;
	return p;
}
/* NULL when the packet is shorter than n; the bytes must lie in the head (pskb_may_pull first). */
static inline void *__skb_pull(struct sk_buff *skb, u32 n)
{
	skb->len -= n;
	return skb->data += n;
}
static inline void *skb_pull(struct sk_buff *skb, u32 n)
{
	return unlikely(n > skb_headlen(skb)) ? NULL : __skb_pull(skb, n);
}
/* moves delta bytes from fragments to the head; NULL: no memory */
void *__pskb_pull_tail(struct sk_buff *skb, u32 delta);
/* True when the first n bytes lie in the head, after moving them there if need be. False: too short, or no memory. */
static inline bool pskb_may_pull(struct sk_buff *skb, u32 n)
{
	if (likely(n <= skb_headlen(skb)))
		return true;
	if (unlikely(n > skb->len))
		return false;
	return __pskb_pull_tail(skb, n - skb_headlen(skb)) != NULL;
}
static inline void *skb_put_data(struct sk_buff *skb, const void *d, u32 n) { return memcpy(skb_put(skb, n), d, n); }
static inline void *skb_put_zero(struct sk_buff *skb, u32 n) { return memset(skb_put(skb, n), 0, n); }
static inline void skb_trim_linear(struct sk_buff *skb, u32 len)
{
	skb->len = len;
	skb->tail = (u32)(skb->data - skb->head) + len;
}
int __pskb_trim(struct sk_buff *skb, u32 len);
/* Cut to len bytes. 0 or -ENOMEM. */
static inline int pskb_trim(struct sk_buff *skb, u32 len)
{
	if (len >= skb->len)
		return 0;
	if (unlikely(skb->data_len || skb->ip_summed == CHECKSUM_COMPLETE))
		return __pskb_trim(skb, len);
	skb_trim_linear(skb, len);
	return 0;
}
/* More room before and behind; data is moved to a private area. 0 or -ENOMEM. */
int pskb_expand_head(struct sk_buff *skb, u32 more_head, u32 more_tail, gfp_t gfp);
int skb_cow_head(struct sk_buff *skb, u32 headroom);	/* headroom there and header bytes private */
int skb_ensure_writable(struct sk_buff *skb, u32 len);	/* first len bytes in the head and private */
/* Takes n bytes off the front and moves none. Those in fragments (there is no frag_list) are skb's alone. */
void skb_eat_front(struct sk_buff *skb, u32 n);
int skb_linearize(struct sk_buff *skb);			/* all bytes in the head */
/* zeros up to len on the wire; frees skb on failure; len unchanged */
int skb_pad(struct sk_buff *skb, u32 len);

struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp);	/* shares data; NULL without memory */
struct sk_buff *skb_copy(const struct sk_buff *skb, gfp_t gfp);	/* all private, linear */
struct sk_buff *pskb_copy(struct sk_buff *skb, u32 headroom, gfp_t gfp); /* private head, shared fragments */
/* skb keeps its first len bytes; skb1 (empty, with room) gets the rest. */
void skb_split(struct sk_buff *skb, struct sk_buff *skb1, u32 len);
int skb_shift(struct sk_buff *tgt, struct sk_buff *skb, u32 len); /* moves fragment bytes; how many */
/* Appends from's bytes to to by moving fragments or copying into tailroom; true when from may be freed by
 * kfree_skb_partial(from, stolen). */
bool skb_try_coalesce(struct sk_buff *to, struct sk_buff *from, bool *stolen, int *delta_truesize);
void kfree_skb_partial(struct sk_buff *skb, bool head_stolen);
void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, u32 off, u32 size, u32 truesize);
void *skb_frag_address(const skb_frag_t *f);
/* Up to want bytes of fresh page memory, as a fragment with a reference of its own. False without memory. Process
 * context; may sleep with GFP_KERNEL. */
bool skb_page_space(u32 want, gfp_t gfp, skb_frag_t *out);
/* Appends f's first n bytes, which are skb's then. Lengths and truesize grow by n. False: no slot. */
bool skb_append_frag(struct sk_buff *skb, const skb_frag_t *f, u32 n);

/* Bytes. 0 or -EFAULT when the range is outside the packet or memory faults; each counts a copy by site. */
int skb_copy_bits(const struct sk_buff *skb, u32 offset, void *to, u32 len);
int skb_store_bits(struct sk_buff *skb, u32 offset, const void *from, u32 len);
int skb_copy_datagram_from_iter(struct sk_buff *skb, u32 offset, struct iov_iter *from, u32 len);
int skb_copy_datagram_iter(const struct sk_buff *skb, u32 offset, struct iov_iter *to, u32 len);
/* len bytes at offset, in place when contiguous, else copied into buffer; NULL when out of range. */
static inline void *skb_header_pointer(const struct sk_buff *skb, u32 offset, u32 len, void *buffer)
{
	if (likely((u64)offset + len <= skb_headlen(skb)))
		return skb->data + offset;
	return skb_copy_bits(skb, offset, buffer, len) ? NULL : buffer;
}
__wsum __skb_checksum(const struct sk_buff *skb, u32 offset, u32 len, __wsum csum);
static inline __wsum skb_checksum(const struct sk_buff *skb, u32 offset, u32 len, __wsum csum)
{
	if (likely((u64)offset + len <= skb_headlen(skb)))
		return csum_partial(skb->data + offset, len, csum);
	return __skb_checksum(skb, offset, len, csum);
}
/* Finishes CHECKSUM_PARTIAL in software. 0 or -errno. */
int skb_checksum_help(struct sk_buff *skb);
/* Verifies from skb->data with the pseudo-header sum check; 0 when right. Sets ip_summed. */
__sum16 __skb_checksum_complete(struct sk_buff *skb);

/* Nothing left to verify: the device did, or the packet never left this machine (loopback, PARTIAL). */
static inline bool skb_csum_unnecessary(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_UNNECESSARY || skb->ip_summed == CHECKSUM_PARTIAL || skb->csum_valid;
}

static inline void *skb_network_header(const struct sk_buff *skb) { return skb->head + skb->network_header; }
static inline void *skb_transport_header(const struct sk_buff *skb) { return skb->head + skb->transport_header; }
static inline void *skb_mac_header(const struct sk_buff *skb) { return skb->head + skb->mac_header; }
static inline bool skb_mac_header_was_set(const struct sk_buff *skb) { return skb->mac_header != U16_MAX; }
static inline void skb_reset_mac_header(struct sk_buff *skb) { skb->mac_header = (u16)(skb->data - skb->head); }
static inline void skb_reset_network_header(struct sk_buff *skb) { skb->network_header = (u16)(skb->data - skb->head); }
static inline void skb_reset_transport_header(struct sk_buff *skb)
{
	skb->transport_header = (u16)(skb->data - skb->head);
}
static inline u32 skb_network_offset(const struct sk_buff *skb)
{
	return (u32)((unsigned char *)skb_network_header(skb) - skb->data);
}

/* Queues. The lock is for those who need it; __ forms are for a caller that has exclusion already. */
struct sk_buff_head {
	struct sk_buff *next, *prev;
	u32 qlen;
	spinlock_t lock;
};
#define skb_queue_head_init(q) do { spin_lock_init(&(q)->lock); __skb_queue_head_init(q); } while (0)
static inline void __skb_queue_head_init(struct sk_buff_head *q)
{
	q->next = q->prev = (struct sk_buff *)q;
	q->qlen = 0;
}
static inline bool skb_queue_empty(const struct sk_buff_head *q)
{
	return READ_ONCE(q->next) == (const struct sk_buff *)q;
}
static inline u32 skb_queue_len(const struct sk_buff_head *q) { return READ_ONCE(q->qlen); }
static inline struct sk_buff *skb_peek(const struct sk_buff_head *q) { return skb_queue_empty(q) ? NULL : q->next; }
static inline struct sk_buff *skb_peek_tail(const struct sk_buff_head *q)
{
	return skb_queue_empty(q) ? NULL : q->prev;
}
static inline void __skb_insert(struct sk_buff *n, struct sk_buff *prev, struct sk_buff *next, struct sk_buff_head *q)
{
	n->next = next;
	n->prev = prev;
	WRITE_ONCE(next->prev, n);
	WRITE_ONCE(prev->next, n);
	WRITE_ONCE(q->qlen, q->qlen + 1);
}
static inline void __skb_queue_tail(struct sk_buff_head *q, struct sk_buff *n)
{
	__skb_insert(n, q->prev, (struct sk_buff *)q, q);
}
static inline void __skb_queue_head(struct sk_buff_head *q, struct sk_buff *n)
{
	__skb_insert(n, (struct sk_buff *)q, q->next, q);
}
static inline struct sk_buff *skb_peek_next(const struct sk_buff *skb, const struct sk_buff_head *q)
{
	return skb->next == (const struct sk_buff *)q ? NULL : skb->next;
}
static inline void __skb_queue_after(struct sk_buff_head *q, struct sk_buff *prev, struct sk_buff *n)
{
	__skb_insert(n, prev, prev->next, q);
}
static inline void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *q)
{
	struct sk_buff *next = skb->next, *prev = skb->prev;

	WRITE_ONCE(q->qlen, q->qlen - 1);
	skb->next = skb->prev = NULL;
	WRITE_ONCE(next->prev, prev);
	WRITE_ONCE(prev->next, next);
}
static inline struct sk_buff *__skb_dequeue(struct sk_buff_head *q)
{
	struct sk_buff *skb = skb_peek(q);

	if (skb)
		__skb_unlink(skb, q);
	return skb;
}
/* These take the lock with interrupts off: any context. */
void skb_queue_tail(struct sk_buff_head *q, struct sk_buff *skb);
void skb_queue_head(struct sk_buff_head *q, struct sk_buff *skb);
struct sk_buff *skb_dequeue(struct sk_buff_head *q);
void skb_unlink(struct sk_buff *skb, struct sk_buff_head *q);
void skb_queue_splice_tail_init(struct sk_buff_head *from, struct sk_buff_head *to);
void skb_queue_purge_reason(struct sk_buff_head *q, enum skb_drop_reason reason); /* as a failed packet each */
void skb_queue_consume(struct sk_buff_head *q);	/* as a served one each */
#define skb_queue_walk(q, skb) for (skb = (q)->next; skb != (struct sk_buff *)(q); skb = skb->next)
#define skb_queue_walk_safe(q, skb, tmp)                                                                               \
	for (skb = (q)->next, tmp = skb->next; skb != (struct sk_buff *)(q); skb = tmp, tmp = skb->next)

/* Where payload bytes are copied: counted by site, per CPU, shown in /proc/net/copies. */
#define SKB_COPY_SITES(X)                                                                                              \
	X(USER_TO_SKB) X(SKB_TO_USER) X(SKB_TO_KERNEL) X(KERNEL_TO_SKB) X(COPY) X(EXPAND_HEAD) X(LINEARIZE) \
	X(PULL_TAIL) \
	X(COALESCE) X(COPYBREAK) X(FRAGMENT) X(SEGMENT) X(LOOPBACK)
enum skb_copy_site {
#define X(n) SKB_COPY_##n,
	SKB_COPY_SITES(X)
#undef X
	NR_SKB_COPY_SITES
};
struct skb_copy_counts { u64 calls[NR_SKB_COPY_SITES], bytes[NR_SKB_COPY_SITES]; };
extern struct skb_copy_counts *skb_copy_counts;
static inline void skb_count_copies(enum skb_copy_site site, u64 n, u64 bytes)
{
	struct skb_copy_counts *c = this_cpu_ptr(skb_copy_counts);

	c->calls[site] += n;
	c->bytes[site] += bytes;
}
static inline void skb_count_copy(enum skb_copy_site site, u32 bytes) { skb_count_copies(site, 1, bytes); }
/* Live struct sk_buffs and data areas, for leak checks and /proc/net/skbuff. */
void skb_live_counts(s64 *skbs, s64 *heads);
void skb_init(void);
