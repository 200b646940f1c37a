/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c - what one connection does (see plan.h)
 */
#include "plan.h"

#include "net.h"

#include <string.h>

#define BYTES_MAX 200000
#define HEADER_MASK 0x5bd1e995u

const char *plan_kind_name(enum plan_kind kind) {
    static const char *const names[PLAN_KINDS] = {
        "both", "request", "server-first", "one-way", "abort-client", "abort-server", "refused",
    };

    return kind < PLAN_KINDS ? names[kind] : "?";
}

/* Sizes from 0 to BYTES_MAX, each power of two equally likely: small ones dominate. */
static uint64_t size_draw(struct rng *rng) {
    uint64_t n = rng_below(rng, UINT64_C(1) << rng_below(rng, 19));

    return n < BYTES_MAX ? n : BYTES_MAX;
}

static enum plan_kind kind_draw(struct rng *rng) {
    static const uint8_t percent[PLAN_KINDS] = {35, 20, 15, 10, 8, 7, 5};
    uint64_t r = rng_below(rng, 100);
    unsigned kind = 0;

    while (r >= percent[kind]) {
        r -= percent[kind];
        kind++;
    }
    return (enum plan_kind)kind;
}

struct plan plan_draw(uint64_t seed, uint32_t number) {
    struct rng rng = net_rng(seed, "plan", number);
    struct plan p = {.seed = seed, .number = number, .kind = kind_draw(&rng)};

    p.client = (int)rng_below(&rng, NET_HOSTS);
    p.server = (int)rng_below(&rng, NET_HOSTS);
    p.v6 = rng_chance(&rng, 500000);
    p.nodelay = rng_chance(&rng, 300000);
    p.bytes[PLAN_UP] = PLAN_HEADER_BYTES + size_draw(&rng);
    p.bytes[PLAN_DOWN] = p.kind == PLAN_ONE_WAY ? 0 : size_draw(&rng);
    p.abort_at = rng_below(&rng, p.bytes[PLAN_UP] + p.bytes[PLAN_DOWN]);
    if (rng_chance(&rng, 300000)) {
        p.rcvbuf_bytes = 2048 + (int64_t)rng_below(&rng, 65536);
    }
    /* A small buffer and a reader that rests: the window closes. */
    if (rng_chance(&rng, p.rcvbuf_bytes > 0 ? 500000 : 50000)) {
        p.pause_at = 1 + rng_below(&rng, 20000);
        p.pause_ns = (inl_dur)(1 + rng_below(&rng, 3000)) * INL_MS;
    }
    p.gap_ns = (inl_dur)rng_below(&rng, 20000) * INL_US;
    for (int dir = 0; dir < 2; dir++) {
        p.chunk_bytes[dir] = 1 + rng_below(&rng, UINT64_C(1) << (4 + rng_below(&rng, 13)));
    }
    return p;
}

/* Mixes 64 bits: every bit of the input moves every bit of the output. */
static uint64_t mix(uint64_t x) {
    x ^= x >> 31;
    x *= UINT64_C(0x7fb5d329728ea185);
    x ^= x >> 27;
    x *= UINT64_C(0x81dadef4bc2dd44d);
    x ^= x >> 33;
    return x;
}

static void header_write(const struct plan *p, uint8_t header[PLAN_HEADER_BYTES]) {
    const uint32_t words[2] = {p->number, p->number ^ HEADER_MASK ^ (uint32_t)p->seed};

    memcpy(header, words, sizeof(words));
}

int64_t plan_header_number(uint64_t seed, const uint8_t header[PLAN_HEADER_BYTES]) {
    uint32_t words[2];

    memcpy(words, header, sizeof(words));
    return words[1] == (words[0] ^ HEADER_MASK ^ (uint32_t)seed) ? (int64_t)words[0] : -1;
}

void plan_bytes(const struct plan *p, enum plan_dir dir, uint64_t off, uint8_t *buf, size_t len) {
    uint64_t key = mix(p->seed * 2 + (uint64_t)dir + 1) ^ mix(UINT64_C(1) << 40 | p->number);
    uint8_t header[PLAN_HEADER_BYTES];
    size_t i = 0;

    header_write(p, header);
    while (i < len && dir == PLAN_UP && off < sizeof(header)) {
        buf[i++] = header[off++];
    }
    while (i < len) {
        uint64_t word = mix(key + off / 8);
        size_t skip = off % 8;
        size_t n = 8 - skip < len - i ? 8 - skip : len - i;

        for (size_t k = 0; k < n; k++) {
            buf[i++] = (uint8_t)(word >> (8 * (skip + k)));
        }
        off += n;
    }
}
