/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead.h - frames of a burst are looked at before their turn: see ahead.c
 */
#ifndef IP_AHEAD_H
#define IP_AHEAD_H

#include "ip/ip.h"

#include <inlet/stack.h>

struct neigh;

enum ip_ahead_what {
    AHEAD_NOTHING,
    AHEAD_FRAGMENT, /* dst, src, id and hash are known */
    AHEAD_ADDR,     /* dst is known */
    AHEAD_ROUTE,    /* and spot and changes, */
    AHEAD_NEIGH,    /* and neigh and freed */
};

/* What is known of a frame whose turn has not come. */
struct ip_ahead {
    uint8_t what; /* enum ip_ahead_what */
    uint32_t id;  /* identification, with the protocol in it: as ip_reass_hash() takes it */
    struct inl_addr dst;
    struct inl_addr src;
    uint64_t hash;              /* of neighbour or datagram */
    void *const *spot;          /* lpm_spot() of dst, */
    uint64_t changes;           /* when the table of routes had changed so often */
    struct hnode *const *chain; /* where that must be; while the group is looked at */
    struct neigh *neigh;        /* who that is nearly always, or NULL, */
    uint64_t freed;             /* when so many had gone */
    const struct hnode *node;   /* perhaps the datagram's, while the group is looked at */
};

/* Are there tables so large that it pays? */
bool ip_ahead_pays(const struct ip *ip);

/* Its turn, while ip->ahead points at it: what is known of its way need not be found again. NULL:
 * the burst is over. */
void ip_ahead_turn(struct ip *ip, const struct ip_ahead *a);

/* Looks at @n frames of a link, and fetches what they will need; fills in @a for each. */
void ip_ahead(const struct ip *ip, int link, const struct inl_rx_frame *frames, size_t n,
              struct ip_ahead *a);

#endif
