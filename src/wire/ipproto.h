/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipproto.h - protocol numbers of the IPv4 "protocol" and IPv6 "next header" fields
 *
 * One registry serves both (RFC 8200 section 3). Only numbers that some code knows.
 */
#ifndef WIRE_IPPROTO_H
#define WIRE_IPPROTO_H

#include <stdint.h>

enum ip_proto_number {
    IP_PROTO_HOPOPTS = 0, /* IPv6 hop-by-hop options */
    IP_PROTO_ICMP4 = 1,
    IP_PROTO_IGMP = 2,
    IP_PROTO_IPIP = 4,
    IP_PROTO_TCP = 6,
    IP_PROTO_UDP = 17,
    IP_PROTO_IP6 = 41,
    IP_PROTO_ROUTING = 43,  /* IPv6 routing header */
    IP_PROTO_FRAGMENT = 44, /* IPv6 fragment header */
    IP_PROTO_GRE = 47,
    IP_PROTO_ESP = 50,
    IP_PROTO_AH = 51,
    IP_PROTO_ICMP6 = 58,
    IP_PROTO_NONE = 59,    /* IPv6: nothing follows */
    IP_PROTO_DSTOPTS = 60, /* IPv6 destination options */
    IP_PROTO_SCTP = 132,
    IP_PROTO_UDPLITE = 136,
};

/* The last two bits of TOS or traffic class (RFC 3168 5). */
enum ip_ecn {
    IP_ECN_NOT_ECT = 0,
    IP_ECN_ECT1 = 1,
    IP_ECN_ECT0 = 2,
    IP_ECN_CE = 3,
    IP_ECN_MASK = 3,
};

#endif
