/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slaac_test.c - addresses that a link makes of routers' prefixes (RFC 4862 5.5, RFC 7217)
 */
#include "ra_side.h"

#include <stdio.h>

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
    for (int c = '2'; c <= '5'; c++) {
        char text[] = "2001:db8:0::";

        text[9] = (char)c;
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

/* RFC 4862 5.5.3 e: less than is left, but more than two hours; and a lifetime of 0 makes none. */
static void test_shorter(void **state) {
    struct inl_addr_info a;
    struct net n;

    (void)state;
    start(&n, NULL);
    advertise(&n, 0, 0);
    assert_false(address(&n, "2001:db8:1::", &a));
    advertise(&n, 20000, 10000);
    advertise(&n, 7201, 7201);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.valid_s, 7201);
    assert_int_equal(a.preferred_s, 7201);
    drain(&n);
    net_stop(&n);
}

/* RFC 4862 5.4.2: as long as RetransTimer is, of which the router may have said something. */
static void test_retrans_time(void **state) {
    struct ra ra = ra_from(R_A, 9000);
    struct inl_addr_info a;
    struct net n;
    struct seen s;
    inl_time asked;

    (void)state;
    start(&n, NULL);
    pass(&n, 5 * INL_S);
    ra.retrans_ms = 3000;
    put_prefix(&ra, "2001:db8:1::", 64, 0xc0, 9000, 9000);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    do {
        next_frame(&n, &s);
    } while (s.cause != INL_CAUSE_NS_DAD);
    asked = n.env.now;
    pass(&n, 3 * INL_S - 1);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.state, INL_ADDR_TENTATIVE);
    net_advance(&n, 1);
    assert_int_equal(n.env.now.ns - asked.ns, 3 * INL_S);
    assert_true(address(&n, "2001:db8:1::", &a));
    assert_int_equal(a.state, INL_ADDR_PREFERRED);
    drain(&n);
    net_stop(&n);
}

/* RFC 4862 5.4.5: a link that was off may be another network. */
static void test_link_anew(void **state) {
    struct inl_autoconf hardware = {.eui64 = true};
    struct ra ra = ra_from(R_A, 9000);
    struct inl_addr_info a;
    struct net n;
    struct seen s;

    (void)state;
    start(&n, &hardware);
    assert_true(address(&n, "fe80::", &a));
    object(&n, &a.addr);
    assert_int_equal(hear(&n, &ra), INL_DROP_RA_UNWANTED);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, false), 0);
    drain(&n);
    assert_int_equal(ip_link_set_up(n.ip, ETH0, true), 0);
    do {
        next_frame(&n, &s);
    } while (s.cause != INL_CAUSE_RS_SOLICIT);
    assert_int_equal(hear(&n, &ra), INL_DROP_NONE);
    pass(&n, 5 * INL_S);
    assert_true(address(&n, "fe80::", &a));
    assert_int_equal(a.state, INL_ADDR_PREFERRED);
    net_stop(&n);
}

/* RFC 5453: what stands for all routers of a subnet, or for other groups of hosts. */
static void test_reserved(void **state) {
    static const struct {
        uint8_t id[8];
        bool reserved;
    } t[] = {
        {{0}, true},
        {{[7] = 1}, false},
        {{1}, false},
        {{0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, false},
        {{0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x80}, true},
        {{0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, true},
        {{0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        assert_int_equal(ip_slaac_reserved(t[i].id), t[i].reserved);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),   cmocka_unit_test(test_stable),
        cmocka_unit_test(test_taken),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_shorter),   cmocka_unit_test(test_retrans_time),
        cmocka_unit_test(test_link_anew), cmocka_unit_test(test_reserved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
