/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.c - the Internet checksum (see csum.h)
 *
 * 2^32 leaves remainder 1 modulo 2^16 - 1, so 64-bit words are split into two halves of 32 bits
 * that are added into a 64-bit sum: no carry can get lost, and the four sums of the inner loop
 * do not wait for each other. Words are read in the machine's order; the sum comes out with its
 * bytes in that order too (RFC 1071 2(B)).
 */
#include "base/csum.h"

static inline uint64_t load64(const uint8_t *p) {
    uint64_t w;

    memcpy(&w, p, sizeof(w));
    return w;
}

static inline uint64_t halves(uint64_t w) {
    return (w & UINT32_MAX) + (w >> 32);
}

/* Fewer than 8 bytes: as one word, padded with zeros behind */
static inline uint64_t sum_tail(const uint8_t *p, size_t len) {
    uint64_t w = 0;

    memcpy(&w, p, len);
    return halves(w);
}

uint64_t csum_add(uint64_t acc, const void *p, size_t len) {
    const uint8_t *b = p;
    uint64_t s0 = 0;
    uint64_t s1 = 0;
    uint64_t s2 = 0;
    uint64_t s3 = 0;

    for (; len >= 32; b += 32, len -= 32) {
        s0 += halves(load64(b));
        s1 += halves(load64(b + 8));
        s2 += halves(load64(b + 16));
        s3 += halves(load64(b + 24));
    }
    for (; len >= 8; b += 8, len -= 8) {
        s0 += halves(load64(b));
    }
    if (len) {
        s1 += sum_tail(b, len);
    }
    return acc + halves(s0 + s1 + s2 + s3);
}

uint64_t csum_copy(void *dst, const void *src, size_t len, uint64_t acc) {
    uint8_t *d = dst;
    const uint8_t *b = src;
    uint64_t s0 = 0;
    uint64_t s1 = 0;
    uint64_t s2 = 0;
    uint64_t s3 = 0;

    for (; len >= 32; b += 32, d += 32, len -= 32) {
        uint64_t w[4];

        memcpy(w, b, sizeof(w));
        memcpy(d, w, sizeof(w));
        s0 += halves(w[0]);
        s1 += halves(w[1]);
        s2 += halves(w[2]);
        s3 += halves(w[3]);
    }
    for (; len >= 8; b += 8, d += 8, len -= 8) {
        uint64_t w = load64(b);

        memcpy(d, &w, sizeof(w));
        s0 += halves(w);
    }
    if (len) {
        memcpy(d, b, len);
        s1 += sum_tail(b, len);
    }
    return acc + halves(s0 + s1 + s2 + s3);
}

/* Folded to 16 bits, in the machine's order; 0 only if everything was zero */
static uint16_t fold16(uint64_t acc) {
    acc = halves(acc);
    acc = halves(acc);
    acc = (acc & 0xffff) + (acc >> 16);
    acc = (acc & 0xffff) + (acc >> 16);
    acc = (acc & 0xffff) + (acc >> 16);
    return (uint16_t)acc;
}

uint64_t csum_join(uint64_t acc, uint64_t part, bool odd) {
    uint16_t v = fold16(part);

    if (odd) {
        v = (uint16_t)(v << 8 | v >> 8);
    }
    return acc + v;
}

uint16_t csum_fold(uint64_t acc) {
    uint16_t v = fold16(acc);
    uint8_t b[2];

    memcpy(b, &v, sizeof(b));
    return (uint16_t) ~(b[0] << 8 | b[1]);
}

bool csum_ok(uint64_t acc) {
    return fold16(acc) == 0xffff;
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
