/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnl.h - lists that rtnetlink(7) gives
 */
#ifndef TOOLS_NETSTAT_RTNL_H
#define TOOLS_NETSTAT_RTNL_H

#include <inlet/addr.h>
#include <libmnl/libmnl.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

/* Asks for a list (RTM_GETROUTE, ...) and hands out its messages, of which each has at least
 * @header_bytes of its own. 0 or -errno. */
int rtnl_dump(int type, int family, size_t header_bytes,
              void (*fn)(void *ctx, const struct nlmsghdr *nlh), void *ctx);

/* Takes the mark off messages that says that the list has changed meanwhile: libmnl would throw away
 * all that came with such a message, the list's end, too. Was there one? */
bool rtnl_settle(void *buf, size_t n);

/* An attribute's bytes as an address; "any" where they are too few. */
struct inl_addr rtnl_addr(int family, const struct nlattr *attr);

/* A number of 32 bits; 0 where the attribute is too short. */
uint32_t rtnl_u32(const struct nlattr *attr);

/* The name of an interface, or "-". */
const char *rtnl_name(unsigned index, char buf[IF_NAMESIZE]);

/* "02:00:...", "-" if there are no bytes. */
void rtnl_mac(const struct nlattr *attr, char *buf, size_t cap);

#endif
