/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh.c - the neighbour cache (see neigh.h), RFC 826, RFC 1122 2.3.2, RFC 4861 7: its entries,
 * their states, and the packets that wait for them. What is believed of what others say:
 * neigh_learn.c. How often new ones are asked for: neigh_rate.c.
 *
 * The number of entries is bounded, and a quarter of it bounds those that are
 * not resolved. At either bound the oldest unresolved entry goes first, so a
 * scan of a large prefix turns over its own entries and leaves those that work
 * alone (RFC 6583). Entries of a person stay.
 *
 * Packets that wait when resolution fails: those of our own transports are
 * reported to them as an ICMP host unreachable that never travelled, forwarded
 * ones get a real one.
 */
#include "ip/neigh.h"
#include "ip/ahead.h"
#include "ip/autoconf.h"
#include "ip/gateway.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/eth.h"

#include <errno.h>
#include <string.h>

struct neigh_key {
    const struct inl_addr *addr;
    int link;
};

static bool neigh_match(const struct hnode *n, const void *key) {
    const struct neigh *e = HTAB_ENTRY(n, struct neigh, node);
    const struct neigh_key *k = key;

    return e->link == k->link && inl_addr_eq(&e->addr, k->addr);
}

/* Who was found when the frame whose turn it is was looked at before. */
static struct neigh *find_ahead(const struct ip *ip, const struct neigh_key *key) {
    const struct ip_ahead *a = ip->ahead;

    return a && a->what == AHEAD_NEIGH && a->freed == ip->neighs.freed && a->neigh &&
                   neigh_match(&a->neigh->node, key)
               ? a->neigh
               : NULL;
}

struct neigh *neigh_find(struct ip *ip, int link, const struct inl_addr *addr) {
    const struct neigh_key key = {addr, link};
    struct neigh *last = ip->neighs.last;
    struct hnode *n;

    if (last && neigh_match(&last->node, &key)) {
        return last;
    }
    last = find_ahead(ip, &key);
    if (!last) {
        n = htab_find(&ip->neighs.table, neigh_hash(ip->hash_key, addr, link), neigh_match, &key);
        last = n ? HTAB_ENTRY(n, struct neigh, node) : NULL;
    }
    ip->neighs.last = last ? last : ip->neighs.last;
    return last;
}

const struct neigh *ip_neigh_get(const struct ip *ip, int link, const struct inl_addr *addr) {
    const struct neigh_key key = {addr, link};
    struct hnode *n =
        htab_find(&ip->neighs.table, neigh_hash(ip->hash_key, addr, link), neigh_match, &key);

    return n ? HTAB_ENTRY(n, struct neigh, node) : NULL;
}

/* ---- life of an entry ---- */

static struct list *neigh_lru(struct ip *ip, const struct neigh *n) {
    if (n->state == NEIGH_PERMANENT) {
        return &ip->neighs.permanent;
    }
    return neigh_has_mac(n) ? &ip->neighs.resolved : &ip->neighs.unresolved;
}

static void neigh_touch(struct ip *ip, struct neigh *n) {
    struct list *lru = neigh_lru(ip, n);

    n->touched = ip->env->now;
    if (lru->prev != &n->rest->lru) {
        list_del(&n->rest->lru);
        list_add_tail(lru, &n->rest->lru);
    }
}

/* A packet goes to it. Moving it to the end of its list costs its neighbours' lines there, so that
 * is done once in a while, and the order is exact to that. */
static void neigh_use(struct ip *ip, struct neigh *n) {
    n->used = true;
    if (!neigh_is_touched(n, ip->env->now)) {
        neigh_touch(ip, n);
    }
}

static void neigh_count(struct ip *ip, struct neigh *n, bool unresolved) {
    if (n->counted != unresolved) {
        n->counted = unresolved;
        ip->neighs.unresolved_count += unresolved ? 1 : SIZE_MAX;
    }
}

