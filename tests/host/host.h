/* tests/host/host.h - what tests may ask of the second home beyond the kernel's own services
 *
 * The world is one thread, which plays one CPU or several. Test bodies and host_spawn()ed functions are tasks; a task
 * that sleeps lets others run, and when all sleep, the clock jumps to the next timer. So sleep_ns() is how a test lets
 * time pass.
 */
#pragma once
#include "kernel/sched/task.h"
#include "kernel/time/clock.h"
#include "net/core/netdevice.h"

/* --- the world --- */
void host_init(void);			/* once, before any other service */
void host_run(void (*fn)(void *), void *arg); /* runs fn as the first task until it returns */
void host_seed(u64 seed);
u64 host_random(void);			/* the test's own choices: apart from what the stack draws */
/* From now on n virtual CPUs, at most NR_CPUS; never fewer than before. CPUS in the environment sets the first number.
 * Tasks and devices that are made from now on are bound to one that the seed chooses. */
void host_set_cpus(u32 n);
/* A virtual CPU stands still at one in so many places where an interrupt may come, for up to so long, as on a machine
 * with more to do than it has CPUs; timers are then late, and those that were just armed are due. 0: never. */
void host_set_stalls(u32 one_in, u64 most_ns);

/* --- time and tasks --- */
struct task_struct *host_spawn(int (*fn)(void *), void *arg, const char *name);
int host_join(struct task_struct *t);	/* its return value */
bool host_task_done(const struct task_struct *t);
void host_settle(void);			/* everything that can happen without time passing has happened */
static inline void host_pass(u64 ns) { sleep_ns(ns); host_settle(); }
void host_signal(struct task_struct *t, int sig); /* interrupts its sleep */
u64 host_signals_taken(void);		/* bit sig-1: send_signal() was called with it since the last call here */
size_t host_timers_pending(void);
void host_set_rlimit(unsigned long n);	/* what rlimit() says of everything; a million at the start */

/* --- leaks and faults --- */
struct host_memory { size_t objects, bytes, pages; };
void host_memory(struct host_memory *out);
size_t host_print_leaks(size_t since);	/* live kmalloc and slab objects born after that serial number; how many */
size_t host_alloc_serial(void);
/* The nth allocation from now on fails (1: the next), and every one after it while always is set. 0: none. */
void host_fail_alloc(size_t nth, bool always);
size_t host_fail_alloc_left(void); /* how many allocations are still to come before the one that fails; 0: it came */
/* The same for copies from and to user memory: the nth finds its page missing. */
void host_fail_user_copy(size_t nth);
size_t host_fail_user_copy_left(void);
/* Drops what is put off: RCU callbacks, work. */
void host_quiesce(void);

/* --- files: names that AF_UNIX finds (path.c) --- */
void host_make_file(const char *name, u32 mode); /* with its S_IFMT bits */
int host_unlink(const char *name);	/* 0 or -ENOENT; who holds the inode keeps it */

/* --- what the kernel told the world --- */
/* Text of a /proc file ("net/dev") or one of /sys ("/sys/class/net/lo/mtu") for net into buf; its length or -errno. */
ssize_t host_proc_read(struct net *net, const char *path, char *buf, size_t size);
ssize_t host_proc_write(const char *path, const char *text);
const char *host_log(void);		/* what printk said */
const char *host_name(void);		/* the last set_hostname(); "" before */
size_t host_trace_hits(const char *event);
void host_trace_watch(const char *event); /* from now on keeps its last line; NULL: none */
const char *host_trace_line(void);

/* --- a device whose wire is the test --- */
struct sim_nic;
/* eats skb: linear, from the link header */
typedef void (*sim_wire_fn)(struct sim_nic *nic, struct sk_buff *skb, void *ctx);
struct sim_nic {
	struct net_device *dev;
	struct napi_struct napi;
	u32 cpu;			/* that its interrupts come to */
	bool masked;			/* NAPI polls by its timer: no interrupts */
	struct sk_buff_head rx, sent;	/* toward the stack; collected frames when there is no wire function */
	sim_wire_fn wire;
	void *wire_ctx;
	void (*deliver)(struct sim_nic *nic, struct sk_buff *skb); /* eats what arrives; NULL: to the stack */
	struct sim_port *port;		/* tests/sim: where it is */
	u32 capture_id;			/* tests/sim: in the capture, from 1 */
	u64 large;			/* packets that came whole and were cut here (NETIF_F_TSO) */
};
/* Registered in net, up, with 02:00:<mac_number>; named eth%d. Test ends it with sim_nic_destroy(). */
struct sim_nic *sim_nic_create(struct net *net, u32 mac_number, netdev_features_t features);
void sim_nic_destroy(struct sim_nic *nic);
void sim_nic_inject(struct sim_nic *nic, const void *frame, size_t len);
void sim_nic_inject_skb(struct sim_nic *nic, struct sk_buff *skb); /* eats it */
struct sk_buff *sim_nic_take(struct sim_nic *nic); /* next collected frame, or NULL */

/* Two devices back to back. The numbers serve both directions, or those of back the frames from end[1]. */
/* Chances for each frame. loss_ppm 0: all that come in the bad state. */
struct sim_burst { u32 to_bad_ppm, to_good_ppm, loss_ppm; };
struct sim_queue { u64 *leaves_ns, busy_until_ns; u32 first, n, size; };
struct sim_link {
	const char *name;
	const struct sim_link *back;	/* NULL: the same in both directions */
	u64 delay_ns, jitter_ns;	/* jitter: up to that much more for each frame, so it reorders */
	u64 bytes_per_second;		/* 0: no limit; otherwise a queue builds up */
	u32 queue_bytes, queue_packets;	/* limits of that queue, 0: none */
	u32 mark_packets;		/* a queue of that length sets CE on packets that are ECN-capable, 0: never */
	u32 mtu;			/* longer frames are lost, 0: none is too long */
	u32 loss_ppm, duplicate_ppm, corrupt_ppm;
	u32 reorder_ppm;		/* so many frames are late by reorder_ns */
	u64 reorder_ns;
	struct sim_burst burst;
	/* Optional: true means drop this frame. */
	bool (*filter)(struct sim_link *l, int from, struct sk_buff *skb);
	bool cut;			/* nothing passes */
	/* state */
	struct sim_nic *end[2];
	struct sim_queue queue[2];	/* by the end that sends */
	bool in_burst[2];
	u64 frames, lost, arrived[2], arrived_bytes[2];
	u32 in_flight;
};
void sim_link_connect(struct sim_link *l, struct sim_nic *a, struct sim_nic *b);
void sim_link_drain(struct sim_link *l); /* waits until nothing is in flight */
u32 sim_link_queue_packets(struct sim_link *l, int from);
u32 sim_link_queue_bytes(const struct sim_link *l, int from);
/* Whoever records sees each frame as it is sent (or lost, and why) and as it arrives. skb stays the link's. */
enum sim_tap_event { SIM_SENT, SIM_LOST, SIM_ARRIVED };
typedef void (*sim_tap_fn)(struct sim_link *l, int from, struct sk_buff *skb, enum sim_tap_event ev, const char *why);
extern sim_tap_fn sim_tap;
