/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * edns.c - the options that extend DNS (RFC 6891): their names, and what the common ones say
 */
#include "tools/decode/dec.h"

enum { ECS = 8, EXPIRE, COOKIE, KEEPALIVE, PADDING, KEY_TAG = 14 };

static const struct dec_word edns_options[] = {
    {1, "LLQ"},      {2, "UL"},     {3, "NSID"},     {5, "DAU"},         {6, "DHU"},
    {7, "N3U"},      {8, "ECS"},    {9, "EXPIRE"},   {10, "COOKIE"},     {11, "KEEPALIVE"},
    {12, "PADDING"}, {13, "CHAIN"}, {14, "KEY-TAG"}, {16, "CLIENT-TAG"}, {17, "SERVER-TAG"},
};

/* A client's network (RFC 7871). */
static bool subnet_print(struct decode *d, size_t off, unsigned len) {
    uint8_t addr[16] = {0};
    uint16_t family = dec_u16(d, off);
    unsigned size = family == 1 ? 4 : 16;
    bool numeric = d->o.numeric;

    if (family < 1 || family > 2 || len - 4 > size || !dec_has(d, off, len)) {
        return false;
    }
    memcpy(addr, d->data + off + 4, len - 4);
    DEC_LIT(d, " ");
    d->o.numeric = true;
    if (family == 1) {
        dec_ip4(d, addr);
    } else {
        dec_ip6(d, addr);
    }
    d->o.numeric = numeric;
    dec_fmt(d, "/%u/%u", d->data[off + 2], d->data[off + 3]);
    return true;
}

/* What options say whose contents are known (RFC 7314, 7828, 7830, 7873, 8145). False: another one. */
static bool edns_known(struct decode *d, uint16_t code, size_t off, unsigned len) {
    if (!dec_has(d, off, len)) {
        return false;
    }
    switch (code) {
    case ECS:
        if (len < 4 || !subnet_print(d, off, len)) {
            DEC_LIT(d, " ");
            dec_invalid(d);
        }
        return true;
    case EXPIRE:
        if (len != 4) {
            DEC_LIT(d, " ");
            dec_invalid(d);
            return true;
        }
        dec_fmt(d, " %u sec", dec_u32(d, off));
        return true;
    case COOKIE:
        if (len < 8) {
            DEC_LIT(d, " ");
            dec_invalid(d);
            return true;
        }
        return false;
    case KEEPALIVE:
        if (len != 2) {
            DEC_LIT(d, " ");
            dec_invalid(d);
            return true;
        }
        dec_fmt(d, " %u.%u sec", dec_u16(d, off) / 10u, dec_u16(d, off) % 10u);
        return true;
    case PADDING:
        dec_fmt(d, " (%u)", len);
        return true;
    case KEY_TAG:
        if (len % 2 != 0) {
            DEC_LIT(d, " ");
            dec_invalid(d);
            return true;
        }
        for (unsigned i = 0; i < len; i += 2) {
            dec_fmt(d, " %u", dec_u16(d, off + i));
        }
        return true;
    default:
        return false;
    }
}

void edns_print(struct decode *d, uint16_t size, uint16_t flags, size_t off, size_t end) {
    dec_fmt(d, " UDPsize=%u", size);
    if ((flags & 0x8000) != 0) {
        DEC_LIT(d, " DO");
    }
    if (off >= end) {
        return;
    }
    DEC_LIT(d, " [");
    while (off + 4 <= end && !d->stopped) {
        uint16_t code = dec_u16(d, off), len = dec_u16(d, off + 2);

        DEC_WORD_OR(d, edns_options, code, "Opt%u");
        off += 4u + len;
        if (len > 0 && (off > end || !edns_known(d, code, off - len, len))) {
            DEC_LIT(d, " ");
            dec_hex_bytes(d, off - len, off <= end ? len : end - (off - len));
        }
        if (off < end) {
            DEC_LIT(d, ",");
        }
    }
    if (off < end && !d->stopped) {
        dec_cut(d);
    }
    DEC_LIT(d, "]");
}
