/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp6.c - ICMP for IPv6 comes in (RFC 4443); neighbour discovery goes on to
 * nd.c
 *
 * As icmp4.c. An error of unknown type goes to the transport, one of unknown
 * informational type goes nowhere (RFC 4443 2.4 (a), (b)).
 */
#include "wire/icmp6.h"
#include "ip/addr.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ipproto.h"
#include "wire/pseudo.h"

#include <errno.h>

static enum inl_drop echo_reply(struct ip *ip, const struct ip_rx *rx, const struct icmp6_msg *m) {
    const struct icmp6_msg reply = {
        .type = ICMP6_ECHO_REPLY,
        .id = m->id,
        .seq = m->seq,
        .data = m->data,
    };
    struct ip_path path;
    struct ip_tx tx = {
        .src = rx->dst,
        .dst = rx->src,
        .path = &path,
        .cause = INL_CAUSE_ECHO_REPLY,
        .proto = IP_PROTO_ICMP6,
        .tos = rx->tos,
    };
    size_t len = ICMP6_HDR_BYTES + rd_left(&m->data);
    struct pkt *pkt;
    struct wr w;

    if (rx->group) {
        return INL_DROP_BROADCAST;
    }
    if (ip_path_find(ip, &rx->src, &rx->dst, (uint32_t)rx->link, &path) != 0) {
        return INL_DROP_NO_ROUTE;
    }
    pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + len);
    if (!pkt) {
        return INL_DROP_NO_MEMORY;
    }
    w = wr_init(pkt_put(pkt, len), len);
    icmp6_emit(&w, &reply, &tx.src, &tx.dst);
    ip_out(ip, pkt, &tx);
    return INL_DROP_NONE;
}

static void unreach_meaning(const struct icmp6_msg *m, struct ip_err *e) {
    switch (m->code) {
    case ICMP6_UNREACH_NO_ROUTE:
        e->err = ENETUNREACH;
        break;
    case ICMP6_UNREACH_PORT:
        e->err = ECONNREFUSED;
        e->hard = true;
        break;
    case ICMP6_UNREACH_PROHIBITED:
    case ICMP6_UNREACH_POLICY:
    case ICMP6_UNREACH_REJECT:
        e->err = EACCES;
        e->hard = true;
        break;
    default:
        e->err = EHOSTUNREACH;
        break;
    }
}

static void error_meaning(const struct icmp6_msg *m, struct ip_err *e) {
    switch (m->type) {
    case ICMP6_UNREACH:
        unreach_meaning(m, e);
        break;
    case ICMP6_TOO_BIG:
        e->err = EMSGSIZE;
        e->mtu_bytes = m->mtu_bytes;
        break;
    case ICMP6_TIME_EXCEEDED:
        e->err = EHOSTUNREACH;
        break;
    case ICMP6_PARAM_PROBLEM:
        e->err = m->code == ICMP6_PARAM_NEXT_HEADER ? ENOPROTOOPT : EPROTO;
        e->hard = m->code == ICMP6_PARAM_NEXT_HEADER;
        break;
    default:
        e->err = EPROTO;
        break;
    }
}

/* We send no extension headers, so a quoted packet of ours has none. */
static enum inl_drop error_input(struct ip *ip, const struct ip_rx *rx, const struct icmp6_msg *m) {
    struct rd quoted = m->data;
    struct ip6_hdr h;
    struct ip_err e = {.reporter = rx->src, .type = m->type, .code = m->code};
    enum inl_drop why = ip6_parse_quoted(&quoted, &h);

    if (why) {
        return why;
    }
    if (rx->group || !inl_addr_eq(&h.src, &rx->dst)) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    e.src = h.src;
    e.dst = h.dst;
    e.quoted = h.payload;
    error_meaning(m, &e);
    return ip_icmp_report(ip, h.next, &e);
}

enum inl_drop ip_icmp6_input(struct ip *ip, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    struct icmp6_msg m;
    enum inl_drop why;

    if (!rx->csum_done && !l4_csum_ok(&rx->src, &rx->dst, IP_PROTO_ICMP6, rx->payload)) {
        return rd_left(&r) < ICMP6_HDR_BYTES ? INL_DROP_TRUNCATED : INL_DROP_BAD_CHECKSUM;
    }
    why = icmp6_parse(&r, &m);
    if (why) {
        return why;
    }
    if (m.type >= ICMP6_ROUTER_SOLICIT && m.type <= ICMP6_REDIRECT) {
        return ip_nd_input(ip, rx);
    }
    if (inl_addr_is_any(&rx->src)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (m.type == ICMP6_ECHO_REQUEST) {
        return echo_reply(ip, rx, &m);
    }
    if (m.type == ICMP6_ECHO_REPLY) { /* to whoever has registered for ICMPv6 */
        return ip_deliver(ip, rx, &why) ? why : INL_DROP_ICMP_NO_MATCH;
    }
    return icmp6_is_error(m.type) ? error_input(ip, rx, &m) : INL_DROP_UNKNOWN_ICMP;
}

bool ip_icmp6_may_answer(const struct ip_rx *rx) {
    struct rd packet = rd_init(rx->packet, rx->packet_len);
    struct ip6_walk walk;
    struct ip6_hdr h;
    uint8_t type;

    if (ip6_parse_quoted(&packet, &h)) {
        return false;
    }
    if (ip6_ext_walk(&h.payload, h.next, &walk) || walk.proto != IP_PROTO_ICMP6 ||
        walk.frag_off_bytes != 0) {
        return true; /* no ICMP message, or none that can be seen */
    }
    type = rd_u8(&walk.payload);
    return !walk.payload.bad && !icmp6_is_error(type) && type != ICMP6_REDIRECT;
}
