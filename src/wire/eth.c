/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eth.c - Ethernet II header
 */
#include "wire/eth.h"

#include <string.h>

/* Smaller values are 802.3 lengths (IEEE 802.3 3.2.6). */
#define ETH_TYPE_MIN 0x0600

enum inl_drop eth_parse(struct rd *r, struct eth_hdr *ret) {
    const uint8_t *p = rd_take(r, ETH_HDR_BYTES);
    struct eth_hdr h;

    if (!p) {
        return INL_DROP_TRUNCATED;
    }
    memcpy(h.dst, p, sizeof(h.dst));
    memcpy(h.src, p + 6, sizeof(h.src));
    h.type = rd_load16(p + 12);
    if (h.type < ETH_TYPE_MIN) {
        return INL_DROP_UNKNOWN_ETHERTYPE;
    }
    *ret = h;
    return INL_DROP_NONE;
}

void eth_emit(struct wr *w, const struct eth_hdr *h) {
    uint8_t *p = wr_take(w, ETH_HDR_BYTES);

    if (p) {
        memcpy(p, h->dst, sizeof(h->dst));
        memcpy(p + 6, h->src, sizeof(h->src));
        wr_store16(p + 12, h->type);
    }
}

void eth_multicast(const struct inl_addr *group, uint8_t ret_mac[6]) {
    ret_mac[0] = 0x33;
    ret_mac[1] = 0x33;
    memcpy(ret_mac + 2, group->b + 12, 4);
    if (inl_addr_is4(group)) {
        ret_mac[0] = 0x01;
        ret_mac[1] = 0x00;
        ret_mac[2] = 0x5e;
        ret_mac[3] &= 0x7f;
    }
}
