/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_cwv.c - a window that is not used: congestion window validation (RFC 7661)
 *
 * Owns tcp_cc.cwv. pipeACK is what the network has proven lately: the most that was acknowledged in
 * a round trip, within the last max(3 RTT, 1 s), kept as the maxima of two halves of that time. If
 * it is less than half of cwnd, cwnd is not validated: it is kept (config cwnd_validation; RFC 5681
 * 4.1 throws it away after an RTO of silence), but
 *
 *   - a loss is answered from max(pipeACK, FlightSize) instead of what cwnd promises, and at the
 * end of recovery what was lost is taken off before the cut (4.4.1);
 *   - after five minutes of it cwnd is halved, down to the initial window, and ssthresh remembers
 *     three quarters (4.4.3); once for each five minutes;
 *   - what is sent after a pause is paced (4.4.2; pace.c).
 *
 * That cwnd does not grow unless it was what held the sender back is cc.c's rule in either phase.
 * Nothing has a timer: it is worked out when ACKs come and when sending begins again.
 */
#include "tcp/cc.h"

#define NVP_NS (300 * INL_S)
#define PERIOD_MIN_NS (1 * INL_S)
#define HALVINGS_MAX 30

static uint32_t max32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

void tcp_cwv_reset(struct tcp_cc *cc) {
    cc->cwv = (struct tcp_cwv){0};
}

uint32_t tcp_cwv_pipe(const struct tcp_cc *cc) {
    return max32(cc->cwv.max_now, cc->cwv.max_before);
}

/* Samples that are too old go. */
static void cwv_age(struct tcp_cwv *v, inl_time now, inl_dur srtt_ns) {
    inl_dur half = (3 * srtt_ns > PERIOD_MIN_NS ? 3 * srtt_ns : PERIOD_MIN_NS) / 2;
    inl_dur age = inl_time_sub(now, v->half_began);

    if (age < half) {
        return;
    }
    v->max_before = age < 2 * half ? v->max_now : 0;
    v->max_now = 0;
    v->half_began = now;
}

/* 4.4.3 */
static void cwv_end_of_period(struct tcp_cc *cc, inl_time now) {
    inl_dur periods = inl_time_sub(now, cc->cwv.since) / NVP_NS;

    for (inl_dur i = 0; i < periods && i < HALVINGS_MAX; i++) {
        uint32_t keep = cc->cwnd_bytes / 4 * 3;
        uint32_t half = max32(cc->cwnd_bytes / 2, cc->initial_bytes);

        cc->ssthresh_bytes = max32(cc->ssthresh_bytes, keep);
        cc->cwnd_bytes = half < cc->cwnd_bytes ? half : cc->cwnd_bytes;
    }
    cc->cwv.since = inl_time_add(cc->cwv.since, periods * NVP_NS);
}

/* In which phase are we? @since: when the window was last seen to be used */
static void cwv_phase(struct tcp_cc *cc, inl_time now, inl_time since) {
    struct tcp_cwv *v = &cc->cwv;

    if (!v->known || tcp_cwv_pipe(cc) >= cc->cwnd_bytes / 2) {
        v->unproven = false;
        return;
    }
    if (!v->unproven) {
        v->unproven = true;
        v->since = since;
    }
    cwv_end_of_period(cc, now);
}

void tcp_cwv_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_cwv *v = &cc->cwv;

    if (ack->phase != TCP_CC_OPEN) {
        v->lost_bytes += ack->lost_bytes;
        return; /* 4.2: no samples in recovery */
    }
    v->srtt_ns = ack->srtt_ns;
    cwv_age(v, ack->now, ack->srtt_ns);
    if (ack->acked_bytes == 0) {
        return;
    }
    if (!v->counting) {
        v->counting = true;
        v->round_end = ack->nxt;
        v->acked_bytes = 0;
    }
    v->acked_bytes += ack->acked_bytes;
    if ((int32_t)(ack->una - v->round_end) >= 0) {
        v->max_now = max32(v->max_now, v->acked_bytes);
        v->known = true;
        v->counting = false;
        cwv_phase(cc, ack->now, ack->now);
    }
}

void tcp_cwv_idle(struct tcp_cc *cc, inl_time now) {
    inl_time last = cc->cwv.half_began;

    cwv_age(&cc->cwv, now, cc->cwv.srtt_ns);
    cwv_phase(cc, now, last);
    cc->cwv.counting = false;
}

uint32_t tcp_cwv_cut_from(struct tcp_cc *cc, uint32_t flight_bytes) {
    struct tcp_cwv *v = &cc->cwv;

    v->cut_from = 0;
    v->lost_bytes = 0;
    if (v->unproven) {
        v->cut_from = max32(tcp_cwv_pipe(cc), flight_bytes);
        return v->cut_from;
    }
    return flight_bytes;
}

void tcp_cwv_recovered(struct tcp_cc *cc) {
    const struct tcp_cwv *v = &cc->cwv;

    if (v->cut_from > 0) {
        uint32_t left = v->cut_from > v->lost_bytes ? v->cut_from - v->lost_bytes : 0;
        uint64_t ssthresh = (uint64_t)cc->ssthresh_bytes * left / v->cut_from;

        cc->ssthresh_bytes = max32((uint32_t)ssthresh, 2 * cc->mss_bytes);
    }
    tcp_cwv_reset(cc); /* unknown, until it is measured again */
}
