/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.c - the headers of a flow, made once (see stamp.h)
 *
 * Does what out.c, ip4_out.c, ip6_out.c, neigh.c and eth.c do for a packet to one host that fits
 * into its path, and counts the same. test/ip/stamp_test.c holds the two against each other.
 *
 * The neighbour must have an address that a packet may be sent to without anything else happening:
 * in STALE the first packet starts a timer, and a neighbour that was not used for NEIGH_TOUCH_NS
 * moves in its list. These packets take the long way.
 *
 * Does not do: groups, options, fragments, destinations with a known path MTU (each use of that is
 * noted there).
 */
#include "ip/stamp.h"
#include "base/csum.h"
#include "base/wr.h"
#include "ip/io.h"
#include "ip/ipid.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/sent.h"
#include "ip/state.h"
#include "wire/eth.h"

#include <string.h>

/* Where the IP header has what differs from packet to packet. */
#define IP4_LEN_AT (IP_STAMP_ROOM_BYTES - IP4_HDR_BYTES + 2)
#define IP4_ID_AT (IP_STAMP_ROOM_BYTES - IP4_HDR_BYTES + 4)
#define IP4_SUM_AT (IP_STAMP_ROOM_BYTES - IP4_HDR_BYTES + 10)
#define IP6_LEN_AT (IP_STAMP_ROOM_BYTES - IP6_HDR_BYTES + 4)

static uint64_t stamp_gen(const struct ip *ip) {
    return ip->gen + ip->stamp_gen;
}

/* How much may go this way. */
static void stamp_limits(struct ip *ip, struct ip_stamp *s, const struct ip_tx *tx) {
    uint32_t hdr = s->is4 ? IP4_HDR_BYTES : IP6_HDR_BYTES;
    uint32_t least = s->is4 ? ip->pmtus.floor4_bytes : IP6_MIN_MTU_BYTES;
    uint32_t most = tx->path->mtu_bytes;

    if (!tx->any_mtu && ip_pmtu_known(ip, &tx->dst) && most > least) {
        most = least;
    }
    s->most_bytes = most - hdr;
    s->small_bytes = least - hdr;
}

/* The IPv4 header but for length, identification and checksum, which are 0. */
static void stamp_ip4(struct ip *ip, struct ip_stamp *s, const struct ip_tx *tx) {
    uint8_t *p = s->b + IP_STAMP_ROOM_BYTES - IP4_HDR_BYTES;
    struct wr w = wr_init(p, IP4_HDR_BYTES);
    struct ip_tx atomic = *tx;
    struct ip4_hdr h;

    atomic.dont_fragment = true; /* so that no identification is used up */
    h = ip4_header(ip, &atomic, &tx->src, 0);
    h.df = tx->dont_fragment || tx->df_if_fits;
    h.total_len_bytes = 0;
    ip4_emit(&w, &h);
    wr_store16(p + 10, 0);
    s->sum = csum_fold16(csum_add_words(0, p, IP4_HDR_BYTES / 4));
    s->id_tag = h.df ? 0 : ip4_id_tag(ip, &tx->src, &tx->dst, tx->proto);
}

/* The IPv6 header but for the length, which is 0. @start: has the ports of the flow label. */
static void stamp_ip6(struct ip *ip, struct ip_stamp *s, const struct ip_tx *tx,
                      const uint8_t *start) {
    struct wr w = wr_init(s->b + IP_STAMP_ROOM_BYTES - IP6_HDR_BYTES, IP6_HDR_BYTES);
    struct ip6_hdr h = ip6_header(ip, tx, &tx->src, rd_init(start, IP_STAMP_START_BYTES));

    h.payload_len_bytes = 0;
    ip6_emit(&w, &h);
    s->id_tag = 0;
}

/* The Ethernet header. False: the neighbour is not one to whom a packet just goes, or one that was
 * not used last. */
static bool stamp_eth(const struct ip *ip, struct ip_stamp *s, const struct ip_path *path) {
    struct neigh *n = ip->neighs.last;
    uint8_t *p = s->b + IP_STAMP_ROOM_BYTES - s->hdr_bytes - ETH_HDR_BYTES;

    if (!n || n->link != path->link || !inl_addr_eq(&n->addr, &path->next_hop) ||
        !neigh_has_mac(n) || n->state == NEIGH_STALE || eth_is_group(n->mac)) {
        return false;
    }
    memcpy(p, n->mac, 6);
    memcpy(p + 6, ip->links[path->link].config.mac, 6);
    wr_store16(p + 12, s->is4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6);
    s->hdr_bytes += ETH_HDR_BYTES;
    s->neigh = n;
    return true;
}

