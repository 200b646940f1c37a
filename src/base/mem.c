/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem.c - accounting allocator (see mem.h)
 */
#include "base/mem.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

void mem_init(struct mem *m, const struct inl_alloc *alloc, size_t limit_bytes) {
    *m = (struct mem){
        .alloc = *alloc,
        .limit_bytes = limit_bytes ? limit_bytes : SIZE_MAX,
        .fail_after = -1,
    };
}

static inline bool fault_is_due(struct mem *m) {
    if (m->fail_after < 0) {
        return false;
    }
    return m->fail_after-- == 0;
}

/* ---- spare blocks ---- */

/* The list for blocks of that size, or -1. */
static inline int spare_list(size_t size) {
    if (size < MEM_SPARE_MIN_BYTES || size > MEM_SPARE_BYTES || (size & (size - 1)) != 0) {
        return -1;
    }
    return __builtin_ctzll(size) - __builtin_ctzll(MEM_SPARE_MIN_BYTES);
}

#define PAGES (MEM_SPARE_SIZES - 1) /* the list of the largest */

static inline uint32_t spare_max(const struct mem *m, int list) {
    return list == PAGES ? m->pages_max : m->spares_max;
}

static inline void *spare_take(struct mem *m, int list) {
    struct mem_spare *s = m->spare[list];

    assert(s); /* m->spares counts them */
    m->spare[list] = s->next;
    m->spares[list]--;
    if (list == PAGES && m->spares[list] < m->pages_low) {
        m->pages_low = m->spares[list];
    }
    return s;
}

static inline void spare_put(struct mem *m, int list, void *ptr) {
    struct mem_spare *s = ptr;

    s->next = m->spare[list];
    m->spare[list] = s;
    m->spares[list]++;
}

static size_t spare_bytes(const struct mem *m) {
    size_t bytes = 0;

    for (int list = 0; list < MEM_SPARE_SIZES; list++) {
        bytes += (size_t)m->spares[list] * MEM_SPARE_MIN_BYTES << list;
    }
    return bytes;
}

static void spares_cut(struct mem *m, int list, uint32_t max) {
    while (m->spares[list] > max) {
        m->alloc.free(m->alloc.ctx, spare_take(m, list), (size_t)MEM_SPARE_MIN_BYTES << list);
    }
}

void mem_keep_spares(struct mem *m, uint32_t max, uint32_t pages) {
    m->spares_max = max;
    m->pages_max = pages;
    for (int list = 0; list < MEM_SPARE_SIZES; list++) {
        spares_cut(m, list, spare_max(m, list));
    }
}

void mem_settle(struct mem *m) {
    uint32_t needed = m->spares[PAGES] - m->pages_low;

    spares_cut(m, PAGES, needed > m->spares_max ? needed : m->spares_max);
    m->pages_low = m->spares[PAGES];
}

/* Gives the spares back so that somebody else can have the memory. False if there were none. */
static bool spares_flush(struct mem *m) {
    bool any = spare_bytes(m) > 0;

    for (int list = 0; list < MEM_SPARE_SIZES; list++) {
        spares_cut(m, list, 0);
    }
    return any;
}

/* ---- blocks ---- */

/* With what is held but not used, the limit holds too. */
static bool limit_allows(struct mem *m, size_t size) {
    size_t left = m->limit_bytes - m->used_bytes;

    if (size > left) {
        return false;
    }
    return size <= left - spare_bytes(m) || spares_flush(m);
}

/* A block that is not a spare. */
static void *block_get(struct mem *m, size_t size) {
    void *p;

    if (!limit_allows(m, size)) {
        return NULL;
    }
    p = m->alloc.alloc(m->alloc.ctx, size);
    return !p && spares_flush(m) ? m->alloc.alloc(m->alloc.ctx, size) : p;
}

void *mem_alloc(struct mem *m, size_t size) {
    int list = spare_list(size);
    void *p;

    assert(size > 0);
    if (fault_is_due(m)) {
        p = NULL;
    } else {
        p = list >= 0 && m->spare[list] ? spare_take(m, list) : block_get(m, size);
    }
    if (!p) {
        m->fails++;
        return NULL;
    }
    m->used_bytes += size;
    if (m->used_bytes > m->peak_bytes) {
        m->peak_bytes = m->used_bytes;
    }
    m->blocks++;
    m->allocs++;
    return p;
}

void *mem_zalloc(struct mem *m, size_t size) {
    void *p = mem_alloc(m, size);

    if (p) {
        memset(p, 0, size);
    }
    return p;
}

void mem_free(struct mem *m, void *ptr, size_t size) {
    int list = spare_list(size);

    if (!ptr) {
        return;
    }
    assert(size <= m->used_bytes && m->blocks > 0);
    m->used_bytes -= size;
    m->blocks--;
    if (list >= 0 && m->spares[list] < spare_max(m, list)) {
        spare_put(m, list, ptr);
        return;
    }
    m->alloc.free(m->alloc.ctx, ptr, size);
}

/* Longer pieces many a C library copies by the processor's string instruction, which some are slow at
 * where both sides lie at about the same place of their pages, as streams do. */
#define COPY_BYTES 2048

void mem_copy(void *dst, const void *src, size_t size) {
    uint8_t *d = dst;
    const uint8_t *s = src;

    for (; size > COPY_BYTES; d += COPY_BYTES, s += COPY_BYTES, size -= COPY_BYTES) {
        memcpy(d, s, COPY_BYTES);
    }
    memcpy(d, s, size);
}

void mem_fail_after(struct mem *m, int64_t n) {
    m->fail_after = n;
}
