/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_bbr.c - BBR: a model of the path instead of a reaction to losses (draft-ietf-ccwg-bbr-06)
 *
 * Owns struct tcp_bbr, allocated for the connections that use it; cc_bbr_model.c keeps the measured
 * part of it. The model has two sides:
 *
 *   how fast    max_bw, the highest delivery rate of the last two probing cycles; bw_lo, what
 * losses of late suggest; bw is the lesser how much    min_rtt, and so the BDP = bw * min_rtt;
 * inflight_hi, where a probe met losses of more than 2%; inflight_lo, like bw_lo; extra_acked, what
 * ACKs that come in heaps need
 *
 * and a machine that leaves the optimum now and then to learn whether it has moved:
 *
 *   STARTUP  doubles each round until the rate stops growing by a quarter for three rounds, or
 *            losses are too many
 *   DRAIN    takes the queue away again that STARTUP has made, for three rounds at most
 *   PROBE_BW in turn DOWN (a little less than the rate, to leave room), CRUISE, REFILL (a round
 *            at the rate, without the short-term bounds) and UP (a quarter more, until it fills
 *            inflight_hi and the rate has stopped growing, or losses). After a probe with too many
 *            losses the next UP ends where it gets to inflight_hi; if that cost nothing, REFILL
 *            and UP follow at once (5.3.3.6)
 *   PROBE_RTT half a BDP for 200 ms, if no RTT as small as the minimum was seen for 5 s
 *
 * The pacing rate is gain * bw less 1%, cwnd is a bound for when the model is wrong. Losses do not
 * move cwnd but through the bounds; so PRR and ssthresh have no say (own_cwnd).
 *
 * Gains are in 1/256, rates in bytes a second, all integers. What is random in the draft (so that
 * flows do not probe in step) is drawn from time and byte count.
 *
 * ECN marks count as losses above the threshold do (RFC 3168 6.1.2; the draft leaves a finer
 * response to experiments): a round with one lowers the short-term bounds, one in a probe ends it
 * and sets inflight_hi, one in STARTUP ends that.
 *
 * Sections: STARTUP 5.3.1, DRAIN 5.3.2, PROBE_BW 5.3.3, PROBE_RTT 5.3.4, idle 5.4, the model 5.5,
 * false alarms 5.5.11, rate and window 5.6.
 *
 * Other than the draft: losses in STARTUP are counted in segments, not in separate ranges
 * (5.3.1.3); without SACK one loss is no reason to leave it, or a probe (5.5.10.2), the thresholds
 * hold there as well; state is saved when an episode begins (5.5.11.1), not for each round with a
 * loss; PROBE_RTT that has ended during idleness is left at the next ACK (5.4.1); and in a cycle
 * without a sample the filter of max_bw keeps the old one (5.5.6).
 */
#include "tcp/cc_bbr.h"

#define STARTUP_PACING_GAIN 710u /* 2.77 */
#define DRAIN_PACING_GAIN 128u   /* 0.5 */
#define DOWN_PACING_GAIN 230u    /* 0.9 */
#define UP_PACING_GAIN 320u      /* 1.25 */
#define CWND_GAIN 512u           /* 2 */
#define UP_CWND_GAIN 576u        /* 2.25 */
#define PROBE_RTT_CWND_GAIN 128u /* 0.5 */
#define MARGIN_PERCENT 1u
#define FULL_BW_ROUNDS 3u
#define STARTUP_LOSSES 6u
#define DRAIN_ROUNDS 3u
#define PROBE_RTT_NS (200 * INL_MS)
#define PROBE_WAIT_NS (2 * INL_S)
#define RENO_ROUNDS_MAX 63u

static uint64_t max64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* ---- gains ---- */

static uint32_t bbr_random(const struct tcp_bbr *b, uint32_t below) {
    uint64_t x = (uint64_t)b->now.ns + b->delivered * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x >> 32) % below);
}

