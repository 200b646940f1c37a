/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip4_out.c - the IPv4 header of what we send (RFC 791 3.1, RFC 1122 3.2.1, RFC
 * 6864)
 *
 * Identification: a datagram that must not be fragmented is atomic, and its
 * field means nothing (RFC 6864 4.1): 0. Others get a random number. A counter,
 * shared or per destination, would tell third parties how much we send; at the
 * rates at which datagrams that can be fragmented are sent, chance collisions
 * within a reassembly time cost less.
 */
#include "ip/io.h"
#include "ip/state.h"

void ip4_push(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx, const struct inl_addr *src) {
    size_t payload = pkt->len;
    const struct ip4_hdr h = {
        .src = *src,
        .dst = tx->dst,
        .total_len_bytes = (uint16_t)(IP4_HDR_BYTES + payload),
        .id = tx->dont_fragment ? 0 : (uint16_t)rng_u32(&ip->env->rng),
        .tos = tx->tos,
        .ttl = tx->ttl ? tx->ttl : ip->ttl,
        .proto = tx->proto,
        .df = tx->dont_fragment,
    };
    struct wr w = wr_init(pkt_push(pkt, IP4_HDR_BYTES), IP4_HDR_BYTES);

    ip4_emit(&w, &h);
}