void neigh_set_state(struct ip *ip, struct neigh *n, enum neigh_state state, inl_dur after) {
    bool was = neigh_is_reachable(n);

    ip->stamp_gen++; /* the address may be new, too */
    n->state = (uint8_t)state;
    n->used = false;
    if (state == NEIGH_REACHABLE) {
        n->rest->confirmed = ip->env->now;
    }
    neigh_count(ip, n, !neigh_has_mac(n));
    timer_arm(&ip->env->wheel, &n->rest->timer, inl_time_add(ip->env->now, after));
    neigh_touch(ip, n);
    if (was != neigh_is_reachable(n) || state == NEIGH_FAILED) {
        ip_ways_neigh(ip, n->link, &n->addr, !neigh_is_reachable(n) && state != NEIGH_INCOMPLETE);
        ip_gateway_neigh(ip, n->link, &n->addr, !neigh_is_reachable(n));
    }
}

/* Both parts, cleared; NULL: no memory. */
static struct neigh *neigh_alloc(struct ip *ip) {
    struct neigh_rest *rest = mem_zalloc(&ip->env->mem, sizeof(*rest));
    struct neigh *n = rest ? linepool_alloc(&ip->neighs.pool, &rest->page) : NULL;

    if (!n) {
        mem_free(&ip->env->mem, rest, sizeof(*rest));
        return NULL;
    }
    *n = (struct neigh){.rest = rest};
    rest->neigh = n;
    return n;
}

static void neigh_free(struct ip *ip, struct neigh *n) {
    struct neigh_rest *rest;
    struct list *p;

    ip->stamp_gen++;
    ip->neighs.queued -= n->queued;
    while ((p = list_pop(&n->rest->queue)) != NULL) {
        ip_link_discard(ip, LIST_ENTRY(p, struct pkt, node), n->link, INL_DROP_NEIGH_FAILED);
    }
    timer_cancel(&ip->env->wheel, &n->rest->timer);
    neigh_count(ip, n, false);
    list_del(&n->rest->lru);
    htab_remove(&ip->neighs.table, &n->node);
    ip->neighs.freed++;
    if (ip->neighs.last == n) {
        ip->neighs.last = NULL;
    }
    rest = n->rest;
    linepool_free(&ip->neighs.pool, rest->page, n);
    mem_free(&ip->env->mem, rest, sizeof(*rest));
}

static void neigh_evict(struct ip *ip, struct list *lru) {
    neigh_free(ip, LIST_ENTRY(list_first(lru), struct neigh_rest, lru)->neigh);
}

/* False: all that there is stays. */
static bool neigh_make_room(struct ip *ip) {
    struct ip_neighs *ns = &ip->neighs;

    if (ns->unresolved_count >= (ns->max + 3) / 4) {
        neigh_evict(ip, &ns->unresolved);
    }
    if (htab_count(&ns->table) < ns->max) {
        return true;
    }
    if (list_empty(&ns->unresolved) && list_empty(&ns->resolved)) {
        return false;
    }
    neigh_evict(ip, list_empty(&ns->unresolved) ? &ns->resolved : &ns->unresolved);
    return true;
}

struct neigh *neigh_new(struct ip *ip, int link, const struct inl_addr *addr) {
    struct neigh *n;

    if (!neigh_make_room(ip)) {
        return NULL;
    }
    n = neigh_alloc(ip);
    if (!n) {
        return NULL;
    }
    list_init(&n->rest->lru);
    list_init(&n->rest->queue);
    timer_init(&n->rest->timer, TIMER_IP_NEIGH);
    n->addr = *addr;
    n->link = link;
    n->state = NEIGH_FAILED;
    htab_insert(&ip->neighs.table, &n->node, neigh_hash(ip->hash_key, addr, link));
    neigh_count(ip, n, true);
    neigh_touch(ip, n);
    return n;
}

/* ---- asking ---- */

/* RetransTimer; in UNREACHABLE three times as long after each (RFC 7048). */
static inl_dur neigh_patience(const struct ip *ip, const struct neigh *n) {
    inl_dur wait = ip_neigh_retrans_ns(ip, n->link);

    for (int i = 0; n->state == NEIGH_UNREACHABLE && i < n->tries; i++) {
        wait = wait < NEIGH_BACKOFF_MAX_NS / NEIGH_BACKOFF ? wait * NEIGH_BACKOFF
                                                           : NEIGH_BACKOFF_MAX_NS;
    }
    return wait;
}

