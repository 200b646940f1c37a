/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip6_out.c - the IPv6 header of what we send (RFC 8200 3, 4, RFC 6437), and the extension headers
 * that programs want with it
 *
 * The flow label is a keyed hash of addresses, protocol number, and the ports of TCP, UDP and
 * UDP-Lite: the same for all packets of a flow as long as it lives, fragments included, not to be
 * guessed from outside, and never 0.
 */
#include "base/siphash.h"
#include "base/wr.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"
#include "wire/ip6chain.h"
#include "wire/ipproto.h"

#include <string.h>

uint32_t ip_flow_label(const struct ip *ip, const struct inl_addr *src, const struct inl_addr *dst,
                       uint8_t proto, uint16_t sport, uint16_t dport) {
    uint8_t b[37];
    uint32_t label;

    memcpy(b, src->b, 16);
    memcpy(b + 16, dst->b, 16);
    b[32] = proto;
    wr_store16(b + 33, sport);
    wr_store16(b + 35, dport);
    label = (uint32_t)siphash(ip->hash_key, b, sizeof(b)) & 0xfffff;
    return label ? label : 1;
}

/* Of a packet with this payload: the path's, or found by its ports. */
static uint32_t flow_label(const struct ip *ip, const struct ip_tx *tx, const struct inl_addr *src,
                           struct rd payload) {
    uint8_t proto = tx->proto;
    bool ports = proto == IP_PROTO_TCP || proto == IP_PROTO_UDP || proto == IP_PROTO_UDPLITE;
    uint16_t sport, dport;

    if (tx->path && tx->path->flow) {
        return tx->path->flow;
    }
    sport = ports ? rd_be16(&payload) : 0;
    dport = ports ? rd_be16(&payload) : 0;
    return ip_flow_label(ip, src, &tx->dst, proto, sport, dport);
}

/* What the sender wants, what the routers of the link have said, or the default. */
uint8_t ip6_hop_limit(const struct ip *ip, const struct ip_tx *tx) {
    if (tx->ttl) {
        return tx->ttl;
    }
    return tx->path && ip->links[tx->path->link].hop_limit6 ? ip->links[tx->path->link].hop_limit6
                                                            : ip->ttl;
}

struct ip6_hdr ip6_header(struct ip *ip, const struct ip_tx *tx, const struct inl_addr *src,
                          struct rd payload) {
    return (struct ip6_hdr){
        .src = *src,
        .dst = tx->dst,
        .flow = flow_label(ip, tx, src, payload),
        .payload_len_bytes = (uint16_t)(rd_left(&tx->opts) + rd_left(&payload)),
        .tclass = tx->tos,
        .next = ip6_chain_first(tx->opts, tx->proto),
        .hop_limit = ip6_hop_limit(ip, tx),
    };
}

void ip6_push(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct inl_addr *src) {
    const struct ip6_hdr h = ip6_header(ip, tx, src, rd_init(pkt_data(pkt), pkt->len));
    size_t hdr_len = IP6_HDR_BYTES + rd_left(&tx->opts);
    struct wr w = wr_init(pkt_push(pkt, hdr_len), hdr_len);

    ip6_emit(&w, &h);
    ip6_chain_emit(&w, tx->opts, tx->proto);
}
