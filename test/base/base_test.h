/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * base_test.h - what the tests of the base layer share
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <inlet/malloc.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/rng.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* An accounting allocator over malloc, so that ASan sees every block */
static inline struct mem test_mem(size_t limit_bytes) {
    const struct inl_alloc alloc = inl_malloc();
    struct mem m;

    mem_init(&m, &alloc, limit_bytes);
    return m;
}

static inline struct rng test_rng(uint64_t seed) {
    uint8_t key[16] = {0};
    struct rng g;

    for (int i = 0; i < 8; i++) {
        key[i] = (uint8_t)(seed >> (8 * i));
    }
    rng_init(&g, key);
    return g;
}

/* Copies bytes into a block of exactly their size: one step too far is an ASan error */
static inline uint8_t *exact(const void *src, size_t len) {
    uint8_t *p = malloc(len);

    if (len) {
        memcpy(p, src, len);
    }
    return p;
}

#endif