static void neigh_solicit(struct ip *ip, struct neigh *n) {
    const uint8_t *mac = n->state == NEIGH_PROBE ? n->mac : NULL;
    bool again = n->tries > 0 || n->state == NEIGH_UNREACHABLE;

    n->tries++;
    n->used = false;
    timer_arm(&ip->env->wheel, &n->rest->timer, inl_time_add(ip->env->now, neigh_patience(ip, n)));
    if (inl_addr_is4(&n->addr)) {
        ip_arp_request(ip, n->link, &n->addr, mac,
                       again ? INL_CAUSE_ARP_RETRY : INL_CAUSE_ARP_REQUEST);
    } else {
        ip_nd_solicit(ip, n->link, &n->addr, mac,
                      again ? INL_CAUSE_NS_RETRY : INL_CAUSE_NS_SOLICIT);
    }
}

void neigh_begin(struct ip *ip, struct neigh *n, enum neigh_state state) {
    n->tries = 0;
    neigh_set_state(ip, n, state, NEIGH_RETRANS_NS);
    neigh_solicit(ip, n);
}

/* A packet that waited in vain: its sender is told. */
static void neigh_fail_packet(struct ip *ip, struct pkt *pkt, int link) {
    struct ip_rx rx;

    if (ip_rx_describe(pkt_data(pkt), pkt->len, pkt->proto, &rx)) {
        if (pkt->cause == INL_CAUSE_FORWARDED) {
            ip_icmp_unreach(ip, &rx, IP_UNREACH_HOST);
        } else {
            ip_icmp_local_error(ip, &rx, EHOSTUNREACH);
        }
    }
    ip_link_discard(ip, pkt, link, INL_DROP_NEIGH_FAILED);
}

static void neigh_fail(struct ip *ip, struct neigh *n) {
    int link = n->link;
    struct list waited;
    struct list *p;

    list_init(&waited);
    list_splice_tail(&waited, &n->rest->queue);
    ip_redirect_forget(ip, link, &n->addr);
    ip->neighs.queued -= n->queued;
    n->queued = 0;
    neigh_set_state(ip, n, NEIGH_FAILED, NEIGH_FAILED_NS);
    /* Transports may send, and so change the cache, while they are told: n is not used below. */
    while ((p = list_pop(&waited)) != NULL) {
        neigh_fail_packet(ip, LIST_ENTRY(p, struct pkt, node), link);
    }
}

/* Nobody answered the last request. */
static void neigh_unanswered(struct ip *ip, struct neigh *n) {
    if (n->tries < NEIGH_TRIES) {
        if (n->state == NEIGH_UNREACHABLE && !n->used) { /* RFC 7048 3: nobody wants to know */
            neigh_free(ip, n);
        } else {
            neigh_solicit(ip, n);
        }
    } else if (n->state == NEIGH_PROBE) {
        ip_redirect_forget(ip, n->link, &n->addr); /* RFC 7048 3: there is another way */
        neigh_begin(ip, n, NEIGH_UNREACHABLE);
    } else {
        neigh_fail(ip, n);
    }
}

void ip_neigh_timer(struct ip *ip, struct timer *timer) {
    struct neigh *n = TIMER_ENTRY(timer, struct neigh_rest, timer)->neigh;
    inl_time stale = inl_time_add(n->rest->confirmed, ip_neigh_reachable_ns(ip, n->link));

    switch ((enum neigh_state)n->state) {
    case NEIGH_INCOMPLETE:
    case NEIGH_PROBE:
    case NEIGH_UNREACHABLE:
        neigh_unanswered(ip, n);
        break;
    case NEIGH_REACHABLE: /* confirmations only note the time: is it over by now? */
        if (inl_time_before(ip->env->now, stale)) {
            timer_arm(&ip->env->wheel, &n->rest->timer, stale);
        } else {
            n->state = NEIGH_STALE;
            ip->stamp_gen++;
            timer_arm(&ip->env->wheel, &n->rest->timer, inl_time_add(ip->env->now, NEIGH_STALE_NS));
        }
        break;
    case NEIGH_DELAY:
        neigh_begin(ip, n, NEIGH_PROBE);
        break;
    case NEIGH_STALE:
    case NEIGH_FAILED:
        neigh_free(ip, n);
        break;
    case NEIGH_PERMANENT:
        break;
    }
}

