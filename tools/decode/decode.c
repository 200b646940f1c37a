/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.c - a captured packet as text: the link's printer, then what is asked for in hexadecimal
 */
#include "tools/decode/dec.h"

#define MARK_ROOM 32 /* for " [|protocol]" */

/* Printers read this packet only: what the reader has behind it is out of reach. */
size_t decode_packet(struct decode *d, const struct capfile_packet *packet, char *buf, size_t cap) {
    d->words = 0;
    if (cap < 2 * MARK_ROOM) {
        return 0;
    }
    d->base = d->p = buf;
    d->limit = buf + cap;
    d->end = d->limit - MARK_ROOM;
    d->data = packet->data;
    d->snap = packet->cap_bytes;
    d->len = packet->len_bytes;
    d->stopped = d->early = false;
    d->depth = 0;
    d->proto = "ether";
    size_t header = 0;

    if (!d->o.windump || !windump_print(d, packet)) {
        header = link_print(d, packet);
    }

    d->end = d->limit;
    dec_words_end(d);
    if (d->early) {
        header = 0;
    } else if (header > packet->cap_bytes) {
        header = packet->cap_bytes;
    }
    const uint8_t *inner = packet->data + header;
    size_t inner_len = packet->cap_bytes - header;

    if (d->o.hex_ascii > 1) {
        dec_dump_both(d, packet->data, packet->cap_bytes);
    } else if (d->o.hex_ascii == 1) {
        dec_dump_both(d, inner, inner_len);
    } else if (d->o.hex > 1) {
        dec_dump_hex(d, packet->data, packet->cap_bytes);
    } else if (d->o.hex == 1) {
        dec_dump_hex(d, inner, inner_len);
    } else if (d->o.ascii > 1) {
        dec_dump_ascii(d, packet->data, packet->cap_bytes);
    } else if (d->o.ascii == 1) {
        dec_dump_ascii(d, inner, inner_len);
    }
    return (size_t)(d->p - d->base);
}
