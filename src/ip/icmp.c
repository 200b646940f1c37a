/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp.c - what ICMP of both families shares: sending errors and answers, the rate limit, and
 * telling transports of errors
 *
 * The source of an error is the address that the packet was sent to, if that is
 * ours (RFC 4443 2.2), else the one that fits the way back.
 */
#include "ip/icmp.h"
#include "base/csum.h"
#include "ip/addr.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/rate.h"
#include "ip/srcroute.h"
#include "ip/state.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/icmpext.h"
#include "wire/ipproto.h"

/* RFC 1812 4.3.2.3: as much as fits in 576; RFC 4443 2.4 (c): in 1280. */
#define QUOTE4_BYTES (576 - IP4_HDR_BYTES - ICMP4_HDR_BYTES)
#define QUOTE6_BYTES (1280 - IP6_HDR_BYTES - ICMP6_HDR_BYTES)

size_t ip_icmp_quote_len(const struct ip_rx *rx) {
    size_t max = inl_addr_is4(&rx->dst) ? QUOTE4_BYTES : QUOTE6_BYTES;

    return rx->packet_len < max ? rx->packet_len : max;
}

/*
 * A checksum that was left to the device (inlet/offload.h) is quoted as the wire would have had it.
 * The copy is at most as long as the quote.
 */
static struct rd error_quote(const struct ip_rx *rx, uint8_t buf[QUOTE6_BYTES]) {
    size_t len = ip_icmp_quote_len(rx);
    const uint8_t *l4 = rd_ptr(&rx->payload);
    size_t l4_len = rd_left(&rx->payload);
    size_t field;
    struct wr w;

    if (!rx->offload || !(rx->offload->flags & INL_OFFLOAD_CSUM_PARTIAL) || l4_len == 0) {
        return rd_init(rx->packet, len);
    }
    field = (size_t)(l4 - rx->packet) + rx->offload->csum_off_bytes;
    w = wr_init(buf, len);
    wr_put(&w, rx->packet, len);
    wr_set_be16(&w, field, csum_fold(csum_add(0, l4, l4_len))); /* nothing if not in the quote */
    return rd_init(buf, len);
}

static void error_emit(struct wr *w, const struct ip_rx *rx, const struct ip_icmp_error *e,
                       const struct inl_addr *src) {
    uint8_t buf[QUOTE6_BYTES];
    const struct rd quote = error_quote(rx, buf);

    if (inl_addr_is4(&rx->dst)) {
        const struct icmp4_msg m = {
            .type = e->type,
            .code = e->code,
            .mtu_bytes = e->type == ICMP4_UNREACH ? (uint16_t)e->rest : 0,
            .pointer = e->type == ICMP4_PARAM_PROBLEM ? (uint8_t)e->rest : 0,
            .gateway = e->type == ICMP4_REDIRECT ? inl_addr_from4(e->rest) : inl_addr_any4(),
            .data = quote,
        };
        icmp4_emit(w, &m);
    } else {
        const struct icmp6_msg m = {
            .type = e->type,
            .code = e->code,
            .mtu_bytes = e->type == ICMP6_TOO_BIG ? e->rest : 0,
            .pointer = e->type == ICMP6_PARAM_PROBLEM ? e->rest : 0,
            .data = quote,
        };
        icmp6_emit(w, &m, src, &rx->src);
    }
}

static bool error_allowed(const struct ip_rx *rx, const struct ip_icmp_error *e) {
    if (rx->group && !e->even_group) {
        return false;
    }
    return inl_addr_is4(&rx->dst) ? ip_icmp4_may_answer(rx) : ip_icmp6_may_answer(rx);
}

