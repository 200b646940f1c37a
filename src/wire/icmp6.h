/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp6.h - ICMP for IPv6 (RFC 4443)
 *
 * As icmp4.h, but the checksum covers the pseudo-header, types below 128 are errors, and the
 * last four bytes of the header are kept raw in `rest` for messages that nd.h reads further.
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stdint.h>

#define ICMP6_HDR_BYTES 8

enum icmp6_type {
    ICMP6_UNREACH = 1,
    ICMP6_TOO_BIG = 2,
    ICMP6_TIME_EXCEEDED = 3,
    ICMP6_PARAM_PROBLEM = 4,
    ICMP6_ECHO_REQUEST = 128,
    ICMP6_ECHO_REPLY = 129,
    ICMP6_MLD_QUERY = 130,
    ICMP6_MLD_REPORT = 131,
    ICMP6_MLD_DONE = 132,
    ICMP6_ROUTER_SOLICIT = 133,
    ICMP6_ROUTER_ADVERT = 134,
    ICMP6_NEIGH_SOLICIT = 135,
    ICMP6_NEIGH_ADVERT = 136,
    ICMP6_REDIRECT = 137,
    ICMP6_MLD2_REPORT = 143,
};

enum icmp6_unreach_code {
    ICMP6_UNREACH_NO_ROUTE = 0,
    ICMP6_UNREACH_PROHIBITED = 1,
    ICMP6_UNREACH_SCOPE = 2, /* beyond scope of source address */
    ICMP6_UNREACH_ADDR = 3,
    ICMP6_UNREACH_PORT = 4,
    ICMP6_UNREACH_POLICY = 5, /* source address failed ingress/egress policy */
    ICMP6_UNREACH_REJECT = 6, /* reject route to destination */
};

enum icmp6_time_code {
    ICMP6_TIME_HOP_LIMIT = 0,
    ICMP6_TIME_REASSEMBLY = 1,
};

enum icmp6_param_code {
    ICMP6_PARAM_FIELD = 0,
    ICMP6_PARAM_NEXT_HEADER = 1,
    ICMP6_PARAM_OPTION = 2,
    ICMP6_PARAM_FIRST_FRAGMENT = 3, /* incomplete header chain (RFC 7112) */
};

/**
 * struct icmp6_msg - a message
 * @type, @code: enum icmp6_type and its codes, or others
 * @csum:      as received; not used by icmp6_emit()
 * @id, @seq:  echo
 * @mtu_bytes: packet too big
 * @pointer:   parameter problem: offset of the octet
 * @quoted_bytes: unreachable, time exceeded: the stated length of the quoted packet (RFC 4884), 0
 *             if none is; a multiple of 8. Not used by icmp6_emit(): it is in @rest
 * @rest:      bytes 4 to 7 as one number. icmp6_emit() uses it only for types that have none
 *             of the fields above.
 * @data:      after the first 8 bytes; lent
 */
struct icmp6_msg {
    uint8_t type;
    uint8_t code;
    uint16_t csum;
    uint16_t id;
    uint16_t seq;
    uint16_t quoted_bytes;
    uint32_t mtu_bytes;
    uint32_t pointer;
    uint32_t rest;
    struct rd data;
};

/** icmp6_parse() - reads a message of any type, all of @r. TRUNCATED below 8 bytes. */
enum inl_drop icmp6_parse(struct rd *r, struct icmp6_msg *ret);

/** icmp6_is_error() - types 0 to 127 (RFC 4443 2.1) */
static inline bool icmp6_is_error(uint8_t type) {
    return type < 128;
}

/**
 * icmp6_emit() - writes header and data with checksum; data must not lie inside the buffer
 * @src, @dst: of the IPv6 header that will be put before it
 */
void icmp6_emit(struct wr *w, const struct icmp6_msg *m, const struct inl_addr *src,
                const struct inl_addr *dst);

#endif
