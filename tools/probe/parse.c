/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - what a raw ICMP socket reads, taken apart
 */
#include "tools/probe/parse.h"

#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/icmpext.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"
#include "wire/tcp.h"

#include <string.h>

/* The first octets of the upper layer: all that must be quoted are eight (RFC 792). */
static void take_upper(struct rd upper, struct parse_quote *ret) {
    uint16_t first = rd_be16(&upper), second = rd_be16(&upper);

    ret->has_ports = !upper.bad;
    uint32_t third = rd_be32(&upper);

    ret->has_upper = !upper.bad;
    ret->sport = first;
    if (ret->proto == IP_PROTO_ICMP4 || ret->proto == IP_PROTO_ICMP6) {
        ret->csum = second;
        ret->echo_id = (uint16_t)(third >> 16);
        ret->echo_seq = (uint16_t)third;
    } else {
        ret->dport = second;
        ret->tcp_seq = third;
        ret->csum = (uint16_t)third; /* of UDP: behind the length */
    }
    ret->payload = upper;
}

static void take_quote4(struct rd quote, struct parse_quote *ret) {
    struct ip4_hdr h;

    if (ip4_parse_quoted(&quote, &h) != INL_DROP_NONE || h.frag_off_bytes != 0) {
        return;
    }
    ret->has = true;
    memcpy(ret->to, h.dst.b + 12, 4);
    ret->id = h.id;
    ret->proto = h.proto;
    ret->ttl = h.ttl;
    ret->tos = h.tos;
    take_upper(h.payload, ret);
}

static void take_quote6(struct rd quote, struct parse_quote *ret) {
    struct ip6_walk walk;
    struct ip6_hdr h;

    if (ip6_parse_quoted(&quote, &h) != INL_DROP_NONE ||
        ip6_ext_walk(&h.payload, h.next, &walk) != INL_DROP_NONE || walk.fragment) {
        return;
    }
    ret->has = true;
    memcpy(ret->to, h.dst.b, 16);
    ret->proto = walk.proto;
    ret->ttl = h.hop_limit;
    ret->tos = h.tclass;
    take_upper(walk.payload, ret);
}

/* Some routers state no length before their extension: for people those are worth a look. */
static void take_ext(struct rd *data, size_t quoted_bytes, char buf[PARSE_EXT_MAX]) {
    struct text t = text_init(buf, PARSE_EXT_MAX);
    struct rd objects;

    icmpext_split(data, quoted_bytes, true, &objects);
    icmpext_text(&t, objects);
}

bool parse_icmp4(const void *bytes, size_t len, bool ip, struct parse_msg *ret) {
    struct rd r = rd_init(bytes, len);
    struct icmp4_msg m;
    struct ip4_hdr h;

    memset(ret, 0, sizeof(*ret));
    if (ip) {
        if (ip4_parse_quoted(&r, &h) != INL_DROP_NONE || h.proto != IP_PROTO_ICMP4) {
            return false;
        }
        ret->ttl = h.ttl;
        ret->opts_len = (uint8_t)rd_left(&h.opts); /* at most 40 */
        memcpy(ret->from, h.src.b + 12, 4);
        rd_copy(&h.opts, ret->opts, ret->opts_len);
        r = h.payload;
    }
    ret->csum_ok = icmp4_csum_ok(r);
    if (icmp4_parse(&r, &m) != INL_DROP_NONE) {
        return false;
    }
    ret->type = m.type;
    ret->code = m.code;
    ret->id = m.id;
    ret->seq = m.seq;
    ret->data = m.data;
    if (icmp4_is_error(m.type)) {
        ret->info = m.type == ICMP4_PARAM_PROBLEM ? m.pointer : m.mtu_bytes;
        if (m.type == ICMP4_REDIRECT) {
            ret->info = rd_load32(m.gateway.b + 12);
        }
        take_ext(&m.data, m.quoted_bytes, ret->ext);
        take_quote4(m.data, &ret->quote);
    }
    return true;
}

bool parse_icmp6(const void *bytes, size_t len, struct parse_msg *ret) {
    struct rd r = rd_init(bytes, len);
    struct icmp6_msg m;

    memset(ret, 0, sizeof(*ret));
    if (icmp6_parse(&r, &m) != INL_DROP_NONE) {
        return false;
    }
    ret->v6 = true;
    ret->csum_ok = true;
    ret->type = m.type;
    ret->code = m.code;
    ret->id = m.id;
    ret->seq = m.seq;
    ret->data = m.data;
    if (icmp6_is_error(m.type)) {
        ret->info = m.type == ICMP6_TOO_BIG ? m.mtu_bytes : m.pointer;
        take_ext(&m.data, m.quoted_bytes, ret->ext);
        take_quote6(m.data, &ret->quote);
    }
    return true;
}

void parse_ext_behind(const void *bytes, size_t len, size_t before, char buf[PARSE_EXT_MAX]) {
    uint8_t whole[1500] = {0};
    size_t room = sizeof(whole) - before;
    struct rd data;

    len = len < room ? len : room;
    memcpy(whole + before, bytes, len);
    data = rd_init(whole, before + len);
    take_ext(&data, 0, buf);
}

bool parse_tcp(const void *bytes, size_t len, bool ip, struct parse_tcp *ret) {
    struct rd r = rd_init(bytes, len);
    struct tcp_hdr t;
    struct ip4_hdr h;

    memset(ret, 0, sizeof(*ret));
    if (ip) {
        if (ip4_parse_quoted(&r, &h) != INL_DROP_NONE || h.proto != IP_PROTO_TCP) {
            return false;
        }
        ret->ttl = h.ttl;
        r = h.payload;
    }
    if (tcp_parse(&r, &t) != INL_DROP_NONE) {
        return false;
    }
    ret->sport = t.sport;
    ret->dport = t.dport;
    ret->seq = t.seq.v;
    ret->ack = t.ack.v;
    ret->is_syn = (t.flags & TCP_SYN) != 0;
    ret->is_ack = (t.flags & TCP_ACK) != 0;
    ret->is_rst = (t.flags & TCP_RST) != 0;
    return true;
}
