/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra.c - reads and writes the options of router advertisements (see ra.h)
 *
 * Both ways over the same table of layouts in the RFCs; nothing is kept.
 */
#include "wire/ra.h"

#include "base/csum.h"
#include "wire/icmp6.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <string.h>

#define RA_FIXED_BYTES 16
#define RA_LL_BYTES 8
#define RA_MTU_BYTES 8
#define RA_PREFIX_BYTES 32
#define RA_ROUTE_BYTES 8 /* and the prefix, in units of eight */
#define RA_DNS_BYTES 8   /* of RDNSS and DNSSL, before servers and names */

/* ---- parse ---- */

uint8_t ra_pref(unsigned bits) {
    static const uint8_t meaning[4] = {INL_ROUTER_MEDIUM, INL_ROUTER_HIGH, RA_PREF_RESERVED,
                                       INL_ROUTER_LOW};

    return meaning[bits & 3];
}

bool ra_opt_ok(uint8_t type, struct rd body) {
    size_t len = rd_left(&body) + 2;
    uint8_t bits = rd_u8(&body);

    switch (type) {
    case ND_OPT_PREFIX:
        return len == RA_PREFIX_BYTES && bits <= 128;
    case ND_OPT_ROUTE: /* RFC 4191 2.3: as long as the prefix needs it, at least */
        return len <= 24 && bits <= 128 && len >= 8 + ((size_t)bits + 63) / 64 * 8;
    case ND_OPT_RDNSS: /* RFC 8106 5.1: 3 or more, odd */
        return len >= 24 && len % 16 == 8;
    case ND_OPT_DNSSL:
        return len >= 16;
    case ND_OPT_MTU:
        return len == RA_MTU_BYTES;
    default:
        return true;
    }
}

static void ra_read_prefix(struct rd *r, struct ra_opt *o) {
    uint8_t flags;

    o->bits = rd_u8(r);
    flags = rd_u8(r);
    o->on_link = flags & 0x80;
    o->autonomous = flags & 0x40;
    o->lifetime_s = rd_be32(r);
    o->preferred_s = rd_be32(r);
    rd_skip(r, 4);
    rd_copy(r, o->prefix.b, sizeof(o->prefix.b));
    o->prefix = inl_addr_mask(&o->prefix, o->bits);
}

static void ra_read_route(struct rd *r, struct ra_opt *o) {
    o->bits = rd_u8(r);
    o->pref = ra_pref(rd_u8(r) >> 3);
    o->lifetime_s = rd_be32(r);
    rd_copy(r, o->prefix.b, rd_left(r) < 16 ? rd_left(r) : 16);
    o->prefix = inl_addr_mask(&o->prefix, o->bits);
}

bool ra_next(struct rd *options, struct ra_opt *ret) {
    struct ra_opt o = {.type = rd_u8(options)};
    uint8_t units = rd_u8(options);
    struct rd r;

    if (options->bad || units == 0) {
        return false;
    }
    r = rd_sub(options, (size_t)units * 8 - 2);
    if (options->bad || !ra_opt_ok(o.type, r)) {
        return false;
    }
    switch (o.type) {
    case ND_OPT_PREFIX:
        ra_read_prefix(&r, &o);
        break;
    case ND_OPT_ROUTE:
        ra_read_route(&r, &o);
        break;
    case ND_OPT_MTU:
        rd_skip(&r, 2);
        o.mtu_bytes = rd_be32(&r);
        break;
    case ND_OPT_RDNSS:
    case ND_OPT_DNSSL:
        rd_skip(&r, 2);
        o.lifetime_s = rd_be32(&r);
        break;
    default:
        break;
    }
    o.body = r;
    *ret = o;
    return true;
}

bool ra_next_server(struct ra_opt *o, struct inl_addr *ret) {
    return rd_copy(&o->body, ret->b, sizeof(ret->b));
}

/* Names stand behind each other, not compressed, and zeroes fill the rest. */
bool ra_next_name(struct ra_opt *o, struct dns_name *ret) {
    const struct rd all = o->body; /* begins with the name: so no pointer can be right */

    return rd_left(&o->body) > 0 && dns_name_parse(&all, &o->body, ret) && ret->len > 1;
}

/* ---- emit ---- */

static size_t ra_search_len(const struct inl_ra_config *c) {
    size_t len = 0;

    for (unsigned i = 0; i < c->search_count; i++) {
        struct dns_name name;

        len += dns_name_set(&name, c->search[i]) ? name.len : 0;
    }
    return (len + 7) / 8 * 8;
}

/* RFC 4191 2.3: as much of the prefix as its bits need. */
static size_t ra_route_prefix_len(const struct inl_ra_route *route) {
    return ((size_t)route->len_bits + 63) / 64 * 8;
}

size_t ra_len(const struct inl_ra_config *c) {
    size_t len = RA_FIXED_BYTES + RA_LL_BYTES + (size_t)c->prefix_count * RA_PREFIX_BYTES;

    len += c->mtu_bytes ? RA_MTU_BYTES : 0;
    for (unsigned i = 0; i < c->route_count; i++) {
        len += RA_ROUTE_BYTES + ra_route_prefix_len(&c->routes[i]);
    }
    len += c->dns_count ? RA_DNS_BYTES + (size_t)c->dns_count * 16 : 0;
    len += c->search_count ? RA_DNS_BYTES + ra_search_len(c) : 0;
    return len;
}

