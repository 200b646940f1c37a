/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * delack.c - which acknowledgements are due (RFC 9293 3.8.6.3, RFC 5681 4.2)
 *
 * Owns tcp_conn.ackd. Input only records; nothing is sent before the burst is over (MUST-58,
 * MUST-59). There are three kinds: one ACK some time (delayed, below 500 ms, MUST-40), one ACK
 * now, which may ride on data, and pure ACKs, one for each segment that asked. The last are for
 * segments out of order, because the peer's fast retransmit counts them, and for answers that
 * would say nothing on a data segment. When nxt moves on, older pure ACKs are moot: sent with
 * the new number they would count as duplicates of it, so one ACK takes their place.
 *
 * How long an ACK waits adapts. A number of segments (config, or TCP_QUICKACK) is acknowledged at
 * once, which helps a peer in slow start; another number after a hole was filled: the peer's window
 * has just become small, and each ACK that waits keeps a good part of it. When the application answers while an ACK waits, the
 * two ends are in a conversation (pingpong): ACKs wait for data again. When a delayed ACK found
 * nothing to ride on the conversation is over.
 */
#include "tcp/internal.h"

#define QUICK_SEGS 16 /* of TCP_QUICKACK */

void tcp_ackd_init(struct tcp_conn *c) {
    uint32_t segs = c->tcp->cfg.quickack_segs;

    c->ackd = (struct tcp_ackd){.now = INL_CAUSE_NONE};
    if (c->opts.ack_mode != TCP_ACK_MODE_CONFIG) {
        tcp_ackd_mode(c, c->opts.ack_mode == TCP_ACK_MODE_QUICK);
    } else {
        c->ackd.quick = (uint8_t)segs;
    }
}

void tcp_ackd_mode(struct tcp_conn *c, bool quick) {
    c->ackd.pingpong = !quick;
    c->ackd.quick = quick ? QUICK_SEGS : 0;
    if (quick && c->ackd.delayed) {
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_QUICK);
    }
}

void tcp_ackd_now(struct tcp_conn *c, enum inl_cause cause) {
    c->ackd.now = (uint8_t)cause;
}

static void ackd_drop_runs(struct tcp_conn *c) {
    if (c->ackd.runs > 0) {
        tcp_ackd_now(c, (enum inl_cause)c->ackd.run[0].cause);
        c->ackd.runs = 0;
    }
}

/* Unless the application wants ACKs to wait. A conversation (pingpong) goes on delaying. */
static void ackd_quick_after_hole(struct tcp_conn *c) {
    uint32_t segs = c->tcp->cfg.quickack_hole_segs;

    if (c->opts.ack_mode != TCP_ACK_MODE_DELAY && c->ackd.quick < segs) {
        c->ackd.quick = (uint8_t)segs;
    }
}

void tcp_ackd_data(struct tcp_conn *c, bool filled) {
    uint32_t unacked = (uint32_t)seq_diff(c->rcv.nxt, c->ackd.last_sent);

    ackd_drop_runs(c);
    c->ackd.got = true;
    if (filled) {
        ackd_quick_after_hole(c);
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_FILLED);
    } else if (c->tcp->cfg.delack_ns == 0 || (c->ackd.quick > 0 && !c->ackd.pingpong)) {
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_QUICK);
    } else if (unacked >= 2 * c->rcv.mss_bytes) {
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_SECOND);
    } else if (!c->ackd.delayed) {
        c->ackd.delayed = true;
        tcp_tmr_set(c, TCP_TMR_DELACK, inl_time_add(c->tcp->env->now, c->tcp->cfg.delack_ns));
    }
}

void tcp_ackd_pure(struct tcp_conn *c, enum inl_cause cause) {
    struct tcp_ackd *a = &c->ackd;
    uint8_t last = a->runs;

    if (last > 0 && (a->run[last - 1].cause == cause || last == TCP_ACK_RUNS)) {
        if (a->run[last - 1].count < UINT8_MAX) {
            a->run[last - 1].count++;
        }
        return;
    }
    a->run[last].cause = (uint8_t)cause;
    a->run[last].count = 1;
    a->runs++;
}

void tcp_ackd_sent(struct tcp_conn *c) {
    if (c->ackd.now == INL_CAUSE_TCP_ACK_QUICK && c->ackd.quick > 0) {
        c->ackd.quick--;
    }
    c->ackd.last_sent = c->rcv.nxt;
    c->ackd.now = INL_CAUSE_NONE;
    if (c->ackd.delayed) {
        c->ackd.delayed = false;
        tcp_tmr_clear(c, TCP_TMR_DELACK);
    }
}

/* An answer within the time that an ACK may wait: so it will be worth while to wait again. */
void tcp_ackd_data_sent(struct tcp_conn *c) {
    inl_dur since = inl_time_sub(c->tcp->env->now, c->tmr.heard);

    if (c->ackd.got && since <= c->tcp->cfg.delack_ns) {
        c->ackd.pingpong = true;
    }
    c->ackd.got = false;
}

void tcp_ackd_pure_sent(struct tcp_conn *c) {
    struct tcp_ackd *a = &c->ackd;

    if (a->runs == 0 || --a->run[0].count > 0) {
        return;
    }
    a->runs--;
    for (uint8_t i = 0; i < a->runs; i++) {
        a->run[i] = a->run[i + 1];
    }
}

void tcp_ackd_on_timer(struct tcp_conn *c) {
    if (c->ackd.delayed) {
        c->ackd.delayed = false;
        c->ackd.pingpong = false; /* no data came to ride on */
        tcp_ackd_now(c, INL_CAUSE_TCP_ACK_DELAYED);
    }
}