enum inl_drop ip_icmp_begin(struct ip *ip, const struct ip_rx *rx, const struct ip_icmp_out *out,
                            struct ip_path *ret_path, struct pkt **ret_pkt) {
    struct ip_icmp_mib *mib = ip_icmp_mib(ip, inl_addr_is4(&rx->src));
    const struct inl_addr any = inl_addr_any6();
    const struct inl_addr *from = out->from_dst ? &rx->dst : &any;

    *ret_pkt = NULL;
    if (ip_path_find(ip, &rx->src, from, (uint32_t)rx->link, ret_path) != 0 || ret_path->group) {
        return INL_DROP_NO_ROUTE;
    }
    if (out->limited && !ip_rate_ok(ip, IP_RATE_ERRORS, &rx->src)) {
        return INL_DROP_NONE; /* counted there */
    }
    *ret_pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + out->len_bytes);
    if (!*ret_pkt) {
        ip_mib_icmp_unsent(mib);
        return INL_DROP_NO_MEMORY;
    }
    ip_mib_icmp_out(mib, out->type);
    return INL_DROP_NONE;
}

void ip_icmp_error(struct ip *ip, const struct ip_rx *rx, const struct ip_icmp_error *e) {
    const struct ip_icmp_out out = {
        .len_bytes = ICMP4_HDR_BYTES + ip_icmp_quote_len(rx),
        .type = e->type,
        .from_dst = !rx->group && ip_addr_is_local(ip, &rx->dst),
        .limited = true,
    };
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    struct rd back = rd_init(NULL, 0);
    struct ip_path path;
    struct pkt *pkt;
    struct wr w;

    if (!error_allowed(rx, e)) {
        return;
    }
    if (ip_icmp_begin(ip, rx, &out, &path, &pkt) == INL_DROP_NO_MEMORY) {
        env_drop(ip->env, INL_DROP_NO_MEMORY);
    }
    if (!pkt) {
        return;
    }
    if (inl_addr_is4(&rx->dst) && e->type != ICMP4_PARAM_PROBLEM && rd_left(&rx->opts) > 0) {
        back = ip4_srcroute_back(rx->opts, &rx->src, opts); /* RFC 1812 4.3.2.6 */
    }
    w = wr_init(pkt_put(pkt, out.len_bytes), out.len_bytes);
    error_emit(&w, rx, e, &path.src);
    const struct ip_tx tx = {
        .src = path.src,
        .dst = rx->src,
        .path = &path,
        .cause = e->cause,
        .proto = inl_addr_is4(&rx->dst) ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6,
        .opts = back,
    };
    ip_out(ip, pkt, &tx);
}

void ip_icmp_unreach(struct ip *ip, const struct ip_rx *rx, enum ip_unreach what) {
    static const struct {
        uint8_t code4, code6;
        enum inl_cause cause;
    } codes[] = {
        [IP_UNREACH_NET] = {ICMP4_UNREACH_NET, ICMP6_UNREACH_NO_ROUTE, INL_CAUSE_ICMP_NET_UNREACH},
        [IP_UNREACH_HOST] = {ICMP4_UNREACH_HOST, ICMP6_UNREACH_ADDR, INL_CAUSE_ICMP_HOST_UNREACH},
        [IP_UNREACH_PROTOCOL] = {ICMP4_UNREACH_PROTO, ICMP6_PARAM_NEXT_HEADER,
                                 INL_CAUSE_ICMP_PROTO_UNREACH},
        [IP_UNREACH_PORT] = {ICMP4_UNREACH_PORT, ICMP6_UNREACH_PORT, INL_CAUSE_ICMP_PORT_UNREACH},
        [IP_UNREACH_PROHIBITED] = {ICMP4_UNREACH_FILTERED, ICMP6_UNREACH_PROHIBITED,
                                   INL_CAUSE_ICMP_HOST_UNREACH},
    };
    bool is4 = inl_addr_is4(&rx->dst);
    struct ip_icmp_error e = {
        .type = is4 ? ICMP4_UNREACH : ICMP6_UNREACH,
        .code = is4 ? codes[what].code4 : codes[what].code6,
        .cause = codes[what].cause,
    };

    if (!is4 && what == IP_UNREACH_PROTOCOL) {
        e.type = ICMP6_PARAM_PROBLEM;
        e.rest = (uint32_t)(rd_ptr(&rx->payload) - rx->packet);
    }
    ip_icmp_error(ip, rx, &e);
}

