/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra_test.c - a link that configures itself: soliciting, router advertisements, addresses
 * (RFC 4861 6.1 and 6.3, RFC 4862 5.5, RFC 4191, RFC 7217, RFC 7559, RFC 8106)
 *
 * The routers are fe80::a, fe80::b and so on; ETH0 has no other default route.
 */
#include "base/csum.h"
#include "ip/autoconf.h"
#include "ip/io.h"
#include "net.h"

#include <stdio.h>

#define R_A "fe80::a"
#define R_B "fe80::b"

struct ra {
    const char *src;
    uint8_t hop_limit, flags, ttl;
    uint16_t lifetime_s;
    uint32_t reachable_ms, retrans_ms;
    uint8_t opts[400];
    size_t len;
};

static struct ra ra_from(const char *src, uint16_t lifetime_s) {
    return (struct ra){.src = src, .lifetime_s = lifetime_s, .ttl = 255};
}

static void put(struct ra *ra, const void *p, size_t n) {
    assert_true(ra->len + n <= sizeof(ra->opts));
    memcpy(ra->opts + ra->len, p, n);
    ra->len += n;
}

static void put_mac(struct ra *ra, uint8_t last) {
    const uint8_t o[8] = {1, 1, 2, 0, 0, 0, 0, last};

    put(ra, o, 8);
}

