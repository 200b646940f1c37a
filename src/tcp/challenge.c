/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * challenge.c - challenge ACKs (RFC 5961)
 *
 * Owns tcp_conn.chal. An inexact RST, a SYN on a connection and an absurd ACK number are
 * answered by the present ACK: an honest peer then shows what it knows, an attacker who guesses
 * gains nothing. The limit of section 7 is kept for each connection, not for all together: a
 * common limit can be measured from outside (CVE-2016-5696).
 */
#include "tcp/internal.h"

#define CHALLENGES_PER_SECOND 10

bool tcp_challenge_allowed(struct tcp_conn *c) {
    int64_t second = c->tcp->env->now.ns / INL_S;

    if (c->chal.second != second) {
        c->chal.second = second;
        c->chal.count = 0;
    }
    if (c->chal.count >= CHALLENGES_PER_SECOND) {
        return false;
    }
    c->chal.count++;
    return true;
}

void tcp_challenge(struct tcp_conn *c, enum inl_cause cause) {
    if (tcp_challenge_allowed(c)) {
        tcp_ackd_pure(c, cause);
    } else {
        env_drop(c->tcp->env, INL_DROP_RATE_LIMITED);
    }
}
