/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain.h - a packet field by field: where each stands, its value, what it means
 *
 * explain_packet() walks from header to header. Each becomes a layer with its fields, named as in
 * the RFC that defines it; from these explain_text() draws the RFC's diagram, bytes and meanings,
 * and whoever wants JSON reads them as they are. Checksums are verified wherever all bytes are
 * there. Nothing in the bytes is believed: lengths only ever make a layer shorter, and what does not
 * fit into the packet, into EXPLAIN_LAYERS_MAX, EXPLAIN_FIELDS_MAX or the texts is cut and said so.
 *
 * Not for speed: a packet takes some 100 us. tools/decode is what prints millions.
 */
#ifndef TOOLS_EXPLAIN_EXPLAIN_H
#define TOOLS_EXPLAIN_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPLAIN_LAYERS_MAX 64
#define EXPLAIN_FIELDS_MAX 1024
#define EXPLAIN_TEXT_MAX 65536

/* How the bytes begin: the numbers that capture files use (LINKTYPE_...). */
enum explain_link {
    EXPLAIN_LINK_NULL = 0,
    EXPLAIN_LINK_ETHERNET = 1,
    EXPLAIN_LINK_RAW_OLD = 12,
    EXPLAIN_LINK_RAW = 101,
    EXPLAIN_LINK_LOOP = 108,
    EXPLAIN_LINK_SLL = 113,
    EXPLAIN_LINK_IP4 = 228,
    EXPLAIN_LINK_IP6 = 229,
    EXPLAIN_LINK_SLL2 = 276,
};

/* @value, @meaning: text; "" where there is none. @wrong: it breaks a rule; @meaning says which. */
struct explain_field {
    const char *name;
    size_t bit; /* from the packet's first bit */
    size_t bits;
    const char *value, *meaning;
    bool wrong;
};

/* @source: where it is defined, "RFC 9293 3.1"; "" for bytes that nobody explains here.
 * @diagram: its fields come one after the other in words of 32 bits. @cut: it goes on beyond what
 * was captured. @quoted: it stands inside an ICMP error. */
struct explain_layer {
    const char *name, *source;
    size_t first, len_bytes;
    size_t field, fields_n; /* its fields are explain.fields[field ...] */
    bool diagram, cut, quoted;
};

struct explain {
    const uint8_t *data;
    size_t captured, original;
    struct explain_layer layers[EXPLAIN_LAYERS_MAX];
    size_t layers_n;
    struct explain_field fields[EXPLAIN_FIELDS_MAX];
    size_t fields_n;
    char texts[EXPLAIN_TEXT_MAX];
    size_t texts_n;
    bool full; /* one of the three was too small */
};

/* Fills *e, which is some 130 KB. @data stays borrowed. @original: bytes that the packet had before
 * it was cut to @captured ones. */
void explain_packet(struct explain *e, const uint8_t *data, size_t captured, size_t original,
                    enum explain_link link);

/* Prints all layers: heading, diagram, a line for each field, bytes in hexadecimal and ASCII. */
void explain_text(FILE *f, const struct explain *e, bool colour);

#endif
