/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra.c - what routers advertise, and how long it holds (RFC 4861 6.1.2, 6.3.4; RFC 4191; RFC 8106)
 *
 * Only for links that were told to configure themselves (autoconf.h); on all others, and in a
 * router, advertisements are dropped.
 *
 * An advertisement is believed as a whole, as RFC 4861 wants: whoever is on the link can send one.
 * What he can do is bounded: numbers of entries, two hours (slaac.c), an MTU of 1280 to the link's,
 * a ReachableTime of an hour, a RetransTimer of 100 ms to 10 s: with a longer one a link-layer
 * address that is no longer true, or that somebody made up, would be asked about for so long, and
 * with a shorter one duplicate address detection would be over before an answer can come. When all
 * places for default routers are taken, a router more gets none, and the rest of what it says is
 * not taken either.
 *
 * Does not do: secure neighbour discovery (RFC 3971). In a router, ra_send.c looks at the
 * advertisements of others (6.2.7).
 */
#include "wire/ra.h"
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/route.h"
#include "ip/state.h"
#include "wire/eth.h"

#include <errno.h>
#include <string.h>

static inl_time ra_end(const struct ip *ip, uint32_t lifetime_s) {
    return lifetime_s == INL_FOREVER ? INL_TIME_NEVER
                                     : inl_time_add(ip->env->now, (inl_dur)lifetime_s * INL_S);
}

/* ---- what is kept ---- */

static void ra_prefix_drop(struct ip *ip, struct ip_auto *au, struct auto_prefix *p) {
    ip_route_del_connected(ip, &p->prefix, p->bits, au->link);
    p->used = false;
    ip->gen++;
}

/* RFC 4861 6.3.4: the prefix is on the link. */
static void ra_prefix(struct ip *ip, struct ip_auto *au, const struct ra_opt *o) {
    struct auto_prefix *p = NULL, *place = NULL;

    for (int i = 0; i < AUTO_PREFIXES_MAX && !p; i++) {
        struct auto_prefix *at = &au->prefixes[i];

        if (at->used && at->bits == o->bits && inl_addr_eq(&at->prefix, &o->prefix)) {
            p = at;
        } else if (!at->used && !place) {
            place = at;
        }
    }
    if (o->lifetime_s == 0) {
        if (p) {
            ra_prefix_drop(ip, au, p);
        }
        return;
    }
    if (!p) {
        if (!place || ip_route_add_connected(ip, &o->prefix, o->bits, au->link)) {
            return;
        }
        p = place;
        *p = (struct auto_prefix){.used = true, .prefix = o->prefix, .bits = o->bits};
        ip->gen++;
    }
    p->until = ra_end(ip, o->lifetime_s);
}

void ip_ra_prefix_info(const struct ip *ip, uint32_t connected, struct inl_route_info *info) {
    const struct ip_auto *au = ip->links[info->link].autoconf;

    for (int i = 0; au && connected == 1 && i < AUTO_PREFIXES_MAX; i++) {
        const struct auto_prefix *p = &au->prefixes[i];

        if (p->used && p->bits == info->prefix_len_bits && inl_addr_eq(&p->prefix, &info->dst)) {
            info->expires_s = ip_addr_left_s(ip, p->until);
        }
    }
}

static void ra_servers(struct ip *ip, struct ip_auto *au, struct ra_opt *o) {
    struct inl_addr addr;

    while (ra_next_server(o, &addr)) {
        struct auto_server *s = NULL, *place = NULL;

        for (int i = 0; i < INL_DNS_MAX && !s; i++) {
            struct auto_server *at = &au->servers[i];

            if (at->used && inl_addr_eq(&at->addr, &addr)) {
                s = at;
            } else if (!at->used && !place) {
                place = at;
            }
        }
        s = s ? s : place;
        if (s && !inl_addr_is_any(&addr) && !inl_addr_is_multicast(&addr)) {
            *s = (struct auto_server){
                .used = o->lifetime_s > 0, .addr = addr, .until = ra_end(ip, o->lifetime_s)};
        }
    }
}

