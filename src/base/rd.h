/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rd.h - bounded reader over untrusted bytes
 *
 * A reader holds what is left of a byte range. Reading past the end gives 0 (or NULL, or an
 * empty sub-reader), sets `bad`, and empties the reader, so that all later reads give 0 too:
 * a parser reads all its fields and tests `bad` once. A length found in the bytes is never
 * subtracted from another: it becomes a sub-reader, which cannot reach beyond its parent.
 *
 * Invariant: p <= end; bad implies p == end.
 */
#ifndef BASE_RD_H
#define BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct rd - a reader
 * @p:   next byte
 * @end: one past the last byte
 * @bad: something beyond the end was asked for
 */
struct rd {
    const uint8_t *p;
    const uint8_t *end;
    bool bad;
};

/** rd_init() - reader over @len bytes at @p; @p may be NULL if @len is 0. Borrows the bytes. */
static inline struct rd rd_init(const void *p, size_t len) {
    const uint8_t *b = p;

    return (struct rd){b, len ? b + len : b, false};
}

/** rd_left() - bytes that are left; 0 when bad */
static inline size_t rd_left(const struct rd *r) {
    return (size_t)(r->end - r->p);
}

/** rd_ptr() - where the next byte lies; only for remembering places, not for reading */
static inline const uint8_t *rd_ptr(const struct rd *r) {
    return r->p;
}

/** rd_take() - consumes @n bytes and returns where they lie, or NULL when fewer are left */
static inline const uint8_t *rd_take(struct rd *r, size_t n) {
    const uint8_t *p = r->p;

    if (r->bad || n > rd_left(r)) {
        r->bad = true;
        r->p = r->end;
        return NULL;
    }
    if (n) {
        r->p += n;
    }
    return p;
}

/** rd_skip() - consumes @n bytes; false when fewer are left */
static inline bool rd_skip(struct rd *r, size_t n) {
    (void)rd_take(r, n);
    return !r->bad;
}

/* Fields of a piece that rd_take() gave: for headers of a fixed size, with one test for all. */
static inline uint16_t rd_load16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t rd_load32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint8_t rd_u8(struct rd *r) {
    const uint8_t *p = rd_take(r, 1);

    return p ? p[0] : 0;
}

static inline uint16_t rd_be16(struct rd *r) {
    const uint8_t *p = rd_take(r, 2);

    return p ? rd_load16(p) : 0;
}

static inline uint32_t rd_be24(struct rd *r) {
    const uint8_t *p = rd_take(r, 3);

    return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t rd_be32(struct rd *r) {
    const uint8_t *p = rd_take(r, 4);

    return p ? rd_load32(p) : 0;
}

static inline uint64_t rd_be64(struct rd *r) {
    const uint8_t *p = rd_take(r, 8);
    uint64_t v = 0;

    if (p) {
        for (int i = 0; i < 8; i++) {
            v = v << 8 | p[i];
        }
    }
    return v;
}

/** rd_copy() - copies @n bytes to @dst; when fewer are left @dst becomes zero, and false */
static inline bool rd_copy(struct rd *r, void *dst, size_t n) {
    const uint8_t *p = rd_take(r, n);

    if (r->bad) {
        memset(dst, 0, n);
        return false;
    }
    if (n) {
        memcpy(dst, p, n);
    }
    return true;
}

/**
 * rd_sub() - consumes @n bytes and returns a reader over just them
 *
 * When fewer are left both this reader and the returned one are bad (and empty).
 */
static inline struct rd rd_sub(struct rd *r, size_t n) {
    const uint8_t *p = rd_take(r, n);

    if (r->bad) {
        return (struct rd){r->end, r->end, true};
    }
    return rd_init(p, n);
}

/** rd_rest() - consumes all that is left and returns a reader over it */
static inline struct rd rd_rest(struct rd *r) {
    return rd_sub(r, rd_left(r));
}

#endif
