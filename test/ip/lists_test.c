/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lists_test.c - links and routes as people see them: where routes come from, and how long they
 * last
 */
#include "net.h"

#define ROUTER "fe80::a"
#define PREFIX "2001:db8:1::"

enum { ROUTES = 40 };

/* A router is one for 1,800 s, and its prefix is on the link for 1,000 s. */
static void advertise(struct net *n) {
    struct inl_ra_config c = {.lifetime_s = 1800, .pref = INL_ROUTER_HIGH, .mtu_bytes = 1400};

    c.prefix_count = 1;
    c.prefixes[0] = (struct inl_ra_prefix){.prefix = addr(PREFIX),
                                           .len_bits = 64,
                                           .not_autonomous = true,
                                           .valid_s = 1000,
                                           .preferred_s = 500};
    c.route_count = 1;
    c.routes[0] = (struct inl_ra_route){.prefix = addr("2001:db8:9::"),
                                        .len_bits = 48,
                                        .pref = INL_ROUTER_LOW,
                                        .lifetime_s = INL_FOREVER};
    assert_int_equal(net_feed_ra(n, ROUTER, &c), INL_DROP_NONE);
}

/* What is listed of a route; false: it is not there. */
static bool listed(struct net *n, const char *dst, unsigned bits, enum inl_route_origin origin,
                   struct inl_route_info *ret) {
    struct inl_route_info all[ROUTES];
    const struct inl_addr want = addr(dst);
    size_t count = ip_route_list(n->ip, all, ROUTES);

    assert_in_range(count, 1, ROUTES);
    assert_int_equal(ip_route_list(n->ip, NULL, 0), count);
    for (size_t i = 0; i < count; i++) {
        if (inl_addr_eq(&all[i].dst, &want) && all[i].prefix_len_bits == bits &&
            all[i].origin == origin) {
            *ret = all[i];
            return true;
        }
    }
    return false;
}

static void pass(struct net *n, inl_dur by) {
    struct seen s;

    net_advance(n, by);
    while (net_take(n, ETH0, &s)) {
    }
}

static void test_routes(void **state) {
    struct inl_route mine = {.dst = addr("2001:db8:77::"),
                             .prefix_len_bits = 48,
                             .gateway = addr("fe80::b"),
                             .link = ETH0,
                             .metric = 7,
                             .weight = 3};
    struct inl_route none = {
        .dst = addr("10.9.0.0"), .prefix_len_bits = 16, .kind = INL_ROUTE_PROHIBIT};
    struct inl_addr router = addr(ROUTER);
    struct inl_route_info r;
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_autoconf_start(n.ip, ETH0, NULL), 0);
    advertise(&n);
    assert_int_equal(ip_route_add(n.ip, &mine), 0);
    assert_int_equal(ip_route_add(n.ip, &none), 0);
    pass(&n, 100 * INL_S);
    assert_true(listed(&n, "::", 0, INL_ROUTE_ROUTER, &r));
    assert_int_equal(r.pref, INL_ROUTER_HIGH);
    assert_int_equal(r.expires_s, 1700);
    assert_true(inl_addr_eq(&r.gateway, &router) && r.link == ETH0);
    assert_true(listed(&n, "2001:db8:9::", 48, INL_ROUTE_ROUTER, &r));
    assert_int_equal(r.pref, INL_ROUTER_LOW);
    assert_int_equal(r.expires_s, INL_FOREVER);
    assert_true(listed(&n, PREFIX, 64, INL_ROUTE_CONNECTED, &r));
    assert_int_equal(r.expires_s, 900);
    assert_true(listed(&n, "2001:db8:77::", 48, INL_ROUTE_MANUAL, &r));
    assert_true(r.metric == 7 && r.weight == 3 && r.expires_s == INL_FOREVER);
    assert_true(listed(&n, "10.9.0.0", 16, INL_ROUTE_MANUAL, &r));
    assert_int_equal(r.kind, INL_ROUTE_PROHIBIT);
    assert_true(listed(&n, "fe80::", 64, INL_ROUTE_CONNECTED, &r));
    assert_int_equal(r.expires_s, INL_FOREVER);
    pass(&n, 900 * INL_S);
    assert_false(listed(&n, PREFIX, 64, INL_ROUTE_CONNECTED, &r));
    net_stop(&n);
}

static void test_links(void **state) {
    struct inl_link_info all[INL_LINKS_MAX], *eth = &all[ETH0];
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_autoconf_start(n.ip, ETH0, NULL), 0);
    advertise(&n);
    assert_true(ip_link_list(n.ip, all, INL_LINKS_MAX) > ETH0);
    assert_int_equal(ip_link_list(n.ip, NULL, 0), ip_link_list(n.ip, all, INL_LINKS_MAX));
    assert_false(all[0].ethernet || all[0].configures);
    assert_true(eth->ethernet && eth->up && eth->configures && !eth->advertises);
    assert_int_equal(eth->mtu_bytes, 1500);
    assert_int_equal(eth->mtu6_bytes, 1400);
    assert_memory_equal(eth->mac, MAC_HOST, 6);
    ip_link_set_up(n.ip, ETH0, false);
    ip_link_list(n.ip, all, INL_LINKS_MAX);
    assert_false(eth->up);
    pass(&n, INL_S);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_links),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
