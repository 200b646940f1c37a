/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip.c - life of the Internet layer, its protocol table and its timers
 */
#include "ip/ip.h"
#include "base/siphash.h"
#include "ip/acd.h"
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/dad.h"
#include "ip/group.h"
#include "ip/io.h"
#include "ip/state.h"
#include "wire/ipproto.h"

#include <errno.h>
#include <string.h>

/* Another than anything else that is made of the seed. */
static void ip_make_secret(struct ip *ip, const uint8_t seed[16]) {
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t what[] = {'i', 'i', 'd', i};
        uint64_t half = siphash(seed, what, sizeof(what));

        memcpy(ip->secret + 8 * i, &half, sizeof(half));
    }
}

int ip_new(struct env *env, const struct inl_config *config, struct ip **ret_ip) {
    struct ip *ip = mem_zalloc(&env->mem, sizeof(*ip));
    int err;

    if (!ip) {
        return -ENOMEM;
    }
    ip->env = env;
    ip->gen = 1;
    ip->forward = config->forward;
    ip->mss_clamp = config->mss_clamp;
    ip->transparent = config->transparent;
    ip->icmp = config->icmp;
    ip->dad_transmits = config->dad_transmits;
    ip->strict_martians = config->strict_martians;
    ip->source_routes = config->source_routes;
    ip->rp_filter = config->rp_filter;
    ip->ttl = config->ttl ? config->ttl : 64;
    ip_make_secret(ip, config->seed);
    rng_bytes(&env->rng, ip->hash_key, sizeof(ip->hash_key));
    htab_init(&ip->addrs.table, &env->mem);
    ip_route_init(ip);
    ip_gateway_init(ip);
    ip_neigh_init(ip, config);
    ip_redirect_init(ip, config->icmp.max_redirects);
    ip_reass_init(ip, config);
    ip_groups_init(ip, &config->groups);
    ip_pmtu_init(ip, config);
    for (int kind = 0; kind < IP_RATE_KINDS; kind++) {
        ip_rate_init(&ip->rates[kind], (enum ip_rate_kind)kind, env->now);
    }
    ip_link_init(ip);
    err = ip_addr_init(ip);
    if (err) {
        ip_free(ip);
        return err;
    }
    *ret_ip = ip;
    return 0;
}

void ip_free(struct ip *ip) {
    if (!ip) {
        return;
    }
    for (int i = 0; i < INL_LINKS_MAX; i++) {
        ip_auto_end(ip, i);
        ip_ra_done(ip, i);
    }
    ip_reass_done(ip);
    ip_pmtu_done(ip);
    ip_neigh_done(ip);
    ip_link_done(ip);
    ip_redirect_done(ip);
    ip_route_done(ip);
    ip_gateway_done(ip);
    ip_groups_done(ip);
    ip_addr_done(ip);
    mem_free(&ip->env->mem, ip, sizeof(*ip));
}

void ip_proto_set(struct ip *ip, uint8_t proto, const struct ip_proto *handler) {
    ip->protos[proto] = *handler;
}

bool ip_from_csum_done(const struct ip *ip, const struct ip_from *from) {
    return ip->links[from->link].config.flags & INL_LINK_RX_CSUM_OK ||
           (from->offload &&
            from->offload->flags & (INL_OFFLOAD_CSUM_PARTIAL | INL_OFFLOAD_CSUM_OK));
}

bool ip_deliver(struct ip *ip, const struct ip_rx *rx, enum inl_drop *ret_drop) {
    const struct ip_proto *p = &ip->protos[rx->proto];

    if (!p->input) {
        return false;
    }
    if (rx->offload && rx->offload->gso_size_bytes > 0 && rx->proto != IP_PROTO_TCP) {
        *ret_drop = INL_DROP_BAD_OFFLOAD; /* only TCP has segments that can be joined */
        return true;
    }
    if (!rx->group) {
        ip_quick_note(ip, rx);
    }
    *ret_drop = p->input(p->ctx, rx);
    return true;
}

void ip_timer(struct ip *ip, struct timer *timer) {
    switch (timer->kind) {
    case TIMER_IP_NEIGH:
        ip_neigh_timer(ip, timer);
        break;
    case TIMER_IP_ACD:
        ip_acd_timer(ip, TIMER_ENTRY(timer, struct ip_acd, timer));
        break;
    case TIMER_IP_REDIRECT:
        ip_redirect_timer(ip);
        break;
    case TIMER_IP_DAD:
        ip_dad_timer(ip, timer);
        break;
    case TIMER_IP_RA_SEND:
        ip_ra_send_timer(ip, timer);
        break;
    case TIMER_IP_RS:
    case TIMER_IP_AUTO:
    case TIMER_IP_TEMP:
        ip_auto_timer(ip, timer);
        break;
    case TIMER_IP_ADDR:
        ip_addr_timer(ip, TIMER_ENTRY(timer, struct ip_addr, life));
        break;
    case TIMER_IP_REASS:
        ip_reass_timer(ip);
        break;
    case TIMER_IP_GROUP:
    case TIMER_IP_GROUP_CHANGE:
    case TIMER_IP_GROUP_ALL:
        ip_group_timer(ip, timer);
        break;
    default:
        break;
    }
}
