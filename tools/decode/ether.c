/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ether.c - Ethernet's header with tags, and what its type says that follows
 */
#include "tools/decode/dec.h"

#define ETHER_LEN 14
#define ETHER_LENGTH_MAX 1500 /* up to here the field is a length (IEEE 802.3) */

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

void link_length_print(struct decode *d, size_t len) {
    DEC_LIT(d, ", length ");
    dec_num(d, len);
    DEC_LIT(d, ": ");
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
            ether_type_tell(d, type);
        } else {
            DEC_LIT(d, "802.3");
        }
        link_length_print(d, whole);
    }
    dec_unknown(d, off, len);
    return off;
}

size_t ether_print(struct decode *d, size_t len) {
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
            ether_type_tell(d, type);
            if (told) {
                DEC_LIT(d, ", ");
            } else {
                link_length_print(d, whole);
                told = true;
            }
            ether_tag_print(d, dec_u16(d, off));
        }
        type = dec_u16(d, off + 2);
        off += 4;
        len -= 4;
    }
    if (d->o.link_header && told && type > ETHER_LENGTH_MAX) {
        ether_type_tell(d, type);
        DEC_LIT(d, ", ");
    } else if (d->o.link_header && !told) {
        if (type > ETHER_LENGTH_MAX) {
            ether_type_tell(d, type);
        } else {
            DEC_LIT(d, "802.3");
        }
        link_length_print(d, whole);
    }
    if (!ether_type_known(type)) {
        return unknown(d, type, off, len, whole);
    }
    ether_type_print(d, type, off, len);
    return off;
}
