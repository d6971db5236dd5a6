/* lib/types.h - the words every room speaks: integer types, BIT, container_of, errno in pointers
 *
 * Wire-order types (__be16, __be32) come from the UAPI headers; sparse checks them.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>
#include <linux/errno.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef u64 phys_addr_t;
typedef u64 dma_addr_t;
typedef __kernel_ssize_t ssize_t;
typedef __kernel_loff_t loff_t;
typedef __kernel_pid_t pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned short umode_t;
typedef u32 dev_t;
typedef unsigned int gfp_t;
#ifndef UINTPTR_MAX
typedef unsigned long uintptr_t;
#endif

#define U8_MAX ((u8)~0U)
#define U16_MAX ((u16)~0U)
#define U32_MAX ((u32)~0U)
#define U64_MAX (~0ULL)
#define S32_MAX 0x7fffffff
#define S64_MAX 0x7fffffffffffffffLL
#define INT_MAX 0x7fffffff
#define UINT_MAX (~0U)
#define LONG_MAX 0x7fffffffffffffffL
#define ULONG_MAX (~0UL)
#define SIZE_MAX (~0UL)
#define SSIZE_MAX LONG_MAX
#define PATH_MAX 4096

#define BIT(n) (1UL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a) (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a < _b ? _a : (__typeof__(a))_b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); _a > _b ? _a : (__typeof__(a))_b; })
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define swap(a, b) do { __typeof__(a) _t = (a); (a) = (b); (b) = _t; } while (0)

#define __packed __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __cacheline_aligned __aligned(64)
#define __must_check __attribute__((warn_unused_result))
#define __noreturn __attribute__((noreturn))
#define __maybe_unused __attribute__((unused))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define noinline __attribute__((noinline))
#define __weak __attribute__((weak))
#define __section(s) __attribute__((section(s)))
#define fallthrough __attribute__((fallthrough))

#ifdef __CHECKER__
#define __user __attribute__((noderef, address_space(1)))
#define __force __attribute__((force))
#else
#define __user
#define __force
#endif

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define barrier() __asm_barrier()
#define __asm_barrier() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/* errno values that never reach a program: the signal code turns them into EINTR or a restart. */
#define ERESTARTSYS 512		  /* restart when SA_RESTART, else EINTR */
#define ERESTARTNOINTR 513	  /* always restart */
#define ERESTARTNOHAND 514	  /* restart only when no handler ran */
#define ENOIOCTLCMD 515		  /* this layer does not know the ioctl: ask the next, then ENOTTY */
#define ERESTART_RESTARTBLOCK 516 /* restart through restart_syscall() */

#define MAX_ERRNO 4095
static inline void *ERR_PTR(long error) { return (void *)error; }
static inline long PTR_ERR(const void *p) { return (long)p; }
static inline bool IS_ERR(const void *p) { return (unsigned long)p >= (unsigned long)-MAX_ERRNO; }
static inline bool IS_ERR_OR_NULL(const void *p) { return !p || IS_ERR(p); }
