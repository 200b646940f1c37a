/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.h - one direction of a byte stream, in pages, addressed by stream offset
 *
 * The ring keeps bytes of [head, head + cap) of a stream whose first byte has offset 0. Bytes
 * may be written anywhere in that range, so out-of-order data goes straight to its final place;
 * which bytes are valid is the caller's knowledge (ranges.h). A page is taken when a byte of it
 * is first written and given back when head has passed it, so an idle ring holds none, and
 * a few bytes far ahead cost one page. When head reaches the end of all that was written, the
 * last page goes too. The page table, a power of two indexed by page number modulo its size,
 * lies in the struct while it is small, grows as needed and goes when the last page goes.
 *
 * Invariant: no page outside [head, tail) is held.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include "base/mem.h"

#include <stddef.h>
#include <stdint.h>

#define RING_PAGE_BYTES 4096

/**
 * struct ring - the stream's bytes
 * @mem:       where pages come from
 * @head:      first offset that is kept
 * @cap_bytes: how far beyond head may be written
 * @tail:      one past the last byte that was written or reserved, or head if that is later
 * @slots:     how many pages there may be, a power of two
 * @pages:     pages held
 * @table:     where they are, if @slots is not 1
 * @one:       where it is, if @slots is 1
 */
struct ring {
    struct mem *mem;
    uint64_t head;
    uint64_t tail;
    uint32_t cap_bytes;
    uint32_t slots;
    uint32_t pages;
    union {
        uint8_t **table;
        uint8_t *one;
    };
};

/** struct ring_span - contiguous bytes inside the ring, valid until the next write or release */
struct ring_span {
    uint8_t *p;
    size_t len;
};

/** ring_init() - empty ring with head 0; takes no memory yet. @cap_bytes: 4 GiB at most */
void ring_init(struct ring *r, struct mem *m, size_t cap_bytes);

/** ring_done() - gives all memory back */
void ring_done(struct ring *r);

/** ring_head() - the first offset that is kept */
static inline uint64_t ring_head(const struct ring *r) {
    return r->head;
}

/** ring_cap() - the capacity in bytes */
static inline size_t ring_cap(const struct ring *r) {
    return r->cap_bytes;
}

/** ring_held() - bytes of memory that the ring has taken */
static inline size_t ring_held(const struct ring *r) {
    return (size_t)r->pages * RING_PAGE_BYTES + (r->slots > 1 ? r->slots * sizeof(*r->table) : 0);
}

/** ring_set_cap() - changes the capacity; bytes beyond a smaller one stay readable */
void ring_set_cap(struct ring *r, size_t cap_bytes);

/**
 * ring_write_at() - writes @len bytes at stream offset @off
 * @off:      in [head, head + cap]; off + len <= head + cap
 * @csum_acc: if not NULL, the bytes are added to this checksum accumulator in the same pass; the
 *            first byte counts as lying at an even place
 *
 * All or nothing. Returns 0; -ENOBUFS outside the range; -ENOMEM.
 */
int ring_write_at(struct ring *r, uint64_t off, const void *src, size_t len, uint64_t *csum_acc);

/**
 * ring_reserve() - takes the pages of [@off, @off + @len), so that the caller can fill them
 *
 * For lending room: after it ring_peek() covers the range. Which bytes are filled is the
 * caller's knowledge, as everywhere here. Returns as ring_write_at().
 */
int ring_reserve(struct ring *r, uint64_t off, size_t len);

/**
 * ring_peek() - where @len bytes at @off lie
 * @out:  filled with spans in order
 * @max:  how many fit; len / RING_PAGE_BYTES + 2 are always enough
 * Returns the number of spans; they cover less than @len when @max is too small, or when a page
 * was never written.
 */
size_t ring_peek(const struct ring *r, uint64_t off, size_t len, struct ring_span *out, size_t max);

/**
 * ring_read_at() - copies @len bytes at @off to @dst; does not release them
 * @csum_acc: as in ring_write_at()
 *
 * Returns 0; -ENOENT when a page in the range was never written or off < head.
 */
int ring_read_at(const struct ring *r, uint64_t off, void *dst, size_t len, uint64_t *csum_acc);

/** ring_release() - forgets everything before @new_head (>= head; may pass what was written) */
void ring_release(struct ring *r, uint64_t new_head);

/** ring_trim() - forgets everything from @new_tail (>= head) on, such as reserved but unused room
 */
void ring_trim(struct ring *r, uint64_t new_tail);

/** ring_clear() - forgets everything: gives all pages back; head stays */
void ring_clear(struct ring *r);

#endif
