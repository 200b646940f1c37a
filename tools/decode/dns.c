/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dns.c - DNS messages (RFC 1035, 6891), over UDP and TCP, and those of mDNS (RFC 6762)
 *
 * Names are followed through compression pointers, each of which must point before the last; so
 * a message that refers to itself ends.
 */
#include "tools/decode/dec.h"

enum { HEADER = 12, CLASS_IN = 1, MDNS_BIT = 0x8000 };
enum {
    A = 1,
    NS = 2,
    CNAME = 5,
    SOA = 6,
    PTR = 12,
    MX = 15,
    TXT = 16,
    AAAA = 28,
    SRV = 33,
    DNAME = 39,
    A6 = 38,
    OPT = 41,
    SPF = 99,
    TSIG = 250,
    URI = 256,
};

static const struct dec_word types[] = {
    {1, "A"},         {28, "AAAA"},   {12, "PTR"},     {5, "CNAME"},       {2, "NS"},
    {15, "MX"},       {6, "SOA"},     {16, "TXT"},     {33, "SRV"},        {41, "OPT"},
    {3, "MD"},        {4, "MF"},      {7, "MB"},       {8, "MG"},          {9, "MR"},
    {10, "NULL"},     {11, "WKS"},    {13, "HINFO"},   {14, "MINFO"},      {17, "RP"},
    {18, "AFSDB"},    {19, "X25"},    {20, "ISDN"},    {21, "RT"},         {22, "NSAP"},
    {23, "NSAP_PTR"}, {24, "SIG"},    {25, "KEY"},     {26, "PX"},         {27, "GPOS"},
    {29, "LOC"},      {30, "NXT"},    {31, "EID"},     {32, "NIMLOC"},     {34, "ATMA"},
    {35, "NAPTR"},    {36, "KX"},     {37, "CERT"},    {38, "A6"},         {39, "DNAME"},
    {40, "SINK"},     {42, "APL"},    {43, "DS"},      {44, "SSHFP"},      {45, "IPSECKEY"},
    {46, "RRSIG"},    {47, "NSEC"},   {48, "DNSKEY"},  {50, "NSEC3"},      {51, "NSEC3PARAM"},
    {52, "TLSA"},     {53, "SMIMEA"}, {55, "HIP"},     {56, "NINFO"},      {57, "RKEY"},
    {58, "TALINK"},   {59, "CDS"},    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},
    {63, "ZONEMD"},   {99, "SPF"},    {100, "UINFO"},  {101, "UID"},       {102, "GID"},
    {103, "UNSPEC"},  {104, "NID"},   {105, "L32"},    {106, "L64"},       {107, "LP"},
    {108, "EUI48"},   {109, "EUI64"}, {249, "TKEY"},   {250, "TSIG"},      {251, "IXFR"},
    {252, "AXFR"},    {253, "MAILB"}, {254, "MAILA"},  {255, "ANY"},       {256, "URI"},
};
static const struct dec_word classes[] = {
    {1, "IN"}, {2, "CS"}, {3, "CHAOS"}, {4, "HS"}, {255, "ANY"}};
static const char *const operations[16] = {
    "",     " inv_q",   " stat",    " op3",      " notify",  " update",   " op6",      " op7",
    " op8", " updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef",
};
static const char *const answers[16] = {
    "",          " FormErr", " ServFail", " NXDomain", " NotImp",  " Refused",
    " YXDomain", " YXRRSet", " NXRRSet",  " NotAuth",  " NotZone", " Resp11",
    " Resp12",   " Resp13",  " Resp14",   " NoChange",
};

enum { BITS = 0x41 }; /* a label's type */

static unsigned bits_of(uint8_t count) {
    return count != 0 ? count : 256;
}

