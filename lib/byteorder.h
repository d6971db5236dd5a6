/* lib/byteorder.h - wire order to host order and back; unaligned loads and stores */
#pragma once
#include "lib/types.h"

/* The exported asm/byteorder.h lacks the __force that tells sparse that these casts are meant; so our own. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "a big-endian machine needs its own byteorder.h");
#define cpu_to_be16(x) ((__force __be16)__builtin_bswap16((u16)(x)))
#define be16_to_cpu(x) ((u16)__builtin_bswap16((__force u16)(__be16)(x)))
#define cpu_to_le16(x) ((__force __le16)(u16)(x))
#define le16_to_cpu(x) ((__force u16)(__le16)(x))
#define cpu_to_be32(x) ((__force __be32)__builtin_bswap32((u32)(x)))
#define be32_to_cpu(x) ((u32)__builtin_bswap32((__force u32)(__be32)(x)))
#define cpu_to_le32(x) ((__force __le32)(u32)(x))
#define le32_to_cpu(x) ((__force u32)(__le32)(x))
#define cpu_to_be64(x) ((__force __be64)__builtin_bswap64((u64)(x)))
#define be64_to_cpu(x) ((u64)__builtin_bswap64((__force u64)(__be64)(x)))
#define cpu_to_le64(x) ((__force __le64)(u64)(x))
#define le64_to_cpu(x) ((__force u64)(__le64)(x))
#define htons(x) cpu_to_be16(x)
#define ntohs(x) be16_to_cpu(x)
#define htonl(x) cpu_to_be32(x)
#define ntohl(x) be32_to_cpu(x)

#define get_unaligned(p)                                                                                               \
	({                                                                                                             \
		const struct { __typeof__(*(p)) v; } __packed *_u = (const void *)(p);                                 \
		_u->v;                                                                                                 \
	})
#define put_unaligned(val, p)                                                                                          \
	do {                                                                                                           \
		struct { __typeof__(*(p)) v; } __packed *_u = (void *)(p);                                             \
		_u->v = (val);                                                                                         \
	} while (0)
static inline u16 get_unaligned_be16(const void *p) { return ntohs(get_unaligned((const __be16 *)p)); }
static inline u32 get_unaligned_be32(const void *p) { return ntohl(get_unaligned((const __be32 *)p)); }
static inline void put_unaligned_be16(u16 v, void *p) { put_unaligned(htons(v), (__be16 *)p); }
static inline void put_unaligned_be32(u32 v, void *p) { put_unaligned(htonl(v), (__be32 *)p); }
