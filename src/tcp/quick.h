/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick.h - the answers that nearly every segment gets, without a call
 *
 * Most mechanisms have nothing to do for most segments. Each has one function that knows its rule;
 * here stand, for the hot path, the tests that tell when that function would do next to nothing,
 * and what it comes to then. Whoever is not sure calls the owner. So no rule is written twice: what
 * stands here follows from the owner's, and says from what.
 *
 * tcp_settle_agrees() (settle.c) holds the answers about sending against the long way in every run
 * of tcp_check(), and so in each simulation.
 *
 * Owns nothing.
 */
#ifndef TCP_QUICK_H
#define TCP_QUICK_H

#include "tcp/internal.h"

/* ---- timers.c ---- */

static inline void quick_tmr_set(struct tcp_conn *c, enum tcp_tmr which, inl_time due) {
    c->tmr.due[which] = due;
    if (!timer_armed(&c->tmr.node) || inl_time_before(due, c->tmr.node.due)) {
        timer_arm(&c->tcp->env->wheel, &c->tmr.node, due);
    }
}

/* @in_ns from now; the sum cannot overflow for what a config allows. */
static inline void quick_tmr_in(struct tcp_conn *c, enum tcp_tmr which, inl_dur in_ns) {
    quick_tmr_set(c, which, inl_time_add(c->tcp->env->now, in_ns));
}

static inline void quick_tmr_clear(struct tcp_conn *c, enum tcp_tmr which) {
    c->tmr.due[which] = INL_TIME_NEVER;
}

/* ---- rest.c ---- */

static inline void quick_rest_later(struct tcp_conn *c) {
    const struct tcp *tcp = c->tcp;

    if (tcp->moved && tcp->cfg.rest_ns > 0 && c->owned && c->state == INL_TCP_ESTABLISHED &&
        !c->cc.ops->own_cwnd && !c->cc.ops->exact_ecn) {
        quick_tmr_in(c, TCP_TMR_REST, tcp_rest_wait(tcp));
    }
}

/* ---- memory.c ---- */

/* What tcp_mem_update() would count, if neither tables nor ranges nor a long queue are held. */
static inline void quick_mem_update(struct tcp_conn *c) {
    uint32_t pages = c->rcv.ring.pages + c->snd.ring.pages;

    if (c->rcv.ring.slots > 1 || c->snd.ring.slots > 1 || c->rcv.ooo.room > 0 || c->rtxq.v) {
        tcp_mem_update(c);
    } else if (c->mem_bytes != pages * RING_PAGE_BYTES) {
        c->tcp->mem_bytes += pages * RING_PAGE_BYTES;
        c->tcp->mem_bytes -= c->mem_bytes;
        c->mem_bytes = pages * RING_PAGE_BYTES;
    }
}

/* ---- opts.c, sackblocks.c ---- */

/* Nothing is to be told beside the timestamps: tcp_opt_room() is the MSS. */
static inline bool quick_no_options(const struct tcp_conn *c) {
    return c->rcv.ooo.n == 0 && !c->sackr.has_dup && !c->ecn.acc && !c->uto.due;
}

static inline uint32_t quick_opt_room(const struct tcp_conn *c) {
    return quick_no_options(c) ? c->opt.snd_mss_bytes : tcp_opt_room(c);
}

/* ---- urgent.c ---- */

static inline uint16_t quick_urg_field(const struct tcp_conn *c, seq_t seq) {
    return c->urg.sending ? tcp_urg_field(c, seq) : 0;
}

/* ---- ecn.c ---- */

/* Without ECN no segment but a SYN has anything of it. */
static inline bool quick_no_ecn(const struct tcp_conn *c, const struct tcp_plan *plan) {
    return c->ecn.mode == TCP_ECN_NONE && !(plan->flags & TCP_SYN);
}

/* ---- pmtud.c ---- */

static inline uint32_t quick_pmtud_probe_data(const struct tcp_conn *c) {
    return c->pmtud.state == TCP_PMTUD_IDLE ? 0 : tcp_pmtud_probe_data(c);
}

/* ---- recovery.c ---- */

static inline uint32_t quick_rec_cwnd(const struct tcp_conn *c) {
    return c->rec.dupacks == 0 ? c->cc.cwnd_bytes : tcp_rec_cwnd(c);
}

/* ---- pace.c ---- */

static inline bool quick_pace_may(struct tcp_conn *c) {
    c->pace.waits = inl_time_before(c->tcp->env->now, c->pace.next);
    return !c->pace.waits;
}

/* The algorithm has no rate of its own, and nothing else asks for one: tcp_pace_rate() is 0. */
static inline bool quick_not_paced(const struct tcp_conn *c) {
    return !c->cc.ops->pacing_rate && !c->cc.ops->own_cwnd && !c->tcp->cfg.pacing &&
           !c->cc.cwv.unproven;
}

static inline void quick_pace_sent(struct tcp_conn *c, uint32_t bytes) {
    if (quick_not_paced(c)) {
        c->pace.next = (inl_time){0};
    } else {
        tcp_pace_sent(c, bytes);
    }
}

#endif
