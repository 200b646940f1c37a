/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * icmp4.c - ICMP (RFC 792, 950, 1191, 1256)
 */
#include "tools/decode/dec.h"

#include "wire/ipproto.h"

enum {
    ECHO_REPLY = 0,
    UNREACHABLE = 3,
    QUENCH = 4,
    REDIRECT = 5,
    ECHO = 8,
    ROUTER_ADVERT = 9,
    ROUTER_SOLICIT = 10,
    TIME_EXCEEDED = 11,
    PARAMETER = 12,
    STAMP = 13,
    STAMP_REPLY = 14,
    INFO = 15,
    INFO_REPLY = 16,
    MASK = 17,
    MASK_REPLY = 18,
};

static const struct dec_word types[] = {
    {0, "echo reply"},           {3, "unreachable"},
    {4, "source quench"},        {5, "redirect"},
    {8, "echo request"},         {9, "router advertisement"},
    {10, "router solicitation"}, {11, "time exceeded"},
    {12, "parameter problem"},   {13, "time stamp request"},
    {14, "time stamp reply"},    {15, "information request"},
    {16, "information reply"},   {17, "address mask request"},
    {18, "address mask reply"},
};

/* What stands before the address of an unreachable destination, and behind it. */
static const struct {
    const char *before, *behind;
} unreachable[] = {
    [0] = {"net ", " unreachable"},
    [1] = {"host ", " unreachable"},
    [5] = {"", " unreachable - source route failed"},
    [6] = {"net ", " unreachable - unknown"},
    [7] = {"host ", " unreachable - unknown"},
    [8] = {"", " unreachable - source host isolated"},
    [9] = {"net ", " unreachable - admin prohibited"},
    [10] = {"host ", " unreachable - admin prohibited"},
    [11] = {"net ", " unreachable - tos prohibited"},
    [12] = {"host ", " unreachable - tos prohibited"},
    [13] = {"host ", " unreachable - admin prohibited filter"},
    [14] = {"host ", " unreachable - host precedence violation"},
    [15] = {"host ", " unreachable - precedence cutoff"},
};

static void port_unreachable(struct decode *d, size_t inner) {
    if (!dec_here(d, inner, 10)) {
        return;
    }
    unsigned hlen = (dec_u8(d, inner) & 0xfu) * 4;
    uint8_t proto = dec_u8(d, inner + 9);
    uint16_t port = dec_u16(d, inner + hlen + 2);

    if (d->stopped) {
        return;
    }
    dec_ip4_at(d, inner + 16);
    if (proto == IP_PROTO_TCP || proto == IP_PROTO_UDP) {
        dec_str(d, proto == IP_PROTO_TCP ? " tcp port " : " udp port ");
        dec_port(d, port, proto == IP_PROTO_TCP);
        DEC_LIT(d, " unreachable");
    } else {
        dec_fmt(d, " protocol %u port %u unreachable", proto, port);
    }
}

static void unreachable_print(struct decode *d, size_t off, uint8_t code) {
    size_t inner = off + 8;

    switch (code) {
    case 2: {
        uint8_t proto = dec_u8(d, inner + 9);

        if (!d->stopped && dec_bytes(d, inner + 16, 4) != NULL) {
            dec_ip4_at(d, inner + 16);
            dec_fmt(d, " protocol %u unreachable", proto);
        }
        return;
    }
    case 3:
        port_unreachable(d, inner);
        return;
    case 4: {
        uint16_t mtu = dec_u16(d, off + 6);

        if (dec_bytes(d, inner + 16, 4) == NULL) {
            return;
        }
        dec_ip4_at(d, inner + 16);
        DEC_LIT(d, " unreachable - need to frag");
        if (mtu != 0) {
            dec_fmt(d, " (mtu %u)", mtu);
        }
        return;
    }
    default:
        break;
    }
    if (code < sizeof(unreachable) / sizeof(unreachable[0]) && unreachable[code].behind != NULL) {
        if (dec_bytes(d, inner + 16, 4) != NULL) {
            dec_str(d, unreachable[code].before);
            dec_ip4_at(d, inner + 16);
            dec_str(d, unreachable[code].behind);
        }
    } else if (dec_bytes(d, inner + 16, 4) != NULL) {
        dec_ip4_at(d, inner + 16);
        dec_fmt(d, " unreachable - #%u", code);
    }
}

static void redirect_print(struct decode *d, size_t off, uint8_t code) {
    if (dec_bytes(d, off + 24, 4) == NULL) {
        return;
    }
    DEC_LIT(d, "redirect");
    if (code >= 4) {
        dec_fmt(d, "-#%u", code);
    } else if (code >= 2) {
        DEC_LIT(d, "-tos");
    }
    dec_ip4_behind(d, " ", off + 24);
    dec_str(d, code >= 4 ? " to " : code % 2 == 0 ? " to net " : " to host ");
    dec_ip4_at(d, off + 4);
}

