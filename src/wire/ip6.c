/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6.c - IPv6 header and the walk over extension headers
 *
 * The walk is one loop; each header type has one function that consumes its header from the
 * reader, or says why the packet is to be dropped. Offsets for parameter problems are distances
 * between reader positions, so they need no arithmetic on lengths from the packet.
 */
#include "wire/ip6.h"

#include "wire/icmp6.h"
#include "wire/ipproto.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <stddef.h>

#define IP6_OFF_PAYLOAD_LEN 4
#define IP6_MAX_PAYLOAD_BYTES 65535

/* ---- fixed header ---- */

static enum inl_drop ip6_read_header(struct rd *r, struct ip6_hdr *h) {
    uint32_t first = rd_be32(r);

    h->payload_len_bytes = rd_be16(r);
    h->next = rd_u8(r);
    h->hop_limit = rd_u8(r);
    rd_copy(r, h->src.b, sizeof(h->src.b));
    rd_copy(r, h->dst.b, sizeof(h->dst.b));
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    if (first >> 28 != 6) {
        return INL_DROP_BAD_VERSION;
    }
    if (inl_addr_is4(&h->src)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (inl_addr_is4(&h->dst)) {
        return INL_DROP_BAD_DESTINATION;
    }
    h->tclass = (uint8_t)(first >> 20);
    h->flow = first & 0xfffff;
    return INL_DROP_NONE;
}

enum inl_drop ip6_parse(struct rd *r, struct ip6_hdr *ret) {
    struct ip6_hdr h;
    enum inl_drop drop = ip6_read_header(r, &h);

    if (drop != INL_DROP_NONE) {
        return drop;
    }
    h.payload = rd_sub(r, h.payload_len_bytes);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    *ret = h;
    return INL_DROP_NONE;
}

enum inl_drop ip6_parse_quoted(struct rd *r, struct ip6_hdr *ret) {
    struct ip6_hdr h;
    enum inl_drop drop = ip6_read_header(r, &h);
    size_t left = rd_left(r);

    if (drop != INL_DROP_NONE) {
        return drop;
    }
    h.payload = rd_sub(r, h.payload_len_bytes < left ? h.payload_len_bytes : left);
    *ret = h;
    return INL_DROP_NONE;
}

void ip6_emit(struct wr *w, const struct ip6_hdr *h) {
    if (wr_left(w) < IP6_HDR_BYTES || h->flow > 0xfffff) {
        w->bad = true;
        return;
    }
    wr_be32(w, 6u << 28 | (uint32_t)h->tclass << 20 | h->flow);
    wr_be16(w, h->payload_len_bytes);
    wr_u8(w, h->next);
    wr_u8(w, h->hop_limit);
    wr_put(w, h->src.b, sizeof(h->src.b));
    wr_put(w, h->dst.b, sizeof(h->dst.b));
}

/* ---- extension headers ---- */

enum ip6_opt_type {
    IP6_OPT_PAD1 = 0,
    IP6_OPT_PADN = 1,
    IP6_OPT_ALERT = 5, /* RFC 2711 */
};

/* Where the walk stands: base is the first byte after the fixed header. */
struct ip6_cursor {
    struct rd r;
    const uint8_t *base;
    struct ip6_walk *w;
    bool quoted;
};

static uint16_t ip6_off(const struct ip6_cursor *c, const uint8_t *at) {
    return (uint16_t)(IP6_HDR_BYTES + (at - c->base));
}

static enum inl_drop ip6_fail(struct ip6_cursor *c, enum inl_drop drop, enum ip6_problem problem,
                              enum icmp6_param_code code, uint16_t off) {
    c->w->problem = problem;
    c->w->problem_code = (uint8_t)code;
    c->w->problem_off = off;
    return drop;
}

/* The two highest bits of an unknown option say what to do (RFC 8200 4.2). PadN, whose bits say
 * "skip", is no exception. */
static enum inl_drop ip6_unknown_option(struct ip6_cursor *c, uint8_t type, const uint8_t *at) {
    switch (type >> 6) {
    case 0:
        return INL_DROP_NONE;
    case 1:
        return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_NONE, ICMP6_PARAM_OPTION, 0);
    case 2:
        return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_PARAM_ALWAYS, ICMP6_PARAM_OPTION,
                        ip6_off(c, at));
    default:
        return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_PARAM, ICMP6_PARAM_OPTION,
                        ip6_off(c, at));
    }
}

