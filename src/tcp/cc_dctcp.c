/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_dctcp.c - DCTCP: answer the extent of congestion, not its presence (RFC 8257)
 *
 * For networks whose switches mark early, by one threshold, and where all senders do the same: not
 * for the Internet. alpha estimates the share of bytes that were marked, over rounds of a window,
 * with a gain of 1/16; a mark then takes alpha / 2 of cwnd, once a window (ecn.c sees to that).
 * Losses and growth are NewReno's.
 *
 * The peer has to tell which bytes were marked: by AccECN, or by an ECE that follows CE
 * exactly (`exact_ecn`, 3.2; ecn.c does that for the sockets which use this algorithm).
 *
 * alpha is kept in 2^-20; it starts at 1 (3.3), so that the first answer is that of RFC 3168.
 */
#include "tcp/cc.h"

#define ALPHA_BITS 20
#define ALPHA_ONE (1u << ALPHA_BITS)
#define GAIN_BITS 4

static void dctcp_event(struct tcp_cc *cc, enum tcp_cc_event event) {
    if (event == TCP_CC_EV_START) {
        cc->u.dctcp = (struct tcp_dctcp){.alpha = ALPHA_ONE};
    }
    if (event != TCP_CC_EV_SAVE && event != TCP_CC_EV_IDLE) {
        cc->u.dctcp.credit = 0;
    }
}

/* 3.3, steps 4 to 8 */
static void dctcp_window_end(struct tcp_dctcp *d, uint32_t nxt) {
    uint32_t marked = d->marked_bytes < d->acked_bytes ? d->marked_bytes : d->acked_bytes;

    if (d->acked_bytes > 0) {
        d->alpha = d->alpha >> GAIN_BITS > 0 ? d->alpha : 0; /* 4.2: it does reach 0 */
        d->alpha -= d->alpha >> GAIN_BITS;
        d->alpha += (uint32_t)(((uint64_t)marked << (ALPHA_BITS - GAIN_BITS)) / d->acked_bytes);
        d->alpha = d->alpha < ALPHA_ONE ? d->alpha : ALPHA_ONE;
    }
    d->window_end = nxt;
    d->acked_bytes = 0;
    d->marked_bytes = 0;
}

static void dctcp_on_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_dctcp *d = &cc->u.dctcp;

    if (!d->begun) {
        d->begun = true;
        d->window_end = ack->una - ack->acked_bytes; /* SND.UNA then */
    }
    d->acked_bytes += ack->acked_bytes;
    if (ack->ce_bytes > 0) {
        d->marked_bytes += ack->ce_bytes;
    } else if (ack->ece) {
        d->marked_bytes += ack->acked_bytes;
    }
    if ((int32_t)(ack->una - d->window_end) > 0) {
        dctcp_window_end(d, ack->nxt);
    }
}

static void dctcp_avoid(struct tcp_cc *cc, const struct tcp_cc_ack *ack, uint32_t acked_bytes) {
    (void)ack;
    tcp_cc_reno_grow(cc, &cc->u.dctcp.credit, acked_bytes);
}

static uint32_t dctcp_ssthresh(struct tcp_cc *cc, uint32_t flight_bytes) {
    (void)cc;
    return flight_bytes / 2;
}

/* step 9 */
static uint32_t dctcp_marked(struct tcp_cc *cc) {
    uint64_t cut = (uint64_t)cc->cwnd_bytes * cc->u.dctcp.alpha >> (ALPHA_BITS + 1);

    return cc->cwnd_bytes - (uint32_t)cut;
}

const struct tcp_cc_ops tcp_cc_dctcp = {
    .name = "dctcp",
    .algo = INL_CC_DCTCP,
    .exact_ecn = true,
    .on_ack = dctcp_on_ack,
    .avoid = dctcp_avoid,
    .ssthresh = dctcp_ssthresh,
    .marked = dctcp_marked,
    .event = dctcp_event,
};
