/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick_out.c - the short way out (see quick.h)
 *
 * For a packet in the driver's own buffer that fits, is not to be cut, and goes to a neighbour
 * whose address is known: both headers are written at once, in front of it. Everything else takes
 * the long way (out.c, ip4_out.c, neigh.c, eth.c).
 *
 * Does not do: IPv6 whose flow label is not known (ip_path.flow), as that is a hash in any case;
 * super-frames; options.
 */
#include "base/csum.h"
#include "base/wr.h"
#include "ip/io.h"
#include "ip/neigh.h"
#include "ip/quick.h"
#include "ip/state.h"
#include "wire/eth.h"

#include <string.h>

#define IP4_PLAIN 0x4500 /* version 4, no options */
#define IP4_DF 0x4000
#define IP6_PLAIN 0x60000000u /* version 6 */

/* The neighbour that was used last, if it is the one, is known, and has no news of this packet
 * but that it is in use. */
static inline struct neigh *plain_neigh(const struct ip *ip, int link,
                                        const struct inl_addr *next_hop) {
    struct neigh *n = ip->neighs.last;

    return n && n->link == link && inl_addr_eq(&n->addr, next_hop) &&
                   (n->state == NEIGH_REACHABLE || n->state == NEIGH_PERMANENT) &&
                   !eth_is_group(n->mac) &&
                   inl_time_before(ip->env->now, inl_time_add(n->touched, NEIGH_TOUCH_NS))
               ? n
               : NULL;
}

static inline bool is_plain(const struct ip *ip, const struct pkt *pkt, const struct ip_tx *tx,
                            size_t hdr_bytes) {
    const struct ip_path *path = tx->path;

    return !ip->quick.off && path && path->gen == ip->gen && pkt->flags & PKT_BORROWED &&
           pkt->link == path->link && pkt->off == path->headroom_bytes && /* all that is needed */
           !path->group && tx->any_mtu && tx->dont_fragment && pkt->l4.gso_size_bytes == 0 &&
           pkt->len + hdr_bytes <= path->mtu_bytes && rd_left(&tx->opts) == 0 &&
           !inl_addr_is_any(&tx->src);
}

static inline void put_ip4(const struct ip *ip, const struct pkt *pkt, const struct ip_tx *tx,
                           uint8_t *p) {
    uint32_t first = (uint32_t)(IP4_PLAIN | tx->tos) << 16 | (uint16_t)(IP4_HDR_BYTES + pkt->len);
    uint32_t third = (uint32_t)(tx->ttl ? tx->ttl : ip->ttl) << 24 | (uint32_t)tx->proto << 16;
    uint64_t acc = csum_put32(csum_add32(0, third), p, first);

    acc = csum_put32(acc, p + 4, IP4_DF); /* atomic: the identification is 0 (ip4_out.c) */
    acc = csum_put32(acc, p + 12, rd_load32(tx->src.b + 12));
    acc = csum_put32(acc, p + 16, rd_load32(tx->dst.b + 12));
    wr_store32(p + 8, third | csum_fold(acc));
}

static inline void put_ip6(const struct ip *ip, const struct pkt *pkt, const struct ip_tx *tx,
                           uint8_t *p) {
    wr_store32(p, IP6_PLAIN | (uint32_t)tx->tos << 20 | tx->path->flow);
    wr_store16(p + 4, (uint16_t)pkt->len);
    p[6] = tx->proto;
    p[7] = ip6_hop_limit(ip, tx);
    memcpy(p + 8, tx->src.b, 16);
    memcpy(p + 24, tx->dst.b, 16);
}

bool ip_quick_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx) {
    bool is4 = inl_addr_is4(&tx->dst);
    size_t room = is4 ? IP4_HDR_BYTES : IP6_HDR_BYTES;
    const struct ip_link *l;
    struct neigh *n = NULL;
    struct ip_mib *mib;
    uint8_t *p;

    if (!is_plain(ip, pkt, tx, room) || (!is4 && tx->path->flow == 0)) {
        return false;
    }
    l = &ip->links[pkt->link];
    if (l->config.kind == INL_LINK_ETHERNET) {
        n = plain_neigh(ip, pkt->link, &tx->path->next_hop);
        if (!n) {
            return false;
        }
    }
    p = pkt->buf + pkt->off - room;
    if (is4) {
        put_ip4(ip, pkt, tx, p);
    } else {
        put_ip6(ip, pkt, tx, p);
    }
    mib = ip_mib(ip, pkt->link, is4);
    mib->n[IP_MIB_OUT_REQUESTS]++;
    ip_mib_sent(mib, room + pkt->len);
    if (n) {
        n->used = true;
        p -= ETH_HDR_BYTES;
        memcpy(p, n->mac, 6);
        memcpy(p + 6, l->config.mac, 6);
        wr_store16(p + 12, is4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
        room += ETH_HDR_BYTES;
    }
    pkt->off -= room;
    pkt->len += room;
    return true;
}
