/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh_learn.c - what is believed of neighbours' link-layer addresses (RFC 826, RFC 4861 7.2.3 to
 * 7.2.5, RFC 9131)
 *
 * Who may write into the cache (neigh.c): an answer to what we asked; somebody who asks for our
 * address (he wants an answer, so both RFCs take his own). An ARP reply that nobody asked for
 * changes nothing, nor does it make an entry. Advertisements follow RFC 4861 7.2.5.
 *
 * Does not do: proxy ARP, anycast (all answers with the override flag count).
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/eth.h"

#include <string.h>

static void neigh_learn(struct ip *ip, struct neigh *n, const uint8_t mac[6], bool confirmed) {
    bool waited = n->queued > 0;

    memcpy(n->mac, mac, sizeof(n->mac));
    if (confirmed) {
        neigh_set_state(ip, n, NEIGH_REACHABLE, ip_neigh_reachable_ns(ip, n->link));
    } else if (waited) { /* as if it had been STALE when they were sent */
        neigh_set_state(ip, n, NEIGH_DELAY, NEIGH_DELAY_NS);
    } else {
        neigh_set_state(ip, n, NEIGH_STALE, NEIGH_STALE_NS);
    }
    neigh_release(ip, n);
}

void ip_neigh_asked(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t mac[6]) {
    struct neigh *n = neigh_find(ip, link, addr);

    if (n && (n->state == NEIGH_PERMANENT || (neigh_has_mac(n) && memcmp(n->mac, mac, 6) == 0))) {
        return; /* nothing new, and being asked proves nothing about the way there */
    }
    if (!n) {
        if (eth_is_group(mac) || !(ip_addr_on_link(ip, link, addr) ||
                                   (!inl_addr_is4(addr) && inl_addr_is_link_local(addr)))) {
            return;
        }
        n = neigh_new(ip, link, addr);
    }
    if (n) {
        neigh_learn(ip, n, mac, false);
    }
}

void ip_neigh_router(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t *mac) {
    struct neigh *n;

    if (mac) {
        ip_neigh_asked(ip, link, addr, mac);
    }
    n = neigh_find(ip, link, addr);
    if (n) {
        n->router = true;
    }
}

enum inl_drop ip_neigh_arp_reply(struct ip *ip, int link, const struct inl_addr *addr,
                                 const uint8_t mac[6]) {
    struct neigh *n = neigh_find(ip, link, addr);

    if (!n || eth_is_group(mac) ||
        (n->state != NEIGH_INCOMPLETE && n->state != NEIGH_PROBE &&
         n->state != NEIGH_UNREACHABLE)) {
        return INL_DROP_NEIGH_UNASKED;
    }
    neigh_learn(ip, n, mac, true);
    return INL_DROP_NONE;
}

void ip_neigh_rumour(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t mac[6]) {
    struct neigh *n = neigh_find(ip, link, addr);

    if (n && neigh_is_reachable(n) && n->state != NEIGH_PROBE && n->state != NEIGH_PERMANENT &&
        memcmp(n->mac, mac, 6) != 0) {
        neigh_begin(ip, n, NEIGH_PROBE);
    }
}

/* RFC 4861 7.2.5: who was a router and is none any more routes nothing. */
static void neigh_set_router(struct ip *ip, struct neigh *n, bool router) {
    if (n->router && !router) {
        ip_ways_no_router(ip, n->link, &n->addr);
    }
    n->router = router;
}

/* An advertisement for an entry that has an address already. */
static enum inl_drop neigh_advert_known(struct ip *ip, struct neigh *n, const uint8_t *mac,
                                        unsigned answer) {
    bool other = mac && memcmp(mac, n->mac, 6) != 0;

    if (other && !(answer & NEIGH_OVERRIDE)) {
        if (n->state == NEIGH_REACHABLE) {
            neigh_set_state(ip, n, NEIGH_STALE, NEIGH_STALE_NS);
        }
        return INL_DROP_NEIGH_UNASKED;
    }
    neigh_set_router(ip, n, answer & NEIGH_ROUTER);
    if (answer & NEIGH_SOLICITED) {
        neigh_learn(ip, n, mac ? mac : n->mac, true);
    } else if (other) {
        neigh_learn(ip, n, mac, false);
    }
    return INL_DROP_NONE;
}

enum inl_drop ip_neigh_advert(struct ip *ip, int link, const struct inl_addr *addr,
                              const uint8_t *mac, unsigned answer) {
    struct neigh *n = neigh_find(ip, link, addr);

    if (mac && eth_is_group(mac)) {
        return INL_DROP_NEIGH_UNASKED;
    }
    if (!n && ip->forward && mac && !(answer & NEIGH_SOLICITED)) {
        ip_neigh_asked(ip, link, addr, mac); /* RFC 9131 6.1.1: STALE, if it can be of the link */
        return INL_DROP_NONE;
    }
    if (!n || n->state == NEIGH_FAILED || n->state == NEIGH_PERMANENT) {
        return INL_DROP_NEIGH_UNASKED;
    }
    if (n->state != NEIGH_INCOMPLETE) {
        return neigh_advert_known(ip, n, mac, answer);
    }
    if (!mac) {
        return INL_DROP_NEIGH_UNASKED;
    }
    neigh_set_router(ip, n, answer & NEIGH_ROUTER);
    neigh_learn(ip, n, mac, answer & NEIGH_SOLICITED);
    return INL_DROP_NONE;
}
