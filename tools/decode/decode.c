/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.c - a captured packet as text: the link's printer, then what is asked for in hexadecimal
 */
#include "tools/decode/dec.h"

#define MARK_ROOM 32 /* for " [|protocol]" */

/* Printers read these bytes only: what the reader has behind them is out of reach. */
static bool begin(struct decode *d, const uint8_t *data, size_t snap, size_t len, char *buf,
                  size_t cap) {
    d->words = 0;
    if (cap < 2 * MARK_ROOM) {
        return false;
    }
    d->base = d->p = buf;
    d->limit = buf + cap;
    d->end = d->limit - MARK_ROOM;
    d->data = data;
    d->snap = snap;
    d->len = len;
    d->stopped = d->early = false;
    d->depth = 0;
    d->proto = "ether";
    return true;
}

size_t decode_dns(struct decode *d, const uint8_t *message, size_t snap, size_t len, bool mdns,
                  char *buf, size_t cap) {
    if (!begin(d, message, snap, len, buf, cap)) {
        return 0;
    }
    dns_print(d, 0, len, false, mdns);
    return (size_t)(d->p - d->base);
}

size_t decode_packet(struct decode *d, const struct capfile_packet *packet, char *buf, size_t cap) {
    size_t header = 0;

    if (!begin(d, packet->data, packet->cap_bytes, packet->len_bytes, buf, cap)) {
        return 0;
    }

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
