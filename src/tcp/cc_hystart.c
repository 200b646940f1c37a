/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cc_hystart.c - HyStart++: leave slow start when the delay grows (RFC 9406)
 *
 * Slow start doubles the flight until something breaks, and then half of a window is lost at once.
 * Before that the queue at the bottleneck grows, and the RTT with it: in each round (a window of
 * data) the smallest RTT of at least eight samples is compared with the round before. Once it has
 * grown by an eighth (but 4 to 16 ms), conservative slow start begins: growth at a quarter. Five
 * rounds of it end slow start with ssthresh = cwnd; if the RTT falls back in between, it was a
 * false alarm and slow start goes on.
 *
 * Only the first slow start of a connection (4.3): later ones know ssthresh. Each ACK with a sample
 * counts, also when the application is the limit. The growth itself is in cc.c.
 */
#include "tcp/cc.h"

#define MIN_RTT_THRESH_US 4000u
#define MAX_RTT_THRESH_US 16000u
#define MIN_RTT_DIVISOR 8u
#define N_RTT_SAMPLE 8u
#define CSS_ROUNDS 5u
#define INFINITE_US UINT32_MAX

void tcp_hystart_start(struct tcp_cc *cc, bool on) {
    cc->hystart = (struct tcp_hystart){
        .last_min_us = INFINITE_US,
        .min_us = INFINITE_US,
        .css_base_us = INFINITE_US,
        .on = on,
    };
}

static uint32_t hystart_us(inl_dur rtt_ns) {
    inl_dur us = rtt_ns / INL_US;

    return us < INFINITE_US ? (uint32_t)us : INFINITE_US - 1;
}

static void hystart_round(struct tcp_hystart *h, uint32_t nxt) {
    h->last_min_us = h->min_us;
    h->min_us = INFINITE_US;
    h->samples = 0;
    h->window_end = nxt;
    h->css_rounds = (uint8_t)(h->css_rounds + h->css);
}

static bool hystart_delay_grew(const struct tcp_hystart *h) {
    uint32_t thresh = h->last_min_us / MIN_RTT_DIVISOR;

    thresh = thresh > MIN_RTT_THRESH_US ? thresh : MIN_RTT_THRESH_US;
    thresh = thresh < MAX_RTT_THRESH_US ? thresh : MAX_RTT_THRESH_US;
    return h->min_us != INFINITE_US && h->last_min_us != INFINITE_US &&
           (uint64_t)h->min_us >= (uint64_t)h->last_min_us + thresh;
}

static void hystart_sample(struct tcp_hystart *h, uint32_t rtt_us) {
    h->min_us = rtt_us < h->min_us ? rtt_us : h->min_us;
    if (h->samples < N_RTT_SAMPLE) {
        h->samples++;
    }
    if (h->samples < N_RTT_SAMPLE) {
        return;
    }
    if (!h->css && hystart_delay_grew(h)) {
        h->css = true;
        h->css_rounds = 0;
        h->css_base_us = h->min_us;
    } else if (h->css && h->min_us < h->css_base_us) {
        h->css = false;
        h->css_base_us = INFINITE_US;
    }
}

bool tcp_hystart_ack(struct tcp_cc *cc, const struct tcp_cc_ack *ack) {
    struct tcp_hystart *h = &cc->hystart;

    if (!h->begun) {
        h->begun = true;
        h->window_end = ack->nxt; /* nothing was sent since the initial window */
    }
    if (ack->rtt_ns > 0) {
        hystart_sample(h, hystart_us(ack->rtt_ns));
    }
    if ((int32_t)(ack->una - h->window_end) >= 0) {
        hystart_round(h, ack->nxt);
    }
    if (h->css && h->css_rounds >= CSS_ROUNDS) {
        h->on = false;
        return true;
    }
    return false;
}
