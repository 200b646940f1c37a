/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc.c - the congestion window: what all algorithms share
 *
 * Owns tcp_conn.cc. Slow start counts bytes (RFC 3465): cwnd grows by what was acknowledged, after
 * a timeout by one segment an ACK at most. RFC 3465 2.2 wants two at most in any case, and RFC 9406
 * eight: config abc_limit_segs. By default there is no limit: a
 * receiver that takes a burst as a whole answers it with one ACK (RFC 9293 MUST-58), and that
 * limit made slow start linear: 2 MB each way at 20 ms took 675 ms instead of 175. What it guards
 * against, bursts of a line's length, is bounded by the doubling. Losses follow RFC 5681 3.2 and
 * 6582: the window is inflated by a segment for each duplicate ACK, because a segment has left the
 * network, and deflated at the end.
 *
 * cwnd grows only if it was what held the sender back (RFC 5681 and RFC 7661 in spirit): a window
 * that was never filled says nothing about the path.
 *
 * Invariant: cwnd >= one segment; ssthresh >= two.
 */
#include "tcp/cc.h"

#include <errno.h>

#define CWND_MAX (1u << 30)
#define IW_MSS_BYTES 1460u
#define CSS_GROWTH_DIVISOR 4u /* RFC 9406 4.3 */

static uint32_t sat_add(uint32_t a, uint32_t b) {
    uint64_t sum = (uint64_t)a + b;

    return sum > CWND_MAX ? CWND_MAX : (uint32_t)sum;
}

static uint32_t max32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t min32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

const struct tcp_cc_ops *tcp_cc_ops_of(enum inl_cc_algo algo) {
    switch (algo) {
    case INL_CC_NEWRENO:
        return &tcp_cc_newreno;
    case INL_CC_CUBIC:
        return &tcp_cc_cubic;
    case INL_CC_DCTCP:
        return &tcp_cc_dctcp;
    case INL_CC_BBR:
        return &tcp_cc_bbr;
    default:
        return NULL;
    }
}

/* What needs memory comes with tcp_cc_use(), when the connection is opened. */
void tcp_cc_init(struct tcp_cc *cc, const struct inl_tcp_config *cfg) {
    const struct tcp_cc_ops *ops = tcp_cc_ops_of((enum inl_cc_algo)cfg->congestion);

    *cc = (struct tcp_cc){
        .ops = ops->state_bytes > 0 ? &tcp_cc_cubic : ops,
        .ssthresh_bytes = CWND_MAX,
        .abc_limit_segs = cfg->abc_limit_segs,
        .hystart_wanted = cfg->hystart,
        .validate = cfg->cwnd_validation,
    };
    tcp_cc_start(cc, 536, 1);
}

static void cc_free(struct tcp_cc *cc, struct mem *mem) {
    if (cc->ops->state_bytes > 0) {
        mem_free(mem, cc->u.bbr, cc->ops->state_bytes);
    }
    cc->u = (union tcp_cc_own){0};
}

int tcp_cc_use(struct tcp_cc *cc, struct mem *mem, const struct tcp_cc_ops *ops) {
    void *state = NULL;

    if (cc->ops == ops) {
        return 0;
    }
    if (ops->state_bytes > 0) {
        state = mem_zalloc(mem, ops->state_bytes);
        if (!state) {
            return -ENOMEM;
        }
    }
    cc_free(cc, mem);
    cc->ops = ops;
    if (state) {
        cc->u.bbr = state;
    }
    cc->saved_cwnd = 0;
    cc->hold_back = false;
    cc->hystart.on = cc->hystart.on && ops->hystart;
    tcp_cwv_reset(cc);
    ops->event(cc, TCP_CC_EV_START);
    return 0;
}

void tcp_cc_done(struct tcp_cc *cc, struct mem *mem) {
    if (cc->ops->state_bytes > 0) {
        tcp_cc_use(cc, mem, &tcp_cc_cubic);
    }
}

void tcp_cc_start(struct tcp_cc *cc, uint32_t mss_bytes, uint32_t segs) {
    uint64_t iw = (uint64_t)mss_bytes * (segs ? segs : 1);
    uint64_t usual = (uint64_t)IW_MSS_BYTES * segs;

    /* RFC 6928 2: min(10 * MSS, max(2 * MSS, 14600)) */
    usual = usual > 2 * (uint64_t)mss_bytes ? usual : 2 * (uint64_t)mss_bytes;
    iw = segs > 1 && usual < iw ? usual : iw;

    cc->mss_bytes = mss_bytes;
    cc->initial_bytes = iw > CWND_MAX ? CWND_MAX : (uint32_t)iw;
    cc->cwnd_bytes = cc->initial_bytes;
    tcp_cwv_reset(cc);
    tcp_hystart_start(cc, cc->hystart_wanted && cc->ops->hystart);
    cc->ops->event(cc, TCP_CC_EV_START);
}

