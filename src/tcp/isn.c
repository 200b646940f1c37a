/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * isn.c - initial sequence numbers (RFC 9293 3.4.1, RFC 6528)
 *
 * ISN = M + F(tuple, secret): M counts 4 us ticks (MUST-8), F is SipHash with a key that never
 * leaves the engine (MUST-9). So numbers of one tuple rise with time, which makes reopening from
 * TIME-WAIT work, and those of different tuples say nothing about each other.
 */
#include "base/siphash.h"
#include "tcp/internal.h"

#define STEP_MASK 0xffffu

seq_t tcp_isn(const struct tcp *tcp, const struct inl_sockaddr *local,
              const struct inl_sockaddr *remote) {
    struct {
        struct inl_addr local, remote;
        uint16_t lport, rport;
    } key = {local->addr, remote->addr, local->port, remote->port};
    uint32_t clock = (uint32_t)(tcp->env->now.ns / (4 * INL_US));

    return seq_mk(clock + (uint32_t)siphash(tcp->isn_key, &key, sizeof(key)));
}

seq_t tcp_isn_above(struct tcp *tcp, seq_t isn, seq_t old_nxt) {
    if (seq_gt(isn, old_nxt)) {
        return isn;
    }
    /* the last connection sent faster than the clock runs: step over it */
    return seq_add(old_nxt, 1 + (rng_u32(&tcp->env->rng) & STEP_MASK));
}