static uint32_t bbr_pacing_gain(const struct tcp_bbr *b) {
    switch (b->state) {
    case TCP_BBR_STARTUP:
        return STARTUP_PACING_GAIN;
    case TCP_BBR_DRAIN:
        return DRAIN_PACING_GAIN;
    case TCP_BBR_DOWN:
        return DOWN_PACING_GAIN;
    case TCP_BBR_UP:
        return UP_PACING_GAIN;
    default:
        return BBR_GAIN_ONE;
    }
}

static uint32_t bbr_cwnd_gain(const struct tcp_bbr *b) {
    return b->state == TCP_BBR_UP          ? UP_CWND_GAIN
           : b->state == TCP_BBR_PROBE_RTT ? PROBE_RTT_CWND_GAIN
                                           : CWND_GAIN;
}

/* ---- states ---- */

static void bbr_down(struct tcp_bbr *b) {
    b->state = TCP_BBR_DOWN;
    b->loss_in_round = false;
    b->bw_latest = 0;
    b->inflight_latest = 0;
    b->probe_up_cnt = BBR_NONE;
    b->rounds_since_probe = bbr_random(b, 2);
    b->probe_wait_ns = PROBE_WAIT_NS + (inl_dur)bbr_random(b, 1000) * INL_MS;
    b->cycle_at = b->now;
    b->acks = TCP_BBR_ACKS_STOPPING;
    bbr_start_round(b);
}

static void bbr_refill(struct tcp_bbr *b) {
    b->state = TCP_BBR_REFILL;
    bbr_reset_short_term(b);
    b->probe_up_rounds = 0;
    b->probe_up_acked = 0;
    b->probe_careful = false;
    b->acks = TCP_BBR_ACKS_REFILLING;
    bbr_start_round(b);
}

/* 5.3.3.5: inflight_hi grows by 1, 2, 4, ... segments a round while nothing speaks against it. */
static void bbr_raise_slope(struct tcp_cc *cc) {
    struct tcp_bbr *b = cc->u.bbr;
    uint64_t growth = (uint64_t)cc->mss_bytes << b->probe_up_rounds;

    b->probe_up_rounds = (uint8_t)(b->probe_up_rounds + (b->probe_up_rounds < 30));
    b->probe_up_cnt = growth < cc->cwnd_bytes ? (uint32_t)(cc->cwnd_bytes / growth) : 1;
}

static void bbr_up(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    b->acks = TCP_BBR_ACKS_STARTING;
    bbr_start_round(b);
    bbr_reset_full_bw(b, ack->rate.bytes_per_s);
    b->state = TCP_BBR_UP;
    bbr_raise_slope(cc);
}

static bool bbr_too_high(uint32_t lost, uint32_t in_flight) {
    return lost > bbr_percent(in_flight, BBR_LOSS_PERCENT);
}

/* ---- STARTUP and DRAIN ---- */

static void bbr_check_full_bw(struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    uint64_t rate = ack->rate.bytes_per_s;

    if (b->full_bw_now || !b->round_start || ack->rate.app_limited) {
        return;
    }
    if (rate * 4 >= b->full_bw * 5) {
        bbr_reset_full_bw(b, rate);
        return;
    }
    b->full_bw_count++;
    b->full_bw_now = b->full_bw_count >= FULL_BW_ROUNDS;
    b->full_bw_reached |= b->full_bw_now;
}

/* 5.3.1.3: a round of recovery is over, and it has cost too much. */
static bool bbr_startup_loses(const struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    return ack->phase == TCP_CC_RECOVERY && b->losses >= STARTUP_LOSSES &&
           bbr_too_high(ack->rate.lost_bytes, ack->rate.in_flight_bytes);
}

/* 5.3.2 */
static bool bbr_drained(const struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    const struct tcp_bbr *b = cc->u.bbr;

    return ack->flight_bytes <= bbr_inflight(cc, b->bw, BBR_GAIN_ONE) ||
           b->round_count - b->drain_round > DRAIN_ROUNDS;
}

