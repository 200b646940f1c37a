/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6.h - IPv6 header and extension headers (RFC 8200)
 *
 * ip6_parse() takes the fixed header and cuts the payload to its length. ip6_ext_walk() goes
 * from there to the upper layer, or to a fragment, or to what is wrong, for a packet that is
 * addressed to us. It is one loop of at most IP6_EXT_MAX headers.
 *
 * An address ::ffff:a.b.c.d in an IPv6 header is refused: in this code that form means IPv4.
 *
 * Does not do: jumbograms (RFC 2675; a node that does not know the option drops them as the
 * option type demands), routing headers of any type with segments left, AH, ESP.
 */
#ifndef WIRE_IP6_H
#define WIRE_IP6_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stdint.h>

#define IP6_HDR_BYTES 40
#define IP6_MIN_MTU_BYTES 1280
#define IP6_NEXT_OFF 6 /* of the next-header octet in the fixed header */

#define IP6_EXT_MAX 8  /* extension headers of one packet */
#define IP6_OPTS_MAX 8 /* options other than padding in one header (RFC 8504 5.3) */

/**
 * struct ip6_hdr - the fixed header
 * @flow:              flow label, 20 bits
 * @payload_len_bytes: everything after the fixed header
 * @next:              enum ip_proto_number of what follows
 * @payload:           what follows, cut to payload_len_bytes; lent; not used by ip6_emit()
 */
struct ip6_hdr {
    struct inl_addr src;
    struct inl_addr dst;
    uint32_t flow;
    uint16_t payload_len_bytes;
    uint8_t tclass;
    uint8_t next;
    uint8_t hop_limit;
    struct rd payload;
};

/** ip6_parse() - reads a packet. TRUNCATED, BAD_VERSION, BAD_SOURCE, BAD_DESTINATION (mapped) */
enum inl_drop ip6_parse(struct rd *r, struct ip6_hdr *ret);

/** ip6_parse_quoted() - the same where the payload may be cut (quoted in an ICMPv6 error) */
enum inl_drop ip6_parse_quoted(struct rd *r, struct ip6_hdr *ret);

/** ip6_emit() - writes the 40 bytes; payload_len_bytes is the caller's to set */
void ip6_emit(struct wr *w, const struct ip6_hdr *h);

/* ---- extension headers ---- */

/** enum ip6_problem - what the sender is to be told when a walk fails */
enum ip6_problem {
    IP6_PROBLEM_NONE,         /* nothing: drop silently */
    IP6_PROBLEM_PARAM,        /* parameter problem, unless the destination is multicast */
    IP6_PROBLEM_PARAM_ALWAYS, /* parameter problem, even for a multicast destination */
};

/**
 * struct ip6_walk - what the extension headers say
 * @payload:        the upper layer, or the data of a fragment
 * @frag_id:        identification, if @fragment or @atomic
 * @problem_off:    offset of the offending octet from the start of the fixed header
 * @frag_named_off: offset of the next-header octet that named the fragment header, if @fragment
 * @next_off:       offset of the next-header octet that named @proto, for "unrecognised next
 *                  header"
 * @upper_off:      offset of @payload from the start of the fixed header
 * @frag_off_bytes: place of the fragment
 * @alert:          router alert value (RFC 2711), if @has_alert
 * @proto:          of @payload; may be IP_PROTO_NONE
 * @problem:        what to send on failure
 * @problem_code:   code of that parameter problem: enum icmp6_param_code
 * @fragment:       @payload is a fragment; headers behind it were not looked at
 * @frag_more:      more fragments follow
 * @atomic:         a fragment header that says "whole" was passed over (RFC 6946)
 * @routing:        a routing header without segments left was passed over
 */
struct ip6_walk {
    struct rd payload;
    uint32_t frag_id;
    uint16_t problem_off;
    uint16_t next_off;
    uint16_t upper_off;
    uint16_t frag_named_off;
    uint16_t frag_off_bytes;
    uint16_t alert;
    uint8_t proto;
    enum ip6_problem problem;
    uint8_t problem_code;
    bool fragment;
    bool frag_more;
    bool atomic;
    bool routing;
    bool has_alert;
};

/**
 * ip6_ext_walk() - finds the upper layer
 * @payload:  of the fixed header; consumed
 * @first_nh: next header of the fixed header
 * @ret:      always written; on failure only the problem fields mean something
 *
 * NONE; TRUNCATED (a header is not whole), BAD_EXT_HEADER (order, number, an option that must
 * not be skipped, fragment of wrong length), BAD_OPTION (option overruns its header),
 * SOURCE_ROUTED (segments left). @proto may be a protocol that nobody implements: answer with
 * parameter problem code 1 and @next_off.
 */
enum inl_drop ip6_ext_walk(struct rd *payload, uint8_t first_nh, struct ip6_walk *ret);

/**
 * ip6_ext_walk_quoted() - the same for a packet that went somewhere else
 *
 * What its options and routing headers want of a receiver is not asked.
 */
enum inl_drop ip6_ext_walk_quoted(struct rd *payload, uint8_t first_nh, struct ip6_walk *ret);

/**
 * ip6_chain_is_whole() - does a first fragment hold all headers (RFC 7112)?
 * @data:  of the fragment
 * @proto: what it begins with
 *
 * All extension headers and the upper layer's own one, of those that are known.
 */
bool ip6_chain_is_whole(struct rd data, uint8_t proto);

#endif
