/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ways.c - the routes by way of routers that advertise: which of them is used
 * (RFC 4861 6.3.6, RFC 4191 3.2 type C, RFC 7048 3)
 *
 * A router is reachable as far as one knows, or nothing is known of it, or it did not answer. For
 * one prefix this order comes first, the router's preference second; among those that did not
 * answer, the one that failed longest ago. The metric of a route is made of these three, so that
 * the routing table needs to know nothing of routers. A route to a longer prefix by way of a router
 * that did not answer is taken out while another router has a route that covers it.
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/redirect.h"
#include "ip/route.h"
#include "ip/state.h"
#include "wire/ra.h"

#include <string.h>

enum way_class {
    WAY_REACHABLE,
    WAY_UNKNOWN,
    WAY_FAILED,
};

static enum way_class way_class(const struct ip *ip, const struct ip_auto *au,
                                const struct auto_way *w) {
    const struct neigh *n = ip_neigh_get(ip, au->link, &w->router);

    if (n && (n->state == NEIGH_FAILED || n->state == NEIGH_UNREACHABLE)) {
        return WAY_FAILED;
    }
    if (!n && w->failed) { /* forgotten meanwhile; nothing good has been heard since */
        return WAY_FAILED;
    }
    return n && n->state != NEIGH_INCOMPLETE ? WAY_REACHABLE : WAY_UNKNOWN;
}

/* 0 is best. */
static unsigned way_pref(const struct auto_way *w) {
    static const unsigned prefs[] = {
        [INL_ROUTER_HIGH] = 0, [INL_ROUTER_MEDIUM] = 1, [INL_ROUTER_LOW] = 2};

    return prefs[w->pref];
}

static uint32_t way_metric(const struct ip *ip, const struct ip_auto *au,
                           const struct auto_way *w) {
    enum way_class class = way_class(ip, au, w);
    uint32_t rank = 0;

    if (class == WAY_FAILED) {
        for (int i = 0; i < AUTO_WAYS_MAX; i++) {
            rank += au->ways[i].used && au->ways[i].failed < w->failed;
        }
        return AUTO_METRIC + 256 * class + rank;
    }
    return AUTO_METRIC + 256 * class + way_pref(w);
}

/* Has a router that works a route that covers this one? */
static bool way_is_covered(const struct ip *ip, const struct ip_auto *au,
                           const struct auto_way *w) {
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        const struct auto_way *o = &au->ways[i];

        if (o->used && !inl_addr_eq(&o->router, &w->router) && o->bits <= w->bits &&
            inl_addr_match(&o->prefix, &w->prefix, o->bits) && way_class(ip, au, o) != WAY_FAILED) {
            return true;
        }
    }
    return false;
}

static struct inl_route way_route(const struct ip_auto *au, const struct auto_way *w) {
    return (struct inl_route){.dst = w->prefix,
                              .prefix_len_bits = w->bits,
                              .gateway = w->router,
                              .link = au->link,
                              .metric = w->metric};
}

static void way_set(struct ip *ip, const struct ip_auto *au, struct auto_way *w, bool in,
                    uint32_t metric) {
    struct inl_route route;

    if (w->installed && (!in || w->metric != metric)) {
        route = way_route(au, w);
        ip_route_del(ip, &route);
        w->installed = false;
    }
    if (in && !w->installed) {
        w->metric = metric;
        route = way_route(au, w);
        w->installed = ip_route_add_from(ip, &route, INL_ROUTE_ROUTER) ==
                       0; /* a person may have the same: his stays */
    }
}

void ip_ways_apply(struct ip *ip, struct ip_auto *au) {
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        struct auto_way *w = &au->ways[i];

        if (w->used && !inl_time_before(ip->env->now, w->until)) {
            way_set(ip, au, w, false, 0);
            w->used = false;
        }
    }
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        struct auto_way *w = &au->ways[i];

        if (w->used) {
            bool out = way_class(ip, au, w) == WAY_FAILED && way_is_covered(ip, au, w);

            way_set(ip, au, w, !out, way_metric(ip, au, w));
        }
    }
}

static bool way_is(const struct auto_way *w, const struct inl_addr *router,
                   const struct inl_addr *prefix, unsigned bits) {
    return w->used && w->bits == bits && inl_addr_eq(&w->router, router) &&
           inl_addr_eq(&w->prefix, prefix);
}

/* A place for a new one: free, or of a router that is known not to answer. Default routes and
 * others have places of their own, so that neither can fill those of the other. */
