/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dhcp4_lease.h - what a DHCP server says about an address, and its way into
 * the stack
 *
 * A struct dhcp4_params is compared byte by byte, so it is zeroed before it is
 * filled in.
 */
#ifndef CONF_DHCP4_LEASE_H
#define CONF_DHCP4_LEASE_H

#include "conf/state.h"
#include "wire/dhcp4.h"

#define DHCP4_LEASE_MIN_S 10 /* less would be nothing but renewals */

/* What is the same in each renewal, unless something has changed. */
struct dhcp4_params {
    struct inl_addr addr;
    unsigned prefix_len_bits;
    uint32_t mtu_bytes;
    unsigned routes_n, dns_n;
    struct inl_route routes[INL_DHCP_ROUTES_MAX];
    struct inl_addr dns[INL_DHCP_DNS_MAX];
    char domain[INL_DHCP_DOMAIN_BYTES];
};

struct dhcp4_lease {
    struct dhcp4_params params;
    struct inl_addr server;
    uint32_t lease_s, t1_s, t2_s; /* DHCP4_FOREVER */
};

/* Can a host have it? */
bool dhcp4_addr_ok(const struct inl_addr *addr);

/* Reads an OFFER or ACK. False if it cannot be used: no server, no lease time,
 * no host's address.
 */
bool dhcp4_lease_read(const struct dhcp4_msg *m, int link, uint32_t metric,
                      struct dhcp4_lease *ret_lease);

/* Gives the stack address, routes and MTU: 0, or as ip_addr_add(); and takes
 * them away. @routes: one bit for each route that was added, and was not there
 * before. */
int dhcp4_params_apply(struct conf *c, int link, const struct dhcp4_params *p,
                       uint32_t *ret_routes);
void dhcp4_params_drop(struct conf *c, int link, const struct dhcp4_params *p, uint32_t routes);

#endif
