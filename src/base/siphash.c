/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * siphash.c - SipHash-2-4 of J.-P. Aumasson and D. J. Bernstein (2012), with 64-bit output
 *
 * Four 64-bit words of state; each 8 bytes of input are mixed in with two rounds, the end with
 * four. The last word carries the remaining 0..7 bytes and the length modulo 256 on top.
 */
#include "base/siphash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t load_le64(const uint8_t *p) {
    uint64_t w = 0;

    for (int i = 0; i < 8; i++) {
        w |= (uint64_t)p[i] << (8 * i);
    }
    return w;
}

static inline uint64_t rotl(uint64_t x, int n) {
    return x << n | x >> (64 - n);
}

static inline void sip_round(struct sip *s) {
    s->v0 += s->v1;
    s->v1 = rotl(s->v1, 13) ^ s->v0;
    s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotl(s->v1, 17) ^ s->v2;
    s->v2 = rotl(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t w) {
    s->v3 ^= w;
    sip_round(s);
    sip_round(s);
    s->v0 ^= w;
}

uint64_t siphash(const uint8_t key[16], const void *p, size_t len) {
    const uint8_t *b = p;
    uint64_t k0 = load_le64(key);
    uint64_t k1 = load_le64(key + 8);
    uint64_t last = (uint64_t)(len & 0xff) << 56;
    struct sip s = {
        /* "somepseudorandomlygeneratedbytes", so that the halves of the state differ */
        .v0 = k0 ^ 0x736f6d6570736575,
        .v1 = k1 ^ 0x646f72616e646f6d,
        .v2 = k0 ^ 0x6c7967656e657261,
        .v3 = k1 ^ 0x7465646279746573,
    };

    for (; len >= 8; b += 8, len -= 8) {
        sip_word(&s, load_le64(b));
    }
    for (size_t i = 0; i < len; i++) {
        last |= (uint64_t)b[i] << (8 * i);
    }
    sip_word(&s, last);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(&s);
    }
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
