/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh.h - who has which link-layer address: one cache for ARP and neighbour discovery
 *
 * The state machine is that of RFC 4861 7.3.2 with the state that RFC 7048 adds,
 * for IPv4 too:
 *
 *   INCOMPLETE --answer--> REACHABLE --ReachableTime without confirmation--> STALE
 *        |                   ^   ^                                            |
 *        | 3 requests        |   +--- confirmed by a transport ---+           | used
 *        v                   |                                    |           v
 *     FAILED              answer <-- PROBE <-------- 5 s ---------+-------- DELAY
 *        ^                   |         | 3 requests to the known address
 *        | 3 requests        |         v
 *        +----------------- UNREACHABLE
 *
 * In UNREACHABLE packets still go to the address that is known, while everybody
 * is asked, each time after a longer wait. In PERMANENT stands what a person has
 * configured; nothing changes it.
 *
 * Every entry has one timer, whose meaning follows from the state. Entries that
 * are not used go away by themselves, so that the cache of an idle host is
 * empty.
 *
 * Invariants: packets wait only in INCOMPLETE, at most NEIGH_QUEUE_PACKETS of
 * them for an entry and NEIGH_QUEUE_PACKETS_ALL in all; at most a quarter of the entries have no
 * link-layer address, so that a scan can neither push out those that work nor make many packets
 * wait.
 */
#ifndef IP_NEIGH_H
#define IP_NEIGH_H

#include "base/htab.h"
#include "base/linepool.h"
#include "base/list.h"
#include "base/siphash.h"
#include "base/timer.h"
#include "ip/ip.h"

#define NEIGH_QUEUE_PACKETS 64      /* of one entry: all fragments of a datagram, and some */
#define NEIGH_QUEUE_PACKETS_ALL 256 /* of all entries together */
#define NEIGH_TRIES 3
#define NEIGH_RETRANS_NS (1 * INL_S) /* RetransTimer; also RFC 1122 2.3.2.1: one a second */
#define NEIGH_BACKOFF 3              /* BACKOFF_MULTIPLE (RFC 7048 4) */
#define NEIGH_BACKOFF_MAX_NS (60 * INL_S)
#define NEIGH_REACHABLE_NS (30 * INL_S)    /* BaseReachableTime; half of it to one and a half */
#define NEIGH_REDRAW_NS (2 * 3600 * INL_S) /* RFC 4861 6.3.2: drawn anew every few hours */
#define NEIGH_REACHABLE_MAX_MS 3600000u    /* RFC 4861 6.2.1: what a router may advertise */
#define NEIGH_RETRANS_MIN_MS 100u          /* and what of it is believed (ra.c) */
#define NEIGH_RETRANS_MAX_MS 10000u
#define NEIGH_DELAY_NS (5 * INL_S)   /* DELAY_FIRST_PROBE_TIME */
#define NEIGH_TOUCH_NS INL_S         /* how exact the order of use is */
#define NEIGH_STALE_NS (60 * INL_S)  /* then forgotten; RFC 1122 2.3.2.1 (1) */
#define NEIGH_FAILED_NS (10 * INL_S) /* then forgotten */

enum neigh_state {
    NEIGH_INCOMPLETE,
    NEIGH_REACHABLE,
    NEIGH_STALE,
    NEIGH_DELAY,
    NEIGH_PROBE,
    NEIGH_UNREACHABLE,
    NEIGH_FAILED,
    NEIGH_PERMANENT,
};

/* What each packet needs: a line of the cache (base/linepool.h). */
struct neigh {
    struct hnode node;
    struct inl_addr addr;
    struct neigh_rest *rest;
    inl_time touched; /* when it was put to the end of its list */
    int link;
    uint8_t mac[6];
    uint8_t state; /* enum neigh_state */
    uint8_t queued;
    uint8_t tries;
    bool router;  /* ND: the last advertisement said so */
    bool used;    /* since it was asked last */
    bool counted; /* in ip_neighs.unresolved_count */
};

/* The rest of the entry. */
struct neigh_rest {
    struct neigh *neigh;
    struct linepool_page *page; /* of the other part */
    struct list lru;            /* in ip_neighs.resolved, .unresolved or .permanent */
    struct timer timer;
    struct list queue; /* struct pkt, owned */
    inl_time confirmed;
};

static inline bool neigh_has_mac(const struct neigh *n) {
    return n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED;
}

static inline uint64_t neigh_hash(const uint8_t key[16], const struct inl_addr *addr, int link) {
    return siphash_addrs(key, addr, &INL_ADDR_ANY, (uint32_t)link);
}

static inline bool neigh_is_reachable(const struct neigh *n) {
    return neigh_has_mac(n) && n->state != NEIGH_UNREACHABLE;
}

/* Is its place in its list exact enough? */
static inline bool neigh_is_touched(const struct neigh *n, inl_time now) {
    return inl_time_before(now, inl_time_add(n->touched, NEIGH_TOUCH_NS));
}

