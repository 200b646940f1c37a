/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_cubic.c - CUBIC (RFC 9438), in integers
 *
 * After a loss cwnd falls to 0.7 of the flight. From there it follows a cubic function of the time
 * t since congestion avoidance began, not of the RTT: fast back to near W_max, where the loss was,
 * slow around it, then faster and faster:
 *
 *     W_cubic(t) = C * (t - K)^3 + W_max      C = 0.4, K = cbrt((W_max - cwnd_epoch) / C)
 *
 * in segments and seconds; here in bytes and 1/1024 s. Where the RTT is short Reno would be faster:
 * W_est follows what Reno had, and the larger one counts (4.3). Fast convergence: who is
 * cut again before reaching its W_max gives way to a new flow (4.7). After a timeout, and when slow
 * start ended without a loss, there is no W_max: K = 0 from where it stands (4.8, 4.10).
 *
 * t does not run while the application is the limit (5.8): the begin is moved along. A false alarm
 * brings back the whole epoch (4.9.2).
 *
 * Growth within a window counts acknowledged bytes, so that a peer that acknowledges every second
 * segment does not halve it.
 */
#include "tcp/cc.h"

#define CWND_MAX (1u << 30)
#define TICK_BITS 10                /* time in 2^-10 s */
#define SPAN_MAX (INT64_C(1) << 20) /* of t - K: 1024 s; the window is at its limit long before */
#define EST_BITS 14                 /* W_est has so many binary places */

static uint32_t cubic_root(uint64_t v) {
    uint64_t root = 0;

    for (int bit = 21; bit >= 0; bit--) { /* 2^22 cubed is more than 2^64 */
        uint64_t more = root | (UINT64_C(1) << bit);

        if (more <= 2642245 && more * more * more <= v) {
            root = more;
        }
    }
    return (uint32_t)root;
}

/* K, given W_max - cwnd: the 5/2 is 1/C, and a cubed second has 2^30 cubed ticks. */
static uint32_t cubic_k(uint32_t gap_bytes, uint32_t mss_bytes) {
    return cubic_root(((uint64_t)gap_bytes * 5 << (3 * TICK_BITS - 1)) / mss_bytes);
}

static uint32_t cubic_window(const struct tcp_cubic_epoch *e, inl_dur t_ns, uint32_t mss_bytes) {
    int64_t t = t_ns < 1024 * 1024 * INL_S ? t_ns / INL_US * 64 / 62500 : SPAN_MAX;
    int64_t d = t - e->k;
    uint64_t a = (uint64_t)(d < 0 ? -d : d);
    uint64_t bytes;

    a = a < (uint64_t)SPAN_MAX ? a : (uint64_t)SPAN_MAX;
    bytes = (((a * a * a / 5 * 2) >> (2 * TICK_BITS)) * mss_bytes) >> TICK_BITS;
    bytes = bytes < CWND_MAX ? bytes : CWND_MAX;
    if (d < 0) {
        return e->w_max > bytes ? e->w_max - (uint32_t)bytes : 0;
    }
    bytes += e->w_max;
    return bytes < CWND_MAX ? (uint32_t)bytes : CWND_MAX;
}

static void cubic_begin(struct tcp_cc *cc, inl_time now) {
    struct tcp_cubic_epoch *e = &cc->u.cubic.now;

    e->running = true;
    e->begin = now;
    e->w_est = (uint64_t)cc->cwnd_bytes << EST_BITS;
    e->k = 0;
    if (e->flat || e->w_max <= cc->cwnd_bytes) {
        e->w_max = cc->cwnd_bytes;
    } else {
        e->k = cubic_k(e->w_max - cc->cwnd_bytes, cc->mss_bytes);
    }
    cc->u.cubic.credit = 0;
}

/* 4.3: Reno's window grows by alpha segments a window; alpha is 9/17 until it is back at the old
 * cwnd, then 1. */
