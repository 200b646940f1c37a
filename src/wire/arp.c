/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.c - address resolution of IPv4 over Ethernet
 */
#include "wire/arp.h"

#include "wire/eth.h"

#define ARP_HARDWARE_ETHERNET 1

enum inl_drop arp_parse(struct rd *r, struct arp_msg *ret) {
    uint16_t hardware = rd_be16(r);
    uint16_t protocol = rd_be16(r);
    uint8_t hardware_len = rd_u8(r);
    uint8_t protocol_len = rd_u8(r);
    struct arp_msg m;

    m.op = rd_be16(r);
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    if (hardware != ARP_HARDWARE_ETHERNET || protocol != ETH_TYPE_IP4 ||
        hardware_len != sizeof(m.sha) || protocol_len != 4) {
        return INL_DROP_BAD_LENGTH;
    }
    rd_copy(r, m.sha, sizeof(m.sha));
    m.spa = inl_addr_from4(rd_be32(r));
    rd_copy(r, m.tha, sizeof(m.tha));
    m.tpa = inl_addr_from4(rd_be32(r));
    if (r->bad) {
        return INL_DROP_TRUNCATED;
    }
    *ret = m;
    return INL_DROP_NONE;
}

void arp_emit(struct wr *w, const struct arp_msg *m) {
    wr_be16(w, ARP_HARDWARE_ETHERNET);
    wr_be16(w, ETH_TYPE_IP4);
    wr_u8(w, sizeof(m->sha));
    wr_u8(w, 4);
    wr_be16(w, m->op);
    wr_put(w, m->sha, sizeof(m->sha));
    wr_be32(w, inl_addr_to4(&m->spa));
    wr_put(w, m->tha, sizeof(m->tha));
    wr_be32(w, inl_addr_to4(&m->tpa));
}
