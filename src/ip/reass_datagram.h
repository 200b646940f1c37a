/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass_datagram.h - a datagram of which something is missing, for the parts of reassembly
 *
 * reass.c has them in its table and decides about pieces; reass_source.c knows who holds how much,
 * and who has to go when there is no room; reass_whole.c makes a packet of what is complete.
 */
#ifndef IP_REASS_DATAGRAM_H
#define IP_REASS_DATAGRAM_H

#include "base/timer.h"
#include "ip/fragbuf.h"
#include "ip/reass.h"

#define REASS_FRAG_HDR_BYTES 8u

/* Whose datagrams they are. */
struct reass_source {
    struct hnode node;
    struct list heavy;
    struct list datagrams; /* struct reass.by_source, oldest first */
    struct inl_addr addr;
    size_t bytes;
    uint32_t count;
    uint32_t class;
};

struct reass_key {
    struct inl_addr src;
    struct inl_addr dst;
    uint32_t id;
    uint32_t scope; /* the link, where addresses mean something on a link only */
    uint8_t proto;
};

struct reass {
    struct hnode node;
    struct list by_source;
    struct timer timer;
    struct reass_source *source;
    struct reass_key key;
    struct fragbuf buf;
    size_t cost;
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

#define REASS_BYTES mem_round(sizeof(struct reass)) /* it lives shortly */

/* Who answers for packets from this address. */
struct inl_addr reass_source_addr(const struct inl_addr *src);

/* The source of that address, a new one if need be; NULL: no memory. */
struct reass_source *reass_source_get(struct ip *ip, const struct inl_addr *addr);

/* @d is the youngest of its source, or is no longer one of it; which may be its end. */
void reass_source_join(struct reass_source *s, struct reass *d);
void reass_source_leave(struct ip *ip, struct reass *d);

/* From now on @d costs so much. */
void reass_account(struct ip_reass *r, struct reass *d, size_t cost);

/* The next one that has to go, if so much more of this source comes; NULL if there is room. */
struct reass *reass_victim(const struct ip *ip, const struct inl_addr *addr, size_t bytes,
                           uint32_t datagrams);

/* All is there: the headers in front of the data become those of a whole packet. */
void reass_finish(struct reass *d);

#endif
