/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum_x86_64.c - the checksum's inner loop, with 256-bit registers if the processor has them
 *
 * The compiler's run-time library looks at the processor once, before main(); asking it is a load
 * and a test. Not by ifunc, which not every C library's loader knows.
 */
#include "base/csum_blocks.h"

__attribute__((target("avx2"))) static uint64_t sum_avx2(const uint8_t *p, size_t n) {
    return csum_lanes_loop(false, NULL, p, n);
}

__attribute__((target("avx2"))) static uint64_t copy_avx2(uint8_t *d, const uint8_t *p, size_t n) {
    return csum_lanes_loop(true, d, p, n);
}

uint64_t csum_blocks(const uint8_t *p, size_t n) {
    return __builtin_cpu_supports("avx2") ? sum_avx2(p, n) : csum_lanes_loop(false, NULL, p, n);
}

uint64_t csum_blocks_copy(uint8_t *d, const uint8_t *p, size_t n) {
    return __builtin_cpu_supports("avx2") ? copy_avx2(d, p, n) : csum_lanes_loop(true, d, p, n);
}