static struct auto_way *way_place(struct ip *ip, struct ip_auto *au, unsigned bits) {
    int first = bits == 0 ? 0 : AUTO_DEFAULT_WAYS_MAX;
    int end = bits == 0 ? AUTO_DEFAULT_WAYS_MAX : AUTO_WAYS_MAX;
    struct auto_way *failed = NULL;

    for (int i = first; i < end; i++) {
        struct auto_way *w = &au->ways[i];

        if (!w->used) {
            return w;
        }
        if (!failed && way_class(ip, au, w) == WAY_FAILED) {
            failed = w;
        }
    }
    if (failed) {
        way_set(ip, au, failed, false, 0);
    }
    return failed;
}

bool ip_way_heard(struct ip *ip, struct ip_auto *au, const struct inl_addr *router,
                  const struct inl_addr *prefix, unsigned bits, unsigned pref,
                  uint32_t lifetime_s) {
    struct auto_way *w = NULL;

    for (int i = 0; i < AUTO_WAYS_MAX && !w; i++) {
        w = way_is(&au->ways[i], router, prefix, bits) ? &au->ways[i] : NULL;
    }
    if (!w && lifetime_s == 0) {
        return true;
    }
    if (!w) {
        w = way_place(ip, au, bits);
        if (!w) {
            return false;
        }
        *w = (struct auto_way){
            .used = true, .router = *router, .prefix = *prefix, .bits = (uint8_t)bits};
    }
    w->pref = (uint8_t)pref;
    w->until = lifetime_s == INL_FOREVER ? INL_TIME_NEVER
                                         : inl_time_add(ip->env->now, (inl_dur)lifetime_s * INL_S);
    return true;
}

void ip_way_info(const struct ip *ip, struct inl_route_info *info) {
    const struct ip_auto *au = ip->links[info->link].autoconf;

    for (int i = 0; au && i < AUTO_WAYS_MAX; i++) {
        const struct auto_way *w = &au->ways[i];

        if (w->installed && w->bits == info->prefix_len_bits &&
            inl_addr_eq(&w->router, &info->gateway) && inl_addr_eq(&w->prefix, &info->dst)) {
            info->pref = w->pref;
            info->expires_s = ip_addr_left_s(ip, w->until);
        }
    }
}

bool ip_way_of(const struct ip_auto *au, const struct inl_addr *router) {
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        if (au->ways[i].used && inl_addr_eq(&au->ways[i].router, router)) {
            return true;
        }
    }
    return false;
}

unsigned ip_way_rank(const struct ip *ip, const struct ip_auto *au, const struct inl_addr *router,
                     const struct inl_addr *dst) {
    struct auto_way none = {.router = *router};
    unsigned best = way_class(ip, au, &none) == WAY_FAILED ? 0 : 1;

    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        const struct auto_way *w = &au->ways[i];
        enum way_class class =
            w->used && inl_addr_eq(&w->router, router) && inl_addr_match(&w->prefix, dst, w->bits)
                ? way_class(ip, au, w)
                : WAY_FAILED;
        unsigned rank = 0;

        if (class != WAY_FAILED) {
            rank = (w->bits + 1u) << 4 | (class == WAY_REACHABLE ? 8u : 0) | (3u - way_pref(w));
        }
        best = rank > best ? rank : best;
    }
    return best;
}

void ip_ways_neigh(struct ip *ip, int link, const struct inl_addr *addr, bool failed) {
    struct ip_auto *au = ip->links[link].autoconf;

    if (!au) {
        return;
    }
    ip->gen += ip_way_gives_any(au, addr); /* for sources of its prefixes */
    if (!ip_way_of(au, addr)) {
        return;
    }
    au->failures += failed;
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        if (au->ways[i].used && inl_addr_eq(&au->ways[i].router, addr)) {
            au->ways[i].failed = failed ? au->failures : 0;
        }
    }
    ip_ways_apply(ip, au);
}

/* RFC 4861 7.2.5: it has become a host. */
void ip_ways_no_router(struct ip *ip, int link, const struct inl_addr *addr) {
    struct ip_auto *au = ip->links[link].autoconf;

    ip_redirect_forget(ip, link, addr);
    if (!au) {
        return;
    }
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        if (au->ways[i].used && inl_addr_eq(&au->ways[i].router, addr)) {
            au->ways[i].until = ip->env->now;
        }
    }
    ip_ways_apply(ip, au);
}
