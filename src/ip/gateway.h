/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gateway.h - the gateways that routes name, and which of them do not answer
 */
#ifndef IP_GATEWAY_H
#define IP_GATEWAY_H

#include "base/htab.h"
#include "ip/ip.h"

struct ip_hop;
struct gateway;

/* How long one that does not answer is not asked for a route while there is another. */
#define GATEWAY_DEAD_NS (300 * INL_S)

struct ip_gateways {
    struct htab table; /* struct gateway, by address and link */
};

void ip_gateway_init(struct ip *ip);
void ip_gateway_done(struct ip *ip); /* when no route is left */

/* The entry of a hop, counted; NULL: no memory. */
struct gateway *ip_gateway_get(struct ip *ip, const struct ip_hop *hop);
void ip_gateway_put(struct ip *ip, struct gateway *g); /* NULL is allowed */

/* It did not answer of late. NULL, no gateway, is never dead. */
bool ip_gateway_is_dead(const struct ip *ip, const struct gateway *g);

/* Where it is. Is the link up, and has it answered? */
const struct ip_hop *ip_gateway_hop(const struct gateway *g);
bool ip_gateway_works(const struct ip *ip, const struct gateway *g);

/* A route names it. */
bool ip_gateway_is(const struct ip *ip, int link, const struct inl_addr *addr);

/* A neighbour does not answer, or has been heard again. */
void ip_gateway_neigh(struct ip *ip, int link, const struct inl_addr *addr, bool failed);

#endif
