/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragbuf.c - the buffer that a datagram is put together in (see fragbuf.h)
 */
#include "ip/fragbuf.h"

#include <string.h>

#define BLOCK_BYTES 8u
#define WORD_BYTES 512u /* octets that a word of a bitmap stands for */
#define ROOM_BYTES 128u /* enough for all headers but odd ones */

/* Words of each bitmap. */
static size_t words_of(const struct fragbuf *b) {
    return (b->cap + WORD_BYTES - 1) / WORD_BYTES;
}

static uint64_t *buf_starts(const struct fragbuf *b) {
    return b->map + words_of(b);
}

/* The bits of [a, b) that lie in word w; a < b, and they do not miss each other. */
static uint64_t map_mask(size_t w, size_t a, size_t b) {
    size_t lo = w * 64 > a ? 0 : a - w * 64;
    size_t hi = w * 64 + 64 < b ? 64 : b - w * 64;

    return (hi == 64 ? UINT64_MAX : ((uint64_t)1 << hi) - 1) & ~(((uint64_t)1 << lo) - 1);
}

static size_t bits_of(uint64_t x) {
    size_t n = 0;

    for (; x != 0; x &= x - 1) {
        n++;
    }
    return n;
}

static size_t map_count(const uint64_t *map, size_t a, size_t b) {
    size_t n = 0;

    for (size_t w = a / 64; a < b && w * 64 < b; w++) {
        n += bits_of(map[w] & map_mask(w, a, b));
    }
    return n;
}

static void map_set(uint64_t *map, size_t a, size_t b) {
    for (size_t w = a / 64; w * 64 < b; w++) {
        map[w] |= map_mask(w, a, b);
    }
}

static bool map_get(const uint64_t *map, size_t i) {
    return map[i / 64] >> (i % 64) & 1;
}

struct fragbuf fragbuf_plan(size_t cap_bytes, size_t hdr_bytes) {
    return (struct fragbuf){
        .cap = (uint32_t)(cap_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES,
        .room = hdr_bytes == 0 ? ROOM_BYTES : ((uint32_t)hdr_bytes + 7) & ~7u,
    };
}

size_t fragbuf_bytes(const struct fragbuf *b) {
    return words_of(b) * 2 * sizeof(uint64_t) + b->room + b->cap;
}

uint8_t *fragbuf_data(const struct fragbuf *b) {
    return (uint8_t *)(b->map + 2 * words_of(b)) + b->room;
}

void fragbuf_at(struct fragbuf *b, void *block) {
    b->map = block;
    memset(block, 0, words_of(b) * 2 * sizeof(uint64_t));
}

void fragbuf_move(struct fragbuf *to, const struct fragbuf *from, size_t hdr_len, size_t end) {
    memcpy(to->map, from->map, words_of(from) * sizeof(uint64_t));
    memcpy(buf_starts(to), buf_starts(from), words_of(from) * sizeof(uint64_t));
    memcpy(fragbuf_data(to) - hdr_len, fragbuf_data(from) - hdr_len, hdr_len + end);
}

enum fragbuf_look fragbuf_look(const struct fragbuf *b, size_t off, const uint8_t *p, size_t len) {
    size_t from = off / BLOCK_BYTES;
    size_t to = (off + len + BLOCK_BYTES - 1) / BLOCK_BYTES;
    size_t end = b->cap / BLOCK_BYTES;
    size_t there = map_count(b->map, from, to < end ? to : end);

    if (there == 0) {
        return FRAGBUF_FREE;
    }
    if (there != to - from || !map_get(buf_starts(b), from) ||
        map_count(buf_starts(b), from + 1, to) > 0) {
        return FRAGBUF_OVERLAP; /* of several fragments, or part of one */
    }
    if (to < end && map_get(b->map, to) && !map_get(buf_starts(b), to)) {
        return FRAGBUF_OVERLAP; /* that one was longer */
    }
    return memcmp(fragbuf_data(b) + off, p, len) == 0 ? FRAGBUF_SAME : FRAGBUF_OVERLAP;
}

void fragbuf_put_last(const struct fragbuf *b, size_t off, const uint8_t *p, size_t len) {
    memcpy(fragbuf_data(b) + off, p, len);
}

void fragbuf_put(struct fragbuf *b, size_t off, const uint8_t *p, size_t len) {
    size_t from = off / BLOCK_BYTES;

    fragbuf_put_last(b, off, p, len);
    map_set(b->map, from, (off + len + BLOCK_BYTES - 1) / BLOCK_BYTES);
    map_set(buf_starts(b), from, from + 1);
}
