/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sent.h - which large packets have left of late, so that nobody can make one up
 */
#ifndef IP_SENT_H
#define IP_SENT_H

#include "base/pkt.h"
#include "ip/ip.h"

#define SENT_SETS 64
#define SENT_WAYS 8 /* packets of a set */
#define SENT_LIFE_S 60

/**
 * struct ip_sent - the memory
 * @senders: how many have a number
 * @mark: of a packet, from a keyed hash whose other bits choose the set
 * @at_s: when it left, in seconds from 1 on; 0: none
 * @next: the slot of a set that is written next
 */
struct ip_sent {
    uint32_t senders;
    struct {
        uint32_t mark;
        uint32_t at_s;
    } slot[SENT_SETS][SENT_WAYS];
    uint8_t next[SENT_SETS];
};

/* A packet leaves from @src: @pkt begins with its transport header. */
void ip_sent_note(struct ip *ip, const struct inl_addr *src, const struct ip_tx *tx,
                  const struct pkt *pkt);

/* The same in two steps, for who sends to one destination again and again: what its packets have in
 * common, and one of them, by the eight bytes that it begins with. */
uint64_t ip_sent_tag(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                     uint8_t proto);
void ip_sent_put(struct ip *ip, uint64_t tag, const uint8_t proof[8]);

/* Does the error quote one of these? */
bool ip_sent_lately(const struct ip *ip, const struct ip_err *err);

/* The same for packets of any length, of one sender. @who: its number, 0 at first; @first: what
 * begins with the transport header. */
void ip_sent_note_by(struct ip *ip, uint32_t *who, const struct ip_tx *tx, const uint8_t *first,
                     size_t len);
bool ip_sent_by(const struct ip *ip, uint32_t who, const struct ip_err *err);

#endif
