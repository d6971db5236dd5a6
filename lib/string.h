/* lib/string.h - memory and string functions, as C and POSIX define them, and what kernels add */
#pragma once
#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
/* The compiler knows these: of a short, constant size they become a few moves (five per cent of a packet's way). */
#ifndef memcpy
#define memcpy(...) __builtin_memcpy(__VA_ARGS__)
#define memset(...) __builtin_memset(__VA_ARGS__)
#define memcmp(...) __builtin_memcmp(__VA_ARGS__)
#endif
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
char *strpbrk(const char *s, const char *accept);

/* Copies at most size-1 bytes and always terminates. Returns the length copied, or -E2BIG when cut. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/* Cuts the next field out of *s at any of delim (the delimiter becomes NUL); NULL when *s is used up. */
char *strsep(char **s, const char *delim);

/* Parses the whole of s (one trailing newline allowed) in base 0, 8, 10 or 16. 0, -EINVAL or -ERANGE. */
int kstrtou64(const char *s, unsigned int base, u64 *out);
int kstrtos64(const char *s, unsigned int base, s64 *out);
int kstrtou32(const char *s, unsigned int base, u32 *out);
int kstrtoint(const char *s, unsigned int base, int *out);

/* Parses digits from s and stores where it stopped. For command lines and address parsers. */
u64 simple_strtoull(const char *s, char **end, unsigned int base);

static inline bool isdigit(int c) { return c >= '0' && c <= '9'; }
static inline bool isspace(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
static inline bool isupper(int c) { return c >= 'A' && c <= 'Z'; }
static inline bool isprint(int c) { return c >= 0x20 && c < 0x7f; }
static inline int tolower(int c) { return isupper(c) ? c + 32 : c; }
