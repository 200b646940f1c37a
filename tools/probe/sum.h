/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sum.h - sums of probes: those of UDP tell their numbers, and whether they were rewritten on the way
 */
#ifndef TOOLS_PROBE_SUM_H
#define TOOLS_PROBE_SUM_H

#include "tools/common/names.h"

#include "base/csum.h"

/* The addresses of a pseudo-header (RFC 768; RFC 8200 8.1), its protocol and length. */
static inline uint64_t sum_pseudo(const union names_addr *from, const union names_addr *to,
                                  uint8_t proto, uint16_t len) {
    uint64_t acc = csum_add16(csum_add16(0, proto), len);

    if (to->any.sa_family == AF_INET6) {
        acc = csum_add(acc, &from->v6.sin6_addr, 16);
        return csum_add(acc, &to->v6.sin6_addr, 16);
    }
    acc = csum_add(acc, &from->v4.sin_addr, 4);
    return csum_add(acc, &to->v4.sin_addr, 4);
}

/* In 16 bits, not complemented. */
static inline uint16_t sum_folded(uint64_t acc) {
    return (uint16_t)~csum_fold(acc);
}

#endif
