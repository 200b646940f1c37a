/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6.c - IPv6 and its extension headers (RFC 8200, 2711, 2675, 8754, 6275)
 */
#include "tools/decode/dec.h"

#include "wire/ipproto.h"

enum { PAD1 = 0, PADN = 1, ALERT = 5, JUMBO = 0xc2, HOME = 0xc9 };

/* What an option that we know has to have. */
static const struct {
    uint8_t kind;
    unsigned min, max; /* bytes behind its length */
    const char *name;
} sizes[] = {
    {ALERT, 2, 2, "rtalert"},
    {JUMBO, 4, 4, "jumbo"},
    {HOME, 16, 255, "homeaddr"},
};

/* One option of @left bytes at most. False: it has not the size that it must have. */
static bool option_fits(struct decode *d, size_t off, size_t left) {
    unsigned size = left > 1 ? dec_u8(d, off + 1) : 255;

    if (size + 2u > left) {
        return false;
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        if (sizes[i].kind != dec_u8(d, off)) {
            continue;
        }
        if (left < 2 + sizes[i].min) {
            dec_fmt(d, "(%s: trunc)", sizes[i].name);
            return false;
        }
        if (size < sizes[i].min || size > sizes[i].max) {
            dec_fmt(d, "(%s: invalid len %u)", sizes[i].name, size);
            return false;
        }
    }
    return true;
}

/* RFC 6275 6.3: an address, and perhaps options of its own. */
static void home_print(struct decode *d, size_t off, unsigned len) {
    dec_ip6_behind(d, "(homeaddr: ", off);
    off += 16;
    len -= 16;
    while (len > 0) {
        unsigned kind = dec_u8(d, off), size = 1;

        if (kind == PAD1) {
            DEC_LIT(d, ", pad1");
        } else {
            if (len < 2 || (size = 2u + dec_u8(d, off + 1)) > len) {
                dec_cut(d);
                return;
            }
            if (kind == PADN) {
                DEC_LIT(d, ", padn");
            } else {
                dec_fmt(d, ", sopt_type 0x%02x: len=%u", kind, size - 2);
            }
        }
        off += size;
        len -= size;
    }
    DEC_LIT(d, ")");
}

static void jumbo_print(struct decode *d, size_t off, size_t payload, bool hop, bool again) {
    uint32_t len = dec_u32(d, off);

    dec_fmt(d, "(jumbo: %u%s) ", len,
            !hop           ? " - not a hop-by-hop option"
            : again        ? " - already seen"
            : payload != 0 ? " - payload len != 0"
            : len < 65536  ? " - < 65536"
                           : "");
}

/* @off: behind the length. @again: a jumbo payload was told of. */
static void option_print(struct decode *d, uint8_t kind, size_t off, unsigned len, size_t payload,
                         bool hop, bool again) {
    switch (kind) {
    case PADN:
        DEC_LIT(d, "(padn)");
        break;
    case ALERT:
        dec_fmt(d, "(rtalert: 0x%04x) ", dec_u16(d, off));
        break;
    case JUMBO:
        jumbo_print(d, off, payload, hop, again);
        break;
    case HOME:
        home_print(d, off, len);
        break;
    default:
        dec_fmt(d, "(opt_type 0x%02x: len=%u)", kind, len);
    }
}

/* All of them were captured. Without @print only what is wrong is told. */
static void options_print(struct decode *d, size_t off, size_t len, size_t payload, bool hop,
                          bool print) {
    bool jumbo = false; /* there was one */

    while (len > 0 && !d->stopped) {
        uint8_t kind = dec_u8(d, off);
        unsigned size = 1;

        if (kind == PAD1) {
            if (print) {
                DEC_LIT(d, "(pad1)");
            }
        } else {
            if (!option_fits(d, off, len)) {
                dec_cut(d);
                return;
            }
            size = 2u + dec_u8(d, off + 1);
            if (print) {
                option_print(d, kind, off + 2, size - 2, payload, hop, jumbo);
            }
            jumbo |= kind == JUMBO;
        }
        off += size;
        len -= size;
    }
}

/* Each returns the length of its header, or -1: nothing behind it can be told. */
static int options_header(struct decode *d, size_t off, size_t payload, bool hop) {
    unsigned len = (dec_u8(d, off + 1) + 1u) * 8;

    if (!dec_here(d, off, len)) {
        return -1;
    }
    dec_str(d, hop ? "HBH " : "DSTOPT ");
    if (d->o.verbose > 0) {
        options_print(d, off + 2, len - 2, payload, hop, true);
        DEC_LIT(d, " ");
    } else if (hop) {
        options_print(d, off + 2, len - 2, payload, hop, false);
    }
    return (int)len;
}

