/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * neigh_rate.c - how often neighbours are asked for of whom nothing is known (RFC 6583 6.4, 7.1)
 *
 * Whoever makes us send to many addresses of a link (a scan that we forward, a flood whose sources
 * he made up) makes us send a question to everybody there for each. The cache is bounded, but that
 * does not bound the questions. So each link has a token bucket, for ARP and neighbour discovery
 * together: the first question for an entry without an address costs a token, and without one the
 * packet is dropped, and no entry made.
 *
 * What is known comes first: probes of entries that have an address cost nothing, nor do the
 * repeats of a question, of which the unresolved entries are the limit (neigh.c). The gateways
 * of routes are asked always: they are few, and all that is beyond them depends on them. Who asks
 * for us is learnt without a question of ours, so who speaks first is not shut out.
 *
 * ip_link.asks is written here only, and never holds more tokens than ask_burst.
 *
 * Does not do: tell a good new neighbour from one of the flood. Both are dropped alike, and a
 * transport that tries again takes its chance.
 */
#include "ip/gateway.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"

void ip_neigh_rate_link(struct ip *ip, int link) {
    ip->links[link].asks = (struct rate_bucket){ip->env->now, ip->neighs.ask_burst};
}

bool ip_neigh_may_ask(struct ip *ip, int link, const struct inl_addr *addr) {
    const struct ip_neighs *ns = &ip->neighs;

    return ns->ask_interval_ns == 0 ||
           rate_take(&ip->links[link].asks, ip->env->now, ns->ask_interval_ns, ns->ask_burst) ||
           ip_gateway_is(ip, link, addr);
}