/* Behind a name, or 0: it does not end within what is there. */
static size_t name_skip(const struct decode *d, size_t off) {
    for (;;) {
        if (!dec_has(d, off, 1)) {
            return 0;
        }
        uint8_t n = d->data[off];

        if ((n & 0xc0) == 0xc0) {
            return off + 2;
        }
        if (n == 0) {
            return off + 1;
        }
        if (n == BITS) {
            if (!dec_has(d, off, 2)) {
                return 0;
            }
            off += 2 + (bits_of(d->data[off + 1]) + 7) / 8;
            continue;
        }
        if ((n & 0xc0) != 0) {
            return 0;
        }
        off += 1u + n;
    }
}

/* A label of bits (RFC 2673); @off: behind its type. Returns what follows it, or 0. */
static size_t bits_print(struct decode *d, size_t off) {
    if (!dec_here(d, off, 1)) {
        return 0;
    }
    unsigned bits = bits_of(d->data[off++]);

    DEC_LIT(d, "\\[x");
    for (unsigned left = bits; left > 0; left -= left < 8 ? left : 8) {
        if (!dec_here(d, off, 1)) {
            return 0;
        }
        unsigned byte = d->data[off++] & (left < 8 ? 0xff00u >> left : 0xff);

        if (left > 4) {
            dec_hex(d, byte & 0xff, 2);
        } else {
            dec_hex(d, (byte & 0xff) >> 4, 1);
        }
    }
    dec_fmt(d, "/%u].", bits);
    return off;
}

/*
 * Prints the name at @off of the message that begins at @message; returns where what follows it in
 * place begins, or 0 (nothing follows). @end: labels may not go beyond. A message that begins behind the
 * name is DHCPv6's way: the first pointer may go anywhere.
 */
size_t dns_name_print(struct decode *d, size_t off, size_t message, size_t end) {
    size_t follows = 0, barrier = off < message ? SIZE_MAX : off;
    bool any = false;

    for (;;) {
        if (!dec_here(d, off, 1) || off >= end) {
            return 0;
        }
        uint8_t n = d->data[off];

        if ((n & 0xc0) == 0xc0) {
            if (!dec_here(d, off, 2)) {
                return 0;
            }
            size_t to = message + ((n & 0x3fu) << 8 | d->data[off + 1]);

            if (follows == 0) {
                follows = off + 2;
            }
            if (to >= barrier) {
                DEC_LIT(d, "<BAD PTR>");
                return 0;
            }
            barrier = off = to;
            continue;
        }
        off++;
        if (n == 0) {
            break;
        }
        if (n == BITS) {
            off = bits_print(d, off);
            if (off == 0) {
                return 0;
            }
            any = true;
            continue;
        }
        if ((n & 0xc0) != 0) {
            if ((n & 0xc0) == 0x40) {
                dec_fmt(d, "<ELT %u>", n & 0x3fu);
            } else {
                DEC_LIT(d, "<BAD LABEL TYPE>");
            }
            return 0;
        }
        if (off == d->snap) {
            return follows != 0 ? follows : off + n; /* nothing of the label is there */
        }
        dec_text(d, off, n);
        if (d->stopped) {
            return 0;
        }
        DEC_LIT(d, ".");
        any = true;
        off += n;
    }
    if (!any) {
        DEC_LIT(d, ".");
    }
    return follows != 0 ? follows : off;
}

/* A question. Returns what follows, or 0. */
static size_t question_print(struct decode *d, size_t off, size_t message, size_t end, bool mdns) {
    size_t at = name_skip(d, off);

    if (at == 0 || !dec_has(d, at, 4)) {
        return 0;
    }
    uint16_t type = rd_load16(d->data + at), class = rd_load16(d->data + at + 2);

    DEC_LIT(d, " ");
    DEC_WORD_OR(d, types, type, "Type%u");
    bool unicast = (class & MDNS_BIT) != 0;

    class = mdns ? class & 0x7fff : class;
    if (class != CLASS_IN) {
        DEC_LIT(d, " ");
        DEC_WORD_OR(d, classes, class, "(Class %u)");
    }
    if (mdns) {
        dec_str(d, unicast ? " (QU)" : " (QM)");
    }
    DEC_LIT(d, "? ");
    return dns_name_print(d, off, message, end) == 0 ? 0 : at + 4;
}

