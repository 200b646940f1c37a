/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - the engine's memory: accounting, a limit, and made-up failures
 *
 * Wraps the embedder's allocator. Everything that the engine takes is counted, so a stack has a
 * ceiling that it cannot pass, and a leak shows as used_bytes != 0 at the end. Tests make the
 * n-th allocation fail (mem_fail_after) to walk every error path.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <inlet/alloc.h>

#include <stddef.h>
#include <stdint.h>

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
};

/** mem_init() - @alloc is copied; @limit_bytes 0 means no limit */
void mem_init(struct mem *m, const struct inl_alloc *alloc, size_t limit_bytes);

/** mem_alloc() - @size bytes (> 0), not cleared, or NULL */
void *mem_alloc(struct mem *m, size_t size);

/** mem_zalloc() - @size zero bytes, or NULL */
void *mem_zalloc(struct mem *m, size_t size);

/** mem_free() - gives back @ptr with the size it was asked with; NULL is harmless */
void mem_free(struct mem *m, void *ptr, size_t size);

/** mem_fail_after() - @n allocations succeed, the next one fails, then all is well; < 0: off */
void mem_fail_after(struct mem *m, int64_t n);

#endif
