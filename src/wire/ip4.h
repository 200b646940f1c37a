/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4.h - IPv4 header (RFC 791, RFC 1122 3.2.1, RFC 6864)
 *
 * Parsing checks every length once: version, header length, total length against the bytes
 * that are there, and what the fragment fields say. After that the payload is a reader of its
 * own, without the padding of a short Ethernet frame. The checksum is a separate question
 * (ip4_csum_ok()), so that a decoder can show a packet whose checksum is wrong.
 *
 * Does not do: obey options. They are checked and named, nothing else.
 */
#ifndef WIRE_IP4_H
#define WIRE_IP4_H

#include "base/rd.h"
#include "base/wr.h"

#include <inlet/addr.h>
#include <inlet/cause.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP4_HDR_BYTES 20
#define IP4_HDR_MAX_BYTES 60
#define IP4_OPTS_MAX_BYTES 40
#define IP4_MIN_MTU_BYTES 68 /* RFC 791: every link carries that */

/**
 * struct ip4_hdr - the header
 * @src, @dst:       addresses, in mapped form
 * @total_len_bytes: header and payload
 * @id:              identification
 * @frag_off_bytes:  place of this fragment; a multiple of 8
 * @csum:            the field as received; not used by ip4_emit()
 * @hdr_len_bytes:   20..60; not used by ip4_emit()
 * @df, @mf:         don't fragment, more fragments
 * @opts:            option bytes, without the fixed header; lent
 * @payload:         what follows, cut to total_len_bytes; lent; not used by ip4_emit()
 */
struct ip4_hdr {
    struct inl_addr src;
    struct inl_addr dst;
    uint16_t total_len_bytes;
    uint16_t id;
    uint16_t frag_off_bytes;
    uint16_t csum;
    uint8_t hdr_len_bytes;
    uint8_t tos;
    uint8_t ttl;
    uint8_t proto;
    bool df;
    bool mf;
    struct rd opts;
    struct rd payload;
};

/**
 * ip4_parse() - reads a packet
 * @r: begins at the version octet; afterwards at the link's padding
 *
 * TRUNCATED, BAD_VERSION, BAD_LENGTH (header or total length, or a fragment that is empty, not
 * a multiple of 8, or reaches beyond 65,535 octets).
 */
enum inl_drop ip4_parse(struct rd *r, struct ip4_hdr *ret);

/**
 * ip4_parse_quoted() - reads a header of which only the beginning of the payload may be there
 *
 * For packets quoted in ICMP errors and for cut captures. The payload is what is there, at most
 * what the total length says. TRUNCATED only when the header is not whole.
 */
enum inl_drop ip4_parse_quoted(struct rd *r, struct ip4_hdr *ret);

/** ip4_csum_ok() - is the header checksum right? @packet has at least @hdr_len_bytes bytes */
bool ip4_csum_ok(const uint8_t *packet, size_t hdr_len_bytes);

/** ip4_is_fragment() - a piece of a larger datagram? */
static inline bool ip4_is_fragment(const struct ip4_hdr *h) {
    return h->mf || h->frag_off_bytes != 0;
}

/** ip4_hdr_len() - bytes that ip4_emit() will write: 20 plus options padded to a multiple of 4 */
size_t ip4_hdr_len(const struct ip4_hdr *h);

/**
 * ip4_emit() - writes the header with options and checksum
 *
 * @h->total_len_bytes is the caller's to set. Bad writer: no room, more than 40 option bytes, or
 * frag_off_bytes not a multiple of 8.
 */
void ip4_emit(struct wr *w, const struct ip4_hdr *h);

/* ---- options ---- */

enum ip4_opt_type {
    IP4_OPT_EOL = 0,
    IP4_OPT_NOP = 1,
    IP4_OPT_RR = 7,      /* record route */
    IP4_OPT_TS = 68,     /* timestamp */
    IP4_OPT_LSRR = 131,  /* loose source route */
    IP4_OPT_SSRR = 137,  /* strict source route */
    IP4_OPT_ALERT = 148, /* router alert (RFC 2113) */
};

/**
 * struct ip4_opt - one option
 * @type: enum ip4_opt_type or another
 * @data: what follows type and length; empty for NOP; lent
 */
struct ip4_opt {
    uint8_t type;
    struct rd data;
};

/**
 * ip4_opts_next() - takes the next option
 * @opts: reader over option bytes (a copy of ip4_hdr.opts)
 *
 * NOPs are returned too. Returns 1; 0 at the end (EOL or no bytes left); -EINVAL when the
 * option is malformed: no length, length below 2 or beyond the header, a pointer that is not at
 * a slot (record and source routes, timestamps), a router alert of another size than 4. Every
 * call but the last consumes at least one byte, so at most 41 calls end any walk.
 */
int ip4_opts_next(struct rd *opts, struct ip4_opt *ret);

/**
 * ip4_opts_check() - walks all options
 * @ret_problem_off: offset of the malformed option from the start of the IP header when
 *                   BAD_OPTION; may be NULL
 *
 * NONE, BAD_OPTION, SOURCE_ROUTED (a source route is present).
 */
enum inl_drop ip4_opts_check(struct rd opts, uint8_t *ret_problem_off);

#endif
