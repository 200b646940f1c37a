/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.h - the routing table
 *
 * Prefixes in a trie (lpm.h), each with its routes. A lookup takes about the
 * same time among a hundred thousand prefixes as among ten.
 */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "ip/ip.h"
#include "ip/lpm.h"

struct ip_routes {
    struct lpm prefixes; /* struct route_prefix */
};

struct ip_hop {
    struct inl_addr gateway; /* all zero: the destination is on the link */
    int link;
};

void ip_route_init(struct ip *ip);
void ip_route_done(struct ip *ip);

/* What is the same in all packets that shall take the same of several next hops. */
struct ip_flow {
    struct inl_addr src;
    uint32_t ports; /* both, or the IPv6 flow label; 0 if not known */
    uint8_t proto;
};

/* The best route of links that are up; @flow (or NULL) chooses among equal ones. 0, -ENETUNREACH,
 * or what the route says: -EINVAL (black hole), -EHOSTUNREACH, -EACCES. */
int ip_route_lookup(const struct ip *ip, const struct inl_addr *dst, const struct ip_flow *flow,
                    struct ip_hop *ret_hop);

/* The same where a single route decides, as nearly always: false if there are more, or none. */
bool ip_route_only(const struct ip *ip, const struct inl_addr *dst, struct ip_hop *ret_hop);
/* Where that route leads by what lpm_spot() has said, whether it can be used or not; or NULL. */
const struct ip_hop *ip_route_hop_at(void *const *spot);

/* Is the route that decides about @dst one that a router has advertised? */
bool ip_route_is_advertised(const struct ip *ip, const struct inl_addr *dst);

/* Does one of the best routes to @src lead out of @link (IP_LINK_ANY: of any)? */
bool ip_route_leads_back(const struct ip *ip, const struct inl_addr *src, int link);

/* As ip_route_add(), of somebody else. */
int ip_route_add_from(struct ip *ip, const struct inl_route *route, enum inl_route_origin origin);

/* The route to the prefix of an address of ours, counted. 0 or -ENOMEM. */
int ip_route_add_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link);
void ip_route_del_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link);

#endif
