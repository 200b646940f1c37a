/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc.h - an allocator for those who have a C library: malloc() and free()
 *
 * Not part of inlet.h, which asks for no more than a freestanding compiler has.
 */
#ifndef INLET_MALLOC_H
#define INLET_MALLOC_H

#include <inlet/alloc.h>

#include <stdlib.h>

static inline void *inl_malloc_alloc(void *ctx, size_t size) {
    (void)ctx;
    return malloc(size);
}

static inline void inl_malloc_free(void *ctx, void *ptr, size_t size) {
    (void)ctx;
    (void)size;
    free(ptr);
}

/* For struct inl_config and struct inl_world_config; needs no ctx and keeps no state. */
static inline struct inl_alloc inl_malloc(void) {
    struct inl_alloc alloc = {inl_malloc_alloc, inl_malloc_free, NULL};

    return alloc;
}

#endif
