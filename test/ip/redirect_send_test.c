/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * redirect_send_test.c - what stands in a redirect of IPv6, and how many there are (RFC 4861 4.5,
 * 4.6.3, 8.2)
 *
 * PEER sends packets to 2001:db8:77::1, where fe80::99 on the same link is the next hop. When
 * redirects are sent at all, forward_test.c asks.
 */
#include "net.h"

#define ROUTER "fe80::99"

static void start(struct net *n) {
    const struct inl_route r = {
        .dst = addr("2001:db8:77::"), .prefix_len_bits = 48, .gateway = addr(ROUTER), .link = ETH0};

    net_start(n, NET_FORWARD);
    net_resolve(n);
    assert_int_equal(ip_route_add(n->ip, &r), 0);
}

/* So much passes; the redirect that follows, if there is one. */
static bool pass(struct net *n, const char *dst, size_t len, struct seen *ret) {
    static const uint8_t data[1400];
    struct ip6_hdr h = hdr6(99);
    bool found = false;
    struct seen s;
    struct frame f;

    h.dst = addr(dst);
    frame_ip6(&f, h, data, len);
    assert_int_equal(net_feed(n, ETH0, &f), INL_DROP_NONE);
    while (net_take(n, ETH0, &s)) {
        if (s.cause == INL_CAUSE_ICMP_REDIRECT) {
            *ret = s;
            found = true;
        }
    }
    return found;
}

/* 4.5: no link-layer address of a target that is asked for one just now, or that does not answer;
 * that of one which is to be asked again is known. */
static void test_target_address(void **state) {
    const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x99};
    const struct inl_addr router = addr(ROUTER);
    struct net n;
    struct seen s = {0};

    (void)state;
    start(&n);
    for (int i = 0; i < 2; i++) { /* the first packet has it asked */
        assert_true(pass(&n, "2001:db8:77::1", 8, &s));
        assert_true(inl_addr_eq(&s.nd.target, &router));
        assert_false(s.nd.has_target_ll);
    }
    net_advance(&n, 3 * NEIGH_RETRANS_NS);
    assert_int_equal(ip_neigh_get(n.ip, ETH0, &router)->state, NEIGH_FAILED);
    assert_true(pass(&n, "2001:db8:77::1", 8, &s));
    assert_false(s.nd.has_target_ll);
    ip_neigh_asked(n.ip, ETH0, &router, mac);
    assert_true(pass(&n, "2001:db8:77::1", 8, &s));
    assert_true(s.nd.has_target_ll);
    assert_memory_equal(s.nd.target_ll, mac, 6);
    net_stop(&n);
}

/* 4.6.3: as much of the packet as fits into 1,280 octets, in units of eight. */
static void test_quote(void **state) {
    static const struct {
        size_t data, quoted;
    } t[] = {{8, 48}, {9, 48}, {15, 48}, {16, 56}, {1400, 1280 - 40 - 40 - 8}};
    struct net n;
    struct seen s = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        start(&n);
        assert_true(pass(&n, "2001:db8:77::1", t[i].data, &s));
        assert_int_equal(s.ip6.payload_len_bytes, 40 + 8 + t[i].quoted);
        assert_int_equal(s.b[14 + 40 + 40], 4); /* redirected header */
        assert_int_equal(s.b[14 + 40 + 41] * 8, 8 + t[i].quoted);
        net_stop(&n);
    }
}

/* 8.2: as often as errors are. */
static void test_rate(void **state) {
    struct net n;
    struct seen s;
    unsigned count = 0;

    (void)state;
    start(&n);
    for (int i = 0; i < 100; i++) {
        count += pass(&n, "2001:db8:77::1", 8, &s);
    }
    assert_in_range(count, 1, 50);
    assert_int_equal(n.env.drop[INL_DROP_RATE_LIMITED], 100 - count);
    net_advance(&n, 10 * INL_S);
    assert_true(pass(&n, "2001:db8:77::1", 8, &s));
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_target_address),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
