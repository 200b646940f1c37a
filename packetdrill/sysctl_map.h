/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysctl_map.h - Linux's settings of TCP/IP, as fields of struct inl_config
 *
 * Used by the plug-in, which reads them from files, and by the runner of packet scripts, which
 * finds them in the scripts.
 */
#ifndef PACKETDRILL_SYSCTL_MAP_H
#define PACKETDRILL_SYSCTL_MAP_H

#include <inlet/stack.h>

enum sysctl_result {
    SYSCTL_SET,
    SYSCTL_NOTHING, /* known, and there is nothing here that it could change */
    SYSCTL_BAD,     /* the value makes no sense */
    SYSCTL_UNKNOWN,
};

/* @name: "ipv4.tcp_sack", without "net."; @value: numbers between blanks or commas, or a word */
enum sysctl_result sysctl_apply(struct inl_config *config, const char *name, const char *value);

/* The names that are SYSCTL_SET, one after the other; NULL: no more. */
const char *sysctl_name(unsigned i);

#endif
