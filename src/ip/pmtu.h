/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmtu.h - what is known of the path MTU to destinations, of both IP versions
 */
#ifndef IP_PMTU_H
#define IP_PMTU_H

#include "base/htab.h"
#include "base/list.h"
#include "ip/ip.h"

/**
 * struct ip_pmtus - the cache
 * @table: struct pmtu, by destination
 * @lru:   the same, the one used least recently first
 * @max:   how many
 * @floor4_bytes: nothing smaller is believed of a path of IPv4
 */
struct ip_pmtus {
    struct htab table;
    struct list lru;
    uint32_t max;
    uint32_t floor4_bytes;
};

void ip_pmtu_init(struct ip *ip, const struct inl_config *config);
void ip_pmtu_done(struct ip *ip);

#endif
