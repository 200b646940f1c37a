/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * raw.c - what raw sockets need of ip/: copies of packets and errors, and a way out for packets
 * that have their header
 */
#include "ip/io.h"
#include "ip/link.h"
#include "ip/state.h"

#include <errno.h>

void ip_raw_set(struct ip *ip, const struct ip_raw *handler) {
    ip->raw = *handler;
}

void ip_raw_want(struct ip *ip, uint8_t proto, bool want) {
    uint32_t bit = UINT32_C(1) << proto % 32;

    ip->raw.wanted[proto / 32] &= ~bit;
    ip->raw.wanted[proto / 32] |= want ? bit : 0;
}

static bool raw_wanted(const struct ip *ip, uint8_t proto) {
    return ip->raw.wanted[proto / 32] >> proto % 32 & 1;
}

bool ip_raw_deliver(const struct ip *ip, const struct ip_rx *rx) {
    return raw_wanted(ip, rx->proto) && ip->raw.input(ip->raw.ctx, rx);
}

bool ip_raw_error(const struct ip *ip, const struct ip_err *err) {
    return raw_wanted(ip, err->proto) && ip->raw.error(ip->raw.ctx, err);
}

int ip_out_made(struct ip *ip, struct pkt *pkt, const struct ip_tx *tx) {
    struct ip_mib *mib = ip_mib(ip, tx->path->link, true);

    pkt->cause = tx->cause;
    pkt->owner = tx->owner;
    mib->n[IP_MIB_OUT_REQUESTS]++;
    if (pkt->len > tx->path->mtu_bytes) {
        mib->n[IP_MIB_OUT_FRAG_REQDS]++;
        mib->n[IP_MIB_OUT_FRAG_FAILS]++;
        ip_link_drop(ip, pkt, tx->path->link, INL_DROP_TOO_BIG);
        return -EMSGSIZE;
    }
    return ip_link_output(ip, pkt, tx->path->link, &tx->path->next_hop, tx->path->group);
}
