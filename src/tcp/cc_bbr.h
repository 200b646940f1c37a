/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_bbr.h - what cc_bbr.c (states, rates, windows) and cc_bbr_model.c (what is measured) share
 */
#ifndef TCP_CC_BBR_H
#define TCP_CC_BBR_H

#include "tcp/cc.h"

#define BBR_CWND_MAX (1u << 30)
#define BBR_NONE UINT32_MAX
#define BBR_GAIN_ONE 256u
#define BBR_LOSS_PERCENT 2u
#define BBR_BETA_PERCENT 70u

static inline uint32_t bbr_max(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static inline uint32_t bbr_min(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static inline uint32_t bbr_percent(uint32_t v, uint32_t p) {
    return (uint32_t)((uint64_t)v * p / 100);
}

/* ---- bounds that follow from the model ---- */
uint64_t bbr_max_bw(const struct tcp_bbr *b);
uint32_t bbr_bdp(const struct tcp_cc *cc, uint64_t bw, uint32_t gain);
uint32_t bbr_min_pipe(const struct tcp_cc *cc);
uint32_t bbr_quantized(const struct tcp_cc *cc, uint32_t inflight);
uint32_t bbr_inflight(const struct tcp_cc *cc, uint64_t bw, uint32_t gain);
uint32_t bbr_with_headroom(const struct tcp_cc *cc);

static inline bool bbr_probing(const struct tcp_bbr *b) {
    return b->state == TCP_BBR_STARTUP || b->state == TCP_BBR_REFILL || b->state == TCP_BBR_UP;
}

static inline bool bbr_in_probe_bw(const struct tcp_bbr *b) {
    return b->state >= TCP_BBR_DOWN && b->state <= TCP_BBR_UP;
}

/* ---- what an ACK says ---- */
static inline bool bbr_marked(const struct tcp_cc_ack *ack) {
    return ack->ece || ack->ce_bytes > 0;
}

void bbr_start_round(struct tcp_bbr *b);
void bbr_reset_full_bw(struct tcp_bbr *b, uint64_t from);
void bbr_reset_short_term(struct tcp_bbr *b);
void bbr_measure(struct tcp_cc *cc, const struct tcp_cc_ack *ack);
void bbr_update_min_rtt(struct tcp_bbr *b, const struct tcp_cc_ack *ack);
void bbr_measured(struct tcp_bbr *b, const struct tcp_cc_ack *ack); /* at the end */

#endif