static void texts_print(struct decode *d, size_t off, size_t end) {
    while (off < end && !d->stopped) {
        uint8_t n = dec_u8(d, off);

        DEC_LIT(d, " \"");
        dec_text(d, off + 1, n);
        DEC_LIT(d, "\"");
        off += 1u + n;
    }
}

static bool soa_print(struct decode *d, size_t off, size_t message, size_t end) {
    if (d->o.verbose == 0) {
        return true;
    }
    DEC_LIT(d, " ");
    off = dns_name_print(d, off, message, end);
    if (off == 0) {
        return false;
    }
    DEC_LIT(d, " ");
    off = dns_name_print(d, off, message, end);
    if (off == 0) {
        return false;
    }
    for (unsigned i = 0; i < 5 && dec_here(d, off, 4); i++, off += 4) {
        dec_fmt(d, " %u", rd_load32(d->data + off));
    }
    return true;
}

/* The end of an address, and the name of who has its beginning (RFC 2874). */
static bool a6_print(struct decode *d, size_t off, size_t message, size_t limit) {
    uint8_t bits = dec_u8(d, off), addr[16] = {0};
    size_t skip = bits / 8;

    if (bits > 128) {
        dec_fmt(d, " %u(bad plen)", bits);
        return true;
    }
    if (bits < 128) {
        if (!dec_has(d, off + 1, 16 - skip)) {
            return false;
        }
        memcpy(addr + skip, d->data + off + 1, 16 - skip);
        dec_fmt(d, " %u ", bits);
        dec_ip6_number(d, addr);
    }
    if (bits > 0) {
        DEC_LIT(d, " ");
        return dns_name_print(d, off + 17 - skip, message, limit) != 0;
    }
    return true;
}

/* A signature (RFC 8945): its algorithm, how far clocks may differ, lengths, an error. */
static bool tsig_print(struct decode *d, size_t off, size_t message, size_t limit) {
    DEC_LIT(d, " ");
    off = dns_name_print(d, off, message, limit);
    if (off == 0) {
        return false;
    }
    dec_fmt(d, " fudge=%u", dec_u16(d, off + 6));
    unsigned size = dec_u16(d, off + 8);

    dec_fmt(d, " maclen=%u", size);
    off += 10 + size;
    dec_fmt(d, " origid=%u", dec_u16(d, off));
    dec_fmt(d, " error=%u", dec_u16(d, off + 2));
    dec_fmt(d, " otherlen=%u", dec_u16(d, off + 4));
    return true;
}

/* What a record says. False: it ends too early. */
static bool data_print(struct decode *d, uint16_t type, size_t off, size_t end, size_t message) {
    size_t limit = d->snap;

    switch (type) {
    case A:
        if (!dec_has(d, off, 4)) {
            return false;
        }
        DEC_LIT(d, " ");
        {
            bool numeric = d->o.numeric;

            d->o.numeric = true;
            dec_ip4_at(d, off);
            d->o.numeric = numeric;
        }
        return true;
    case AAAA:
        if (!dec_has(d, off, 16)) {
            return false;
        }
        DEC_LIT(d, " ");
        dec_ip6_number(d, d->data + off);
        return true;
    case NS:
    case CNAME:
    case PTR:
    case DNAME:
        DEC_LIT(d, " ");
        return dns_name_print(d, off, message, limit) != 0;
    case SOA:
        return soa_print(d, off, message, limit);
    case MX:
        DEC_LIT(d, " ");
        if (!dec_has(d, off, 2)) {
            return false;
        }
        if (dns_name_print(d, off + 2, message, limit) == 0) {
            return false;
        }
        dec_fmt(d, " %u", dec_u16(d, off));
        return true;
    case TXT:
        texts_print(d, off, end);
        return true;
    case SRV:
        DEC_LIT(d, " ");
        if (!dec_has(d, off, 6)) {
            return false;
        }
        if (dns_name_print(d, off + 6, message, limit) == 0) {
            return false;
        }
        dec_fmt(d, ":%u %u %u", dec_u16(d, off + 4), dec_u16(d, off), dec_u16(d, off + 2));
        return true;
    case A6:
        return a6_print(d, off, message, limit);
    case TSIG:
        return d->o.verbose < 1 || tsig_print(d, off, message, limit);
    case URI:
        if (!dec_has(d, off, end - off) || end - off < 4) {
            return false;
        }
        dec_fmt(d, " %u %u ", dec_u16(d, off), dec_u16(d, off + 2));
        dec_text(d, off + 4, end - off - 4);
        return true;
    default:
        return true;
    }
}

