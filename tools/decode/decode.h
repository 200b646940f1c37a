/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.h - a captured packet as text, in the form that tcpdump made familiar
 *
 * Bytes in, text out: no sockets, files, clock or allocation, so the same packet and options always
 * give the same text. Anything may be in the bytes. What is cut off is marked "[|tcp]" where the
 * captured bytes end, what cannot be is marked "(invalid)", a checksum that does not fit is shown
 * with the one that would; after each the rest goes on if there is one.
 *
 * The only memory across packets is that of TCP conversations, for sequence numbers relative to
 * their beginning: DECODE_FLOWS of them, in buckets of DECODE_FLOW_WAYS by a keyed hash, so that
 * nobody who writes packets knows which meet; the oldest of a bucket makes room for a new one.
 */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "tools/decode/capfile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECODE_FLOWS 65536u
#define DECODE_FLOW_WAYS 4u

/* Text of one packet: enough for a header, and for every byte of the largest in hexadecimal. */
#define DECODE_TEXT_MAX (CAPFILE_PACKET_MAX * 5u + 65536u)

struct decode_options {
    unsigned verbose;   /* -v: 1, -vv: 2, -vvv: 3 */
    bool numeric;       /* no names for hosts and ports */
    bool link_header;   /* -e */
    unsigned quiet;     /* -q */
    bool absolute;      /* -S: TCP's sequence numbers as they are */
    bool windump;       /* the lines of old */
    bool no_sums;       /* -K: checksums are not looked at */
    unsigned hex;       /* -x 1, -xx 2 (with the link's header) */
    unsigned hex_ascii; /* -X, -XX */
    unsigned ascii;     /* -A, -AA */
    bool no_bytes;      /* what nobody understands is not shown in hexadecimal either */
    /* Of the conversations' table: a secret, random; all zero where packets are one's own. */
    uint8_t key[16];
    /* Names, asked unless `numeric`: NULL means that there is none. */
    const char *(*host)(void *ctx, const uint8_t *addr, unsigned len_bytes);
    const char *(*port)(void *ctx, uint16_t port, bool tcp);
    /* Of the interface that a cooked packet came by. */
    const char *(*interface)(void *ctx, uint32_t index);
    void *ctx;
};

struct decode_flow {
    uint8_t ends[36]; /* addresses and ports, in an order that does not depend on direction */
    uint32_t seq, ack;
    bool used;
};

struct decode {
    /* the text: base <= p <= end; behind `end` there is room for the zero and a mark */
    char *base, *p, *end, *limit;
    const uint8_t *data;
    size_t snap;       /* captured bytes of what is looked at now: its limit shrinks inwards */
    size_t len;        /* of the packet on the wire */
    const char *proto; /* whose name stands in a mark */
    bool stopped;      /* a mark was printed: nothing follows */
    bool early;     /* ... in the middle of a field: the bytes are shown with the link's header */
    unsigned depth; /* packets in packets */
    size_t words;   /* characters of the text before bytes in hexadecimal, once it is printed */
    struct decode_options o;
    char octet[256][4]; /* "7.", "255": digits, and their number in the last */
    uint32_t turn;      /* which way of a bucket goes next */
    struct decode_flow flows[DECODE_FLOWS];
};

/* @d: zeroed memory (calloc). */
void decode_init(struct decode *d, const struct decode_options *o);

/* Can packets of this link be printed? */
bool decode_knows(uint32_t link);

/*
 * The packet behind its time, with no newline at the end. @buf: @cap bytes, DECODE_TEXT_MAX for
 * everything; what does not fit is left out. Returns the length; there is no zero behind it.
 */
size_t decode_packet(struct decode *d, const struct capfile_packet *packet, char *buf, size_t cap);

/* A message of DNS alone: @snap bytes that were captured of @len. Else as decode_packet(). */
size_t decode_dns(struct decode *d, const uint8_t *message, size_t snap, size_t len, bool mdns,
                  char *buf, size_t cap);

#endif
