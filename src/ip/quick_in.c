/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * quick_in.c - the short way in (see quick.h)
 *
 * For whole packets without options or extension headers, TCP or UDP, to us alone, from a pair of
 * addresses that the long way (eth.c, ip4_in.c, ip6_in.c) has let pass before. Lengths, version and
 * the header's checksum are looked at anew in each packet; what is wrong in any way is left to the
 * long way, which knows the reason.
 *
 * Does not do: links that say what their device has done for a frame, fragments, raw sockets.
 */
#include "base/csum.h"
#include "ip/io.h"
#include "ip/quick.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ipproto.h"

#include <string.h>

#define IP4_PLAIN 0x45         /* version 4, no options */
#define IP4_FRAG_FIELDS 0x3fff /* more fragments, and the offset */

void ip_quick_set(struct ip *ip, bool on) {
    ip->quick.off = !on;
}

/* The place for a pair, by the last bytes of its addresses. */
static inline struct ip_quick_pair *pair_at(struct ip *ip, const uint8_t *src_end,
                                            const uint8_t *dst_end) {
    return &ip->quick.pair[(src_end[-1] ^ src_end[-2] ^ dst_end[-1]) % IP_QUICK_PAIRS];
}

void ip_quick_note(struct ip *ip, const struct ip_rx *rx) {
    struct ip_quick_pair *q = pair_at(ip, rx->src.b + 16, rx->dst.b + 16);

    if (q->gen == ip->gen && inl_addr_eq(&q->rx.src, &rx->src) &&
        inl_addr_eq(&q->rx.dst, &rx->dst) && q->rx.link == rx->link) {
        return;
    }
    *q = (struct ip_quick_pair){
        .gen = ip->gen,
        .is4 = inl_addr_is4(&rx->dst),
        .rx = {.src = rx->src,
               .dst = rx->dst,
               .link = rx->link,
               .home = rx->home,
               .csum_done = ip->links[rx->link].config.flags & INL_LINK_RX_CSUM_OK},
    };
}

/* Does a transport want it, and nobody else? */
static inline bool quick_proto(const struct ip *ip, uint8_t proto) {
    return (proto == IP_PROTO_TCP || proto == IP_PROTO_UDP) && ip->protos[proto].input &&
           !(ip->raw.wanted[0] >> proto & 1);
}

static inline bool pair_is(const struct ip *ip, const struct ip_quick_pair *q, int link, bool is4) {
    return q->gen == ip->gen && q->rx.link == link && q->is4 == is4;
}

/* @left: bytes from the IP header on, at least IP4_HDR_BYTES. NULL: not this way. */
static inline const struct ip_rx *quick_ip4(struct ip *ip, int link, const uint8_t *p,
                                            size_t left) {
    struct ip_quick_pair *q = pair_at(ip, p + 16, p + 20);
    struct ip_rx *rx = &q->rx;
    size_t total = rd_load16(p + 2);

    if (!pair_is(ip, q, link, true) || memcmp(p + 12, rx->src.b + 12, 4) != 0 ||
        memcmp(p + 16, rx->dst.b + 12, 4) != 0 || p[0] != IP4_PLAIN || total < IP4_HDR_BYTES ||
        total > left || rd_load16(p + 6) & IP4_FRAG_FIELDS || !quick_proto(ip, p[9]) ||
        !csum_ok(csum_add_words(0, p, IP4_HDR_BYTES / 4))) {
        return NULL;
    }
    rx->packet = p;
    rx->packet_len = total;
    rx->payload.p = p + IP4_HDR_BYTES;
    rx->payload.end = p + total;
    rx->opts.p = rx->opts.end = p + IP4_HDR_BYTES;
    rx->proto = p[9];
    rx->ttl = p[8];
    rx->tos = p[1];
    return rx;
}

/* @left: the same, at least IP6_HDR_BYTES. */
static inline const struct ip_rx *quick_ip6(struct ip *ip, int link, const uint8_t *p,
                                            size_t left) {
    struct ip_quick_pair *q = pair_at(ip, p + 24, p + 40);
    struct ip_rx *rx = &q->rx;
    size_t total = (size_t)IP6_HDR_BYTES + rd_load16(p + 4);

    if (!pair_is(ip, q, link, false) || memcmp(p + 8, rx->src.b, 16) != 0 ||
        memcmp(p + 24, rx->dst.b, 16) != 0 || p[0] >> 4 != 6 || total > left ||
        !quick_proto(ip, p[6])) {
        return NULL;
    }
    rx->packet = p;
    rx->packet_len = total;
    rx->payload.p = p + IP6_HDR_BYTES;
    rx->payload.end = p + total;
    rx->proto = p[6];
    rx->ttl = p[7];
    rx->tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
    rx->flow = rd_load32(p) & 0xfffff;
    return rx;
}

bool ip_quick_input(struct ip *ip, int link, const uint8_t *data, size_t len_bytes,
                    enum inl_drop *ret_drop) {
    const struct ip_link *l = &ip->links[link];
    const struct ip_proto *proto;
    const uint8_t *p = data;
    size_t left = len_bytes;
    const struct ip_rx *rx;
    struct ip_mib *mib;
    bool is4;

    if (ip->quick.off || len_bytes < ETH_HDR_BYTES + IP4_HDR_BYTES) {
        return false;
    }
    is4 = p[0] >> 4 == 4;
    if (l->config.kind == INL_LINK_ETHERNET) {
        uint16_t type = rd_load16(p + 12);

        is4 = type == ETH_TYPE_IP4;
        if (memcmp(p, l->config.mac, 4) != 0 || memcmp(p + 4, l->config.mac + 4, 2) != 0 ||
            p[6] & 1 || (!is4 && type != ETH_TYPE_IP6)) {
            return false;
        }
        p += ETH_HDR_BYTES;
        left -= ETH_HDR_BYTES;
    }
    if (is4) {
        rx = quick_ip4(ip, link, p, left);
    } else {
        rx = left < IP6_HDR_BYTES ? NULL : quick_ip6(ip, link, p, left);
    }
    if (!rx) {
        return false;
    }
    mib = ip_mib(ip, link, is4);
    ip_mib_received(mib, rx->packet_len);
    mib = rx->home == link ? mib : ip_mib(ip, rx->home, is4);
    mib->n[IP_MIB_IN_DELIVERS]++;
    proto = &ip->protos[rx->proto];
    *ret_drop = proto->input(proto->ctx, rx);
    return true;
}