static void ra_search(struct ip *ip, struct ip_auto *au, struct ra_opt *o) {
    struct dns_name name;

    while (ra_next_name(o, &name)) {
        struct auto_search *s = NULL, *place = NULL;

        for (int i = 0; i < INL_SEARCH_MAX && !s; i++) {
            struct auto_search *at = &au->search[i];

            if (at->used && dns_name_eq(&at->name, &name)) {
                s = at;
            } else if (!at->used && !place) {
                place = at;
            }
        }
        s = s ? s : place;
        if (s) {
            *s = (struct auto_search){
                .used = o->lifetime_s > 0, .name = name, .until = ra_end(ip, o->lifetime_s)};
        }
    }
}

/* ---- an advertisement ---- */

static void ra_option(struct ip *ip, struct ip_auto *au, const struct ip_rx *rx, struct ra_opt *o) {
    switch (o->type) {
    case ND_OPT_PREFIX:
        if (inl_addr_is_link_local(&o->prefix) || inl_addr_is_multicast(&o->prefix) ||
            inl_addr_is4(&o->prefix)) {
            break;
        }
        ip_way_gave(ip, au, &rx->src, o);
        if (o->on_link) {
            ra_prefix(ip, au, o);
        }
        if (o->autonomous) {
            ip_slaac_prefix(ip, au, o);
        }
        break;
    case ND_OPT_ROUTE:
        if (o->pref != RA_PREF_RESERVED && !inl_addr_is_link_local(&o->prefix) &&
            !inl_addr_is_multicast(&o->prefix)) {
            ip_way_heard(ip, au, &rx->src, &o->prefix, o->bits, o->pref, o->lifetime_s);
        }
        break;
    case ND_OPT_MTU:
        if (o->mtu_bytes >= 1280 && o->mtu_bytes <= ip_link_mtu(ip, au->link)) {
            ip->gen += ip->links[au->link].mtu6_bytes != o->mtu_bytes;
            ip->links[au->link].mtu6_bytes = o->mtu_bytes;
        }
        break;
    case ND_OPT_RDNSS:
        ra_servers(ip, au, o);
        break;
    case ND_OPT_DNSSL:
        ra_search(ip, au, o);
        break;
    default:
        break;
    }
}

/* The fixed part: hop limit and times of the link; zero says nothing. */
static void ra_parameters(struct ip *ip, struct ip_auto *au, const struct nd_msg *m) {
    struct ip_link *l = &ip->links[au->link];

    if (m->hop_limit && m->hop_limit != l->hop_limit6) {
        ip->stamp_gen++;
        l->hop_limit6 = m->hop_limit;
    }
    if (m->reachable_ms && m->reachable_ms <= NEIGH_REACHABLE_MAX_MS &&
        m->reachable_ms != au->reachable_ms) {
        au->reachable_ms = m->reachable_ms;
        l->base_reachable_ns = (inl_dur)m->reachable_ms * INL_MS;
        l->reachable_ns = 0; /* drawn anew */
    }
    if (m->retrans_ms >= NEIGH_RETRANS_MIN_MS && m->retrans_ms <= NEIGH_RETRANS_MAX_MS) {
        l->retrans_ns = (inl_dur)m->retrans_ms * INL_MS;
    }
    if (!au->heard || m->managed != au->managed || m->other != au->other) {
        au->heard = true;
        au->managed = m->managed;
        au->other = m->other;
        if (ip->ra_flags) {
            ip->ra_flags(ip->ra_flags_ctx, au->link, m->managed, m->other);
        }
    }
}

static void auto_settle(struct ip *ip, struct ip_auto *au);

enum inl_drop ip_ra_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m) {
    static const struct inl_addr all;
    struct ip_auto *au = ip->links[rx->link].autoconf;
    struct rd options = m->options;
    uint8_t pref = ra_pref(m->pref_bits);
    struct ra_opt o;

