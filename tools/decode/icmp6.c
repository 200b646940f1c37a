/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp6.c - ICMPv6: errors and echo (RFC 4443), neighbour discovery (RFC 4861)
 */
#include "tools/decode/dec.h"

#include "wire/ipproto.h"

enum {
    UNREACHABLE = 1,
    TOO_BIG,
    TIME_EXCEEDED,
    PARAMETER,
    ECHO = 128,
    ECHO_REPLY,
    MLD_QUERY,
    MLD_REPORT,
    MLD_DONE,
    ROUTER_SOLICIT,
    ROUTER_ADVERT,
    NEIGHBOUR_SOLICIT,
    NEIGHBOUR_ADVERT,
    REDIRECT,
    RENUMBER,
    MLD2_REPORT = 143,
    HOME_REQUEST,
    HOME_REPLY,
    MOBILE_SOLICIT,
    MOBILE_ADVERT,
};

static const struct dec_word types[] = {
    {1, "destination unreachable"},
    {2, "packet too big"},
    {3, "time exceeded in-transit"},
    {4, "parameter problem"},
    {128, "echo request"},
    {129, "echo reply"},
    {130, "multicast listener query"},
    {131, "multicast listener report"},
    {132, "multicast listener done"},
    {133, "router solicitation"},
    {134, "router advertisement"},
    {135, "neighbor solicitation"},
    {136, "neighbor advertisement"},
    {137, "redirect"},
    {138, "router renumbering"},
    {139, "node information query"},
    {140, "node information reply"},
    {141, "inverse neighbor solicitation"},
    {142, "inverse neighbor advertisement"},
    {143, "multicast listener report v2"},
    {144, "ha discovery request"},
    {145, "ha discovery reply"},
    {146, "mobile router solicitation"},
    {147, "mobile router advertisement"},
    {155, "routing protocol? "},
};
static const struct dec_word unreachable_codes[] = {
    {0, "unreachable route"},   {1, " unreachable prohibited"}, {2, "beyond scope"},
    {3, "unreachable address"}, {4, "unreachable port"},
};

/* The ports of the packet that an error is about, where they can be found: its protocol, or -1. */
static int inner_transport(struct decode *d, size_t inner, size_t *ret_off) {
    uint8_t next = dec_u8(d, inner + 6);
    size_t off = inner + 40;

    for (unsigned i = 0; i < 16 && dec_has(d, off, 4); i++) {
        if (next == IP_PROTO_TCP || next == IP_PROTO_UDP) {
            *ret_off = off;
            return next;
        }
        if (next == IP_PROTO_FRAGMENT) {
            if ((dec_u16(d, off + 2) & 0xfff8) != 0) {
                return -1;
            }
            next = dec_u8(d, off);
            off += 8;
        } else if (next == IP_PROTO_HOPOPTS || next == IP_PROTO_DSTOPTS ||
                   next == IP_PROTO_ROUTING) {
            next = dec_u8(d, off);
            off += (dec_u8(d, off + 1) + 1u) * 8;
        } else {
            *ret_off = off;
            return next;
        }
    }
    return -1;
}

static void unreachable_print(struct decode *d, size_t off, uint8_t code) {
    size_t inner = off + 8, ports;

    DEC_LIT(d, ", ");
    DEC_WORD_OR(d, unreachable_codes, code, "unknown unreach code (%u)");
    if (code < 4) {
        dec_ip6_behind(d, " ", inner + 24);
        if (code == 2) {
            dec_ip6_behind(d, ", source address ", inner + 8);
        }
        return;
    }
    int proto = dec_here(d, inner, 7) ? inner_transport(d, inner, &ports) : -1;

    if (proto < 0) {
        dec_cut(d);
        return;
    }
    dec_ip6_behind(d, ", ", inner + 24);
    uint16_t port = dec_u16(d, ports + 2);

    if (proto == IP_PROTO_TCP || proto == IP_PROTO_UDP) {
        dec_str(d, proto == IP_PROTO_TCP ? " tcp port " : " udp port ");
        dec_port(d, port, proto == IP_PROTO_TCP);
    } else {
        dec_fmt(d, " protocol %d port %u unreachable", proto, port);
    }
}

static void parameter_print(struct decode *d, size_t off, uint8_t code) {
    static const char *const what[] = {"erroneous", "next header", "option",
                                       "incomplete header chain"};

    if (!dec_here(d, off + 8, 40)) {
        return;
    }
    if (code < 4) {
        dec_fmt(d, ", %s - octet %u", what[code], dec_u32(d, off + 4));
    } else {
        dec_fmt(d, ", code-#%u", code);
    }
}

static const struct dec_word preferences[] = {{0, "medium"}, {1, "high"}, {2, "rsv"}, {3, "low"}};
static const struct dec_word ra_bits[] = {
    {0x80, "managed"}, {0x40, "other stateful"}, {0x20, "home agent"}, {0x02, "ipv6 only"}};
static const struct dec_word na_bits[] = {
    {0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}};

static void advert_print(struct decode *d, size_t off, size_t len) {
    if (d->o.verbose == 0 || dec_bytes(d, off, 16) == NULL) {
        return;
    }
    uint8_t flags = dec_u8(d, off + 5);

    dec_fmt(d, "\n\thop limit %u, Flags [", dec_u8(d, off + 4));
    dec_bits(d, ra_bits, 4, flags, "none", ", ");
    DEC_LIT(d, "], pref ");
    dec_str(d, DEC_WORD(preferences, flags >> 3 & 3));
    dec_fmt(d, ", router lifetime %us, reachable time %ums, retrans timer %ums",
            dec_u16(d, off + 6), dec_u32(d, off + 8), dec_u32(d, off + 12));
    if (len > 16) {
        icmp6_nd_options(d, off + 16, len - 16);
    }
}

