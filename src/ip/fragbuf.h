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

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct fragbuf - the buffer; all zero: none yet
 * @map:   the block; NULL: none
 * @words: of each bitmap
 * @room:  octets in front of the data
 */
struct fragbuf {
    uint64_t *map;
    size_t words;
    size_t room;
};

enum fragbuf_look {
    FRAGBUF_FREE,    /* nothing of it is there */
    FRAGBUF_SAME,    /* the very same fragment is there */
    FRAGBUF_OVERLAP, /* something else is */
};

/** fragbuf_plan() - a buffer to be, without a block, for so much data and headers at least */
struct fragbuf fragbuf_plan(size_t cap_bytes, size_t hdr_bytes);

/** fragbuf_grow() - *b becomes what was planned, with its data up to @end; false: no memory */
bool fragbuf_grow(struct mem *mem, struct fragbuf *b, const struct fragbuf *plan, size_t hdr_len,
                  size_t end);
void fragbuf_free(struct mem *mem, struct fragbuf *b);

/** fragbuf_bytes() - size of the block that it has, or would have */
size_t fragbuf_bytes(const struct fragbuf *b);

/** fragbuf_cap() - how much data it can hold; 0 without a block */
size_t fragbuf_cap(const struct fragbuf *b);

/** fragbuf_data() - the data; headers end where it begins */
uint8_t *fragbuf_data(const struct fragbuf *b);

/** fragbuf_look() - what of [@off, @off + @len) is there? It must lie within the capacity. */
enum fragbuf_look fragbuf_look(const struct fragbuf *b, size_t off, const uint8_t *p, size_t len);

/** fragbuf_put() - copies a fragment that fragbuf_look() has found free */
void fragbuf_put(struct fragbuf *b, size_t off, const uint8_t *p, size_t len);

#endif