static void put_u32(struct ra *ra, uint32_t v) {
    const uint8_t o[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    put(ra, o, 4);
}

static void put_prefix(struct ra *ra, const char *prefix, uint8_t bits, uint8_t flags,
                       uint32_t valid_s, uint32_t preferred_s) {
    const uint8_t o[4] = {3, 4, bits, flags};
    const struct inl_addr a = addr(prefix);

    put(ra, o, 4);
    put_u32(ra, valid_s);
    put_u32(ra, preferred_s);
    put_u32(ra, 0);
    put(ra, a.b, 16);
}

static void put_route(struct ra *ra, const char *prefix, uint8_t bits, uint8_t pref,
                      uint32_t lifetime_s) {
    const uint8_t o[4] = {24, 3, bits, (uint8_t)(pref << 3)};
    const struct inl_addr a = addr(prefix);

    put(ra, o, 4);
    put_u32(ra, lifetime_s);
    put(ra, a.b, 16);
}

static void put_mtu(struct ra *ra, uint32_t mtu) {
    const uint8_t o[4] = {5, 1, 0, 0};

    put(ra, o, 4);
    put_u32(ra, mtu);
}

static void put_server(struct ra *ra, const char *server, uint32_t lifetime_s) {
    const uint8_t o[4] = {25, 3, 0, 0};
    const struct inl_addr a = addr(server);

    put(ra, o, 4);
    put_u32(ra, lifetime_s);
    put(ra, a.b, 16);
}

static enum inl_drop hear(struct net *n, const struct ra *ra) {
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
static void start(struct net *n, const struct inl_autoconf *config) {
    struct inl_route r = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};
    struct inl_addr a = addr("2001:db8::1");

    net_start(n, 0);
    assert_int_equal(ip_route_del(n->ip, &r), 0);
    assert_int_equal(ip_addr_del(n->ip, ETH0, &a), 0);
    assert_int_equal(ip_autoconf_start(n->ip, ETH0, config), 0);
}

static void drain(struct net *n) {
    struct seen s;

    while (net_take(n, ETH0, &s)) {
    }
}

/* Time passes, nobody listens. */
static void pass(struct net *n, inl_dur by) {
    net_advance(n, by);
    drain(n);
}

static bool way(struct net *n, const char *dst, const char *via) {
    struct inl_addr d = addr(dst), gw = via ? addr(via) : d, none = inl_addr_any6();
    struct ip_path path;

    return ip_path_hop(n->ip, &d, &none, 0, &path) == 0 && inl_addr_eq(&path.next_hop, &gw);
}

static bool address(struct net *n, const char *prefix, struct inl_addr_info *ret) {
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

static inl_dur next_frame(struct net *n, struct seen *s) {
    inl_time begin = n->env.now;

    while (!net_take(n, ETH0, s)) {
        inl_time next = wheel_next(&n->env.wheel);

        assert_false(inl_time_is_never(next));
        net_advance(n, next.ns > n->env.now.ns ? next.ns - n->env.now.ns : 0);
    }
    return n->env.now.ns - begin.ns;
}

/* ---- soliciting ---- */

/* RFC 7559: 4 s, doubled up to an hour; nothing more once a router has answered. */
static void test_solicit(void **state) {
    const struct inl_addr routers = addr("ff02::2");
    inl_dur want = 4 * INL_S, sum = 0;
    struct ra ra = ra_from(R_A, 1800);
    struct net n;
    struct seen s;
    int count = 0;

    (void)state;
    start(&n, NULL);
    while (count < 16) {
        inl_dur wait = next_frame(&n, &s);

        sum += wait;
        if (s.nd.type != ICMP6_ROUTER_SOLICIT) {
            continue;
        }
        assert_int_equal(s.cause, INL_CAUSE_RS_SOLICIT);
        assert_int_equal(s.ip6.hop_limit, 255);
        assert_true(inl_addr_eq(&s.ip6.dst, &routers));
        assert_int_equal(s.nd.has_source_ll, !inl_addr_is_any(&s.ip6.src));
        if (count == 0) {
            assert_in_range(sum, 0, INL_S);
        } else {
            assert_in_range(sum, want * 8 / 10, want * 12 / 10);
            want = sum * 2 < 3600 * INL_S ? sum * 2 : 3600 * INL_S;
        }
        if (count == 2) { /* by now the link-local address is ours */
            assert_true(inl_addr_is_link_local(&s.ip6.src));
        }
        sum = 0;
        count++;
    }
    assert_int_equal(want, 3600 * INL_S);
    ra.lifetime_s = 0; /* it is no router */
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(next_frame(&n, &s) > 1000 * INL_S); /* that changes nothing */
    assert_int_equal(s.cause, INL_CAUSE_RS_SOLICIT);
    ra.lifetime_s = 1800;
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    net_advance(&n, 1700 * INL_S);
    assert_true(net_idle(&n));
    assert_in_range(next_frame(&n, &s), 100 * INL_S, 101 * INL_S); /* it is gone: begins anew */
    assert_int_equal(s.cause, INL_CAUSE_RS_SOLICIT);
    net_stop(&n);
}

/* ---- what is kept ---- */

/* RFC 4861 6.1.2 */
static void test_refused(void **state) {
    static const uint8_t bad[][32] = {
        {1, 0},      /* length 0 */
        {3, 3, 64},  /* a prefix option that is too short */
        {3, 4, 129}, /* a prefix longer than an address */
        {25, 2},     /* RDNSS: even */
        {25, 1},     /* no server */
        {31, 1},     /* no name */
        {24, 2, 65}, /* a route's prefix that is not all there */
        {24, 1, 1},  /* neither */
        {24, 4, 64}, /* too long */
        {5, 2},      /* MTU */
        {14, 5},     /* beyond the end */
    };
    static const uint8_t lens[] = {8, 24, 32, 16, 8, 8, 16, 8, 32, 16, 8};
    struct ra ra = ra_from("2001:db8::99", 1800);
    struct net n;

    (void)state;
    start(&n, NULL);
    assert_int_equal(hear(&n, &ra), INL_DROP_BAD_SOURCE);
    ra = ra_from(R_A, 1800);
    ra.ttl = 254;
    assert_int_equal(hear(&n, &ra), INL_DROP_BAD_HOP_LIMIT);
    for (size_t i = 0; i < sizeof(lens); i++) {
        ra = ra_from(R_A, 1800);
        put_prefix(&ra, "2001:db8:1::", 64, 0xc0, 1000, 1000);
        put(&ra, bad[i], lens[i]);
        assert_int_equal(hear(&n, &ra), INL_DROP_BAD_OPTION);
    }
    assert_false(way(&n, "2001:db8:9::1", R_A));
    assert_false(way(&n, "2001:db8:1::1", NULL));
    ip_autoconf_stop(n.ip, ETH0); /* not wanted here */
    ra = ra_from(R_A, 1800);
    assert_int_equal(hear(&n, &ra), INL_DROP_RA_UNWANTED);
    drain(&n);
    net_stop(&n);
    net_start(&n, NET_FORWARD);
    assert_int_equal(ip_autoconf_start(n.ip, ETH0, NULL), -EINVAL); /* a router is no host */
    assert_int_equal(hear(&n, &ra), INL_DROP_RA_UNWANTED);
    net_stop(&n);
}

/* RFC 4861 6.3.4: default route, on-link prefix, MTU, hop limit, times; and their ends. */
static void test_advert(void **state) {
    struct inl_autoconf_info info;
    struct ip_path path;
    struct ra ra = ra_from(R_A, 1800);
    struct inl_addr dst = addr("2001:db8:1::99"), none = inl_addr_any6();
    struct net n;

    (void)state;
    start(&n, NULL);
    assert_false(way(&n, "2001:db8:9::1", R_A));
    ra.hop_limit = 33;
    ra.reachable_ms = 7000;
    ra.retrans_ms = 2500;
    put_mac(&ra, 0xa);
    put_prefix(&ra, "2001:db8:1::", 64, 0x80, 1000, 500);
    put_mtu(&ra, 1400);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:9::1", R_A));
    assert_true(way(&n, "2001:db8:1::99", NULL));
    assert_int_equal(ip_path_hop(n.ip, &dst, &none, 0, &path), 0);
    assert_int_equal(path.mtu_bytes, 1400);
    assert_int_equal(ip_neigh_retrans_ns(n.ip, ETH0), 2500 * INL_MS);
    assert_in_range(ip_neigh_reachable_ns(n.ip, ETH0), 3500 * INL_MS, 10500 * INL_MS);
    dst = addr(R_A);
    assert_int_equal(ip_neigh_get(n.ip, ETH0, &dst)->state, NEIGH_STALE);
    assert_true(ip_neigh_get(n.ip, ETH0, &dst)->router);
    assert_int_equal(ip_autoconf_get(n.ip, ETH0, &info), 0);
    assert_int_equal(info.router_count, 1);
    assert_true(inl_addr_eq(&info.routers[0].addr, &dst));
    assert_int_equal(info.routers[0].lifetime_s, 1800);
    assert_int_equal(info.mtu_bytes, 1400);
    assert_int_equal(info.hop_limit, 33);
    ra = ra_from(R_A, 1800); /* what says nothing changes nothing; an absurd MTU neither */
    put_mtu(&ra, 1279);
    put_mtu(&ra, 1501);
    for (size_t i = 0; i < 5; i++) { /* nor do times with which nobody is asked in time */
        ra.retrans_ms = (const uint32_t[]){0, 1, 99, 10001, UINT32_MAX}[i];
        assert_true(!hear(&n, &ra) && ip_neigh_retrans_ns(n.ip, ETH0) == 2500 * INL_MS);
    }
    assert_int_equal(ip_autoconf_get(n.ip, ETH0, &info), 0);
    assert_int_equal(info.mtu_bytes, 1400);
    assert_int_equal(info.hop_limit, 33);
    pass(&n, 1000 * INL_S); /* the prefix is over */
    assert_false(way(&n, "2001:db8:1::99", NULL));
    pass(&n, 800 * INL_S - 1);
    assert_true(way(&n, "2001:db8:9::1", R_A));
    pass(&n, 1); /* and so is the router */
    assert_false(way(&n, "2001:db8:9::1", R_A));
    ra = ra_from(R_A, 1800);
    put_prefix(&ra, "2001:db8:1::", 64, 0x80, INL_FOREVER, INL_FOREVER);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:9::1", R_A));
    assert_true(way(&n, "2001:db8:1::99", NULL));
    ra = ra_from(R_A, 0); /* it says goodbye */
    put_prefix(&ra, "2001:db8:1::", 64, 0x80, 0, 0);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_false(way(&n, "2001:db8:9::1", R_A));
    assert_false(way(&n, "2001:db8:1::99", NULL));
    drain(&n);
    net_stop(&n);
}

static int flag_calls;
static bool flag_managed, flag_other;

static void on_flags(void *ctx, int link, bool managed, bool other) {
    (void)ctx;
    assert_int_equal(link, ETH0);
    flag_calls++;
    flag_managed = managed;
    flag_other = other;
}

static void test_flags(void **state) {
    struct ra ra = ra_from(R_A, 1800);
    struct net n;

    (void)state;
    start(&n, NULL);
    ip_autoconf_on_flags(n.ip, on_flags, NULL);
    flag_calls = 0;
    hear(&n, &ra);
    assert_int_equal(flag_calls, 1);
    assert_false(flag_managed || flag_other);
    ra.flags = 0x40;
    hear(&n, &ra);
    hear(&n, &ra);
    assert_int_equal(flag_calls, 2);
    assert_true(flag_other && !flag_managed);
    ra.flags = 0xc0;
    hear(&n, &ra);
    assert_int_equal(flag_calls, 3);
    assert_true(flag_managed);
    drain(&n);
    net_stop(&n);
}

/* RFC 8106 */
static void test_dns(void **state) {
    static const uint8_t search[] = {31,  4, 0,   0,   0,   0,   0, 100, 3,   'l', 'a',
                                     'b', 4, 't', 'e', 's', 't', 0, 1,   'x', 0,   0,
                                     0,   0, 0,   0,   0,   0,   0, 0,   0,   0};
    static const uint8_t pointer[] = {31, 2, 0, 0, 0, 0, 0, 100, 0xc0, 0, 0, 0, 0, 0, 0, 0};
    struct inl_autoconf_info info;
    struct ra ra = ra_from(R_A, 1800);
    struct net n;
    struct inl_addr one = addr("2001:db8::53");

    (void)state;
    start(&n, NULL);
    put_server(&ra, "2001:db8::53", 50);
    put_server(&ra, "ff02::53", 50); /* a group is no server */
    put(&ra, search, sizeof(search));
    put(&ra, pointer, sizeof(pointer)); /* names are not compressed here */
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_int_equal(ip_autoconf_get(n.ip, ETH0, &info), 0);
    assert_int_equal(info.dns_count, 1);
    assert_true(inl_addr_eq(&info.dns[0].addr, &one));
    assert_int_equal(info.dns[0].lifetime_s, 50);
    assert_int_equal(info.search_count, 2);
    assert_string_equal(info.search[0].name, "lab.test.");
    assert_string_equal(info.search[1].name, "x.");
    pass(&n, 50 * INL_S);
    ip_autoconf_get(n.ip, ETH0, &info);
    assert_int_equal(info.dns_count, 0);
    assert_int_equal(info.search_count, 2);
    pass(&n, 50 * INL_S);
    ip_autoconf_get(n.ip, ETH0, &info);
    assert_int_equal(info.search_count, 0);
    for (unsigned i = 0; i < 30; i++) { /* as many as there are places */
        char text[40];

        (void)snprintf(text, sizeof(text), "2001:db8::%x", i + 1);
        ra = ra_from(R_A, 1800);
        put_server(&ra, text, 500);
        hear(&n, &ra);
    }
    ip_autoconf_get(n.ip, ETH0, &info);
    assert_int_equal(info.dns_count, INL_DNS_MAX);
    ra = ra_from(R_A, 1800);
    put_server(&ra, "2001:db8::1", 0); /* no more */
    hear(&n, &ra);
    ip_autoconf_get(n.ip, ETH0, &info);
    assert_int_equal(info.dns_count, INL_DNS_MAX - 1);
    drain(&n);
    net_stop(&n);
}

/* ---- which router ---- */

static void router(struct net *n, const char *src, uint8_t mac, uint8_t pref) {
    struct ra ra = ra_from(src, 9000);

    ra.flags = (uint8_t)(pref << 3);
    put_mac(&ra, mac);
    assert_int_equal(hear(n, &ra), INL_DROP_NONE);
}

/* It is asked and does not answer. */
static void lose(struct net *n, const char *src) {
    struct inl_addr a = addr(src);
    const struct ip_path path = {.link = ETH0, .next_hop = a};

    ip_neigh_doubt(n->ip, &path);
    pass(n, 3 * NEIGH_RETRANS_NS);
}

/* Somebody sends there, and nobody answers. */
static void use(struct net *n, const char *dst) {
    const struct ip_tx tx = {.dst = addr(dst), .proto = 99, .cause = INL_CAUSE_UDP_SEND};
    struct pkt *pkt = pkt_new(&n->env.mem, 54, 100);

    memset(pkt_put(pkt, 8), 0, 8);
    ip_out(n->ip, pkt, &tx);
    pass(n, 3 * NEIGH_RETRANS_NS + 1);
}

/* RFC 4191 3.2, RFC 4861 6.3.6: preference among those that work; then those that do not, in turn.
 */
static void test_preference(void **state) {
    struct nd_msg na = {.type = ICMP6_NEIGH_ADVERT, .target = addr(R_A), .has_target_ll = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct ra ra;
    struct frame f;
    struct net n;

    (void)state;
    start(&n, NULL);
    router(&n, R_A, 0xa, 3); /* low */
    assert_true(way(&n, "2001:db8:9::1", R_A));
    router(&n, R_B, 0xb, 0); /* medium */
    assert_true(way(&n, "2001:db8:9::1", R_B));
    router(&n, R_A, 0xa, 1); /* high */
    assert_true(way(&n, "2001:db8:9::1", R_A));
    router(&n, R_A, 0xa, 2); /* reserved: medium; and of equals any */
    router(&n, R_B, 0xb, 1);
    assert_true(way(&n, "2001:db8:9::1", R_B));
    lose(&n, R_B); /* the preferred one does not answer */
    assert_true(way(&n, "2001:db8:9::1", R_A));
    pass(&n, 200 * INL_S); /* which is remembered longer than its address */
    ra = ra_from(R_A, 9000);
    hear(&n, &ra); /* the other's is not known either */
    assert_true(way(&n, "2001:db8:9::1", R_A));
    router(&n, R_A, 0xa, 2);
    lose(&n, R_A); /* nor does the other: the first that failed is tried again */
    assert_true(way(&n, "2001:db8:9::1", R_B));
    na.router = true; /* one is back */
    na.solicited = true;
    na.override = true;
    memcpy(na.target_ll, ((uint8_t[]){2, 0, 0, 0, 0, 0xa}), 6);
    h.hop_limit = 255;
    h.src = addr(R_A);
    h.dst = ip_addr_find(n.ip, &h.dst, ETH0) ? h.dst : addr("ff02::1");
    na.solicited = false;
    na.target_ll[5] = 0xaa; /* at another place */
    frame_nd(&f, h, &na);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:9::1", R_A));
    na.router = false; /* 7.2.5: it is a host now */
    frame_nd(&f, h, &na);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:9::1", R_B));
    drain(&n);
    net_stop(&n);
}

/* RFC 4861 6.3.6: when none answers, whatever is preferred. */
static void test_in_turn(void **state) {
    struct net n;

    (void)state;
    start(&n, NULL);
    router(&n, R_A, 0xa, 1); /* high */
    router(&n, R_B, 0xb, 3); /* low */
    lose(&n, R_A);
    lose(&n, R_B);
    assert_true(way(&n, "2001:db8:9::1", R_A));
    pass(&n, 200 * INL_S); /* their addresses are forgotten */
    for (int i = 0; i < 4; i++) {
        assert_true(way(&n, "2001:db8:9::1", i % 2 ? R_B : R_A));
        use(&n, "2001:db8:9::1");
    }
    net_stop(&n);
}

/* RFC 4191: routes to prefixes; by way of a router that works, however long the prefix of another
 * is. */
static void test_routes(void **state) {
    struct ra ra = ra_from(R_B, 0); /* no default router, but the way to a prefix */
    struct net n;

    (void)state;
    start(&n, NULL);
    router(&n, R_A, 0xa, 0);
    put_mac(&ra, 0xb);
    put_route(&ra, "2001:db8:5::", 48, 0, 600);
    put_route(&ra, "2001:db8:6::", 48, 2, 600); /* reserved: ignored */
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:5:7::1", R_B));
    assert_true(way(&n, "2001:db8:6::1", R_A));
    lose(&n, R_B);
    assert_true(way(&n, "2001:db8:5:7::1", R_A));
    ra = ra_from(R_B, 0);
    put_mac(&ra, 0xbb); /* at another place, so worth a try */
    put_route(&ra, "2001:db8:5::", 48, 0, 600);
    hear(&n, &ra);
    assert_true(way(&n, "2001:db8:5:7::1", R_B));
    pass(&n, 600 * INL_S);
    assert_true(way(&n, "2001:db8:5:7::1", R_A));
    drain(&n);
    net_stop(&n);
}

/* SEC-56: who came first stays; who is known not to answer makes room. */
static void test_flood(void **state) {
    struct inl_autoconf_info info;
    struct net n;
    size_t used;
    char text[64], src[64];

    (void)state;
    start(&n, NULL);
    router(&n, R_A, 0xa, 0);
    pass(&n, 10 * INL_S);
    used = 0;
    for (unsigned i = 0; i < 100000; i++) {
        struct ra ra;

        (void)snprintf(src, sizeof(src), "fe80::%x:%x", 1 + i / 65536, i % 65536);
        ra = ra_from(src, 9000);
        put_mac(&ra, 0x66);
        (void)snprintf(text, sizeof(text), "2001:db8:%x:%x::", 0x1000 + i / 65536, i % 65536);
        put_prefix(&ra, text, 64, 0xc0, 90000, 90000);
        put_route(&ra, text, 64, 1, 90000);
        put_server(&ra, "2001:db8::53", 90000);
        hear(&n, &ra);
        if (i % 1000 == 999) {
            pass(&n, 100 * INL_MS);
        }
        used = i == 50000 ? n.env.mem.used_bytes : used;
    }
    pass(&n, 3 * INL_S);
    assert_in_range(n.env.mem.used_bytes, 0, used);
    assert_int_equal(ip_autoconf_get(n.ip, ETH0, &info), 0);
    assert_int_equal(info.router_count, INL_ROUTERS_MAX);
    assert_true(way(&n, "2001:db8:9::1", R_A));
    assert_true(n.env.drop[INL_DROP_RA_LIMIT] > 99000);
    lose(&n, "fe80::1:0");
    router(&n, R_B, 0xb, 1);
    assert_true(way(&n, "2001:db8:9::1", R_B));
    drain(&n);
    net_stop(&n);
}

/* ---- addresses ---- */

static void advertise(struct net *n, uint32_t valid_s, uint32_t preferred_s) {
    struct ra ra = ra_from(R_A, 9000);

    put_prefix(&ra, "2001:db8:1::", 64, 0xc0, valid_s, preferred_s);
    assert_int_equal(hear(n, &ra), INL_DROP_NONE);
}

/* RFC 4862 5.5.3 */
static void test_address(void **state) {
    struct inl_addr_info a;
    struct net n;
    struct ra ra = ra_from(R_A, 9000);

    (void)state;
    start(&n, NULL);
    advertise(&n, 20000, 10000);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.state, INL_ADDR_TENTATIVE);
    assert_int_equal(a.origin, INL_ADDR_SLAAC);
    pass(&n, 3 * INL_S);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.state, INL_ADDR_PREFERRED);
    assert_int_equal(a.preferred_s, 10000 - 3);
    advertise(&n, 30000, 10); /* more than two hours: as it says */
    address(&n, "2001:db8:1::", &a);
    assert_int_equal(a.valid_s, 30000);
    assert_int_equal(a.preferred_s, 10);
    advertise(&n, 29000, 29001); /* preferred beyond valid: says nothing */
    address(&n, "2001:db8:1::", &a);
    assert_int_equal(a.valid_s, 30000);
    assert_int_equal(a.preferred_s, 10);
    advertise(&n, 60, 60); /* less, and less than is left: two hours */
    address(&n, "2001:db8:1::", &a);
    assert_int_equal(a.valid_s, 7200);
    assert_int_equal(a.preferred_s, 60);
    advertise(&n, 0, 0);
    address(&n, "2001:db8:1::", &a);
    assert_int_equal(a.valid_s, 7200);
    assert_int_equal(a.state, INL_ADDR_DEPRECATED);
    pass(&n, 7000 * INL_S);
    advertise(&n, 100, 100); /* of the last two hours nothing is taken */
    address(&n, "2001:db8:1::", &a);
    assert_int_equal(a.valid_s, 200);
    advertise(&n, 300, 100); /* but given */
    address(&n, "2001:db8:1::", &a);
    assert_int_equal(a.valid_s, 300);
    pass(&n, 300 * INL_S);
    assert_false(address(&n, "2001:db8:1::", &a));
    /* ignored: preferred beyond valid, another length, link-local, lifetime 0, not autonomous */
    put_prefix(&ra, "2001:db8:2::", 64, 0x40, 10, 20);
    put_prefix(&ra, "2001:db8:3::", 63, 0x40, 20, 10);
    put_prefix(&ra, "fe80::", 64, 0xc0, 20, 10);
    put_prefix(&ra, "fe80:0:0:6::", 64, 0xc0, 20, 10);
    put_prefix(&ra, "2001:db8:7::", 64, 0x40, 20, 10); /* but not on the link, */
    put_prefix(&ra, "2001:db8:5::", 64, 0, 0, 0);      /* which ends nothing (4.6.2) */
    put_prefix(&ra, "2001:db8:4::", 64, 0x40, 0, 0);
    put_prefix(&ra, "2001:db8:5::", 64, 0x80, 20, 10);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    for (char c = '2'; c <= '5'; c++) {
        char text[] = "2001:db8:0::";

        text[9] = c;
        assert_false(address(&n, text, &a));
    }
    assert_false(address(&n, "fe80:0:0:6::", &a));
    assert_true(address(&n, "2001:db8:7::", &a));
    assert_true(way(&n, "2001:db8:7::1", R_A));
    assert_true(way(&n, "2001:db8:5::1", NULL));
    drain(&n);
    net_stop(&n);
}

/* RFC 7217: the same host, link and prefix give the same identifier; anything else another. */
static void test_stable(void **state) {
    struct inl_autoconf config = {0};
    struct inl_addr_info first, again, other, ll;
    struct net n;
    struct ra ra = ra_from(R_A, 9000);

    (void)state;
    for (int i = 0; i < 2; i++) {
        start(&n, NULL);
        advertise(&n, 9000, 9000);
        assert_true(address(&n, "2001:db8:1::", i ? &again : &first));
        drain(&n);
        net_stop(&n);
    }
    assert_true(inl_addr_eq(&first.addr, &again.addr));
    assert_int_not_equal(first.addr.b[11] == 0xff && first.addr.b[12] == 0xfe, 1);
    start(&n, NULL);
    put_prefix(&ra, "2001:db8:7::", 64, 0x40, 100, 100);
    hear(&n, &ra);
    assert_true(address(&n, "2001:db8:7::", &other));
    assert_memory_not_equal(other.addr.b + 8, first.addr.b + 8, 8);
    assert_true(address(&n, "fe80::", &ll));
    assert_int_equal(ll.origin, INL_ADDR_LINK_LOCAL);
    assert_memory_not_equal(ll.addr.b + 8, first.addr.b + 8, 8);
    drain(&n);
    net_stop(&n);
    config.secret[3] = 1;
    start(&n, &config);
    advertise(&n, 9000, 9000);
    assert_true(address(&n, "2001:db8:1::", &other));
    assert_memory_not_equal(other.addr.b + 8, first.addr.b + 8, 8);
    drain(&n);
    net_stop(&n);
    config.eui64 = true;
    start(&n, &config);
    advertise(&n, 9000, 9000);
    assert_true(address(&n, "2001:db8:1::", &other));
    assert_memory_equal(other.addr.b + 8, ((uint8_t[]){0, 0, 0, 0xff, 0xfe, 0, 0, 1}), 8);
    drain(&n);
    net_stop(&n);
}

/* Says that a tentative address is taken. */
static void object(struct net *n, const struct inl_addr *a) {
    struct nd_msg na = {.type = ICMP6_NEIGH_ADVERT, .target = *a, .has_target_ll = true};
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    struct frame f;

    h.hop_limit = 255;
    h.src = *a;
    h.dst = addr("ff02::1");
    memcpy(na.target_ll, MAC_OTHER, 6);
    frame_nd(&f, h, &na);
    frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_ADDR_CONFLICT);
}