static int routing_header(struct decode *d, size_t off, struct dec_ip *ip) {
    if (!dec_here(d, off, 1)) {
        return -1;
    }
    d->proto = "rt6";
    DEC_LIT(d, "RT6");
    unsigned len = dec_u8(d, off + 1);

    dec_fmt(d, " (len=%u", len);
    unsigned type = dec_u8(d, off + 2);

    dec_fmt(d, ", type=%u%s", type, type == 0 ? " [Deprecated]" : "");
    dec_fmt(d, ", segleft=%u", dec_u8(d, off + 3));
    if (type == 0 || type == 2) {
        if (dec_u32(d, off + 4) != 0 || d->o.verbose > 0) {
            dec_fmt(d, ", rsv=0x%0x", dec_u32(d, off + 4));
        }
        if (len % 2 == 1) {
            dec_fmt(d, " (invalid length %u)", len);
            dec_invalid(d);
            return -1;
        }
        for (unsigned i = 0; i < len / 2 && !d->stopped; i++) {
            if (dec_bytes(d, off + 8 + 16 * (size_t)i, 16) == NULL) {
                return -1;
            }
            dec_fmt(d, ", [%u]", i);
            dec_ip6_at(d, off + 8 + 16 * (size_t)i);
        }
    } else if (type == 4) {
        unsigned last = dec_u8(d, off + 4);

        dec_fmt(d, ", last-entry=%u", last);
        unsigned flags = dec_u8(d, off + 5);

        if (flags != 0 || d->o.verbose > 0) {
            dec_fmt(d, ", flags=0x%0x", flags);
        }
        dec_fmt(d, ", tag=%x", dec_u16(d, off + 6));
        if (len % 2 == 1) {
            dec_fmt(d, " (invalid length %u)", len);
            dec_invalid(d);
            return -1;
        }
        for (unsigned i = 0; i < len / 2 && !d->stopped; i++) {
            if (dec_bytes(d, off + 8 + 16 * (size_t)i, 16) == NULL) {
                return -1;
            }
            dec_fmt(d, ", [%u]", i);
            dec_ip6_at(d, off + 8 + 16 * (size_t)i);
        }
    } else {
        DEC_LIT(d, " (unknown type)");
        dec_invalid(d);
        return -1;
    }
    DEC_LIT(d, ") ");
    /* stages stand in the order of the way, segments of type 4 in the opposite one */
    if (len >= 2 && !d->stopped) {
        ip->last = type == 4 ? off + 8 : off + 8 + 16 * (size_t)(len / 2 - 1);
    }
    return (int)(len + 1) * 8;
}

static int fragment_header(struct decode *d, size_t off, size_t left, bool *ret_fragmented) {
    d->proto = "frag6";
    uint16_t at = dec_u16(d, off + 2);
    uint32_t id = d->o.verbose > 0 || dec_has(d, off, 8) ? dec_u32(d, off + 4) : 0;

    if (d->stopped) {
        return -1;
    }
    *ret_fragmented = true;
    left = left > 8 ? left - 8 : 0;
    if (d->o.verbose > 0) {
        dec_fmt(d, "frag (0x%08x:%u|%zu)", id, at & 0xfff8u, left);
    } else {
        dec_fmt(d, "frag (%u|%zu)", at & 0xfff8u, left);
    }
    if ((at & 0xfff8) != 0) {
        return -1;
    }
    DEC_LIT(d, " ");
    return 8;
}

static bool is_transport(uint8_t next) {
    return next == IP_PROTO_TCP || next == IP_PROTO_UDP;
}

/* What the hop-by-hop options at @off say instead of the header's payload length (RFC 2675 3), or 0. */
static uint32_t jumbo_find(const struct decode *d, size_t off, size_t len) {
    uint32_t found = 0;

    for (size_t size; len > 1; off += size, len -= size) {
        size = d->data[off] == PAD1 ? 1 : 2u + d->data[off + 1];
        if (size > len) {
            break;
        }
        if (d->data[off] == JUMBO && size == 6) {
            found = rd_load32(d->data + off + 2);
        }
    }
    return found >= 65536 ? found : 0;
}

static void wrong_print(struct decode *d, const char *why) {
    dec_go_on(d);
    dec_fmt(d, "[%s]", why);
    dec_invalid(d);
}

