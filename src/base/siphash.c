/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * siphash.c - SipHash of J.-P. Aumasson and D. J. Bernstein (2012), with 64-bit output
 *
 * Four 64-bit words of state; each 8 bytes of input are mixed in with two rounds, the end with
 * four (SipHash-2-4), or with one and three (SipHash-1-3, which its authors offer for tables). The
 * last word carries the remaining 0..7 bytes and the length modulo 256 on top.
 */
#include "base/siphash.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

/* Written out: compilers make one load of it. */
static inline uint64_t load_le64(const uint8_t *p) {
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
           (uint64_t)p[7] << 56;
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

static inline struct sip sip_init(const uint8_t key[16]) {
    uint64_t k0 = load_le64(key);
    uint64_t k1 = load_le64(key + 8);

    /* "somepseudorandomlygeneratedbytes", so that the halves of the state differ */
    return (struct sip){
        .v0 = k0 ^ 0x736f6d6570736575,
        .v1 = k1 ^ 0x646f72616e646f6d,
        .v2 = k0 ^ 0x6c7967656e657261,
        .v3 = k1 ^ 0x7465646279746573,
    };
}

static inline void sip_word(struct sip *s, uint64_t w, int rounds) {
    s->v3 ^= w;
    for (int i = 0; i < rounds; i++) {
        sip_round(s);
    }
    s->v0 ^= w;
}

static inline uint64_t sip_end(struct sip *s, int rounds) {
    s->v2 ^= 0xff;
    for (int i = 0; i < rounds; i++) {
        sip_round(s);
    }
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash(const uint8_t key[16], const void *p, size_t len) {
    const uint8_t *b = p;
    uint64_t last = (uint64_t)(len & 0xff) << 56;
    struct sip s = sip_init(key);

    for (; len >= 8; b += 8, len -= 8) {
        sip_word(&s, load_le64(b), 2);
    }
    for (size_t i = 0; i < len; i++) {
        last |= (uint64_t)b[i] << (8 * i);
    }
    sip_word(&s, last, 2);
    return sip_end(&s, 4);
}

uint64_t siphash_u64(const uint8_t key[16], uint64_t v) {
    struct sip s = sip_init(key);

    sip_word(&s, v, 2);
    sip_word(&s, (uint64_t)8 << 56, 2);
    return sip_end(&s, 4);
}

uint64_t siphash_words(const uint8_t key[16], const uint64_t *w, size_t n, uint32_t tail) {
    struct sip s = sip_init(key);

    for (size_t i = 0; i < n; i++) {
        sip_word(&s, w[i], 1);
    }
    sip_word(&s, (uint64_t)(8 * n + 4) << 56 | tail, 1);
    return sip_end(&s, 3);
}

uint64_t siphash_addrs(const uint8_t key[16], const struct inl_addr *a, const struct inl_addr *b,
                       uint32_t tail) {
    uint64_t w[4] = {load_le64(a->b + 8), load_le64(b->b + 8), load_le64(a->b), load_le64(b->b)};

    /* IPv4 and "any" begin with eight zeros, and these need no hashing */
    return siphash_words(key, w, (w[2] | w[3]) != 0 ? 4 : 2, tail);
}