static void neighbour_print(struct decode *d, uint8_t type, size_t off, size_t len) {
    if (type == NEIGHBOUR_SOLICIT) {
        dec_ip6_behind(d, ", who has ", off + 8);
    } else {
        dec_ip6_behind(d, ", tgt is ", off + 8);
        if (d->o.verbose > 0) {
            DEC_LIT(d, ", Flags [");
            dec_bits(d, na_bits, 3, dec_u8(d, off + 4), "none", ", ");
            DEC_LIT(d, "]");
        }
    }
    if (d->o.verbose > 0 && len > 24) {
        icmp6_nd_options(d, off + 24, len - 24);
    }
}

static void redirect_print(struct decode *d, size_t off, size_t len) {
    dec_ip6_behind(d, ", ", off + 24);
    dec_ip6_behind(d, " to ", off + 8);
    if (d->o.verbose > 0 && len > 40) {
        icmp6_nd_options(d, off + 40, len - 40);
    }
}

static void sum_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    if (!dec_has(d, off, len) || dec_bytes(d, off + 2, 2) == NULL) {
        return;
    }
    uint16_t field = dec_u16(d, off + 2);
    struct dec_sum s = dec_sum(d, ip, IP_PROTO_ICMP6, off, len, field);

    if (s.ok) {
        DEC_LIT(d, "[icmp6 sum ok] ");
    } else {
        dec_fmt(d, "[bad icmp6 cksum 0x%04x -> 0x%04x!] ", field, s.expected);
    }
}

static bool length_early(uint8_t type) {
    return (type >= ROUTER_SOLICIT && type <= REDIRECT) || type == HOME_REPLY ||
           type == MOBILE_ADVERT;
}

/* RFC 6275 6.5, 6.8: home agents, and prefixes for those who are away. */
static void mobile_print(struct decode *d, uint8_t type, size_t off, size_t len) {
    if (d->o.verbose == 0) {
        return;
    }
    dec_fmt(d, ", id 0x%04x", dec_u16(d, off + 4));
    for (size_t at = 8; type == HOME_REPLY && at < len && !d->stopped; at += 16) {
        dec_ip6_behind(d, ", ", off + at);
    }
    if (type == MOBILE_ADVERT && len > 8) {
        icmp6_nd_options(d, off + 8, len - 8);
    }
}

static void what_print(struct decode *d, uint8_t type, uint8_t code, size_t off, size_t len) {
    switch (type) {
    case UNREACHABLE:
        unreachable_print(d, off, code);
        break;
    case TOO_BIG:
        dec_fmt(d, ", mtu %u", dec_u32(d, off + 4));
        break;
    case TIME_EXCEEDED:
        if (code == 0) {
            dec_ip6_behind(d, " for ", off + 32);
        } else if (code == 1) {
            DEC_LIT(d, " (reassembly)");
        } else {
            dec_fmt(d, ", unknown code (%u)", code);
        }
        break;
    case PARAMETER:
        parameter_print(d, off, code);
        break;
    case ECHO:
    case ECHO_REPLY:
        dec_fmt(d, ", id %u, seq %u", dec_u16(d, off + 4), dec_u16(d, off + 6));
        break;
    case MLD_QUERY:
    case MLD_REPORT:
    case MLD_DONE:
    case MLD2_REPORT:
        mld_print(d, type, off, len);
        break;
    case ROUTER_SOLICIT:
        if (d->o.verbose > 0 && len > 8) {
            icmp6_nd_options(d, off + 8, len - 8);
        }
        break;
    case ROUTER_ADVERT:
        advert_print(d, off, len);
        break;
    case NEIGHBOUR_SOLICIT:
    case NEIGHBOUR_ADVERT:
        neighbour_print(d, type, off, len);
        break;
    case REDIRECT:
        redirect_print(d, off, len);
        break;
    case HOME_REQUEST:
    case MOBILE_SOLICIT:
        dec_fmt(d, ", id 0x%04x", dec_u16(d, off + 4));
        break;
    case HOME_REPLY:
    case MOBILE_ADVERT:
        mobile_print(d, type, off, len);
        break;
    default:
        break;
    }
}

void icmp6_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    d->proto = "icmp6";

    if (len == 0) {
        DEC_LIT(d, "ICMP6, length 0");
        dec_invalid(d);
        return;
    }
    uint8_t type = dec_u8(d, off);

    if (d->o.verbose > 0 && !ip->fragmented && !d->stopped) {
        sum_print(d, ip, off, len);
    }
    if (d->stopped) {
        return;
    }
    DEC_LIT(d, "ICMP6, ");
    DEC_WORD_OR(d, types, type, "unknown icmp6 type (%u)");
    if (d->o.verbose > 0 && length_early(type)) {
        DEC_LIT(d, ", length ");
        dec_num(d, len);
    }
    uint8_t code = dec_u8(d, off + 1);

    if (DEC_WORD(types, type) == NULL || (type == UNREACHABLE && code > 4)) {
        if (type == UNREACHABLE) {
            dec_fmt(d, ", unknown unreach code (%u)", code);
        } else {
            dec_fmt(d, ", length %zu", len);
        }
        if (d->o.verbose < 2) {
            dec_dump_hex(d, d->data + off, len < d->snap - off ? len : d->snap - off);
        }
        return;
    }
    what_print(d, type, code, off, len);
    if (d->o.verbose == 0) {
        DEC_LIT(d, ", length ");
        dec_num(d, len);
    }
}