/* ---- errors for our transports ---- */

struct ip_err ip_icmp_err(const struct ip_rx *rx, uint8_t type, uint8_t code, struct rd data,
                          size_t quoted_bytes) {
    struct ip_err e = {
        .reporter = rx->src,
        .ttl = rx->ttl,
        .packet = data,
        .link = rx->link,
        .type = type,
        .code = code,
    };

    icmpext_split(&e.packet, quoted_bytes, false, &e.extensions);
    return e;
}

static bool is_echo_reply(const struct ip_err *err) {
    struct rd r = err->quoted;
    uint8_t type = rd_u8(&r);

    return inl_addr_is4(&err->dst) ? err->proto == IP_PROTO_ICMP4 && type == ICMP4_ECHO_REPLY
                                   : err->proto == IP_PROTO_ICMP6 && type == ICMP6_ECHO_REPLY;
}

enum inl_drop ip_icmp_report(struct ip *ip, const struct ip_err *err) {
    const struct ip_proto *p = &ip->protos[err->proto];
    bool taken = ip_raw_error(ip, err);
    enum inl_drop why = INL_DROP_ICMP_NO_MATCH;

    if (is_echo_reply(err)) { /* nobody's but ours */
        return ip_pmtu_claim(ip, err);
    }
    if (rd_left(&err->quoted) >= 8 && p->error) {
        why = p->error(p->ctx, err);
    }
    return taken && why == INL_DROP_ICMP_NO_MATCH ? INL_DROP_NONE : why;
}

void ip_icmp_local_error(struct ip *ip, const struct ip_rx *rx, int err) {
    bool is4 = inl_addr_is4(&rx->dst);
    struct ip_err e = {
        .reporter = rx->src,
        .src = rx->src,
        .dst = rx->dst,
        .quoted = rx->payload,
        .err = err,
        .proto = rx->proto,
        .type = is4 ? ICMP4_UNREACH : ICMP6_UNREACH,
        .code = is4 ? ICMP4_UNREACH_HOST : ICMP6_UNREACH_ADDR,
    };

    ip_icmp_report(ip, &e);
}

/* ---- packets that are known by their bytes only ---- */

static bool describe4(struct rd r, struct ip_rx *rx) {
    struct ip4_hdr h;

    if (ip4_parse(&r, &h)) {
        return false;
    }
    rx->src = h.src;
    rx->dst = h.dst;
    rx->payload = h.payload;
    rx->proto = h.proto;
    rx->ttl = h.ttl;
    rx->tos = h.tos;
    return true;
}

static bool describe6(struct rd r, struct ip_rx *rx) {
    struct ip6_walk walk;
    struct ip6_hdr h;

    if (ip6_parse(&r, &h) || ip6_ext_walk_quoted(&h.payload, h.next, &walk)) {
        return false;
    }
    rx->src = h.src;
    rx->dst = h.dst;
    rx->payload = walk.payload;
    rx->proto = walk.proto;
    rx->ttl = h.hop_limit;
    rx->tos = h.tclass;
    return true;
}

bool ip_rx_describe(const uint8_t *packet, size_t len_bytes, int link, struct ip_rx *ret_rx) {
    const struct rd r = rd_init(packet, len_bytes);
    struct rd peek = r;
    struct ip_rx rx = {.packet = packet, .packet_len = len_bytes, .link = link};

    if (!(rd_u8(&peek) >> 4 == 4 ? describe4(r, &rx) : describe6(r, &rx))) {
        return false;
    }
    *ret_rx = rx;
    return true;
}
