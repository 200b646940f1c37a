/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rate.h - how many packets that nobody's connection asked for may be sent: ICMP errors, resets
 */
#ifndef IP_RATE_H
#define IP_RATE_H

#include "base/env.h"
#include "ip/ip.h"

#define RATE_BUCKETS 256

/* A token bucket. */
struct rate_bucket {
    inl_time filled;
    uint32_t tokens;
};

struct ip_rate {
    struct rate_bucket to[RATE_BUCKETS]; /* for the destinations that hash to it */
    struct rate_bucket all;
};

/* Takes a token from a bucket that gets one each @interval_ns, up to @burst; false: there is none.
 */
bool rate_take(struct rate_bucket *b, inl_time now, inl_dur interval_ns, uint32_t burst);

void ip_rate_init(struct ip_rate *rate, enum ip_rate_kind kind, inl_time now);

#endif
