/* drivers/net/tun/tun.h - what the files of the TUN/TAP driver share
 *
 * Locks: [L] rtnl, [R] changed under rtnl and read under RCU, [C] constant.
 */
#pragma once
#include "kernel/fs/file.h"
#include "net/core/netdevice.h"
#include "net/core/sock.h"
#include <linux/if_tun.h>

struct tun_struct;

/* One open of /dev/net/tun. Memory is the sock's: it goes a grace period after the last packet that the program wrote,
 * so wakers and senders may still look at it. */
struct tun_file {
	struct sock sk;		/* first: account of the packets written that are still on their way */
	struct tun_struct *tun; /* [R] NULL: not attached */
	struct file *file;	/* [C] for SIGIO */
	wait_queue_head_t wq;
};

/* Behind its struct net_device. */
struct tun_struct {
	struct net_device *dev; /* [C] */
	struct tun_file *tfile; /* [R] NULL: nobody reads, packets are dropped */
	u32 flags;		/* [L] IFF_TUN or IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_PERSIST ... */
	uid_t owner;		/* [L] -1: nobody in particular */
	gid_t group;
	int vnet_hdr_sz;	   /* [L] bytes of the header that TUNSETVNETHDRSZ chose */
	int sndbuf;		   /* [L] */
	bool vnet_le;		   /* [L] remembered only: this machine is little-endian */
	struct sk_buff_head queue; /* toward the program; at most dev->tx_queue_len */
};

#define TUN_FLAGS (IFF_NO_PI | IFF_ONE_QUEUE | IFF_VNET_HDR)
static inline struct tun_struct *tun_of(const struct net_device *dev) { return netdev_priv(dev); }
static inline bool tun_is_tap(const struct tun_struct *tun) { return tun->flags & IFF_TAP; }

/* tun_main.c. The tun of a file with its device referenced (dev_put it), or NULL. */
struct tun_struct *tun_get(struct tun_file *tfile);
/* rtnl held: the file and the device part. What waits in the queue is dropped. */
void tun_detach(struct tun_struct *tun);
/* A device with flags (IFF_TUN or IFF_TAP and more), name "" or with %d, attached to tfile. 0 or -errno. rtnl held. */
int tun_create(struct tun_file *tfile, const char *name, u32 flags);
/* rtnl held: an existing device gets tfile for a reader. 0, -EBUSY, -EPERM. */
int tun_attach(struct tun_struct *tun, struct tun_file *tfile);
bool tun_is_ours(const struct net_device *dev);
/* tun_io.c */
ssize_t tun_read_iter(struct file *f, struct iov_iter *to, loff_t *pos);
ssize_t tun_write_iter(struct file *f, struct iov_iter *from, loff_t *pos);
__poll_t tun_poll(struct file *f, struct poll_table_struct *pt);
void tun_write_space(struct sock *sk);
/* tun_ioctl.c */
long tun_ioctl(struct file *f, unsigned int cmd, unsigned long arg);
void tun_init(void);
