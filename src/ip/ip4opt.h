/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4opt.h - options of IPv4 that want something of a host or router
 */
#ifndef IP_IP4OPT_H
#define IP_IP4OPT_H

#include "ip/ip.h"

/**
 * ip4_opts_fill() - fills in record route and timestamp, in place
 * @opts: well-formed option bytes (wire/ip4.h)
 * @own:  the address to record
 * @ret_problem_off: place, from the start of the IP header, of the option that has no room left
 *
 * False: a timestamp option has overflowed for the 16th time, and the packet is to be refused.
 */
bool ip4_opts_fill(const struct ip *ip, uint8_t *opts, size_t len, const struct inl_addr *own,
                   uint8_t *ret_problem_off);

/* What of the options of an echo request goes back with the answer (RFC 1122 3.2.2.6), filled in,
 * in buf. Empty if nothing does. */
struct rd ip4_opts_echo(const struct ip *ip, const struct ip_rx *rx, uint8_t buf[40]);

/* Has it a router alert (RFC 2113)? Its value. */
bool ip4_opts_alert(struct rd opts, uint16_t *ret_value);

#endif
