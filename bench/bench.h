/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - the frame of the loop benchmarks: rows, clock, options and JSON
 *
 * A stack under test offers what it can do (struct subject); bench_main() runs one row of the
 * table with the same amounts for every stack and prints one JSON object. Whatever is measured
 * goes through a whole stack twice: out of one host and into the other, joined by memory, in one
 * thread. A row that a stack cannot do has a NULL function or is refused by setup().
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_PAYLOAD_MAX 65536

struct setting {
    uint32_t mtu_bytes;
    uint32_t window_bytes; /* send and receive buffer of each connection */
    uint32_t conns_max;    /* how many will be open at most */
    bool zero_copy;        /* bulk data is written and read in place */
};

/* What a router has many of. */
enum bench_table { BENCH_ROUTES, BENCH_ROUTES6, BENCH_NEIGHBOURS };

struct subject {
    const char *name;    /* "inlet", "lwip" */
    const char *version; /* of the stack */
    /* Two hosts and a listener. False: not with this stack. Called once in a process. */
    bool (*setup)(const struct setting *setting);
    /* Moves that many bytes from client to server. */
    void (*bulk)(uint64_t bytes);
    /* Opens n connections more, which stay. */
    void (*open)(uint32_t n);
    /* Lets two minutes pass; NULL: nothing would change. */
    void (*wait)(void);
    /* n times one byte there and one byte back: on one of the first `among` open connections,
     * chosen at random each time. */
    void (*trips)(uint32_t n, uint32_t among);
    /* n times connect, accept, close by both ends, until both ends see the close. */
    void (*connections)(uint32_t n);
    /* n datagrams of that many bytes, each received by the other's socket. */
    void (*datagrams)(uint32_t n, uint32_t bytes);
    /* n SYNs to the listener, whose answers never arrive. */
    void (*half_open)(uint32_t n);
    /* A router with a table of n entries; then n packets through it, to `among` of them. */
    void (*router)(enum bench_table kind, uint32_t n);
    void (*forward)(uint32_t n, uint32_t among);
    /* A host with n datagrams of which half has come; then n datagrams completed, `among` them. */
    void (*reass_open)(uint32_t n);
    void (*reass)(uint32_t n, uint32_t among);
    /* The same host as that router; `open` datagrams of which half has come. */
    void (*reass_beside)(enum bench_table kind, uint32_t n, uint32_t open);
};

uint64_t bench_now_ns(void);
uint32_t bench_random(uint32_t below);
/* Prints to stderr and exits with 1. */
_Noreturn void bench_die(const char *what);
/* calloc() that cannot fail. */
void *bench_room(size_t n, size_t size);
int bench_main(const struct subject *subject, int argc, char **argv);

#endif
