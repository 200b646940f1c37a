/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ways_test.c - which of several routers is used: preferences, routes to prefixes, who does not answer
 * (RFC 4861 6.3.6, RFC 4191)
 */
#include "ip/io.h"
#include "ra_side.h"

#include <stdio.h>

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

/* RFC 4861 4.2, 6.3.4: who has a lifetime of 0 is no router: it takes no place, nor one among the
 * neighbours, but its prefixes count. */
static void test_no_router(void **state) {
    const struct inl_addr a = addr(R_A);
    struct ra ra = ra_from("fe80::99", 0);
    struct net n;
    char text[64];

    (void)state;
    start(&n, NULL);
    for (unsigned i = 0; i < INL_ROUTERS_MAX; i++) {
        (void)snprintf(text, sizeof(text), "fe80::%x", 0x100 + i);
        router(&n, text, 0xa, 0);
    }
    put_mac(&ra, 0x99);
    put_prefix(&ra, "2001:db8:1::", 64, 0x80, 500, 500);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:1::7", NULL));
    assert_int_equal(ip_autoconf_stop(n.ip, ETH0), 0);
    assert_int_equal(ip_autoconf_start(n.ip, ETH0, NULL), 0);
    ra.src = R_A;
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_false(way(&n, "2600::1", R_A));
    assert_null(ip_neigh_get(n.ip, ETH0, &a));
    drain(&n);
    net_stop(&n);
}

/* RFC 4861 7.2.5: the first answer of a router says that it is none, or that it is one and the next
 * that it is no more. */
static void test_first_answer(void **state) {
    const struct inl_addr a = addr(R_A);
    struct net n;

    (void)state;
    for (int first = 0; first < 2; first++) {
        struct nd_msg na = {.type = ICMP6_NEIGH_ADVERT,
                            .target = a,
                            .solicited = true,
                            .override = true,
                            .router = first,
                            .has_target_ll = true};
        struct ra ra = ra_from(R_A, 9000);
        struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
        const struct ip_tx tx = {.dst = addr("2600::1"), .proto = 99, .cause = INL_CAUSE_UDP_SEND};
        struct pkt *pkt;
        struct frame f;

        start(&n, NULL);
        assert_int_equal(hear(&n, &ra), INL_DROP_NONE); /* without its link-layer address */
        pass(&n, 3 * INL_S);
        pkt = pkt_new(&n.env.mem, 54, 100);
        memset(pkt_put(pkt, 8), 0, 8);
        ip_out(n.ip, pkt, &tx);
        drain(&n);
        assert_int_equal(ip_neigh_get(n.ip, ETH0, &a)->state, NEIGH_INCOMPLETE);
        if (!first) { /* now there is an entry that knows it */
            assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
        }
        memcpy(na.target_ll, MAC_PEER, 6);
        h.src = a;
        h.dst = addr("fe80::ff:fe00:1");
        h.hop_limit = 255;
        for (int i = 0; i <= first; i++) {
            struct inl_addr_info own;

            assert_true(way(&n, "2600::1", R_A));
            assert_true(address(&n, "fe80::", &own));
            h.dst = own.addr;
            frame_nd(&f, h, &na);
            assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_NONE);
            na.router = false;
        }
        assert_false(way(&n, "2600::1", R_A));
        drain(&n);
        net_stop(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preference), cmocka_unit_test(test_in_turn),
        cmocka_unit_test(test_routes),     cmocka_unit_test(test_flood),
        cmocka_unit_test(test_no_router),  cmocka_unit_test(test_first_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
