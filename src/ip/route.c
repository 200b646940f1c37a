/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.c - longest-prefix match (see route.h), RFC 1122 3.3.1, RFC
 * 1812 5.2.4.3
 *
 * A prefix holds its routes in order of metric; the first whose link is up is
 * taken, of those whose gateway answers (gateway.c) if there is one. If no link
 * is up, the next shorter prefix is asked. How a prefix is found: lpm.c.
 *
 * Several routes with a weight, to one prefix and with the same metric, are
 * alternatives: each flow takes one. Without a weight the first takes all, so a
 * router that advertises itself cannot take a share from those before it. Which one is decided by
 * highest random weight: a keyed hash of flow and next hop gives each a score, the best wins (RFC
 * 2991 asks for stability). So when a next hop comes or goes, only flows that it gets or had move.
 * A weight of n is n scores.
 *
 * Nearly every prefix has one route. Where that leads is found in the trie itself (lpm_value()), so
 * that a packet touches neither prefix nor route; how the link and the gateway fare is asked then.
 *
 * Does not do: policy, caching (a path of ip.h is the cache).
 */
#include "ip/route.h"
#include "base/siphash.h"
#include "ip/addr.h"
#include "ip/ahead.h"
#include "ip/autoconf.h"
#include "ip/gateway.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

struct route {
    uint32_t metric;
    uint32_t weight;
    uint8_t kind;       /* enum inl_route_kind */
    uint8_t origin;     /* enum inl_route_origin */
    uint32_t connected; /* how many addresses of ours imply it; 0: added by hand */
    struct ip_hop hop;
    struct gateway *gateway; /* or the link, if there is none; NULL: of another kind than unicast */
    struct list node;
    uint64_t id; /* of the next hop: a keyed hash */
};

/* Most prefixes have one route. It lies in the prefix, so that a lookup among many of them touches
 * one block of memory less. */
struct route_prefix {
    struct lpm_leaf leaf;
    bool own_taken;
    struct list routes; /* struct route, in order of metric */
    struct route own;   /* one of these, if taken */
};

static struct route_prefix *prefix_of(struct lpm_leaf *leaf) {
    return (struct route_prefix *)leaf; /* its first member */
}

static struct route_prefix *prefix_find(const struct ip *ip, const struct inl_addr *addr,
                                        unsigned bits) {
    return prefix_of(lpm_find(&ip->routes.prefixes, addr, bits));
}

static struct route_prefix *prefix_get(struct ip *ip, const struct inl_addr *addr, unsigned bits) {
    struct route_prefix *p = prefix_find(ip, addr, bits);

    if (p) {
        return p;
    }
    p = mem_zalloc(&ip->env->mem, sizeof(*p));
    if (!p) {
        return NULL;
    }
    list_init(&p->routes);
    p->leaf.dst = inl_addr_mask(addr, bits);
    p->leaf.bits = (uint8_t)bits;
    if (lpm_insert(&ip->routes.prefixes, &p->leaf) != 0) {
        mem_free(&ip->env->mem, p, sizeof(*p));
        return NULL;
    }
    return p;
}

/* Most lookups need no more than where the only route leads: that is the prefix's value. */
static void prefix_changed(struct ip *ip, const struct route_prefix *p) {
    const struct list *first = p->routes.next;
    struct gateway *only = NULL;

    if (!list_empty(&p->routes) && first->next == &p->routes) {
        only = LIST_ENTRY(first, struct route, node)->gateway;
    }
    lpm_set_value(&ip->routes.prefixes, &p->leaf, only);
}

/* Frees a prefix that has no routes (any more). */
static void prefix_put(struct ip *ip, struct route_prefix *p) {
    if (!list_empty(&p->routes)) {
        return;
    }
    lpm_remove(&ip->routes.prefixes, &p->leaf);
    mem_free(&ip->env->mem, p, sizeof(*p));
}

static struct route *route_alloc(struct ip *ip, struct route_prefix *p) {
    if (p->own_taken) {
        return mem_zalloc(&ip->env->mem, sizeof(struct route));
    }
    p->own_taken = true;
    p->own = (struct route){0};
    return &p->own;
}

/* Not in the list (any more). */
static void route_release(struct ip *ip, struct route_prefix *p, struct route *r) {
    if (r == &p->own) {
        p->own_taken = false;
    } else {
        mem_free(&ip->env->mem, r, sizeof(*r));
    }
}

