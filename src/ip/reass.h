/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reass.h - fragments become datagrams again
 *
 * Input hands over pieces; the piece that completes a datagram gives back the whole packet, as its
 * source would have sent it on a link that carries it: one IP header, no fragment header.
 */
#ifndef IP_REASS_H
#define IP_REASS_H

#include "base/htab.h"
#include "base/list.h"
#include "base/rd.h"
#include "base/timer.h"
#include "ip/ip.h"

#define REASS_CLASSES 64

/**
 * struct ip_reass - all datagrams of which something is missing
 * @table:     struct reass, by source, destination, identification (and protocol in IPv4)
 * @sources:   struct reass_source, by address
 * @waiting:   struct reass.waiting, oldest first
 * @timer:     not later than the oldest one's time is over
 * @heavy:     sources by the power of two that their bytes reach, but for the light ones; each list
 *             is oldest first
 * @heavy_map: which of these lists are not empty
 * @bytes:     held now, overhead included
 */
struct ip_reass {
    struct htab table;
    struct htab sources;
    struct list waiting;
    struct timer timer;
    struct list heavy[REASS_CLASSES];
    uint64_t heavy_map;
    size_t bytes;
    size_t max_bytes;
    size_t max_source_bytes;
    uint32_t max_datagrams;
    uint32_t max_source_datagrams;
    inl_dur timeout_ns;
};

/**
 * struct reass_piece - a fragment
 * @rx:             the packet that it came in; addresses, link, group and tos count
 * @data:           its part of the datagram, not empty
 * @id:             identification
 * @off_bytes:      where the part lies
 * @next_field_off: IPv6: place of the octet that announces the fragment header
 * @proto:          IPv4: protocol; IPv6: 0 (RFC 8200 4.5 leaves it out of the key)
 * @more:           not the last part
 */
struct reass_piece {
    const struct ip_rx *rx;
    struct rd data;
    uint32_t id;
    uint32_t off_bytes;
    uint16_t next_field_off;
    uint8_t proto;
    bool more;
};

struct reass; /* a datagram */

void ip_reass_init(struct ip *ip, const struct inl_config *config);
void ip_reass_done(struct ip *ip);

/**
 * ip_reass_add() - takes a piece
 * @ret_whole: the datagram, if this piece completes it, else NULL; ip_reass_free() it
 *
 * NONE; or why the piece (and perhaps its whole datagram) was dropped.
 */
enum inl_drop ip_reass_add(struct ip *ip, const struct reass_piece *piece,
                           struct reass **ret_whole);

/* For a fragment that is still to come: the hash of its datagram; and of the entry, two lines of which
 * are at hand, all is fetched that the fragment needs. */
static inline uint32_t ip_reass_id(uint32_t id, uint8_t proto) {
    return id ^ (uint32_t)proto << 24;
}

uint64_t ip_reass_hash(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                       uint32_t id);
void ip_reass_fetch(const struct ip *ip, const struct hnode *node);

/* The packet of a completed datagram. */
struct rd ip_reass_packet(const struct reass *whole);
void ip_reass_free(struct ip *ip, struct reass *whole);

void ip_reass_timer(struct ip *ip);

#endif
