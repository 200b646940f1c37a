/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.h - what is counted of round-trip times
 */
#ifndef TOOLS_PROBE_STATS_H
#define TOOLS_PROBE_STATS_H

#include <stdint.h>

#define STATS_CURVE 240 /* of so many the newest are kept */

struct stats {
    uint64_t n;
    int64_t last_ns, min_ns, max_ns;
    double sum, sum2;
    double jitter_ns; /* smoothed as RFC 3550 6.4.1 wants it */
    double ewma_ns;
    float curve[STATS_CURVE]; /* milliseconds; negative: no answer */
    unsigned curve_n;         /* so many were ever put into it */
};

/* A round trip. It is not put into the curve. */
void stats_add(struct stats *s, int64_t rtt_ns);
double stats_avg_ns(const struct stats *s);
/* Of the population: how far the round trips are from their mean. */
double stats_dev_ns(const struct stats *s);

/* The next value of the curve; negative for a probe without answer. */
void stats_curve(struct stats *s, double ms);
/* The newest @max values, in order; returns how many. */
unsigned stats_curve_get(const struct stats *s, double *ret, unsigned max);

/* What share of @sent has no answer, as a percentage. */
double stats_loss(uint64_t sent, uint64_t received);

#endif
