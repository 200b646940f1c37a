/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dad.c - duplicate address detection (see dad.h), RFC 4862 5.4, RFC 7527, RFC 9131
 *
 * A tentative address is solicited from the unspecified address, dad_transmits times with
 * RetransTimer between, after a wait of up to a second. Whoever advertises it, or solicits it in
 * the same way, has it or wants it, too: it is not used then. Who solicits it from an address of
 * his own only wants to talk to it, and gets no answer.
 *
 * Each question carries a nonce. One that comes back with a nonce of ours is our own, sent round
 * by the network: it is ignored, and three more questions are asked, until no echo comes (RFC 7527
 * 4.2). Only the last nonce is kept: an older echo counts as a conflict, as without the RFC, unless
 * it had been answered before the next question went out.
 *
 * When the address is free, the routers of the link are told, so that the first packet for it need
 * not wait (RFC 9131); not of link-local ones, which no router sends to from outside.
 *
 * Does not do: optimistic addresses (RFC 4429).
 */
#include "ip/dad.h"
#include "ip/acd.h"
#include "ip/autoconf.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/nd.h"

#include <errno.h>
#include <string.h>

struct ip_dad {
    struct ip *ip;
    struct ip_addr *addr;
    struct timer timer;
    struct ip_acd acd; /* IPv4 */
    uint8_t nonce[ND_NONCE_BYTES];
    uint8_t left; /* questions to be asked yet */
    bool asked;   /* the nonce is that of a question */
    bool echoed;  /* it came back */
};

static void dad_free_to_use(struct ip *ip, struct ip_addr *a) {
    if (ip_addr_activate(ip, a)) { /* no memory for the route: later */
        timer_arm(&ip->env->wheel, &a->dad->timer, inl_time_add(ip->env->now, INL_S));
        return;
    }
    if (!inl_addr_is_link_local(&a->addr)) {
        ip_nd_announce(ip, a->link, &a->addr);
    }
}

static void dad_taken(struct ip *ip, struct ip_addr *a) {
    timer_cancel(&ip->env->wheel, &a->dad->timer);
    ip_addr_deactivate(ip, a, INL_ADDR_DUPLICATED);
    ip_slaac_taken(ip, a); /* may make another of it */
}

static void dad_acd_result(void *ctx, enum ip_acd_result result) {
    struct ip_dad *d = ctx;

    if (result != IP_ACD_FREE || ip_addr_activate(d->ip, d->addr)) {
        dad_taken(d->ip, d->addr);
    }
}

uint8_t ip_dad_transmits(const struct ip *ip, int link) {
    uint8_t own = ip->links[link].config.dad_transmits;

    if (own == 0) {
        return ip->dad_transmits;
    }
    return own == INL_DAD_NONE ? 0 : own;
}

static void dad_begin(struct ip *ip, struct ip_addr *a) {
    struct ip_dad *d = a->dad;
    uint8_t transmits = ip_dad_transmits(ip, a->link);
    bool silent = transmits == 0 || ip_link_kind(ip, a->link) != INL_LINK_ETHERNET;
    inl_dur wait = silent ? 0 : (inl_dur)rng_below(&ip->env->rng, (uint64_t)DAD_DELAY_MAX_NS + 1);

    d->left = silent ? 0 : transmits;
    d->asked = false;
    d->echoed = false;
    timer_arm(&ip->env->wheel, &d->timer, inl_time_add(ip->env->now, wait));
}

int ip_dad_start(struct ip *ip, struct ip_addr *a) {
    struct ip_dad *d = mem_zalloc(&ip->env->mem, sizeof(*d));

    if (!d) {
        return -ENOMEM;
    }
    d->ip = ip;
    d->addr = a;
    timer_init(&d->timer, TIMER_IP_DAD);
    ip_acd_init(&d->acd);
    a->dad = d;
    if (inl_addr_is4(&a->addr)) {
        ip_acd_start(ip, &d->acd, a->link, &a->addr, IP_ACD_DEFEND_ONCE, dad_acd_result, d);
    } else {
        dad_begin(ip, a);
    }
    return 0;
}

void ip_dad_done(struct ip *ip, struct ip_addr *a) {
    if (a->dad) {
        ip_acd_stop(ip, &a->dad->acd);
        timer_cancel(&ip->env->wheel, &a->dad->timer);
        mem_free(&ip->env->mem, a->dad, sizeof(*a->dad));
        a->dad = NULL;
    }
}

void ip_dad_timer(struct ip *ip, struct timer *timer) {
    struct ip_dad *d = TIMER_ENTRY(timer, struct ip_dad, timer);

    if (d->left == 0 && d->echoed) {
        d->left = DAD_ECHO_TRANSMITS;
        d->echoed = false;
    }
    if (d->left == 0) {
        dad_free_to_use(ip, d->addr);
        return;
    }
    d->left--;
    d->asked = true;
    rng_bytes(&ip->env->rng, d->nonce, sizeof(d->nonce));
    ip_nd_dad(ip, d->addr->link, &d->addr->addr, d->nonce);
    timer_arm(&ip->env->wheel, &d->timer,
              inl_time_add(ip->env->now, ip_neigh_retrans_ns(ip, d->addr->link)));
}

enum inl_drop ip_dad_heard(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m,
                           struct ip_addr *a) {
    struct ip_dad *d = a->dad;

    if (a->state == INL_ADDR_DUPLICATED || !d) {
        return INL_DROP_ADDR_TENTATIVE;
    }
    if (m->type == ICMP6_NEIGH_SOLICIT) {
        if (!inl_addr_is_any(&rx->src)) {
            return INL_DROP_ADDR_TENTATIVE;
        }
        if (d->asked && m->has_nonce && memcmp(m->nonce, d->nonce, sizeof(d->nonce)) == 0) {
            d->echoed = true;
            return INL_DROP_OWN_ECHO;
        }
    }
    dad_taken(ip, a);
    return INL_DROP_ADDR_CONFLICT;
}

void ip_dad_link(struct ip *ip, int link, bool up) {
    struct list *it;

    LIST_FOREACH(it, &ip->links[link].addrs) {
        struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (!a->dad || inl_addr_is4(&a->addr)) {
            continue;
        }
        timer_cancel(&ip->env->wheel, &a->dad->timer);
        if (up) {
            ip_addr_deactivate(ip, a, INL_ADDR_TENTATIVE);
            dad_begin(ip, a);
        }
    }
}
