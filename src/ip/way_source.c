/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * way_source.c - which router advertises which prefix, and what follows (RFC 8028)
 *
 * A router that advertises a prefix can be trusted to bring packets from addresses of that prefix on
 * their way; another may well be of a provider who drops them as forged (RFC 2827). So a packet by
 * way of a router gets a source of that router's prefix (rule 5.5 of RFC 6724 5: srcaddr.c); and a
 * packet whose source is settled goes by way of a router that advertises its prefix, whatever the
 * preferences of routers say (RFC 8028 3.1, 3.2). Among several, RFC 4191 3.2 decides: who answers,
 * has the longest route to the destination, and then the highest preference; one that advertises no
 * route that fits is the last choice, but is one.
 *
 * This does not change routes of persons, nor where there is no route at all: a network whose routers
 * all say that they are no way out stays without one. Routers of the source that do not answer count
 * for nothing.
 *
 * The table of prefixes has AUTO_GIVEN_MAX places a link; who was first stays.
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/route.h"
#include "ip/state.h"
#include "wire/ra.h"

static bool given_holds(const struct ip *ip, const struct auto_given *g,
                        const struct inl_addr *addr) {
    return g->used && inl_time_before(ip->env->now, g->until) &&
           inl_addr_match(&g->prefix, addr, g->bits);
}

void ip_way_gave(struct ip *ip, struct ip_auto *au, const struct inl_addr *router,
                 const struct ra_opt *o) {
    struct auto_given *place = NULL;

    for (int i = 0; i < AUTO_GIVEN_MAX; i++) {
        struct auto_given *g = &au->given[i];

        if (g->used && !inl_time_before(ip->env->now, g->until)) {
            g->used = false;
        }
        if (g->used && g->bits == o->bits && inl_addr_eq(&g->router, router) &&
            inl_addr_eq(&g->prefix, &o->prefix)) {
            place = g;
            break;
        }
        place = !place && !g->used ? g : place;
    }
    if (!place || (!place->used && o->lifetime_s == 0)) {
        return;
    }
    ip->gen += !place->used || o->lifetime_s == 0;
    *place = (struct auto_given){
        .used = o->lifetime_s > 0,
        .router = *router,
        .prefix = o->prefix,
        .bits = o->bits,
        .until = o->lifetime_s == INL_FOREVER
                     ? INL_TIME_NEVER
                     : inl_time_add(ip->env->now, (inl_dur)o->lifetime_s * INL_S)};
}

bool ip_way_gives(const struct ip *ip, int link, const struct inl_addr *router,
                  const struct inl_addr *addr) {
    const struct ip_auto *au = ip->links[link].autoconf;

    for (int i = 0; au && i < AUTO_GIVEN_MAX; i++) {
        if (given_holds(ip, &au->given[i], addr) && inl_addr_eq(&au->given[i].router, router)) {
            return true;
        }
    }
    return false;
}

bool ip_way_gives_any(const struct ip_auto *au, const struct inl_addr *router) {
    for (int i = 0; i < AUTO_GIVEN_MAX; i++) {
        if (au->given[i].used && inl_addr_eq(&au->given[i].router, router)) {
            return true;
        }
    }
    return false;
}

/* The best router that advertises the prefix of @src, or NULL. */
static const struct inl_addr *router_for(const struct ip *ip, const struct ip_auto *au,
                                         const struct inl_addr *src, const struct inl_addr *dst) {
    const struct inl_addr *best = NULL;
    unsigned best_rank = 0;

    for (int i = 0; i < AUTO_GIVEN_MAX; i++) {
        const struct auto_given *g = &au->given[i];
        unsigned rank = given_holds(ip, g, src) ? ip_way_rank(ip, au, &g->router, dst) : 0;

        if (rank > best_rank) {
            best_rank = rank;
            best = &g->router;
        }
    }
    return best;
}

void ip_way_by_source(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                      struct ip_hop *hop) {
    const struct ip_addr *a =
        inl_addr_is4(dst) || inl_addr_is_any(src) ? NULL : ip_addr_find(ip, src, IP_LINK_ANY);
    const struct ip_auto *au = a ? ip->links[a->link].autoconf : NULL;
    const struct inl_addr *router;

    if (!au || ip_way_gives(ip, hop->link, &hop->gateway, src)) {
        return;
    }
    router = router_for(ip, au, src, dst);
    if (router && ip_link_is_up(ip, a->link) && ip_route_is_advertised(ip, dst)) {
        *hop = (struct ip_hop){.gateway = *router, .link = a->link};
    }
}
