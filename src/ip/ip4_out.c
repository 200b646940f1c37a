/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4_out.c - the IPv4 header of what we send (RFC 791 3.1, RFC 1122 3.2.1, RFC 6864)
 *
 * A datagram that is whole and must not be cut is atomic, and its identification means nothing
 * (RFC 6864 4.1): 0. Others get theirs from ipid.c.
 */
#include "ip/io.h"
#include "ip/ipid.h"
#include "ip/state.h"

static bool is_atomic(const struct ip_tx *tx) {
    return tx->dont_fragment || tx->df_if_fits;
}

struct ip4_hdr ip4_header(struct ip *ip, const struct ip_tx *tx, const struct inl_addr *src,
                          size_t payload_bytes) {
    struct ip4_hdr h = {
        .src = *src,
        .dst = tx->dst,
        .tos = tx->tos,
        .ttl = tx->ttl ? tx->ttl : ip->ttl,
        .proto = tx->proto,
        .df = is_atomic(tx),
        .opts = tx->opts,
    };

    h.total_len_bytes = (uint16_t)(ip4_hdr_len(&h) + payload_bytes);
    h.id = h.df ? 0 : ip4_id_next(ip, src, &tx->dst, tx->proto);
    return h;
}

void ip4_push(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct inl_addr *src) {
    const struct ip4_hdr h = ip4_header(ip, tx, src, pkt->len);
    size_t len = ip4_hdr_len(&h);
    struct wr w = wr_init(pkt_push(pkt, len), len);

    ip4_emit(&w, &h);
}
