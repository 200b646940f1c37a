/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dad.h - is an address free before it is used?
 *
 * One question for both families: IPv6 asks with neighbour solicitations (RFC 4862 5.4, RFC 7527),
 * IPv4 leaves it to acd.c.
 */
#ifndef IP_DAD_H
#define IP_DAD_H

#include "ip/addr.h"
#include "ip/ip.h"

#define DAD_DELAY_MAX_NS (1 * INL_S) /* MAX_RTR_SOLICITATION_DELAY */
#define DAD_ECHO_TRANSMITS 3         /* MAX_MULTICAST_SOLICIT: more questions after an echo */

struct nd_msg;

#define DAD_TRANSMITS_MAX 10

/* DupAddrDetectTransmits of a link (RFC 4862 5.1). */
uint8_t ip_dad_transmits(const struct ip *ip, int link);

/* Begins to ask for a tentative address; later it is activated, or DUPLICATED. 0, -ENOMEM. */
int ip_dad_start(struct ip *ip, struct ip_addr *a);

/* The address goes. */
void ip_dad_done(struct ip *ip, struct ip_addr *a);

/* A solicitation or advertisement for a target that has an unproven entry. */
enum inl_drop ip_dad_heard(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m,
                           struct ip_addr *a);

/* A link that comes up may lead elsewhere: what was checked is checked again. */
void ip_dad_link(struct ip *ip, int link, bool up);

void ip_dad_timer(struct ip *ip, struct timer *timer);

#endif
