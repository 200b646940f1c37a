/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile.c - sets of choices: where the RFCs leave room, or where practice has left them
 *
 * A profile is a few values of the configuration and no code of its own: whoever wants one
 * choice of it sets that field. docs/profiles.md has the table, with a script for each row.
 */
#include <errno.h>
#include <inlet/stack.h>

static void profile_inlet(struct inl_config *c) {
    struct inl_config d;

    inl_config_init(&d);
    c->tcp.rto_min_ns = d.tcp.rto_min_ns;
    c->tcp.rto_max_ns = d.tcp.rto_max_ns;
    c->tcp.delack_ns = d.tcp.delack_ns;
    c->tcp.quickack_segs = d.tcp.quickack_segs;
    c->tcp.quickack_hole_segs = d.tcp.quickack_hole_segs;
    c->tcp.initial_window_segs = d.tcp.initial_window_segs;
    c->tcp.abc_limit_segs = d.tcp.abc_limit_segs;
    c->tcp.cwnd_validation = d.tcp.cwnd_validation;
    c->tcp.msl_ns = d.tcp.msl_ns;
    c->tcp.syn_give_up_ns = d.tcp.syn_give_up_ns;
    c->tcp.give_up_ns = d.tcp.give_up_ns;
    c->port_first = d.port_first;
    c->port_last = d.port_last;
}

/* Linux counts tries and not time: 6 for a SYN from 1 s on, 15 for data from 200 ms on. */
static void profile_linux(struct inl_config *c) {
    c->tcp.rto_min_ns = 200 * INL_MS;
    c->tcp.rto_max_ns = 120 * INL_S;
    c->tcp.delack_ns = 40 * INL_MS;
    c->tcp.quickack_segs = 16;
    c->tcp.quickack_hole_segs = 0;
    c->tcp.initial_window_segs = 10;
    c->tcp.abc_limit_segs = 0;
    c->tcp.cwnd_validation = false;
    c->tcp.msl_ns = 30 * INL_S;
    c->tcp.syn_give_up_ns = 127 * INL_S;
    c->tcp.give_up_ns = 924600 * INL_MS;
    c->port_first = 32768;
    c->port_last = 60999;
}

static void profile_strict(struct inl_config *c) {
    c->tcp.rto_min_ns = 1 * INL_S;       /* RFC 6298 2.4 */
    c->tcp.rto_max_ns = 60 * INL_S;      /* RFC 6298 2.5 */
    c->tcp.delack_ns = 200 * INL_MS;     /* RFC 9293 MUST-40: below 500 ms */
    c->tcp.quickack_segs = 0;            /* RFC 9293 SHLD-18: delay, from the first segment on */
    c->tcp.quickack_hole_segs = 0;       /* the same */
    c->tcp.initial_window_segs = 0;      /* RFC 5681 3.1 */
    c->tcp.abc_limit_segs = 1;           /* RFC 5681 3.1: at most SMSS an ACK */
    c->tcp.cwnd_validation = false;      /* RFC 5681 4.1 */
    c->tcp.msl_ns = 120 * INL_S;         /* RFC 9293 3.4.2: MSL is two minutes */
    c->tcp.syn_give_up_ns = 180 * INL_S; /* RFC 9293 MUST-23 */
    c->tcp.give_up_ns = 900 * INL_S;     /* RFC 9293 SHLD-11: at least 100 s */
    c->port_first = 49152;               /* RFC 6335 6 */
    c->port_last = 65535;
}

int inl_config_profile(struct inl_config *config, enum inl_profile profile) {
    switch (profile) {
    case INL_PROFILE_INLET:
        profile_inlet(config);
        return 0;
    case INL_PROFILE_LINUX:
        profile_linux(config);
        return 0;
    case INL_PROFILE_STRICT:
        profile_strict(config);
        return 0;
    default:
        return -EINVAL;
    }
}
