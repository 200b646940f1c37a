/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pkt.c - packets (see pkt.h)
 */
#include "base/pkt.h"

#include <assert.h>
#include <string.h>

struct pkt *pkt_new(struct mem *m, size_t headroom, size_t cap) {
    assert(headroom <= cap && cap <= SIZE_MAX - sizeof(struct pkt));
    return pkt_new_here(m, headroom, cap);
}

void pkt_free(struct pkt *p) {
    if (!p || p->flags & PKT_BORROWED) {
        return;
    }
    list_del(&p->node);
    mem_quick_free(p->mem, p, pkt_bytes(p->cap));
}

void pkt_borrow(struct pkt *p, uint8_t *buf, size_t cap, size_t headroom) {
    assert(headroom <= cap);
    pkt_init(p, NULL, buf, cap, headroom, PKT_BORROWED);
}

struct pkt *pkt_clone(struct mem *m, const struct pkt *p) {
    struct pkt *c = pkt_new(m, p->off, p->cap);

    if (!c) {
        return NULL;
    }
    c->len = p->len;
    c->owner = p->owner;
    c->cause = p->cause;
    c->flags = p->flags & ~PKT_BORROWED;
    c->link = p->link;
    c->proto = p->proto;
    c->l4 = p->l4;
    if (p->len) {
        memcpy(pkt_data(c), pkt_data(p), p->len);
    }
    return c;
}
