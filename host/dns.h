/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.h - which nameservers the machine asks
 */
#ifndef HOST_DNS_H
#define HOST_DNS_H

#include <inlet/addr.h>

#define DNS_PORT 53

/* The nameservers of a file like /etc/resolv.conf, at most `max`, in its order. A line that cannot
 * be understood names none; a file that cannot be read has none. Returns how many. */
unsigned dns_read_resolv(const char *path, struct inl_sockaddr *out, unsigned max);

/* "192.0.2.1", "192.0.2.1:5353", "2001:db8::1" or "[2001:db8::1]:5353"; port 53 if none is given.
 * 0 or -EINVAL. */
int dns_parse_server(const char *text, struct inl_sockaddr *ret);

#define DNS_SERVER "an address with an optional port, like 192.0.2.1 or [2001:db8::1]:5353"

#endif