/* SEC-57: each address that is taken makes another, three times. One of the hardware's makes
 * none, and a link-local one of the hardware's ends it (RFC 4862 5.4.5). */
static void test_taken(void **state) {
    struct inl_autoconf hardware = {.eui64 = true};
    struct inl_addr_info a, b;
    struct net n;
    struct seen s;
    struct ra ra = ra_from(R_A, 9000);

    (void)state;
    start(&n, NULL);
    advertise(&n, 9000, 8000);
    for (int i = 0; i < 3; i++) {
        assert_true(address(&n, "2001:db8:1::", &a));
        object(&n, &a.addr);
        assert_true(address(&n, "2001:db8:1::", &b));
        assert_int_equal(b.state, INL_ADDR_TENTATIVE);
        assert_int_equal(b.valid_s, 9000);
        assert_memory_not_equal(a.addr.b, b.addr.b, 16);
    }
    object(&n, &b.addr);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.state, INL_ADDR_DUPLICATED);
    pass(&n, 100 * INL_S);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.state, INL_ADDR_DUPLICATED);
    net_stop(&n);
    start(&n, &hardware);
    assert_true(address(&n, "fe80::", &a));
    object(&n, &a.addr);
    assert_int_equal(hear(&n, &ra), INL_DROP_RA_UNWANTED);
    drain(&n);
    net_advance(&n, 5000 * INL_S);
    assert_false(net_take(&n, ETH0, &s));
    net_stop(&n);
}