static struct route *route_find(const struct route_prefix *p, const struct ip_hop *hop,
                                enum inl_route_kind kind, bool connected) {
    struct list *it;

    LIST_FOREACH(it, &p->routes) {
        struct route *r = LIST_ENTRY(it, struct route, node);

        if (r->hop.link == hop->link && inl_addr_eq(&r->hop.gateway, &hop->gateway) &&
            r->kind == kind && (r->connected > 0) == connected) {
            return r;
        }
    }
    return NULL;
}

static void route_insert(struct route_prefix *p, struct route *r) {
    struct list *it;

    LIST_FOREACH(it, &p->routes) {
        if (LIST_ENTRY(it, struct route, node)->metric > r->metric) {
            break;
        }
    }
    list_add_tail(it, &r->node); /* before `it`, or last */
}

static struct route *route_new(struct ip *ip, const struct inl_addr *dst, unsigned bits,
                               const struct ip_hop *hop, const struct inl_route *asked,
                               enum inl_route_origin origin) {
    struct route_prefix *p = prefix_get(ip, dst, bits);
    struct route *r;

    if (!p) {
        return NULL;
    }
    r = route_alloc(ip, p);
    if (!r) {
        return NULL; /* there are others, then */
    }
    if (asked->kind == INL_ROUTE_UNICAST) {
        r->gateway = ip_gateway_get(ip, hop);
        if (!r->gateway) {
            route_release(ip, p, r);
            prefix_put(ip, p);
            return NULL;
        }
    }
    r->hop = *hop;
    r->id = siphash_addrs(ip->hash_key, &hop->gateway, &INL_ADDR_ANY, (uint32_t)hop->link);
    r->metric = asked->metric;
    r->weight = asked->weight;
    r->kind = (uint8_t)asked->kind;
    r->origin = (uint8_t)origin;
    route_insert(p, r);
    prefix_changed(ip, p);
    ip->gen++;
    return r;
}

static void route_free(struct ip *ip, struct route_prefix *p, struct route *r) {
    list_del(&r->node);
    prefix_changed(ip, p);
    ip_gateway_put(ip, r->gateway);
    route_release(ip, p, r);
    prefix_put(ip, p);
    ip->gen++;
}

static bool kind_ok(const struct inl_route *route) {
    return route->kind == INL_ROUTE_UNICAST ||
           ((int)route->kind > INL_ROUTE_UNICAST && route->kind <= INL_ROUTE_PROHIBIT &&
            route->link == 0 && inl_addr_is_any(&route->gateway));
}

/* The bits and hop of a route that is asked for; 0, -ENODEV, -EINVAL. */
static int route_check(const struct ip *ip, const struct inl_route *route, unsigned *ret_bits,
                       struct ip_hop *ret_hop) {
    int bits = ip_prefix_bits(&route->dst, route->prefix_len_bits);
    struct inl_addr gw = route->gateway;
    struct inl_addr masked;

    if (!ip_link_exists(ip, route->link)) {
        return -ENODEV;
    }
    if (bits < 0 || route->weight > INL_ROUTE_WEIGHT_MAX || !kind_ok(route)) {
        return -EINVAL;
    }
    masked = inl_addr_mask(&route->dst, (unsigned)bits);
    if (!inl_addr_eq(&masked, &route->dst)) {
        return -EINVAL;
    }
    if (inl_addr_is_any(&gw)) {
        gw = inl_addr_any6();
    } else if (inl_addr_is4(&gw) != inl_addr_is4(&route->dst) || ip_addr_is_group(ip, &gw) ||
               ip_addr_is_ours(ip, &gw)) {
        return -EINVAL;
    }
    *ret_bits = (unsigned)bits;
    *ret_hop = (struct ip_hop){gw, route->link};
    return 0;
}

int ip_route_add_from(struct ip *ip, const struct inl_route *route, enum inl_route_origin origin) {
    struct route_prefix *p;
    struct ip_hop hop;
    unsigned bits;
    int err = route_check(ip, route, &bits, &hop);

    if (err) {
        return err;
    }
    p = prefix_find(ip, &route->dst, bits);
    if (p && route_find(p, &hop, route->kind, false)) {
        return -EEXIST;
    }
    return route_new(ip, &route->dst, bits, &hop, route, origin) ? 0 : -ENOMEM;
}

int ip_route_add(struct ip *ip, const struct inl_route *route) {
    return ip_route_add_from(ip, route, INL_ROUTE_MANUAL);
}

int ip_route_del(struct ip *ip, const struct inl_route *route) {
    struct route_prefix *p;
    struct route *r;
    struct ip_hop hop;
    unsigned bits;
    int err = route_check(ip, route, &bits, &hop);

    if (err) {
        return err;
    }
    p = prefix_find(ip, &route->dst, bits);
    r = p ? route_find(p, &hop, route->kind, false) : NULL;
    if (!r) {
        return -ENOENT;
    }
    route_free(ip, p, r);
    return 0;
}

