/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c - interfaces, and the queue of frames that wait for a driver (see
 * link.h)
 *
 * The queue holds what is made once and cannot be made again later: ICMP, ARP,
 * ND, UDP, forwarded packets. TCP is pulled and never waits here. A full queue
 * drops the newcomer (RFC 1122 does not say which; the oldest is the one whose
 * receiver has waited longest).
 *
 * An Ethernet link gets its link-local IPv6 address (RFC 4291 2.8) from its MAC
 * address (RFC 2464 4 and 5) when it is added.
 *
 * Does not do: queueing disciplines, VLANs, duplicate address detection.
 */
#include "ip/link.h"
#include "ip/acd.h"
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/dad.h"
#include "ip/group.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <errno.h>
#include <string.h>

bool ip_link_exists(const struct ip *ip, int link) {
    return link >= 0 && link < INL_LINKS_MAX && ip->links[link].used;
}

const struct ip_link *ip_link_get(const struct ip *ip, int link) {
    return ip_link_exists(ip, link) ? &ip->links[link] : NULL;
}

struct ip_link *ip_link_edit(struct ip *ip, int link) {
    return ip_link_exists(ip, link) ? &ip->links[link] : NULL;
}

static void link_init(struct ip_link *l, const struct inl_link_config *config) {
    memset(l, 0, sizeof(*l));
    l->config = *config;
    l->config.name[sizeof(l->config.name) - 1] = 0;
    list_init(&l->addrs);
    list_init(&l->acds);
    list_init(&l->txq.packets);
    l->txq_cap = config->tx_queue_packets ? config->tx_queue_packets : IP_TXQ_PACKETS;
    l->used = true;
    l->up = true;
}

void ip_link_init(struct ip *ip) {
    const struct inl_link_config lo = {
        .kind = INL_LINK_LOOPBACK,
        .name = "lo",
        .mtu_bytes = IP_LOOPBACK_MTU_BYTES,
    };

    link_init(&ip->links[IP_LOOPBACK_LINK], &lo);
}

static void link_flush(struct ip_link *l) {
    struct pkt *pkt;

    while ((pkt = ip_txq_take(&l->txq)) != NULL) {
        pkt_free(pkt);
    }
}

void ip_link_done(struct ip *ip) {
    for (int i = 0; i < INL_LINKS_MAX; i++) {
        if (ip->links[i].used) {
            link_flush(&ip->links[i]);
        }
    }
}

static bool link_config_ok(const struct inl_link_config *c) {
    static const uint8_t zero[6];

    if (c->kind != INL_LINK_ETHERNET && c->kind != INL_LINK_IP) {
        return false;
    }
    if (c->mtu_bytes < IP4_MIN_MTU_BYTES || c->mtu_bytes > IP_GSO_MAX_BYTES) {
        return false;
    }
    if (c->flags & INL_LINK_TX_GSO && !(c->flags & INL_LINK_TX_CSUM)) {
        return false;
    }
    if (c->dad_transmits > DAD_TRANSMITS_MAX && c->dad_transmits != INL_DAD_NONE) {
        return false;
    }
    if (c->gso_max_bytes != 0 &&
        (c->gso_max_bytes < c->mtu_bytes || c->gso_max_bytes > IP_GSO_MAX_BYTES)) {
        return false;
    }
    return c->kind == INL_LINK_IP || (!eth_is_group(c->mac) && memcmp(c->mac, zero, 6) != 0);
}

/* fe80:: and the modified EUI-64 of the MAC address. */
static struct inl_addr link_local_of(const uint8_t mac[6]) {
    struct inl_addr a = {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, (uint8_t)(mac[0] ^ 2), mac[1], mac[2], 0xff,
                          0xfe, mac[3], mac[4], mac[5]}};

    return a;
}

/* What IPv6 needs on a new link. */
static int link_begin6(struct ip *ip, int link) {
    const struct inl_link_config *config = &ip->links[link].config;
    const struct inl_addr routers = {{0xff, 2, [15] = 2}};
    int err = ip->forward ? ip_group_hold(ip, link, &routers) : 0; /* RFC 4291 2.8 */

    if (!err && config->kind == INL_LINK_ETHERNET) {
        struct inl_addr ll = link_local_of(config->mac);
        struct ip_addr *a;

        err = ip_addr_new(ip, link, &ll, 64, false, &a);
        if (!err) {
            a->origin = INL_ADDR_LINK_LOCAL;
        } else if (ip->forward) {
            ip_group_release(ip, link, &routers);
        }
    }
    return err;
}

