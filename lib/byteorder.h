/* lib/byteorder.h - wire order to host order and back; unaligned loads and stores */
#pragma once
#include "lib/types.h"
#include <asm/byteorder.h>

#define htons(x) __cpu_to_be16(x)
#define ntohs(x) __be16_to_cpu(x)
#define htonl(x) __cpu_to_be32(x)
#define ntohl(x) __be32_to_cpu(x)
#define cpu_to_be16(x) __cpu_to_be16(x)
#define cpu_to_be32(x) __cpu_to_be32(x)
#define cpu_to_be64(x) __cpu_to_be64(x)
#define be16_to_cpu(x) __be16_to_cpu(x)
#define be32_to_cpu(x) __be32_to_cpu(x)
#define be64_to_cpu(x) __be64_to_cpu(x)
#define cpu_to_le16(x) __cpu_to_le16(x)
#define cpu_to_le32(x) __cpu_to_le32(x)
#define cpu_to_le64(x) __cpu_to_le64(x)
#define le16_to_cpu(x) __le16_to_cpu(x)
#define le32_to_cpu(x) __le32_to_cpu(x)
#define le64_to_cpu(x) __le64_to_cpu(x)

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
