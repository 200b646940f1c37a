/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * temp_test.c - temporary addresses, RFC 8981
 */
#include "ip/autoconf.h"
#include "net.h"

#define PREFIX "2001:db8:1::"
#define DAY 86400u
#define MAX_ADDRS 128

/* A router says PREFIX. */
static void advertise(struct net *n, uint32_t valid_s, uint32_t preferred_s) {
    struct inl_ra_config c = {.lifetime_s = 9000, .prefix_count = 1};

    c.prefixes[0] = (struct inl_ra_prefix){
        .prefix = addr(PREFIX), .len_bits = 64, .valid_s = valid_s, .preferred_s = preferred_s};
    assert_int_equal(net_feed_ra(n, "fe80::a", &c), INL_DROP_NONE);
}

static void pass(struct net *n, inl_dur by) {
    struct seen s;
    inl_time end = inl_time_add(n->env.now, by);

    while (inl_time_before(n->env.now, end)) {
        inl_dur left = inl_time_sub(end, n->env.now);

        net_advance(n, left < 600 * INL_S ? left : 600 * INL_S);
        while (net_take(n, ETH0, &s)) {
        }
    }
}

static void start(struct net *n, uint32_t preferred_s, uint32_t valid_s) {
    const struct inl_autoconf c = {
        .temporary = true, .temp_preferred_s = preferred_s, .temp_valid_s = valid_s};
    struct inl_addr gone = addr("2001:db8::1");

    net_start(n, 0);
    assert_int_equal(ip_addr_del(n->ip, ETH0, &gone), 0);
    assert_int_equal(ip_autoconf_start(n->ip, ETH0, &c), 0);
}

/* The temporary addresses in that state; the last of them. */
static unsigned count(struct net *n, enum inl_addr_state state, struct inl_addr_info *ret) {
    struct inl_addr_info all[MAX_ADDRS];
    size_t have = ip_addr_list(n->ip, all, MAX_ADDRS);
    unsigned found = 0;

    assert_true(have <= MAX_ADDRS);
    for (size_t i = 0; i < have; i++) {
        if (all[i].origin == INL_ADDR_TEMPORARY && all[i].state == state) {
            *ret = all[i];
            found++;
        }
    }
    return found;
}

/* 3.4, 3.8: a day less a random part, two days; used first (RFC 6724 rule 7). */
static void test_made(void **state) {
    const struct inl_addr dst = addr("2600::1"), none = inl_addr_any6(), p = addr(PREFIX);
    struct inl_addr_info a, other;
    struct ip_path path;
    struct net n;

    (void)state;
    start(&n, 0, 0);
    advertise(&n, INL_FOREVER, INL_FOREVER);
    assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 1);
    pass(&n, 5 * INL_S);
    assert_int_equal(count(&n, INL_ADDR_PREFERRED, &a), 1);
    assert_true(inl_addr_match(&a.addr, &p, 64));
    assert_in_range(a.preferred_s, DAY * 6 / 10 - 5, DAY);
    assert_int_equal(a.valid_s, 2 * DAY - 5);
    assert_int_equal(ip_path_find(n.ip, &dst, &none, 0, &path), 0);
    assert_true(inl_addr_eq(&path.src, &a.addr));
    advertise(&n, INL_FOREVER, INL_FOREVER); /* makes no second one */
    assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &other), 0);
    advertise(&n, 10000, 300); /* shorter: taken; 3.4 step 2 */
    count(&n, INL_ADDR_PREFERRED, &a);
    assert_int_equal(a.preferred_s, 300);
    assert_int_equal(a.valid_s, 10000);
    net_stop(&n);
    start(&n, 0, 0); /* not for a prefix that ends too soon: REGEN_ADVANCE is 2 + 3 s */
    advertise(&n, 9000, 5);
    assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 0);
    advertise(&n, 9000, 6);
    assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 1);
    net_stop(&n);
}

/* 3.5, 3.6: there is always one that is preferred, none twice, none beyond its two days, however
 * often a router says so. */
