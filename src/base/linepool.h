/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linepool.h - blocks of one cache line each, side by side in pages
 *
 * A hundred thousand blocks from a general allocator lie in as many places, each across two lines,
 * among whatever else was asked for: the processor's table of pages holds a part of them only. What
 * a packet needs of a table's entry goes into such a line, the rest of the entry anywhere else. A page
 * of 4 KB has 62, and goes when none is in use.
 */
#ifndef BASE_LINEPOOL_H
#define BASE_LINEPOOL_H

#include "base/list.h"
#include "base/mem.h"

#include <stdint.h>

#define LINEPOOL_BYTES PREFETCH_LINE_BYTES

/* A line that is free. */
struct linepool_gap {
    struct linepool_gap *next;
};

/**
 * struct linepool_page - the head of a page
 * @node: in linepool.roomy if a block is free
 * @free: those that were in use and are not
 * @rest: those behind it never were
 * @used: how many are in use
 */
struct linepool_page {
    struct list node;
    struct linepool_gap *free;
    uint8_t *rest;
    uint32_t used;
};

/** struct linepool - pages with room; must not be moved in memory */
struct linepool {
    struct mem *mem;
    struct list roomy;
};

void linepool_init(struct linepool *pool, struct mem *mem);

/** linepool_alloc() - LINEPOOL_BYTES at a multiple of that, not cleared, and the page that is to be
 * named when they are given back; NULL: no memory */
void *linepool_alloc(struct linepool *pool, struct linepool_page **ret_page);
void linepool_free(struct linepool *pool, struct linepool_page *page, void *line);

#endif