/* RFC 5681 3.1: with smaller segments the window is not to become a burst of more of them. */
void tcp_cc_mss(struct tcp_cc *cc, uint32_t mss_bytes) {
    if (mss_bytes < cc->mss_bytes) {
        cc->cwnd_bytes = (uint32_t)((uint64_t)cc->cwnd_bytes * mss_bytes / cc->mss_bytes);
    }
    cc->mss_bytes = mss_bytes;
    cc->cwnd_bytes = max32(cc->cwnd_bytes, mss_bytes);
}

/* How much an ACK adds in slow start (RFC 3465 2.2, 2.3; RFC 9406 4.2). */
static uint32_t cc_slow_start_step(const struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    uint32_t most = cc->abc_limit_segs;

    if (ack->phase == TCP_CC_LOSS) {
        most = 1;
    }
    if (most > 0 && ack->acked_bytes / cc->mss_bytes >= most) {
        return most * cc->mss_bytes;
    }
    return ack->acked_bytes;
}

/* New data acknowledged: slow start up to ssthresh, what is above it is congestion avoidance. */
static void cc_grow(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    uint32_t acked = ack->acked_bytes;

    if (cc->cwnd_bytes < cc->ssthresh_bytes) {
        uint32_t grow = cc_slow_start_step(cc, ack);
        uint32_t room = cc->ssthresh_bytes - cc->cwnd_bytes;

        if (cc->hystart.on && cc->hystart.css) {
            grow /= CSS_GROWTH_DIVISOR;
        }
        cc->cwnd_bytes = sat_add(cc->cwnd_bytes, min32(grow, room));
        if (grow <= room) {
            return;
        }
        acked = grow - room;
    }
    cc->ops->avoid(cc, ack, acked);
    cc->cwnd_bytes = min32(cc->cwnd_bytes, CWND_MAX);
}

void tcp_cc_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    if (cc->ops->on_ack) {
        cc->ops->on_ack(cc, ack);
    }
    if (cc->validate && !cc->ops->own_cwnd) {
        tcp_cwv_ack(cc, ack);
    }
    if (cc->hystart.on && ack->phase == TCP_CC_OPEN && tcp_hystart_ack(cc, ack)) {
        cc->ssthresh_bytes = cc->cwnd_bytes;
        cc->ops->event(cc, TCP_CC_EV_CALM);
    }
    if (!cc->ops->own_cwnd && cc->limited && !ack->ece && ack->phase != TCP_CC_RECOVERY &&
        ack->acked_bytes > 0) {
        cc_grow(cc, ack);
    }
}

void tcp_cc_on_lost(struct tcp_cc *cc, const struct tcp_cc_loss *loss) {
    if (cc->ops->on_lost) {
        cc->ops->on_lost(cc, loss);
    }
}

/* ---- episodes ---- */

static void cc_save(struct tcp_cc *cc) {
    cc->saved_cwnd = cc->cwnd_bytes;
    cc->saved_ssthresh = cc->ssthresh_bytes;
    cc->ops->event(cc, TCP_CC_EV_SAVE);
}

/* Returns where the algorithm wants cwnd; ssthresh is at least two segments. */
static uint32_t cc_cut(struct tcp_cc *cc, uint32_t flight_bytes) {
    uint32_t want;

    if (cc->ops->own_cwnd) {
        return cc->cwnd_bytes;
    }
    want = cc->ops->ssthresh(cc, tcp_cwv_cut_from(cc, flight_bytes));
    cc->ssthresh_bytes = max32(want, 2 * cc->mss_bytes);
    cc->hystart.on = false;
    return want;
}

void tcp_cc_enter_recovery(struct tcp_cc *cc, uint32_t flight_bytes) {
    cc_save(cc);
    cc_cut(cc, flight_bytes);
}

void tcp_cc_set_cwnd(struct tcp_cc *cc, uint32_t cwnd_bytes) {
    if (!cc->ops->own_cwnd) {
        cc->cwnd_bytes = min32(max32(cwnd_bytes, cc->mss_bytes), CWND_MAX);
    }
}

