/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socktab.c - sockets and their handles (see socktab.h)
 *
 * Sockets lie in pages of 64; a bitmap tells which places are taken. Pages with room are on a
 * list, so a new socket is found without a search; the array of pages doubles when every number
 * is in use.
 *
 * Invariants: a page exists iff it has a socket; it is on `partial` iff it has room; free_numbers
 * holds exactly the numbers without page.
 */
#include "stack/socktab.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define PAGES_MIN 4

void socktab_init(struct socktab *tab, struct mem *mem, uint32_t max) {
    memset(tab, 0, sizeof(*tab));
    tab->mem = mem;
    tab->max = max;
    list_init(&tab->partial);
}

static void arrays_free(struct socktab *tab) {
    mem_free(tab->mem, tab->pages, tab->room * sizeof(*tab->pages));
    mem_free(tab->mem, tab->free_numbers, tab->room * sizeof(*tab->free_numbers));
    tab->pages = NULL;
    tab->free_numbers = NULL;
    tab->room = 0;
    tab->free_count = 0;
}

void socktab_done(struct socktab *tab) {
    for (uint32_t i = 0; i < tab->room; i++) {
        mem_free(tab->mem, tab->pages[i], sizeof(struct sock_page));
    }
    arrays_free(tab);
}

/* Twice as many page numbers. All old ones are in use. */
static int arrays_grow(struct socktab *tab) {
    uint32_t room = tab->room ? tab->room * 2 : PAGES_MIN;
    struct sock_page **pages = mem_zalloc(tab->mem, room * sizeof(*pages));
    uint32_t *numbers = mem_alloc(tab->mem, room * sizeof(*numbers));
    uint32_t old = tab->room;

    if (!pages || !numbers) {
        mem_free(tab->mem, pages, room * sizeof(*pages));
        mem_free(tab->mem, numbers, room * sizeof(*numbers));
        return -ENOMEM;
    }
    assert(tab->free_count == 0);
    if (old) {
        memcpy(pages, tab->pages, old * sizeof(*pages));
    }
    arrays_free(tab);
    tab->pages = pages;
    tab->free_numbers = numbers;
    tab->room = room;
    for (uint32_t n = room; n > old; n--) {
        tab->free_numbers[tab->free_count++] = n - 1; /* the lowest on top */
    }
    return 0;
}

static int page_new(struct socktab *tab, struct sock_page **ret_page) {
    struct sock_page *page;

    if (tab->free_count == 0) {
        int err = arrays_grow(tab);

        if (err) {
            return err;
        }
    }
    page = mem_alloc(tab->mem, sizeof(*page));
    if (!page) {
        return -ENOMEM;
    }
    page->used = 0;
    for (unsigned i = 0; i < SOCK_PAGE_PLACES; i++) {
        page->places[i].serial = 0; /* the rest is cleared when the place is taken */
    }
    page->number = tab->free_numbers[--tab->free_count];
    tab->pages[page->number] = page;
    list_init(&page->node);
    list_add_tail(&tab->partial, &page->node);
    *ret_page = page;
    return 0;
}

static void page_free(struct socktab *tab, struct sock_page *page) {
    list_del(&page->node);
    tab->pages[page->number] = NULL;
    tab->free_numbers[tab->free_count++] = page->number;
    mem_free(tab->mem, page, sizeof(*page));
    if (tab->free_count == tab->room) {
        arrays_free(tab);
    }
}

int socktab_new(struct socktab *tab, struct sock **ret_sock) {
    struct list *first = list_first(&tab->partial);
    struct sock_page *page = first ? LIST_ENTRY(first, struct sock_page, node) : NULL;
    unsigned place;
    struct sock *s;

    if (tab->count >= tab->max) {
        return -EMFILE;
    }
    if (!page) {
        int err = page_new(tab, &page);

        if (err) {
            return err;
        }
    }
    place = (unsigned)__builtin_ctzll(~page->used);
    page->used |= (uint64_t)1 << place;
    if (page->used == UINT64_MAX) {
        list_del(&page->node);
    }
    s = &page->places[place];
    memset(s, 0, sizeof(*s));
    tab->last_serial = tab->last_serial == SOCK_SERIAL_MAX ? 1 : tab->last_serial + 1;
    s->serial = tab->last_serial;
    s->index = page->number * SOCK_PAGE_PLACES + place;
    tab->count++;
    *ret_sock = s;
    return 0;
}

void socktab_free(struct socktab *tab, struct sock *s) {
    struct sock_page *page = tab->pages[s->index / SOCK_PAGE_PLACES];
    bool was_full = page->used == UINT64_MAX;

    assert(s->serial != 0 && tab->count > 0);
    s->serial = 0;
    page->used &= ~((uint64_t)1 << s->index % SOCK_PAGE_PLACES);
    tab->count--;
    if (was_full) {
        list_add_tail(&tab->partial, &page->node);
    }
    if (page->used == 0) {
        page_free(tab, page);
    }
}

inl_sock socktab_handle(const struct sock *s) {
    return (inl_sock)((uint64_t)s->serial << 32 | s->index);
}

struct sock *socktab_next(const struct socktab *tab, const struct sock *after) {
    uint32_t i = after ? after->index + 1 : 0;

    while (i / SOCK_PAGE_PLACES < tab->room) {
        struct sock_page *page = tab->pages[i / SOCK_PAGE_PLACES];

        if (!page) {
            i = (i / SOCK_PAGE_PLACES + 1) * SOCK_PAGE_PLACES;
        } else if (page->places[i % SOCK_PAGE_PLACES].serial == 0) {
            i++;
        } else {
            return &page->places[i % SOCK_PAGE_PLACES];
        }
    }
    return NULL;
}
