/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * socktab.h - sockets and their handles
 *
 * A handle is (serial << 32 | index). The index finds the socket in two steps (page, place in the
 * page), the serial is new for each socket, so a handle outlives its socket without harm: it
 * is found to be stale. Serials come from one counter of 31 bits, so pages can be given back when
 * they are empty. Sockets never move in memory.
 */
#ifndef STACK_SOCKTAB_H
#define STACK_SOCKTAB_H

#include "base/list.h"
#include "base/mem.h"
#include "ip/ports.h"
#include "raw/raw.h"
#include "tcp/tcp.h"
#include "udp/udp.h"
#include <inlet/socket.h>

/* What stands behind a socket. */
enum sock_kind {
    SOCK_CONN,     /* TCP: a connection, or what may become one */
    SOCK_RESTING,  /* TCP: a connection at rest; few calls see that, see sock_find() */
    SOCK_LISTENER, /* TCP: a listener */
    SOCK_UDP,
    SOCK_RAW, /* raw or ping */
};

struct sock {
    uint32_t serial; /* 0: a free place */
    uint32_t index;
    struct port_bind *bind; /* own reference; NULL: not bound, or accepted */
    union {
        struct tcp_conn *conn;
        struct tcp_rest *rest;
        struct tcp_listener *listener;
        struct udp_pcb *pcb;
        struct raw_pcb *raw;
    } u;
    uint64_t owner;
    struct evnode *evnode; /* of what u points to; NULL: it has none */
    uint8_t kind;          /* enum sock_kind */
    uint8_t family;        /* enum inl_family */
    uint8_t shut;          /* messages: 1 receiving, 2 sending is shut down */
    bool reuse;
    bool share; /* SO_REUSEPORT */
    bool v6only;
    bool opened;        /* TCP: connect() has been called with success, or accepted */
    bool connect_known; /* TCP: connect() has said that it succeeded */
};

#define SOCK_SHUT_RD 1
#define SOCK_SHUT_WR 2

#define SOCK_PAGE_PLACES 64
#define SOCK_SERIAL_MAX 0x7fffffffu /* handles are not negative */

struct sock_page {
    struct list node; /* in socktab.partial, unless full */
    uint64_t used;    /* one bit a place */
    uint32_t number;
    struct sock places[SOCK_PAGE_PLACES];
};

struct socktab {
    struct mem *mem;
    struct sock_page **pages; /* by number; NULL: none */
    uint32_t *free_numbers;   /* a stack of numbers without page */
    uint32_t room;            /* size of both arrays */
    uint32_t free_count;
    uint32_t count; /* sockets */
    uint32_t max;
    uint32_t last_serial;
    struct list partial;
};

void socktab_init(struct socktab *tab, struct mem *mem, uint32_t max);
void socktab_done(struct socktab *tab); /* the sockets must be gone or of no interest */

/* A zeroed socket with its handle. -EMFILE, -ENOMEM. */
int socktab_new(struct socktab *tab, struct sock **ret_sock);
void socktab_free(struct socktab *tab, struct sock *s);

/* The socket of a handle, or NULL: stale, or never was one. */
static inline struct sock *socktab_find(const struct socktab *tab, inl_sock handle) {
    uint32_t index = (uint32_t)((uint64_t)handle & UINT32_MAX);
    uint32_t serial = (uint32_t)((uint64_t)handle >> 32);
    struct sock_page *page;
    struct sock *s;

    if (serial == 0 || serial > SOCK_SERIAL_MAX || index / SOCK_PAGE_PLACES >= tab->room) {
        return NULL;
    }
    page = tab->pages[index / SOCK_PAGE_PLACES];
    if (!page) {
        return NULL;
    }
    s = &page->places[index % SOCK_PAGE_PLACES];
    return s->serial == serial ? s : NULL;
}

inl_sock socktab_handle(const struct sock *s);

/* All sockets: the first one, the one after. NULL at the end. */
struct sock *socktab_next(const struct socktab *tab, const struct sock *after);

#endif
