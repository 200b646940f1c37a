/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permute.c - a small block cipher as permutation
 *
 * Four rounds of a Feistel network permute the numbers of 2k bits, whatever the round function is.
 * k is the least for which they hold n; a result that is not below n is put in again until it is
 * (cycle walking): the domain has less than 4n numbers, so that takes less than four rounds on the
 * average, and the result is a permutation of 0..n-1. Not secret enough for anything else.
 */
#include "tools/scan/permute.h"

/* The last steps of MurmurHash3: each bit of the result depends on each of the input. */
static uint64_t mix(uint64_t x) {
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

void permute_init(struct permute *p, uint64_t n, uint64_t key) {
    p->n = n;
    p->half_bits = 1;
    while (p->half_bits < 31 && (UINT64_C(1) << (2 * p->half_bits)) < n) {
        p->half_bits++;
    }
    for (unsigned i = 0; i < PERMUTE_ROUNDS; i++) {
        p->keys[i] = mix(key + i * UINT64_C(0x9e3779b97f4a7c15));
    }
}

static uint64_t encrypt(const struct permute *p, uint64_t x) {
    uint64_t mask = (UINT64_C(1) << p->half_bits) - 1;
    uint64_t left = x >> p->half_bits, right = x & mask;

    for (unsigned i = 0; i < PERMUTE_ROUNDS; i++) {
        uint64_t next = left ^ (mix(right ^ p->keys[i]) & mask);

        left = right;
        right = next;
    }
    return left << p->half_bits | right;
}

uint64_t permute_at(const struct permute *p, uint64_t i) {
    do {
        i = encrypt(p, i);
    } while (i >= p->n);
    return i;
}
