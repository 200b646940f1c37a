/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ll4.c - an IPv4 address that needs no server (RFC 3927)
 *
 * A candidate of 169.254.1.0 to 169.254.254.255, drawn from the MAC address, so that a host has the
 * same one each day (2.1); ip/acd.c asks whether it is free, announces and defends it, and slows
 * down after ten conflicts (2.2.1). A taken candidate makes way for the next of the same sequence.
 *
 * Somebody who insists on our address gets it: we defend it once, then take another (2.5 (b)).
 *
 * That such packets are not forwarded is ip/forward.c's rule, that they go to no router
 * ip/path.c's.
 *
 * Does not do: remember the last address over a restart (the sequence begins with the same one).
 */
#include "base/siphash.h"
#include "conf/state.h"
#include "ip/acd.h"
#include "ip/addr.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>
#include <string.h>

#define LL4_FIRST 0xa9fe0100u
#define LL4_COUNT 65024u /* without the first and the last 256 (2.1) */
#define LL4_PREFIX 16

struct ll4 {
    struct conf *conf;
    int link;
    struct ip_acd acd;
    struct inl_addr addr;
    uint32_t candidate;
    bool applied;
};

static void try_next(struct ll4 *l);

static void lose(struct ll4 *l) {
    if (l->applied) {
        l->applied = false;
        (void)ip_addr_del(l->conf->ip, l->link, &l->addr);
        conf_tell(l->conf, l->link, INL_CONF_LINK_LOCAL4);
    }
}

static void acd_said(void *ctx, enum ip_acd_result result) {
    struct ll4 *l = ctx;
    const struct inl_addr_config own = {.addr = l->addr,
                                        .prefix_len_bits = LL4_PREFIX,
                                        .preferred_s = INL_FOREVER,
                                        .valid_s = INL_FOREVER,
                                        .origin = INL_ADDR_LINK_LOCAL};

    if (result != IP_ACD_FREE) {
        lose(l);
        try_next(l);
        return;
    }
    l->applied = !ip_addr_edit(l->conf->ip, &l->addr, l->link) &&
                 ip_addr_set(l->conf->ip, l->link, &own) == 0;
    if (l->applied) {
        conf_tell(l->conf, l->link, INL_CONF_LINK_LOCAL4);
    }
}

static void try_next(struct ll4 *l) {
    static const uint8_t key[16] = "169.254";
    uint8_t what[10];

    memcpy(what, l->conf->ip->links[l->link].config.mac, 6);
    wr_store32(what + 6, l->candidate++);
    l->addr = inl_addr_from4(LL4_FIRST + (uint32_t)(siphash(key, what, sizeof(what)) % LL4_COUNT));
    ip_acd_start(l->conf->ip, &l->acd, l->link, &l->addr, IP_ACD_DEFEND_ONCE, acd_said, l);
}

int conf_ll4_start(struct conf *c, int link) {
    struct ll4 *l;

    if (!ip_link_exists(c->ip, link)) {
        return -ENODEV;
    }
    if (ip_link_kind(c->ip, link) != INL_LINK_ETHERNET) {
        return -EINVAL;
    }
    if (c->ll4[link]) {
        return -EEXIST;
    }
    l = mem_zalloc(&c->env->mem, sizeof(*l));
    if (!l) {
        return -ENOMEM;
    }
    l->conf = c;
    l->link = link;
    ip_acd_init(&l->acd);
    c->ll4[link] = l;
    try_next(l);
    return 0;
}

void ll4_free(struct ll4 *l) {
    if (l) {
        ip_acd_stop(l->conf->ip, &l->acd);
        l->conf->ll4[l->link] = NULL;
        mem_free(&l->conf->env->mem, l, sizeof(*l));
    }
}

int conf_ll4_stop(struct conf *c, int link) {
    if (!ip_link_exists(c->ip, link) || !c->ll4[link]) {
        return -ENOENT;
    }
    lose(c->ll4[link]);
    ll4_free(c->ll4[link]);
    return 0;
}

bool conf_ll4_get(const struct conf *c, int link, struct inl_addr *ret_addr) {
    const struct ll4 *l = ip_link_exists(c->ip, link) ? c->ll4[link] : NULL;

    if (!l || !l->applied) {
        return false;
    }
    *ret_addr = l->addr;
    return true;
}
