/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcroute.h - source routes of connections: see srcroute.c
 */
#ifndef TCP_SRCROUTE_H
#define TCP_SRCROUTE_H

#include "base/htab.h"
#include "base/list.h"
#include "base/rd.h"

#include <inlet/addr.h>
#include <stdint.h>

struct tcp;
struct tcp_conn;
struct tcp_seg;

/* Owner: srcroute.c. */
struct tcp_routes {
    struct htab table;
    struct list order; /* struct tcp_route, oldest first */
};

/* Few connections have one: nobody else has anything to ask. */
static inline bool tcp_routes_any(const struct tcp_routes *r) {
    return htab_count(&r->table) > 0;
}

void tcp_routes_init(struct tcp *tcp);
void tcp_routes_done(struct tcp *tcp);
void tcp_route_opened(struct tcp_conn *c); /* it has a tuple now */
/* A SYN for a listener, with options: its way back counts from now on; until this, if no connection
 * comes of it. */
void tcp_route_syn(struct tcp *tcp, const struct tcp_seg *seg);
void tcp_route_syn_over(struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                        const struct inl_addr *remote, uint16_t rport);
/* Length of the options that go with each answer to seg. */
uint8_t tcp_route_taken(const struct tcp *tcp, const struct tcp_seg *seg);
void tcp_route_input(struct tcp_conn *c, const struct tcp_seg *seg); /* it was good, with options */
struct rd tcp_route_of(const struct tcp *tcp, const struct inl_addr *local, uint16_t lport,
                       const struct inl_addr *remote, uint16_t rport);
void tcp_route_forget(struct tcp_conn *c);

#endif
