/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum_any.c - the checksum's inner loop, for machines without a file of their own
 */
#include "base/csum_blocks.h"

uint64_t csum_blocks(const uint8_t *p, size_t n) {
    return csum_lanes_loop(false, NULL, p, n);
}

uint64_t csum_blocks_copy(uint8_t *d, const uint8_t *p, size_t n) {
    return csum_lanes_loop(true, d, p, n);
}
