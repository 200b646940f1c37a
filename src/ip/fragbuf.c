/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragbuf.c - the buffer that a datagram is put together in (see fragbuf.h)
 */
#include "ip/fragbuf.h"

#include <string.h>

#define BLOCK_BYTES 8u
#define WORD_BYTES 512u /* octets that a word of a bitmap stands for */
#define ROOM_BYTES 128u /* enough for all headers but odd ones */

static uint64_t *buf_starts(const struct fragbuf *b) {
    return b->map + b->words;
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
        .words = (cap_bytes + WORD_BYTES - 1) / WORD_BYTES,
        .room = hdr_bytes <= ROOM_BYTES ? ROOM_BYTES : (hdr_bytes + 7) & ~(size_t)7,
    };
}

/* Small ones come and go with each datagram: they have a size of which spare blocks are kept. */
static bool is_small(size_t bytes) {
    return bytes <= MEM_SPARE_BYTES / 2;
}

size_t fragbuf_bytes(const struct fragbuf *b) {
    size_t bytes = b->words * (2 * sizeof(uint64_t) + WORD_BYTES) + b->room;

    return is_small(bytes) ? mem_round(bytes) : bytes;
}

static void *block_new(struct mem *mem, size_t bytes) {
    return is_small(bytes) ? mem_quick_alloc(mem, bytes) : mem_alloc(mem, bytes);
}

static void block_free(struct mem *mem, void *block, size_t bytes) {
    if (is_small(bytes)) {
        mem_quick_free(mem, block, bytes);
    } else {
        mem_free(mem, block, bytes);
    }
}

size_t fragbuf_cap(const struct fragbuf *b) {
    return b->map ? b->words * WORD_BYTES : 0;
}

uint8_t *fragbuf_data(const struct fragbuf *b) {
    return (uint8_t *)(b->map + 2 * b->words) + b->room;
}

bool fragbuf_grow(struct mem *mem, struct fragbuf *b, const struct fragbuf *plan, size_t hdr_len,
                  size_t end) {
    struct fragbuf to = *plan;

    to.map = block_new(mem, fragbuf_bytes(&to));
    if (!to.map) {
        return false;
    }
    memset(to.map, 0, to.words * 2 * sizeof(uint64_t));
    if (b->map) {
        memcpy(to.map, b->map, b->words * sizeof(uint64_t));
        memcpy(buf_starts(&to), buf_starts(b), b->words * sizeof(uint64_t));
        memcpy(fragbuf_data(&to) - hdr_len, fragbuf_data(b) - hdr_len, hdr_len + end);
        fragbuf_free(mem, b);
    }
    *b = to;
    return true;
}

void fragbuf_free(struct mem *mem, struct fragbuf *b) {
    if (b->map) {
        block_free(mem, b->map, fragbuf_bytes(b));
    }
    *b = (struct fragbuf){0};
}

enum fragbuf_look fragbuf_look(const struct fragbuf *b, size_t off, const uint8_t *p, size_t len) {
    size_t from = off / BLOCK_BYTES;
    size_t to = (off + len + BLOCK_BYTES - 1) / BLOCK_BYTES;
    size_t there = map_count(b->map, from, to);

    if (there == 0) {
        return FRAGBUF_FREE;
    }
    if (there != to - from || !map_get(buf_starts(b), from) ||
        map_count(buf_starts(b), from + 1, to) > 0) {
        return FRAGBUF_OVERLAP; /* of several fragments, or part of one */
    }
    if (to < b->words * 64 && map_get(b->map, to) && !map_get(buf_starts(b), to)) {
        return FRAGBUF_OVERLAP; /* that one was longer */
    }
    return memcmp(fragbuf_data(b) + off, p, len) == 0 ? FRAGBUF_SAME : FRAGBUF_OVERLAP;
}

void fragbuf_put(struct fragbuf *b, size_t off, const uint8_t *p, size_t len) {
    size_t from = off / BLOCK_BYTES;

    memcpy(fragbuf_data(b) + off, p, len);
    map_set(b->map, from, (off + len + BLOCK_BYTES - 1) / BLOCK_BYTES);
    map_set(buf_starts(b), from, from + 1);
}
