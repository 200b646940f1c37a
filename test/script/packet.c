/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.c - packets of a script as bytes, and bytes as packets of a script
 *
 * Written apart from src/wire on purpose: a mistake in the engine's own emitters, parsers or
 * checksums must not cancel itself out here. What leaves the engine is held to the letter:
 * IP version and lengths, header checksum, transport checksum (RFC 9293 MUST-2), option lengths.
 *
 * Numbers in a decoded packet are absolute until packet_relative() (match.c).
 */
#include "run.h"

#include <string.h>

uint8_t pattern_in(uint64_t off) {
    return (uint8_t)(off * 7 + (off >> 8) * 13 + 0x41);
}

uint8_t pattern_out(uint64_t off) {
    return (uint8_t)(off * 11 + (off >> 8) * 5 + 0x61);
}

/* ---- bytes ---- */

static void put16(uint8_t *p, uint32_t v) {
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v) {
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

static uint16_t get16(const uint8_t *p) {
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p) {
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t sum16(uint32_t sum, const uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static uint32_t pseudo_sum(const struct inl_addr *src, const struct inl_addr *dst, bool v6,
                           uint8_t proto, size_t len) {
    size_t skip = v6 ? 0 : 12;
    uint8_t tail[8] = {0};
    uint32_t sum = sum16(0, src->b + skip, 16 - skip);

    sum = sum16(sum, dst->b + skip, 16 - skip);
    put32(tail, (uint32_t)len);
    tail[7] = proto;
    return sum16(sum, tail, sizeof(tail));
}

/* ---- script to bytes ---- */

static size_t put_option(struct run *r, const struct ps_flow *f, const struct ps_opt *o,
                         uint8_t *p) {
    (void)r;
    switch (o->kind) {
    case PS_OPT_EOL:
    case PS_OPT_NOP:
        p[0] = (uint8_t)o->kind;
        return 1;
    case PS_OPT_MSS:
        p[0] = 2;
        p[1] = 4;
        put16(p + 2, o->a);
        return 4;
    case PS_OPT_WSCALE:
        p[0] = 3;
        p[1] = 3;
        p[2] = (uint8_t)o->a;
        return 3;
    case PS_OPT_SACK_OK:
        p[0] = 4;
        p[1] = 2;
        return 2;
    case PS_OPT_SACK:
        p[0] = 5;
        p[1] = (uint8_t)(2 + 4 * o->n);
        for (unsigned i = 0; i < o->n; i++) {
            put32(p + 2 + 4 * (size_t)i, o->v[i] + f->local_isn);
        }
        return p[1];
    case PS_OPT_TS:
        p[0] = 8;
        p[1] = 10;
        put32(p + 2, o->a + f->remote_ts_off);
        put32(p + 6, o->b ? o->b + f->ts_off : 0);
        return 10;
    case PS_OPT_FO:
        p[0] = 34;
        p[1] = (uint8_t)(2 + (o->any_a ? r->cookie_n : o->n));
        memcpy(p + 2, o->any_a ? r->cookie : o->raw, p[1] - 2u);
        return p[1];
    case PS_OPT_ACCECN0:
    case PS_OPT_ACCECN1:
        p[0] = (uint8_t)o->kind;
        p[1] = (uint8_t)(2 + 3 * o->n);
        for (unsigned i = 0; i < o->n; i++) {
            p[2 + 3 * i] = (uint8_t)(o->v[i] >> 16);
            put16(p + 3 + 3 * (size_t)i, o->v[i] & 0xffff);
        }
        return p[1];
    case PS_OPT_RAW:
        memcpy(p, o->raw, o->n);
        return o->n;
    }
    return 0;
}

/* Returns the segment's length, 0 after a failure. */
static size_t build_tcp(struct run *r, const struct ps_packet *pk, struct ps_flow *f, uint8_t *p) {
    uint8_t opts[512];
    size_t n = 0;

    for (unsigned i = 0; i < pk->nopts; i++) {
        n += put_option(r, f, &pk->opts[i], opts + n);
    }
    while (n % 4) {
        opts[n++] = 0;
    }
    if (n > 40) {
        run_fail(r, "TCP options take %zu bytes, 40 is the limit", n);
        return 0;
    }
    if (pk->flags & PS_SYN) {
        f->irs_rel = pk->seq;
    }
    put16(p, pk->sport >= 0 ? (uint32_t)pk->sport : f->remote_port);
    put16(p + 2, pk->dport >= 0 ? (uint32_t)pk->dport : f->local_port);
    put32(p + 4, pk->seq + f->remote_isn);
    put32(p + 8, pk->flags & PS_ACK ? pk->ack + f->local_isn : 0);
    p[12] = (uint8_t)((pk->doff >= 0 ? (size_t)pk->doff : 5 + n / 4) << 4);
    p[12] |= (uint8_t)(pk->flags >> 8);
    p[13] = (uint8_t)pk->flags;
    put16(p + 14, pk->has_win ? pk->win : 65535);
    put16(p + 16, 0);
    put16(p + 18, pk->urg);
    memcpy(p + 20, opts, n);
    for (uint32_t i = 0; i < pk->len; i++) {
        uint32_t rel = pk->seq + i + (pk->flags & PS_SYN ? 1 : 0) - f->irs_rel - 1;

        p[20 + n + i] = pattern_in(rel);
    }
    return 20 + n + pk->len;
}

static size_t build_udp(const struct ps_packet *pk, const struct ps_flow *f, uint8_t *p) {
    put16(p, pk->sport >= 0 ? (uint32_t)pk->sport : f->remote_port);
    put16(p + 2, pk->dport >= 0 ? (uint32_t)pk->dport : f->local_port);
    put16(p + 4, 8 + pk->len);
    put16(p + 6, 0);
    for (uint32_t i = 0; i < pk->len; i++) {
        p[8 + i] = pattern_in(i);
    }
    return 8 + pk->len;
}

/* The packet that an ICMP error quotes: the flow's last one, perhaps with another SEQ. RFC 792
 * wants its IP header and 8 bytes, RFC 4443 as much as fits. */
static size_t build_quote(struct run *r, const struct ps_packet *pk, uint8_t *p) {
    const struct ps_icmp *ic = &pk->icmp;
    const struct ps_flow *f = ic->quote_udp ? &r->udp[pk->flow] : &r->tcp[pk->flow];
    size_t ip_len = r->v6 ? 40 : 20;
    size_t n;

    if (f->last_out_len == 0 && !ic->has_quote) {
        f = &r->udp[pk->flow];
    }
    n = f->last_out_len;
    if (n < ip_len + 8) {
        run_fail(r, "the ICMP error has nothing to quote: no packet has left on flow %d", pk->flow);
        return 0;
    }
    if (!r->v6) {
        n = ip_len + 8;
    }
    memcpy(p, f->last_out, n);
    if (ic->has_quote && !ic->quote_udp) {
        put32(p + ip_len + 4, ic->quote_seq + f->local_isn);
    }
    return n;
}

static size_t build_icmp(struct run *r, const struct ps_packet *pk, uint8_t *p) {
    const struct ps_icmp *ic = &pk->icmp;
    uint8_t type = ic->type_num;
    uint8_t code = ic->code_num;
    size_t n;

    if (ic->type >= 0 && !ps_icmp_wire(ic->type, r->v6, &type, &code)) {
        run_fail(r, "that ICMP message does not exist in this IP version");
        return 0;
    }
    memset(p, 0, 8);
    p[0] = type;
    p[1] = code;
    if (ps_icmp_is_error(r->v6, type)) {
        put32(p + 4, ic->mtu);
        n = build_quote(r, pk, p + 8);
        return n ? 8 + n : 0;
    }
    put16(p + 4, ic->id);
    put16(p + 6, ic->seq);
    for (uint32_t i = 0; i < pk->len; i++) {
        p[8 + i] = pattern_in(i);
    }
    return 8 + pk->len;
}

static size_t put_ip_header(struct run *r, const struct ps_packet *pk, uint8_t *h, uint8_t proto,
                            size_t len, const struct inl_addr *src, const struct inl_addr *dst) {
    uint8_t ttl = (uint8_t)(pk->ip.ttl >= 0 ? pk->ip.ttl : 64);
    uint8_t tos =
        (uint8_t)((pk->ip.tos >= 0 ? pk->ip.tos : 0) | (pk->ip.ecn >= 0 ? pk->ip.ecn : 0));
    size_t hl = 20 + (pk->ip.options_len + 3) / 4 * 4;

    if (r->v6) {
        put32(h, 6u << 28 | (uint32_t)tos << 20 |
                     (pk->ip.flow_label > 0 ? (uint32_t)pk->ip.flow_label : 0));
        put16(h + 4, (uint32_t)(len + pk->ip.ext_len));
        h[6] = pk->ip.ext_len ? pk->ip.ext_first : proto;
        h[7] = ttl;
        memcpy(h + 8, src->b, 16);
        memcpy(h + 24, dst->b, 16);
        memcpy(h + 40, pk->ip.ext, pk->ip.ext_len);
        return 40 + pk->ip.ext_len;
    }
    memset(h, 0, hl);
    h[0] = (uint8_t)(0x40 | hl / 4);
    h[1] = tos;
    put16(h + 2, (uint32_t)(hl + len));
    put16(h + 4, ++r->ip_id);
    put16(h + 6, 0x4000);
    h[8] = ttl;
    h[9] = proto;
    memcpy(h + 12, src->b + 12, 4);
    memcpy(h + 16, dst->b + 12, 4);
    memcpy(h + 20, pk->ip.options, pk->ip.options_len);
    put16(h + 10, 0xffff ^ sum16(0, h, hl));
    if (pk->ip.bad_ip_csum) {
        h[10] ^= 0x55;
    }
    return hl;
}

static bool parse_address(struct run *r, const char *text, struct inl_addr *addr) {
    if (text[0] && inl_addr_parse(text, addr) != 0) {
        return run_fail(r, "not an address: \"%s\"", text);
    }
    return true;
}

bool packet_build(struct run *r, const struct ps_packet *pk, struct ps_frame *ret_frame) {
    uint8_t body[65600];
    uint8_t proto = (uint8_t)pk->proto;
    struct inl_addr src = r->remote;
    struct inl_addr dst = r->local;
    size_t csum_at = 0;
    size_t len = 0;
    size_t hl;
    uint32_t sum = 0;

    if (!parse_address(r, pk->ip.src, &src) || !parse_address(r, pk->ip.dst, &dst)) {
        return false;
    }
    switch (pk->proto) {
    case PS_TCP:
        len = build_tcp(r, pk, &r->tcp[pk->flow], body);
        csum_at = 16;
        break;
    case PS_UDP:
        len = build_udp(pk, &r->udp[pk->flow], body);
        csum_at = 6;
        break;
    case PS_ICMP:
        len = build_icmp(r, pk, body);
        csum_at = 2;
        proto = r->v6 ? 58 : 1;
        break;
    }
    if (len == 0) {
        return false;
    }
    if (proto != 1) {
        sum = pseudo_sum(&src, &dst, r->v6, proto, len);
    }
    sum = 0xffff ^ sum16(sum, body, len);
    if (pk->proto == PS_UDP && sum == 0) {
        sum = 0xffff;
    }
    put16(body + csum_at, pk->ip.bad_csum ? sum ^ 0x0100 : sum);
    hl = put_ip_header(r, pk, ret_frame->data, proto, len, &src, &dst);
    if (hl + len > 65535) {
        return run_fail(r, "the packet is longer than IP allows");
    }
    memcpy(ret_frame->data + hl, body, len);
    ret_frame->len = hl + len;
    return true;
}

/* ---- bytes to script ---- */

static bool decode_option(struct run *r, const uint8_t *p, size_t n, struct ps_opt *o) {
    static const uint8_t exact[] = {[2] = 4, [3] = 3, [4] = 2, [8] = 10};

    memset(o, 0, sizeof(*o));
    if (p[0] < sizeof(exact) && exact[p[0]] && exact[p[0]] != n) {
        return run_fail(r, "TCP option %u left with length %zu", p[0], n);
    }
    o->kind = (enum ps_opt_kind)p[0];
    switch (p[0]) {
    case 2:
        o->a = get16(p + 2);
        break;
    case 3:
        o->a = p[2];
        break;
    case 4:
        break;
    case 5:
        if (n % 8 != 2 || n > 34) {
            return run_fail(r, "a SACK option left with length %zu", n);
        }
        for (o->n = 0; o->n < (n - 2) / 4; o->n++) {
            o->v[o->n] = get32(p + 2 + 4 * (size_t)o->n);
        }
        break;
    case 8:
        o->a = get32(p + 2);
        o->b = get32(p + 6);
        break;
    case PS_OPT_ACCECN0:
    case PS_OPT_ACCECN1:
        if (n % 3 != 2 || n > 11) {
            return run_fail(r, "an AccECN option left with length %zu", n);
        }
        for (o->n = 0; o->n < (n - 2) / 3; o->n++) {
            o->v[o->n] = (uint32_t)p[2 + 3 * o->n] << 16 | get16(p + 3 + 3 * (size_t)o->n);
        }
        break;
    default:
        o->kind = p[0] == 34 ? PS_OPT_FO : PS_OPT_RAW;
        o->n = (unsigned)(p[0] == 34 ? n - 2 : n);
        memcpy(o->raw, p[0] == 34 ? p + 2 : p, o->n < 40 ? o->n : 40);
        if (p[0] == 34 && n - 2 <= sizeof(r->cookie)) {
            r->cookie_n = (unsigned)(n - 2);
            memcpy(r->cookie, p + 2, n - 2);
        }
    }
    return true;
}

static bool decode_options(struct run *r, const uint8_t *p, size_t n, struct ps_packet *pk) {
    size_t i = 0;

    while (i < n && p[i] != 0) {
        if (p[i] == 1) {
            i++;
            continue;
        }
        if (i + 1 >= n || p[i + 1] < 2 || i + p[i + 1] > n || pk->nopts == PS_OPTS) {
            return run_fail(r, "malformed TCP options left");
        }
        if (!decode_option(r, p + i, p[i + 1], &pk->opts[pk->nopts++])) {
            return false;
        }
        i += p[i + 1];
    }
    for (; i < n; i++) {
        if (p[i] != 0) {
            return run_fail(r, "TCP options are not padded with zero (RFC 9293 MUST-69)");
        }
    }
    return true;
}

static bool decode_tcp(struct run *r, const uint8_t *p, size_t n, struct ps_packet *pk) {
    size_t hl = n >= 20 ? (size_t)(p[12] >> 4) * 4 : 0;

    if (hl < 20 || hl > n) {
        return run_fail(r, "a malformed TCP header left");
    }
    pk->sport = get16(p);
    pk->dport = get16(p + 2);
    pk->seq = get32(p + 4);
    pk->ack = get32(p + 8);
    pk->flags = (uint16_t)((p[12] & 1) << 8 | p[13]);
    pk->has_win = true;
    pk->win = get16(p + 14);
    pk->urg = get16(p + 18);
    pk->has_urg = pk->urg != 0;
    pk->len = (uint32_t)(n - hl);
    if (p[12] & 0x0e) {
        return run_fail(r, "reserved bits of the TCP header are set");
    }
    return decode_options(r, p + 20, hl - 20, pk);
}

static bool decode_transport(struct run *r, const uint8_t *p, size_t n, uint8_t proto,
                             struct ps_packet *pk, const uint8_t **ret_payload) {
    if (proto == 6) {
        pk->proto = PS_TCP;
        if (!decode_tcp(r, p, n, pk)) {
            return false;
        }
    } else if (proto == 17 && n >= 8) {
        pk->proto = PS_UDP;
        pk->sport = get16(p);
        pk->dport = get16(p + 2);
        pk->len = (uint32_t)(n - 8);
        if (get16(p + 4) != n || get16(p + 6) == 0) {
            return run_fail(r, "UDP left with a wrong length or without a checksum");
        }
    } else if (proto == (r->v6 ? 58 : 1) && n >= 8) {
        pk->proto = PS_ICMP;
        pk->icmp.type = -1;
        pk->icmp.type_num = p[0];
        pk->icmp.code_num = p[1];
        pk->icmp.mtu = get32(p + 4);
        pk->icmp.id = get16(p + 4);
        pk->icmp.seq = get16(p + 6);
        pk->len = (uint32_t)(n - 8);
    } else {
        return run_fail(r, "a packet of protocol %u with %zu bytes left", proto, n);
    }
    *ret_payload = p + (n - pk->len);
    return true;
}

/* Takes hop-by-hop options, routing headers and destination options. */
static bool decode_ext(struct run *r, const uint8_t *p, size_t n, uint8_t *proto,
                       struct ps_ip *ip) {
    ip->ext_first = *proto;
    while (*proto == 0 || *proto == 43 || *proto == 60) {
        size_t left = n - ip->ext_len;
        size_t len = left >= 8 ? 8 + 8 * (size_t)p[ip->ext_len + 1] : SIZE_MAX;

        if (len > left || ip->ext_len + len > PS_EXT_BYTES) {
            return run_fail(r, "an extension header is longer than its packet, or than a script's");
        }
        *proto = p[ip->ext_len];
        memcpy(ip->ext + ip->ext_len, p + ip->ext_len, len);
        ip->ext_len += (unsigned)len;
    }
    return true;
}

bool packet_decode(struct run *r, const struct ps_frame *frame, struct ps_packet *ret_packet,
                   const uint8_t **ret_payload) {
    const uint8_t *p = frame->data;
    struct ps_packet pk;
    struct inl_addr src;
    struct inl_addr dst;
    uint8_t proto;
    size_t hl = r->v6 ? 40 : 20;

    memset(&pk, 0, sizeof(pk));
    pk.doff = -1;
    pk.ip.gso = frame->offload.gso_size_bytes;
    if (frame->len < hl || p[0] >> 4 != (r->v6 ? 6 : 4)) {
        return run_fail(r, "a packet left that is not %s", r->v6 ? "IPv6" : "IPv4");
    }
    if (r->v6) {
        pk.ip.tos = (int)(get32(p) >> 20 & 0xff);
        pk.ip.flow_label = (int)(get32(p) & 0xfffff);
        pk.ip.ttl = p[7];
        proto = p[6];
        src = inl_addr_from6(p + 8);
        dst = inl_addr_from6(p + 24);
        if ((size_t)get16(p + 4) + 40 != frame->len) {
            return run_fail(r, "the IPv6 payload length is wrong");
        }
        if (!decode_ext(r, p + 40, frame->len - 40, &proto, &pk.ip)) {
            return false;
        }
        hl += pk.ip.ext_len;
    } else {
        pk.ip.tos = p[1];
        pk.ip.ttl = p[8];
        proto = p[9];
        src = inl_addr_from4(get32(p + 12));
        dst = inl_addr_from4(get32(p + 16));
        if (p[0] != 0x45 || get16(p + 2) != frame->len || sum16(0, p, 20) != 0xffff) {
            return run_fail(r, "the IPv4 header's length or checksum is wrong");
        }
        if (proto == 6 && (p[6] & 0x40) == 0) {
            return run_fail(r, "TCP left without DF (RFC 1191 3)");
        }
    }
    if (!inl_addr_eq(&src, &r->local) || !inl_addr_eq(&dst, &r->remote)) {
        return run_fail(r, "a packet left with other addresses than those of the script");
    }
    if (sum16(proto == 1 ? 0 : pseudo_sum(&src, &dst, r->v6, proto, frame->len - hl), p + hl,
              frame->len - hl) != 0xffff) {
        return run_fail(r, "the checksum of a packet that left is wrong (RFC 9293 MUST-2)");
    }
    if (!decode_transport(r, p + hl, frame->len - hl, proto, &pk, ret_payload)) {
        return false;
    }
    *ret_packet = pk;
    return true;
}
