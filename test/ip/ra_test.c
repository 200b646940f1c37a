/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ra_test.c - a link that configures itself: soliciting, router advertisements (RFC 4861 6.1 and 6.3,
 * RFC 7559, RFC 8106)
 */
#include "ip/io.h"
#include "ra_side.h"

#include <stdio.h>

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

/* RFC 4861 6.3.7: hosts that start together do not ask together. */
static void test_first_question(void **state) {
    inl_dur least = INT64_MAX, most = 0;
    struct net n;
    struct seen s;

    (void)state;
    start(&n, NULL);
    for (int i = 0; i < 40; i++) {
        inl_dur d = 0;

        assert_int_equal(ip_autoconf_start(n.ip, ETH0, NULL), 0);
        do {
            d += next_frame(&n, &s);
        } while (s.nd.type != ICMP6_ROUTER_SOLICIT);
        least = d < least ? d : least;
        most = d > most ? d : most;
    }
    assert_in_range(least, 1, 150 * INL_MS);
    assert_in_range(most, 850 * INL_MS, INL_S);
    drain(&n);
    net_stop(&n);
}

static enum inl_drop say_reachable(struct net *n, uint32_t ms) {
    struct ra ra = ra_from(R_A, 9000);

    ra.reachable_ms = ms;
    return hear(n, &ra);
}

/* RFC 4861 6.3.4: drawn anew when the base changes; 0 says nothing, and more than an hour is no
 * time (4.2, 6.2.1). */
static void test_reachable_time(void **state) {
    struct net n;

    (void)state;
    start(&n, NULL);
    assert_in_range(ip_neigh_reachable_ns(n.ip, ETH0), 15 * INL_S, 45 * INL_S);
    assert_int_equal(say_reachable(&n, 1000), INL_DROP_NONE);
    assert_in_range(ip_neigh_reachable_ns(n.ip, ETH0), 500 * INL_MS, 1500 * INL_MS);
    assert_int_equal(say_reachable(&n, 0), INL_DROP_NONE);
    assert_in_range(ip_neigh_reachable_ns(n.ip, ETH0), 500 * INL_MS, 1500 * INL_MS);
    assert_int_equal(say_reachable(&n, NEIGH_REACHABLE_MAX_MS + 1), INL_DROP_NONE);
    assert_in_range(ip_neigh_reachable_ns(n.ip, ETH0), 500 * INL_MS, 1500 * INL_MS);
    assert_int_equal(say_reachable(&n, NEIGH_REACHABLE_MAX_MS), INL_DROP_NONE);
    assert_in_range(ip_neigh_reachable_ns(n.ip, ETH0), 1800 * INL_S, 5400 * INL_S);
    drain(&n);
    net_stop(&n);
}

static uint32_t prefix_left_s(struct net *n, const char *prefix) {
    const struct inl_addr p = addr(prefix);
    struct inl_route_info all[32];
    size_t count = ip_route_list(n->ip, all, 32);

    for (size_t i = 0; i < count && i < 32; i++) {
        if (inl_addr_eq(&all[i].dst, &p)) {
            return all[i].expires_s;
        }
    }
    return 0;
}

/* RFC 4861 4.6.2: bits behind a prefix mean nothing; all ones are for ever. */
static void test_prefix(void **state) {
    struct ra ra = ra_from(R_A, 9000);
    struct net n;

    (void)state;
    start(&n, NULL);
    put_prefix(&ra, "2001:db8:1::5", 64, 0x80, INL_FOREVER, INL_FOREVER);
    put_prefix(&ra, "2001:db8:2::", 64, 0x80, 500, 500);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:1::7", NULL));
    pass(&n, 400 * INL_S);
    assert_int_equal(prefix_left_s(&n, "2001:db8:1::"), INL_FOREVER);
    assert_int_equal(prefix_left_s(&n, "2001:db8:2::"), 100);
    ra = ra_from(R_A, 9000);
    put_prefix(&ra, "2001:db8:1::9", 64, 0x80, 0, 0);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    assert_true(way(&n, "2001:db8:1::7", R_A));
    drain(&n);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solicit),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_advert),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_dns),
        cmocka_unit_test(test_first_question),
        cmocka_unit_test(test_reachable_time),
        cmocka_unit_test(test_prefix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
