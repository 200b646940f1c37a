/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * autoconf.h - a link that configures IPv6 by itself: what its routers have said
 *
 *   rs.c     asks for routers
 *   ra.c     reads what they advertise, and keeps it
 *   ways.c   default routes and others by way of them
 *   slaac.c, tempaddr.c  make addresses
 *
 * A link has one struct ip_auto while it does so (ip_link.autoconf), else none. Everything in it
 * has a fixed number of places: a flood of advertisements fills these once, first come, first
 * served, and who is known to be unreachable makes room.
 *
 * Invariant: a way is in the routing table exactly if `installed`, with `metric`.
 */
#ifndef IP_AUTOCONF_H
#define IP_AUTOCONF_H

#include "base/timer.h"
#include "ip/ip.h"
#include "wire/dns.h"

struct nd_msg;
struct ra_opt;
struct ip_addr;

#define AUTO_DEFAULT_WAYS_MAX INL_ROUTERS_MAX
#define AUTO_WAYS_MAX (INL_ROUTERS_MAX + 16) /* and those to a prefix (RFC 4191) */
#define AUTO_PREFIXES_MAX 16
#define AUTO_GIVEN_MAX 32
#define AUTO_ADDRS_MAX 16 /* of routers' prefixes */
#define AUTO_TEMPS_MAX 64 /* temporary ones */
#define AUTO_METRIC 1024  /* behind the routes of a person */

/* A route by way of a router that has told us so. */
struct auto_way {
    struct inl_addr router;
    struct inl_addr prefix;
    inl_time until;
    uint32_t metric;
    uint32_t failed; /* the router did not answer: when, in order of such events; 0: never */
    uint8_t bits;    /* 0: a default route */
    uint8_t pref;    /* enum inl_router_pref */
    bool used;
    bool installed;
};

struct auto_prefix {
    struct inl_addr prefix;
    inl_time until;
    uint8_t bits;
    bool used;
};

/* A router advertises that prefix (RFC 6724 5, rule 5.5). */
struct auto_given {
    struct inl_addr router;
    struct inl_addr prefix;
    inl_time until;
    uint8_t bits;
    bool used;
};

struct auto_server {
    struct inl_addr addr;
    inl_time until;
    bool used;
};

struct auto_search {
    struct dns_name name;
    inl_time until;
    bool used;
};

struct ip_auto {
    struct inl_autoconf config;
    int link;
    struct timer ask;    /* rs.c */
    struct timer expiry; /* ra.c: the nearest end of anything below */
    struct timer temp;   /* tempaddr.c: the next temporary address is due */
    inl_dur ask_wait;
    bool answered; /* a router has said that it is one */
    bool disabled; /* the address of our hardware is another host's (RFC 4862 5.4.5) */
    bool temp_off; /* no more temporary addresses: each was taken */
    bool heard;    /* any advertisement at all */
    bool managed, other;
    uint8_t hop_limit;
    uint32_t failures; /* numbers auto_way.failed */
    uint32_t reachable_ms;
    struct auto_way ways[AUTO_WAYS_MAX];
    struct auto_prefix prefixes[AUTO_PREFIXES_MAX];
    struct auto_given given[AUTO_GIVEN_MAX];
    struct auto_server servers[INL_DNS_MAX];
    struct auto_search search[INL_SEARCH_MAX];
};

/* ---- life (ra.c) ---- */

int ip_auto_start(struct ip *ip, int link, const struct inl_autoconf *config);
void ip_auto_end(struct ip *ip, int link); /* harmless where it was not started */
void ip_auto_link(struct ip *ip, int link, bool up);
void ip_auto_timer(struct ip *ip, struct timer *timer);

/* ---- ra.c ---- */

enum inl_drop ip_ra_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m);

/* ---- rs.c ---- */

void ip_rs_begin(struct ip *ip, struct ip_auto *au);
void ip_rs_timer(struct ip *ip, struct ip_auto *au);

/* ---- ways.c ---- */

/* What an advertisement says of a route: a lifetime of 0 ends it. False: there is no place. */
bool ip_way_heard(struct ip *ip, struct ip_auto *au, const struct inl_addr *router,
                  const struct inl_addr *prefix, unsigned bits, unsigned pref, uint32_t lifetime_s);

/* Brings the routing table in line with ways, lifetimes and what neigh.c knows. */
void ip_ways_apply(struct ip *ip, struct ip_auto *au);

/* For lists of routes: preference and end of a way, the end of a prefix that only routers name
 * (@connected: how many say that it is on the link). */
void ip_way_info(const struct ip *ip, struct inl_route_info *info);
void ip_ra_prefix_info(const struct ip *ip, uint32_t connected, struct inl_route_info *info);

bool ip_way_of(const struct ip_auto *au, const struct inl_addr *router);

/* How good a first hop to @dst a router is, by its routes: the more the better; 0: it does not
 * answer, 1: it has none. */
unsigned ip_way_rank(const struct ip *ip, const struct ip_auto *au, const struct inl_addr *router,
                     const struct inl_addr *dst);

/* For neigh.c: a neighbour has become reachable, or is no more, or says that it is no router. */
void ip_ways_neigh(struct ip *ip, int link, const struct inl_addr *addr, bool failed);
void ip_ways_no_router(struct ip *ip, int link, const struct inl_addr *addr);

/* ---- way_source.c ---- */

/* A router advertises a prefix; is @addr of one that @router advertises? */
void ip_way_gave(struct ip *ip, struct ip_auto *au, const struct inl_addr *router,
                 const struct ra_opt *o);
bool ip_way_gives(const struct ip *ip, int link, const struct inl_addr *router,
                  const struct inl_addr *addr);
bool ip_way_gives_any(const struct ip_auto *au, const struct inl_addr *router);

/* The hop that routes lead to becomes the router that @src asks for, if there is such a one. */
struct ip_hop;
void ip_way_by_source(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                      struct ip_hop *hop);

/* ---- ra_send.c: the other side ---- */

enum inl_drop ip_rs_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m);
/* 6.2.7: does another router say the same as we, as far as both say something? */
bool ip_ra_consistent(const struct ip *ip, int link, const struct nd_msg *m);
void ip_ra_send_timer(struct ip *ip, struct timer *timer);
void ip_ra_link(struct ip *ip, int link, bool up);
void ip_ra_done(struct ip *ip, int link); /* without a word */

/* ---- slaac.c ---- */

int ip_slaac_link_local(struct ip *ip, struct ip_auto *au);
void ip_slaac_prefix(struct ip *ip, struct ip_auto *au, const struct ra_opt *o);
void ip_slaac_forget(struct ip *ip, struct ip_auto *au);

bool ip_slaac_reserved(const uint8_t id[8]);

/* ---- tempaddr.c ---- */

void ip_temp_sustain(struct ip *ip, struct ip_auto *au);
void ip_temp_refresh(struct ip *ip, struct ip_auto *au, struct ip_addr *a, uint32_t preferred_s,
                     uint32_t valid_s);
void ip_temp_taken(struct ip *ip, struct ip_auto *au, struct ip_addr *a);

/* For dad.c: an address turned out to be another's. It may be gone afterwards. */
void ip_slaac_taken(struct ip *ip, struct ip_addr *a);

#endif
