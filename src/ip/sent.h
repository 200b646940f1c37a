/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sent.h - which large packets have left of late, so that nobody can make one up
 */
#ifndef IP_SENT_H
#define IP_SENT_H

#include "base/pkt.h"
#include "ip/ip.h"

#define SENT_SLOTS 512
#define SENT_LIFE_S 60

/**
 * struct ip_sent - the memory
 * @mark: of a packet, from a keyed hash whose other bits choose the slot
 * @at_s: when it left, in seconds from 1 on; 0: none
 */
struct ip_sent {
    struct {
        uint32_t mark;
        uint32_t at_s;
    } slot[SENT_SLOTS];
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

#endif
