/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra.h - the options of router advertisements (RFC 4861 4.2, RFC 4191 2, RFC 8106 5)
 *
 * nd_parse() has looked at every option's length; here they are read one by one.
 */
#ifndef WIRE_RA_H
#define WIRE_RA_H

#include "base/rd.h"
#include "base/wr.h"
#include "wire/dns.h"
#include "wire/nd.h"

#include <inlet/net.h>

/**
 * struct ra_opt - one option
 * @type:          enum nd_opt_type; another: only @body means something
 * @prefix, @bits: prefix and route information; what lies beyond the bits is zero
 * @on_link, @autonomous: prefix information
 * @lifetime_s:    valid lifetime of a prefix; lifetime of a route or of DNS information
 * @preferred_s:   prefix information
 * @mtu_bytes:     MTU option
 * @pref:          enum inl_router_pref of a route; RESERVED: the option is to be ignored
 * @body:          what follows: servers of 16 bytes each, or names
 */
struct ra_opt {
    uint8_t type;
    bool on_link;
    bool autonomous;
    uint8_t bits;
    uint8_t pref;
    uint32_t lifetime_s;
    uint32_t preferred_s;
    uint32_t mtu_bytes;
    struct inl_addr prefix;
    struct rd body;
};

#define RA_PREF_RESERVED 3

/** ra_pref() - two bits of the wire as an enum inl_router_pref, or RA_PREF_RESERVED */
uint8_t ra_pref(unsigned bits);

/** ra_opt_ok() - may the option's body (behind type and length) have this length and content? */
bool ra_opt_ok(uint8_t type, struct rd body);

/** ra_next() - the next option of @options (nd_msg.options); false at the end */
bool ra_next(struct rd *options, struct ra_opt *ret);

/** ra_next_server(), ra_next_name() - what is in the body of RDNSS and DNSSL; false at the end */
bool ra_next_server(struct ra_opt *o, struct inl_addr *ret);
bool ra_next_name(struct ra_opt *o, struct dns_name *ret);

/** ra_len() - bytes that ra_emit() will write, ICMPv6 header included */
size_t ra_len(const struct inl_ra_config *c);

/**
 * ra_emit() - writes an advertisement with its checksum
 * @final: the router stops: lifetime 0
 * @mtu_bytes: 0 for no MTU option
 */
void ra_emit(struct wr *w, const struct inl_ra_config *c, const uint8_t mac[6], bool final,
             const struct inl_addr *src, const struct inl_addr *dst);

#endif
