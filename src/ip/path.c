/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.c - the way to a destination: next hop, link, source address, MTU
 *
 * In this order: an address of ours goes through the loopback link, whatever
 * link it belongs to (so a host talks to itself without a wire); groups and
 * link-local addresses go out of the link that the caller names, or that the
 * source address belongs to, or the default; everything else goes where the
 * routing table says, or to a router of the source's prefix (way_source.c).
 *
 * The host model is weak (RFC 1122 3.3.4.2): a packet for any of our addresses
 * is taken on any link, and a source address need not belong to the link that
 * the route leads to. Exceptions are loopback and link-local addresses, which
 * have no meaning elsewhere.
 *
 * Does not do: path MTU discovery (a later cache hangs in here), policy
 * routing.
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/group_member.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/redirect.h"
#include "ip/route.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <errno.h>

uint64_t ip_path_gen(const struct ip *ip) {
    return ip->gen;
}

/* The link for a destination that every link could have: the one of the scope,
 * of the source, of the route to a group, of the default route, or the first that is up. 0 (never
 * right for these) if there is none. */
static int path_default_link(const struct ip *ip, const struct inl_addr *dst,
                             const struct inl_addr *src, uint32_t scope) {
    const struct inl_addr any = inl_addr_is4(dst) ? inl_addr_any4() : inl_addr_any6();
    const struct ip_addr *a;
    struct ip_hop hop;

    if (scope != 0) {
        return scope < INL_LINKS_MAX && ip_link_is_up(ip, (int)scope) ? (int)scope : 0;
    }
    a = inl_addr_is_any(src) ? NULL : ip_addr_find(ip, src, IP_LINK_ANY);
    if (a && ip_link_is_up(ip, a->link)) {
        return a->link;
    }
    if (inl_addr_is_multicast(dst)) {
        return ip_group_default_link(ip, dst);
    }
    if (ip_route_lookup(ip, &any, NULL, &hop) == 0) {
        return hop.link;
    }
    for (int i = 1; i < INL_LINKS_MAX; i++) {
        if (ip_link_is_up(ip, i)) {
            return i;
        }
    }
    return 0;
}

static bool path_is_bound_to_link(const struct inl_addr *dst) {
    return inl_addr_is_multicast(dst) || inl_addr_is_broadcast(dst) ||
           (!inl_addr_is4(dst) && inl_addr_is_link_local(dst));
}

static void path_fill(const struct ip *ip, const struct inl_addr *dst, int link,
                      struct ip_path *path) {
    size_t hdr = inl_addr_is4(dst) ? IP4_HDR_BYTES : IP6_HDR_BYTES;

    if (ip_link_kind(ip, link) == INL_LINK_ETHERNET) {
        hdr += ETH_HDR_BYTES;
    }
    path->gen = ip->gen;
    path->flow = 0;
    path->src = (struct inl_addr){{0}};
    path->mtu_bytes = ip_link_mtu(ip, link);
    if (!inl_addr_is4(dst) && ip->links[link].mtu6_bytes) {
        path->mtu_bytes =
            ip->links[link].mtu6_bytes; /* RFC 4861 6.3.4: never more than the link's */
    }
    path->link = link;
    path->headroom_bytes = (uint16_t)hdr;
    path->tx_csum = ip->links[link].config.flags & INL_LINK_TX_CSUM;
}

/* Where the routing table leads, a redirect, or the prefix of the source (any: it is not settled):
 * 0, or what the table says. */
static int path_routed(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                       const struct ip_flow *flow, struct ip_path *path) {
    struct ip_hop hop;
    int err = 0;

    if (inl_addr_is_loopback(dst)) {
        return -ENETUNREACH;
    }
    if (!ip_redirect_find(ip, dst, src, &hop)) {
        err = ip_route_lookup(ip, dst, flow, &hop);
        if (!err) {
            ip_way_by_source(ip, src, dst, &hop);
        }
    }
    if (err || hop.link == IP_LOOPBACK_LINK) {
        return err ? err : -ENETUNREACH;
    }
    path->link = hop.link;
    if (!inl_addr_is_any(&hop.gateway) && !inl_addr_is_link_local(dst)) { /* RFC 3927 2.6.2 */
        path->next_hop = hop.gateway;
    }
    return 0;
}

