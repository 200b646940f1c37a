/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rto.c - round-trip time and retransmission timeout (RFC 6298)
 *
 * Owns tcp_conn.rtt. Integers in ns: the smoothing constants are shifts. The clock's granularity
 * counts as 1 ms, so that a perfectly steady path still leaves the peer some slack. Back-off
 * stays until a segment that was sent only once is acknowledged (Karn): the queue tells which.
 *
 * The least RTT of the last minutes is kept beside (RFC 8985 6.2 step 1), in two halves, so that it
 * follows a path that gets longer.
 *
 * Does not do: timestamps (ts.c), F-RTO (undo.c).
 */
#include "tcp/quick.h"

#define RTT_GRANULARITY_NS INL_MS
#define RTO_BACKOFF_MAX 30
#define MIN_WINDOW_NS (150 * INL_S)
#define RTO_AFTER_SYN_RTX_NS (3 * INL_S) /* RFC 6298 5.7 */

void tcp_rtt_init(struct tcp_conn *c) {
    c->rtt = (struct tcp_rtt){.rto_ns = c->tcp->cfg.rto_initial_ns};
}

static inl_dur rto_clamp(const struct tcp_conn *c, inl_dur rto) {
    const struct inl_tcp_config *cfg = &c->tcp->cfg;

    rto = rto > cfg->rto_min_ns ? rto : cfg->rto_min_ns;
    return rto < cfg->rto_max_ns ? rto : cfg->rto_max_ns;
}

/* The least of the last MIN_WINDOW_NS at least, twice that at most. */
static void rtt_min(struct tcp_conn *c, inl_dur rtt) {
    struct tcp_rtt *r = &c->rtt;
    inl_time now = c->tcp->env->now;

    if (r->min_ns == 0 || inl_time_sub(now, r->min_since) > MIN_WINDOW_NS) {
        r->min_ns = r->min_ns == 0 ? rtt : r->min_new_ns;
        r->min_new_ns = rtt;
        r->min_since = now;
    }
    r->min_new_ns = rtt < r->min_new_ns ? rtt : r->min_new_ns;
    r->min_ns = rtt < r->min_ns ? rtt : r->min_ns;
}

static void rto_compute(struct tcp_conn *c) {
    struct tcp_rtt *r = &c->rtt;

    r->rto_ns = 4 * r->rttvar_ns;
    r->rto_ns = r->rto_ns > RTT_GRANULARITY_NS ? r->rto_ns : RTT_GRANULARITY_NS;
    r->rto_ns = rto_clamp(c, r->rto_ns + r->srtt_ns);
}

/* RFC 6298 2.2, 2.3 */
void tcp_rtt_sample(struct tcp_conn *c, inl_dur rtt_ns) {
    struct tcp_rtt *r = &c->rtt;
    inl_dur rtt = rtt_ns > 0 ? rtt_ns : 1;

    tcp_rate_rtt(c, rtt);
    rtt_min(c, rtt);
    if (r->srtt_ns == 0) {
        r->srtt_ns = rtt;
        r->rttvar_ns = rtt / 2;
    } else {
        inl_dur err = r->srtt_ns > rtt ? r->srtt_ns - rtt : rtt - r->srtt_ns;

        r->rttvar_ns += (err - r->rttvar_ns) / 4;
        r->srtt_ns += (rtt - r->srtt_ns) / 8;
        r->srtt_ns = r->srtt_ns > 0 ? r->srtt_ns : 1;
    }
    rto_compute(c);
    r->backoff = 0;
}

/* RFC 4015 3.3: the delay that made a timeout spurious counts in full. */
void tcp_rtt_spurious(struct tcp_conn *c, inl_dur rtt_ns) {
    struct tcp_rtt *r = &c->rtt;

    r->srtt_ns = rtt_ns > r->srtt_ns ? rtt_ns : r->srtt_ns;
    r->rttvar_ns = rtt_ns / 2 > r->rttvar_ns ? rtt_ns / 2 : r->rttvar_ns;
    rto_compute(c);
}

inl_dur tcp_rto_ns(const struct tcp_conn *c) {
    inl_dur max = c->tcp->cfg.rto_max_ns;

    if (c->rtt.rto_ns > max >> c->rtt.backoff) {
        return max;
    }
    return c->rtt.rto_ns << c->rtt.backoff;
}

void tcp_rto_backoff(struct tcp_conn *c) {
    if (c->rtt.backoff < RTO_BACKOFF_MAX) {
        c->rtt.backoff++;
    }
}

void tcp_rtt_syn_rtx(struct tcp_conn *c) {
    if (c->rtt.syn_rtx < UINT8_MAX) {
        c->rtt.syn_rtx++;
    }
}

void tcp_rtt_established(struct tcp_conn *c) {
    if (c->rtt.syn_rtx > 0) {
        c->rtt.backoff = 0;
        if (c->rtt.rto_ns < RTO_AFTER_SYN_RTX_NS) {
            c->rtt.rto_ns = RTO_AFTER_SYN_RTX_NS;
        }
    }
}
