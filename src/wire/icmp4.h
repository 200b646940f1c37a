/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp4.h - ICMP for IPv4 (RFC 792, RFC 1122 3.2.2, RFC 1191 4)
 *
 * Eight bytes whose second half means something else for every type, then data: what to echo,
 * or the packet that an error is about. An error's data is to be read with ip4_parse_quoted().
 *
 * Errors may say how long their quote is, and have extensions behind it: icmpext.h.
 */
#ifndef WIRE_ICMP4_H
#define WIRE_ICMP4_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stdint.h>

#define ICMP4_HDR_BYTES 8

enum icmp4_type {
    ICMP4_ECHO_REPLY = 0,
    ICMP4_UNREACH = 3,
    ICMP4_QUENCH = 4,
    ICMP4_REDIRECT = 5,
    ICMP4_ECHO_REQUEST = 8,
    ICMP4_ROUTER_ADVERT = 9,
    ICMP4_ROUTER_SOLICIT = 10,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP4_PARAM_PROBLEM = 12,
    ICMP4_TIMESTAMP = 13,
    ICMP4_TIMESTAMP_REPLY = 14,
    ICMP4_MASK_REQUEST = 17,
    ICMP4_MASK_REPLY = 18,
};

enum icmp4_unreach_code {
    ICMP4_UNREACH_NET = 0,
    ICMP4_UNREACH_HOST = 1,
    ICMP4_UNREACH_PROTO = 2,
    ICMP4_UNREACH_PORT = 3,
    ICMP4_UNREACH_FRAG_NEEDED = 4,
    ICMP4_UNREACH_SOURCE_ROUTE = 5,
    ICMP4_UNREACH_NET_UNKNOWN = 6,
    ICMP4_UNREACH_HOST_UNKNOWN = 7,
    ICMP4_UNREACH_ISOLATED = 8,
    ICMP4_UNREACH_NET_PROHIBITED = 9,
    ICMP4_UNREACH_HOST_PROHIBITED = 10,
    ICMP4_UNREACH_NET_TOS = 11,
    ICMP4_UNREACH_HOST_TOS = 12,
    ICMP4_UNREACH_FILTERED = 13, /* communication administratively prohibited (RFC 1812) */
    ICMP4_UNREACH_PRECEDENCE_VIOLATION = 14,
    ICMP4_UNREACH_PRECEDENCE_CUTOFF = 15,
};

enum icmp4_time_code {
    ICMP4_TIME_TTL = 0,
    ICMP4_TIME_REASSEMBLY = 1,
};

enum icmp4_param_code {
    ICMP4_PARAM_POINTER = 0,
    ICMP4_PARAM_MISSING_OPTION = 1,
    ICMP4_PARAM_BAD_LENGTH = 2,
};

/**
 * struct icmp4_msg - a message
 * @type, @code: enum icmp4_type and its codes, or others
 * @csum:      as received; not used by icmp4_emit()
 * @id, @seq:  echo, timestamp, mask
 * @mtu_bytes: fragmentation needed: next hop's MTU, 0 from routers older than RFC 1191
 * @pointer:   parameter problem: offset of the octet
 * @quoted_bytes: unreachable, time exceeded, parameter problem: the stated length of the quoted
 *             packet (RFC 4884), 0 if none is; a multiple of 4
 * @gateway:   redirect (0.0.0.0 else)
 * @data:      after the first 8 bytes: echo data, or the quoted packet; lent
 *
 * Of the fields between @id and @gateway those of the type are set, the others are 0.
 */
struct icmp4_msg {
    uint8_t type;
    uint8_t code;
    uint16_t csum;
    uint16_t id;
    uint16_t seq;
    uint16_t mtu_bytes;
    uint16_t quoted_bytes;
    uint8_t pointer;
    struct inl_addr gateway;
    struct rd data;
};

/** icmp4_parse() - reads a message of any type, all of @r. TRUNCATED below 8 bytes. */
enum inl_drop icmp4_parse(struct rd *r, struct icmp4_msg *ret);

/** icmp4_csum_ok() - is the checksum right? @message: the whole ICMP message */
bool icmp4_csum_ok(struct rd message);

/** icmp4_is_error() - does the type report an error (and so is never answered by one)? */
bool icmp4_is_error(uint8_t type);

/** icmp4_emit() - writes header and data with checksum; data must not lie inside the buffer */
void icmp4_emit(struct wr *w, const struct icmp4_msg *m);

#endif
