/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - the link's headers: Ethernet with tags, raw IP, loopback
 */
#include "tools/decode/dec.h"

#define ETHER_LEN 14
#define ETHER_LENGTH_MAX 1500 /* up to here the field is a length (IEEE 802.3) */

static const struct dec_word types[] = {
    {0x0800, "IPv4"},
    {0x86dd, "IPv6"},
    {0x0806, "ARP"},
    {0x8035, "Reverse ARP"},
    {0x8100, "802.1Q"},
    {0x88a8, "802.1Q-QinQ"},
    {0x9100, "802.1Q-9100"},
    {0x9200, "802.1Q-9200"},
    {0x8847, "MPLS unicast"},
    {0x8848, "MPLS multicast"},
    {0x8863, "PPPoE D"},
    {0x8864, "PPPoE S"},
    {0x888e, "EAPOL"},
    {0x88cc, "LLDP"},
    {0x8809, "Slow Protocols"},
    {0x9000, "Loopback"},
    {0x0600, "NS"},
    {0x0500, "Sprite"},
    {0x1000, "Trail"},
    {0x6001, "MOP DL"},
    {0x6002, "MOP RC"},
    {0x6003, "DN"},
    {0x6004, "LAT"},
    {0x6007, "SCA"},
    {0x809b, "Appletalk"},
    {0x80f3, "Appletalk ARP"},
    {0x8137, "IPX"},
    {0x876b, "TCP/IP Compression"},
    {0x880b, "PPP"},
    {0x8808, "MPCP"},
    {0x88b7, "OUI Ext"},
    {0x8902, "CFM"},
    {0x88f7, "PTP"},
    {0x88e5, "MACsec"},
    {0x880c, "GSMP"},
};

bool ether_type_known(uint16_t type) {
    return type == 0x0800 || type == 0x86dd || type == 0x0806 || type == 0x8035;
}

void ether_type_print(struct decode *d, uint16_t type, size_t off, size_t len) {
    switch (type) {
    case 0x0800:
        ip4_print(d, off, len);
        return;
    case 0x86dd:
        ip6_print(d, off, len);
        return;
    default:
        arp_print(d, off, len);
    }
}

const char *ether_type_word(uint16_t type) {
    const char *word = DEC_WORD(types, type);

    return word != NULL ? word : "Unknown";
}

static void type_word(struct decode *d, uint16_t type) {
    if (d->o.quiet > 0) {
        DEC_WORD_OR(d, types, type, "Unknown Ethertype (0x%04x)");
        return;
    }
    DEC_LIT(d, "ethertype ");
    dec_str(d, ether_type_word(type));
    DEC_LIT(d, " (0x");
    dec_hex(d, type, 4);
    DEC_LIT(d, ")");
}

static void length(struct decode *d, size_t len) {
    DEC_LIT(d, ", length ");
    dec_num(d, len);
    DEC_LIT(d, ": ");
}

bool ether_type_is_tag(uint16_t type) {
    return type == 0x8100 || type == 0x88a8 || type == 0x9100 || type == 0x9200;
}

void ether_tag_print(struct decode *d, uint16_t tci) {
    DEC_LIT(d, "vlan ");
    dec_num(d, tci & 0xfffu);
    DEC_LIT(d, ", p ");
    dec_num(d, tci >> 13);
    if ((tci & 0x1000) != 0) {
        DEC_LIT(d, ", DEI");
    }
    DEC_LIT(d, ", ");
}

static void addresses(struct decode *d, size_t off) {
    dec_mac(d, off + 6);
    DEC_LIT(d, " > ");
    dec_mac(d, off);
    DEC_LIT(d, ", ");
}

/* A frame whose type says nothing to us, or that has a length in its place. */
static size_t unknown(struct decode *d, uint16_t type, size_t off, size_t len, size_t whole) {
    if (!d->o.link_header) {
        addresses(d, 0);
        if (type > ETHER_LENGTH_MAX) {
            type_word(d, type);
        } else {
            DEC_LIT(d, "802.3");
        }
        length(d, whole);
    }
    dec_unknown(d, off, len);
    return off;
}

static size_t ether_print(struct decode *d, size_t len) {
    size_t off = ETHER_LEN, whole = len;
    bool told = false;

    d->proto = "ether";
    if (!dec_has(d, 0, ETHER_LEN) || len < ETHER_LEN) {
        dec_cut(d);
        return SIZE_MAX;
    }
    uint16_t type = dec_u16(d, 12);

    if (d->o.link_header) {
        addresses(d, 0);
    }
    len -= ETHER_LEN;
    while (ether_type_is_tag(type)) {
        if (!dec_has(d, off, 4) || len < 4) {
            d->proto = "vlan";
            dec_cut(d);
            return SIZE_MAX;
        }
        if (d->o.link_header) {
            type_word(d, type);
            if (told) {
                DEC_LIT(d, ", ");
            } else {
                length(d, whole);
                told = true;
            }
            ether_tag_print(d, dec_u16(d, off));
        }
        type = dec_u16(d, off + 2);
        off += 4;
        len -= 4;
    }
    if (d->o.link_header && told && type > ETHER_LENGTH_MAX) {
        type_word(d, type);
        DEC_LIT(d, ", ");
    } else if (d->o.link_header && !told) {
        if (type > ETHER_LENGTH_MAX) {
            type_word(d, type);
        } else {
            DEC_LIT(d, "802.3");
        }
        length(d, whole);
    }
    if (!ether_type_known(type)) {
        return unknown(d, type, off, len, whole);
    }
    ether_type_print(d, type, off, len);
    return off;
}

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
    length(d, len);
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