/* One option other than Pad1: type is consumed, length and data follow. */
static enum inl_drop ip6_option(struct ip6_cursor *c, struct rd *opts, uint8_t type,
                                const uint8_t *at, bool hop_by_hop) {
    /* the octet to blame is the length, or, if even that is missing, the type */
    uint16_t blame_off = (uint16_t)(ip6_off(c, at) + (rd_left(opts) > 0));
    uint8_t len = rd_u8(opts);
    struct rd data = rd_sub(opts, len);

    if (opts->bad) {
        return ip6_fail(c, INL_DROP_BAD_OPTION, IP6_PROBLEM_PARAM, ICMP6_PARAM_FIELD, blame_off);
    }
    if (type == IP6_OPT_ALERT && hop_by_hop && len == 2) {
        c->w->alert = rd_be16(&data);
        c->w->has_alert = true;
        return INL_DROP_NONE;
    }
    return ip6_unknown_option(c, type, at);
}

static enum inl_drop ip6_options(struct ip6_cursor *c, struct rd opts, bool hop_by_hop) {
    int count = 0;

    while (rd_left(&opts) > 0) {
        const uint8_t *at = rd_ptr(&opts);
        uint8_t type = rd_u8(&opts);
        enum inl_drop drop;

        if (type == IP6_OPT_PAD1) {
            continue;
        }
        if (type != IP6_OPT_PADN && ++count > IP6_OPTS_MAX) {
            return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_NONE, ICMP6_PARAM_OPTION, 0);
        }
        drop = ip6_option(c, &opts, type, at, hop_by_hop);
        if (drop != INL_DROP_NONE) {
            return drop;
        }
    }
    return INL_DROP_NONE;
}

/* Hop-by-hop and destination options: next header, length in units of 8 beyond the first 8. */
static enum inl_drop ip6_options_header(struct ip6_cursor *c, bool hop_by_hop) {
    uint8_t len;
    struct rd body;

    c->w->proto = rd_u8(&c->r);
    len = rd_u8(&c->r);
    body = rd_sub(&c->r, 6 + (size_t)len * 8);
    if (c->r.bad) {
        return INL_DROP_TRUNCATED;
    }
    return c->quoted ? INL_DROP_NONE : ip6_options(c, body, hop_by_hop);
}

/* No routing type is known here: with segments left it is a problem, else it is passed over
 * (RFC 8200 4.4, RFC 5095). */
static enum inl_drop ip6_routing_header(struct ip6_cursor *c) {
    const uint8_t *at = rd_ptr(&c->r);
    uint8_t segments_left;
    uint8_t len;

    c->w->proto = rd_u8(&c->r);
    len = rd_u8(&c->r);
    (void)rd_u8(&c->r); /* type */
    segments_left = rd_u8(&c->r);
    if (!rd_skip(&c->r, 4 + (size_t)len * 8)) {
        return INL_DROP_TRUNCATED;
    }
    if (segments_left != 0 && !c->quoted) {
        return ip6_fail(c, INL_DROP_SOURCE_ROUTED, IP6_PROBLEM_PARAM, ICMP6_PARAM_FIELD,
                        (uint16_t)(ip6_off(c, at) + 2));
    }
    c->w->routing = true;
    return INL_DROP_NONE;
}

/* Ends the walk unless it says that the packet is whole (RFC 6946). */
static enum inl_drop ip6_fragment_header(struct ip6_cursor *c) {
    const uint8_t *at = rd_ptr(&c->r);
    uint16_t off_more;
    size_t len;

