/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permute.h - the numbers 0..n-1 in an order that a key chooses, without a list of them
 */
#ifndef TOOLS_SCAN_PERMUTE_H
#define TOOLS_SCAN_PERMUTE_H

#include <stdint.h>

#define PERMUTE_ROUNDS 4

struct permute {
    uint64_t n;
    unsigned half_bits;
    uint64_t keys[PERMUTE_ROUNDS];
};

/* @n: at most 2^62. */
void permute_init(struct permute *p, uint64_t n, uint64_t key);
/* The number at place @i < n. */
uint64_t permute_at(const struct permute *p, uint64_t i);

#endif