static void bbr_check_startup(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    if (b->state == TCP_BBR_STARTUP && b->loss_round_start && !b->full_bw_reached &&
        (bbr_startup_loses(b, ack) || b->marked_in_round)) {
        b->undo_state = b->marked_in_round ? b->undo_state : TCP_BBR_STARTUP;
        b->full_bw_reached = true;
        b->inflight_hi = bbr_max(bbr_bdp(cc, bbr_max_bw(b), BBR_GAIN_ONE), b->inflight_latest);
    }
    if (b->loss_round_start) {
        b->losses = 0;
        b->marked_in_round = false;
    }
    b->marked_in_round |= bbr_marked(ack);
    if (b->state == TCP_BBR_STARTUP && b->full_bw_reached) {
        b->state = TCP_BBR_DRAIN;
        b->drain_round = b->round_count;
    }
    if (b->state == TCP_BBR_DRAIN && bbr_drained(cc, ack)) {
        bbr_down(b);
    }
}

/* ---- PROBE_BW ---- */

static uint32_t bbr_target(const struct tcp_cc *cc) {
    return bbr_min(bbr_bdp(cc, cc->u.bbr->bw, BBR_GAIN_ONE), cc->cwnd_bytes);
}

static void bbr_handle_too_high(struct tcp_cc *cc, uint32_t in_flight, bool app_limited) {
    struct tcp_bbr *b = cc->u.bbr;

    b->probe_too_high = true;
    b->probe_samples = false; /* one reaction a probe */
    if (!app_limited) {
        b->inflight_hi = bbr_max(in_flight, bbr_percent(bbr_target(cc), BBR_BETA_PERCENT));
    }
    if (b->state == TCP_BBR_UP) {
        b->undo_state = TCP_BBR_UP;
        bbr_down(b);
    }
}

static void bbr_probe_upward(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;
    uint32_t delta;

    if (!cc->limited || cc->cwnd_bytes < b->inflight_hi) {
        return; /* not what holds us back */
    }
    b->probe_up_acked += ack->delivered_bytes;
    delta = b->probe_up_acked / b->probe_up_cnt;
    b->probe_up_acked -= delta * b->probe_up_cnt;
    b->inflight_hi = bbr_min(b->inflight_hi + bbr_min(delta, BBR_CWND_MAX), BBR_CWND_MAX);
    if (b->round_start) {
        bbr_raise_slope(cc);
    }
}

/* A careful probe has done no harm: the next one may go further, and at once. */
static bool bbr_may_go_on(const struct tcp_bbr *b) {
    return bbr_in_probe_bw(b) && b->probe_careful && !b->probe_too_high;
}

/* True: the state has changed. */
static bool bbr_adapt_long_term(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    if (b->acks == TCP_BBR_ACKS_STARTING && b->round_start) {
        b->acks = TCP_BBR_ACKS_FEEDBACK;
    }
    if (b->acks == TCP_BBR_ACKS_STOPPING && b->round_start) {
        b->probe_samples = false;
        b->acks = TCP_BBR_ACKS_INIT;
        if (bbr_in_probe_bw(b) && !ack->rate.app_limited && b->max_bw[1] > 0) {
            b->max_bw[0] = b->max_bw[1]; /* a cycle of the filter is over */
            b->max_bw[1] = 0;
        }
        if (bbr_may_go_on(b)) {
            bbr_refill(b);
            return true;
        }
    }
    if (bbr_marked(ack) && b->probe_samples) {
        bbr_handle_too_high(cc, ack->prior_bytes, false);
        return false;
    }
    if (ack->rate.bytes_per_s == 0 || b->inflight_hi == BBR_NONE ||
        bbr_too_high(ack->rate.lost_bytes, ack->rate.in_flight_bytes)) {
        return false;
    }
    b->inflight_hi = bbr_max(b->inflight_hi, bbr_min(ack->rate.in_flight_bytes, BBR_CWND_MAX));
    if (b->state == TCP_BBR_UP) {
        bbr_probe_upward(cc, ack);
    }
    return false;
}

