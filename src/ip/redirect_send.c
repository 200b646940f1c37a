/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redirect_send.c - as a router, tell a host on the link of a better first hop (RFC 1812 5.2.7.2,
 * RFC 4861 8.2)
 *
 * Only if the packet leaves by the link that it came by, and its sender shares a network there with
 * the next hop, so that he can reach it without us. Within the rate limit of errors.
 *
 * IPv4 names single hosts only (code 1), never networks. IPv6 names a router by its link-local
 * address, so if we know the next hop by another address nothing is said (RFC 4861 8.2); it quotes
 * what fits in 1280 octets, in whole units of eight.
 */
#include "ip/addr.h"
#include "ip/icmp.h"
#include "ip/io.h"
#include "ip/link.h"
#include "ip/neigh.h"
#include "ip/redirect.h"
#include "ip/state.h"
#include "wire/ip6.h"
#include "wire/ipproto.h"

#define CODE_HOST 1
#define ND_HOP_LIMIT 255
#define BODY_BYTES (1280 - IP6_HDR_BYTES - ICMP6_HDR_BYTES)
#define ADDRS_BYTES 32
#define LL_OPT_BYTES 8
#define QUOTE_OPT_HDR_BYTES 8

/* Is there a prefix of ours on the link that has both? */
static bool same_network(const struct ip *ip, int link, const struct inl_addr *a,
                         const struct inl_addr *b) {
    const struct list *it;

    LIST_FOREACH(it, &ip->links[link].addrs) {
        const struct ip_addr *own = LIST_ENTRY(it, struct ip_addr, link_node);

        if (own->kind == IP_ADDR_UNICAST && inl_addr_match(&own->addr, a, own->prefix_bits) &&
            inl_addr_match(&own->addr, b, own->prefix_bits)) {
            return true;
        }
    }
    return false;
}

static void redirect4(struct ip *ip, const struct ip_rx *rx, const struct inl_addr *next_hop) {
    const struct ip_icmp_error e = {
        .type = ICMP4_REDIRECT,
        .code = CODE_HOST,
        .rest = inl_addr_to4(next_hop),
        .cause = INL_CAUSE_ICMP_REDIRECT,
    };

    ip_icmp_error(ip, rx, &e);
}

/* Our link-local address there, which a redirect must come from (RFC 4861 4.5); not while it is
 * tentative (RFC 4862 5.4). */
static const struct inl_addr *link_local(const struct ip *ip, int link) {
    const struct list *it;

    LIST_FOREACH(it, &ip->links[link].addrs) {
        const struct ip_addr *a = LIST_ENTRY(it, struct ip_addr, link_node);

        if (a->kind == IP_ADDR_UNICAST && !inl_addr_is4(&a->addr) &&
            inl_addr_is_link_local(&a->addr)) {
            return &a->addr;
        }
    }
    return NULL;
}

static void redirect6_body(struct ip *ip, const struct ip_rx *rx, const struct inl_addr *next_hop,
                           struct wr *w) {
    const struct neigh *n = ip_neigh_get(ip, rx->link, next_hop);
    size_t quote;

    wr_put(w, next_hop->b, sizeof(next_hop->b));
    wr_put(w, rx->dst.b, sizeof(rx->dst.b));
    if (n && n->state != NEIGH_INCOMPLETE && n->state != NEIGH_FAILED) {
        wr_u8(w, ND_OPT_TARGET_LL);
        wr_u8(w, LL_OPT_BYTES / 8);
        wr_put(w, n->mac, sizeof(n->mac));
    }
    quote = wr_left(w) - QUOTE_OPT_HDR_BYTES;
    quote = (rx->packet_len < quote ? rx->packet_len : quote) / 8 * 8;
    wr_u8(w, ND_OPT_REDIRECTED);
    wr_u8(w, (uint8_t)((QUOTE_OPT_HDR_BYTES + quote) / 8));
    wr_be16(w, 0);
    wr_be32(w, 0);
    wr_put(w, rx->packet, quote);
}

static void redirect6(struct ip *ip, const struct ip_rx *rx, const struct inl_addr *next_hop) {
    const struct inl_addr *src = link_local(ip, rx->link);
    uint8_t body[BODY_BYTES];
    struct wr w = wr_init(body, sizeof(body));
    struct icmp6_msg m = {.type = ICMP6_REDIRECT};
    struct pkt *pkt;
    size_t len;

    if (!src || (!inl_addr_eq(next_hop, &rx->dst) && !inl_addr_is_link_local(next_hop)) ||
        !ip_icmp6_may_answer(rx) || !ip_rate_ok(ip, IP_RATE_ERRORS, &rx->src)) {
        return;
    }
    const struct ip_tx tx = {
        .src = *src,
        .dst = rx->src,
        .cause = INL_CAUSE_ICMP_REDIRECT,
        .proto = IP_PROTO_ICMP6,
        .ttl = ND_HOP_LIMIT,
    };
    redirect6_body(ip, rx, next_hop, &w);
    m.data = rd_init(body, wr_len(&w));
    len = ICMP6_HDR_BYTES + wr_len(&w);
    pkt = pkt_new(&ip->env->mem, IP_HEADROOM_BYTES, IP_HEADROOM_BYTES + len);
    if (!pkt) {
        ip_mib_icmp_unsent(ip_icmp_mib(ip, false));
        env_drop(ip->env, INL_DROP_NO_MEMORY);
        return;
    }
    ip_mib_icmp_out(ip_icmp_mib(ip, false), ICMP6_REDIRECT);
    ip_mib(ip, rx->link, false)->n[IP_MIB_OUT_REQUESTS]++;
    pkt->cause = tx.cause;
    w = wr_init(pkt_put(pkt, len), len);
    icmp6_emit(&w, &m, src, &rx->src);
    ip6_push(ip, pkt, &tx, src);
    ip_link_output(ip, pkt, rx->link, &rx->src, false);
}

void ip_redirect_send(struct ip *ip, const struct ip_rx *rx, const struct ip_path *path) {
    bool is4 = inl_addr_is4(&rx->dst);
    /* the sender's network must have the next hop; a router of IPv6 is a neighbour of all there */
    const struct inl_addr *with =
        !is4 && inl_addr_is_link_local(&path->next_hop) ? &rx->src : &path->next_hop;

    if (!ip->icmp.send_redirects || path->link != rx->link ||
        !same_network(ip, rx->link, &rx->src, with)) {
        return;
    }
    if (is4) {
        redirect4(ip, rx, &path->next_hop);
    } else {
        redirect6(ip, rx, &path->next_hop);
    }
}
