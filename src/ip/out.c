/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * out.c - ip_out(): a transport's packet gets its path, its IP header, and goes
 * to its link
 *
 * The caller's path is used as long as its generation is the present one;
 * otherwise a new one is found for this packet, and the caller finds out by
 * itself.
 *
 * What the path does not take is cut (frag.c) or refused, as the transport wants it. What names its
 * way itself (srcroute.c) takes the path to the first stage.
 */
#include "ip/addr.h"
#include "ip/frag.h"
#include "ip/group.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/srcroute.h"
#include "ip/state.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#include <errno.h>

#define OUT_MAX_BYTES 65535 /* what the length fields can say */

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

/* What the path takes. What is small enough for every path does not need to be looked up, nor to be
 * remembered. */
static uint32_t out_mtu(struct ip *ip, const struct pkt *pkt, const struct ip_tx *tx,
                        const struct ip_path *path, size_t len) {
    uint32_t least = inl_addr_is4(&tx->dst) ? ip->pmtus.floor4_bytes : IP6_MIN_MTU_BYTES;

    if (len <= least) {
        return path->mtu_bytes;
    }
    if (tx->proto != IP_PROTO_TCP) {
        ip_sent_note(ip, inl_addr_is_any(&tx->src) ? &path->src : &tx->src, tx, pkt);
    }
    return tx->any_mtu ? path->mtu_bytes : ip_path_mtu(ip, path, &tx->dst);
}

/* It does not fit: cut, if it may be. */
static int out_cut(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx,
                   const struct ip_path *path, uint32_t mtu, size_t hdr_len) {
    size_t most = OUT_MAX_BYTES - hdr_len + (inl_addr_is4(&tx->dst) ? 0 : IP6_HDR_BYTES);

    ip_mib(ip, path->link, inl_addr_is4(&tx->dst))->n[IP_MIB_OUT_FRAG_REQDS]++;
    if (tx->dont_fragment || pkt->l4.gso_size_bytes > 0 || pkt->len > most) {
        ip_mib(ip, path->link, inl_addr_is4(&tx->dst))->n[IP_MIB_OUT_FRAG_FAILS]++;
        return out_refuse(ip, pkt, path->link, INL_DROP_TOO_BIG, -EMSGSIZE);
    }
    return ip_frag_out(ip, pkt, tx, path, mtu);
}

static int out_whole(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx) {
    bool is4 = inl_addr_is4(&tx->dst);
    size_t opts_len = (rd_left(&tx->opts) + 3) & ~(size_t)3;
    size_t hdr_len = (is4 ? (size_t)IP4_HDR_BYTES : IP6_HDR_BYTES) + opts_len;
    const struct ip_path *path = tx->path;
    struct ip_path found;
    struct ip_mib *mib;
    uint32_t mtu;
    size_t len;

    if (!path || path->gen != ip->gen) {
        int err = ip_path_recall(ip, &tx->dst, &tx->src, path ? (uint32_t)path->link : 0, &found);

        if (err) {
            ip_no_route(ip, is4);
            return out_refuse(ip, pkt, 0, INL_DROP_NO_ROUTE, err);
        }
        path = &found;
    }
    if (tx->loop && path->group) {
        ip_group_loop(ip, pkt, tx, path);
    }
    if (tx->host_only) {
        pkt_free(pkt);
        return IP_OUT_QUEUED;
    }
    mib = ip_mib(ip, path->link, is4);
    mib->n[IP_MIB_OUT_REQUESTS]++;
    len = out_len(ip, pkt, path->link) + hdr_len;
    mtu = out_mtu(ip, pkt, tx, path, len);
    if (len > mtu) {
        return out_cut(ip, pkt, tx, path, mtu, hdr_len);
    }
    if (pkt->off < path->headroom_bytes + opts_len) {
        struct pkt *own = ip_pkt_room(ip, pkt, IP_HEADROOM_BYTES + opts_len);

        if (!own) {
            mib->n[IP_MIB_OUT_DISCARDS]++;
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

/* By a source route: the packet is one to its first stage. */
static int out_routed(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx) {
    struct ip_tx first = *tx;
    uint8_t opts[IP4_OPTS_MAX_BYTES];
    struct ip_path path;
    enum ip_routed kind = ip4_srcroute_start(tx->opts, &tx->dst, opts, &first.opts, &first.dst);
    int err;

    if (inl_addr_is_any(&tx->src) && tx->path) {
        first.src = tx->path->src; /* of its pseudo-header */
    }
    err = ip_path_find(ip, &first.dst, &first.src, 0, &path);
    if (!err && (path.group || path.link == IP_LOOPBACK_LINK ||
                 (kind == IP_ROUTED_STRICT && !inl_addr_eq(&path.next_hop, &first.dst)))) {
        err = -EHOSTUNREACH;
    }
    if (err) {
        ip_no_route(ip, true);
        return out_refuse(ip, pkt, 0, INL_DROP_SOURCE_ROUTE_FAILED, err);
    }
    first.path = &path;
    return out_whole(ip, pkt, &first);
}

int ip_out(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx) {
    pkt->cause = tx->cause;
    pkt->owner = tx->owner;
    if (ip_quick_out(ip, pkt, tx)) {
        return IP_OUT_PLACED;
    }
    if (rd_left(&tx->opts) > 0 && inl_addr_is4(&tx->dst) &&
        ip4_srcroute_kind(tx->opts) != IP_ROUTED_NO) {
        return out_routed(ip, pkt, tx);
    }
    return out_whole(ip, pkt, tx);
}