struct ip_neighs {
    struct htab table;
    struct linepool pool; /* of struct neigh */
    struct list resolved; /* least recently used first */
    struct list unresolved;
    struct list permanent;
    size_t unresolved_count;
    size_t queued;      /* packets that wait, for all entries */
    struct neigh *last; /* the last one looked up, or NULL */
    uint64_t freed;     /* how many have gone */
    size_t max;
    inl_dur ask_interval_ns; /* neigh_rate.c: a token each; 0: no limit */
    uint32_t ask_burst;
};

/* What an answer says: the flags of a neighbour advertisement. */
enum neigh_answer {
    NEIGH_SOLICITED = 1,
    NEIGH_OVERRIDE = 2,
    NEIGH_ROUTER = 4,
};

void ip_neigh_init(struct ip *ip, const struct inl_config *config);
void ip_neigh_done(struct ip *ip);
void ip_neigh_flush(struct ip *ip, int link); /* forgets all of a link */

/* RetransTimer of that link. */
inl_dur ip_neigh_retrans_ns(const struct ip *ip, int link);

/* How long a confirmation on that link is good for (RFC 4861 6.3.2): drawn at random, and again
 * when the base changes. */
inl_dur ip_neigh_reachable_ns(struct ip *ip, int link);

/* May a neighbour be asked for of whom nothing is known (RFC 6583)? The second starts a link. */
bool ip_neigh_may_ask(struct ip *ip, int link, const struct inl_addr *addr);
void ip_neigh_rate_link(struct ip *ip, int link);

/* Sends a packet that has its IP header to a neighbour on an Ethernet link; it
 * may have to wait for resolution. Result and ownership as ip_out(). */
int ip_neigh_output(struct ip *ip, struct pkt *pkt, int link, const struct inl_addr *addr);

/* ---- neigh_learn.c ---- */

/* Somebody asked for our address and said who he is (RFC 826, RFC 4861 7.2.3). */
void ip_neigh_asked(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t mac[6]);

/* A router advertises itself (RFC 4861 6.3.4). @mac: NULL if it does not say. */
void ip_neigh_router(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t *mac);

/* An ARP reply: NONE if we had asked, NEIGH_UNASKED if it was not believed. */
enum inl_drop ip_neigh_arp_reply(struct ip *ip, int link, const struct inl_addr *addr,
                                 const uint8_t mac[6]);

/* Somebody said, unasked, who he is: never believed, but an entry that says otherwise is asked. */
void ip_neigh_rumour(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t mac[6]);

/* A neighbour advertisement (RFC 4861 7.2.5). @mac: NULL if it has none. */
enum inl_drop ip_neigh_advert(struct ip *ip, int link, const struct inl_addr *addr,
                              const uint8_t *mac, unsigned answer);

/* ---- neigh.c ---- */

/* The entry, or NULL; for tests and snapshots. */
const struct neigh *ip_neigh_get(const struct ip *ip, int link, const struct inl_addr *addr);

void ip_neigh_timer(struct ip *ip, struct timer *timer);

/* For neigh_learn.c: an entry, NULL if there is none, or no room for one; another state, for so
 * long; asks, from the first time on; lets the packets go that have waited. */
struct neigh *neigh_find(struct ip *ip, int link, const struct inl_addr *addr);
struct neigh *neigh_new(struct ip *ip, int link, const struct inl_addr *addr);
void neigh_set_state(struct ip *ip, struct neigh *n, enum neigh_state state, inl_dur after);
void neigh_begin(struct ip *ip, struct neigh *n, enum neigh_state state);
void neigh_release(struct ip *ip, struct neigh *n);

/* ---- the two protocols that ask ---- */

/* Asks for @target's link-layer address; @mac: NULL for everybody, or who is
 * asked. */
void ip_arp_request(struct ip *ip, int link, const struct inl_addr *target, const uint8_t *mac,
                    enum inl_cause cause);
/* RFC 5227: asks whether anybody has it; says that it is ours. */
void ip_arp_probe(struct ip *ip, int link, const struct inl_addr *addr);
void ip_arp_announce(struct ip *ip, int link, const struct inl_addr *addr, enum inl_cause cause);
void ip_nd_solicit(struct ip *ip, int link, const struct inl_addr *target, const uint8_t *mac,
                   enum inl_cause cause);

/* RFC 4862 5.4.2: is it free? RFC 9131: tells the routers that it is ours. */
void ip_nd_dad(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t *nonce);
void ip_nd_announce(struct ip *ip, int link, const struct inl_addr *addr);

/* RFC 4861 6.3.7: asks all routers of the link to advertise. */
void ip_nd_ask_routers(struct ip *ip, int link);

enum inl_drop ip_arp_input(struct ip *ip, int link, struct rd message);

#endif