int ip_link_add(struct ip *ip, const struct inl_link_config *config) {
    int i = 1;

    if (!link_config_ok(config)) {
        return -EINVAL;
    }
    while (i < INL_LINKS_MAX && ip->links[i].used) {
        i++;
    }
    if (i == INL_LINKS_MAX) {
        return -ENOSPC;
    }
    link_init(&ip->links[i], config);
    ip_neigh_rate_link(ip, i);
    if (config->mtu_bytes >= IP6_MIN_MTU_BYTES) {
        int err = link_begin6(ip, i);

        if (err) {
            ip->links[i].up = false;
            ip_group_set_up(ip, i, false); /* nothing is to be told of it */
            ip->links[i].used = false;
            return err;
        }
    }
    ip->gen++;
    return i;
}

_Static_assert(ENV_NOWHERE == INL_LINKS_MAX, "a row of reasons for each link");

/* Counted at the link; what has no way has no link. */
static void link_drop(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why,
                      enum inl_link_kind frame) {
    struct env *env = ip->env;
    unsigned place = env->place;

    env->place = why == INL_DROP_NO_ROUTE || why == INL_DROP_SOURCE_ROUTE_FAILED ? ENV_NOWHERE
                                                                                 : (unsigned)link;
    env_drop(env, why);
    env->place = place;
    if (env->trace) {
        const struct inl_trace t = {
            .kind = INL_TRACE_DROP,
            .now = env->now,
            .link = link,
            .frame = (int)frame,
            .data = pkt_data(pkt),
            .len_bytes = pkt->len,
            .cause = pkt->cause,
            .drop = why,
            .owner = pkt->owner,
        };
        env->trace(env->trace_ctx, &t);
    }
    pkt_free(pkt);
}

void ip_link_drop(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why) {
    link_drop(ip, pkt, link, why, INL_LINK_IP);
}

void ip_link_discard(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why) {
    bool is4 = pkt->len > 0 && pkt_data(pkt)[0] >> 4 == 4;

    ip_mib(ip, link, is4)->n[IP_MIB_OUT_DISCARDS]++;
    ip_link_drop(ip, pkt, link, why);
}

/* Drops a finished frame. */
static int link_refuse(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why, int err) {
    link_drop(ip, pkt, link, why, ip->links[link].config.kind);
    return err;
}

int ip_link_set_rp_filter(struct ip *ip, int link, enum inl_rp_filter mode) {
    struct ip_link *l = ip_link_edit(ip, link);

    if (!l) {
        return -ENODEV;
    }
    if ((int)mode < INL_RP_FILTER_OFF || mode > INL_RP_FILTER_STRICT) {
        return -EINVAL;
    }
    l->own_rp_filter = true;
    l->rp_filter = mode;
    return 0;
}

int ip_link_set_up(struct ip *ip, int link, bool up) {
    struct ip_link *l = ip_link_edit(ip, link);
    struct pkt *pkt;

    if (!l) {
        return -ENODEV;
    }
    if (l->up == up) {
        return 0;
    }
    l->up = up;
    ip->gen++;
    if (!up) {
        while ((pkt = ip_txq_take(&l->txq)) != NULL) {
            link_refuse(ip, pkt, link, INL_DROP_LINK_DOWN, 0);
        }
        ip_neigh_flush(ip, link);
        ip_redirect_forget(ip, link, NULL);
    }
    ip_group_set_up(ip, link, up);
    ip_acd_link(ip, link, up);
    ip_dad_link(ip, link, up);
    ip_auto_link(ip, link, up);
    ip_ra_link(ip, link, up);
    return 0;
}

bool ip_link_is_up(const struct ip *ip, int link) {
    const struct ip_link *l = ip_link_get(ip, link);

    return l && l->up;
}

enum inl_link_kind ip_link_kind(const struct ip *ip, int link) {
    const struct ip_link *l = ip_link_get(ip, link);

    return l ? l->config.kind : INL_LINK_IP;
}

uint32_t ip_link_mtu(const struct ip *ip, int link) {
    const struct ip_link *l = ip_link_get(ip, link);

    if (!l) {
        return 0;
    }
    return l->mtu_limit_bytes ? l->mtu_limit_bytes : l->config.mtu_bytes;
}

