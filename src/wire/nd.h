/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.h - neighbour discovery messages inside ICMPv6 (RFC 4861 section 4)
 *
 * One struct for all five types; what a type does not have is zero. The hop limit of 255, the
 * addresses and the ICMP code and checksum are the receiver's to check (RFC 4861 6.1, 7.1, 8.1),
 * except for the code, which must be 0.
 *
 * Does not do: keep the options of router advertisements beyond the first prefix, which is for
 * the text (ra.h reads them all); SEND (RFC 3971).
 */
#ifndef WIRE_ND_H
#define WIRE_ND_H

#include "base/rd.h"
#include "base/wr.h"
#include "wire/icmp6.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nd_opt_type {
    ND_OPT_SOURCE_LL = 1,
    ND_OPT_TARGET_LL = 2,
    ND_OPT_PREFIX = 3,
    ND_OPT_REDIRECTED = 4,
    ND_OPT_MTU = 5,
    ND_OPT_NONCE = 14, /* RFC 3971 5.3.2, RFC 7527 */
    ND_OPT_ROUTE = 24, /* RFC 4191 2.3 */
    ND_OPT_RDNSS = 25, /* RFC 8106 5.1 */
    ND_OPT_DNSSL = 31, /* RFC 8106 5.2 */
};

#define ND_NONCE_BYTES 6

/**
 * struct nd_msg - a message
 * @type:        ICMP6_ROUTER_SOLICIT .. ICMP6_REDIRECT
 * @hop_limit:   RA: advertised hop limit, 0 for none
 * @target:      NS, NA, redirect
 * @dst:         redirect: the destination that is redirected
 * @lifetime_s:  RA: of the default router
 * @mtu_bytes:   RA: MTU option, 0 for none
 * @prefix:      RA: first prefix option, if @has_prefix
 * @source_ll:   source link-layer address, if @has_source_ll
 * @target_ll:   target link-layer address, if @has_target_ll
 * @nonce:       nonce option, if @has_nonce
 * @router, @solicited, @override: NA
 * @managed, @other: RA
 */
struct nd_msg {
    struct inl_addr target;
    struct inl_addr dst;
    struct inl_addr prefix;
    uint32_t reachable_ms;
    uint32_t retrans_ms;
    uint32_t mtu_bytes;
    uint16_t lifetime_s;
    uint8_t type;
    uint8_t hop_limit;
    uint8_t prefix_len_bits;
    uint8_t source_ll[6];
    uint8_t target_ll[6];
    bool router;
    bool solicited;
    bool override;
    bool managed;
    bool other;
    bool has_source_ll;
    bool has_target_ll;
    uint8_t pref_bits; /* RA: RFC 4191 2.2 */
    struct rd options; /* all of them, checked, for ra_next() */
    bool has_prefix;
    bool has_nonce; /* of ND_NONCE_BYTES; others are skipped */
    uint8_t nonce[ND_NONCE_BYTES];
};

/**
 * nd_parse() - reads the message that an ICMPv6 message carries
 *
 * TRUNCATED, UNKNOWN_ICMP (not one of the five types), BAD_OPTION (length 0, beyond the end, or
 * impossible for its type), BAD_DESTINATION (target is multicast or mapped), BAD_LENGTH (ICMP
 * code not 0). Unknown options are skipped; of repeated ones the first counts.
 */
enum inl_drop nd_parse(const struct icmp6_msg *icmp, struct nd_msg *ret);

/** nd_len() - bytes that nd_emit() will write, ICMPv6 header included */
size_t nd_len(const struct nd_msg *m);

/**
 * nd_emit() - writes a whole ICMPv6 message with checksum: RS, NS or NA
 * @src, @dst: of the IPv6 header that will be put before it
 *
 * Other types make the writer bad.
 */
void nd_emit(struct wr *w, const struct nd_msg *m, const struct inl_addr *src,
             const struct inl_addr *dst);

/** nd_solicited_node() - ff02::1:ffXX:XXXX of an address (RFC 4291 2.7.1) */
struct inl_addr nd_solicited_node(const struct inl_addr *addr);

#endif
