/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz.h - what the fuzz targets share
 *
 * A target is one function over bytes. libFuzzer calls it with inputs of its own making;
 * replay.c calls it with the files of a corpus, so the same code also is an ordinary test. A
 * target copies its input into a block of exactly that size, parses it and, if it was accepted,
 * writes it again: what comes out must mean the same.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <inlet/malloc.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rd.h"
#include "base/text.h"
#include "base/wr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert(), but in every build, so that no build of a target can be blind */
#define FUZZ_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond);                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A copy in a block of exactly its size; the caller frees it */
static inline uint8_t *fuzz_exact(const uint8_t *data, size_t size) {
    uint8_t *p = malloc(size ? size : 1);

    FUZZ_CHECK(p);
    if (size) {
        memcpy(p, data, size);
    }
    return size ? p : p + 1; /* an empty input: not even the one byte may be read */
}

static inline void fuzz_exact_free(uint8_t *p, size_t size) {
    free(size ? p : p - 1);
}

/* Text goes into a buffer too small for most, and must end within it */
static inline struct text fuzz_text(char *buf, size_t cap) {
    memset(buf, 0x7e, cap);
    return text_init(buf, cap);
}

static inline void fuzz_text_check(const struct text *t) {
    FUZZ_CHECK(t->len < t->cap);
    FUZZ_CHECK(memchr(t->buf, 0, t->cap) == t->buf + t->len);
}

/*
 * What streams carry: a pattern made once, whose period is prime, so that no power of two shifts it
 * onto itself. From the place returned on, FUZZ_STREAM_RUN bytes go on as the stream does.
 */
#define FUZZ_STREAM_PERIOD 65521u
#define FUZZ_STREAM_RUN 65536u

static inline const uint8_t *fuzz_stream(uint64_t off) {
    static uint8_t pattern[FUZZ_STREAM_PERIOD + FUZZ_STREAM_RUN];
    static bool made;

    for (uint32_t i = 0; !made && i < sizeof(pattern); i++) {
        pattern[i] = (uint8_t)(i % FUZZ_STREAM_PERIOD * 2246822519u >> 16);
    }
    made = true;
    return pattern + off % FUZZ_STREAM_PERIOD;
}

static inline bool fuzz_same_bytes(struct rd a, struct rd b) {
    return rd_left(&a) == rd_left(&b) &&
           (rd_left(&a) == 0 || memcmp(rd_ptr(&a), rd_ptr(&b), rd_left(&a)) == 0);
}

#endif