/* A resource record. Returns what follows, or 0. */
static size_t record_print(struct decode *d, size_t off, size_t message, bool mdns) {
    size_t at;

    if (d->o.verbose > 0) {
        DEC_LIT(d, " ");
        at = dns_name_print(d, off, message, d->snap);
    } else {
        at = name_skip(d, off);
    }
    if (at == 0 && d->o.verbose > 0) {
        return 0;
    }
    if (at == 0 || !dec_has(d, at, 10)) {
        return d->snap;
    }
    uint16_t type = rd_load16(d->data + at), class = rd_load16(d->data + at + 2);
    uint16_t size = class;
    bool flush = mdns && (class & MDNS_BIT) != 0;

    if (mdns && type != OPT) {
        class &= 0x7fff;
    }
    if (type != OPT) {
        if (class != CLASS_IN) {
            DEC_LIT(d, " ");
            DEC_WORD_OR(d, classes, class, "(Class %u)");
        }
        if (flush) {
            DEC_LIT(d, " (Cache flush)");
        }
        if (d->o.verbose > 2) {
            DEC_LIT(d, " [");
            dec_span(d, rd_load32(d->data + at + 4));
            DEC_LIT(d, "]");
        }
    }
    uint16_t flags = rd_load16(d->data + at + 6), len = rd_load16(d->data + at + 8);

    at += 10;
    DEC_LIT(d, " ");
    DEC_WORD_OR(d, types, type, "Type%u");
    if (!dec_has(d, at, len)) {
        return 0;
    }
    if (type == OPT) {
        edns_print(d, size, flags, at, at + len);
    } else if (!data_print(d, type, at, at + len, message)) {
        return 0;
    }
    return at + len;
}

/* @n records behind @title. Returns what follows, or 0: they are not all there. */
static size_t section_print(struct decode *d, const char *title, unsigned n, size_t off,
                            size_t message, bool mdns) {
    if (n == 0) {
        return off;
    }
    if (off < d->snap) {
        dec_str(d, title);
    }
    for (bool first = title[0] == '\0'; (first || off < d->snap) && n > 0 && !d->stopped;
         first = false) {
        off = record_print(d, off, message, mdns);
        if (off == 0) {
            return 0;
        }
        n--;
        if (off < d->snap && n > 0) {
            DEC_LIT(d, ",");
        }
    }
    return n > 0 ? 0 : off;
}

struct counts {
    unsigned questions, answers, authority, additional;
};

static size_t response_print(struct decode *d, size_t message, uint16_t flags,
                             const struct counts *n, bool mdns) {
    size_t off = message + HEADER;

    dec_str(d, operations[flags >> 11 & 15]);
    dec_str(d, answers[flags & 15]);
    dec_str(d, (flags & 0x0400) != 0 ? "*" : "");
    dec_str(d, (flags & 0x0080) != 0 ? "" : "-");
    dec_str(d, (flags & 0x0200) != 0 ? "|" : "");
    dec_str(d, (flags & 0x0020) != 0 ? "$" : "");
    if (n->questions != 1) {
        dec_fmt(d, " [%uq]", n->questions);
    }
    for (unsigned i = 0; i < n->questions && !d->stopped; i++) {
        if (i > 0) {
            DEC_LIT(d, ",");
        }
        if (d->o.verbose > 1) {
            DEC_LIT(d, " q:");
            off = question_print(d, off, message, d->snap, mdns);
        } else {
            off = name_skip(d, off);
            off = off == 0 ? 0 : off + 4;
        }
        if (off == 0) {
            return 0;
        }
    }
    dec_fmt(d, " %u/%u/%u", n->answers, n->authority, n->additional);
    return section_print(d, "", n->answers, off, message, mdns);
}

