/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pair.h - two hosts with nothing but ip and tcp, joined by a wire in virtual time
 *
 * For tests of TCP that want to look inside. Every packet takes delay_ns; `drop` may lose it.
 * Each step runs tcp_check() on both sides.
 */
#ifndef TEST_TCP_PAIR_H
#define TEST_TCP_PAIR_H

#include "tcp/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PAIR_FLIGHT_MAX 4096

struct host {
    struct env env;
    struct ip *ip;
    struct ports *ports;
    struct tcp *tcp;
    struct inl_addr addr;
    int link;
};

struct flying {
    inl_time at;
    uint64_t order;
    int to;
    size_t len;
    uint8_t data[1600];
};

struct pair {
    struct host host[2];
    inl_time now;
    inl_dur delay_ns;
    /* true to lose the packet that host `from` sends */
    bool (*drop)(struct pair *pair, int from, const struct pkt *pkt);
    uint32_t loss_ppm;
    struct rng rng;
    struct flying *fly[PAIR_FLIGHT_MAX];
    size_t n;
    uint64_t order;
    uint64_t sent[2];
    enum inl_cause last_cause[2];
};

struct pair *pair_new(unsigned seed, bool v6);
void pair_free(struct pair *pair);
/* Runs until nothing is to be done before `until`. */
void pair_run(struct pair *pair, inl_time until);
static inline void pair_run_for(struct pair *pair, inl_dur ns) {
    pair_run(pair, inl_time_add(pair->now, ns));
}
struct tcp_listener *pair_listen(struct pair *pair, int host, uint16_t port, int backlog);
struct tcp_conn *pair_connect(struct pair *pair, int host, uint16_t port);
/* Both ends of a new connection: out[0] on host 0 (active), out[1] on host 1. */
void pair_join(struct pair *pair, struct tcp_listener *l, uint16_t port, struct tcp_conn *out[2]);

#endif