static uint32_t cubic_reno(struct tcp_cc *cc, uint32_t acked_bytes) {
    struct tcp_cubic_epoch *e = &cc->u.cubic.now;
    uint64_t step = ((uint64_t)acked_bytes * cc->mss_bytes << EST_BITS) / cc->cwnd_bytes;

    if (e->w_est >> EST_BITS < e->prior_bytes) {
        step = step * 9 / 17;
    }
    e->w_est += step;
    if (e->w_est >> EST_BITS > CWND_MAX) {
        e->w_est = (uint64_t)CWND_MAX << EST_BITS;
    }
    return (uint32_t)(e->w_est >> EST_BITS);
}

static void cubic_toward(struct tcp_cc *cc, uint32_t target, uint32_t acked_bytes) {
    uint32_t most = cc->cwnd_bytes + cc->cwnd_bytes / 2;
    uint64_t credit = cc->u.cubic.credit;

    target = target < most ? target : most;
    if (target <= cc->cwnd_bytes) {
        return;
    }
    credit += (uint64_t)(target - cc->cwnd_bytes) * acked_bytes;
    cc->u.cubic.credit = (uint32_t)(credit % cc->cwnd_bytes);
    cc->cwnd_bytes += (uint32_t)(credit / cc->cwnd_bytes);
}

static void cubic_avoid(struct tcp_cc *cc, const struct tcp_cc_ack *ack, uint32_t acked_bytes) {
    struct tcp_cubic_epoch *e = &cc->u.cubic.now;
    uint32_t reno;
    inl_dur t;

    if (!e->running) {
        cubic_begin(cc, ack->now);
    }
    acked_bytes = acked_bytes < cc->cwnd_bytes ? acked_bytes : cc->cwnd_bytes;
    t = inl_time_sub(ack->now, e->begin);
    reno = cubic_reno(cc, acked_bytes);
    if (cubic_window(e, t, cc->mss_bytes) < reno) {
        cc->cwnd_bytes = reno > cc->cwnd_bytes ? reno : cc->cwnd_bytes;
    } else {
        cubic_toward(cc, cubic_window(e, t + ack->srtt_ns, cc->mss_bytes), acked_bytes);
    }
}

static void cubic_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_cubic *q = &cc->u.cubic;

    if (q->now.running && (!cc->limited || q->paused)) {
        q->now.begin = inl_time_add(q->now.begin, inl_time_sub(ack->now, q->last_ack));
    }
    q->paused = false;
    q->last_ack = ack->now;
}

static uint32_t cubic_ssthresh(struct tcp_cc *cc, uint32_t flight_bytes) {
    struct tcp_cubic_epoch *e = &cc->u.cubic.now;

    e->w_max =
        cc->cwnd_bytes < e->w_max ? (uint32_t)((uint64_t)cc->cwnd_bytes * 17 / 20) : cc->cwnd_bytes;
    e->prior_bytes = cc->cwnd_bytes;
    e->flat = false;
    e->running = false;
    return (uint32_t)((uint64_t)flight_bytes * 7 / 10);
}

static void cubic_event(struct tcp_cc *cc, enum tcp_cc_event event) {
    struct tcp_cubic *q = &cc->u.cubic;

    switch (event) {
    case TCP_CC_EV_START:
        *q = (struct tcp_cubic){.now = {.flat = true, .prior_bytes = cc->cwnd_bytes}};
        break;
    case TCP_CC_EV_SAVE:
        q->saved = q->now;
        break;
    case TCP_CC_EV_UNDO:
        q->now = q->saved;
        break;
    case TCP_CC_EV_TIMEOUT:
        q->now.flat = true;
        q->now.running = false;
        break;
    case TCP_CC_EV_CALM:
        q->now.flat = true;
        q->now.prior_bytes = cc->cwnd_bytes;
        q->now.running = false;
        break;
    case TCP_CC_EV_RECOVERED:
        q->now.running = false;
        break;
    case TCP_CC_EV_IDLE:
        q->paused = true;
        break;
    }
}

const struct tcp_cc_ops tcp_cc_cubic = {
    .name = "cubic",
    .algo = INL_CC_CUBIC,
    .hystart = true,
    .on_ack = cubic_on_ack,
    .avoid = cubic_avoid,
    .ssthresh = cubic_ssthresh,
    .event = cubic_event,
};
