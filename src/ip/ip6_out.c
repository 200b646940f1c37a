/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6_out.c - the IPv6 header of what we send (RFC 8200 3, RFC 6437)
 *
 * The flow label is a keyed hash of addresses and protocol number: the same for
 * all packets of a flow, not to be guessed from outside, and never 0. Ports are
 * left out: they lie behind the header that is prepended here, and RFC 6437
 * asks for a uniform distribution, not for one label a connection.
 */
#include "base/siphash.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"

#include <string.h>

static uint32_t flow_label(const struct ip *ip, const struct inl_addr *src,
                           const struct inl_addr *dst, uint8_t proto) {
    uint8_t b[33];
    uint32_t label;

    memcpy(b, src->b, 16);
    memcpy(b + 16, dst->b, 16);
    b[32] = proto;
    label = (uint32_t)siphash(ip->hash_key, b, sizeof(b)) & 0xfffff;
    return label ? label : 1;
}

/* What the sender wants, what the routers of the link have said, or the default. */
static uint8_t hop_limit(const struct ip *ip, const struct ip_tx *tx) {
    if (tx->ttl) {
        return tx->ttl;
    }
    return tx->path && ip->links[tx->path->link].hop_limit6 ? ip->links[tx->path->link].hop_limit6
                                                            : ip->ttl;
}

struct ip6_hdr ip6_header(struct ip *ip, const struct ip_tx *tx, const struct inl_addr *src,
                          size_t payload_bytes) {
    return (struct ip6_hdr){
        .src = *src,
        .dst = tx->dst,
        .flow = flow_label(ip, src, &tx->dst, tx->proto),
        .payload_len_bytes = (uint16_t)payload_bytes,
        .tclass = tx->tos,
        .next = tx->proto,
        .hop_limit = hop_limit(ip, tx),
    };
}

void ip6_push(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct inl_addr *src) {
    const struct ip6_hdr h = ip6_header(ip, tx, src, pkt->len);
    struct wr w = wr_init(pkt_push(pkt, IP6_HDR_BYTES), IP6_HDR_BYTES);

    ip6_emit(&w, &h);
}
