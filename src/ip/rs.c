/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rs.c - asking for routers (RFC 4861 6.3.7, RFC 7559)
 *
 * The first question after up to a second, the next after 4 s, then after twice the time each, up
 * to an hour, a tenth more or less: so a router that comes late, or a lost question, does not leave
 * the host without. It ends when a router says that it is one; when the last of them is gone, it
 * begins again.
 *
 * Until its link-local address is free to use, the host asks from the unspecified address, without
 * a link-layer address.
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"

#define RS_DELAY_MAX_NS (1 * INL_S) /* MAX_RTR_SOLICITATION_DELAY */
#define RS_FIRST_NS (4 * INL_S)     /* IRT of RFC 7559 */
#define RS_MOST_NS (3600 * INL_S)   /* MRT */

void ip_rs_begin(struct ip *ip, struct ip_auto *au) {
    inl_dur wait = (inl_dur)rng_below(&ip->env->rng, (uint64_t)RS_DELAY_MAX_NS + 1);

    au->answered = false;
    au->ask_wait = 0;
    timer_arm(&ip->env->wheel, &au->ask, inl_time_add(ip->env->now, wait));
}

/* RFC 8415 15: RAND is between -0.1 and 0.1. */
static inl_dur rs_random(struct ip *ip, inl_dur of) {
    return (inl_dur)rng_below(&ip->env->rng, (uint64_t)of / 5 + 1) - of / 10;
}

void ip_rs_timer(struct ip *ip, struct ip_auto *au) {
    if (au->answered || au->disabled) {
        return;
    }
    ip_nd_ask_routers(ip, au->link);
    if (au->ask_wait == 0) {
        au->ask_wait = RS_FIRST_NS + rs_random(ip, RS_FIRST_NS);
    } else {
        au->ask_wait = 2 * au->ask_wait + rs_random(ip, au->ask_wait);
    }
    if (au->ask_wait > RS_MOST_NS) {
        au->ask_wait = RS_MOST_NS + rs_random(ip, RS_MOST_NS);
    }
    timer_arm(&ip->env->wheel, &au->ask, inl_time_add(ip->env->now, au->ask_wait));
}
