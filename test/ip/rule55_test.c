/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule55_test.c - a packet by way of a router has a source of that router's prefix (RFC 6724 5, rule
 * 5.5), and one whose source is settled goes by way of a router of that prefix (RFC 8028 3)
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

/* RFC 8028 3.1, 3.2: by which router does a packet go whose source is this? */
static void from_goes(struct net *n, const char *src, const char *dst, const char *router) {
    const struct inl_addr to = addr(dst), from = addr(src), hop = addr(router);
    struct ip_path path;

    assert_int_equal(ip_path_find(n->ip, &to, &from, 0, &path), 0);
    assert_true(inl_addr_eq(&path.src, &from));
    if (!inl_addr_eq(&path.next_hop, &hop)) {
        fail_msg("%s from %s", dst, src);
    }
}

/* Two of the addresses that a host has, by hand, in prefixes that are advertised. */
static void own(struct net *n) {
    const struct inl_addr a = addr("2001:db8:a::1"), b = addr("2001:db8:b::1"),
                          c = addr("2001:db8:c::1");

    assert_int_equal(ip_addr_add(n->ip, ETH0, &a, 64), 0);
    assert_int_equal(ip_addr_add(n->ip, ETH0, &b, 64), 0);
    assert_int_equal(ip_addr_add(n->ip, ETH0, &c, 64), 0);
    net_advance(n, 3 * INL_S);
}

/* A source that is settled goes by a router of its prefix, whatever else speaks for another. */
static void test_source_chooses(void **state) {
    struct net n;

    (void)state;
    start(&n);
    own(&n);
    from_goes(&n, "2001:db8:a::1", "2600:a::1", "fe80::a");
    from_goes(&n, "2001:db8:b::1", "2600:a::1", "fe80::b"); /* though fe80::a is preferred */
    from_goes(&n, "2001:db8:a::1", "2600:b::1", "fe80::a"); /* though fe80::b has a longer route */
    from_goes(&n, "2001:db8:b::1", "2600:b::1", "fe80::b");
    from_goes(&n, "2001:db8:c::1", "2600:a::1", "fe80::a"); /* nobody's: as routes say */
    from_goes(&n, "2001:db8:c::1", "2600:b::1", "fe80::b");
    from_goes(&n, "2001:db8:b::1", "2001:db8:a::9", "2001:db8:a::9"); /* it is on the link */
    net_stop(&n);
}

/* Of several that advertise the prefix: the longest route, then the preference; who has said that
 * he is no way out is the last choice, but is one. */
static void test_source_chooses_among(void **state) {
    struct inl_ra_config c = {.lifetime_s = 0, .prefix_count = 1};
    struct net n;

    (void)state;
    start(&n);
    own(&n);
    hear(&n, "fe80::1a", INL_ROUTER_LOW, "2001:db8:b::", LIFE_S, NULL);
    from_goes(&n, "2001:db8:b::1", "2600:a::1", "fe80::b");
    hear(&n, "fe80::1c", INL_ROUTER_HIGH, "2001:db8:b::", LIFE_S, NULL);
    from_goes(&n, "2001:db8:b::1", "2600:a::1", "fe80::1c");
    from_goes(&n, "2001:db8:b::1", "2600:b::1", "fe80::b");
    c.prefixes[0] = (struct inl_ra_prefix){
        .prefix = addr("2001:db8:c::"), .len_bits = 64, .valid_s = 99, .preferred_s = 99};
    assert_int_equal(net_feed_ra(&n, "fe80::1d", &c), INL_DROP_NONE);
    from_goes(&n, "2001:db8:c::1", "2600:a::1", "fe80::1d");
    net_advance(&n, 100 * INL_S); /* what it has said is over */
    from_goes(&n, "2001:db8:c::1", "2600:b::1", "fe80::b");
    hear(&n, "fe80::1e", INL_ROUTER_HIGH, "2001:db8:c::", LIFE_S, NULL);
    hear(&n, "fe80::1f", INL_ROUTER_LOW, "2001:db8:c::", LIFE_S, "2600:b::");
    c = (struct inl_ra_config){.lifetime_s = LIFE_S, .pref = INL_ROUTER_MEDIUM, .route_count = 1};
    c.routes[0] = (struct inl_ra_route){.prefix = addr("2600:b:1::"),
                                        .len_bits = 48,
                                        .pref = INL_ROUTER_MEDIUM,
                                        .lifetime_s = LIFE_S};
    assert_int_equal(net_feed_ra(&n, "fe80::b", &c), INL_DROP_NONE);
    from_goes(&n, "2001:db8:a::1", "2600:b:1::1", "fe80::a");
    from_goes(&n, "2001:db8:c::1", "2600:b:1::1", "fe80::1f");
    from_goes(&n, "2001:db8:c::1", "2600:a::1", "fe80::1e");
    net_stop(&n);
}

