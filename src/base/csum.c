/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.c - the Internet checksum (see csum.h)
 *
 * 2^32 leaves remainder 1 modulo 2^16 - 1, so 64-bit words are split into two halves of 32 bits
 * that are added into a 64-bit sum: no carry can get lost. Words are read in the machine's order;
 * the sum comes out with its bytes in that order too (RFC 1071 2(B)). Of long pieces whole blocks
 * of 64 bytes are left to csum_blocks.h, which may use wide registers.
 */
#include "base/csum.h"

#include "base/csum_blocks.h"

/* From here on wide registers are worth the calls that lead to them. */
#define WIDE_BYTES 256

static inline uint64_t load64(const uint8_t *p) {
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

static inline uint64_t halves(uint64_t w) {
    return (w & UINT32_MAX) + (w >> 32);
}

/* Fewer than 8 bytes; all but the last piece are of even length. @d: where to copy them, or NULL. */
static inline uint64_t sum_tail(uint8_t *d, const uint8_t *p, size_t len) {
    uint64_t sum = 0;
    uint32_t w4;
    uint16_t w2 = 0;
    size_t at = 0;

    if (len & 4) {
        memcpy(&w4, p, sizeof(w4));
        if (d) {
            memcpy(d, &w4, sizeof(w4));
        }
        sum += w4;
        at = 4;
    }
    if (len & 2) {
        memcpy(&w2, p + at, sizeof(w2));
        if (d) {
            memcpy(d + at, &w2, sizeof(w2));
        }
        sum += w2;
        at += 2;
    }
    if (len & 1) {
        w2 = 0;
        memcpy(&w2, p + at, 1);
        if (d) {
            memcpy(d + at, &w2, 1);
        }
        sum += w2;
    }
    return sum;
}

/* A sum of words that is one's complement, too: what is carried out comes in at the other end. */
static inline uint64_t add_carry(uint64_t sum, uint64_t w) {
    sum += w;
    return sum + (sum < w);
}

/* The whole blocks of a long piece. Never in line: who has a short one need not make room for wide
 * registers. */
static __attribute__((noinline)) uint64_t wide_add(const uint8_t *p, size_t len) {
    return halves(csum_blocks(p, len / CSUM_BLOCK_BYTES));
}

static __attribute__((noinline)) uint64_t wide_copy(uint8_t *d, const uint8_t *p, size_t len) {
    return halves(csum_blocks_copy(d, p, len / CSUM_BLOCK_BYTES));
}

uint64_t csum_add(uint64_t acc, const void *p, size_t len) {
    const uint8_t *b = p;
    uint64_t sum = 0;

    if (len >= WIDE_BYTES) {
        acc += wide_add(b, len);
        b += len - len % CSUM_BLOCK_BYTES;
        len %= CSUM_BLOCK_BYTES;
    }
    for (; len >= 32; b += 32, len -= 32) {
        sum = add_carry(sum, load64(b));
        sum = add_carry(sum, load64(b + 8));
        sum = add_carry(sum, load64(b + 16));
        sum = add_carry(sum, load64(b + 24));
    }
    for (; len >= 8; b += 8, len -= 8) {
        sum = add_carry(sum, load64(b));
    }
    return acc + halves(sum) + (len ? sum_tail(NULL, b, len) : 0);
}

uint64_t csum_copy(void *dst, const void *src, size_t len, uint64_t acc) {
    uint8_t *d = dst;
    const uint8_t *b = src;
    uint64_t sum = 0;

    if (len >= WIDE_BYTES) {
        size_t n = len - len % CSUM_BLOCK_BYTES;

        acc += wide_copy(d, b, len);
        d += n;
        b += n;
        len -= n;
    }
    for (; len >= 32; b += 32, d += 32, len -= 32) {
        sum = add_carry(sum, load64(b));
        sum = add_carry(sum, load64(b + 8));
        sum = add_carry(sum, load64(b + 16));
        sum = add_carry(sum, load64(b + 24));
        memcpy(d, b, 32);
    }
    for (; len >= 8; b += 8, d += 8, len -= 8) {
        uint64_t w = load64(b);

        memcpy(d, &w, sizeof(w));
        sum = add_carry(sum, w);
    }
    return acc + halves(sum) + (len ? sum_tail(d, b, len) : 0);
}

uint64_t csum_join(uint64_t acc, uint64_t part, bool odd) {
    uint16_t v = csum_fold16(part);

    if (odd) {
        v = (uint16_t)(v << 8 | v >> 8);
    }
    return acc + v;
}

uint16_t csum_replace16(uint16_t sum, uint16_t old, uint16_t new_) {
    uint32_t v = (uint32_t)(uint16_t)~sum + (uint16_t)~old + new_;

    v = (v & 0xffff) + (v >> 16);
    v = (v & 0xffff) + (v >> 16);
    return (uint16_t)~v;
}

uint16_t csum_replace32(uint16_t sum, uint32_t old, uint32_t new_) {
    sum = csum_replace16(sum, (uint16_t)(old >> 16), (uint16_t)(new_ >> 16));
    return csum_replace16(sum, (uint16_t)old, (uint16_t)new_);
}

uint16_t csum_ref(const void *data, size_t len, uint32_t acc) {
    const uint8_t *b = data;

    for (size_t i = 0; i < len; i++) {
        acc += i % 2 ? b[i] : (uint32_t)b[i] << 8;
        acc = (acc & 0xffff) + (acc >> 16);
    }
    acc = (acc & 0xffff) + (acc >> 16);
    return (uint16_t)~acc;
}
