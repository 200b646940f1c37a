/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.c - what is counted of round-trip times
 */
#include "tools/probe/stats.h"

#include <math.h>

void stats_add(struct stats *s, int64_t rtt_ns) {
    double rtt = (double)rtt_ns;

    if (s->n > 0) {
        s->jitter_ns += (fabs(rtt - (double)s->last_ns) - s->jitter_ns) / 16;
        s->ewma_ns += (rtt - s->ewma_ns) / 8;
    } else {
        s->ewma_ns = rtt;
    }
    s->min_ns = s->n == 0 || rtt_ns < s->min_ns ? rtt_ns : s->min_ns;
    s->max_ns = rtt_ns > s->max_ns ? rtt_ns : s->max_ns;
    s->last_ns = rtt_ns;
    s->sum += rtt;
    s->sum2 += rtt * rtt;
    s->n++;
}

double stats_avg_ns(const struct stats *s) {
    return s->n > 0 ? s->sum / (double)s->n : 0;
}

double stats_dev_ns(const struct stats *s) {
    double avg = stats_avg_ns(s);
    double variance = s->n > 0 ? s->sum2 / (double)s->n - avg * avg : 0;

    return variance > 0 ? sqrt(variance) : 0;
}

void stats_curve(struct stats *s, double ms) {
    s->curve[s->curve_n++ % STATS_CURVE] = (float)ms;
}

unsigned stats_curve_get(const struct stats *s, double *ret, unsigned max) {
    unsigned n = s->curve_n < STATS_CURVE ? s->curve_n : STATS_CURVE;

    n = n < max ? n : max;
    for (unsigned i = 0; i < n; i++) {
        ret[i] = (double)s->curve[(s->curve_n - n + i) % STATS_CURVE];
    }
    return n;
}

double stats_loss(uint64_t sent, uint64_t received) {
    return sent > received ? 100.0 * (double)(sent - received) / (double)sent : 0;
}
