/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c - the 11 states and the legal ways between them (RFC 9293 3.3.2), as data
 *
 * Owns tcp_conn.state. A transition that is not in the table is a bug and asserts. LISTEN is
 * never the state of a connection: listeners are structs of their own, and SYN-RECEIVED "returns
 * to LISTEN" by going away.
 */
#include "tcp/internal.h"

#include <assert.h>

#define TO(s) (1u << INL_TCP_##s)

static const uint16_t tcp_transitions[INL_TCP_STATES_MAX] = {
    [INL_TCP_CLOSED] = TO(SYN_SENT) | TO(SYN_RECEIVED),
    [INL_TCP_LISTEN] = 0,
    [INL_TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(CLOSED),
    [INL_TCP_SYN_RECEIVED] = TO(ESTABLISHED) | TO(CLOSED),
    [INL_TCP_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(CLOSED),
    [INL_TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT) | TO(CLOSED),
    [INL_TCP_FIN_WAIT_2] = TO(TIME_WAIT) | TO(CLOSED),
    [INL_TCP_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
    [INL_TCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
    [INL_TCP_LAST_ACK] = TO(CLOSED),
    [INL_TCP_TIME_WAIT] = TO(CLOSED),
};

bool tcp_state_may(enum inl_tcp_state from, enum inl_tcp_state to) {
    return from < INL_TCP_STATES_MAX && to < INL_TCP_STATES_MAX &&
           (tcp_transitions[from] >> to & 1u) != 0;
}

/* The counters of RFC 4022: opens that failed, connections that ended by a reset. */
static bool counts_as_established(enum inl_tcp_state state) {
    return state == INL_TCP_ESTABLISHED || state == INL_TCP_CLOSE_WAIT;
}

static void state_count(struct tcp *tcp, enum inl_tcp_state from, enum inl_tcp_state to) {
    tcp->curr_estab += counts_as_established(to);
    tcp->curr_estab -= counts_as_established(from);
    if (to != INL_TCP_CLOSED) {
        return;
    }
    if (from == INL_TCP_SYN_SENT || from == INL_TCP_SYN_RECEIVED) {
        tcp->attempt_fails++;
    } else if (from == INL_TCP_ESTABLISHED || from == INL_TCP_CLOSE_WAIT) {
        tcp->estab_resets++;
    }
}

void tcp_state_set(struct tcp_conn *c, enum inl_tcp_state to) {
    enum inl_tcp_state from = (enum inl_tcp_state)c->state;

    assert(tcp_state_may(from, to));
    state_count(c->tcp, from, to);
    c->state = (uint8_t)to;
    c->plain = false;
    tcp_trace_state(c, from);
}