    if (inl_addr_is4(&rx->src) || !inl_addr_is_link_local(&rx->src)) {
        return INL_DROP_BAD_SOURCE; /* 6.1.2 */
    }
    if (m->has_source_ll && eth_is_group(m->source_ll)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (!au && !ip_ra_consistent(ip, rx->link, m)) {
        return INL_DROP_RA_INCONSISTENT; /* 6.2.7: that is all a router does with it */
    }
    if (!au || au->disabled) {
        return INL_DROP_RA_UNWANTED;
    }
    /* RFC 4191 2.2: the reserved preference is medium, and means nothing with a lifetime of 0 */
    if (!ip_way_heard(ip, au, &rx->src, &all, 0,
                      pref == RA_PREF_RESERVED ? INL_ROUTER_MEDIUM : pref, m->lifetime_s)) {
        return INL_DROP_RA_LIMIT;
    }
    ra_parameters(ip, au, m);
    while (ra_next(&options, &o)) {
        ra_option(ip, au, rx, &o);
    }
    if (ip_way_of(au, &rx->src)) {
        ip_neigh_router(ip, rx->link, &rx->src, m->has_source_ll ? m->source_ll : NULL);
    }
    au->answered = au->answered || m->lifetime_s > 0;
    auto_settle(ip, au);
    return INL_DROP_NONE;
}

/* ---- time ---- */

static bool auto_past(const struct ip *ip, bool used, inl_time until, inl_time *next) {
    if (used && inl_time_before(ip->env->now, until)) {
        *next = inl_time_min(*next, until);
    }
    return used && !inl_time_before(ip->env->now, until);
}

/* Drops what is over, and waits for the next end. */
static void auto_settle(struct ip *ip, struct ip_auto *au) {
    inl_time next = INL_TIME_NEVER;
    bool routers = false;

    ip_ways_apply(ip, au);
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        auto_past(ip, au->ways[i].used, au->ways[i].until, &next);
        routers |= au->ways[i].used && au->ways[i].bits == 0;
    }
    for (int i = 0; i < AUTO_PREFIXES_MAX; i++) {
        if (auto_past(ip, au->prefixes[i].used, au->prefixes[i].until, &next)) {
            ra_prefix_drop(ip, au, &au->prefixes[i]);
        }
    }
    for (int i = 0; i < INL_DNS_MAX; i++) {
        au->servers[i].used &= !auto_past(ip, au->servers[i].used, au->servers[i].until, &next);
    }
    for (int i = 0; i < INL_SEARCH_MAX; i++) {
        au->search[i].used &= !auto_past(ip, au->search[i].used, au->search[i].until, &next);
    }
    timer_arm(&ip->env->wheel, &au->expiry, next);
    if (au->answered && !routers) {
        ip_rs_begin(ip, au);
    } else if (au->answered) {
        timer_cancel(&ip->env->wheel, &au->ask);
    }
}

void ip_auto_timer(struct ip *ip, struct timer *timer) {
    if (timer->kind == TIMER_IP_RS) {
        ip_rs_timer(ip, TIMER_ENTRY(timer, struct ip_auto, ask));
    } else if (timer->kind == TIMER_IP_TEMP) {
        ip_temp_sustain(ip, TIMER_ENTRY(timer, struct ip_auto, temp));
    } else {
        auto_settle(ip, TIMER_ENTRY(timer, struct ip_auto, expiry));
    }
}

/* ---- life ---- */

int ip_auto_start(struct ip *ip, int link, const struct inl_autoconf *config) {
    struct ip_auto *au;
    int err;

    if (!ip_link_exists(ip, link)) {
        return -ENODEV;
    }
    if (ip->forward || ip_link_kind(ip, link) != INL_LINK_ETHERNET ||
        (config && config->temp_valid_s && config->temp_valid_s < config->temp_preferred_s)) {
        return -EINVAL;
    }
    ip_auto_end(ip, link);
    au = mem_zalloc(&ip->env->mem, sizeof(*au));
    if (!au) {
        return -ENOMEM;
    }
    au->link = link;
    au->config = config ? *config : (struct inl_autoconf){0};
    timer_init(&au->ask, TIMER_IP_RS);
    timer_init(&au->expiry, TIMER_IP_AUTO);
    timer_init(&au->temp, TIMER_IP_TEMP);
    ip->links[link].autoconf = au;
    err = ip_slaac_link_local(ip, au);
    if (err) {
        ip_auto_end(ip, link);
        return err;
    }
    if (ip_link_is_up(ip, link)) {
        ip_rs_begin(ip, au);
    }
    return 0;
}