bool ip_stamp_make(struct ip *ip, struct ip_stamp *s, const struct ip_tx *tx,
                   const uint8_t start[IP_STAMP_START_BYTES]) {
    const struct ip_path *path = tx->path;
    bool is4 = inl_addr_is4(&tx->dst);

    s->gen = 0;
    if (ip->quick.off || !path || path->gen != ip->gen || path->group || rd_left(&tx->opts) > 0 ||
        inl_addr_is_any(&tx->src)) {
        return false;
    }
    s->is4 = is4;
    s->hdr_bytes = is4 ? IP4_HDR_BYTES : IP6_HDR_BYTES;
    s->neigh = NULL;
    if (ip_link_kind(ip, path->link) == INL_LINK_ETHERNET && !stamp_eth(ip, s, path)) {
        return false;
    }
    if (is4) {
        stamp_ip4(ip, s, tx);
    } else {
        stamp_ip6(ip, s, tx, start);
    }
    memcpy(s->b + IP_STAMP_ROOM_BYTES, start, IP_STAMP_START_BYTES);
    stamp_limits(ip, s, tx);
    s->sent_tag = ip_sent_tag(ip, &tx->src, &tx->dst, tx->proto);
    s->link = (uint16_t)path->link;
    s->owner = tx->owner;
    s->cause = tx->cause;
    s->gen = stamp_gen(ip);
    return true;
}

/* Does it hold, and do for so much payload? */
static inline bool stamp_does(const struct ip *ip, const struct ip_stamp *s, size_t len_bytes) {
    return s->gen == stamp_gen(ip) && len_bytes <= s->most_bytes &&
           !(s->neigh && !neigh_is_touched(s->neigh, ip->env->now));
}

/* The usual lengths are constants, which are copied in line. */
static inline void put_headers(const struct ip_stamp *s, uint8_t *p) {
    const uint8_t *from = s->b + IP_STAMP_ROOM_BYTES - s->hdr_bytes;

    switch (s->hdr_bytes) {
    case ETH_HDR_BYTES + IP4_HDR_BYTES:
        memcpy(p, from, ETH_HDR_BYTES + IP4_HDR_BYTES);
        break;
    case ETH_HDR_BYTES + IP6_HDR_BYTES:
        memcpy(p, from, ETH_HDR_BYTES + IP6_HDR_BYTES);
        break;
    default:
        memcpy(p, from, s->hdr_bytes);
        break;
    }
}

bool ip_stamp_put(struct ip *ip, const struct ip_stamp *s, struct pkt *pkt) {
    uint8_t *p = pkt->buf + pkt->off; /* behind the headers */
    struct ip_mib *mib;

    if (!stamp_does(ip, s, pkt->len) || pkt->link != s->link || pkt->off != s->hdr_bytes ||
        s->id_tag || pkt->l4.gso_size_bytes > 0) {
        return false;
    }
    put_headers(s, pkt->buf);
    if (s->is4) {
        uint16_t total = (uint16_t)(IP4_HDR_BYTES + pkt->len);

        wr_store16(p - IP4_HDR_BYTES + 2, total);
        wr_store16(p - IP4_HDR_BYTES + 10, csum_fold(csum_add16(s->sum, total)));
    } else {
        wr_store16(p - IP6_HDR_BYTES + 4, (uint16_t)pkt->len);
    }
    mib = ip_mib(ip, s->link, s->is4);
    mib->n[IP_MIB_OUT_REQUESTS]++;
    ip_mib_sent(mib, pkt->len + (s->is4 ? IP4_HDR_BYTES : IP6_HDR_BYTES));
    if (s->neigh) {
        s->neigh->used = true;
    }
    pkt->len += pkt->off;
    pkt->off = 0;
    return true;
}

struct pkt *ip_stamp_pkt(struct ip *ip, const struct ip_stamp *s, size_t len_bytes) {
    struct pkt *pkt;

    if (!stamp_does(ip, s, len_bytes)) {
        return NULL;
    }
    pkt = pkt_new_here(&ip->env->mem, IP_STAMP_ROOM_BYTES - s->hdr_bytes,
                       sizeof(s->b) + len_bytes); /* the stamp is copied as a whole */
    if (!pkt) {
        return NULL;
    }
    pkt->len = s->hdr_bytes + len_bytes;
    pkt->owner = s->owner;
    pkt->cause = s->cause;
    memcpy(pkt->buf, s->b, sizeof(s->b));
    if (s->is4) {
        uint16_t total = (uint16_t)(IP4_HDR_BYTES + len_bytes);
        uint16_t id = s->id_tag ? ip4_id_of(ip, s->id_tag) : 0;

        wr_store16(pkt->buf + IP4_LEN_AT, total);
        wr_store16(pkt->buf + IP4_ID_AT, id);
        wr_store16(pkt->buf + IP4_SUM_AT, csum_fold(csum_add16(csum_add16(s->sum, total), id)));
    } else {
        wr_store16(pkt->buf + IP6_LEN_AT, (uint16_t)len_bytes);
    }
    return pkt;
}

int ip_stamp_send(struct ip *ip, const struct ip_stamp *s, struct pkt *pkt) {
    struct ip_mib *mib = ip_mib(ip, s->link, s->is4);
    size_t octets = pkt->len - (s->neigh ? ETH_HDR_BYTES : 0);
    int result;

    if (pkt->len - s->hdr_bytes > s->small_bytes) {
        ip_sent_put(ip, s->sent_tag, pkt->buf + IP_STAMP_ROOM_BYTES);
    }
    if (s->neigh) {
        s->neigh->used = true;
    }
    mib->n[IP_MIB_OUT_REQUESTS]++;
    result = ip_link_place(ip, pkt, s->link);
    if (result < 0) {
        mib->n[IP_MIB_OUT_DISCARDS]++;
    } else {
        ip_mib_sent(mib, octets);
    }
    return result;
}
