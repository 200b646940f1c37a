/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_bbr_model.c - what BBR knows of the path (draft-ietf-ccwg-bbr-06 5.5)
 *
 * The filters: the highest bandwidth of two cycles, the least RTT, the most that ACKs in heaps
 * brought beyond the rate; the bounds that losses of the last round set for a while (bw_lo,
 * inflight_lo); and what follows from them: BDP, headroom, the least pipe. Rounds are counted in
 * delivered bytes. cc_bbr.c says what to do with it.
 */
#include "tcp/cc_bbr.h"

#define HEADROOM_PERCENT 15u
#define MIN_PIPE_SEGS 4u
#define MIN_RTT_NS (10 * INL_S)
#define PROBE_RTT_INTERVAL_NS (5 * INL_S)
#define EXTRA_ROUNDS 5u            /* half of the filter's length */
#define BW_MAX (UINT64_C(1) << 37) /* 137 GB/s: products stay inside 64 bits */

static uint64_t max64(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* ---- what the model says ---- */

uint64_t bbr_max_bw(const struct tcp_bbr *b) {
    return max64(b->max_bw[0], b->max_bw[1]);
}

/* gain * bw * min_rtt */
uint32_t bbr_bdp(const struct tcp_cc *cc, uint64_t bw, uint32_t gain) {
    const struct tcp_bbr *b = cc->u.bbr;
    uint64_t us = (uint64_t)b->min_rtt_ns / (uint64_t)INL_US + 1;
    uint64_t bytes;

    if (b->min_rtt_ns == 0) {
        return cc->initial_bytes;
    }
    us = us < 60000000 ? us : 60000000;
    bytes = bw * us / 1000000;
    bytes = bytes < BBR_CWND_MAX ? bytes : BBR_CWND_MAX;
    bytes = bytes * gain / BBR_GAIN_ONE;
    return bytes < BBR_CWND_MAX ? (uint32_t)bytes : BBR_CWND_MAX;
}

uint32_t bbr_min_pipe(const struct tcp_cc *cc) {
    return MIN_PIPE_SEGS * cc->mss_bytes;
}

static uint32_t bbr_quantum(const struct tcp_cc *cc) {
    uint64_t q = cc->u.bbr->pacing_rate / 1000;

    return bbr_max(q < 65536 ? (uint32_t)q : 65536, 2 * cc->mss_bytes);
}

/* What pacing in quanta needs on top. */
uint32_t bbr_quantized(const struct tcp_cc *cc, uint32_t inflight) {
    inflight = bbr_max(bbr_max(inflight, 3 * bbr_quantum(cc)), bbr_min_pipe(cc));
    return cc->u.bbr->state == TCP_BBR_UP ? inflight + 2 * cc->mss_bytes : inflight;
}

uint32_t bbr_inflight(const struct tcp_cc *cc, uint64_t bw, uint32_t gain) {
    return bbr_quantized(cc, bbr_bdp(cc, bw, gain));
}

uint32_t bbr_with_headroom(const struct tcp_cc *cc) {
    const struct tcp_bbr *b = cc->u.bbr;
    uint32_t headroom;

    if (b->inflight_hi == BBR_NONE) {
        return BBR_NONE;
    }
    headroom = bbr_max(bbr_percent(b->inflight_hi, HEADROOM_PERCENT), cc->mss_bytes);
    return bbr_max(b->inflight_hi > headroom ? b->inflight_hi - headroom : 0, bbr_min_pipe(cc));
}

/* ---- rounds, resets ---- */

void bbr_start_round(struct tcp_bbr *b) {
    b->next_round = b->delivered;
}

void bbr_reset_full_bw(struct tcp_bbr *b, uint64_t from) {
    b->full_bw = from;
    b->full_bw_count = 0;
    b->full_bw_now = false;
}

void bbr_reset_short_term(struct tcp_bbr *b) {
    b->bw_lo = UINT64_MAX;
    b->inflight_lo = BBR_NONE;
}

/* ---- signals ---- */

static void bbr_update_round(struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    b->round_start = false;
    if (ack->rate.bytes_per_s > 0 && (int32_t)(ack->rate.prior_delivered - b->next_round) >= 0) {
        bbr_start_round(b);
        b->round_count++;
        b->rounds_since_probe++;
        b->round_start = true;
    }
}

static void bbr_update_latest(struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    b->loss_round_start = false;
    if (b->loss_noted && !b->loss_in_round) {
        b->loss_round = b->delivered; /* what is sent from now on tells what became of it */
    }
    b->loss_in_round |= b->loss_noted;
    b->loss_noted = false;
    if (ack->rate.bytes_per_s == 0) {
        return;
    }
    b->bw_latest = max64(b->bw_latest, ack->rate.bytes_per_s);
    b->inflight_latest = bbr_max(b->inflight_latest, ack->rate.delivered_bytes);
    if ((int32_t)(ack->rate.prior_delivered - b->loss_round) >= 0) {
        b->loss_round = b->delivered;
        b->loss_round_start = true;
    }
}

static void bbr_update_max_bw(struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    uint64_t rate = ack->rate.bytes_per_s < BW_MAX ? ack->rate.bytes_per_s : BW_MAX;

    if (rate > 0 && (rate >= bbr_max_bw(b) || !ack->rate.app_limited)) {
        b->max_bw[1] = max64(b->max_bw[1], rate);
    }
}

static void bbr_update_congestion(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    bbr_update_max_bw(b, ack);
    b->loss_in_round |= bbr_marked(ack);
    if (!b->loss_round_start) {
        return;
    }
    if (b->loss_in_round && !bbr_probing(b)) {
        uint64_t bw_lo = b->bw_lo == UINT64_MAX ? bbr_max_bw(b) : b->bw_lo;
        uint32_t lo = b->inflight_lo == BBR_NONE ? cc->cwnd_bytes : b->inflight_lo;

        b->bw_lo = max64(b->bw_latest, bw_lo * BBR_BETA_PERCENT / 100);
        b->inflight_lo = bbr_max(b->inflight_latest, bbr_percent(lo, BBR_BETA_PERCENT));
    }
    b->loss_in_round = false;
}

/* 5.5.9: how many more bytes are acknowledged than the rate explains: ACKs in heaps. */
static void bbr_update_aggregation(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;
    inl_dur ns = inl_time_sub(ack->now, b->agg_at);
    uint64_t us = ns < 10 * INL_S ? (uint64_t)ns / (uint64_t)INL_US : 10000000;
    uint64_t expected = b->bw * us / 1000000;
    uint32_t rounds = b->full_bw_reached ? EXTRA_ROUNDS : 1;
    uint64_t extra;

    if (b->agg_restart || b->agg_bytes <= expected) {
        b->agg_restart = false;
        b->agg_bytes = 0;
        b->agg_at = ack->now;
        expected = 0;
    }
    b->agg_bytes = bbr_min(b->agg_bytes + ack->delivered_bytes, BBR_CWND_MAX);
    extra = b->agg_bytes > expected ? b->agg_bytes - expected : 0;
    extra = extra < cc->cwnd_bytes ? extra : cc->cwnd_bytes;
    if (b->round_count - b->extra_round >= rounds) {
        b->extra[0] = b->extra[1];
        b->extra[1] = 0;
        b->extra_round = b->round_count;
    }
    b->extra[1] = bbr_max(b->extra[1], (uint32_t)extra);
}

void bbr_measure(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_bbr *b = cc->u.bbr;

    bbr_update_latest(b, ack);
    bbr_update_round(b, ack);
    bbr_update_congestion(cc, ack);
    bbr_update_aggregation(cc, ack);
}

void bbr_update_min_rtt(struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    b->probe_rtt_due =
        b->probe_min_ns > 0 && inl_time_sub(ack->now, b->probe_min_at) > PROBE_RTT_INTERVAL_NS;
    if (ack->rtt_ns > 0 &&
        (b->probe_min_ns == 0 || ack->rtt_ns < b->probe_min_ns || b->probe_rtt_due)) {
        b->probe_min_ns = ack->rtt_ns;
        b->probe_min_at = ack->now;
    }
    if (b->probe_min_ns > 0 && (b->min_rtt_ns == 0 || b->probe_min_ns < b->min_rtt_ns ||
                                inl_time_sub(ack->now, b->min_rtt_at) > MIN_RTT_NS)) {
        b->min_rtt_ns = b->probe_min_ns;
        b->min_rtt_at = b->probe_min_at;
    }
}

void bbr_measured(struct tcp_bbr *b, const struct tcp_cc_ack *ack) {
    uint64_t bw = bbr_max_bw(b);

    if (b->loss_round_start) {
        b->bw_latest = ack->rate.bytes_per_s;
        b->inflight_latest = ack->rate.delivered_bytes;
    }
    b->bw = bw < b->bw_lo ? bw : b->bw_lo;
}
