/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * srcaddr_test.c - source address selection and the order of destinations: the rules and examples
 * of RFC 6724
 */
#include "ip/srcaddr.h"
#include "net.h"

/* ETH0 without addresses, ETH1 down, both default routes by way of ETH0. */
static void start(struct net *n) {
    struct inl_addr_info all[16];
    size_t count;

    net_start(n, 0);
    assert_int_equal(ip_link_set_up(n->ip, ETH1, false), 0);
    count = ip_addr_list(n->ip, all, 16);
    for (size_t i = 0; i < count; i++) {
        if (all[i].link != 0) {
            assert_int_equal(ip_addr_del(n->ip, all[i].link, &all[i].addr), 0);
        }
    }
}

enum how { PLAIN, DEPRECATED, TEMPORARY };

static void have(struct net *n, const char *a, enum how how) {
    struct inl_addr_config c = {.addr = addr(a),
                                .valid_s = INL_FOREVER,
                                .preferred_s = how == DEPRECATED ? 0 : INL_FOREVER,
                                .origin = how == TEMPORARY ? INL_ADDR_TEMPORARY : INL_ADDR_MANUAL};

    c.prefix_len_bits = inl_addr_is4(&c.addr) ? 24 : 64;
    assert_int_equal(ip_addr_set(n->ip, ETH0, &c), 0);
}

/* Section 10.1, and what follows from the rules; the sources in both orders. */
static void test_source(void **state) {
    static const struct {
        const char *dst, *best, *other;
        enum how best_how, other_how;
    } rows[] = {
        {"2001:db8:1::1", "2001:db8:3::1", "fe80::1", PLAIN, PLAIN},
        {"ff05::1", "2001:db8:3::1", "fe80::1", PLAIN, PLAIN},
        {"ff02::1", "fe80::1", "2001:db8:3::1", PLAIN, PLAIN},
        {"fe80::9", "fe80::2", "2001:db8:1::1", DEPRECATED, PLAIN},
        {"2001:db8:1::1", "2001:db8:1::2", "2001:db8:3::2", PLAIN, PLAIN},
        {"2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8", "2001:db8:1::2", TEMPORARY,
         PLAIN},
        {"2001:db8:1::d5e3:0:0:1", "2001:db8:1::d5e3:7953:13eb:22e8", "2001:db8:1::2", TEMPORARY,
         PLAIN},
        {"2001:db8:1::1", "2001:db8:3::2", "2001:db8:1::2", PLAIN, DEPRECATED},
        {"fd00::1", "fd00:1::1", "2001:db8::1", PLAIN, PLAIN}, /* labels: private to private */
        {"2600::1", "2001:db8::1", "fd00:1::1", PLAIN, PLAIN},
        {"2000::1", "3000::1", "2002::1", PLAIN, PLAIN}, /* though the other has more in common */
        {"192.0.2.1", "198.51.100.1", "169.254.3.4", PLAIN, PLAIN},
        {"169.254.9.9", "169.254.3.4", "198.51.100.1", PLAIN, PLAIN},
        {"10.1.2.3", "10.1.3.4", "192.168.3.4", PLAIN, PLAIN},
        {"10.1.2.3", "192.168.3.4", "10.1.3.4", PLAIN, DEPRECATED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int turn = 0; turn < 2; turn++) {
            struct inl_addr dst = addr(rows[i].dst), want = addr(rows[i].best), got;
            struct net n;

            start(&n);
            if (turn) {
                have(&n, rows[i].other, rows[i].other_how);
            }
            have(&n, rows[i].best, rows[i].best_how);
            if (!turn) {
                have(&n, rows[i].other, rows[i].other_how);
            }
            assert_int_equal(ip_addr_select(n.ip, ETH0, &dst, &got), 0);
            if (!inl_addr_eq(&got, &want)) {
                fail_msg("row %zu, turn %d", i, turn);
            }
            net_stop(&n);
        }
    }
}

/* Rule 5, and the scopes of RFC 4007: another link's addresses only where this one has none that
 * fits, its link-local ones never. */
static void test_links(void **state) {
    struct inl_addr far = addr("2600::1"), near = addr("fe80::9"), got;
    struct inl_addr here = addr("2001:db8::1"), there = addr("2001:db8:5::1");
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_addr_select(n.ip, ETH0, &far, &got), 0);
    assert_true(inl_addr_eq(&got, &here));
    assert_int_equal(ip_addr_select(n.ip, ETH1, &far, &got), 0);
    assert_true(inl_addr_eq(&got, &there));
    assert_int_equal(ip_addr_del(n.ip, ETH0, &here), 0);
    assert_int_equal(ip_addr_select(n.ip, ETH0, &far, &got), 0);
    assert_true(inl_addr_eq(&got, &there));
    assert_int_equal(ip_addr_select(n.ip, ETH0, &near, &got), 0);
    assert_true(inl_addr_is_link_local(&got));
    assert_int_equal(ip_addr_del(n.ip, ETH0, &got), 0);
    assert_int_equal(ip_addr_select(n.ip, ETH0, &near, &got), 0);
    assert_true(inl_addr_eq(&got, &there)); /* wider than needed, but ours */
    net_stop(&n);
}

