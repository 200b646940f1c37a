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

void ip_rate_init(struct ip_rate *rate, enum ip_rate_kind kind, inl_time now);

#endif
