/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port_waits.h - bindings that only TIME-WAIT holds, half a byte each: see port_waits.c
 */
#ifndef IP_PORT_WAITS_H
#define IP_PORT_WAITS_H

#include "base/mem.h"

#include <inlet/addr.h>

#include <stdbool.h>

#define PORT_WAITS_SETS 16 /* so many kinds of bindings at most */
#define PORT_WAITS_MOST 15 /* connections that one binding may be held by */
#define PORT_WAITS_PAGE_SHIFT 10
#define PORT_WAITS_PAGES (1u << (16 - PORT_WAITS_PAGE_SHIFT))

struct port_waits_page {
    uint32_t ports; /* that have a count */
    uint8_t counts[(1u << PORT_WAITS_PAGE_SHIFT) / 2];
};

/* Bindings that differ in their port only. */
struct port_waits_set {
    struct inl_addr addr;
    uint8_t proto;
    uint8_t flags;  /* enum ports_flags */
    uint32_t pages; /* that there are */
    struct port_waits_page *page[PORT_WAITS_PAGES];
};

struct port_waits {
    struct mem *mem;
    uint32_t n; /* sets, in no order */
    struct port_waits_set *set[PORT_WAITS_SETS];
};

void port_waits_init(struct port_waits *w, struct mem *mem);
void port_waits_done(struct port_waits *w);

/* Notes a binding that @count connections hold. False: there is no room, nothing has changed. */
bool port_waits_add(struct port_waits *w, uint8_t proto, const struct inl_addr *addr, uint8_t flags,
                    uint16_t port, uint32_t count);

/* How many connections hold this port of the i-th set; 0: it is no binding. */
static inline uint32_t port_waits_count(const struct port_waits *w, uint32_t i, uint16_t port) {
    const struct port_waits_page *page = w->set[i]->page[port >> PORT_WAITS_PAGE_SHIFT];
    unsigned at = port & ((1u << PORT_WAITS_PAGE_SHIFT) - 1);

    return page ? page->counts[at / 2] >> (at % 2 * 4) & 15u : 0;
}

/* @less connections hold it no more. The last one of a set takes the set along: numbers change. */
void port_waits_take(struct port_waits *w, uint32_t i, uint16_t port, uint32_t less);

#endif
