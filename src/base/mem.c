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

void *mem_alloc(struct mem *m, size_t size) {
    void *p = NULL;

    assert(size > 0);
    if (!fault_is_due(m) && size <= m->limit_bytes - m->used_bytes) {
        p = m->alloc.alloc(m->alloc.ctx, size);
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
    if (!ptr) {
        return;
    }
    assert(size <= m->used_bytes && m->blocks > 0);
    m->used_bytes -= size;
    m->blocks--;
    m->alloc.free(m->alloc.ctx, ptr, size);
}

void mem_fail_after(struct mem *m, int64_t n) {
    m->fail_after = n;
}
