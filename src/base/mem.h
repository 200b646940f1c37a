/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - the engine's memory: accounting, a limit, and made-up failures
 *
 * Wraps the embedder's allocator. Everything that the engine takes is counted, so a stack has a
 * ceiling that it cannot pass, and a leak shows as used_bytes != 0 at the end. Tests make the
 * n-th allocation fail (mem_fail_after) to walk every error path.
 *
 * Pages of streams come and go with every few segments, and they are of a size for which general
 * allocators take the slow way. So a few freed blocks of MEM_SPARE_BYTES are kept for the next
 * one who asks (mem_keep_spares). They are not "used", and are given back before anybody is
 * refused.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <inlet/alloc.h>

#include <stddef.h>
#include <stdint.h>

#define MEM_SPARE_BYTES 4096

/** struct mem_spare - a free block of MEM_SPARE_BYTES that is kept */
struct mem_spare {
    struct mem_spare *next;
};

/**
 * struct mem - accounting allocator
 * @alloc:       the embedder's functions (copied)
 * @limit_bytes: used_bytes never exceeds it; SIZE_MAX for none
 * @used_bytes:  allocated and not yet freed
 * @peak_bytes:  highest used_bytes ever
 * @blocks:      number of allocated blocks
 * @allocs:      successful allocations ever
 * @fails:       allocations refused, for whatever reason
 * @fail_after:  allocations until a made-up failure; negative for none
 * @spare:       freed blocks of MEM_SPARE_BYTES, kept for the next who wants one
 * @spares:      how many
 * @spares_max:  how many at most
 */
struct mem {
    struct inl_alloc alloc;
    size_t limit_bytes;
    size_t used_bytes;
    size_t peak_bytes;
    uint64_t blocks;
    uint64_t allocs;
    uint64_t fails;
    int64_t fail_after;
    struct mem_spare *spare;
    uint32_t spares;
    uint32_t spares_max;
};

/** mem_init() - @alloc is copied; @limit_bytes 0 means no limit */
void mem_init(struct mem *m, const struct inl_alloc *alloc, size_t limit_bytes);

/** mem_keep_spares() - keeps up to @max freed blocks of MEM_SPARE_BYTES; 0 gives all back */
void mem_keep_spares(struct mem *m, uint32_t max);

/** mem_alloc() - @size bytes (> 0), not cleared, or NULL */
void *mem_alloc(struct mem *m, size_t size);

/** mem_zalloc() - @size zero bytes, or NULL */
void *mem_zalloc(struct mem *m, size_t size);

/** mem_free() - gives back @ptr with the size it was asked with; NULL is harmless */
void mem_free(struct mem *m, void *ptr, size_t size);

/** mem_fail_after() - @n allocations succeed, the next one fails, then all is well; < 0: off */
void mem_fail_after(struct mem *m, int64_t n);

#endif
