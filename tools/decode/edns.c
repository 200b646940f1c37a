/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * edns.c - the options that extend DNS (RFC 6891): their names, and what the common ones say
 */
#include "tools/decode/dec.h"

enum { DAU = 5, DHU, N3U, ECS, EXPIRE, COOKIE, KEEPALIVE, PADDING, CHAIN, KEY_TAG };

static const struct dec_word edns_options[] = {
    {1, "LLQ"},      {2, "UL"},     {3, "NSID"},     {5, "DAU"},         {6, "DHU"},
    {7, "N3U"},      {8, "ECS"},    {9, "EXPIRE"},   {10, "COOKIE"},     {11, "KEEPALIVE"},
    {12, "PADDING"}, {13, "CHAIN"}, {14, "KEY-TAG"}, {16, "CLIENT-TAG"}, {17, "SERVER-TAG"},
};

/* IANA's registries of DNSSEC's algorithms. */
static const struct dec_word signatures[] = {
    {0, "DELETE"},
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DS"},
    {5, "RSASHA1"},
    {6, "DSA-NSEC3-SHA1"},
    {7, "RSASHA1-NSEC3-SHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECC-GOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
};
static const struct dec_word digests[] = {
    {1, "SHA-1"}, {2, "SHA-256"}, {3, "GOST_R_34.11-94"}, {4, "SHA-384"}};

/* A client's network (RFC 7871). */
static bool subnet_print(struct decode *d, size_t off, unsigned len) {
    uint8_t addr[16] = {0};
    uint16_t family = dec_u16(d, off);
    unsigned source = dec_u8(d, off + 2), scope = dec_u8(d, off + 3);
    unsigned bits = family == 1 ? 32 : 128;
    bool numeric = d->o.numeric;

    if (family < 1 || family > 2 || source > bits || scope > bits || len - 4 != (source + 7) / 8) {
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
    dec_fmt(d, "/%u/%u", source, scope);
    return true;
}

/* What a resolver can check: signatures, digests, hashed names (RFC 6975). */
static void algorithms_print(struct decode *d, uint16_t code, size_t off, unsigned len) {
    for (unsigned i = 0; i < len; i++) {
        uint8_t v = d->data[off + i];

        DEC_LIT(d, " ");
        if (code == DAU) {
            DEC_WORD_OR(d, signatures, v, "Alg_%u");
        } else if (code == DHU) {
            DEC_WORD_OR(d, digests, v, "Alg_%u");
        } else {
            dec_fmt(d, v == 1 ? "SHA-1" : "Alg_%u", v);
        }
    }
}

/* The name of the zone whose keys are known already (RFC 7901): never compressed. */
static void chain_print(struct decode *d, size_t off, unsigned len) {
    const uint8_t *p = d->data + off;

    DEC_LIT(d, " ");
    if (p[0] == 0) {
        DEC_LIT(d, ".");
    }
    for (unsigned n; len > 0 && (n = d->data[off]) > 0 && n < 64 && n < len;
         len -= 1 + n, off += 1 + n) {
        dec_text(d, off + 1, n);
        DEC_LIT(d, ".");
    }
}

/* What options say whose contents are known (RFC 7314, 7828, 7830, 7873, 8145). False: another one. */
static bool edns_known(struct decode *d, uint16_t code, size_t off, unsigned len) {
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
        DEC_LIT(d, " ");
        if (len != 8 && (len < 16 || len > 40)) {
            dec_invalid(d);
            return true;
        }
        dec_hex_bytes(d, off, 8);
        if (len > 8) {
            DEC_LIT(d, " ");
            dec_hex_bytes(d, off + 8, len - 8);
        }
        return true;
    case KEEPALIVE:
        if (len != 2) {
            DEC_LIT(d, " ");
            dec_invalid(d);
            return true;
        }
        dec_fmt(d, " %u.%u sec", dec_u16(d, off) / 10u, dec_u16(d, off) % 10u);
        return true;
    case DAU:
    case DHU:
    case N3U:
        algorithms_print(d, code, off, len);
        return true;
    case CHAIN:
        chain_print(d, off, len);
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
    while (off < end && !d->stopped) {
        uint16_t code = dec_u16(d, off);

        DEC_WORD_OR(d, edns_options, code, "Opt%u");
        unsigned len = dec_u16(d, off + 2);

        off += 4;
        if (!dec_here(d, off, len)) {
            break;
        }
        if (len > 0 && !edns_known(d, code, off, len)) {
            DEC_LIT(d, " ");
            dec_hex_bytes(d, off, len);
        }
        off += len;
        if (off < end) {
            DEC_LIT(d, ",");
        }
    }
    DEC_LIT(d, "]");
}
