/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ahead.c - frames of a burst are looked at before their turn
 *
 * A router with 100,000 routes or neighbours, or a host with 10,000 datagrams that are put
 * together, finds in its caches hardly anything that a packet needs. Each look at a table is a chain
 * of places, each of which names the next; a packet alone has to wait for every one. But packets
 * come in bursts. So a group of them is taken through these chains together, a step at a time for
 * all: a step reads what the one before has asked for, and asks for the next place. When a packet's
 * turn comes, all is at hand.
 *
 * Nothing is decided here and nothing kept beyond a burst. What was found on the way is there for the
 * packet when its turn comes (ip->ahead), each part with what tells whether it still holds, and is
 * not looked for again. A guess that is wrong, or has become so
 * since, costs a line of the cache. Between steps other packets are handled, which may change the
 * tables: chains are followed anew from the hash table's bucket.
 *
 * Only for tables that are too large for the nearest cache: for others it would be work for nothing.
 *
 * Of fragments only those are looked at that are not the first: a first one makes a new entry, in
 * memory that is at hand, and looks in vain into sparse tables, which is no chain of places.
 *
 * Does not do: options, IPv6 extension headers but for a fragment header that comes first.
 */
#include "ip/ahead.h"
#include "base/prefetch.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#include <string.h>

#define MANY_ROUTES 10000    /* 12 octets each */
#define MANY_NEIGHBOURS 1000 /* a line each */
#define MANY_DATAGRAMS 2000  /* with a buffer of 1 KB: more than a second cache holds */

#define LEAST_BYTES IP6_HDR_BYTES /* a shorter packet of IPv4 is not worth a look of its own */
#define IP4_FRAG_MORE 0x2000
#define IP4_FRAG_OFF 0x1fff
#define IP6_FRAG_OFF 0xfff8
#define IP6_FRAG_ID_OFF 4

static bool many_neighbours(const struct ip *ip) {
    return htab_count(&ip->neighs.table) >= MANY_NEIGHBOURS;
}

static bool many_ways(const struct ip *ip) {
    return ip->forward && (ip->routes.prefixes.count >= MANY_ROUTES || many_neighbours(ip));
}

static bool many_datagrams(const struct ip *ip) {
    return htab_count(&ip->reass.table) >= MANY_DATAGRAMS;
}

bool ip_ahead_pays(const struct ip *ip) {
    return many_ways(ip) || many_datagrams(ip);
}

static void begin_fragment(const struct ip *ip, const struct inl_addr *src, uint32_t id,
                           uint8_t proto, struct ip_ahead *a) {
    if (!many_datagrams(ip)) {
        return;
    }
    a->what = AHEAD_FRAGMENT;
    a->src = *src;
    a->id = ip_reass_id(id, proto);
    a->hash = ip_reass_hash(ip, src, &a->dst, a->id);
    a->chain = htab_chain(&ip->reass.table, a->hash);
    prefetch_line(a->chain);
}

static void begin_ip4(const struct ip *ip, const uint8_t *p, struct ip_ahead *a) {
    uint16_t frag = rd_load16(p + 6);

    if ((frag & IP4_FRAG_OFF) != 0) {
        const struct inl_addr src = inl_addr_from4(rd_load32(p + 12));

        a->dst = inl_addr_from4(rd_load32(p + 16));
        begin_fragment(ip, &src, rd_load16(p + 4), p[9], a);
    } else if ((frag & IP4_FRAG_MORE) == 0) {
        a->dst = inl_addr_from4(rd_load32(p + 16));
        a->what = AHEAD_ADDR;
    }
}

static void begin_ip6(const struct ip *ip, const uint8_t *p, size_t left, struct ip_ahead *a) {
    struct inl_addr src;

    memcpy(a->dst.b, p + 24, sizeof(a->dst.b));
    if (p[6] != IP_PROTO_FRAGMENT) {
        a->what = AHEAD_ADDR;
    } else if (left >= IP6_HDR_BYTES + IP6_FRAG_ID_OFF + 4 &&
               (rd_load16(p + IP6_HDR_BYTES + 2) & IP6_FRAG_OFF) != 0) {
        memcpy(src.b, p + 8, sizeof(src.b));
        begin_fragment(ip, &src, rd_load32(p + IP6_HDR_BYTES + IP6_FRAG_ID_OFF), 0, a);
    }
}

