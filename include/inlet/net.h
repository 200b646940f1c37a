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

/* ---- routers: what they say, and being one (RFC 4861 6) ---- */

/* RFC 4191: which of several default routers */
enum inl_router_pref {
    INL_ROUTER_MEDIUM,
    INL_ROUTER_HIGH,
    INL_ROUTER_LOW,
};

#define INL_RA_PREFIXES_MAX 8
#define INL_RA_ROUTES_MAX 8
#define INL_RA_DNS_MAX 4
#define INL_RA_SEARCH_MAX 4

/* A prefix that a router advertises. */
struct inl_ra_prefix {
    struct inl_addr prefix;
    uint8_t len_bits;
    bool off_link;       /* hosts send to it by way of the router */
    bool not_autonomous; /* hosts make no addresses of it */
    uint32_t valid_s;    /* INL_FOREVER is allowed */
    uint32_t preferred_s;
};

/* A prefix that a router leads to, though it need not be the default router (RFC 4191 2.3). */
struct inl_ra_route {
    struct inl_addr prefix;
    uint8_t len_bits;
    uint8_t pref;        /* enum inl_router_pref */
    uint32_t lifetime_s; /* INL_FOREVER is allowed; 0: no more */
};

/* What a router advertises on a link; inl_ra_init() fills in the defaults given here. */
struct inl_ra_config {
    uint32_t max_interval_s; /* MaxRtrAdvInterval, 4 .. 1800: 600 */
    uint32_t min_interval_s; /* MinRtrAdvInterval, 3 .. 3/4 of the above: a third of it */
    uint16_t lifetime_s;   /* as a default router, 0 or max_interval_s .. 9000: three times that */
    uint8_t pref;          /* enum inl_router_pref: MEDIUM */
    uint8_t hop_limit;     /* for the hosts to use: 64; 0: as they like */
    bool managed, other;   /* addresses, or other things, come by DHCPv6: false */
    uint32_t reachable_ms; /* up to 3,600,000; 0: as they like, so retrans_ms */
    uint32_t retrans_ms;
    uint32_t mtu_bytes; /* 1280 .. the link's; 0: as they like */
    unsigned prefix_count;
    struct inl_ra_prefix prefixes[INL_RA_PREFIXES_MAX];
    unsigned route_count;
    struct inl_ra_route routes[INL_RA_ROUTES_MAX];
    uint32_t dns_lifetime_s; /* of servers and search list: three times max_interval_s */
    unsigned dns_count;
    struct inl_addr dns[INL_RA_DNS_MAX];
    unsigned search_count;
    char search[INL_RA_SEARCH_MAX][64]; /* "lab.example" */
};

/* How a host makes its addresses. All zero is the default. */
struct inl_autoconf {
    bool eui64;                /* interface identifiers from the MAC address (RFC 4291), for all to
                                  recognise, and not from a secret (RFC 7217) */
    bool temporary;            /* beside the others, addresses for some hours (RFC 8981) */
    uint32_t temp_preferred_s; /* for how long at most, 0: a day */
    uint32_t temp_valid_s;     /* not below that; 0: two days */
    uint8_t secret[16];        /* of these; all zero: one made of config.seed */
};

#define INL_ROUTERS_MAX 8 /* default routers of a link that are kept */
#define INL_DNS_MAX 8
#define INL_SEARCH_MAX 4

/* What the routers of a link have said. */
struct inl_autoconf_info {
    bool managed, other;
    uint8_t hop_limit;  /* 0: none was said */
    uint32_t mtu_bytes; /* for IPv6; 0: none was said */
    unsigned router_count;
    struct {
        struct inl_addr addr;
        uint32_t lifetime_s; /* left */
        uint8_t pref;        /* enum inl_router_pref */
    } routers[INL_ROUTERS_MAX];
    unsigned dns_count;
    struct {
        struct inl_addr addr;
        uint32_t lifetime_s;
    } dns[INL_DNS_MAX];
    unsigned search_count;
    struct {
        char name[256];
        uint32_t lifetime_s;
    } search[INL_SEARCH_MAX];
};

/**
 * inl_autoconf_start - let a link configure IPv6 by itself (RFC 4861 6.3, RFC 4862)
 * @config: NULL for the default
 * It gets a link-local address that has been asked for, solicits routers, and takes from them
 * default routes, prefixes, addresses, MTU, DNS servers. Only for Ethernet links of a host that
 * does not forward. Starting anew forgets what was learnt. 0, -ENODEV, -EINVAL, -ENOMEM.
 */
INL_API int inl_autoconf_start(struct inl_stack *stack, int link,
                               const struct inl_autoconf *config);

/* Ends it: routes and addresses that came so go, the link-local one stays. 0 or -ENODEV. */
INL_API int inl_autoconf_stop(struct inl_stack *stack, int link);

/* 0, or -ENOENT where it was not started. */
INL_API int inl_autoconf_get(const struct inl_stack *stack, int link,
                             struct inl_autoconf_info *ret_info);

/* Fills *config with the defaults above. */
INL_API void inl_ra_init(struct inl_ra_config *config);

/**
 * inl_ra_start - advertise on an Ethernet link of a host that forwards (RFC 4861 6.2)
 * @config: copied; a second call changes it, and tells the hosts soon
 * 0, -ENODEV, -EINVAL, -ENOMEM.
 */
INL_API int inl_ra_start(struct inl_stack *stack, int link, const struct inl_ra_config *config);

/* Says goodbye and stops. 0 or -ENODEV. */
INL_API int inl_ra_stop(struct inl_stack *stack, int link);

/**
 * inl_addr_sort - put destinations in the order in which to try them (RFC 6724 section 6)
 * @dsts: addresses of one name, of either family; those without a way come last
 * What is alike keeps its order.
 */
INL_API void inl_addr_sort(const struct inl_stack *stack, struct inl_sockaddr *dsts, size_t n);

/* ---- links and routes, as they are ---- */

struct inl_link_info {
    int link;
    char name[16];
    bool ethernet;
    bool up;
    bool configures;     /* inl_autoconf_start() */
    bool advertises;     /* inl_ra_start() */
    uint8_t mac[6];      /* Ethernet */
    uint32_t mtu_bytes;  /* as it is used now, */
    uint32_t mtu6_bytes; /* and for IPv6; 0: too small for it */
};

/**
 * inl_link_snapshot - every link of the stack, the loopback first
 * @out: room for @max entries; may be NULL when @max is 0
 * Returns how many there are (may exceed @max; only @max are written).
 */
INL_API size_t inl_link_snapshot(const struct inl_stack *stack, struct inl_link_info *out,
                                 size_t max);

/* Who has added a route. */
enum inl_route_origin {
    INL_ROUTE_MANUAL,    /* inl_route_add() */
    INL_ROUTE_CONNECTED, /* a prefix of our addresses, or one that routers call on-link */
    INL_ROUTE_ROUTER,    /* a router's advertisement */
    INL_ROUTE_DHCP,
};

struct inl_route_info {
    struct inl_addr dst;
    unsigned prefix_len_bits;
    struct inl_addr gateway; /* inl_addr_any6: on-link, or it leads nowhere */
    int link;
    uint32_t metric;
    uint32_t weight;
    uint8_t kind;       /* enum inl_route_kind */
    uint8_t origin;     /* enum inl_route_origin */
    uint8_t pref;       /* enum inl_router_pref, of a router's */
    uint32_t expires_s; /* left; INL_FOREVER */
};

/* Every route, of IPv4 first; otherwise as inl_link_snapshot(). */
INL_API size_t inl_route_snapshot(const struct inl_stack *stack, struct inl_route_info *out,
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
