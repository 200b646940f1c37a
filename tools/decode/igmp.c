/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * igmp.c - IGMP, versions 1 to 3 (RFC 1112, 2236, 3376)
 */
#include "tools/decode/dec.h"

static const struct dec_word record_kinds[] = {
    {1, "is_in"}, {2, "is_ex"}, {3, "to_in"}, {4, "to_ex"}, {5, "allow"}, {6, "block"},
};

/* Codes above 127 are a mantissa and an exponent (RFC 3376 4.1.1). */
static uint32_t code_value(uint32_t code) {
    return code < 128 ? code : ((code & 0xf) | 0x10) << ((code >> 4 & 7) + 3);
}

static void addr_behind(struct decode *d, const char *before, size_t off, bool six) {
    if (six) {
        dec_ip6_behind(d, before, off);
    } else {
        dec_ip4_behind(d, before, off);
    }
}

void group_sources_print(struct decode *d, size_t off, unsigned n, bool six) {
    if (d->o.verbose <= 1) {
        dec_fmt(d, ", %u source(s)", n);
        return;
    }
    DEC_LIT(d, " {");
    for (unsigned i = 0; i < n && !d->stopped; i++) {
        addr_behind(d, " ", off + (six ? 16 : 4) * (size_t)i, six);
    }
    DEC_LIT(d, " }");
}

void group_records_print(struct decode *d, size_t off, size_t len, bool six) {
    const size_t addr = six ? 16 : 4;
    unsigned n = dec_u16(d, off + 6);
    size_t at = 8;

    dec_fmt(d, ", %u group record(s)", n);
    for (unsigned i = 0; d->o.verbose > 0 && i < n && !d->stopped; i++) {
        if (len < at + 4 + addr) {
            dec_fmt(d, " [invalid number of groups]");
            return;
        }
        unsigned sources = dec_u16(d, off + at + 2);

        addr_behind(d, " [gaddr ", off + at + 4, six);
        DEC_LIT(d, " ");
        DEC_WORD_OR(d, record_kinds, dec_u8(d, off + at),
                    six ? " [v2-report-#%u]" : " [v3-report-#%u]");
        at += 4 + addr;
        if (len < at + addr * sources) {
            dec_fmt(d, " [invalid number of sources %u]", sources);
            return;
        }
        group_sources_print(d, off + at, sources, six);
        at += addr * sources;
        DEC_LIT(d, "]");
    }
}

static void report_print(struct decode *d, size_t off, size_t len) {
    DEC_LIT(d, " report");
    if (len < 16 || (len & 3) != 0) {
        dec_fmt(d, " [invalid len %zu]", len);
        return;
    }
    group_records_print(d, off, len, false);
}

static void query3_print(struct decode *d, size_t off, size_t len) {
    DEC_LIT(d, " v3");
    if (len < 12 || (len & 3) != 0) {
        dec_fmt(d, " [invalid len %zu]", len);
        return;
    }
    uint8_t code = dec_u8(d, off + 1);

    if (code != 100) {
        uint32_t tenths = code_value(code);

        DEC_LIT(d, " [max resp time ");
        if (tenths < 600) {
            dec_fmt(d, "%.1fs", tenths * 0.1);
        } else {
            dec_span(d, tenths / 10);
        }
        DEC_LIT(d, "]");
    }
    unsigned sources = dec_has(d, off + 10, 2) ? dec_u16(d, off + 10) : 0;

    if (dec_u32(d, off + 4) != 0) {
        dec_ip4_behind(d, " [gaddr ", off + 4);
        dec_bytes(d, off + 10, 2);
        if (len < 12 + 4 * (size_t)sources) {
            DEC_LIT(d, " [invalid number of sources]");
        } else if (sources > 0) {
            group_sources_print(d, off + 12, sources, false);
        }
        DEC_LIT(d, "]");
    }
}

static void query_print(struct decode *d, size_t off, size_t len) {
    DEC_LIT(d, "igmp query");
    if (len >= 12) {
        query3_print(d, off, len);
        return;
    }
    uint8_t tenths = dec_u8(d, off + 1);

    if (tenths == 0) {
        DEC_LIT(d, " v1");
    } else {
        DEC_LIT(d, " v2");
        if (tenths != 100) {
            dec_fmt(d, " [max resp time %u]", tenths);
        }
    }
    if (dec_u32(d, off + 4) != 0) {
        dec_ip4_behind(d, " [gaddr ", off + 4);
        DEC_LIT(d, "]");
    }
    if (len != 8) {
        dec_fmt(d, " [len %zu]", len);
    }
}

static void group_print(struct decode *d, const char *what, size_t off) {
    if (dec_bytes(d, off + 4, 4) != NULL) {
        dec_str(d, what);
        dec_ip4_at(d, off + 4);
    }
}

void igmp_print(struct decode *d, size_t off, size_t len) {
    d->proto = "igmp";
    if (d->o.quiet > 0) {
        DEC_LIT(d, "igmp");
        return;
    }
    uint8_t type = dec_u8(d, off);

    switch (type) {
    case 0x11:
        query_print(d, off, len);
        break;
    case 0x12:
        group_print(d, "igmp v1 report ", off);
        if (len != 8) {
            dec_fmt(d, " [len %zu]", len);
        }
        break;
    case 0x16:
        group_print(d, "igmp v2 report ", off);
        break;
    case 0x17:
        group_print(d, "igmp leave ", off);
        if (len != 8) {
            dec_fmt(d, " [len %zu]", len);
        }
        break;
    case 0x22:
        DEC_LIT(d, "igmp v3");
        report_print(d, off, len);
        break;
    default:
        dec_fmt(d, "igmp-%u", type);
    }
    if (d->o.verbose > 0 && !d->stopped && dec_has(d, off, len) && len >= 4) {
        struct dec_sum s = dec_sum(d, NULL, 0, off, len, dec_u16(d, off + 2));

        if (!s.ok) {
            dec_fmt(d, " bad igmp cksum %x!", dec_u16(d, off + 2));
        }
    }
}
