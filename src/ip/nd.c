/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nd.c - neighbour solicitations and advertisements (RFC 4861 7)
 *
 * A hop limit of 255 proves that a message was born on this link (RFC
 * 4861 7.1); fragments do not come this far (RFC 6980). What is said about an
 * address that we only want to have goes to dad.c. Routers and redirects come
 * later: those messages are dropped as not implemented.
 */
#include "wire/nd.h"
#include "ip/addr.h"
#include "ip/autoconf.h"
#include "ip/dad.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/state.h"
#include "wire/eth.h"
#include "wire/ipproto.h"

#include <string.h>

#define ND_HOP_LIMIT 255

static const struct inl_addr all_nodes = {{0xff, 2, [15] = 1}};
static const struct inl_addr all_routers = {{0xff, 2, [15] = 2}};

/* @mac: where to, if known; else as the destination address says. */
static void nd_send(struct ip *ip, int link, const struct nd_msg *m, const struct ip_tx *tx,
                    const uint8_t *mac) {
    size_t len = nd_len(m);
    struct pkt *pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + len);
    struct wr w;

    if (!pkt) {
        ip_mib_icmp_unsent(ip_icmp_mib(ip, false));
        env_drop(ip->env, INL_DROP_NO_MEMORY);
        return;
    }
    ip_mib_icmp_out(ip_icmp_mib(ip, false), m->type);
    ip_mib(ip, link, false)->n[IP_MIB_OUT_REQUESTS]++;
    pkt->cause = tx->cause;
    w = wr_init(pkt_put(pkt, len), len);
    nd_emit(&w, m, &tx->src, &tx->dst);
    ip6_push(ip, pkt, tx, &tx->src);
    if (mac) {
        ip_eth_output(ip, pkt, link, mac, ETH_TYPE_IP6);
    } else {
        ip_link_output(ip, pkt, link, &tx->dst, inl_addr_is_multicast(&tx->dst));
    }
}

void ip_nd_solicit(struct ip *ip, int link, const struct inl_addr *target, const uint8_t *mac,
                   enum inl_cause cause) {
    struct nd_msg m = {.type = ICMP6_NEIGH_SOLICIT, .target = *target, .has_source_ll = true};
    struct ip_tx tx = {
        .dst = mac ? *target : nd_solicited_node(target),
        .cause = cause,
        .proto = IP_PROTO_ICMP6,
        .ttl = ND_HOP_LIMIT,
    };

    if (!ip_link_is_up(ip, link) || ip_addr_select(ip, link, target, &tx.src) != 0) {
        return;
    }
    memcpy(m.source_ll, ip->links[link].config.mac, sizeof(m.source_ll));
    nd_send(ip, link, &m, &tx, mac);
}

void ip_nd_dad(struct ip *ip, int link, const struct inl_addr *addr, const uint8_t *nonce) {
    struct nd_msg m = {.type = ICMP6_NEIGH_SOLICIT, .target = *addr, .has_nonce = true};
    const struct ip_tx tx = {
        .src = INL_ADDR_ANY,
        .dst = nd_solicited_node(addr),
        .cause = INL_CAUSE_NS_DAD,
        .proto = IP_PROTO_ICMP6,
        .ttl = ND_HOP_LIMIT,
    };

    memcpy(m.nonce, nonce, sizeof(m.nonce));
    if (ip_link_is_up(ip, link)) {
        nd_send(ip, link, &m, &tx, NULL);
    }
}

void ip_nd_ask_routers(struct ip *ip, int link) {
    struct nd_msg m = {.type = ICMP6_ROUTER_SOLICIT};
    struct ip_tx tx = {
        .dst = all_routers,
        .cause = INL_CAUSE_RS_SOLICIT,
        .proto = IP_PROTO_ICMP6,
        .ttl = ND_HOP_LIMIT,
    };

    if (!ip_link_is_up(ip, link)) {
        return;
    }
    if (ip_addr_select(ip, link, &tx.dst, &tx.src) != 0 || !inl_addr_is_link_local(&tx.src)) {
        tx.src = inl_addr_any6(); /* then nobody is to remember us by it */
    } else {
        m.has_source_ll = true;
        memcpy(m.source_ll, ip->links[link].config.mac, sizeof(m.source_ll));
    }
    nd_send(ip, link, &m, &tx, NULL);
}