/* 5.3.3.8: Reno's flows probe once in so many rounds: to live with them, so do we. */
static bool bbr_time_to_probe(struct tcp_cc *cc) {
    struct tcp_bbr *b = cc->u.bbr;
    uint32_t rounds = bbr_min(bbr_target(cc) / cc->mss_bytes, RENO_ROUNDS_MAX);

    return inl_time_sub(b->now, b->cycle_at) > b->probe_wait_ns || b->rounds_since_probe >= rounds;
}

static bool bbr_time_to_cruise(const struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    return ack->flight_bytes <= bbr_with_headroom(cc) &&
           ack->flight_bytes <= bbr_inflight(cc, bbr_max_bw(cc->u.bbr), BBR_GAIN_ONE);
}

static bool bbr_time_to_go_down(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    if (b->probe_too_high && ack->prior_bytes + cc->mss_bytes > b->inflight_hi) {
        b->probe_careful = true; /* it was too much the last time: see first what comes of it */
        return true;
    }
    if (cc->limited && cc->cwnd_bytes >= b->inflight_hi) {
        bbr_reset_full_bw(b, ack->rate.bytes_per_s); /* held back by its own bound: no plateau */
        return false;
    }
    return b->full_bw_now;
}

static void bbr_update_cycle(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    if (!b->full_bw_reached) {
        return;
    }
    if (bbr_adapt_long_term(cc, ack)) {
        return;
    }
    switch (b->state) {
    case TCP_BBR_DOWN:
        if (bbr_time_to_probe(cc)) {
            bbr_refill(b);
        } else if (bbr_time_to_cruise(cc, ack)) {
            b->state = TCP_BBR_CRUISE;
        }
        break;
    case TCP_BBR_CRUISE:
        if (bbr_time_to_probe(cc)) {
            bbr_refill(b);
        }
        break;
    case TCP_BBR_REFILL:
        if (b->round_start) {
            b->probe_samples = true;
            bbr_up(cc, ack);
        }
        break;
    case TCP_BBR_UP:
        if (bbr_time_to_go_down(cc, ack)) {
            b->probe_too_high = false;
            bbr_down(b);
        }
        break;
    default:
        break;
    }
}

/* ---- PROBE_RTT ---- */

static uint32_t bbr_probe_rtt_cwnd(const struct tcp_cc *cc) {
    return bbr_max(bbr_bdp(cc, cc->u.bbr->bw, PROBE_RTT_CWND_GAIN), bbr_min_pipe(cc));
}

static void bbr_exit_probe_rtt(struct tcp_cc *cc) {
    struct tcp_bbr *b = cc->u.bbr;

    b->probe_min_at = b->now;
    cc->cwnd_bytes = bbr_max(cc->cwnd_bytes, b->prior_cwnd);
    cc->hold_back = false;
    bbr_reset_short_term(b);
    if (b->full_bw_reached) {
        bbr_down(b);
        b->state = TCP_BBR_CRUISE;
    } else {
        b->state = TCP_BBR_STARTUP;
    }
}

static void bbr_check_probe_rtt(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    if (b->state != TCP_BBR_PROBE_RTT && b->probe_rtt_due && !b->idle_restart) {
        b->prior_cwnd = cc->cwnd_bytes;
        b->state = TCP_BBR_PROBE_RTT;
        b->probe_done_at = INL_TIME_NEVER;
        b->acks = TCP_BBR_ACKS_STOPPING;
        bbr_start_round(b);
        cc->hold_back = true;
    }
    if (b->state == TCP_BBR_PROBE_RTT) {
        if (inl_time_is_never(b->probe_done_at)) {
            if (ack->flight_bytes <= bbr_probe_rtt_cwnd(cc)) {
                b->probe_done_at = inl_time_add(ack->now, PROBE_RTT_NS);
                b->probe_round_done = false;
                bbr_start_round(b);
            }
        } else {
            b->probe_round_done |= b->round_start;
            if (b->probe_round_done && inl_time_before(b->probe_done_at, ack->now)) {
                bbr_exit_probe_rtt(cc);
            }
        }
    }
    if (ack->delivered_bytes > 0) {
        b->idle_restart = false;
    }
}

