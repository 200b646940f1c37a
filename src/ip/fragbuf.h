/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fragbuf.h - the buffer that a datagram is put together in
 *
 * One block: two bitmaps, room for headers, data. A bit stands for 8 octets, as fragments begin at
 * multiples of that (RFC 791 3.2, which proposes such a bit table, and RFC 8200 4.5). The first
 * map says what is there, the second where fragments begin: so what came before can be told from
 * what overlaps.
 */
#ifndef IP_FRAGBUF_H
#define IP_FRAGBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct fragbuf - the buffer; all zero: none yet
 * @map:  the block; NULL: none
 * @cap:  octets of data that it can hold
 * @room: octets in front of the data
 */
struct fragbuf {
    uint64_t *map;
    uint32_t cap;
    uint32_t room;
};

enum fragbuf_look {
    FRAGBUF_FREE,    /* nothing of it is there */
    FRAGBUF_SAME,    /* the very same fragment is there */
    FRAGBUF_OVERLAP, /* something else is */
};

/**
 * fragbuf_plan() - a buffer to be, without a block, for so much data
 * @hdr_bytes: the headers; 0: not known yet
 */
struct fragbuf fragbuf_plan(size_t cap_bytes, size_t hdr_bytes);

/** fragbuf_bytes() - what it needs */
size_t fragbuf_bytes(const struct fragbuf *b);

/** fragbuf_at() - the buffer that was planned is in @block from now on, and empty */
void fragbuf_at(struct fragbuf *b, void *block);

/** fragbuf_move() - what is in @from, up to @end, gets into the empty @to */
void fragbuf_move(struct fragbuf *to, const struct fragbuf *from, size_t hdr_len, size_t end);

/** fragbuf_data() - the data; headers end where it begins */
uint8_t *fragbuf_data(const struct fragbuf *b);

/** fragbuf_look() - what of [@off, @off + @len) is there? It may be beyond the capacity. */
enum fragbuf_look fragbuf_look(const struct fragbuf *b, size_t off, const uint8_t *p, size_t len);

/** fragbuf_put() - copies a fragment that fragbuf_look() has found free, and for which there is room */
void fragbuf_put(struct fragbuf *b, size_t off, const uint8_t *p, size_t len);

/** fragbuf_put_last() - the same, if nobody will look any more */
void fragbuf_put_last(const struct fragbuf *b, size_t off, const uint8_t *p, size_t len);

#endif
