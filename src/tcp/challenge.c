/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * challenge.c - challenge ACKs (RFC 5961)
 *
 * Owns tcp_conn.chal. An inexact RST, a SYN on a connection and an absurd ACK number are
 * answered by the present ACK: an honest peer then shows what it knows, an attacker who guesses
 * gains nothing. The limit of section 7 (challenge_acks in each challenge_ns) is kept for each
 * connection, not for all together: a common limit can be measured from outside (CVE-2016-5696).
 */
#include "tcp/internal.h"

bool tcp_challenge_allowed(struct tcp_conn *c) {
    inl_time now = c->tcp->env->now;

    if (c->chal.count == 0 || inl_time_sub(now, c->chal.since) >= c->tcp->cfg.challenge_ns) {
        c->chal.since = now;
        c->chal.count = 0;
    }
    if (c->chal.count >= c->tcp->cfg.challenge_acks) {
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
