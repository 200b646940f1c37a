/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arp.c - address resolution for IPv4 on Ethernet (RFC 826): its messages in and out
 *
 * Requests for an address that we have on that very link are answered, to the
 * asker. Who claims an address of ours as his own is not listened to, but acd.c
 * is told (RFC 5227). RFC 826 would have every message change an entry that
 * exists. We let only those do so that we asked for or that ask for us; others,
 * announcements among them, make us ask (neigh.c).
 *
 * Does not do: proxy ARP.
 */
#include "wire/arp.h"
#include "ip/acd.h"
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

void ip_arp_probe(struct ip *ip, int link, const struct inl_addr *addr) {
    struct arp_msg m = {.op = ARP_REQUEST, .spa = inl_addr_any4(), .tpa = *addr};

    if (ip_link_is_up(ip, link)) {
        memcpy(m.sha, ip->links[link].config.mac, sizeof(m.sha));
        arp_send(ip, link, &m, everybody, INL_CAUSE_ARP_PROBE);
    }
}

void ip_arp_announce(struct ip *ip, int link, const struct inl_addr *addr, enum inl_cause cause) {
    struct arp_msg m = {.op = ARP_REQUEST, .spa = *addr, .tpa = *addr};

    if (ip_link_is_up(ip, link) && ip_link_kind(ip, link) == INL_LINK_ETHERNET) {
        memcpy(m.sha, ip->links[link].config.mac, sizeof(m.sha));
        arp_send(ip, link, &m, everybody, cause);
    }
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
        ip_neigh_rumour(ip, link, &m->spa, m->sha);
        return INL_DROP_NOT_FOR_US;
    }
    if (!inl_addr_is_any(&m->spa)) { /* 0.0.0.0 asks whether the address is taken (RFC 5227) */
        ip_neigh_asked(ip, link, &m->spa, m->sha);
    }
    arp_answer(ip, link, m);
    return INL_DROP_NONE;
}

static enum inl_drop arp_reply_input(struct ip *ip, int link, const struct arp_msg *m) {
    enum inl_drop why = ip_neigh_arp_reply(ip, link, &m->spa, m->sha);

    if (why) {
        ip_neigh_rumour(ip, link, &m->spa, m->sha);
    }
    return why;
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
    if (memcmp(m.sha, ip->links[link].config.mac, sizeof(m.sha)) == 0) {
        return INL_DROP_OWN_ECHO;
    }
    if (ip_acd_input(ip, link, &m)) {
        return INL_DROP_ADDR_CONFLICT;
    }
    if (ip_addr_is_ours(ip, &m.spa)) { /* on another link: one wire behind both is not a conflict */
        return INL_DROP_MARTIAN;
    }
    switch (m.op) {
    case ARP_REQUEST:
        return arp_request_input(ip, link, &m);
    case ARP_REPLY:
        return arp_reply_input(ip, link, &m);
    default:
        return INL_DROP_BAD_OPTION;
    }
}