static void test_regenerated(void **state) {
    struct inl_addr seen[64];
    struct inl_addr_info a;
    unsigned kinds = 0;
    struct net n;

    (void)state;
    start(&n, DAY, 2 * DAY);
    advertise(&n, INL_FOREVER, INL_FOREVER);
    pass(&n, 5 * INL_S);
    for (int hour = 0; hour < 24 * 14; hour++) {
        assert_in_range(count(&n, INL_ADDR_DEPRECATED, &a), 0, 3);
        assert_in_range(count(&n, INL_ADDR_PREFERRED, &a), 1, 2);
        assert_true(a.valid_s <= 2 * DAY);
        if (kinds == 0 || !inl_addr_eq(&a.addr, &seen[kinds - 1])) {
            for (unsigned i = 0; i < kinds; i++) {
                assert_false(inl_addr_eq(&a.addr, &seen[i]));
            }
            assert_true(kinds < 64);
            seen[kinds++] = a.addr;
        }
        pass(&n, 3600 * INL_S);
        advertise(&n, INL_FOREVER, INL_FOREVER);
    }
    assert_in_range(kinds, 14, 24); /* one in 0.6 to 1 days */
    net_stop(&n);
    start(&n, DAY, 2 * DAY); /* the same without a word from a router */
    advertise(&n, INL_FOREVER, INL_FOREVER);
    pass(&n, 7 * (inl_dur)DAY * INL_S);
    assert_in_range(count(&n, INL_ADDR_PREFERRED, &a), 1, 2);
    net_stop(&n);
}

/* 3.4 step 6: three others in a row, then none any more; the stable address stays. */
static void test_taken(void **state) {
    struct inl_addr_info a;
    struct net n;

    (void)state;
    start(&n, 0, 0);
    advertise(&n, INL_FOREVER, INL_FOREVER);
    for (int i = 0; i < 4; i++) {
        struct nd_msg na = {.type = ICMP6_NEIGH_ADVERT, .has_target_ll = true};
        struct ip6_hdr h = hdr6(IP_PROTO_ICMP6);
        struct frame f;

        assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 1);
        na.target = a.addr;
        h.hop_limit = 255;
        h.src = addr("fe80::b");
        h.dst = addr("ff02::1");
        memcpy(na.target_ll, MAC_OTHER, 6);
        frame_nd(&f, h, &na);
        frame_to(&f, (const uint8_t[]){0x33, 0x33, 0, 0, 0, 1});
        assert_int_equal(net_feed(&n, ETH0, &f), INL_DROP_ADDR_CONFLICT);
    }
    pass(&n, 5 * INL_S);
    advertise(&n, INL_FOREVER, INL_FOREVER);
    assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 0);
    assert_int_equal(count(&n, INL_ADDR_PREFERRED, &a), 0);
    net_stop(&n);
}

/* Not asked for: none. Lifetimes that cannot be: refused. */
static void test_off(void **state) {
    struct inl_autoconf c = {0};
    struct inl_addr_info a;
    struct net n;

    (void)state;
    net_start(&n, 0);
    assert_int_equal(ip_autoconf_start(n.ip, ETH0, &c), 0);
    advertise(&n, INL_FOREVER, INL_FOREVER);
    assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 0);
    c.temp_preferred_s = 100;
    c.temp_valid_s = 99;
    assert_int_equal(ip_autoconf_start(n.ip, ETH0, &c), -EINVAL);
    net_stop(&n);
}

/* 3.8: how long each is good differs by up to 0.4 of it. 3.5: the next one is there before the last
 * is deprecated. And there are so many at once and no more. */
static void test_limits(void **state) {
    uint32_t least = INL_FOREVER, most = 0;
    struct inl_addr_info a = {0};
    struct net n;

    (void)state;
    for (int i = 0; i < 40; i++) {
        if (i == 0) {
            start(&n, DAY, 2 * DAY);
        } else {
            const struct inl_autoconf c = {.temporary = true};

            assert_int_equal(ip_autoconf_start(n.ip, ETH0, &c), 0);
        }
        advertise(&n, INL_FOREVER, INL_FOREVER);
        assert_int_equal(count(&n, INL_ADDR_TENTATIVE, &a), 1);
        least = a.preferred_s < least ? a.preferred_s : least;
        most = a.preferred_s > most ? a.preferred_s : most;
    }
    assert_in_range(least, DAY * 6 / 10, DAY * 65 / 100);
    assert_in_range(most, DAY * 95 / 100, DAY);
    pass(&n, 5 * INL_S);
    count(&n, INL_ADDR_PREFERRED, &a);
    pass(&n, (inl_dur)(a.preferred_s - 2) * INL_S); /* REGEN_ADVANCE, and asking */
    assert_int_equal(count(&n, INL_ADDR_PREFERRED, &a), 2);
    net_stop(&n);
    start(&n, 100, 20000); /* more than a hundred would be valid together */
    advertise(&n, INL_FOREVER, INL_FOREVER);
    pass(&n, 15000 * INL_S);
    assert_int_equal(count(&n, INL_ADDR_PREFERRED, &a) + count(&n, INL_ADDR_DEPRECATED, &a),
                     AUTO_TEMPS_MAX);
    net_stop(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),   cmocka_unit_test(test_regenerated),
        cmocka_unit_test(test_taken),  cmocka_unit_test(test_off),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
