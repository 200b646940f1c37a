/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * linepool.c - blocks of one cache line (see linepool.h)
 *
 * A page is a block of MEM_SPARE_BYTES. Allocators align less than to a line, so the lines begin at
 * the first line behind the head, and what is lost of the page is a line and a half.
 */
#include "base/linepool.h"

#include <assert.h>

#define OF_PAGE ((MEM_SPARE_BYTES - sizeof(struct linepool_page)) / LINEPOOL_BYTES - 1)

static uint8_t *first_block(struct linepool_page *page) {
    uint8_t *p = (uint8_t *)(page + 1);

    return p + (LINEPOOL_BYTES - (uintptr_t)p % LINEPOOL_BYTES) % LINEPOOL_BYTES;
}

void linepool_init(struct linepool *pool, struct mem *mem) {
    pool->mem = mem;
    list_init(&pool->roomy);
}

static struct linepool_page *page_new(struct linepool *pool) {
    struct linepool_page *page = mem_page_alloc(pool->mem);

    if (page) {
        *page = (struct linepool_page){.rest = first_block(page)};
        list_add_tail(&pool->roomy, &page->node);
    }
    return page;
}

void *linepool_alloc(struct linepool *pool, struct linepool_page **ret_page) {
    struct linepool_page *page =
        list_empty(&pool->roomy) ? page_new(pool)
                                 : LIST_ENTRY(list_first(&pool->roomy), struct linepool_page, node);
    void *line;

    if (!page) {
        return NULL;
    }
    if (page->free) {
        line = page->free;
        page->free = page->free->next;
    } else {
        line = page->rest;
        page->rest += LINEPOOL_BYTES;
    }
    if (++page->used == OF_PAGE) {
        list_del(&page->node);
    }
    *ret_page = page;
    return line;
}

void linepool_free(struct linepool *pool, struct linepool_page *page, void *line) {
    struct linepool_gap *gap = line;

    assert(page->used > 0);
    gap->next = page->free;
    page->free = gap;
    if (page->used-- == OF_PAGE) {
        list_add_tail(&pool->roomy, &page->node);
    }
    if (page->used == 0) {
        list_del(&page->node);
        mem_page_free(pool->mem, page);
    }
}
