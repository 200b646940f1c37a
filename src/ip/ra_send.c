/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra_send.c - being a router that says so (RFC 4861 6.2)
 *
 * Advertisements go to all nodes at random intervals between the two that are configured; the first
 * three at most 16 s apart, so that hosts which were there before hear of the router soon. A
 * solicitation brings the next one forward, to within half a second, but never to within three
 * seconds of the last. So a thousand solicitations bring as many advertisements as one.
 *
 * Who stops says so with a lifetime of zero. The source is the link-local address; until there is
 * one, nothing is sent.
 *
 * What other routers of the link advertise is compared with what we do (6.2.7): a difference is
 * counted and told, and nothing else.
 *
 * Does not do: answers to one host only.
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ipproto.h"
#include "wire/ra.h"

#include <errno.h>
#include <string.h>

/* RFC 4861 10 */
#define RA_INITIAL_INTERVAL_NS (16 * INL_S)
#define RA_INITIAL_COUNT 3
#define RA_MIN_DELAY_NS (3 * INL_S)
#define RA_REPLY_DELAY_NS (500 * INL_MS)
#define RA_LIFETIME_MAX_S 9000

struct ip_ra_send {
    struct inl_ra_config config;
    struct timer timer;
    inl_time last; /* sent to all */
    int link;
    uint8_t initial; /* of the first ones, sent */
    bool asked;      /* somebody waits for the next one */
    bool sent;       /* `last` says when */
};

static const struct inl_addr all_nodes = {{0xff, 2, [15] = 1}};

void inl_ra_init(struct inl_ra_config *c) {
    *c = (struct inl_ra_config){
        .max_interval_s = 600,
        .min_interval_s = 200,
        .lifetime_s = 1800,
        .hop_limit = 64,
        .dns_lifetime_s = 1800,
    };
}

static bool ra_prefix_ok(const struct inl_ra_prefix *p) {
    return p->len_bits <= 128 && p->preferred_s <= p->valid_s && !inl_addr_is4(&p->prefix) &&
           !inl_addr_is_link_local(&p->prefix) && !inl_addr_is_multicast(&p->prefix);
}

static bool ra_route_ok(const struct inl_ra_route *r) {
    return r->len_bits <= 128 && r->pref <= INL_ROUTER_LOW && !inl_addr_is4(&r->prefix) &&
           !inl_addr_is_link_local(&r->prefix) && !inl_addr_is_multicast(&r->prefix);
}

