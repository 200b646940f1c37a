/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seq.h - TCP sequence numbers (RFC 9293 3.4)
 *
 * Sequence numbers live on a circle of 2^32. "Less than" means: reached by going forward less
 * than 2^31 steps. It is a total order only among numbers that lie in one half of the circle,
 * which windows below 2^30 bytes guarantee. Numbers exactly 2^31 apart are neither less nor
 * greater in a useful sense: seq_lt() says true both ways. The struct makes plain < a compile
 * error.
 */
#ifndef BASE_SEQ_H
#define BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/** seq_t - a point on the circle of sequence numbers */
typedef struct {
    uint32_t v;
} seq_t;

/** seq_mk() - sequence number from its wire value in host order */
static inline seq_t seq_mk(uint32_t v) {
    return (seq_t){v};
}

/** seq_add() - @n bytes after @s */
static inline seq_t seq_add(seq_t s, uint32_t n) {
    return (seq_t){s.v + n};
}

/** seq_sub() - @n bytes before @s */
static inline seq_t seq_sub(seq_t s, uint32_t n) {
    return (seq_t){s.v - n};
}

/** seq_diff() - bytes from @b to @a: positive if @a is later; -2^31 if exactly opposite */
static inline int32_t seq_diff(seq_t a, seq_t b) {
    return (int32_t)(a.v - b.v);
}

static inline bool seq_eq(seq_t a, seq_t b) {
    return a.v == b.v;
}

static inline bool seq_lt(seq_t a, seq_t b) {
    return seq_diff(a, b) < 0;
}

static inline bool seq_le(seq_t a, seq_t b) {
    return seq_diff(a, b) <= 0;
}

static inline bool seq_gt(seq_t a, seq_t b) {
    return seq_diff(a, b) > 0;
}

static inline bool seq_ge(seq_t a, seq_t b) {
    return seq_diff(a, b) >= 0;
}

/** seq_max() - the later of two */
static inline seq_t seq_max(seq_t a, seq_t b) {
    return seq_gt(a, b) ? a : b;
}

/** seq_min() - the earlier of two */
static inline seq_t seq_min(seq_t a, seq_t b) {
    return seq_lt(a, b) ? a : b;
}

/** seq_in() - does @s lie in [@lo, @lo + @len)? Exact for every @len up to 2^32 - 1. */
static inline bool seq_in(seq_t s, seq_t lo, uint32_t len) {
    return s.v - lo.v < len;
}

#endif
