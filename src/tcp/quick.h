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

#include "base/prefetch.h"
#include "tcp/internal.h"

/* ---- conn.c ---- */

/* Fewer connections than that lie in the processor's caches all the time. */
#define TCP_MANY_CONNS 512

/* An event on this connection has come. The one of the last segment is at hand. */
static inline void quick_conn_fetch(const struct tcp *tcp, const struct tcp_conn *c) {
    if (c != tcp->last && tcp->conn_count >= TCP_MANY_CONNS) {
        prefetch_block(c, TCP_CONN_HOT_BYTES);
    }
}

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

/* A deadline that stands moves on, whatever has become of the reasons for it: tcp_rest() asks. */
static inline void quick_rest_later(struct tcp_conn *c) {
    if (!timer_armed(&c->tmr.rest) || tcp_rest_hurries(c->tcp)) {
        tcp_rest_later(c);
    } else {
        c->tmr.rest_at = inl_time_add(c->tcp->env->now, c->tcp->cfg.rest_ns);
    }
}

/* ---- memory.c ---- */

/* What tcp_mem_update() would count, if neither tables nor ranges nor a long queue are held. */
static inline void quick_mem_update(struct tcp_conn *c) {
    uint32_t pages = c->rcv.ring.pages + c->snd.ring.pages;

    if ((c->rcv.ring.slots | c->snd.ring.slots) > 1 || c->rcv.ooo.room > 0 || c->rtxq.v) {
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

/* May a segment go now? Notes if not. */
static inline bool quick_pace_may(struct tcp_conn *c) {
    c->pace.waits = inl_time_before(c->tcp->env->now, c->pace.next);
    return !c->pace.waits;
}

/* The algorithm has no rate of its own, and nothing else asks for one: tcp_pace_rate() is 0. */
static inline bool quick_not_paced(const struct tcp_conn *c) {
    return !c->cc.ops->pacing_rate && !c->cc.ops->own_cwnd && !c->tcp->cfg.pacing &&
           !tcp_cwv_unproven(&c->cc);
}

static inline void quick_pace_sent(struct tcp_conn *c, uint32_t bytes) {
    if (quick_not_paced(c)) {
        c->pace.next = (inl_time){0};
    } else {
        tcp_pace_sent(c, bytes);
    }
}

/* ---- rate.c ---- */

/* The application has nothing more, and the window is not full. */
static inline void tcp_rate_app_limited(struct tcp_conn *c) {
    uint32_t pipe = tcp_rec_pipe(c);

    if (c->rtxq.lost_bytes == 0 && pipe < c->cc.cwnd_bytes) {
        c->rate.app_limited = true;
        c->rate.app_limited_end = c->rate.delivered + pipe;
    }
}

/* Of a segment that ACK numbers or SACK cover for the first time, so many bytes. */
static inline void tcp_rate_delivered(struct tcp_conn *c, const struct tcp_rtx *rtx,
                                      uint32_t bytes) {
    c->rate.delivered += bytes;
    c->rate.delivered_at = c->tcp->env->now;
    c->tcp->ack.delivered_bytes += bytes;
    c->tcp->ack.delivered_segs++;
    if (inl_time_is_never(c->tcp->ack_sent) || !inl_time_before(rtx->sent, c->tcp->ack_sent)) {
        c->tcp->ack_sent = rtx->sent;
        c->tcp->ack_rate = rtx->rate;
        c->tcp->ack_again = (rtx->flags & TCP_RTX_AGAIN) != 0;
    }
}

static inline void tcp_rate_acked(struct tcp_conn *c, uint32_t bytes) {
    c->tcp->ack.acked_bytes = bytes;
}

static inline void tcp_rate_rtt(struct tcp_conn *c, inl_dur rtt_ns) {
    struct tcp_cc_ack *a = &c->tcp->ack;

    a->rtt_ns = a->rtt_ns == 0 || rtt_ns < a->rtt_ns ? rtt_ns : a->rtt_ns;
}

/* ---- gro.c ---- */

static inline uint32_t quick_gro_segs(const struct tcp_seg *seg) {
    return seg->rx->offload ? tcp_gro_segs(seg) : 1;
}

/* ---- output.c ---- */

enum quick_work { QUICK_NONE, QUICK_SURE, QUICK_ASK };

/* Something other than new data and ACKs that may ride on it could want a segment, or decides about
 * new data. */
static inline bool quick_is_special(const struct tcp_conn *c) {
    return (c->state != INL_TCP_ESTABLISHED && c->state != INL_TCP_CLOSE_WAIT) ||
           (c->ackd.runs | c->rack.tlp_due | c->tmr.probe | c->tmr.keep_probe | c->undo.frto |
            c->snd.fin_wanted | c->ecn.hold | c->pmtud.state) != 0 ||
           (c->rec.dupacks | c->rtxq.lost_bytes | c->rtxq.sacked_bytes) != 0;
}

/*
 * New data, of which there is some: how much output.c's plan_new() surely puts into a segment, as
 * windows, Nagle and pacing have nothing against it; 0: ask.
 */
static inline uint32_t quick_data(const struct tcp_conn *c, uint64_t unsent) {
    uint32_t flight = tcp_snd_flight(c);
    uint32_t mss = c->opt.snd_mss_bytes;
    uint32_t len = unsent < mss ? (uint32_t)unsent : mss;

    if (flight >= c->snd.wnd_bytes || len > c->snd.wnd_bytes - flight ||
        (flight > 0 && (flight >= c->cc.cwnd_bytes || len > c->cc.cwnd_bytes - flight)) ||
        c->rtxq.n >= c->rtxq.cap || inl_time_before(c->tcp->env->now, c->pace.next) ||
        !quick_no_options(c)) {
        return 0;
    }
    return len == mss || ((flight == 0 || c->opts.nodelay) && !tcp_snd_held(c)) ? len : 0;
}

/* Does tcp_output_plan_asked() surely name a segment, or surely none? ret_len: its data. */
static inline enum quick_work quick_work(const struct tcp_conn *c, uint32_t *ret_len) {
    uint64_t unsent;

    *ret_len = 0;
    if (quick_is_special(c)) {
        return QUICK_ASK;
    }
    unsent = tcp_snd_unsent(c);
    if (unsent > 0) {
        *ret_len = quick_data(c, unsent);
        return *ret_len > 0 ? QUICK_SURE : QUICK_ASK;
    }
    return c->ackd.now == INL_CAUSE_NONE ? QUICK_NONE : QUICK_SURE;
}

/* What it leaves behind in the first two cases. */
static inline void quick_work_notes(struct tcp_conn *c) {
    c->pace.waits = false;
    tcp_cc_limited(&c->cc, false);
    if (tcp_snd_unsent(c) == 0) {
        tcp_rate_app_limited(c);
    }
}

#endif
