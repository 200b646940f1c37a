/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead.h - frames of a burst are looked at before their turn: see ahead.c
 */
#ifndef IP_AHEAD_H
#define IP_AHEAD_H

#include "ip/ip.h"

#define IP_AHEAD_STEPS 5 /* at most; the last one is for what it has fetched */

enum ip_ahead_what {
    AHEAD_NOTHING,
    AHEAD_FRAGMENT, /* dst, src, id and hash are known */
    AHEAD_ROUTE,    /* dst, spot and changes are known */
    AHEAD_NEIGH,    /* and hop, link and hash */
};

/* What is known of a frame whose turn has not come. */
struct ip_ahead {
    uint8_t what;  /* enum ip_ahead_what */
    uint8_t steps; /* that it takes */
    int link;      /* of the neighbour */
    uint64_t hash; /* of neighbour or datagram */
    struct inl_addr dst;
    struct inl_addr hop;
    struct inl_addr src;
    uint32_t id;       /* identification, with the protocol in it: as ip_reass_hash() takes it */
    void *const *spot; /* lpm_spot() of dst, */
    uint64_t changes;  /* when the table of routes had changed so often */
};

/* Are there tables so large that it pays? */
bool ip_ahead_pays(const struct ip *ip);

/* Its turn, while ip->ahead points at it: what is known of its way need not be found again. NULL:
 * the burst is over. */
void ip_ahead_turn(struct ip *ip, const struct ip_ahead *a);

/* Step 0; then, each some frames later, 1 and those behind, as many as it takes. */
void ip_ahead_begin(const struct ip *ip, int link, const uint8_t *p, size_t left,
                    struct ip_ahead *a);
void ip_ahead_follow(const struct ip *ip, unsigned step, struct ip_ahead *a);

#endif