static size_t request_print(struct decode *d, size_t message, uint16_t flags,
                            const struct counts *n, bool mdns) {
    size_t off = message + HEADER;

    dec_str(d, operations[flags >> 11 & 15]);
    dec_str(d, (flags & 0x0100) != 0 ? "+" : "");
    dec_str(d, (flags & 0x0010) != 0 ? "%" : "");
    if ((flags & 0x06cf) != 0) {
        dec_fmt(d, " [b2&3=0x%x]", flags);
    }
    if ((flags >> 11 & 15) == 1) {
        if (n->questions != 0) {
            dec_fmt(d, " [%uq]", n->questions);
        }
        if (n->answers != 1) {
            dec_fmt(d, " [%ua]", n->answers);
        }
    } else {
        if (n->answers != 0) {
            dec_fmt(d, " [%ua]", n->answers);
        }
        if (n->questions != 1) {
            dec_fmt(d, " [%uq]", n->questions);
        }
    }
    if (n->authority != 0) {
        dec_fmt(d, " [%un]", n->authority);
    }
    if (n->additional != 0) {
        dec_fmt(d, " [%uau]", n->additional);
    }
    for (unsigned i = 0; i < n->questions && !d->stopped; i++) {
        off = i > 0 && off >= d->snap ? 0 : question_print(d, off, message, d->snap, mdns);
        if (off == 0) {
            return 0;
        }
    }
    return d->o.verbose > 1 ? section_print(d, "", n->answers, off, message, mdns) : off;
}

static void message_print(struct decode *d, size_t off, size_t len, bool mdns) {
    if (!dec_has(d, off, HEADER)) {
        dec_cut(d);
        return;
    }
    uint16_t id = dec_u16(d, off), flags = dec_u16(d, off + 2);
    struct counts n = {dec_u16(d, off + 4), dec_u16(d, off + 6), dec_u16(d, off + 8),
                       dec_u16(d, off + 10)};

    dec_num(d, id);
    size_t at = (flags & 0x8000) != 0 ? response_print(d, off, flags, &n, mdns)
                                      : request_print(d, off, flags, &n, mdns);

    if (at != 0 && d->o.verbose > 1) {
        at = section_print(d, " ns:", n.authority, at, off, mdns);
        at = at == 0 ? 0 : section_print(d, " ar:", n.additional, at, off, mdns);
    }
    if (at == 0) {
        dec_cut(d);
    }
    DEC_LIT(d, " (");
    dec_num(d, len);
    DEC_LIT(d, ")");
}

void dns_print(struct decode *d, size_t off, size_t len, bool tcp, bool mdns) {
    d->proto = "domain";
    if (tcp) {
        if (len < 2) {
            DEC_LIT(d, " ");
            dec_fmt(d, "[DNS over TCP: length %zu < 2]", len);
            dec_invalid(d);
            return;
        }
        uint16_t told = dec_u16(d, off);

        DEC_LIT(d, " ");
        len -= 2;
        if (told != len) {
            dec_fmt(d, "[prefix length(%u) != length(%zu)]", told, len);
            dec_invalid(d);
            return;
        }
        off += 2;
    }
    if (len < HEADER) {
        dec_fmt(d, "domain [length %zu < %d]", len, HEADER);
        dec_invalid(d);
        return;
    }
    message_print(d, off, len, mdns);
}
