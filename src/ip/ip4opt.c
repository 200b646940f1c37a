/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4opt.c - options of IPv4 that want something of a host or router (RFC 791 3.1, RFC 781,
 * RFC 1122 3.2.1.8, RFC 1812 4.2.2.2 and 5.2.4, RFC 2113, RFC 7126)
 *
 * Record route: the address goes into the next free slot; when there is none, the packet goes on as
 * it is. Timestamp: time, or address and time, or time only if the next slot names us. When there
 * is no slot left the overflow count rises, and when that is full the packet is refused.
 *
 * The engine knows no time of day. So a timestamp is the ms of its own clock with the highest bit
 * set, which says that it is not counted from midnight (RFC 791).
 *
 * Input has walked the options before: they are well-formed here.
 *
 * Does not do: source routes (srcroute.c).
 */
#include "ip/ip4opt.h"
#include "base/wr.h"
#include "ip/addr.h"
#include "ip/srcroute.h"
#include "ip/state.h"
#include "wire/ip4.h"

enum ts_flag {
    TS_ONLY = 0,
    TS_ADDR = 1,
    TS_PRESPECIFIED = 3,
};

static uint32_t ts_now(const struct ip *ip) {
    return (uint32_t)(ip->env->now.ns / INL_MS) | 0x80000000u;
}

/* o: the whole option, from its type on. */
static void fill_rr(uint8_t *o, const struct inl_addr *own) {
    uint8_t len = o[1];
    uint8_t pointer = o[2];

    if (pointer + 3u <= len) {
        wr_store32(o + pointer - 1, inl_addr_to4(own));
        o[2] = (uint8_t)(pointer + 4);
    }
}

static bool fill_ts(const struct ip *ip, uint8_t *o, const struct inl_addr *own) {
    uint8_t len = o[1];
    uint8_t pointer = o[2];
    uint8_t flag = o[3] & 0x0f;
    uint8_t slot = flag == TS_ONLY ? 4 : 8;
    uint8_t *at = o + pointer - 1;

    if (pointer + slot - 1u > len) {
        if (o[3] >> 4 == 15) {
            return false;
        }
        o[3] = (uint8_t)(o[3] + 0x10);
        return true;
    }
    if (flag == TS_PRESPECIFIED) {
        const struct inl_addr named = inl_addr_from4(rd_load32(at));

        if (!ip_addr_is_ours(ip, &named)) {
            return true;
        }
    } else if (flag == TS_ADDR) {
        wr_store32(at, inl_addr_to4(own));
    }
    wr_store32(at + slot - 4, ts_now(ip));
    o[2] = (uint8_t)(pointer + slot);
    return true;
}

bool ip4_opts_fill(const struct ip *ip, uint8_t *opts, size_t len, const struct inl_addr *own,
                   uint8_t *ret_problem_off) {
    struct rd r = rd_init(opts, len);
    const uint8_t *at = rd_ptr(&r);
    struct ip4_opt o;

    while (ip4_opts_next(&r, &o) > 0) {
        uint8_t *p = opts + (at - opts);

        if (o.type == IP4_OPT_RR) {
            fill_rr(p, own);
        } else if (o.type == IP4_OPT_TS && !fill_ts(ip, p, own)) {
            *ret_problem_off = (uint8_t)(IP4_HDR_BYTES + (at - opts));
            return false;
        }
        at = rd_ptr(&r);
    }
    return true;
}

struct rd ip4_opts_echo(const struct ip *ip, const struct ip_rx *rx, uint8_t buf[40]) {
    struct wr w = wr_init(buf, IP4_OPTS_MAX_BYTES);
    struct rd r = rx->opts;
    const uint8_t *at = rd_ptr(&r);
    uint8_t way[IP4_OPTS_MAX_BYTES];
    struct ip4_opt o;
    struct rd back;
    uint8_t off;

    while (ip4_opts_next(&r, &o) > 0) {
        if (o.type == IP4_OPT_RR || o.type == IP4_OPT_TS) {
            wr_put(&w, at, (size_t)(rd_ptr(&r) - at));
        }
        at = rd_ptr(&r);
    }
    if (rx->group || !ip4_opts_fill(ip, buf, wr_len(&w), &rx->dst, &off)) {
        return rd_init(NULL, 0);
    }
    back = ip4_srcroute_back(rx->opts, &rx->src, way);
    wr_put(&w, rd_ptr(&back), rd_left(&back));
    return rd_init(buf, wr_len(&w));
}

bool ip4_opts_alert(struct rd opts, uint16_t *ret_value) {
    struct ip4_opt o;

    while (ip4_opts_next(&opts, &o) > 0) {
        if (o.type == IP4_OPT_ALERT) {
            *ret_value = rd_be16(&o.data);
            return true;
        }
    }
    return false;
}