void ip_link_limit_mtu(struct ip *ip, int link, uint32_t mtu_bytes) {
    struct ip_link *l = ip_link_edit(ip, link);

    /* Less than 1280 would end IPv6 on this link (RFC 8200 5), more is not in our hands. */
    if (mtu_bytes < IP6_MIN_MTU_BYTES || (l && mtu_bytes >= l->config.mtu_bytes)) {
        mtu_bytes = 0;
    }
    if (l && l->mtu_limit_bytes != mtu_bytes) {
        l->mtu_limit_bytes = mtu_bytes;
        ip->gen++;
    }
}

uint32_t ip_link_gso_max(const struct ip *ip, int link) {
    const struct ip_link *l = ip_link_get(ip, link);

    if (!l || !(l->config.flags & INL_LINK_TX_GSO)) {
        return 0;
    }
    return l->config.gso_max_bytes ? l->config.gso_max_bytes : IP_GSO_MAX_BYTES;
}

struct pkt *ip_txq_pop(struct ip *ip, int link) {
    struct ip_link *l = ip_link_edit(ip, link);

    return l ? ip_txq_take(&l->txq) : NULL;
}

struct ip_txq *ip_txq(struct ip *ip, int link) {
    return &ip->links[link].txq;
}

bool ip_txq_pending(const struct ip *ip, int link) {
    const struct ip_link *l = ip_link_get(ip, link);

    return l && l->txq.count > 0;
}

struct pkt *ip_pkt_room(struct ip *ip, struct pkt *pkt, size_t headroom_bytes) {
    struct pkt *own;

    if (!(pkt->flags & PKT_BORROWED) && pkt->off >= headroom_bytes) {
        return pkt;
    }
    own = pkt_new(&ip->env->mem, headroom_bytes, headroom_bytes + pkt->len);
    if (own) {
        own->len = pkt->len;
        own->owner = pkt->owner;
        own->cause = pkt->cause;
        own->flags = pkt->flags & ~PKT_BORROWED;
        own->link = pkt->link;
        own->proto = pkt->proto;
        own->l4 = pkt->l4;
        if (pkt->len) {
            memcpy(pkt_data(own), pkt_data(pkt), pkt->len);
        }
        pkt_free(pkt);
    }
    return own;
}

struct pkt *ip_pkt_own(struct ip *ip, struct pkt *pkt) {
    return ip_pkt_room(ip, pkt, IP_HEADROOM_BYTES);
}

int ip_link_place(struct ip *ip, struct pkt *pkt, int link) {
    struct ip_link *l = &ip->links[link];
    struct pkt *own = pkt;

    if (pkt->flags & PKT_BORROWED) {
        if (pkt->link == link) {
            return IP_OUT_PLACED;
        }
        own = ip_pkt_own(ip, pkt);
        if (!own) {
            return link_refuse(ip, pkt, link, INL_DROP_NO_MEMORY, -ENOBUFS);
        }
    }
    if (l->txq.count >= l->txq_cap) {
        return link_refuse(ip, own, link, INL_DROP_TX_QUEUE_FULL, -ENOBUFS);
    }
    own->link = (uint16_t)link;
    list_add_tail(&l->txq.packets, &own->node);
    l->txq.count++;
    return IP_OUT_QUEUED;
}

size_t ip_link_list(const struct ip *ip, struct inl_link_info *out, size_t max) {
    size_t count = 0;

    for (int i = 0; i < INL_LINKS_MAX; i++) {
        const struct ip_link *l = ip_link_get(ip, i);
        uint32_t mtu = ip_link_mtu(ip, i);

        if (!l) {
            continue;
        }
        if (count < max) {
            out[count] = (struct inl_link_info){.link = i,
                                                .ethernet = l->config.kind == INL_LINK_ETHERNET,
                                                .up = l->up,
                                                .configures = l->autoconf != NULL,
                                                .advertises = l->ra_send != NULL,
                                                .mtu_bytes = mtu,
                                                .mtu6_bytes = mtu < IP6_MIN_MTU_BYTES ? 0
                                                              : l->mtu6_bytes ? l->mtu6_bytes
                                                                              : mtu};
            memcpy(out[count].name, l->config.name, sizeof(out[count].name));
            memcpy(out[count].mac, l->config.mac, sizeof(out[count].mac));
        }
        count++;
    }
    return count;
}
