/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labfile.h - the description of a lab, and its text form
 *
 *     # comment
 *     [lab]
 *     seed = 7                            the same seed makes the same losses; random if missing
 *
 *     wait = 15s                          how long the start waits for addresses from the network
 *     nameserver = 192.0.2.1              who is asked for names outside of the lab: an address
 *                                         with or without port, or machine; nobody if missing
 *
 *     [host client]                       a host: its name
 *     net0 = 10.0.0.1/24, fd00::1/64      on link net0 with these addresses; words stand for what
 *                                         the network gives: dhcp, dhcp6, slaac (from routers),
 *                                         link-local (169.254/16), auto (all that there is)
 *     temporary-addresses = yes           beside those of slaac (no)
 *     interface-ids = mac                 of slaac: from the MAC address, not from the seed
 * (stable) forward = yes                       a router (no) mss-clamp = yes                     of
 * a router: lowers the MSS that SYNs offer to what its links carry (no) name-server = yes answers
 * names of the lab to other hosts, too (no) dhcp-server = 10.0.0.100-10.0.0.199 gives these
 * addresses away on the link whose prefix they are in; repeatable, either family; yes: of each
 * prefix dhcp-lease = 1h advertise = yes                     of a router: says so on its links with
 * IPv6, or on those that are named, with their prefixes (no) ra-interval = 600s                  at
 * most so long between two advertisements ra-lifetime = 1800s                 as a default router;
 * 0s: it is none (3 * ra-interval) ra-prefix-lifetime = 1d 4h          valid, preferred
 *     ra-preference = high                medium, low (medium)
 *     ra-flags = managed, other           what comes by DHCPv6; none (managed where dhcp-server has
 *                                         a range)
 *     ra-route = fd00:9::/48 high         leads there, too; repeatable
 *     offer-dns = fd00::53, 10.0.0.53     name servers, told by RA and DHCP; none (itself if it has
 *                                         name-server = yes)
 *     offer-search = lab                  domains; none (lab, as above)
 *     offer-mtu = 1400                    an MTU for all of the link
 *     route = 10.1.0.0/24 via 10.0.0.254  repeatable; "default via ..." is allowed; with
 *                                         "weight 2" behind them several to one prefix share it
 *     route = 10.2.0.0/24 prohibit        leads nowhere; blackhole, unreachable
 *     reverse-path = strict               of a router: what came by another link than the one that
 *                                         leads to its source is dropped; loose, off (off)
 *                                         (of one link: a word behind its addresses,
 *                                         reverse-path-strict, reverse-path-loose, reverse-path-off)
 *     source-routes = yes                 takes packets that name their way, and as a router passes
 *                                         them on (no)
 *
 *     [link net0]                         a link: all are optional, and hold for each direction
 *     delay = 20ms                        one way
 *     jitter = 5ms                        added at random, up to this
 *     loss = 1%
 *     duplicate = 0.1%
 *     reorder = 1%
 *     corrupt = 10ppm
 *     rate = 100mbit
 *     queue = 256kb                       what waits for the rate
 *     ecn-mark = 30kb                     who finds more waiting is marked, not dropped
 *     black-hole = 1300b                  longer frames vanish, and nobody is told
 *     mtu = 1500
 *     tap = NAME                          the kernel joins this link through its TAP device
 *
 *     [switch sw0]                        joins links: frames go only where they have to
 *     links = net0, net1                  the links that have a port of it; each link's keys hold
 *                                         for what the switch sends there, too
 *
 * Each mistake is told with the file, the line, what was found and what was expected; unknown
 * sections and keys are mistakes. Links must be named in a [link] section, before or after.
 */
#ifndef HOST_LABFILE_H
#define HOST_LABFILE_H

#include <inlet/addr.h>
#include <inlet/net.h>
#include <inlet/world.h>
#include <stdbool.h>
#include <stdint.h>

#define LABFILE_NAME_MAX 32
#define LABFILE_HOSTS_MAX 64
#define LABFILE_LINKS_MAX 64
#define LABFILE_PORTS_MAX 8   /* links of one host */
#define LABFILE_ADDRS_MAX 8   /* addresses of one port */
#define LABFILE_ROUTES_MAX 16 /* of one host */
#define LABFILE_RANGES_MAX 16 /* of one host: for each port and family */
#define LABFILE_OFFERS_MAX 4
#define LABFILE_WAIT_NS (15 * INL_S)
#define LABFILE_SWITCHES_MAX 16
#define LABFILE_SWITCH_LINKS_MAX 32 /* of one switch */

struct labfile_addr {
    struct inl_addr addr;
    unsigned prefix_len_bits;
};

