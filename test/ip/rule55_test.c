/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule55_test.c - a packet by way of a router has a source of that router's prefix (RFC 6724 5, rule
 * 5.5; RFC 8028 3)
 *
 * fe80::a advertises 2001:db8:a::/64, fe80::b 2001:db8:b::/64, and a way to 2600:b::/32 that is its
 * own; for all else the preference decides between them. Both prefixes are as good by all the other
 * rules, but for the last one, which would have them the other way round.
 */
#include "net.h"

#define LIFE_S 3000

static void hear(struct net *n, const char *router, enum inl_router_pref pref, const char *prefix,
                 uint32_t valid_s, const char *way) {
    struct inl_ra_config c = {.lifetime_s = LIFE_S, .pref = (uint8_t)pref, .prefix_count = 1};

    c.prefixes[0] = (struct inl_ra_prefix){
        .prefix = addr(prefix), .len_bits = 64, .valid_s = valid_s, .preferred_s = valid_s};
    if (way) {
        c.route_count = 1;
        c.routes[0] = (struct inl_ra_route){
            .prefix = addr(way), .len_bits = 32, .pref = INL_ROUTER_MEDIUM, .lifetime_s = LIFE_S};
    }
    assert_int_equal(net_feed_ra(n, router, &c), INL_DROP_NONE);
    net_advance(n, 3 * INL_S); /* its address is nobody else's */
}

static void start(struct net *n) {
    struct inl_route r = {.dst = inl_addr_any6(), .gateway = addr("2001:db8::fe"), .link = ETH0};
    struct inl_addr a = addr("2001:db8::1");

    net_start(n, 0);
    assert_int_equal(ip_route_del(n->ip, &r), 0);
    assert_int_equal(ip_addr_del(n->ip, ETH0, &a), 0);
    assert_int_equal(ip_autoconf_start(n->ip, ETH0, NULL), 0);
    hear(n, "fe80::a", INL_ROUTER_HIGH, "2001:db8:a::", LIFE_S, NULL);
    hear(n, "fe80::b", INL_ROUTER_MEDIUM, "2001:db8:b::", LIFE_S, "2600:b::");
}

/* By which router does a packet go, and is its source of that prefix? */
static void goes(struct net *n, const char *dst, const char *router, const char *prefix) {
    const struct inl_addr to = addr(dst), none = INL_ADDR_ANY, hop = addr(router),
                          want = addr(prefix);
    struct ip_path path;

    assert_int_equal(ip_path_find(n->ip, &to, &none, 0, &path), 0);
    assert_true(inl_addr_eq(&path.next_hop, &hop));
    if (!inl_addr_match(&path.src, &want, 64)) {
        fail_msg("%s", dst);
    }
}

static void test_two_routers(void **state) {
    struct net n;

    (void)state;
    start(&n);
    goes(&n, "2600:a::1", "fe80::a", "2001:db8:a::");
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::"); /* though the other is nearer to it */
    goes(&n, "2600:b::1", "fe80::b", "2001:db8:b::");
    goes(&n, "2001:db8:b::9", "2001:db8:b::9", "2001:db8:b::"); /* no router: rule 8 */
    net_stop(&n);
}

/* Its words count, as long as they hold: a prefix that it takes back is its no more. */
static void test_taken_back(void **state) {
    struct net n;

    (void)state;
    start(&n);
    hear(&n, "fe80::a", INL_ROUTER_HIGH, "2001:db8:b::", LIFE_S, NULL); /* both are fe80::a's now */
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:b::");             /* by rule 8 */
    hear(&n, "fe80::a", INL_ROUTER_HIGH, "2001:db8:b::", 0, NULL);
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::");
    hear(&n, "fe80::a", INL_ROUTER_HIGH, "2001:db8:b::", 10, NULL);
    hear(&n, "fe80::b", INL_ROUTER_MEDIUM, "2001:db8:b::", LIFE_S,
         NULL); /* the address stays preferred */
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:b::");
    net_advance(&n, 11 * INL_S);
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::");
    net_stop(&n);
}

/* A flood of prefixes fills the places there are; who was first stays. */
static void test_limit(void **state) {
    char prefix[] = "2001:db8:100::";
    struct net n;

    (void)state;
    start(&n);
    for (int i = 0; i < 100; i++) {
        prefix[10] = (char)('0' + i / 10);
        prefix[11] = (char)('0' + i % 10);
        hear(&n, "fe80::a", INL_ROUTER_HIGH, prefix, LIFE_S, NULL);
    }
    goes(&n, "2001:db8:b:1::1", "fe80::a", "2001:db8:a::");
    goes(&n, "2600:b::1", "fe80::b", "2001:db8:b::");
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_routers),
        cmocka_unit_test(test_taken_back),
        cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