int ip_route_add_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link) {
    static const struct inl_route plain;
    const struct ip_hop hop = {inl_addr_any6(), link};
    struct route_prefix *p = prefix_find(ip, addr, bits);
    struct route *r = p ? route_find(p, &hop, INL_ROUTE_UNICAST, true) : NULL;

    if (!r) {
        r = route_new(ip, addr, bits, &hop, &plain, INL_ROUTE_CONNECTED);
    }
    if (!r) {
        return -ENOMEM;
    }
    r->connected++;
    return 0;
}

void ip_route_del_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link) {
    const struct ip_hop hop = {inl_addr_any6(), link};
    struct route_prefix *p = prefix_find(ip, addr, bits);
    struct route *r = p ? route_find(p, &hop, INL_ROUTE_UNICAST, true) : NULL;

    if (r && --r->connected == 0) {
        route_free(ip, p, r);
    }
}

static const struct route *prefix_best(const struct ip *ip, const struct route_prefix *p) {
    const struct route *dead = NULL;
    const struct list *it;

    LIST_FOREACH(it, &p->routes) {
        const struct route *r = LIST_ENTRY(it, struct route, node);

        if (!ip_link_is_up(ip, r->hop.link)) {
            continue;
        }
        if (!ip_gateway_is_dead(ip, r->gateway)) {
            return r;
        }
        dead = dead ? dead : r;
    }
    return dead;
}

/* The next alternative to @r that is up, or NULL. */
static const struct route *route_peer(const struct ip *ip, const struct route_prefix *p,
                                      const struct route *r) {
    const struct list *it = &r->node;

    while ((it = it->next) != &p->routes) {
        const struct route *peer = LIST_ENTRY(it, struct route, node);

        if (peer->metric != r->metric) {
            break;
        }
        if (peer->weight && peer->kind == INL_ROUTE_UNICAST && ip_link_is_up(ip, peer->hop.link) &&
            (!ip_gateway_is_dead(ip, peer->gateway) || ip_gateway_is_dead(ip, r->gateway))) {
            return peer;
        }
    }
    return NULL;
}

static uint64_t flow_hash(const struct ip *ip, const struct inl_addr *dst,
                          const struct ip_flow *flow) {
    uint64_t w[5] = {0};

    memcpy(w, dst->b, sizeof(dst->b));
    if (flow) {
        memcpy(w + 2, flow->src.b, sizeof(flow->src.b));
        w[4] = (uint64_t)flow->ports << 8 | flow->proto;
    }
    return siphash_words(ip->hash_key, w, 5, 0);
}

/* The best of the scores of a next hop: each is a good mix of flow, next hop and number. */
static uint64_t route_score(const struct route *r, uint64_t flow) {
    uint64_t best = 0;

    for (uint32_t i = 0; i < r->weight; i++) {
        uint64_t x = (flow ^ r->id) + i * UINT64_C(0x9e3779b97f4a7c15);

        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        x ^= x >> 31;
        best = x > best ? x : best;
    }
    return best;
}

/* Which of @r and its alternatives takes this flow. */
static const struct route *route_choose(const struct ip *ip, const struct route_prefix *p,
                                        const struct route *r, const struct inl_addr *dst,
                                        const struct ip_flow *flow) {
    const struct route *best = r;
    uint64_t hash, best_score;

    if (r->weight == 0 || r->kind != INL_ROUTE_UNICAST || !(r = route_peer(ip, p, r))) {
        return best;
    }
    hash = flow_hash(ip, dst, flow);
    best_score = route_score(best, hash);
    for (; r; r = route_peer(ip, p, r)) {
        uint64_t score = route_score(r, hash);

        if (score > best_score) {
            best = r;
            best_score = score;
        }
    }
    return best;
}

/* The prefix that decides about @addr, and its best route; NULL if there is none. */
static const struct route *route_match(const struct ip *ip, const struct inl_addr *addr,
                                       const struct route_prefix **ret_prefix) {
    unsigned below = LPM_BITS_MAX + 1;
    struct lpm_leaf *leaf;

    while ((leaf = lpm_match(&ip->routes.prefixes, addr, below)) != NULL) {
        const struct route *r = prefix_best(ip, prefix_of(leaf));

        if (r) {
            *ret_prefix = prefix_of(leaf);
            return r;
        }
        below = leaf->bits;
    }
    return NULL;
}

