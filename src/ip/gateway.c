/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gateway.c - gateways that do not answer (RFC 1122 3.3.1.4 and 3.3.1.5, RFC 4861 5.2)
 *
 * Owns one entry for each gateway that routes name, however many routes do, and one for each link
 * that routes name without a gateway. When its neighbour
 * entry fails or becomes UNREACHABLE, by address resolution, by unreachability detection or because
 * a transport doubted it, the gateway counts as dead. Then route.c takes the next route to the same
 * prefix, in order of metric, while there is one whose gateway is not dead. Nobody pings: only what
 * traffic finds out is known.
 *
 * It is alive again when its neighbour entry says so, or after five minutes: then the best route is
 * tried anew by whoever looks for a path, and if it fails, the alternative comes back.
 *
 * For the routers that advertise themselves ways.c does the same by metrics, and knows more.
 */
#include "ip/gateway.h"
#include "base/siphash.h"
#include "ip/route.h"
#include "ip/state.h"

struct gateway {
    struct hnode node;
    struct ip_hop hop; /* gateway all zero: a link without one, which never dies */
    uint32_t refs;     /* routes */
    bool dead;
    inl_time until;
};

static uint64_t gateway_hash(const struct ip *ip, const struct ip_hop *hop) {
    return siphash_addrs(ip->hash_key, &hop->gateway, &INL_ADDR_ANY, (uint32_t)hop->link);
}

static bool gateway_match(const struct hnode *n, const void *key) {
    const struct gateway *g = HTAB_ENTRY(n, struct gateway, node);
    const struct ip_hop *hop = key;

    return g->hop.link == hop->link && inl_addr_eq(&g->hop.gateway, &hop->gateway);
}

static struct gateway *gateway_find(const struct ip *ip, const struct ip_hop *hop) {
    struct hnode *n = htab_find(&ip->gateways.table, gateway_hash(ip, hop), gateway_match, hop);

    return n ? HTAB_ENTRY(n, struct gateway, node) : NULL;
}

struct gateway *ip_gateway_get(struct ip *ip, const struct ip_hop *hop) {
    struct gateway *g = gateway_find(ip, hop);

    if (!g) {
        g = mem_zalloc(&ip->env->mem, sizeof(*g));
        if (!g) {
            return NULL;
        }
        g->hop = *hop;
        htab_insert(&ip->gateways.table, &g->node, gateway_hash(ip, hop));
    }
    g->refs++;
    return g;
}

void ip_gateway_put(struct ip *ip, struct gateway *g) {
    if (g && --g->refs == 0) {
        htab_remove(&ip->gateways.table, &g->node);
        mem_free(&ip->env->mem, g, sizeof(*g));
    }
}

bool ip_gateway_is_dead(const struct ip *ip, const struct gateway *g) {
    return g && g->dead && inl_time_before(ip->env->now, g->until);
}

const struct ip_hop *ip_gateway_hop(const struct gateway *g) {
    return &g->hop;
}

bool ip_gateway_works(const struct ip *ip, const struct gateway *g) {
    return ip_link_is_up(ip, g->hop.link) && !ip_gateway_is_dead(ip, g);
}

bool ip_gateway_is(const struct ip *ip, int link, const struct inl_addr *addr) {
    const struct ip_hop hop = {*addr, link};

    return gateway_find(ip, &hop) != NULL;
}

void ip_gateway_neigh(struct ip *ip, int link, const struct inl_addr *addr, bool failed) {
    const struct ip_hop hop = {*addr, link};
    struct gateway *g = htab_count(&ip->gateways.table) > 0 ? gateway_find(ip, &hop) : NULL;

    if (!g) {
        return;
    }
    if (ip_gateway_is_dead(ip, g) != failed) {
        ip->gen++; /* paths are found anew */
    }
    g->dead = failed;
    g->until = inl_time_add(ip->env->now, GATEWAY_DEAD_NS);
}

void ip_gateway_init(struct ip *ip) {
    htab_init(&ip->gateways.table, &ip->env->mem);
}

void ip_gateway_done(struct ip *ip) {
    htab_done(&ip->gateways.table);
}
