/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pkt.h - a packet: one buffer, one owner
 *
 *     buf            buf+off              buf+off+len        buf+cap
 *      |   headroom     |       data           |    tailroom    |
 *
 * Headers are prepended into the headroom, so no layer copies. Struct and buffer of an owned
 * packet are one block. A packet can also borrow a driver's buffer: then neither the struct nor
 * the buffer is freed by pkt_free(), and whoever wants to keep it makes a clone.
 *
 * Ownership passes with the pointer: a function that takes a packet says whether it consumes it.
 */
#ifndef BASE_PKT_H
#define BASE_PKT_H

#include "base/list.h"
#include "base/mem.h"

#include <inlet/cause.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKT_BORROWED 0x01u     /* struct and buffer belong to somebody else */
#define PKT_CSUM_OK 0x02u      /* the link has verified the transport checksum */
#define PKT_BROADCAST 0x04u    /* came or goes as a link-layer broadcast */
#define PKT_MULTICAST 0x08u    /* came or goes as a link-layer multicast */
#define PKT_CSUM_PARTIAL 0x10u /* the link completes the transport checksum; @l4 is set */

/**
 * struct pkt_l4 - the transport's part of a packet whose checksum is partial
 * @len_bytes:      it is so many bytes at the end
 * @gso_size_bytes: payload of each segment that the link cuts from it; 0: it is one
 * @hdr_len_bytes:  its header
 * @csum_off_bytes: place of the checksum in that
 */
struct pkt_l4 {
    uint32_t len_bytes;
    uint16_t gso_size_bytes;
    uint8_t hdr_len_bytes;
    uint8_t csum_off_bytes;
};

/**
 * struct pkt - a packet
 * @node:   on one queue at a time
 * @mem:    where it came from; NULL if borrowed
 * @buf:    whole buffer, @cap bytes
 * @cap:    size of the buffer, headroom included
 * @off:    where data begins
 * @len:    bytes of data
 * @owner:  identity of the socket or connection that it belongs to, 0 for none
 * @cause:  why it is sent
 * @flags:  PKT_*
 * @link:   index of the link that it came from or goes to
 * @proto:  whatever the layer that queues it needs to remember: EtherType or protocol number
 * @l4:     what the link has to do with the transport's part (PKT_CSUM_PARTIAL)
 */
struct pkt {
    struct list node;
    struct mem *mem;
    uint8_t *buf;
    size_t cap;
    size_t off;
    size_t len;
    uint64_t owner;
    enum inl_cause cause;
    uint32_t flags;
    uint16_t link;
    uint16_t proto;
    struct pkt_l4 l4;
};

/** pkt_init() - makes *p an empty packet over a buffer: by its fields, which is quicker than to clear
 * all of it */
static inline void pkt_init(struct pkt *p, struct mem *mem, uint8_t *buf, size_t cap,
                            size_t headroom, uint32_t flags) {
    list_init(&p->node);
    p->mem = mem;
    p->buf = buf;
    p->cap = cap;
    p->off = headroom;
    p->len = 0;
    p->owner = 0;
    p->cause = (enum inl_cause)0;
    p->flags = flags;
    p->link = 0;
    p->proto = 0;
    p->l4.len_bytes = 0;
    p->l4.gso_size_bytes = 0;
    p->l4.hdr_len_bytes = 0;
    p->l4.csum_off_bytes = 0;
}

/** pkt_bytes() - what one block of struct and buffer takes */
static inline size_t pkt_bytes(size_t cap) {
    return mem_round(sizeof(struct pkt) + cap);
}

/** pkt_new_here() - pkt_new() in line, for the hot path; @cap: far below SIZE_MAX */
static inline struct pkt *pkt_new_here(struct mem *m, size_t headroom, size_t cap) {
    struct pkt *p = mem_quick_alloc(m, pkt_bytes(cap));

    if (p) {
        pkt_init(p, m, (uint8_t *)(p + 1), cap, headroom, 0);
    }
    return p;
}

/**
 * pkt_new() - an empty packet
 * @headroom: bytes kept free in front, at most @cap
 * @cap:      size of the whole buffer in bytes, headroom included
 *
 * Returns a packet that the caller owns, or NULL.
 */
struct pkt *pkt_new(struct mem *m, size_t headroom, size_t cap);

/** pkt_free() - frees an owned packet (taking it off its queue); a borrowed one is left alone */
void pkt_free(struct pkt *p);

/**
 * pkt_borrow() - makes the caller's struct @p a packet over the caller's buffer
 * @buf: @cap bytes, headroom included; stays the caller's. The packet is empty: see pkt_put().
 */
void pkt_borrow(struct pkt *p, uint8_t *buf, size_t cap, size_t headroom);

/** pkt_clone() - an owned copy with the same headroom, tailroom and meta data, or NULL */
struct pkt *pkt_clone(struct mem *m, const struct pkt *p);

/** pkt_data() - first byte of data */
static inline uint8_t *pkt_data(const struct pkt *p) {
    return p->buf + p->off;
}

/** pkt_tailroom() - bytes that pkt_put() can still append */
static inline size_t pkt_tailroom(const struct pkt *p) {
    return p->cap - p->off - p->len;
}

/** pkt_push() - prepends @n bytes for the caller to fill; NULL when the headroom is too small */
static inline uint8_t *pkt_push(struct pkt *p, size_t n) {
    if (n > p->off) {
        return NULL;
    }
    p->off -= n;
    p->len += n;
    return p->buf + p->off;
}

/** pkt_put() - appends @n bytes for the caller to fill; NULL when they do not fit */
static inline uint8_t *pkt_put(struct pkt *p, size_t n) {
    uint8_t *at = p->buf + p->off + p->len;

    if (n > pkt_tailroom(p)) {
        return NULL;
    }
    p->len += n;
    return at;
}

/** pkt_pull() - drops @n bytes in front; new first byte, or NULL when there are fewer */
static inline uint8_t *pkt_pull(struct pkt *p, size_t n) {
    if (n > p->len) {
        return NULL;
    }
    p->off += n;
    p->len -= n;
    return p->buf + p->off;
}

/** pkt_trim() - cuts data to @len bytes; false when there are fewer */
static inline bool pkt_trim(struct pkt *p, size_t len) {
    if (len > p->len) {
        return false;
    }
    p->len = len;
    return true;
}

#endif
