/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4.c - IPv4 with options and fragments (RFC 791, 1108, 2113), and what IP carries
 */
#include "tools/decode/dec.h"

#include "wire/ipproto.h"

#define OFFSET_MASK 0x1fff
#define MORE 0x2000

static const struct dec_word options[] = {
    {0, "EOL"},        {1, "NOP"},    {7, "RR"},     {68, "timestamp"}, {82, "traceroute"},
    {130, "security"}, {131, "LSRR"}, {137, "SSRR"}, {148, "RA"},
};

/* A list of stages; the pointer's place is marked by a comma instead of a space behind it. */
/* Each is false where its last address is not there: it may reach beyond the option. */
static bool route_print(struct decode *d, size_t off, unsigned len) {
    if (len < 3) {
        dec_fmt(d, " [bad length %u]", len);
        return true;
    }
    if ((len + 1) & 3) {
        dec_fmt(d, " [bad length %u]", len);
    }
    unsigned ptr = (dec_u8(d, off + 2) - 1u) & 0xff;

    if (dec_u8(d, off + 2) < 4 || (ptr + 1) & 3 || ptr > len + 1) {
        dec_fmt(d, " [bad ptr %u]", dec_u8(d, off + 2));
    }
    for (unsigned at = 3; at < len; at += 4) {
        if (!dec_has(d, off + at, 4)) {
            return false;
        }
        dec_chr(d, ' ');
        dec_ip4_at(d, off + at);
        if (ptr > at) {
            dec_chr(d, ',');
        }
    }
    return true;
}

static bool stamps_print(struct decode *d, size_t off, unsigned len) {
    if (len < 4) {
        dec_fmt(d, "[bad length %u]", len);
        return true;
    }
    DEC_LIT(d, " TS{");
    unsigned flags = dec_u8(d, off + 3) & 0xf, hop = flags == 0 ? 4 : 8, at = 0;

    if ((len - 4) % hop != 0) {
        dec_fmt(d, "[bad length %u]", len);
    }
    unsigned ptr = dec_u8(d, off + 2) - 1u;

    if (ptr < 4 || (ptr - 4) % hop != 0 || ptr > len) {
        dec_fmt(d, "[bad ptr %u]", dec_u8(d, off + 2));
    }
    switch (flags) {
    case 0:
        DEC_LIT(d, "TSONLY");
        break;
    case 1:
        DEC_LIT(d, "TS+ADDR");
        break;
    case 3:
        DEC_LIT(d, "PRESPEC");
        break;
    default:
        dec_fmt(d, "[bad ts type %u]", flags);
        goto done;
    }
    const char *type = " ";

    for (at = 4; at < len; at += hop) {
        if (!dec_has(d, off + at, hop)) {
            return false;
        }
        if (ptr == at) {
            type = " ^ ";
        }
        uint32_t ms = dec_u32(d, off + at + hop - 4);

        dec_str(d, type);
        if (hop == 8) {
            dec_num(d, ms);
            dec_chr(d, '@');
            dec_ip4_at(d, off + at);
        } else {
            dec_num(d, ms);
            dec_chr(d, '@');
        }
        type = " ";
    }
done:
    if (ptr == at) {
        DEC_LIT(d, " ^ ");
    }
    if (dec_u8(d, off + 3) >> 4 != 0) {
        dec_fmt(d, " [%u hops not recorded]} ", dec_u8(d, off + 3) >> 4);
    } else {
        DEC_LIT(d, "}");
    }
    return true;
}

static bool option_print(struct decode *d, uint8_t kind, size_t off, unsigned len) {
    switch (kind) {
    case 68:
        return stamps_print(d, off, len);
    case 7:
    case 131:
    case 137:
        return route_print(d, off, len);
    case 148:
        if (len < 4) {
            dec_fmt(d, " [bad length %u]", len);
        } else if (dec_u16(d, off + 2) != 0) {
            dec_fmt(d, " value %u", dec_u16(d, off + 2));
        }
        break;
    default:
        break;
    }
    return true;
}

/* False: what remains has no room for what an option says it has. */
static bool options_print(struct decode *d, size_t off, unsigned len) {
    const char *sep = "";

    while (len > 0) {
        dec_str(d, sep);
        sep = ",";
        uint8_t kind = dec_u8(d, off);
        unsigned one = 1;

        if (d->stopped) {
            return false;
        }
        DEC_WORD_OR(d, options, kind, "unknown %u");
        if (kind > 1) {
            one = dec_u8(d, off + 1);
            if (d->stopped) {
                return false;
            }
            if (one < 2 || one > len) {
                dec_fmt(d, " [bad length %u]", one);
                return true;
            }
        }
        if (one > len || !dec_has(d, off, one)) {
            return false;
        }
        if (!option_print(d, kind, off, one)) {
            return false;
        }
        if (kind == 0) {
            return true;
        }
        off += one;
        len -= one;
    }
    return true;
}

static const struct dec_word frag_bits[] = {{0x2000, "+"}, {0x4000, "DF"}, {0x8000, "rsvd"}};

static void tos_print(struct decode *d, uint8_t tos) {
    DEC_LIT(d, "(tos 0x");
    dec_hex(d, tos, tos > 15 ? 2 : 1);
    switch (tos & 3) {
    case 1:
        DEC_LIT(d, ",ECT(1)");
        break;
    case 2:
        DEC_LIT(d, ",ECT(0)");
        break;
    case 3:
        DEC_LIT(d, ",CE");
        break;
    default:
        break;
    }
}

static void flags_print(struct decode *d, uint16_t off) {
    if ((off & 0xe000) == 0x4000) {
        DEC_LIT(d, "DF");
    } else {
        dec_bits(d, frag_bits, sizeof(frag_bits) / sizeof(frag_bits[0]), off, "none", ", ");
    }
}

