/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wr.h - bounded writer of wire bytes
 *
 * The reader's counterpart: writes that do not fit are not done at all, set `bad`, and make all
 * later writes fail. An emitter writes everything and tests `bad` once.
 *
 * Invariant: start <= p <= end; bytes in [start, p) are written.
 */
#ifndef BASE_WR_H
#define BASE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct wr - a writer
 * @start: first byte of the buffer
 * @p:     where the next byte goes
 * @end:   one past the buffer
 * @bad:   something did not fit
 */
struct wr {
    uint8_t *start;
    uint8_t *p;
    uint8_t *end;
    bool bad;
};

/** wr_init() - writer into @cap bytes at @buf, which it borrows; @buf may be NULL if @cap is 0 */
static inline struct wr wr_init(void *buf, size_t cap) {
    uint8_t *b = buf;

    return (struct wr){b, b, cap ? b + cap : b, false};
}

/** wr_len() - bytes written so far */
static inline size_t wr_len(const struct wr *w) {
    return (size_t)(w->p - w->start);
}

/** wr_left() - bytes that still fit; 0 when bad */
static inline size_t wr_left(const struct wr *w) {
    return w->bad ? 0 : (size_t)(w->end - w->p);
}

/** wr_take() - reserves @n bytes for the caller to fill; NULL (and bad) when they do not fit */
static inline uint8_t *wr_take(struct wr *w, size_t n) {
    uint8_t *p = w->p;

    if (n > wr_left(w) || w->bad) {
        w->bad = true;
        return NULL;
    }
    if (n) {
        w->p += n;
    }
    return p;
}

/* Fields of a piece that wr_take() gave: for headers of a fixed size, with one test for all. */
static inline void wr_store16(uint8_t *p, uint16_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void wr_store32(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void wr_u8(struct wr *w, uint8_t v) {
    uint8_t *p = wr_take(w, 1);

    if (p) {
        p[0] = v;
    }
}

static inline void wr_be16(struct wr *w, uint16_t v) {
    uint8_t *p = wr_take(w, 2);

    if (p) {
        wr_store16(p, v);
    }
}

/** wr_be24() - the low 24 bits of @v */
static inline void wr_be24(struct wr *w, uint32_t v) {
    uint8_t *p = wr_take(w, 3);

    if (p) {
        p[0] = (uint8_t)(v >> 16);
        p[1] = (uint8_t)(v >> 8);
        p[2] = (uint8_t)v;
    }
}

static inline void wr_be32(struct wr *w, uint32_t v) {
    uint8_t *p = wr_take(w, 4);

    if (p) {
        wr_store32(p, v);
    }
}

static inline void wr_be64(struct wr *w, uint64_t v) {
    uint8_t *p = wr_take(w, 8);

    if (p) {
        for (int i = 0; i < 8; i++) {
            p[i] = (uint8_t)(v >> (56 - 8 * i));
        }
    }
}

/** wr_put() - appends @n bytes from @src; all or nothing */
static inline void wr_put(struct wr *w, const void *src, size_t n) {
    uint8_t *p = wr_take(w, n);

    if (p && n) {
        memcpy(p, src, n);
    }
}

/** wr_zero() - appends @n zero bytes; all or nothing */
static inline void wr_zero(struct wr *w, size_t n) {
    uint8_t *p = wr_take(w, n);

    if (p && n) {
        memset(p, 0, n);
    }
}

/** wr_set_u8() - overwrites the byte at @off from the start; bad if not yet written */
static inline void wr_set_u8(struct wr *w, size_t off, uint8_t v) {
    if (off >= wr_len(w)) {
        w->bad = true;
        return;
    }
    w->start[off] = v;
}

/** wr_set_be16() - overwrites two bytes at @off from the start; bad if not yet written */
static inline void wr_set_be16(struct wr *w, size_t off, uint16_t v) {
    if (wr_len(w) < 2 || off > wr_len(w) - 2) {
        w->bad = true;
        return;
    }
    w->start[off] = (uint8_t)(v >> 8);
    w->start[off + 1] = (uint8_t)v;
}

#endif
