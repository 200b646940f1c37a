/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.h - how this machine reaches a target
 */
#ifndef TOOLS_SCAN_ROUTE_H
#define TOOLS_SCAN_ROUTE_H

#include "tools/scan/job.h"

/* Asks the kernel for each target's interface, our address there, and whether a router stands
 * between. A target without a route keeps link 0. 0, or -errno. */
int route_ask(struct target *targets, uint32_t n);

/* Length of the prefix of the interface that the address is in. -ENETUNREACH: it is in none. */
int route_prefix(int link, const struct inl_addr *addr);

/* The Ethernet address of an interface; false: it has none, so nobody is asked by ARP or ND there. */
bool route_mac(int link, uint8_t mac[6]);

#endif
