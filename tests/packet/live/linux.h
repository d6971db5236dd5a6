/* tests/packet/live/linux.h - between stack.c, which knows the engine, and linux.c, which knows the C library */
#pragma once
#include <stdbool.h>
#include <stddef.h>

int linux_namespace(void);	/* this process gets a network of its own, with loopback up and no IPv6; 0 or -errno */
/* A device whose wire is the descriptor that is returned; -errno. */
int linux_tap(const char *name, const unsigned char *mac, unsigned mtu, unsigned addr, unsigned mask);
void linux_close_below(int fd);	/* all but the standard files */
unsigned long long linux_clock(void);
/* Until one of them can be read, or that time. */
void linux_wait(const int *fds, int n, unsigned long long until_ns);
long linux_call(long nr, const unsigned long long *args); /* -errno when it fails */
long linux_read(int fd, void *buf, size_t size);	/* -1: nothing there */
void linux_write(int fd, const void *buf, size_t n);
long linux_read_file(const char *path, char *buf, size_t size);
int linux_write_file(const char *path, const char *text);
int linux_ip(const char *args);	/* runs ip(8); 0 or not */
/* A thread for a call. */
void *linux_thread(int (*fn)(void *), void *arg);
bool linux_thread_sleeps(void *thread);
void linux_thread_join(void *thread);
