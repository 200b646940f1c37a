/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcaddr.h - which of our addresses a packet is sent from, and which of several destinations is
 * tried first (RFC 6724)
 */
#ifndef IP_SRCADDR_H
#define IP_SRCADDR_H

#include "ip/addr.h"
#include "ip/ip.h"

/* What RFC 6724 knows of an address: section 3.1 and the policy table of 2.1. */
unsigned
ip_addr_scope_of(const struct inl_addr *a); /* as in a multicast address: 2 link, 14 global */
unsigned ip_addr_label(const struct inl_addr *a);
unsigned ip_addr_precedence(const struct inl_addr *a);

/* The best entry for @dst out of @link, by way of @hop (NULL: not known), or NULL. */
const struct ip_addr *ip_source_best(const struct ip *ip, int link, const struct inl_addr *dst,
                                     const struct inl_addr *hop);

#endif
