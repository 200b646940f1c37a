/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link_sll.c - Linux cooked captures, of the interface "any": which way a packet went, the link's
 * address as far as it has one, the type of what follows; the second form knows the interface, too
 */
#include "tools/decode/dec.h"

#define ETHER_LENGTH_MAX 1500
#define NOVELL_802_3 1
#define LLC_802_2 4

struct cooked {
    size_t header;       /* bytes */
    uint16_t type;       /* of what follows */
    unsigned addr_bytes; /* as said; six are kept */
    size_t addr;
    uint16_t way;
    int way_width; /* how the two forms pad it */
    bool has_index;
    uint32_t index;
};

static const struct dec_word ways[] = {{0, "In"}, {1, "B"}, {2, "M"}, {3, "P"}, {4, "Out"}};

static void way_print(struct decode *d, const struct cooked *c) {
    const char *way = DEC_WORD(ways, c->way);

    dec_fmt(d, "%*s ", c->way_width, way != NULL ? way : "?");
}

static void header_print(struct decode *d, const struct cooked *c, size_t len) {
    if (c->has_index) {
        dec_fmt(d, "ifindex %u ", c->index);
    }
    if (c->addr_bytes == 6) {
        dec_mac(d, c->addr);
        dec_chr(d, ' ');
    }
    if (d->o.quiet > 0) {
        return;
    }
    if (c->type == NOVELL_802_3) {
        DEC_LIT(d, "802.3");
    } else if (c->type == LLC_802_2) {
        DEC_LIT(d, "802.2");
    } else {
        dec_fmt(d, "ethertype %s (0x%04x)", ether_type_word(c->type), c->type);
    }
    DEC_LIT(d, ", length ");
    dec_num(d, len);
    DEC_LIT(d, ": ");
}

/* As link_print(). */
static size_t inside(struct decode *d, const struct cooked *c, size_t len, bool told_way) {
    uint16_t type = c->type;
    size_t off = c->header;

    len -= c->header;
    while (ether_type_is_tag(type)) {
        d->proto = "vlan";
        if (!dec_has(d, off, 4) || len < 4) {
            dec_cut(d);
            return SIZE_MAX;
        }
        if (d->o.link_header) {
            ether_tag_print(d, dec_u16(d, off));
        }
        type = dec_u16(d, off + 2);
        type = type <= ETHER_LENGTH_MAX ? LLC_802_2 : type;
        if (d->o.quiet == 0) {
            dec_fmt(d, "ethertype %s, ", ether_type_word(type));
        }
        off += 4;
        len -= 4;
    }
    if (ether_type_known(type)) {
        ether_type_print(d, type, off, len);
        return off;
    }
    if (!d->o.link_header && type > ETHER_LENGTH_MAX) {
        if (!told_way) {
            way_print(d, c);
        }
        header_print(d, c, len + c->header);
    }
    dec_unknown(d, off, len);
    return off;
}

size_t sll_print(struct decode *d, size_t len) {
    d->proto = "sll";
    if (!dec_has(d, 0, 16) || len < 16) {
        dec_cut(d);
        return 0;
    }
    const struct cooked c = {16, dec_u16(d, 14), dec_u16(d, 4), 6, dec_u16(d, 0), 3, false, 0};

    if (d->o.link_header) {
        way_print(d, &c);
        header_print(d, &c, len);
    }
    return inside(d, &c, len, false);
}

/* The kernel lets names be of nearly any bytes. */
static void interface_print(struct decode *d, const char *name) {
    const char *from = d->p;

    for (; *name != '\0'; name++) {
        dec_char(d, (uint8_t)*name);
    }
    for (size_t n = (size_t)(d->p - from); n < 5; n++) {
        dec_chr(d, ' ');
    }
    dec_chr(d, ' ');
}

size_t sll2_print(struct decode *d, size_t len) {
    d->proto = "sll2";
    if (!dec_has(d, 0, 20) || len < 20) {
        dec_cut(d);
        return 0;
    }
    const struct cooked c = {20, dec_u16(d, 0), dec_u8(d, 11), 12, dec_u8(d, 10),
                             -3, true,          dec_u32(d, 4)};
    const char *name = d->o.interface != NULL ? d->o.interface(d->o.ctx, c.index) : NULL;

    interface_print(d, name != NULL ? name : "?");
    way_print(d, &c);
    if (d->o.link_header) {
        header_print(d, &c, len);
    }
    return inside(d, &c, len, true);
}
