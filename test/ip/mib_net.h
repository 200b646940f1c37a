/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mib_net.h - packets for the tests of counters: one maker for both IP versions, and a host that
 * has nothing left to say
 *
 * 10.66.0.0/16 and 2001:db8:66::/48 have no route.
 */
#ifndef IP_TEST_MIB_NET_H
#define IP_TEST_MIB_NET_H

#include "net.h"

#include "ip/link.h"
#include "ip/neigh.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
#define ETH_BYTES 14u

static const uint8_t data[4000];

/* ---- packets ---- */

struct event {
    struct net *n;
    bool v6;
    size_t octets; /* of IP packets that were fed */
};

static inline const char *pick(const struct event *e, const char *four, const char *six) {
    return e->v6 ? six : four;
}

static inline void feed_on(struct event *e, int link, const struct frame *f) {
    e->octets += f->len - ETH_BYTES;
    net_feed(e->n, link, f);
}

static inline void feed(struct event *e, const struct frame *f) {
    feed_on(e, ETH0, f);
}

/* A packet of a protocol, between these addresses. */
static inline void make(const struct event *e, struct frame *f, const char *src, const char *dst,
                        uint8_t proto, uint8_t ttl, size_t len) {
    struct ip4_hdr h4 = hdr4(proto);
    struct ip6_hdr h6 = hdr6(proto);

    h4.src = h6.src = addr(src);
    h4.dst = h6.dst = addr(dst);
    h4.ttl = h6.hop_limit = ttl;
    if (e->v6) {
        frame_ip6(f, h6, data, len);
    } else {
        frame_ip4(f, h4, data, len);
    }
}

static inline void make_ours(const struct event *e, struct frame *f, uint8_t proto) {
    make(e, f, pick(e, "10.0.0.2", "2001:db8::2"), pick(e, "10.0.0.1", "2001:db8::1"), proto, 64,
         40);
}

static inline void make_to(const struct event *e, struct frame *f, const char *four,
                           const char *six) {
    make(e, f, pick(e, "10.0.0.2", "2001:db8::2"), pick(e, four, six), IP_PROTO_TCP, 64, 40);
}

/* A fragment of a packet of TCP for us. */
static inline void make_piece(const struct event *e, struct frame *f, uint16_t off, size_t len,
                              bool more) {
    struct ip4_hdr h4 = hdr4(IP_PROTO_TCP);
    struct ip6_hdr h6 = hdr6(IP_PROTO_FRAGMENT);
    uint8_t b[256] = {IP_PROTO_TCP, 0, (uint8_t)(off >> 8), (uint8_t)(off | more), 0, 0, 0, 7};

    b[8 + 12] = 0x50; /* a TCP header of its least length */
    h4.id = 7;
    h4.mf = more;
    h4.frag_off_bytes = off;
    if (e->v6) {
        frame_ip6(f, h6, b, 8 + len);
    } else {
        frame_ip4(f, h4, b + 8, len);
    }
}

static inline int send_own(struct event *e, const char *four, const char *six, size_t len,
                           bool df) {
    struct ip_tx tx = {.dst = addr(pick(e, four, six)), .proto = 99, .dont_fragment = df};
    struct pkt *p = pkt_new(&e->n->env.mem, 64, 64 + len);

    memcpy(pkt_put(p, len), data, len);
    tx.cause = INL_CAUSE_UDP_SEND;
    return ip_out(e->n->ip, p, &tx);
}

/* ---- the host ---- */

enum mib_net_flags {
    SMALL = 4, /* ETH0 takes no more than 1280 octets */
    ROUTER = 8,
};

static inline void add_unreachable(struct net *n, const char *dst, unsigned bits) {
    const struct inl_route r = {.dst = addr(dst),
                                .prefix_len_bits = bits,
                                .gateway = inl_addr_any6(),
                                .kind = INL_ROUTE_BLACKHOLE};

    assert_int_equal(ip_route_add(n->ip, &r), 0);
}

static inline void add_peer(struct net *n, int link, const char *text) {
    const struct inl_addr a = addr(text);

    assert_int_equal(ip_neigh_add(n->ip, link, &a, MAC_PEER), 0);
}

static inline void start(struct net *n, unsigned flags) {
    net_start(n, flags & ROUTER ? NET_FORWARD : 0);
    net_resolve(n);
    add_peer(n, ETH1, "192.168.5.9");
    add_peer(n, ETH1, "2001:db8:5::9");
    add_unreachable(n, "10.66.0.0", 16);
    add_unreachable(n, "2001:db8:66::", 48);
    net_advance(n, 20 * INL_S); /* nothing is left to be said about our addresses */
    net_resolve(n);
    if (flags & SMALL) {
        ip_link_limit_mtu(n->ip, ETH0, 1280);
    }
}

#endif
