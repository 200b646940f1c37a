/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * acd.c - IPv4 address conflict detection (see acd.h), RFC 5227
 *
 * Three probes (ARP requests without a sender's address), one to two seconds apart, after a wait of
 * up to a second that keeps hosts which start together apart; two seconds more to hear an
 * objection. Then two announcements, and from then on every ARP message with our address and
 * another's hardware address is a conflict, of which the policy says what follows.
 *
 * An address that was configured without asking has no struct ip_acd. It is defended too, by
 * policy (c): whoever gave it to us by hand did not say that we may give it away.
 *
 * The list of a link has as many entries as the host has addresses that are asked for; no peer can
 * make it longer.
 *
 * Does not do: choose another address. Who asked does that, and ACD_MAX_CONFLICTS addresses in turn
 * that are taken make the next one wait for a minute (2.1.1).
 */
#include "ip/acd.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/arp.h"

#include <string.h>

void ip_acd_init(struct ip_acd *a) {
    memset(a, 0, sizeof(*a));
    list_init(&a->node);
    timer_init(&a->timer, TIMER_IP_ACD);
}

static void acd_wait(struct ip *ip, struct ip_acd *a, inl_dur least, inl_dur most) {
    inl_dur more = (inl_dur)rng_below(&ip->env->rng, (uint64_t)(most - least) + 1);

    timer_arm(&ip->env->wheel, &a->timer, inl_time_add(ip->env->now, least + more));
}

static void acd_probe_from_start(struct ip *ip, struct ip_acd *a) {
    bool hurried = ip->links[a->link].acd_conflicts >= ACD_MAX_CONFLICTS;

    a->state = ACD_PROBING;
    a->sent = 0;
    if (ip_link_kind(ip, a->link) != INL_LINK_ETHERNET) {
        a->sent = ACD_PROBE_NUM; /* nobody there to be asked */
        timer_arm(&ip->env->wheel, &a->timer, ip->env->now);
    } else if (hurried) {
        acd_wait(ip, a, ACD_RATE_LIMIT_NS, ACD_RATE_LIMIT_NS + ACD_PROBE_WAIT_NS);
    } else {
        acd_wait(ip, a, 0, ACD_PROBE_WAIT_NS);
    }
}

void ip_acd_start(struct ip *ip, struct ip_acd *a, int link, const struct inl_addr *addr,
                  enum ip_acd_policy policy, ip_acd_fn done, void *ctx) {
    ip_acd_stop(ip, a);
    a->addr = *addr;
    a->link = link;
    a->policy = policy;
    a->done = done;
    a->ctx = ctx;
    a->held = false;
    a->conflict = false;
    list_add_tail(&ip->links[link].acds, &a->node);
    acd_probe_from_start(ip, a);
}

void ip_acd_stop(struct ip *ip, struct ip_acd *a) {
    timer_cancel(&ip->env->wheel, &a->timer);
    list_del(&a->node);
    a->state = ACD_IDLE;
}

/* It is over; the owner may start anew, or be gone, afterwards. */
static void acd_end(struct ip *ip, struct ip_acd *a) {
    enum ip_acd_result result = a->held ? IP_ACD_LOST : IP_ACD_CONFLICT;

    if (!a->held && ip->links[a->link].acd_conflicts < ACD_MAX_CONFLICTS) {
        ip->links[a->link].acd_conflicts++;
    }
    ip_acd_stop(ip, a);
    a->done(a->ctx, result);
}

static void acd_announce(struct ip *ip, struct ip_acd *a) {
    ip_arp_announce(ip, a->link, &a->addr, INL_CAUSE_ARP_ANNOUNCE);
    a->sent++;
    if (a->sent < ACD_ANNOUNCE_NUM) {
        acd_wait(ip, a, ACD_ANNOUNCE_INTERVAL_NS, ACD_ANNOUNCE_INTERVAL_NS);
    } else {
        a->state = ACD_WATCHING;
    }
}

/* Nobody objected. */
static void acd_free(struct ip *ip, struct ip_acd *a) {
    bool first = !a->held;

    ip->links[a->link].acd_conflicts = 0;
    a->held = true;
    a->state = ACD_ANNOUNCING;
    a->sent = 0;
    timer_arm(&ip->env->wheel, &a->timer, ip->env->now); /* announced as soon as it is in use */
    if (first) {
        a->done(a->ctx, IP_ACD_FREE);
    }
}

void ip_acd_timer(struct ip *ip, struct ip_acd *a) {
    if (a->state == ACD_ANNOUNCING) {
        acd_announce(ip, a);
        return;
    }
    if (a->sent == ACD_PROBE_NUM) {
        acd_free(ip, a);
        return;
    }
    ip_arp_probe(ip, a->link, &a->addr);
    a->sent++;
    if (a->sent < ACD_PROBE_NUM) {
        acd_wait(ip, a, ACD_PROBE_MIN_NS, ACD_PROBE_MAX_NS);
    } else {
        acd_wait(ip, a, ACD_ANNOUNCE_WAIT_NS, ACD_ANNOUNCE_WAIT_NS);
    }
}

static bool acd_recent(const struct ip *ip, bool conflict, inl_time defended) {
    return conflict &&
           inl_time_before(ip->env->now, inl_time_add(defended, ACD_DEFEND_INTERVAL_NS));
}

/* RFC 5227 2.4. */
static void acd_challenged(struct ip *ip, struct ip_acd *a) {
    bool recent = acd_recent(ip, a->conflict, a->defended);

    if (a->policy == IP_ACD_YIELD || (recent && a->policy == IP_ACD_DEFEND_ONCE)) {
        acd_end(ip, a);
        return;
    }
    if (!recent) {
        a->conflict = true;
        a->defended = ip->env->now;
        ip_arp_announce(ip, a->link, &a->addr, INL_CAUSE_ARP_DEFEND);
    }
}

/* Of an address that nobody watches over. */
static bool acd_defend_static(struct ip *ip, int link, const struct inl_addr *addr) {
    struct ip_addr *mine = ip_addr_edit(ip, addr, link);

    if (!mine || mine->kind != IP_ADDR_UNICAST) {
        return false;
    }
    if (!acd_recent(ip, mine->conflict, mine->defended)) {
        mine->conflict = true;
        mine->defended = ip->env->now;
        ip_arp_announce(ip, link, addr, INL_CAUSE_ARP_DEFEND);
    }
    return true;
}

/* 2.1.1: somebody uses it, or wants it as we do. */
static bool acd_contested(const struct ip_acd *a, const struct arp_msg *m) {
    return inl_addr_eq(&m->spa, &a->addr) ||
           (!a->held && a->state == ACD_PROBING && m->op == ARP_REQUEST &&
            inl_addr_is_any(&m->spa) && inl_addr_eq(&m->tpa, &a->addr));
}

bool ip_acd_input(struct ip *ip, int link, const struct arp_msg *m) {
    struct list *it, *tmp;

    LIST_FOREACH_SAFE(it, tmp, &ip->links[link].acds) {
        struct ip_acd *a = LIST_ENTRY(it, struct ip_acd, node);

        if (!acd_contested(a, m)) {
            continue;
        }
        if (a->state == ACD_PROBING) {
            acd_end(ip, a);
        } else {
            acd_challenged(ip, a);
        }
        return true;
    }
    return acd_defend_static(ip, link, &m->spa);
}

void ip_acd_link(struct ip *ip, int link, bool up) {
    struct list *it;

    LIST_FOREACH(it, &ip->links[link].acds) {
        struct ip_acd *a = LIST_ENTRY(it, struct ip_acd, node);

        if (up) {
            acd_probe_from_start(ip, a);
        } else {
            timer_cancel(&ip->env->wheel, &a->timer);
        }
    }
}
