/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4.c - IPv4 header and options
 *
 * One function reads the header for both entry points; they differ in what they ask of the
 * payload. Options are walked by an iterator that either consumes or ends.
 */
#include "wire/ip4.h"

#include "base/csum.h"

#include <errno.h>
#include <string.h>

#define IP4_FLAG_DF 0x4000
#define IP4_FLAG_MF 0x2000
#define IP4_OFF_MASK 0x1fff
#define IP4_MAX_BYTES 65535

static inline struct inl_addr ip4_addr_at(const uint8_t *p) {
    struct inl_addr a = INL_ADDR_ANY4;

    memcpy(a.b + 12, p, 4);
    return a;
}

/* The header up to and including options; r is left behind it. */
static inline enum inl_drop ip4_read_header(struct rd *r, struct ip4_hdr *h) {
    const uint8_t *p = rd_take(r, IP4_HDR_BYTES);
    uint8_t vihl;
    uint16_t frag;
    size_t hdr_len;

    if (!p) {
        return INL_DROP_TRUNCATED;
    }
    vihl = p[0];
    hdr_len = (size_t)(vihl & 0x0f) * 4;
    h->tos = p[1];
    h->total_len_bytes = rd_load16(p + 2);
    h->id = rd_load16(p + 4);
    frag = rd_load16(p + 6);
    h->ttl = p[8];
    h->proto = p[9];
    h->csum = rd_load16(p + 10);
    h->src = ip4_addr_at(p + 12);
    h->dst = ip4_addr_at(p + 16);
    if (vihl >> 4 != 4) {
        return INL_DROP_BAD_VERSION;
    }
    if (hdr_len < IP4_HDR_BYTES || h->total_len_bytes < hdr_len) {
        return INL_DROP_BAD_LENGTH;
    }
    h->df = frag & IP4_FLAG_DF;
    h->mf = frag & IP4_FLAG_MF;
    h->frag_off_bytes = (uint16_t)((frag & IP4_OFF_MASK) * 8);
    h->hdr_len_bytes = (uint8_t)hdr_len;
    h->opts = rd_sub(r, hdr_len - IP4_HDR_BYTES);
    return r->bad ? INL_DROP_TRUNCATED : INL_DROP_NONE;
}

/* A datagram's pieces are multiples of 8 octets, not empty, and end within 65,535 octets of
 * the whole (RFC 791 3.2; RFC 1858, CVE-1999-0128). */
static inline bool ip4_fragment_is_sane(const struct ip4_hdr *h) {
    size_t len = (size_t)(h->total_len_bytes - h->hdr_len_bytes);

    if (!ip4_is_fragment(h)) {
        return true;
    }
    return len != 0 && !(h->mf && len % 8 != 0) &&
           h->hdr_len_bytes + h->frag_off_bytes + len <= IP4_MAX_BYTES;
}

enum inl_drop ip4_parse(struct rd *r, struct ip4_hdr *ret) {
    enum inl_drop drop = ip4_read_header(r, ret);

    if (drop != INL_DROP_NONE) {
        return drop;
    }
    if (!ip4_fragment_is_sane(ret)) {
        return INL_DROP_BAD_LENGTH;
    }
    ret->payload = rd_sub(r, (size_t)(ret->total_len_bytes - ret->hdr_len_bytes));
    return r->bad ? INL_DROP_TRUNCATED : INL_DROP_NONE;
}

enum inl_drop ip4_parse_quoted(struct rd *r, struct ip4_hdr *ret) {
    struct ip4_hdr h;
    enum inl_drop drop = ip4_read_header(r, &h);
    size_t len;

    if (drop != INL_DROP_NONE) {
        return drop;
    }
    len = (size_t)(h.total_len_bytes - h.hdr_len_bytes);
    h.payload = rd_sub(r, len < rd_left(r) ? len : rd_left(r));
    *ret = h;
    return INL_DROP_NONE;
}

/* Almost all headers have no options, and then a few additions. */
static inline uint64_t ip4_sum(const uint8_t *packet, size_t hdr_len_bytes) {
    uint64_t acc = csum_add_words(0, packet, IP4_HDR_BYTES / 4);

    return hdr_len_bytes == IP4_HDR_BYTES
               ? acc
               : csum_add(acc, packet + IP4_HDR_BYTES, hdr_len_bytes - IP4_HDR_BYTES);
}

bool ip4_csum_ok(const uint8_t *packet, size_t hdr_len_bytes) {
    return csum_ok(ip4_sum(packet, hdr_len_bytes));
}

