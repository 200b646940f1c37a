/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hex.c - bytes as lines of hexadecimal and ASCII
 *
 *     \t0x0010:  4500 003c 1c46 4000 4006 b1e6 ac10 0a63  E..<.F@.@......c
 */
#include "tools/decode/dec.h"

#define PER_LINE 16

/* " 4500 003c": a space before each pair. Returns its length. */
static size_t pairs(char *to, const uint8_t *p, size_t n) {
    char *at = to;

    for (size_t i = 0; i < n; i++) {
        if (i % 2 == 0) {
            *at++ = ' ';
        }
        dec_nibbles(at, p[i], 2);
        at += 2;
    }
    return (size_t)(at - to);
}

static void dump(struct decode *d, const char *indent, const uint8_t *p, size_t n, bool both) {
    for (size_t off = 0; off < n; off += PER_LINE) {
        size_t m = n - off < PER_LINE ? n - off : PER_LINE;
        char hex[PER_LINE / 2 * 5 + 2 + PER_LINE];
        size_t len = pairs(hex, p + off, m);

        dec_str(d, indent);
        DEC_LIT(d, "0x");
        dec_hex(d, (uint32_t)off, off > 0xfffff ? 6 : off > 0xffff ? 5 : 4);
        DEC_LIT(d, ": ");
        if (both) {
            memset(hex + len, ' ', PER_LINE / 2 * 5 + 2 - len);
            len = PER_LINE / 2 * 5 + 2;
            for (size_t i = 0; i < m; i++) {
                uint8_t c = p[off + i];

                hex[len++] = c > 0x20 && c < 0x7f ? (char)c : '.';
            }
        }
        dec_mem(d, hex, len);
    }
}

/* A packet in hexadecimal ends the words about it, if it is shown at all. */
static void dump_packet(struct decode *d, const uint8_t *p, size_t n, bool both) {
    if (!d->o.no_bytes) {
        dec_words_end(d);
        dump(d, "\n\t", p, n, both);
    }
}

void dec_dump_hex(struct decode *d, const uint8_t *p, size_t n) {
    dump_packet(d, p, n, false);
}

void dec_dump_both(struct decode *d, const uint8_t *p, size_t n) {
    dump_packet(d, p, n, true);
}

void dec_dump_ascii(struct decode *d, const uint8_t *p, size_t n) {
    if (n > 0) {
        dec_chr(d, '\n');
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i];

        if (c == '\r') {
            /* a line's end in two bytes is one line's end; before the last byte nobody looks */
            if (i + 2 < n && p[i + 1] != '\n') {
                dec_chr(d, '.');
            }
        } else {
            dec_chr(d, (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' ? (char)c : '.');
        }
    }
}

void dec_unknown(struct decode *d, size_t off, size_t n) {
    if (d->o.hex == 0 && d->o.hex_ascii == 0 && d->o.quiet == 0 && off < d->snap) {
        size_t left = d->snap - off;

        dec_dump_both(d, d->data + off, n < left ? n : left);
    }
}

void dec_dump_inner(struct decode *d, const char *indent, size_t off, size_t n) {
    if (off < d->snap) {
        size_t left = d->snap - off;

        dump(d, indent, d->data + off, n < left ? n : left, false);
    }
}
