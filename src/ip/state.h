/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - struct ip: the parts of the Internet layer side by side
 *
 * Each part is written by its own file only: links by link.c (and the list of
 * addresses by addr.c), addrs by addr.c, routes by route.c, gateways by gateway.c, neighs by
 * neigh.c, redirects by redirect.c, rates by rate.c, reass by reass.c, pmtus by pmtu.c, ids by
 * ipid.c, sent by sent.c, groups by group.c. `gen` is raised by whoever changes what a path depends
 * on.
 */
#ifndef IP_STATE_H
#define IP_STATE_H

#include "base/env.h"
#include "ip/addr.h"
#include "ip/gateway.h"
#include "ip/group.h"
#include "ip/ip.h"
#include "ip/ipid.h"
#include "ip/link.h"
#include "ip/mib.h"
#include "ip/neigh.h"
#include "ip/pmtu.h"
#include "ip/quick.h"
#include "ip/rate.h"
#include "ip/reass.h"
#include "ip/redirect.h"
#include "ip/route.h"
#include "ip/sent.h"

/* Kinds of timers that ip_timer() knows. */
enum ip_timer_kind {
    TIMER_IP_NEIGH = TIMER_IP + 1,
    TIMER_IP_ACD,
    TIMER_IP_REDIRECT,
    TIMER_IP_DAD,
    TIMER_IP_ADDR,
    TIMER_IP_RS,
    TIMER_IP_AUTO,
    TIMER_IP_TEMP,
    TIMER_IP_RA_SEND,
    TIMER_IP_REASS,
    TIMER_IP_GROUP,        /* one group: an answer, a report */
    TIMER_IP_GROUP_CHANGE, /* a link: changes */
    TIMER_IP_GROUP_ALL,    /* a link: an answer about all */
};

/* The last answer of ip_path_recall(), valid as long as its path is. */
struct ip_path_memo {
    struct inl_addr dst;
    struct inl_addr src;
    uint32_t scope;
    struct ip_path path;
};

struct ip {
    struct env *env;
    uint64_t gen;       /* never 0, so that a zeroed path is not valid */
    uint64_t stamp_gen; /* the same of what a stamp depends on besides (stamp.h) */
    bool forward;
    bool mss_clamp;
    bool transparent;
    bool strict_martians;
    bool source_routes;
    enum inl_rp_filter rp_filter;
    uint8_t ttl;
    struct inl_icmp_config icmp;
    uint8_t dad_transmits;
    uint8_t hash_key[16];
    uint8_t secret[16]; /* of stable addresses: the same for the same seed */
    ip_ra_flags_fn ra_flags;
    void *ra_flags_ctx;
    struct ip_link links[INL_LINKS_MAX];
    struct ip_addrs addrs;
    struct ip_routes routes;
    struct ip_path_memo path;
    struct ip_gateways gateways;
    struct ip_neighs neighs;
    const struct ip_ahead *ahead; /* of the frame whose turn it is; NULL: nothing is known */
    struct ip_redirects redirects;
    struct ip_reass reass;
    struct ip_groups groups;
    struct ip_pmtus pmtus;
    struct ip_ids ids;
    struct ip_sent sent;
    struct ip_rate rates[IP_RATE_KINDS];
    struct ip_proto protos[256];
    struct ip_raw raw;
    struct ip_mib mibs[IP_MIB_LINKS][IP_MIB_VERSIONS]; /* where packets pass */
    struct ip_icmp_mib icmp_mibs[IP_MIB_VERSIONS];     /* where messages pass */
    struct ip_quick quick;
};

/* link: or IP_MIB_NO_LINK. */
static inline struct ip_mib *ip_mib(struct ip *ip, int link, bool is4) {
    return &ip->mibs[link][is4 ? 0 : 1];
}

static inline struct ip_icmp_mib *ip_icmp_mib(struct ip *ip, bool is4) {
    return &ip->icmp_mibs[is4 ? 0 : 1];
}

#endif