size_t ip4_hdr_len(const struct ip4_hdr *h) {
    return IP4_HDR_BYTES + ((rd_left(&h->opts) + 3) & ~(size_t)3);
}

void ip4_emit(struct wr *w, const struct ip4_hdr *h) {
    size_t hdr_len = ip4_hdr_len(h);
    size_t opts_len = rd_left(&h->opts);
    bool sane = hdr_len <= IP4_HDR_MAX_BYTES && h->frag_off_bytes % 8 == 0;
    uint8_t *p = sane ? wr_take(w, hdr_len) : NULL;

    if (!p) {
        w->bad = true;
        return;
    }
    p[0] = (uint8_t)(0x40 | hdr_len / 4);
    p[1] = h->tos;
    wr_store16(p + 2, h->total_len_bytes);
    wr_store16(p + 4, h->id);
    wr_store16(p + 6, (uint16_t)((h->df ? IP4_FLAG_DF : 0) | (h->mf ? IP4_FLAG_MF : 0) |
                                 h->frag_off_bytes / 8));
    p[8] = h->ttl;
    p[9] = h->proto;
    wr_store16(p + 10, 0);
    memcpy(p + 12, h->src.b + 12, 4);
    memcpy(p + 16, h->dst.b + 12, 4);
    if (hdr_len > IP4_HDR_BYTES) {
        memset(p + IP4_HDR_BYTES, 0, hdr_len - IP4_HDR_BYTES); /* zero is EOL */
        memcpy(p + IP4_HDR_BYTES, rd_ptr(&h->opts), opts_len);
    }
    wr_store16(p + 10, csum_fold(ip4_sum(p, hdr_len)));
}

/* ---- options ---- */

/* Route options hold a pointer to the next free or unvisited slot, counted in octets from the
 * option's type as 1, so the first slot is at 4. A pointer past the end means full or done. */
static bool ip4_route_opt_is_sane(struct rd data) {
    uint8_t pointer = rd_u8(&data);

    return !data.bad && rd_left(&data) % 4 == 0 && pointer >= 4 && pointer % 4 == 0;
}

/* RFC 791: the pointer's smallest value is 5; slots are 4 octets, or 8 with addresses. */
static bool ip4_ts_opt_is_sane(struct rd data) {
    uint8_t pointer = rd_u8(&data);
    uint8_t flag = rd_u8(&data) & 0x0f;
    size_t slot = flag == 0 ? 4 : 8;

    if (data.bad || (flag != 0 && flag != 1 && flag != 3)) {
        return false;
    }
    return rd_left(&data) % slot == 0 && pointer >= 5 && (pointer - 5u) % slot == 0;
}

static bool ip4_opt_is_sane(const struct ip4_opt *o) {
    switch (o->type) {
    case IP4_OPT_RR:
    case IP4_OPT_LSRR:
    case IP4_OPT_SSRR:
        return ip4_route_opt_is_sane(o->data);
    case IP4_OPT_TS:
        return ip4_ts_opt_is_sane(o->data);
    case IP4_OPT_ALERT:
        return rd_left(&o->data) == 2;
    default:
        return true;
    }
}

int ip4_opts_next(struct rd *opts, struct ip4_opt *ret) {
    struct ip4_opt o = {0};
    uint8_t len;

    o.type = rd_u8(opts); /* 0, which is EOL, when nothing is left */
    if (o.type == IP4_OPT_EOL) {
        (void)rd_rest(opts);
        return 0;
    }
    if (o.type == IP4_OPT_NOP) {
        *ret = o;
        return 1;
    }
    len = rd_u8(opts);
    if (opts->bad || len < 2) {
        return -EINVAL;
    }
    o.data = rd_sub(opts, len - 2u);
    if (opts->bad || !ip4_opt_is_sane(&o)) {
        return -EINVAL;
    }
    *ret = o;
    return 1;
}

enum inl_drop ip4_opts_check(struct rd opts, uint8_t *ret_problem_off) {
    const uint8_t *start = rd_ptr(&opts);
    enum inl_drop found = INL_DROP_NONE;
    struct ip4_opt o;

    for (;;) {
        const uint8_t *at = rd_ptr(&opts);
        int n = ip4_opts_next(&opts, &o);

        if (n == 0) {
            return found;
        }
        if (n < 0) {
            if (ret_problem_off) {
                *ret_problem_off = (uint8_t)(IP4_HDR_BYTES + (at - start));
            }
            return INL_DROP_BAD_OPTION;
        }
        if (o.type == IP4_OPT_LSRR || o.type == IP4_OPT_SSRR) {
            found = INL_DROP_SOURCE_ROUTED;
        }
    }
}
