/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out.c - ip_out(): a transport's packet gets its path, its IP header, and goes
 * to its link
 *
 * The caller's path is used as long as its generation is the present one;
 * otherwise a new one is found for this packet, and the caller finds out by
 * itself.
 *
 * Does not do: fragmentation (RFC 791 2.3; a packet that is too large is
 * refused).
 */
#include "ip/addr.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

#include <errno.h>

static int out_refuse(struct ip *ip, struct pkt *pkt, int link, enum inl_drop why, int err) {
    ip_link_drop(ip, pkt, link, why);
    return err;
}

/* What counts against the MTU: of a super-frame, the longest segment that is cut from it. */
static size_t out_len(const struct ip *ip, const struct pkt *pkt, int link) {
    if (pkt->l4.gso_size_bytes == 0 || ip_link_gso_max(ip, link) == 0) {
        return pkt->len;
    }
    return (size_t)pkt->l4.hdr_len_bytes + pkt->l4.gso_size_bytes;
}

int ip_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx) {
    bool is4 = inl_addr_is4(&tx->dst);
    const struct ip_path *path = tx->path;
    struct ip_path found;

    pkt->cause = tx->cause;
    pkt->owner = tx->owner;
    if (!path || path->gen != ip->gen) {
        int err = ip_path_find(ip, &tx->dst, &tx->src, path ? (uint32_t)path->link : 0, &found);

        if (err) {
            return out_refuse(ip, pkt, 0, INL_DROP_NO_ROUTE, err);
        }
        path = &found;
    }
    if (out_len(ip, pkt, path->link) + (is4 ? IP4_HDR_BYTES : IP6_HDR_BYTES) > path->mtu_bytes) {
        return out_refuse(ip, pkt, path->link, INL_DROP_TOO_BIG, -EMSGSIZE);
    }
    if (pkt->off < path->headroom_bytes) {
        struct pkt *own = ip_pkt_own(ip, pkt);

        if (!own) {
            return out_refuse(ip, pkt, path->link, INL_DROP_NO_MEMORY, -ENOBUFS);
        }
        pkt = own;
    }
    if (is4) {
        ip4_push(ip, pkt, tx, inl_addr_is_any(&tx->src) ? &path->src : &tx->src);
    } else {
        ip6_push(ip, pkt, tx, inl_addr_is_any(&tx->src) ? &path->src : &tx->src);
    }
    return ip_link_output(ip, pkt, path->link, &path->next_hop, path->group);
}