/* Addresses and prefixes have a limit, too; a person's address stays his. */
static void test_limits(void **state) {
    struct inl_addr_info all[64];
    struct net n;
    unsigned slaac = 0;
    char text[64];

    (void)state;
    start(&n, NULL);
    for (unsigned i = 0; i < 40; i++) {
        struct ra ra = ra_from(R_A, 9000);

        (void)snprintf(text, sizeof(text), "2001:db8:%x::", 0x100 + i);
        put_prefix(&ra, text, 64, 0xc0, 9000, 9000);
        hear(&n, &ra);
    }
    size_t count = ip_addr_list(n.ip, all, 64);

    for (size_t i = 0; i < count; i++) {
        slaac += all[i].origin == INL_ADDR_SLAAC;
    }
    assert_int_equal(slaac, AUTO_ADDRS_MAX);
    pass(&n, 5 * INL_S);
    assert_true(way(&n, "2001:db8:10f::9", NULL));
    assert_false(way(&n, "2001:db8:110::9", NULL));
    assert_int_equal(ip_autoconf_stop(n.ip, ETH0), 0); /* all that came so goes */
    assert_false(way(&n, "2001:db8:10f::9", NULL));
    assert_false(way(&n, "2001:db8:9::1", R_A));
    count = ip_addr_list(n.ip, all, 64);
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal(all[i].origin, INL_ADDR_SLAAC);
    }
    assert_true(address(&n, "fe80::", &all[0]));
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solicit), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_advert),  cmocka_unit_test(test_flags),
        cmocka_unit_test(test_dns),     cmocka_unit_test(test_preference),
        cmocka_unit_test(test_in_turn), cmocka_unit_test(test_routes),
        cmocka_unit_test(test_flood),   cmocka_unit_test(test_address),
        cmocka_unit_test(test_stable),  cmocka_unit_test(test_taken),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