int ip_path_flow(const struct ip *ip, const struct inl_addr *dst, const struct ip_flow *flow,
                 struct ip_path *ret_path) {
    struct ip_path path = {.next_hop = *dst};
    int err = path_routed(ip, dst, &INL_ADDR_ANY, flow, &path);

    if (err) {
        return err;
    }
    path_fill(ip, dst, path.link, &path);
    *ret_path = path;
    return 0;
}

int ip_path_hop(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                uint32_t scope, struct ip_path *ret_path) {
    struct ip_path path;
    int link;

    path.next_hop = *dst;
    path.group = ip_addr_is_group(ip, dst);
    if (inl_addr_is_any(dst)) {
        return -ENETUNREACH;
    }
    if (ip_addr_is_ours(ip, dst)) {
        link = IP_LOOPBACK_LINK;
    } else if (path_is_bound_to_link(dst)) {
        link = path_default_link(ip, dst, src, scope);
        if (link == 0) {
            return -ENETUNREACH;
        }
    } else {
        int err = path_routed(ip, dst, src, NULL, &path);

        if (err) {
            return err;
        }
        link = path.link;
    }
    path_fill(ip, dst, link, &path);
    *ret_path = path;
    return 0;
}

/* May a packet have this source on this path? */
static bool path_source_ok(const struct ip *ip, const struct inl_addr *src,
                           const struct inl_addr *dst, int link) {
    if (inl_addr_is4(src) != inl_addr_is4(dst) || ip_addr_is_group(ip, src)) {
        return false;
    }
    if (inl_addr_is_loopback(src) && link != IP_LOOPBACK_LINK) {
        return false;
    }
    return ip->transparent || ip_addr_is_ours(ip, src);
}

int ip_path_find(const struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                 uint32_t scope, struct ip_path *ret_path) {
    struct ip_path path;
    int err = ip_path_hop(ip, dst, src, scope, &path);

    if (err) {
        return err;
    }
    if (!inl_addr_is_any(src)) {
        if (!path_source_ok(ip, src, dst, path.link)) {
            return -EADDRNOTAVAIL;
        }
        path.src = *src;
    } else if (path.link == IP_LOOPBACK_LINK) {
        path.src = *dst;
    } else {
        struct inl_addr best;

        err = ip_addr_select_by(ip, path.link, dst, &path.next_hop, &best);
        if (err == 0 && !inl_addr_is4(dst)) {
            err = ip_path_hop(ip, dst, &best, scope, &path); /* RFC 8028: what it asks for */
        }
        if (err) {
            return err;
        }
        path.src = best;
    }
    *ret_path = path;
    return 0;
}

int ip_path_recall(struct ip *ip, const struct inl_addr *dst, const struct inl_addr *src,
                   uint32_t scope, struct ip_path *ret_path) {
    struct ip_path_memo *m = &ip->path;
    int err;

    if (m->path.gen == ip->gen && m->scope == scope && inl_addr_eq(&m->dst, dst) &&
        inl_addr_eq(&m->src, src)) {
        *ret_path = m->path;
        return 0;
    }
    err = ip_path_find(ip, dst, src, scope, ret_path);
    if (err == 0 && !inl_addr_is_any(src)) {
        *m = (struct ip_path_memo){.dst = *dst, .src = *src, .scope = scope, .path = *ret_path};
    }
    return err;
}

void ip_path_direct(const struct ip *ip, int link, const struct inl_addr *dst,
                    const struct inl_addr *src, struct ip_path *ret_path) {
    path_fill(ip, dst, link, ret_path);
    ret_path->next_hop = *dst;
    ret_path->src = *src;
    ret_path->group = ip_addr_is_group(ip, dst);
}
