/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports.h - who owns which local port
 *
 * A binding is (protocol, local address or any, port). Sockets and connections hold
 * references; accepted connections and those in TIME-WAIT share their listener's binding, so
 * that a port stays taken as long as anybody uses it. One owner per address:port pair, and
 * "any" overlaps with every address of its family (and ::, unless V6ONLY, with IPv4's too).
 * Ephemeral ports are chosen as RFC 6056 3.3.4 (hash of the tuple plus one of many counters) or, without a
 * destination, 3.3.1 (random).
 */
#ifndef IP_PORTS_H
#define IP_PORTS_H

#include "base/env.h"
#include "base/htab.h"
#include <inlet/addr.h>
#include <inlet/stack.h>

struct ports;

enum ports_flags {
    PORTS_REUSE = 1,     /* SO_REUSEADDR: may share with others of that kind, no listener among
                            them, and with connections in TIME-WAIT */
    PORTS_LISTEN = 2,    /* is a listener's */
    PORTS_V6ONLY = 4,    /* "any" of IPv6 does not cover IPv4 */
    PORTS_EPHEMERAL = 8, /* taken by connect(): shared by connections to other peers */
    PORTS_SHARE = 16,    /* SO_REUSEPORT: may share with others of that kind, listeners or not */
};

struct port_bind {
    struct hnode node;
    struct inl_addr addr; /* inl_addr_any4(), inl_addr_any6() or one address */
    uint32_t refs;        /* all */
    uint32_t waiting;     /* of these, those of TIME-WAIT */
    uint16_t port;        /* 0: a transparent stack's listener on every port */
    uint8_t proto;
    uint8_t flags;
};

int ports_new(struct env *env, const struct inl_config *config, struct ports **ret_ports);
void ports_free(struct ports *ports);

/* Takes (proto, addr, port) with one reference. -EADDRINUSE, -ENOMEM. */
int ports_bind(struct ports *ports, uint8_t proto, const struct inl_addr *addr, uint16_t port,
               unsigned flags, struct port_bind **ret_bind);

/* Changes PORTS_LISTEN or PORTS_REUSE of a binding. -EADDRINUSE: conflicts with another. */
int ports_set_flags(struct ports *ports, struct port_bind *bind, unsigned flags);

/* Picks and takes an ephemeral port. @remote: NULL for bind to port 0. @taken (may be NULL):
 * true if a port is not usable although no binding forbids it (its four-tuple exists).
 * -EADDRNOTAVAIL: the range is used up. */
int ports_bind_ephemeral(struct ports *ports, uint8_t proto, const struct inl_addr *addr,
                         const struct inl_sockaddr *remote, unsigned flags,
                         bool (*taken)(void *ctx, uint16_t port), void *ctx,
                         struct port_bind **ret_bind);

/* Another reference, one less (the last one frees the port). NULL is allowed in both. */
struct port_bind *ports_get(struct port_bind *bind);
void ports_put(struct ports *ports, struct port_bind *bind);

/*
 * The same for TIME-WAIT, which is too small to keep a pointer: what it gives back is found by its
 * local address and port. Where several bindings cover these the most specific one counts. Once
 * only TIME-WAIT holds a binding, it is kept elsewhere, and a pointer to it means nothing.
 */
void ports_get_waiting(struct port_bind *bind);
void ports_put_waiting(struct ports *ports, uint8_t proto, const struct inl_addr *addr,
                       uint16_t port);

/*
 * Of several who share a port the one with the highest weight has it: @who is a keyed hash of the
 * four-tuple, @salt the member's own random number. So a peer stays with its member as long as that
 * is there, and who leaves takes away no more than its own.
 */
uint64_t ports_pick_weight(uint64_t who, uint64_t salt);

#endif
