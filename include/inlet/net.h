/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h - addresses and neighbours of a host: more than inl_addr_add() can say, and what there is
 */
#ifndef INLET_NET_H
#define INLET_NET_H

#include <inlet/addr.h>
#include <inlet/export.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inl_stack;

/* ---- addresses ---- */

#define INL_FOREVER UINT32_MAX

/* Where an address comes from. */
enum inl_addr_origin {
    INL_ADDR_MANUAL,
    INL_ADDR_LINK_LOCAL, /* made by the link itself (RFC 4291 2.8, RFC 3927) */
    INL_ADDR_SLAAC,      /* from a router's prefix (RFC 4862) */
    INL_ADDR_TEMPORARY,  /* from a router's prefix, for some hours (RFC 8981) */
    INL_ADDR_DHCP,
};

struct inl_addr_config {
    struct inl_addr addr;
    unsigned prefix_len_bits;
    uint32_t preferred_s; /* seconds until it is deprecated: used only where it is used already */
    uint32_t valid_s;     /* seconds until it goes, not 0, not below preferred_s */
    bool check;           /* ask first whether it is free, and give it up if it is not (RFC 4862
                             5.4, RFC 5227). Until then it is tentative: nothing is sent from it */
    enum inl_addr_origin origin;
};

/* Adds an address as inl_addr_add() does, or gives one that is there other lifetimes (its prefix
 * and origin stay). Returns as inl_addr_add(). */
INL_API int inl_addr_set(struct inl_stack *stack, int link, const struct inl_addr_config *config);

/* RFC 4862 5.5.4 */
enum inl_addr_state {
    INL_ADDR_TENTATIVE, /* not known yet to be free */
    INL_ADDR_PREFERRED,
    INL_ADDR_DEPRECATED, /* not for new conversations */
    INL_ADDR_DUPLICATED, /* another host has it: not used */
};

struct inl_addr_info {
    struct inl_addr addr;
    unsigned prefix_len_bits;
    int link;
    enum inl_addr_state state;
    enum inl_addr_origin origin;
    uint32_t preferred_s; /* left; INL_FOREVER */
    uint32_t valid_s;
};

/**
 * inl_addr_snapshot - every address of the stack, link by link
 * @out: room for @max entries; may be NULL when @max is 0
 * Returns how many there are (may exceed @max; only @max are written).
 */
INL_API size_t inl_addr_snapshot(const struct inl_stack *stack, struct inl_addr_info *out,
                                 size_t max);

/* ---- neighbours ---- */

/* Says once and for all which link-layer address a neighbour on an Ethernet link has, and forgets
 * what is known of one. 0, -ENODEV, -EINVAL, -ENOSPC (config.max_neighbours), -ENOMEM / -ENOENT. */
INL_API int inl_neigh_add(struct inl_stack *stack, int link, const struct inl_addr *addr,
                          const uint8_t mac[6]);
INL_API int inl_neigh_del(struct inl_stack *stack, int link, const struct inl_addr *addr);

/* What is known of a neighbour on an Ethernet link: RFC 4861 7.3.2, RFC 7048. */
enum inl_neigh_state {
    INL_NEIGH_INCOMPLETE,  /* asked, no answer yet */
    INL_NEIGH_REACHABLE,   /* answered not long ago, or a transport makes progress */
    INL_NEIGH_STALE,       /* was so once */
    INL_NEIGH_DELAY,       /* used since; will be asked soon */
    INL_NEIGH_PROBE,       /* is being asked */
    INL_NEIGH_UNREACHABLE, /* did not answer; everybody is asked */
    INL_NEIGH_FAILED,      /* nobody answered */
    INL_NEIGH_PERMANENT,   /* inl_neigh_add() */
};

struct inl_neigh_info {
    struct inl_addr addr;
    int link;
    enum inl_neigh_state state;
    uint8_t mac[6]; /* unless INCOMPLETE or FAILED */
    bool router;    /* IPv6: it said so */
};

/**
 * inl_neigh_snapshot - every neighbour that is known or asked for
 * @out: room for @max entries; may be NULL when @max is 0
 * Returns how many there are (may exceed @max; only @max are written).
 */
INL_API size_t inl_neigh_snapshot(const struct inl_stack *stack, struct inl_neigh_info *out,
                                  size_t max);

#endif