/* ---- sending ---- */

/* The packet waits; the oldest of too many goes (RFC 1122 2.3.2.2: keep the latest). */
static int neigh_enqueue(struct ip *ip, struct neigh *n, struct pkt *pkt) {
    struct pkt *own = ip_pkt_own(ip, pkt);

    if (!own) {
        ip_link_discard(ip, pkt, n->link, INL_DROP_NO_MEMORY);
        return -ENOBUFS;
    }
    /* Forwarded packets bring in pkt->link whence they came; remembered for the error. */
    own->proto = own->cause == INL_CAUSE_FORWARDED ? own->link : 0;
    if (n->queued == 0 && ip->neighs.queued >= NEIGH_QUEUE_PACKETS_ALL) {
        ip_link_discard(ip, own, n->link, INL_DROP_NEIGH_QUEUE_FULL);
        return -ENOBUFS;
    }
    if (n->queued == NEIGH_QUEUE_PACKETS || ip->neighs.queued >= NEIGH_QUEUE_PACKETS_ALL) {
        struct pkt *old = LIST_ENTRY(list_pop(&n->rest->queue), struct pkt, node);

        n->queued--;
        ip->neighs.queued--;
        ip_link_discard(ip, old, n->link, INL_DROP_NEIGH_QUEUE_FULL);
    }
    list_add_tail(&n->rest->queue, &own->node);
    n->queued++;
    ip->neighs.queued++;
    return IP_OUT_QUEUED;
}

static uint16_t neigh_eth_type(const struct neigh *n) {
    return inl_addr_is4(&n->addr) ? ETH_TYPE_IP4 : ETH_TYPE_IP6;
}

/* The next hop of an IPv4 packet is always IPv4 and that of IPv6 always IPv6. */
int ip_neigh_output(struct ip *ip, struct pkt *pkt, int link, const struct inl_addr *addr) {
    struct neigh *n = neigh_find(ip, link, addr);
    int ret;

    if (!n || n->state == NEIGH_FAILED) {
        bool may = ip_neigh_may_ask(ip, link, addr);

        n = may && !n ? neigh_new(ip, link, addr) : n;
        if (!may || !n) {
            ip_link_discard(ip, pkt, link, may ? INL_DROP_NEIGH_FULL : INL_DROP_NEIGH_RATE);
            return -ENOBUFS;
        }
    }
    if (neigh_has_mac(n)) {
        if (n->state == NEIGH_STALE) {
            neigh_set_state(ip, n, NEIGH_DELAY, NEIGH_DELAY_NS);
        }
        neigh_use(ip, n);
        return ip_eth_output(ip, pkt, link, n->mac, neigh_eth_type(n));
    }
    ret = neigh_enqueue(ip, n, pkt);
    if (n->state == NEIGH_FAILED) {
        neigh_begin(ip, n, NEIGH_INCOMPLETE);
    }
    return ret;
}

/* The address is known: what waited may go. */
void neigh_release(struct ip *ip, struct neigh *n) {
    struct list *p;

    while ((p = list_pop(&n->rest->queue)) != NULL) {
        ip_eth_output(ip, LIST_ENTRY(p, struct pkt, node), n->link, n->mac, neigh_eth_type(n));
    }
    ip->neighs.queued -= n->queued;
    n->queued = 0;
}

/* ---- what transports say ---- */

/* The entry of a path's next hop, if it has an address. */
static struct neigh *neigh_of_path(struct ip *ip, const struct ip_path *path) {
    struct neigh *n;