/* ---- what follows ---- */

static void bbr_set_rate(struct tcp_bbr *b, uint32_t gain) {
    uint64_t rate = b->bw * gain / BBR_GAIN_ONE * (100 - MARGIN_PERCENT) / 100;

    if (rate > 0 && (b->full_bw_reached || rate > b->pacing_rate)) {
        b->pacing_rate = rate;
    }
}

static void bbr_set_cwnd(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;
    uint64_t max =
        (uint64_t)bbr_bdp(cc, b->bw, bbr_cwnd_gain(b)) + bbr_max(b->extra[0], b->extra[1]);
    uint32_t cap = BBR_NONE;
    uint32_t cwnd =
        bbr_min(cc->cwnd_bytes + bbr_min(ack->delivered_bytes, BBR_CWND_MAX), BBR_CWND_MAX);

    max = bbr_quantized(cc, max < BBR_CWND_MAX ? (uint32_t)max : BBR_CWND_MAX);
    if (b->full_bw_reached) {
        cwnd = bbr_min(cwnd, (uint32_t)max);
    } else if (cc->cwnd_bytes >= max && ack->delivered >= cc->initial_bytes) {
        cwnd = cc->cwnd_bytes;
    }
    if (b->state == TCP_BBR_PROBE_RTT) {
        cwnd = bbr_min(cwnd, bbr_probe_rtt_cwnd(cc));
    }
    if (b->state == TCP_BBR_CRUISE || b->state == TCP_BBR_PROBE_RTT) {
        cap = bbr_with_headroom(cc);
    } else if (bbr_in_probe_bw(b)) {
        cap = b->inflight_hi;
    }
    cap = bbr_max(bbr_min(cap, b->inflight_lo), bbr_min_pipe(cc));
    cc->cwnd_bytes = bbr_max(bbr_min(cwnd, cap), bbr_min_pipe(cc));
}

/* 5.6.2: the first RTT tells how fast the initial window is to go. */
static void bbr_first_rtt(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    if (b->pacing_rate == 0 && ack->srtt_ns > 0) {
        b->pacing_rate = (uint64_t)cc->initial_bytes * (uint64_t)INL_S / (uint64_t)ack->srtt_ns *
                         STARTUP_PACING_GAIN / BBR_GAIN_ONE;
    }
}

static void bbr_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    b->now = ack->now;
    b->delivered = ack->delivered;
    bbr_first_rtt(cc, ack);
    bbr_measure(cc, ack);
    bbr_check_full_bw(b, ack);
    bbr_check_startup(cc, ack);
    bbr_update_cycle(cc, ack);
    bbr_update_min_rtt(b, ack);
    bbr_check_probe_rtt(cc, ack);
    bbr_measured(b, ack);
    bbr_set_rate(b, bbr_pacing_gain(b));
    bbr_set_cwnd(cc, ack);
}

