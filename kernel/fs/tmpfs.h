/* kernel/fs/tmpfs.h - what the files of tmpfs share: tmpfs.c (names, mounts), tmpfs_file.c (bytes), memfd.c */
#pragma once
#include "kernel/fs/internal.h"

struct tmpfs_sb { s64 max_pages; atomic64_t used_pages; };
extern const struct inode_operations tmpfs_file_iops;
extern const struct file_operations tmpfs_file_fops;
/* After pages went: what is charged is what is there. i_lock held, or the last reference. */
void tmpfs_recharge(struct inode *inode);
void tmpfs_file_init(void);
long sys_fallocate(unsigned int fd, int mode, loff_t off, loff_t len);
long sys_memfd_create(const char __user *uname, unsigned int flags);
