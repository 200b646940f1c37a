/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead.h - frames of a burst are looked at before their turn: see ahead.c
 */
#ifndef IP_AHEAD_H
#define IP_AHEAD_H

#include "ip/ip.h"

#define IP_AHEAD_STEPS 5

/* What is known of a frame whose turn has not come. */
struct ip_ahead {
    uint8_t what; /* ahead.c's */
    int link;     /* of the neighbour */
    uint64_t hash;
    struct inl_addr dst; /* or the neighbour */
};

/* Are there tables so large that it pays? */
bool ip_ahead_pays(const struct ip *ip);

/* Step 0, then 1, ... each some frames later. */
void ip_ahead(const struct ip *ip, int link, const uint8_t *data, size_t len_bytes, int step,
              struct ip_ahead *a);

#endif