/* @len: the payload's by the header, @room: behind the header by the link. */
static void headers_print(struct decode *d, size_t at, size_t len, size_t room) {
    bool hop = false;
    uint32_t jumbo = 0;
    struct dec_ip ip = {6, at, false, d->data[at + 6], 0, is_transport(d->data[at + 6])};
    uint8_t next = ip.proto;
    size_t off = at + 40, end = at + 40 + len;

    if (!is_transport(next)) {
        dec_ends(d, &ip);
    }
    for (;;) {
        int step;

        switch (next) {
        case IP_PROTO_HOPOPTS:
            if (off != at + 40) {
                wrong_print(d, hop ? "The Hop-by-Hop Options header was already found"
                                   : "The Hop-by-Hop Options header don't follow the IPv6 header");
                return;
            }
            hop = true;
            d->proto = "hbhopt";
            step = options_header(d, off, len, true);
            if (len == 0 && dec_has(d, off, 2)) {
                jumbo = step < 0 ? 0 : jumbo_find(d, off + 2, (size_t)step - 2);
                if (jumbo == 0) {
                    wrong_print(d, "No valid Jumbo Payload Hop-by-Hop option found");
                    return;
                }
                end = at + 40 + jumbo;
            }
            break;
        case IP_PROTO_DSTOPTS:
            d->proto = "dstopt";
            step = options_header(d, off, len, false);
            break;
        case IP_PROTO_ROUTING:
            step = routing_header(d, off, &ip);
            break;
        case IP_PROTO_FRAGMENT:
            step = fragment_header(d, off, off < end ? end - off : 0, &ip.fragmented);
            break;
        default:
            if (off > end) { /* no payload by the header's length */
                d->proto = "ip6";
                dec_cut(d);
                return;
            }
            if (jumbo > room) {
                dec_fmt(d, "truncated-ip6 - %zu bytes missing!", jumbo - room);
            }
            ip_transport_print(d, &ip, next, off, end - off);
            return;
        }
        if (step < 0 || d->stopped ||
            (next == IP_PROTO_FRAGMENT && !dec_has(d, off, (size_t)step + 1))) {
            return;
        }
        next = d->data[off];
        off += (size_t)step;
    }
}

static void verbose_print(struct decode *d, const uint8_t *h) {
    uint32_t flow = rd_load32(h);

    DEC_LIT(d, "(");
    if ((flow & 0x0ff00000) != 0) {
        DEC_LIT(d, "class 0x");
        dec_hex(d, flow >> 20 & 0xff, 2);
        DEC_LIT(d, ", ");
    }
    if ((flow & 0xfffff) != 0) {
        DEC_LIT(d, "flowlabel 0x");
        dec_hex(d, flow & 0xfffff, 5);
        DEC_LIT(d, ", ");
    }
    DEC_LIT(d, "hlim ");
    dec_num(d, h[7]);
    DEC_LIT(d, ", next-header ");
    dec_str(d, ip_proto_word(h[6]));
    DEC_LIT(d, " (");
    dec_num(d, h[6]);
    DEC_LIT(d, ") payload length: ");
    dec_num(d, rd_load16(h + 4));
    DEC_LIT(d, ") ");
}

static void header_print(struct decode *d, size_t off, size_t len) {
    d->proto = "ip6";
    if (!dec_has(d, off, 40)) {
        dec_cut(d);
        return;
    }
    if (len < 40) {
        dec_fmt(d, "truncated-ip6 %zu", len);
        return;
    }
    if (!d->o.link_header) {
        DEC_LIT(d, "IP6 ");
    }
    if (dec_u8(d, off) >> 4 != 6) {
        dec_fmt(d, "version error: %u != 6", dec_u8(d, off) >> 4);
        return;
    }
    const uint8_t *h = d->data + off;
    size_t payload = rd_load16(h + 4);

    if (len < payload + 40) {
        dec_fmt(d, "truncated-ip6 - %zu bytes missing!", payload + 40 - len);
    }
    if (d->o.verbose > 0) {
        verbose_print(d, h);
    }
    bool open = payload == 0 && !is_transport(h[6]); /* options may tell the length */
    size_t before = dec_push(d, off, open ? len : payload + 40);

    headers_print(d, off, payload, len - 40);
    d->snap = before;
}

void ip6_print(struct decode *d, size_t off, size_t len) {
    dec_inside(d, header_print, off, len);
}
