/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rng.h - random numbers from a seed
 *
 * SipHash keyed with the embedder's 16 bytes of entropy, over a counter. Whoever does not know
 * the seed cannot predict ports, identifiers or initial sequence numbers; whoever does can
 * replay a run exactly. Not for long-term secrets: no forward secrecy.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** struct rng - key and counter */
struct rng {
    uint8_t key[16];
    uint64_t ctr;
};

/** rng_init() - the same seed gives the same numbers */
void rng_init(struct rng *g, const uint8_t seed[16]);

uint64_t rng_u64(struct rng *g);
uint32_t rng_u32(struct rng *g);

/** rng_below() - a number in [0, @n), each equally likely; @n must not be 0 */
uint64_t rng_below(struct rng *g, uint64_t n);

/** rng_bytes() - fills @n bytes */
void rng_bytes(struct rng *g, void *p, size_t n);

/** rng_chance() - true @ppm times in a million; draws a number even for 0 and 1000000 */
bool rng_chance(struct rng *g, uint32_t ppm);

#endif
