/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * alloc.h - where the engine's memory comes from
 *
 * The engine never calls malloc: the embedder hands it two functions. Sizes are given back at
 * free, so that a pool or arena needs no header per block.
 */
#ifndef INLET_ALLOC_H
#define INLET_ALLOC_H

#include <stddef.h>

/**
 * struct inl_alloc - the embedder's allocator
 * @alloc: returns @size bytes aligned for any type, or NULL. Contents need not be zero.
 * @free:  takes back a block from @alloc, with the size that was asked for. Never sees NULL.
 * @ctx:   handed to both unchanged.
 */
struct inl_alloc {
    void *(*alloc)(void *ctx, size_t size);
    void (*free)(void *ctx, void *ptr, size_t size);
    void *ctx;
};

#endif