    if (path->group || ip_link_kind(ip, path->link) != INL_LINK_ETHERNET) {
        return NULL;
    }
    n = neigh_find(ip, path->link, &path->next_hop);
    return n && neigh_has_mac(n) && n->state != NEIGH_PERMANENT ? n : NULL;
}

/* RFC 1122 3.3.1.4, 2.3.2.1: a transport that gets no answers doubts the first hop: it is asked,
 * and forgotten if it does not answer either. */
void ip_neigh_doubt(struct ip *ip, const struct ip_path *path) {
    struct neigh *n = neigh_of_path(ip, path);

    if (n && n->state != NEIGH_PROBE && n->state != NEIGH_UNREACHABLE) {
        neigh_begin(ip, n, NEIGH_PROBE);
    }
}

void ip_neigh_confirm(struct ip *ip, const struct ip_path *path) {
    struct neigh *n = neigh_of_path(ip, path);

    if (!n) {
        return;
    }
    if (n->state == NEIGH_REACHABLE) {
        n->rest->confirmed = ip->env->now;
    } else {
        neigh_set_state(ip, n, NEIGH_REACHABLE, ip_neigh_reachable_ns(ip, n->link));
    }
}

/* ---- all of them ---- */

void ip_neigh_init(struct ip *ip, const struct inl_config *config) {
    _Static_assert(sizeof(struct neigh) <= LINEPOOL_BYTES,
                   "a neighbour's part for packets is a line");
    htab_init(&ip->neighs.table, &ip->env->mem);
    linepool_init(&ip->neighs.pool, &ip->env->mem);
    list_init(&ip->neighs.resolved);
    list_init(&ip->neighs.unresolved);
    list_init(&ip->neighs.permanent);
    ip->neighs.last = NULL;
    ip->neighs.max = config->max_neighbours ? config->max_neighbours : 1;
    ip->neighs.ask_burst = config->new_neighbours_burst;
    if (config->new_neighbours_per_s > 0) {
        ip->neighs.ask_interval_ns = INL_S / config->new_neighbours_per_s;
    }
}

static void neigh_flush_list(struct ip *ip, struct list *lru, int link) {
    struct list *it, *tmp;

    LIST_FOREACH_SAFE(it, tmp, lru) {
        struct neigh *n = LIST_ENTRY(it, struct neigh_rest, lru)->neigh;

        if (link == IP_LINK_ANY || n->link == link) {
            neigh_free(ip, n);
        }
    }
}

void ip_neigh_flush(struct ip *ip, int link) {
    neigh_flush_list(ip, &ip->neighs.unresolved, link);
    neigh_flush_list(ip, &ip->neighs.resolved, link);
}

int ip_neigh_add(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t mac[6]) {
    struct neigh *n;

    if (!ip_link_exists(ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(ip, link) != INL_LINK_ETHERNET || eth_is_group(mac) || inl_addr_is_any(addr) ||
        ip_addr_is_group(ip, addr) || ip_addr_is_ours(ip, addr)) {
        return -EINVAL;
    }
    n = neigh_find(ip, link, addr);
    n = n ? n : neigh_new(ip, link, addr);
    if (!n) {
        return htab_count(&ip->neighs.table) >= ip->neighs.max ? -ENOSPC : -ENOMEM;
    }
    memcpy(n->mac, mac, sizeof(n->mac));
    neigh_set_state(ip, n, NEIGH_PERMANENT, 0);
    timer_cancel(&ip->env->wheel, &n->rest->timer);
    neigh_release(ip, n);
    return 0;
}

int ip_neigh_del(struct ip *ip, int link, const struct inl_addr *addr) {
    struct neigh *n = neigh_find(ip, link, addr);

    if (!n) {
        return -ENOENT;
    }
    neigh_free(ip, n);
    return 0;
}

void ip_neigh_done(struct ip *ip) {
    ip_neigh_flush(ip, IP_LINK_ANY);
    neigh_flush_list(ip, &ip->neighs.permanent, IP_LINK_ANY);
    htab_done(&ip->neighs.table);
}
