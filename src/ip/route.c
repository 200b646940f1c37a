/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * route.c - longest-prefix match (see route.h), RFC 1122 3.3.1, RFC
 * 1812 5.2.4.3
 *
 * A prefix holds its routes in order of metric; the first whose link is up is
 * taken. If none is, the next shorter prefix is asked. How a prefix is found:
 * lpm.c.
 *
 * Does not do: several next hops at a time, policy, caching (a path of ip.h is
 * the cache).
 */
#include "ip/route.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

struct route_prefix {
    struct lpm_leaf leaf;
    struct list routes; /* struct route, in order of metric */
};

struct route {
    struct list node;
    struct ip_hop hop;
    uint32_t metric;
    uint32_t connected; /* how many addresses of ours imply it; 0: added by hand */
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

/* Frees a prefix that has no routes (any more). */
static void prefix_put(struct ip *ip, struct route_prefix *p) {
    if (!list_empty(&p->routes)) {
        return;
    }
    lpm_remove(&ip->routes.prefixes, &p->leaf);
    mem_free(&ip->env->mem, p, sizeof(*p));
}

static struct route *route_find(const struct route_prefix *p, const struct ip_hop *hop,
                                bool connected) {
    struct list *it;

    LIST_FOREACH(it, &p->routes) {
        struct route *r = LIST_ENTRY(it, struct route, node);

        if (r->hop.link == hop->link && inl_addr_eq(&r->hop.gateway, &hop->gateway) &&
            (r->connected > 0) == connected) {
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
                               const struct ip_hop *hop, uint32_t metric) {
    struct route_prefix *p = prefix_get(ip, dst, bits);
    struct route *r;

    if (!p) {
        return NULL;
    }
    r = mem_zalloc(&ip->env->mem, sizeof(*r));
    if (!r) {
        prefix_put(ip, p);
        return NULL;
    }
    r->hop = *hop;
    r->metric = metric;
    route_insert(p, r);
    ip->gen++;
    return r;
}

static void route_free(struct ip *ip, struct route_prefix *p, struct route *r) {
    list_del(&r->node);
    mem_free(&ip->env->mem, r, sizeof(*r));
    prefix_put(ip, p);
    ip->gen++;
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
    if (bits < 0) {
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

int ip_route_add(struct ip *ip, const struct inl_route *route) {
    struct route_prefix *p;
    struct ip_hop hop;
    unsigned bits;
    int err = route_check(ip, route, &bits, &hop);

    if (err) {
        return err;
    }
    p = prefix_find(ip, &route->dst, bits);
    if (p && route_find(p, &hop, false)) {
        return -EEXIST;
    }
    return route_new(ip, &route->dst, bits, &hop, route->metric) ? 0 : -ENOMEM;
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
    r = p ? route_find(p, &hop, false) : NULL;
    if (!r) {
        return -ENOENT;
    }
    route_free(ip, p, r);
    return 0;
}

int ip_route_add_connected(struct ip *ip, const struct inl_addr *addr, unsigned bits, int link) {
    const struct ip_hop hop = {inl_addr_any6(), link};
    struct route_prefix *p = prefix_find(ip, addr, bits);
    struct route *r = p ? route_find(p, &hop, true) : NULL;

    if (!r) {
        r = route_new(ip, addr, bits, &hop, 0);
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
    struct route *r = p ? route_find(p, &hop, true) : NULL;

    if (r && --r->connected == 0) {
        route_free(ip, p, r);
    }
}

static const struct route *prefix_best(const struct ip *ip, const struct route_prefix *p) {
    const struct list *it;

    LIST_FOREACH(it, &p->routes) {
        const struct route *r = LIST_ENTRY(it, struct route, node);

        if (ip_link_is_up(ip, r->hop.link)) {
            return r;
        }
    }
    return NULL;
}

int ip_route_lookup(const struct ip *ip, const struct inl_addr *dst, struct ip_hop *ret_hop) {
    unsigned below = LPM_BITS_MAX + 1;
    struct lpm_leaf *leaf;

    while ((leaf = lpm_match(&ip->routes.prefixes, dst, below)) != NULL) {
        const struct route *r = prefix_best(ip, prefix_of(leaf));

        if (r) {
            *ret_hop = r->hop;
            return 0;
        }
        below = leaf->bits;
    }
    return -ENETUNREACH;
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
            mem_free(&ip->env->mem, LIST_ENTRY(r, struct route, node), sizeof(struct route));
        }
        prefix_put(ip, p);
    }
    lpm_done(&ip->routes.prefixes);
}