void ip_auto_end(struct ip *ip, int link) {
    struct ip_link *l = &ip->links[link];
    struct ip_auto *au = l->autoconf;

    if (!au) {
        return;
    }
    for (int i = 0; i < AUTO_WAYS_MAX; i++) {
        au->ways[i].until = ip->env->now;
    }
    for (int i = 0; i < AUTO_PREFIXES_MAX; i++) {
        au->prefixes[i].until = ip->env->now;
    }
    auto_settle(ip, au);
    ip_slaac_forget(ip, au);
    timer_cancel(&ip->env->wheel, &au->ask);
    timer_cancel(&ip->env->wheel, &au->expiry);
    timer_cancel(&ip->env->wheel, &au->temp);
    l->autoconf = NULL;
    l->mtu6_bytes = 0;
    l->hop_limit6 = 0;
    l->base_reachable_ns = 0;
    l->reachable_ns = 0;
    l->retrans_ns = 0;
    mem_free(&ip->env->mem, au, sizeof(*au));
    ip->gen++;
}

void ip_auto_link(struct ip *ip, int link, bool up) {
    struct ip_auto *au = ip->links[link].autoconf;

    if (au && up) {
        au->disabled = false;
        ip_rs_begin(ip, au);
    } else if (au) {
        timer_cancel(&ip->env->wheel, &au->ask);
    }
}

/* ---- for those above ---- */

int ip_autoconf_start(struct ip *ip, int link, const struct inl_autoconf *config) {
    return ip_auto_start(ip, link, config);
}

int ip_autoconf_stop(struct ip *ip, int link) {
    if (!ip_link_exists(ip, link)) {
        return -ENODEV;
    }
    ip_auto_end(ip, link);
    return 0;
}

int ip_autoconf_get(const struct ip *ip, int link, struct inl_autoconf_info *info) {
    const struct ip_auto *au = ip_link_exists(ip, link) ? ip->links[link].autoconf : NULL;

    if (!au) {
        return -ENOENT;
    }
    *info = (struct inl_autoconf_info){.managed = au->managed,
                                       .other = au->other,
                                       .hop_limit = ip->links[link].hop_limit6,
                                       .mtu_bytes = ip->links[link].mtu6_bytes};
    for (int i = 0; i < AUTO_DEFAULT_WAYS_MAX; i++) {
        const struct auto_way *w = &au->ways[i];

        if (w->used) {
            info->routers[info->router_count].addr = w->router;
            info->routers[info->router_count].lifetime_s = ip_addr_left_s(ip, w->until);
            info->routers[info->router_count++].pref = w->pref;
        }
    }
    for (int i = 0; i < INL_DNS_MAX; i++) {
        if (au->servers[i].used) {
            info->dns[info->dns_count].addr = au->servers[i].addr;
            info->dns[info->dns_count++].lifetime_s = ip_addr_left_s(ip, au->servers[i].until);
        }
    }
    for (int i = 0; i < INL_SEARCH_MAX; i++) {
        if (au->search[i].used) {
            struct text t =
                text_init(info->search[info->search_count].name, sizeof(info->search[0].name));

            dns_name_text(&t, &au->search[i].name);
            info->search[info->search_count++].lifetime_s = ip_addr_left_s(ip, au->search[i].until);
        }
    }
    return 0;
}

void ip_autoconf_on_flags(struct ip *ip, ip_ra_flags_fn fn, void *ctx) {
    ip->ra_flags = fn;
    ip->ra_flags_ctx = ctx;
}