/* The header in brackets. False: its options are cut off. */
static bool verbose_print(struct decode *d, size_t off, unsigned hlen) {
    const uint8_t *h = d->data + off;
    uint16_t frag = rd_load16(h + 6);
    bool whole = true;

    tos_print(d, h[1]);
    if (h[8] > 0) {
        DEC_LIT(d, ", ttl ");
        dec_num(d, h[8]);
    }
    DEC_LIT(d, ", id ");
    dec_num(d, rd_load16(h + 4));
    DEC_LIT(d, ", offset ");
    dec_num(d, (frag & OFFSET_MASK) * 8u);
    DEC_LIT(d, ", flags [");
    flags_print(d, frag);
    DEC_LIT(d, "], proto ");
    dec_str(d, ip_proto_word(h[9]));
    DEC_LIT(d, " (");
    dec_num(d, h[9]);
    DEC_LIT(d, "), length ");
    dec_num(d, rd_load16(h + 2));
    if (hlen > 20) {
        DEC_LIT(d, ", options (");
        whole = options_print(d, off + 20, hlen - 20);
        if (!whole) {
            DEC_LIT(d, " [truncated-option]");
        }
        DEC_LIT(d, ")");
    }
    if (!d->o.no_sums && dec_has(d, off, hlen)) {
        struct dec_sum s = dec_sum(d, NULL, 0, off, hlen, rd_load16(h + 10));

        if (!s.ok) {
            dec_fmt(d, ", bad cksum %x (->%x)!", rd_load16(h + 10), s.expected);
        }
    }
    DEC_LIT(d, ")\n    ");
    return whole;
}

void ip_transport_print(struct decode *d, const struct dec_ip *ip, uint8_t proto, size_t off,
                        size_t len) {
    switch (proto) {
    case IP_PROTO_TCP:
        tcp_print(d, ip, off, len);
        return;
    case IP_PROTO_UDP:
        udp_print(d, ip, off, len);
        return;
    case IP_PROTO_ICMP4:
        if (ip->version == 4) {
            icmp4_print(d, ip, off, len);
        } else {
            DEC_LIT(d, "[ICMP requires IPv4]");
            dec_invalid(d);
        }
        return;
    case IP_PROTO_ICMP6:
        if (ip->version == 4) {
            DEC_LIT(d, "[ICMPv6 requires IPv6]");
            dec_invalid(d);
            return;
        }
        icmp6_print(d, ip, off, len);
        return;
    case IP_PROTO_IGMP:
        if (ip->version == 6) {
            DEC_LIT(d, "[IGMP requires IPv4]");
            dec_invalid(d);
            return;
        }
        igmp_print(d, off, len);
        return;
    case IP_PROTO_IPIP:
        ip4_print(d, off, len);
        return;
    case IP_PROTO_IP6:
        ip6_print(d, off, len);
        return;
    case IP_PROTO_NONE:
        DEC_LIT(d, "no next header");
        return;
    default:
        break;
    }
    ip_proto_print(d, proto);
    dec_fmt(d, " %zu", len);
}

static void payload_print(struct decode *d, size_t off, size_t end, size_t len) {
    const uint8_t *h = d->data + off;
    uint16_t frag = rd_load16(h + 6);
    struct dec_ip ip = {4, off, (frag & (MORE | OFFSET_MASK)) != 0, h[9], 0, true};

    if ((frag & OFFSET_MASK) != 0) {
        if (d->o.quiet > 1) {
            return;
        }
        dec_ip4_at(d, off + 12);
        DEC_LIT(d, " > ");
        dec_ip4_at(d, off + 16);
        DEC_LIT(d, ":");
        ip_proto_print(d, ip.proto);
        return;
    }
    if (ip.proto != IP_PROTO_TCP && ip.proto != IP_PROTO_UDP) {
        dec_ends(d, &ip);
    }
    if (end > d->snap) {
        dec_fmt(d, " [remaining caplen(%zu) < header length(%zu)]", d->snap - off, end - off);
        dec_cut_early(d);
        return;
    }
    ip_transport_print(d, &ip, ip.proto, end, len);
}

static void header_print(struct decode *d, size_t off, size_t len) {
    d->proto = "ip";
    if (dec_u8(d, off) >> 4 != 4) {
        if (!d->stopped) {
            if (dec_u8(d, off) >> 4 == 6) {
                DEC_LIT(d, "IP6, wrong link-layer encapsulation");
            } else {
                dec_fmt(d, "IP%u", dec_u8(d, off) >> 4);
            }
            dec_invalid(d);
        }
        return;
    }
    if (!d->o.link_header) {
        DEC_LIT(d, "IP ");
    }
    if (!dec_has(d, off, 20)) {
        dec_cut(d);
        return;
    }
    unsigned hlen = (d->data[off] & 0xfu) * 4, total = rd_load16(d->data + off + 2);

    if (len < 20) {
        dec_fmt(d, "truncated-ip %zu", len);
        return;
    }
    if (hlen < 20) {
        dec_fmt(d, "bad-hlen %u", hlen);
        return;
    }
    if (len < total) {
        dec_fmt(d, "truncated-ip - %zu bytes missing! ", total - len);
    }
    if (total < hlen) {
        dec_fmt(d, "bad-len %u", total);
        return;
    }
    size_t before = dec_push(d, off, total);

    if (d->o.verbose > 0 && !verbose_print(d, off, hlen)) {
        struct dec_ip ip = {.version = 4, .at = off};

        dec_ends(d, &ip);
        dec_cut(d);
    } else {
        payload_print(d, off, off + hlen, total - hlen);
    }
    d->snap = before;
}

void ip4_print(struct decode *d, size_t off, size_t len) {
    dec_inside(d, header_print, off, len);
}
