/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addr_life.c - addresses with lifetimes: preferred, deprecated, gone (RFC 4862 5.5.4)
 *
 * A deprecated address is still ours: what uses it goes on. It is only not chosen any more while
 * there is another (RFC 6724 rule 3). A lifetime of INL_FOREVER has no end.
 */
#include "ip/addr.h"
#include "ip/dad.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>

static inl_time life_end(const struct ip *ip, uint32_t seconds) {
    return seconds == INL_FOREVER ? INL_TIME_NEVER
                                  : inl_time_add(ip->env->now, (inl_dur)seconds * INL_S);
}

uint32_t ip_addr_left_s(const struct ip *ip, inl_time until) {
    if (inl_time_is_never(until)) {
        return INL_FOREVER;
    }
    return inl_time_before(ip->env->now, until)
               ? (uint32_t)((inl_time_sub(until, ip->env->now) + INL_S - 1) / INL_S)
               : 0;
}

static void life_arm(struct ip *ip, struct ip_addr *a) {
    bool fresh = inl_time_before(ip->env->now, a->preferred_until);

    timer_arm(&ip->env->wheel, &a->life, fresh ? a->preferred_until : a->valid_until);
    if (a->kind == IP_ADDR_UNICAST) {
        enum inl_addr_state now = fresh ? INL_ADDR_PREFERRED : INL_ADDR_DEPRECATED;

        ip->gen += a->state != now; /* paths may choose another source */
        a->state = now;
    }
}

void ip_addr_lifetimes(struct ip *ip, struct ip_addr *a, uint32_t preferred_s, uint32_t valid_s) {
    a->preferred_until = life_end(ip, preferred_s);
    a->valid_until = life_end(ip, valid_s);
    life_arm(ip, a);
}

void ip_addr_timer(struct ip *ip, struct ip_addr *a) {
    if (inl_time_before(ip->env->now, a->valid_until)) {
        life_arm(ip, a);
    } else {
        ip_addr_del(ip, a->link, &a->addr);
    }
}

int ip_addr_set(struct ip *ip, int link, const struct inl_addr_config *c) {
    struct ip_addr *a = ip_link_exists(ip, link) ? ip_addr_edit(ip, &c->addr, link) : NULL;
    int err;

    if (c->valid_s == 0 || c->preferred_s > c->valid_s || (unsigned)c->origin > INL_ADDR_DHCP) {
        return -EINVAL;
    }
    if (a && a->kind != IP_ADDR_UNICAST && a->kind != IP_ADDR_UNPROVEN) {
        return -EINVAL;
    }
    if (!a) {
        err = ip_addr_new(ip, link, &c->addr, c->prefix_len_bits, c->check, &a);
        if (err) {
            return err;
        }
        a->origin = c->origin;
        if (c->check && ip_dad_start(ip, a)) {
            ip_addr_del(ip, link, &a->addr);
            return -ENOMEM;
        }
    }
    ip_addr_lifetimes(ip, a, c->preferred_s, c->valid_s);
    return 0;
}

size_t ip_addr_list(const struct ip *ip, struct inl_addr_info *out, size_t max) {
    size_t count = 0;

    for (int i = 0; i < INL_LINKS_MAX; i++) {
        const struct ip_link *l = ip_link_get(ip, i);
        const struct list *it;

        if (!l) {
            continue;
        }
        LIST_FOREACH(it, &l->addrs) {
            const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

            if (count < max) {
                out[count] = (struct inl_addr_info){
                    .addr = a->addr,
                    .prefix_len_bits = a->prefix_bits - (inl_addr_is4(&a->addr) ? 96 : 0),
                    .link = i,
                    .state = a->state,
                    .origin = a->origin,
                    .preferred_s = ip_addr_left_s(ip, a->preferred_until),
                    .valid_s = ip_addr_left_s(ip, a->valid_until),
                };
            }
            count++;
        }
    }
    return count;
}
