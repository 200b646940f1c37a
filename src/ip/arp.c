/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.c - address resolution for IPv4 on Ethernet (RFC 826, RFC 5227)
 *
 * Requests for an address that we have on that very link are answered, to the
 * asker. Who claims an address of ours as his own is not listened to.
 *
 * Does not do: proxy ARP, conflict detection, announcements.
 */
#include "wire/arp.h"
#include "ip/addr.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/eth.h"

#include <string.h>

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void arp_send(struct ip *ip, int link, const struct arp_msg *m, const uint8_t dst[6],
                     enum inl_cause cause) {
    struct pkt *pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + ARP_BYTES);
    struct wr w;

    if (!pkt) {
        env_drop(ip->env, INL_DROP_NO_MEMORY);
        return;
    }
    pkt->cause = cause;
    w = wr_init(pkt_put(pkt, ARP_BYTES), ARP_BYTES);
    arp_emit(&w, m);
    ip_eth_output(ip, pkt, link, dst, ETH_TYPE_ARP);
}

void ip_arp_request(struct ip *ip, int link, const struct inl_addr *target, const uint8_t *mac,
                    enum inl_cause cause) {
    struct arp_msg m = {.op = ARP_REQUEST, .tpa = *target};

    if (!ip_link_is_up(ip, link)) {
        return;
    }
    if (ip_addr_select(ip, link, target, &m.spa) != 0) {
        m.spa = inl_addr_any4(); /* no address yet: asks without telling */
    }
    memcpy(m.sha, ip->links[link].config.mac, sizeof(m.sha));
    arp_send(ip, link, &m, mac ? mac : everybody, cause);
}

static void arp_answer(struct ip *ip, int link, const struct arp_msg *request) {
    struct arp_msg m = {.op = ARP_REPLY, .spa = request->tpa, .tpa = request->spa};

    memcpy(m.sha, ip->links[link].config.mac, sizeof(m.sha));
    memcpy(m.tha, request->sha, sizeof(m.tha));
    arp_send(ip, link, &m, request->sha, INL_CAUSE_ARP_REPLY);
}

static enum inl_drop arp_request_input(struct ip *ip, int link, const struct arp_msg *m) {
    const struct ip_addr *target = ip_addr_find(ip, &m->tpa, link);

    if (!target || target->kind != IP_ADDR_UNICAST) {
        return INL_DROP_NOT_FOR_US;
    }
    if (!inl_addr_is_any(&m->spa)) { /* 0.0.0.0 asks whether the address is taken (RFC 5227) */
        ip_neigh_asked(ip, link, &m->spa, m->sha);
    }
    arp_answer(ip, link, m);
    return INL_DROP_NONE;
}

enum inl_drop ip_arp_input(struct ip *ip, int link, struct rd message) {
    struct arp_msg m;
    enum inl_drop why = arp_parse(&message, &m);

    if (why) {
        return why;
    }
    if (eth_is_group(m.sha) || ip_addr_is_group(ip, &m.spa) || inl_addr_is_loopback(&m.spa)) {
        return INL_DROP_BAD_SOURCE;
    }
    if (ip_addr_is_ours(ip, &m.spa)) {
        return INL_DROP_MARTIAN;
    }
    switch (m.op) {
    case ARP_REQUEST:
        return arp_request_input(ip, link, &m);
    case ARP_REPLY:
        return ip_neigh_arp_reply(ip, link, &m.spa, m.sha);
    default:
        return INL_DROP_BAD_OPTION;
    }
}