void ip_nd_announce(struct ip *ip, int link, const struct inl_addr *addr) {
    struct nd_msg m = {
        .type = ICMP6_NEIGH_ADVERT, .target = *addr, .router = ip->forward, .has_target_ll = true};
    const struct ip_tx tx = {
        .src = *addr,
        .dst = all_routers,
        .cause = INL_CAUSE_NA_ANNOUNCE,
        .proto = IP_PROTO_ICMP6,
        .ttl = ND_HOP_LIMIT,
    };

    if (ip_link_is_up(ip, link) && ip_link_kind(ip, link) == INL_LINK_ETHERNET) {
        memcpy(m.target_ll, ip->links[link].config.mac, sizeof(m.target_ll));
        nd_send(ip, link, &m, &tx, NULL);
    }
}

static void nd_answer(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *ns) {
    bool anonymous = inl_addr_is_any(&rx->src);
    struct nd_msg m = {
        .type = ICMP6_NEIGH_ADVERT,
        .target = ns->target,
        .router = ip->forward,
        .solicited = !anonymous,
        .override = true,
        .has_target_ll = true,
    };
    const struct ip_tx tx = {
        .src = ns->target,
        .dst = anonymous ? all_nodes : rx->src,
        .cause = INL_CAUSE_NA_REPLY,
        .proto = IP_PROTO_ICMP6,
        .ttl = ND_HOP_LIMIT,
    };

    memcpy(m.target_ll, ip->links[rx->link].config.mac, sizeof(m.target_ll));
    nd_send(ip, rx->link, &m, &tx, ns->has_source_ll ? ns->source_ll : NULL);
}

static enum inl_drop ns_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m) {
    const struct inl_addr node = nd_solicited_node(&m->target);
    struct ip_addr *mine;

    if (inl_addr_is_any(&rx->src) && (m->has_source_ll || !inl_addr_eq(&rx->dst, &node))) {
        return INL_DROP_BAD_SOURCE; /* RFC 4861 7.1.1 */
    }
    if (m->has_source_ll && eth_is_group(m->source_ll)) {
        return INL_DROP_BAD_SOURCE;
    }
    mine = ip_addr_edit(ip, &m->target, rx->link);
    if (mine && mine->kind == IP_ADDR_UNPROVEN) {
        return ip_dad_heard(ip, rx, m, mine);
    }
    if (!mine || mine->kind != IP_ADDR_UNICAST) {
        return INL_DROP_NOT_FOR_US;
    }
    if (m->has_source_ll) {
        ip_neigh_asked(ip, rx->link, &rx->src, m->source_ll);
    }
    nd_answer(ip, rx, m);
    return INL_DROP_NONE;
}

static enum inl_drop na_input(struct ip *ip, const struct ip_rx *rx, const struct nd_msg *m) {
    struct ip_addr *mine;
    unsigned answer = (m->solicited ? NEIGH_SOLICITED : 0u) | (m->override ? NEIGH_OVERRIDE : 0u) |
                      (m->router ? NEIGH_ROUTER : 0u);

    if (inl_addr_is_multicast(&rx->dst) && m->solicited) {
        return INL_DROP_BAD_DESTINATION; /* RFC 4861 7.1.2 */
    }
    if (inl_addr_is_any(&rx->src)) {
        return INL_DROP_BAD_SOURCE;
    }
    mine = ip_addr_edit(ip, &m->target, rx->link);
    if (mine && mine->kind == IP_ADDR_UNPROVEN) {
        return ip_dad_heard(ip, rx, m, mine);
    }
    if (mine) {
        return INL_DROP_ADDR_CONFLICT; /* RFC 4862 5.4.4: nothing that a host could do is better */
    }
    return ip_neigh_advert(ip, rx->link, &m->target, m->has_target_ll ? m->target_ll : NULL,
                           answer);
}

enum inl_drop ip_nd_input(struct ip *ip, const struct ip_rx *rx) {
    struct rd r = rx->payload;
    struct icmp6_msg icmp;
    struct nd_msg m;
    enum inl_drop why = icmp6_parse(&r, &icmp);

    if (rx->ttl != ND_HOP_LIMIT) {
        return INL_DROP_BAD_HOP_LIMIT;
    }
    why = why ? why : nd_parse(&icmp, &m);
    if (why) {
        return why;
    }
    if (ip_link_kind(ip, rx->link) != INL_LINK_ETHERNET) {
        return INL_DROP_UNKNOWN_ICMP; /* nobody there has a link-layer address */
    }
    switch (m.type) {
    case ICMP6_NEIGH_SOLICIT:
        return ns_input(ip, rx, &m);
    case ICMP6_NEIGH_ADVERT:
        return na_input(ip, rx, &m);
    case ICMP6_REDIRECT:
        return ip_redirect6_input(ip, rx, &m);
    case ICMP6_ROUTER_SOLICIT:
        return ip_rs_input(ip, rx, &m);
    case ICMP6_ROUTER_ADVERT:
        return ip_ra_input(ip, rx, &m);
    default:
        return INL_DROP_UNKNOWN_ICMP;
    }
}