struct labfile_port {
    char link[LABFILE_NAME_MAX];
    unsigned line;
    int link_index; /* after labfile_read() */
    /* What the network gives: by DHCP, from routers, without anybody; fallback4: link_local4 if
     * no server for dhcp4 answers; dhcp6_follow: dhcp6 if routers say that there is a server. */
    bool dhcp4, dhcp6, slaac, link_local4, fallback4, dhcp6_follow;
    bool advertise; /* after labfile_read() */
    bool own_rp_filter;
    enum inl_rp_filter rp_filter;
    unsigned addrs_n;
    struct labfile_addr addrs[LABFILE_ADDRS_MAX];
};

/* Addresses that a host gives away by DHCP. */
struct labfile_range {
    struct inl_addr first, last;
    unsigned line;
    unsigned port; /* after labfile_read() */
};

struct labfile_route {
    struct labfile_addr dst;
    struct inl_addr gateway; /* not of one that leads nowhere */
    enum inl_route_kind kind;
    uint32_t weight;
    unsigned line;
};

struct labfile_offered_route {
    struct labfile_addr prefix;
    uint8_t pref; /* enum inl_router_pref */
};

/* What a router tells hosts, by advertisements and DHCP. */
struct labfile_offers {
    unsigned advertise_line, lifetime_line, mtu_line; /* 0: not given */
    bool all_links;
    unsigned links_n;
    char links[LABFILE_PORTS_MAX][LABFILE_NAME_MAX];
    uint32_t interval_s, lifetime_s, valid_s, preferred_s, lease_s, mtu_bytes;
    uint8_t pref;
    bool has_flags, managed, other;
    bool has_dns, has_search; /* they were given, if only as "none" */
    unsigned routes_n, dns_n, search_n;
    struct labfile_offered_route routes[INL_RA_ROUTES_MAX];
    struct inl_addr dns[LABFILE_OFFERS_MAX];
    char search[LABFILE_OFFERS_MAX][64];
};

struct labfile_host {
    char name[LABFILE_NAME_MAX];
    bool forward;
    bool mss_clamp;
    enum inl_rp_filter rp_filter;
    bool source_routes;
    bool name_server;        /* answers names of the lab on all its addresses */
    bool temporary, eui64;   /* addresses of slaac */
    unsigned serve_all_line; /* "dhcp-server = yes"; 0: no */
    struct labfile_offers offers;
    bool transparent; /* the gateway of a private lab; not in the text form */
    unsigned ports_n, routes_n, ranges_n;
    struct labfile_port ports[LABFILE_PORTS_MAX];
    struct labfile_route routes[LABFILE_ROUTES_MAX];
    struct labfile_range ranges[LABFILE_RANGES_MAX];
};

struct labfile_link {
    char name[LABFILE_NAME_MAX];
    struct inl_impair impair;
    uint32_t mtu_bytes;
    char tap[16]; /* "": none */
    int domain;   /* links that switches join have the same */
};

struct labfile_switch {
    char name[LABFILE_NAME_MAX];
    unsigned line; /* of its links */
    unsigned links_n;
    char links[LABFILE_SWITCH_LINKS_MAX][LABFILE_NAME_MAX];
    int link_index[LABFILE_SWITCH_LINKS_MAX]; /* after labfile_read() */
};

struct labfile {
    char name[LABFILE_NAME_MAX];
    bool has_seed;
    uint64_t seed;
    inl_dur wait_ns;
    bool has_dns;            /* whom to ask about names outside of the lab; a private lab's
                                gateway: in place of the machine's */
    struct inl_sockaddr dns; /* port 0: the machine's nameserver */
    unsigned hosts_n, links_n, switches_n;
    struct labfile_host hosts[LABFILE_HOSTS_MAX];
    struct labfile_link links[LABFILE_LINKS_MAX];
    struct labfile_switch switches[LABFILE_SWITCHES_MAX];
};

/* Makes an empty description: 0 or -ENOMEM. Freed with labfile_free(). */
int labfile_new(const char *name, struct labfile **ret_file);
void labfile_free(struct labfile *file);

/* Reads a file; its name is the file's name without folder and suffix. Mistakes are told on
 * stderr, the first 20 of them. 0, or -errno (-EINVAL: mistakes). */
int labfile_read(const char *path, struct labfile **ret_file);

/* Builds a description in code: the index or -ENOSPC. */
int labfile_host_add(struct labfile *file, const char *name);
int labfile_link_add(struct labfile *file, const char *name);
int labfile_port_add(struct labfile *file, int host, int link);
int labfile_addr_add(struct labfile *file, int host, int port, const struct inl_addr *addr,
                     unsigned prefix_len_bits);
int labfile_default_route_add(struct labfile *file, int host, const struct inl_addr *gateway);

/* -1: none */
int labfile_find_host(const struct labfile *file, const char *name);
int labfile_find_link(const struct labfile *file, const char *name);
/* The index of the port whose prefixes have that address, or -1. */
int labfile_port_of(const struct labfile_host *h, const struct inl_addr *addr);

#endif
