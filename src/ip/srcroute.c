/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcroute.c - source routes of IPv4 (RFC 791 3.1, RFC 1122 3.2.1.8 c and 3.3.5, RFC 1812 4.2.2.2,
 * 4.3.2.6 and 5.2.4.1, RFC 7126 4.3 and 4.4)
 *
 * Only with config.source_routes; without, whatever has one is refused. A packet goes from stage to
 * stage: each one that it names as the destination puts the next one there, and its own address, as
 * the next link knows it, into the place from which that came. So at the end the option says which
 * way the packet took, and the same stages the other way round are the way back. Some senders write
 * themselves in front: that stage is left out.
 *
 * A host is the end of a route, or sends one. To be a stage takes a router (config.forward).
 *
 * Does not do: a second source route in one packet (RFC 1812 5.2.4.1: refused).
 */
#include "ip/srcroute.h"
#include "base/wr.h"
#include "ip/addr.h"
#include "ip/state.h"
#include "wire/ip4.h"

#include <string.h>

#define ROUTE_HDR_BYTES 3u /* type, length, pointer */
#define FIRST_POINTER 4u

/* The option that a walk has just passed. */
static bool is_route(const struct ip4_opt *o) {
    return o->type == IP4_OPT_LSRR || o->type == IP4_OPT_SSRR;
}

/* Where the nth source route begins, from the start of the options; -1: there is none. */
static int route_find(struct rd opts, int nth) {
    const uint8_t *start = rd_ptr(&opts);
    const uint8_t *at = start;
    struct ip4_opt o;

    while (ip4_opts_next(&opts, &o) > 0) {
        if (is_route(&o) && nth-- == 0) {
            return (int)(at - start);
        }
        at = rd_ptr(&opts);
    }
    return -1;
}

enum inl_drop ip4_srcroute_check(struct rd opts, uint8_t *ret_problem_off) {
    int second = route_find(opts, 1);

    if (second < 0) {
        return INL_DROP_NONE;
    }
    *ret_problem_off = (uint8_t)(IP4_HDR_BYTES + second);
    return INL_DROP_BAD_OPTION;
}

enum ip_routed ip4_srcroute_kind(struct rd opts) {
    int at = route_find(opts, 0);

    if (at < 0) {
        return IP_ROUTED_NO;
    }
    return rd_ptr(&opts)[at] == IP4_OPT_SSRR ? IP_ROUTED_STRICT : IP_ROUTED_LOOSE;
}

/* o: the option from its type on. Is there a stage that was not reached? */
static bool route_goes_on(const uint8_t *o) {
    return o[2] + 3u <= o[1];
}

enum ip_routed ip4_srcroute_advance(const struct ip *ip, struct rd *opts, uint8_t buf[40],
                                    struct inl_addr *ret_next) {
    size_t len = rd_left(opts);
    int at = route_find(*opts, 0);
    uint8_t *o;

    if (at < 0 || !route_goes_on(rd_ptr(opts) + at)) {
        return IP_ROUTED_NO;
    }
    memcpy(buf, rd_ptr(opts), len);
    *opts = rd_init(buf, len);
    o = buf + at;
    for (; route_goes_on(o); o[2] = (uint8_t)(o[2] + 4)) { /* stages of ours are passed at once */
        *ret_next = inl_addr_from4(rd_load32(o + o[2] - 1));
        if (inl_addr_is_loopback(ret_next) || !ip_addr_is_ours(ip, ret_next)) {
            return o[0] == IP4_OPT_SSRR ? IP_ROUTED_STRICT : IP_ROUTED_LOOSE;
        }
    }
    return IP_ROUTED_NO;
}

void ip4_srcroute_record(uint8_t *opts, size_t len, const struct inl_addr *own) {
    int at = route_find(rd_init(opts, len), 0);

    if (at >= 0 && route_goes_on(opts + at)) {
        uint8_t *o = opts + at;

        wr_store32(o + o[2] - 1, inl_addr_to4(own));
        o[2] = (uint8_t)(o[2] + 4);
    }
}

struct rd ip4_srcroute_back(struct rd opts, const struct inl_addr *src, uint8_t buf[40]) {
    int at = route_find(opts, 0);
    size_t first = ROUTE_HDR_BYTES;
    const uint8_t *o;
    size_t end;
    size_t to;

    if (at < 0) {
        return rd_init(NULL, 0);
    }
    o = rd_ptr(&opts) + at;
    end = o[2] - 1u < o[1] ? o[2] - 1u : o[1];
    if (first < end && rd_load32(o + first) == inl_addr_to4(src)) {
        first += 4; /* RFC 1122 3.2.1.8 c, case (B) */
    }
    if (first >= end) {
        return rd_init(NULL, 0);
    }
    buf[0] = o[0];
    buf[1] = (uint8_t)(ROUTE_HDR_BYTES + end - first);
    buf[2] = FIRST_POINTER;
    for (to = ROUTE_HDR_BYTES; to < buf[1]; to += 4) {
        end -= 4;
        memcpy(buf + to, o + end, 4);
    }
    return rd_init(buf, to);
}

bool ip4_srcroute_last(struct rd opts, struct inl_addr *ret_dst) {
    int at = route_find(opts, 0);
    const uint8_t *o;

    if (at < 0 || !route_goes_on(rd_ptr(&opts) + at)) {
        return false;
    }
    o = rd_ptr(&opts) + at;
    *ret_dst = inl_addr_from4(rd_load32(o + o[1] - 4));
    return true;
}

enum ip_routed ip4_srcroute_start(struct rd opts, const struct inl_addr *dst, uint8_t buf[40],
                                  struct rd *ret_opts, struct inl_addr *ret_first) {
    size_t len = rd_left(&opts);
    int at = route_find(opts, 0);
    uint8_t *o;

    if (at < 0) {
        return IP_ROUTED_NO;
    }
    memcpy(buf, rd_ptr(&opts), len);
    o = buf + at;
    *ret_first = inl_addr_from4(rd_load32(o + ROUTE_HDR_BYTES));
    memmove(o + ROUTE_HDR_BYTES, o + ROUTE_HDR_BYTES + 4, o[1] - ROUTE_HDR_BYTES - 4u);
    wr_store32(o + o[1] - 4, inl_addr_to4(dst));
    *ret_opts = rd_init(buf, len);
    return o[0] == IP4_OPT_SSRR ? IP_ROUTED_STRICT : IP_ROUTED_LOOSE;
}

struct rd ip_source_route_back(const struct ip *ip, const struct ip_rx *rx, uint8_t buf[40]) {
    return ip->source_routes && rd_left(&rx->opts) > 0 && inl_addr_is4(&rx->src)
               ? ip4_srcroute_back(rx->opts, &rx->src, buf)
               : rd_init(NULL, 0);
}

/* No more than one, at its beginning, with stages. */
static bool route_sendable(struct rd opts) {
    int at = route_find(opts, 0);

    return route_find(opts, 1) < 0 && rd_ptr(&opts)[at + 2] == FIRST_POINTER &&
           route_goes_on(rd_ptr(&opts) + at);
}

bool ip_opts_sendable(const struct ip *ip, struct rd opts) {
    uint8_t off;

    if (rd_left(&opts) > IP4_OPTS_MAX_BYTES) {
        return false;
    }
    switch (ip4_opts_check(opts, &off)) {
    case INL_DROP_NONE:
        return true;
    case INL_DROP_SOURCE_ROUTED:
        return ip->source_routes && route_sendable(opts);
    default:
        return false;
    }
}
