/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rig.h - what the tests of the stack share: two hosts on a wire, in virtual time
 *
 * Host 0 is 10.0.0.1 and fd00::1, host 1 is 10.0.0.2 and fd00::2. The wire carries bare IP
 * packets and loses nothing. All memory comes from one counting allocator, which can be told to
 * fail, so that nothing can leak unseen.
 */
#ifndef STACK_TEST_RIG_H
#define STACK_TEST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <inlet/inlet.h>
#include <stdbool.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define RIG_HOSTS 2
#define RIG_MTU 1500
#define RIG_MSL_NS (1 * INL_S)

struct heap {
    size_t blocks;
    size_t bytes;
    int64_t fail_in;  /* allocations until one fails; negative: none does */
    int64_t fail_run; /* how many fail in a row: 0 counts as 1 */
    bool failed;
};

struct rig {
    struct heap heap;
    struct inl_stack *host[RIG_HOSTS];
    int link[RIG_HOSTS];
    inl_time now;
    bool cut; /* the wire is cut: frames are lost */
};

struct inl_alloc heap_alloc(struct heap *heap);

/* Makes the hosts; @config: NULL for defaults (with an MSL of RIG_MSL_NS). */
int rig_try(struct rig *r, const struct inl_config *config);
void rig_init(struct rig *r);
void rig_init_with(struct rig *r, const struct inl_config *config);
void rig_config(struct inl_config *config); /* what rig_init() takes */
/* Frees the hosts, and fails if a byte is left. */
void rig_done(struct rig *r);

/* Lets both hosts talk until nobody has anything to say at this moment. */
void rig_settle(struct rig *r);
/* Lets time pass, stopping at each deadline. */
void rig_pass(struct rig *r, inl_dur d);

struct inl_sockaddr at(const char *addr, uint16_t port);
bool is_addr(const struct inl_sockaddr *sa, const char *addr);

inl_sock rig_listen(struct rig *r, int host, const char *addr, uint16_t port, int backlog);
/* A connection from host 0 to port 80 of host 1: *ret_a there, *ret_b here. */
void rig_pair(struct rig *r, inl_sock *ret_a, inl_sock *ret_b);

/* All events that wait for a socket, ORed; those of other sockets are taken and forgotten. */
uint32_t rig_events(struct rig *r, int host, inl_sock s);

#endif
