/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tempaddr.c - temporary addresses: for some hours, at random (RFC 8981)
 *
 * Beside each address that slaac.c has made of a router's prefix there is, where it is asked for, a
 * temporary one. It is preferred for a day at most, less a random part, so that hosts do not all
 * change at once, and valid for two. Shortly before it is deprecated the next one is made; so there
 * is always one to open connections from (RFC 6724 rule 7), and the old ones end with what uses
 * them. One rule does all that: a prefix without a temporary address that is good for some time
 * gets one. It runs after each advertisement and when the newest one comes to its end.
 *
 * What routers say can shorten the lifetimes, but never prolong them beyond those of the first day.
 * An address that is taken is replaced by another three times in a row; then this link makes no
 * more (3.4 step 6).
 */
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/dad.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"

#define TEMP_VALID_S 172800u    /* TEMP_VALID_LIFETIME */
#define TEMP_PREFERRED_S 86400u /* TEMP_PREFERRED_LIFETIME */
#define TEMP_RETRIES 3          /* TEMP_IDGEN_RETRIES */

static uint32_t temp_valid_s(const struct ip_auto *au) {
    return au->config.temp_valid_s ? au->config.temp_valid_s : TEMP_VALID_S;
}

static uint32_t temp_preferred_s(const struct ip_auto *au) {
    return au->config.temp_preferred_s ? au->config.temp_preferred_s : TEMP_PREFERRED_S;
}

static uint32_t lesser(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* REGEN_ADVANCE */
static uint32_t temp_advance_s(const struct ip *ip, const struct ip_auto *au) {
    inl_dur asking =
        TEMP_RETRIES * ip_dad_transmits(ip, au->link) * ip_neigh_retrans_ns(ip, au->link);

    return 2 + (uint32_t)(asking / INL_S);
}

static bool temp_of(const struct ip_addr *a, const struct inl_addr *prefix) {
    return a->origin == INL_ADDR_TEMPORARY && inl_addr_match(&a->addr, prefix, 64);
}

static unsigned temp_count(const struct ip *ip, int link) {
    const struct list *it;
    unsigned n = 0;

    LIST_FOREACH(it, &ip->links[link].addrs) {
        n += LIST_ENTRY(it, struct ip_addr, link_node)->origin == INL_ADDR_TEMPORARY;
    }
    return n;
}

/* 3.4: from the prefix of @stable, with its lifetimes at most. */
static void temp_make(struct ip *ip, struct ip_auto *au, const struct inl_addr *prefix,
                      uint32_t preferred_s, uint32_t valid_s, uint8_t counter) {
    uint32_t most_s = temp_preferred_s(au);
    /* DESYNC_FACTOR: up to 0.4 of it */
    uint32_t good_s = most_s - (uint32_t)rng_below(&ip->env->rng, (uint64_t)most_s * 2 / 5 + 1);
    struct inl_addr_config c = {.addr = inl_addr_mask(prefix, 64),
                                .prefix_len_bits = 128,
                                .valid_s = lesser(valid_s, temp_valid_s(au)),
                                .check = true,
                                .origin = INL_ADDR_TEMPORARY};
    struct ip_addr *a;

    c.preferred_s = lesser(lesser(preferred_s, good_s), c.valid_s);
    if (c.preferred_s <= temp_advance_s(ip, au) || temp_count(ip, au->link) >= AUTO_TEMPS_MAX) {
        return;
    }
    do {
        rng_bytes(&ip->env->rng, c.addr.b + 8, 8);
    } while (ip_slaac_reserved(c.addr.b + 8) || ip_addr_edit(ip, &c.addr, au->link));
    if (ip_addr_set(ip, au->link, &c) == 0) {
        a = ip_addr_edit(ip, &c.addr, au->link);
        a->counter = counter;
        a->made = ip->env->now;
        a->good_s = good_s;
    }
}

/* When the newest temporary address of a prefix is to be followed; the past: there is none. */
static inl_time temp_next(const struct ip *ip, const struct ip_auto *au,
                          const struct inl_addr *prefix) {
    inl_time newest = {0};
    const struct list *it;

    LIST_FOREACH(it, &ip->links[au->link].addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (temp_of(a, prefix) && a->state != INL_ADDR_DUPLICATED) {
            newest = inl_time_max(newest, a->preferred_until);
        }
    }
    return inl_time_is_never(newest)
               ? newest
               : inl_time_add(newest, -(inl_dur)temp_advance_s(ip, au) * INL_S);
}

void ip_temp_sustain(struct ip *ip, struct ip_auto *au) {
    inl_time wake = INL_TIME_NEVER;
    struct list *it, *tmp;

    if (!au->config.temporary || au->temp_off) {
        return;
    }
    LIST_FOREACH_SAFE(it, tmp, &ip->links[au->link].addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);
        inl_time next;

        if (a->origin != INL_ADDR_SLAAC || !inl_time_before(ip->env->now, a->preferred_until)) {
            continue;
        }
        next = temp_next(ip, au, &a->addr);
        if (!inl_time_before(ip->env->now, next)) {
            temp_make(ip, au, &a->addr, ip_addr_left_s(ip, a->preferred_until),
                      ip_addr_left_s(ip, a->valid_until), 0);
            next = temp_next(ip, au, &a->addr);
        }
        if (inl_time_before(ip->env->now, next)) {
            wake = inl_time_min(wake, next);
        }
    }
    timer_arm(&ip->env->wheel, &au->temp, wake);
}

/* 3.4 step 2 */
void ip_temp_refresh(struct ip *ip, struct ip_auto *au, struct ip_addr *a, uint32_t preferred_s,
                     uint32_t valid_s) {
    uint32_t age_s = (uint32_t)(inl_time_sub(ip->env->now, a->made) / INL_S);
    uint32_t valid_left_s = temp_valid_s(au) > age_s ? temp_valid_s(au) - age_s : 0;
    uint32_t good_left_s = a->good_s > age_s ? a->good_s - age_s : 0;

    valid_s = lesser(valid_s, valid_left_s);
    ip_addr_lifetimes(ip, a, lesser(lesser(preferred_s, good_left_s), valid_s), valid_s);
}

void ip_temp_taken(struct ip *ip, struct ip_auto *au, struct ip_addr *a) {
    const struct inl_addr prefix = a->addr;
    uint32_t preferred_s = ip_addr_left_s(ip, a->preferred_until);
    uint32_t valid_s = ip_addr_left_s(ip, a->valid_until);
    uint8_t counter = (uint8_t)(a->counter + 1);

    ip_addr_del(ip, au->link, &a->addr);
    if (counter > TEMP_RETRIES) {
        au->temp_off = true;
        timer_cancel(&ip->env->wheel, &au->temp);
        return;
    }
    temp_make(ip, au, &prefix, preferred_s, valid_s, counter);
    ip_temp_sustain(ip, au);
}