/* Section 2.1 and 3.1. */
static void test_tables(void **state) {
    static const struct {
        const char *a;
        unsigned precedence, label, scope;
    } rows[] = {
        {"::1", 50, 0, 2},       {"2600::1", 40, 1, 14},    {"192.0.2.1", 35, 4, 14},
        {"2002::1", 30, 2, 14},  {"2001:0:1::1", 5, 5, 14}, {"fd12::1", 3, 13, 14},
        {"::1.2.3.4", 1, 3, 14}, {"fec0::1", 1, 11, 5},     {"3ffe::1", 1, 12, 14},
        {"fe80::1", 40, 1, 2},   {"127.0.0.1", 35, 4, 2},   {"169.254.1.1", 35, 4, 2},
        {"10.0.0.1", 35, 4, 14}, {"ff02::1", 40, 1, 2},     {"ff0e::1", 40, 1, 14},
        {"ff05::1", 40, 1, 5},   {"224.0.0.5", 35, 4, 2},   {"2001:db8::1", 40, 1, 14},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct inl_addr a = addr(rows[i].a);

        assert_int_equal(ip_addr_precedence(&a), rows[i].precedence);
        assert_int_equal(ip_addr_label(&a), rows[i].label);
        assert_int_equal(ip_addr_scope_of(&a), rows[i].scope);
    }
}

/* Section 10.2, the destinations in both orders. */
static void test_destinations(void **state) {
    static const struct {
        const char *src[3];
        enum how how[3];
        const char *first, *second;
    } rows[] = {
        {{"2001:db8:1::2", "fe80::1", "169.254.13.78"}, {0}, "2001:db8:1::1", "198.51.100.121"},
        {{"fe80::1", "198.51.100.117", NULL}, {0}, "198.51.100.121", "2001:db8:1::1"},
        {{"2001:db8:1::2", "fe80::1", "10.1.2.4"}, {0}, "2001:db8:1::1", "10.1.2.3"},
        {{"2001:db8:1::2", "fe80::2", NULL}, {0}, "fe80::1", "2001:db8:1::1"},
        {{"2001:db8:1::2", "fe80::2", NULL}, {0, DEPRECATED}, "2001:db8:1::1", "fe80::1"},
        {{"2001:db8:1::2", "2001:db8:3f44::2", "fe80::2"},
         {0},
         "2001:db8:1::1",
         "2001:db8:3ffe::1"},
        {{"2002:c633:6401::2", "fe80::2", NULL}, {0}, "2002:c633:6401::1", "2001:db8:1::1"},
        {{"2002:c633:6401::2", "2001:db8:1::2", "fe80::2"},
         {0},
         "2001:db8:1::1",
         "2002:c633:6401::1"},
        {{"10.1.2.4", NULL, NULL}, {0}, "192.0.2.1", "2001:db8:1::1"}, /* rule 1: no source */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int turn = 0; turn < 2; turn++) {
            struct inl_sockaddr d[2] = {{.scope = ETH0}, {.scope = ETH0}};
            struct inl_addr first = addr(rows[i].first);
            struct net n;

            start(&n);
            for (int k = 0; k < 3 && rows[i].src[k]; k++) {
                have(&n, rows[i].src[k], rows[i].how[k]);
            }
            d[turn].addr = first;
            d[!turn].addr = addr(rows[i].second);
            ip_addr_sort(n.ip, d, 2);
            if (!inl_addr_eq(&d[0].addr, &first)) {
                fail_msg("row %zu, turn %d", i, turn);
            }
            net_stop(&n);
        }
    }
}

/* Rule 10: what is alike stays in its order, and nothing is lost. */
static void test_stable(void **state) {
    struct inl_sockaddr d[5] = {{.port = 1}, {.port = 2}, {.port = 3}, {.port = 4}, {.port = 5}};
    struct net n;

    (void)state;
    start(&n);
    have(&n, "2001:db8:1::2", PLAIN);
    for (int i = 0; i < 5; i++) {
        d[i].addr = addr(i == 3 ? "2001:db8:1::9" : "2600::1");
    }
    ip_addr_sort(n.ip, d, 5);
    assert_int_equal(d[0].port, 4);
    assert_int_equal(d[1].port, 1);
    assert_int_equal(d[2].port, 2);
    assert_int_equal(d[3].port, 3);
    assert_int_equal(d[4].port, 5);
    ip_addr_sort(n.ip, d, 1);
    ip_addr_sort(n.ip, d, 0);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source), cmocka_unit_test(test_links),
        cmocka_unit_test(test_tables), cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_stable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