/* It is asked and does not answer. */
static void lose(struct net *n, const char *router) {
    const struct ip_path path = {.link = ETH0, .next_hop = addr(router)};

    ip_neigh_asked(n->ip, ETH0, &path.next_hop, (const uint8_t[6]){2, 0, 0, 0, 0, 11});
    ip_neigh_doubt(n->ip, &path);
    net_advance(n, 3 * NEIGH_RETRANS_NS + 1);
}

/* Not against a person's route, nor by a router that does not answer. */
static void test_source_chooses_not(void **state) {
    struct inl_route r = {
        .dst = addr("2600:a::"), .prefix_len_bits = 32, .gateway = addr("fe80::a"), .link = ETH0};
    const struct inl_addr from = addr("2001:db8:b::1"), to = addr("2600:a::1");
    struct ip_path path;
    struct net n;

    (void)state;
    start(&n);
    own(&n);
    assert_int_equal(ip_path_find(n.ip, &to, &from, 0, &path), 0);
    assert_int_equal(path.gen, ip_path_gen(n.ip));
    assert_int_equal(ip_route_add(n.ip, &r), 0);
    from_goes(&n, "2001:db8:b::1", "2600:a::1", "fe80::a");
    from_goes(&n, "2001:db8:b::1", "2600:c::1", "fe80::b");
    lose(&n, "fe80::b");
    from_goes(&n, "2001:db8:b::1", "2600:c::1", "fe80::a");
    net_stop(&n);
}

/* The answer to a source that nobody has settled is that of the source that was found. */
static void test_found_source_chooses(void **state) {
    const struct inl_addr a = addr("2001:db8:a::"), to = addr("2600:a::1"), none = INL_ADDR_ANY,
                          hop = addr("fe80::b"), want = addr("2001:db8:b::");
    struct inl_ra_config c = {.lifetime_s = LIFE_S, .pref = INL_ROUTER_HIGH, .prefix_count = 1};
    struct ip_path path;
    struct net n;

    (void)state;
    start(&n);
    /* the better router's prefix is one in which we may have no address any more */
    c.prefixes[0] =
        (struct inl_ra_prefix){.prefix = a, .len_bits = 64, .valid_s = 7201, .preferred_s = 0};
    assert_int_equal(net_feed_ra(&n, "fe80::a", &c), INL_DROP_NONE);
    assert_int_equal(ip_path_find(n.ip, &to, &none, 0, &path), 0);
    assert_true(inl_addr_match(&path.src, &want, 64));
    assert_true(inl_addr_eq(&path.next_hop, &hop));
    net_stop(&n);
}

/* RFC 8028 3.4: a redirect comes from the router that the source asks for, and is for that source. */
static void test_redirect(void **state) {
    const struct inl_addr target = addr("fe80::bb"), to = addr("2600:a::1");
    struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
    uint8_t body[32];
    struct frame f;
    struct net n;

    (void)state;
    start(&n);
    own(&n);
    memcpy(body, target.b, 16);
    memcpy(body + 16, to.b, 16);
    h.src = addr("fe80::b");
    h.hop_limit = 255;
    for (int own_source = 0; own_source < 2; own_source++) {
        h.dst = addr(own_source ? "2001:db8:b::1" : "2001:db8:a::1");
        frame_icmp6(
            &f, h, (struct icmp6_msg){.type = ICMP6_REDIRECT, .data = rd_init(body, sizeof(body))});
        assert_int_equal(net_feed(&n, ETH0, &f),
                         own_source ? INL_DROP_NONE : INL_DROP_ICMP_REDIRECT);
    }
    from_goes(&n, "2001:db8:b::1", "2600:a::1", "fe80::bb");
    from_goes(&n, "2001:db8:a::1", "2600:a::1", "fe80::a");
    from_goes(&n, "2001:db8:c::1", "2600:a::1", "fe80::a");
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_routers),
        cmocka_unit_test(test_taken_back),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_source_chooses),
        cmocka_unit_test(test_source_chooses_among),
        cmocka_unit_test(test_source_chooses_not),
        cmocka_unit_test(test_found_source_chooses),
        cmocka_unit_test(test_redirect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