void tcp_cc_exit_recovery(struct tcp_cc *cc) {
    tcp_cwv_recovered(cc);
    tcp_cc_set_cwnd(cc, cc->ssthresh_bytes);
    cc->ops->event(cc, TCP_CC_EV_RECOVERED);
}

void tcp_cc_fast(struct tcp_cc *cc, uint32_t flight_bytes) {
    tcp_cc_enter_recovery(cc, flight_bytes);
    tcp_cc_set_cwnd(cc, sat_add(cc->ssthresh_bytes, 3 * cc->mss_bytes));
}

void tcp_cc_inflate(struct tcp_cc *cc) {
    tcp_cc_set_cwnd(cc, sat_add(cc->cwnd_bytes, cc->mss_bytes));
}

void tcp_cc_partial(struct tcp_cc *cc, uint32_t acked_bytes) {
    uint32_t left = cc->cwnd_bytes > acked_bytes ? cc->cwnd_bytes - acked_bytes : 0;

    if (acked_bytes >= cc->mss_bytes) {
        left = sat_add(left, cc->mss_bytes);
    }
    tcp_cc_set_cwnd(cc, left);
}

/*
 * RFC 6582 3.2 step 3, the second choice: ssthresh, with a measure against bursts. At most an
 * initial window may leave at once. (The first choice, FlightSize + SMSS, starts small windows
 * from two segments each time.)
 */
void tcp_cc_recovered(struct tcp_cc *cc, uint32_t flight_bytes) {
    uint32_t burst = max32(cc->initial_bytes, cc->mss_bytes);
    uint32_t now = sat_add(max32(flight_bytes, burst), cc->mss_bytes);

    tcp_cwv_recovered(cc);
    tcp_cc_set_cwnd(cc, min32(cc->ssthresh_bytes, now));
    cc->ops->event(cc, TCP_CC_EV_RECOVERED);
}

void tcp_cc_timeout(struct tcp_cc *cc, uint32_t flight_bytes, bool first_time) {
    if (first_time) {
        cc_save(cc);
        cc_cut(cc, flight_bytes);
    }
    tcp_cwv_reset(cc);
    cc->cwnd_bytes = cc->mss_bytes;
    cc->limited = true;
    cc->ops->event(cc, TCP_CC_EV_TIMEOUT);
}

void tcp_cc_undo(struct tcp_cc *cc) {
    if (cc->saved_cwnd == 0 || cc->cwnd_bytes >= cc->saved_cwnd) {
        return; /* it has got over it (RFC 9438 4.9.2) */
    }
    cc->cwnd_bytes = cc->saved_cwnd;
    cc->ssthresh_bytes = cc->saved_ssthresh;
    cc->saved_cwnd = 0;
    cc->ops->event(cc, TCP_CC_EV_UNDO);
}

void tcp_cc_undo_close(struct tcp_cc *cc) {
    cc->saved_cwnd = 0;
}

void tcp_cc_ecn(struct tcp_cc *cc, uint32_t flight_bytes) {
    uint32_t cwnd;

    if (cc->ops->own_cwnd) {
        return;
    }
    cc->saved_cwnd = 0; /* a mark is no false alarm */
    if (cc->ops->marked) {
        cwnd = cc->ops->marked(cc);
        cc->ssthresh_bytes = max32(cwnd, 2 * cc->mss_bytes);
        cc->hystart.on = false;
    } else {
        cwnd = cc_cut(cc, flight_bytes);
        tcp_cwv_reset(cc);
    }
    tcp_cc_set_cwnd(cc, min32(cc->cwnd_bytes, cwnd));
    cc->ops->event(cc, TCP_CC_EV_RECOVERED);
}

void tcp_cc_idle(struct tcp_cc *cc, inl_time now) {
    if (cc->ops->own_cwnd) {
        /* its model says how much */
    } else if (cc->validate) {
        tcp_cwv_idle(cc, now);
    } else {
        cc->cwnd_bytes = min32(cc->cwnd_bytes, cc->initial_bytes);
    }
    cc->ops->event(cc, TCP_CC_EV_IDLE);
}

uint64_t tcp_cc_pacing_rate(const struct tcp_cc *cc) {
    return cc->ops->pacing_rate ? cc->ops->pacing_rate(cc) : 0;
}
