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

static bool fault_is_due(struct mem *m) {
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

static void *spare_take(struct mem *m, int list) {
    struct mem_spare *s = m->spare[list];

    assert(s); /* m->spares counts them */
    m->spare[list] = s->next;
    m->spares[list]--;
    m->spare_bytes -= (size_t)MEM_SPARE_MIN_BYTES << list;
    return s;
}

static void spare_put(struct mem *m, int list, void *ptr) {
    struct mem_spare *s = ptr;

    s->next = m->spare[list];
    m->spare[list] = s;
    m->spares[list]++;
    m->spare_bytes += (size_t)MEM_SPARE_MIN_BYTES << list;
}

void mem_keep_spares(struct mem *m, uint32_t max) {
    m->spares_max = max;
    for (int list = 0; list < MEM_SPARE_SIZES; list++) {
        while (m->spares[list] > max) {
            m->alloc.free(m->alloc.ctx, spare_take(m, list), (size_t)MEM_SPARE_MIN_BYTES << list);
        }
    }
}

/* Gives the spares back so that somebody else can have the memory. False if there were none. */
static bool spares_flush(struct mem *m) {
    uint32_t max = m->spares_max;
    bool any = m->spare_bytes > 0;

    mem_keep_spares(m, 0);
    m->spares_max = max;
    return any;
}

/* ---- blocks ---- */

/* With what is held but not used, the limit holds too. */
static bool limit_allows(struct mem *m, size_t size) {
    size_t left = m->limit_bytes - m->used_bytes;

    if (size > left) {
        return false;
    }
    return size <= left - m->spare_bytes || spares_flush(m);
}

static void *block_get(struct mem *m, size_t size) {
    int list = spare_list(size);
    void *p;

    if (list >= 0 && m->spare[list]) {
        return spare_take(m, list);
    }
    if (!limit_allows(m, size)) {
        return NULL;
    }
    p = m->alloc.alloc(m->alloc.ctx, size);
    return !p && spares_flush(m) ? m->alloc.alloc(m->alloc.ctx, size) : p;
}

void *mem_alloc(struct mem *m, size_t size) {
    void *p;

    assert(size > 0);
    p = fault_is_due(m) ? NULL : block_get(m, size);
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
    if (list >= 0 && m->spares[list] < m->spares_max) {
        spare_put(m, list, ptr);
        return;
    }
    m->alloc.free(m->alloc.ctx, ptr, size);
}

void mem_fail_after(struct mem *m, int64_t n) {
    m->fail_after = n;
}
