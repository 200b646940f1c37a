/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rng.c - SipHash in counter mode (see rng.h)
 */
#include "base/rng.h"

#include "base/siphash.h"

#include <assert.h>
#include <string.h>

void rng_init(struct rng *g, const uint8_t seed[16]) {
    memcpy(g->key, seed, sizeof(g->key));
    g->ctr = 0;
}

uint64_t rng_u64(struct rng *g) {
    return siphash_u64(g->key, g->ctr++);
}

uint32_t rng_u32(struct rng *g) {
    return (uint32_t)rng_u64(g);
}

uint64_t rng_below(struct rng *g, uint64_t n) {
    uint64_t v;

    assert(n > 0);
    /* 2^64 mod n numbers at the bottom would make small results more likely: draw again. At
     * worst half of all draws are thrown away. */
    do {
        v = rng_u64(g);
    } while (v < (0 - n) % n);
    return v % n;
}

void rng_bytes(struct rng *g, void *p, size_t n) {
    uint8_t *b = p;

    while (n > 0) {
        uint64_t v = rng_u64(g);
        size_t take = n < 8 ? n : 8;

        for (size_t i = 0; i < take; i++) {
            b[i] = (uint8_t)(v >> (8 * i));
        }
        b += take;
        n -= take;
    }
}

bool rng_chance(struct rng *g, uint32_t ppm) {
    return rng_below(g, 1000000) < ppm;
}
