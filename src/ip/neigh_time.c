/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh_time.c - RetransTimer and ReachableTime of a link (RFC 4861 6.3.2)
 *
 * The bases are defaults or what a router has said (ra.c). ReachableTime is drawn from half to one
 * and a half of its base, so that hosts which heard the same do not ask at the same time.
 */
#include "base/siphash.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"

inl_dur ip_neigh_retrans_ns(const struct ip *ip, int link) {
    inl_dur told = ip->links[link].retrans_ns;

    return told ? told : NEIGH_RETRANS_NS;
}

/* Not from env.rng: what other parts draw is not to depend on who was heard of when. */
inl_dur ip_neigh_reachable_ns(struct ip *ip, int link) {
    struct ip_link *l = &ip->links[link];
    inl_dur base = l->base_reachable_ns ? l->base_reachable_ns : NEIGH_REACHABLE_NS;
    const uint64_t words[2] = {(uint64_t)link, (uint64_t)ip->env->now.ns};

    if (l->reachable_ns == 0 || !inl_time_before(ip->env->now, l->reachable_redraw)) {
        uint64_t chance = siphash(ip->hash_key, words, sizeof(words));

        l->reachable_ns = base / 2 + (inl_dur)(chance % (uint64_t)(base + 1));
        l->reachable_redraw = inl_time_add(ip->env->now, NEIGH_REDRAW_NS);
    }
    return l->reachable_ns;
}
