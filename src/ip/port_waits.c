/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port_waits.c - bindings that only TIME-WAIT holds, half a byte each
 *
 * A client that opens and closes many connections leaves a port in TIME-WAIT for each, and a
 * struct port_bind with its bucket and its allocation is 80 bytes: twice the entry of TIME-WAIT
 * itself. But such bindings differ in their port only, and of each only is to be known how many
 * connections wait on it. So there is one set for each address, protocol and flags, with a count
 * of four bits for each of 65,536 ports, in pages that come with the first port and go with the
 * last. The owner (ports.c) hands a binding over when nobody else holds it, and makes a struct
 * port_bind of it again when somebody wants to share it.
 *
 * Bounded: at most PORT_WAITS_SETS sets of 34 KB. What finds no place here, because there are more
 * kinds, more connections on one port, or no memory, stays a struct port_bind.
 *
 * Invariants: a page exists iff a count in it is not 0, a set iff it has a page.
 *
 * Does not do: conflicts between bindings.
 */
#include "ip/port_waits.h"

#include <assert.h>

#define PAGE_PORTS (1u << PORT_WAITS_PAGE_SHIFT)

void port_waits_init(struct port_waits *w, struct mem *mem) {
    *w = (struct port_waits){.mem = mem};
}

static void set_free(struct port_waits *w, uint32_t i) {
    mem_free(w->mem, w->set[i], sizeof(*w->set[i]));
    w->set[i] = w->set[--w->n];
    w->set[w->n] = NULL;
}

void port_waits_done(struct port_waits *w) {
    while (w->n > 0) {
        for (unsigned p = 0; p < PORT_WAITS_PAGES; p++) {
            mem_free(w->mem, w->set[0]->page[p], sizeof(*w->set[0]->page[p]));
        }
        set_free(w, 0);
    }
}

/* The set of this kind, or a new one without pages. w->n: there is none. */
static uint32_t set_of(struct port_waits *w, uint8_t proto, const struct inl_addr *addr,
                       uint8_t flags) {
    struct port_waits_set *s;

    for (uint32_t i = 0; i < w->n; i++) {
        s = w->set[i];
        if (s->proto == proto && s->flags == flags && inl_addr_eq(&s->addr, addr)) {
            return i;
        }
    }
    s = w->n < PORT_WAITS_SETS ? mem_zalloc(w->mem, sizeof(*s)) : NULL;
    if (!s) {
        return w->n;
    }
    s->addr = *addr;
    s->proto = proto;
    s->flags = flags;
    w->set[w->n] = s;
    return w->n++;
}

static void count_set(struct port_waits_page *page, uint16_t port, uint32_t count) {
    unsigned at = port & (PAGE_PORTS - 1);
    unsigned shift = at % 2 * 4;
    uint8_t others = (uint8_t)(page->counts[at / 2] & ~(15u << shift));

    page->counts[at / 2] = (uint8_t)(others | count << shift);
}

bool port_waits_add(struct port_waits *w, uint8_t proto, const struct inl_addr *addr, uint8_t flags,
                    uint16_t port, uint32_t count) {
    unsigned p = port >> PORT_WAITS_PAGE_SHIFT;
    struct port_waits_set *s;
    uint32_t had, i;

    if (count > PORT_WAITS_MOST) {
        return false;
    }
    i = set_of(w, proto, addr, flags);
    if (i == w->n) {
        return false;
    }
    s = w->set[i];
    if (!s->page[p]) {
        s->page[p] = mem_zalloc(w->mem, sizeof(*s->page[p]));
        s->pages += s->page[p] != NULL;
    }
    had = port_waits_count(w, i, port);
    if (!s->page[p] || had + count > PORT_WAITS_MOST) {
        if (s->pages == 0) {
            set_free(w, i);
        }
        return false;
    }
    s->page[p]->ports += had == 0;
    count_set(s->page[p], port, had + count);
    return true;
}

void port_waits_take(struct port_waits *w, uint32_t i, uint16_t port, uint32_t less) {
    struct port_waits_set *s = w->set[i];
    struct port_waits_page **page = &s->page[port >> PORT_WAITS_PAGE_SHIFT];
    uint32_t had = port_waits_count(w, i, port);

    assert(less > 0 && less <= had);
    count_set(*page, port, had - less);
    if (had > less || --(*page)->ports > 0) {
        return;
    }
    mem_free(w->mem, *page, sizeof(**page));
    *page = NULL;
    if (--s->pages == 0) {
        set_free(w, i);
    }
}