static bool ra_lists_ok(const struct inl_ra_config *c) {
    struct dns_name name;

    if (c->prefix_count > INL_RA_PREFIXES_MAX || c->route_count > INL_RA_ROUTES_MAX ||
        c->dns_count > INL_RA_DNS_MAX || c->search_count > INL_RA_SEARCH_MAX) {
        return false;
    }
    for (unsigned i = 0; i < c->prefix_count; i++) {
        if (!ra_prefix_ok(&c->prefixes[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < c->route_count; i++) {
        if (!ra_route_ok(&c->routes[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < c->dns_count; i++) {
        if (inl_addr_is4(&c->dns[i]) || inl_addr_is_any(&c->dns[i]) ||
            inl_addr_is_multicast(&c->dns[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < c->search_count; i++) {
        if (!memchr(c->search[i], 0, sizeof(c->search[i])) || !dns_name_set(&name, c->search[i])) {
            return false;
        }
    }
    return true;
}

static bool ra_config_ok(const struct inl_ra_config *c, uint32_t link_mtu_bytes) {
    return c->max_interval_s <= 1800 && c->min_interval_s >= 3 &&
           c->min_interval_s * 4 <= c->max_interval_s * 3 && /* so the other is 4 s at least */
           (c->lifetime_s == 0 ||
            (c->lifetime_s >= c->max_interval_s && c->lifetime_s <= RA_LIFETIME_MAX_S)) &&
           c->pref <= INL_ROUTER_LOW && c->reachable_ms <= NEIGH_REACHABLE_MAX_MS &&
           (c->mtu_bytes == 0 || (c->mtu_bytes >= 1280 && c->mtu_bytes <= link_mtu_bytes)) &&
           ra_lists_ok(c);
}

static bool ra_transmit(struct ip *ip, const struct ip_ra_send *r, bool final,
                        enum inl_cause cause) {
    size_t len = ra_len(&r->config);
    struct ip_tx tx = {.dst = all_nodes, .cause = cause, .proto = IP_PROTO_ICMP6, .ttl = 255};
    struct pkt *pkt;
    struct wr w;

    if (!ip_link_is_up(ip, r->link) || ip_addr_select(ip, r->link, &all_nodes, &tx.src) != 0 ||
        !inl_addr_is_link_local(&tx.src)) {
        return false;
    }
    pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + len);
    if (!pkt) {
        ip_mib_icmp_unsent(ip_icmp_mib(ip, false));
        env_drop(ip->env, INL_DROP_NO_MEMORY);
        return false;
    }
    ip_mib_icmp_out(ip_icmp_mib(ip, false), ICMP6_ROUTER_ADVERT);
    ip_mib(ip, r->link, false)->n[IP_MIB_OUT_REQUESTS]++;
    pkt->cause = cause;
    w = wr_init(pkt_put(pkt, len), len);
    ra_emit(&w, &r->config, ip->links[r->link].config.mac, final, &tx.src, &tx.dst);
    ip6_push(ip, pkt, &tx, &tx.src);
    ip_link_output(ip, pkt, r->link, &tx.dst, true);
    return true;
}

static inl_dur ra_interval(struct ip *ip, const struct ip_ra_send *r) {
    inl_dur least = r->config.min_interval_s * INL_S, most = r->config.max_interval_s * INL_S;
    inl_dur wait = least + (inl_dur)rng_below(&ip->env->rng, (uint64_t)(most - least) + 1);

    return r->initial < RA_INITIAL_COUNT && wait > RA_INITIAL_INTERVAL_NS ? RA_INITIAL_INTERVAL_NS
                                                                          : wait;
}

void ip_ra_send_timer(struct ip *ip, struct timer *timer) {
    struct ip_ra_send *r = TIMER_ENTRY(timer, struct ip_ra_send, timer);

    if (ra_transmit(ip, r, false, r->asked ? INL_CAUSE_RA_REPLY : INL_CAUSE_RA_PERIODIC)) {
        r->last = ip->env->now;
        r->sent = true;
        r->asked = false;
        if (r->initial < RA_INITIAL_COUNT) {
            r->initial++;
        }
    }
    timer_arm(&ip->env->wheel, &r->timer, inl_time_add(ip->env->now, ra_interval(ip, r)));
}

/* 6.1.1, 6.2.6 */
enum inl_drop ip_rs_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m) {
    struct ip_ra_send *r = ip->links[rx->link].ra_send;
    inl_dur delay;
    inl_time when;

    if (inl_addr_is_any(&rx->src) && m->has_source_ll) {
        return INL_DROP_BAD_SOURCE;
    }
    if (m->has_source_ll && eth_is_group(m->source_ll)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (!r) {
        return INL_DROP_RA_UNWANTED;
    }
    if (m->has_source_ll) {
        ip_neigh_asked(ip, rx->link, &rx->src, m->source_ll);
    }
    delay = (inl_dur)rng_below(&ip->env->rng, (uint64_t)RA_REPLY_DELAY_NS + 1);
    when = inl_time_add(ip->env->now, delay);
    if (r->sent) {
        when = inl_time_max(when, inl_time_add(r->last, RA_MIN_DELAY_NS + delay));
    }
    if (!timer_armed(&r->timer) || inl_time_before(when, r->timer.due)) {
        r->asked = true;
        timer_arm(&ip->env->wheel, &r->timer, when);
    }
    return INL_DROP_NONE;
}

/* ---- other routers ---- */

/* A value of 0 says nothing. */
static bool ra_agree(uint32_t a, uint32_t b) {
    return a == 0 || b == 0 || a == b;
}

/* The lifetimes of a prefix that we advertise, too; others are no business of ours. */
static bool ra_agree_prefix(const struct inl_ra_config *c, const struct ra_opt *o) {
    for (unsigned i = 0; i < c->prefix_count; i++) {
        const struct inl_ra_prefix *p = &c->prefixes[i];

        if (p->len_bits == o->bits && inl_addr_match(&p->prefix, &o->prefix, o->bits)) {
            return p->valid_s == o->lifetime_s && p->preferred_s == o->preferred_s;
        }
    }
    return true;
}

bool ip_ra_consistent(const struct ip *ip, int link, const struct nd_msg *m) {
    const struct ip_ra_send *r = ip->links[link].ra_send;
    const struct inl_ra_config *c = r ? &r->config : NULL;
    struct rd options = m->options;
    struct ra_opt o;

    if (!c) {
        return true;
    }
    if (!ra_agree(c->hop_limit, m->hop_limit) || !ra_agree(c->reachable_ms, m->reachable_ms) ||
        !ra_agree(c->retrans_ms, m->retrans_ms) || c->managed != m->managed ||
        c->other != m->other) {
        return false;
    }
    while (ra_next(&options, &o)) {
        if ((o.type == ND_OPT_MTU && !ra_agree(c->mtu_bytes, o.mtu_bytes)) ||
            (o.type == ND_OPT_PREFIX && !ra_agree_prefix(c, &o))) {
            return false;
        }
    }
    return true;
}

/* ---- life ---- */

int ip_ra_start(struct ip *ip, int link, const struct inl_ra_config *config) {
    struct ip_ra_send *r;

    if (!ip_link_exists(ip, link)) {
        return -ENODEV;
    }
    if (!ip->forward || ip_link_kind(ip, link) != INL_LINK_ETHERNET ||
        !ra_config_ok(config, ip_link_mtu(ip, link))) {
        return -EINVAL;
    }
    r = ip->links[link].ra_send;
    if (!r) {
        r = mem_zalloc(&ip->env->mem, sizeof(*r));
        if (!r) {
            return -ENOMEM;
        }
        timer_init(&r->timer, TIMER_IP_RA_SEND);
        ip->links[link].ra_send = r;
    }
    r->config = *config;
    r->link = link;
    r->initial = 0;
    timer_arm(&ip->env->wheel, &r->timer,
              r->sent ? inl_time_max(ip->env->now, inl_time_add(r->last, RA_MIN_DELAY_NS))
                      : ip->env->now);
    return 0;
}

static void ra_free(struct ip *ip, int link) {
    struct ip_ra_send *r = ip->links[link].ra_send;

    if (r) {
        timer_cancel(&ip->env->wheel, &r->timer);
        mem_free(&ip->env->mem, r, sizeof(*r));
        ip->links[link].ra_send = NULL;
    }
}

int ip_ra_stop(struct ip *ip, int link) {
    if (!ip_link_exists(ip, link)) {
        return -ENODEV;
    }
    if (ip->links[link].ra_send) {
        ra_transmit(ip, ip->links[link].ra_send, true, INL_CAUSE_RA_FINAL); /* 6.2.5 */
        ra_free(ip, link);
    }
    return 0;
}

void ip_ra_done(struct ip *ip, int link) {
    ra_free(ip, link);
}

/* A link that comes up has hosts that know nothing yet. */
void ip_ra_link(struct ip *ip, int link, bool up) {
    struct ip_ra_send *r = ip->links[link].ra_send;

    if (r && up) {
        r->initial = 0;
        timer_arm(&ip->env->wheel, &r->timer, ip->env->now);
    } else if (r) {
        timer_cancel(&ip->env->wheel, &r->timer);
    }
}
