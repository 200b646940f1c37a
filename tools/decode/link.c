/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - which header a link has: raw IP and loopback here, others in ether.c and link_sll.c
 */
#include "tools/decode/dec.h"

static void by_version(struct decode *d, size_t off, size_t len) {
    d->proto = "raw";
    if (off >= d->snap || len == 0) {
        dec_cut(d);
        return;
    }
    switch (dec_u8(d, off) >> 4) {
    case 4:
        ip4_print(d, off, len);
        break;
    case 6:
        ip6_print(d, off, len);
        break;
    default:
        dec_fmt(d, "unknown ip %u", dec_u8(d, off) >> 4);
    }
}

/* BSD's numbers of address families, and how long they have been disagreeing about IPv6. */
static const struct dec_word families[] = {
    {2, "IPv4"}, {24, "IPv6"},      {28, "IPv6"}, {30, "IPv6"},
    {7, "ISO"},  {16, "Appletalk"}, {23, "IPX"},
};

static void family_print(struct decode *d, uint32_t family, size_t len) {
    const char *word = DEC_WORD(families, family);

    if (d->o.quiet == 0) {
        dec_fmt(d, "AF %s (%u)", word != NULL ? word : "Unknown", family);
    } else if (word != NULL) {
        dec_str(d, word);
    } else {
        dec_fmt(d, "Unknown AF %u", family);
    }
    link_length_print(d, len);
}

/* The family is in the byte order of the machine that captured; it has no high bits: that tells which. */
static size_t null_print(struct decode *d, size_t len) {
    d->proto = "null";
    if (!dec_has(d, 0, 4) || len < 4) {
        dec_cut(d);
        return 0;
    }
    uint32_t family = __builtin_bswap32(dec_u32(d, 0));

    if (family > 0xffff) {
        family = __builtin_bswap32(family);
    }
    if (d->o.link_header) {
        family_print(d, family, len);
    }
    switch (family) {
    case 2:
        ip4_print(d, 4, len - 4);
        break;
    case 24:
    case 28:
    case 30:
        ip6_print(d, 4, len - 4);
        break;
    default:
        if (!d->o.link_header) {
            family_print(d, family, len);
        }
        dec_unknown(d, 4, len - 4);
    }
    return 4;
}

bool decode_knows(uint32_t link) {
    return capfile_link_name(link)[0] != '\0';
}

size_t link_print(struct decode *d, const struct capfile_packet *packet) {
    size_t len = packet->len_bytes;

    switch (packet->link) {
    case CAPFILE_ETHERNET:
        return ether_print(d, len);
    case CAPFILE_SLL:
        return sll_print(d, len);
    case CAPFILE_SLL2:
        return sll2_print(d, len);
    case CAPFILE_NULL:
    case CAPFILE_LOOP:
        return null_print(d, len);
    case CAPFILE_IP4:
    case CAPFILE_IP6:
    case CAPFILE_RAW:
    case CAPFILE_RAW_BSD:
        if (d->o.link_header) {
            DEC_LIT(d, "ip: ");
        }
        by_version(d, 0, len);
        return 0;
    default:
        dec_unknown(d, 0, len);
        return 0;
    }
}
