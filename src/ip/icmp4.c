/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp4.c - ICMP for IPv4 comes in (RFC 792, RFC 1122 3.2.2, RFC 5927, RFC
 * 6633)
 *
 * Echo requests are answered from the address that they were sent to, never
 * those to groups (RFC 1122 3.2.2.6 allows that; smurf). Errors are believed as
 * far as: whole, checksum right, and about a packet from us; whether such a
 * packet was ever sent, and what follows, is the transport's to say. Redirects,
 * Source Quench, timestamps and mask requests are obsolete or dangerous, and
 * change nothing.
 */
#include "wire/icmp4.h"
#include "ip/addr.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ipproto.h"

#include <errno.h>

static enum inl_drop echo_reply(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *m) {
    const struct icmp4_msg reply = {
        .type = ICMP4_ECHO_REPLY,
        .id = m->id,
        .seq = m->seq,
        .gateway = inl_addr_any4(),
        .data = m->data,
    };
    const struct ip_tx tx = {
        .src = rx->dst,
        .dst = rx->src,
        .cause = INL_CAUSE_ECHO_REPLY,
        .proto = IP_PROTO_ICMP4,
        .tos = rx->tos,
    };
    size_t len = ICMP4_HDR_BYTES + rd_left(&m->data);
    struct pkt *pkt;
    struct wr w;

    if (rx->group) {
        return INL_DROP_BROADCAST;
    }
    pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + len);
    if (!pkt) {
        return INL_DROP_NO_MEMORY;
    }
    w = wr_init(pkt_put(pkt, len), len);
    icmp4_emit(&w, &reply);
    ip_out(ip, pkt, &tx);
    return INL_DROP_NONE;
}

static void unreach_meaning(const struct icmp4_msg *m, struct ip_err *e) {
    switch (m->code) {
    case ICMP4_UNREACH_PROTO:
        e->err = ENOPROTOOPT;
        e->hard = true;
        break;
    case ICMP4_UNREACH_PORT:
        e->err = ECONNREFUSED;
        e->hard = true;
        break;
    case ICMP4_UNREACH_FRAG_NEEDED:
        e->err = EMSGSIZE;
        e->mtu_bytes = m->mtu_bytes;
        break;
    case ICMP4_UNREACH_NET:
    case ICMP4_UNREACH_NET_UNKNOWN:
    case ICMP4_UNREACH_NET_TOS:
        e->err = ENETUNREACH;
        break;
    case ICMP4_UNREACH_NET_PROHIBITED:
    case ICMP4_UNREACH_HOST_PROHIBITED:
    case ICMP4_UNREACH_FILTERED:
        e->err = EACCES;
        e->hard = true;
        break;
    default:
        e->err = EHOSTUNREACH;
        break;
    }
}

static enum inl_drop error_input(struct ip *ip, const struct ip_rx *rx, const struct icmp4_msg *m) {
    struct rd quoted = m->data;
    struct ip4_hdr h;
    struct ip_err e = {.reporter = rx->src, .type = m->type, .code = m->code};
    enum inl_drop why = ip4_parse_quoted(&quoted, &h);

    if (why) {
        return why;
    }
    if (rx->group || h.frag_off_bytes != 0 || !inl_addr_eq(&h.src, &rx->dst)) {
        return INL_DROP_ICMP_NO_MATCH;
    }
    e.src = h.src;
    e.dst = h.dst;
    e.quoted = h.payload;
    switch (m->type) {
    case ICMP4_UNREACH:
        unreach_meaning(m, &e);
        break;
    case ICMP4_TIME_EXCEEDED:
        e.err = EHOSTUNREACH;
        break;
    default:
        e.err = EPROTO;
        break;
    }
    return ip_icmp_report(ip, h.proto, &e);
}

enum inl_drop ip_icmp4_input(struct ip *ip, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    struct icmp4_msg m;
    enum inl_drop why;

    if (!rx->csum_done && !icmp4_csum_ok(rx->payload)) {
        return rd_left(&r) < ICMP4_HDR_BYTES ? INL_DROP_TRUNCATED : INL_DROP_BAD_CHECKSUM;
    }
    why = icmp4_parse(&r, &m);
    if (why) {
        return why;
    }
    switch (m.type) {
    case ICMP4_ECHO_REQUEST:
        return echo_reply(ip, rx, &m);
    case ICMP4_ECHO_REPLY: /* to whoever has registered for ICMP */
        return ip_deliver(ip, rx, &why) ? why : INL_DROP_ICMP_NO_MATCH;
    case ICMP4_UNREACH:
    case ICMP4_TIME_EXCEEDED:
    case ICMP4_PARAM_PROBLEM:
        return error_input(ip, rx, &m);
    case ICMP4_QUENCH:
        return INL_DROP_ICMP_QUENCH;
    default:
        return INL_DROP_UNKNOWN_ICMP;
    }
}

/* What an error of ours would be about, with its fragment offset. */
bool ip_icmp4_may_answer(const struct ip_rx *rx) {
    struct rd packet = rd_init(rx->packet, rx->packet_len);
    struct ip4_hdr h;
    struct rd payload;
    uint8_t type;

    if (ip4_parse_quoted(&packet, &h) || h.frag_off_bytes != 0) {
        return false;
    }
    if (h.proto != IP_PROTO_ICMP4) {
        return true;
    }
    payload = h.payload;
    type = rd_u8(&payload);
    return !payload.bad && !icmp4_is_error(type);
}