bool ip_route_only(const struct ip *ip, const struct inl_addr *dst, struct ip_hop *ret_hop) {
    const struct ip_ahead *a = ip->ahead;
    bool known = a && a->what >= AHEAD_ROUTE && a->changes == ip->routes.prefixes.changes &&
                 inl_addr_eq(&a->dst, dst);
    void *const *spot = known ? a->spot : lpm_spot(&ip->routes.prefixes, dst);
    const struct gateway *only = spot ? *spot : NULL;

    if (!only || !ip_gateway_works(ip, only)) {
        return false;
    }
    *ret_hop = *ip_gateway_hop(only);
    return true;
}

const struct ip_hop *ip_route_hop_at(void *const *spot) {
    return spot && *spot ? ip_gateway_hop(*spot) : NULL;
}

int ip_route_lookup(const struct ip *ip, const struct inl_addr *dst, const struct ip_flow *flow,
                    struct ip_hop *ret_hop) {
    static const int errs[] = {
        [INL_ROUTE_UNICAST] = 0,
        [INL_ROUTE_BLACKHOLE] = -EINVAL,
        [INL_ROUTE_UNREACHABLE] = -EHOSTUNREACH,
        [INL_ROUTE_PROHIBIT] = -EACCES,
    };
    const struct route_prefix *p;
    const struct route *r;

    if (ip_route_only(ip, dst, ret_hop)) {
        return 0;
    }
    r = route_match(ip, dst, &p);
    if (!r) {
        return -ENETUNREACH;
    }
    *ret_hop = route_choose(ip, p, r, dst, flow)->hop;
    return errs[r->kind];
}

bool ip_route_is_advertised(const struct ip *ip, const struct inl_addr *dst) {
    const struct route_prefix *p;
    const struct route *r = route_match(ip, dst, &p);

    return r && r->origin == INL_ROUTE_ROUTER;
}

bool ip_route_leads_back(const struct ip *ip, const struct inl_addr *src, int link) {
    const struct route_prefix *p;
    const struct route *r;
    struct ip_hop only;

    if (ip_route_only(ip, src, &only)) {
        return link == IP_LINK_ANY || only.link == link;
    }
    r = route_match(ip, src, &p);
    if (!r || r->kind != INL_ROUTE_UNICAST) {
        return false;
    }
    while (r && link != IP_LINK_ANY && r->hop.link != link) {
        r = route_peer(ip, p, r);
    }
    return r != NULL;
}

/* ---- as people see it ---- */

struct listing {
    const struct ip *ip;
    struct inl_route_info *out;
    size_t max, count;
};

static struct inl_route_info route_info(const struct ip *ip, const struct route_prefix *p,
                                        const struct route *r) {
    struct inl_route_info info = {.dst = p->leaf.dst,
                                  .prefix_len_bits =
                                      p->leaf.bits - (inl_addr_is4(&p->leaf.dst) ? 96u : 0u),
                                  .gateway = r->hop.gateway,
                                  .link = r->hop.link,
                                  .metric = r->metric,
                                  .weight = r->weight,
                                  .kind = r->kind,
                                  .origin = r->origin,
                                  .expires_s = INL_FOREVER};

    if (r->origin == INL_ROUTE_ROUTER) {
        ip_way_info(ip, &info);
    } else if (r->origin == INL_ROUTE_CONNECTED) {
        ip_ra_prefix_info(ip, r->connected, &info);
    }
    return info;
}

static void list_prefix(void *ctx, struct lpm_leaf *leaf) {
    const struct route_prefix *p = prefix_of(leaf);
    struct listing *l = ctx;
    const struct list *it;

    LIST_FOREACH(it, &p->routes) {
        if (l->count < l->max) {
            l->out[l->count] = route_info(l->ip, p, LIST_ENTRY(it, struct route, node));
        }
        l->count++;
    }
}

size_t ip_route_list(const struct ip *ip, struct inl_route_info *out, size_t max) {
    struct listing l = {.ip = ip, .out = out, .max = max};

    lpm_each(&ip->routes.prefixes, list_prefix, &l);
    return l.count;
}

void ip_route_init(struct ip *ip) {
    lpm_init(&ip->routes.prefixes, &ip->env->mem);
}

void ip_route_done(struct ip *ip) {
    struct lpm_leaf *leaf;

    while ((leaf = lpm_any(&ip->routes.prefixes)) != NULL) {
        struct route_prefix *p = prefix_of(leaf);
        struct list *r;

        while ((r = list_pop(&p->routes)) != NULL) {
            ip_gateway_put(ip, LIST_ENTRY(r, struct route, node)->gateway);
            route_release(ip, p, LIST_ENTRY(r, struct route, node));
        }
        prefix_put(ip, p);
    }
    lpm_done(&ip->routes.prefixes);
}
