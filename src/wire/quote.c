/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quote.c - text of the packet that an ICMP error quotes
 *
 * All that an error promises is an IP header and eight bytes (RFC 792), which for TCP and UDP
 * hold the ports: so that is all that is read.
 */
#include "wire/quote.h"

#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

static void quote_end_text(struct text *t, const struct inl_addr *addr, bool ports, uint16_t port) {
    text_addr(t, addr);
    if (ports) {
        text_chr(t, '.');
        text_u64(t, port);
    }
}

static void quote_body_text(struct text *t, const struct inl_addr *src, const struct inl_addr *dst,
                            uint8_t proto, struct rd upper, bool first) {
    bool ports = first && (proto == IP_PROTO_TCP || proto == IP_PROTO_UDP) && rd_left(&upper) >= 4;
    uint16_t sport = ports ? rd_be16(&upper) : 0;
    uint16_t dport = ports ? rd_be16(&upper) : 0;

    text_str(t, ", for ");
    quote_end_text(t, src, ports, sport);
    text_str(t, " > ");
    quote_end_text(t, dst, ports, dport);
    text_chr(t, ' ');
    ip_proto_text(t, proto);
}

void wire_quote_text(struct text *t, struct rd quoted) {
    struct rd peek = quoted;
    struct ip4_hdr h4;
    struct ip6_hdr h6;
    struct ip6_walk walk;

    if (rd_u8(&peek) >> 4 == 6) {
        if (ip6_parse_quoted(&quoted, &h6) != INL_DROP_NONE) {
            text_str(t, " [truncated]");
        } else if (ip6_ext_walk(&h6.payload, h6.next, &walk) != INL_DROP_NONE) {
            quote_body_text(t, &h6.src, &h6.dst, h6.next, rd_init(NULL, 0), false);
        } else {
            quote_body_text(t, &h6.src, &h6.dst, walk.proto, walk.payload,
                            walk.frag_off_bytes == 0);
        }
    } else if (ip4_parse_quoted(&quoted, &h4) != INL_DROP_NONE) {
        text_str(t, " [truncated]");
    } else {
        quote_body_text(t, &h4.src, &h4.dst, h4.proto, h4.payload, h4.frag_off_bytes == 0);
    }
}
