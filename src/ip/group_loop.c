/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * group_loop.c - what this host sends to a group, this host hears (RFC 1112 6.1, 7.1)
 *
 * A copy goes through the loopback link, if the group is listened to on the link that the packet
 * leaves through; it arrives as if it had come by that one.
 */
#include "ip/group.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"

#include <string.h>

void ip_group_loop(struct ip *ip, const struct pkt *pkt, const struct ip_tx *tx,
                   const struct ip_path *path) {
    size_t headroom = IP_HEADROOM_BYTES + rd_left(&tx->opts);
    struct pkt *copy;

    if (!ip_group_joined(ip, path->link, &tx->dst)) {
        return;
    }
    copy = pkt_new(&ip->env->mem, headroom, headroom + pkt->len);
    if (!copy) {
        env_drop(ip->env, INL_DROP_NO_MEMORY);
        return;
    }
    memcpy(pkt_put(copy, pkt->len), pkt_data(pkt), pkt->len);
    copy->cause = tx->cause;
    copy->owner = tx->owner;
    copy->proto = (uint16_t)path->link;
    if (inl_addr_is4(&tx->dst)) {
        ip4_push(ip, copy, tx, inl_addr_is_any(&tx->src) ? &path->src : &tx->src);
    } else {
        ip6_push(ip, copy, tx, inl_addr_is_any(&tx->src) ? &path->src : &tx->src);
    }
    ip_link_place(ip, copy, IP_LOOPBACK_LINK);
}
