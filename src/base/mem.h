/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.h - the engine's memory: accounting, a limit, and made-up failures
 *
 * Wraps the embedder's allocator. Everything that the engine takes is counted, so a stack has a
 * ceiling that it cannot pass, and a leak shows as used_bytes != 0 at the end. Tests make the
 * n-th allocation fail (mem_fail_after) to walk every error path.
 *
 * Pages of streams and packets come and go with every few segments, in numbers for which general
 * allocators take the slow way. So a few freed blocks of a power of two of bytes are kept for the
 * next one who asks (mem_keep_spares), the last one in first out, since it is still in the cache.
 * They are not "used", and are given back before anybody is refused. What has any size and lives
 * shortly rounds it up to such a power: mem_round().
 *
 * Of pages many more are kept than of the others, since a window's worth goes and comes back with
 * each burst, and an allocator that gives so much back to the system makes it clear every page
 * anew. Those that nobody has asked for go with mem_settle(), which the owner calls now and then.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/prefetch.h"

#include <inlet/alloc.h>

#include <stddef.h>
#include <stdint.h>

#define MEM_SPARE_MIN_BYTES 128
#define MEM_SPARE_BYTES 4096
#define MEM_SPARE_SIZES 6 /* 128, 256, ... 4096 */

/** struct mem_spare - a free block that is kept */
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
 * @spare:       freed blocks by size, kept for the next who wants one
 * @spares:      how many
 * @spares_max:  how many at most of a size
 * @pages_max:   how many at most of the largest size
 * @pages_low:   the fewest that there were of it since the last mem_settle()
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
    struct mem_spare *spare[MEM_SPARE_SIZES];
    uint32_t spares[MEM_SPARE_SIZES];
    uint32_t spares_max;
    uint32_t pages_max;
    uint32_t pages_low;
};

/** mem_init() - @alloc is copied; @limit_bytes 0 means no limit */
void mem_init(struct mem *m, const struct inl_alloc *alloc, size_t limit_bytes);

/** mem_keep_spares() - keeps up to @max freed blocks of each size, of MEM_SPARE_BYTES up to @pages;
 * 0 gives all back */
void mem_keep_spares(struct mem *m, uint32_t max, uint32_t pages);

/** mem_settle() - gives back the spare pages that were not needed since the last call; as many as
 * of other sizes stay */
void mem_settle(struct mem *m);

/** mem_round() - the next size that is kept as a spare, or @size if it is larger than all */
static inline size_t mem_round(size_t size) {
    if (size <= MEM_SPARE_MIN_BYTES) {
        return MEM_SPARE_MIN_BYTES;
    }
    return size > MEM_SPARE_BYTES ? size : (size_t)2 << (63 - __builtin_clzll(size - 1));
}

/** mem_alloc() - @size bytes (> 0), not cleared, or NULL */
void *mem_alloc(struct mem *m, size_t size);

/** mem_zalloc() - @size zero bytes, or NULL */
void *mem_zalloc(struct mem *m, size_t size);

/** mem_free() - gives back @ptr with the size it was asked with; NULL is harmless */
void mem_free(struct mem *m, void *ptr, size_t size);

/** mem_page_alloc() - mem_alloc() of MEM_SPARE_BYTES; short if there is a spare one */
static inline void *mem_page_alloc(struct mem *m) {
    const int list = MEM_SPARE_SIZES - 1;
    struct mem_spare *s = m->spare[list];

    if (!s || m->fail_after >= 0) {
        return mem_alloc(m, MEM_SPARE_BYTES);
    }
    m->spare[list] = s->next;
    m->spares[list]--;
    m->pages_low = m->spares[list] < m->pages_low ? m->spares[list] : m->pages_low;
    m->used_bytes += MEM_SPARE_BYTES;
    m->peak_bytes = m->used_bytes > m->peak_bytes ? m->used_bytes : m->peak_bytes;
    m->blocks++;
    m->allocs++;
    return s;
}

/** mem_page_free() - mem_free() of such a page, which is not NULL */
static inline void mem_page_free(struct mem *m, void *page) {
    const int list = MEM_SPARE_SIZES - 1;
    struct mem_spare *s = page;

    if (m->spares[list] >= m->pages_max) {
        mem_free(m, page, MEM_SPARE_BYTES);
        return;
    }
    s->next = m->spare[list];
    m->spare[list] = s;
    m->spares[list]++;
    m->used_bytes -= MEM_SPARE_BYTES;
    m->blocks--;
}

/** mem_quick_alloc() - mem_alloc() of what mem_round() gave; short if there is a spare one */
static inline void *mem_quick_alloc(struct mem *m, size_t size) {
    unsigned list = (unsigned)__builtin_ctzll(size / MEM_SPARE_MIN_BYTES);
    struct mem_spare *s = size < MEM_SPARE_BYTES ? m->spare[list] : NULL;

    if (!s || m->fail_after >= 0) {
        return mem_alloc(m, size);
    }
    m->spare[list] = s->next;
    prefetch_line(s->next); /* for the next call: it may not have been touched for long */
    m->spares[list]--;
    m->used_bytes += size;
    m->peak_bytes = m->used_bytes > m->peak_bytes ? m->used_bytes : m->peak_bytes;
    m->blocks++;
    m->allocs++;
    return s;
}

/** mem_quick_free() - mem_free() of such a block, which is not NULL */
static inline void mem_quick_free(struct mem *m, void *ptr, size_t size) {
    unsigned list = (unsigned)__builtin_ctzll(size / MEM_SPARE_MIN_BYTES);
    struct mem_spare *s = ptr;

    if (size >= MEM_SPARE_BYTES || m->spares[list] >= m->spares_max) {
        mem_free(m, ptr, size);
        return;
    }
    s->next = m->spare[list];
    m->spare[list] = s;
    m->spares[list]++;
    m->used_bytes -= size;
    m->blocks--;
}

/**
 * mem_copy() - memcpy(), by the C library's routine. Where a compiler sees that a length has a
 * bound it copies in line, word by word, which for a page takes longer.
 */
void mem_copy(void *dst, const void *src, size_t size);

/** mem_fail_after() - @n allocations succeed, the next one fails, then all is well; < 0: off */
void mem_fail_after(struct mem *m, int64_t n);

#endif