/* The two bits of the wire, where both options and the header have them. */
static uint8_t ra_pref_bits(uint8_t pref) {
    static const uint8_t bits[] = {
        [INL_ROUTER_MEDIUM] = 0, [INL_ROUTER_HIGH] = 1, [INL_ROUTER_LOW] = 3};

    return (uint8_t)(bits[pref] << 3);
}

static void ra_emit_head(struct wr *w, const struct inl_ra_config *c, bool final) {
    /* RFC 4191 2.2: no preference where the router is none by default */
    uint8_t pref = final || c->lifetime_s == 0 ? 0 : ra_pref_bits(c->pref);

    wr_u8(w, ICMP6_ROUTER_ADVERT);
    wr_u8(w, 0);
    wr_be16(w, 0);
    wr_u8(w, c->hop_limit);
    wr_u8(w, (uint8_t)((c->managed ? 0x80 : 0) | (c->other ? 0x40 : 0) | pref));
    wr_be16(w, final ? 0 : c->lifetime_s);
    wr_be32(w, c->reachable_ms);
    wr_be32(w, c->retrans_ms);
}

static void ra_emit_prefix(struct wr *w, const struct inl_ra_prefix *p) {
    struct inl_addr prefix = inl_addr_mask(&p->prefix, p->len_bits);

    wr_u8(w, ND_OPT_PREFIX);
    wr_u8(w, RA_PREFIX_BYTES / 8);
    wr_u8(w, p->len_bits);
    wr_u8(w, (uint8_t)((p->off_link ? 0 : 0x80) | (p->not_autonomous ? 0 : 0x40)));
    wr_be32(w, p->valid_s);
    wr_be32(w, p->preferred_s);
    wr_be32(w, 0);
    wr_put(w, prefix.b, sizeof(prefix.b));
}

/* RFC 4191 3.1: who stops leads nowhere any more. */
static void ra_emit_route(struct wr *w, const struct inl_ra_route *route, bool final) {
    struct inl_addr prefix = inl_addr_mask(&route->prefix, route->len_bits);

    wr_u8(w, ND_OPT_ROUTE);
    wr_u8(w, (uint8_t)((RA_ROUTE_BYTES + ra_route_prefix_len(route)) / 8));
    wr_u8(w, route->len_bits);
    wr_u8(w, ra_pref_bits(route->pref));
    wr_be32(w, final ? 0 : route->lifetime_s);
    wr_put(w, prefix.b, ra_route_prefix_len(route));
}

static void ra_emit_dns(struct wr *w, const struct inl_ra_config *c) {
    if (c->dns_count) {
        wr_u8(w, ND_OPT_RDNSS);
        wr_u8(w, (uint8_t)(1 + 2 * c->dns_count));
        wr_be16(w, 0);
        wr_be32(w, c->dns_lifetime_s);
        for (unsigned i = 0; i < c->dns_count; i++) {
            wr_put(w, c->dns[i].b, sizeof(c->dns[i].b));
        }
    }
    if (c->search_count) {
        size_t left = ra_search_len(c);

        wr_u8(w, ND_OPT_DNSSL);
        wr_u8(w, (uint8_t)(1 + left / 8));
        wr_be16(w, 0);
        wr_be32(w, c->dns_lifetime_s);
        for (unsigned i = 0; i < c->search_count; i++) {
            struct dns_name name;

            if (dns_name_set(&name, c->search[i])) {
                wr_put(w, name.b, name.len);
                left -= name.len;
            }
        }
        for (; left > 0; left--) {
            wr_u8(w, 0);
        }
    }
}

void ra_emit(struct wr *w, const struct inl_ra_config *c, const uint8_t mac[6], bool final,
             const struct inl_addr *src, const struct inl_addr *dst) {
    size_t at = wr_len(w);
    size_t len = ra_len(c);
    uint64_t acc;

    if (len > wr_left(w)) {
        w->bad = true;
        return;
    }
    ra_emit_head(w, c, final);
    wr_u8(w, ND_OPT_SOURCE_LL);
    wr_u8(w, RA_LL_BYTES / 8);
    wr_put(w, mac, 6);
    if (c->mtu_bytes) {
        wr_u8(w, ND_OPT_MTU);
        wr_u8(w, RA_MTU_BYTES / 8);
        wr_be16(w, 0);
        wr_be32(w, c->mtu_bytes);
    }
    for (unsigned i = 0; i < c->prefix_count; i++) {
        ra_emit_prefix(w, &c->prefixes[i]);
    }
    for (unsigned i = 0; i < c->route_count; i++) {
        ra_emit_route(w, &c->routes[i], final);
    }
    ra_emit_dns(w, c);
    acc = l4_pseudo_csum(src, dst, IP_PROTO_ICMP6, (uint32_t)len);
    wr_set_be16(w, at + 2, csum_fold(csum_add(acc, w->start + at, len)));
}
