/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.c - neighbour discovery messages
 *
 * Options come in units of 8 octets with the length in front; each becomes a sub-reader, and a
 * length of 0, which would never advance, discards the message (RFC 4861 4.6).
 */
#include "wire/nd.h"

#include "base/csum.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"
#include "wire/ra.h"

#define ND_LL_OPT_BYTES 8 /* of an Ethernet address */

#define ND_NA_ROUTER 0x80000000u
#define ND_NA_SOLICITED 0x40000000u
#define ND_NA_OVERRIDE 0x20000000u

/* ---- parse ---- */

static enum inl_drop nd_ll_option(struct rd *body, bool *has, uint8_t ll[6]) {
    uint8_t mac[6];

    if (!rd_copy(body, mac, sizeof(mac)) || rd_left(body) != 0) {
        return INL_DROP_BAD_OPTION;
    }
    if (!*has) {
        *has = true;
        memcpy(ll, mac, sizeof(mac));
    }
    return INL_DROP_NONE;
}

static enum inl_drop nd_prefix_option(struct rd *body, struct nd_msg *m) {
    uint8_t len_bits = rd_u8(body);
    struct inl_addr prefix;

    rd_skip(body, 13); /* flags, two lifetimes, reserved */
    rd_copy(body, prefix.b, sizeof(prefix.b));
    if (body->bad || rd_left(body) != 0 || len_bits > 128) {
        return INL_DROP_BAD_OPTION;
    }
    if (!m->has_prefix) {
        m->has_prefix = true;
        m->prefix = prefix;
        m->prefix_len_bits = len_bits;
    }
    return INL_DROP_NONE;
}

static enum inl_drop nd_mtu_option(struct rd *body, struct nd_msg *m) {
    uint32_t mtu_bytes;

    rd_skip(body, 2);
    mtu_bytes = rd_be32(body);
    if (body->bad || rd_left(body) != 0) {
        return INL_DROP_BAD_OPTION;
    }
    if (m->mtu_bytes == 0) {
        m->mtu_bytes = mtu_bytes;
    }
    return INL_DROP_NONE;
}

static enum inl_drop nd_nonce_option(struct rd *body, struct nd_msg *m) {
    if (rd_left(body) == ND_NONCE_BYTES && !m->has_nonce) {
        m->has_nonce = true;
        rd_copy(body, m->nonce, sizeof(m->nonce));
    }
    return INL_DROP_NONE;
}

static enum inl_drop nd_option(uint8_t type, struct rd *body, struct nd_msg *m) {
    switch (type) {
    case ND_OPT_SOURCE_LL:
        return nd_ll_option(body, &m->has_source_ll, m->source_ll);
    case ND_OPT_TARGET_LL:
        return nd_ll_option(body, &m->has_target_ll, m->target_ll);
    case ND_OPT_PREFIX:
        return nd_prefix_option(body, m);
    case ND_OPT_NONCE:
        return nd_nonce_option(body, m);
    case ND_OPT_MTU:
        return nd_mtu_option(body, m);
    default:
        return INL_DROP_NONE;
    }
}

static enum inl_drop nd_options(struct rd *r, struct nd_msg *m) {
    while (rd_left(r) > 0) {
        uint8_t type = rd_u8(r);
        uint8_t units = rd_u8(r);
        struct rd body;
        enum inl_drop drop;

        if (r->bad || units == 0) {
            return INL_DROP_BAD_OPTION;
        }
        body = rd_sub(r, (size_t)units * 8 - 2);
        if (r->bad) {
            return INL_DROP_BAD_OPTION;
        }
        drop = ra_opt_ok(type, body) ? nd_option(type, &body, m) : INL_DROP_BAD_OPTION;
        if (drop != INL_DROP_NONE) {
            return drop;
        }
    }
    return INL_DROP_NONE;
}

