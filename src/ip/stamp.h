/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.h - the headers of a flow, made once and put in front of each of its packets
 *
 * Whoever sends to one place again and again asks for a stamp: the link header, the IP header, and
 * as many bytes of the transport's header as stay the same, with what the long way (out.c) would
 * have found out on the way. A packet then needs three fields of its own: its length, in IPv4 its
 * identification, and the header's checksum.
 *
 * A stamp holds as long as nothing changes that it was made from: links, addresses, routes
 * (ip.gen); a neighbour's address or state, what is known of the path MTU, a link's hop limit
 * (ip.stamp_gen). Both only grow, so one number, their sum, tells. What the sender himself decides
 * (options, ports, owner) he has to watch: ip_stamp_drop().
 *
 * ip_stamp_pkt() says no where a stamp does not do, and then the long way is taken, which knows
 * why.
 */
#ifndef IP_STAMP_H
#define IP_STAMP_H

#include "base/pkt.h"
#include "ip/ip.h"

#define IP_STAMP_ROOM_BYTES 56 /* for the longest headers; the transport's begins behind */
#define IP_STAMP_START_BYTES 8 /* of the transport's header */

struct neigh;

/**
 * struct ip_stamp - the headers of a flow
 * @gen:         valid as long as ip.gen + ip.stamp_gen is that; 0: never
 * @neigh:       the next hop; NULL: the link has no addresses
 * @owner:       of its packets, with @cause
 * @id_tag:      IPv4: whose identification it gets (ipid.h); 0: none, it is atomic
 * @sent_tag:    what is remembered of large packets begins with it (sent.h)
 * @sum:         IPv4: of the header, without length, identification and checksum
 * @most_bytes:  the longest payload of IP that may go this way
 * @small_bytes: up to this one, nobody has to remember that it left
 * @hdr_bytes:   of both headers; they end where the transport's begins
 */
struct ip_stamp {
    uint64_t gen;
    struct neigh *neigh;
    uint64_t owner;
    uint64_t id_tag;
    uint64_t sent_tag;
    uint32_t sum;
    uint32_t most_bytes;
    uint32_t small_bytes;
    enum inl_cause cause;
    uint16_t link;
    uint8_t hdr_bytes;
    bool is4;
    uint8_t b[IP_STAMP_ROOM_BYTES + IP_STAMP_START_BYTES];
};

/* Of what tx says, whose path was found just now. @start: what each transport header begins with.
 * False: not for packets like this, or not now (the neighbour is not known). */
bool ip_stamp_make(struct ip *ip, struct ip_stamp *s, const struct ip_tx *tx,
                   const uint8_t start[IP_STAMP_START_BYTES]);

static inline void ip_stamp_drop(struct ip_stamp *s) {
    s->gen = 0;
}

/* A packet of so many bytes of payload, with all its headers in front: the payload, from the
 * transport's header on, is at pkt->buf + IP_STAMP_ROOM_BYTES, and is to be written. NULL: take the
 * long way. */
struct pkt *ip_stamp_pkt(struct ip *ip, const struct ip_stamp *s, size_t len_bytes);

/* Puts the headers in front of a packet in the driver's own buffer, which is just long enough for
 * them: as ip_out(), and it is where it belongs (IP_OUT_PLACED). Nobody remembers that it left: for
 * transports that can tell from an error whether it did. False: nothing was done. */
bool ip_stamp_put(struct ip *ip, const struct ip_stamp *s, struct pkt *pkt);

/* Sends it. As ip_out(). */
int ip_stamp_send(struct ip *ip, const struct ip_stamp *s, struct pkt *pkt);

#endif