static void advert_print(struct decode *d, size_t off) {
    if (!dec_here(d, off, 8)) {
        return;
    }
    unsigned n = dec_u8(d, off + 4), size = dec_u8(d, off + 5), life = dec_u16(d, off + 6);

    DEC_LIT(d, "router advertisement lifetime ");
    if (life < 60) {
        dec_fmt(d, "%u", life);
    } else if (life < 3600) {
        dec_fmt(d, "%u:%02u", life / 60, life % 60);
    } else {
        dec_fmt(d, "%u:%02u:%02u", life / 3600, life % 3600 / 60, life % 60);
    }
    dec_fmt(d, " %u:", n);
    if (size != 2) {
        dec_fmt(d, " [size %u]", size);
        return;
    }
    for (unsigned i = 0; i < n && !d->stopped; i++) {
        if (!dec_here(d, off + 8 + 8 * (size_t)i, 8)) {
            return;
        }
        dec_ip4_behind(d, " {", off + 8 + 8 * (size_t)i);
        dec_fmt(d, " %u}", dec_u32(d, off + 12 + 8 * (size_t)i));
    }
}

/* Milliseconds since midnight. */
static void clock_print(struct decode *d, uint32_t ms) {
    dec_fmt(d, "%02u:%02u:%02u.%03u", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

static void what_print(struct decode *d, size_t off, uint8_t type, uint8_t code) {
    switch (type) {
    case ECHO:
    case ECHO_REPLY: {
        uint16_t id = dec_u16(d, off + 4), seq = dec_u16(d, off + 6);

        if (type == ECHO) {
            DEC_LIT(d, "echo request, id ");
        } else {
            DEC_LIT(d, "echo reply, id ");
        }
        dec_num(d, id);
        DEC_LIT(d, ", seq ");
        dec_num(d, seq);
        break;
    }
    case UNREACHABLE:
        unreachable_print(d, off, code);
        break;
    case REDIRECT:
        redirect_print(d, off, code);
        break;
    case ROUTER_ADVERT:
        advert_print(d, off);
        break;
    case TIME_EXCEEDED:
        dec_here(d, off + 8, 20);
        if (code == 0) {
            DEC_LIT(d, "time exceeded in-transit");
        } else if (code == 1) {
            DEC_LIT(d, "ip reassembly time exceeded");
        } else {
            dec_fmt(d, "time exceeded-#%u", code);
        }
        break;
    case PARAMETER:
        if (code != 0) {
            dec_fmt(d, "parameter problem - code %u", code);
        } else {
            dec_fmt(d, "parameter problem - octet %u", dec_u8(d, off + 4));
        }
        break;
    case MASK_REPLY:
        dec_fmt(d, "address mask is 0x%08x", dec_u32(d, off + 8));
        break;
    case STAMP:
        dec_fmt(d, "time stamp query id %u seq %u", dec_u16(d, off + 4), dec_u16(d, off + 6));
        break;
    case STAMP_REPLY:
        dec_here(d, off + 8, 12);
        dec_fmt(d, "time stamp reply id %u seq %u: org ", dec_u16(d, off + 4), dec_u16(d, off + 6));
        clock_print(d, dec_u32(d, off + 8));
        DEC_LIT(d, ", recv ");
        clock_print(d, dec_u32(d, off + 12));
        DEC_LIT(d, ", xmit ");
        clock_print(d, dec_u32(d, off + 16));
        break;
    default:
        DEC_WORD_OR(d, types, type, "type-#%u");
    }
}

void icmp4_words(struct decode *d, size_t off) {
    what_print(d, off, dec_u8(d, off), dec_u8(d, off + 1));
}

static bool is_error(uint8_t type) {
    return type == UNREACHABLE || type == QUENCH || type == REDIRECT || type == TIME_EXCEEDED ||
           type == PARAMETER;
}

void icmp4_print(struct decode *d, const struct dec_ip *ip, size_t off, size_t len) {
    d->proto = "icmp";
    uint8_t type = dec_u8(d, off), code = dec_u8(d, off + 1);

    char *begin = d->p;

    if (d->stopped) {
        return;
    }
    DEC_LIT(d, "ICMP ");
    what_print(d, off, type, code);
    if (d->stopped) {
        /* of a message that is cut off nothing is said */
        d->p = begin;
        d->stopped = false;
        dec_cut(d);
        return;
    }
    DEC_LIT(d, ", length ");
    dec_num(d, len);
    if (d->o.verbose > 0 && !ip->fragmented && !d->stopped && dec_has(d, off, len) && len >= 4) {
        struct dec_sum s = dec_sum(d, NULL, 0, off, len, dec_u16(d, off + 2));

        if (!s.ok) {
            dec_fmt(d, " (wrong icmp cksum %x (->%x)!)", dec_u16(d, off + 2), s.expected);
        }
    }
    /* the packet that the error is about */
    if (d->o.verbose > 0 && is_error(type) && !d->stopped) {
        DEC_LIT(d, "\n\t");
        if (dec_u16(d, off + 10) < 20) {
            dec_cut(d); /* it says that it ends in its header */
            return;
        }
        ip4_print(d, off + 8, dec_u16(d, off + 10));
    }
}
