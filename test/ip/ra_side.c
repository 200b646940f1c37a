/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra_side.c - router advertisements as they stand on the wire, and what became of them (see
 * ra_side.h)
 */
#include "ra_side.h"
#include "base/csum.h"
#include "ip/io.h"

struct ra ra_from(const char *src, uint16_t lifetime_s) {
    return (struct ra){.src = src, .lifetime_s = lifetime_s, .ttl = 255};
}

void put(struct ra *ra, const void *p, size_t n) {
    assert_true(ra->len + n <= sizeof(ra->opts));
    memcpy(ra->opts + ra->len, p, n);
    ra->len += n;
}

void put_mac(struct ra *ra, uint8_t last) {
    const uint8_t o[8] = {1, 1, 2, 0, 0, 0, 0, last};

    put(ra, o, 8);
}

void put_u32(struct ra *ra, uint32_t v) {
    const uint8_t o[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    put(ra, o, 4);
}

void put_prefix(struct ra *ra, const char *prefix, uint8_t bits, uint8_t flags, uint32_t valid_s,
                uint32_t preferred_s) {
    const uint8_t o[4] = {3, 4, bits, flags};
    const struct inl_addr a = addr(prefix);

    put(ra, o, 4);
    put_u32(ra, valid_s);
    put_u32(ra, preferred_s);
    put_u32(ra, 0);
    put(ra, a.b, 16);
}

void put_route(struct ra *ra, const char *prefix, uint8_t bits, uint8_t pref, uint32_t lifetime_s) {
    const uint8_t o[4] = {24, 3, bits, (uint8_t)(pref << 3)};
    const struct inl_addr a = addr(prefix);

    put(ra, o, 4);
    put_u32(ra, lifetime_s);
    put(ra, a.b, 16);
}

void put_mtu(struct ra *ra, uint32_t mtu) {
    const uint8_t o[4] = {5, 1, 0, 0};

    put(ra, o, 4);
    put_u32(ra, mtu);
}

void put_server(struct ra *ra, const char *server, uint32_t lifetime_s) {
    const uint8_t o[4] = {25, 3, 0, 0};
    const struct inl_addr a = addr(server);

    put(ra, o, 4);
    put_u32(ra, lifetime_s);
    put(ra, a.b, 16);
}

enum inl_drop hear(struct net *n, const struct ra *ra) {
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    uint8_t b[512] = {ICMP6_ROUTER_ADVERT};
    struct frame f;
    uint64_t acc;
    struct wr w = wr_init(b, sizeof(b));

    h.src = addr(ra->src);
    h.dst = addr("ff02::1");
    h.hop_limit = ra->ttl;
    wr_u8(&w, ICMP6_ROUTER_ADVERT);
    wr_u8(&w, 0);
    wr_be16(&w, 0);
    wr_u8(&w, ra->hop_limit);
    wr_u8(&w, ra->flags);
    wr_be16(&w, ra->lifetime_s);
    wr_be32(&w, ra->reachable_ms);
    wr_be32(&w, ra->retrans_ms);
    wr_put(&w, ra->opts, ra->len);
    acc = l4_pseudo_csum(&h.src, &h.dst, IP_PROTO_ICMP6, (uint32_t)wr_len(&w));
    wr_set_be16(&w, 2, csum_fold(csum_add(acc, b, wr_len(&w))));
    frame_ip6(&f, h, b, wr_len(&w));
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    return net_feed(n, ETH0, &f);
}

/* Without the routes and addresses that the harness gives. */
void start(struct net *n, const struct inl_autoconf *config) {
    struct inl_route r = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};
    struct inl_addr a = addr("2001:db8::1");

    net_start(n, 0);
    assert_int_equal(ip_route_del(n->ip, &r), 0);
    assert_int_equal(ip_addr_del(n->ip, ETH0, &a), 0);
    assert_int_equal(ip_autoconf_start(n->ip, ETH0, config), 0);
}

void drain(struct net *n) {
    struct seen s;

    while (net_take(n, ETH0, &s)) {
    }
}

/* Time passes, nobody listens. */
void pass(struct net *n, inl_dur by) {
    net_advance(n, by);
    drain(n);
}

bool way(struct net *n, const char *dst, const char *via) {
    struct inl_addr d = addr(dst), gw = via ? addr(via) : d, none = inl_addr_any6();
    struct ip_path path;

    return ip_path_hop(n->ip, &d, &none, 0, &path) == 0 && inl_addr_eq(&path.next_hop, &gw);
}

bool address(struct net *n, const char *prefix, struct inl_addr_info *ret) {
    struct inl_addr_info all[64];
    struct inl_addr p = addr(prefix);
    size_t count = ip_addr_list(n->ip, all, 64);

    for (size_t i = 0; i < count && i < 64; i++) {
        if (all[i].link == ETH0 && inl_addr_match(&all[i].addr, &p, 64)) {
            *ret = all[i];
            return true;
        }
    }
    return false;
}

inl_dur next_frame(struct net *n, struct seen *s) {
    inl_time begin = n->env.now;

    while (!net_take(n, ETH0, s)) {
        inl_time next = wheel_next(&n->env.wheel);

        assert_false(inl_time_is_never(next));
        net_advance(n, next.ns > n->env.now.ns ? next.ns - n->env.now.ns : 0);
    }
    return n->env.now.ns - begin.ns;
}
