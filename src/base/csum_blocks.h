/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum_blocks.h - the inner loop of the Internet checksum, over blocks of 64 bytes
 *
 * Two files offer it, and the build takes one: csum_any.c for every machine, csum_x86_64.c, which
 * has the loop twice and asks the processor which one it can run. The loop itself is here, in
 * vectors of four 64-bit lanes; a compiler makes of them what the machine has.
 *
 * A lane w = hi * 2^32 + lo wants to add hi + lo. Adding up w itself (modulo 2^64) and hi alone
 * takes one operation less than taking both halves apart: the sum of all lo comes out as
 * sum(w) - sum(hi) * 2^32, which is exact as long as sum(lo) < 2^64, hence for 2^32 blocks.
 */
#ifndef BASE_CSUM_BLOCKS_H
#define BASE_CSUM_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSUM_BLOCK_BYTES 64

/** csum_blocks() - sum of @n blocks at @p, below 2^63 for anything that is a packet */
uint64_t csum_blocks(const uint8_t *p, size_t n);

/** csum_blocks_copy() - the same, copying them to @d */
uint64_t csum_blocks_copy(uint8_t *d, const uint8_t *p, size_t n);

typedef uint64_t csum_lanes __attribute__((vector_size(32)));

/* The same where it lies in a packet. To go through this type makes one load of it; a memcpy() may
 * become two, by way of the stack, and the processor waits for these to come together. */
typedef uint64_t csum_lanes_at __attribute__((vector_size(32), aligned(1), may_alias));

/* @copy: to @d; a constant, and inlined, so that the compiler tests it. */
static inline __attribute__((always_inline)) uint64_t csum_lanes_loop(bool copy, uint8_t *d,
                                                                      const uint8_t *p, size_t n) {
    csum_lanes all0 = {0}, all1 = {0}, high0 = {0}, high1 = {0}, low;
    uint64_t sum = 0;

    for (; n > 0; n--, p += CSUM_BLOCK_BYTES) {
        const csum_lanes_at *from = (const csum_lanes_at *)(const void *)p;
        csum_lanes w0 = from[0], w1 = from[1];

        if (copy) {
            csum_lanes_at *to = (csum_lanes_at *)(void *)d;

            to[0] = w0;
            to[1] = w1;
            d += CSUM_BLOCK_BYTES;
        }
        all0 += w0;
        all1 += w1;
        high0 += w0 >> 32;
        high1 += w1 >> 32;
    }
    high0 += high1;
    low = all0 + all1 - (high0 << 32);
    for (int i = 0; i < 4; i++) {
        sum += low[i] + high0[i];
    }
    return sum;
}

#endif