/* Where does it go, or what is it a part of? */
static void begin(const struct ip *ip, size_t eth, const uint8_t *p, size_t left,
                  struct ip_ahead *a) {
    a->what = AHEAD_NOTHING;
    if (left < eth + LEAST_BYTES) {
        return;
    }
    p += eth;
    if (p[0] >> 4 == 4 && (!eth || rd_load16(p - 2) == ETH_TYPE_IP4)) {
        begin_ip4(ip, p, a);
    } else if (p[0] >> 4 == 6 && (!eth || rd_load16(p - 2) == ETH_TYPE_IP6)) {
        begin_ip6(ip, p, left - eth, a);
    }
}

static void find_route(const struct ip *ip, struct ip_ahead *a) {
    if (a->what == AHEAD_ADDR) {
        a->spot = lpm_spot(&ip->routes.prefixes, &a->dst);
        a->changes = ip->routes.prefixes.changes;
        a->what = AHEAD_ROUTE;
        prefetch_line(a->spot);
    }
}

/* To which neighbour, by the only route; whether that is of use now is seen at the turn. */
static void find_neigh(const struct ip *ip, struct ip_ahead *a) {
    const struct ip_hop *hop = a->what == AHEAD_ROUTE ? ip_route_hop_at(a->spot) : NULL;

    if (hop) {
        const struct inl_addr *to = inl_addr_is_any(&hop->gateway) ? &a->dst : &hop->gateway;

        a->what = AHEAD_NEIGH;
        a->hash = neigh_hash(ip->hash_key, to, hop->link);
        a->chain = htab_chain(&ip->neighs.table, a->hash);
        a->freed = ip->neighs.freed;
        prefetch_line(a->chain);
    }
}

static void fetch_neigh(struct ip_ahead *a, struct hnode *n) {
    a->neigh = n ? HTAB_ENTRY(n, struct neigh, node) : NULL;
    prefetch_line(a->neigh);
}

/* The first of its chain, then another if that has another hash. */
static void fetch_first(struct ip_ahead *a) {
    if (a->what == AHEAD_NEIGH) {
        fetch_neigh(a, *a->chain);
    }
}

static void fetch_second(struct ip_ahead *a) {
    if (a->what == AHEAD_NEIGH && a->neigh && a->neigh->node.hash != a->hash) {
        fetch_neigh(a, a->neigh->node.next);
    }
}

static void follow_ways(const struct ip *ip, size_t n, struct ip_ahead *a) {
    for (size_t i = 0; i < n; i++) {
        find_route(ip, &a[i]);
    }
    if (!many_neighbours(ip)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        find_neigh(ip, &a[i]);
    }
    for (size_t i = 0; i < n; i++) {
        fetch_first(&a[i]);
    }
    for (size_t i = 0; i < n; i++) {
        fetch_second(&a[i]);
    }
}

/* The lines of an entry that tell whether it is the one, and what belongs to it. */
static const struct hnode *fetch_datagram(const struct hnode *n) {
    if (n) {
        prefetch_line(n);
        prefetch_line((const uint8_t *)n + PREFETCH_LINE_BYTES);
    }
    return n;
}

/* The first one in the bucket: of the two lines that lead to all others. */
static void fetch_datagrams(struct ip_ahead *a) {
    a->node = a->what == AHEAD_FRAGMENT ? fetch_datagram(*a->chain) : NULL;
}

/* All that belongs to a datagram; or, if that is another one, who is behind it in the bucket. True: it
 * is to be seen who that is. */
static bool follow_fragment(const struct ip *ip, struct ip_ahead *a) {
    if (!a->node) {
        return false;
    }
    if (a->node->hash == a->hash) {
        ip_reass_fetch(ip, a->node);
        a->node = NULL;
    } else {
        a->node = fetch_datagram(a->node->next);
    }
    return a->node != NULL;
}

static void follow_fragments(const struct ip *ip, size_t n, struct ip_ahead *a) {
    bool more = false;

    for (size_t i = 0; i < n; i++) {
        fetch_datagrams(&a[i]);
    }
    for (size_t i = 0; i < n; i++) {
        more |= follow_fragment(ip, &a[i]);
    }
    for (size_t i = 0; more && i < n; i++) {
        follow_fragment(ip, &a[i]);
    }
}

void ip_ahead(const struct ip *ip, int link, const struct inl_rx_frame *frames, size_t n,
              struct ip_ahead *a) {
    size_t eth = ip_link_kind(ip, link) == INL_LINK_ETHERNET ? ETH_HDR_BYTES : 0;

    for (size_t i = 0; i < n; i++) {
        begin(ip, eth, frames[i].data, frames[i].len_bytes, &a[i]);
    }
    if (many_ways(ip)) {
        follow_ways(ip, n, a);
    }
    if (many_datagrams(ip)) {
        follow_fragments(ip, n, a);
    }
}

void ip_ahead_turn(struct ip *ip, const struct ip_ahead *a) {
    ip->ahead = a;
}
