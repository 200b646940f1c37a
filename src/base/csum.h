/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.h - the Internet checksum (RFC 1071, RFC 1624)
 *
 * The checksum is the complement of the one's-complement sum of 16-bit words. That sum does not
 * depend on the byte order of the machine but for one swap at the end, and it may be gathered
 * in wider words and folded late. So an accumulator is 64 bits of unfolded sum in the machine's
 * own order; only csum_fold() and csum_ok() give it a meaning.
 *
 *     acc = csum_add16(0, proto); acc = csum_add(acc, data, len); wr_be16(w, csum_fold(acc));
 *
 * A piece of odd length counts as padded with a zero byte, hence only the last piece of a
 * message may be odd. For pieces that begin at odd places, sum them from 0 and use csum_join().
 *
 * Accumulators may take up to 2^31 words of input before a fold: no packet comes near.
 */
#ifndef BASE_CSUM_H
#define BASE_CSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** csum_add() - adds @len bytes at @p to @acc; an odd last byte is padded with zero */
uint64_t csum_add(uint64_t acc, const void *p, size_t len);

/** csum_copy() - copies @len bytes from @src to @dst (no overlap) and adds them to @acc */
uint64_t csum_copy(void *dst, const void *src, size_t len, uint64_t acc);

/** csum_join() - adds the sum @part of a piece that begins at an odd (@odd) or even place */
uint64_t csum_join(uint64_t acc, uint64_t part, bool odd);

/** csum_fold16() - folded to 16 bits, in the machine's order; 0 only if everything was zero */
static inline uint16_t csum_fold16(uint64_t acc) {
    uint32_t sum;

    /* the upper half becomes the sum of both, with the carry out of the lower one */
    acc += acc >> 32 | acc << 32;
    sum = (uint32_t)(acc >> 32);
    sum += sum >> 16 | sum << 16;
    return (uint16_t)(sum >> 16);
}

/** csum_fold() - the value for the checksum field (complemented), in host order for wr_be16() */
static inline uint16_t csum_fold(uint64_t acc) {
    uint16_t v = csum_fold16(acc);
    uint8_t b[2];

    memcpy(b, &v, sizeof(b));
    return (uint16_t) ~(b[0] << 8 | b[1]);
}

/** csum_ok() - is the sum right, taken over everything including the checksum field? */
static inline bool csum_ok(uint64_t acc) {
    return csum_fold16(acc) == 0xffff;
}

/** csum_add_words() - csum_add() of @n words of 32 bits: for headers whose length is a constant */
static inline uint64_t csum_add_words(uint64_t acc, const void *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t w;

        memcpy(&w, (const uint8_t *)p + 4 * i, sizeof(w));
        acc += w;
    }
    return acc;
}

/** csum_add16() - adds a 16-bit field given in host order */
static inline uint64_t csum_add16(uint64_t acc, uint16_t v) {
    const uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    uint16_t w;

    memcpy(&w, b, sizeof(w));
    return acc + w;
}

/** csum_add32() - adds a 32-bit field given in host order */
static inline uint64_t csum_add32(uint64_t acc, uint32_t v) {
    return csum_add16(csum_add16(acc, (uint16_t)(v >> 16)), (uint16_t)v);
}

/**
 * csum_put32() - writes a 32-bit field given in host order to @p, and adds it
 *
 * A header whose sum is made while it is written need not be read again: wide reads of what was
 * just written in narrow pieces wait until it has reached the cache.
 */
static inline uint64_t csum_put32(uint64_t acc, uint8_t *p, uint32_t v) {
    uint32_t w = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v) : v;

    memcpy(p, &w, sizeof(w));
    return acc + w;
}

/**
 * csum_replace16() - the checksum field after one 16-bit word changed (RFC 1624, equation 3)
 * @sum: field before; @old, @new_: the word before and after; all in host order
 */
uint16_t csum_replace16(uint16_t sum, uint16_t old, uint16_t new_);

/** csum_replace32() - the same for a 32-bit field at an even place */
uint16_t csum_replace32(uint16_t sum, uint32_t old, uint32_t new_);

/**
 * csum_ref() - slow reference that tests compare with
 * @acc: plain sum of big-endian words so far, NOT an accumulator of csum_add(); usually 0
 *
 * Returns the value for the checksum field, in host order.
 */
uint16_t csum_ref(const void *data, size_t len, uint32_t acc);

#endif