/* What lies between the first eight bytes and the options. */
static enum inl_drop nd_fixed_part(struct rd *r, uint32_t rest, struct nd_msg *m) {
    switch (m->type) {
    case ICMP6_ROUTER_SOLICIT:
        break;
    case ICMP6_ROUTER_ADVERT:
        m->hop_limit = (uint8_t)(rest >> 24);
        m->managed = rest & 0x00800000;
        m->other = rest & 0x00400000;
        m->pref_bits = (uint8_t)(rest >> 19 & 3);
        m->lifetime_s = (uint16_t)rest;
        m->reachable_ms = rd_be32(r);
        m->retrans_ms = rd_be32(r);
        break;
    case ICMP6_NEIGH_ADVERT:
        m->router = rest & ND_NA_ROUTER;
        m->solicited = rest & ND_NA_SOLICITED;
        m->override = rest & ND_NA_OVERRIDE;
        rd_copy(r, m->target.b, sizeof(m->target.b));
        break;
    case ICMP6_NEIGH_SOLICIT:
        rd_copy(r, m->target.b, sizeof(m->target.b));
        break;
    case ICMP6_REDIRECT:
        rd_copy(r, m->target.b, sizeof(m->target.b));
        rd_copy(r, m->dst.b, sizeof(m->dst.b));
        break;
    default:
        return INL_DROP_UNKNOWN_ICMP;
    }
    return r->bad ? INL_DROP_TRUNCATED : INL_DROP_NONE;
}

enum inl_drop nd_parse(const struct icmp6_msg *icmp, struct nd_msg *ret) {
    struct nd_msg m = {.type = icmp->type};
    struct rd r = icmp->data;
    enum inl_drop drop = nd_fixed_part(&r, icmp->rest, &m);

    if (drop != INL_DROP_NONE) {
        return drop;
    }
    if (icmp->code != 0) {
        return INL_DROP_BAD_LENGTH;
    }
    if (inl_addr_is_multicast(&m.target) || inl_addr_is4(&m.target)) {
        return INL_DROP_BAD_DESTINATION;
    }
    m.options = r;
    drop = nd_options(&r, &m);
    if (drop != INL_DROP_NONE) {
        return drop;
    }
    *ret = m;
    return INL_DROP_NONE;
}

/* ---- emit ---- */

size_t nd_len(const struct nd_msg *m) {
    size_t len = ICMP6_HDR_BYTES;

    len += m->type == ICMP6_ROUTER_SOLICIT ? 0 : sizeof(m->target.b);
    len += m->has_source_ll ? ND_LL_OPT_BYTES : 0;
    len += m->has_target_ll ? ND_LL_OPT_BYTES : 0;
    len += m->has_nonce ? 2 + ND_NONCE_BYTES : 0;
    return len;
}

static void nd_emit_ll(struct wr *w, enum nd_opt_type type, const uint8_t ll[6]) {
    wr_u8(w, (uint8_t)type);
    wr_u8(w, ND_LL_OPT_BYTES / 8);
    wr_put(w, ll, 6);
}

void nd_emit(struct wr *w, const struct nd_msg *m, const struct inl_addr *src,
             const struct inl_addr *dst) {
    size_t at = wr_len(w);
    size_t len = nd_len(m);
    uint32_t rest = 0;
    uint64_t acc;

    if (m->type != ICMP6_ROUTER_SOLICIT && m->type != ICMP6_NEIGH_SOLICIT &&
        m->type != ICMP6_NEIGH_ADVERT) {
        w->bad = true;
        return;
    }
    if (len > wr_left(w)) {
        w->bad = true;
        return;
    }
    if (m->type == ICMP6_NEIGH_ADVERT) {
        rest = (m->router ? ND_NA_ROUTER : 0) | (m->solicited ? ND_NA_SOLICITED : 0) |
               (m->override ? ND_NA_OVERRIDE : 0);
    }
    wr_u8(w, m->type);
    wr_u8(w, 0);
    wr_be16(w, 0);
    wr_be32(w, rest);
    if (m->type != ICMP6_ROUTER_SOLICIT) {
        wr_put(w, m->target.b, sizeof(m->target.b));
    }
    if (m->has_source_ll) {
        nd_emit_ll(w, ND_OPT_SOURCE_LL, m->source_ll);
    }
    if (m->has_target_ll) {
        nd_emit_ll(w, ND_OPT_TARGET_LL, m->target_ll);
    }
    if (m->has_nonce) {
        wr_u8(w, ND_OPT_NONCE);
        wr_u8(w, (2 + ND_NONCE_BYTES) / 8);
        wr_put(w, m->nonce, sizeof(m->nonce));
    }
    acc = l4_pseudo_csum(src, dst, IP_PROTO_ICMP6, (uint32_t)len);
    wr_set_be16(w, at + 2, csum_fold(csum_add(acc, w->start + at, len)));
}

struct inl_addr nd_solicited_node(const struct inl_addr *addr) {
    struct inl_addr group = {{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0}};

    memcpy(group.b + 13, addr->b + 13, 3);
    return group;
}