/* 5.5.10.2: where, among the bytes of this flight, did the losses pass the threshold? */
static void bbr_on_lost(struct tcp_cc *cc, const struct tcp_cc_loss *loss) {
    struct tcp_bbr *b = cc->u.bbr;
    uint32_t len = loss->len;
    uint32_t flight_before = loss->in_flight > len ? loss->in_flight - len : 0;
    uint32_t lost_before = loss->lost_since > len ? loss->lost_since - len : 0;
    uint32_t allowed = bbr_percent(flight_before, BBR_LOSS_PERCENT);
    uint32_t prefix = 0;

    b->loss_noted = true;
    b->losses = (uint8_t)(b->losses + (b->losses < UINT8_MAX));
    if (!b->probe_samples || !bbr_too_high(loss->lost_since, loss->in_flight)) {
        return;
    }
    if (allowed > lost_before) {
        prefix = (uint32_t)((uint64_t)(allowed - lost_before) * 100 / (100 - BBR_LOSS_PERCENT));
    }
    bbr_handle_too_high(cc, flight_before + prefix, loss->app_limited);
}

static void bbr_save(struct tcp_cc *cc) {
    struct tcp_bbr *b = cc->u.bbr;

    b->prior_cwnd = b->state == TCP_BBR_PROBE_RTT ? b->prior_cwnd : cc->cwnd_bytes;
    b->undo_state = TCP_BBR_STATES;
    b->saved_bw_lo = b->bw_lo;
    b->saved_inflight_lo = b->inflight_lo;
    b->saved_inflight_hi = b->inflight_hi;
}

static void bbr_undo(struct tcp_cc *cc) {
    struct tcp_bbr *b = cc->u.bbr;

    bbr_reset_full_bw(b, 0);
    b->loss_in_round = false;
    b->bw_lo = max64(b->bw_lo, b->saved_bw_lo);
    b->inflight_lo = bbr_max(b->inflight_lo, b->saved_inflight_lo);
    b->inflight_hi = bbr_max(b->inflight_hi, b->saved_inflight_hi);
    if (b->undo_state == TCP_BBR_STARTUP && b->state != TCP_BBR_STARTUP) {
        b->full_bw_reached = false;
        b->state = b->state == TCP_BBR_PROBE_RTT ? TCP_BBR_PROBE_RTT : TCP_BBR_STARTUP;
    } else if (b->undo_state == TCP_BBR_UP && b->state != TCP_BBR_UP &&
               b->state != TCP_BBR_PROBE_RTT) {
        bbr_refill(b);
    }
    b->undo_state = TCP_BBR_STATES;
}

static void bbr_event(struct tcp_cc *cc, enum tcp_cc_event event) {
    struct tcp_bbr *b = cc->u.bbr;

    switch (event) {
    case TCP_CC_EV_START:
        *b = (struct tcp_bbr){.bw_lo = UINT64_MAX,
                              .inflight_lo = BBR_NONE,
                              .inflight_hi = BBR_NONE,
                              .undo_state = TCP_BBR_STATES,
                              .agg_restart = true};
        b->probe_done_at = INL_TIME_NEVER;
        cc->hold_back = false;
        break;
    case TCP_CC_EV_SAVE:
        bbr_save(cc);
        break;
    case TCP_CC_EV_UNDO:
        bbr_undo(cc);
        break;
    case TCP_CC_EV_RECOVERED:
        if (b->state != TCP_BBR_PROBE_RTT) {
            cc->cwnd_bytes = bbr_max(cc->cwnd_bytes, b->prior_cwnd);
        }
        break;
    case TCP_CC_EV_IDLE:
        b->idle_restart = true;
        b->agg_restart = true;
        if (bbr_in_probe_bw(b)) {
            bbr_set_rate(b, BBR_GAIN_ONE);
        }
        break;
    default:
        break;
    }
}

static uint64_t bbr_pacing_rate(const struct tcp_cc *cc) {
    return cc->u.bbr->pacing_rate;
}

const struct tcp_cc_ops tcp_cc_bbr = {
    .name = "bbr",
    .algo = INL_CC_BBR,
    .own_cwnd = true,
    .state_bytes = sizeof(struct tcp_bbr),
    .on_ack = bbr_on_ack,
    .on_lost = bbr_on_lost,
    .event = bbr_event,
    .pacing_rate = bbr_pacing_rate,
};
