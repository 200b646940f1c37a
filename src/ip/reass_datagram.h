/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass_datagram.h - a datagram of which something is missing, for the parts of reassembly
 *
 * reass.c has them in its table and decides about pieces; reass_source.c knows who holds how much,
 * and who has to go when there is no room; reass_whole.c makes a packet of what is complete.
 */
#ifndef IP_REASS_DATAGRAM_H
#define IP_REASS_DATAGRAM_H

#include "ip/fragbuf.h"
#include "ip/reass.h"

#define REASS_FRAG_HDR_BYTES 8u

/* Whose datagrams they are. What a datagram that comes and goes touches stands first. */
struct reass_source {
    struct hnode node;
    struct list datagrams; /* struct reass.by_source, oldest first */
    size_t bytes;
    uint32_t count;
    uint32_t class; /* 0: light, and in no list */
    struct inl_addr addr;
    struct list heavy;
};

struct reass_key {
    struct inl_addr src;
    struct inl_addr dst;
    uint32_t id;
    uint32_t scope; /* the link, where addresses mean something on a link only */
    uint8_t proto;
};

/*
 * One block: this, and behind it the buffer, unless that is large. First stands what leads to other
 * places (ip_reass_fetch()).
 */
struct reass {
    struct hnode node;
    struct list waiting;
    struct reass_source *source;
    uint64_t source_hash;
    struct list by_source;
    uint32_t block_bytes;
    uint32_t cost;
    inl_time due;
    struct reass_key key;
    struct fragbuf buf;
    uint32_t got_bytes;
    uint32_t end_bytes;   /* of the fragment that reaches farthest */
    uint32_t total_bytes; /* known with the last fragment, else 0 */
    uint32_t hdr_len;     /* known with the first one, else 0 */
    uint32_t first_len;   /* data of that */
    int link;
    int home;
    uint16_t next_field_off;
    uint8_t ecn_seen; /* a bit for each codepoint */
    uint8_t ecn_first;
    bool group;
    bool dead; /* discarded; remembered until its time is over */
};

/* Is the buffer in the same block? */
static inline bool reass_buf_inside(const struct reass *d) {
    return d->buf.map == (const void *)(d + 1);
}

/* Who answers for packets from this address. */
struct inl_addr reass_source_addr(const struct inl_addr *src);

/* The source of that address, and a new one; NULL: none, no memory. */
uint64_t reass_source_hash(const struct ip *ip, const struct inl_addr *addr);
struct reass_source *reass_source_find(const struct ip *ip, const struct inl_addr *addr,
                                       uint64_t hash);
struct reass_source *reass_source_new(struct ip *ip, const struct inl_addr *addr, uint64_t hash);
void reass_source_free(struct ip *ip, struct reass_source *s);

/* @d is the youngest of its source, or is no longer one of it; which may be its end. */
void reass_source_join(struct reass_source *s, struct reass *d);
void reass_source_leave(struct ip *ip, struct reass *d);

/* From now on @d costs so much. */
void reass_account(struct ip_reass *r, struct reass *d, size_t cost);

/* May so much more be held of source @s, which may be NULL: a new one? */
bool reass_has_room(const struct ip_reass *r, const struct reass_source *s, size_t bytes,
                    uint32_t datagrams);

/* If not: the next one that has to go; NULL: none. */
struct reass *reass_victim(const struct ip_reass *r, const struct reass_source *s, size_t bytes,
                           uint32_t datagrams);

/* All is there: the headers in front of the data become those of a whole packet. */
void reass_finish(struct reass *d);

#endif
