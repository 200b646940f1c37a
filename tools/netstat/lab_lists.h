/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab_lists.h - links, addresses, routes, neighbours and groups of a lab, for `inlet netstat`
 */
#ifndef TOOLS_NETSTAT_LAB_LISTS_H
#define TOOLS_NETSTAT_LAB_LISTS_H

#include "host/proto.h"

#include <stdbool.h>

/* Asks for a list (PROTO_LINKS, ... PROTO_MEMBERS) and prints it. 0 or
 * -errno. */
int print_net_list(int fd, enum proto_op op, bool json);

#endif