    c->w->frag_named_off = c->w->next_off;
    c->w->proto = rd_u8(&c->r);
    (void)rd_u8(&c->r);
    off_more = rd_be16(&c->r);
    c->w->frag_id = rd_be32(&c->r);
    if (c->r.bad) {
        return INL_DROP_TRUNCATED;
    }
    if ((off_more & 0xfff9) == 0) {
        c->w->atomic = true;
        return INL_DROP_NONE;
    }
    len = rd_left(&c->r);
    c->w->fragment = true;
    c->w->frag_more = off_more & 1;
    c->w->frag_off_bytes = off_more & 0xfff8;
    if (c->w->frag_more && len % 8 != 0) {
        return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_PARAM, ICMP6_PARAM_FIELD,
                        IP6_OFF_PAYLOAD_LEN);
    }
    if (c->w->frag_off_bytes + len > IP6_MAX_PAYLOAD_BYTES) {
        return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_PARAM, ICMP6_PARAM_FIELD,
                        (uint16_t)(ip6_off(c, at) + 2));
    }
    return len == 0 ? INL_DROP_BAD_EXT_HEADER : INL_DROP_NONE;
}

static bool ip6_is_ext(uint8_t nh) {
    return nh == IP_PROTO_HOPOPTS || nh == IP_PROTO_DSTOPTS || nh == IP_PROTO_ROUTING ||
           nh == IP_PROTO_FRAGMENT;
}

/* Takes the header that w->proto announces. A second fragment header is refused: after
 * reassembly none is left, and in an atomic one nothing else makes sense. */
static enum inl_drop ip6_ext_header(struct ip6_cursor *c, int index) {
    switch (c->w->proto) {
    case IP_PROTO_HOPOPTS:
        if (index != 0) {
            return ip6_fail(c, INL_DROP_BAD_EXT_HEADER, IP6_PROBLEM_PARAM, ICMP6_PARAM_NEXT_HEADER,
                            c->w->next_off);
        }
        return ip6_options_header(c, true);
    case IP_PROTO_DSTOPTS:
        return ip6_options_header(c, false);
    case IP_PROTO_ROUTING:
        return ip6_routing_header(c);
    default:
        return c->w->atomic ? INL_DROP_BAD_EXT_HEADER : ip6_fragment_header(c);
    }
}

static enum inl_drop walk(struct rd *payload, uint8_t first_nh, struct ip6_walk *ret, bool quoted) {
    struct ip6_cursor c = {*payload, rd_ptr(payload), ret, quoted};

    (void)rd_rest(payload);
    memset(ret, 0, sizeof(*ret));
    ret->proto = first_nh;
    ret->next_off = IP6_NEXT_OFF;
    for (int i = 0; ip6_is_ext(ret->proto) && !ret->fragment; i++) {
        uint16_t next_off = ip6_off(&c, rd_ptr(&c.r));
        enum inl_drop drop = i < IP6_EXT_MAX ? ip6_ext_header(&c, i) : INL_DROP_BAD_EXT_HEADER;

        if (drop != INL_DROP_NONE) {
            return drop;
        }
        ret->next_off = next_off;
    }
    ret->upper_off = ip6_off(&c, rd_ptr(&c.r));
    ret->payload = c.r;
    return INL_DROP_NONE;
}

enum inl_drop ip6_ext_walk(struct rd *payload, uint8_t first_nh, struct ip6_walk *ret) {
    return walk(payload, first_nh, ret, false);
}

enum inl_drop ip6_ext_walk_quoted(struct rd *payload, uint8_t first_nh, struct ip6_walk *ret) {
    return walk(payload, first_nh, ret, true);
}

/* What of the upper layer's header must be there. */
static size_t ip6_upper_len(struct rd data, uint8_t proto) {
    switch (proto) {
    case IP_PROTO_TCP:
        return rd_skip(&data, 12) ? (size_t)(rd_u8(&data) >> 4) * 4 : TCP_HDR_BYTES;
    case IP_PROTO_UDP:
    case IP_PROTO_UDPLITE:
    case IP_PROTO_ICMP6:
        return UDP_HDR_BYTES; /* ICMPv6's is as long */
    default:
        return 0;
    }
}

bool ip6_chain_is_whole(struct rd data, uint8_t proto) {
    struct ip6_walk w;
    enum inl_drop why = ip6_ext_walk(&data, proto, &w);

    if (why) {
        return why != INL_DROP_TRUNCATED; /* other faults are for the walk over the whole packet */
    }
    return rd_left(&w.payload) >= ip6_upper_len(w.payload, w.proto);
}
