/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.h - the routing table
 *
 * Prefixes in a hash table, keyed by prefix and length; a bitmap tells which
 * lengths occur. The longest match is then one lookup for each occurring
 * length, longest first: at most 33 for IPv4 and 129 for IPv6 however many
 * routes there are, and usually three or four.
 */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "base/htab.h"
#include "base/list.h"
#include "ip/ip.h"

/* Of both families: index 0 IPv6 (lengths 0..128), 1 IPv4 (96..128). */
struct ip_routes {
    struct htab prefixes; /* struct route_prefix */
    uint32_t count[2][129];
    uint64_t present[2][3];
};

struct ip_hop {
    struct inl_addr gateway; /* all zero: the destination is on the link */
    int link;
};

void ip_route_init(struct ip *ip);
void ip_route_done(struct ip *ip);

/* The best route of links that are up. 0 or -ENETUNREACH. */
int ip_route_lookup(const struct ip *ip, const struct inl_addr *dst, struct ip_hop *ret_hop);

/* The route to the prefix of an address of ours, counted. 0 or -ENOMEM. */
int ip_route_add_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link);
void ip_route_del_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link);

#endif
