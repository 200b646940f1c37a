/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.c - the options of neighbour discovery (RFC 4861, 4191, 8106), and MLD (RFC 2710, 3810)
 */
#include "tools/decode/dec.h"

static const struct dec_word names[] = {
    {1, "source link-address"},
    {2, "destination link-address"},
    {3, "prefix info"},
    {4, "redirected header"},
    {5, "mtu"},
    {7, "advertisement interval"},
    {8, "homeagent information"},
    {24, "route info"},
    {25, "rdnss"},
    {31, "dnssl"},
};
static const struct dec_word prefix_bits[] = {{0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}};
static const struct dec_word preferences[] = {
    {0, "medium"}, {1, "high"}, {2, "reserved"}, {3, "low"}};

static void lifetime(struct decode *d, uint32_t s) {
    if (s == UINT32_MAX) {
        DEC_LIT(d, "infinity");
    } else {
        dec_num(d, s);
        DEC_LIT(d, "s");
    }
}

/* A prefix of an address, of which only @have bytes are sent. */
static void prefix_print(struct decode *d, size_t off, size_t have) {
    uint8_t addr[16] = {0};
    const uint8_t *p = dec_bytes(d, off, have);

    if (p != NULL) {
        memcpy(addr, p, have);
        dec_ip6(d, addr);
    }
}

static void link_address(struct decode *d, size_t off, size_t len) {
    for (size_t i = 0; i < len && !d->stopped; i++) {
        if (i > 0) {
            dec_chr(d, ':');
        }
        dec_hex(d, dec_u8(d, off + i), 2);
    }
}

static void dnssl_print(struct decode *d, size_t off, size_t len) {
    size_t at = off + 8, end = off + len;

    DEC_LIT(d, " lifetime ");
    lifetime(d, dec_u32(d, off + 4));
    DEC_LIT(d, ", domain(s):");
    while (at < end && dec_u8(d, at) != 0 && !d->stopped) {
        DEC_LIT(d, " ");
        at = dns_name_print(d, at, off, end);
        if (at == 0) {
            dec_cut(d);
            break;
        }
    }
}

static void option_print(struct decode *d, uint8_t kind, size_t off, size_t len) {
    switch (kind) {
    case 1:
    case 2:
        link_address(d, off + 2, len - 2);
        break;
    case 3:
        dec_bytes(d, off, 32);
        dec_ip6_at(d, off + 16);
        dec_fmt(d, "/%u%s, Flags [", dec_u8(d, off + 2), len != 32 ? "badlen" : "");
        dec_bits(d, prefix_bits, 3, dec_u8(d, off + 3), "none", ", ");
        DEC_LIT(d, "], valid time ");
        lifetime(d, dec_u32(d, off + 4));
        DEC_LIT(d, ", pref. time ");
        lifetime(d, dec_u32(d, off + 8));
        break;
    case 4:
        dec_dump_inner(d, "\n\t    ", off, len);
        break;
    case 5:
        dec_fmt(d, " %u%s", dec_u32(d, off + 4), len != 8 ? "bad option length" : "");
        break;
    case 7:
        dec_fmt(d, " %ums", dec_u32(d, off + 4));
        break;
    case 8:
        dec_fmt(d, " preference %u, lifetime %u", dec_u16(d, off + 4), dec_u16(d, off + 6));
        break;
    case 24:
        if (len > 24) {
            dec_cut(d);
            return;
        }
        DEC_LIT(d, " ");
        prefix_print(d, off + 8, len - 8 < 16 ? len - 8 : 16);
        dec_fmt(d, "/%u, pref=", dec_u8(d, off + 2));
        dec_str(d, DEC_WORD(preferences, dec_u8(d, off + 3) >> 3 & 3));
        DEC_LIT(d, ", lifetime=");
        lifetime(d, dec_u32(d, off + 4));
        break;
    case 25:
        DEC_LIT(d, " lifetime ");
        dec_fmt(d, "%us,", dec_u32(d, off + 4));
        for (size_t at = 8; at + 16 <= len && !d->stopped; at += 16) {
            dec_ip6_behind(d, " addr: ", off + at);
        }
        break;
    case 31:
        dnssl_print(d, off, len);
        break;
    default:
        if (d->o.verbose < 2) {
            dec_dump_inner(d, "\n\t  ", off + 2, len - 2);
        }
    }
}

void icmp6_nd_options(struct decode *d, size_t off, size_t len) {
    size_t end = off + len;

    while (off < end && off < d->snap) {
        if (!dec_here(d, off, 2)) {
            return;
        }
        uint8_t kind = dec_u8(d, off);
        size_t size = dec_u8(d, off + 1) * 8u;

        if (size == 0 || !dec_has(d, off, size)) {
            dec_cut(d);
            return;
        }
        DEC_LIT(d, "\n\t  ");
        DEC_WORD_OR(d, names, kind, "unknown");
        dec_fmt(d, " option (%u), length %zu (%zu): ", kind, size, size / 8);
        option_print(d, kind, off, size);
        if (d->o.verbose > 1) {
            dec_dump_inner(d, "\n\t    ", off + 2, size - 2);
        }
        off += size;
    }
}

static void query_print(struct decode *d, size_t off, size_t len) {
    DEC_LIT(d, " v2");
    if (len < 28) {
        dec_fmt(d, " [invalid length %zu]", len);
        return;
    }
    uint32_t code = dec_u16(d, off + 4);

    if (d->o.verbose > 0) {
        uint32_t ms = code < 32768 ? code : ((code & 0xfff) | 0x1000) << ((code >> 12 & 7) + 3);

        dec_fmt(d, " [max resp delay=%u]", ms);
    }
    dec_ip6_behind(d, " [gaddr ", off + 8);
    if (d->o.verbose > 0) {
        if ((dec_u8(d, off + 24) & 8) != 0) {
            DEC_LIT(d, " sflag");
        }
        if ((dec_u8(d, off + 24) & 7) != 0) {
            dec_fmt(d, " robustness=%u", dec_u8(d, off + 24) & 7);
        }
        unsigned q = dec_u8(d, off + 25);

        dec_fmt(d, " qqi=%u", q < 128 ? q : ((q & 0xf) | 0x10) << ((q >> 4 & 7) + 3));
    }
    unsigned n = dec_u16(d, off + 26);

    if (len < 28 + 16 * (size_t)n) {
        DEC_LIT(d, " [invalid number of sources]");
    } else if (n > 0) {
        group_sources_print(d, off + 28, n, true);
    }
    DEC_LIT(d, "]");
}

static void report2_print(struct decode *d, size_t off, size_t len) {
    if (len < 8) {
        dec_fmt(d, " [invalid length %zu]", len);
        return;
    }
    group_records_print(d, off, len, true);
}

void mld_print(struct decode *d, uint8_t type, size_t off, size_t len) {
    if (type == 143) {
        report2_print(d, off, len);
    } else if (type == 130 && len >= 28) {
        query_print(d, off, len);
    } else if (dec_has(d, off, 24)) {
        DEC_LIT(d, "max resp delay: ");
        dec_fmt(d, "%u addr: ", dec_u16(d, off + 4));
        dec_ip6_at(d, off + 8);
    }
}
