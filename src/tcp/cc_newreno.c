/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_newreno.c - congestion avoidance of RFC 5681 3.1, with byte counting (RFC 3465 2.1)
 *
 * Acknowledged bytes are gathered; each full window of them opens cwnd by one segment. A loss
 * halves what was in flight.
 */
#include "tcp/cc.h"

static void newreno_event(struct tcp_cc *cc, enum tcp_cc_event event) {
    if (event != TCP_CC_EV_SAVE && event != TCP_CC_EV_IDLE) {
        cc->u.newreno.acked_bytes = 0;
    }
}

void tcp_cc_reno_grow(struct tcp_cc *cc, uint32_t *credit, uint32_t acked_bytes) {
    uint64_t acked = (uint64_t)*credit + acked_bytes;

    if (acked >= cc->cwnd_bytes) {
        acked -= cc->cwnd_bytes;
        cc->cwnd_bytes += cc->mss_bytes;
    }
    *credit = acked < cc->cwnd_bytes ? (uint32_t)acked : cc->cwnd_bytes;
}

static void newreno_avoid(struct tcp_cc *cc, const struct tcp_cc_ack *ack, uint32_t acked_bytes) {
    (void)ack;
    tcp_cc_reno_grow(cc, &cc->u.newreno.acked_bytes, acked_bytes);
}

static uint32_t newreno_ssthresh(struct tcp_cc *cc, uint32_t flight_bytes) {
    (void)cc;
    return flight_bytes / 2;
}

const struct tcp_cc_ops tcp_cc_newreno = {
    .name = "newreno",
    .algo = INL_CC_NEWRENO,
    .avoid = newreno_avoid,
    .ssthresh = newreno_ssthresh,
    .event = newreno_event,
};
