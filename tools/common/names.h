/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - names of hosts and ports to numbers, and numbers to text
 */
#ifndef TOOLS_COMMON_NAMES_H
#define TOOLS_COMMON_NAMES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address of the machine's own API with room for either version. */
union names_addr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

#define NAMES_ADDR_MAX 72 /* "fe80::...%interface" and its end */
#define NAMES_HOST_MAX 256

/* The first address of a host: a number (with %ZONE) or a name, in the order of RFC 6724. @family:
 * AF_UNSPEC, AF_INET or AF_INET6. The port is 0. Returns 0; or -errno, told on stderr with the
 * reason. */
int names_lookup(const char *host, int family, union names_addr *ret);

/* The address as number, without the port; with the zone where it has one. */
void names_number(const union names_addr *addr, char buf[NAMES_ADDR_MAX]);

/* "192.0.2.1:80", "[2001:db8::1]:80". */
void names_number_port(const union names_addr *addr, char buf[NAMES_ADDR_MAX + 8]);

/* The host's name by a question to its nameserver, which may take seconds; its number where it has
 * none. */
void names_host(const union names_addr *addr, char buf[NAMES_HOST_MAX]);

socklen_t names_len(const union names_addr *addr);
uint16_t names_port(const union names_addr *addr);
void names_set_port(union names_addr *addr, uint16_t port);
/* The same address? Ports are not compared. */
bool names_same(const union names_addr *a, const union names_addr *b);

#endif
