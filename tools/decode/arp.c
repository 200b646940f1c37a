/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.c - ARP (RFC 826), RARP (RFC 903) and inverse ARP (RFC 2390)
 */
#include "tools/decode/dec.h"

enum { ARP_REQUEST = 1, ARP_REPLY, RARP_REQUEST, RARP_REPLY, INARP_REQUEST = 8, INARP_REPLY };

static const struct dec_word operations[] = {
    {1, "Request"},         {2, "Reply"},         {3, "Reverse Request"}, {4, "Reverse Reply"},
    {8, "Inverse Request"}, {9, "Inverse Reply"}, {10, "NACK Reply"},
};
static const struct dec_word hardware[] = {
    {1, "Ethernet"}, {6, "TokenRing"},  {7, "ArcNet"},      {15, "FrameRelay"},
    {23, "Strip"},   {24, "IEEE 1394"}, {32, "InfiniBand"},
};

struct arp {
    size_t sha, spa, tha, tpa;
    uint16_t pro;
    uint8_t hlen, plen;
};

static void protocol_address(struct decode *d, const struct arp *a, size_t off) {
    if (a->pro != 0x0800 && a->pro != 0x1000) { /* trailers, too: RFC 893 */
        DEC_LIT(d, "<wrong proto type>");
    } else if (a->plen != 4) {
        DEC_LIT(d, "<wrong len>");
    } else {
        dec_ip4_at(d, off);
    }
}

static void hardware_address(struct decode *d, const struct arp *a, size_t off) {
    if (a->hlen == 0) {
        DEC_LIT(d, "<empty>");
    } else if (a->hlen == 6) {
        dec_mac(d, off);
    } else {
        for (unsigned i = 0; i < a->hlen && !d->stopped; i++) {
            if (i > 0) {
                dec_chr(d, ':');
            }
            dec_hex(d, dec_u8(d, off + i), 2);
        }
    }
}

static bool all_zero(struct decode *d, size_t off, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        if (dec_u8(d, off + i) != 0) {
            return false;
        }
    }
    return true;
}

static void operation_print(struct decode *d, const struct arp *a, uint16_t op) {
    switch (op) {
    case ARP_REQUEST:
        DEC_LIT(d, "who-has ");
        protocol_address(d, a, a->tpa);
        if (a->hlen != 0 && !all_zero(d, a->tha, a->hlen)) {
            DEC_LIT(d, " (");
            hardware_address(d, a, a->tha);
            DEC_LIT(d, ")");
        }
        DEC_LIT(d, " tell ");
        protocol_address(d, a, a->spa);
        break;
    case ARP_REPLY:
        protocol_address(d, a, a->spa);
        DEC_LIT(d, " is-at ");
        hardware_address(d, a, a->sha);
        break;
    case RARP_REQUEST:
    case INARP_REQUEST:
        DEC_LIT(d, "who-is ");
        hardware_address(d, a, a->tha);
        DEC_LIT(d, " tell ");
        hardware_address(d, a, a->sha);
        break;
    case RARP_REPLY:
        hardware_address(d, a, a->tha);
        DEC_LIT(d, " at ");
        protocol_address(d, a, a->tpa);
        break;
    case INARP_REPLY:
        hardware_address(d, a, a->sha);
        DEC_LIT(d, " at ");
        protocol_address(d, a, a->spa);
        break;
    default:
        break;
    }
}

void arp_print(struct decode *d, size_t off, size_t len) {
    d->proto = "arp";
    if (dec_bytes(d, off, 8) == NULL) {
        return;
    }
    uint16_t hrd = dec_u16(d, off), pro = dec_u16(d, off + 2), op = dec_u16(d, off + 6);
    struct arp a = {
        .pro = pro, .hlen = dec_u8(d, off + 4), .plen = dec_u8(d, off + 5), .sha = off + 8};

    a.spa = a.sha + a.hlen;
    a.tha = a.spa + a.plen;
    a.tpa = a.tha + a.hlen;
    if (!dec_has(d, off, 8 + 2u * a.hlen + 2u * a.plen)) {
        dec_cut_early(d);
        dec_unknown(d, off, len);
        return;
    }
    if (!d->o.link_header) {
        DEC_LIT(d, "ARP, ");
    }
    bool odd_kind = (pro != 0x0800 && pro != 0x1000) || a.plen != 4 || a.hlen == 0;

    if (odd_kind || d->o.verbose > 0) {
        DEC_WORD_OR(d, hardware, hrd, "Unknown Hardware (%u)");
        dec_fmt(d, " (len %u), ", a.hlen);
        const char *word = ether_type_word(pro);

        if (strcmp(word, "Unknown") != 0) {
            dec_str(d, word);
        } else {
            dec_fmt(d, "Unknown Protocol (0x%04x)", pro);
        }
        dec_fmt(d, " (len %u), ", a.plen);
    }
    if (odd_kind && d->o.verbose == 0) {
        dec_fmt(d, "length %zu", len);
        return;
    }
    DEC_WORD_OR(d, operations, op, "Unknown (%u)");
    dec_chr(d, ' ');
    if (DEC_WORD(operations, op) == NULL || op == 10) {
        size_t left = d->snap - off;

        dec_dump_both(d, d->data + off, len < left ? len : left);
        return;
    }
    operation_print(d, &a, op);
    DEC_LIT(d, ", length ");
    dec_num(d, len);
}
